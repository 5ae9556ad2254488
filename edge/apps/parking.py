"""Smart parking: answers drivers who ask for a bay with one that is reserved for them, and tells who has lost it; or
tells everybody what is free, where the policy is to announce it.
"""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import numpy as np

from wayside.edge.app import every
from wayside.edge.hearing import on
from wayside.edge.parking.announce import Announcement
from wayside.edge.parking.messages import BaysLost, FreeBays, ParkingRequests, ParkingResponses, ParkNews
from wayside.edge.pool import Desk
from wayside.ext.arrays import Indices, Ints, Longs


class ParkingGuidance(Desk):
    """Hands requests in to the city's pool, where the scenario's parking policy decides, and sends the answers."""

    name: ClassVar[str] = "parking"
    service: ClassVar[bool] = True

    _seconds = 0  # since an announcement could be made

    @on(ParkingRequests)
    def collect(self, requests: ParkingRequests) -> None:
        self.platform.parking.pool.hand_in(self, requests)

    def answer(self, vehicle: Ints, station: Longs, chosen: Ints) -> None:
        """See `Desk.answer`."""
        self.send(ParkingResponses(vehicle, station, chosen))

    @every(0.5, waiting=BaysLost)
    def take_back(self) -> None:
        for lost in self.take(BaysLost):
            self.answer(lost.vehicle, lost.station, np.full(len(lost.vehicle), -1, np.int32))

    @every(1.0)
    def tell(self) -> None:
        ledger = self.platform.ledgers.get(self.name)  # there is none in a city that has no such service
        policy = None if ledger is None else ledger.policy
        if not isinstance(policy, Announcement) or not len(near := self._near[: policy.most]):
            return
        self._seconds += 1
        if self._seconds % policy.period == 0:
            parks = self.platform.parking.car_parks
            rows = zip(near.tolist(), parks.free_in(near).tolist(), parks.capacity[near].tolist(), strict=True)
            news = [
                ParkNews(park, parks.names[park], (float(parks.x[park]), float(parks.y[park])), free, capacity)
                for park, free, capacity in rows
            ]
            self.send(FreeBays(tuple(news)))

    @cached_property
    def _near(self) -> Indices:
        """The car parks, the nearest to this unit first."""
        parks, (x, y) = self.platform.parking.car_parks, self.position
        return np.hypot(parks.x - x, parks.y - y).argsort(kind="stable")
