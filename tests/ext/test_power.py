"""Sharing power on a tree: against plain loops, and against linear programs solved by HiGHS."""

import pickle

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import brentq, linprog

from wayside.ext import power
from wayside.ext.arrays import Doubles, Ints

FLOATS = st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 1.5, float("inf"), -float("inf"), 5e-324])


class Case:
    """A random tree with sessions at its sites."""

    def __init__(self, seed: int, most_nodes: int = 6, most_sessions: int = 8) -> None:
        random = np.random.default_rng(seed)
        self.sites = int(random.integers(1, most_nodes))
        nodes = self.sites + int(random.integers(0, most_nodes))
        parent = np.full(nodes, -1, np.int32)
        for node in range(nodes):
            first = max(node + 1, self.sites)
            if first < nodes and random.random() < 0.8:
                parent[node] = random.integers(first, nodes)
        self.parent: Ints = parent
        self.tree = power.Tree(parent, self.sites)
        n = int(random.integers(1, most_sessions))
        self.site = random.integers(0, self.sites, n).astype(np.int32)
        self.wanted = random.choice([0.0, 3.0, 7.0, 11.0, 22.0], n) if seed % 2 else random.uniform(0.0, 30.0, n)
        self.limit = np.where(random.random(nodes) < 0.3, np.inf, random.uniform(0.0, 60.0, nodes).round(1))
        self.order = random.permutation(n)
        self.weight, self.offset = random.uniform(0.5, 2.0, n), random.uniform(-5.0, 20.0, n)

    def above(self, k: int) -> list[int]:
        """The nodes above a session."""
        nodes, node = [], int(self.site[k])
        while node >= 0:
            nodes.append(node)
            node = int(self.parent[node])
        return nodes

    def matrix(self) -> Doubles:
        """Nodes x sessions: 1 where the node is above the session."""
        found = np.zeros((len(self.parent), len(self.wanted)))
        for k in range(len(self.wanted)):
            found[self.above(k), k] = 1.0
        return found

    def max_min(self) -> Doubles:
        """The max-min fair shares, by a row of linear programs: raise the least as far as it goes, then the next."""
        n, finite = len(self.wanted), np.isfinite(self.limit)
        rows = np.hstack((self.matrix()[finite], np.zeros((finite.sum(), 1))))
        fixed = dict[int, float]()
        while len(fixed) < n:
            free = [k for k in range(n) if k not in fixed]
            least = np.zeros((len(free), n + 1))
            for row, k in enumerate(free):
                least[row, k], least[row, n] = -1.0, 1.0
            bounds = [(fixed[k], fixed[k]) if k in fixed else (0.0, self.wanted[k]) for k in range(n)]
            limits = np.concatenate((self.limit[finite], np.zeros(len(free))))
            goal = -np.eye(n + 1)[n]
            level = -linprog(goal, np.vstack((rows, least)), limits, bounds=[*bounds, (0.0, None)]).fun
            bounds = [(fixed[k], fixed[k]) if k in fixed else (level - 1e-9, self.wanted[k]) for k in range(n)]
            stuck = []
            for k in free:  # who cannot have more than the level, whatever the others get
                best = -linprog(-np.eye(n)[k], rows[:, :n], self.limit[finite], bounds=bounds).fun
                if best <= level + 1e-6:
                    stuck.append(k)
            assert stuck
            fixed |= dict.fromkeys(stuck, max(level, 0.0))
        return np.array([fixed[k] for k in range(n)])

    def check(self, granted: Doubles) -> None:
        """Nobody above the demand, no limit broken, and nothing withheld that somebody can take."""
        total = self.matrix() @ granted
        assert (granted >= 0.0).all()
        assert (granted <= self.wanted).all()
        assert (total <= self.limit * (1 + 1e-12) + 1e-9).all()
        for k in np.flatnonzero(granted < self.wanted - 1e-6).tolist():
            assert any(total[node] >= self.limit[node] - 1e-6 for node in self.above(k))


seeds = st.integers(0, 10_000)


@given(seeds)
def test_totals(seed: int) -> None:
    case = Case(seed)
    np.testing.assert_allclose(power.totals(case.tree, case.site, case.wanted), case.matrix() @ case.wanted)


@given(st.integers(0, 60))
def test_equal_shares_are_those_of_linear_programs(seed: int) -> None:
    case = Case(seed, 4, 6)
    granted = power.fill(case.tree, case.wanted, case.site, case.limit)
    case.check(granted)
    np.testing.assert_allclose(granted, case.max_min(), atol=1e-5)


