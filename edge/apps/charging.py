"""Charging dispatch: answers electric vehicles that ask for a charger with a pile that is promised to them."""

from __future__ import annotations

from typing import ClassVar

from wayside.edge.app import App, every
from wayside.edge.charging.state import Requests
from wayside.edge.messages import ChargingRequests, ChargingResponses


class Charging(App):
    """Collects requests for half a second and lets the scenario's charging policy assign them together."""

    name: ClassVar[str] = "charging"
    service: ClassVar[bool] = True

    @every(0.5, waiting=ChargingRequests)
    def answer(self) -> None:
        for request in self.take(ChargingRequests):
            platform = self.platform.charging
            wishes = Requests(request.edge, request.energy_wh, request.max_power_w, platform.max_wait)
            assignment = platform.assign(request.station, wishes, self.time, self.unit.number)
            self.send(ChargingResponses(request.vehicle, request.station, assignment.charger))
