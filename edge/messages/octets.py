"""Messages end to end in one buffer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wayside.ext.arrays import Bytes, Indices, Ints, Longs


class Octets(NamedTuple):
    """Messages end to end: message k is buffer[offsets[k]:offsets[k + 1]]."""

    buffer: Bytes
    offsets: Longs

    @classmethod
    def of(cls, messages: Sequence[bytes]) -> Octets:
        """These messages."""
        offsets = np.cumsum([0, *map(len, messages)], dtype=np.int64)
        return cls(np.frombuffer(b"".join(messages), np.uint8), offsets)

    def sizes(self, headers: int) -> Ints:
        """Octets of each message with so many of headers before it."""
        return (np.diff(self.offsets) + headers).astype(np.int32)

    def one(self, k: int) -> bytes:
        """Message k."""
        return self.buffer[self.offsets[k] : self.offsets[k + 1]].tobytes()

    def take(self, rows: Indices) -> Octets:
        """Some of them, copied."""
        return Octets.of([self.one(k) for k in rows.tolist()])
