"""The roads as plug-ins see them (`wayside.edge.context.Network`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from sumolib.net.lane import get_allowed

from wayside.edge.movements import JunctionWays
from wayside.edge.policy import locked
from wayside.edge.roadmap import RoadMap
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.machine import check_room
from wayside.sim.world import RoadNetwork, VehicleTable
from wayside.sim.world.finder import PlaceFinder
from wayside.sim.world.movements import movements_of
from wayside.sim.world.streets import ROOM, SHORTEST, Streets
from wayside.sim.world.ways import backwards, driving_seconds

SLOWEST = 0.1  # m/s that vehicles on an edge are taken to have at least
_DRIVEN = frozenset({"passenger", "bus"})  # vehicle classes: what neither may use is no lane for motor traffic


class Roads:
    """Implements `wayside.edge.context.Network`. What has been searched for is remembered."""

    def __init__(self, network: RoadNetwork) -> None:
        """As long as nobody is watched, the roads are empty."""
        self._network = network
        self._vehicles: VehicleTable | None = None
        self._steps: Callable[[], int] = lambda: 0
        self._travel: tuple[int, Doubles] = (-1, np.empty(0))
        self._to: dict[int, tuple[Doubles, Ints]] = {}  # by edge: s to there from every other, and which edge is next

    def watch(self, vehicles: VehicleTable, steps: Callable[[], int]) -> None:
        """These vehicles drive there; `steps` counts SUMO's, between which nothing of them changes."""
        self._vehicles, self._steps = vehicles, steps
        self._travel = (-1, np.empty(0))

    @property
    def edges(self) -> tuple[str, ...]:
        """See `Network.edges`."""
        return self._network.edge_ids

    @property
    def length_m(self) -> Doubles:
        """See `Network.length_m`."""
        return locked(self._network.edge_length)

    @cached_property
    def map(self) -> RoadMap:
        """See `Network.map`."""
        return road_map(self._network)

    @cached_property
    def movements(self) -> JunctionWays:
        """See `Network.movements`."""
        return movements_of(self._network)

    @property
    def travel_s(self) -> Doubles:
        """See `Network.travel_s`."""
        step = self._steps()
        if self._travel[0] != step:
            self._travel = step, locked(self._travel_times())
        return self._travel[1]

    def _travel_times(self) -> Doubles:
        network, table = self._network, self._vehicles
        speed = network.edge_speed.copy()
        if table is not None:
            driving = np.flatnonzero(table.lane[: table.extent] >= 0)
            edge = table.edge[driving]
            here = np.bincount(edge, minlength=len(speed))
            total = np.bincount(edge, weights=table.speed[driving], minlength=len(speed))
            np.divide(total, here, out=speed, where=here > 0)
        return network.edge_length / np.maximum(speed, SLOWEST)

    def drive_s(self, start: Ints, end: Ints) -> Doubles:
        """See `Network.drive_s`."""
        check_room(f"drives from {len(start):,} edges to {len(end):,}", 8.0 * len(start) * len(end))
        network = self._network
        starts, ends = network.edge_after[start], network.edge_after[end]
        room = max(ROOM // (12 * network.normal_edges), 1)
        wanted = sorted(set(ends.tolist()))
        if len(set(wanted) - self._to.keys()) > room and len(wanted) > len(np.unique(starts)):
            return self._drives_from(starts, ends)
        found = np.empty((len(start), len(end)))
        for first in range(0, len(wanted), room):
            part = wanted[first : first + room]
            self._search(part)
            for edge in part:
                found[:, ends == edge] = self._to[edge][0][starts][:, None]
        return found

    def _drives_from(self, start: Ints, end: Ints) -> Doubles:
        """The same to more edges than there is room for to keep the ways to: searched for from the other side, some
        edges at a time.
        """
        from scipy.sparse import csgraph

        found = np.empty((len(start), len(end)))
        starts, which = np.unique(start, return_inverse=True)
        for part in np.array_split(starts, 1 + len(starts) * 8 * self._network.normal_edges // max(ROOM, 1)):
            times = csgraph.dijkstra(self._drives.T, indices=part)
            for row in np.flatnonzero(np.isin(start, part)).tolist():
                found[row] = times[int(np.searchsorted(part, starts[which[row]]))][end]
        return found

    def path(self, start: int, end: int) -> Ints:
        """See `Network.path`."""
        edge, last = (int(self._network.edge_after[one]) for one in (start, end))
        self._search([last])
        times, after = self._to[last]
        if not np.isfinite(times[edge]):
            return np.empty(0, np.int32)
        found = [edge]
        while edge != last:
            edge = int(after[edge])
            found.append(edge)
        return np.array(found, np.int32)

    def _search(self, ends: list[int]) -> None:
        """Know the ways to these normal edges."""
        if missing := sorted(set(ends) - self._to.keys()):
            from scipy.sparse import csgraph  # it takes long to import

            if (len(self._to) + len(missing)) * 12 * self._network.normal_edges > ROOM:
                self._to.clear()
                missing = sorted(set(ends))
            times, after = csgraph.dijkstra(self._drives, indices=missing, return_predecessors=True)
            self._to |= zip(missing, zip(times, after, strict=True), strict=True)

    @cached_property
    def _drives(self) -> Any:
        return backwards(self._network, driving_seconds(self._network)[self._network.successors[0]])

    def walk_m(self, x: Doubles, y: Doubles, to_x: Doubles, to_y: Doubles) -> Doubles:
        """See `Network.walk_m`."""
        return self._streets.walk_m(x, y, to_x, to_y)

    def finder(self, edge: Ints, position: Doubles, x: Doubles, y: Doubles) -> PlaceFinder:
        """See `Network.finder`."""
        return PlaceFinder(self._network, self._streets, edge, position, x, y)

    @cached_property
    def _streets(self) -> Streets:
        return Streets(self._network)


def road_map(network: RoadNetwork) -> RoadMap:
    """The lanes of a net that cars or buses may use."""
    first = np.append(network.edge_first_lane, len(network.lane_ids))
    before: list[list[int]] = [[] for _ in range(network.normal_edges)]
    for edge, after in zip(*(ends.tolist() for ends in network.successors), strict=True):
        if network.edge_from[edge] != network.edge_to[after] or network.edge_to[edge] != network.edge_from[after]:
            before[after].append(edge)
    usable = [bool(_DRIVEN & set(get_allowed(*access))) for access in network.accesses]
    starts, ways, edges, lanes, halves, begins, runs = [], [], [], [], [], [], []
    for edge in range(network.normal_edges):
        for lane in range(first[edge], first[edge + 1]):
            if len(network.lane_access) and not usable[network.lane_access[lane]]:
                continue
            shape = network.lane_shapes[lane]
            way = np.diff(shape, axis=0)
            size = np.hypot(*way.T)
            run = size * (network.edge_length[edge] / max(float(size.sum()), SHORTEST))
            starts.append(shape[:-1])
            ways.append(way)
            edges.append(np.full(len(way), edge, np.int32))
            lanes.append(np.full(len(way), lane - first[edge], np.int32))
            halves.append(np.full(len(way), network.lane_width[lane] / 2.0))
            begins.append(run.cumsum() - run)
            runs.append(run)
    middles = [network.lane_shapes[(first[edge] + first[edge + 1]) // 2] for edge in range(network.normal_edges)]
    flat, whole = np.empty((0, 2)), np.empty(0, np.int32)
    return RoadMap(
        locked(network.edge_length),
        locked(network.edge_speed),
        locked(np.diff(first).astype(np.int32)),
        tuple(tuple(sorted(set(one))) for one in before),
        tuple(map(locked, middles)),
        locked(np.vstack((flat, *starts))),
        locked(np.vstack((flat, *ways))),
        locked(np.concatenate((whole, *edges))),
        locked(np.concatenate((whole, *lanes))),
        locked(np.concatenate(([], *halves))),
        locked(np.concatenate(([], *begins))),
        locked(np.concatenate(([], *runs))),
    )
