"""The geo-broadcasts that are on their way, with what each says and where it is from, and which stations have them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.edge.messages import Broadcast
from wayside.ext.arrays import Bytes, Doubles, Flags, Hashes, Indices, Ints, Longs
from wayside.sim.stations.packets import Journey

_LEAST = 16  # rooms for packets at first


class Journeys:
    """Packets by number, which is used again; arrays of one entry a packet.

    known: packets x stations, 1 where one has it. wanted: likewise, who was in the area when it was made. reckoned:
    totals of those that are over: of `wanted`, and of those among them who have it.
    """

    columns: ClassVar[dict[str, type]] = {
        "live": np.uint8,
        "kind": np.int32,
        "category": np.int32,
        "size": np.int32,  # octets with all headers but Ethernet's
        "source": np.int32,  # station on the air
        "name": np.int64,  # number of a unit, station of a vehicle
        "from_unit": np.uint8,
        "station_type": np.uint8,
        "x": np.float64,  # m, where the source was, as itself knew: the middle of the area
        "y": np.float64,
        "radius": np.float64,  # m
        "speed": np.float64,  # m/s
        "heading": np.float64,  # degrees
        "made": np.float64,  # s
        "sequence": np.int32,
        "key": np.uint64,  # of its chance
    }

    live: Bytes
    kind: Ints
    category: Ints
    size: Ints
    source: Ints
    name: Longs
    from_unit: Bytes
    station_type: Bytes
    x: Doubles
    y: Doubles
    radius: Doubles
    speed: Doubles
    heading: Doubles
    made: Doubles
    sequence: Ints
    key: Hashes

    def __init__(self, stations: int) -> None:
        for name, dtype in self.columns.items():
            setattr(self, name, np.empty(0, dtype))
        self.known = np.zeros((0, stations), np.uint8)
        self.wanted = np.zeros((0, stations), np.uint8)
        self.reckoned = np.zeros(2, np.int64)
        self._messages: list[Broadcast | None] = []
        self._octets: list[bytes] = []
        self._free: list[int] = []

    def enter(self, message: Broadcast, octets: bytes, inside: Flags, **columns: Any) -> int:
        """One more, as its columns have it: its number. inside: which stations are in its area, its source apart."""
        if not self._free:
            self._grow()
        number = self._free.pop()
        self._messages[number], self._octets[number] = message, octets
        for name, value in columns.items():
            getattr(self, name)[number] = value
        self.live[number] = 1
        self.known[number] = self.wanted[number] = 0
        self.known[number, columns["source"]] = 1
        self.wanted[number, : len(inside)] = inside
        return number

    def keep(self, numbers: Iterable[Ints]) -> None:
        """All others are over: nobody sends them any more."""
        over = self.live == 1
        for some in numbers:
            over[some] = False
        rows = np.flatnonzero(over)
        if len(rows):
            wanted = self.wanted[rows] == 1
            self.reckoned += np.count_nonzero(wanted), np.count_nonzero(wanted & (self.known[rows] == 1))
            self.live[rows] = 0
            self._free += rows[::-1].tolist()

    def said(self, numbers: Ints) -> tuple[tuple[Broadcast, ...], list[bytes]]:
        """What these say, and their octets."""
        which = numbers.tolist()
        messages = tuple(message for number in which if (message := self._messages[number]) is not None)
        return messages, [self._octets[number] for number in which]

    def grow(self, stations: int) -> None:
        """Room for so many stations."""
        more = stations - self.known.shape[1]
        if more > 0:
            room = np.zeros((len(self.known), more), np.uint8)
            self.known = np.concatenate((self.known, room), axis=1)
            self.wanted = np.concatenate((self.wanted, room), axis=1)

    def forget(self, stations: Ints | Indices) -> None:
        """Others have come in place of these stations: they have received nothing yet."""
        self.known[:, stations] = self.wanted[:, stations] = 0

    def of(self, numbers: Ints, hop: Ints, hops: int) -> Journey:
        """How copies of these came to their senders; hop: of each, of at most `hops`."""
        return Journey(
            self.from_unit[numbers] == 1,
            self.name[numbers],
            self.station_type[numbers],
            self.x[numbers],
            self.y[numbers],
            self.speed[numbers],
            self.heading[numbers],
            self.made[numbers],
            self.sequence[numbers],
            self.radius[numbers],
            hop,
            (hops + 1 - hop).astype(np.int32),
        )

    def _grow(self) -> None:
        """Room for more packets."""
        known = len(self.live)
        more = max(_LEAST, known)
        self._free = list(range(known + more - 1, known - 1, -1))
        self._messages += [None] * more
        self._octets += [b""] * more
        for name, dtype in self.columns.items():
            column: NDArray[Any] = np.concatenate((getattr(self, name), np.zeros(more, dtype)))
            setattr(self, name, column)
        room = np.zeros((more, self.known.shape[1]), np.uint8)
        self.known, self.wanted = np.concatenate((self.known, room)), np.concatenate((self.wanted, room))
