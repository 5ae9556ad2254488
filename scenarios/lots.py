"""Car parks and charging sites as data, drawn beside a lane, and written as SUMO additionals."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field

import sumolib

from .files import element, number, param
from .geometry import Point

BAY_WIDTH, BAY_LENGTH = 2.5, 5.0  # m
KERB_BAY = 6.5  # m of kerb per bay
ROW_DEPTHS = (2.5, 13.5, 18.5, 29.5)  # m from the lot's front to a row's middle: two aisles, four rows
LOT_DEPTH = {1: 8.0, 2: 16.0, 3: 24.0, 4: 32.0}  # m, by rows
SETBACK = 12.0  # m from the lane's middle to the lot
STOREY = 3.2  # m
NOSE = 2.2  # m from a bay's middle to the front of a parked car: SUMO's `space` is where the nose is


@dataclass(frozen=True)
class Bay:
    x: float
    y: float
    z: float
    angle: float  # degrees, as SUMO's <space> wants it


@dataclass(frozen=True)
class Frame:
    """A straight frame on a lane: `u` along it, `v` to its right (m)."""

    origin: Point
    heading: float  # radians

    def at(self, u: float, v: float) -> Point:
        cos, sin = math.cos(self.heading), math.sin(self.heading)
        return self.origin[0] + u * cos + v * sin, self.origin[1] + u * sin - v * cos

    def rectangle(self, u0: float, u1: float, v0: float, v1: float) -> tuple[Point, ...]:
        return self.at(u0, v0), self.at(u1, v0), self.at(u1, v1), self.at(u0, v1)


@dataclass(frozen=True)
class CarPark:
    """`kind` is kerb, surface or garage; kerb bays have no `bays` of their own, only a `capacity`."""

    id: str
    name: str
    kind: str
    lane: str
    start: float  # m along the lane
    end: float
    price: float  # per hour
    capacity: int
    bays: tuple[Bay, ...] = ()
    outline: tuple[Point, ...] = ()
    storeys: int = 0

    @property
    def edge(self) -> str:
        return self.lane.rsplit("_", 1)[0]


@dataclass(frozen=True)
class Piles:
    """Piles of one power at a charging site."""

    site: str
    kilowatts: int
    spot: CarPark

    @property
    def id(self) -> str:
        return f"charger_{self.site}_{self.kilowatts}"


@dataclass(frozen=True)
class Site:
    id: str
    name: str
    limit: float  # W
    price: float  # per kWh
    groups: tuple[Piles, ...]

    @property
    def piles(self) -> int:
        return sum(group.spot.capacity for group in self.groups)


@dataclass
class Facilities:
    car_parks: list[CarPark] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)


@dataclass(frozen=True)
class Drafter:
    """Lays out lots beside the lanes of a net."""

    net: sumolib.net.Net

    def lane_length(self, edge: str) -> float:
        return float(self.net.getEdge(edge).getLength())

    def frame(self, edge: str, at: float) -> Frame:
        """At `at` metres along the rightmost lane."""
        shape = [(float(p[0]), float(p[1])) for p in self.net.getEdge(edge).getLane(0).getShape()]
        x, y = sumolib.geomhelper.positionAtShapeOffset(shape, at)
        ahead = sumolib.geomhelper.positionAtShapeOffset(shape, at + 1.0)
        behind = sumolib.geomhelper.positionAtShapeOffset(shape, max(at - 1.0, 0.0))
        return Frame((float(x), float(y)), math.atan2(ahead[1] - behind[1], ahead[0] - behind[0]))

    def kerb(self, id: str, name: str, edge: str, start: float, bays: int, price: float) -> CarPark:
        return CarPark(id, name, "kerb", f"{edge}_0", start, start + bays * KERB_BAY, price, bays)

    def lot(
        self,
        id: str,
        name: str,
        kind: str,
        edge: str,
        at: float,
        columns: tuple[int, int],
        rows: int,
        price: float,
        storeys: int = 1,
        lift: float = 0.0,
        setback: float = SETBACK,
    ) -> CarPark:
        """Columns of bays from `columns[0]` to `columns[1]`, counted from the lot's middle at `at`."""
        frame = self.frame(edge, at)
        bays = [
            _bay(frame, column, row, setback, lift + storey * STOREY)
            for storey in range(storeys)
            for row in range(rows)
            for column in range(*columns)
        ]
        u0, u1 = columns[0] * BAY_WIDTH, columns[1] * BAY_WIDTH
        outline = frame.rectangle(u0 - 1.0, u1 + 1.0, setback - 1.0, setback + LOT_DEPTH[rows] + 1.0)
        middle = at + (u0 + u1) / 2
        return CarPark(
            id,
            name,
            kind,
            f"{edge}_0",
            middle - 5.0,
            middle + 5.0,
            price,
            len(bays),
            tuple(bays),
            outline,
            storeys if kind == "garage" else 0,
        )


