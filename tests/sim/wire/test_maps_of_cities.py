"""MAPEMs of every signalled junction of two cities, read by pycrate and held against what sumolib reads in the net."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyproj
import pytest
import sumolib

from tests.conftest import ROOT, SHARED
from tests.sim.wire.cities import EPOCH
from tests.sim.wire.test_units import pycrates
from wayside.edge.messages import Mapem
from wayside.ext.arrays import Doubles
from wayside.sim.sumo.network import read_network
from wayside.sim.wire.junctions import read_junctions
from wayside.sim.wire.table import kinds_of
from wayside.sim.wire.units import UnitMessages
from wayside.sim.world import Signals
from wayside.sim.world.geo import Projection

BOLOGNA = SHARED / "data" / "bologna-acosta"
NETS = {
    "lingang": (ROOT / "scenarios" / "lingang" / "lingang.net.xml.gz", ()),
    "bologna": (BOLOGNA / "acosta_buslanes.net.xml", (BOLOGNA / "acosta_tls.add.xml",)),
}
ORIGIN = (30.9, 121.9)  # of a net that is nowhere
WITHIN = 0.5  # m
REACH = 200.0  # m of a lane that are told
BITS = {"s": 0, "l": 1, "r": 2, "t": 3}  # AllowedManeuvers of ISO TS 19091, the first at the left
GEOD = pyproj.Geod(ellps="WGS84")

Lane = tuple[str, int]


@dataclass
class Truth:
    """What sumolib says of a light. lanes: those towards it and away from it, from the junction outwards, with their
    limits [m/s]; ways: (from, to) -> how it turns, and what its link shows in all phases of all programs.
    """

    shapes: dict[str, Doubles]
    limits: dict[str, float]
    ways: dict[tuple[str, str], tuple[str, str]]


@cache
def truths(name: str) -> dict[str, Truth]:
    path, additional = NETS[name]
    net = sumolib.net.readNet(str(path), withPrograms=True)
    states: dict[str, list[str]] = {}
    for light in net.getTrafficLights():
        states[light.getID()] = [p.state for program in light.getPrograms().values() for p in program.getPhases()]
    for file in additional:
        for logic in ElementTree.parse(file).iter("tlLogic"):
            states[logic.attrib["id"]] += [phase.attrib["state"] for phase in logic.iter("phase")]
    found = {}
    for light in net.getTrafficLights():
        truth = Truth({}, {}, {})
        for start, end, link in light.getConnections():
            shown = "".join(state[link] for state in states[light.getID()])
            (way,) = (one for one in start.getOutgoing() if one.getToLane() is end and one.getTLSID())
            assert (start.getID(), end.getID()) not in truth.ways
            truth.ways[start.getID(), end.getID()] = way.getDirection(), shown
            # What leads from one junction of a light to another is told as a lane towards it.
            truth.shapes[end.getID()] = np.array(end.getShape())
            truth.limits |= {lane.getID(): lane.getSpeed() for lane in (start, end)}
        for start, _ in truth.ways:
            truth.shapes[start] = np.array(net.getLane(start).getShape()[::-1])
        found[light.getID()] = truth
    return found


@cache
def maps(name: str) -> dict[str, list[Any]]:
    """By light, its MAPEMs as pycrate reads them."""
    path, additional = NETS[name]
    network = read_network(path)
    place = Projection.of_net(path, ORIGIN)
    lights = sorted(truths(name))
    links = [1 + max(int(n) for n, l in zip(*_links(network, light), strict=True)) for light in lights]  # noqa: E741
    signals = Signals(lights, links)
    junctions = read_junctions(network, signals, place, additional)
    none = np.zeros(1)
    said = UnitMessages(kinds_of([], "etsi"), EPOCH, place, none, none, signals, junctions)
    return {
        id: [
            pycrates("MAPEM", said.broadcasts(np.zeros(1, np.int32), [said.say(0, part, 0.0)], 0.0).one(0))
            for part in said.parts(Mapem(light))
        ]
        for light, id in enumerate(lights)
    }


def _links(network: Any, light: str) -> tuple[list[int], list[int]]:
    controls = network.controls
    mine = np.flatnonzero(controls.light == controls.lights.index(light))
    return controls.number[mine].tolist(), mine.tolist()


@cache
def metres(name: str) -> Callable[[float, float], tuple[float, float]]:
    """Longitude and latitude in the net's coordinates, by PROJ alone."""
    path, _ = NETS[name]
    net = sumolib.net.readNet(str(path))
    if net.hasGeoProj():
        return net.convertLonLat2XY
    plane = f"+proj=tmerc +lat_0={ORIGIN[0]} +lon_0={ORIGIN[1]} +k=1 +ellps=WGS84 +units=m"
    return pyproj.Proj(plane)


