"""Car parks and charging stations, read from SUMO's additional files.

Any `parkingArea` is a car park, except those that a `chargingStation` names: they are that station's piles. What SUMO
has no word for comes as generic parameters: kind, price_per_hour and open of a car park; site, site_limit_w,
price_per_kwh, connector, phases, volts and min_current_a of a charging station.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from wayside.edge.charging.piles import least_w
from wayside.edge.charging.state import Chargers
from wayside.edge.day import Daily
from wayside.edge.errors import ScenarioError
from wayside.edge.parking.hours import OpeningHours, hours_of
from wayside.edge.parking.state import CarParks
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.sumo.references import open_unpacked
from wayside.sim.world import RoadNetwork, points_along
from wayside.sim.world.drives import FreeDrives
from wayside.sim.world.facilities import Facilities

VEHICLE_SPACE = 7.5  # m of lane that a vehicle takes at a roadside charging station


@dataclass
class _Element:
    file: Path
    attributes: dict[str, str]
    parameters: dict[str, str]
    spaces: list[tuple[float, float]]

    @property
    def id(self) -> str:
        return self.attributes["id"]

    def number(self, name: str, default: float) -> float:
        """A numeric attribute or parameter. ScenarioError where it is none."""
        text = self.attributes.get(name, self.parameters.get(name))
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not value >= 0.0 and name not in ("startPos", "endPos"):
            raise ScenarioError(f"{self.file}: {self.id}: {name} = {text!r}: must be a number, at least 0")
        return value


def read_facilities(files: Iterable[Path], network: RoadNetwork, clock_s: float = 0.0) -> Facilities:
    """All car parks and chargers of a scenario; `clock_s`: the time of day at SUMO's second 0.

    ScenarioError names file, element and what is wrong.
    """
    areas: dict[str, _Element] = {}
    stations: dict[str, _Element] = {}
    for file in files:
        for tag, element in _elements(file):
            (areas if tag == "parkingArea" else stations)[element.id] = element
    for element in (*areas.values(), *stations.values()):
        lane = element.attributes.get("lane", "")
        if lane not in network.lane_number:
            raise ScenarioError(f"{element.file}: {element.id}: lane = {lane!r}: no such lane in the network")
    linked = {station.attributes.get("parkingArea", "") for station in stations.values()}
    parks = [area for area in areas.values() if area.id not in linked]
    chargers = list(stations.values())
    for station in chargers:
        area = station.attributes.get("parkingArea", "")
        if area and area not in areas:
            raise ScenarioError(f"{station.file}: {station.id}: parkingArea = {area!r}: no such parking area")
    result = Facilities(_car_parks(parks, network, clock_s), _chargers(chargers, areas, network))
    result.car_park_of = {area.id: number for number, area in enumerate(parks)}
    for number, station in enumerate(chargers):
        area = station.attributes.get("parkingArea", "")
        result.charger_of[area or station.id] = number
        result.charger_area.append(area)
    for number, station in enumerate(chargers):  # a stop that SUMO made itself names the station
        result.charger_of.setdefault(station.id, number)
    result.charger_edges = np.union1d(_edges(chargers, network), result.chargers.edge).astype(np.int32)
    return result


def _car_parks(parks: list[_Element], network: RoadNetwork, clock_s: float) -> CarParks:
    start, end, _ = spans = _spans(parks, network)
    xy = _positions(parks, network, spans)
    return CarParks(
        ids=tuple(park.id for park in parks),
        names=tuple(park.attributes.get("name", park.id) for park in parks),
        kinds=tuple(park.parameters.get("kind", "") for park in parks),
        x=xy[:, 0].copy(),
        y=xy[:, 1].copy(),
        edge=_edges(parks, network),
        capacity=np.array([_capacity(park) for park in parks], np.int32),
        price_per_hour=np.array([park.number("price_per_hour", 0.0) for park in parks]),
        occupied=np.zeros(len(parks), np.int32),
        reserved=np.zeros(len(parks), np.int32),
        position=(start + end) / 2.0,
        hours=OpeningHours.of([_hours(park) for park in parks], clock_s),
    )


def _chargers(stations: list[_Element], areas: dict[str, _Element], network: RoadNetwork) -> Chargers:
    sites: dict[str, int] = {}  # the number of each
    site = [sites.setdefault(station.parameters.get("site", station.id), len(sites)) for station in stations]
    limit = np.full(len(sites), np.inf)
    for number, station in zip(site, stations, strict=True):
        said = station.number("site_limit_w", limit[number])
        if np.isfinite(limit[number]) and said != limit[number]:
            raise ScenarioError(
                f"{station.file}: {station.id}: site_limit_w = {said:g}: contradicts the {limit[number]:g} W that "
                f"another station of site {list(sites)[number]!r} says"
            )
        limit[number] = said
    places = [areas.get(station.attributes.get("parkingArea", ""), station) for station in stations]
    spans = _spans(places, network)
    xy = _positions(places, network, spans)
    edge = _edges(places, network)
    return Chargers(
        ids=tuple(station.id for station in stations),
        sites=tuple(sites),
        x=xy[:, 0].copy(),
        y=xy[:, 1].copy(),
        edge=edge,
        site=np.array(site, np.int32),
        piles=_piles(stations, places, spans),
        power_w=np.array([station.number("power", 22000.0) for station in stations]),
        efficiency=np.array([station.number("efficiency", 0.95) for station in stations]),
        price_per_kwh=np.array([station.number("price_per_kwh", 0.0) for station in stations]),
        site_limit_w=limit,
        drives=FreeDrives(network, edge),
        occupied=np.zeros(len(stations), np.int32),
        reserved=np.zeros(len(stations), np.int32),
        connectors=tuple(station.parameters.get("connector", "") for station in stations),
        least_w=np.array([_least_w(station) for station in stations]),
    )


def _hours(park: _Element) -> Daily | None:
    """When a car park is open; None: always."""
    if (text := park.parameters.get("open")) is None:
        return None
    try:
        return hours_of(text)
    except ValueError as error:
        raise ScenarioError(f"{park.file}: {park.id}: open = {text!r}: {error}") from None


def _least_w(station: _Element) -> float:
    """The least that a station's piles can give, W."""
    phases = station.number("phases", -1.0) if "phases" in station.parameters else None
    volts, least_a = (
        station.number(name, 0.0) if name in station.parameters else None for name in ("volts", "min_current_a")
    )
    try:
        if phases is not None and phases != int(phases):
            raise ValueError(f"phases = {phases:g}: must be 1, 2 or 3")
        found = least_w(
            station.parameters.get("connector", ""), None if phases is None else int(phases), volts, least_a
        )
        if found > (most := station.number("power", 22000.0)):
            raise ValueError(f"power = {most:g}: must be at least the {found:g} W of its least current")
    except ValueError as error:
        raise ScenarioError(f"{station.file}: {station.id}: {error}") from None
    return found


