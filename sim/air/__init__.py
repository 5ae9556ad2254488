"""Radio models: who receives what. `Radio` is what the engine asks of one, once per V2X tick.

Stations have one numbering on the air: 0 to U - 1 are the roadside units, U + slot is a vehicle.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from wayside.ext import outgoing
from wayside.ext.arrays import Bytes, Doubles, Floats, Hashes, Indices, Ints, Longs
from wayside.sim.scenario.sections import Air

BIN_M, BINS = 25.0, 41  # of figures over distance: up to 1 km
# What becomes of a packet at a receiver, as numbered in `Radio.tally` and `Traces`.
FATES = ("received", "half-duplex", "below-sensitivity", "receiver-busy", "propagation", "collision")
RECEIVED = 0
ON, CELLULAR = 1, 2  # a unit that is on: at the roadside, or at the other end of a cellular network


@dataclass(frozen=True)
class RadioContext:
    """What a radio is made from: an entry point of `wayside.radio` is called with one and answers a `Radio`."""

    range: float  # v2x.range, m
    air: Air  # the scenario's [air]
    seed: int
    buildings: Callable[[], Sequence[Doubles]]  # their outlines, each N x 2 [m]; read when asked for
    uu: str = "off"  # v2x.uu
    power: Callable[[], Floats] | None = None  # of each vehicle by slot, dBm; None: air.power
    lanes: Callable[[], Sequence[Doubles]] = tuple  # shapes of the net's lanes, each N x 2 [m]; read when asked for
    ground: Callable[[], Doubles] | None = None  # how high it is under each vehicle by slot, m; None: a flat net
    unit_ground: Callable[[], Doubles] | None = None  # the same under each unit
    named: str = "this radio"  # file, field and value that ask for it
    identity: Callable[[], Hashes] | None = None  # who each vehicle is, by slot
    unit_identity: Callable[[], Hashes] | None = None  # who each unit is


class Outgoing:
    """The packets of one tick, struct of arrays; those still queued from earlier ticks come first."""

    columns: ClassVar[dict[str, type]] = {
        "id": np.int64,  # since the begin, ascending
        "kind": np.uint8,  # of message, for counting
        "sender": np.int32,  # station
        "size": np.int32,  # octets handed to the access layer: a GeoNetworking or DSMP packet
        "category": np.uint8,  # access category: 0 to 3 = AC_VO, AC_VI, AC_BE, AC_BK
        "to": np.int32,  # station of a unicast, -1: everyone
        "radius": np.float64,  # m around the sender beyond which nobody takes it up
        "periodic": np.uint8,  # 1: comes again every 100 ms
        "named": np.uint8,  # 1: vehicles that receive it are named, 0: only counted; units are always named
    }

    id: Longs
    kind: Bytes
    sender: Ints
    size: Ints
    category: Bytes
    to: Ints
    radius: Doubles
    periodic: Bytes
    named: Bytes

    def __init__(self, units: int) -> None:
        self.units = units
        self.fresh = 0  # rows from here on have not been handed to the radio yet
        self._next = 0
        self._count = 0
        self._room: dict[str, NDArray[Any]] = {}
        self._rows = outgoing.Rows()
        self._grow(64)

    def __len__(self) -> int:
        return self._count

    def _grow(self, rows: int) -> None:
        """Room for so many rows; those that are there stay."""
        room: dict[str, NDArray[Any]] = {name: np.empty(rows, type) for name, type in self.columns.items()}
        for name, column in room.items():
            if self._count:
                column[: self._count] = self._room[name][: self._count]
        self._room = room
        self._rows.bind(**room)

    def begin(self, pending: Indices) -> None:
        """A new tick: of the last one's rows, these stay, in this order."""
        self._count = self.fresh = len(pending)
        if self.fresh:
            for column in self._room.values():
                column[: self.fresh] = column[pending]

    def add(
        self,
        sender: Ints,
        size: Ints | int,
        category: Bytes | int,
        to: Ints | int = -1,
        radius: Doubles | float = np.inf,
        periodic: Bytes | bool = False,
        named: Bytes | bool = False,
        kind: Bytes | int = 0,
    ) -> None:
        """One more packet of each of these stations; a single value stands for all."""
        rows = len(sender)
        begin, first = self._take(rows)
        self._rows.add(begin, rows, first, sender, size, category, to, radius, periodic, named, kind)

    def put(self, block: outgoing.Block) -> None:
        """The packets of a block."""
        self._rows.put(*self._take(len(block)), block)

    def say(
        self,
        sender: Ints,
        shift: int,
        offsets: Longs,
        headers: int,
        category: int,
        periodic: bool,
        named: bool,
        kind: int,
    ) -> tuple[Ints, Ints]:
        """Broadcasts of messages that lie end to end, from offsets[k] to offsets[k + 1]; with so many octets of headers
        each, by stations sender[k] + shift. Returns the stations and the sizes, until the next tick.
        """
        begin, first = self._take(len(sender))
        self._rows.say(begin, first, sender, shift, offsets, headers, category, periodic, named, kind)
        return self._room["sender"][begin : self._count], self._room["size"][begin : self._count]

    def _take(self, rows: int) -> tuple[int, int]:
        """Room for so many more rows: where they begin, and the first one's id."""
        begin, first = self._count, self._next
        if begin + rows > len(self._room["id"]):
            self._grow(2 * (begin + rows))
        self._count, self._next = begin + rows, first + rows
        return begin, first

    def close(self) -> None:
        """All packets of the tick are there."""
        for name, column in self._room.items():
            setattr(self, name, column[: self._count])


