"""What is said on the air: the content of messages, as applications and vehicles have it.

Awareness messages (CAM) exist as columns only, one row per packet (`edge.ldm.CONTENT`). What a unit broadcasts is an
object of a class derived from `Broadcast`. Requests and their answers travel in batches, struct of arrays, of classes
derived from `Request` and `Response`. How each goes on the air is in its kind (`edge.messages.kinds`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from wayside.edge.messages.checks import check_column, is_line, is_number, is_point, is_whole, short
from wayside.ext.arrays import Ints, Longs

if TYPE_CHECKING:
    from wayside.edge.unit import RoadsideUnit


LONGEST_VALIDITY = 86_400.0  # s, of a hazard: ValidityDuration of TS 102 894-2
FARTHEST: Final = 100_000.0  # m from the unit that a hazard may be
SLOWEST_LIMIT, FASTEST_LIMIT = 1.0 / 3.6, 255.0 / 3.6  # m/s that a sign may allow: SpeedLimit of TS 102 894-2
MOST_TRACES: Final = 7  # of a hazard: Traces of TS 102 894-2
MOST_LANES: Final = 13  # of which a hazard says whether they are closed: DrivingLaneStatus, likewise
STATIONS: Final = 2**32  # StationID of TS 102 894-2

# Cause codes of EN 302 637-3, table 10, by the names used here.
CAUSES = {
    "traffic-jam": 1,
    "accident": 2,
    "roadworks": 3,
    "adverse-weather-adhesion": 6,
    "obstacle-on-the-road": 10,
    "human-presence-on-the-road": 12,
    "wrong-way-driving": 14,
    "rescue-in-progress": 15,
    "adverse-weather-visibility": 18,
    "slow-vehicle": 26,
    "dangerous-end-of-queue": 27,
    "vehicle-breakdown": 91,
    "stationary-vehicle": 94,
    "emergency-vehicle-approaching": 95,
    "collision-risk": 97,
    "signal-violation": 98,
    "dangerous-situation": 99,
}


class Broadcast:
    """What a unit says to all who hear it. Derive a frozen dataclass for a kind of your own."""

    def check(self, unit: RoadsideUnit) -> None:
        """ValueError, naming the field, for what `unit` cannot say; called where an application says it."""


class Inbox:
    """What comes to a unit's applications: requests, and what the platform tells."""


@dataclass(frozen=True)
class Request(Inbox):
    """What vehicles ask of a unit, one entry each; derived classes add columns.

    vehicle: by slot. A request whose answer is on the way is told from a new owner of the slot by the station's number.
    """

    vehicle: Ints
    station: Longs


@dataclass(frozen=True)
class Response:
    """What a unit answers, one entry for each vehicle that it is sent to; derived classes add columns."""

    vehicle: Ints
    station: Longs

    def check(self, unit: RoadsideUnit) -> None:
        """ValueError, naming the column, for what `unit` cannot say; called where an application says it."""
        self.check_columns()

    def check_columns(self, **bounds: tuple[int, int]) -> None:
        """ValueError where vehicles, stations or further columns are no whole numbers within low..high - 1."""
        name, rows = type(self).__name__, len(self.vehicle) if isinstance(self.vehicle, np.ndarray) else -1
        for column, (low, high) in {"vehicle": (0, 2**31), "station": (0, STATIONS), **bounds}.items():
            check_column(f"{name} {column}", getattr(self, column), rows, low, high)


Line = tuple[tuple[float, float], ...]  # points x, y, m


@dataclass(frozen=True)
class Denm(Broadcast):
    """A hazard: cause code (EN 302 637-3, table 10), event position [m] and validity [s].

    over: whether it says that the event is over, which `Sending.cancel` does. traces: the ways that lead to it, each
    from the event backwards; without any it concerns whoever comes near. closed: by lane from the outermost inwards,
    whether it closes the lane; without any, nothing is said of lanes. event: as received, which of whose events it is:
    the sender's station and its number there; what is sent gets a number of its own. subcause: the cause's sub cause
    code, which DENMs have (0: unavailable).
    """

    cause: int
    position: tuple[float, float]
    validity: float
    over: bool = False
    traces: tuple[Line, ...] = ()
    closed: tuple[bool, ...] = ()
    event: tuple[int, int] | None = field(default=None, compare=False)
    subcause: int = 0

    @property
    def blocked(self) -> bool:
        """Whether all lanes are closed."""
        return bool(self.closed) and all(self.closed)

    def check(self, unit: RoadsideUnit) -> None:
        if not is_point(self.position):
            raise ValueError(f"DENM position {short(self.position)}: must be x and y, two finite numbers of m")
        if math.dist(self.position, unit.position) > FARTHEST:
            raise ValueError(f"DENM position {self.position} m: must be within {FARTHEST / 1000.0:g} km of the unit")
        if not (is_number(self.validity) and 0.0 < self.validity <= LONGEST_VALIDITY):
            raise ValueError(
                f"DENM validity {short(self.validity)} s: must be above 0 and at most {LONGEST_VALIDITY:,.0f}"
            )
        if not (is_whole(self.cause) and 0 <= self.cause <= 255):
            raise ValueError(f"DENM cause {short(self.cause)}: must be a cause code, 0 to 255")
        if not (is_whole(self.subcause) and 0 <= self.subcause <= 255):
            raise ValueError(f"DENM subcause {short(self.subcause)}: must be a sub cause code, 0 to 255")
        if self.over:
            raise ValueError(
                "DENM over: must be False; the `cancel` of what `send` returned says that an event is over"
            )
        if not (isinstance(self.traces, tuple) and len(self.traces) <= MOST_TRACES and all(map(is_line, self.traces))):
            raise ValueError(
                f"DENM traces {short(self.traces)}: must be a tuple of at most {MOST_TRACES} lines, each of points x "
                "and y, two finite numbers of m"
            )
        closed: Any = self.closed
        if not (isinstance(closed, tuple) and len(closed) <= MOST_LANES and {bool}.issuperset(map(type, closed))):
            raise ValueError(f"DENM closed {short(closed)}: must be a tuple of at most {MOST_LANES} of True or False")


