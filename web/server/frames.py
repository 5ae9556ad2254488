"""Binary frames as docs/live.md specifies them: states in, bytes out. A reader of them is the viewer's frames.ts."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x31595357
KEYFRAME, DELTA, CHARGE, PACKETS = 1, 2, 3, 4
PAUSED = 1  # flag of a header
HEADER = struct.Struct("<IBBHIIdd")
ROW = 16  # bytes of a vehicle in a keyframe
DELTA_ROW = 6

# Flags of a vehicle.
OFF_ROAD, SEARCHING, GUIDED, BOUND, PLUGGED, BRAKE, LEFT, RIGHT = 1, 1 << 1, 2 << 1, 1 << 3, 2 << 3, 32, 64, 128

# Flags of a packet and of an arc.
FROM_UNIT = AT_UNIT = 1
LOST = 2

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]

_FARTHEST = 32767  # cm that a delta can say


@dataclass(frozen=True)
class Stamp:
    """What a header says of the moment: times in s, of the simulation and since 1970."""

    sequence: int
    time: float
    wall: float
    paused: bool

    def header(self, type: int, count: int) -> bytes:
        """The 32 bytes before a frame."""
        return HEADER.pack(MAGIC, type, self.paused, 0, self.sequence, count, self.time, self.wall)


@dataclass(frozen=True)
class Vehicles:
    """All vehicles by slot: arrays of one entry per slot, only those with `alive` mean anything. m, degrees, m/s."""

    alive: Bytes
    station: NDArray[np.int64]
    x: Doubles
    y: Doubles
    heading: Doubles
    speed: Doubles
    flags: Bytes


@dataclass(frozen=True)
class Keyframe:
    """What a delta refers to: the rows as they were sent, and the slot of each."""

    sequence: int
    on_road: int  # rows
    slot: NDArray[np.intp]
    station: NDArray[np.int64]
    x: Ints  # cm
    y: Ints
    angle: NDArray[np.uint16]
    flags: Bytes

    @property
    def size(self) -> int:
        """Of the frame, bytes."""
        return HEADER.size + ROW * len(self.slot)


def pack_keyframe(vehicles: Vehicles, stamp: Stamp) -> tuple[bytes, Keyframe]:
    """The frame, and what later deltas need of it."""
    slot = np.flatnonzero(vehicles.alive)
    off = vehicles.flags[slot] & OFF_ROAD
    slot = slot[np.argsort(vehicles.station[slot] + (off.astype(np.int64) << 40))]
    station, x, y, angle, speed, flags = _columns(vehicles, slot)
    keyframe = Keyframe(
        stamp.sequence, len(slot) - int(np.count_nonzero(off)), slot, vehicles.station[slot], x, y, angle, flags
    )
    frame = _frame(stamp.header(KEYFRAME, len(slot)), station, x, y, angle, speed, flags)
    return frame, keyframe


def pack_delta(vehicles: Vehicles, since: Keyframe, stamp: Stamp) -> bytes | None:
    """What has changed since a keyframe; None where a new keyframe would not be larger."""
    n, slot = since.on_road, since.slot
    flags = vehicles.flags[slot]
    here = vehicles.alive[slot] != 0
    here &= vehicles.station[slot] == since.station
    full = flags != since.flags
    x, y = _centimetres(vehicles.x[slot]), _centimetres(vehicles.y[slot])
    x -= since.x
    y -= since.y
    # A parked vehicle that is elsewhere, towed or swept away by a teleport, has no row of its own.
    full[n:] |= (x[n:] != 0) | (y[n:] != 0)
    dx, dy = x[:n], y[:n]
    far = np.maximum(np.abs(dx, dtype=np.int32), np.abs(dy, dtype=np.int32)) > _FARTHEST
    if far.any():
        far &= (dx < -_FARTHEST - 1) | (dx > _FARTHEST) | (dy < -_FARTHEST - 1) | (dy > _FARTHEST)
        full[:n] |= far
    full &= here
    row = here[:n] & ~full[:n]
    moving = slot[:n]
    turn = np.rint((vehicles.heading[moving] - since.angle[:n] * (360.0 / 65536.0)) * (256.0 / 360.0)).astype(np.int32)
    speed = _speeds(vehicles.speed[moving])
    out = ~row
    if out.any():
        dx[out] = dy[out] = turn[out] = speed[out] = 0
    known = np.zeros(len(vehicles.alive), bool)
    known[slot[here]] = True
    new = np.flatnonzero((vehicles.alive != 0) & ~known)
    whole = np.concatenate((slot[full], new))
    whole = whole[np.argsort(vehicles.station[whole])]
    gone = np.sort(since.station[~here]).astype(np.uint32)
    size = HEADER.size + 16 + DELTA_ROW * n + ROW * len(whole) + 4 * len(gone)
    if size > HEADER.size + ROW * (len(slot) + len(new) - len(gone)):
        return None
    head = stamp.header(DELTA, n) + struct.pack("<IIII", since.sequence, len(whole), len(gone), 0)
    rows = (dx.astype(np.int16), dy.astype(np.int16), turn.astype(np.int8), speed)
    return _frame(head, *rows, *_columns(vehicles, whole), gone)


def pack_charge(charge: Doubles, capacity: Doubles, keyframe: Keyframe, stamp: Stamp) -> bytes:
    """States of charge of a keyframe's rows; `charge` and `capacity` [Wh, NaN or 0 without a battery] are by slot."""
    with np.errstate(invalid="ignore", divide="ignore"):
        soc = np.rint(charge[keyframe.slot] / capacity[keyframe.slot] * 250.0)
    known = np.isfinite(soc)
    levels = np.where(known, np.clip(np.where(known, soc, 0.0), 0.0, 250.0), 255.0).astype(np.uint8)
    head = stamp.header(CHARGE, len(levels)) + struct.pack("<II", keyframe.sequence, 0)
    return head + levels.tobytes()


