"""SUMO's weighted score."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from wayside.edge.decision import Measure
from wayside.edge.parking.reserve import FirstCome
from wayside.edge.parking.state import BayRequests, CarParks
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Flags, Ints


class WeightedScore(FirstCome):
    """The least weighted score among car parks with a free bay, as SUMO's parkingAreaReroute has it; first come.

    Each quantity is divided by its greatest value among the candidates; where more is better, what lacks to 1 counts.
    The weights are SUMO's parameters `parking.*.weight` with its defaults, by which only the drive's length counts.
    `distancefrom` is the walk here, where SUMO takes a drive; so there is no timefrom, which would be the same.
    """

    measure = Measure("score", "")

    probability: Annotated[float, Option("weight of chance, drawn for each driver and car park", ge=0)] = 0.0
    capacity: Annotated[float, Option("weight of how many bays there are", ge=0)] = 0.0
    absfreespace: Annotated[float, Option("weight of how many are free", ge=0)] = 0.0
    relfreespace: Annotated[float, Option("weight of the share that is free", ge=0)] = 0.0
    distanceto: Annotated[float, Option("weight of the drive's length", ge=0)] = 1.0
    timeto: Annotated[float, Option("weight of the drive's time", ge=0)] = 0.0
    distancefrom: Annotated[float, Option("weight of the walk's length", ge=0)] = 0.0

    def weigh(self, requests: BayRequests, car_parks: CarParks, usable: Flags) -> tuple[Ints, Doubles]:
        """See `FirstCome.weigh`."""
        place, walk = self.near(requests, car_parks, usable)
        if not place.size:
            return place, walk
        network, finder = self.context.network, self.finder(car_parks)
        metres = finder.drive(requests.edge, place, network.length_m)
        score = self.distanceto * _part(metres) + self.distancefrom * _part(walk)
        if self.timeto:
            score += self.timeto * _part(finder.drive(requests.edge, place, network.travel_s))
        none = (place < 0) | np.isinf(metres)
        capacity = np.where(none, 0.0, car_parks.capacity[place])
        free = np.where(none, 0.0, car_parks.free[place])
        for weight, values in (
            (self.capacity, capacity),
            (self.absfreespace, free),
            (self.relfreespace, free / np.maximum(capacity, 1.0)),
        ):
            score += weight * (1.0 - _part(values))
        if self.probability:
            score -= self.probability * self._chance(requests, place)
        score[none] = np.inf
        place[none] = -1
        return place, score

    def _chance(self, requests: BayRequests, place: Ints) -> Doubles:
        """Drawn from 0 to 1 for each driver and candidate: the same whoever else asks."""
        now = self.context.time
        who = map(str, requests.station.tolist())
        rows = [self.context.random("score", one, now).uniform(size=place.shape[1]) for one in who]
        return np.array(rows).reshape(place.shape)


def _part(values: Doubles) -> Doubles:
    """Of the greatest finite value in each row; of 0, nothing."""
    finite = np.where(np.isfinite(values), values, 0.0)
    most = finite.max(axis=1, keepdims=True)
    part: Doubles = finite / np.where(most > 0.0, most, 1.0)
    return part
