"""What is said on the air: kinds of messages and their content.

Awareness messages (CAM) exist as columns only, one row per packet (`edge.ldm.CONTENT`). What a unit sends is an
object from here. Requests and their answers travel in batches, struct of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]


class Kind(IntEnum):
    """Message kinds; the value is the number used in tables. Named as by ETSI; the Chinese set says the same things."""

    CAM = 0  # cooperative awareness, EN 302 637-2; BSM of YD/T 3709
    DENM = 1  # decentralized environmental notification, EN 302 637-3; RSI
    SPATEM = 2  # signal phase and timing, TS 103 301; SPAT
    SAEM = 3  # service announcement, EN 302 890-1
    PARKING_REQUEST = 4
    PARKING_RESPONSE = 5
    CHARGING_REQUEST = 6
    CHARGING_RESPONSE = 7
    MAPEM = 8  # lanes of a junction, TS 103 301; MAP

    @property
    def label(self) -> str:
        """The name in tables and figures: `parking-request`."""
        return self.name.lower().replace("_", "-")


_CSAE = {Kind.CAM: "bsm", Kind.DENM: "rsi", Kind.SPATEM: "spat", Kind.MAPEM: "map"}


def kinds(family: str = "etsi") -> tuple[str, ...]:
    """The names of all kinds, in the order of their numbers; family: "etsi" or "csae"."""
    return tuple(_CSAE.get(kind, kind.label) if family == "csae" else kind.label for kind in Kind)


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
    "emergency-vehicle-approaching": 95,
    "collision-risk": 97,
    "signal-violation": 98,
    "dangerous-situation": 99,
}


@dataclass(frozen=True)
class Denm:
    """A hazard: cause code (EN 302 637-3, table 10), event position [m] and validity [s]."""

    kind: ClassVar[Kind] = Kind.DENM
    cause: int
    position: tuple[float, float]
    validity: float


def denm(cause: str, position: tuple[float, float], validity: float = 600.0) -> Denm:
    """A hazard warning by the name of its cause (`CAUSES`); ValueError for an unknown one, or a validity <= 0 s."""
    if cause not in CAUSES:
        raise ValueError(f"DENM cause {cause!r}: must be one of {', '.join(CAUSES)}")
    if not validity > 0.0:
        raise ValueError(f"DENM validity {validity} s: must be above 0")
    return Denm(CAUSES[cause], (float(position[0]), float(position[1])), validity)


@dataclass(frozen=True)
class Spatem:
    """The states of one traffic light; each repetition carries what they are when it is sent."""

    kind: ClassVar[Kind] = Kind.SPATEM
    light: int


@dataclass(frozen=True)
class Mapem:
    """The lanes that lead to one traffic light and from it, and which signal group they obey."""

    kind: ClassVar[Kind] = Kind.MAPEM
    light: int


@dataclass(frozen=True)
class Saem:
    """The services that a unit offers, by application name."""

    kind: ClassVar[Kind] = Kind.SAEM
    services: tuple[str, ...]


@dataclass(frozen=True)
class ParkingRequests:
    """Drivers who want a bay; one entry each."""

    kind: ClassVar[Kind] = Kind.PARKING_REQUEST
    vehicle: Ints
    station: NDArray[np.int64]
    edge: Ints  # where the driver is, by edge number
    x: Doubles  # of the destination, m
    y: Doubles
    duration: Doubles  # of the stay, s


@dataclass(frozen=True)
class ParkingResponses:
    """The bays reserved; -1 where there is none."""

    kind: ClassVar[Kind] = Kind.PARKING_RESPONSE
    vehicle: Ints
    station: NDArray[np.int64]
    car_park: Ints


@dataclass(frozen=True)
class ChargingRequests:
    """Electric vehicles that want to charge; one entry each."""

    kind: ClassVar[Kind] = Kind.CHARGING_REQUEST
    vehicle: Ints
    station: NDArray[np.int64]
    edge: Ints
    energy_wh: Doubles  # wanted into the battery
    max_power_w: Doubles  # what the vehicle can take


@dataclass(frozen=True)
class ChargingResponses:
    """The charging station reserved; -1 where there is none."""

    kind: ClassVar[Kind] = Kind.CHARGING_RESPONSE
    vehicle: Ints
    station: NDArray[np.int64]
    charger: Ints


Broadcast = Denm | Spatem | Mapem | Saem
Request = ParkingRequests | ChargingRequests
Response = ParkingResponses | ChargingResponses
