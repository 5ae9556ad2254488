"""Warnings of collisions at a junction: vehicle with vehicle, and vehicle with pedestrian or cyclist."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from wayside.edge.app import App, every
from wayside.edge.collisions import GivenWarning, WarningBook
from wayside.edge.conflicts import REACH, Conflict, Foresight, JunctionWatch, still_to_come, stopping, ways_to
from wayside.edge.ldm import CONTENT
from wayside.edge.messages import CAUSES, Denm
from wayside.edge.messages.stations import StationType
from wayside.edge.plugin import Option

if TYPE_CHECKING:
    from wayside.edge.ldm import VehicleView
    from wayside.edge.signal import Layout
    from wayside.edge.unit import Sending
    from wayside.ext.arrays import Flags

AT_STATION: Final = CONTENT.index("station")
CROSSING, VULNERABLE = 2, 4  # sub causes of collisionRisk: crossing, and with a vulnerable road user
PERIOD: Final = 0.2  # s between two looks
MOVED: Final = 5.0  # m by which the place must move to be told anew
LONGER: Final = 1.0  # s to a conflict for which one brakes, beyond those from which on one is warned
BEYOND: Final = 30.0  # m of the way that are told behind whoever is warned
BESIDE: Final = 20.0  # m beyond the sight that a warning reaches


@dataclass
class _Warned:
    """What is being said of two stations."""

    sending: Sending
    row: GivenWarning
    place: tuple[float, float]
    at: float  # s, of the last version
    seen: float  # s, when it last was


class CollisionWarning(App):
    """Warns by DENM (collisionRisk, 97) whoever is about to collide with another vehicle, a cyclist or a pedestrian.

    Each conflict is an event of its own with the ways of those who are to brake, told anew as it moves, and cancelled
    as soon as it is over. Who goes first by light or right of way is warned only where the other can no longer stop.
    """

    name: ClassVar[str] = "collision"
    families: ClassVar[tuple[str, ...]] = ("etsi",)  # an RSI holds for whole minutes, and cannot be taken back

    ttc: Annotated[float, Option("time to collision from which on one is warned", unit="s", ge=0.5, le=10)] = 2.5
    gap: Annotated[float, Option("time between two at one place that is none", unit="s", ge=0, le=3)] = 0.3
    braking: Annotated[float, Option("braking that who must wait is trusted to do", unit="m/s^2", ge=0, le=9)] = 2.0
    hardest: Annotated[float, Option("braking beyond which the other is warned, too", unit="m/s^2", gt=0, le=9)] = 4.5
    least: Annotated[float, Option("speed from which on one is a danger", unit="m/s", gt=0, le=20)] = 2.0
    certainty: Annotated[float, Option("share of possible ways that must lead to it", gt=0, le=1)] = 0.3
    sight: Annotated[float, Option("how far from the unit lines of junctions lie", unit="m", gt=0, le=500)] = 60.0
    patience: Annotated[float, Option("how long one is told of that is seen no more", unit="s", ge=0, le=10)] = 0.6
    validity: Annotated[float, Option("of a message", unit="s", ge=1, le=60)] = 2.0

    def start(self) -> None:
        """Look the ways across the junctions here up."""
        self._watch = JunctionWatch(self.context.network.movements, self.position, self.sight)
        self._rules = Foresight(self.ttc, self.gap, self.least, self.braking)
        self._shown: tuple[Layout | None, str, Flags] = None, "", self._watch.movements.yields
        self._told: dict[tuple[int, int], _Warned] = {}
        ledgers = self.platform.ledgers
        self._book: WarningBook = ledgers["collision"] if "collision" in ledgers else WarningBook()

    @every(PERIOD)
    def look(self) -> None:
        """Predict, and warn."""
        seen, stops = self.ldm, self._stops()
        found: dict[tuple[int, int], Conflict] = {}
        for conflict in self._watch.conflicts(seen, stops, self._rules):
            if conflict.certainty < self.certainty or not self.nearest(conflict.place):
                continue
            one, other = (int(seen.state[AT_STATION, row]) for row in conflict.rows)
            key = min(one, other), max(one, other)
            found[key] = conflict
            self._say(key, conflict, seen, stops)
        if not self._told:
            return
        near = seen.near(self.position, self.sight + REACH)
        for key, told in list(self._told.items()):
            if key not in found and still_to_come(near, key, told.place, self.ttc + LONGER):
                told.seen = self.time  # somebody brakes for it
                self._keep(told)
            elif key not in found and self.time - told.seen >= self.patience - 1e-6:
                self._end(key, told)

    def _stops(self) -> Flags:
        """By way, whether one has to wait at its line, by what the unit's own light shows, else the right of way."""
        layout, state = (None, "") if self.signal is None else (self.signal.layout, self.signal.state)
        if layout is not self._shown[0] or state != self._shown[1]:
            lanes = () if layout is None else layout.lanes
            moves = [move for lane in lanes for move in lane.movements if move.link < len(state)]
            lights = {(move.start, move.end): state[move.link] for move in moves}
            self._shown = layout, state, stopping(self._watch.movements, lights, self._watch.near)
        return self._shown[2]

    def _say(self, key: tuple[int, int], conflict: Conflict, seen: VehicleView, stops: Flags) -> None:
        told = self._told.get(key)
        if told is not None:
            told.seen = self.time
            if math.dist(told.place, conflict.place) <= MOVED:
                self._keep(told)
                return
        ways = ways_to(conflict, self._watch.movements, stops, self.hardest, BEYOND)
        if not ways:
            return
        kinds = [int(kind) for kind in seen.type[list(conflict.rows)]]
        vulnerable = StationType.PEDESTRIAN in kinds or StationType.CYCLIST in kinds
        sub = VULNERABLE if vulnerable else CROSSING
        denm = Denm(CAUSES["collision-risk"], conflict.place, self.validity, traces=ways, subcause=sub)
        if told is not None:
            told.sending.update(denm)
            told.place, told.at = conflict.place, self.time
            return
        sending = self.send(denm, radius=self.sight + REACH + BESIDE, repeat=PERIOD)
        row = GivenWarning(self.unit.id, self.time, math.nan, *key, vulnerable, conflict.time, *conflict.place)
        self._book.given.append(row)
        self._told[key] = _Warned(sending, row, conflict.place, self.time, self.time)
        self.log(why="about to collide", stations=list(key), seconds=round(conflict.time, 2), kinds=kinds)

    def _keep(self, told: _Warned) -> None:
        """Keep alive what still stands."""
        if self.time - told.at >= self.validity / 2.0:
            assert isinstance(told.sending.message, Denm)
            told.sending.update(told.sending.message)
            told.at = self.time

    def _end(self, key: tuple[int, int], told: _Warned) -> None:
        told.sending.cancel()
        told.row.over_s = self.time
        del self._told[key]
