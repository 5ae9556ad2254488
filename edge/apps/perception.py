"""A sensor at the unit: what it shows goes into the local dynamic map, and is told to vehicles (CPM, RSM)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypedDict

from wayside.edge.app import App, ticks
from wayside.edge.errors import ScenarioError
from wayside.edge.messages.perceived import Cpm
from wayside.edge.perception.sensor import Following, Perceiving, Sensor, Telling
from wayside.edge.plugin import Option

Redundancy = Literal["self-announcement", "frequency", "dynamics", "confidence", "distance"]
WINDOW = 3.0  # s at most for which what others tell counts


class Sector(TypedDict):
    """A part of the field of view."""

    heading: Annotated[float, Option("bearing of its middle, clockwise from north", unit="degrees", ge=-360, le=360)]
    width: Annotated[float, Option("how wide it is", unit="degrees", gt=0, le=360)]


class Perception(App):
    """Senses road users, also those without a unit, keeps track of them, and tells of them by CPM or RSM.

    The work is done for all units at once (`sim.sensors`, `edge.perception`); docs/perception.md tells how, and where
    the defaults come from.
    """

    name: ClassVar[str] = "perception"
    says = (Cpm,)

    range: Annotated[float, Option("how far the sensor sees", unit="m", ge=5, le=1000)] = 120.0
    sectors: Annotated[tuple[Sector, ...], Option("where it looks; none: all around")] = ()
    height: Annotated[float, Option("how high over the ground it hangs", unit="m", gt=0, le=100)] = 6.0
    period: Annotated[float, Option("time from one look to the next", unit="s", ge=0.1, le=10)] = 0.1
    latency: Annotated[float, Option("time that a look's processing takes", unit="s", ge=0, le=2)] = 0.1
    detection: Annotated[float, Option("probability of being found in a look, near the sensor", ge=0, le=1)] = 0.98
    detection_far: Annotated[float, Option("the same at the end of the range", ge=0, le=1)] = 0.8
    position_noise: Annotated[float, Option("deviation of places along an axis, near", unit="m", gt=0, le=20)] = 0.2
    position_noise_far: Annotated[float, Option("the same at the end of the range", unit="m", gt=0, le=20)] = 0.6
    speed_noise: Annotated[float, Option("deviation of speeds along an axis", unit="m/s", gt=0, le=20)] = 0.5
    heading_noise: Annotated[float, Option("deviation of headings", unit="degrees", ge=0, le=90)] = 3.0
    false_alarms: Annotated[float, Option("road users per second that are none", unit="1/s", ge=0, le=100)] = 0.1
    shadow: Annotated[bool, Option("whether buildings and other road users hide what is behind them")] = True
    visible: Annotated[float, Option("share of somebody that must be in sight to be seen", gt=0, le=1)] = 0.5
    confirm: Annotated[int, Option("looks in which one must be found to be believed", ge=1, le=20)] = 3
    keep: Annotated[float, Option("how long one is kept who is found no more", unit="s", ge=0, le=10)] = 1.0
    acceleration: Annotated[
        float, Option("deviation of accelerations that tracks allow", unit="m/s^2", gt=0, le=50)
    ] = 4.0
    heard_noise: Annotated[float, Option("deviation that places in CAMs are taken to have", unit="m", gt=0, le=50)] = (
        1.5
    )
    interval: Annotated[float, Option("time from one message to the next at least", unit="s", ge=0.1, le=1)] = 0.1
    tell: Annotated[bool, Option("whether vehicles are told")] = True
    redundancy: Annotated[tuple[Redundancy, ...], Option("rules by which objects are left out of messages")] = ()
    window: Annotated[float, Option("how long what others tell counts", unit="s", ge=0.1, le=WINDOW)] = 1.0
    most: Annotated[int, Option("frequency: how often others may tell of one in the window", ge=0, le=30)] = 1
    moved: Annotated[float, Option("dynamics: how far one must have moved since", unit="m", ge=0, le=100)] = 4.0
    faster: Annotated[float, Option("dynamics: by how much its speed must differ", unit="m/s", ge=0, le=20)] = 0.5
    distance: Annotated[float, Option("distance: how near another teller must be", unit="m", ge=0, le=1000)] = 50.0

    def perceives(self) -> Perceiving:
        """How this unit senses. ScenarioError for times that are no whole V2X ticks."""
        sensor = Sensor(
            self.range,
            self.height,
            self._ticks("period", self.period),
            self._ticks("latency", self.latency) if self.latency > 0.0 else 0,
            (self.detection, self.detection_far),
            (self.position_noise, self.position_noise_far),
            self.speed_noise,
            self.heading_noise,
            self.false_alarms,
            self.shadow,
            self.visible,
            tuple((one["heading"] - one["width"] / 2.0, one["width"]) for one in self.sectors),
        )
        telling = Telling(
            self._ticks("interval", self.interval) if self.tell else 0,
            self.redundancy,
            self._ticks("window", self.window),
            self.most,
            self.moved,
            self.faster,
            self.distance,
        )
        following = Following(self.acceleration, confirm=self.confirm, keep_s=self.keep, heard_m=self.heard_noise)
        return Perceiving(sensor, telling, following)

    def _ticks(self, name: str, seconds: float) -> int:
        try:
            return ticks(seconds, f"rsu.apps: perception.{name}")
        except ValueError as error:
            raise ScenarioError(str(error)) from None
