"""Who passes red lights, as SUMO's lights show it: counted for all vehicles, whatever they know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from wayside.ext.arrays import Doubles, Flags, Indices, Ints
from wayside.sim.onboard.lights_ahead import LightsAhead
from wayside.sim.world import RoadNetwork, Signals, VehicleTable

CLOSE: Final = 3.0  # s between who passes red and another, on ways that cross or merge: an encounter


class RedLights:
    """Counts those who pass a stop line at red, and whom they meet: passes by group (unequipped, equipped), encounters.

    links: by way of `LightsAhead`, the number of its link in `Signals.state`, -1 where SUMO has no such light. foes: by
    light, links x links, read when the first one passes red.
    """

    def __init__(
        self,
        network: RoadNetwork,
        vehicles: VehicleTable,
        signals: Signals,
        ahead: LightsAhead,
        foes: Callable[[], dict[str, Flags]],
    ) -> None:
        self._network, self._table, self._signals, self._ahead = network, vehicles, signals, ahead
        self._read_foes = foes
        self._foes: dict[str, Flags] | None = None
        rank = {id: number for number, id in enumerate(signals.ids)}
        lights = np.array([rank.get(id, -1) for id in network.controls.lights], np.int32)
        self.light = lights[ahead.light] if len(lights) else np.empty(0, np.int32)
        inside = ahead.number < np.diff(signals.offsets)[self.light] if len(self.light) else np.empty(0, bool)
        self.links = np.where((self.light >= 0) & inside, signals.offsets[self.light] + ahead.number, -1)
        self._ends_here = np.zeros(len(network.lane_ids) + 1, bool)  # at a light; the last one is of nobody's lane
        self._ends_here[ahead.lane] = True
        self._last = np.full(len(signals.state), -np.inf)  # s, when anybody passed, by link
        self._passed: list[tuple[float, int, int]] = []  # who has passed red and met nobody yet: time, light, link
        self.passes = np.zeros(2, np.int64)
        self.encounters = 0

    def shows(self, ways: Ints) -> Ints:
        """What SUMO's lights show on these ways, in ASCII; 0 where nobody knows."""
        link = self.links[ways]
        return np.where(link >= 0, self._signals.state[link], 0)

    def count(self, before: Ints, equipped: Flags, now: float) -> Indices:
        """SUMO has stepped: `before` are the lanes where the first vehicles, by slot, were until then, -1 for none; the
        slots of those who have passed red.
        """
        table, network = self._table, self._network
        n = len(before)
        slots = np.flatnonzero(self._ends_here[before] & (table.lane[:n] != before) & (table.lane[:n] >= 0))
        slots = slots[network.lane_edge[before[slots]] != table.edge[slots]]
        if not len(slots):
            return slots
        way = self._ahead.ways(before[slots], network.edge_after[table.edge[slots]])
        slots, way = slots[way >= 0], way[way >= 0]
        slots, way = slots[self.links[way] >= 0], way[self.links[way] >= 0]
        red = self.shows(way) == ord("r")
        self.passes += np.bincount(equipped[slots[red]].astype(np.int64), minlength=2)
        if red.any() or self._passed:
            self._meet(way, red, now)
        self._last[self.links[way]] = now
        return slots[red]

    def _meet(self, way: Ints, red: Flags, now: float) -> None:
        if self._foes is None:
            self._foes = self._read_foes()
        passing = list(zip(self.light[way].tolist(), self._ahead.number[way].tolist(), red.tolist(), strict=True))
        self._passed = [one for one in self._passed if now - one[0] <= CLOSE]
        for time, light, link in list(self._passed):
            if any(light == other and self._cross(light, link, its) for other, its, _ in passing):
                self.encounters += 1
                self._passed.remove((time, light, link))
        for light, link, runs in passing:
            if runs:
                links = slice(*self._signals.offsets[light : light + 2])
                lately = np.flatnonzero(self._last[links] >= now - CLOSE)
                if any(self._cross(light, link, other) for other in lately.tolist()):
                    self.encounters += 1
                else:
                    self._passed.append((now, light, link))

    def _cross(self, light: int, one: int, other: int) -> bool:
        assert self._foes is not None
        table = self._foes.get(self._signals.ids[light])
        return table is not None and max(one, other) < len(table) and bool(table[one, other])


def standing_before(table: VehicleTable, slots: Indices, sight: float, slow: float) -> Ints:
    """How many vehicles stand, slower than `slow` m/s, on the lane of each of these, within so many metres ahead."""
    n = table.extent
    still = np.flatnonzero((table.lane[:n] >= 0) & (table.speed[:n] < slow))
    far = float(table.lane_position[:n].max(initial=0.0)) + 2.0 * sight + 1.0
    places = np.sort(table.lane[still] * far + table.lane_position[still])
    here: Doubles = table.lane[slots] * far + table.lane_position[slots]
    found = np.searchsorted(places, here + sight, "right") - np.searchsorted(places, here, "right")
    return found.astype(np.int32)
