"""Who is before and behind the lights: by perfect detection, or by what their units have heard."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np

from wayside.edge.control.controller import Around, ControlledLight
from wayside.edge.unit import RoadsideUnit
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.world import RoadNetwork, VehicleTable

_SPACING = 2.0  # m between two points of a lane that positions are brought to
_ASIDE = 1.0  # m beyond a lane's edge that a position may be
_TURNED = 60.0  # degrees that a heading may differ from the lane's
NOBODY: Final = Around(
    np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0)
)


class Detection:
    """Sees the vehicles of lights."""

    def step(self, now: float) -> None:
        """SUMO has been read, at a time [s]: for who must look at each step."""

    def look(self, lights: Sequence[int], now: float) -> dict[int, Around]:
        """Who is at some lights, at a time [s]."""
        raise NotImplementedError


class LightWays:
    """The lanes before and beyond lights, by lane of the network: whose row each is, and how far from the stop line.

    A road counts on as far as `reach` over all edges from which there is no other way on, but back: one that is cut in
    pieces, or that others join. Lane k of a piece leads to lane k of the next, or to its last one.
    """

    def __init__(self, lights: Mapping[int, ControlledLight], network: RoadNetwork, reach: float) -> None:
        count = len(network.lane_ids)
        self.light = np.full(count, -1, np.int32)
        self.row = np.full(count, -1, np.int32)
        self.beyond = np.zeros(count)  # m from a lane's end to the stop line
        self.exit_light = np.full(count, -1, np.int32)
        self.exit_row = np.full(count, -1, np.int32)
        before, after = network.successors
        onward = network.edge_to[after] != network.edge_from[before]  # but back
        self._before, self._after = before[onward], after[onward]
        self._only = np.bincount(self._before, minlength=network.normal_edges) == 1
        for number, light in lights.items():
            for row, name in enumerate(light.lanes):
                self._enter(network, number, row, network.lane_number[name], reach)
            for row, name in enumerate(light.exits):
                lane = network.lane_number[name]
                self.exit_light[lane], self.exit_row[lane] = number, row

    def _enter(self, network: RoadNetwork, light: int, row: int, lane: int, reach: float) -> None:
        self.light[lane], self.row[lane] = light, row
        edge = int(network.lane_edge[lane])
        ahead = [(edge, lane - int(network.edge_first_lane[edge]), float(network.edge_length[edge]))]
        while ahead:
            edge, rank, length = ahead.pop()
            if length >= reach:
                continue
            lanes = int(np.count_nonzero(network.lane_edge == edge))
            for earlier in self._before[self._after == edge].tolist():
                count = int(np.count_nonzero(network.lane_edge == earlier))
                mine = [k for k in range(count) if min(k, lanes - 1) == rank] if self._only[earlier] else []
                for k in mine:
                    piece = int(network.edge_first_lane[earlier]) + k
                    if self.light[piece] < 0:  # else another light's, or round in a circle
                        self.light[piece], self.row[piece], self.beyond[piece] = light, row, length
                        ahead.append((earlier, k, length + float(network.edge_length[earlier])))


class AllTraffic(Detection):
    """All vehicles that are on the road, as they are."""

    def __init__(
        self, lights: Mapping[int, ControlledLight], network: RoadNetwork, vehicles: VehicleTable, reach: float
    ) -> None:
        self._ways = LightWays(lights, network, reach)
        self._network = network
        self._vehicles = vehicles
        self._reach = reach

    def look(self, lights: Sequence[int], now: float) -> dict[int, Around]:
        """See `Detection.look`."""
        table, ways = self._vehicles, self._ways
        n = table.extent
        there = np.flatnonzero((table.lane[:n] >= 0) & (table.alive[:n] == 1))
        lane, along, speed = table.lane[there], table.lane_position[there], table.speed[there]
        to_go = self._network.edge_length[table.edge[there]] - along + ways.beyond[lane]
        before, beyond = np.where(to_go <= self._reach, ways.light[lane], -1), ways.exit_light[lane]
        beyond = np.where(along <= self._reach, beyond, -1)
        found = {}
        for number in lights:
            near, gone = np.flatnonzero(before == number), np.flatnonzero(beyond == number)
            who = table.station[there[near]]
            rows, exits = ways.row[lane[near]], ways.exit_row[lane[gone]]
            found[number] = Around(rows, to_go[near], speed[near], who, exits, speed[gone])
        return found


class HeardTraffic(Detection):
    """The vehicles in the local dynamic map of the unit that stands at each light, brought to lanes by position and
    heading; where none stands, nobody.
    """

    def __init__(
        self,
        lights: Mapping[int, ControlledLight],
        network: RoadNetwork,
        units: Callable[[], Sequence[RoadsideUnit]],
        reach: float,
    ) -> None:
        """`units` are asked for when something is first looked at."""
        self._lights = lights
        self._all_units = units
        self._ways = LightWays(lights, network, reach)
        self._network, self._reach = network, reach

    @cached_property
    def _units(self) -> dict[int, RoadsideUnit]:
        """By light."""
        units = reversed(self._all_units())
        found = {unit.light: unit for unit in units if unit.light in self._lights and not unit.cellular}
        if deaf := len(self._lights) - len(found):
            warnings.warn(
                f'signals.detection = "heard": no roadside unit stands at {deaf} of {len(self._lights)} traffic light'
                f"{'' if len(self._lights) == 1 else 's'} under control: there nobody is seen",
                stacklevel=2,
            )
        return found

    @cached_property
    def _trees(self) -> dict[int, _Tree]:
        return {number: _Tree(number, self._ways, self._network, self._reach) for number in self._units}

    def look(self, lights: Sequence[int], now: float) -> dict[int, Around]:
        """See `Detection.look`."""
        found = {}
        for number in lights:
            if (unit := self._units.get(number)) is None:
                found[number] = NOBODY
                continue
            known = unit.maps.of(unit.number, now).vehicles
            lane, exit, to_go = self._trees[number].rows(known.x, known.y, known.heading)
            near, gone = lane >= 0, exit >= 0
            who = known.station[near].astype(np.int64)
            found[number] = Around(
                lane[near], to_go[near], known.speed[near].copy(), who, exit[gone], known.speed[gone].copy()
            )
        return found


class _Tree:
    """The lanes of one light as points, to find the nearest."""

    def __init__(self, light: int, ways: LightWays, network: RoadNetwork, reach: float) -> None:
        x, heading, lane_row, exit_row, width, far = [], [], [], [], [], []
        for lane in np.flatnonzero((ways.light == light) | (ways.exit_light == light)).tolist():
            points, directions, along = _sampled(network.lane_shapes[lane])
            to_go = along[-1] - along + ways.beyond[lane]
            before = (to_go <= reach) & (ways.light[lane] == light)
            beyond = (along <= reach) & (ways.exit_light[lane] == light)
            some = before | beyond
            x.append(points[some])
            heading.append(directions[some])
            lane_row.append(np.where(before, ways.row[lane], -1)[some])
            exit_row.append(np.where(beyond, ways.exit_row[lane], -1)[some])
            far.append(to_go[some])
            width.append(np.full(np.count_nonzero(some), network.lane_width[lane] / 2.0 + _ASIDE))
        from scipy.spatial import cKDTree  # an eighth of what a process takes to start, and few look by messages

        self._tree = cKDTree(np.concatenate(x))
        self._heading, self._width = np.concatenate(heading), np.concatenate(width)
        self._lane, self._exit = np.concatenate(lane_row), np.concatenate(exit_row)
        self._to_go = np.concatenate(far)

    def rows(self, x: Doubles, y: Doubles, heading: Doubles) -> tuple[Ints, Ints, Doubles]:
        """The lane and the exit that each vehicle is on, by row, -1 for none, and how far it is from the stop line, m,
        where it is before one.
        """
        if not len(x):
            return np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)
        found: Any = self._tree.query(np.column_stack((x, y)), k=[*range(1, min(4, self._tree.n) + 1)])
        away, at = found
        turned = np.abs((self._heading[at] - heading[:, None] + 180.0) % 360.0 - 180.0)
        fits = (away <= np.hypot(self._width[at], _SPACING / 2.0)) & (turned <= _TURNED)
        first = fits.argmax(axis=1)
        chosen = at[np.arange(len(x)), first]
        there = fits.any(axis=1)
        return (
            np.where(there, self._lane[chosen], -1).astype(np.int32),
            np.where(there, self._exit[chosen], -1).astype(np.int32),
            self._to_go[chosen],
        )


def _sampled(shape: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Points along a lane, its heading there [degrees clockwise from north], and how far along they are [m]."""
    steps = np.diff(shape, axis=0)
    ends = np.concatenate(([0.0], np.cumsum(np.hypot(*steps.T))))
    along = np.arange(0.0, ends[-1] + _SPACING / 2.0, _SPACING)
    points = np.column_stack([np.interp(along, ends, shape[:, axis]) for axis in (0, 1)])
    piece = np.clip(np.searchsorted(ends, along, side="right") - 1, 0, len(steps) - 1)
    return points, np.degrees(np.arctan2(steps[piece, 0], steps[piece, 1])) % 360.0, along