@dataclass(frozen=True)
class PacketRows:
    """Packets to be shown: one entry each; `x`, `y` in m."""

    sender: NDArray[np.int64]
    x: Doubles
    y: Doubles
    at_vehicles: Ints
    at_units: Ints
    kind: Bytes
    flags: Bytes


@dataclass(frozen=True)
class ArcRows:
    """Who received which packet: the packet's row, the receiver's station or unit number, and flags."""

    packet: Ints
    receiver: NDArray[np.int64]
    flags: Bytes


def pack_packets(packets: PacketRows, arcs: ArcRows, sent: int, stamp: Stamp) -> bytes:
    """Packets and arcs; `sent` is how many there were in all."""
    return _frame(
        stamp.header(PACKETS, len(packets.sender)) + struct.pack("<II", len(arcs.packet), min(sent, 0xFFFFFFFF)),
        packets.sender.astype(np.uint32),
        _centimetres(packets.x),
        _centimetres(packets.y),
        np.minimum(packets.at_vehicles, 65535).astype(np.uint16),
        np.minimum(packets.at_units, 65535).astype(np.uint16),
        packets.kind,
        packets.flags,
        arcs.packet.astype(np.uint16),
        arcs.receiver.astype(np.uint32),
        arcs.flags,
    )


def _frame(head: bytes, *columns: NDArray[Any]) -> bytes:
    return b"".join((head, *(column.data for column in columns)))


def _columns(
    vehicles: Vehicles, slot: NDArray[np.intp]
) -> tuple[NDArray[np.uint32], Ints, Ints, NDArray[np.uint16], Bytes, Bytes]:
    """The columns of whole rows."""
    angle = np.rint(vehicles.heading[slot] * (65536.0 / 360.0)).astype(np.int32).astype(np.uint16)
    return (
        vehicles.station[slot].astype(np.uint32),
        _centimetres(vehicles.x[slot]),
        _centimetres(vehicles.y[slot]),
        angle,
        _speeds(vehicles.speed[slot]),
        vehicles.flags[slot],
    )


def _centimetres(metres: Doubles) -> Ints:
    return np.rint(metres * 100.0).astype(np.int32)


def _speeds(speed: Doubles) -> Bytes:
    """In 1/4 m/s, 255 for all that is faster."""
    return np.minimum(np.rint(speed * 4.0), 255.0).astype(np.uint8)
