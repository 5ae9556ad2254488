"""RSMs of a tick, many at once: from columns to octets, and what anybody's say (YD/T 3709-2020)."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from wayside.edge.messages.catalogue import message as schema
from wayside.edge.messages.columns import MISSING, Columns
from wayside.edge.messages.csae import common, rsm
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.si import MICRODEGREE, ONE_IN_95_PERCENT, quantities, steps, turned
from wayside.edge.messages.stations import StationType
from wayside.ext.arrays import Doubles, Ints, Longs
from wayside.sim.wire.awareness import CLASSES

MOST_PARTICIPANTS: Final = 16
MOST_IDS: Final = 65536  # ptcId
CENTIMETRE, SPEED, HEADING = 0.01, 0.02, 0.0125  # m, m/s, degrees
_MINUTE: Final = 60_000  # ms; DSecond
_COUNTS: Final = 128  # MsgCount
_SOURCE: Final = "integrated"  # of several sensors, or of what is not said

_TYPES: Final = rsm.ParticipantType.names
_PERSONS: Final = {StationType.PEDESTRIAN: "pedestrian", StationType.CYCLIST: "non-motor"}
_BACK: Final = {number: kind for kind, number in reversed(CLASSES.items())}
# Half an axis within which a place is with 95 %, m, by PositionConfidence.
_REACH: Final = (np.nan, 500.0, 200.0, 100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)


class RsmObjects(NamedTuple):
    """Participants as an RSM has them, an entry each: place [degrees], speed [m/s], heading [degrees clockwise from
    true north], sizes [m], deviation of the place [m], StationType, and when it was measured: ms in its minute.
    """

    id: Ints
    latitude: Doubles
    longitude: Doubles
    speed: Doubles
    heading: Doubles
    length: Doubles
    width: Doubles
    sigma: Doubles
    kind: Ints
    millisecond: Longs


_ONE: Final = "rsmFrame.participants[]"
_NEAR: Final = f"{_ONE}.pos.offsetLL.position-LL4"


def _fields(classified: str) -> dict[str, str]:
    return {
        "rsmFrame.msgCnt": "number",
        "rsmFrame.id": "station",
        "rsmFrame.refPos.lat": "latitude",
        "rsmFrame.refPos.long": "longitude",
        "rsmFrame.participants#": "count",
        f"{_ONE}.ptcType": "type",
        f"{_ONE}.ptcId": "id",
        f"{_ONE}.secMark": "millisecond",
        f"{_NEAR}.lon": "east",
        f"{_NEAR}.lat": "north",
        f"{_ONE}.posConfidence.pos": "confidence",
        f"{_ONE}.speed": "speed",
        f"{_ONE}.heading": "heading",
        f"{_ONE}.size.width": "width",
        f"{_ONE}.size.length": "length",
        f"{_ONE}.vehicleClass.classification": classified,
    }


@cache
def _shape() -> Columns:
    one = {
        "source": _SOURCE,
        "pos": {"offsetLL": ("position-LL4", {})},
        "posConfidence": {},
        "size": {},
        "vehicleClass": {},
    }
    return Columns(schema("MESSAGE_FRAME"), ("rsmFrame", {"refPos": {}, "participants": [one]}), _fields("classified"))


@cache
def _said() -> Columns:
    """Of anybody's, to be read: with the other forms of a place too."""
    more: dict[str, str] = {}
    for form in range(1, 7):
        more |= {f"{_ONE}.pos.offsetLL.position-LL{form}.{axis}": f"{axis}{form}" for axis in ("lon", "lat")}
    more |= {f"{_ONE}.pos.offsetLL.position-LatLon.{axis}": f"{axis}7" for axis in ("lon", "lat")}
    fields = {path: column for path, column in _fields("classified").items() if not path.startswith(_NEAR)}
    return Columns(schema("MESSAGE_FRAME"), ("rsmFrame", {}), fields | more)


