"""The event log: what a person would want to be told, in one line each."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from wayside.sim.charging import BOUND, PLUGGED
from wayside.sim.engine import Simulation
from wayside.sim.parking import GUIDED
from wayside.sim.sumo import backend

KEPT = 200
MOST_AT_ONCE = 40


class Events:
    """Looks at the simulation from time to time and says what has happened."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.log: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._new: list[dict[str, Any]] = []
        self._searches = self._sessions = 0  # rows looked at
        self._open_searches: list[int] = []
        self._open_sessions: list[int] = []
        self._full = np.zeros(len(simulation.platform.parking.car_parks.ids), bool)
        self._crowded = np.zeros(len(simulation.platform.charging.chargers.sites), bool)
        self._station_of: dict[str, int] = {}

    def say(self, level: str, text: str, *refs: str) -> None:
        """Add one event at this moment; level is info, notice or warning."""
        event = {"time": self.simulation.time, "level": level, "text": text, "refs": list(refs)}
        self.log.append(event)
        if len(self._new) < MOST_AT_ONCE:
            self._new.append(event)

    def took(self, events: backend.Events, time: float) -> None:
        """A step is done."""
        vehicles = self.simulation.vehicles
        for slot in events.teleport_started.tolist():
            self.say("warning", f"{vehicles.ids[slot]} is stuck and taken off the road", _vehicle(vehicles, slot))
        for slot in events.teleport_ended.tolist():
            self.say("info", f"{vehicles.ids[slot]} is back on the road", _vehicle(vehicles, slot))

    def look(self, time: float) -> None:
        """What has become of searches, sessions, car parks and sites since the last look."""
        self._parks()
        self._sites()
        self._parking()
        self._charging()

    def news(self) -> dict[str, Any] | None:
        """What has not been told yet."""
        if not self._new:
            return None
        new, self._new = self._new, []
        return {"type": "events", "events": new}

    def _parks(self) -> None:
        parks = self.simulation.platform.parking.car_parks
        full = parks.occupied >= np.maximum(parks.capacity, 1)
        for park in np.flatnonzero(full != self._full).tolist():
            text = f"{parks.names[park]} is full" if full[park] else f"{parks.names[park]} has a free bay again"
            self.say("notice" if full[park] else "info", text, f"park/{park}")
        self._full = full

    def _sites(self) -> None:
        chargers = self.simulation.platform.charging.chargers
        if not len(chargers.sites):
            return
        n = len(chargers.sites)
        taken = np.bincount(chargers.site, weights=chargers.occupied, minlength=n)
        crowded = taken >= np.bincount(chargers.site, weights=chargers.piles, minlength=n)
        for site in np.flatnonzero(crowded != self._crowded).tolist():
            text = "all piles are taken" if crowded[site] else "a pile is free again"
            self.say("notice" if crowded[site] else "info", f"{chargers.sites[site]}: {text}", f"site/{site}")
        self._crowded = crowded

    def _parking(self) -> None:
        simulation = self.simulation
        table, drivers = simulation.vehicles, simulation.drivers
        parks = simulation.platform.parking.car_parks
        n = table.extent
        guided = np.flatnonzero(drivers.state[:n] == GUIDED)
        now = dict(zip(table.station[guided].tolist(), drivers.bay_in[guided].tolist(), strict=True))
        before = getattr(self, "_guided", {})
        for slot in guided.tolist():
            station, park = int(table.station[slot]), int(drivers.bay_in[slot])
            if before.get(station) != park:
                self.say(
                    "info",
                    f"{table.ids[slot]} is guided to {parks.names[park]}",
                    f"vehicle/{station}",
                    f"park/{park}",
                )
        self._guided = now

    def _charging(self) -> None:
        simulation = self.simulation
        table, electric = simulation.vehicles, simulation.electric
        chargers = simulation.platform.charging.chargers
        if not len(chargers.sites):
            return
        state = electric.state[: table.extent]
        busy = np.flatnonzero((state == BOUND) | (state == PLUGGED))
        now = {}
        before = getattr(self, "_busy", {})
        for slot in busy.tolist():
            station, what = int(table.station[slot]), int(state[slot])
            site = int(chargers.site[electric.charger[slot]])
            now[station] = (what, site)
            if before.get(station) != (what, site):
                text = "is sent to charge at" if what == BOUND else "charges at"
                self.say(
                    "info", f"{table.ids[slot]} {text} {chargers.sites[site]}", f"vehicle/{station}", f"site/{site}"
                )
        self._busy = now


def _vehicle(vehicles: Any, slot: int) -> str:
    return f"vehicle/{int(vehicles.station[slot])}"
