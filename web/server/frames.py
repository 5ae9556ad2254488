"""Binary frames as docs/live.md specifies them: states in, bytes out. A reader of them is the viewer's frames.ts."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.ext.arrays import Bytes, Doubles, Ints, Longs, States
from wayside.ext.frames import Packer

MAGIC = 0x31595357
KEYFRAME, DELTA, CHARGE, PACKETS = 1, 2, 3, 4
PAUSED = 1  # flag of a header
HEADER = struct.Struct("<IBBHIIdd")
TYPE_AT = 4  # where in it the type stands

# Flags of a vehicle.
OFF_ROAD, BRAKE, LEFT, RIGHT = 1, 32, 64, 128  # bits 1 to 4 are those of services (`view.ServiceView.flags`)
SERVICES = 2  # whose states a frame can tell

# By SUMO's signal bits 0 (right blinker), 1 (left), 2 (emergency) and 3 (brake lights).
_SIGNALS = bytes(RIGHT * (bits & 1) | LEFT * (bits >> 1 & 1) | BRAKE * (bits >> 3 & 1) for bits in range(16))

# Flags of a packet and of an arc.
FROM_UNIT = AT_UNIT = 1
LOST = 2
FATE_BIT = 2  # and on: what became of the packet at this receiver (sim.air.FATES)


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


class VehicleColumns(NamedTuple):
    """All vehicles by slot, as `ext.frames` takes them: m, degrees, m/s; the last four make a vehicle's flags."""

    alive: Bytes
    station: Longs
    x: Doubles
    y: Doubles
    heading: Doubles
    speed: Doubles
    lane: Ints  # below 0: off the road
    signals: Ints  # SUMO's bits
    first: States  # of the services that have flags
    second: States


def packer(*flags: bytes) -> Packer:
    """What packs one run's keyframes and deltas; flags: of each service that has such, by the numbers of its states."""
    first, second = [*flags, *[bytes(8)] * (SERVICES - len(flags))]
    return Packer(first, second, _SIGNALS)


def pack_charge(charge: Doubles, capacity: Doubles, packer: Packer, stamp: Stamp) -> bytes:
    """States of charge of the last keyframe's rows; `charge` and `capacity` [Wh, NaN or 0: no battery] are by slot."""
    slots = packer.slots
    soc = np.full(len(slots), np.nan)
    mine = slots < len(charge)  # the others are persons
    with np.errstate(invalid="ignore", divide="ignore"):
        soc[mine] = np.rint(charge[slots[mine]] / capacity[slots[mine]] * 250.0)
    known = np.isfinite(soc)
    levels = np.where(known, np.clip(np.where(known, soc, 0.0), 0.0, 250.0), 255.0).astype(np.uint8)
    head = stamp.header(CHARGE, len(levels)) + struct.pack("<II", packer.reference, 0)
    return head + levels.tobytes()


@dataclass(frozen=True)
class PacketRows:
    """Packets to be shown: one entry each; `x`, `y` in m."""

    sender: Longs
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
    receiver: Longs
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
