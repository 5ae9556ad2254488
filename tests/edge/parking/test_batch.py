"""All open requests at the least cost in sum, against every way to assign them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings

from tests.edge.parking.test_policies import city, requests
from tests.edge.parking.towns import Town, towns_with_holders, unchanged
from wayside.edge.parking import batch as module
from wayside.edge.parking.batch import BatchAssignment, expected_looks
from wayside.edge.parking.reserve import LeastCost

REJECT = 400.0


def price_of(town: Town, row: int, park: int) -> float:
    """Infinite for what is not possible; -1 is a rejection."""
    held = int(town.requests.held[row])
    if park < 0:
        return REJECT if held < 0 else 1e9
    looks = expected_looks(town.parks, np.arange(len(town.parks.ids), dtype=np.int32)) * 2.0
    cost = town.cost(row, park) + looks[park]
    if held >= 0 and cost > town.cost(row, held) + looks[held]:
        return math.inf
    return cost if town.walk(row, park) <= 100.0 or park == held else math.inf


def by_trying(town: Town) -> float:
    """The least of all."""
    free, rows = town.parks.free, range(len(town.requests.x))
    costs = [[price_of(town, row, park) for park in (-1, *range(len(free)))] for row in rows]
    best = math.inf
    for ways in itertools.product(range(-1, len(free)), repeat=len(costs)):
        total = sum(costs[row][park + 1] for row, park in enumerate(ways))
        if total < best and all(ways.count(park) <= free[park] for park in set(ways) - {-1}):
            best = total
    return best


@settings(max_examples=60, deadline=None)
@given(towns_with_holders)
def test_no_way_costs_less(town: Town) -> None:
    answer = unchanged(town.parks, town.requests, town.make(BatchAssignment, walk=100.0, reject=REJECT))
    chosen = answer.car_park
    assert (np.bincount(chosen[chosen >= 0], minlength=len(town.parks.ids)) <= town.parks.free).all()
    costs = [price_of(town, row, park) for row, park in enumerate(chosen.tolist())]
    assert sum(costs) == pytest.approx(by_trying(town))
    np.testing.assert_allclose(
        answer.cost[chosen >= 0], [c for c, park in zip(costs, chosen, strict=True) if park >= 0]
    )
    for row in np.flatnonzero(town.requests.held >= 0).tolist():  # nobody who has a bay has a worse one afterwards
        assert costs[row] <= price_of(town, row, int(town.requests.held[row])) + 1e-9


@settings(max_examples=40, deadline=None)
@given(towns_with_holders)
def test_never_dearer_than_first_come_first_served(town: Town) -> None:
    batch = town.make(BatchAssignment, walk=100.0, reject=REJECT, look=0.0)(town.requests, town.parks)
    first = town.make(LeastCost, walk=100.0)(town.requests, town.parks)
    sums = [np.where(one.car_park < 0, REJECT, np.nan_to_num(one.cost)).sum() for one in (batch, first)]
    if (first.cost[first.car_park >= 0] <= REJECT).all() and (town.requests.held < 0).all():
        assert sums[0] <= sums[1] + 1e-9


def test_the_one_who_can_walk_from_elsewhere_makes_room() -> None:
    """Two want the only near bay: it goes to the one whose next best is farther, though it asked later."""
    town = Town(1)
    town.parks = city([((0, 0), 1, 0, 0), ((60, 0), 1, 0, 0)])
    town.drives = np.zeros((6, 6))
    town.requests = requests([(20, 0), (-10, 0)])
    assert town.make(LeastCost)(town.requests, town.parks).car_park.tolist() == [0, 1]
    assert town.make(BatchAssignment)(town.requests, town.parks).car_park.tolist() == [1, 0]


def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """First come, first served, in the place of the exact assignment."""

    def greedy(place: np.ndarray, cost: np.ndarray, free: np.ndarray, reject: np.ndarray) -> np.ndarray:
        left, column = free.copy(), np.full(len(place), -1)
        for row in range(len(place)):
            some = np.where((place[row] >= 0) & (left[place[row]] > 0), cost[row], np.inf)
            if some.min() <= reject[row]:
                column[row] = some.argmin()
                left[place[row, column[row]]] -= 1
        return column

    monkeypatch.setattr(module, "assign", greedy)
    with pytest.raises(AssertionError):
        test_no_way_costs_less()
