"""Packets of one kind that go on the air together, and how many there have been."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from wayside.edge.messages import Broadcast, Kind, Request, Response
from wayside.ext import measures
from wayside.sim.air import Bytes, Carried, Doubles, Ints, Longs, Outgoing, Rows

_T = TypeVar("_T", bound=Request | Response)

# Access categories of ITS-G5 (EN 302 663 V1.3.1, table B.1, by the traffic classes of TS 103 175): DENM first, then
# what units say and vehicles ask for, then CAM.
_CATEGORY = {Kind.DENM: 0, Kind.CAM: 2}


def category(kind: Kind) -> int:
    """The access category of a message: 0 to 3 = AC_VO, AC_VI, AC_BE, AC_BK."""
    return _CATEGORY.get(kind, 1)


class Traffic:
    """Packets since the begin, by kind."""

    def __init__(self) -> None:
        self.counts = np.zeros((4, len(Kind)), np.int64)  # rows: as the properties follow

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


class Octets(NamedTuple):
    """Messages end to end: message k is buffer[offsets[k]:offsets[k + 1]]."""

    buffer: NDArray[np.uint8]
    offsets: Longs

    @classmethod
    def of(cls, messages: Sequence[bytes]) -> Octets:
        """These messages."""
        offsets = np.cumsum([0, *map(len, messages)], dtype=np.int64)
        return cls(np.frombuffer(b"".join(messages), np.uint8), offsets)

    def one(self, k: int) -> bytes:
        """Message k."""
        return self.buffer[self.offsets[k] : self.offsets[k + 1]].tobytes()

    def take(self, rows: Rows) -> Octets:
        """Some of them, copied."""
        return Octets.of([self.one(k) for k in rows.tolist()])


# Of CAMs their octets; of units' broadcasts an object each; of unicasts the batch.
Content = Octets | tuple[Broadcast, ...] | Request | Response


@dataclass
class Batch:
    """Packets of one kind, made in the same tick; arrays and sequences have one entry a packet."""

    kind: Kind
    from_unit: bool
    time: float  # s, when they were made
    station: Ints  # on the air
    content: Content
    size: Ints  # octets with all headers but Ethernet's
    octets: Callable[[], Octets]  # the messages themselves; called while they are on the air
    radius: float = np.inf  # m, of broadcasts
    to: Ints | None = None  # station on the air, of unicasts
    to_station: Longs | None = None  # station of the vehicle where a unit sends

    def __len__(self) -> int:
        return len(self.station)

    def take(self, rows: Rows) -> Batch:
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
        )


def rows_of(batch: _T, rows: Rows | NDArray[np.bool_]) -> _T:
    """Some rows of requests or responses."""
    return type(batch)(**{column.name: getattr(batch, column.name)[rows] for column in fields(batch)})


@dataclass(frozen=True)
class Packets:
    """Packets of one kind that have been sent, for whoever records each: arrays of one entry per packet."""

    kind: Kind
    from_unit: bool
    time: float  # s, when they were made
    sender: Ints | Longs  # station of a vehicle, or number of a unit
    place: Ints  # slot of a vehicle, or number of a unit
    x: Doubles
    y: Doubles
    size: Ints  # octets with all headers but Ethernet's
    delay: NDArray[np.float32]  # s from being handed over to the end of reception; NaN: not sent
    at_vehicles: Ints
    at_units: Ints
    row: Rows  # in the tick's `Outgoing`
    octets: Callable[[], Octets]  # the messages; to be called now, not later
    radius: float = np.inf  # m, of broadcasts
    to: Ints | Longs | None = None  # of unicasts: station of a vehicle where a unit sends, else a unit
    content: Content | None = None  # CAMs' octets are for `sim.wire.awareness.Awareness.decode`: now, not later


class Receptions(NamedTuple):
    """Row k: packet[k] (a row of some Packets) reached a receiver, or was lost on the way to it."""

    packet: Ints
    receiver: Longs  # station of a vehicle, or number of a unit
    at_unit: NDArray[np.bool_]
    lost: NDArray[np.bool_]
    fate: Bytes  # what became of it there (`sim.air.FATES`)


Listener = Callable[[Packets], None]