class Deliveries(NamedTuple):
    """Pair k: packet[k] (a row) reached receiver[k] (a unit's number, or a vehicle's slot).

    A receiver's packets ascend.
    """

    packet: Ints
    receiver: Ints


class Carried(NamedTuple):
    """What became of the packets of a tick; one entry per row of `Outgoing`, and the deliveries."""

    at_vehicles: Ints  # how many vehicles took it up
    at_units: Ints
    units: Deliveries
    vehicles: Deliveries  # of packets whose receivers are to be named; unicasts may be among both, or not
    delay: Floats  # s from being handed over to the end of reception; NaN: dropped, or pending
    pending: Indices  # still queued: they come first in the next tick, in this order


class Traces(NamedTuple):
    """Row k: packet[k] (of the rows asked for) at a receiver: its station, and what became of it there (`FATES`)."""

    packet: Ints
    receiver: Ints
    fate: Bytes


class Radio(Protocol):
    """The air of one simulation; positions in m; `on` is who listens and sends."""

    def place_units(self, x: Doubles, y: Doubles, on: Bytes) -> None:
        """Where the units stand and which of them are on: at the begin and when one is switched.

        A cellular radio also gets `CELLULAR` ones: they have unicasts of their own, and nothing that is broadcast.
        """

    def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
        """Where the vehicles are in this tick, by slot; tall: 1 for trucks and buses; there: which stand on the road,
        equipped or not, and so in the way of others (None: those that are on). They stay until the next tick.
        """

    def carry(self, out: Outgoing) -> Carried:
        """Let a tick of 100 ms pass: packets go on the air together, those that come first in a queue first.

        Nobody receives its own packet; who is off neither sends nor hears.
        """

    def trace(self, on: bool) -> None:
        """From now on, keep what became of the last tick's packets at each receiver, for `recall`; or no longer."""

    def recall(self, rows: Indices) -> Traces:
        """Where these rows of the last tick arrived and where they were lost; losses as far as the radio models any.

        What was too weak to be sensed is not told. Nothing is drawn anew.
        """

    @property
    def busy_ratio(self) -> Floats | None:
        """Channel busy ratio of the last 100 ms by station, 0..1; None where the radio has no channel."""

    @property
    def tally(self) -> Longs | None:
        """Packets x receivers since the begin, by distance (bins of 25 m) and fate; None where nothing is lost."""


@runtime_checkable
class Overhearing(Protocol):
    """What a radio must tell besides where vehicles forward packets by contention: who hears whom, before it is sent.

    Both are asked after `carry`, of stations where they are in this tick.
    """

    def chance(self, sender: Ints, receiver: Ints, size: Ints) -> Floats:
        """Of each pair of stations, the probability 0..1 that a packet of `size` octets arrives while nobody else
        sends; 0 where one of the two is off.
        """

    def access(self, sender: Ints, size: Ints, draw: Doubles) -> Doubles:
        """How long it takes from when each station wants to send such a packet until others have it [s], while nobody
        else sends; draw: in [0, 1), for what is left to chance.
        """
