"""The units as stations on the air: where they stand, which of them are on, and which services each offers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.unit import RoadsideUnit
from wayside.sim.air import CELLULAR, ON, Radio
from wayside.sim.stations.fleet import Fleet


class Roadside:
    """All units, by number. x, y: where they stand [m]; on: `sim.air.ON`, `sim.air.CELLULAR`, or 0 where one is off;
    offered: 1 where unit u offers service s, by u and s; maps: what they know of vehicles.
    """

    def __init__(self, units: Sequence[RoadsideUnit], maps: LocalDynamicMaps, fleet: Fleet, radio: Radio) -> None:
        self.units = units
        self._maps, self._fleet, self._radio = maps, fleet, radio
        self.x = np.array([unit.position[0] for unit in units])
        self.y = np.array([unit.position[1] for unit in units])
        self.on = np.array([_when_on(unit) for unit in units], np.uint8)
        self.all_on = True
        self.offered = np.zeros((len(units), len(fleet.services)), np.uint8)
        for unit in units:
            self.offer(unit)
        radio.place_units(self.x, self.y, self.on)

    def __len__(self) -> int:
        return len(self.units)

    def switch(self, unit: int, on: bool) -> None:
        """Switch a unit off: it hears, computes and sends nothing; or on again."""
        self.units[unit].on = on
        self.on[unit] = _when_on(self.units[unit]) if on else 0
        self.all_on = bool(self.on.all())
        self._radio.place_units(self.x, self.y, self.on)

    def offer(self, unit: RoadsideUnit) -> None:
        """Note which services a unit offers."""
        services = self._fleet.services
        self.offered[unit.number] = [name in unit.services for name in services]
        if unit.cellular:
            self._fleet.by_cellular = [unit.number if name in unit.services else -1 for name in services]

    def hearers(self, service: str, stations: Sequence[int]) -> list[int]:
        """For each station the unit offering a service that heard it last, by its number, or -1."""
        maps = self._maps
        there = np.arange(maps.station.shape[1]) < maps.count[:, None]
        there &= ((self.offered[:, self._fleet.services.index(service)] == 1) & (self.on == ON))[:, None]
        found = []
        for station in stations:
            heard = np.where(there & (maps.station == station), maps.heard, -np.inf).max(axis=1, initial=-np.inf)
            best = int(heard.argmax()) if len(heard) else -1
            found.append(best if best >= 0 and np.isfinite(heard[best]) else -1)
        return found


def _when_on(unit: RoadsideUnit) -> int:
    return CELLULAR if unit.cellular else ON