def test_shares_that_are_not_fair_are_found() -> None:
    case = Case(1)
    case.tree, case.parent, case.sites = power.Tree(np.array([-1], np.int32), 1), np.array([-1], np.int32), 1
    case.site, case.limit, case.wanted = np.zeros(3, np.int32), np.array([30.0]), np.array([5.0, 20.0, 20.0])
    case.check(planted := np.array([5.0, 5.0, 20.0]))
    assert not np.allclose(planted, case.max_min())
    assert np.allclose(case.max_min(), [5.0, 12.5, 12.5])
    with pytest.raises(AssertionError):
        case.check(np.array([5.0, 5.0, 10.0]))


@given(seeds)
def test_shares_by_a_weighted_level(seed: int) -> None:
    """From the sites up, each node's level by Brent's method."""
    case = Case(seed)
    granted = power.fill(case.tree, case.wanted, case.site, case.limit, case.weight, case.offset)
    case.check(granted)
    wanted = case.wanted.copy()
    for node, below in enumerate(case.matrix() > 0.0):
        if wanted[below].sum() > case.limit[node]:

            def more(level: float, below: np.ndarray = below, node: int = node) -> float:
                shares = np.clip(case.weight[below] * (level - case.offset[below]), 0.0, wanted[below])
                return float(shares.sum() - case.limit[node])

            level = brentq(more, -10.0, 200.0, xtol=1e-12)
            wanted[below] = np.clip(case.weight[below] * (level - case.offset[below]), 0.0, wanted[below])
    np.testing.assert_allclose(granted, wanted, atol=1e-6)


@given(seeds)
def test_one_after_the_other(seed: int) -> None:
    case = Case(seed)
    left, expected = case.limit.copy(), np.zeros(len(case.wanted))
    for k in case.order.tolist():
        expected[k] = max(min([case.wanted[k], *left[case.above(k)]]), 0.0)
        left[case.above(k)] -= expected[k]
    granted = power.in_order(case.tree, case.order, case.wanted, case.site, case.limit)
    case.check(granted)
    np.testing.assert_allclose(granted, expected, atol=1e-9)


@given(seeds, st.sampled_from([0.25, 1.0, 4.0]))
def test_in_turns(seed: int, step: float) -> None:
    """As if each step were taken by itself."""
    case = Case(seed)
    case.limit = np.round(case.limit / 0.25) * 0.25  # sums of steps are exact then
    left, expected, queue = case.limit.copy(), np.zeros(len(case.wanted)), case.order.tolist()
    while queue:
        k = queue.pop(0)
        if expected[k] + step <= case.wanted[k] and (left[case.above(k)] >= step).all():
            expected[k] += step
            left[case.above(k)] -= step
            queue.append(k)
    granted = power.in_rounds(case.tree, case.order, case.wanted, case.site, case.limit, step)
    np.testing.assert_array_equal(granted, expected)
    case.check(power.in_order(case.tree, case.order, case.wanted, case.site, case.limit, granted))


@given(st.lists(FLOATS, max_size=30), st.integers(1, 60))
@example([2.0, -1.0, 2.0, 0.0, -0.0], 1)
def test_ascending(few: list[float], times: int) -> None:
    """Of few and of many keys, with many that are equal."""
    keys = np.tile(np.array(few), times)
    np.testing.assert_array_equal(power.ascending(keys), np.argsort(keys, kind="stable"))


def test_a_tree_that_is_none() -> None:
    for parent, sites in (([0], 1), ([-1, 0], 2), ([2, -1], 1), ([-2], 1), ([-1], 2)):
        with pytest.raises(ValueError, match=r"node|sites"):
            power.Tree(np.array(parent, np.int32), sites)
    tree = pickle.loads(pickle.dumps(Case(3).tree))
    assert tree.nodes == Case(3).tree.nodes


def test_columns_that_do_not_fit() -> None:
    case = Case(5)
    site, n = case.site, len(case.wanted)
    for bad in (site[:-1], site + case.sites):
        with pytest.raises(ValueError, match=r"columns|site"):
            power.fill(case.tree, case.wanted, bad, case.limit)
    with pytest.raises(ValueError, match="columns"):
        power.fill(case.tree, case.wanted, site, case.limit, np.ones(n))
    with pytest.raises(ValueError, match="row"):
        power.in_order(case.tree, np.full(n, n), case.wanted, site, case.limit)
    with pytest.raises(ValueError, match="step"):
        power.in_rounds(case.tree, case.order, case.wanted, site, case.limit, 0.0)
