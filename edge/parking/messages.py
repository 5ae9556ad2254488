"""What drivers and units say of bays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wayside.edge.messages import Inbox, Request, Response
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
