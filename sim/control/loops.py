"""What induction loops tell of the vehicles at lights: who has come, who has gone, whether somebody stands on one.

Each lane that leads to a light has a loop at the stop line and one further back, each lane that leads away has one
beyond. A loop counts whoever comes over it, of whatever length, and says whether it is covered; it knows nobody. In
between, a vehicle is taken to drive at the limit until it reaches the queue, one for each that was counted in and not
out yet (input and output counts: Sharma, Bullock, Bonneson 2007, Transportation Research Record 2035). Who changes
lanes between the loops makes the counts wrong, as on the road: where nobody has been over the stop line's loop for a
while in green, nobody is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from wayside.edge.control.controller import Around, ControlledLight
from wayside.ext.arrays import Doubles, Flags, Ints, Longs
from wayside.sim.control.detection import Detection, LightWays
from wayside.sim.world import RoadNetwork, Signals, VehicleTable

STOP_LINE: Final = 2.0  # m before the stop line that its loop begins, down to the line
BEYOND: Final = 15.0  # m beyond the light that the loop of an exit lies
EMPTY: Final = 6.0  # s of green with nobody on the stop line's loop after which nobody is taken to be there
STANDS: Final = 4.0  # s for which a loop of an exit is covered when somebody stands there
SPACE: Final = 7.5  # m of a lane that a standing vehicle takes


class LoopTraffic(Detection):
    """Loops at `back_m` before the stop lines, or at the begin of what leads to them without a choice."""

    def __init__(
        self,
        lights: Mapping[int, ControlledLight],
        network: RoadNetwork,
        vehicles: VehicleTable,
        signals: Signals,
        back_m: float,
    ) -> None:
        self._lights, self._network, self._vehicles, self._signals = lights, network, vehicles, signals
        self._ways = LightWays(lights, network, back_m)
        lanes = len(network.lane_ids)
        self._first, self._first_exit, rows, exits = {}, {}, 0, 0
        self._row, self._exit = np.full(lanes, -1, np.int32), np.full(lanes, -1, np.int32)  # among those of all lights
        for number, light in lights.items():
            self._first[number], self._first_exit[number] = rows, exits
            rows, exits = rows + len(light.lanes), exits + len(light.exits)
        for lane in np.flatnonzero(self._ways.light >= 0).tolist():
            self._row[lane] = self._first[int(self._ways.light[lane])] + self._ways.row[lane]
        for lane in np.flatnonzero(self._ways.exit_light >= 0).tolist():
            self._exit[lane] = self._first_exit[int(self._ways.exit_light[lane])] + self._ways.exit_row[lane]
        self._light_of = np.repeat(list(lights), [len(light.lanes) for light in lights.values()])
        self._counted = np.empty(0, np.int64)  # at which light each slot's vehicle has come over a loop last
        self._back = np.full(rows, back_m)
        known = np.flatnonzero(self._row >= 0)
        ends = np.zeros(rows)
        np.maximum.at(ends, self._row[known], self._ways.beyond[known] + network.edge_length[network.lane_edge[known]])
        self._back = np.minimum(self._back, ends - 1.0)
        self._in: list[list[float]] = [[] for _ in range(rows)]  # when each who is there came over the loop, s
        self._was_row = np.empty(0, np.int32)
        self._was_to_go = np.empty(0)
        self._was_station = np.empty(0, np.int64)
        self._idle_s = np.zeros(rows)  # of green, with nobody on the stop line's loop
        self._covered_s = np.zeros(exits)  # of the exits' loops
        self._time = np.nan

    def step(self, now: float) -> None:
        """SUMO has been read: what the loops tell."""
        passed = 0.0 if np.isnan(self._time) else now - self._time
        self._time = now
        table, network = self._vehicles, self._network
        n = table.extent
        there = (table.lane[:n] >= 0) & (table.alive[:n] == 1)
        lane = np.where(there, table.lane[:n], 0)
        row = np.where(there, self._row[lane], -1).astype(np.int32)
        along = table.lane_position[:n]
        to_go = network.edge_length[network.lane_edge[lane]] - along + self._ways.beyond[lane]
        left = self._count(row, to_go, table.station[:n], now)
        self._watch(row, to_go, left, passed)
        exit = np.where(there, self._exit[lane], -1)
        on = (exit >= 0) & (along >= BEYOND) & (along - table.length[:n] <= BEYOND)
        covered = np.zeros(len(self._covered_s), np.bool_)
        covered[exit[on]] = True
        self._covered_s = np.where(covered, self._covered_s + passed, 0.0)
        self._was_row, self._was_to_go, self._was_station = row, to_go, table.station[:n].copy()

    def _count(self, row: Ints, to_go: Doubles, station: Longs, now: float) -> list[int]:
        """Who has come over a loop since the last step; the lanes, by row, whose stop line somebody has passed."""
        n, before = len(row), len(self._was_row)
        same = np.zeros(n, np.bool_)
        m = min(n, before)
        same[:m] = self._was_station[:m] == station[:m]
        was_row, was_to_go = np.full(n, -1, np.int32), np.full(n, np.inf)
        was_row[:m][same[:m]], was_to_go[:m][same[:m]] = self._was_row[:m][same[:m]], self._was_to_go[:m][same[:m]]
        back = np.where(row >= 0, self._back[row], -1.0)
        came = (row >= 0) & (to_go <= back) & ((was_row < 0) | (was_row == row) & (was_to_go > back))
        came &= to_go > STOP_LINE
        # Between two edges it is on neither: it comes over a loop only once.
        light = self._light_of[row]
        known = np.full(n, -1, np.int64)
        known[:m] = np.where(same[:m], self._counted[:m], -1)
        came &= known != light
        self._counted = np.where(came, light, known)
        for one in row[came].tolist():
            self._in[one].append(now)
        # Over the line: it was on a lane of a light before, near its end, and is on none of that light's now.
        near = was_to_go <= np.maximum(self._vehicles.speed[:n], 1.0) * 2.0 + STOP_LINE
        gone = (was_row >= 0) & (row < 0) & near
        left = [*was_row[gone].tolist()]
        lost = np.flatnonzero(self._was_row[m:] >= 0) + m  # at the end of the table, and off the road since
        left += self._was_row[lost].tolist()
        for one in left:
            if self._in[one]:
                self._in[one].pop(0)
        return left

    def _watch(self, row: Ints, to_go: Doubles, left: list[int], passed: float) -> None:
        """Nobody on the stop line's loop in green for a while: nobody is there."""
        covered = np.zeros(len(self._idle_s), np.bool_)
        covered[left] = True
        covered[row[(row >= 0) & (to_go <= STOP_LINE)]] = True
        green = self._green()
        self._idle_s = np.where(green & ~covered, self._idle_s + passed, 0.0)
        limits = np.concatenate([light.speed_m_s for light in self._lights.values()])
        for one in np.flatnonzero(self._idle_s > EMPTY).tolist():
            soon = self._time - self._back[one] / limits[one] - EMPTY
            self._in[one] = [came for came in self._in[one] if came > soon]

    def _green(self) -> Flags:
        found = np.zeros(len(self._idle_s), np.bool_)
        for number, light in self._lights.items():
            text = self._signals.text(number)
            for link, lane in enumerate(light.lane.tolist()):
                if lane >= 0 and text[link] in "gG":
                    found[self._first[number] + lane] = True
        return found

    def look(self, lights: Sequence[int], now: float) -> dict[int, Around]:
        """See `Detection.look`."""
        found = {}
        for number in lights:
            light, first = self._lights[number], self._first[number]
            lane, to_go, speed = [], [], []
            for k in range(len(light.lanes)):
                place = 0.0
                for came in self._in[first + k]:
                    driven = self._back[first + k] - light.speed_m_s[k] * (now - came)
                    lane.append(k)
                    to_go.append(max(driven, place))
                    speed.append(light.speed_m_s[k] if driven > place else 0.0)
                    place += SPACE
            stands = np.flatnonzero(self._covered_s[self._first_exit[number] :][: len(light.exits)] >= STANDS)
            found[number] = Around(
                np.array(lane, np.int32),
                np.array(to_go, np.float64),
                np.array(speed, np.float64),
                np.arange(len(lane)),
                stands.astype(np.int32),
                np.zeros(len(stands)),
            )
        return found
