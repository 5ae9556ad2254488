"""Keyframes and deltas with NumPy, column by column: what `ext.frames` is compared with."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayside.ext.arrays import Bytes, Doubles, Indices, Ints, Longs

OFF_ROAD = 1
FARTHEST = 32767  # cm that a delta can say

# Flags of a vehicle by its states, as the tests have them: the bits of docs/live.md.
PARKING = bytes([0, 1 << 1, 2 << 1, 0, 0, 0, 0, 0])
CHARGING = bytes([0, 1 << 3, 2 << 3, 0, 0, 0, 0, 0])
SIGNALS = bytes([128 * (k & 1) + 64 * (k >> 1 & 1) + 32 * (k >> 3 & 1) for k in range(16)])


@dataclass(frozen=True)
class Vehicles:
    """All vehicles by slot; arrays of one entry per slot, only those with `alive` mean anything. m, degrees, m/s."""

    alive: Bytes
    station: Longs
    x: Doubles
    y: Doubles
    heading: Doubles
    speed: Doubles
    flags: Bytes

    def columns(self, parking: Sequence[int] = (0, 1, 2, 3), charging: Sequence[int] = (0, 1, 2, 3)) -> tuple[Any, ...]:
        """As `ext.frames` takes them: states that make these flags; their numbers are by the flags' two bits."""
        flags = self.flags.astype(np.int32)
        lane = np.where(flags & OFF_ROAD, -1, 7).astype(np.int32)
        signals = ((flags >> 7 & 1) | (flags >> 6 & 1) << 1 | (flags >> 5 & 1) << 3 | 1 << 4).astype(np.int32)
        states = [np.array(of, np.int8)[flags >> bit & 3] for of, bit in ((parking, 1), (charging, 3))]
        same = self.alive, self.station, self.x, self.y, self.heading, self.speed
        return (*same, lane, signals, *states)


@dataclass(frozen=True)
class Keyframe:
    """What a delta refers to: the rows as they were sent, and the slot of each."""

    sequence: int
    on_road: int  # rows
    slot: Indices
    station: Longs
    x: Ints  # cm
    y: Ints
    angle: NDArray[np.uint16]
    flags: Bytes


def head(type: int, sequence: int, count: int = 0) -> bytes:
    """The 32 octets before a frame."""
    return struct.pack("<IBBHIIdd", 0x31595357, type, 0, 0, sequence, count, 12.5, 1.7e9)


def pack_keyframe(vehicles: Vehicles, sequence: int) -> tuple[bytes, Keyframe]:
    """The frame, and what later deltas need of it."""
    slot = np.flatnonzero(vehicles.alive)
    off = vehicles.flags[slot] & OFF_ROAD
    slot = slot[np.lexsort((vehicles.station[slot], off))]
    columns = _columns(vehicles, slot)
    _, x, y, angle, _, flags = columns
    keyframe = Keyframe(
        sequence, len(slot) - int(np.count_nonzero(off)), slot, vehicles.station[slot], x, y, angle, flags
    )
    return _frame(head(1, sequence, len(slot)), *columns), keyframe


def pack_delta(vehicles: Vehicles, since: Keyframe, sequence: int) -> bytes | None:
    """What has changed since a keyframe; None where a new keyframe would not be larger."""
    n, slot = since.on_road, since.slot
    here = (vehicles.alive[slot] != 0) & (vehicles.station[slot] == since.station)
    full = vehicles.flags[slot] != since.flags
    dx = _centimetres(vehicles.x[slot]) - since.x
    dy = _centimetres(vehicles.y[slot]) - since.y
    # A parked vehicle that is elsewhere has no row of its own.
    full[n:] |= (dx[n:] != 0) | (dy[n:] != 0)
    dx, dy = dx[:n], dy[:n]
    full[:n] |= (dx < -FARTHEST - 1) | (dx > FARTHEST) | (dy < -FARTHEST - 1) | (dy > FARTHEST)
    full &= here
    moving = slot[:n]
    turn = np.rint((vehicles.heading[moving] - since.angle[:n] * (360.0 / 65536.0)) * (256.0 / 360.0)).astype(np.int32)
    speed = _speeds(vehicles.speed[moving])
    out = ~(here[:n] & ~full[:n])
    dx[out] = dy[out] = turn[out] = speed[out] = 0
    known = np.zeros(len(vehicles.alive), bool)
    known[slot[here]] = True
    new = np.flatnonzero((vehicles.alive != 0) & ~known)
    whole = np.concatenate((slot[full], new))
    whole = whole[np.argsort(vehicles.station[whole])]
    gone = np.sort(since.station[~here]).astype(np.uint32)
    size = 32 + 16 + 6 * n + 16 * len(whole) + 4 * len(gone)
    if size > 32 + 16 * (len(slot) + len(new) - len(gone)):
        return None
    start = head(2, sequence, n) + struct.pack("<IIII", since.sequence, len(whole), len(gone), 0)
    rows = (dx.astype(np.int16), dy.astype(np.int16), turn.astype(np.int8), speed)
    return _frame(start, *rows, *_columns(vehicles, whole), gone)


def _frame(start: bytes, *columns: NDArray[Any]) -> bytes:
    return b"".join((start, *(column.tobytes() for column in columns)))


def _columns(vehicles: Vehicles, slot: Indices) -> tuple[NDArray[Any], ...]:
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
