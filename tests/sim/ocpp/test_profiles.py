"""What charging profiles allow, against the rules of part 2, K, written down again second by second."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.sim.ocpp.clock import StationClock
from wayside.sim.ocpp.profiles import DEFAULT, STATION, TRANSACTION, ChargingProfile, ProfileStack, read_profile

ZERO = datetime(2026, 3, 1, 12, tzinfo=UTC)  # when the simulation is at 0 s
CLOCK = StationClock(0.0, ZERO)
Said = dict[str, Any]


def date(seconds: float) -> str:
    return (ZERO + timedelta(seconds=seconds)).isoformat()


def said(id: int, purpose: str, level: int, steps: list[tuple[int, float]], **more: Any) -> Said:
    """A profile as a central system would send it; `unit`, `start`, `duration` go into its schedule."""
    periods = [{"start_period": start, "limit": limit} for start, limit in steps]
    schedule = {"id": 1, "charging_rate_unit": more.pop("unit", "W"), "charging_schedule_period": periods}
    if (start := more.pop("start", None)) is not None:
        schedule["start_schedule"] = date(start)
    if (duration := more.pop("duration", None)) is not None:
        schedule["duration"] = duration
    kind = more.pop("kind", "Absolute")
    return {
        "id": id,
        "stack_level": level,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": kind,
        "charging_schedule": [schedule],
        **more,
    }


def read(evse: int = 1, **of: Any) -> ChargingProfile:
    return read_profile(said(**of), evse, CLOCK, 0.0)


def by_the_book(profile: Said, now: float, begun: float) -> float | None:
    """What a profile says at a time [W], None: nothing; no more cleverly than the standard tells it."""
    seconds = {k: (datetime.fromisoformat(profile[k]) - ZERO).total_seconds() for k in profile if k[:5] == "valid"}
    if now < seconds.get("valid_from", -math.inf) or now >= seconds.get("valid_to", math.inf):
        return None
    schedule = profile["charging_schedule"][0]
    start = begun
    if "start_schedule" in schedule and profile["charging_profile_kind"] != "Relative":
        start = (datetime.fromisoformat(schedule["start_schedule"]) - ZERO).total_seconds()
    if profile["charging_profile_kind"] == "Recurring":
        every = {"Daily": 86400.0, "Weekly": 604800.0}[profile["recurrency_kind"]]
        while start + every <= now:
            start += every
    if now < start or now >= start + schedule.get("duration", math.inf):
        return None
    found = None
    for period in schedule["charging_schedule_period"]:
        if start + period["start_period"] <= now:
            found = period["limit"]
    return found


times = st.integers(-100, 3000)
optional = st.one_of(st.none(), times)


@st.composite
def profiles(draw: st.DrawFn, id: int) -> tuple[Said, int]:
    purpose = draw(st.sampled_from([DEFAULT, TRANSACTION, STATION]))
    starts = [0, *sorted(draw(st.sets(st.integers(1, 1500), max_size=3)))]
    steps = [(start, float(draw(st.integers(0, 50_000)))) for start in starts]
    more: Said = {"kind": draw(st.sampled_from(["Absolute", "Relative", "Recurring"]))}
    more["start"] = draw(times) if more["kind"] == "Recurring" or purpose == STATION else draw(optional)
    if more["kind"] == "Recurring":
        more["recurrency_kind"] = draw(st.sampled_from(["Daily", "Weekly"]))
    more["duration"] = draw(st.one_of(st.none(), st.integers(1, 2000)))
    for name in ("valid_from", "valid_to"):
        if (at := draw(optional)) is not None:
            more[name] = date(at)
    if purpose == STATION:
        more["kind"] = "Absolute"
        more.pop("recurrency_kind", None)
    evse = 0 if purpose == STATION else draw(st.integers(0 if purpose == DEFAULT else 1, 2))
    if purpose == TRANSACTION:
        more["transaction_id"] = draw(st.sampled_from(["a", "b"]))
    return said(id, purpose, draw(st.integers(0, 2)), steps, **more), evse


@given(st.data(), st.integers(1, 6), st.integers(0, 500))
def test_a_stack_says_what_the_standard_says(data: st.DataObject, count: int, begun: int) -> None:
    """The highest level that says something leads; a transaction's profile comes before defaults, an EVSE's own default
    before that of all. And nothing changes before `until`.
    """
    stack, known = ProfileStack(), list[tuple[Said, int]]()
    for id in range(count):
        profile, evse = data.draw(profiles(id))
        place = [profile[k] for k in ("charging_profile_purpose", "stack_level")], evse, profile.get("transaction_id")
        known = [
            (one, at)
            for one, at in known
            if ([one[k] for k in ("charging_profile_purpose", "stack_level")], at, one.get("transaction_id")) != place
        ]
        known.append((profile, evse))
        stack.add(read_profile(profile, evse, CLOCK, 0.0))

    def expected(now: float, purpose: str, evse: int, transaction: str | None, from_: float) -> float | None:
        here = [
            one
            for one, at in known
            if one["charging_profile_purpose"] == purpose and at == evse and one.get("transaction_id") == transaction
        ]
        for one in sorted(here, key=lambda one: -one["stack_level"]):
            if (limit := by_the_book(one, now, from_)) is not None:
                return limit
        return None

    holds = {STATION: (0.0, -math.inf), DEFAULT: (0.0, -math.inf)}  # what was said before, and until when
    for now in map(float, range(begun, begun + 3000, 37)):
        wanted = None
        for purpose, at, of in ((TRANSACTION, 1, "a"), (DEFAULT, 1, None), (DEFAULT, 0, None)):
            wanted = expected(now, purpose, at, of, begun) if wanted is None else wanted
        station = expected(now, STATION, 0, None, now)
        for of, book, (limit, until) in (
            (DEFAULT, wanted, stack.of_evse(1, "a", begun, now)),
            (STATION, station, stack.of_station(now)),
        ):
            assert limit == (math.inf if book is None else book)
            assert until > now
            assert now >= holds[of][1] or limit == holds[of][0]
            holds[of] = limit, until


def test_amperes_are_watts_at_230_volts() -> None:
    one = read(id=1, purpose=DEFAULT, level=0, steps=[(0, 16.0)], unit="A")
    assert one.limits_w == (16.0 * 230.0 * 3,)
    single = said(1, DEFAULT, 0, [(0, 16.0)], unit="A")
    single["charging_schedule"][0]["charging_schedule_period"][0]["number_phases"] = 1
    assert read_profile(single, 1, CLOCK, 0.0).limits_w == (16.0 * 230.0,)


def test_one_replaces_that_of_its_place_and_that_of_its_id() -> None:
    stack = ProfileStack()
    for id, level, evse in ((1, 0, 1), (2, 0, 1), (3, 1, 1), (3, 5, 2)):
        stack.add(read(evse, id=id, purpose=DEFAULT, level=level, steps=[(0, 1.0 * id)]))
    assert [(one.id, one.level, one.evse) for one in stack.all] == [(2, 0, 1), (3, 5, 2)]
    assert stack.some([2]) == stack.some(evse=1) == stack.some(level=0, purpose=DEFAULT) == stack.all[:1]
    stack.remove(stack.some(evse=2))
    assert [one.id for one in stack.all] == [2]


@pytest.mark.parametrize(
    ("change", "evse", "why"),
    [
        ({"steps": [(0, math.nan)]}, 1, "limit nan: must be within"),
        ({"steps": [(0, -5.0)]}, 1, "limit -5: must be within"),
        ({"steps": [(0, math.inf)]}, 1, "limit inf: must be within"),
        ({"steps": [(5, 1.0)]}, 1, "startPeriod: must ascend from 0"),
        ({"steps": [(0, 1.0), (9, 2.0), (9, 3.0)]}, 1, "startPeriod: must ascend from 0"),
        ({"level": 101}, 1, "stackLevel 101: must be within 0..100"),
        ({"level": -1}, 1, "stackLevel -1"),
        ({"purpose": "ChargingStationExternalConstraints"}, 0, "is not a central system's to set"),
        ({"purpose": STATION}, 1, "is for EVSE 0, not 1"),
        ({"purpose": TRANSACTION}, 1, "needs an EVSE and a transactionId"),
        ({"purpose": TRANSACTION, "transaction_id": "a"}, 0, "needs an EVSE and a transactionId"),
        ({"kind": "Recurring", "recurrency_kind": "Daily"}, 1, "needs recurrencyKind and startSchedule"),
        ({"kind": "Recurring", "start": 0.0}, 1, "needs recurrencyKind and startSchedule"),
        ({"duration": 0}, 1, "duration 0: must be above 0"),
        ({"valid_from": "yesterday"}, 1, "Invalid isoformat string"),
    ],
)
def test_what_nobody_can_obey_is_refused(change: Said, evse: int, why: str) -> None:
    of: Said = {"id": 1, "purpose": DEFAULT, "level": 0, "steps": [(0, 1.0)]}
    read(evse, **of)
    with pytest.raises(ValueError, match=why.replace("(", r"\(")):
        read(evse, **of | change)


def test_the_clock_is_a_date() -> None:
    clock = StationClock(100.0, ZERO)
    assert clock.said(100.0) == "2026-03-01T12:00:00.000Z"
    assert clock.said(100.25) == "2026-03-01T12:00:00.250Z"
    assert clock.seconds("2026-03-01T13:00:00+01:00") == clock.seconds("2026-03-01T12:00:00") == 100.0
    clock.set(0.0, ZERO)
    assert clock.seconds("2026-03-01T12:00:01Z") == 1.0
