"""`record.view`: what a run with that setting has among its observers (entry point of `wayside.recordings`)."""

from __future__ import annotations

import warnings
from pathlib import Path

from wayside.sim.disk.ballast import Ballast, Sink
from wayside.sim.engine import Simulation
from wayside.web.film.filming import Filming
from wayside.web.film.pieces import FILE


class FilmToFile(Filming):
    """Records into `FILE` of a folder, at most so many bytes or a little more. OSError where the disk is full."""

    def __init__(self, simulation: Simulation, folder: Path, ballast: Ballast, most: int) -> None:
        super().__init__(simulation, [self._keep], most)
        self._path = folder / FILE
        self._ballast = ballast
        self._sink: Sink | None = None
        self._told = False

    def end(self) -> None:
        """See `Observer.end`."""
        super().end()
        if self._sink is None or self._sink.closed:
            return
        self._sink.close()
        if self.full_at is not None:
            full = f"the recording was full at {self.writer.written / 1e6:.3g} MB at {self.full_at:g} s"
            warnings.warn(f"record.view_limit: {full}: what came later is not in it", stacklevel=2)

    def _keep(self, piece: bytes) -> None:
        if self._sink is None:
            self._sink = Sink(self._path, self._ballast)
        self._sink.write(piece)
        if self._sink.full is not None and not self._told:
            self._told = True
            raise self._sink.full
