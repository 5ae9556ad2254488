"""The batch, with a forecast of who else comes and who leaves."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from wayside.edge.decision import Measure
from wayside.edge.parking.batch import BatchAssignment
from wayside.edge.parking.state import BayAssignment, BayRequests, CarParks
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Ints


class Rates:
    """How often bays of each car park are taken by others, and given up, 1/s: learnt from how its count goes up and
    down from look to look, with exponential forgetting.

    A car park that little is known of is taken to be as lively, bay for bay, as all of them together: that counts like
    `prior` s of watching (a gamma prior of Poisson rates).
    """

    def __init__(self, capacity: Ints, memory: float, prior: float) -> None:
        self.capacity, self.memory, self.prior = np.maximum(capacity, 0).astype(np.float64), memory, prior
        self._counts = np.zeros((2, len(capacity)))  # of coming and going, fading
        self._watched = 0.0  # s, likewise
        self._last: tuple[float, Doubles] | None = None

    def see(self, now: float, taken: Ints) -> None:
        """So many bays are taken or reserved now [s]."""
        if self._last is not None:
            before, had = self._last
            fade = np.exp(-(now - before) / self.memory)
            change = taken - had
            self._counts = self._counts * fade + np.maximum([change, -change], 0.0)
            self._watched = self._watched * fade + (now - before)
        self._last = now, np.asarray(taken, np.float64)

    def gave(self, given: Ints) -> None:
        """So many have been reserved since: by whoever asks, and not by others."""
        if self._last is not None:
            self._last = self._last[0], self._last[1] + given

    @property
    def per_s(self) -> Doubles:
        """2 x car parks: taken by others, given up."""
        bays = max(self.capacity.sum(), 1.0)
        watched = max(self._watched, 1e-9)
        city = self._counts.sum(axis=1) / (bays * watched) if self._watched > 0.0 else np.zeros(2)
        rates: Doubles = (self._counts + self.prior * city[:, None] * self.capacity) / (watched + self.prior)
        return rates


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
        held = np.bincount(requests.held[requests.held >= 0], minlength=len(car_parks.ids))
        self._rates.see(self.context.time, (car_parks.occupied + car_parks.reserved + held).astype(np.int32))
        assignment = super().__call__(requests, car_parks)
        chosen = assignment.car_park
        self._rates.gave(np.bincount(chosen[chosen >= 0], minlength=len(car_parks.ids)) - held)
        named = Measure("drive, walk, price, search and the risk of losing the bay", "s")
        return BayAssignment(chosen, assignment.cost, assignment.costs, named, assignment.candidates)

    def risk(self, car_parks: CarParks, place: Ints, drive_s: Doubles) -> Doubles:
        """With what the chance of losing the bay is worth."""
        assert self._rates is not None
        return super().risk(car_parks, place, drive_s) + self.again * self.lost(car_parks, place, drive_s)

    def lost(self, car_parks: CarParks, place: Ints, drive_s: Doubles) -> Doubles:
        """How likely it is that at each candidate others have taken all that is free, by the time of arrival."""
        from scipy.special import ndtr  # it takes long to import, and few runs need it

        assert self._rates is not None
        come, go = self._rates.per_s[:, place] * np.where(np.isfinite(drive_s), drive_s, 0.0)
        room = car_parks.free[place] - 0.5 - (come - go)
        spread = np.sqrt(come + go)
        with np.errstate(divide="ignore", invalid="ignore"):
            chance: Doubles = np.where(spread > 0.0, 1.0 - ndtr(room / spread), 0.0)
        return chance
