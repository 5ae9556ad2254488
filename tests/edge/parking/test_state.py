"""The ledger of bays: what is reserved is what the reservations say, whatever happens in which order."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.edge.parking.test_policies import city, requests
from tests.edge.pooled import assign
from wayside.edge.decision import Measure
from wayside.edge.errors import WaysideError
from wayside.edge.parking.policies import nearest
from wayside.edge.parking.state import BayAssignment, BayRequests, CarParks, ParkingPlatform

TIMEOUT = 20.0
STATIONS = st.integers(0, 6)


def platform(policy: Any = nearest, capacities: tuple[int, ...] = (2, 0, 1)) -> ParkingPlatform:
    return ParkingPlatform(city([((10 * i, 0), n, 0, 0) for i, n in enumerate(capacities)]), policy, TIMEOUT)


class Ledger(RuleBasedStateMachine):
    """A platform, and beside it a dict of who has a bay where, and until when."""

    def __init__(self) -> None:
        super().__init__()
        self.platform = platform()
        self.model: dict[int, tuple[int, float]] = {}
        self.expired = self.lost = 0
        self.now = 0.0

    @rule(seconds=st.integers(1, 15))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(stations=st.lists(STATIONS, unique=True, max_size=4), x=st.integers(0, 30))
    def ask(self, stations: list[int], x: int) -> None:
        self.now += 1  # a repetition within half a second would have crossed the answer
        for station in stations:
            self.model.pop(station, None)
        given = assign(self.platform, stations, requests([(x, 0)] * len(stations)), self.now)
        for station, car_park in zip(stations, given, strict=True):
            if car_park >= 0:
                self.model[station] = (car_park, self.now + TIMEOUT)

    @rule(station=STATIONS)
    def release(self, station: int) -> None:
        known = self.model.pop(station, None)
        ended = self.platform.release(station)
        assert (None if ended is None else (ended.car_park, ended.until)) == known

    @rule()
    def expire(self) -> None:
        late = [station for station, (_, until) in self.model.items() if until <= self.now]
        self.expired += len(late)
        for station in late:
            del self.model[station]
        assert sorted(self.platform.expire(self.now)) == sorted(late)

    @rule(car_park=st.integers(0, 2), by=st.sampled_from([1, -1]))
    def others_come_and_go(self, car_park: int, by: int) -> None:
        """Where they take a bay that was kept, the one who came last has none any more."""
        parks = self.platform.car_parks
        parks.occupied[car_park] = max(parks.occupied[car_park] + by, 0)
        here = [station for station, (where, _) in self.model.items() if where == car_park]
        over = int(parks.occupied[car_park]) + len(here) - int(parks.capacity[car_park])
        gone = here[max(len(here) - over, 0) :] if over > 0 else []
        for station in gone:
            del self.model[station]
        self.lost += len(gone)
        assert sorted(self.platform.displace()) == sorted(gone)

    @rule(station=STATIONS)
    def one_parks_where_it_has_a_bay(self, station: int) -> None:
        known = self.model.pop(station, None)
        if known is not None:
            self.platform.release(station)
            self.platform.car_parks.occupied[known[0]] += 1
            assert not self.platform.displace(), "who has a bay takes none from others"

    @invariant()
    def counts_are_what_the_dict_says(self) -> None:
        parks = self.platform.car_parks
        kept = [car_park for car_park, _ in self.model.values()]
        assert parks.reserved.tolist() == [kept.count(i) for i in range(len(parks.ids))]
        assert {s: (r.car_park, r.until) for s, r in self.platform.reservations.items()} == self.model
        assert (self.platform.expired, self.platform.lost) == (self.expired, self.lost)
        assert (parks.free >= 0).all()
        assert ((parks.reserved == 0) | (parks.occupied + parks.reserved <= parks.capacity)).all()


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=30)


def test_asking_again_gives_the_old_bay_back_first() -> None:
    ledger = platform(capacities=(1,))
    for now in (0.0, 5.0):
        assert assign(ledger, [7], requests([(0, 0)]), now) == [0]
    assert ledger.car_parks.reserved.tolist() == [1]
    assert ledger.expire(TIMEOUT) == []
    assert ledger.expire(TIMEOUT + 5.0) == [7]
    assert (ledger.expired, ledger.car_parks.reserved.tolist()) == (1, [0])


def test_a_bay_that_others_take_is_lost_to_who_asked_last() -> None:
    ledger = platform(capacities=(3,))
    assign(ledger, [7, 8], requests([(0, 0)] * 2), 0.0, unit=4, vehicles=[70, 80])
    ledger.car_parks.occupied[0] = 1
    assert ledger.displace() == {}
    ledger.car_parks.occupied[0] = 2
    lost = ledger.displace()
    assert {station: (kept.unit, kept.vehicle) for station, kept in lost.items()} == {8: (4, 80)}
    assert (ledger.lost, ledger.car_parks.reserved.tolist(), list(ledger.reservations)) == (1, [1], [7])
    ledger.car_parks.occupied[0] = 5  # more than there are: SUMO's business
    assert list(ledger.displace()) == [7]
    assert ledger.car_parks.free.tolist() == [0]


def always(car_park: int) -> Any:
    def policy(wanted: BayRequests, car_parks: CarParks) -> BayAssignment:
        return BayAssignment(np.full(len(wanted.x), car_park, np.int32), np.zeros(len(wanted.x)))

    return policy


def test_a_policy_that_overbooks_is_refused_before_anything_is_entered() -> None:
    ledger = platform(always(0), capacities=(1, 5))
    with pytest.raises((ValueError, WaysideError), match="'p0'"):
        assign(ledger, [1, 2], requests([(0, 0)] * 2), 0.0)
    assert (ledger.reservations, ledger.car_parks.reserved.tolist()) == ({}, [0, 0])


@pytest.mark.parametrize("answer", [2, 99])
def test_a_policy_that_names_no_car_park_is_refused(answer: int) -> None:
    ledger = platform(always(answer), capacities=(1, 5))
    with pytest.raises((ValueError, WaysideError), match=r"parking\.policy"):
        assign(ledger, [1], requests([(0, 0)]), 0.0)


def test_a_policy_that_forgets_a_request_is_refused() -> None:
    def forgets(wanted: BayRequests, car_parks: CarParks) -> BayAssignment:
        return BayAssignment(np.zeros(1, np.int32), np.zeros(1))

    ledger = platform(forgets, capacities=(1, 5))
    with pytest.raises((ValueError, WaysideError), match=r"parking\.policy"):
        assign(ledger, [1, 2], requests([(0, 0)] * 2), 0.0)


def test_why_a_bay_was_chosen_is_kept_with_its_reservation() -> None:
    ledger = platform(capacities=(1, 0, 3))
    assign(ledger, [4, 5], requests([(1, 0), (2, 0)]), 7.0, unit=3)
    first, second = ledger.reservations[4].decision, ledger.reservations[5].decision
    assert first is not None
    assert second is not None
    assert (first.of.time, first.unit, first.of.measure) == (7.0, 3, Measure("walk", "m"))
    assert [(one.facility, one.cost, one.free, one.chosen) for one in first.candidates] == [
        (0, 1.0, 1, True),
        (2, 19.0, 3, False),  # the one without bays is no candidate
    ]
    assert [(one.facility, one.chosen) for one in second.candidates] == [(2, True)]  # the first took the last bay
    ledger.release(4)
    assert 4 not in ledger.reservations


def test_a_closed_car_park_takes_nobody() -> None:
    ledger = platform(capacities=(1, 0, 3))
    ledger.car_parks.open[0] = False
    assert ledger.car_parks.free.tolist() == [0, 0, 3]
    assert assign(ledger, [4], requests([(1, 0)]), 7.0) == [2]


def test_a_policy_with_costs_of_another_shape_is_refused() -> None:
    def policy(wanted: BayRequests, car_parks: CarParks) -> BayAssignment:
        return BayAssignment(np.zeros(1, np.int32), np.zeros(1), np.zeros((1, 7)))

    with pytest.raises(WaysideError, match=r"^parking\.policy\b.*: costs must have 1 rows of 2 numbers"):
        assign(platform(policy, capacities=(1, 5)), [1], requests([(0, 0)]), 0.0)


def test_a_policy_need_not_tell_its_costs() -> None:
    ledger = platform(always(1), capacities=(1, 5))
    assign(ledger, [1], requests([(0, 0)]), 0.0)
    assert ledger.reservations[1].decision is None


@pytest.mark.parametrize(
    "what", [field.name for field in fields(CarParks) if field.name not in ("ids", "names", "kinds", "hours")]
)
def test_a_policy_cannot_write_to_the_city(what: str) -> None:
    def writes(wanted: BayRequests, car_parks: CarParks) -> BayAssignment:
        getattr(car_parks, what)[:] = 10**6
        return BayAssignment(np.zeros(len(wanted.x), np.int32), np.zeros(len(wanted.x)))

    ledger = platform(writes, capacities=(1, 5))
    with pytest.raises(WaysideError, match=r"^parking\.policy .*:.*writes at unit u0 at 0 s: ValueError: .*read-only"):
        assign(ledger, [1, 2], requests([(0, 0)] * 2), 0.0)
    assert (ledger.reservations, ledger.car_parks.reserved.tolist()) == ({}, [0, 0])


def test_a_policy_cannot_change_what_was_asked_or_answered() -> None:
    """Nor put other arrays in the place of the city's; and its own it may use again."""
    kept = np.empty(1, np.int32)

    def policy(wanted: BayRequests, car_parks: CarParks) -> BayAssignment:
        car_parks.capacity = np.full(2, 10**6, np.int32)  # of what it was shown, which is thrown away
        with pytest.raises(ValueError, match="read-only"):
            wanted.edge[:] = 1
        kept[:] = 0
        return BayAssignment(kept, np.zeros(1))

    ledger = platform(policy, capacities=(1, 5))
    answer = assign(ledger, [1], requests([(0, 0)]), 0.0)
    kept[:] = 1
    assert answer == [0]
    assert ledger.car_parks.capacity.tolist() == [1, 5]
    with pytest.raises(WaysideError, match="more bays given out in 'p0' than are free"):
        assign(ledger, [2], requests([(0, 0)]), 0.0)
