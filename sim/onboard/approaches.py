"""Vehicles before a light: whether they stop before it by their plan, when they have passed it, what they lose there.

What is asked of SUMO is asked as a step has been read, when it is not under way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Flags, Indices, Ints
from wayside.sim.onboard.lights_ahead import LightsAhead
from wayside.sim.world import STOPPED, RoadNetwork, VehicleTable
from wayside.sim.world.columns import SlotColumns


class Approaches(SlotColumns):
    """By slot. SlotColumns: late (behind its timetable as it left its last stop [s], NaN without one); stop_ahead (it
    stops before the light); standing (at a stop of its plan).

    passages: lights passed by vehicles that came from `distance` [m] before the line, or a stop nearer to it; lost_s:
    what they lost from there on, in all, by SUMO's time loss.
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "late": (np.float64, np.nan),
        "stop_ahead": (np.uint8, 0),
        "standing": (np.uint8, 0),
        "_way": (np.int32, -1),
        "_until": (np.float64, np.nan),
        "_lost": (np.float64, np.nan),
    }
    late: Doubles
    stop_ahead: Bytes
    standing: Bytes
    _way: Ints  # to the light that it is before
    _until: Doubles  # s; by the timetable, of the stop where it stands
    _lost: Doubles  # s, as it came before the light

    def __init__(self, network: RoadNetwork, vehicles: VehicleTable, api: Any, distance: float) -> None:
        """api: SUMO's, as `Backend.api`."""
        self._network, self._table, self._api, self._distance = network, vehicles, api, distance
        longest = float(network.edge_length[: network.normal_edges].max(initial=0.0))
        self.ahead = LightsAhead(network, vehicles, self._plan_of, distance + longest)
        self.passages, self.lost_s = 0, 0.0
        self.grow(vehicles.capacity)

    def admit(self, departed: Ints) -> None:
        """Vehicles have come, into these slots."""
        for columns in (self, self.ahead):
            if columns.capacity != self._table.capacity:
                columns.grow(self._table.capacity)
            if len(departed):
                columns.reset(departed)

    def free(self, slots: Indices) -> Flags:
        """Which of these vehicles drive to the light without a stop."""
        found: Flags = (self.stop_ahead[slots] == 0) & (self.standing[slots] == 0)
        return found

    def moved(self, concerned: Flags, now: float) -> list[tuple[int, int]]:
        """SUMO has stepped: those of the vehicles concerned, by slot, whose light is behind, or on another way; with
        the way to it.
        """
        table, ahead, network = self._table, self.ahead, self._network
        ahead.look(concerned)
        self._stops(np.flatnonzero(concerned), now)
        mine = np.flatnonzero(concerned & (table.lane[: len(concerned)] >= 0))
        before, way = self._way[mine], ahead.way[mine]
        there, same = before >= 0, (way >= 0) & (before >= 0)
        same[same] = ahead.light[way[same]] == ahead.light[before[same]]
        edge = table.edge[mine]
        within = edge >= network.normal_edges  # a junction: on others than the light's the way goes on
        across = np.zeros(len(mine), bool)
        junction = network.edge_to[network.lane_edge[ahead.lane[before[there]]]]
        across[there] = within[there] & (network.edge_from[edge[there]] == junction)
        over = there & ~same & (across | ~within)
        left = list(zip(mine[over].tolist(), before[over].tolist(), strict=True))
        for (slot, last), crosses in zip(left, across[over].tolist(), strict=True):
            self._leave(slot, crosses or ahead.onto[last] == table.edge[slot])
        self._way[mine[over]] = -1
        self._way[mine[way >= 0]] = way[way >= 0]
        for slot in mine[(way >= 0) & ~same].tolist():
            self.stop_ahead[slot] = self._stops_before(slot)
        self._enter(mine)
        return left

    def _plan_of(self, slot: int) -> Sequence[int]:
        id, vehicle = str(self._table.ids[slot]), self._api.vehicle
        route = vehicle.getRoute(id)[max(vehicle.getRouteIndex(id), 0) :]
        return [self._network.edge_number[edge] for edge in route]

    def _stops(self, mine: Indices, now: float) -> None:
        """Who has come to a stop of its plan, and who has left one."""
        table = self._table
        stands = (table.stop_state[mine] & STOPPED) != 0
        turned = stands != (self.standing[mine] == 1)
        for slot, here in zip(mine[turned].tolist(), stands[turned].tolist(), strict=True):
            self.standing[slot] = here
            if here:
                stops = self._api.vehicle.getStops(str(table.ids[slot]), 1)
                until = float(stops[0].until) if stops else -1.0
                self._until[slot] = until if until >= 0.0 else np.nan
            else:
                self.late[slot] = max(now - self._until[slot], 0.0) if self._until[slot] >= 0.0 else np.nan
                self.stop_ahead[slot] = self._stops_before(slot)

    def _stops_before(self, slot: int) -> bool:
        """Whether a vehicle that is driving stops, by its plan, before the light ahead."""
        if (way := self.ahead.way[slot]) < 0:
            return False
        stops = self._api.vehicle.getStops(str(self._table.ids[slot]), 1)
        if not stops:
            return False
        numbers, light = self._network.edge_number, int(self._network.lane_edge[self.ahead.lane[way]])
        at = numbers.get(str(stops[0].lane).rpartition("_")[0], -1)
        plan = list(self._plan_of(slot))
        until = plan.index(light) + 1 if light in plan else len(plan)
        return at in plan[:until]

    def _enter(self, mine: Indices) -> None:
        """Who comes before a light: what it loses from there on is counted."""
        way = self.ahead.way[mine]
        near = (way >= 0) & np.isnan(self._lost[mine]) & self.free(mine)
        near &= self.ahead.ahead[mine] - self._table.lane_position[mine] <= self._distance
        for slot in mine[near].tolist():
            self._lost[slot] = self._api.vehicle.getTimeLoss(str(self._table.ids[slot]))

    def _leave(self, slot: int, passed: bool) -> None:
        """A vehicle has passed its light, or turned elsewhere."""
        if passed and not np.isnan(self._lost[slot]):
            lost = float(self._api.vehicle.getTimeLoss(str(self._table.ids[slot])))
            self.passages += 1
            self.lost_s += max(lost - float(self._lost[slot]), 0.0)
        self._lost[slot] = np.nan
