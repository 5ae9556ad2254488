"""All open requests together, at the least cost in sum."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

import numpy as np

from wayside.edge.decision import Measure
from wayside.edge.parking.state import BayAssignment, BayRequests, CarParks
from wayside.edge.parking.weighing import Weighing
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Ints
from wayside.ext.assignment import assign

NEVER: Final = 1e9  # s: what it costs to turn away who has a bay already
MEASURE: Final = Measure("drive, walk, price and search", "s")


class BatchAssignment(Weighing):
    """All open requests at once, at the least cost in sum: drive, walk, price and expected search; exact.

    After Geng and Cassandras (2013, IEEE Trans. ITS 14(3)), who solve it anew at each decision; nobody is moved to a
    worse bay. The search that is expected within a car park of which a share q is taken: 1 / (1 - q) bays are looked at
    until one is free, but no more than there are. Decided together are the whole city's requests, unless the scenario
    says otherwise.
    """

    scope: ClassVar[str] = "city"
    window: ClassVar[float] = 2.0

    reject: Annotated[float, Option("what it costs to turn a driver away", "s", ge=0)] = 3600.0
    look: Annotated[float, Option("time to drive past a bay and look at it", "s", ge=0)] = 2.0

    def __call__(self, requests: BayRequests, car_parks: CarParks) -> BayAssignment:
        """See `Policy`."""
        free, rows = car_parks.free, np.arange(len(requests.x))
        place, cost = self.weigh(requests, car_parks, free > 0)
        if not (place >= 0).any():
            return BayAssignment(np.full(len(rows), -1, np.int32), np.full(len(rows), np.nan), cost, MEASURE, place)
        # Of a city's car parks few are candidates; in their order, as of equal ones the lower number is taken.
        some = np.unique(place[place >= 0])
        among = np.where(place >= 0, np.searchsorted(some, place), -1).astype(np.int32)
        column = assign(among, cost, free[some], np.where(requests.held >= 0, NEVER, self.reject))
        given = column >= 0
        chosen = np.where(given, place[rows, column], -1).astype(np.int32)
        return BayAssignment(chosen, np.where(given, cost[rows, column], np.nan), cost, MEASURE, place)

    def risk(self, car_parks: CarParks, place: Ints, drive_s: Doubles) -> Doubles:
        """The search that is expected at each candidate, s."""
        return self.look * expected_looks(car_parks, place)


def expected_looks(car_parks: CarParks, place: Ints) -> Doubles:
    """How many bays one looks at in each of these car parks, as it is taken now, until one is free."""
    capacity = np.maximum(car_parks.capacity[place], 1)
    taken = car_parks.occupied[place] + car_parks.reserved[place]
    looks: Doubles = capacity / np.maximum(capacity - taken, 1)
    return looks
