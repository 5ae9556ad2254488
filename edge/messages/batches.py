"""Requests and answers of one shape, from columns to octets and back, again and again."""

from __future__ import annotations

from typing import Any

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.octets import Octets
from wayside.ext.arrays import Longs


class Batches:
    """Messages of one shape, from columns and into them, with room that is kept from call to call."""

    def __init__(self, shape: Columns) -> None:
        self._shape = shape
        self._room(8)

    def encode(self, rows: int, **columns: Any) -> Octets:
        """So many messages; columns, by the names of the shape, are of so many whole numbers, or one for all.

        EncodeError names the path, the value, and which message.
        """
        if rows > self._encoder.rows:
            self._room(2 * rows)
        for name, values in columns.items():
            self._columns[name][:rows] = values
        buffer, offsets = self._encoder.encode(rows)
        return Octets(buffer.copy(), offsets.copy())

    def decode(self, octets: Octets) -> dict[str, Longs]:
        """The numbers of messages, until the next call. DecodeError where one is none."""
        if len(octets.offsets) > self._decoder.rows:
            self._room(2 * len(octets.offsets))
        rows, good = self._decoder.decode(*octets)
        if good < rows:
            number = int(np.argmin(self._decoder.valid[:rows]))
            raise DecodeError(f"{self._shape.message.name}: message {number} of {rows} is none")
        return {name: column[:rows] for name, column in self._decoder.columns.items()}

    def _room(self, rows: int) -> None:
        self._columns = {name: np.zeros(rows, np.int64) for name in self._shape.names}
        self._encoder = self._shape.encoder(self._columns)
        self._decoder = self._shape.decoder(rows)
