"""The nearest places on a road graph, against SciPy's searches and plain arithmetic."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from wayside.ext.nearest import Nearest

EDGES = 9


class Town:
    """A random road graph with places, some of which stand on two edges, and origins with one begin or two."""

    def __init__(self, seed: int, places: int, whole: bool) -> None:
        random = np.random.default_rng(seed)
        pairs = np.argwhere(random.random((EDGES, EDGES)) < random.choice([0.1, 0.2, 0.4])).astype(np.int32)
        self.before, self.after = pairs.T.copy()
        self.cost = random.integers(0, 9, EDGES).astype(np.float64) if whole else random.uniform(0.0, 9.0, EDGES)
        self.cost[random.random(EDGES) < 0.1] = np.inf
        stands = [place for place in range(places) for _ in range(random.integers(1, 3))]
        self.place = np.array(stands, np.int32)
        self.edge = random.integers(0, EDGES, len(stands)).astype(np.int32)
        self.along = random.choice([0.0, 0.5, 1.0], len(stands)) if whole else random.uniform(size=len(stands))
        self.beyond = random.integers(0, 3, len(stands)).astype(np.float64)
        self.usable = (random.random(places) < 0.8).astype(np.uint8)
        origins = [origin for origin in range(4) for _ in range(random.integers(0, 3))]
        self.origin = np.array(origins, np.int64)
        self.begin = random.integers(0, EDGES, len(origins)).astype(np.int32)
        self.share = random.choice([0.0, 0.5, 1.0], len(origins)) if whole else random.uniform(size=len(origins))
        self.places = places

    @property
    def begins(self) -> tuple[Any, ...]:
        return self.cost, self.origin, self.begin, self.share

    def nearest(self) -> Nearest:
        return Nearest(EDGES, self.before, self.after, self.places, self.place, self.edge, self.along, self.beyond)

    def by_hand(self) -> np.ndarray:
        """How far each place is of each origin, by relaxing every pair of edges until nothing changes."""
        far = np.full((4, self.places), np.inf)
        pairs = list(zip(self.before.tolist(), self.after.tolist(), strict=True))
        for origin, begin, share in zip(self.origin, self.begin, self.share, strict=True):
            at = np.full(EDGES, np.inf)  # each edge's begin
            for _ in range(EDGES + 1):
                for edge, after in pairs:
                    ways = [at[edge] + self.cost[edge]]
                    if edge == begin:
                        ways.append(share_of(1.0 - share, self.cost[edge]))
                    at[after] = min(at[after], *ways)
            for place, edge, along, beyond in zip(self.place, self.edge, self.along, self.beyond, strict=True):
                ways = [at[edge] + share_of(along, self.cost[edge])]
                if edge == begin and along >= share:
                    ways.append(share_of(along - share, self.cost[edge]))
                far[origin, place] = min(far[origin, place], *(way + beyond for way in ways))
        return far


def share_of(part: float, cost: float) -> float:
    """Of a closed edge nothing can be driven, not even its begin."""
    return part * cost if np.isfinite(cost) else np.inf


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 7), st.booleans(), st.integers(1, 8), st.integers(1, 3))
def test_as_by_hand(seed: int, places: int, whole: bool, count: int, threads: int) -> None:
    town = Town(seed, places, whole)
    nearest, far = town.nearest(), town.by_hand()
    found, cost = nearest.search(*town.begins, town.usable, count, 4, threads)
    assert found.shape == cost.shape == (4, count)
    for origin in range(4):
        wanted = [(far[origin, place], place) for place in range(places) if town.usable[place]]
        some = sorted(one for one in wanted if np.isfinite(one[0]))[:count]
        rest = count - len(some)
        np.testing.assert_allclose(cost[origin], [one[0] for one in some] + [np.inf] * rest, rtol=1e-12, atol=1e-12)
        if whole:  # halves add up exactly: so do equal costs
            assert found[origin].tolist() == [one[1] for one in some] + [-1] * rest
    every = np.tile(np.arange(-1, places, dtype=np.int32), (4, 1))
    reached = nearest.reach(*town.begins, every, threads)
    np.testing.assert_allclose(reached, np.hstack((np.full((4, 1), np.inf), far)), rtol=1e-12, atol=1e-12)


def grid(n: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Of n x n junctions, a road each way between neighbours: pairs of edges, none back, and how many edges."""
    junction = np.arange(n * n).reshape(n, n)
    one = np.concatenate((junction[:, :-1].ravel(), junction[:-1].ravel()))
    two = np.concatenate((junction[:, 1:].ravel(), junction[1:].ravel()))
    start, end = np.concatenate((one, two)), np.concatenate((two, one))
    before, after = np.nonzero((end[:, None] == start) & (start[:, None] != end))
    return before.astype(np.int32), after.astype(np.int32), len(start)


