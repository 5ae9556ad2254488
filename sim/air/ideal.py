"""The ideal radio: everyone within a fixed range receives everything, nobody else anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wayside.ext.grid import Grid, Posts
from wayside.sim.air import Awareness, Deliveries, Doubles, Ints, Site

_NOBODY = Deliveries(np.empty(0, np.int32), np.empty(0, np.int32))


class IdealRadio:
    """Fixed range [m], no loss, no delay within a tick."""

    def __init__(self, site: Site) -> None:
        self.range = site.range
        self._vehicles = Grid(site.range / 2.0)
        self._units = Posts()
        self._x = self._y = self._unit_x = self._unit_y = np.empty(0)
        self._last: tuple[Ints, float | None] = _NOBODY.packet, None  # who sent, and the radius where units did

    def place_units(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        self._unit_x, self._unit_y = x, y
        self._units.build(x, y, on)

    def place_vehicles(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        self._x, self._y = x, y
        self._vehicles.build(x, y, on)

    def awareness(self, senders: Ints) -> Awareness:
        self._last = senders, None
        at_vehicles = np.empty(len(senders), np.int32)
        received = self._vehicles.count_within(self._x, self._y, self.range, at_vehicles, senders)
        at_vehicles -= 1  # nobody receives its own
        at_units = Deliveries(*self._units.pairs_within(self._x, self._y, self.range, senders))
        return Awareness(at_vehicles, received - len(senders), at_units)

    def count_vehicles(self, units: Ints, radius: float) -> tuple[Ints, int]:
        self._last = units, radius
        counts = np.empty(len(units), np.int32)
        reach = min(radius, self.range)
        return counts, self._vehicles.count_within(self._unit_x, self._unit_y, reach, counts, units)

    def reach_vehicles(self, units: Ints, radius: float) -> Deliveries:
        self._last = units, radius
        return Deliveries(*self._vehicles.pairs_within(self._unit_x, self._unit_y, min(radius, self.range), units))

    def uplink(self, vehicles: Ints, unit: int) -> NDArray[np.bool_]:
        return self._near(vehicles, unit)

    def downlink(self, unit: int, vehicles: Ints) -> NDArray[np.bool_]:
        return self._near(vehicles, unit)

    def recall(self, rows: NDArray[np.intp]) -> tuple[Deliveries, Deliveries]:
        senders, radius = self._last
        asked = senders[rows]
        if radius is not None:
            reach = min(radius, self.range)
            return Deliveries(*self._vehicles.pairs_within(self._unit_x, self._unit_y, reach, asked)), _NOBODY
        vehicles = self._vehicles.pairs_within(self._x, self._y, self.range, asked)
        return Deliveries(*vehicles), Deliveries(*self._units.pairs_within(self._x, self._y, self.range, asked))

    def _near(self, vehicles: Ints, unit: int) -> NDArray[np.bool_]:
        away = np.hypot(self._unit_x[unit] - self._x[vehicles], self._unit_y[unit] - self._y[vehicles])
        near: NDArray[np.bool_] = away <= self.range
        return near
