"""What charging stations give to batteries, step by step, as SUMO itself books it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from wayside.ext.arrays import Doubles, Flags, Ints, States
from wayside.ext.flows import FlowBook
from wayside.sim.world import VehicleTable
from wayside.sim.world.columns import SlotColumns


class Flows(SlotColumns):
    """Fills `charger` and `charged` of the vehicle table.

    SUMO tells what a station gave a battery last (`energyCharged`), but to 0.01 Wh, which is 2 % of what a pile gives
    in 0.1 s, and it goes on telling it where nothing flows any more. The balance of the battery (what it holds more,
    with what it has consumed meanwhile) is as coarse, but its errors do not add up, and it knows when nothing flows.
    So the balance is booked where it says either of the two; where it cannot (a battery that was empty or brimful or
    was set to another charge, the first step at a station), SUMO's word is.

    What is asked of SUMO, of those who are `near` and of those who have arrived: at, the charging station that a
    battery is at, or -1; and of those at one what the battery has consumed and regenerated since it departed and what
    the station gave it last, Wh as SUMO prints them.
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "at": (np.int32, -1),
        "consumed": (np.float64, 0.0),
        "regenerated": (np.float64, 0.0),
        "gift": (np.float64, 0.0),
        "_here": (np.int8, 0),
        "_had": (np.float64, 0.0),
        "_used": (np.float64, 0.0),
        "_near": (np.int32, 0),
        "_there": (np.int32, 0),
    }
    at: Ints
    consumed: Doubles
    regenerated: Doubles
    gift: Doubles
    _here: States  # at a station in the last step
    _had: Doubles  # Wh, then
    _used: Doubles  # Wh until then, what was regenerated taken off
    _near: Ints
    _there: Ints

    def __init__(self, table: VehicleTable, edges: Flags, decimals: int) -> None:
        """edges: those with stations; decimals: with which SUMO prints."""
        self.table = table
        self.edges = edges.view(np.uint8)
        self._book = FlowBook(3.0 * 10.0**-decimals)  # Wh: of three figures rounded
        self.grow(table.capacity)

    def grow(self, capacity: int) -> None:
        """See `SlotColumns.grow`."""
        super().grow(capacity)
        table = self.table
        columns = table.capacity_wh, table.alive, table.edge, table.charge, table.charger, table.charged, self.edges
        found = self.at, self.consumed, self.regenerated, self.gift
        self._book.bind(*columns, *found, self._here, self._had, self._used, self._near, self._there)
        self.there = self._there[:0]

    def near(self) -> Ints:
        """The vehicles with a battery on an edge with stations: no others can be at one."""
        if self.table.capacity != self.capacity:
            self.grow(self.table.capacity)
        return self._near[: self._book.near(self.table.extent)]

    def enter(self, slots: Ints) -> None:
        """Book a step: all who are near and who have arrived in it. `there` is who of them is at a station, ascending;
        it is overwritten in the next step.
        """
        self.there = self._there[: self._book.enter(slots)]
