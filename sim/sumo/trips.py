"""What vehicles have gone through on their trips until they arrive: stops, lost time, emissions."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Ints
from wayside.sim.world import VehicleTable
from wayside.sim.world.columns import SlotColumns

HALTED = 0.1  # m/s up to which SUMO says that a vehicle waits


class EndedTrips(NamedTuple):
    """Of the vehicles that have arrived in a step, in the order of `StepEvents.arrived`.

    stops: how often each came to stand, planned stops apart (SUMO: waitingCount, less one for each time that it counts
    as somebody leaves a planned stop); lost [s]: to driving slower than it
    would, and before there was room for it to depart (SUMO: timeLoss, departDelay); co2 [mg]; electricity [Wh].
    """

    stops: Ints
    lost: Doubles
    co2: Doubles
    electricity: Doubles


class TripRecords(SlotColumns):
    """By slot, since its vehicle departed; the rates are those of the last step [mg/s, Wh/s]."""

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "stops": (np.int32, 0),
        "lost": (np.float64, np.nan),
        "co2": (np.float64, 0.0),
        "electricity": (np.float64, 0.0),
        "co2_rate": (np.float64, 0.0),
        "electricity_rate": (np.float64, 0.0),
        "_halts": (np.uint8, 0),
    }

    stops: Ints
    lost: Doubles
    co2: Doubles
    electricity: Doubles
    co2_rate: Doubles
    electricity_rate: Doubles
    _halts: Bytes

    def __init__(self, vehicles: VehicleTable) -> None:
        self._table = vehicles
        self._new: list[int] = []
        self.grow(vehicles.capacity)

    def departed(self, slots: list[int]) -> None:
        """Vehicles have come, into these slots."""
        if self._table.capacity != self.capacity:
            self.grow(self._table.capacity)
        for slot in slots:
            self.reset(slot)
        self._new = slots  # they have not moved yet

    def step(self, seconds: float) -> None:
        """SUMO has made a step of so many seconds, and the rates are told."""
        table, n = self._table, self._table.extent
        driving = (table.alive[:n] == 1) & (table.lane[:n] >= 0)
        free = driving & (table.stop_state[:n] == 0)  # who stands at a planned stop is as it was before
        free[self._new] = False
        halts = np.where(free, table.speed[:n] <= HALTED, self._halts[:n] == 1)
        self.stops[:n] += halts & (self._halts[:n] == 0)
        self._halts[:n] = halts
        self.co2[:n] += np.where(driving, self.co2_rate[:n], 0.0) * seconds
        self.electricity[:n] += np.where(driving, self.electricity_rate[:n], 0.0) * seconds

    def ended(self, slots: Ints) -> EndedTrips:
        """Of these, which have arrived."""
        return EndedTrips(self.stops[slots], self.lost[slots], self.co2[slots], self.electricity[slots])
