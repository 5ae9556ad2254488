"""ETSI's messages of roads, as `build` has them: signals, maps, priority, perceived objects; and the VAM."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from wayside.edge.messages import local
from wayside.edge.messages.build import Position, Said, header, reference_position, said
from wayside.edge.messages.si import direction, timestamp_its

Point = tuple[float, float]  # east, north, m

_NODE_XY = ((5.11, "node-XY1"), (10.23, "node-XY2"), (20.47, "node-XY3"), (40.95, "node-XY4"), (81.91, "node-XY5"))
_NODE_XY_LONGEST, _LONGEST = "node-XY6", 327.0  # m; a longer way is divided
MOST_LAYERS = 9  # of a junction
FASTEST = 163.8  # m/s: a higher limit is said as this (Velocity)
_HOUR = 3600.0
_MARKS = 36000  # TimeMark, of an hour
_OLDEST = 1.5  # s; objectAge of TS 103 324 says no more


def minute_and_millisecond(time: float) -> tuple[int, int]:
    """The minute of the year and the millisecond in it of a time [s since 1970, UTC] (MinuteOfTheYear, DSecond)."""
    milliseconds = round(time * 1000)  # first of all: what is rounded up may be in the next year
    year = datetime(datetime.fromtimestamp(milliseconds / 1000, UTC).year, 1, 1, tzinfo=UTC).timestamp()
    minute, millisecond = divmod(milliseconds - round(year * 1000), 60_000)
    return minute, millisecond


def time_mark(time: float | None, now: float) -> float | str | None:
    """A time [s since 1970, UTC] as what TimeMark counts, s of the hour; None where it is not known.

    What is an hour or more away is "later" (DE_TimeMark of SAE J2735), whose value the last mark must not round to.
    """
    if time is None:
        return None
    return "later" if time - now >= _HOUR else round(time * 10) % _MARKS / 10


def node(x: float, y: float) -> tuple[str, dict[str, float]]:
    """A step between nodes [m east and north, at most 327] in the shortest form that holds it (NodeOffsetPointXY)."""
    reach = max(abs(x), abs(y))
    name = next((name for most, name in _NODE_XY if reach <= most), _NODE_XY_LONGEST)
    return (name, {"x": x, "y": y})


@dataclass(frozen=True)
class Light:
    """What a signal group shows (MovementPhaseState), and the times when that ends [s since 1970, UTC]."""

    state: str
    earliest: float | None = None
    latest: float | None = None
    likely: float | None = None


def spatem(
    station: int,
    intersection: int,
    lights: Mapping[int, Light],
    time: float,
    *,
    region: int | None = None,
    revision: int = 0,
    status: Iterable[str] = (),
) -> Said:
    """The lights of a junction by signal group (TS 103 301); status: bits of IntersectionStatusObject."""
    minute, millisecond = minute_and_millisecond(time)
    states = []
    for group, light in lights.items():
        event: dict[str, Any] = {"eventState": light.state}
        if (light.earliest, light.latest, light.likely) != (None, None, None):
            event["timing"] = {"minEndTime": time_mark(light.earliest, time)}
            event["timing"] |= {"maxEndTime": time_mark(light.latest, time)} if light.latest is not None else {}
            event["timing"] |= {"likelyTime": time_mark(light.likely, time)} if light.likely is not None else {}
        states.append({"signalGroup": group, "state-time-speed": [event]})
    content = {
        "id": _identity(intersection, region),
        "revision": revision,
        "status": tuple(status),
        "moy": minute,
        "timeStamp": millisecond / 1000,
        "states": states,
    }
    return said("SPATEM", {"header": header(4, station), "spat": {"intersections": [content]}})


def _identity(intersection: int, region: int | None) -> dict[str, int]:
    return {"id": intersection} if region is None else {"region": region, "id": intersection}


@dataclass(frozen=True)
class Lane:
    """A lane of a junction.

    nodes: points [m east and north of the reference point], from the stop line outwards; approach: the number of its
    approach; ingress: whether it leads to the junction; connects: (lane, signal group) that it leads to, None for no
    light, and if need be the bits of AllowedManeuvers on this way; maneuvers: those of all ways; kind: of
    LaneTypeAttributes, with its bits; shared: bits of LaneSharing; limit: of speed [m/s], None for that of all.
    """

    id: int
    nodes: Sequence[Point]
    approach: int
    ingress: bool = True
    connects: Sequence[tuple[int, int | None] | tuple[int, int | None, Iterable[str]]] = ()
    maneuvers: Iterable[str] = ()
    kind: tuple[str, Iterable[str]] = ("vehicle", ())
    shared: Iterable[str] = ()
    limit: float | None = None


def mapem(
    station: int,
    intersection: int,
    position: Position,
    lanes: Sequence[Lane],
    *,
    region: int | None = None,
    revision: int = 0,
    width: float = 3.5,
    layer: int = 0,
    limit: float | None = None,
) -> Said:
    """The lanes of a junction (TS 103 301); width [m] of all of them; limit: of those that have no other [m/s]; layer:
    see `layer_id`, 0 where these are all.
    """
    content = {
        "id": _identity(intersection, region),
        "revision": revision,
        "refPoint": {"lat": position[0], "long": position[1]},
        "laneWidth": width,
        **({} if limit is None else {"speedLimits": _limits(limit)}),
        "laneSet": [_lane(lane, position) for lane in lanes],
    }
    of = {"layerType": "intersectionData", "layerID": layer} if layer else {}
    said_of_all = {"msgIssueRevision": revision} | of | {"intersections": [content]}
    return said("MAPEM", {"header": header(5, station), "map": said_of_all})


def layer_id(number: int, of: int) -> int:
    """The LayerID of a MAPEM that has some of a junction's lanes: the tens say how many such there are, the ones which
    of them it is, from 1. ValueError for more than `MOST_LAYERS`.

    SAE J2735 (DE_LayerID) has it tell the layers of one intersection apart, and leaves open how.
    """
    if not 1 <= number <= of <= MOST_LAYERS:
        raise ValueError(f"layer {number} of {of}: must be of at most {MOST_LAYERS}")
    return 10 * of + number


def joined(parts: Iterable[Said]) -> dict[str, Any] | None:
    """The intersection of MAPEMs that have its lanes by layers, in any order, repeated or not: as the standard has it
    (`Said.value`), its lanes by their numbers. None while a layer is missing.

    ValueError where they are of different stations, intersections or revisions, or divided in different ways.
    """
    found: dict[int, dict[str, Any]] = {}
    whole: set[tuple[Any, ...]] = set()
    for part in parts:
        map_ = part.value["map"]
        (intersection,) = map_["intersections"]
        layer = map_.get("layerID", 0)
        identity = intersection["id"]
        of = (part.value["header"]["stationID"], identity.get("region"), identity["id"], intersection["revision"])
        whole.add((*of, layer // 10))
        found[layer % 10] = intersection
    if not found:
        return None
    if len(whole) > 1:
        raise ValueError("MAPEMs of different stations, intersections or revisions, or divided in different ways")
    count = next(iter(whole))[-1]
    if set(found) != (set(range(1, count + 1)) if count else {0}):
        return None
    lanes = {lane["laneID"]: lane for layer in sorted(found) for lane in found[layer]["laneSet"]}
    return {**found[min(found)], "laneSet": [lanes[number] for number in sorted(lanes)]}


def _lane(lane: Lane, reference: Position) -> dict[str, Any]:
    found: dict[str, Any] = {
        "laneID": lane.id,
        "ingressApproach" if lane.ingress else "egressApproach": lane.approach,
        "laneAttributes": {
            "directionalUse": ("ingressPath",) if lane.ingress else ("egressPath",),
            "sharedWith": tuple(lane.shared),
            "laneType": (lane.kind[0], tuple(lane.kind[1])),
        },
    }
    if lane.maneuvers:
        found["maneuvers"] = tuple(lane.maneuvers)
    nodes: list[dict[str, Any]] = [{"delta": step} for step in _steps(lane.nodes, reference)]
    if lane.limit is not None:  # from the stop line outwards
        nodes[0]["attributes"] = {"data": [("speedLimits", _limits(lane.limit))]}
    found["nodeList"] = ("nodes", nodes)
    if lane.connects:
        found["connectsTo"] = [_connection(*way) for way in lane.connects]
    return found


def _limits(speed: float) -> list[dict[str, Any]]:
    return [{"type": "vehicleMaxSpeed", "speed": min(speed, FASTEST)}]


def _connection(to: int, group: int | None, maneuvers: Iterable[str] = ()) -> dict[str, Any]:
    lane: dict[str, Any] = {"lane": to}
    if maneuvers:
        lane["maneuver"] = tuple(maneuvers)
    return {"connectingLane": lane} | ({} if group is None else {"signalGroup": group})


def _steps(nodes: Sequence[Point], reference: Position) -> list[tuple[str, dict[str, float]]]:
    """From node to node. What is left of rounding to whole centimetres goes into the next one, and does not add up."""
    steps: list[tuple[str, dict[str, float]]] = []
    x = y = 0.0
    for k, (east, north) in enumerate(nodes):
        parts = max(1, math.ceil(max(abs(east - x), abs(north - y)) / _LONGEST))
        if parts > 1 and not k:  # what lies between the reference point and the lane is none of it
            latitude, longitude = local.degrees(reference, east, north)
            steps.append(("node-LatLon", {"lon": float(longitude), "lat": float(latitude)}))
            x, y = east, north
            continue
        for part in range(parts, 0, -1):
            dx, dy = round((east - x) / part, 2), round((north - y) / part, 2)
            steps.append(node(dx, dy))
            x, y = x + dx, y + dy
    return steps


def srem(
    station: int,
    intersection: int,
    inbound: int,
    time: float,
    *,
    outbound: int | None = None,
    request: int = 0,
    type: str = "priorityRequest",
    role: str = "publicTransport",
    arrival: float | None = None,
    region: int | None = None,
    position: Position | None = None,
) -> Said:
    """A vehicle asks for priority from an inbound to an outbound lane (TS 103 301, SREM).

    type: PriorityRequestType; role: BasicVehicleRole; arrival: when it will be there [s since 1970, UTC].
    """
    minute, millisecond = minute_and_millisecond(time)
    ask: dict[str, Any] = {
        "id": _identity(intersection, region),
        "requestID": request,
        "requestType": type,
        "inBoundLane": ("lane", inbound),
    }
    if outbound is not None:
        ask["outBoundLane"] = ("lane", outbound)
    package: dict[str, Any] = {"request": ask}
    if arrival is not None:
        at, second = minute_and_millisecond(arrival)
        package |= {"minute": at, "second": second / 1000}
    requestor: dict[str, Any] = {"id": ("stationID", station), "type": {"role": role}}
    if position is not None:
        requestor["position"] = {"position": {"lat": position[0], "long": position[1]}}
    content = {"timeStamp": minute, "second": millisecond / 1000, "requests": [package], "requestor": requestor}
    return said("SREM", {"header": header(9, station), "srm": content})


def ssem(
    station: int,
    intersection: int,
    answers: Mapping[tuple[int, int], tuple[int, str]],
    time: float,
    *,
    region: int | None = None,
    sequence: int = 0,
) -> Said:
    """What became of requests: (station, request) -> (its inbound lane, PrioritizationResponseStatus)."""
    minute, millisecond = minute_and_millisecond(time)
    packages = [
        {
            "requester": {"id": ("stationID", of), "request": request, "sequenceNumber": 0},
            "inboundOn": ("lane", lane),
            "status": status,
        }
        for (of, request), (lane, status) in answers.items()
    ]
    status = {"sequenceNumber": sequence, "id": _identity(intersection, region), "sigStatus": packages}
    content = {"timeStamp": minute, "second": millisecond / 1000, "status": [status]}
    return said("SSEM", {"header": header(10, station), "ssm": content})


@dataclass(frozen=True)
class Seen:
    """A road user that a sensor sees: position [m east and north of the station], velocity likewise [m/s].

    kind: an alternative of ObjectClass with its subclass, by default a car; age [s].
    """

    id: int
    position: Point
    velocity: Point | None = None
    size: tuple[float, float] | None = None  # length, width, m
    kind: tuple[str, Any] = field(default=("vehicleSubClass", 5))
    age: float | None = None


def cpm(station: int, position: Position, time: float, seen: Sequence[Seen], *, heading: float | None = None) -> Said:
    """What a station's sensors see (TS 103 324); with a heading it is a vehicle's, else a roadside unit's."""
    own: dict[str, Any] = {"containerId": 2, "containerData": {}}
    if heading is not None:
        own = {
            "containerId": 1,
            "containerData": {"orientationAngle": {"value": direction(heading, 0.1), "confidence": None}},
        }
    objects = {"numberOfPerceivedObjects": len(seen), "perceivedObjects": [_seen(one) for one in seen]}
    return said(
        "CPM",
        {
            "header": {"protocolVersion": 2, "messageId": 14, "stationId": station},
            "payload": {
                "managementContainer": {
                    "referenceTime": timestamp_its(time) / 1000,
                    "referencePosition": reference_position(position),
                },
                "cpmContainers": [own, {"containerId": 5, "containerData": objects}],
            },
        },
    )


