"""The Chinese messages, as `build` has them: BSM, SPAT, RSM, RSI, MAP; each in its MessageFrame (YD/T 3709-2020)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wayside.edge.messages.build import Position, Said, said
from wayside.edge.messages.build_roads import minute_and_millisecond
from wayside.edge.messages.si import direction

_OFFSETS = (2**11, 2**13, 2**15, 2**17, 2**21, 2**23)  # 0.1 microdegree, exclusive
_STEP, _HEADING = 1e-7, 0.0125  # degrees


def _frame(kind: str, content: dict[str, Any]) -> Said:
    return said("MESSAGE_FRAME", (kind, content))


def _octets(station: int) -> bytes:
    """The 8 octets that a station's number makes."""
    return station.to_bytes(8, "big")


def offset(position: Position, reference: Position) -> tuple[str, dict[str, float]]:
    """A position relative to another in the shortest form that holds it (PositionOffsetLL)."""
    latitude, longitude = position[0] - reference[0], position[1] - reference[1]
    reach = max(abs(latitude), abs(longitude)) / _STEP + 1
    for k, most in enumerate(_OFFSETS):
        if reach < most:
            return (f"position-LL{k + 1}", {"lon": longitude, "lat": latitude})
    return ("position-LatLon", {"lon": position[1], "lat": position[0]})


def absolute(said: tuple[str, Mapping[str, float]], reference: Position) -> Position:
    """The position that a PositionOffsetLL relative to another says."""
    form, value = said
    if form == "position-LatLon":
        return value["lat"], value["lon"]
    return reference[0] + value["lat"], reference[1] + value["lon"]


def bsm(
    station: int,
    position: Position,
    time: float,
    *,
    count: int = 0,
    kind: int = 10,
    heading: float = 0.0,
    speed: float | None = None,
    length: float | None = None,
    width: float | None = None,
    acceleration: float | None = None,
    yaw_rate: float = 0.0,
    elevation: float | None = None,
    transmission: str = "unavailable",
) -> Said:
    """A vehicle's BSM. count: of the station's messages; kind: BasicVehicleClass; else as `build.cam`."""
    where: dict[str, Any] = {"lat": position[0], "long": position[1]}
    if elevation is not None:
        where["elevation"] = elevation
    return _frame(
        "bsmFrame",
        {
            "msgCnt": count % 128,
            "id": _octets(station),
            "secMark": minute_and_millisecond(time)[1] / 1000,
            "pos": where,
            "transmission": transmission,
            "speed": speed,
            "heading": direction(heading, _HEADING),
            "accelSet": {"long": acceleration, "lat": None, "vert": None, "yaw": -yaw_rate},  # clockwise here
            "brakes": {},
            "size": {"width": width, "length": length},
            "vehicleClass": {"classification": kind},
        },
    )


def spat(
    intersection: int,
    phases: Mapping[int, tuple[str, float | None, float | None]],
    time: float,
    *,
    region: int | None = None,
    count: int = 0,
) -> Said:
    """Phase -> (LightState, s from now until it ends at the earliest, and likely; None where not known)."""
    minute, millisecond = minute_and_millisecond(time)
    states = []
    for phase, (light, earliest, likely) in phases.items():
        timing: dict[str, Any] = {"startTime": 0.0, "likelyEndTime": likely}
        if earliest is not None:
            timing["minEndTime"] = earliest
        states.append({"id": phase, "phaseStates": [{"light": light, "timing": ("counting", timing)}]})
    node = {"id": intersection} if region is None else {"region": region, "id": intersection}
    content = {
        "intersectionId": node,
        "status": (),
        "moy": minute,
        "timeStamp": millisecond / 1000,
        "phases": states,
    }
    return _frame("spatFrame", {"msgCnt": count % 128, "intersections": [content]})


@dataclass(frozen=True)
class Participant:
    """A road user that a roadside unit sees. type: ParticipantType; source: SourceType; size: width, length [m]."""

    id: int
    position: Position
    heading: float = 0.0
    speed: float | None = None
    size: tuple[float | None, float | None] = (None, None)
    type: str = "motor"
    source: str = "video"


