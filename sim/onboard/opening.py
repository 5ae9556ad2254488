"""Which car parks can be driven into: by the time of day, and as far as their roads are open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wayside.edge.parking.state import CarParks
from wayside.ext.arrays import Flags, Indices, Ints


class Opening:
    """Keeps `open` of the city's car parks; `now`: SUMO's clock, s."""

    def __init__(self, parks: CarParks, now: float) -> None:
        self.parks = parks
        self.reached = np.ones(len(parks.ids), bool)  # their roads are open
        self.ever = np.zeros(len(parks.ids), bool)  # open since the run began
        self.look(now)

    def look(self, now: float) -> Flags:
        """Which have closed since the last look."""
        parks = self.parks
        found = self.reached & parks.hours.open_at(now) if parks.hours.kinds else self.reached
        closed: Flags = parks.open & ~found
        parks.open[:] = found
        self.ever |= found
        return closed

    def close_roads(self, edges: Sequence[int], now: float) -> Flags:
        """These roads are closed, and no others: which car parks have closed by it."""
        self.reached = ~np.isin(self.parks.edge, edges)
        return self.look(now)

    def before(self, edge: Ints) -> Indices:
        """Of vehicles by the edge that they are on, which stand before a car park that is closed at this hour."""
        shut = self.reached & ~self.parks.open
        return np.flatnonzero(np.isin(edge, self.parks.edge[shut])) if shut.any() else np.empty(0, np.intp)

    def nearest(self, park: int) -> int:
        """The open car park with the shortest straight walk to one; -1 where none is open."""
        parks = self.parks
        distance = np.hypot(parks.x - parks.x[park], parks.y - parks.y[park])
        distance[~parks.open | (parks.capacity == 0)] = np.inf
        best = int(distance.argmin())
        return best if np.isfinite(distance[best]) else -1
