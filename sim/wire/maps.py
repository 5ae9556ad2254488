"""The lanes of junctions, as MAPEM or as a Chinese MAP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, Final

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.messages import Mapem, build, build_csae, build_roads, local
from wayside.edge.messages.build import Said
from wayside.edge.messages.build_roads import Lane
from wayside.edge.messages.catalogue import message as schema
from wayside.edge.messages.kinds import BroadcastCodec, Form, Id, Kind, Place, Utterance
from wayside.edge.messages.octets import Octets
from wayside.edge.net import btp, dsmp
from wayside.ext.arrays import Doubles, Ints, Longs
from wayside.sim.wire.junctions import Junction
from wayside.sim.wire.lights import MOST_SDU, Lights
from wayside.sim.wire.places import place_of

_MOST: Final = MOST_SDU - btp.SIZE  # octets of a MAPEM
_ANY: Final = 11  # a LayerID: all take the same room
_STATION: Final = slice(2, 6)  # octets of a MAPEM: its header begins with version and kind, one each
_MOST_READ: Final = 4096  # maps of which it is remembered what they tell
_NOWHERE: Final = (np.nan, np.nan)
_TICKS: Final = 10.0  # of 100 ms in a second: MAP's count goes up with each


@dataclass(frozen=True, eq=False)
class Movements:
    """The ways across an intersection that a map tells, an entry for each: from the stop line at the end of a lane, by
    a signal group (0: none).

    place: of the intersection (`places.place_of`); stop, onto: N x 2, where the lane ends and where the one that it
    leads to begins [m], NaN where the map has no such lane; turn: the manoeuvres that are allowed on it; lane, to: the
    numbers of the two lanes, 0 where the map does not number all of its lanes; station: who says it, -1 where the map
    does not tell.
    """

    place: int
    stop: Doubles
    onto: Doubles
    turn: tuple[tuple[str, ...], ...]
    group: Longs
    lane: Longs
    to: Longs
    station: int = -1


class Maps(BroadcastCodec):
    """Made when they are first asked for. Of a light that controls no lanes of the net, they say nothing.

    A MAPEM is the same whenever it is said; the lanes of a junction that is too big for one are divided among several,
    its layers. A MAP has its own number and the minute.
    """

    def __init__(self, city: Lights) -> None:
        self._city = city
        self._etsi = city.family == "etsi"
        self._layers: dict[int, list[list[Lane]]] = {}  # by light
        self._mapems: dict[Mapem, bytes] = {}  # of station 0
        self._maps: dict[int, Said] = {}  # by light
        self._read: dict[tuple[int, bytes], Movements] = {}  # by all of their octets that the time does not change

    def parts(self, message: Mapem) -> list[Mapem]:
        """The messages that have a light's lanes: one, or those of its layers where one would be too long.

        More layers than can be numbered are none: then the message is whole, and too long.
        """
        light = message.light
        if not self._etsi:
            return [message]
        if light not in self._layers:
            junction = self._city.junctions[light]
            whole = len(self._of_station_0(message)) <= _MOST
            self._layers[light] = [list(junction.lanes)] if whole else _divided(junction)
        count = len(self._layers[light])
        if count == 1 or count > build_roads.MOST_LAYERS:
            return [message]
        return [Mapem(light, build_roads.layer_id(k, count)) for k in range(1, count + 1)]

    def encode(self, unit: int, message: Mapem, time: float) -> bytes:
        """What a unit says of a light's junction at a time [s]."""
        if not self._etsi:
            return self._map(self._city.junctions[message.light], time)
        octets = self._of_station_0(message)
        return octets[: _STATION.start] + self._city.station(unit).to_bytes(4, "big") + octets[_STATION.stop :]

    def _of_station_0(self, message: Mapem) -> bytes:
        if message not in self._mapems:
            junction = self._city.junctions[message.light]
            lanes = self._layers[message.light][message.layer % 10 - 1] if message.layer else junction.lanes
            said = _mapem(junction, lanes, message.layer)
            if not junction.lanes:
                del said.value["map"]["intersections"]
            self._mapems[message] = said.encode()
        return self._mapems[message]

    def say(self, unit: int, message: Mapem, time: float, before: Utterance | None = None) -> Utterance:
        """A MAPEM with its octets, a MAP without."""
        octets = self.encode(unit, message, time)
        return Utterance(message, octets if self._etsi else None, len(octets))

    def repeat(self, units: Ints, messages: Sequence[Mapem], time: float) -> Octets:
        """MAPs of a moment."""
        return Octets.of([self.encode(u, message, time) for u, message in zip(units.tolist(), messages, strict=True)])

    def _map(self, junction: Junction, time: float) -> bytes:
        if junction.number not in self._maps:
            nodes: dict[build_csae.NodeId, Any] = {junction.node: (junction.reference, junction.roads)}
            self._maps[junction.number] = build_csae.map_data(nodes, self._city.epoch)
        said = self._maps[junction.number]
        minute, _ = build_roads.minute_and_millisecond(self._city.epoch + time)
        content: dict[str, Any] = said.value[1]
        content |= {"msgCnt": round(time * _TICKS) % 128, "timeStamp": minute}
        return said.encode()

    def decode(self, octets: bytes) -> Mapem:
        """The light that a map is of, and which layer. DecodeError where the octets are no map of one intersection."""
        if self._etsi:
            map_ = build.decode("MAPEM", octets).value["map"]
            intersections = map_.get("intersections", ())
            if len(intersections) != 1:
                raise DecodeError(f"MAPEM: of {len(intersections)} intersections: must be of one")
            (intersection,) = intersections
            return Mapem(intersection["id"].get("region", 0) << 16 | intersection["id"]["id"], map_.get("layerID", 0))
        kind, content = build.decode("MESSAGE_FRAME", octets).value
        if kind != "mapFrame":
            raise DecodeError(f"MESSAGE_FRAME: is a {kind}: must be a mapFrame")
        node = content["nodes"][0]["id"]
        return Mapem(node.get("region", 0) << 16 | node["id"])

    def read(self, octets: Octets, time: float) -> list[Movements]:
        """What each of them tells; those that are said again are the same object."""
        return [self._movements(octets.one(k)) for k in range(len(octets.offsets) - 1)]

    def _movements(self, octets: bytes) -> Movements:
        begin = int.from_bytes(octets[:8], "big") & (-1 if self._etsi else ~_when())
        key = begin, octets[8:]
        if key not in self._read:
            if len(self._read) >= _MOST_READ:
                self._read.clear()
            self._read[key] = (_of_mapem if self._etsi else _of_map)(octets, self._city.place)
        return self._read[key]

    def describe(self, message: Mapem) -> dict[str, Any]:
        """For people."""
        return {"light": f"light/{message.light}"} | ({"layer": message.layer} if message.layer else {})


