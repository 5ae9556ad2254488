"""What a picture of the city needs beyond its roads' shapes: kinds of lanes, stop lines, bays, buildings, water.

Read from the net and the additional files, once. Positions in m in the net's own coordinates, headings in degrees
clockwise from north.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from wayside.ext.arrays import Doubles
from wayside.sim.sumo.references import open_unpacked
from wayside.sim.world import RoadNetwork, point_along

NOSE = 0.3  # m between the front of a bay and the front bumper of a car in it
LANE_WIDTH = 3.2  # m; SUMO's default, also of a parking space
VEHICLE_SPACE = 7.5  # m of lane that a vehicle takes at a roadside charging station

_RAIL = {"tram", "rail", "rail_urban", "rail_electric", "rail_fast", "subway", "cable_car"}
_BUS = {"bus", "coach", "taxi"}
_WATER = ("water", "river", "lake", "sea", "ocean", "bay", "wetland", "dock", "canal")
_GREEN = ("park", "forest", "wood", "grass", "green", "garden", "meadow", "leisure", "farm", "scrub", "natural")


@dataclass(frozen=True)
class Head:
    """A signal head at the stop line of a lane, and the places of its links in the light's state."""

    lane: int
    x: float
    y: float
    heading: float
    links: tuple[int, ...]


@dataclass(frozen=True)
class Bay:
    """A place for one car: its middle, the heading of a car standing in it, length and width."""

    x: float
    y: float
    heading: float
    length: float
    width: float


@dataclass(frozen=True)
class Polygon:
    """A surface; `kind` is building, water, park, or another word of its type; `use` and height [m] of a building."""

    shape: Doubles  # N x 2
    kind: str
    use: str
    height: float
    layer: float


@dataclass
class Scenery:
    """Lists by the numbers of the road network, and by SUMO's ids."""

    lane_kinds: list[str]  # road, bus, cycle, foot or rail
    edge_names: list[str]
    junction_ids: list[str]
    junction_shapes: list[Doubles]
    heads: dict[str, list[Head]] = field(default_factory=dict)  # by traffic light
    polygons: list[Polygon] = field(default_factory=list)  # those further down first
    bays: dict[str, list[Bay]] = field(default_factory=dict)  # by parkingArea, or chargingStation on the road


def read_scenery(net: Path, additional: Iterable[Path], network: RoadNetwork) -> Scenery:
    """Read the net and the additional files once more, for what only a picture needs."""
    scenery = _read_net(net, network)
    for file in additional:
        for node in _elements(file):
            if node.tag == "poly":
                if (polygon := _polygon(node)) is not None:
                    scenery.polygons.append(polygon)
            elif node.get("lane", "") in network.lane_number:
                bays = _parking_bays if node.tag == "parkingArea" else _charging_bays
                scenery.bays[node.get("id", "")] = bays(node, network)
    scenery.polygons.sort(key=lambda polygon: polygon.layer)
    return scenery


def _read_net(net: Path, network: RoadNetwork) -> Scenery:
    scenery = Scenery(["road"] * len(network.lane_ids), [""] * len(network.edge_ids), [], [])
    links: dict[tuple[str, int], list[int]] = {}
    with open_unpacked(net) as stream:
        for _, node in ElementTree.iterparse(stream):
            if node.tag == "lane":
                lane = network.lane_number.get(node.get("id", ""))
                if lane is not None:
                    scenery.lane_kinds[lane] = _lane_kind(node.get("allow"), node.get("disallow"))
            elif node.tag == "edge":
                edge = network.edge_number.get(node.get("id", ""))
                if edge is not None:
                    scenery.edge_names[edge] = node.get("name", "")
            elif node.tag == "junction" and node.get("type") != "internal":
                shape = _shape(node.get("shape", ""))
                if len(shape) >= 3:
                    scenery.junction_ids.append(node.get("id", ""))
                    scenery.junction_shapes.append(shape)
            elif node.tag == "connection" and node.get("tl") and not node.get("from", ":").startswith(":"):
                lane = network.lane_number.get(f"{node.get('from')}_{node.get('fromLane')}")
                if lane is not None:
                    links.setdefault((node.get("tl", ""), lane), []).append(int(node.get("linkIndex", "0")))
            node.clear()
    for (light, lane), places in sorted(links.items()):
        shape = network.lane_shapes[lane]
        x, y = shape[-1].tolist()
        head = Head(lane, x, y, _heading(*(shape[-1] - shape[-2])), tuple(sorted(set(places))))
        scenery.heads.setdefault(light, []).append(head)
    return scenery


def _lane_kind(allow: str | None, disallow: str | None) -> str:
    """Whom a lane is for, from SUMO's permissions: vehicle classes, or "all"."""
    if allow is None and disallow is None:
        return "road"
    if allow is not None:
        allowed = set(allow.split())
        if "all" in allowed or "passenger" in allowed:
            return "road"
        for kind, classes in (("bus", _BUS), ("rail", _RAIL), ("cycle", {"bicycle"}), ("foot", {"pedestrian"})):
            if allowed & classes:
                return kind
        return "road"
    refused = set((disallow or "").split())
    if "all" in refused or "passenger" not in refused:
        return "road"
    for kind, classes in (("bus", {"bus"}), ("cycle", {"bicycle"}), ("foot", {"pedestrian"}), ("rail", _RAIL)):
        if classes - refused:
            return kind
    return "road"


