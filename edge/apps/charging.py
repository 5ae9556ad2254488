"""Charging dispatch: answers electric vehicles that ask for a charger with a pile that is promised to them."""

from __future__ import annotations

from typing import ClassVar

from wayside.edge.charging.messages import ChargingRequests, ChargingResponses
from wayside.edge.hearing import on
from wayside.edge.pool import Desk
from wayside.ext.arrays import Ints, Longs


class ChargingDispatch(Desk):
    """Hands requests in to the city's pool, where the scenario's charging policy decides, and sends the answers."""

    name: ClassVar[str] = "charging"
    service: ClassVar[bool] = True

    @on(ChargingRequests)
    def collect(self, requests: ChargingRequests) -> None:
        self.platform.charging.pool.hand_in(self, requests)

    def answer(self, vehicle: Ints, station: Longs, chosen: Ints) -> None:
        """See `Desk.answer`."""
        self.send(ChargingResponses(vehicle, station, chosen))
