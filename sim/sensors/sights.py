"""All that a sensor could see, as columns: vehicles, and whoever else is on the road."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Hashes
from wayside.sim.stations.fleet import Fleet


class Sights(NamedTuple):
    """Ground truth, a row for each road user: the middle of its box on the ground [m], heading [radians clockwise from
    north], speed [m/s], length, width, height [m]; identity: a hash, to which its chance belongs; there: whether it is
    in the open at all; kind: StationType.
    """

    x: Doubles
    y: Doubles
    z: Doubles
    heading: Doubles
    speed: Doubles
    length: Doubles
    width: Doubles
    height: Doubles
    identity: Hashes
    there: Bytes
    kind: Bytes


class VehicleSights:
    """Those of vehicles: row k is slot k. Who is parked off the road is not there."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._heights = np.zeros(0)  # by number of the vehicle type, m

    def look(self) -> Sights:
        """As they are in this V2X tick."""
        fleet, table = self._fleet, self._fleet.vehicles
        n = table.extent
        if len(table.types) != len(self._heights):
            self._heights = np.array([type.height for type in table.types])
        heading = np.radians(table.heading[:n])
        half = table.length[:n] / 2.0
        return Sights(
            fleet.x[:n] - half * np.sin(heading),
            fleet.y[:n] - half * np.cos(heading),
            table.z[:n],
            heading,
            table.speed[:n],
            table.length[:n],
            table.width[:n],
            self._heights[table.type[:n]] if len(self._heights) else np.zeros(n),
            fleet.identity[:n],
            ((table.lane[:n] >= 0) & (table.alive[:n] == 1)).view(np.uint8),
            fleet.kind[:n],
        )