def denm(cause: str, position: tuple[float, float], validity: float = 600.0) -> Denm:
    """A hazard warning by the name of its cause (`CAUSES`).

    position: x, y in m, checked where it is sent; validity: s, above 0 and at most `LONGEST_VALIDITY`. ValueError for
    an unknown cause and for another validity.
    """
    if cause not in CAUSES:
        raise ValueError(f"DENM cause {cause!r}: must be one of {', '.join(CAUSES)}")
    if not 0.0 < validity <= LONGEST_VALIDITY:
        raise ValueError(f"DENM validity {validity} s: must be above 0 and at most {LONGEST_VALIDITY:,.0f}")
    return Denm(CAUSES[cause], (float(position[0]), float(position[1])), validity)


@dataclass(frozen=True)
class Ivim(Broadcast):
    """A sign that holds on a stretch of road, as it is driven: a speed limit, closed lanes, or both.

    line: the stretch, at least two points [m]; approach: the way that leads to it, with its end at the begin of the
    stretch, or empty; speed: allowed there [m/s], said in whole km/h; closed: numbers of closed lanes, the innermost
    driving lane 1. over: that it holds no longer, which `Sending.cancel` says; event: as received, the sender's station
    and its number there.
    """

    line: Line
    speed: float | None = None
    closed: tuple[int, ...] = ()
    approach: Line = ()
    validity: float = 60.0
    over: bool = False
    event: tuple[int, int] | None = field(default=None, compare=False)

    def check(self, unit: RoadsideUnit) -> None:
        for name, line in (("line", self.line), ("approach", self.approach)):
            if (line or name == "line") and not (is_line(line) and len(line) > 1):
                raise ValueError(f"IVIM {name} {short(line)}: must be at least two points x and y, finite numbers of m")
            if any(math.dist(point, unit.position) > FARTHEST for point in line):
                raise ValueError(f"IVIM {name}: must be within {FARTHEST / 1000.0:g} km of the unit")
        speed: Any = self.speed
        if speed is not None and not (is_number(speed) and SLOWEST_LIMIT <= speed <= FASTEST_LIMIT):
            raise ValueError(
                f"IVIM speed {short(speed)} m/s: must be {SLOWEST_LIMIT:.3f} to {FASTEST_LIMIT:.3f}, 1 to 255 km/h"
            )
        closed: Any = self.closed
        if not (isinstance(closed, tuple) and len(closed) <= 8 and all(is_whole(n) and 1 <= n <= 13 for n in closed)):
            raise ValueError(f"IVIM closed {short(closed)}: must be a tuple of at most 8 lanes' numbers, 1 to 13")
        if speed is None and not closed:
            raise ValueError("IVIM: must say a speed, or which lanes are closed")
        if not (is_number(self.validity) and 0.0 < self.validity <= LONGEST_VALIDITY):
            raise ValueError(
                f"IVIM validity {short(self.validity)} s: must be above 0 and at most {LONGEST_VALIDITY:,.0f}"
            )
        if self.over:
            raise ValueError("IVIM over: must be False; the `cancel` of what `send` returned says that it is over")


@dataclass(frozen=True)
class _OfLight(Broadcast):
    light: int

    def check(self, unit: RoadsideUnit) -> None:
        if not (is_whole(self.light) and 0 <= self.light < unit.lights):
            raise ValueError(f"{type(self).__name__} light {self.light!r}: must be a traffic light's number")


@dataclass(frozen=True)
class Spatem(_OfLight):
    """The states of one traffic light; each repetition carries what they are when it is sent."""


@dataclass(frozen=True)
class Mapem(_OfLight):
    """The lanes that lead to one traffic light and from it, and which signal group they obey.

    layer: which of them, as LayerID says it; 0 for all. What is too long for one message is divided when it is sent.
    """

    layer: int = 0

    def check(self, unit: RoadsideUnit) -> None:
        super().check(unit)
        if self.layer != 0:
            raise ValueError(f"Mapem layer {self.layer!r}: must be 0: a map is divided when it is sent")


@dataclass(frozen=True)
class Saem(Broadcast):
    """The services that a unit offers, by application name."""

    services: tuple[str, ...]

    def check(self, unit: RoadsideUnit) -> None:
        names = self.services
        if not (isinstance(names, tuple) and all(isinstance(name, str) and name for name in names)):
            raise ValueError(f"Saem services {names!r}: must be a tuple of names")
