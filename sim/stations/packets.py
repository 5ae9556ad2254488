"""Packets of one kind that go on the air together, and how many there have been."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, TypeVar

import numpy as np

from wayside.edge.messages import Broadcast, Request, Response
from wayside.edge.messages.octets import Octets
from wayside.ext import measures
from wayside.ext.arrays import Bytes, Doubles, Flags, Floats, Indices, Ints, Longs
from wayside.sim.air import Carried, Outgoing

_T = TypeVar("_T", bound=Request | Response)


class Traffic:
    """Packets since the begin, by kind; `kinds`: how many there are."""

    def __init__(self, kinds: int) -> None:
        self.counts = np.zeros((4, kinds), np.int64)  # rows: as the properties follow

    @property
    def sent(self) -> list[int]:
        """Handed to the access layer."""
        return list(map(int, self.counts[0]))

    @property
    def octets(self) -> list[int]:
        """Of all that was sent, with all headers but Ethernet's."""
        return list(map(int, self.counts[1]))

    @property
    def at_vehicles(self) -> list[int]:
        """Received by vehicles: a packet counts as often as it is received."""
        return list(map(int, self.counts[2]))

    @property
    def at_units(self) -> list[int]:
        """Received by units."""
        return list(map(int, self.counts[3]))

    def count(self, out: Outgoing, carried: Carried) -> None:
        """The packets of a tick."""
        measures.traffic(out.kind, out.size, out.fresh, carried.at_vehicles, carried.at_units, self.counts)


# Of CAMs their octets; of units' broadcasts an object each; of unicasts the batch.
Content = Octets | Sequence[Broadcast] | Request | Response


class Journey(NamedTuple):
    """How geo-broadcasts came to whoever sends them now, one entry each; one that is sent by its source is on hop 1.

    x, y, speed, heading: where its source was when it was made, as itself knew [m, m/s, degrees].
    """

    from_unit: Flags  # whether its source is a unit
    source: Longs  # number of a unit, or station of a vehicle
    station_type: Bytes
    x: Doubles
    y: Doubles
    speed: Doubles
    heading: Doubles
    made: Doubles  # s
    sequence: Ints
    radius: Doubles  # m around the source: the area
    hop: Ints
    remaining: Ints  # hop limit


class Copies(NamedTuple):
    """Which packets on their way some packets on the air are copies of, one entry each (`exchange.forwarding`)."""

    packet: Ints
    source: Ints  # station on the air that it is from
    out: Doubles  # s, when others have heard it, reckoned by timers alone
    hop: Ints

    def take(self, rows: Indices | Flags) -> Copies:
        """Some of them."""
        return Copies(self.packet[rows], self.source[rows], self.out[rows], self.hop[rows])

    @classmethod
    def joined(cls, parts: Sequence[Copies]) -> Copies:
        """All of these."""
        return cls(
            np.concatenate([part.packet for part in parts]),
            np.concatenate([part.source for part in parts]),
            np.concatenate([part.out for part in parts]),
            np.concatenate([part.hop for part in parts]),
        )


@dataclass
class Batch:
    """Packets of one kind, made in the same tick; arrays and sequences have one entry a packet."""

    kind: int  # in the run's table
    from_unit: bool
    time: float  # s, when they were made
    station: Ints  # on the air
    content: Content
    size: Ints  # octets with all headers but Ethernet's
    octets: Callable[[], Octets]  # the messages themselves; called while they are on the air
    radius: float = np.inf  # m, of broadcasts
    to: Ints | None = None  # station on the air, of unicasts
    to_station: Longs | None = None  # station of the vehicle where a unit sends
    copies: Copies | None = None  # of what is forwarded

    def __len__(self) -> int:
        return len(self.station)

    def take(self, rows: Indices) -> Batch:
        """Some of them, copied."""
        content: Content
        if isinstance(self.content, Octets):
            content = self.content.take(rows)
        elif isinstance(self.content, Request | Response):
            content = rows_of(self.content, rows)
        else:
            content = tuple(self.content[k] for k in rows.tolist())
        octets = self.octets().take(rows)
        return replace(
            self,
            station=self.station[rows],
            content=content,
            size=self.size[rows],
            octets=lambda: octets,
            to=None if self.to is None else self.to[rows],
            to_station=None if self.to_station is None else self.to_station[rows],
            copies=None if self.copies is None else self.copies.take(rows),
        )


def rows_of(batch: _T, rows: Indices | Flags) -> _T:
    """Some rows of requests or responses."""
    return type(batch)(**{column.name: getattr(batch, column.name)[rows] for column in fields(batch)})


@dataclass(frozen=True)
class Packets:
    """Packets of one kind that have been sent, for whoever records each: arrays of one entry per packet."""

    kind: int  # in the run's table
    from_unit: bool
    time: float  # s, when they were made
    sender: Ints | Longs  # station of a vehicle, or number of a unit
    place: Ints  # slot of a vehicle, or number of a unit
    x: Doubles
    y: Doubles
    size: Ints  # octets with all headers but Ethernet's
    delay: Floats  # s from being handed over to the end of reception; NaN: not sent
    at_vehicles: Ints
    at_units: Ints
    row: Indices  # in the tick's `Outgoing`
    octets: Callable[[], Octets]  # the messages; to be called now, not later
    radius: float = np.inf  # m, of broadcasts
    to: Ints | Longs | None = None  # of unicasts: station of a vehicle where a unit sends, else a unit
    content: Content | None = None  # CAMs' octets are for `sim.wire.awareness.Awareness.decode`: now, not later
    journey: Journey | None = None  # of geo-broadcasts, where these are forwarded


class Receptions(NamedTuple):
    """Row k: packet[k] (a row of some Packets) reached a receiver, or was lost on the way to it."""

    packet: Ints
    receiver: Longs  # station of a vehicle, or number of a unit
    at_unit: Flags
    lost: Flags
    fate: Bytes  # what became of it there (`sim.air.FATES`)


Listener = Callable[[Packets], None]
