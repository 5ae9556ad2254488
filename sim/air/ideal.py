"""The ideal radio: everyone within a fixed range receives everything, nobody else anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wayside.ext.grid import Grid, Posts
from wayside.sim.air import Awareness, Deliveries, Doubles, Ints


class IdealRadio:
    """Fixed range [m], no loss, no delay within a tick."""

    def __init__(self, range_m: float) -> None:
        self.range = range_m
        self._vehicles = Grid(range_m / 2.0)
        self._units = Posts()
        self._x = self._y = np.empty(0)

    def place_units(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        self._units.build(x, y, on)

    def place_vehicles(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        self._x, self._y = x, y
        self._vehicles.build(x, y, on)

    def awareness(self, senders: Ints) -> Awareness:
        at_vehicles = np.empty(len(senders), np.int32)
        received = self._vehicles.count_within(self._x, self._y, self.range, at_vehicles, senders)
        at_vehicles -= 1  # nobody receives its own
        at_units = Deliveries(*self._units.pairs_within(self._x, self._y, self.range, senders))
        return Awareness(at_vehicles, received - len(senders), at_units)

    def count_vehicles(self, x: Doubles, y: Doubles, radius: float) -> tuple[Ints, int]:
        counts = np.empty(len(x), np.int32)
        return counts, self._vehicles.count_within(x, y, min(radius, self.range), counts)

    def reach_vehicles(self, x: Doubles, y: Doubles, radius: float) -> Deliveries:
        return Deliveries(*self._vehicles.pairs_within(x, y, min(radius, self.range)))

    def reach_units(self, x: Doubles, y: Doubles) -> Deliveries:
        return Deliveries(*self._units.pairs_within(x, y, self.range))

    def carries(self, x: Doubles, y: Doubles, to_x: Doubles, to_y: Doubles) -> NDArray[np.bool_]:
        near: NDArray[np.bool_] = np.hypot(to_x - x, to_y - y) <= self.range
        return near
