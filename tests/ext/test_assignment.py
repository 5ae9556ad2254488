"""The exact assignment, against OR-Tools' minimum cost flow and SciPy's matching."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.graph.python import min_cost_flow
from scipy import sparse
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from wayside.ext.assignment import assign

Instance = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Few different costs, so that many are equal; full facilities, ways that there are not, too few places."""
    rows, facilities = draw(st.integers(0, 14)), draw(st.integers(1, 8))
    width = draw(st.integers(1, facilities))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    facility = np.array([random.permutation(facilities)[:width] for _ in range(rows)], np.int32).reshape(rows, width)
    facility[random.random((rows, width)) < 0.1] = -1
    cost = random.integers(0, draw(st.sampled_from([1, 3, 10, 1000])), (rows, width)).astype(np.float64)
    cost[random.random((rows, width)) < 0.1] = np.inf
    capacity = random.integers(-1, draw(st.integers(1, 4)), facilities).astype(np.int32)
    reject = random.integers(0, draw(st.sampled_from([1, 5, 50, 3000])), rows).astype(np.float64)
    return facility, cost, capacity, reject


def total(instance: Instance, column: np.ndarray) -> float:
    """What an assignment costs; it gives out what is there."""
    facility, cost, capacity, reject = instance
    given = np.flatnonzero(column >= 0)
    chosen = facility[given, column[given]]
    assert (chosen >= 0).all()
    assert (np.bincount(chosen, minlength=len(capacity)) <= np.maximum(capacity, 0)).all()
    return float(cost[given, column[given]].sum() + reject[column < 0].sum())


def by_flow(instance: Instance) -> int:
    """OR-Tools' optimum."""
    facility, cost, capacity, reject = instance
    rows, facilities = len(facility), len(capacity)
    flow = min_cost_flow.SimpleMinCostFlow()
    end = rows + facilities
    for (row, k), value in np.ndenumerate(cost):
        if facility[row, k] >= 0 and np.isfinite(value):
            flow.add_arc_with_capacity_and_unit_cost(row, rows + int(facility[row, k]), 1, int(value))
    for row in range(rows):
        flow.add_arc_with_capacity_and_unit_cost(row, end, 1, int(reject[row]))
        flow.set_node_supply(row, 1)
    for number, places in enumerate(capacity.tolist()):
        flow.add_arc_with_capacity_and_unit_cost(rows + number, end, max(places, 0), 0)
    flow.set_node_supply(end, -rows)
    assert flow.solve() == flow.OPTIMAL
    return int(flow.optimal_cost())


def by_matching(instance: Instance) -> float:
    """SciPy's optimum, with a column for each place and one for each rejection."""
    facility, cost, capacity, reject = instance
    rows, places = len(facility), np.repeat(np.arange(len(capacity)), np.maximum(capacity, 0))
    if not rows:
        return 0.0
    dense = np.zeros((rows, len(places) + rows))
    for (row, k), value in np.ndenumerate(cost):
        if facility[row, k] >= 0 and np.isfinite(value):
            dense[row, np.flatnonzero(places == facility[row, k])] = value + 1.0  # an entry of 0 would be none
    dense[np.arange(rows), len(places) + np.arange(rows)] = reject + 1.0
    chosen = min_weight_full_bipartite_matching(sparse.csr_matrix(dense))
    return float(dense[chosen].sum() - rows)


@settings(max_examples=600, deadline=None)
@given(instances())
def test_as_cheap_as_the_judges_have_it(instance: Instance) -> None:
    column = assign(*instance)
    found = total(instance, column)
    assert found == by_flow(instance) == by_matching(instance)
    np.testing.assert_array_equal(assign(*instance), column)


