"""Free-flow drives to groups of piles, searched for when asked and kept (`wayside.edge.charging.drives.Drives`)."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np

from wayside.edge.policy import locked
from wayside.ext.arrays import Doubles, Ints
from wayside.ext.nearest import Nearest
from wayside.sim.world import RoadNetwork
from wayside.sim.world.ways import driving_seconds

ROOM: Final = 64 * 2**20  # octets for what has been searched for; then it is forgotten
FEW: Final = 2048  # places as far as which a search keeps them in order; beyond, all are reached and sorted
# 2^-20 s: sums of such times are exact, so that ways as long as one another are so in whatever order they are added up.
_FINEST: Final = 2.0**20


class FreeDrives:
    """Implements `Drives`: by a search from the edge that stops with the last group that is asked for.

    From an edge across a junction it is that of the edge which follows it.
    """

    def __init__(self, network: RoadNetwork, edge: Ints) -> None:
        """To the begins of these normal edges, one entry for each group."""
        self._network, self._edge = network, edge
        self._known: dict[int, tuple[Ints, Doubles]] = {}  # by edge: the nearest groups, in order, and their drives
        self._held = 0  # octets of these

    def near(self, start: int, count: int) -> tuple[Ints, Doubles]:
        """See `Drives.near`."""
        edge, count = int(self._network.edge_after[start]), min(count, len(self._edge))
        group, seconds = self._known.get(edge, (_NO_GROUP, _NO_TIME))
        if len(group) < count:
            group, seconds = self._search(edge, count)
        some = slice(0, int(np.searchsorted(seconds[:count], np.inf)))
        return locked(group[some]), locked(seconds[some])

    def to(self, start: int, group: Ints) -> Doubles:
        """See `Drives.to`."""
        edge = int(self._network.edge_after[start])
        known, seconds = self._known.get(edge, (_NO_GROUP, _NO_TIME))
        if len(known):
            # Few are known, and the ones asked for mostly come first.
            there = group[:, None] == known[:FEW]
            if there.any(axis=1).all():
                return seconds[there.argmax(axis=1)]
        return self._reach(edge, group)

    def _search(self, edge: int, count: int) -> tuple[Ints, Doubles]:
        """The nearest groups, infinitely far where no way leads to more: known from now on."""
        if count <= FEW:
            usable = np.ones(len(self._edge), np.uint8)
            places, far = self._roads.search(self._seconds, *self._begin(edge), usable, count)
            found = places[0], far[0]
        else:
            far = self._reach(edge, np.arange(len(self._edge), dtype=np.int32))
            order = np.argsort(far, kind="stable")
            found = order.astype(np.int32), far[order]
        self._held += sum(one.nbytes for one in found)
        if self._held > ROOM:
            self._known.clear()
            self._held = sum(one.nbytes for one in found)
        self._known[edge] = found
        return found

    def _reach(self, edge: int, group: Ints) -> Doubles:
        return self._roads.reach(self._seconds, *self._begin(edge), group[None, :])[0]

    @staticmethod
    def _begin(edge: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Ints, Doubles]:
        return np.zeros(1, np.int64), np.array([edge], np.int32), np.zeros(1)

    @cached_property
    def _roads(self) -> Nearest:
        network, none = self._network, np.zeros(len(self._edge))
        every = np.arange(len(self._edge), dtype=np.int32)
        return Nearest(network.normal_edges, *network.successors, len(none), every, self._edge, none, none)

    @cached_property
    def _seconds(self) -> Doubles:
        seconds = driving_seconds(self._network)[: self._network.normal_edges]
        return np.maximum(np.round(seconds * _FINEST), 1.0) / _FINEST


_NO_GROUP, _NO_TIME = np.empty(0, np.int32), np.empty(0)
