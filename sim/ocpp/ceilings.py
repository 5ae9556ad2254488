"""What the profiles of all stations allow now: written by the thread of the connections, read by the power policy."""

from __future__ import annotations

import math
from threading import Lock

import numpy as np

from wayside.ext.arrays import Doubles
from wayside.sim.ocpp.evses import EvseLayout, Evses
from wayside.sim.ocpp.profiles import ProfileStack


class Ceilings:
    """The most that each EVSE and each station may draw, W; infinite where no profile says anything."""

    def __init__(self, layout: EvseLayout) -> None:
        self.evse_w: Doubles = np.full(len(layout), np.inf)
        self.station_w: Doubles = np.full(len(layout.stations), np.inf)
        self.stacks = [ProfileStack() for _ in layout.stations]
        self.stopped: set[str] = set()  # transactions that may draw nothing any more
        self.lock = Lock()  # hold it to touch the two above
        self._layout = layout
        self._evse_until: Doubles = np.full(len(layout), np.inf)  # s of the simulation
        self._station_until: Doubles = np.full(len(layout.stations), np.inf)
        self._new = set[int]()  # stations whose profiles have changed

    def changed(self, station: int) -> None:
        """A station's profiles, or its `stopped`, are others now. The lock is held."""
        self._new.add(station)

    def look(self, evses: Evses, now: float) -> None:
        """Work out anew what holds at `now` s: where profiles have changed or have come to a step."""
        changed, evses.changed = evses.changed, []
        self._evse_until[changed] = -np.inf
        with self.lock:
            for station in self._new:
                self._station_until[station] = -np.inf
                self._evse_until[self._layout.station == station] = -np.inf
            self._new.clear()
            for station in np.flatnonzero(self._station_until <= now).tolist():
                self.station_w[station], self._station_until[station] = self.stacks[station].of_station(now)
            for evse in np.flatnonzero(self._evse_until <= now).tolist():
                self.evse_w[evse], self._evse_until[evse] = self._of(evse, evses, now)

    def _of(self, evse: int, evses: Evses, now: float) -> tuple[float, float]:
        transaction, begun = evses.transaction[evse], float(evses.begun[evse])
        if transaction in self.stopped:
            return 0.0, math.inf
        stack = self.stacks[self._layout.station[evse]]
        begun = now if math.isnan(begun) else begun
        return stack.of_evse(int(self._layout.number[evse]), transaction, begun, now)
