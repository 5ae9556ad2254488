"""The shortest ways to the car parks, by the network alone: what driving without a search would have taken."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from wayside.ext.arrays import Doubles, Ints
from wayside.sim.world import RoadNetwork


class Ways:
    """Shortest ways on the road, m, from anywhere to places on edges; junctions are crossed by their shortest link.

    Which vehicles a lane is for is not looked at. One search of the network serves all ways to an edge.
    """

    def __init__(self, network: RoadNetwork, edge: Ints, position: Doubles) -> None:
        """To places at `position` m from the begin of `edge`, one entry each."""
        self.network = network
        self.edge = edge
        self.position = position
        self._known: dict[int, Doubles] = {}

    def to(self, place: Ints, edge: Ints, position: Doubles) -> Doubles:
        """To places, one for each position [m] on an edge or an internal one; infinite where there is no way."""
        ways = np.empty(len(place))
        for target in np.unique(self.edge[place]).tolist():
            mine = self.edge[place] == target
            ways[mine] = self.between(edge[mine], position[mine], target, self.position[place[mine]])
        return ways

    def between(self, edge: Ints, position: Doubles, target: int, target_position: Doubles) -> Doubles:
        """From positions [m] on edges, or internal ones, to positions on a normal one, m."""
        round_ = self.network.edge_length[edge] - position + self._onward(target)[edge] + target_position
        ahead = (edge == target) & (position <= target_position)
        return np.where(ahead, target_position - position, round_)

    def one(self, edge: int, position: float, target: int, target_position: float) -> float:
        """The same from one position to one."""
        if edge == target and position <= target_position:
            return target_position - position
        return float(self.network.edge_length[edge] - position + self._onward(target)[edge] + target_position)

    def _onward(self, target: int) -> Doubles:
        """From the end of every edge to the begin of a normal one, m."""
        if target not in self._known:
            from scipy.sparse import csgraph  # it takes long to import, and only car parks need it

            begins = csgraph.dijkstra(self._graph, indices=np.array([target]))[0]
            before, after = self.network.successors
            onward = begins[self.network.edge_after]  # of an internal edge
            onward[: self.network.normal_edges] = np.inf
            np.minimum.at(onward, before, self.network.successor_m + begins[after])
            self._known[target] = onward
        return self._known[target]

    @cached_property
    def _graph(self) -> Any:
        before, _ = self.network.successors
        return backwards(self.network, self.network.edge_length[before] + self.network.successor_m)


def backwards(network: RoadNetwork, cost: Doubles) -> Any:
    """A sparse graph of normal edges that leads from each to those before it, for searches from where ways end.

    `cost` of each pair of `network.successors` is that of driving the first and crossing over to the second.
    """
    from scipy import sparse  # it takes long to import, and only car parks and chargers need it

    n = network.normal_edges
    before, after = network.successors
    return sparse.csr_matrix((np.maximum(cost, 1e-6), (after, before)), shape=(n, n))


def driving_seconds(network: RoadNetwork) -> Doubles:
    """How long it takes to drive along each edge at the speed allowed."""
    return network.edge_length / np.maximum(network.edge_speed, 0.1)
