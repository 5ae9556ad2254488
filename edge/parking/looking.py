"""The few car parks that come into question for a request: with a free bay, the nearest to the destination on foot."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from wayside.edge.context import Context, Finder
from wayside.edge.parking.state import BayRequests, CarParks
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Flags, Ints


class Looking:
    """The base of policies that look at few car parks of many: their work does not grow with the city."""

    context: Context
    walk: Annotated[float, Option("longest walk to the destination", "m", gt=0)] = 1000.0
    candidates: Annotated[
        int, Option("car parks with a free bay that are looked at, the nearest on foot", ge=1, le=1000)
    ] = 16

    def __init__(self) -> None:
        self._ids: tuple[str, ...] = ()
        self._known: Finder | None = None

    def finder(self, car_parks: CarParks) -> Finder:
        """Of these car parks, which are the same ones all the time."""
        if self._known is None or self._ids is not car_parks.ids:
            network = self.context.network
            self._known = network.finder(car_parks.edge, car_parks.position, car_parks.x, car_parks.y)
            self._ids = car_parks.ids
        return self._known

    def near(self, requests: BayRequests, car_parks: CarParks, usable: Flags) -> tuple[Ints, Doubles]:
        """The usable car parks within the longest walk, -1 where there are no more, and the walks, m, infinite there;
        requests x candidates, the nearest first. Who has a bay kept somewhere sees that car park too, however far.
        """
        count = min(self.candidates, len(car_parks.ids))
        if not count:
            return np.empty((len(requests.x), 0), np.int32), np.empty((len(requests.x), 0))
        finder = self.finder(car_parks)
        place, walk = finder.on_foot(requests.x, requests.y, usable, count)
        walk[walk > self.walk] = np.inf
        place[np.isinf(walk)] = -1
        if len(holding := np.flatnonzero(requests.held >= 0)):
            more, metres = np.full((len(place), 1), -1, np.int32), np.full((len(place), 1), np.inf)
            for row in holding.tolist():
                kept = int(requests.held[row])
                place[row, place[row] == kept] = -1
                there = np.arange(len(car_parks.ids)) == kept
                x, y = requests.x[row : row + 1], requests.y[row : row + 1]
                more[row], metres[row] = (found[0, 0] for found in finder.on_foot(x, y, there, 1))
            place, walk = np.hstack((place, more)), np.hstack((walk, metres))
            walk[place < 0] = np.inf
        return place, walk
