"""Who is about to collide at a junction, by what a unit knows: road users on the ways that they may take, predicted."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from wayside.edge.messages import Line
from wayside.edge.messages.stations import StationType
from wayside.edge.movements import BEFORE, JunctionWays
from wayside.ext.arrays import Flags, Ints
from wayside.ext.conflicts import Watch

if TYPE_CHECKING:
    from wayside.edge.ldm import VehicleView
    from wayside.ext.conflicts import Told

REACH: Final = BEFORE  # m from a junction's line that its ways begin
PAST: Final = 1.0  # m behind a place from which on one has passed it
CREEPING: Final = 0.5  # m/s below which one goes nowhere
STEP: Final = 0.1  # s between two looks into the future
ASIDE: Final = 1.0  # m beside a lane where one is taken to be on it: satellite positions err
TURNED: Final = 35.0  # degrees by which one's heading may differ from the way's
# Width [m] that is taken, by StationType: a CAM tells it, a local dynamic map does not keep it.
WIDTHS: Final = np.full(256, 1.8)
WIDTHS[StationType.PEDESTRIAN], WIDTHS[StationType.CYCLIST] = 0.48, 0.65
WIDTHS[[StationType.BUS, StationType.HEAVY_TRUCK, StationType.TRAM]] = 2.5
GOING: Final = np.zeros(256, np.uint8)  # as `ext.conflicts.Watch` has it
GOING[StationType.PEDESTRIAN], GOING[StationType.CYCLIST] = 1, 2


@dataclass(frozen=True)
class Foresight:
    """horizon: s that are looked ahead; gap: s between two in one place, one after the other, that is no collision;
    least: m/s, one of two is faster; braking: m/s^2, whoever gives way and can still stop with less is taken to.
    """

    horizon: float
    gap: float
    least: float
    braking: float


class Conflict(NamedTuple):
    """Two are about to be in one place; rows of the view.

    time: s until the first is there; certainty: the share of the ways of both that lead to it; of each: ways, across
    the junction, -1 for none, to, how far along it there is [m], left, how far one is from there [m], needs, the
    braking that it takes to stop before it [m/s^2]; place: m.
    """

    rows: tuple[int, int]
    time: float
    certainty: float
    ways: tuple[int, int]
    to: tuple[float, float]
    left: tuple[float, float]
    needs: tuple[float, float]
    place: tuple[float, float]


class JunctionWatch:
    """Predicts for one place: the ways across junctions whose lines are within a radius [m] of it."""

    def __init__(self, movements: JunctionWays, position: tuple[float, float], radius: float) -> None:
        self.movements = movements
        self.near = movements.around(position, radius).astype(np.int32)
        self._place = *position, radius + REACH
        of = movements.start, movements.line, movements.clear, movements.speed, movements.half + ASIDE
        self._kernel = Watch(movements.ways, self.near, *of, WIDTHS, GOING, TURNED)

    def conflicts(self, view: VehicleView, stops: Flags, rules: Foresight) -> list[Conflict]:
        """Who of a view is about to collide, the soonest first; stops: by way, whether a light or the right of way has
        it wait at its line.

        Vehicles go on along every way that they may be on with the speed that they have, or braking as they do;
        pedestrians, and cyclists beside the lanes, straight on. All are taken on from where they were when they were
        heard. Who must wait, or give way to somebody on foot, is taken to, while less than `braking` is enough.
        """
        rule = rules.horizon, STEP, rules.gap, rules.least, rules.braking
        pairs: dict[tuple[int, int], list[Told]] = {}
        for told in self._kernel.look(view.state, view.heard, view.now, *self._place, stops.view(np.uint8), *rule):
            pairs.setdefault(told[0], []).append(told)
        # One for each two: the soonest, with the share of all pairs of their ways that lead to one.
        found = [(min(each, key=itemgetter(1)), len(each)) for each in pairs.values()]
        conflicts = [Conflict(*told)._replace(certainty=count / told[2]) for told, count in found]
        return sorted(conflicts, key=lambda conflict: conflict.time)


def ways_to(
    conflict: Conflict, movements: JunctionWays, stops: Flags, hardest: float, beyond: float
) -> tuple[Line, ...]:
    """The ways of those who are to brake, from the conflict's place backwards to `beyond` m behind where they are: of
    who has to wait and can still stop with at most `hardest` m/s^2, else of both, as far as they are on ways.
    """
    of = [k for k in (0, 1) if conflict.ways[k] >= 0]
    able = [k for k in of if stops[conflict.ways[k]] and conflict.needs[k] <= hardest]
    found = []
    for k in able or of:
        back = movements.back(conflict.ways[k], conflict.to[k], conflict.left[k] + beyond)
        found.append(tuple((float(x), float(y)) for x, y in back[1:]))
    return tuple(found)


def still_to_come(view: VehicleView, stations: tuple[int, int], place: tuple[float, float], within: float) -> bool:
    """Whether both of two stations are still before a place, or standing on it, and one will be there within so many s:
    so a conflict stands for which somebody brakes.
    """
    soonest = np.inf
    for station in stations:
        rows = np.flatnonzero(view.station == station)
        if not len(rows):
            return False
        row, turn = int(rows[0]), np.radians(float(view.heading[rows[0]]))
        east, north, speed = place[0] - view.x[row], place[1] - view.y[row], float(view.speed[row])
        gone = speed * float(view.age[row])
        ahead = east * np.sin(turn) + north * np.cos(turn) - gone
        if ahead < -np.nan_to_num(float(view.length[row])) - PAST:
            return False
        if speed >= CREEPING:
            soonest = min(soonest, max(float(np.hypot(east, north)) - gone, 0.0) / speed)
    return soonest <= within


def stopping(movements: JunctionWays, lights: dict[tuple[str, str], str], near: Ints) -> Flags:
    """By way, whether one has to wait at its line: by what a light shows to it (SUMO's letter by the names of its
    lanes), else by the right of way.
    """
    stops = movements.yields.copy()
    for way in near.tolist():
        shown = lights.get((movements.start_names[way], movements.end_names[way]))
        if shown is not None:
            stops[way] = shown not in "Gg"
    return stops
