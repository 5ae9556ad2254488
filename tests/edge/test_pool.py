"""The pool of open requests: who is decided together and when, how each request ends, and the one door."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.edge.charging import test_policies as charging
from tests.edge.parking import test_policies as parking
from tests.edge.pooled import Teller, desk, hand_in
from wayside.edge.charging.policies import least_completion
from wayside.edge.charging.sharing import equal
from wayside.edge.charging.state import ChargingPlatform
from wayside.edge.errors import PluginError
from wayside.edge.parking.policies import nearest
from wayside.edge.parking.state import BayAssignment, ParkingPlatform
from wayside.edge.platform import CityPlatform
from wayside.edge.policy import outside
from wayside.edge.pool import CROSSING, KEPT, RETRY, Pool, Pooling

TIMEOUT = 60.0


def bays(policy: Any = nearest, capacities: tuple[int, ...] = (9, 9), **pooling: Any) -> ParkingPlatform:
    parks = parking.city([((10 * i, 0), n, 0, 0) for i, n in enumerate(capacities)])
    return ParkingPlatform(parks, policy, TIMEOUT, Pooling(**pooling))


def ask(ledger: Any, at: Teller, now: float, *stations: int) -> None:
    hand_in(ledger, at, stations, parking.requests([(0, 0)] * len(stations)), now)


class Seen:
    """A policy that keeps who was decided together, and when, and decides as `of` does."""

    def __init__(self, of: Callable[..., Any] = nearest) -> None:
        self.of = of
        self.batches: list[tuple[float, list[int]]] = []
        self.requests: list[Any] = []
        self.now = 0.0

    def __call__(self, requests: Any, *facilities: Any) -> Any:
        self.batches.append((self.now, requests.station.tolist()))
        self.requests.append(requests)
        return self.of(requests, *facilities)


def ticks(ledger: Any, first: float, until: float, policy: Any = None) -> None:
    """Look in every V2X tick from `first` on, before `until` [s]; what is decided is sent."""
    for tick in range(round(first * 10), round(until * 10)):
        if policy is not None:
            policy.now = tick / 10
        ledger.pool.look(tick, tick / 10)
        send(ledger)


def send(ledger: Any) -> None:
    for answer in CityPlatform(it=ledger).take():
        answer.send()


# Who is decided together, and when.

# Units 0..3 on two squares of 1,000 m, and the platform's own station in the middle of one.
PLACES = [((100.0, 100.0), False), ((900.0, 900.0), False), ((1100.0, 100.0), False), ((500.0, 500.0), True)]


@pytest.mark.parametrize(
    ("pooling", "batches"),
    [
        # Each unit looks in ticks of its own, or they all look together.
        ({}, [(0.0, [10]), (0.1, [11]), (0.2, [12]), (0.3, [13])]),
        ({"window": 1.5}, [(1.5, [10]), (1.6, [11]), (1.7, [12]), (1.8, [13])]),
        ({"scope": "district"}, [(0.0, [10, 11]), (0.0, [12]), (0.0, [13])]),
        ({"scope": "district", "district": 500.0}, [(0.0, [10]), (0.0, [11]), (0.0, [12]), (0.0, [13])]),
        ({"scope": "district", "window": 1.2}, [(1.5, [10, 11]), (1.5, [12]), (1.5, [13])]),
        ({"scope": "city"}, [(0.0, [10, 11, 12, 13])]),
        ({"scope": "city", "window": 0.7}, [(1.0, [10, 11, 12, 13])]),
    ],
)
def test_who_is_decided_together(pooling: dict[str, Any], batches: list[tuple[float, list[int]]]) -> None:
    seen = Seen()
    ledger = bays(seen, **pooling)
    at = [desk(number, *place) for number, place in enumerate(PLACES)]
    for number, one in enumerate(at):
        ask(ledger, one, 0.0, 10 + number)
    ticks(ledger, 0.0, 2.0, seen)
    assert seen.batches == batches
    assert [one.told for one in at] == [{10: 0}, {11: 0}, {12: 0}, {13: 0}], "each from the unit that was asked"
    assert (ledger.pool.decided, len(ledger.pool)) == (4, 0)


def test_a_window_begins_with_the_first_and_takes_in_who_comes_meanwhile() -> None:
    seen = Seen()
    ledger = bays(seen, scope="city", window=5.0)
    here, there = desk(0), desk(1)
    ask(ledger, here, 10.0, 1)
    ticks(ledger, 10.0, 12.0, seen)
    ask(ledger, here, 12.0, 1)  # asks again
    ask(ledger, there, 12.0, 2)
    ticks(ledger, 12.0, 14.0, seen)
    ask(ledger, there, 14.0, 3, 1, 2)  # the first has driven on, to another unit
    ticks(ledger, 14.0, 16.0, seen)
    assert seen.batches == [(15.0, [1, 2, 3])], "in the order in which they were first asked"
    (requests,) = seen.requests
    assert requests.waited.tolist() == [5.0, 3.0, 1.0]
    assert requests.unit.tolist() == [1, 1, 1]
    assert (here.told, there.told) == ({}, {1: 0, 2: 0, 3: 0})
    ledger.pool.look(0, 16.0)
    assert (ledger.pool.asked, ledger.pool.replaced, ledger.pool.decided) == (6, 3, 3)


def test_a_repetition_that_is_lost_costs_no_place_but_is_not_decided_meanwhile() -> None:
    """Nobody would obey: the driver waits for two seconds."""
    seen = Seen()
    ledger = bays(seen, scope="city", window=3.0)
    here = desk()
    ask(ledger, here, 0.0, 1)
    ask(ledger, here, 0.5, 2)
    ask(ledger, here, 2.5, 2)
    ticks(ledger, 0.0, 4.0, seen)
    assert seen.batches == [(3.5, [2])]
    ask(ledger, here, 4.0, 1)
    ticks(ledger, 4.0, 5.0, seen)
    assert seen.batches[1:] == [(4.0, [1])]
    assert seen.requests[1].waited.tolist() == [4.0]


def test_who_does_not_ask_any_more_is_gone() -> None:
    ledger = bays(outside)
    ask(ledger, desk(), 0.0, 1)
    ticks(ledger, 0.0, RETRY + 0.1)
    assert ledger.pool.open.station.tolist() == [1]
    ticks(ledger, RETRY + 0.1, KEPT + 0.1)
    assert (ledger.pool.open.station.tolist(), len(ledger.pool)) == ([], 1), "its place is kept"
    ticks(ledger, KEPT + 0.1, KEPT + 0.2)
    assert (len(ledger.pool), ledger.pool.gone) == (0, 1)


def test_what_has_crossed_its_answer_on_the_air_is_answered() -> None:
    ledger = bays()
    here = desk()
    ask(ledger, here, 0.0, 1)
    ticks(ledger, 0.0, 0.1)
    ask(ledger, here, CROSSING, 1, 2)
    assert ledger.pool.open.station.tolist() == [2]
    kept = ledger.reservations[1]
    ticks(ledger, CROSSING, CROSSING + 0.1)
    assert ledger.reservations[1] is kept
    ask(ledger, here, CROSSING + 0.1, 1)  # it has not heard the answer
    ticks(ledger, CROSSING + 0.1, 1.1)
    assert ledger.reservations[1] is not kept
    assert ledger.car_parks.reserved.sum() == 2
    assert (ledger.pool.asked, ledger.pool.decided) == (3, 3)


def test_who_has_something_gives_it_back_when_it_is_decided_anew() -> None:
    """Until then it is its own: it may have heard of it late."""
    seen = Seen()
    ledger = bays(seen, (1, 0), window=2.0)
    here = desk()
    ask(ledger, here, 0.0, 1)
    ask(ledger, here, 2.0, 1)
    ticks(ledger, 0.0, 2.1, seen)
    assert ledger.car_parks.free.tolist() == [0, 0]
    ask(ledger, here, 4.0, 1)
    ask(ledger, here, 5.9, 1)
    ticks(ledger, 4.0, 5.9, seen)
    assert list(ledger.reservations) == [1]
    ticks(ledger, 5.9, 7.0, seen)
    assert here.told == {1: 0}
    assert ledger.reservations[1].until == 6.0 + TIMEOUT
    assert ledger.car_parks.reserved.tolist() == [1, 0]


def test_a_policy_may_leave_them_open() -> None:
    seen = Seen(outside)
    ledger = bays(seen)
    here = desk()
    ask(ledger, here, 0.0, 1)
    ticks(ledger, 0.0, 1.1, seen)
    assert [now for now, _ in seen.batches] == [0.0, 0.5, 1.0]
    assert (here.told, len(ledger.pool), ledger.reservations) == ({}, 1, {})


def test_who_has_parked_or_is_told_that_its_bay_is_lost_wants_no_answer() -> None:
    ledger = bays(capacities=(1, 1), window=2.0)
    here = desk()
    ask(ledger, here, 0.0, 1, 2)
    ticks(ledger, 0.0, 1.0)
    assert not ledger.entered(0, 1)  # where it found one by itself
    ticks(ledger, 1.0, 3.0)
    assert (here.told, ledger.pool.gone) == ({2: 1}, 1)
    ask(ledger, here, 3.0, 2)
    ledger.car_parks.occupied[1] = 1
    assert list(ledger.displace()) == [2]
    assert (len(ledger.pool), ledger.pool.gone) == (0, 2)


def test_who_is_plugged_in_wants_no_answer() -> None:
    chargers = charging.city([(1, 60, [10, 20, 30], [])])
    ledger = ChargingPlatform(chargers, least_completion, equal, TIMEOUT, 1e9)
    hand_in(ledger, desk(), [1], charging.requests([(0, 9500, 50)]), 0.0)
    ledger.plug_in(1, 0, 5000.0, 40_000.0, 0.1)
    assert (len(ledger.pool), ledger.pool.gone) == (0, 1)


@pytest.mark.parametrize("scope", ["unit", "city"])
def test_a_unit_that_does_not_serve_answers_nobody(scope: str) -> None:
    """Nor does its request stay: one that is off, and one whose application has been switched off."""
    ledger = bays(scope=scope, window=1.0)
    at = [desk(number) for number in range(3)]
    for number, one in enumerate(at):
        ask(ledger, one, 0.0, 10 + number)
    at[0].unit.on = False
    at[1].unit.apps.clear()
    assert ledger.pool.open.station.tolist() == [12]
    ticks(ledger, 0.0, 2.0)
    assert [one.told for one in at] == [{}, {}, {12: 0}]
    assert (ledger.pool.gone, ledger.pool.decided, len(ledger.pool)) == (2, 1, 0)
    at[0].unit.on = True
    ask(ledger, at[0], 2.0, 10)
    ticks(ledger, 2.0, 3.5)
    assert at[0].told == {10: 0}


def test_a_unit_switched_off_after_the_decision_says_nothing() -> None:
    """And what was given out is free again."""
    ledger = bays()
    here = desk()
    ask(ledger, here, 0.0, 1)
    ledger.pool.look(0, 0.0)
    here.unit.on = False
    send(ledger)
    here.unit.on = True
    send(ledger)
    assert (here.told, ledger.reservations, ledger.car_parks.reserved.sum()) == ({}, {}, 0)


# Decisions from outside.


def opened(capacities: tuple[int, ...] = (1, 2), policy: Any = outside) -> tuple[ParkingPlatform, list[Teller]]:
    """Stations 1, 2, 3, which have asked two units."""
    ledger = bays(policy, capacities, scope="city", window=60.0)
    at = [desk(0), desk(1)]
    ask(ledger, at[0], 0.0, 1, 2)
    ask(ledger, at[1], 0.0, 3)
    ledger.pool.look(1, 0.5)
    return ledger, at


@pytest.mark.parametrize("policy", [outside, nearest])
def test_a_script_decides_some_and_leaves_the_others(policy: Any) -> None:
    """Whatever the policy is."""
    ledger, at = opened(policy=policy)
    pool = ledger.pool
    assert pool.open.station.tolist() == [1, 2, 3]
    assert pool.open.unit.tolist() == [0, 0, 1]
    assert pool.open.waited.tolist() == [0.5] * 3
    pool.commit([3, 1], [1, -1])
    assert pool.open.station.tolist() == [2]
    pool.commit([], [])
    send(ledger)
    assert [one.told for one in at] == [{1: -1}, {3: 1}]
    assert (ledger.reservations[3].unit, ledger.reservations[3].until) == (1, 0.5 + TIMEOUT)
    pool.commit(pool.open.station, np.array([0]))
    send(ledger)
    assert at[0].told == {1: -1, 2: 0}
    assert (pool.asked, pool.decided) == (3, 3)


def test_what_a_script_has_weighed_is_kept_too() -> None:
    ledger, _ = opened()
    costs = np.array([[5.0, 7.0], [3.0, np.nan]])
    ledger.pool.commit([3, 2], BayAssignment(np.array([1, 0]), costs[:, 0], costs))
    decision = ledger.reservations[3].decision
    assert decision is not None
    assert (decision.of.time, decision.unit) == (0.5, 1)
    assert [(one.facility, one.cost, one.free, one.chosen) for one in decision.candidates] == [
        (0, 5.0, 1, False),
        (1, 7.0, 2, True),
    ]


@pytest.mark.parametrize(
    ("stations", "answer", "said"),
    [
        ([1, 4], [0, 0], "station 4 has no open request"),
        ([1, 1], [0, 0], "each station must be named once"),
        ([1.0], [0], "stations must be whole numbers, one for each request"),
        ([[1]], [0], "stations must be whole numbers, one for each request"),
        (1, [0], "stations must be whole numbers, one for each request"),
        ([1, 2], [0], "must answer an assignment with 2 whole numbers"),
        ([1], [0.0], "must answer an assignment with 1 whole numbers"),
        ([1], None, "must answer an assignment with 1 whole numbers"),
        ([1], [2], "facility numbers must be within -1..1"),
        ([1], [-2], "facility numbers must be within -1..1"),
        ([1, 2], [0, 0], "more bays given out in 'p0' than are free"),
        ([1], BayAssignment(np.array([0]), np.zeros(1), np.zeros((1, 5))), "costs must have 1 rows of 2 numbers"),
    ],
)
def test_a_wrong_answer_from_outside(stations: Any, answer: Any, said: str) -> None:
    """It is refused in one line, and nothing of it is entered."""
    ledger, _ = opened()
    with pytest.raises(PluginError, match=said) as caught:
        ledger.pool.commit(stations, answer)
    assert str(caught.value).startswith("parking.policy")
    assert "\n" not in str(caught.value)
    assert ledger.pool.open.station.tolist() == [1, 2, 3]
    assert (ledger.reservations, ledger.pool.answers, ledger.pool.decided) == ({}, [], 0)
    assert ledger.car_parks.reserved.tolist() == [0, 0]


def test_while_the_pool_is_locked_nothing_is_committed() -> None:
    ledger, _ = opened()
    city = CityPlatform(parking=ledger, other=object())
    city.lock(True)
    with pytest.raises(RuntimeError, match="iterate over the simulation to commit decisions"):
        ledger.pool.commit([1], [0])
    city.lock(False)
    ledger.pool.commit([1], [0])


def test_what_is_shown_is_a_copy_that_cannot_be_written_to() -> None:
    ledger, _ = opened()
    shown = ledger.pool.open
    with pytest.raises(ValueError, match="read-only"):
        shown.station[0] = 7
    ledger.pool.commit([1], [0])
    assert shown.station.tolist() == [1, 2, 3]


def test_an_answer_may_be_used_again() -> None:
    ledger, at = opened()
    chosen = np.array([0])
    ledger.pool.commit([1], chosen)
    chosen[:] = 1
    send(ledger)
    assert (at[0].told, ledger.reservations[1].car_park) == ({1: 0}, 0)


def test_more_piles_may_be_promised_than_are_free() -> None:
    """Whoever comes to one that is taken waits there; so `least_completion` reckons."""
    chargers = charging.city([(1, 60, [10, 20, 30], [])])
    ledger = ChargingPlatform(chargers, outside, equal, TIMEOUT, 1e9)
    here = desk()
    hand_in(ledger, here, [1, 2], charging.requests([(0, 9500, 50)] * 2), 0.0)
    ledger.pool.commit([1, 2], [0, 0])
    send(ledger)
    assert here.told == {1: 0, 2: 0}
    assert ledger.chargers.reserved.tolist() == [2]
    with pytest.raises(PluginError, match=r"^charging\.policy from outside: station 1 has no open request$"):
        ledger.pool.commit([1], [0])


def test_answers_go_out_in_the_order_of_units_and_applications() -> None:
    ledger, at = opened()
    other, _ = opened()
    also = Teller(at[0].unit)
    at[0].unit.apps.insert(0, also)
    ask(other, also, 0.5, 8)
    other.pool.commit([8], [0])
    ledger.pool.commit([3, 1], [0, -1])
    found = CityPlatform(a=ledger, b=other)
    assert found.decided
    assert [answer.desk for answer in found.take()] == [also, at[0], at[1]]
    assert not found.decided
    assert found.take() == []


# Whatever happens, in whichever order.

STATIONS = st.integers(0, 7)


class Requests(RuleBasedStateMachine):
    """Units are asked, switched off and on, a policy and a script decide; answers are counted beside."""

    pooling = Pooling("district", 1.5)

    def __init__(self) -> None:
        super().__init__()
        self.ledger = self.of()
        self.at = [desk(number, (600.0 * number, 0.0), number == 3) for number in range(4)]
        self.tick = 0
        self.sent: Counter[int] = Counter()

    def of(self) -> Any:
        return bays(capacities=(1, 2), **vars(self.pooling))

    def wishes(self, n: int) -> Any:
        return parking.requests([(1, 0)] * n)

    @rule(number=st.integers(0, 3), stations=st.lists(STATIONS, max_size=4))
    def ask(self, number: int, stations: list[int]) -> None:
        if self.at[number].unit.on:
            hand_in(self.ledger, self.at[number], stations, self.wishes(len(stations)), self.tick / 10)

    @rule(n=st.integers(1, 12))
    def wait(self, n: int) -> None:
        for _ in range(n):
            self.tick += 1
            self.ledger.pool.look(self.tick, self.tick / 10)
            self.hear()
        self.ledger.expire(self.tick / 10)

    def hear(self) -> None:
        for answer in CityPlatform(it=self.ledger).take():
            assert answer.desk.unit.on
            self.sent.update(answer.station.tolist())
            assert len(set(answer.station.tolist())) == len(answer.station)

    @rule(number=st.integers(0, 3))
    def switch(self, number: int) -> None:
        """Never between a decision and its answer, as that is in the same tick."""
        self.at[number].unit.on = not self.at[number].unit.on

    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        there = self.ledger.pool.open.station.tolist()
        some = data.draw(st.lists(st.sampled_from(there), unique=True)) if there else []
        chosen = data.draw(st.lists(st.integers(-1, 1), min_size=len(some), max_size=len(some)))
        free = self.ledger.without(np.array(some, np.int64)).free
        if not self.ledger.queues and any(chosen.count(place) > free[place] for place in (0, 1)):
            before = self.state()
            with pytest.raises(PluginError, match="than are free"):
                self.ledger.pool.commit(some, chosen)
            assert self.state() == before
        else:
            self.ledger.pool.commit(some, chosen)
        self.hear()

    def state(self) -> Any:
        pool = self.ledger.pool
        return pool.open.station.tolist(), dict(self.ledger.reservations), pool.decided, len(pool.answers)

    @rule(station=STATIONS)
    def release(self, station: int) -> None:
        self.ledger.release(station)

    @invariant()
    def every_request_ends_in_one_way(self) -> None:
        pool = self.ledger.pool
        assert pool.asked == pool.decided + pool.replaced + pool.gone + len(pool)
        assert pool.decided == sum(self.sent.values())
        stations = pool.open.station.tolist()
        assert len(set(stations)) == len(stations)
        waited = pool.open.waited
        assert (waited >= 0).all()
        assert (np.diff(waited) <= 1e-9).all(), "in the order of asking"

    @invariant()
    def what_is_reserved_is_there(self) -> None:
        parks = self.ledger.car_parks
        kept = [one.car_park for one in self.ledger.reservations.values()]
        assert parks.reserved.tolist() == [kept.count(i) for i in range(len(parks.ids))]
        assert (parks.reserved <= parks.capacity).all()


class Piles(Requests):
    """The same of charging, where more may be promised than is free."""

    pooling = Pooling("city")

    def of(self) -> Any:
        chargers = charging.city([(2, 60, [10, 20, 30], []), (1, 7, [5, 5, -1], [])])
        return ChargingPlatform(chargers, least_completion, equal, 3.0, 600.0, pooling=self.pooling)

    def wishes(self, n: int) -> Any:
        return charging.requests([(0, 9500, 50)] * n)

    @invariant()
    def what_is_reserved_is_there(self) -> None:
        chargers = self.ledger.chargers
        kept = [one.charger for one in self.ledger.sessions.values()]
        assert chargers.reserved.tolist() == [kept.count(i) for i in range(len(chargers.ids))]


FEW = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestRequests, TestPiles = Requests.TestCase, Piles.TestCase
TestRequests.settings = TestPiles.settings = FEW


def test_a_request_that_is_decided_twice_is_noticed() -> None:
    """A planted error: what has been decided stays open."""

    def forgetful(self: Pool, rows: Any) -> int:
        return int(rows.sum())

    with patch.object(Pool, "_remove", forgetful), pytest.raises(AssertionError):
        run_state_machine_as_test(Requests, settings=settings(FEW, database=None, phases=[Phase.generate]))  # type: ignore[no-untyped-call]