@cache
def _when() -> int:
    """Where count and time stand in the first 8 octets of a MAP."""
    node = {"id": {"id": 0}, "refPos": {"lat": 0, "long": 0}}

    def first(count: int, minute: int) -> int:
        content = {"msgCnt": count, "timeStamp": minute, "nodes": [node]}
        return int.from_bytes(schema("MESSAGE_FRAME").encode(("mapFrame", content))[:8], "big")

    none = first(0, 0)
    return (first(127, 0) | first(0, (1 << 19) - 1) | first(0, 1 << 19)) ^ none


def _of_mapem(octets: bytes, place: Place) -> Movements:
    """Of one intersection; a way onto a lane that this message does not have leads nowhere."""
    said = build.decode("MAPEM", octets).si
    intersections = said["map"].get("intersections", ())
    ways: list[tuple[Any, Any, tuple[str, ...], int, int, int]] = []
    number = 0
    for intersection in intersections[:1]:
        reference = intersection["refPoint"]["lat"], intersection["refPoint"]["long"]
        number = int(place_of(intersection["id"].get("region", 0), intersection["id"]["id"]))
        lanes = {lane["laneID"]: lane for lane in intersection["laneSet"]}
        ends = {id: _first_node(lane, reference, place) for id, lane in lanes.items() if lane["nodeList"][0] == "nodes"}
        for id, lane in lanes.items():
            if "ingressPath" in lane["laneAttributes"]["directionalUse"] and id in ends:
                for way in lane.get("connectsTo", ()):
                    onto, turn = way["connectingLane"]["lane"], way["connectingLane"].get("maneuver", ())
                    ways.append((ends[id], ends.get(onto, _NOWHERE), tuple(turn), way.get("signalGroup", 0), id, onto))
    return _gathered(number, ways, said["header"]["stationID"])


