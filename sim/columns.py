"""Struct of arrays: named columns with one entry per slot that grow together."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray


class Columns:
    """A base class: `fields` tells each column's type and what stands in a slot never used."""

    fields: ClassVar[dict[str, tuple[type, float]]] = {}
    rows: ClassVar[dict[str, str]] = {}  # columns with several rows, and the attribute that holds their number

    capacity: int = 0
    _columns: tuple[tuple[NDArray[Any], float], ...] = ()  # slots first, each with what stands in one never used

    def grow(self, capacity: int) -> None:
        """Room for this many slots; what is there stays. Arrays are new ones: do not hold on to them."""
        for name, (dtype, fill) in self.fields.items():
            lead = (getattr(self, self.rows[name]),) if name in self.rows else ()
            new = np.full((*lead, capacity), fill, dtype)
            if self.capacity:
                new[..., : self.capacity] = getattr(self, name)
            setattr(self, name, new)
        self.capacity = capacity
        self._columns = tuple((getattr(self, name).T, fill) for name, (_, fill) in self.fields.items())

    def reset(self, slots: int | NDArray[np.integer[Any]]) -> None:
        """Let these slots be as if never used."""
        for column, fill in self._columns:
            column[slots] = fill
