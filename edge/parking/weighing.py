"""What a bay costs a driver: drive, walk and price, in seconds of driving."""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from wayside.edge.decision import Measure
from wayside.edge.parking.looking import Looking
from wayside.edge.parking.state import BayRequests, CarParks
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Flags, Ints

GENERALISED: Final = Measure("drive, walk and price", "s")


class Weighing(Looking):
    """The base of policies that weigh drive, walk and price.

    A second of driving costs one. One of walking costs `walk_weight`: appraisal takes 1.5 to 2 (UK TAG unit M3.2).
    Money is turned into time by the value of time. Drives are as long as the roads are slow now.
    """

    value_of_time: Annotated[float, Option("what an hour of driving is worth, in the scenario's money", gt=0)] = 30.0
    walk_weight: Annotated[float, Option("what a second of walking costs, in seconds of driving", ge=0)] = 2.0
    walking_speed: Annotated[float, Option("of drivers on foot", "m/s", gt=0, le=5)] = 1.4

    def weigh(self, requests: BayRequests, car_parks: CarParks, usable: Flags) -> tuple[Ints, Doubles]:
        """The candidates, -1 for none, and what each costs, s; infinite: not possible. Requests x candidates.

        Of who has a bay kept, none that costs more than that: nobody is moved to a worse bay.
        """
        place, walk = self.near(requests, car_parks, usable)
        if not place.size:
            return place, walk
        drive = self.finder(car_parks).drive(requests.edge, place, self.context.network.travel_s)
        price = car_parks.price_per_hour[place] * requests.duration[:, None] / self.value_of_time
        afoot = np.where(place < 0, np.inf, self.walk_weight / self.walking_speed * np.where(place < 0, 0.0, walk))
        cost = drive + afoot + price + self.risk(car_parks, place, drive)
        for row in np.flatnonzero(requests.held >= 0).tolist():
            cost[row, cost[row] > cost[row, -1]] = np.inf  # the last one is where a bay is kept
        place[np.isinf(cost)] = -1
        return place, cost

    def risk(self, car_parks: CarParks, place: Ints, drive_s: Doubles) -> Doubles:
        """What else is to be expected at each candidate, s: nothing."""
        return np.zeros(place.shape)
