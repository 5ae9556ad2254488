"""What electric vehicles and units say of chargers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wayside.edge.messages import Request, Response
from wayside.ext.arrays import Doubles, Ints

if TYPE_CHECKING:
    from wayside.edge.unit import RoadsideUnit


@dataclass(frozen=True)
class ChargingRequests(Request):
    """Electric vehicles that want to charge; one entry each."""

    edge: Ints
    energy_wh: Doubles  # wanted into the battery
    max_power_w: Doubles  # what the vehicle can take


@dataclass(frozen=True)
class ChargingResponses(Response):
    """The charging station reserved; -1 where there is none."""

    charger: Ints

    def check(self, unit: RoadsideUnit) -> None:
        self.check_columns(charger=(-1, len(unit.platform.charging.chargers.ids)))
