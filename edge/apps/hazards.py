"""Hazards on the road: seen in the unit's map, or known beforehand, as road works and weather."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, NotRequired, TypedDict

import numpy as np

from wayside.edge.app import App, every
from wayside.edge.errors import OptionError, meant
from wayside.edge.hazards import HazardBook, RoadSpot, ToldHazard, ends_of_queues, standing_alone
from wayside.edge.messages import CAUSES, FARTHEST, Broadcast, Denm, denm
from wayside.edge.plugin import Option
from wayside.edge.roadmap import Located

if TYPE_CHECKING:
    from wayside.edge.ldm import VehicleView
    from wayside.edge.unit import Sending

STANDING: Final = 0.3  # m/s below which one stands
MOVING: Final = 2.0  # m/s from which on one who drives against the traffic is taken to mean it
MOVED: Final = 10.0  # m by which a hazard must move to be told anew
REPEAT: Final = 1.0  # s between two repetitions

Detected = Literal["stopped-vehicle", "queue", "wrong-way"]
Key = tuple[str, int]


class KnownSite(TypedDict):
    """A hazard that is known beforehand: on an edge, so far from its begin, or at a place for all directions."""

    cause: Literal["roadworks", "adverse-weather-adhesion", "adverse-weather-visibility", "obstacle-on-the-road"]
    edge: NotRequired[str]
    at: NotRequired[Annotated[float, Option("how far from the edge's begin; by default its middle", unit="m", ge=0)]]
    x: NotRequired[float]
    y: NotRequired[float]
    begin: NotRequired[Annotated[float, Option("from when on", unit="s", ge=0)]]
    end: NotRequired[Annotated[float, Option("until when", unit="s", gt=0)]]
    closed: NotRequired[tuple[bool, ...]]  # lanes, from the outermost inwards


@dataclass
class _Hazard:
    """What is to be told, and where."""

    cause: str
    spot: RoadSpot | None
    place: tuple[float, float]
    closed: tuple[bool, ...] = ()


@dataclass
class _Told:
    """What is being told."""

    hazard: _Hazard
    sending: Sending
    row: ToldHazard
    at: float  # s, of the last version
    seen: float  # s, when it last was


class Hazards(App):
    """DENMs (in the Chinese set RSIs) of stopped vehicles, ends of queues, wrong-way drivers, and of known sites.

    They are repeated each second, told anew as they move, and cancelled when they are over. Of units that see the same
    the nearest tells it.
    """

    name: ClassVar[str] = "hazards"
    heeded: ClassVar[tuple[type[Broadcast], ...]] = (Denm,)

    detect: Annotated[tuple[Detected, ...], Option("what is looked for in the map")] = (
        "stopped-vehicle",
        "queue",
        "wrong-way",
    )
    sight: Annotated[float, Option("how far from the unit it is looked for", unit="m", gt=0, le=1000)] = 300.0
    awareness: Annotated[float, Option("how far before it drivers are warned", unit="m", ge=20, le=3000)] = 300.0
    stopped_for: Annotated[float, Option("how long a vehicle stands that is a hazard", unit="s", gt=0, le=3600)] = 60.0
    free: Annotated[float, Option("free road before one that stands for no reason", unit="m", ge=0, le=500)] = 30.0
    queue_vehicles: Annotated[int, Option("vehicles that make a queue", ge=2, le=1000)] = 5
    queue_speed: Annotated[float, Option("below which one is in a queue", unit="m/s", gt=0, le=20)] = 2.5
    queue_gap: Annotated[float, Option("greatest gap within a queue", unit="m", gt=0, le=300)] = 30.0
    fast: Annotated[float, Option("speed allowed from which on a queue's end is told", unit="m/s", ge=0, le=60)] = 13.0
    wrong_way_for: Annotated[float, Option("how long one drives against the traffic", unit="s", ge=0, le=60)] = 3.0
    patience: Annotated[float, Option("how long one is told of that is seen no more", unit="s", ge=0, le=60)] = 3.0
    validity: Annotated[float, Option("of a message", unit="s", ge=4, le=86_400)] = 20.0
    sites: Annotated[tuple[KnownSite, ...], Option("road works, weather, obstacles that are known beforehand")] = ()

    @classmethod
    def doubts(cls, options: Mapping[str, Any], lanes: Callable[[str], int], begin: float, end: float) -> Iterator[str]:
        """See `App.doubts`."""
        if not options["detect"] and not options["sites"]:
            yield "detect: is empty, and so is sites: there is nothing to tell of"
        for row, site in enumerate(options["sites"]):
            if (closed := site.get("closed", ())) and all(closed):
                yield f"sites[{row}].closed: are all lanes of the edge: nobody can pass, unless it takes another way"
            if site.get("begin", 0.0) >= end:
                yield f"sites[{row}].begin = {site['begin']:g}: is not before the run's end at {end:g} s"
            if site.get("end", math.inf) <= begin:
                yield f"sites[{row}].end = {site['end']:g}: is not after the run's begin at {begin:g} s"

    def start(self) -> None:
        """Look the known sites up in the map."""
        network = self.context.network
        self._roads = network.map
        self._near = network.map.around(self.position, self.sight)
        self._numbers = {name: number for number, name in enumerate(network.edges[: len(self._roads.line)])}
        self._sites = [self._site(row, site) for row, site in enumerate(self.sites)]
        self._told: dict[Key, _Told] = {}
        self._since: dict[Key, float] = {}  # s; since when somebody stands, or drives against the traffic
        ledgers = self.platform.ledgers
        self._book: HazardBook = ledgers["hazards"] if "hazards" in ledgers else HazardBook()

    @every(1.0)
    def look(self) -> None:
        """Tell what is there, and end what is over."""
        found = {key: hazard for key, hazard in self._found() if self._nearest(key, hazard)}
        for key, hazard in found.items():
            if key in self._told:
                self._update(self._told[key], hazard)
            else:
                self._begin(key, hazard)
        for key, told in list(self._told.items()):
            lost = key[0] == "site" or self.time - told.seen > self.patience or not self._nearest(key, told.hazard)
            if key not in found and lost:
                self._end(key, told)

    def _nearest(self, key: Key, hazard: _Hazard) -> bool:
        """Whether no other unit that could tell it is nearer: a site only those know that list it."""
        if key[0] != "site":
            return self.nearest(hazard.place)
        site = self.sites[key[1]]
        return self.nearest(hazard.place, lambda app: site in app.sites)

    def _found(self) -> Iterator[tuple[Key, _Hazard]]:
        for row, (site, hazard) in enumerate(zip(self.sites, self._sites, strict=True)):
            if site.get("begin", 0.0) <= self.time < site.get("end", math.inf):
                yield ("site", row), hazard
        seen = self.ldm.near(self.position, self.sight).vehicles
        if "stopped-vehicle" in self.detect or "queue" in self.detect:
            slow = seen.slower_than(self.queue_speed)
            at = self._near.locate(slow.x, slow.y, slow.heading)
            if "stopped-vehicle" in self.detect:
                yield from self._stopped(slow, at)
            if "queue" in self.detect:
                yield from self._queues(slow, at)
        if "wrong-way" in self.detect:
            yield from self._wrong(seen.faster_than(MOVING))

    def _stopped(self, slow: VehicleView, at: Located) -> Iterator[tuple[Key, _Hazard]]:
        rows = np.flatnonzero((slow.speed < STANDING) & (at.edge >= 0) & ~at.against)
        edge, lane, along = at.edge[rows], at.lane[rows], at.along[rows]
        stations = slow.station[rows].tolist()
        since = self._lasting("stopped", stations)
        if not any(self.time - began >= self.stopped_for for began in since):
            return
        for k in standing_alone(edge, lane, along, self._roads, self.free):
            if self.time - since[k] >= self.stopped_for:
                lanes = tuple(one == lane[k] for one in range(int(self._roads.lanes[edge[k]])))
                spot = RoadSpot(int(edge[k]), float(along[k]))
                yield ("stopped", stations[k]), self._hazard("stationary-vehicle", spot, tuple(map(bool, lanes)))

    def _queues(self, slow: VehicleView, at: Located) -> Iterator[tuple[Key, _Hazard]]:
        rows = np.flatnonzero((at.edge >= 0) & ~at.against)
        if len(rows) < self.queue_vehicles:
            return
        of = at.edge[rows], at.along[rows], slow.length[rows]
        for edge, spot in ends_of_queues(*of, self._roads, self.queue_gap, self.queue_vehicles).items():
            if self._roads.speed[spot.edge] >= self.fast:
                yield ("queue", edge), self._hazard("dangerous-end-of-queue", spot)

    def _wrong(self, fast: VehicleView) -> Iterator[tuple[Key, _Hazard]]:
        at = self._near.locate(fast.x, fast.y, fast.heading)
        rows = np.flatnonzero(at.against)
        stations = fast.station[rows].tolist()
        for k, began, station in zip(rows.tolist(), self._lasting("wrong-way", stations), stations, strict=True):
            if self.time - began >= self.wrong_way_for:
                spot = RoadSpot(int(at.edge[k]), float(at.along[k]))
                yield ("wrong-way", station), self._hazard("wrong-way-driving", spot)

    def _lasting(self, what: str, stations: list[int]) -> list[float]:
        """Since when each has been seen so, without a break."""
        still = {(what, station): self._since.get((what, station), self.time) for station in stations}
        self._since = {key: since for key, since in self._since.items() if key[0] != what} | still
        return list(still.values())

    def _hazard(self, cause: str, spot: RoadSpot, closed: tuple[bool, ...] = ()) -> _Hazard:
        return _Hazard(cause, spot, self._roads.point(*spot), closed)

    def _site(self, row: int, site: KnownSite) -> _Hazard:
        """A known site. OptionError where it is none."""
        field = f"sites[{row}]"
        if ("edge" in site) == ("x" in site) or ("x" in site) != ("y" in site) or ("at" in site and "edge" not in site):
            raise OptionError(f"{field}: has {', '.join(sorted(site))}: must be on an edge, or at x and y")
        begin, end = site.get("begin", 0.0), site.get("end", math.inf)
        if not begin < end:
            raise OptionError(f"{field}: begin {begin:g}, end {end:g} s: must be ascending")
        closed = site.get("closed", ())
        if "edge" not in site:
            if closed:
                raise OptionError(f"{field}.closed: is for a site on an edge, whose lanes it closes")
            if not math.dist(self.position, (site["x"], site["y"])) <= FARTHEST:
                raise OptionError(f"{field}: x {site['x']:g}, y {site['y']:g} m: must be within 100 km of the unit")
            return _Hazard(site["cause"], None, (site["x"], site["y"]), closed)
        if site["edge"] not in self._numbers:
            raise OptionError(
                f'{field}.edge = "{site["edge"]}": must be an edge of the net{meant(site["edge"], self._numbers)}'
            )
        edge = self._numbers[site["edge"]]
        length, lanes = float(self._roads.length[edge]), int(self._roads.lanes[edge])
        at = site.get("at", length / 2.0)
        if at > length:
            raise OptionError(f"{field}.at = {at:g}: must be at most {length:g} m, the edge's length")
        if closed and len(closed) != lanes:
            raise OptionError(f"{field}.closed has {len(closed)} entries: must have {lanes}, one for each lane")
        return self._hazard(site["cause"], RoadSpot(edge, at), closed)

    def _message(self, hazard: _Hazard) -> Denm:
        ways = [] if hazard.spot is None else self._roads.ways_to(*hazard.spot, self.awareness)
        traces = tuple(tuple((x, y) for x, y in way[1:].tolist()) for way in ways)
        said = denm(hazard.cause, hazard.place, self.validity)
        return Denm(said.cause, said.position, said.validity, traces=traces, closed=hazard.closed)

    def _begin(self, key: Key, hazard: _Hazard) -> None:
        radius = self.awareness + max(self.sight, math.dist(self.position, hazard.place))
        sending = self.send(self._message(hazard), radius=radius, repeat=REPEAT)
        row = ToldHazard(self.unit.id, hazard.cause, self.time, math.nan, *hazard.place, 0)
        self._book.told.append(row)
        self._told[key] = _Told(hazard, sending, row, self.time, self.time)
        self.log(why=f"{hazard.cause} begins", code=CAUSES[hazard.cause], place=hazard.place)

    def _update(self, told: _Told, hazard: _Hazard) -> None:
        """Tell anew what has moved, and keep alive what has not."""
        told.seen = self.time
        moved = math.dist(hazard.place, told.hazard.place) > MOVED
        if moved or self.time - told.at >= self.validity / 2.0:
            told.hazard = hazard if moved else told.hazard
            told.sending.update(self._message(told.hazard))
            told.at = self.time
            told.row.updates += moved

    def _end(self, key: Key, told: _Told) -> None:
        told.sending.cancel()
        told.row.over_s = self.time
        self._book.cancelled += 1
        del self._told[key]
        self.log(why=f"{told.hazard.cause} is over", code=CAUSES[told.hazard.cause], place=told.hazard.place)
