"""What drivers who look for a bay have heard of free ones, and which car park each then chooses."""

from __future__ import annotations

from typing import Final

import numpy as np

from wayside.edge.parking.messages import FreeBays
from wayside.edge.parking.state import CarParks
from wayside.ext.arrays import Doubles, Flags, Indices, Ints

_GROWTH: Final = 64  # rows


class BayNews:
    """By driver and car park how many bays were free as last heard, and when [s]. Kept of those alone who look for a
    bay, from the begin of their search on: a driver has a row as long as that takes.
    """

    def __init__(self, car_parks: CarParks, trust: float, walk: float) -> None:
        """trust: how long it is believed, s; walk: the longest from the bay to where one wants to be, m."""
        self._parks, self._trust, self._walk = car_parks, trust, walk
        self._row: dict[int, int] = {}  # by slot
        self._spare: list[int] = []
        self._free = np.zeros((0, len(car_parks.ids)), np.int32)
        self._at = np.zeros((0, len(car_parks.ids)))

    def listen(self, slot: int) -> None:
        """The driver in a slot begins to look for a bay, and knows nothing yet."""
        if slot in self._row:
            return
        if not self._spare:
            rows, columns = self._at.shape
            self._spare = list(range(rows + _GROWTH - 1, rows - 1, -1))
            self._free = np.concatenate((self._free, np.zeros((_GROWTH, columns), np.int32)))
            self._at = np.concatenate((self._at, np.full((_GROWTH, columns), -np.inf)))
        self._row[slot] = row = self._spare.pop()
        self._at[row] = -np.inf

    def forget(self, slot: int) -> None:
        """It looks no longer."""
        if (row := self._row.pop(slot, None)) is not None:
            self._spare.append(row)

    def hear(self, said: FreeBays, slots: Ints, now: float) -> None:
        """Vehicles in these slots hear a unit."""
        rows = [self._row[slot] for slot in slots.tolist() if slot in self._row]
        known = [one for one in said.car_parks if one.car_park < len(self._parks.ids)]
        if rows and known:
            there = np.ix_(rows, [one.car_park for one in known])
            barred = np.isinf(self._at[there]) & (self._at[there] > 0.0)
            self._free[there] = np.where(barred, 0, [one.free for one in known])
            self._at[there] = np.where(barred, np.inf, now)

    def see_full(self, slot: int, car_park: int, now: float) -> None:
        """A driver sees for itself that there is nothing."""
        if (row := self._row.get(slot)) is not None:
            self._free[row, car_park], self._at[row, car_park] = 0, now

    def bar(self, slot: int, car_park: int) -> None:
        """There is no way to a car park: a driver does not choose it again in this search."""
        self.see_full(slot, car_park, np.inf)

    def full(self, slots: Indices, car_park: Ints) -> Flags:
        """Who has heard last that a car park, its own each, has no bay left."""
        rows = self._rows(slots)
        gone: Flags = (self._free[rows, car_park] <= 0) & (self._at[rows, car_park] > -np.inf)
        return gone

    def choose(self, slots: Indices, x: Doubles, y: Doubles, now: float) -> Ints:
        """Where each goes that wants to be at x, y [m]: the shortest straight walk to where a bay is free by what it
        has heard, of those as far the first; -1 where it knows of none.
        """
        if not len(slots) or not len(self._parks.ids):
            return np.full(len(slots), -1, np.int32)
        rows = self._rows(slots)
        walk = np.hypot(self._parks.x - x[:, None], self._parks.y - y[:, None])
        believed = (self._free[rows] > 0) & (self._at[rows] >= now - self._trust) & (walk <= self._walk)
        walk[~believed] = np.inf
        best = walk.argmin(axis=1)
        return np.where(believed.any(axis=1), best, -1).astype(np.int32)

    def _rows(self, slots: Indices) -> Indices:
        return np.array([self._row[slot] for slot in slots.tolist()], np.intp)
