"""Prices that follow occupancy, as SFpark's rule has it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.edge.parking.test_policies import city, requests
from tests.edge.parking.towns import Town
from tests.edge.pooled import assign
from wayside.edge.errors import PluginError
from wayside.edge.parking.price import ResponsivePrices
from wayside.edge.parking.state import BayAssignment, ParkingPlatform


def town(occupied: list[int], price: float = 3.0) -> Town:
    """Car parks of 10 bays each, so many of them taken, and nobody who asks."""
    made = Town(0)
    made.drives = np.zeros((6, 6))
    parks = city([((k, 0), 10, taken, 0) for k, taken in enumerate(occupied)])
    made.parks = replace(parks, price_per_hour=np.full(len(occupied), price))
    made.requests = requests([])
    return made


def test_up_above_80_percent_and_down_below_60_once_a_period() -> None:
    here = town([10, 9, 8, 6, 5, 0])
    policy = here.make(ResponsivePrices, period=100.0)
    for now in (0.0, 50.0, 99.0):
        here.context.time = now
        assert policy(here.requests, here.parks).price_per_hour.tolist() == [3.0] * 6
    here.context.time = 100.0
    assert policy(here.requests, here.parks).price_per_hour.tolist() == [3.25, 3.25, 3.0, 3.0, 2.75, 2.75]
    here.context.time = 199.0
    assert (
        policy(here.requests, here.parks).price_per_hour.tolist() == [3.0] * 6
    )  # as the ledger has it: not moved again


def test_the_mean_over_the_period_counts() -> None:
    here = town([10])
    policy = here.make(ResponsivePrices, period=100.0)
    for now, taken in ((0.0, 10), (70.0, 0), (100.0, 0)):  # full for 70 s of 100
        here.context.time = now
        here.parks.occupied[:] = taken
        prices = policy(here.requests, here.parks).price_per_hour
    assert prices.tolist() == [3.0]


@pytest.mark.parametrize(("price", "taken", "after"), [(5.9, 10, 6.0), (9.0, 10, 9.0), (0.3, 0, 0.25), (0.1, 0, 0.1)])
def test_bounds(price: float, taken: int, after: float) -> None:
    """No further than a bound; a price that begins beyond one stays."""
    here = town([taken], price)
    policy = here.make(ResponsivePrices, period=10.0)
    for now in (0.0, 10.0):
        here.context.time = now
        prices = policy(here.requests, here.parks).price_per_hour
    assert prices.tolist() == [after]


def test_what_is_dear_is_avoided() -> None:
    here = town([0, 0])
    here.parks.price_per_hour[:] = [20.0, 1.0]
    here.requests = requests([(0, 0)])
    here.requests = replace(here.requests, duration=np.full(1, 3600.0))
    assert here.make(ResponsivePrices)(here.requests, here.parks).car_park.tolist() == [1]


def test_bounds_that_cross_are_refused() -> None:
    with pytest.raises(ValueError, match="below must not exceed above"):
        town([1]).make(ResponsivePrices, above=0.5, below=0.6)


def test_prices_are_entered_in_the_ledger() -> None:
    parks = city([((0, 0), 2, 0, 0), ((1, 0), 2, 0, 0)])

    def policy(wanted: object, seen: object) -> BayAssignment:
        return BayAssignment(np.zeros(1, np.int32), np.zeros(1), price_per_hour=np.array([4.0, 5.0]))

    assign(ParkingPlatform(parks, policy, 60.0), [1], requests([(0, 0)]), 0.0)
    assert parks.price_per_hour.tolist() == [4.0, 5.0]


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        (np.ones(1), "must have a number for each of 2 car parks"),
        (np.array([1.0, -1.0]), "of 'p1' is -1.0: must be a number, at least 0"),
        (np.array([np.nan, 1.0]), "of 'p0' is nan"),
        (np.array(["a", "b"]), "must have a number for each"),
    ],
)
def test_what_is_no_price_is_refused(prices: np.ndarray, said: str) -> None:
    def policy(wanted: object, seen: object) -> BayAssignment:
        return BayAssignment(np.zeros(1, np.int32), np.zeros(1), price_per_hour=prices)

    ledger = ParkingPlatform(city([((0, 0), 2, 0, 0), ((1, 0), 2, 0, 0)]), policy, 60.0)
    with pytest.raises(PluginError, match=f"parking.policy .*{said}"):
        assign(ledger, [1], requests([(0, 0)]), 0.0)
    assert ledger.reservations == {}
