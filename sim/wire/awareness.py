"""The fleet's awareness messages of a tick, CAMs, BSMs, VAMs, from columns to octets and back: no Python for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from wayside.edge.ldm import CONTENT
from wayside.edge.messages import build, j2735, shapes
from wayside.edge.messages.columns import MISSING, ColumnDecoder, ColumnEncoder, Columns
from wayside.edge.messages.csae import common
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.kinds import Form, Id, Kind
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.schema import Integer
from wayside.edge.messages.si import MICRODEGREE, PLANE_IN_95_PERCENT, held, unavailable
from wayside.edge.messages.stations import StationType, VehicleRole, word
from wayside.edge.net import btp, dsmp
from wayside.ext import quantities
from wayside.ext.arrays import Bytes, Doubles, Flags, Ints, Longs
from wayside.ext.paths import Paths
from wayside.sim.world.geo import Projection

_MESSAGE_COUNTS: Final = 128  # MsgCount of a BSM goes round
_DELTA: Final = 65536  # GenerationDeltaTime of a CAM
_MINUTE: Final = 60_000  # ms; DSecond of a BSM
_PATH: Final = 10  # points of a path history, at most
_POINTS: Final = ("north", "east", "since")

# BasicVehicleClass of YD/T 3709 by StationType: the ones of unknown type within their class.
CLASSES: Final = {
    StationType.PEDESTRIAN: 82,
    StationType.CYCLIST: 85,
    StationType.MOPED: 40,
    StationType.MOTORCYCLE: 40,
    StationType.PASSENGER: 10,
    StationType.BUS: 50,
    StationType.LIGHT_TRUCK: 20,
    StationType.HEAVY_TRUCK: 25,
    StationType.SPECIAL_VEHICLE: 60,
    StationType.TRAM: 50,
}
# And back, from all of them: what each begins, up to the next.
_GROUPS: Final = {
    0: StationType.UNKNOWN,
    10: StationType.PASSENGER,
    20: StationType.LIGHT_TRUCK,
    25: StationType.HEAVY_TRUCK,
    40: StationType.MOTORCYCLE,
    50: StationType.BUS,
    60: StationType.SPECIAL_VEHICLE,
    70: StationType.UNKNOWN,
    82: StationType.PEDESTRIAN,
    85: StationType.CYCLIST,
    86: StationType.PEDESTRIAN,
    87: StationType.UNKNOWN,
}
# VehicleRole by StationType: those whose CAMs have a special vehicle container (EN 302 637-2, 6.1.3 and annex B.14).
_ROLES: Final = {StationType.BUS: VehicleRole.PUBLIC_TRANSPORT, StationType.SPECIAL_VEHICLE: VehicleRole.EMERGENCY}
_LENGTH, _TYPE, _ROLE = CONTENT.index("length"), CONTENT.index("type"), CONTENT.index("role")
# Length [m] that is taken of those whose VAMs say none, by StationType: SUMO's usual pedestrians and bicycles.
_LENGTHS: Final = np.full(256, np.nan)
_LENGTHS[StationType.PEDESTRIAN], _LENGTHS[StationType.CYCLIST] = 0.22, 1.6
_BICYCLIST: Final = 1  # profile of a VAM; all others are pedestrians


class VamOctets(Octets):
    """VAMs, as `Octets` are CAMs."""


class _Quantity(NamedTuple):
    """What a column in SI units is in a message."""

    type: Integer
    step: float
    turn: int = 0
    unknown: int | None = None  # what is said where it is not known, and the standard has no name for it

    @property
    def nothing(self) -> int:
        """What says that it is not known."""
        return unavailable(self.type) if self.unknown is None else self.unknown


# What is beyond a field's range is said as its end: SUMO's vehicles brake as hard as they must, turn within a step, and
# go as fast as they are told. TS 102 894-2 V2.1.1 says so of speed (16382), acceleration, yaw rate, curvature, altitude
# and sizes, where V1.3.1 mostly says nothing; the Chinese set has no words for it but for accelerations and sizes.
_FIELDS: Final = {
    "etsi": {
        "latitude": _Quantity(cdd.Latitude, MICRODEGREE),
        "longitude": _Quantity(cdd.Longitude, MICRODEGREE),
        "altitude": _Quantity(cdd.AltitudeValue, shapes.CENTIMETRE),
        "heading": _Quantity(cdd.HeadingValue, shapes.DECIMETRE, 3600),
        "speed": _Quantity(cdd.SpeedValue, shapes.CENTIMETRE),
        "acceleration": _Quantity(cdd.LongitudinalAccelerationValue, shapes.DECIMETRE),
        "yaw_rate": _Quantity(cdd.YawRateValue, shapes.YAW_RATE),
        "curvature": _Quantity(cdd.CurvatureValue, shapes.CURVATURE),
        "length": _Quantity(cdd.VehicleLengthValue, shapes.DECIMETRE),
        "width": _Quantity(cdd.VehicleWidth, shapes.DECIMETRE),
    },
    "vam": {
        "latitude": _Quantity(cdd.Latitude, MICRODEGREE),
        "longitude": _Quantity(cdd.Longitude, MICRODEGREE),
        "altitude": _Quantity(cdd.AltitudeValue, shapes.CENTIMETRE),
        "heading": _Quantity(cdd.HeadingValue, shapes.DECIMETRE, 3600),
        "speed": _Quantity(cdd.SpeedValue, shapes.CENTIMETRE),
        "acceleration": _Quantity(cdd.LongitudinalAccelerationValue, shapes.DECIMETRE),
    },
    "csae": {
        "latitude": _Quantity(common.Latitude, MICRODEGREE, unknown=900_000_001),
        "longitude": _Quantity(common.Longitude, MICRODEGREE, unknown=1_800_000_001),
        "altitude": _Quantity(j2735.Elevation, shapes.DECIMETRE),
        "heading": _Quantity(common.Heading, shapes.BSM_HEADING, 28800),
        "speed": _Quantity(common.Speed, shapes.BSM_SPEED),
        "acceleration": _Quantity(common.Acceleration, shapes.CENTIMETRE),
        "yaw_rate": _Quantity(common.YawRate, shapes.BSM_YAW_RATE, unknown=0),
        "length": _Quantity(common.VehicleLength, shapes.CENTIMETRE),
        "width": _Quantity(common.VehicleWidth, shapes.CENTIMETRE),
    },
}


# By family: the message, its octets' shape.
_MESSAGES: Final = {"etsi": "CAM", "vam": "VAM", "csae": "MESSAGE_FRAME"}


class Awareness:
    """CAMs (family "etsi"), BSMs ("csae") or VAMs ("vam") of a fleet whose columns are bound by `bind`.

    paths: whether CAMs tell how the vehicle came, in the low frequency container; if not, their path history is empty.
    gnss_error: standard deviation of positions per axis [m], from which CAMs have their position's confidence; 0: they
    say that it is not known. elevated: whether the net has heights; if not, altitudes are not known.
    """

    def __init__(
        self,
        family: str,
        projection: Projection,
        paths: bool = True,
        gnss_error: float = 0.0,
        elevated: bool = False,
    ) -> None:
        if family not in _FIELDS:
            raise ValueError(f"family {family!r}: must be one of {', '.join(_FIELDS)}")
        self.family = family
        self.name = _MESSAGES[family]
        self.projection = projection
        confidence = gnss_error * PLANE_IN_95_PERCENT if gnss_error else np.nan
        made = {"etsi": lambda: shapes.cam(confidence), "vam": lambda: shapes.vam(confidence)}
        self._shape: Columns = made.get(family, lambda: shapes.bsm(elevated))()
        self._elevated = elevated
        self._roles = _table(_ROLES)
        self._fields = {name: field for name, field in _FIELDS[family].items() if name in self._shape.names}
        self._clock = _MINUTE if family == "csae" else _DELTA  # ms, after which its time begins anew
        self._counts = np.zeros(0, np.uint8)
        self._paths = Paths() if paths and family == "etsi" else None
        self._room(64)

    def bind(
        self,
        *,
        x: Doubles,
        y: Doubles,
        z: Doubles,
        speed: Doubles,
        heading: Doubles,
        acceleration: Doubles,
        yaw_rate: Doubles,
        curvature: Doubles,
        length: Doubles,
        width: Doubles,
        station: Longs,
        kind: Bytes,
    ) -> None:
        """Read the vehicles' states from these columns by slot, from now on; call it again when they have grown.

        x, y: as the vehicle knows them, z: m in the net's coordinates; heading: degrees clockwise from its y axis;
        speed [m/s], acceleration [m/s^2], yaw rate [degrees/s] and curvature [1/m] to the left, length and width [m],
        NaN where not known; station: number; kind: `edge.messages.stations.StationType`, which a BSM says as its own
        BasicVehicleClass.
        """
        slots = len(x)
        room = max(slots, 1)
        self._x, self._y = x, y
        self._columns = {
            name: np.zeros((_PATH if self._paths else 0) * room if name in _POINTS else room, np.int64)
            for name in self._shape.names
        }
        if self._paths:
            self._paths.grow(slots)
        self._at = np.zeros((3, room))  # latitude, longitude, convergence
        self._encoder: ColumnEncoder = self._shape.encoder(self._columns)
        self._counts = np.concatenate((self._counts[:slots], np.zeros(max(slots - len(self._counts), 0), np.uint8)))
        self._integers = integers = quantities.Integers(slots, room)
        if not slots:
            return
        sources = {
            "altitude": z,
            "heading": heading,
            "speed": speed,
            "acceleration": acceleration,
            "yaw_rate": yaw_rate,
            "curvature": curvature,
            "length": length,
            "width": width,
        }
        for name, field in self._fields.items():
            by_slot = name in sources
            if name == "altitude" and not self._elevated:  # nothing is known of it, ever
                self._columns[name][:] = field.nothing
                continue
            integers.quantity(
                self._columns[name],
                sources[name] if by_slot else self._at[0 if name == "latitude" else 1],
                field.step,
                field.nothing,
                *held(field.type),
                field.turn,
                self._at[2] if field.turn else None,
                by_slot,
            )
        integers.copy(self._columns["station"], station)
        integers.number(self._columns["time"])
        if self.family == "csae":
            integers.lookup(self._columns["kind"], kind, _table(CLASSES))
            integers.count(self._columns["count"], self._counts, _MESSAGE_COUNTS)
            return
        integers.lookup(self._columns["kind"], kind, np.arange(256))
        integers.lookup(self._columns["low"], kind, np.ones(256, np.int64), gated=True)
        if self.family == "vam":
            integers.lookup(self._columns["profile"], kind, _table({StationType.CYCLIST: _BICYCLIST}))
            return
        roles = self._roles
        integers.lookup(self._columns["role"], kind, roles)
        integers.lookup(self._columns["special"], kind, (roles > 0).astype(np.int64), gated=True)
        integers.lookup(self._columns["container"], kind, shapes.CONTAINERS[roles])
        if self._paths:
            points = (self._columns[name] for name in ("latitude", "longitude", "points", *_POINTS))
            self._paths.bind(x, y, heading, station, *points)

    def encode(self, senders: Ints, low: Bytes, time_ms: int) -> tuple[Bytes, Longs]:
        """The messages of these slots, end to end: message k is buffer[offsets[k]:offsets[k + 1]].

        low: 1 for CAMs and VAMs that carry the low frequency container, and with it the special vehicle container of
        those who have one; BSMs have neither. time_ms: TimestampIts of these (`si.timestamp_its`), UTC since any
        midnight of a BSM [ms]. Both arrays are overwritten in the next call. What is beyond a field's range is said as
        its end, a position that is none on earth as not known.
        """
        n = len(senders)
        polynomials = self.projection.to_degrees
        if polynomials is None or polynomials.at(self._x, self._y, self._at, n, senders):
            x, y = self._x[senders], self._y[senders]
            self._at[:2, :n] = self.projection.degrees(x, y)
            self._at[2, :n] = self.projection.convergence(x, y)
            at = self._at[:, :n]
            at[:2, ~np.isfinite(at).all(axis=0)] = np.nan  # on no place of the earth
            at[2, ~np.isfinite(at[2])] = 0.0
        self._integers.make(senders, low, time_ms % self._clock)
        if self._paths:
            self._paths.tell(senders, low, time_ms)
        return self._encoder.encode(n)

    def decode(self, buffer: Bytes, offsets: Longs, which: Ints | None = None) -> tuple[Doubles, Flags]:
        """What messages say, those of `which` (None: all), a row each: `edge.ldm.CONTENT`, NaN for what is not known.

        Anybody's messages: of what shape they are does not matter. Also, whether each says where a vehicle is: one
        that cannot be decoded, or has no position, is not valid. Both arrays are overwritten in the next call.
        """
        wanted = len(offsets) - 1 if which is None else len(which)
        if wanted > self._decoder.rows:
            self._room(2 * wanted)
        n, good = self._decoder.decode(buffer, offsets, which)
        self._content.positions(self._degrees, n)
        polynomials = self.projection.to_metres
        outside = n
        if polynomials is not None:
            outside = polynomials.at(self._degrees[0], self._degrees[1], self._there, n)
        valid = self._decoder.valid[:n].view(np.bool_)
        if outside:  # or not known
            self._exact(n, polynomials is None)
        self._content.rows(self._there, self._rows, n)
        if self.family == "csae":
            types = _TYPES[self._decoder.columns["kind"][:n] & 255]  # 0 where there is none
            self._rows[:n, _TYPE], self._rows[:n, _ROLE] = types, self._roles[types]
        elif self.family == "vam":
            self._rows[:n, _LENGTH] = _LENGTHS[self._decoder.columns["kind"][:n] & 255]
            self._rows[:n, _ROLE] = np.nan
        if outside or good < n:
            valid &= np.isfinite(self._rows[:n, 0])
        return self._rows[:n], valid

    def said(self, octets: bytes) -> build.Said:
        """One message, for people to read. DecodeError where the octets are none."""
        return build.decode(self.name, octets)

    def describe(self, octets: Octets, row: int) -> dict[str, Any]:
        """One message for people: a structure whose names tell the units."""
        values, _ = self.decode(octets.buffer, octets.offsets, np.array([row], np.int32))
        x, y, speed, heading, length, station, acceleration, kind, role = values[0].tolist()
        return {
            "station": int(station),
            "x_m": round(x, 2),
            "y_m": round(y, 2),
            "speed_m_s": round(speed, 2),
            "heading_deg": round(heading, 1),
            "length_m": round(length, 2),
            "acceleration_m_s2": _told(acceleration, 2),
            "type": word(StationType, kind),
            "role": word(VehicleRole, role),
        }

    def _room(self, rows: int) -> None:
        """Room to decode so many messages at once."""
        length = "length" if "length" in self._shape.names else "kind"  # a VAM tells none
        names = ("latitude", "longitude", "speed", "heading", length, "station", "acceleration", "kind")
        role = "role" if "role" in self._shape.names else "kind"  # a BSM's class tells both
        self._decoder: ColumnDecoder = self._shape.decoder(rows, {*names, role})
        self._degrees = np.zeros((2, rows))  # longitude, latitude
        self._there = np.zeros((3, rows))  # x, y, convergence
        self._rows = np.zeros((rows, len(CONTENT)))
        fields = [self._fields.get(name) for name in (*names, role)]
        self._content = quantities.Content(
            [self._decoder.columns[name] for name in (*names, role)],
            [1.0 if field is None else field.step for field in fields],
            [MISSING if field is None else field.nothing for field in fields],
        )

    def _exact(self, n: int, all: bool) -> None:
        """Where polynomials do not reach, or there are none: by PROJ."""
        longitude, latitude = self._degrees[:, :n]
        known = np.isfinite(longitude) & np.isfinite(latitude)
        self._there[:, :n][:, ~known] = np.nan
        x, y = self.projection.metres(latitude[known], longitude[known])
        found = np.stack((x, y, self.projection.convergence(x, y)))
        found[:, ~np.isfinite(found).all(axis=0)] = np.nan
        self._there[:, :n][:, known] = found


def _told(value: float, digits: int) -> float | None:
    """For people: None where it is not known."""
    return None if np.isnan(value) else round(value, digits)


def _table(numbers: Mapping[Any, int]) -> Longs:
    """A table of 256 for the kernel; 0 where there is nothing."""
    found = np.zeros(256, np.int64)
    found[list(numbers)] = list(numbers.values())
    return found


_TYPES: Final = np.array([_GROUPS[max(g for g in _GROUPS if g <= number)] for number in range(256)], np.int64)

CAM: Final = Kind(
    Octets,
    None,
    Form("cam", "CAM", Id(2), btp.PORTS["CAM"]),
    Form("bsm", "MESSAGE_FRAME", Id(0, framed=True), dsmp.AIDS["BSM"]),
    category=2,
    routine=True,
)
# In the run's table where vulnerable road users have devices. The Chinese set's PSM (T/CSAE 157) has no public body.
VAM: Final = Kind(VamOctets, None, *2 * (Form("vam", "VAM", Id(14), btp.PORTS["VAM"]),), category=2, routine=True)
