"""First come, first served, at least cost."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from wayside.edge.decision import Measure
from wayside.edge.parking.looking import Looking
from wayside.edge.parking.state import BayAssignment, BayRequests, CarParks
from wayside.edge.parking.weighing import GENERALISED, Weighing
from wayside.ext.arrays import Doubles, Flags, Ints


class FirstCome(Looking):
    """The base of policies that give one request after the other what is best for it."""

    measure: Measure

    @abstractmethod
    def weigh(self, requests: BayRequests, car_parks: CarParks, usable: Flags) -> tuple[Ints, Doubles]:
        """The candidates, -1 for none, and what each costs; infinite: not possible. Requests x candidates."""

    def __call__(self, requests: BayRequests, car_parks: CarParks) -> BayAssignment:
        """See `Policy`."""
        free, held = car_parks.free, requests.held
        # What is kept for somebody is nobody else's meanwhile.
        np.subtract.at(free, held[held >= 0], 1)
        place, costs = self.weigh(requests, car_parks, free > 0)
        chosen, cost = np.full(len(requests.x), -1, np.int32), np.full(len(requests.x), np.nan)
        given_back = False  # a bay that was kept for one of the same batch, and that nobody has seen yet
        for row in range(len(chosen) if place.size else 0):
            if held[row] >= 0:
                free[held[row]] += 1
            if given_back or ((place[row] >= 0) & (free[place[row]] <= 0)).any():
                # Others of the same batch were first: those next to the nearest come into question, and theirs.
                found = self.weigh(requests.some(slice(row, row + 1)), car_parks, free > 0)
                place[row], costs[row] = -1, np.inf
                place[row, : found[0].shape[1]], costs[row, : found[1].shape[1]] = found[0][0], found[1][0]
            best = int(np.lexsort((place[row], costs[row]))[0])
            if np.isfinite(costs[row, best]):
                chosen[row], cost[row] = place[row, best], costs[row, best]
                free[chosen[row]] -= 1
            given_back |= bool(held[row] >= 0 and chosen[row] != held[row])
        return BayAssignment(chosen, cost, costs, self.measure, place)


class LeastCost(Weighing, FirstCome):
    """A bay at once for whoever asks, where drive, walk and price cost least; first come, first served."""

    measure = GENERALISED
