"""The ledger of piles: counts are what the sessions say, whatever happens in which order."""

from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.edge.charging.test_policies import EFFICIENCY, Group, Wish, city, requests
from tests.edge.pooled import assign
from wayside.edge.charging.forecast import ExpectedEnds, free_in
from wayside.edge.charging.policies import least_completion
from wayside.edge.charging.sharing import equal
from wayside.edge.charging.state import Chargers, ChargingPlatform, PileAssignment, PileRequests
from wayside.edge.errors import WaysideError

TIMEOUT = 20.0
STATIONS = st.integers(0, 6)
GROUPS: list[Group] = [(2, 60, [10, 20, 30], []), (1, 7, [5, 5, -1], [])]


def platform(policy: Any = least_completion) -> ChargingPlatform:
    return ChargingPlatform(city(GROUPS), policy, equal, TIMEOUT, 1e9)


class Ledger(RuleBasedStateMachine):
    """A platform, and beside it a dict of who has, or is promised, which group."""

    def __init__(self) -> None:
        super().__init__()
        self.platform = platform()
        self.model: dict[int, tuple[int, bool, float]] = {}  # group, plugged in, until
        self.now = 0.0

    @rule(seconds=st.integers(1, 15))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(
        stations=st.lists(STATIONS, unique=True, max_size=4),
        wish=st.tuples(st.integers(0, 2), st.integers(1, 40_000), st.just(50)),
    )
    def ask(self, stations: list[int], wish: Wish) -> None:
        self.now += 1  # a repetition within half a second would have crossed the answer
        for station in stations:
            self.model.pop(station, None)
        given = assign(self.platform, stations, requests([wish] * len(stations)), self.now)
        for station, group in zip(stations, given, strict=True):
            if group >= 0:
                self.model[station] = (group, False, self.now + GROUPS[group][2][wish[0]] + TIMEOUT)

    @rule(station=STATIONS, group=st.integers(0, 1))
    def plug_in(self, station: int, group: int) -> None:
        self.platform.plug_in(station, group, 5000.0, 40_000.0, self.now)
        self.model[station] = (group, True, float("inf"))

    @rule(station=STATIONS)
    def release(self, station: int) -> None:
        known = self.model.pop(station, None)
        ended = self.platform.release(station)
        assert (None if ended is None else (ended.charger, ended.plugged, ended.until)) == known

    @rule()
    def expire(self) -> None:
        late = [station for station, (_, _, until) in self.model.items() if until <= self.now]
        for station in late:
            del self.model[station]
        assert sorted(self.platform.expire(self.now)) == sorted(late)

    @invariant()
    def counts_are_what_the_dict_says(self) -> None:
        chargers = self.platform.chargers
        for plugged, counted in ((True, chargers.occupied), (False, chargers.reserved)):
            held = [group for group, is_plugged, _ in self.model.values() if is_plugged == plugged]
            assert counted.tolist() == [held.count(i) for i in range(len(chargers.ids))]
        ends = self.platform.expected_ends(self.now)
        assert [len(group) for group in ends] == (chargers.occupied + chargers.reserved).tolist()
        assert all(group == sorted(group) and all(end >= 0.0 for end in group) for group in ends)
        piles = chargers.piles.tolist()
        assert ends.free_in.tolist() == [free_in(*one) for one in zip(ends, piles, strict=True)]
        for group, known in enumerate(ends):
            assert sorted(slot.end for slot in ends.slots(group)) == known
            assert all(0.0 <= slot.begin <= slot.end for slot in ends.slots(group))
        assert (chargers.free >= 0).all()
        assert chargers.free_in(np.arange(2)).tolist() == chargers.free.tolist()


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=60, stateful_step_count=30)


