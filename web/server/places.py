"""Lights, car parks, charging sites, units and closed roads: their state, and what of it has changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayside.sim import actions
from wayside.sim.charging import BOUND, PLUGGED
from wayside.sim.engine import Simulation

EVERY = 0.45  # s of wall clock between two looks
WAITING_WITHIN = 100.0  # m of a pile: who is bound for it and stands there, waits


class Places:
    """One look at a time, compared with the last one told."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._lights = np.empty(0, np.int8)
        self._looked = -np.inf
        self._told: dict[str, NDArray[Any]] = {}
        self._closed: list[int] = []

    def all(self) -> dict[str, Any]:
        """The state of everything, for a snapshot."""
        signals = self.simulation.signals
        return {
            "lights": {str(light): signals.text(light) for light in range(len(signals.ids))},
            "parks": _rows(self.parks()),
            "sites": _rows(self.sites()),
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
        for name, rows in (("parks", self.parks()), ("sites", self.sites()), ("units", self.units())):
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

    def parks(self) -> NDArray[Any]:
        """Number, occupied, reserved."""
        parks = self.simulation.platform.parking.car_parks
        return np.stack((np.arange(len(parks.ids)), parks.occupied, parks.reserved), axis=1)

    def units(self) -> NDArray[Any]:
        """Number, on, vehicles known."""
        exchange = self.simulation.exchange
        return np.stack((np.arange(len(exchange.units)), exchange.units_on, exchange.maps.count), axis=1)

    def sites(self) -> NDArray[Any]:
        """Number, occupied, reserved, queue, power [W] drawn from the grid."""
        chargers = self.simulation.platform.charging.chargers
        n = len(chargers.sites)
        occupied, reserved = (
            np.bincount(chargers.site, weights=column, minlength=n).astype(np.int64)
            for column in (chargers.occupied, chargers.reserved)
        )
        waiting, power = self._waiting(), self.power_w()
        return np.stack((np.arange(n), occupied, reserved, waiting, np.round(power).astype(np.int64)), axis=1)

    def power_w(self) -> NDArray[np.float64]:
        """What each site's piles draw now, W."""
        electric = self.simulation.electric
        chargers = self.simulation.platform.charging.chargers
        plugged = np.flatnonzero(electric.state[: self.simulation.vehicles.extent] == PLUGGED)
        group = electric.charger[plugged]
        drawn = self.into_batteries_w(plugged) / chargers.efficiency[group]
        return np.bincount(chargers.site[group], weights=drawn, minlength=len(chargers.sites)).astype(np.float64)

    def into_batteries_w(self, slots: NDArray[Any]) -> NDArray[np.float64]:
        """What vehicles at piles take: what pile, vehicle and the site's manager allow, nothing when full."""
        electric, table = self.simulation.electric, self.simulation.vehicles
        chargers = self.simulation.platform.charging.chargers
        group = electric.charger[slots]
        pile = np.minimum(chargers.power_w[group] * chargers.efficiency[group], electric.max_power_w[slots])
        full = table.charge[slots] >= table.capacity_wh[slots] - 0.01
        return np.where(full, 0.0, np.fmin(electric.limit_w[slots], pile))

    def _waiting(self) -> NDArray[np.int64]:
        electric, table = self.simulation.electric, self.simulation.vehicles
        chargers = self.simulation.platform.charging.chargers
        n = table.extent
        bound = np.flatnonzero((electric.state[:n] == BOUND) & (table.speed[:n] < 0.1))
        group = electric.charger[bound]
        near = np.hypot(table.x[bound] - chargers.x[group], table.y[bound] - chargers.y[group]) <= WAITING_WITHIN
        return np.bincount(chargers.site[group[near]], minlength=len(chargers.sites))


def _rows(rows: NDArray[Any]) -> list[list[int]]:
    return rows.tolist()