def nodes(lane: Any, reference: Any, xy: Callable[[float, float], tuple[float, float]]) -> Doubles:
    """A told lane's points in the net's coordinates, from the junction outwards."""
    longitude, latitude = reference["long"] / 1e7, reference["lat"] / 1e7
    east = north = 0.0
    points = []
    for node in lane["nodeList"][1]:
        kind, delta = node["delta"]
        if kind == "node-LatLon":
            azimuth, _, far = GEOD.inv(longitude, latitude, delta["lon"] / 1e7, delta["lat"] / 1e7)
            east, north = far * np.sin(np.radians(azimuth)), far * np.cos(np.radians(azimuth))
        else:
            east, north = east + delta["x"] / 100.0, north + delta["y"] / 100.0
        lon, lat, _ = GEOD.fwd(longitude, latitude, np.degrees(np.arctan2(east, north)), np.hypot(east, north))
        points.append(xy(lon, lat))
    return np.array(points)


def apart(one: Doubles, other: Doubles) -> float:
    """How far a line goes from another at most [m], looked at every half metre."""
    steps = np.hypot(*np.diff(one, axis=0).T)
    along = np.concatenate(([0.0], steps.cumsum()))
    at = np.append(np.arange(0.0, min(along[-1], REACH), 0.5), min(along[-1], REACH))
    points = np.column_stack([np.interp(at, along, one[:, k]) for k in (0, 1)])
    start, way = other[:-1], np.diff(other, axis=0)
    part = ((points[:, None] - start) * way).sum(axis=2) / np.maximum((way**2).sum(axis=1), 1e-12)
    near = start + np.clip(part, 0.0, 1.0)[:, :, None] * way
    return float(np.hypot(*np.moveaxis(points[:, None] - near, 2, 0)).min(axis=1).max())


def maneuver(value: tuple[int, int]) -> set[int]:
    bits, size = value
    return {k for k in range(size) if bits >> (size - 1 - k) & 1}


def limit_of(limits: Any) -> float:
    ((kind, speed),) = ((one["type"], one["speed"]) for one in limits)
    assert kind == "vehicleMaxSpeed"
    return float(speed) * 0.02