def test_a_town_as_scipy_has_it() -> None:
    """From the begins of edges, whatever the number of threads."""
    before, after, edges = grid(12)
    random = np.random.default_rng(1)
    cost, stands = random.uniform(5.0, 30.0, edges), random.integers(0, edges, 150).astype(np.int32)
    along = random.uniform(size=150)
    nearest = Nearest(edges, before, after, 150, np.arange(150, dtype=np.int32), stands, along, np.zeros(150))
    start = random.integers(0, edges, 200).astype(np.int32)
    usable = np.ones(150, np.uint8)
    told = cost, np.arange(200), start, np.zeros(200)
    found, far = nearest.search(*told, usable, 8)
    graph = sparse.csr_matrix((cost[before], (before, after)), shape=(edges, edges))
    judge = dijkstra(graph, indices=start)[:, stands] + along * cost[stands]
    order = np.argsort(judge, axis=1)[:, :8]
    np.testing.assert_array_equal(found, order)
    np.testing.assert_allclose(far, np.take_along_axis(judge, order, 1), rtol=1e-12)
    for threads in (2, 3):
        again = nearest.search(*told, usable, 8, threads=threads)
        np.testing.assert_array_equal(again[0], found)
        np.testing.assert_array_equal(again[1], far)
    np.testing.assert_allclose(nearest.reach(*told, order), np.take_along_axis(judge, order, 1), rtol=1e-12)
    # A planted error: who begins half along an edge is not as far.
    assert (nearest.search(cost, told[1], start, np.full(200, 0.5), usable, 8)[1] != far).any()


def small(**changes: Any) -> dict[str, Any]:
    good = {
        "edges": 2,
        "before": np.array([0], np.int32),
        "after": np.array([1], np.int32),
        "places": 1,
        "place": np.array([0], np.int32),
        "edge": np.array([1], np.int32),
        "along": np.array([0.5]),
        "beyond": np.zeros(1),
    }
    return good | changes


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"after": np.array([2], np.int32)}, "pairs of edges: 0, 2 at 0: there are 2"),
        ({"before": np.array([0, 0], np.int32)}, "pairs of edges: columns of 2 and 1"),
        ({"edge": np.array([-1], np.int32)}, "places' edges: -1"),
        ({"place": np.array([1], np.int32)}, "places: 1, 1 at 0: there are 1"),
        ({"along": np.array([1.5])}, "share 1.5"),
        ({"along": np.array([np.nan])}, "share nan"),
        ({"beyond": np.array([-1.0])}, "place 0 costs -1.0"),
        ({"beyond": np.ones(2)}, "columns of 1, 1, 1 and 2"),
    ],
)
def test_a_town_of_nonsense_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Nearest(**small(**wrong))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cost": np.array([1.0, -1.0])}, "edge 1 costs -1.0"),
        ({"cost": np.array([1.0, np.nan])}, "edge 1 costs nan"),
        ({"cost": np.ones(3)}, "cost of 3 edges: there are 2"),
        ({"origin": np.array([1, 0])}, "columns of 2, 1 and 1"),
        ({"origin": np.array([1])}, "must ascend, below 1"),
        ({"edge": np.array([2], np.int32)}, "begins: 2, 2 at 0"),
        ({"along": np.array([-0.5])}, "share -0.5"),
        ({"usable": np.ones(2, np.uint8)}, "usable: 2 entries for 1 places"),
        ({"count": 0}, "count 0"),
        ({"threads": 0}, "threads 0"),
    ],
)
def test_a_search_for_nonsense_is_refused(wrong: dict[str, Any], said: str) -> None:
    good: dict[str, Any] = {
        "cost": np.ones(2),
        "origin": np.array([0]),
        "edge": np.zeros(1, np.int32),
        "along": np.zeros(1),
        "usable": np.ones(1, np.uint8),
        "count": 1,
    }
    with pytest.raises(ValueError, match=said):
        Nearest(**small()).search(**(good | wrong))
    with pytest.raises(ValueError, match="places 1 to 1: there are 1"):
        Nearest(**small()).reach(
            *(good[name] for name in ("cost", "origin", "edge", "along")), np.array([[1]], np.int32)
        )
