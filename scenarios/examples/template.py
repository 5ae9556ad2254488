"""A roadside application to begin with: everything that one may have, each with what it is for. Keep what you need.

Try `wayside run scenarios/examples/template.py --until 120 --out runs/template`; what it noted down stands in
`log.parquet`. What an application may rely on is told in docs/applications.md and docs/extending.md.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

from wayside import App, Cam, Heard, Option, Scenario, every, on
from wayside.edge.ldm import VehicleView
from wayside.edge.messages import Denm, denm
from wayside.edge.parking.messages import ParkingRequests, ParkingResponses
from wayside.edge.signal import PhaseRequest
from wayside.edge.unit import Sending


class Template(App):
    """What it does, in a line or two. One object serves one roadside unit."""

    # Options: a type, what it is about, its unit and bounds, and a default. The scenario sets them by
    # `{ use = "template:Template", radius = 80.0 }`; a value that is none is refused before SUMO starts.
    radius: Annotated[float, Option("how far from the unit it looks", unit="m", gt=0, le=1000)] = 120.0
    cause: Annotated[Literal["traffic-jam", "slow-vehicle"], Option("what is said")] = "traffic-jam"

    # What it is called in results. With `service = True` it is announced to vehicles every second under that name, and
    # who needs such a service asks the nearest unit that offers it.
    name = "parking"
    service = True
    # Kinds of messages of its own, beside the built-in ones (scenarios/examples/road_weather.py has one).
    kinds = ()
    # Broadcasts that it is there for: where no on-board service of a run heeds any of them, that is told before it.
    says = (Denm,)

    @classmethod
    def doubts(cls, options: Mapping[str, Any], lanes: Callable[[str], int], begin: float, end: float) -> Iterator[str]:
        """What nothing will come of, told in a line before the run: an option and a clause each. Edges have so many
        `lanes`; the run goes from `begin` to `end` [s].
        """
        if options["radius"] < 10.0:
            yield f"radius = {options['radius']:g}: nobody stops so near"

    def start(self) -> None:
        """Called once, before the first tick; options and `self.context` are there already."""
        self.warning: Sending | None = None  # what `send` gives back: a hand on what is repeated
        self.request: PhaseRequest | None = None  # what `self.signal.request` gives back
        # Chance: the same numbers for the same seed, unit and purpose, whatever else happens.
        self.patience = 5.0 + self.context.random("patience").uniform(0.0, 2.0)
        # The roads: edges by number, their lengths [m], ways between them, and where the lanes are.
        roads = self.context.network
        self.log(why="start", edges=len(roads.edges), pieces=len(roads.map.around(self.position, self.radius).edge))

    @every(1.0)  # s, a multiple of 0.1
    def look(self) -> None:
        """Called at that period of simulation time. `self.time` [s] is now, `self.position` [m] the unit's place."""
        # The local dynamic map: vehicles heard in the last 2 s as arrays, narrowed step by step.
        slow = self.ldm.near(self.position, self.radius).slower_than(2.0)
        if len(slow) >= 3 and self.nearest(slow.centroid):  # no other unit with this application is nearer
            message = denm(self.cause, slow.centroid, validity=10.0)
            if self.warning is None or not self.warning.active:
                # Once, or each `repeat` s, for `lasting` s or until it is cancelled; to all within a radius [m].
                self.warning = self.send(message, radius=400.0, repeat=1.0, lasting=60.0)
                self.log(why="begin", vehicles=len(slow))  # into log.parquet, and the unit's panel in the live view
            else:
                self.warning.update(message)  # the same event, told anew from the next repetition on
        elif self.warning is not None and self.warning.active:
            self.warning.cancel()  # the event is over: that is said once

    @every(5.0)
    def ask_for_green(self) -> None:
        """The light that the unit stands at, if any: read it, and ask for a phase; a guard keeps it safe."""
        if self.signal is None or (self.request is not None and self.request.active):
            return
        standing = self.ldm.slower_than(1.0)
        for lane in self.signal.lanes:
            if len(standing.near(lane.stop_line, 15.0)) and lane.movements:
                group = lane.movements[0].group
                self.request = self.signal.request(group=group, lasting=self.patience, why=f"who waits in {lane.name}")
                self.log(why="asked", group=group, granted=self.request.granted)
                return

    @on(Cam)
    def passing(self, vehicles: VehicleView) -> None:
        """Called once a tick of 0.1 s with the awareness messages that came in, as columns like those of the map."""
        if len(vehicles.faster_than(20.0)):
            self.log(why="fast", stations=vehicles.faster_than(20.0).station)

    @on(Denm)
    def warned(self, heard: Heard[Denm]) -> None:
        """Called for each broadcast of a kind that other stations send: the message, the sender, its position, when."""
        self.log(why="heard", cause=heard.message.cause, station=heard.station)

    @on(ParkingRequests)
    def asked(self, requests: ParkingRequests) -> None:
        """Called with each batch of requests as it comes in; `@every(0.5, waiting=ParkingRequests)` and
        `self.take(ParkingRequests)` collect them instead.
        """
        # What the city's units share: ledgers by service, as `self.platform.parking`.
        reserved = len(self.platform.parking.reservations)
        # A response reaches those that it names: for each a car park by number, or -1 for none.
        nobody = requests.vehicle * 0 - 1
        self.send(ParkingResponses(requests.vehicle, requests.station, nobody))
        self.log(why="answered", vehicles=len(requests.vehicle), reserved=reserved)


class Siren(App):
    """A second application at the same unit, so that `warned` above hears from a neighbour."""

    @every(10.0)
    def say(self) -> None:
        """Say it once."""
        self.send(denm("emergency-vehicle-approaching", self.position, validity=5.0), radius=500.0)


scenario = Scenario.load("crossing").replace(
    {
        "scenario.name": "template",
        "v2x.penetration": 1.0,
        "rsu": [
            {"apps": ["signals", "template:Template"]},
            {"at": [100.0, 20.0], "apps": ["template:Siren"]},
        ],
    }
)
