"""Perceived road users as CPM, or as RSM in the Chinese set: the kind of message and its codec."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.messages import local
from wayside.edge.messages.kinds import BroadcastCodec, CodecContext, Form, Id, Kind
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.perceived import MOST_OBJECTS, MOST_SEGMENTS, Cpm, PerceivedObjects, ReadCpms
from wayside.edge.messages.si import MICRODEGREE, timestamp_its
from wayside.edge.messages.stations import StationType, word
from wayside.edge.net import btp, dsmp
from wayside.ext.arrays import Doubles, Ints, Longs
from wayside.sim.wire import cpms, read_cpms, rsms

_ARM: Final = 100.0  # m over which it is found how the net's axes lie


class _Frame(NamedTuple):
    """Where the net's coordinates lie at a place: its x and y, and from them to metres east and north."""

    x: float
    y: float
    turn: Doubles  # 2 x 2
    back: Doubles


class PerceivedCodec(BroadcastCodec):
    """Messages of units, all of a tick at once by `encode_all`; what is read of them is as in the net's coordinates."""

    def __init__(self, context: CodecContext) -> None:
        self._context = context
        self._etsi = context.family == "etsi"
        self._frames: dict[tuple[int, int], _Frame] = {}
        self._stations = np.array([context.station(unit) for unit in range(len(context.positions))], np.int64)
        self._positions = np.array(context.positions, np.float64).reshape(-1, 2)
        frames = [self._frame(position) for position in context.positions]
        self._origin = np.array([(frame.x, frame.y) for frame in frames]).reshape(-1, 2)
        self._turn = np.array([frame.turn for frame in frames]).reshape(-1, 2, 2)
        self._sensors: dict[int, bytes] = {}  # what each unit's sensor covers

    @property
    def most(self) -> int:
        """Objects of one message."""
        return _MOST_CPM if self._etsi else rsms.MOST_PARTICIPANTS

    @property
    def most_parts(self) -> int:
        """Messages in which a unit can tell of what it sees at a time; RSMs know no segments and need not say."""
        return MOST_SEGMENTS if self._etsi else MOST_OBJECTS

    @property
    def says_cover(self) -> bool:
        """Whether messages say what a sensor covers, also where it sees nobody: an RSM must have a participant."""
        return self._etsi

    def cover(self, unit: int, range_m: float, sectors: Sequence[tuple[float, float]], shadowing: bool) -> None:
        """What a unit's sensor covers: how far [m], and where it looks [degrees in the net: begin, width]."""
        frame = self._frame(self._context.positions[unit])
        north = math.degrees(math.atan2(frame.turn[0, 1], frame.turn[1, 1]))  # of the net's y axis, from true north
        turned = tuple((begin + north, width) for begin, width in sectors)
        self._sensors[unit] = cpms.sensor_octets(range_m, turned, shadowing)

    def encode_all(
        self,
        units: Ints | Longs,
        count: Longs,
        objects: PerceivedObjects,
        segment: Ints,
        segments: Ints,
        sensor: Any,
        time: float,
    ) -> Octets:
        """The octets of a message each of these units at a time [s]: count: its objects, in their order; which segment
        of how many; sensor: whether it says what the sensor covers.
        """
        positions, stations = self._positions[units], self._stations[units]
        of = np.repeat(units, count)
        turn = self._turn[of]
        dx, dy = objects.x - self._origin[of, 0], objects.y - self._origin[of, 1]
        east, north = turn[:, 0, 0] * dx + turn[:, 0, 1] * dy, turn[:, 1, 0] * dx + turn[:, 1, 1] * dy
        to_east = turn[:, 0, 0] * objects.vx + turn[:, 0, 1] * objects.vy
        to_north = turn[:, 1, 0] * objects.vx + turn[:, 1, 1] * objects.vy
        heading = objects.heading + np.degrees(np.arctan2(turn[:, 0, 1], turn[:, 1, 1]))
        if not self._etsi:
            latitude, longitude = self._context.place.near_degrees(objects.x, objects.y)
            millisecond = np.rint((self._context.epoch + objects.time) * 1000.0).astype(np.int64)
            speed = np.hypot(to_east, to_north)
            told = rsms.RsmObjects(
                objects.id, latitude, longitude, speed, heading, objects.length, objects.width, objects.sigma,
                objects.kind, millisecond,
            )  # fmt: skip
            number = round(time * 10.0)
            return rsms.encode(stations, number, positions[:, 0], positions[:, 1], count, told)
        stamp = np.full(len(units), timestamp_its(self._context.epoch + time), np.int64)
        covers = zip(units.tolist(), sensor, strict=True)
        said = Octets.of([self._sensors.get(unit, b"") if one else b"" for unit, one in covers])
        seen = cpms.CpmObjects(
            objects.id, objects.time - time, east, north, to_east, to_north, heading, objects.length, objects.width,
            objects.sigma, objects.speed_sigma, objects.age, objects.kind,
        )  # fmt: skip
        return cpms.encode(stations, stamp, positions[:, 0], positions[:, 1], count, seen, segment, segments, said)

    def encode(self, unit: int, message: Cpm, time: float) -> bytes:
        """See `BroadcastCodec.encode`."""
        count = np.array([len(message.objects.id)], np.int64)
        segment, segments = np.array([message.segment], np.int32), np.array([message.segments], np.int32)
        units = np.array([unit], np.int32)
        return self.encode_all(units, count, message.objects, segment, segments, [message.sensor], time).one(0)

    def read(self, octets: Octets, time: float) -> ReadCpms:
        """All that messages say at a time [s]; what cannot be read says nothing."""
        return self._read_cpms(octets, time) if self._etsi else self._read_rsms(octets, time)

    def _read_cpms(self, octets: Octets, time: float) -> ReadCpms:
        said = read_cpms.decode(octets)
        nowhere = _Frame(math.nan, math.nan, np.eye(2), np.eye(2))
        frames = [
            self._frame((latitude, longitude)) if valid else nowhere
            for latitude, longitude, valid in zip(
                said.latitude.tolist(), said.longitude.tolist(), said.valid.tolist(), strict=True
            )
        ]
        of, seen = said.message, said.objects
        back = np.array([frame.back for frame in frames]).reshape(-1, 2, 2)[of]
        stamp = timestamp_its(self._context.epoch + time)
        # Of the time the low bits are enough: it is compared with the one of whoever reads.
        measured = time + (said.time[of] - stamp) / 1000.0 + seen.delta
        objects = PerceivedObjects(
            id=seen.id,
            x=np.array([frame.x for frame in frames])[of] + back[:, 0, 0] * seen.east + back[:, 0, 1] * seen.north,
            y=np.array([frame.y for frame in frames])[of] + back[:, 1, 0] * seen.east + back[:, 1, 1] * seen.north,
            vx=back[:, 0, 0] * seen.velocity_east + back[:, 0, 1] * seen.velocity_north,
            vy=back[:, 1, 0] * seen.velocity_east + back[:, 1, 1] * seen.velocity_north,
            heading=(seen.heading + np.degrees(np.arctan2(back[:, 0, 1], back[:, 1, 1]))) % 360.0,
            length=seen.length,
            width=seen.width,
            sigma=seen.sigma,
            speed_sigma=seen.speed_sigma,
            age=seen.age,
            kind=seen.kind,
            time=measured,
        )
        return ReadCpms(said.station, said.segment, of, objects)

    def _read_rsms(self, octets: Octets, time: float) -> ReadCpms:
        said = rsms.decode(octets)
        seen = said.objects
        x, y = self._context.place.near_metres(seen.latitude, seen.longitude)
        heading = np.zeros(0)
        if len(x):
            frame = self._frame((float(seen.latitude[0]), float(seen.longitude[0])), kept=False)
            heading = seen.heading + math.degrees(math.atan2(frame.back[0, 1], frame.back[1, 1]))
        turn = np.radians(heading)
        now = round((self._context.epoch + time) * 1000.0)
        since = (now - seen.millisecond + 30_000) % 60_000 - 30_000
        nothing = np.full(len(x), np.nan)
        objects = PerceivedObjects(
            id=seen.id,
            x=np.asarray(x, np.float64),
            y=np.asarray(y, np.float64),
            vx=seen.speed * np.sin(turn),
            vy=seen.speed * np.cos(turn),
            heading=heading % 360.0,
            length=seen.length,
            width=seen.width,
            sigma=seen.sigma,
            speed_sigma=nothing,
            age=nothing,
            kind=seen.kind,
            time=time - since / 1000.0,
        )
        return ReadCpms(said.station, np.ones(len(said.station), np.int32), said.message, objects)

    def decode(self, octets: bytes) -> Cpm:
        """See `BroadcastCodec.decode`; times of measurements count from the message's own, which is 0 here, or in an
        RSM are those within a minute.
        """
        batch = Octets.of([octets])
        if self._etsi:
            told = read_cpms.decode(batch)
            if not told.valid[0]:
                raise DecodeError("CPM: is none, or does not say where its station is")
            when = 0.0
        else:
            if rsms.decode(batch).station[0] < 0:
                raise DecodeError("MESSAGE_FRAME: is no RSM")
            when = 0.0
        said = self.read(batch, when)
        objects = said.objects
        if self._etsi:
            stamp = timestamp_its(self._context.epoch)
            objects = objects._replace(time=objects.time - (int(told.time[0]) - stamp) / 1000.0)
        return Cpm(objects, int(said.segment[0]), max(int(said.segment[0]), 1))

    def describe(self, message: Cpm) -> dict[str, Any]:
        """For people."""
        seen = message.objects
        speed = np.hypot(seen.vx, seen.vy)
        return {
            "objects": [
                {
                    "id": int(seen.id[k]),
                    "type": word(StationType, float(seen.kind[k])),
                    "x_m": round(float(seen.x[k]), 2),
                    "y_m": round(float(seen.y[k]), 2),
                    "speed_m_s": round(float(speed[k]), 2),
                    "heading_deg": None if math.isnan(seen.heading[k]) else round(float(seen.heading[k]), 1),
                    "deviation_m": None if math.isnan(seen.sigma[k]) else round(float(seen.sigma[k]), 2),
                }
                for k in range(len(seen.id))
            ],
            "segment": message.segment,
            "segments": message.segments,
            "sensor": message.sensor,
        }

    def _frame(self, position: tuple[float, float], kept: bool = True) -> _Frame:
        """Of a place [degrees]; those of stations are met again and again."""
        key = round(position[0] / MICRODEGREE), round(position[1] / MICRODEGREE)
        found = self._frames.get(key)
        if found is None:
            x, y = self._context.place.metres(np.array([position[0]]), np.array([position[1]]))
            there = float(x[0]), float(y[0])
            latitude, longitude = self._context.place.degrees(
                np.array([there[0], there[0] + _ARM, there[0]]), np.array([there[1], there[1], there[1] + _ARM])
            )
            east, north = local.metres((float(latitude[0]), float(longitude[0])), latitude, longitude)
            turn = np.array([[east[1], east[2]], [north[1], north[2]]], np.float64) / _ARM
            found = _Frame(*there, turn, np.asarray(np.linalg.inv(turn), np.float64))
            if kept:
                if len(self._frames) >= _MOST_FRAMES:
                    self._frames.clear()
                self._frames[key] = found
        return found


_MOST_FRAMES: Final = 4096
# An object takes 305 bits at most, of 1394 octets that the head, the sensor's container and lengths leave 1250.
_MOST_CPM: Final = 32

CPM: Final = Kind(
    Cpm,
    PerceivedCodec,
    Form("cpm", "CPM", Id(cpms.MESSAGE_ID), btp.PORTS["CPM"]),
    Form("rsm", "MESSAGE_FRAME", Id(2, framed=True), dsmp.AIDS["RSM"]),
    category=2,
    routine=True,
)
