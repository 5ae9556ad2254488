"""Who is about to collide at a junction, by what a unit knows: road users on the ways that they may take, predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from wayside.edge.messages import Line
from wayside.edge.messages.stations import StationType
from wayside.edge.movements import BEFORE, JunctionWays
from wayside.ext.arrays import Doubles, Flags, Ints, Longs

if TYPE_CHECKING:
    from wayside.edge.ldm import VehicleView

REACH: Final = BEFORE  # m from a junction's line that its ways begin
FASTER: Final = 2.0  # m/s above what a bend allows that one may have in it
USUAL: Final = 4.5  # m/s^2, SUMO's usual decel: how hard one slows down to a bend
NEAR: Final = 0.1  # m from which on one is there
PAST: Final = 1.0  # m behind a place from which on one has passed it
CREEPING: Final = 0.5  # m/s below which one goes nowhere
STEP: Final = 0.1  # s between two looks into the future
ASIDE: Final = 1.0  # m beside a lane where one is taken to be on it: satellite positions err
TURNED: Final = 35.0  # degrees by which one's heading may differ from the way's
# Width [m] that is taken, by StationType: a CAM tells it, a local dynamic map does not keep it.
WIDTHS: Final = np.full(256, 1.8)
WIDTHS[StationType.PEDESTRIAN], WIDTHS[StationType.CYCLIST] = 0.48, 0.65
WIDTHS[[StationType.BUS, StationType.HEAVY_TRUCK, StationType.TRAM]] = 2.5


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
        self._aside = movements.half[self.near] + ASIDE

    def conflicts(self, view: VehicleView, stops: Flags, rules: Foresight) -> list[Conflict]:
        """Who of a view is about to collide, the soonest first; stops: by way, whether a light or the right of way has
        it wait at its line.

        Vehicles go on along every way that they may be on with the speed that they have, or braking as they do;
        pedestrians, and cyclists beside the lanes, straight on. All are taken on from where they were when they were
        heard. Who must wait, or give way to somebody on foot, is taken to, while less than `braking` is enough.
        """
        age = np.maximum(view.age, 0.0)
        braking = np.fmin(np.nan_to_num(view.acceleration, nan=0.0), 0.0)
        way_since = _driven(view.speed, braking, age)
        here_x, here_y, heading = map(np.ascontiguousarray, (view.x, view.y, view.heading))
        speed = np.maximum(view.speed + braking * age, 0.0)
        turn = np.radians(heading)
        x, y = here_x + way_since * np.sin(turn), here_y + way_since * np.cos(turn)
        kind = view.type
        afoot = kind == StationType.PEDESTRIAN
        mover, way, at = self.movements.ways.match(self.near, here_x, here_y, heading, self._aside, TURNED)
        at = at + way_since[mover]
        kept = ~afoot[mover] & (at - np.nan_to_num(view.length)[mover] <= self.movements.clear[way])
        can_be = self._slows(mover, way, at, speed)
        mover, way, at, kept = mover[can_be], way[can_be], at[can_be], kept[can_be]
        kept &= ~self._waits(mover, way, at, speed, stops, rules)
        straight = np.flatnonzero(afoot | ((kind == StationType.CYCLIST) & ~np.isin(np.arange(len(view)), mover)))
        ways_of = np.bincount(mover[~afoot[mover]], minlength=len(view)) + np.isin(np.arange(len(view)), straight)
        mover, way, at = mover[kept], way[kept], at[kept]
        mover = np.concatenate((mover, straight)).astype(np.int32)
        at = np.concatenate((at, np.zeros(len(straight))))
        way = np.concatenate((way, np.full(len(straight), -1))).astype(np.int32)
        queue = np.where(way >= 0, self.movements.start[way], -1).astype(np.int32)
        found = self.movements.ways.meet(
            mover,
            way,
            at,
            queue,
            x,
            y,
            heading,
            speed,
            braking,
            np.nan_to_num(view.length, nan=4.0),
            WIDTHS[kind & 255],
            afoot.view(np.uint8),
            rules.horizon,
            STEP,
            rules.gap,
            rules.least,
        )
        return self._told(found, mover, way, at, speed, braking, afoot, ways_of, rules)

    def _slows(self, mover: Ints, way: Ints, at: Doubles, speed: Doubles) -> Flags:
        """Who can be on a way: slow enough for its bend, or able to become so before it."""
        left = np.maximum(self.movements.line[way] - at, NEAR)
        fast = speed[mover] ** 2 - (self.movements.speed[way] + FASTER) ** 2
        return fast <= 2.0 * USUAL * left

    def _waits(self, mover: Ints, way: Ints, at: Doubles, speed: Doubles, stops: Flags, rules: Foresight) -> Flags:
        """Who has to wait at the line and can still do so."""
        left = self.movements.line[way] - at
        can = speed[mover] ** 2 <= 2.0 * rules.braking * np.maximum(left, 0.0)
        return stops[way] & (left >= 0.0) & can

    def _told(
        self,
        found: tuple[Ints, Ints, Doubles, Doubles, Doubles, Doubles],
        mover: Ints,
        way: Ints,
        at: Doubles,
        speed: Doubles,
        braking: Doubles,
        afoot: Flags,
        ways_of: Longs,
        rules: Foresight,
    ) -> list[Conflict]:
        """One conflict for each two: the soonest, with the share of all pairs of their ways that lead to one."""
        one, other, time, apart, place_x, place_y = found
        times = time + np.maximum(-apart, 0.0), time + np.maximum(apart, 0.0)
        left = [_driven(speed[mover[h]], braking[mover[h]], t) for h, t in zip((one, other), times, strict=True)]
        needs = [speed[mover[h]] ** 2 / (2.0 * np.maximum(m, NEAR)) for h, m in zip((one, other), left, strict=True)]
        on_foot = afoot[mover[one]], afoot[mover[other]]
        gives_way = on_foot[1] & (needs[0] <= rules.braking) | on_foot[0] & (needs[1] <= rules.braking)
        pairs: dict[tuple[int, int], list[int]] = {}
        for k in np.flatnonzero(~gives_way).tolist():
            pairs.setdefault((int(mover[one[k]]), int(mover[other[k]])), []).append(k)
        conflicts = []
        for (a, b), rows in pairs.items():
            k = min(rows, key=lambda row: float(time[row]))
            certainty = len(rows) / float(max(ways_of[a], 1) * max(ways_of[b], 1))
            ways = int(way[one[k]]), int(way[other[k]])
            to = float(at[one[k]] + left[0][k]), float(at[other[k]] + left[1][k])
            rest = [(float(pair[0][k]), float(pair[1][k])) for pair in (left, needs, (place_x, place_y))]
            conflicts.append(Conflict((a, b), float(time[k]), certainty, ways, to, *rest))
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


def _driven(speed: Doubles, braking: Doubles, seconds: Doubles) -> Doubles:
    """The way of those who go on so long, braking until they stand, m."""
    with np.errstate(divide="ignore", invalid="ignore"):
        stop = np.where(braking < 0.0, -speed / braking, np.inf)
    t = np.minimum(seconds, stop)
    return t * (speed + 0.5 * braking * t)


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