def rsm(unit: int, reference: Position, seen: Sequence[Participant], time: float, *, count: int = 0) -> Said:
    """The road users that a roadside unit sees, positions relative to a reference.

    T/CSAE 159, 7.2, wants the unit itself among them, as number 0 of type "rsu" and source "selfinfo".
    """
    millisecond = minute_and_millisecond(time)[1]
    participants = [
        {
            "ptcType": one.type,
            "ptcId": one.id,
            "source": one.source,
            "secMark": millisecond / 1000,
            "pos": {"offsetLL": offset(one.position, reference)},
            "posConfidence": {"pos": "unavailable"},
            "speed": one.speed,
            "heading": direction(one.heading, _HEADING),
            "size": {"width": one.size[0], "length": one.size[1]},
        }
        for one in seen
    ]
    where = {"lat": reference[0], "long": reference[1]}
    return _frame(
        "rsmFrame", {"msgCnt": count % 128, "id": _octets(unit), "refPos": where, "participants": participants}
    )


@dataclass(frozen=True)
class TrafficSign:
    """A traffic sign. type: of GB 5768.2; until, paths: as those of `TrafficEvent`."""

    id: int
    type: int
    position: Position
    description: str = ""
    until: float | None = None
    paths: Sequence[tuple[Sequence[Position], float]] = ()


@dataclass(frozen=True)
class TrafficEvent:
    """A traffic event. type: of GB/T 29100-2012, its class times 100 and its number in it (0: none is known); radius
    [m] within which it matters; until: when it ends [s since 1970, UTC], told in whole minutes; absolute: its place is
    sent in full, so that its size depends on no distance; paths: the ways on which it matters, as they are driven, each
    of 2 to 32 positions and so wide to either side [m].
    """

    id: int
    type: int
    position: Position
    radius: float | None = None
    description: str = ""
    until: float | None = None
    absolute: bool = False
    paths: Sequence[tuple[Sequence[Position], float]] = ()


def rsi(
    unit: int,
    reference: Position,
    time: float,
    *,
    events: Sequence[TrafficEvent] = (),
    signs: Sequence[TrafficSign] = (),
    source: str = "detection",
    count: int = 0,
) -> Said:
    """Events, and signs. Of those that end, the begin is `time`."""
    content: dict[str, Any] = {
        "msgCnt": count % 128,
        "moy": minute_and_millisecond(time)[0],
        "id": _octets(unit),
        "refPos": {"lat": reference[0], "long": reference[1]},
    }
    if events:
        content["rtes"] = [_event(event, reference, time, source) for event in events]
    if signs:
        content["rtss"] = [
            {"rtsId": sign.id, "signType": sign.type, "signPos": {"offsetLL": offset(sign.position, reference)}}
            | _more(sign, reference, time)
            for sign in signs
        ]
    return _frame("rsiFrame", content)


def _event(event: TrafficEvent, reference: Position, time: float, source: str) -> dict[str, Any]:
    where = offset(event.position, reference)
    if event.absolute:
        where = ("position-LatLon", {"lon": event.position[1], "lat": event.position[0]})
    found: dict[str, Any] = {
        "rteId": event.id,
        "eventType": event.type,
        "eventSource": source,
        "eventPos": {"offsetLL": where},
    }
    if event.radius is not None:
        found["eventRadius"] = event.radius
    return found | _more(event, reference, time)


def _more(said: TrafficEvent | TrafficSign, reference: Position, time: float) -> dict[str, Any]:
    """What events and signs say alike: a text, their time, the ways on which they matter."""
    found: dict[str, Any] = {}
    if said.description:
        found["description"] = ("textString", said.description)
    if said.until is not None:
        minutes = minute_and_millisecond(time)[0], minute_and_millisecond(math.ceil(said.until / 60.0) * 60.0)[0]
        found["timeDetails"] = dict(zip(("startTime", "endTime"), minutes, strict=True))
    if said.paths:
        found["referencePaths"] = reference_paths(said.paths, reference)
    return found


def reference_paths(paths: Sequence[tuple[Sequence[Position], float]], reference: Position) -> list[dict[str, Any]]:
    """Ways as they are driven, each with how wide it is to either side [m] (ReferencePathList)."""
    return [
        {"activePath": [{"offsetLL": offset(point, reference)} for point in points], "pathRadius": radius}
        for points, radius in paths
    ]


