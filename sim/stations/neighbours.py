"""What vehicles know of one another from awareness messages, and how long the gaps between these are."""

from __future__ import annotations

import numpy as np

from wayside.edge.app import TICK_MS
from wayside.edge.ldm import VehicleView
from wayside.ext import neighbours as kernel
from wayside.ext.arrays import Doubles, Ints, Longs
from wayside.sim.air import Deliveries
from wayside.sim.stations.fleet import Fleet

FORGET_EVERY = 20  # V2X ticks between two sweeps


class Neighbours:
    """The vehicles' neighbour tables, and the inter-packet gaps of all receivers.

    A neighbour is a vehicle heard in the last 2 s (`ext.neighbours.LIFETIME` ticks), with what it last said; the tables
    hold nothing that was not received. Distances of gaps are true ones, whatever positions are said.
    """

    def __init__(self, fleet: Fleet, unit_x: Doubles, unit_y: Doubles) -> None:
        self.fleet = fleet
        self.vehicles = kernel.NeighbourTables()
        self.units = kernel.NeighbourTables()
        self._places = np.arange(len(unit_x), dtype=np.int64), unit_x, unit_y
        self._sweep_at = 0

    def hear(self, tick: int, senders: Ints, content: Doubles, to_vehicles: Deliveries, to_units: Deliveries) -> None:
        """Enter the awareness messages received in a V2X tick: packet p is of vehicle senders[p] and says content[p]
        (packets x `edge.ldm.CONTENT`); receivers are slots and unit numbers.
        """
        fleet = self.fleet
        says = senders, content, fleet.x[senders], fleet.y[senders]
        here = fleet.vehicles.station, fleet.x, fleet.y
        self.vehicles.hear(to_vehicles.packet, to_vehicles.receiver, *says, *here, tick)
        self.units.hear(to_units.packet, to_units.receiver, *says, *self._places, tick)
        if tick >= self._sweep_at:
            self._sweep_at = tick + FORGET_EVERY
            for table in (self.vehicles, self.units):
                table.forget(tick - kernel.GAPS)

    def of(self, slot: int) -> VehicleView:
        """The neighbours of a vehicle, by ascending slot, as of the fleet's last tick."""
        found = self.vehicles.of(slot, int(self.fleet.vehicles.station[slot]), self.fleet.tick)
        heard, now = found[1] * TICK_MS / 1000.0, self.fleet.tick * TICK_MS / 1000.0
        return VehicleView(found[0], np.asarray(heard, np.float64), found[2], now)

    def gaps(self) -> Longs:
        """Gaps at vehicles since the begin: distance (40 bins of 25 m) x gap (1 to 50 ticks)."""
        return self.vehicles.gaps()

    def unit_gaps(self) -> Longs:
        """The same of units."""
        return self.units.gaps()
