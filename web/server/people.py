"""Persons on foot, as the frames have them: rows like those of vehicles."""

from __future__ import annotations

from typing import Any

import numpy as np

from wayside.ext.arrays import Indices, Longs
from wayside.sim.engine import Simulation
from wayside.sim.sumo.persons import PersonEvents
from wayside.web.server.frames import VehicleColumns

NUMBERS = 1 << 31  # of persons without a device, from here on: no station has such a one
TYPES = 1 << 16  # likewise of their types
KIND = "pedestrian"
HEIGHT = 1.72  # m, which SUMO does not tell: what it takes a pedestrian to be


class People:
    """The persons of a simulation; who carries a device has its station's number, all others have one of their own."""

    def __init__(self, simulation: Simulation) -> None:
        self.types: list[list[Any]] = []  # rows as `world.types` has them, one for each size
        self._simulation = simulation
        self._table = simulation.persons
        self._number: Longs = np.empty(0, np.int64)  # by slot
        self._given = 0
        self._of_size: dict[tuple[float, float], int] = {}

    def took(self, events: PersonEvents) -> None:
        """A step is done: who has come is given a number."""
        if not len(events.came):
            return
        if len(self._number) < self._table.capacity:
            self._number = np.resize(self._number, self._table.capacity)
        for slot in events.came.tolist():
            device = int(self._table.device[slot])
            if device >= 0:
                self._number[slot] = self._simulation.vehicles.station[device]
            else:
                self._number[slot] = NUMBERS + self._given
                self._given += 1

    def rows(self, slots: Indices) -> list[list[Any]]:
        """Of those in these slots who are still there: number, id, type, whether they carry a device, 0."""
        table = self._table
        return [
            [int(self._number[slot]), table.ids[slot], self._type(slot), int(table.device[slot] >= 0), 0]
            for slot in slots.tolist()
            if table.alive[slot]
        ]

    def all(self) -> list[list[Any]]:
        """`rows` of everybody."""
        return self.rows(self._table.slots()) if self._table.count else []

    def find(self, number: int) -> int | None:
        """The slot of who has a number and is there."""
        if not self._table.come:
            return None
        n = self._table.extent
        found = np.flatnonzero((self._number[:n] == number) & (self._table.alive[:n] == 1))
        return int(found[0]) if len(found) else None

    def beside(self, seen: VehicleColumns) -> VehicleColumns:
        """The columns of vehicles with those on foot after them, in places that do not move from frame to frame."""
        table, n = self._table, self._table.extent
        if not table.count:
            return seen
        gap = self._simulation.vehicles.capacity - len(seen.alive)
        theirs = VehicleColumns(
            table.alive[:n] & table.afoot[:n],
            self._number[:n],
            table.x[:n],
            table.y[:n],
            table.heading[:n],
            table.speed[:n],
            *np.zeros((2, n), np.int32),
            *np.zeros((2, n), np.int8),
        )
        return VehicleColumns(*(_joined(mine, gap, their) for mine, their in zip(seen, theirs, strict=True)))

    def _type(self, slot: int) -> int:
        size = round(float(self._table.length[slot]), 3), round(float(self._table.width[slot]), 3)
        if size not in self._of_size:
            self._of_size[size] = TYPES + len(self.types)
            self.types.append([self._of_size[size], KIND, KIND, *size, HEIGHT])
        return self._of_size[size]


def _joined(one: Any, gap: int, other: Any) -> Any:
    return np.concatenate((one, np.zeros(gap, one.dtype), other))