def wrong(name: str, light: str, said: list[Any]) -> set[str]:
    """What a light's MAPEMs say that is not so."""
    truth, xy = truths(name)[light], metres(name)
    found: set[str] = set()
    lanes: dict[int, Any] = {}
    usual = None
    for one in said:
        (intersection,) = one["map"]["intersections"]
        usual = limit_of(intersection["speedLimits"])
        for lane in intersection["laneSet"]:
            found |= {"a lane twice"} if lane["laneID"] in lanes else set()
            lanes[lane["laneID"]] = lane, nodes(lane, intersection["refPoint"], xy)
    ids: dict[int, str] = {}
    inwards = {start for start, _ in truth.ways}
    for number, (lane, points) in lanes.items():
        ingress = "ingressApproach" in lane
        alike = [id for id in truth.shapes if (id in inwards) == ingress]
        id = min(alike, key=lambda id: float(np.hypot(*(truth.shapes[id][0] - points[0]))))
        ids[number] = id
        shape = truth.shapes[id]
        if np.hypot(*(shape[0] - points[0])) > WITHIN or max(apart(shape, points), apart(points, shape)) > WITHIN:
            found.add("a lane's place")
        attributes = lane["nodeList"][1][0].get("attributes")
        limit = limit_of(attributes["data"][0][1]) if attributes else usual
        assert limit is not None
        if abs(limit - min(truth.limits[id], 163.8)) > 0.011:
            found.add("a speed limit")
    if sorted(ids.values()) != sorted(truth.shapes):
        found.add("the lanes")
    told: list[tuple[str, str]] = []
    group_of: dict[int, set[str]] = {}
    groups: dict[str, set[int]] = {}
    for number, (lane, _) in lanes.items():
        turns: set[int] = set()
        for way in lane.get("connectsTo", ()):
            both = ids[number], ids[way["connectingLane"]["lane"]]
            told.append(both)
            if both not in truth.ways:
                continue
            direction, shown = truth.ways[both]
            turns.add(BITS[direction.lower()])
            if maneuver(way["connectingLane"]["maneuver"]) != {BITS[direction.lower()]}:
                found.add("a manoeuvre")
            group_of.setdefault(way["signalGroup"], set()).add(shown)
            groups.setdefault(shown, set()).add(way["signalGroup"])
        if turns and maneuver(lane["maneuvers"]) != turns:
            found.add("a lane's manoeuvres")
    if sorted(told) != sorted(truth.ways):
        found.add("the movements")
    if any(len(one) != 1 for one in (*group_of.values(), *groups.values())):
        found.add("the signal groups")
    return found


@pytest.mark.parametrize("name", NETS)
def test_every_junction_is_as_sumo_has_it(name: str) -> None:
    if not NETS[name][0].exists():
        pytest.skip("../shared is not there")
    said = maps(name)
    assert len(said) == len(truths(name)) == {"lingang": 60, "bologna": 7}[name]
    assert {light: found for light, one in said.items() if (found := wrong(name, light, one))} == {}


def _first(said: list[Any]) -> Any:
    (intersection,) = said[0]["map"]["intersections"]
    return next(lane for lane in intersection["laneSet"] if len(lane.get("connectsTo", ())) > 1)


def _shift(said: list[Any]) -> None:
    _first(said)["nodeList"][1][0]["delta"][1]["x"] += 60


def _turn(said: list[Any]) -> None:
    _first(said)["nodeList"][1][-1]["delta"][1]["y"] += 80


def _drop(said: list[Any]) -> None:
    del _first(said)["connectsTo"][0]


def _again(said: list[Any]) -> None:
    lane = _first(said)
    lane["connectsTo"].append(copy.deepcopy(lane["connectsTo"][0]))


def _group(said: list[Any]) -> None:
    _first(said)["connectsTo"][0]["signalGroup"] = 200


def _merged(said: list[Any]) -> None:
    """Two lights' groups told as one."""
    for one in said:
        for lane in one["map"]["intersections"][0]["laneSet"]:
            for way in lane.get("connectsTo", ()):
                way["signalGroup"] = 1


def _maneuver(said: list[Any]) -> None:
    lane = _first(said)["connectsTo"][0]["connectingLane"]
    bits, size = lane["maneuver"]
    lane["maneuver"] = bits ^ 1 << size - 4, size


def _limit(said: list[Any]) -> None:
    said[0]["map"]["intersections"][0]["speedLimits"][0]["speed"] += 50


PLANTED = {
    "a lane's place": (_shift, _turn),
    "the movements": (_drop, _again),
    "the signal groups": (_group, _merged),
    "a manoeuvre": (_maneuver,),
    "a speed limit": (_limit,),
}


@pytest.mark.parametrize(("what", "plant"), [(what, plant) for what, plants in PLANTED.items() for plant in plants])
def test_a_planted_error_is_found(what: str, plant: Callable[[list[Any]], None]) -> None:
    light = max(truths("lingang"), key=lambda id: len(truths("lingang")[id].ways))
    said = copy.deepcopy(maps("lingang")[light])
    assert wrong("lingang", light, said) == set()
    plant(said)
    assert what in wrong("lingang", light, said)
