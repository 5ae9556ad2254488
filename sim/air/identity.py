"""Who a station is to chance: so that no draw depends on who else was on the air, or when."""

from __future__ import annotations

import numpy as np

from wayside.ext.arrays import Hashes, Indices, Ints
from wayside.sim.air import RadioContext

Identity = Hashes

_APPEARANCE = np.uint64(0x9E3779B97F4A7C15)  # between two appearances of one vehicle, modulo 2^64


class Identities:
    """The identities of a radio's stations.

    A vehicle's depends on its name in SUMO and on how often it has come on the air itself: who comes back is a station
    of its own. Where the site does not tell who is who, stations are numbered as they come.
    """

    def __init__(self, site: RadioContext) -> None:
        self._vehicles, self._units = site.identity, site.unit_identity
        self._who = np.empty(0, np.uint64)  # by slot, who was last on the air there
        self._times = np.empty(0, np.uint64)  # and how often before
        self._next = 1

    def units(self, count: int) -> Identity:
        """Of all units."""
        if self._units is not None:
            return self._units()
        self._next = max(self._next, count + 1)
        return np.arange(1, count + 1, dtype=np.uint64)

    def came(self, slots: Ints | Indices) -> Identity:
        """Of the vehicles in these slots, which have come on the air."""
        if self._vehicles is None:
            self._next += len(slots)
            return np.arange(self._next - len(slots), self._next, dtype=np.uint64)
        who = self._vehicles()
        if len(who) > len(self._who):
            more = np.zeros(len(who) - len(self._who), np.uint64)
            self._who, self._times = np.concatenate((self._who, more)), np.concatenate((self._times, more))
        again = self._who[slots] == who[slots]
        self._times[slots] = np.where(again, self._times[slots] + np.uint64(1), np.uint64(0))
        self._who[slots] = who[slots]
        return who[slots] + self._times[slots] * _APPEARANCE
