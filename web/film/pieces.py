"""What a recording consists of: pieces, each with a header of its own, so that a file that breaks off is read as far
as it goes (docs/recordings.md).
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from enum import IntEnum
from typing import Any, NamedTuple, NoReturn

from wayside.edge.errors import WaysideError

FILE = "view.film"  # in a run's directory
MAGIC = b"WSF1"
HEADER = struct.Struct("<4sB3xIIdd")  # magic, kind, size and CRC-32 of what follows, begin and end [s]
LARGEST = 1 << 28  # bytes of a piece, and of what is unpacked at once; more is none of ours
CLOSING = b"\x01\x00\x00\xff\xff"  # after a whole flush: ends a stream of deflate (RFC 1951, 3.2.4)
RECORD = struct.Struct("<IBd")  # in a stretch: size of what follows, channel, time [s]


class FilmError(WaysideError):
    """A file is no recording, or not one that can be played."""


class PieceKind(IntEnum):
    """What a piece holds. Those of a stream are one deflate stream when they are put together."""

    WORLD = 1  # whole: JSON of the run and its static world
    KEY = 2  # begins a stretch: all that one must know to begin here; records
    MORE = 3  # goes on with it
    TRACK = 4  # a stream of lines of JSON over the whole run: names, figures, events
    REASONS = 5  # likewise: decisions
    END = 6  # whole: JSON, how the run ended; the last


class RecordKind(IntEnum):
    """What a record of a stretch is."""

    FRAME = 1  # binary (docs/live.md)
    TEXT = 2  # JSON, likewise


class Header(NamedTuple):
    """A header, read; times in s of simulation."""

    kind: PieceKind
    size: int
    crc: int
    begin: float
    end: float


def packed(kind: PieceKind, payload: bytes, begin: float, end: float) -> bytes:
    """A piece as it is written."""
    return HEADER.pack(MAGIC, kind, len(payload), zlib.crc32(payload), begin, end) + payload


def unpacked(header: bytes) -> Header | None:
    """A header; None where it is none."""
    if len(header) < HEADER.size:
        return None
    magic, kind, size, crc, begin, end = HEADER.unpack_from(header)
    if magic != MAGIC or kind not in iter(PieceKind) or size > LARGEST or not -math.inf < begin <= end < math.inf:
        return None
    return Header(PieceKind(kind), size, crc, begin, end)


def deflated(data: bytes) -> bytes:
    """A whole stream."""
    squeezing = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeezing.compress(data) + squeezing.flush()


def inflated(data: bytes, most: int = LARGEST) -> bytes:
    """What a whole stream says, at most so many bytes. FilmError where it is none, or says more."""
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        found = unpacking.decompress(data, most + 1)
    except zlib.error as error:
        raise FilmError(f"cannot be unpacked: {error}") from None
    if len(found) > most:
        raise FilmError(f"cannot be unpacked: it is larger than {most / 1e6:.3g} MB")
    if not unpacking.eof or unpacking.unused_data:
        raise FilmError(f"cannot be unpacked: it {'goes on after its end' if unpacking.eof else 'has no end'}")
    return found


def parsed(text: bytes) -> dict[str, Any]:
    """An object of JSON. FilmError where the text is none, or has numbers that JSON does not have."""
    try:
        found = json.loads(text, parse_constant=_no_number, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise FilmError(f"is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise FilmError("is no object of JSON")
    return found


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no number")