def _elements(file: Path) -> Iterator[tuple[str, _Element]]:
    with open_unpacked(file) as stream:
        for _, node in ElementTree.iterparse(stream):
            if node.tag == "include":
                yield from _elements(file.parent / node.get("href", ""))
            if node.tag in ("parkingArea", "chargingStation"):
                yield (
                    node.tag,
                    _Element(
                        file,
                        dict(node.attrib),
                        {param.get("key", ""): param.get("value", "") for param in node.iter("param")},
                        [(float(space.get("x", "nan")), float(space.get("y", "nan"))) for space in node.iter("space")],
                    ),
                )
            if node.tag not in ("param", "space"):
                node.clear()


def _edges(elements: list[_Element], network: RoadNetwork) -> Ints:
    lanes = [network.lane_number[element.attributes["lane"]] for element in elements]
    return network.lane_edge[lanes].astype(np.int32) if lanes else np.empty(0, np.int32)


def _spans(elements: list[_Element], network: RoadNetwork) -> tuple[Doubles, Doubles, Doubles]:
    """Where elements begin and end on their lanes, and the lanes' lengths, m; SUMO counts below 0 from the end."""
    length = network.edge_length[_edges(elements, network)]
    start = np.array([element.number("startPos", 0.0) for element in elements])
    end = np.array([element.number("endPos", np.nan) for element in elements])
    end = np.where(np.isnan(end), length, end)
    return np.where(start >= 0.0, start, start + length), np.where(end >= 0.0, end, end + length), length


def _positions(elements: list[_Element], network: RoadNetwork, spans: tuple[Doubles, Doubles, Doubles]) -> Doubles:
    """The middle of each element's explicit spaces, or of its part of the lane: elements x 2, m. Lane by lane, as a
    city has many to a lane.
    """
    start, end, length = spans
    share = (start + end) / (2.0 * np.maximum(length, 1e-9))
    lanes = np.array([network.lane_number[element.attributes["lane"]] for element in elements], np.intp)
    by_lane = np.argsort(lanes, kind="stable")
    found = np.empty((len(elements), 2))
    for rows in np.split(by_lane, np.flatnonzero(np.diff(lanes[by_lane])) + 1):
        if len(rows):
            found[rows] = points_along(network.lane_shapes[lanes[rows[0]]], share[rows])
    for row, element in enumerate(elements):
        if element.spaces:
            found[row] = np.array(element.spaces).mean(axis=0)
    return found


def _capacity(area: _Element) -> int:
    """SUMO's own rule: the roadside capacity and every explicit space."""
    return int(area.number("roadsideCapacity", 0.0)) + len(area.spaces)


def _piles(stations: list[_Element], places: list[_Element], spans: tuple[Doubles, Doubles, Doubles]) -> Ints:
    """As many as their parking areas have room for; at the roadside as many vehicles as stand there on a lane."""
    start, end, _ = spans
    roadside = np.maximum(1, ((end - start) / VEHICLE_SPACE).astype(np.int32))
    pairs = zip(stations, places, roadside.tolist(), strict=True)
    return np.array([room if place is station else _capacity(place) for station, place, room in pairs], np.int32)