def test_what_is_expected_of_a_promise() -> None:
    ledger = platform()
    assign(ledger, [1], requests([(0, 9500, 50)]), 100.0)
    session = ledger.sessions[1]
    assert (session.charger, session.until, session.plugged) == (0, 130.0, False)
    assert ledger.expected_ends(100.0)[0] == pytest.approx([10.0 + 3600.0 * 9.5 / 50.0])
    assert ledger.expected_ends(100.0).slots(0) == [pytest.approx((10.0, 10.0 + 3600.0 * 9.5 / 50.0))]
    ledger.plug_in(2, 1, 665.0, 7000.0 * EFFICIENCY, 100.0)
    assert ledger.expected_end(2, 400.0) == pytest.approx(400.0 + 360.0)
    ledger.meter(np.array([2]), np.array([-3.0]), np.array([0.0]))
    assert ledger.expected_end(2, 400.0) == 400.0


def test_a_policy_that_names_no_charger_is_refused() -> None:
    def policy(wanted: PileRequests, chargers: Chargers, ends: ExpectedEnds) -> PileAssignment:
        return PileAssignment(np.full(len(wanted.edge), 2, np.int32), np.zeros(len(wanted.edge)))

    ledger = platform(policy)
    with pytest.raises((ValueError, WaysideError), match=r"charging\.policy"):
        assign(ledger, [1], requests([(0, 9500, 50)]), 0.0)
    assert (ledger.sessions, ledger.chargers.reserved.tolist()) == ({}, [0, 0])


def test_why_a_pile_was_chosen_is_kept_until_it_is_left() -> None:
    ledger = platform()
    assign(ledger, [1], requests([(0, 9500, 50)]), 100.0, unit=2)
    decision = ledger.sessions[1].decision
    assert decision is not None
    assert (decision.of.time, decision.unit) == (100.0, 2)
    assert [(one.facility, one.free, one.chosen) for one in decision.candidates] == [(0, 2, True), (1, 1, False)]
    assert decision.candidates[0].cost == pytest.approx(10.0 + 3600.0 * 9.5 / 50.0)
    ledger.plug_in(1, 0, 9500.0, 50_000.0, 120.0)
    assert ledger.sessions[1].decision is decision
    assign(ledger, [2], requests([(1, 9500, 50)]), 130.0)
    ledger.plug_in(2, 1, 9500.0, 7000.0, 140.0)  # elsewhere than it was sent
    assert ledger.sessions[2].decision is None


def test_the_groups_of_a_site() -> None:
    chargers = city(GROUPS * 2)
    chargers.sites, chargers.site = ("a", "b", "c"), np.array([2, 0, 2, 0], np.int32)
    assert [groups.tolist() for groups in chargers.at_site] == [[1, 3], [], [0, 2]]
    assert city([]).at_site == []


def test_a_closed_group_takes_nobody() -> None:
    ledger = platform()
    ledger.chargers.open[0] = False
    assert ledger.chargers.free.tolist() == [0, 1]
    assert assign(ledger, [1], requests([(0, 9500, 50)]), 0.0) == [1]
    ledger.chargers.open[1] = False
    assert assign(ledger, [1], requests([(0, 9500, 50)]), 1.0) == [-1]


@pytest.mark.parametrize("what", ["piles", "occupied", "reserved", "power_w", "site_limit_w", "open"])
def test_a_policy_cannot_write_to_the_city(what: str) -> None:
    def writes(wanted: PileRequests, chargers: Chargers, ends: ExpectedEnds) -> PileAssignment:
        getattr(chargers, what)[:] = 1
        return PileAssignment(np.zeros(len(wanted.edge), np.int32), np.zeros(len(wanted.edge)))

    ledger = platform(writes)
    before = ledger.chargers.piles.tolist()
    with pytest.raises(WaysideError, match=r"^charging\.policy .*:.*writes at unit u0 at 0 s: ValueError: .*read-only"):
        assign(ledger, [1], requests([(0, 9500, 50)]), 0.0)
    assert ledger.chargers.piles.tolist() == before
    assert ledger.sessions == {}
