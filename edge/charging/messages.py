"""What electric vehicles and units say of chargers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wayside.edge.messages import Request, Response
from wayside.ext.arrays import Doubles, Ints

if TYPE_CHECKING:
    from wayside.edge.unit import RoadsideUnit


def untapered(asked: Any) -> dict[str, NDArray[Any]]:
    """The columns of requests of which nothing is said: no taper, and connectors that fit all."""
    default = {
        "taper_wh": asked.energy_wh,
        "end_power_w": asked.max_power_w,
        "plugs": np.zeros(len(asked.energy_wh), np.int32),
    }
    return {name: column for name, column in default.items() if len(getattr(asked, name)) != len(column)}


@dataclass(frozen=True)
class ChargingRequests(Request):
    """Electric vehicles that want to charge; one entry each. Where nothing is said of a taper there is none."""

    edge: Ints
    energy_wh: Doubles  # wanted into the battery
    max_power_w: Doubles  # what the vehicle can take now
    taper_wh: Doubles = field(default_factory=lambda: np.empty(0))  # that it takes before it can take less
    end_power_w: Doubles = field(default_factory=lambda: np.empty(0))  # what it can take when it has what it wants
    plugs: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # its connectors, see `piles.plugs`

    def __post_init__(self) -> None:
        for name, column in untapered(self).items():
            object.__setattr__(self, name, column)


@dataclass(frozen=True)
class ChargingResponses(Response):
    """The charging station reserved; -1 where there is none."""

    charger: Ints

    def check(self, unit: RoadsideUnit) -> None:
        self.check_columns(charger=(-1, len(unit.platform.charging.chargers.ids)))
