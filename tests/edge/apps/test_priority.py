"""The application for priority at a light that grants what it is asked: whom it serves, and what it says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.edge.doubles import unit
from tests.sim.plugged import NOWHERE
from wayside.edge.apps.priority import SignalPriority
from wayside.edge.context import Context
from wayside.edge.priority.messages import (
    CANCELLATION,
    EMERGENCY,
    GRANTED,
    LOCKED,
    MAX_PRESENCE,
    PROCESSING,
    PUBLIC_TRANSPORT,
    REJECTED,
    REQUEST,
    PriorityRequests,
    Ssem,
)
from wayside.edge.priority.state import PriorityBook
from wayside.edge.reports import CityReports
from wayside.edge.signal import Change, Layout, Movement, Phase, PhaseRequest, SignalLane

PHASES = tuple(
    Phase(number, state, seconds, 5.0, 40.0, "y" not in state, "y" in state, False)
    for number, (state, seconds) in enumerate((("Gr", 20.0), ("yr", 3.0), ("rG", 20.0), ("ry", 3.0)))
)
LANES = (
    SignalLane("w_0", 1, (90.0, 50.0), 100.0, 13.9, (Movement(0, "w_0", "e_0", 1, "straight", 3),)),
    SignalLane("s_0", 2, (100.0, 40.0), 100.0, 13.9, (Movement(1, "s_0", "n_0", 2, "straight", 4),)),
)


class Crossroads:
    """A fixed program of two phases; a request takes effect at once, unless `refusal` says why it is refused."""

    def __init__(self) -> None:
        self.now, self.refusal, self.why = 0.0, "", ""
        self.asked: list[PhaseRequest] = []

    @property
    def held(self) -> PhaseRequest | None:
        return next((one for one in self.asked if one.active and one.until > self.now), None)

    def layout(self, light: int) -> Layout:
        return Layout("0", "static", PHASES, LANES, (1, 2), (1, 2), self.why)

    def shows(self, light: int) -> tuple[str, int]:
        phase = self.held.phase if self.held else self._own()[0]
        return PHASES[phase].state, phase

    def _own(self) -> tuple[int, float]:
        at = self.now % 46.0
        for phase in PHASES:
            if at < phase.duration:
                return phase.number, phase.duration - at
            at -= phase.duration
        raise AssertionError

    def changes(self, light: int) -> dict[int, Change]:
        phase, left = self._own()
        state = PHASES[phase].state
        found = {}
        for group in (1, 2):
            seconds, k = left, phase
            while PHASES[(k + 1) % 4].state[group - 1] == state[group - 1]:
                k += 1
                seconds += PHASES[k % 4].duration
            found[group] = Change(seconds, seconds, seconds)
        return found

    def holder(self, light: int) -> str:
        return "request" if self.held else "program"

    def ask(self, request: PhaseRequest) -> None:
        request.refused = request.refused or self.refusal
        request.shows = not request.refused
        self.asked.append(request)


class Here:
    """The application at a unit, with a clock."""

    def __init__(self, light: int = 0, **options: Any) -> None:
        self.light = Crossroads()
        self.unit = unit(light)
        self.unit.signals, self.unit.lights = self.light, 1
        self.book = PriorityBook()
        self.unit.platform.enter("priority", self.book)
        self.app = object.__new__(SignalPriority)
        self.app.context = Context(1, ("rsu.apps", "priority"), lambda: self.light.now, NOWHERE, CityReports())
        for name, value in {"silence": 1e9, **options}.items():
            setattr(self.app, name, value)
        self.app.__init__(self.unit)  # type: ignore[misc]
        self.app.start()

    def at(self, time: float) -> Here:
        """Look each half second until then."""
        while self.light.now < time - 1e-9:
            self.light.now = round(self.light.now + 0.5, 1)
            for one in self.light.asked:
                if one.until <= self.light.now:
                    one.end("its time is over")
            self.unit.time = self.light.now
            self.app.look()
        return self

    def says(
        self, *who: tuple[int, int, float], role: int = PUBLIC_TRANSPORT, kind: int = REQUEST, **more: Any
    ) -> Here:
        """Requests: station, lane, when it comes."""
        n = len(who)
        column = {name: np.full(n, more.get(name, 0), np.int32) for name in ("sequence", "outbound", "importance")}
        station, lane, eta = (np.array(values) for values in zip(*who, strict=True))
        nothing = np.zeros(n)
        asked = PriorityRequests(
            vehicle=np.zeros(n, np.int32),
            station=station.astype(np.int64),
            place=np.full(n, more.get("place", 0), np.int64),
            request=np.ones(n, np.int32),
            kind=np.full(n, kind, np.int32),
            inbound=lane.astype(np.int32),
            grouped=np.full(n, more.get("grouped", 0), np.int32),
            role=np.full(n, role, np.int32),
            eta=eta.astype(np.float64),
            delay=np.full(n, more.get("delay", math.nan)),
            x=nothing,
            y=nothing,
            speed=nothing,
            heading=nothing,
            **column,
        )
        self.app.hear(asked)
        return self

    @property
    def told(self) -> dict[int, int]:
        """Status by station, as the last SSEM that is being said has it."""
        message = None if self.app._sending is None else self.app._sending.message
        return {one.station: one.status for one in message.statuses} if isinstance(message, Ssem) else {}

    @property
    def phases(self) -> list[int]:
        return [one.phase for one in self.light.asked]


def test_a_green_is_extended() -> None:
    """Its green would end at 20 s, it comes at 24 s: until 27 s, asked for as late as is safe."""
    here = Here().at(10.0).says((7, 1, 24.0))
    assert here.told == {7: PROCESSING}
    assert here.light.asked == []
    here.at(18.0)
    assert here.told == {7: GRANTED}
    assert [(one.phase, round(one.until)) for one in here.light.asked] == [(0, 27)]
    here.at(25.5).says((7, 1, math.nan), kind=CANCELLATION)
    assert here.told == {}
    assert not here.light.asked[0].active
    assert here.book.extensions == 1
    assert 4.0 <= here.book.extended_s <= 6.5
    (row,) = here.book.records
    assert (row.served, row.outcome, row.granted_s >= row.asked_s) == ("extension", "cancelled", True)


def test_a_red_is_cut_short() -> None:
    """Its green would come at 46 s; it comes at 35 s, and green at 32 s at the latest."""
    here = Here().at(24.0).says((7, 1, 35.0))
    here.at(35.0)
    assert here.phases == [0]
    assert here.told == {7: GRANTED}
    here.says((7, 1, math.nan), kind=CANCELLATION).at(38.0)
    assert here.book.early_greens == 1
    assert here.book.advanced_s > 8.0


def test_who_comes_at_green_anyhow_is_granted_it() -> None:
    here = Here().at(2.0).says((7, 1, 12.0))
    assert here.told == {7: GRANTED}
    assert here.light.asked == []
    assert here.book.records[0].served == "program"


def test_who_never_comes_holds_nothing_for_long() -> None:
    here = Here(silence=20.0).at(18.0).says((7, 1, 22.0)).at(24.0)
    assert here.told == {7: GRANTED}
    here.at(60.0)
    assert here.told == {}
    assert here.app._hold is None
    assert max(one.until for one in here.light.asked) <= 20.0 + 15.0
    assert here.book.records[0].outcome == "silent"


def test_a_request_that_stands_too_long() -> None:
    here = Here(presence=20.0)
    for time in range(2, 40, 2):
        here.at(float(time)).says((7, 2, 1000.0))
    assert here.told == {7: MAX_PRESENCE}


def test_who_is_not_served_is_told() -> None:
    here = Here(roles=("emergency",)).at(10.0).says((7, 1, 24.0)).at(12.0)
    assert here.told == {7: REJECTED}
    here = Here(importance=5).says((7, 1, 24.0), importance=3)
    assert here.told == {7: REJECTED}
    here = Here(late=60.0).says((7, 1, 24.0), delay=30.0)
    assert here.told == {7: REJECTED}
    here.says((8, 1, 24.0), delay=90.0).says((9, 1, 24.0), role=EMERGENCY)
    assert here.told[8] == here.told[9] == PROCESSING
    here = Here().says((7, 9, 24.0))
    assert here.told == {7: REJECTED}, "there is no such lane"
    here = Here()
    here.light.why = "its program is of type NEMA"
    assert here.says((7, 1, 24.0)).told == {7: REJECTED}


def test_a_guard_that_refuses() -> None:
    here = Here()
    here.light.refusal = "others have waited too long"
    here.at(18.0).says((7, 1, 24.0))
    assert here.told == {7: REJECTED}
    here.light.refusal = ""
    here.at(19.0)
    assert here.told == {7: REJECTED}, "the guard is not asked again at once"


def test_emergency_vehicles_come_first() -> None:
    """A bus holds the first phase; an ambulance wants the other one."""
    here = Here().at(18.0).says((7, 1, 24.0))
    assert here.told == {7: GRANTED}
    here.says((9, 2, 22.0), role=EMERGENCY).at(18.5)
    assert here.told == {9: GRANTED, 7: PROCESSING}
    assert here.phases == [0, 2]
    assert not here.light.asked[0].active
    here.says((8, 2, 20.0)).at(19.0)
    assert here.told[8] == GRANTED, "who comes by the same phase shares it"
    assert here.book.records[-1].served == "shared"


def test_else_who_comes_first() -> None:
    here = Here(truncation=60.0).at(24.0).says((7, 1, 34.0), (8, 1, 31.0)).at(30.0)
    assert list(here.told) == [8, 7]
    here = Here().at(17.0).says((7, 2, 30.0), (8, 1, 21.0)).at(19.0)
    assert here.told == {8: GRANTED, 7: PROCESSING}


def test_a_group_rests_between_two_grants() -> None:
    here = Here(rest=60.0).at(18.0).says((7, 1, 22.0)).at(22.0).says((7, 1, math.nan), kind=CANCELLATION)
    here.at(24.0).says((8, 1, 32.0)).at(28.0)
    assert here.told == {8: LOCKED}
    here.says((9, 1, 33.0), role=EMERGENCY).at(30.0)
    assert here.told[9] == GRANTED


def test_who_was_cut_short_gets_something_back() -> None:
    here = Here(give_back=6.0).at(24.0).says((7, 1, 35.0)).at(36.0).says((7, 1, math.nan), kind=CANCELLATION).at(37.0)
    assert here.phases == [0, 2]
    assert here.book.given_back_s == pytest.approx(6.0)


def test_the_chinese_sets_way_is_a_group() -> None:
    here = Here().at(2.0).says((7, 1, 12.0), grouped=1)
    assert here.told == {7: GRANTED}


def test_other_lights_and_no_light() -> None:
    assert Here().says((7, 1, 12.0), place=5).told == {}
    idle = Here(light=-1)
    assert idle.app.service is False
    assert idle.at(5.0).says((7, 1, 12.0)).told == {}


def test_an_ssem_is_repeated_and_renewed_on_a_change() -> None:
    here = Here().at(10.0).says((7, 1, 24.0))
    first = here.app._sending
    assert first is not None
    assert (first.repeat, first.message.sequence) == (10, 1)  # type: ignore[union-attr]
    here.at(12.0)
    assert here.app._sending is first
    here.at(18.0)
    assert here.app._sending is not first
    assert first.cancelled


def test_no_more_than_an_ssem_can_say() -> None:
    here = Here()
    here.says(*[(100 + k, 1, 30.0) for k in range(40)])
    assert len(here.told) == 32
