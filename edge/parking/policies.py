"""Who gets which bay. A policy sees arrays and never the simulator."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from wayside.edge.decision import Measure
from wayside.edge.parking.state import BayAssignment, BayRequests, CarParks


def nearest(requests: BayRequests, car_parks: CarParks) -> BayAssignment:
    """The free bay with the shortest walk (straight line, m) to the destination, first come first served."""
    free = car_parks.free
    chosen = np.full(len(requests.x), -1, np.int32)
    cost = np.full(len(requests.x), np.nan)
    costs = np.empty((len(requests.x), len(free)))
    for i in range(len(requests.x)):
        walk = np.hypot(car_parks.x - requests.x[i], car_parks.y - requests.y[i])
        walk[free <= 0] = np.inf
        costs[i] = walk
        best = int(walk.argmin()) if len(walk) else -1
        if best >= 0 and np.isfinite(walk[best]):
            chosen[i] = best
            cost[i] = walk[best]
            free[best] -= 1
    return BayAssignment(chosen, cost, costs, Measure("walk", "m"))


class BlindSearch:
    """Advises nobody: no request is answered, so that all drivers search as those without a unit do."""

    advises: ClassVar[bool] = False

    def __call__(self, requests: BayRequests, car_parks: CarParks) -> None:
        """See `Policy`."""


class SumoReservation(BlindSearch):
    """Advises nobody: SUMO itself (1.28 and later) reserves a bay for whoever passes a rerouter that knows of one.

    All its parking areas are made `reservable`, and seen from afar (`visible`): of those that are not SUMO takes it
    that they are free, and reserves more bays than there are. Every driver has this, with a unit or without.
    """

    reservable: ClassVar[bool] = True
