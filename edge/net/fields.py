"""Fields of headers, between SI units and the integers on the wire, one or a column at once; and joining octets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wayside.edge.errors import DecodeError, EncodeError
from wayside.ext.arrays import Bytes, Longs


@dataclass(frozen=True)
class Field:
    """An integer on the wire in low..high, `scale` of which make one unit; the range is of what is on the wire."""

    name: str
    low: int
    high: int
    scale: int = 1
    unit: str = ""

    def one(self, value: float | None) -> int:
        """A quantity as it is sent, rounded to the nearest. EncodeError where it is out of range or no number."""
        known = value is not None and math.isfinite(value)
        number = round(value * self.scale) if value is not None and known else self.high + 1
        if not self.low <= number <= self.high:
            raise EncodeError(f"{self.name} = {value}: {self._allowed}")
        return number

    def many(self, values: ArrayLike, rows: int) -> Longs:
        """The same for a column; a single value stands for all rows. EncodeError names the first that is wrong."""
        if isinstance(values, int | float) and self.low <= (number := self._number(values)) <= self.high:
            return np.full(rows, number, np.int64)
        column = np.asarray(values)
        if column.shape not in ((), (rows,)):
            raise EncodeError(f"{self.name}: column of shape {column.shape}: must be ({rows},), one a message")
        if column.dtype.kind == "f" or self.scale != 1:
            column = np.rint(column * np.float64(self.scale))
        if column.shape == (rows,) and rows and column.min() >= self.low and column.max() <= self.high:
            return column.astype(np.int64)
        wrong = ~((column >= self.low) & (column <= self.high))  # NaN too
        if wrong.any():
            row = int(np.argmax(wrong))
            value = np.broadcast_to(np.asarray(values), (rows,))[row] if rows else np.asarray(values)
            raise EncodeError(f"{self.name}[{row}] = {value}: {self._allowed}")
        return np.broadcast_to(column.astype(np.int64), (rows,))

    def _number(self, value: float) -> float:
        """A number in steps, rounded to the nearest; what is none stays as it is."""
        return round(value * self.scale) if math.isfinite(value) else value

    def read(self, number: int) -> Any:
        """What is sent, as a quantity. DecodeError where it is out of range."""
        if not self.low <= number <= self.high:
            raise DecodeError(f"{self.name} = {number / self.scale:.10g}: {self._allowed}")
        return number if self.scale == 1 else number / self.scale

    def known(self, number: int) -> Any:
        """What is sent, as a quantity; None where it is out of range."""
        return self.read(number) if self.low <= number <= self.high else None

    @property
    def _allowed(self) -> str:
        low, high = (n if self.scale == 1 else f"{n / self.scale:.15g}" for n in (self.low, self.high))
        return f"must be {low}..{high} {self.unit}".rstrip()


def taken(data: bytes, size: int, name: str) -> bytes:
    """The first octets of some. DecodeError where there are too few."""
    if len(data) < size:
        raise DecodeError(f"{name}: ends after {len(data)} octets: must have {size}")
    return data[:size]


def column(columns: Mapping[str, ArrayLike], name: str, otherwise: ArrayLike | None = None) -> ArrayLike:
    """A column by its name, or what stands for it. EncodeError where it has to be given."""
    if name in columns:
        return columns[name]
    if otherwise is None:
        raise EncodeError(f"{name}: no such column, and it has to be given; there are {', '.join(columns) or 'none'}")
    return otherwise


def lengths(buffer: Bytes, offsets: Longs) -> Longs:
    """How long messages are: message k is buffer[offsets[k]:offsets[k + 1]]. EncodeError where that cannot be."""
    if offsets.ndim != 1 or not len(offsets) or offsets[0] != 0 or offsets[-1] != len(buffer):
        raise EncodeError(f"offsets: must go from 0 to {len(buffer)}, the buffer's length")
    found: Longs = np.diff(offsets)
    if (found < 0).any():
        raise EncodeError(f"offsets[{int(np.argmax(found < 0)) + 1}]: must not be below the one before")
    return found


def prefixed(heads: NDArray[np.void], buffer: Bytes, offsets: Longs) -> tuple[Bytes, Longs]:
    """Each message behind its header. heads: structured, without gaps, one a message. Returns buffer and offsets."""
    rows, size = len(heads), heads.dtype.itemsize
    starts = offsets + size * np.arange(rows + 1)
    joined = np.empty(int(starts[-1]), np.uint8)
    places = starts[:-1, None] + np.arange(size)
    is_message = np.ones(len(joined), np.bool_)
    is_message[places] = False
    joined[places] = np.ascontiguousarray(heads).view(np.uint8).reshape(rows, size)
    joined[is_message] = buffer
    return joined, starts