def big(seed: int, whole: bool) -> Instance:
    """A town: those nearest to each, some of them wanted by many."""
    random = np.random.default_rng(seed)
    places, wishes = random.uniform(0, 1e3, (300, 2)), random.normal(500.0, 150.0, (700, 2))
    metres = np.hypot(*(wishes[:, None] - places).transpose(2, 0, 1))
    facility = np.argsort(metres, axis=1)[:, :16].astype(np.int32)
    cost = np.take_along_axis(metres, facility, 1)
    cost = np.round(cost) if whole else cost
    return facility, cost, random.integers(0, 4, 300).astype(np.int32), random.integers(100, 900, 700).astype(float)


@pytest.mark.parametrize("seed", range(3))
def test_a_town(seed: int) -> None:
    instance = big(seed, whole=True)
    assert total(instance, assign(*instance)) == by_flow(instance)
    real = big(seed, whole=False)
    assert total(real, assign(*real)) == pytest.approx(by_matching(real), rel=1e-12)


def test_a_bay_rather_than_a_rejection_that_costs_as_much() -> None:
    one, cost = np.array([[0, 1]], np.int32), np.array([[5.0, 5.0]])
    two = np.ones(2, np.int32)
    assert assign(one, cost, two, np.array([5.0])).tolist() == [0]  # and the lower number
    assert assign(one[:, ::-1].copy(), cost, two, np.array([5.0])).tolist() == [1]
    assert assign(one, cost, two, np.array([4.0])).tolist() == [-1]
    assert assign(one, cost, np.zeros(2, np.int32), np.array([9.0])).tolist() == [-1]


def test_nothing_to_assign() -> None:
    none, costs = np.empty((0, 3), np.int32), np.empty((0, 3))
    assert assign(none, costs, np.ones(2, np.int32), np.empty(0)).tolist() == []
    assert assign(np.empty((2, 0), np.int32), np.empty((2, 0)), np.ones(1, np.int32), np.ones(2)).tolist() == [-1, -1]
    assert assign(np.full((1, 1), -1, np.int32), np.ones((1, 1)), np.empty(0, np.int32), np.ones(1)).tolist() == [-1]


def test_a_planted_error_is_found() -> None:
    """Greedy, first come first served, costs more than the judges' optimum on some instance."""

    def greedy(facility: Any, cost: Any, capacity: Any, reject: Any) -> np.ndarray:
        left, column = np.maximum(capacity, 0), np.full(len(facility), -1)
        for row in range(len(facility)):
            best = min(
                ((cost[row, k], k) for k in range(cost.shape[1]) if left[facility[row, k]] > 0), default=(np.inf, -1)
            )
            if best[0] <= reject[row]:
                column[row] = best[1]
                left[facility[row, best[1]]] -= 1
        return column

    instance = big(0, whole=True)
    assert total(instance, greedy(*instance)) > by_flow(instance)


GOOD: dict[str, Any] = {
    "facility": np.array([[0, 1]], np.int32),
    "cost": np.ones((1, 2)),
    "capacity": np.ones(2, np.int32),
    "reject": np.ones(1),
}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"facility": np.array([[0, 2]], np.int32)}, "no facility 2, there are 2"),
        ({"facility": np.array([[-2, 1]], np.int32)}, "no facility -2"),
        ({"cost": np.array([[1.0, np.nan]])}, "candidate 1 costs nan"),
        ({"cost": np.array([[-np.inf, 1.0]])}, "candidate 0 costs -inf"),
        ({"cost": np.ones((1, 3))}, "do not fit"),
        ({"reject": np.ones(2)}, "do not fit"),
        ({"reject": np.array([np.inf])}, "must be finite"),
        ({"reject": np.array([np.nan])}, "must be finite"),
    ],
)
def test_nonsense_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        assign(**(GOOD | wrong))


def test_the_order_of_candidates_does_not_matter() -> None:
    facility, cost, capacity, reject = big(5, whole=True)

    def chosen(order: np.ndarray) -> list[int]:
        column = assign(facility[:, order].copy(), cost[:, order].copy(), capacity, reject)
        return np.where(column >= 0, facility[:, order][np.arange(len(column)), column], -1).tolist()

    random = np.random.default_rng(2)
    assert all(chosen(random.permutation(16)) == chosen(np.arange(16)) for _ in range(3))
