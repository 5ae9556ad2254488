"""The batch, with a forecast of who else comes and who leaves."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from wayside.edge.decision import Measure
from wayside.edge.parking.batch import BatchAssignment
from wayside.edge.parking.state import BayAssignment, BayRequests, CarParks
from wayside.edge.plugin import Option
from wayside.edge.rates import Rates
from wayside.ext.arrays import Doubles, Ints


class PredictiveBatch(BatchAssignment):
    """As `batch`, but a bay counts for less the likelier others take it before its driver is there.

    Others come and go as Poisson streams at rates that are learnt while the run goes on (`Rates`). What is taken beyond
    what is free now, by the time of arrival, is their difference, of which the normal law is taken. A bay that is lost
    costs `again`.
    """

    memory: Annotated[float, Option("time over which what was learnt fades", "s", gt=0)] = 600.0
    prior: Annotated[float, Option("as how much watching the city's mean counts", "s", gt=0)] = 300.0
    again: Annotated[float, Option("what it costs to lose a bay and ask anew", "s", ge=0)] = 300.0

    def __init__(self) -> None:
        super().__init__()
        self._rates: Rates | None = None

    def __call__(self, requests: BayRequests, car_parks: CarParks) -> BayAssignment:
        """See `Policy`."""
        if self._rates is None or len(self._rates.capacity) != len(car_parks.ids):
            self._rates = Rates(car_parks.capacity, self.memory, self.prior)
        held, taken = requests.held[requests.held >= 0], car_parks.occupied + car_parks.reserved
        np.add.at(taken, held, 1)
        self._rates.see(self.context.time, taken - car_parks.appeared)
        assignment = super().__call__(requests, car_parks)
        chosen = assignment.car_park
        self._rates.gave(chosen[chosen >= 0])
        self._rates.gave(held, -1)
        named = Measure("drive, walk, price, search and the risk of losing the bay", "s")
        return BayAssignment(chosen, assignment.cost, assignment.costs, named, assignment.candidates)

    def forecast(self, car_parks: CarParks, after_s: float) -> Doubles | None:
        """How many bays of each car park are expected to be taken or reserved so many seconds from now; None before
        anybody has asked: nothing is learnt yet.
        """
        return None if self._rates is None else self._rates.expected(car_parks.occupied + car_parks.reserved, after_s)

    def risk(self, car_parks: CarParks, place: Ints, drive_s: Doubles) -> Doubles:
        """With what the chance of losing the bay is worth."""
        assert self._rates is not None
        return super().risk(car_parks, place, drive_s) + self.again * self.lost(car_parks, place, drive_s)

    def lost(self, car_parks: CarParks, place: Ints, drive_s: Doubles) -> Doubles:
        """How likely it is that at each candidate others have taken all that is free, by the time of arrival."""
        assert self._rates is not None
        return self._rates.lost(car_parks.free_in(place), place, drive_s)