def _first_node(lane: Any, reference: local.Position, place: Place) -> tuple[float, float]:
    """Where a lane of a MAPEM begins or ends at the junction [m]."""
    kind, step = lane["nodeList"][1][0]["delta"]
    where = (step["lat"], step["lon"]) if kind == "node-LatLon" else local.degrees(reference, step["x"], step["y"])
    x, y = place.metres(*(np.array([of], np.float64) for of in where))
    return float(x[0]), float(y[0])


def _of_map(octets: bytes, place: Place) -> Movements:
    """Of the first node that roads lead to: these tell lanes up to their ends, and of where they lead to no more than a
    node and a lane's number.
    """
    _, content = build.decode("MESSAGE_FRAME", octets).si
    ways: list[tuple[Any, Any, tuple[str, ...], int, int, int]] = []
    number = 0
    for node in [node for node in content["nodes"] if node.get("inLinks")][:1]:
        number = int(place_of(node["id"].get("region", 0), node["id"]["id"]))
        reference = node["refPos"]["lat"], node["refPos"]["long"]
        for lane in (lane for road in node["inLinks"] for lane in road["lanes"] if lane.get("points")):
            kind, step = lane["points"][-1]["posOffset"]["offsetLL"]
            near = (0.0, 0.0) if kind == "position-LatLon" else reference
            x, y = place.metres(np.array([near[0] + step["lat"]]), np.array([near[1] + step["lon"]]))
            for way in lane.get("connectsTo", ()):
                turn = way.get("connectingLane", {}).get("maneuver", lane.get("maneuvers", ()))
                ways.append(((float(x[0]), float(y[0])), _NOWHERE, tuple(turn), way.get("phaseId", 0), 0, 0))
    return _gathered(number, ways)


def _gathered(
    number: int, ways: Sequence[tuple[Any, Any, tuple[str, ...], int, int, int]], station: int = -1
) -> Movements:
    stop, onto = (np.array([way[k] for way in ways], np.float64).reshape(-1, 2) for k in (0, 1))
    group, lane, to = (np.array([way[k] for way in ways], np.int64) for k in (3, 4, 5))
    return Movements(number, stop, onto, tuple(way[2] for way in ways), group, lane, to, station)


def _mapem(junction: Junction, lanes: Sequence[Lane], layer: int = 0) -> Said:
    region, number = junction.node
    return build_roads.mapem(
        0, number, junction.reference, lanes, region=region, width=junction.width, layer=layer, limit=junction.limit
    )


def _divided(junction: Junction) -> list[list[Lane]]:
    """A junction's lanes in as few layers as take them in their order, an approach undivided where a layer takes it."""
    approaches = [list(lanes) for _, lanes in groupby(junction.lanes, lambda lane: (lane.ingress, lane.approach))]

    def fits(lanes: Sequence[Lane]) -> bool:
        return len(_mapem(junction, lanes, _ANY).encode()) <= _MOST

    layers: list[list[Lane]] = [[]]
    for lanes in approaches:
        for piece in [lanes] if fits(lanes) else [[lane] for lane in lanes]:
            if layers[-1] and not fits(layers[-1] + piece):
                layers.append([])
            layers[-1] += piece
    return layers


MAPEM: Final = Kind(
    Mapem,
    Maps,
    Form("mapem", "MAPEM", Id(5), btp.PORTS["MAPEM"]),
    Form("map", "MESSAGE_FRAME", Id(1, framed=True), dsmp.AIDS["MAP"]),
    routine=True,
)
