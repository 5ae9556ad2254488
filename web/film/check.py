"""Whether what a recording's streams say can be played: octets may have come whole, and be none of ours."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from wayside.web.film.pieces import LARGEST, RECORD, FilmError, RecordKind, inflated, parsed
from wayside.web.film.reel import Reel, Stretch

_FRAME = 5  # bytes up to a frame's type (docs/live.md)


def doubts(reel: Reel, stretches: Iterable[Stretch]) -> list[str]:
    """What is wrong in these stretches, the track and the reasons, a line each; none: all of it can be played."""
    found = [_doubt(f"{one.begin:g} to {one.end:g} s", _stretch, one.bytes()) for one in stretches]
    found += [_doubt("the track", _lines, reel.track()), _doubt("the reasons", _lines, reel.reasons())]
    return [line for line in found if line]


def _doubt(what: str, check: Callable[[bytes], None], stream: bytes) -> str:
    try:
        check(stream)
    except FilmError as error:
        return f"{what}: {error}"
    return ""


def _stretch(stream: bytes) -> None:
    data = inflated(stream)
    at, begun = 0, False
    while at < len(data):
        if at + RECORD.size > len(data):
            raise FilmError("breaks off within a record")
        size, kind, time = RECORD.unpack_from(data, at)
        at += RECORD.size
        if at + size > len(data) or not math.isfinite(time):
            raise FilmError("breaks off within a record")
        if kind == RecordKind.TEXT:
            begun |= parsed(data[at : at + size]).get("type") == "snapshot"
        elif kind != RecordKind.FRAME or size < _FRAME:
            raise FilmError(f"a record is of the unknown kind {kind}, or empty")
        at += size
    if not begun:
        raise FilmError("does not say how it begins")


def _lines(stream: bytes) -> None:
    for line in inflated(stream, 4 * LARGEST).splitlines():  # of the whole run
        parsed(line)
