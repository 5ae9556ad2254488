"""Places found from anywhere in the city, the nearest first (`wayside.edge.context.Finder`)."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from wayside.ext.arrays import Doubles, Flags, Ints, Longs
from wayside.ext.nearest import Nearest
from wayside.sim.world import RoadNetwork
from wayside.sim.world.streets import Snapped, Streets


class PlaceFinder:
    """Implements `wayside.edge.context.Finder`."""

    def __init__(
        self, network: RoadNetwork, streets: Streets, edge: Ints, position: Doubles, x: Doubles, y: Doubles
    ) -> None:
        """Of places at `position` [m] along normal edges, and at x, y [m], one entry each."""
        self._network, self._streets = network, streets
        self._edge, self._position, self._x, self._y = edge, position, x, y

    def by_car(self, start: Ints, usable: Flags, count: int, cost: Doubles) -> tuple[Ints, Doubles]:
        """See `Finder.by_car`."""
        return self._drives.search(*self._begins(start, cost), usable.view(np.uint8), count)

    def drive(self, start: Ints, place: Ints, cost: Doubles) -> Doubles:
        """See `Finder.drive`."""
        return self._drives.reach(*self._begins(start, cost), place)

    def on_foot(self, x: Doubles, y: Doubles, usable: Flags, count: int) -> tuple[Ints, Doubles]:
        """See `Finder.on_foot`."""
        if not len(x):
            return np.empty((0, count), np.int32), np.empty((0, count))
        at, metres = self._streets.snap(x, y), self._streets.ends[1]
        edge, along = _both_ways(at, len(metres))
        # An origin's two begins follow one another.
        origin = np.repeat(np.arange(len(x), dtype=np.int64), 2)
        begins = origin, edge.T.reshape(-1), along.T.reshape(-1)
        both = np.concatenate((metres, metres))
        place, far = self._walks.search(both, *begins, usable.view(np.uint8), count, len(x))
        straight = np.hypot(self._x[place] - x[:, None], self._y[place] - y[:, None])
        walk = np.maximum(far + at.off[:, None], np.where(place >= 0, straight, 0.0))
        order = np.lexsort((place, walk))
        return np.take_along_axis(place, order, 1), np.take_along_axis(walk, order, 1)

    def _begins(self, start: Ints, cost: Doubles) -> tuple[Doubles, Longs, Ints, Doubles]:
        edge = self._network.edge_after[start]
        return cost[: self._network.normal_edges], np.arange(len(edge), dtype=np.int64), edge, np.zeros(len(edge))

    @cached_property
    def _drives(self) -> Nearest:
        network, count = self._network, len(self._edge)
        share = np.clip(self._position / np.maximum(network.edge_length[self._edge], 1e-6), 0.0, 1.0)
        every = np.arange(count, dtype=np.int32)
        return Nearest(network.normal_edges, *network.successors, count, every, self._edge, share, np.zeros(count))

    @cached_property
    def _walks(self) -> Nearest:
        """Each street twice: as walked from its lower junction to the other, and, numbered after these, back."""
        ends, metres, _ = self._streets.ends
        n, count = len(metres), len(self._edge)
        to, start = np.concatenate((ends[1], ends[0])), np.concatenate((ends[0], ends[1]))
        # Whatever begins at a junction follows what ends there.
        by_start = np.argsort(start, kind="stable")
        first = np.searchsorted(start[by_start], to, "left")
        many = np.searchsorted(start[by_start], to, "right") - first
        before = np.repeat(np.arange(2 * n, dtype=np.int32), many)
        rank = np.arange(len(before)) - np.repeat(np.cumsum(many) - many, many)
        after = by_start[np.repeat(first, many) + rank].astype(np.int32)
        at = self._streets.snap(self._x, self._y)
        edge, along = _both_ways(at, n)
        place = np.tile(np.arange(count, dtype=np.int32), 2)
        return Nearest(2 * n, before, after, count, place, edge.reshape(-1), along.reshape(-1), np.tile(at.off, 2))


def _both_ways(at: Snapped, streets: int) -> tuple[Ints, Doubles]:
    """Where points are on their streets as walked either way, 2 x points: the numbers, and the shares before them."""
    share = np.clip(at.along / np.maximum(at.whole, 1e-6), 0.0, 1.0)
    return np.stack((at.street, at.street + streets)).astype(np.int32), np.stack((share, 1.0 - share))
