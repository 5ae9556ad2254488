"""Lights, units, closed roads and the places of services: their state, and what of it has changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayside.sim.presenter import actions
from wayside.web.server.view import Views

EVERY = 0.45  # s of wall clock between two looks


class ChangedPlaces:
    """One look at a time, compared with the last one told."""

    def __init__(self, views: Views) -> None:
        self.views = views
        self.simulation = views.simulation
        self._lights = np.empty(0, np.int8)
        self._looked = -np.inf
        self._told: dict[str, NDArray[Any]] = {}
        self._closed: list[int] = []

    def all(self) -> dict[str, Any]:
        """The state of everything, for a snapshot."""
        signals = self.simulation.signals
        return {
            "lights": {str(light): signals.text(light) for light in range(len(signals.ids))},
            **{name: _rows(rows) for name, rows in self.views.places().items()},
            "units": _rows(self.units()),
            "closed": actions.closed(self.simulation),
        }

    def lights_changed(self) -> dict[str, Any] | None:
        """The lights that have switched since the last call."""
        signals = self.simulation.signals
        if len(self._lights) != len(signals.state):
            self._lights = np.zeros_like(signals.state)
        changed = np.flatnonzero(signals.state != self._lights)
        if not len(changed):
            return None
        self._lights[:] = signals.state
        lights = np.unique(np.searchsorted(signals.offsets, changed, "right") - 1).tolist()
        return {
            "type": "lights",
            "time": self.simulation.time,
            "states": {str(light): signals.text(light) for light in lights},
        }

    def changed(self, now: float, at_once: bool = False) -> dict[str, Any] | None:
        """The places that have changed since the last call; looked at twice a second of wall clock, or at once."""
        if now - self._looked < EVERY and not at_once:
            return None
        self._looked = now
        found: dict[str, Any] = {}
        for name, rows in {**self.views.places(), "units": self.units()}.items():
            before = self._told.get(name)
            if before is None or before.shape != rows.shape:
                found[name] = _rows(rows)
            else:
                found[name] = _rows(rows[(rows != before).any(axis=1)])
            self._told[name] = rows
        closed = actions.closed(self.simulation)
        if closed != self._closed:
            found["closed"] = self._closed = closed
        if not any(found.values()) and "closed" not in found:
            return None
        return {"type": "places", "time": self.simulation.time, **found}

    def units(self) -> NDArray[Any]:
        """Number, on, vehicles known."""
        exchange = self.simulation.exchange
        return np.stack((np.arange(len(exchange.units)), exchange.roadside.on != 0, exchange.maps.count), axis=1)


def _rows(rows: NDArray[Any]) -> list[list[int]]:
    return rows.tolist()
