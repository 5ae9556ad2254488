"""What applications do at this moment, for the map: hazards, requests, advice, tracks, hops, what they draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from wayside.edge.perception.tracks import AT, LOST
from wayside.ext.arrays import Doubles
from wayside.web.server.hops import HopWatch
from wayside.web.server.view import Views

EVERY = 0.45  # s of wall clock between two looks
MOST_TRACKS = 2000
_SHOWN = [AT[name] for name in ("x", "y", "vx", "vy", "time", "kind", "heard")]


class Marks:
    """One look at a time; what is as it was told last is not told again."""

    def __init__(self, views: Views, hops: HopWatch) -> None:
        self.views = views
        self._hops = hops
        self._looked = -np.inf
        self._told: dict[str, Any] = {}

    def forget(self) -> None:
        """Somebody has joined who knows nothing: the next look tells all."""
        self._told = {}
        self._looked = -np.inf

    def changed(self, now: float, at_once: bool = False) -> dict[str, Any] | None:
        """What has changed since the last call; looked at twice a second of wall clock, or at once."""
        if now - self._looked < EVERY and not at_once:
            return None
        self._looked = now
        seen = {**self.views.marks(), "tracks": self._tracks(), "drawings": self._drawings()}
        found = {name: rows for name, rows in seen.items() if rows != self._told.get(name, [])}
        self._told.update(found)
        if steps := self._hops.steps():
            found["hops"] = steps
        return {"type": "marks", "time": self.views.simulation.time, **found} if found else None

    def _drawings(self) -> list[dict[str, Any]]:
        """What plug-ins show, a row for each kind of each of them."""
        return [
            {"by": by, "unit": unit, "kind": kind, **drawing._asdict()}
            for by, unit, kind, drawing in self.views.simulation.drawings.shown()
        ]

    def _tracks(self) -> list[list[float]]:
        """What all units' sensors show now: x, y [m], how it moves [m/s], StationType, whether it is heard too."""
        perceived = self.views.simulation.maps.perceived
        if perceived is None:
            return []
        on = self.views.simulation.exchange.roadside.on != 0
        counts = np.where(on, perceived.count, 0)
        there = np.arange(perceived.rows.shape[1]) < counts[:, None]
        there &= (perceived.rows[:, :, AT["id"]] >= 0.0) & (perceived.rows[:, :, AT["misses"]] <= LOST)
        x, y, vx, vy, time, kind, heard = perceived.rows[there][:MOST_TRACKS, _SHOWN].T
        since = self.views.simulation.time - time
        columns: list[Doubles] = [x + vx * since, y + vy * since, vx, vy]
        rows = np.stack((*(column.round(1) for column in columns), kind, heard >= 0.0), axis=1)
        found: list[list[float]] = rows.tolist()
        return found
