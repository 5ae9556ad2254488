"""What a plug-in may know beyond what it is handed: chance of its own, the clock, the network, the units' reports."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Protocol

import numpy as np

from wayside.edge.drawings import Drawings, MapDrawing, drawn
from wayside.edge.movements import JunctionWays
from wayside.edge.reports import CityReports, ReportedCity
from wayside.edge.roadmap import RoadMap
from wayside.ext.arrays import Doubles, Flags, Ints


class Finder(Protocol):
    """Places in the city, found from anywhere: the nearest first. Whoever looks for few of many looks at few.

    Drives begin where an edge does, as those of `Network.drive_s`. `cost` is by edge, as `Network.travel_s`, s now, or
    `Network.length_m`; what is found out is in its unit.
    """

    def by_car(self, start: Ints, usable: Flags, count: int, cost: Doubles) -> tuple[Ints, Doubles]:
        """The usable places of least cost to drive to, and that cost: two arrays, starts x count. The nearest first, of
        those as near by number; -1 and infinite where there are no more. usable: by place.
        """

    def drive(self, start: Ints, place: Ints, cost: Doubles) -> Doubles:
        """What it costs to drive from each edge to places of its own: starts x places, as `place`, -1 for none.
        Infinite where there is no way.
        """

    def on_foot(self, x: Doubles, y: Doubles, usable: Flags, count: int) -> tuple[Ints, Doubles]:
        """The usable places nearest to points on foot, and how far, m: points x count, as `by_car`. Walks are those of
        `Network.walk_m`, but where the two directions of a road differ in length.
        """


class Network(Protocol):
    """The roads, by number of edge as in requests and facilities. Arrays are read-only.

    Edges across junctions come after all others, and stand for the one that they lead to.
    """

    @property
    def edges(self) -> tuple[str, ...]:
        """The name of each edge."""

    @property
    def length_m(self) -> Doubles:
        """The length of each edge."""

    @property
    def map(self) -> RoadMap:
        """Where the lanes are, and which edges lead to which."""

    @property
    def movements(self) -> JunctionWays:
        """The ways across junctions, lane by lane."""

    @property
    def travel_s(self) -> Doubles:
        """How long it takes now to drive along each edge, by the mean speed of who is on it at SUMO's last step; on an
        empty one by the speed allowed. Nobody is taken to be slower than 0.1 m/s.
        """

    def drive_s(self, start: Ints, end: Ints) -> Doubles:
        """The least time to drive from the begin of each edge to the begin of each: starts x ends.

        At the speeds allowed, on free roads; infinite where there is no way.
        """

    def path(self, start: int, end: int) -> Ints:
        """The edges of the quickest way at the speeds allowed, both ends among them; empty where there is none."""

    def walk_m(self, x: Doubles, y: Doubles, to_x: Doubles, to_y: Doubles) -> Doubles:
        """The shortest walk from each point to each: points x points.

        Along the roads, in either direction and on either side; straight from a point to its nearest road. Infinite
        where there is no way.
        """

    def finder(self, edge: Ints, position: Doubles, x: Doubles, y: Doubles) -> Finder:
        """Of places at `position` [m] along normal edges, and at x, y [m], one entry each. Made once, asked often."""


class Context:
    """What every plug-in has: as `self.context`, or as the keyword-only parameter `context` of a function."""

    def __init__(
        self,
        seed: int,
        owner: tuple[str, ...],
        clock: Callable[[], float],
        network: Network,
        city: CityReports,
        drawings: Drawings | None = None,
    ) -> None:
        """For one plug-in: `owner` is the field that names it, and its name; drawings: of the run."""
        self._seed = seed
        self._owner = owner
        self._clock = clock
        self.network = network
        self._reports = city
        self.city = ReportedCity(city)  # what its units have reported
        self._drawings = Drawings() if drawings is None else drawings

    @property
    def time(self) -> float:
        """Of the simulation, s."""
        return self._clock()

    def random(self, purpose: str, who: str = "", when: float = 0.0) -> np.random.Generator:
        """A new stream of chance: the same one for the same seed, plug-in, purpose, who and when [s], whatever else has
        been drawn. So one who asks about a vehicle at a time is answered the same in every run that has both.
        """
        key = json.dumps([self._seed, *self._owner, str(purpose), str(who), float(when)])
        return np.random.default_rng(int.from_bytes(blake2b(key.encode(), digest_size=16).digest(), "big"))

    def at(self, unit: str) -> Context:
        """The same with the chance of one roadside unit."""
        owner = (*self._owner, unit)
        return Context(self._seed, owner, self._clock, self.network, self._reports, self._drawings)

    def show(
        self,
        kind: str,
        *,
        points: Iterable[Iterable[float]] = (),
        lines: Iterable[Iterable[Iterable[float]]] = (),
        areas: Iterable[Iterable[Iterable[float]]] = (),
        labels: Iterable[tuple[float, float, str]] = (),
    ) -> None:
        """Draw over the map of the live view, under a kind of one's own, by which its legend tells it.

        It takes the place of what this plug-in (an application: at this unit) has shown under that kind, and stays
        until it shows something else there; nothing at all takes it away. It changes nothing in the run.

        points: x, y [m]; lines, areas: of at least two, of at least three such points each; labels: x, y and a text.
        TypeError or ValueError, which name what is wrong, for anything else, and for more than `edge.drawings` lets.
        """
        self._drawings.put(self._owner, kind, drawn(kind, points, lines, areas, labels))

    @property
    def shown(self) -> dict[str, MapDrawing]:
        """What this plug-in shows now, by kind."""
        return self._drawings.of(self._owner)
