"""How a run ends: who is on the road then, who of them has not moved for long; and when that is called a gridlock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from wayside.sim.observers import Observer

if TYPE_CHECKING:
    from wayside.sim.engine import Tick

HALTING = 0.1  # m/s: who is slower stands, as SUMO's own waiting times have it
STUCK = 300.0  # s of standing; SUMO's default for --time-to-teleport
STUCK_SHARE = 0.05  # of the vehicles on the road at the end, above which a run is gridlocked
TELEPORTED_SHARE = 0.01  # teleports per vehicle departed, above which it is
LOOK_EVERY = 1.0  # s

ON_ROAD, STUCK_AT_END = "end.on_road", "end.stuck"
TELEPORTS, DEPARTED = "vehicles.teleports", "vehicles.departed"


class Ends(Observer):
    """Watches how long each vehicle on the road has stood."""

    def __init__(self) -> None:
        self._moved = np.empty(0)  # s: when each slot's vehicle was last seen to move, or off the road
        self._on_road = np.empty(0, bool)
        self._due = -np.inf
        self._now = 0.0

    def step(self, tick: Tick) -> None:
        """Look at all, once a second."""
        table, self._now = tick.vehicles, tick.time
        n = table.extent
        if n > len(self._moved):
            self._moved = np.append(self._moved, np.full(n - len(self._moved), self._now))
        self._moved[tick.events.departed] = self._now
        if self._now < self._due - 1e-9:
            return
        self._due = self._now + LOOK_EVERY
        self._on_road = table.lane[:n] >= 0
        moving = (table.speed[:n] > HALTING) | ~self._on_road
        self._moved[:n][moving] = self._now

    def figures(self) -> dict[str, float]:
        """Vehicles on the road as the run ended, and how many of them had stood for `STUCK` s."""
        standing = self._now - self._moved[: len(self._on_road)]
        return {
            ON_ROAD: int(np.count_nonzero(self._on_road)),
            STUCK_AT_END: int(np.count_nonzero(self._on_road & (standing >= STUCK))),
        }


def gridlocked(figures: Mapping[str, float]) -> bool:
    """Whether more than 5 % of the vehicles on the road at the end were stuck, or teleports more than 1 % of those
    that departed.
    """
    stuck = figures[STUCK_AT_END] > STUCK_SHARE * figures[ON_ROAD]
    return stuck or figures[TELEPORTS] > TELEPORTED_SHARE * figures[DEPARTED]