def encode(
    station: ArrayLike,
    number: int,
    latitude: Doubles,
    longitude: Doubles,
    count: Longs,
    objects: RsmObjects,
) -> Octets:
    """The octets of RSMs, one each: station; number: of the message; place [degrees]; count: of its participants, 1 to
    16, in their order. What is beyond a field's range is said as its end.
    """
    of = np.repeat(np.arange(len(count)), count)
    reference = steps(common.Latitude, latitude, MICRODEGREE), steps(common.Longitude, longitude, MICRODEGREE)
    kind = np.clip(objects.kind, 0, 11)
    reach = np.nan_to_num(objects.sigma * ONE_IN_95_PERCENT, nan=1e9)
    confidence = np.zeros(len(of), np.int64)
    for step in range(1, len(_REACH)):
        confidence[reach <= _REACH[step]] = step
    low, high = common.OffsetLL_B18.low or 0, common.OffsetLL_B18.high or 0
    return Octets(
        *_shape().encode_batch(
            {
                "number": np.full(len(count), number % _COUNTS),
                "station": station,
                "latitude": reference[0],
                "longitude": reference[1],
                "count": count,
                "type": _TYPE_OF[kind],
                "id": objects.id,
                "millisecond": objects.millisecond % _MINUTE,
                "east": np.clip(steps(common.Longitude, objects.longitude, MICRODEGREE) - reference[1][of], low, high),
                "north": np.clip(steps(common.Latitude, objects.latitude, MICRODEGREE) - reference[0][of], low, high),
                "confidence": confidence,
                "speed": steps(common.Speed, objects.speed, SPEED),
                "heading": turned(np.nan_to_num(objects.heading), HEADING),
                "width": steps(common.VehicleWidth, objects.width, CENTIMETRE),
                "length": steps(common.VehicleLength, objects.length, CENTIMETRE),
                "classified": _CLASS_OF[kind],
            }
        )
    )


class SaidRsms(NamedTuple):
    """What RSMs say: station of each message, the participants of all, and the message that has each."""

    station: Longs
    message: Ints
    objects: RsmObjects


def decode(octets: Octets) -> SaidRsms:
    """What anybody's RSMs say; sizes and speeds that are not known are NaN and 0."""
    said, valid = _said().decode_batch(*octets)
    message = np.repeat(np.arange(len(said["count"])), said["count"]).astype(np.int32)
    latitude = quantities(common.Latitude, said["latitude"], MICRODEGREE)[message]
    longitude = quantities(common.Longitude, said["longitude"], MICRODEGREE)[message]
    north, east = (np.full(len(message), np.nan) for _ in range(2))
    for form in range(1, 7):
        here = said[f"lat{form}"] != MISSING
        north[here] = latitude[here] + said[f"lat{form}"][here] * MICRODEGREE
        east[here] = longitude[here] + said[f"lon{form}"][here] * MICRODEGREE
    here = said["lat7"] != MISSING
    north[here], east[here] = said["lat7"][here] * MICRODEGREE, said["lon7"][here] * MICRODEGREE
    kind = np.array([_BACK.get(number, StationType.UNKNOWN) for number in said["classified"].tolist()], np.int32)
    for type, name in _PERSONS.items():
        kind[said["type"] == _TYPES.index(name)] = type
    size = {name: said[name] * CENTIMETRE for name in ("length", "width")}
    objects = RsmObjects(
        said["id"].astype(np.int32),
        north,
        east,
        np.nan_to_num(quantities(common.Speed, said["speed"], SPEED)),
        np.asarray(said["heading"] * HEADING, np.float64),
        np.where(size["length"] > 0.0, size["length"], np.nan),
        np.where(size["width"] > 0.0, size["width"], np.nan),
        np.array(_REACH)[np.clip(said["confidence"], 0, len(_REACH) - 1)] / ONE_IN_95_PERCENT,
        kind,
        said["millisecond"],
    )
    keep = np.isfinite(north) & np.isfinite(east) & valid.astype(bool)[message]
    station = np.where(valid, said["station"], -1)
    return SaidRsms(station, message[keep], RsmObjects._make(column[keep] for column in objects))


_TYPE_OF: Final = np.array([_TYPES.index(_PERSONS.get(StationType(kind), "motor")) for kind in range(12)])
_CLASS_OF: Final = np.array([CLASSES.get(StationType(kind), 0) for kind in range(12)])
