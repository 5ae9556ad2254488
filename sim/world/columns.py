"""Struct of arrays: named columns with one entry per slot that grow together."""

from __future__ import annotations

import heapq
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.ext.arrays import Bytes, Indices
from wayside.ext.columns import Blanks


class SlotColumns:
    """A base class: `fields` tells each column's type and what stands in a slot never used."""

    fields: ClassVar[dict[str, tuple[type, float]]] = {}
    rows: ClassVar[dict[str, str]] = {}  # columns with several rows, and the attribute that holds their number

    capacity: int = 0
    _blanks: Blanks

    def grow(self, capacity: int) -> None:
        """Room for this many slots; what is there stays. Arrays are new ones: do not hold on to them."""
        for name, (dtype, fill) in self.fields.items():
            lead = (getattr(self, self.rows[name]),) if name in self.rows else ()
            new = np.full((*lead, capacity), fill, dtype)
            if self.capacity:
                new[..., : self.capacity] = getattr(self, name)
            setattr(self, name, new)
        self.capacity = capacity
        self._blanks = Blanks(capacity, [self._octets(*column) for column in self.fields.items()])

    def reset(self, slots: int | NDArray[np.integer[Any]]) -> None:
        """Let these slots be as if never used."""
        if isinstance(slots, int):
            self._blanks.put_one(slots)
        else:
            self._blanks.put(np.ascontiguousarray(slots, np.int32))

    def _octets(self, name: str, field: tuple[type, float]) -> tuple[Bytes, bytes]:
        """A column's octets, rows x slots x those of an entry, and those of what stands in a slot never used."""
        dtype, fill = field
        blank = np.array(fill, dtype).tobytes()
        octets: Bytes = getattr(self, name).view(np.uint8).reshape(-1, self.capacity, len(blank))
        return octets, blank


class SlotTable(SlotColumns):
    """What comes and goes under a name: a slot each, stable while it is there and then reused (the lowest free one
    first). A derived class has a column `alive`, and calls `grow` when it is made.
    """

    alive: Bytes

    def __init__(self) -> None:
        self.count = 0  # that are alive
        self.extent = 0  # slots from 0 that have ever been used: what loops run over
        self.ids: list[str | None] = []
        self.slot_of: dict[str, int] = {}
        self._free: list[int] = []
        self._left: list[int] = []

    def grow(self, capacity: int) -> None:
        """See `SlotColumns.grow`."""
        self.ids.extend([None] * (capacity - self.capacity))
        super().grow(capacity)

    def _take(self, id: str) -> int:
        """A slot for whoever has this name, as if never used. Doubles the capacity where none is free."""
        if self._free:
            slot = heapq.heappop(self._free)
        else:
            if self.extent == self.capacity:
                self.grow(2 * self.capacity)
            slot = self.extent
            self.extent += 1
        self.reset(slot)
        self.ids[slot] = id
        return slot

    def add(self, id: str) -> int:
        """The slot of one who comes; its columns are reset."""
        slot = self._take(id)
        self.alive[slot] = 1
        self.slot_of[id] = slot
        self.count += 1
        return slot

    def remove(self, id: str) -> int:
        """The slot that one leaves; its row stands until `release`."""
        slot = self.slot_of.pop(id)
        self.alive[slot] = 0
        self.count -= 1
        self._left.append(slot)
        return slot

    def release(self) -> None:
        """Let the slots of those removed so far be reused."""
        for slot in self._left:
            self.ids[slot] = None
            heapq.heappush(self._free, slot)
        self._left.clear()

    def slots(self) -> Indices:
        """The slots in use, ascending."""
        return np.flatnonzero(self.alive[: self.extent])
