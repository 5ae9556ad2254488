"""Who gets which pile: the environment `wayside/Charging-v0`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from wayside.edge.charging.soonest import soonest
from wayside.sim.environments.pieces import Piece
from wayside.sim.environments.requests import HOUR, Case, Offers, RequestTask
from wayside.sim.environments.settings import Pieces, RequestSettings, Weights


class ChargingSettings(RequestSettings):
    """See `RequestSettings`."""

    kind: ClassVar[str] = "charging"

    observation: Pieces = ("time", "open", "waited", "energy", "drive", "wait", "charge", "free", "price", "load")
    reward: Weights = Field(default={"charging.energy_kwh": 0.1})


def _load(case: Case) -> Any:
    """The nominal power of all piles taken or promised at each offer's site, over the site's limit; 0 without one."""
    chargers = case.facilities
    nominal = (chargers.occupied + chargers.reserved) * chargers.power_w
    of_site = np.bincount(chargers.site, weights=nominal, minlength=len(chargers.sites))
    return (of_site / chargers.site_limit_w)[chargers.site[case.offers.facility]]


class ChargingTask(RequestTask):
    """Offers the piles that a vehicle would be charged at soonest, as far as it would not wait there for too long."""

    service: ClassVar[str] = "charging"
    pieces: ClassVar[Mapping[str, Piece[Case]]] = {
        "energy": Piece("wanted into the battery", "10 kWh", lambda case: case.of_request("energy_wh") / 1e4),
        "power": Piece("the vehicle can take", "100 kW", lambda case: case.of_request("max_power_w") / 1e5),
        "drive": Piece(
            "drive there on free roads", "min", lambda case: case.offers.measures["drive_s"] / 60.0, each=True
        ),
        "wait": Piece("expected there", "min", lambda case: case.offers.measures["wait_s"] / 60.0, each=True),
        "charge": Piece("expected at full power", "h", lambda case: case.offers.measures["charge_s"] / HOUR, each=True),
        "price": Piece("per kWh", "currency", lambda case: case.of_offers("price_per_kwh"), each=True),
        "load": Piece("nominal power of the piles in use over the site's limit", "", _load, each=True),
    }

    def offers(self, requests: Any, row: int, facilities: Any) -> Offers:
        """See `RequestTask.offers`; as the policy `least-completion` reckons."""
        ends = self.ledger.expected_ends(self._simulation.time, requests.station[row : row + 1])  # type: ignore[attr-defined]
        best = soonest(requests, row, facilities, ends, self.offered)
        free = facilities.free_in(best.group) / np.maximum(facilities.piles[best.group], 1)
        wait = np.maximum(ends.free_in[best.group] - best.drive_s, 0.0)
        measures = {"drive_s": best.drive_s, "wait_s": wait, "charge_s": best.charge_s, "free": free}
        return Offers(best.group, measures)
