"""Reports to the city: what this unit knows of the traffic around it and of itself, over its backhaul."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np

from wayside.edge.app import App, every
from wayside.edge.control.controller import WAITING
from wayside.edge.plugin import Option
from wayside.edge.reports import Report


class CityReporting(App):
    """Hands in a report every second; each takes its time to the city's platform, and some are lost.

    A report takes `delay` and an exponentially distributed time of mean `jitter` on top, drawn for each.
    """

    name: ClassVar[str] = "platform"
    reach: Annotated[float, Option("distance from the unit to which vehicles count", unit="m", gt=0, le=10_000)] = 300.0
    delay: Annotated[float, Option("time that each report takes at least", unit="s", ge=0, le=3600)] = 0.02
    jitter: Annotated[float, Option("mean of the time that it takes beyond", unit="s", ge=0, le=3600)] = 0.01
    loss: Annotated[float, Option("share of reports that are lost", ge=0, le=1)] = 0.0

    _heard = 0

    @every(1.0)
    def report(self) -> None:
        near = self.ldm.near(self.position, self.reach).vehicles
        heard = int(self.unit.maps.received[self.unit.number])
        waiting = int(np.count_nonzero(near.speed < WAITING))
        mean = float(near.speed.mean()) if len(near) else float("nan")
        report = Report(len(near), waiting, mean, heard - self._heard, len(self.unit.failures.of(self.unit.id)))
        self._heard = heard
        chance = self.context.random("report", when=self.time)
        lost, late = chance.random() < self.loss, self.jitter * chance.standard_exponential()
        self.platform.reports.hand_in(self.unit.number, self.time, report, None if lost else self.delay + late)
