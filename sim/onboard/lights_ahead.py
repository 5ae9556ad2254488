"""What vehicles know of the next traffic light on their way: what MAPEMs and SPATEMs have told them.

A vehicle's own are its map of roads and lanes, on which it knows where it is and where lights stand, and its plan. The
number of the intersection, the signal group, where the line is, what the group shows and until when have come over the
air. A lane of a message is the lane of the own map that ends, or begins, where it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import ClassVar, Final

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Flags, Indices, Ints, Longs
from wayside.sim.wire.maps import Movements
from wayside.sim.wire.places import maneuvers_of
from wayside.sim.wire.signals import NOTHING, SignalTimes
from wayside.sim.world import RoadNetwork, VehicleTable
from wayside.sim.world.columns import SlotColumns

SAME: Final = 2.0  # m between where a lane ends in a message and on the own map
HELD: Final = 2.0  # s for which what was heard last of a light holds
_MOST_GROUPS: Final = 256


class LightsAhead(SlotColumns):
    """By slot; a way is a connection from lane to lane that a light controls, a row of `RoadNetwork.controls`.

    SlotColumns: way (the next one on its plan; -1: none within `reach`), ahead [m from the begin of the vehicle's road
    to the end of the one before the light], state (as `SignalTimes` has it) and when that ends [s], heard [s].
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "way": (np.int32, -1),
        "ahead": (np.float64, np.nan),
        "state": (np.uint8, NOTHING),
        "earliest": (np.float64, np.inf),
        "likely": (np.float64, np.inf),
        "latest": (np.float64, np.inf),
        "heard": (np.float64, -np.inf),
        "_edge": (np.int32, -1),
        "_map": (np.int32, -1),  # that it has heard last of this light's
    }

    way: Ints
    ahead: Doubles
    state: Bytes
    earliest: Doubles
    likely: Doubles
    latest: Doubles
    heard: Doubles
    _edge: Ints
    _map: Ints

    def __init__(
        self,
        network: RoadNetwork,
        vehicles: VehicleTable,
        plan_of: Callable[[int], Sequence[int]],
        reach: float,
    ) -> None:
        """plan_of: the roads that the vehicle in a slot will take, from where it is; reach: how far ahead a light
        matters [m].
        """
        self._network, self._table = network, vehicles
        self._plan_of, self._reach = plan_of, reach
        controls = network.controls
        roads = network.lane_edge[controls.start] < network.normal_edges  # others are of crossings
        self.lane, self.end = controls.start[roads], controls.end[roads]
        self.light, self.number = controls.light[roads], controls.number[roads]
        self._turn = [controls.turn[k] for k in np.flatnonzero(roads).tolist()]
        self.onto = network.lane_edge[self.end]
        edges = zip(network.lane_edge[self.lane].tolist(), self.onto.tolist(), strict=True)
        self._first: dict[tuple[int, int], int] = {}
        for way, pair in enumerate(edges):
            self._first.setdefault(pair, way)
        before, then = network.successors
        across = zip(before.tolist(), then.tolist(), network.successor_m.tolist(), strict=True)
        self._across = {(one, other): metres for one, other, metres in across}
        keys = self._key(self.lane, self.onto)
        self._order = np.argsort(keys, kind="stable").astype(np.int32)
        self._keys = keys[self._order]
        # What maps have told, by way.
        count = len(self.lane)
        self._told_by = np.full(count, -1, np.int32)
        self.place = np.full(count, -1, np.int64)
        self.group = np.zeros(count, np.int64)
        self.inbound, self.outbound = np.zeros(count, np.int64), np.zeros(count, np.int64)  # lanes' numbers
        self.station = np.full(count, -1, np.int64)  # who has told it
        self._back = np.zeros(count)  # m from the line to the end of the lane
        self._maps: dict[Movements, int] = {}
        self.grow(vehicles.capacity)

    def _key(self, lane: Ints, onto: Ints) -> Longs:
        return lane.astype(np.int64) * len(self._network.edge_ids) + onto

    def ways(self, lane: Ints, onto: Ints) -> Ints:
        """The way from each lane onto a road, -1 where no light controls one."""
        if not len(self._keys):
            return np.full(len(lane), -1, np.int32)
        keys = self._key(lane, onto)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[at] == keys, self._order[at], -1).astype(np.int32)

    def look(self, concerned: Flags) -> None:
        """SUMO has stepped: those of these vehicles, by slot, that have come to another road look ahead on their plan;
        who has changed lanes takes the way of its lane.
        """
        table, n = self._table, len(concerned)
        here = concerned & (table.lane[:n] >= 0)
        new = np.flatnonzero(here & (table.edge[:n] != self._edge[:n]))
        if len(new):
            self._edge[new] = table.edge[new]
            self._forget(new)
            for slot in new[table.edge[new] < self._network.normal_edges].tolist():
                self._plan(slot)
        near = np.flatnonzero(here & (self.way[:n] >= 0))
        way = self.way[near]
        found = self.ways(table.lane[near], self.onto[way])
        moved = (found >= 0) & (found != way)
        if moved.any():
            others = moved & (self.group[np.maximum(found, 0)] != self.group[way])
            self.state[near[others]] = NOTHING
            self.way[near[moved]] = found[moved]

    def _forget(self, slots: Indices) -> None:
        self.way[slots], self.state[slots], self.heard[slots] = -1, NOTHING, -np.inf

    def _plan(self, slot: int) -> None:
        plan, length = self._plan_of(slot), self._network.edge_length
        metres = 0.0
        for edge, then in pairwise(plan):
            metres += float(length[edge])
            if (way := self._first.get((edge, then))) is not None:
                self.way[slot], self.ahead[slot] = way, metres
                return
            metres += self._across.get((edge, then), 0.0)
            if metres > self._reach + float(length[plan[0]]):
                return

    def distance(self, slots: Indices) -> Doubles:
        """To the line, m, of vehicles with a way whose map they know."""
        return self.ahead[slots] - self._table.lane_position[slots] - self._back[self.way[slots]]

    def knows(self, slots: Indices | Ints) -> Flags:
        """Which vehicles have heard the map of their way."""
        way = self.way[slots]
        return (way >= 0) & (self._map[slots] >= 0) & (self._told_by[way] == self._map[slots])

    def informed(self, slots: Indices, now: float) -> Flags:
        """Which vehicles know what their light shows."""
        return self.knows(slots) & (self.heard[slots] >= now - HELD) & (self.state[slots] != NOTHING)

    def hear_maps(self, said: Sequence[Movements], packet: Ints, slots: Ints) -> None:
        """Vehicles hear maps: message packet[k] comes to slots[k]."""
        waiting = (self.way[slots] >= 0) & ~self.knows(slots)
        packet, slots = packet[waiting], slots[waiting]
        for k in np.unique(packet).tolist():
            number = self._learn(said[k])
            mine = slots[packet == k]
            self._map[mine[self._told_by[self.way[mine]] == number]] = number

    def _learn(self, told: Movements) -> int:
        """A map's number; where it is a new one, its ways are found on the own map."""
        if told not in self._maps:
            number = self._maps[told] = len(self._maps)
            network = self._network
            starts = {lane: network.lane_shapes[lane][-1] for lane in self.lane.tolist()}
            ends = {lane: network.lane_shapes[lane][0] for lane in self.end.tolist()}
            for k in range(len(told.group)):
                lane, back = _nearest(starts, told.stop[k])
                onto, _ = _nearest(ends, told.onto[k]) if np.isfinite(told.onto[k, 0]) else (-1, 0.0)
                if lane < 0:
                    continue
                mine = np.flatnonzero(self.lane == lane)
                if onto >= 0:
                    mine = mine[self.end[mine] == onto]
                else:
                    turns = [maneuvers_of(self._turn[way]) for way in mine.tolist()]
                    mine = mine[np.array([turn == told.turn[k] for turn in turns], bool)]
                self._told_by[mine], self.place[mine], self.group[mine] = number, told.place, told.group[k]
                self.inbound[mine], self.outbound[mine] = told.lane[k], told.to[k]
                self._back[mine], self.station[mine] = back, told.station
        return self._maps[told]

    def hear_times(self, said: SignalTimes, packet: Ints, slots: Ints, now: float) -> None:
        """Vehicles hear what lights show: message packet[k] comes to slots[k]."""
        knows = self.knows(slots)
        packet, slots = packet[knows], slots[knows]
        if not len(slots) or not len(said.group):
            return
        way = self.way[slots]
        keys = said.message * _MOST_GROUPS + said.group
        order = np.argsort(keys, kind="stable")
        wanted = packet.astype(np.int64) * _MOST_GROUPS + self.group[way]
        at = order[np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)]
        mine = (keys[at] == wanted) & (said.place[at] == self.place[way])
        at, slots = at[mine], slots[mine]
        self.state[slots], self.heard[slots] = said.state[at], now
        self.earliest[slots], self.likely[slots], self.latest[slots] = (
            said.earliest[at],
            said.likely[at],
            said.latest[at],
        )


def _nearest(points: dict[int, Doubles], to: Doubles) -> tuple[int, float]:
    """Which of the points is within `SAME` of a place and nearest to it, else -1; and how far it is [m]."""
    lanes = np.fromiter(points, np.int64)
    far = np.hypot(*(np.array(list(points.values())) - to).T)
    best = int(np.argmin(far))
    return (int(lanes[best]), float(far[best])) if far[best] <= SAME else (-1, 0.0)
