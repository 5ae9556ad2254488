"""A recording to be played: which stretches there are, and their bytes; of a file, or as it comes from a run."""

from __future__ import annotations

import glob
import os
import warnings
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wayside.web.film.pieces import (
    CLOSING,
    FILE,
    HEADER,
    MAGIC,
    FilmError,
    Header,
    PieceKind,
    inflated,
    parsed,
    unpacked,
)

Read = Callable[[], bytes]  # the bytes of a piece

# What a run is said to have been; the first type is that of one who does not say.
_RUN: dict[str, tuple[type, ...]] = {
    "scenario": (str,),
    "title": (str,),
    "begin": (float, int),
    "end": (float, int, type(None)),
    "step_length": (float, int),
}


@dataclass
class Stretch:
    """A moment that one can begin at, and what follows up to the next; times in s."""

    number: int
    begin: float
    end: float
    size: int = 0
    parts: list[Read] = field(default_factory=list)

    def bytes(self) -> bytes:
        """A whole stream of deflate: records."""
        return b"".join(read() for read in self.parts) + CLOSING


class Reel:
    """All pieces of a run so far. `most`: bytes of stretches that are kept, the oldest go; None: all."""

    def __init__(self, most: int | None = None) -> None:
        self.stretches: deque[Stretch] = deque()
        self.ended: dict[str, Any] | None = None  # what its last piece says
        self.forgot = False  # whether stretches have gone
        self._most = most
        self._size = 0
        self._number = 0
        self._world: Read | None = None
        self._track: list[Read] = []
        self._reasons: list[Read] = []

    def add(self, header: Header, read: Read) -> None:
        """One more, in the order of time."""
        kind = header.kind
        if kind == PieceKind.WORLD:
            self._world = read
        elif kind == PieceKind.TRACK:
            self._track.append(read)
        elif kind == PieceKind.REASONS:
            self._reasons.append(read)
        elif kind == PieceKind.END:
            self.ended = parsed(inflated(read()))
        elif kind == PieceKind.KEY or self.stretches:  # what goes on with a stretch that has gone is of no use
            self._film(header, read)

    def take(self, piece: bytes) -> None:
        """One more, as it was written: it is kept in memory."""
        header = unpacked(piece)
        assert header is not None, "a piece of ours"
        payload = piece[HEADER.size :]
        self.add(header, lambda: payload)

    def _film(self, header: Header, read: Read) -> None:
        if header.kind == PieceKind.KEY:
            self.stretches.append(Stretch(self._number, header.begin, header.end))
            self._number += 1
        stretch = self.stretches[-1]
        stretch.parts.append(read)
        stretch.end = header.end
        stretch.size += header.size
        self._size += header.size
        while self._most is not None and self._size > self._most and len(self.stretches) > 1:
            self._size -= self.stretches.popleft().size
            self.forgot = True

    @property
    def span(self) -> tuple[float, float] | None:
        """From when to when it can be played, s; None: not at all."""
        return (self.stretches[0].begin, self.stretches[-1].end) if self.stretches else None

    def index(self) -> dict[str, Any]:
        """`GET /api/recording` of docs/live.md."""
        begin, end = self.span or (None, None)
        return {
            "begin": begin,
            "end": end,
            "whole": not self.forgot,
            "ended": self.ended,
            "stretches": [[one.number, one.begin, one.end, one.size] for one in self.stretches],
        }

    def stretch(self, number: int) -> bytes | None:
        """One stretch, as it is sent; None where it is not kept, or no longer."""
        first = self.stretches[0].number if self.stretches else 0
        place = number - first
        return self.stretches[place].bytes() if 0 <= place < len(self.stretches) else None

    def world(self) -> dict[str, Any]:
        """`run`, what it was, and `world`, what of it does not change. FilmError where they are not there."""
        if self._world is None:
            raise FilmError("has no world")
        try:
            found = parsed(inflated(self._world()))
        except FilmError as error:
            raise FilmError(f"its world {error}") from None
        for name in ("run", "world"):
            if not isinstance(found.get(name), dict):
                raise FilmError(f"its world: {name}: must be an object of JSON")
        for name, types in _RUN.items():
            if not isinstance(found["run"].get(name, types[0]()), types):
                raise FilmError(f"its world: run.{name}: must be {'a text' if str in types else 'a number'}")
        return found

    def track(self) -> bytes:
        """Names, figures and events of the whole run, as they are sent."""
        return b"".join(read() for read in self._track) + CLOSING

    def reasons(self) -> bytes:
        """Decisions of the whole run, as they are sent."""
        return b"".join(read() for read in self._reasons) + CLOSING


