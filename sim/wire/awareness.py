"""The fleet's awareness messages of a tick, CAM or BSM, from columns to octets and back: no Python for each vehicle."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.edge.ldm import CONTENT
from wayside.edge.messages import build, shapes
from wayside.edge.messages.columns import Columns, Decoder, Encoder
from wayside.edge.messages.csae import common
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.schema import Integer
from wayside.edge.messages.si import MICRODEGREE, out_of_range, unavailable
from wayside.ext import quantities
from wayside.ext.paths import Paths
from wayside.sim import kinds
from wayside.sim.geo import Projection

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]

_MESSAGE_COUNTS: Final = 128  # MsgCount of a BSM goes round
_DELTA: Final = 65536  # GenerationDeltaTime of a CAM
_MINUTE: Final = 60_000  # ms; DSecond of a BSM
# Standard deviations within which 95 % of a circular normal distribution lie: sqrt(-2 ln 0.05).
_IN_95_PERCENT: Final = 2.447746830680816
_PATH: Final = 10  # points of a path history, at most
_POINTS: Final = ("north", "east", "since")

# BasicVehicleClass of YD/T 3709 by StationType: the ones of unknown type within their class.
_CLASSES: Final = {
    kinds.PEDESTRIAN: 82,
    kinds.CYCLIST: 85,
    kinds.MOPED: 40,
    kinds.MOTORCYCLE: 40,
    kinds.PASSENGER: 10,
    kinds.BUS: 50,
    kinds.LIGHT_TRUCK: 20,
    kinds.HEAVY_TRUCK: 25,
    kinds.SPECIAL_VEHICLE: 60,
    kinds.TRAM: 50,
}
# VehicleRole by StationType: those whose CAMs have a special vehicle container (EN 302 637-2, 6.1.3 and annex B.14).
_ROLES: Final = {kinds.BUS: shapes.PUBLIC_TRANSPORT, kinds.SPECIAL_VEHICLE: shapes.EMERGENCY}


class _Quantity(NamedTuple):
    """What a column in SI units is in a message."""

    type: Integer
    step: float
    turn: int = 0
    ends: bool = False  # what is beyond the range is said as its end

    def out_of_range(self) -> tuple[int | None, int | None]:
        """As `si.out_of_range`."""
        return (self.type.low, unavailable(self.type) - 1) if self.ends else out_of_range(self.type)


# An acceleration beyond 16 m/s^2 (a BSM: 20) is said to be that (TS 102 894-2 V2.1.1, AccelerationValue; V1.3.1 does
# not say): SUMO's vehicles brake as hard as they must.
_FIELDS: Final = {
    "etsi": {
        "latitude": _Quantity(cdd.Latitude, MICRODEGREE),
        "longitude": _Quantity(cdd.Longitude, MICRODEGREE),
        "heading": _Quantity(cdd.HeadingValue, shapes.DECIMETRE, 3600),
        "speed": _Quantity(cdd.SpeedValue, shapes.CENTIMETRE),
        "acceleration": _Quantity(cdd.LongitudinalAccelerationValue, shapes.DECIMETRE, ends=True),
        "length": _Quantity(cdd.VehicleLengthValue, shapes.DECIMETRE),
        "width": _Quantity(cdd.VehicleWidth, shapes.DECIMETRE),
    },
    "csae": {
        "latitude": _Quantity(common.Latitude, MICRODEGREE),
        "longitude": _Quantity(common.Longitude, MICRODEGREE),
        "heading": _Quantity(common.Heading, shapes.BSM_HEADING, 28800),
        "speed": _Quantity(common.Speed, shapes.BSM_SPEED),
        "acceleration": _Quantity(common.Acceleration, shapes.CENTIMETRE, ends=True),
        "length": _Quantity(common.VehicleLength, shapes.CENTIMETRE),
        "width": _Quantity(common.VehicleWidth, shapes.CENTIMETRE),
    },
}


class Awareness:
    """CAMs (family "etsi") or BSMs ("csae") of a fleet whose columns are bound by `bind`.

    paths: whether CAMs tell how the vehicle came, in the low frequency container; if not, their path history is empty.
    gnss_error: standard deviation of positions per axis [m], from which CAMs have their position's confidence; 0: they
    say that it is not known.
    """

    def __init__(self, family: str, projection: Projection, paths: bool = True, gnss_error: float = 0.0) -> None:
        if family not in _FIELDS:
            raise ValueError(f"family {family!r}: must be one of {', '.join(_FIELDS)}")
        self.family = family
        self.name = "CAM" if family == "etsi" else "MESSAGE_FRAME"
        self.projection = projection
        confidence = gnss_error * _IN_95_PERCENT if gnss_error else np.nan
        self._shape: Columns = shapes.cam(confidence) if family == "etsi" else shapes.bsm()
        self._fields = _FIELDS[family]
        self._clock = _DELTA if family == "etsi" else _MINUTE  # ms, after which its time begins anew
        self._counts = np.zeros(0, np.uint8)
        self._paths = Paths() if paths and family == "etsi" else None
        self._room(64)

    def bind(
        self,
        *,
        x: Doubles,
        y: Doubles,
        speed: Doubles,
        heading: Doubles,
        acceleration: Doubles,
        length: Doubles,
        width: Doubles,
        station: Longs,
        kind: Bytes,
    ) -> None:
        """Read the vehicles' states from these columns by slot, from now on; call it again when they have grown.

        x, y: as the vehicle knows them, m in the net's coordinates; heading: degrees clockwise from its y axis; speed
        [m/s], acceleration [m/s^2], length and width [m], NaN where not known; station: number; kind: StationType of
        TS 102 894-2 (`sim.kinds`), which a BSM says as its own BasicVehicleClass.
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
        self._encoder: Encoder = self._shape.encoder(self._columns)
        self._counts = np.concatenate((self._counts[:slots], np.zeros(max(slots - len(self._counts), 0), np.uint8)))
        self._integers = integers = quantities.Integers(slots, room)
        if not slots:
            return
        sources = {"heading": heading, "speed": speed, "acceleration": acceleration, "length": length, "width": width}
        for name, field in self._fields.items():
            by_slot = name in sources
            integers.quantity(
                self._columns[name],
                sources[name] if by_slot else self._at[0 if name == "latitude" else 1],
                field.step,
                unavailable(field.type),
                *field.out_of_range(),
                field.turn,
                self._at[2] if field.turn else None,
                by_slot,
            )
        integers.copy(self._columns["station"], station)
        integers.number(self._columns["time"])
        if self.family == "csae":
            integers.lookup(self._columns["kind"], kind, _table(_CLASSES))
            integers.count(self._columns["count"], self._counts, _MESSAGE_COUNTS)
            return
        roles = _table(_ROLES)
        integers.lookup(self._columns["kind"], kind, np.arange(256))
        integers.lookup(self._columns["low"], kind, np.ones(256, np.int64), gated=True)
        integers.lookup(self._columns["role"], kind, roles)
        integers.lookup(self._columns["special"], kind, (roles > 0).astype(np.int64), gated=True)
        integers.lookup(self._columns["container"], kind, shapes.CONTAINERS[roles])
        if self._paths:
            points = (self._columns[name] for name in ("latitude", "longitude", "points", *_POINTS))
            self._paths.bind(x, y, heading, station, *points)

    def encode(self, senders: Ints, low: Bytes, time_ms: int) -> tuple[Bytes, Longs]:
        """The messages of these slots, end to end: message k is buffer[offsets[k]:offsets[k + 1]].

        low: 1 for CAMs that carry the low frequency container, and with it the special vehicle container of those who
        have one; BSMs have neither. time_ms: TimestampIts of a CAM (`si.timestamp_its`), UTC since any midnight of a
        BSM [ms]. Both arrays are overwritten in the next call. EncodeError for what the standard cannot express.
        """
        n = len(senders)
        polynomials = self.projection.to_degrees
        if polynomials is None or polynomials.at(self._x, self._y, self._at, n, senders):
            x, y = self._x[senders], self._y[senders]
            self._at[:2, :n] = self.projection.degrees(x, y)
            self._at[2, :n] = self.projection.convergence(x, y)
        self._integers.make(senders, low, time_ms % self._clock)
        if self._paths:
            self._paths.tell(senders, low, time_ms)
        return self._encoder.encode(n)

    def decode(self, buffer: Bytes, offsets: Longs, which: Ints | None = None) -> tuple[Doubles, NDArray[np.bool_]]:
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
        if outside or good < n:
            valid &= np.isfinite(self._rows[:n, 0])
        return self._rows[:n], valid

    def said(self, octets: bytes) -> build.Said:
        """One message, for people to read. DecodeError where the octets are none."""
        return build.decode(self.name, octets)

    def _room(self, rows: int) -> None:
        """Room to decode so many messages at once."""
        names = ("latitude", "longitude", "speed", "heading", "length")
        self._decoder: Decoder = self._shape.decoder(rows, (*names, "station"))
        self._degrees = np.zeros((2, rows))  # longitude, latitude
        self._there = np.zeros((3, rows))  # x, y, convergence
        self._rows = np.zeros((rows, len(CONTENT)))
        said = {name: self._decoder.columns[name] for name in names}
        unknown = [unavailable(self._fields[name].type) for name in said]
        steps = [self._fields[name].step for name in said]
        station = self._decoder.columns["station"]
        self._content = quantities.Content(
            [*said.values(), station], [*steps, 1.0], [*unknown, unavailable(Integer(0, 1))]
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


def _table(numbers: dict[int, Any]) -> Longs:
    """A table of 256 for the kernel; 0 where there is nothing."""
    found = np.zeros(256, np.int64)
    found[list(numbers)] = list(numbers.values())
    return found