def _seen(one: Seen) -> dict[str, Any]:
    def with_confidence(value: float) -> dict[str, Any]:
        return {"value": value, "confidence": None}

    found: dict[str, Any] = {
        "objectId": one.id,
        "measurementDeltaTime": 0.0,
        "position": {
            "xCoordinate": with_confidence(one.position[0]),
            "yCoordinate": with_confidence(one.position[1]),
        },
    }
    if one.velocity:
        x, y = map(with_confidence, one.velocity)
        found["velocity"] = ("cartesianVelocity", {"xVelocity": x, "yVelocity": y})
    if one.size:
        found |= {"objectDimensionX": with_confidence(one.size[0]), "objectDimensionY": with_confidence(one.size[1])}
    if one.age is not None:
        found["objectAge"] = min(one.age, _OLDEST)
    found["classification"] = [{"objectClass": one.kind, "confidence": None}]
    return found


def vam(
    station: int,
    position: Position,
    time: float,
    *,
    profile: tuple[str, str] = ("pedestrian", "ordinary-pedestrian"),
    kind: int = 1,
    heading: float | None = None,
    speed: float | None = None,
    acceleration: float | None = None,
    size: str = "unavailable",
) -> Said:
    """A vulnerable road user (TS 103 300-3): its profile and the one within it, StationType, and motion as `cam`'s."""
    motion = {
        "heading": {"headingValue": direction(heading, 0.1), "headingConfidence": None},
        "speed": {"speedValue": speed, "speedConfidence": None},
        "longitudinalAcceleration": {
            "longitudinalAccelerationValue": acceleration,
            "longitudinalAccelerationConfidence": None,
        },
    }
    parameters = {
        "basicContainer": {"stationType": kind, "referencePosition": reference_position(position)},
        "vruHighFrequencyContainer": motion,
        "vruLowFrequencyContainer": {"profileAndSubprofile": profile, "sizeClass": size},
    }
    generated = timestamp_its(time) % 65536 / 1000
    return said(
        "VAM", {"header": header(14, station), "vam": {"generationDeltaTime": generated, "vamParameters": parameters}}
    )