class FilmFile:
    """A recording on the disk. It may still be written: `look` again."""

    def __init__(self, path: Path) -> None:
        """FilmError, one line, where nothing of it can be played."""
        self.path = path
        self.reel = Reel()
        self.broken = ""  # what is wrong behind the part that can be played; empty: it is whole
        try:
            self._file = os.open(path, os.O_RDONLY)
            size = os.fstat(self._file).st_size
        except OSError as error:
            raise FilmError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
        at = 0
        while at < size:
            header = unpacked(os.pread(self._file, HEADER.size, at))
            if header is None:
                self.broken = f"is broken at byte {at}" if size - at >= HEADER.size else "breaks off"
                break
            payload = os.pread(self._file, header.size, at + HEADER.size)
            if len(payload) < header.size:
                self.broken = "breaks off"
                break
            if zlib.crc32(payload) != header.crc:
                self.broken = f"is broken at byte {at}"
                break
            try:
                self.reel.add(header, self._reader(at + HEADER.size, header.size))
            except FilmError:
                self.broken = f"is broken at byte {at}"
                break
            at += HEADER.size + header.size
        if not self.broken and self.reel.ended is None:
            self.broken = "has no end: the run was killed, or is still going on"
        if self.reel.span is None:
            stranger = self._stranger() if at == 0 else self.broken
            os.close(self._file)
            said = "is empty" if size == 0 else stranger
            raise FilmError(f"{path}: {said}: there is nothing to play")
        try:
            self._world = self.reel.world()
        except FilmError as error:
            os.close(self._file)
            raise FilmError(f"{path}: {error}: it cannot be played") from None

    def world(self) -> dict[str, Any]:
        """See `Reel.world`."""
        return self._world

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def warning(self) -> str:
        """Why it ends before the run, a line; empty: it does not."""
        wrong = self.broken
        if not wrong and self.reel.ended is not None and self.reel.ended.get("full"):
            wrong = " ".join(str(self.reel.ended.get("words")).split())
        if not wrong or self.reel.span is None:
            return ""
        return f"{self.path}: {wrong}; it plays up to {self.reel.span[1]:g} s"

    def _stranger(self) -> str:
        """What a file is that does not begin as ours do."""
        magic = os.pread(self._file, len(MAGIC), 0)
        if magic[:3] == MAGIC[:3] and magic != MAGIC and magic[3:].isalnum():
            return f"is a recording of another version ({magic.decode()}; this wayside plays {MAGIC.decode()})"
        return "is no recording of the live view"

    def _reader(self, at: int, size: int) -> Read:
        return lambda: os.pread(self._file, size, at)


def find(where: Path) -> Path:
    """The recording that a path means: the file itself, or that of a run's directory. FilmError where there is none.

    A run that was killed has left its folder under a temporary name (`.NAME.partial-PID`), whether there is one of its
    own name or not. Of several the newest; a warning says which.
    """
    if where.is_file():
        return where
    if (where / FILE).is_file():
        return where / FILE
    real = Path(os.path.realpath(where))  # `.` and a link are called as the run's folder is
    partial = sorted(real.parent.glob(f".{glob.escape(real.name)}.partial-*/{FILE}"), key=_written)
    if not partial:
        if where.is_dir():
            raise FilmError(f"{where}: has no recording ({FILE}): run with --set record.view=true")
        raise FilmError(f"{where}: there is no such file or directory")
    if len(partial) > 1:
        newest = f"{partial[-1]} is the newest of {len(partial)}"
        warnings.warn(f"{where}: has no recording; of runs that did not end {newest}", stacklevel=2)
    return partial[-1]


def _written(path: Path) -> tuple[int, Path]:
    return path.stat().st_mtime_ns, path
