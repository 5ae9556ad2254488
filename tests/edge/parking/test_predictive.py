"""What is learnt of who comes and goes, and what a driver is to make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from tests.edge.parking.test_policies import city, requests
from tests.edge.parking.towns import Town, towns_with_holders, unchanged
from wayside.edge.parking.batch import BatchAssignment
from wayside.edge.parking.predictive import PredictiveBatch
from wayside.edge.rates import Rates


def watch(rates: Rates, come: float, go: float, seconds: int, seed: int = 1) -> None:
    """Poisson streams at the first car park, looked at every second; nothing happens at the others."""
    random = np.random.default_rng(seed)
    taken = np.array([500] + [5] * (len(rates.capacity) - 1))
    for now in range(seconds):
        rates.see(float(now), taken)
        # One or the other, as counts tell no more than the difference.
        taken[0] += random.choice([1, -1, 0], p=[come, go, 1.0 - come - go])


def test_rates_are_learnt() -> None:
    rates = Rates(np.array([1000, 10]), 1e5, 1.0)
    watch(rates, 0.2, 0.1, 5000)
    assert rates.per_s[:, 0] == pytest.approx([0.2, 0.1], rel=0.1)
    assert (rates.per_s[:, 1] < 0.001).all()


def test_who_is_little_known_is_like_the_city() -> None:
    """Bay for bay, and for as long as the prior counts."""
    rates = Rates(np.array([1000, 100]), 1e9, 1e9)
    watch(rates, 0.2, 0.1, 1000)
    assert rates.per_s[:, 0] == pytest.approx(10.0 * rates.per_s[:, 1], rel=0.01)


def test_what_is_long_past_fades() -> None:
    """As each look has it, however long the run: against fading all of it each time."""
    rates, counts, watched, random = (
        Rates(np.array([9, 9]), 50.0, 20.0),
        np.zeros((2, 2)),
        0.0,
        np.random.default_rng(1),
    )
    before, taken = 0.0, np.array([4, 4])
    rates.see(0.0, taken)
    for now in np.cumsum(random.uniform(1.0, 900.0, 60)).tolist():
        change = random.integers(-2, 3, 2)
        taken = taken + change
        rates.see(now, taken)
        fade = np.exp(-(now - before) / 50.0)
        counts = counts * fade + np.maximum([change, -change], 0)
        watched, before = watched * fade + now - before, now
        city = counts.sum(axis=1) / (18.0 * watched)
        np.testing.assert_allclose(rates.per_s, (counts + 20.0 * city[:, None] * 9.0) / (watched + 20.0), rtol=1e-9)


def test_what_one_has_given_is_not_what_others_took() -> None:
    rates = Rates(np.array([10]), 600.0, 1.0)
    rates.see(0.0, np.array([2]))
    rates.gave(np.array([0, 0, 0, 0]))
    rates.gave(np.array([0]), -1)
    rates.see(10.0, np.array([5]))
    assert rates.per_s.tolist() == [[0.0], [0.0]]
    rates.see(20.0, np.array([6]))
    assert rates.per_s[0, 0] > 0.0


def test_nothing_known_yet() -> None:
    assert Rates(np.array([10, 0]), 600.0, 300.0).per_s.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@settings(max_examples=30, deadline=None)
@given(towns_with_holders)
def test_as_the_batch_while_nothing_is_known(town: Town) -> None:
    batch = town.make(BatchAssignment)(town.requests, town.parks)
    predictive = unchanged(town.parks, town.requests, town.make(PredictiveBatch))
    assert predictive.car_park.tolist() == batch.car_park.tolist()
    np.testing.assert_array_equal(predictive.costs, batch.costs)


def test_the_chance_to_lose_a_bay_is_that_of_a_simulation() -> None:
    """Others come and go at known rates: how often all that is free is taken at the end."""
    town = Town(1)
    town.parks = city([((0, 0), 1000, 990, 0)])
    policy = town.make(PredictiveBatch)
    policy._rates = Rates(town.parks.capacity, 1e9, 1e-9)
    policy._rates._counts[:] = [[2.0], [1.0]]
    policy._rates._watched = 10.0
    random = np.random.default_rng(1)
    for drive in (10.0, 60.0, 150.0):
        judge = (random.poisson(0.2 * drive, 10**5) - random.poisson(0.1 * drive, 10**5) >= 10).mean()
        found = policy.lost(town.parks, np.zeros((1, 1), np.int32), np.full((1, 1), drive))
        assert found[0, 0] == pytest.approx(judge, abs=0.03)


def test_a_bay_that_others_are_about_to_take_is_left_to_them() -> None:
    """The nearer car park fills up before one's eyes. A planted error: who learns nothing goes there."""
    town = Town(1)
    town.parks = city([((0, 0), 20, 0, 0), ((30, 0), 20, 0, 0)])
    town.drives = np.full((6, 6), 100.0)
    town.requests = replace(requests([(0, 0)]), edge=np.zeros(1, np.int32))
    learns, blind = town.make(PredictiveBatch, again=600.0), town.make(BatchAssignment)
    for now in range(0, 180, 10):
        town.context.time = float(now)
        learns(requests([]), town.parks)
        town.parks.occupied[0] += 1
    assert learns(town.requests, town.parks).car_park.tolist() == [1]
    assert blind(town.requests, town.parks).car_park.tolist() == [0]


def test_who_was_there_from_the_begin_has_not_come() -> None:
    """Cars that stand in their bays when they come to be, as SUMO puts them in over the first seconds. A planted error:
    taken for arrivals they would fill the city within minutes.
    """
    town = Town(1)
    town.parks = city([((0, 0), 1000, 0, 0)])
    policy, misled = town.make(PredictiveBatch), town.make(PredictiveBatch)
    for now in range(100):
        town.context.time = float(now)
        policy(requests([]), town.parks)
        misled(requests([]), replace(town.parks, appeared=np.zeros(1, np.int32)))
        if now < 5:
            town.parks.occupied[0] += 100
            town.parks.appeared[0] += 100
    assert policy.forecast(town.parks, 300.0).tolist() == [500.0]
    assert misled.forecast(town.parks, 300.0).tolist() == [1000.0]
    town.parks.occupied[0] -= 50  # they leave like any other
    town.context.time = 101.0
    policy(requests([]), town.parks)
    assert policy.forecast(town.parks, 300.0)[0] < 430.0, "450 are left, and more go"
