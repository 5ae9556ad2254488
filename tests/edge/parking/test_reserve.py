"""First come, first served: at least cost, and by SUMO's score; each against the same by hand, one after the other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings

from tests.edge.parking.towns import Town, towns, towns_with_holders, unchanged
from wayside.edge.parking.reserve import LeastCost
from wayside.edge.parking.score import WeightedScore

Costs = Callable[[int, list[int], np.ndarray], list[float]]  # of a driver, of its candidates, with the bays left


def one_by_one(town: Town, costs: Costs) -> list[int]:
    """The cheapest with a bay left, the lower number of equal ones; what is kept for others is not free."""
    left = town.parks.free - np.bincount(town.requests.held[town.requests.held >= 0], minlength=len(town.parks.ids))
    chosen = []
    for row, held in enumerate(town.requests.held.tolist()):
        if held >= 0:
            left[held] += 1
        some = [p for p in range(len(left)) if left[p] > 0 and (town.walk(row, p) <= 100.0 or p == held)]
        some = [p for p in some if math.isfinite(town.drives[town.requests.edge[row], town.parks.edge[p]])]
        ranked = sorted(zip(costs(row, some, left), some, strict=True))
        if held >= 0 and held not in [park for _, park in ranked[:1]]:
            assert ranked[0][0] <= {park: cost for cost, park in ranked}[held]
        chosen.append(ranked[0][1] if ranked else -1)
        if ranked:
            left[chosen[-1]] -= 1
    return chosen


@settings(max_examples=80, deadline=None)
@example(Town(100, holders=True))  # the first gives back what the second wants
@given(towns_with_holders)
def test_least_cost(town: Town) -> None:
    answer = unchanged(town.parks, town.requests, town.make(LeastCost, walk=100.0))
    assert answer.car_park.tolist() == one_by_one(town, lambda row, some, left: [town.cost(row, p) for p in some])
    for row, park in enumerate(answer.car_park.tolist()):
        assert park < 0 or answer.cost[row] == pytest.approx(town.cost(row, park))


@settings(max_examples=40, deadline=None)
@given(towns)
def test_few_candidates_are_the_nearest(town: Town) -> None:
    """With one candidate: the nearest with a bay left, whatever it costs, as long as one can drive there."""
    town.drives[:] = 1.0
    answer = town.make(LeastCost, candidates=1, walk=1e6)(town.requests, town.parks)
    by_hand = one_by_one(town, lambda row, some, left: [town.walk(row, p) for p in some])
    expected = [park if park >= 0 and town.walk(row, park) <= 100.0 else None for row, park in enumerate(by_hand)]
    for row, park in enumerate(answer.car_park.tolist()):
        if expected[: row + 1].count(None) == 0:  # until somebody is too far to be served by hand
            assert park == expected[row]


def score(weights: dict[str, float], town: Town) -> Costs:
    """SUMO's formula over the candidates."""

    def costs(row: int, some: list[int], left: np.ndarray) -> list[float]:
        drive = [float(town.drives[town.requests.edge[row], town.parks.edge[p]]) for p in some]
        quantities: dict[str, tuple[list[float], bool]] = {
            "distanceto": (drive, False),
            "timeto": (drive, False),
            "distancefrom": ([town.walk(row, p) for p in some], False),
            "capacity": ([float(town.parks.capacity[p]) for p in some], True),
            "absfreespace": ([float(town.parks.free[p]) for p in some], True),
            "relfreespace": ([town.parks.free[p] / max(town.parks.capacity[p], 1) for p in some], True),
        }
        total = [0.0] * len(some)
        for name, weight in weights.items():
            values, inverse = quantities[name]
            most = max(values, default=0.0) or 1.0
            total = [t + weight * (1.0 - v / most if inverse else v / most) for t, v in zip(total, values, strict=True)]
        return total

    return costs


WEIGHTS: list[dict[str, float]] = [
    {"distanceto": 1.0},
    {"distanceto": 0.0, "distancefrom": 1.0},
    {"distanceto": 0.0, "relfreespace": 1.0, "timeto": 0.25},
    {"distanceto": 0.5, "capacity": 1.0, "absfreespace": 0.125},
]


@settings(max_examples=20, deadline=None)
@given(towns)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_score(weights: dict[str, float], town: Town) -> None:
    town.parks.capacity += 20  # so that no car park fills within the batch, and the candidates stay the same ones
    answer = unchanged(town.parks, town.requests, town.make(WeightedScore, walk=100.0, **weights))
    by_hand = score(weights, town)
    for row, park in enumerate(answer.car_park.tolist()):
        some = [p for p in range(len(town.parks.ids)) if town.parks.free[p] > 0 and town.walk(row, p) <= 100.0]
        here = [p for p in some if math.isfinite(town.drives[town.requests.edge[row], town.parks.edge[p]])]
        if len(here) < len(some):
            continue  # SUMO knows a way to all of its candidates
        costs = dict(zip(here, by_hand(row, here, town.parks.free), strict=True))
        assert (park >= 0) == bool(costs)
        assert park < 0 or costs[park] == pytest.approx(min(costs.values()))
        assert park < 0 or answer.cost[row] == pytest.approx(costs[park])


def test_chance_is_the_same_whoever_else_asks() -> None:
    town = next(one for one in map(Town, range(99)) if len(one.requests.x) > 2 and one.parks.open.sum() > 2)
    town.parks.capacity += 20
    town.drives[:] = 1.0
    policy = town.make(WeightedScore, probability=1.0, distanceto=0.0, walk=1e6)
    all_of_them = policy(town.requests, town.parks)
    alone = policy(town.requests.some(slice(1, 2)), town.parks)
    assert alone.car_park[0] == all_of_them.car_park[1]
    assert len({round(cost, 9) for cost in all_of_them.costs[0]}) > 1


def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not pay for the walk."""
    weigh: Any = LeastCost.weigh

    def wrong(self: Any, *seen: Any) -> Any:
        self.walk_weight = 0.0
        return weigh(self, *seen)

    monkeypatch.setattr(LeastCost, "weigh", wrong)
    with pytest.raises(AssertionError):
        test_least_cost()
