"""Each for itself: SUMO's own search for a charging station, without a unit and without a message."""

from __future__ import annotations

from typing import Annotated, ClassVar

from wayside.edge.charging.forecast import ExpectedEnds
from wayside.edge.charging.state import Chargers, PileRequests
from wayside.edge.plugin import Option


class StationFinder:
    """Advises nobody: each electric vehicle looks for a station by itself, by SUMO's device `stationfinder`, and asks
    no unit. All electric vehicles do, whatever `v2x.penetration` is.

    It looks from `charging.request_below` on, drives to the station of least travel time within `radius`, does not know
    who else is bound for it, and looks anew after `wait` in vain. It stays until it has `charging.target`.
    """

    advises: ClassVar[bool] = False
    finds: ClassVar[bool] = True  # vehicles find stations without being sent there

    radius: Annotated[float, Option("how far a vehicle looks, in driving time", "s", gt=0, le=1e6)] = 180.0
    wait: Annotated[float, Option("after how long a wait at a station it looks for another", "s", gt=0, le=1e6)] = 600.0
    repeat: Annotated[float, Option("after how long it looks again where it found none", "s", gt=0, le=1e6)] = 60.0

    def __call__(self, requests: PileRequests, chargers: Chargers, ends: ExpectedEnds) -> None:
        """See `Policy`."""
