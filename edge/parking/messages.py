"""What drivers and units say of bays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wayside.edge.messages import Broadcast, Inbox, Request, Response
from wayside.ext.arrays import Doubles, Ints, Longs

if TYPE_CHECKING:
    from wayside.edge.unit import RoadsideUnit


@dataclass(frozen=True)
class ParkingRequests(Request):
    """Drivers who want a bay; one entry each."""

    edge: Ints  # where the driver is, by edge number
    x: Doubles  # of the destination, m
    y: Doubles
    duration: Doubles  # of the stay, s


@dataclass(frozen=True)
class ParkingResponses(Response):
    """The bays reserved; -1 where there is none."""

    car_park: Ints

    def check(self, unit: RoadsideUnit) -> None:
        self.check_columns(car_park=(-1, len(unit.platform.parking.car_parks.ids)))


@dataclass(frozen=True)
class BaysLost(Inbox):
    """Told to a unit by the platform, not on the air: whose reservations are lost to others; one entry each."""

    vehicle: Ints
    station: Longs


class ParkNews(NamedTuple):
    """How much of a car park is free: its number, its name, where it is [m], bays."""

    car_park: int
    name: str
    position: tuple[float, float]
    free: int
    capacity: int


@dataclass(frozen=True)
class FreeBays(Broadcast):
    """What a unit knows of the bays around it."""

    car_parks: tuple[ParkNews, ...]

    def check(self, unit: RoadsideUnit) -> None:
        known = len(unit.platform.parking.car_parks.ids)
        if not self.car_parks or not all(0 <= one.car_park < known for one in self.car_parks):
            raise ValueError(f"FreeBays car_parks: must be one or more, of numbers below {known}")