def _bay(frame: Frame, column: int, row: int, setback: float, height: float) -> Bay:
    towards = 1.0 if row % 2 else -1.0  # cars stand with their nose away from the aisle
    x, y = frame.at((column + 0.5) * BAY_WIDTH, setback + ROW_DEPTHS[row] + towards * NOSE)
    heading = math.degrees(frame.heading) - 90.0 * towards
    return Bay(x, y, height, (heading + 90.0) % 360.0)


# ---------------------------------------------------------------- additionals


def parking_element(spot: CarPark, kind: str | None = None) -> ET.Element:
    area = element(
        "parkingArea",
        id=spot.id,
        name=spot.name,
        lane=spot.lane,
        startPos=spot.start,
        endPos=spot.end,
        roadsideCapacity="0" if spot.bays else str(spot.capacity),
        width=2.2 if not spot.bays else BAY_WIDTH,
    )
    for bay in spot.bays:
        space = element("space", x=bay.x, y=bay.y, width=BAY_WIDTH, length=BAY_LENGTH, angle=bay.angle)
        if bay.z:
            space.set("z", number(bay.z))
        area.append(space)
    area.append(param("kind", kind or spot.kind))
    area.append(param("price_per_hour", spot.price))
    return area


def charging_elements(site: Site) -> list[ET.Element]:
    found = []
    for group in site.groups:
        spot = group.spot
        found.append(parking_element(spot))
        station = element(
            "chargingStation",
            id=group.id,
            name=f"{site.name}, {group.kilowatts} kW",
            lane=spot.lane,
            startPos=spot.start,
            endPos=spot.end,
            power=str(group.kilowatts * 1000),
            efficiency=0.95,
            parkingArea=spot.id,
        )
        station.append(param("site", site.id))
        station.append(param("site_limit_w", str(round(site.limit))))
        station.append(param("price_per_kwh", site.price))
        found.append(station)
    return found


def rerouter_elements(net: sumolib.net.Net, car_parks: Sequence[CarPark], reach: float, most: int) -> list[ET.Element]:
    """Drivers who find their area full look at the nearest others (within `reach` m, at most `most`)."""
    where = {park.id: _entrance(net, park) for park in car_parks}
    by_edge: dict[str, list[CarPark]] = {}
    for park in car_parks:
        by_edge.setdefault(park.edge, []).append(park)
    found = []
    for edge, here in by_edge.items():
        at = where[here[0].id]
        others = sorted(
            (park for park in car_parks if park not in here), key=lambda p: (math.dist(at, where[p.id]), p.id)
        )
        near = [p for p in others if math.dist(at, where[p.id]) <= reach][:most]
        rerouter = element("rerouter", id=f"search_{edge}", edges=edge)
        interval = element("interval", begin="0", end="86400")
        for park in [*here, *near]:
            visible = "true" if park.kind == "kerb" else "false"
            interval.append(element("parkingAreaReroute", id=park.id, visible=visible))
        rerouter.append(interval)
        found.append(rerouter)
    return found


def _entrance(net: sumolib.net.Net, park: CarPark) -> Point:
    shape = net.getLane(park.lane).getShape()
    x, y = sumolib.geomhelper.positionAtShapeOffset(shape, park.end)
    return float(x), float(y)
