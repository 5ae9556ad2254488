"""Batteries at sites: what they hold, and when they give and take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wayside.ext.arrays import Doubles, Ints


@dataclass(frozen=True)
class Storage:
    """A battery at a site."""

    capacity_wh: float
    power_w: float  # that it gives, and takes, at most
    efficiency: float = 0.9  # share of what it took that it gives again
    charge: float = 0.5  # share of the capacity that it holds at first


@dataclass
class Storages:
    """All of them, an entry each, one a site at most, with what they hold. They lose when they take."""

    site: Ints  # node of the limits
    capacity_wh: Doubles
    power_w: Doubles
    efficiency: Doubles
    stored_wh: Doubles
    given_wh: Doubles = field(init=False)  # so far
    taken_wh: Doubles = field(init=False)

    def __post_init__(self) -> None:
        self.given_wh, self.taken_wh = np.zeros((2, len(self.site)))

    @classmethod
    def of(cls, storages: Mapping[int, Storage]) -> Storages:
        """Of storages by the node of their site, with what they hold at first."""
        rows = [(one.capacity_wh, one.power_w, one.efficiency, one.charge) for one in storages.values()]
        capacity, power, efficiency, charge = np.array(rows, np.float64).reshape(-1, 4).T.copy()
        return cls(np.array(list(storages), np.int32), capacity, power, efficiency, charge * capacity)

    def __len__(self) -> int:
        return len(self.site)

    def able_w(self, seconds: float) -> Doubles:
        """What each can give for so long, W."""
        found: Doubles = np.minimum(self.power_w, self.stored_wh * 3600.0 / seconds)
        return found

    def room_w(self, seconds: float) -> Doubles:
        """What each can take for so long, W."""
        free = np.maximum(self.capacity_wh - self.stored_wh, 0.0) / self.efficiency
        found: Doubles = np.minimum(self.power_w, free * 3600.0 / seconds)
        return found

    def move(self, flow_w: Doubles, seconds: float) -> None:
        """So much is given for so long, W; below 0: taken."""
        given, taken = np.maximum(flow_w, 0.0) * seconds / 3600.0, np.maximum(-flow_w, 0.0) * seconds / 3600.0
        self.stored_wh[:] = np.clip(self.stored_wh - given + self.efficiency * taken, 0.0, self.capacity_wh)
        self.given_wh += given
        self.taken_wh += taken
