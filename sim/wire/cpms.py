"""CPMs of a tick, many at once: from columns to octets, and what anybody's say (TS 103 324 V2.1.1).

A CPM is put together of strings of bits: its head, and containers behind it, each an open type with its length. What is
in the container of perceived objects is encoded by columns, for all messages together.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from wayside.edge.errors import EncodeError
from wayside.edge.messages import shapes
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.etsi import cdd2, cpm
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Boolean, Integer, Sequence
from wayside.edge.messages.si import MICRODEGREE, ONE_IN_95_PERCENT, held, steps, turned, unavailable
from wayside.edge.messages.stations import StationType
from wayside.ext import bits
from wayside.ext.arrays import Bytes, Doubles, Ints, Longs

MESSAGE_ID: Final = 14
CENTIMETRE, DECIMETRE, MILLISECOND = 0.01, 0.1, 0.001
SENSOR_ID: Final = 0
_LONGEST: Final = 16383  # octets of an open type whose length is in one fragment
_OLDEST: Final = 1.5  # s; objectAge of TS 103 324 says no more
_LONG_SIDE: Final = 127  # octets of an open type whose length takes one octet

# What stands before the containers that differ: the same bits as in CPM, where open types prevent a shape of it. `own`
# is a roadside unit's container: number 2 in 4 bits, its length of one octet, and that octet, of nothing.
_OWN: Final = 0x10100
HEAD: Final = Message(
    "CPM",
    Sequence(
        header=cdd2.ItsPduHeader,
        more=Boolean(),
        management=cpm.ManagementContainer,
        many=Boolean(),
        containers=Integer(1, 8),
        own=Integer(0, 0xFFFFF),
    ),
    "TS 103 324 V2.1.1: the begin of a CPM",
)
OBJECTS: Final = Message("CPM", cpm.PerceivedObjectContainer, "TS 103 324 V2.1.1: PerceivedObjectContainer")
SENSORS: Final = Message("CPM", cpm.SensorInformationContainer, "TS 103 324 V2.1.1: SensorInformationContainer")

# Alternatives of ObjectClass, and what they are there, by StationType.
VEHICLE, VRU = 0, 1
_PROFILES: Final = {
    StationType.PEDESTRIAN: 0,
    StationType.CYCLIST: 1,
    StationType.MOPED: 2,
    StationType.MOTORCYCLE: 2,
}
KNOWN: Final = frozenset(
    {
        StationType.PASSENGER,
        StationType.BUS,
        StationType.LIGHT_TRUCK,
        StationType.HEAVY_TRUCK,
        StationType.TRAILER,
        StationType.SPECIAL_VEHICLE,
        StationType.TRAM,
    }
)


class CpmObjects(NamedTuple):
    """Objects as a CPM has them, an entry each: east, north of the station [m] and likewise velocity [m/s]; heading
    [degrees clockwise from true north]; the rest as `edge.messages.perceived.PerceivedObjects`, but delta: time of the
    measurement less the message's [s].
    """

    id: Ints
    delta: Doubles
    east: Doubles
    north: Doubles
    velocity_east: Doubles
    velocity_north: Doubles
    heading: Doubles
    length: Doubles
    width: Doubles
    sigma: Doubles
    speed_sigma: Doubles
    age: Doubles
    kind: Ints


@cache
def _head() -> Columns:
    management: dict[str, Any] = {"referencePosition": shapes.position(), "segmentationInfo": {}}
    template = {
        "header": {"protocolVersion": 2, "messageId": MESSAGE_ID},
        "more": False,
        "management": management,
        "many": False,
        "own": _OWN,
    }
    return Columns(
        HEAD,
        template,
        {
            "header.stationId": "station",
            "management.referenceTime": "time",
            "management.referencePosition.latitude": "latitude",
            "management.referencePosition.longitude": "longitude",
            "management.segmentationInfo?": "segmented",
            "management.segmentationInfo.totalMsgNo": "segments",
            "management.segmentationInfo.thisMsgNo": "segment",
            "containers": "containers",
        },
    )


OBJECT: Final = "perceivedObjects[]"
CLASS: Final = f"{OBJECT}.classification[]"
# Of an object in the container: path -> column.
FIELDS: Final = {
    f"{OBJECT}.objectId": "id",
    f"{OBJECT}.measurementDeltaTime": "delta",
    f"{OBJECT}.position.xCoordinate.value": "east",
    f"{OBJECT}.position.xCoordinate.confidence": "x_confidence",
    f"{OBJECT}.position.yCoordinate.value": "north",
    f"{OBJECT}.position.yCoordinate.confidence": "y_confidence",
    f"{OBJECT}.velocity.cartesianVelocity.xVelocity.value": "velocity_east",
    f"{OBJECT}.velocity.cartesianVelocity.xVelocity.confidence": "vx_confidence",
    f"{OBJECT}.velocity.cartesianVelocity.yVelocity.value": "velocity_north",
    f"{OBJECT}.velocity.cartesianVelocity.yVelocity.confidence": "vy_confidence",
    f"{OBJECT}.angles.zAngle.value": "heading",
    f"{OBJECT}.objectDimensionY.value": "width",
    f"{OBJECT}.objectDimensionX.value": "length",
    f"{OBJECT}.objectAge": "age",
}


@cache
def _objects() -> Columns:
    unknown = {"confidence": 127}
    size = {"confidence": 32}
    alternatives = {
        "vehicleSubClass": 0,
        "vruSubClass": {"pedestrian": 1, "bicyclistAndLightVruVehicle": 1, "motorcyclist": 2},
    }
    template: dict[str, Any] = {
        "perceivedObjects": [
            {
                "position": {"xCoordinate": {}, "yCoordinate": {}},
                "velocity": ("cartesianVelocity", {"xVelocity": {}, "yVelocity": {}}),
                "angles": {"zAngle": unknown},
                "objectDimensionY": size,
                "objectDimensionX": size,
                "sensorIdList": [SENSOR_ID],
                "classification": [{"objectClass": alternatives, "confidence": 101}],
            }
        ]
    }
    return Columns(
        OBJECTS,
        template,
        {
            "numberOfPerceivedObjects": "number",
            "perceivedObjects#": "count",
            **FIELDS,
            f"{OBJECT}.classification#": "classes",
            f"{CLASS}.objectClass": "choice",
            f"{CLASS}.objectClass.vehicleSubClass": "vehicle",
            f"{CLASS}.objectClass.vruSubClass": "vru",
        },
    )


@cache
def _head_bits() -> int:
    """Of a head without segmentation."""
    columns = {name: [0] for name in ("station", "time", "latitude", "longitude", "segmented")}
    whole, _ = _head().encode_batch(columns | {"segments": [1], "segment": [1], "containers": [1]})
    value = HEAD.decode(whole)
    return int(HEAD.program.encode_bits(value)[1])


def _wrapped(
    number: int, octets: Bytes, offsets: Longs
) -> tuple[tuple[Bytes, Longs, Longs], tuple[Bytes, Longs, Longs]]:
    """A container of each message: what stands before its octets, and these, as strings of bits."""
    lengths = np.diff(offsets)
    if len(lengths) and lengths.max() > _LONGEST:
        raise EncodeError(f"CPM: a container of {lengths.max()} octets: must be at most {_LONGEST}")
    long = lengths > _LONG_SIDE
    # 4 bits of the container's id, then the length in one octet, or in two that begin with 10.
    value = np.where(long, (number - 1) << 16 | 0x8000 | lengths, ((number - 1) << 8 | lengths) << 8)
    head = (value << 12).astype(">u4").view(np.uint8).reshape(-1, 4)
    before = np.where(long, 20, 12).astype(np.int64)
    starts = np.arange(len(lengths) + 1, dtype=np.int64) * 4
    return (head.reshape(-1), starts, before), (octets, offsets, 8 * lengths)


def encode(
    station: ArrayLike,
    time: ArrayLike,
    latitude: ArrayLike,
    longitude: ArrayLike,
    count: Longs,
    objects: CpmObjects,
    segment: Ints,
    segments: Ints,
    sensors: Octets,
) -> Octets:
    """The octets of CPMs of roadside units, one each: station, time: TimestampIts [ms], place [degrees]; count:
    objects of each, in their order; which segment of how many; sensors: the octets of what each says its sensor
    covers, or none.

    What is beyond a field's range is said as its end. EncodeError for more than 255 objects.
    """
    segmented = np.asarray(segments) > 1
    with_sensor = np.diff(sensors.offsets) > 0
    containers = 2 + with_sensor.astype(np.int64)
    head, head_offsets = _head().encode_batch(
        {
            "station": station,
            "time": time,
            "latitude": steps(cdd2.Latitude, latitude, MICRODEGREE),
            "longitude": steps(cdd2.Longitude, longitude, MICRODEGREE),
            "segmented": segmented,
            "segments": segments,
            "segment": segment,
            "containers": containers,
        }
    )
    joined = head, head_offsets, np.int64(_head_bits()) + 6 * segmented.astype(np.int64)
    parts: list[tuple[Bytes, Longs, Longs]] = []
    if with_sensor.any():
        before, told = _wrapped(3, sensors.buffer, sensors.offsets)
        parts += [(before[0], before[1], np.where(with_sensor, before[2], 0)), told]
    parts += [*_wrapped(5, *_encode_objects(count, objects))]
    for part in parts:
        joined = bits.append(*joined, *part)
    return Octets(joined[0], joined[1])


def _whole(name: str, values: Doubles, step: float) -> Longs:
    """As `si.steps`, of a field of an object, with its bounds at hand: for all objects of a tick."""
    low, high, unknown = _BOUNDS[name]
    found = np.rint(values / step)
    np.maximum(found, low, out=found)
    np.minimum(found, high, out=found)
    nothing = np.isnan(found)
    if nothing.any():
        found[nothing] = unknown
    return found.astype(np.int64)


def _encode_objects(count: Longs, objects: CpmObjects) -> tuple[Bytes, Longs]:
    kind = np.clip(objects.kind, 0, len(_VEHICLES) - 1)
    confidence = _whole("coordinate", objects.sigma * ONE_IN_95_PERCENT, CENTIMETRE)
    speed_confidence = _whole("speed", objects.speed_sigma * ONE_IN_95_PERCENT, CENTIMETRE)
    known = ~np.isnan(objects.heading)
    angle = turned(np.where(known, 90.0 - objects.heading, 0.0), DECIMETRE)  # to the left from the east
    return _objects().encode_batch(
        {
            "number": count,
            "count": count,
            "id": objects.id,
            "delta": _whole("delta", objects.delta, MILLISECOND),
            "east": _whole("place", objects.east, CENTIMETRE),
            "x_confidence": confidence,
            "north": _whole("place", objects.north, CENTIMETRE),
            "y_confidence": confidence,
            "velocity_east": _whole("velocity", objects.velocity_east, CENTIMETRE),
            "vx_confidence": speed_confidence,
            "velocity_north": _whole("velocity", objects.velocity_north, CENTIMETRE),
            "vy_confidence": speed_confidence,
            "heading": np.where(known, angle, 3601),
            "width": _whole("size", objects.width, DECIMETRE),
            "length": _whole("size", objects.length, DECIMETRE),
            "age": _whole("age", objects.age, MILLISECOND),
            "classes": np.ones(len(objects.id), np.int64),
            "choice": _CHOICES[kind],
            "vehicle": _VEHICLES[kind],
            "vru": _VRUS[kind],
        }
    )


def sensor_octets(range_m: float, sectors: tuple[tuple[float, float], ...], shadowing: bool) -> bytes:
    """What a sensor covers (SensorInformationContainer): a circle, or sectors [degrees clockwise from true north: where
    each begins, and how wide it is], whose angles the standard counts to the left from the east.
    """
    reach = min(round(range_m / DECIMETRE), 4095)
    if not sectors:
        shape: Any = ("circular", {"radius": reach})
    else:
        parts = []
        for begin, width in sectors[:16]:
            start, end = turned([90.0 - begin - width, 90.0 - begin], DECIMETRE).tolist()
            parts.append({"range": reach, "horizontalOpeningAngleStart": start, "horizontalOpeningAngleEnd": end})
        shape = ("radialShapes", {"refPointId": 0, "xCoordinate": 0, "yCoordinate": 0, "radialShapesList": parts})
    told = {
        "sensorId": SENSOR_ID,
        "sensorType": 0,
        "perceptionRegionShape": shape,
        "shadowingApplies": shadowing,
    }
    return SENSORS.encode([told])


_BOUNDS: Final = {
    name: (*held(type), unavailable(type))
    for name, type in {
        "place": cdd2.CartesianCoordinateLarge,
        "velocity": cdd2.VelocityComponentValue,
        "size": cdd2.ObjectDimensionValue,
        "coordinate": cdd2.CoordinateConfidence,
        "speed": cdd2.SpeedConfidence,
    }.items()
} | {"delta": (-2048, 2047, 0), "age": (0, round(_OLDEST / MILLISECOND), 0)}
_ALL: Final = [StationType(kind) for kind in range(12)]
_CHOICES: Final = np.array([VRU if kind in _PROFILES else VEHICLE for kind in _ALL])
_VEHICLES: Final = np.array([kind.value if kind in KNOWN else 0 for kind in _ALL])
_VRUS: Final = np.array([_PROFILES.get(kind, 0) for kind in _ALL])
