"""Smart parking: answers drivers who ask for a bay with one that is reserved for them."""

from __future__ import annotations

from typing import ClassVar

from wayside.edge.app import App, every
from wayside.edge.messages import ParkingRequests, ParkingResponses
from wayside.edge.parking.state import Requests


class Parking(App):
    """Collects requests for half a second and lets the scenario's parking policy assign them together."""

    name: ClassVar[str] = "parking"
    service: ClassVar[bool] = True

    @every(0.5, waiting=ParkingRequests)
    def answer(self) -> None:
        for request in self.take(ParkingRequests):
            wishes = Requests(request.x, request.y, request.edge, request.duration)
            assignment = self.platform.parking.assign(request.station, wishes, self.time, self.unit.number)
            self.send(ParkingResponses(request.vehicle, request.station, assignment.car_park))
