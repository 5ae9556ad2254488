"""What a light does for a way by itself, and what it takes that a vehicle comes through.

Green extension and early green, the two ways of active priority (TCRP Synthesis 83; NCHRP Report 812, signal timing
manual, chapter 10): a green that would end just before the vehicle comes is held, a red that would last is cut short.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from wayside.edge.signal import Phase, UnitSignal

NOTICE: Final = 2.5  # s before its end at which a green is held at the latest: SUMO's step may be a second
_SOON: Final = 0.5  # s that do not matter


class SignalOutlook(NamedTuple):
    """What a signal group shows without a request: whether it is green, and in how many s that ends, or a green begins;
    sure: whether that is known, and not reckoned from the program's usual durations.
    """

    green: bool
    change: float
    sure: bool


def outlook(signal: UnitSignal, group: int, phase: int, shown_s: float) -> SignalOutlook:
    """Of a signal group; phase: the one that shows or did last, for so many s."""
    layout = signal.layout
    links = [link for link, its in enumerate(layout.group_of) if its == group]
    state = signal.state
    letters = {state[link] for link in links}
    green, change = bool(letters & set("gG")), signal.changes.get(group)
    likely = math.inf if change is None else change.likely
    if math.isfinite(likely) and (green or letters <= set("rsu")):
        return SignalOutlook(green, likely, True)
    reckoned = _reckoned(layout.phases, links, phase, shown_s, not green)
    if change is not None:
        reckoned = min(max(reckoned, change.earliest if math.isfinite(change.earliest) else 0.0), change.latest)
    return SignalOutlook(green, reckoned, False)


def _reckoned(phases: Sequence[Phase], links: Sequence[int], phase: int, shown_s: float, green: bool) -> float:
    """In how many s some of these links have green, or none has, by the program's usual durations; infinite: never."""
    if not phases:
        return math.inf
    seconds = max(phases[phase].duration - shown_s, 0.0)
    for k in range(1, len(phases) + 1):
        then = phases[(phase + k) % len(phases)]
        if any(then.state[link] in "gG" for link in links) == green:
            return seconds
        seconds += then.duration
    return math.inf


def clearance(phases: Sequence[Phase], phase: int, shown_s: float) -> float:
    """In how many s another green phase can be there, after one that has shown for so long: what is left of its least
    green, and the yellow and red for all behind it. The guard may need longer.
    """
    if not phases:
        return 0.0
    seconds = max(phases[phase].least - shown_s, 0.0)
    for k in range(1, len(phases)):
        then = phases[(phase + k) % len(phases)]
        if then.green:
            break
        seconds += then.duration
    return seconds


@dataclass(frozen=True)
class PriorityLimits:
    """How far a light goes for a vehicle [s]: how much longer green may last, how much sooner it may come (infinite: as
    the guard lets it), and how long after the vehicle's arrival it shall still be green.
    """

    extension: float
    truncation: float
    margin: float


class Treatment(Enum):
    """What is to be done for a vehicle now."""

    NOTHING = "program"  # it comes through by itself
    LATER = "later"
    EXTEND = "extension"
    ADVANCE = "early green"


class Need(NamedTuple):
    """What it takes: until: in how many s the phase is no longer needed; natural: in how many s its green would end, or
    begin, by itself; limit: in how many s it must be over in any case.
    """

    treatment: Treatment
    until: float
    natural: float
    limit: float


def need(seen: SignalOutlook, arrival: float, lead: float, way: float, limits: PriorityLimits) -> Need:
    """What it takes that a vehicle that comes to the line in `arrival` s passes at green.

    lead: how long before that green shall begin [s], for the queue before it; way: how long it takes to get another
    phase [s]. What must be done only later is left until then: the arrival may be another by that time.
    """
    until = arrival + limits.margin
    if math.isinf(seen.change):  # always green, or never
        return Need(Treatment.NOTHING if seen.green else Treatment.LATER, until, seen.change, until)
    if seen.green:
        limit = (seen.change if seen.sure else 0.0) + limits.extension
        if seen.sure and seen.change >= until:
            return Need(Treatment.NOTHING, until, seen.change, limit)
        late = until > limit or (seen.sure and seen.change > NOTICE)
        return Need(Treatment.LATER if late else Treatment.EXTEND, until, seen.change if seen.sure else 0.0, limit)
    limit = max(seen.change + limits.extension, way) + limits.margin
    start = max(arrival - lead, seen.change - limits.truncation, 0.0)
    until = min(max(until, way + limits.margin), limit)
    if seen.change <= start + _SOON:
        return Need(Treatment.NOTHING if seen.sure else Treatment.LATER, until, seen.change, limit)
    late = start > way + _SOON
    return Need(Treatment.LATER if late else Treatment.ADVANCE, until, seen.change, limit)
