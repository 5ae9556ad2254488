"""Charging profiles, and what they allow: OCPP 2.0.1, part 2, K (smart charging)."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from wayside.sim.ocpp.clock import StationClock

STATION, DEFAULT, TRANSACTION = "ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"
HIGHEST_LEVEL = 100  # of a stack
VOLTS, PHASES = 230.0, 3  # by which a limit in A is one in W; phases where a profile does not say them (K, 3.7)
_EVERY = {"Daily": 86_400.0, "Weekly": 7 * 86_400.0}
_FURTHEST = 1e12  # W


@dataclass(frozen=True)
class ChargingProfile:
    """A charging profile. Times are s of the simulation, or s from the begin of its schedule."""

    id: int
    evse: int  # 0: the station, or all of its EVSEs
    level: int
    purpose: str
    transaction: str  # of a TxProfile, else ""
    valid_s: tuple[float, float]
    start_s: float  # NaN: as soon as its transaction begins
    every_s: float  # NaN: it does not recur
    duration_s: float
    steps_s: tuple[float, ...]  # ascending, the first 0
    limits_w: tuple[float, ...]
    said: Mapping[str, Any]  # as it came

    def at(self, now: float, begun: float) -> tuple[float | None, float]:
        """What it allows at `now` [W], None where it says nothing, and until when that holds at least [s].

        begun: when the transaction has begun that it would be for.
        """
        first, last = self.valid_s
        if now < first:
            return None, first
        if now >= last:
            return None, math.inf
        start = begun if math.isnan(self.start_s) else self.start_s
        if not math.isnan(self.every_s) and now > start:
            start += (now - start) // self.every_s * self.every_s
        if now < start:
            return None, min(start, last)
        again = math.inf if math.isnan(self.every_s) else start + self.every_s
        end = start + self.duration_s
        if now >= end:
            return None, min(again, last)
        step = bisect_right(self.steps_s, now - start) - 1
        until = start + self.steps_s[step + 1] if step + 1 < len(self.steps_s) else math.inf
        return self.limits_w[step], min(until, end, again, last)


def read_profile(said: Mapping[str, Any], evse: int, clock: StationClock, now: float) -> ChargingProfile:
    """A profile as SetChargingProfile has it, its names in lower case, for an EVSE.

    ValueError, a clause, where its schema allows what nothing can obey: what is no finite number, below 0, or in no
    order, and where a kind lacks what it needs. Of several schedules (ISO 15118) the first counts.
    """
    schedule = said["charging_schedule"][0]
    kind, purpose, level = said["charging_profile_kind"], said["charging_profile_purpose"], said["stack_level"]
    if not 0 <= level <= HIGHEST_LEVEL:
        raise ValueError(f"stackLevel {level}: must be within 0..{HIGHEST_LEVEL}")
    if purpose not in (STATION, DEFAULT, TRANSACTION):
        raise ValueError(f"{purpose}: is not a central system's to set (K01.FR.22)")
    if (purpose == STATION) and evse:
        raise ValueError(f"{purpose}: is for EVSE 0, not {evse}")
    if (purpose == TRANSACTION) and not (evse and said.get("transaction_id")):
        raise ValueError(f"{purpose}: needs an EVSE and a transactionId")
    steps = [float(period["start_period"]) for period in schedule["charging_schedule_period"]]
    if steps[0] != 0.0 or any(later <= step for step, later in pairwise(steps)):
        raise ValueError("startPeriod: must ascend from 0")
    start = math.nan
    if "start_schedule" in schedule:
        start = clock.seconds(schedule["start_schedule"])
    if kind == "Recurring" and ("recurrency_kind" not in said or math.isnan(start)):
        raise ValueError("Recurring: needs recurrencyKind and startSchedule")
    if kind == "Relative":
        start = math.nan
    if math.isnan(start) and purpose == STATION:
        start = now  # the station has no transaction that it could be relative to
    duration = float(schedule.get("duration", math.inf))
    if not duration > 0.0:
        raise ValueError(f"duration {duration:g}: must be above 0")
    return ChargingProfile(
        said["id"],
        evse,
        level,
        purpose,
        said.get("transaction_id", "") if purpose == TRANSACTION else "",
        (_time(said, "valid_from", clock, -math.inf), _time(said, "valid_to", clock, math.inf)),
        start,
        _EVERY[said["recurrency_kind"]] if kind == "Recurring" else math.nan,
        duration,
        tuple(steps),
        tuple(_watts(period, schedule["charging_rate_unit"]) for period in schedule["charging_schedule_period"]),
        said,
    )


def _time(said: Mapping[str, Any], name: str, clock: StationClock, default: float) -> float:
    return clock.seconds(said[name]) if name in said else default


def _watts(period: Mapping[str, Any], unit: str) -> float:
    limit = float(period["limit"])
    if not 0.0 <= limit <= _FURTHEST:  # false of NaN, too
        raise ValueError(f"limit {limit:g}: must be within 0..{_FURTHEST:g}")
    phases = period.get("number_phases", PHASES)
    if not 1 <= phases <= 3:
        raise ValueError(f"numberPhases {phases}: must be within 1..3")
    return limit if unit == "W" else limit * VOLTS * phases


class ProfileStack:
    """The profiles of one station."""

    def __init__(self) -> None:
        self.all: list[ChargingProfile] = []

    def add(self, profile: ChargingProfile) -> None:
        """Install one in place of that with its id, and of the one of its purpose, level and place (K01.FR.05)."""
        place = profile.purpose, profile.level, profile.evse, profile.transaction
        self.all = [
            one
            for one in self.all
            if one.id != profile.id and (one.purpose, one.level, one.evse, one.transaction) != place
        ]
        self.all.append(profile)

    def some(
        self, ids: Iterable[int] | None = None, evse: int | None = None, purpose: str = "", level: int | None = None
    ) -> list[ChargingProfile]:
        """Those that all criteria fit which are given."""
        wanted = None if ids is None else set(ids)
        return [
            one
            for one in self.all
            if (wanted is None or one.id in wanted)
            and (evse is None or one.evse == evse)
            and (not purpose or one.purpose == purpose)
            and (level is None or one.level == level)
        ]

    def remove(self, profiles: Iterable[ChargingProfile]) -> None:
        """Clear these."""
        gone = {id(one) for one in profiles}
        self.all = [one for one in self.all if id(one) not in gone]

    def ended(self, transaction: str) -> None:
        """A transaction is over, and so are its profiles (K01.FR.20)."""
        self.all = [one for one in self.all if one.transaction != transaction]

    def of_station(self, now: float) -> tuple[float, float]:
        """What all EVSEs together may draw [W], infinite: anything; and until when at least [s]."""
        return _leading([one for one in self.all if one.purpose == STATION], now, now)

    def of_evse(self, evse: int, transaction: str, begun: float, now: float) -> tuple[float, float]:
        """What one EVSE may draw, likewise: by its transaction's profile, else its default, else that of all.

        transaction: that which has begun there at `begun` s, else "".
        """
        until = math.inf
        for purpose, place, of in (
            (TRANSACTION, evse, transaction),
            (DEFAULT, evse, ""),
            (DEFAULT, 0, ""),
        ):
            found = [one for one in self.all if (one.purpose, one.evse, one.transaction) == (purpose, place, of)]
            limit, until_here = _leading(found, now, begun)
            until = min(until, until_here)
            if math.isfinite(limit):
                return limit, until
        return math.inf, until


def _leading(profiles: list[ChargingProfile], now: float, begun: float) -> tuple[float, float]:
    """By the highest level that says something (K, 3.5.2)."""
    until = math.inf
    for profile in sorted(profiles, key=lambda one: -one.level):
        limit, until_here = profile.at(now, begun)
        until = min(until, until_here)
        if limit is not None:
            return limit, until
    return math.inf, until
