"""Where vehicles find charging stations by themselves (SUMO's device): who looks for one, and when it may begin to."""

from __future__ import annotations

from typing import Final

import numpy as np

from wayside.ext.arrays import Flags, Indices, Ints
from wayside.sim.world import RoadNetwork, VehicleTable

BEFORE: Final = 4.0  # s before the end of an edge until which a vehicle may begin to look for a station


class Lookout:
    """Of a city whose stations and their parking areas are on `station_edges`."""

    def __init__(self, network: RoadNetwork, station_edges: Ints) -> None:
        self._clear = np.zeros(len(network.edge_ids), bool)  # edges without stations
        self._clear[: network.normal_edges] = True
        self._clear[station_edges] = False
        self._length_m = network.edge_length

    def low(self, table: VehicleTable, below: float) -> Flags:
        """Which vehicles drive on a lane with a state of charge below that; who stands looks for nothing."""
        n = table.extent
        found: Flags = table.charge[:n] < below * table.capacity_wh[:n]
        found &= table.alive[:n].view(np.bool_)
        found &= (table.lane[:n] >= 0) & (table.stop_state[:n] == 0)
        return found

    def may_begin(self, table: VehicleTable, slots: Indices) -> Indices:
        """Those of them that may begin now. Who is about to pass a station begins later: SUMO ends itself otherwise, or
        refuses the stop.
        """
        ahead = self._length_m[table.edge[slots]] - table.lane_position[slots]
        far = ahead > BEFORE * np.maximum(table.speed[slots], 1.0)
        return slots[far & self._clear[table.edge[slots]]]