def _elements(file: Path) -> Iterator[ElementTree.Element]:
    """Polygons, parking areas and charging stations of a file and of those that it includes."""
    with open_unpacked(file) as stream:
        for _, node in ElementTree.iterparse(stream):
            if node.tag == "include":
                yield from _elements(file.parent / node.get("href", ""))
            elif node.tag in ("poly", "parkingArea", "chargingStation"):
                yield node
            if node.tag not in ("param", "space"):
                node.clear()


def _polygon(node: ElementTree.Element) -> Polygon | None:
    shape = _shape(node.get("shape", ""))
    if len(shape) < 3 or node.get("geo", "") in ("1", "true") or node.get("fill", "0") in ("0", "false"):
        return None  # a line, or in degrees
    parameters = {param.get("key", ""): param.get("value", "") for param in node.iter("param")}
    said = node.get("type", "").lower()
    height = _number(parameters.get("height"), float("nan"))
    kind = next((part for part in said.replace("_", ".").split(".") if part), "")
    if "building" in said or not math.isnan(height):
        kind = "building"
    elif any(word in said for word in _WATER):
        kind = "water"
    elif any(word in said for word in _GREEN):
        kind = "park"
    return Polygon(shape, kind, parameters.get("use", ""), height, _number(node.get("layer"), 0.0))


def _parking_bays(area: ElementTree.Element, network: RoadNetwork) -> list[Bay]:
    """The bays of a parking area as SUMO lays them out: those along the road, then the explicit ones."""
    width = _number(area.get("width"), LANE_WIDTH) or LANE_WIDTH
    angle = _number(area.get("angle"), 0.0)
    begin, end, line = _line(area, network)
    count = int(_number(area.get("roadsideCapacity"), 0.0))
    spacing = (end - begin) / count if count else 0.0
    length = _number(area.get("length"), 0.0) or spacing
    lane_width = float(network.lane_width[network.lane_number[area.get("lane", "")]])
    aside = 0.0 if area.get("onRoad", "0") in ("1", "true") else (lane_width + width) / 2.0
    bays = []
    for number in range(count):
        x, y, heading = _beside(line, begin + (number + 0.5) * spacing, aside)
        bays.append(Bay(x, y, (heading - angle) % 360.0, length, width))
    return bays + [_explicit(space, length or 5.0, width, angle) for space in area.iter("space")]


def _explicit(space: ElementTree.Element, length: float, width: float, angle: float) -> Bay:
    """A bay of a `space`, whose x and y are where a car's front bumper comes to stand, and whose angle is SUMO's own:
    0 is a car that faces south, 90 one that faces east.
    """
    length, width = _number(space.get("length"), length), _number(space.get("width"), width)
    heading = (180.0 - _number(space.get("angle"), angle)) % 360.0
    back = length / 2.0 - NOSE
    x = _number(space.get("x"), 0.0) - back * math.sin(math.radians(heading))
    y = _number(space.get("y"), 0.0) - back * math.cos(math.radians(heading))
    return Bay(x, y, heading, length, width)


def _charging_bays(station: ElementTree.Element, network: RoadNetwork) -> list[Bay]:
    """The places at a charging station on the road itself, from its end backwards."""
    begin, end, line = _line(station, network)
    width = float(network.lane_width[network.lane_number[station.get("lane", "")]])
    bays = []
    for number in range(max(1, int((end - begin) / VEHICLE_SPACE))):
        x, y, heading = _beside(line, end - (number + 0.5) * VEHICLE_SPACE, 0.0)
        bays.append(Bay(x, y, heading, VEHICLE_SPACE, width))
    return bays


@dataclass(frozen=True)
class _Line:
    """A lane's shape and length."""

    shape: Doubles
    length: float


def _line(element: ElementTree.Element, network: RoadNetwork) -> tuple[float, float, _Line]:
    """Where an element begins and ends on its lane, m; SUMO counts below 0 from the end."""
    lane = network.lane_number[element.get("lane", "")]
    length = float(network.edge_length[network.lane_edge[lane]])
    begin, end = _number(element.get("startPos"), 0.0), _number(element.get("endPos"), length)
    begin, end = (at if at >= 0.0 else at + length for at in (begin, end))
    return begin, max(end, begin), _Line(network.lane_shapes[lane], length)


def _beside(line: _Line, at: float, aside: float) -> tuple[float, float, float]:
    """The point so far along a lane [m] and to its right, and the heading there."""
    here = point_along(line.shape, min(max(at / max(line.length, 1e-9), 0.0), 1.0))
    ahead = point_along(line.shape, min((at + 0.5) / max(line.length, 1e-9), 1.0))
    behind = point_along(line.shape, max((at - 0.5) / max(line.length, 1e-9), 0.0))
    heading = _heading(ahead[0] - behind[0], ahead[1] - behind[1])
    right = math.radians(heading + 90.0)
    return here[0] + aside * math.sin(right), here[1] + aside * math.cos(right), heading


def _heading(east: float, north: float) -> float:
    return math.degrees(math.atan2(east, north)) % 360.0


def _shape(text: str) -> Doubles:
    """`x,y x,y` or `x,y,z x,y,z`; a closed polygon without its last point, which is the first again."""
    points = [part.split(",")[:2] for part in text.split()]
    try:
        shape = np.array([[float(value) for value in point] for point in points], np.float64).reshape(-1, 2)
    except ValueError:
        return np.empty((0, 2))
    return shape[:-1] if len(shape) > 3 and np.array_equal(shape[0], shape[-1]) else shape


def _number(text: str | None, default: float) -> float:
    if text is None:
        return default
    try:
        return float(text)
    except ValueError:
        return default
