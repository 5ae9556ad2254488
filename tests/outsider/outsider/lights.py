"""A signal controller, and an application that reads its light and asks for a phase."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from wayside import App, Controller, Option, every


class Hasty(Controller):
    """The phase for which most have been waiting; those who have waited for a while count twice."""

    while_: Annotated[float, Option("red that counts twice", unit="s", ge=0, le=600)] = 30.0

    def __init__(self, light):
        super().__init__(light)
        self.asked = 0

    def choose(self, seen):
        self.asked += 1
        light = seen.light
        worth = np.where(light.lane >= 0, seen.waiting[light.lane], 0) * np.where(seen.red_s > self.while_, 2.0, 1.0)
        return self.best(seen, light.green @ worth)


@dataclass
class Lane:
    """A lane as this application cares about it."""

    name: str
    group: int
    links: tuple[int, ...]
    where: tuple[float, float]


class BusGreen(App):
    """Asks for green where somebody who has no green is near the stop line, one lane after the other."""

    name: ClassVar[str] = "bus-green"
    near: Annotated[float, Option("distance from the stop line", unit="m", gt=0)] = 40.0

    def start(self):
        self.requests, self.refused = [], 0
        signal = self.signal
        self.lanes = []
        if signal is not None:
            # The map: the numbers are those of the MAPEM that the unit sends.
            assert {movement.group for lane in signal.lanes for movement in lane.movements} <= set(signal.groups)
            assert sorted(lane.number for lane in signal.lanes) == [*range(1, len(signal.lanes) + 1)]
            for lane in signal.lanes:
                links = tuple(movement.link for movement in lane.movements)
                self.lanes.append(Lane(lane.name, lane.movements[0].group, links, lane.stop_line))

    @every(2.0)
    def look(self):
        signal = self.signal
        if signal is None or any(request.active for request in self.requests):
            return
        for lane in self.lanes:
            red = all(signal.state[link] not in "gG" for link in lane.links)
            if red and len(self.ldm.near(lane.where, self.near)) and signal.changes[lane.group].earliest > 2.0:
                request = signal.request(group=lane.group, lasting=12.0, why=f"somebody in {lane.name}")
                self.requests.append(request)
                self.refused += not request.granted
                return
