"""What vehicles ask of a light, and what it answers: the contents of SREM and SSEM (TS 103 301, ISO TS 19091)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from wayside.edge.messages import STATIONS, Broadcast, Request
from wayside.edge.messages.checks import is_whole, short
from wayside.edge.messages.etsi import dsrc
from wayside.ext.arrays import Doubles, Ints, Longs

if TYPE_CHECKING:
    from wayside.edge.unit import RoadsideUnit

# PriorityRequestType.
REQUEST, UPDATE, CANCELLATION = 1, 2, 3
# PrioritizationResponseStatus.
UNKNOWN, REQUESTED, PROCESSING, WATCH_OTHERS, GRANTED, REJECTED, MAX_PRESENCE, LOCKED = range(8)
STATUSES: Final = dsrc.PrioritizationResponseStatus.names
ROLES: Final = dsrc.BasicVehicleRole.names
PUBLIC_TRANSPORT, EMERGENCY = ROLES.index("publicTransport"), ROLES.index("emergency")
HIGHEST_IMPORTANCE: Final = 14  # RequestImportanceLevel: 0 is unknown, 15 reserved
MOST_STATUSES: Final = 32  # SignalStatusPackageList


@dataclass(frozen=True)
class PriorityRequests(Request):
    """What vehicles ask of a light, one entry each.

    place: of the intersection, region << 16 | number; request: their number of it, 0..255; sequence: goes up with each
    message, 0..127; kind: REQUEST, UPDATE or CANCELLATION; inbound, outbound: lanes as in the MAPEM, 0 where they are
    not said; grouped: 1 where `inbound` is the signal group instead, as with the Chinese set's maps; role
    (BasicVehicleRole), importance (RequestImportanceLevel); eta: when it will be at the stop line [s of the
    simulation], NaN where it is not said; delay: behind its timetable [s], NaN where it has none; x, y: where it is
    [m], speed [m/s], heading [degrees].
    """

    place: Longs
    request: Ints
    sequence: Ints
    kind: Ints
    inbound: Ints
    outbound: Ints
    grouped: Ints
    role: Ints
    importance: Ints
    eta: Doubles
    delay: Doubles
    x: Doubles
    y: Doubles
    speed: Doubles
    heading: Doubles


class PriorityStatus(NamedTuple):
    """What has become of one request, as an SSEM tells it: whose and which it is, and its status.

    eta: when it is reckoned with [s of the simulation], NaN where that is not known; the rest as in `PriorityRequests`.
    """

    station: int
    request: int
    sequence: int
    role: int
    inbound: int
    outbound: int
    grouped: int
    eta: float
    status: int


@dataclass(frozen=True)
class Ssem(Broadcast):
    """What has become of the requests at a light; sequence: goes up with each change, 0..127."""

    light: int
    sequence: int
    statuses: tuple[PriorityStatus, ...]

    def check(self, unit: RoadsideUnit) -> None:
        if not (is_whole(self.light) and 0 <= self.light < unit.lights):
            raise ValueError(f"Ssem light {self.light!r}: must be a traffic light's number")
        if not (is_whole(self.sequence) and 0 <= self.sequence < 128):
            raise ValueError(f"Ssem sequence {short(self.sequence)}: must be 0..127")
        if not (isinstance(self.statuses, tuple) and 0 < len(self.statuses) <= MOST_STATUSES):
            raise ValueError(f"Ssem statuses {short(self.statuses)}: must be a tuple of 1 to {MOST_STATUSES}")
        for one in self.statuses:
            bounds = (STATIONS, 256, 128, len(ROLES), 256, 256, 2, len(STATUSES))
            whole = (*one[:7], one[8])
            if not all(is_whole(value) and 0 <= value < most for value, most in zip(whole, bounds, strict=True)):
                raise ValueError(f"Ssem status {short(tuple(one))}: must be whole numbers that an SSEM can say")
