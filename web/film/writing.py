"""A recording is written: what is told, squeezed, cut into pieces and handed to whoever keeps them."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from wayside.sim.children import dumps
from wayside.web.film.pieces import RECORD, PieceKind, RecordKind, deflated, packed

LEVEL = 1  # of deflate: higher ones take twice the time for a seventh less

Keep = Callable[[bytes], object]  # takes a piece, whole, in the order of time


class FilmWriter:
    """Squeezes one run's recording. Nothing is kept here but the state of three streams."""

    def __init__(self, sinks: list[Keep]) -> None:
        """sinks: who takes the pieces; they may be joined by others until the first."""
        self.sinks = sinks
        self.written = 0  # bytes
        self._stretch, self._track, self._reasons = _Stream(), _Stream(), _Stream()
        self._begins = True  # the next piece of the stretch is a key
        self._from = 0.0  # s: what has been told since is not written yet

    def world(self, run: dict[str, object], world: dict[str, object], time: float) -> None:
        """First of all."""
        self._from = time
        self._write(PieceKind.WORLD, deflated(dumps({"run": run, "world": world})), time, time)

    def key(self, time: float) -> None:
        """A new stretch begins: it must not need anything that was told before."""
        self.flush(time)
        self._stretch, self._begins = _Stream(), True

    def frame(self, frame: bytes, time: float) -> None:
        """A frame of the stretch."""
        self._stretch.put(RECORD.pack(len(frame), RecordKind.FRAME, time) + frame)

    def text(self, message: object, time: float) -> None:
        """A message of the stretch."""
        text = dumps(message)
        self._stretch.put(RECORD.pack(len(text), RecordKind.TEXT, time) + text)

    def track(self, message: object) -> None:
        """A message of the whole run."""
        self._track.put(dumps(message) + b"\n")

    def reason(self, message: object) -> None:
        """A decision."""
        self._reasons.put(dumps(message) + b"\n")

    def flush(self, time: float) -> None:
        """All that was told until now becomes pieces: a run that is killed is on record up to here."""
        for kind, stream in ((PieceKind.TRACK, self._track), (PieceKind.REASONS, self._reasons)):
            if stream.waits:
                self._write(kind, stream.take(), self._from, time)
        if self._stretch.waits:
            self._write(PieceKind.KEY if self._begins else PieceKind.MORE, self._stretch.take(), self._from, time)
            self._begins = False
        self._from = time

    def end(self, words: str, time: float, full: bool = False) -> None:
        """The last piece. full: the recording ends before the run."""
        self.flush(time)
        said = {"words": words, "time": time, **({"full": True} if full else {})}
        self._write(PieceKind.END, deflated(dumps(said)), time, time)

    def _write(self, kind: PieceKind, payload: bytes, begin: float, end: float) -> None:
        piece = packed(kind, payload, begin, end)
        self.written += len(piece)
        for sink in self.sinks:
            sink(piece)


class _Stream:
    """A deflate stream that is cut where one wants."""

    def __init__(self) -> None:
        self._squeezing = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._out: list[bytes] = []
        self.waits = False

    def put(self, data: bytes) -> None:
        """Some more."""
        self._out.append(self._squeezing.compress(data))
        self.waits = True

    def take(self) -> bytes:
        """All since the last call, up to a whole octet: with `CLOSING` behind it, it is a whole stream."""
        self._out.append(self._squeezing.flush(zlib.Z_SYNC_FLUSH))
        out, self._out, self.waits = b"".join(self._out), [], False
        return out