NodeId = int | tuple[int, int]  # a node's number, or its region's and its own


def _node_id(node: NodeId) -> dict[str, int]:
    return {"id": node} if isinstance(node, int) else {"region": node[0], "id": node[1]}


@dataclass(frozen=True)
class Way:
    """Across a junction: to the road that leads to the node `to`, onto its lane, by a signal phase; how one turns."""

    to: NodeId
    lane: int | None = None
    phase: int | None = None
    maneuvers: Sequence[str] = ()


@dataclass(frozen=True)
class RoadLane:
    """A lane of a road, numbered from 1 at the left: its middle from begin to end, and its ways across the junction.

    maneuvers: bits of AllowedManeuvers; kind: of LaneTypeAttributes, with its bits; shared: bits of LaneSharing.
    """

    id: int
    points: Sequence[Position]
    width: float
    ways: Sequence[Way] = ()
    maneuvers: Sequence[str] = ()
    kind: tuple[str, Sequence[str]] = ("vehicle", ())
    shared: Sequence[str] = ()
    limit: float | None = None  # m/s


@dataclass(frozen=True)
class MapRoad:
    """A road (Link) from a node to the one that it is listed at, with its lanes and its ways on."""

    upstream: NodeId
    lanes: Sequence[RoadLane]
    ways: Sequence[Way] = ()
    points: Sequence[Position] = ()

    @property
    def width(self) -> float:
        """m, of all lanes."""
        return sum(lane.width for lane in self.lanes)


def map_data(nodes: Mapping[NodeId, tuple[Position, Sequence[MapRoad]]], time: float, *, count: int = 0) -> Said:
    """A map: nodes with their positions and the roads that lead to each."""
    content = {
        "msgCnt": count % 128,
        "timeStamp": minute_and_millisecond(time)[0],
        "nodes": [
            {"id": _node_id(node), "refPos": {"lat": where[0], "long": where[1]}}
            | ({"inLinks": [_road(road, where) for road in roads]} if roads else {})
            for node, (where, roads) in nodes.items()
        ],
    }
    return _frame("mapFrame", content)


def _points(points: Sequence[Position], reference: Position) -> list[dict[str, Any]]:
    return [{"posOffset": {"offsetLL": offset(point, reference)}} for point in points]


def _road(road: MapRoad, reference: Position) -> dict[str, Any]:
    found: dict[str, Any] = {"upstreamNodeId": _node_id(road.upstream), "linkWidth": road.width}
    if road.points:
        found["points"] = _points(road.points, reference)
    if road.ways:
        found["movements"] = [
            {"remoteIntersection": _node_id(way.to)} | ({} if way.phase is None else {"phaseId": way.phase})
            for way in road.ways
        ]
    return found | {"lanes": [_lane(lane, reference) for lane in road.lanes]}


def _lane(lane: RoadLane, reference: Position) -> dict[str, Any]:
    attributes: dict[str, Any] = {"shareWith": tuple(lane.shared)} if lane.shared else {}
    attributes["laneType"] = (lane.kind[0], tuple(lane.kind[1]))
    found: dict[str, Any] = {"laneID": lane.id, "laneWidth": lane.width, "laneAttributes": attributes}
    if lane.maneuvers:
        found["maneuvers"] = tuple(lane.maneuvers)
    if lane.ways:
        found["connectsTo"] = [_way(way) for way in lane.ways]
    if lane.limit is not None:
        found["speedLimits"] = [{"type": "vehicleMaxSpeed", "speed": lane.limit}]
    return found | ({"points": _points(lane.points, reference)} if lane.points else {})


def _way(way: Way) -> dict[str, Any]:
    found: dict[str, Any] = {"remoteIntersection": _node_id(way.to)}
    if way.lane is not None:
        lane: dict[str, Any] = {"lane": way.lane}
        found["connectingLane"] = lane | ({"maneuver": tuple(way.maneuvers)} if way.maneuvers else {})
    return found | ({} if way.phase is None else {"phaseId": way.phase})
