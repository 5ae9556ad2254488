"""Binary frames as docs/live.md specifies them: states in, bytes out. A reader of them is the viewer's frames.ts."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.ext.frames import Packer
from wayside.sim import charging, parking

MAGIC = 0x31595357
KEYFRAME, DELTA, CHARGE, PACKETS = 1, 2, 3, 4
PAUSED = 1  # flag of a header
HEADER = struct.Struct("<IBBHIIdd")

# Flags of a vehicle.
OFF_ROAD, SEARCHING, GUIDED, BOUND, PLUGGED, BRAKE, LEFT, RIGHT = 1, 1 << 1, 2 << 1, 1 << 3, 2 << 3, 32, 64, 128

# By the numbers of states, and by SUMO's signal bits 0 (right blinker), 1 (left), 2 (emergency) and 3 (brake lights).
_PARKING = bytes({parking.SEARCHING: SEARCHING, parking.GUIDED: GUIDED}.get(state, 0) for state in range(8))
_CHARGING = bytes({charging.BOUND: BOUND, charging.PLUGGED: PLUGGED}.get(state, 0) for state in range(8))
_SIGNALS = bytes(RIGHT * (bits & 1) | LEFT * (bits >> 1 & 1) | BRAKE * (bits >> 3 & 1) for bits in range(16))

# Flags of a packet and of an arc.
FROM_UNIT = AT_UNIT = 1
LOST = 2
FATE_BIT = 2  # and on: what became of the packet at this receiver (sim.air.FATES)

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]
States = NDArray[np.int8]


@dataclass(frozen=True)
class Stamp:
    """What a header says of the moment: times in s, of the simulation and since 1970."""

    sequence: int
    time: float
    wall: float
    paused: bool

    def header(self, type: int, count: int = 0) -> bytes:
        """The 32 bytes before a frame."""
        return HEADER.pack(MAGIC, type, self.paused, 0, self.sequence, count, self.time, self.wall)


class Columns(NamedTuple):
    """All vehicles by slot, as `ext.frames` takes them: m, degrees, m/s; the last four make a vehicle's flags."""

    alive: Bytes
    station: NDArray[np.int64]
    x: Doubles
    y: Doubles
    heading: Doubles
    speed: Doubles
    lane: Ints  # below 0: off the road
    signals: Ints  # SUMO's bits
    parking: States  # sim.parking
    charging: States  # sim.charging


def packer() -> Packer:
    """What packs one run's keyframes and deltas."""
    return Packer(_PARKING, _CHARGING, _SIGNALS)


def pack_charge(charge: Doubles, capacity: Doubles, packer: Packer, stamp: Stamp) -> bytes:
    """States of charge of the last keyframe's rows; `charge` and `capacity` [Wh, NaN or 0: no battery] are by slot."""
    slots = packer.slots
    with np.errstate(invalid="ignore", divide="ignore"):
        soc = np.rint(charge[slots] / capacity[slots] * 250.0)
    known = np.isfinite(soc)
    levels = np.where(known, np.clip(np.where(known, soc, 0.0), 0.0, 250.0), 255.0).astype(np.uint8)
    head = stamp.header(CHARGE, len(levels)) + struct.pack("<II", packer.reference, 0)
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


def _centimetres(metres: Doubles) -> Ints:
    return np.rint(metres * 100.0).astype(np.int32)
