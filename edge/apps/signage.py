"""Signs: speed limits, limits that vary with the density, closed lanes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, NotRequired, TypedDict

import numpy as np

from wayside.edge.app import App, every
from wayside.edge.errors import OptionError, meant
from wayside.edge.messages import FASTEST_LIMIT, SLOWEST_LIMIT, Broadcast, Ivim
from wayside.edge.plugin import Option
from wayside.edge.signs import SignBook, variable_limit

if TYPE_CHECKING:
    from wayside.edge.roadmap import RoadMap
    from wayside.edge.unit import Sending

REPEAT: Final = 1.0  # s between two repetitions
APART: Final = 10.0  # m between the points by which it is found how much of a road a unit sees


class FixedSign(TypedDict):
    """A sign at its place for its time; it needs a speed, or closed lanes."""

    edge: str
    start: NotRequired[Annotated[float, Option("where it begins to hold, from the edge's begin", unit="m", ge=0)]]
    stop: NotRequired[Annotated[float, Option("where it ceases to hold, from the edge's begin", unit="m", gt=0)]]
    speed: NotRequired[Annotated[float, Option("allowed", unit="m/s", ge=SLOWEST_LIMIT, le=FASTEST_LIMIT)]]
    closed: NotRequired[tuple[int, ...]]  # lanes, the innermost 1
    begin: NotRequired[Annotated[float, Option("from when on", unit="s", ge=0)]]
    end: NotRequired[Annotated[float, Option("until when", unit="s", gt=0)]]


class VariableSign(TypedDict):
    """A stretch whose limit varies with its density."""

    edge: str
    start: NotRequired[Annotated[float, Option("where it begins, from the edge's begin", unit="m", ge=0)]]
    stop: NotRequired[Annotated[float, Option("where it ends, from the edge's begin", unit="m", gt=0)]]


@dataclass
class _Shown:
    """A sign on its stretch, and what is being shown there."""

    edge: int
    start: float
    stop: float
    roads: RoadMap  # the stretch's edge alone
    seen_km: float  # lane kilometres of it that the unit sees
    middle: tuple[float, float]
    of: FixedSign | VariableSign  # as it is listed
    speed: float | None = None
    closed: tuple[int, ...] = ()
    begin: float = 0.0
    end: float = math.inf
    sending: Sending | None = None
    said_at: float = -math.inf
    density: float = math.nan  # vehicles/km/lane, smoothed
    step: int = -1
    changed_at: float = -math.inf


class Signage(App):
    """IVIMs (in the Chinese set RSIs) of signs on roads nearby: fixed ones, and limits that vary with the density.

    They are repeated each second while they hold, and cancelled at their end. A variable limit goes by the vehicles
    that the unit hears on the stretch (`edge.signs.variable_limit`). Of units with the same signs the nearest to
    the middle of a stretch shows it.
    """

    name: ClassVar[str] = "signage"
    heeded: ClassVar[tuple[type[Broadcast], ...]] = (Ivim,)

    signs: Annotated[tuple[FixedSign, ...], Option("signs at their places")] = ()
    variable: Annotated[tuple[VariableSign, ...], Option("stretches whose limit varies with the density")] = ()
    # Densities at which levels of service D and E begin on motorways: Highway Capacity Manual 2010, exhibit 11-5 (26
    # and 35 cars per mile and lane).
    steps: Annotated[
        tuple[tuple[float, float], ...],
        Option("from how many vehicles per km and lane on which speed in m/s holds, ascending"),
    ] = ((16.2, 22.22), (21.7, 16.67))
    release: Annotated[float, Option("share of a step's density below which it is given up", gt=0, lt=1)] = 0.8
    hold: Annotated[float, Option("least time between two changes", unit="s", ge=0, le=3600)] = 30.0
    window: Annotated[float, Option("over which densities are smoothed", unit="s", gt=0, le=3600)] = 30.0
    equipped: Annotated[float, Option("share of vehicles that can be heard", gt=0, le=1)] = 1.0
    sight: Annotated[float, Option("how far from the unit they are heard", unit="m", gt=0, le=1000)] = 300.0
    approach: Annotated[float, Option("how far before a stretch drivers are told", unit="m", ge=20, le=3000)] = 300.0
    validity: Annotated[float, Option("of a message", unit="s", ge=4, le=86_400)] = 20.0

    @classmethod
    def doubts(cls, options: Mapping[str, Any], lanes: Callable[[str], int], begin: float, end: float) -> Iterator[str]:
        """See `App.doubts`."""
        if not options["signs"] and not options["variable"]:
            yield "signs: is empty, and so is variable: there is nothing to show"
        for row, sign in enumerate(options["signs"]):
            field, closed = f"signs[{row}]", sign.get("closed", ())
            if len(set(closed)) < len(closed):
                yield f"{field}.closed = {list(closed)}: a lane stands there twice"
            if closed and len(set(closed)) == lanes(sign["edge"]):
                yield f"{field}.closed = {list(closed)}: are all lanes of the edge: nobody can leave them for another"
            if sign.get("begin", 0.0) >= end:
                yield f"{field}.begin = {sign['begin']:g}: is not before the run's end at {end:g} s"
            if sign.get("end", math.inf) <= begin:
                yield f"{field}.end = {sign['end']:g}: is not after the run's begin at {begin:g} s"
        speeds = [speed for _, speed in options["steps"]]
        if options["variable"] and any(later >= earlier for earlier, later in pairwise(speeds)):
            yield f"steps: speeds of {', '.join(f'{speed:g}' for speed in speeds)} m/s do not fall as the density rises"

    def start(self) -> None:
        """Look the stretches up in the map."""
        network = self.context.network
        self._roads = network.map
        self._numbers = {name: number for number, name in enumerate(network.edges[: len(self._roads.line)])}
        self._check_steps()
        self._fixed = [self._fixed_sign(row, sign) for row, sign in enumerate(self.signs)]
        self._varying = [self._stretch(f"variable[{row}]", sign) for row, sign in enumerate(self.variable)]
        ledgers = self.platform.ledgers
        self._book: SignBook = ledgers["signage"] if "signage" in ledgers else SignBook()

    @every(1.0)
    def look(self) -> None:
        """Show what holds now."""
        for shown in self._varying:
            self._vary(shown)
        for shown in (*self._fixed, *self._varying):
            holds = shown.begin <= self.time < shown.end and (shown.speed is not None or bool(shown.closed))
            if holds and self.nearest(shown.middle, partial(_lists, shown.of)):
                self._show(shown)
            elif shown.sending is not None:
                shown.sending.cancel()
                shown.sending = None

    def _vary(self, shown: _Shown) -> None:
        """What density there is, and which limit comes of it."""
        if shown.seen_km <= 0.0:
            return
        seen = self.ldm.vehicles.near(self.position, self.sight)
        at = shown.roads.locate(seen.x, seen.y, seen.heading)
        here = (at.edge >= 0) & ~at.against & (at.along >= shown.start) & (at.along <= shown.stop)
        now = float(np.count_nonzero(here)) / self.equipped / shown.seen_km
        weight = 1.0 - math.exp(-1.0 / self.window)
        shown.density = now if math.isnan(shown.density) else shown.density + weight * (now - shown.density)
        step = variable_limit(shown.density, shown.step, self.steps, self.release)
        if step != shown.step and self.time >= shown.changed_at + self.hold:
            shown.step, shown.changed_at, shown.said_at = step, self.time, -math.inf
            shown.speed = self.steps[step][1] if step >= 0 else None
            self._book.changed += 1
            self.log(why="limit", density=round(shown.density, 2), speed=shown.speed)

    def _show(self, shown: _Shown) -> None:
        """Begin to say it, say it anew, or keep it alive."""
        if shown.sending is None:
            far = max(math.dist(self.position, point) for point in self._message(shown).line)
            radius = min(far + self.approach, 65_535.0)
            shown.sending = self.send(self._message(shown), radius=radius, repeat=REPEAT)
            self._book.said += 1
        elif self.time >= shown.said_at + self.validity / 2.0:
            shown.sending.update(self._message(shown))
        else:
            return
        shown.said_at = self.time

    def _message(self, shown: _Shown) -> Ivim:
        line = self._roads.stretch(shown.edge, shown.start, shown.stop)
        (way, *_) = self._roads.ways_to(shown.edge, shown.start, self.approach, most=1) if shown.start > 1.0 else [line]
        approach = tuple((x, y) for x, y in way[::-1].tolist()) if shown.start > 1.0 else ()
        return Ivim(tuple((x, y) for x, y in line.tolist()), shown.speed, shown.closed, approach, self.validity)

    def _check_steps(self) -> None:
        field = "steps"
        densities = [density for density, _ in self.steps]
        if densities != sorted(set(densities)) or min(densities, default=1.0) <= 0.0 or not self.steps:
            raise OptionError(f"{field}: must have at least one step, with ascending densities above 0")
        for row, (_, speed) in enumerate(self.steps):
            if not SLOWEST_LIMIT <= speed <= FASTEST_LIMIT:
                within = f"{SLOWEST_LIMIT:.3f} to {FASTEST_LIMIT:.3f} m/s"
                raise OptionError(f"{field}[{row}][1] = {speed:g}: must be {within}")

    def _fixed_sign(self, row: int, sign: FixedSign) -> _Shown:
        found = self._stretch(f"signs[{row}]", sign)
        found.speed, found.closed = sign.get("speed"), sign.get("closed", ())
        found.begin, found.end = sign.get("begin", 0.0), sign.get("end", math.inf)
        if not found.begin < found.end:
            times = f"begin {found.begin:g}, end {found.end:g} s"
            raise OptionError(f"signs[{row}]: {times}: must be ascending")
        lanes = int(self._roads.lanes[found.edge])
        if found.speed is None and not found.closed:
            raise OptionError(f"signs[{row}]: must have a speed, or closed lanes")
        if not all(1 <= lane <= lanes for lane in found.closed) or len(found.closed) > 8:
            closed = f"signs[{row}].closed = {list(found.closed)}"
            raise OptionError(f"{closed}: must be at most 8 of the lanes 1 to {lanes}")
        return found

    def _stretch(self, field: str, sign: FixedSign | VariableSign) -> _Shown:
        if sign["edge"] not in self._numbers:
            raise OptionError(
                f'{field}.edge = "{sign["edge"]}": must be an edge of the net{meant(sign["edge"], self._numbers)}'
            )
        edge = self._numbers[sign["edge"]]
        length = float(self._roads.length[edge])
        start, stop = sign.get("start", 0.0), sign.get("stop", length)
        if not start < stop <= length:
            raise OptionError(f"{field}: start {start:g}, stop {stop:g} m: must be ascending, up to {length:g} m")
        places = [self._roads.point(edge, at) for at in np.arange(start, stop, APART).tolist()]
        seen = sum(math.dist(place, self.position) <= self.sight for place in places) / len(places)
        km = seen * (stop - start) / 1000.0 * float(self._roads.lanes[edge])
        return _Shown(edge, start, stop, self._roads.of(edge), km, self._roads.point(edge, (start + stop) / 2.0), sign)


def _lists(sign: FixedSign | VariableSign, app: Signage) -> bool:
    """Whether an application has this among its signs."""
    return sign in app.signs or sign in app.variable
