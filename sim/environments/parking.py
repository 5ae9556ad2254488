"""Who gets which bay: the environment `wayside/Parking-v0`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from wayside.sim.environments.pieces import Piece
from wayside.sim.environments.requests import HOUR, Case, Offers, RequestTask
from wayside.sim.environments.settings import Pieces, RequestSettings, Weights


class ParkingSettings(RequestSettings):
    """See `RequestSettings`."""

    kind: ClassVar[str] = "parking"

    observation: Pieces = ("time", "open", "waited", "stay", "walk", "drive", "free", "bays", "price")
    reward: Weights = Field(default={"parking.search_time_s": -0.01, "parking.walking_distance_m": -0.01})


class ParkingTask(RequestTask):
    """Offers the free car parks with the shortest walk to the destination."""

    service: ClassVar[str] = "parking"
    pieces: ClassVar[Mapping[str, Piece[Case]]] = {
        "stay": Piece("how long the driver stays", "h", lambda case: case.of_request("duration") / HOUR),
        "walk": Piece(
            "straight line to the destination", "km", lambda case: case.offers.measures["walk_m"] / 1000.0, each=True
        ),
        "drive": Piece(
            "drive there on free roads", "min", lambda case: case.offers.measures["drive_s"] / 60.0, each=True
        ),
        "bays": Piece("free bays", "tens", lambda case: case.of_offers("free") / 10.0, each=True),
        "price": Piece("per hour", "currency", lambda case: case.of_offers("price_per_hour"), each=True),
    }

    def offers(self, requests: Any, row: int, facilities: Any) -> Offers:
        """See `RequestTask.offers`."""
        free = np.flatnonzero(facilities.free > 0).astype(np.int32)
        walk = np.hypot(facilities.x[free] - requests.x[row], facilities.y[free] - requests.y[row])
        best = np.argsort(walk, kind="stable")[: self.offered]
        free, walk = free[best], walk[best]
        drive = self.network.drive_s(requests.edge[row : row + 1], facilities.edge[free])[0]
        there = np.isfinite(drive)
        share = facilities.free[free] / np.maximum(facilities.capacity[free], 1)
        measures = {"walk_m": walk, "drive_s": drive, "free": share}
        return Offers(free[there], {name: one[there] for name, one in measures.items()})
