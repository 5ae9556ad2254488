"""Smart parking: answers drivers who ask for a bay with one that is reserved for them, and tells who has lost it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from wayside.edge.app import every
from wayside.edge.hearing import on
from wayside.edge.parking.messages import BaysLost, ParkingRequests, ParkingResponses
from wayside.edge.pool import Desk
from wayside.ext.arrays import Ints, Longs


class ParkingGuidance(Desk):
    """Hands requests in to the city's pool, where the scenario's parking policy decides, and sends the answers."""

    name: ClassVar[str] = "parking"
    service: ClassVar[bool] = True

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
