"""What it takes that a vehicle comes through, against what must hold of it."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tests.edge.test_signal import PHASES, signal
from wayside.edge.priority.outlook import (
    NOTICE,
    PriorityLimits,
    SignalOutlook,
    Treatment,
    clearance,
    need,
    outlook,
)

LIMITS = PriorityLimits(10.0, 20.0, 3.0)
SECONDS = st.floats(0.0, 120.0)


def test_a_green_that_lasts_needs_nothing() -> None:
    assert need(SignalOutlook(True, 30.0, True), 20.0, 3.0, 5.0, LIMITS).treatment is Treatment.NOTHING


def test_a_green_is_held_where_that_is_enough_and_it_is_time() -> None:
    found = need(SignalOutlook(True, 2.0, True), 6.0, 3.0, 5.0, LIMITS)
    assert (found.treatment, found.until, found.natural, found.limit) == (Treatment.EXTEND, 9.0, 2.0, 12.0)
    assert need(SignalOutlook(True, NOTICE + 2.0, True), 6.0, 3.0, 5.0, LIMITS).treatment is Treatment.LATER
    assert need(SignalOutlook(True, 2.0, True), 10.0, 3.0, 5.0, LIMITS).treatment is Treatment.LATER, "too far"


def test_a_green_that_may_end_at_any_time_is_held_at_once() -> None:
    assert need(SignalOutlook(True, 30.0, False), 6.0, 3.0, 5.0, LIMITS).treatment is Treatment.EXTEND
    assert need(SignalOutlook(True, 30.0, False), 8.0, 3.0, 5.0, LIMITS).treatment is Treatment.LATER


def test_a_red_is_cut_short_by_so_much_and_no_more() -> None:
    red = SignalOutlook(False, 40.0, True)
    assert need(red, 10.0, 3.0, 5.0, LIMITS).treatment is Treatment.LATER, "20 s before it would end, at the soonest"
    assert need(red._replace(change=24.0), 10.0, 3.0, 5.0, LIMITS).treatment is Treatment.LATER, "there at 7 s"
    found = need(red._replace(change=24.0), 8.0, 3.0, 5.0, LIMITS)
    assert found.treatment is Treatment.ADVANCE
    assert found.natural == 24.0
    emergency = PriorityLimits(120.0, math.inf, 3.0)
    assert need(red, 8.0, 3.0, 5.0, emergency).treatment is Treatment.ADVANCE
    assert need(red._replace(change=6.0), 10.0, 3.0, 5.0, LIMITS).treatment is Treatment.NOTHING


def test_a_way_that_never_has_green() -> None:
    found = need(SignalOutlook(False, math.inf, False), 5.0, 3.0, 5.0, PriorityLimits(120.0, math.inf, 3.0))
    assert found.treatment is Treatment.LATER


@given(st.booleans(), SECONDS, st.booleans(), SECONDS, st.floats(0.0, 20.0), st.floats(0.0, 20.0), SECONDS, SECONDS)
def test_whatever_comes(
    green: bool, change: float, sure: bool, arrival: float, lead: float, way: float, more: float, sooner: float
) -> None:
    limits = PriorityLimits(more, sooner, 3.0)
    found = need(SignalOutlook(green, change, sure), arrival, lead, way, limits)
    if found.treatment is Treatment.EXTEND:
        assert green
        assert found.until <= found.limit <= (change if sure else 0.0) + more
    if found.treatment is Treatment.ADVANCE:
        assert not green
        assert found.natural - way <= sooner + 0.5, "no sooner than allowed"
        assert found.until <= found.limit
    if found.treatment is Treatment.NOTHING:
        assert sure


def test_what_a_light_shows_by_itself() -> None:
    """The double shows its third of four phases, of 20 s each; group 1 is red for 3 to 9 s more."""
    light = signal()
    seen = outlook(light, 1, 2, 5.0)
    assert seen == SignalOutlook(False, 9.0, False), "35 s by the durations, 9 s at the latest"
    assert outlook(light, 2, 2, 5.0) == SignalOutlook(True, 15.0, False)
    assert clearance(PHASES, 2, 2.0) == 3.0 + 20.0
    assert clearance((), -1, 0.0) == 0.0
