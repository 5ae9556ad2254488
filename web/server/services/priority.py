"""What a vehicle has asked a light, and what has become of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from wayside.edge.priority.messages import ROLES, STATUSES
from wayside.sim.onboard.priority import PriorityAsking
from wayside.web.server.view import ServiceView, rounded


class View(ServiceView):
    """See `ServiceView`."""

    serves = PriorityAsking

    service: PriorityAsking

    def marks(self) -> dict[str, list[Any]]:
        """The requests that stand."""
        asking, table = self.service, self.simulation.vehicles
        n = table.extent
        slots = np.flatnonzero((asking.asked[:n] == 1) & (asking.ahead.way[:n] >= 0) & (table.alive[:n] == 1))
        return {
            "requests": [
                {
                    "vehicle": f"vehicle/{int(table.station[slot])}",
                    "light": f"light/{int(asking.ahead.place[asking.ahead.way[slot]])}",
                    "role": ROLES[int(asking.role[slot])],
                    "status": STATUSES[int(asking.status[slot])],
                    "arrives": rounded(asking.eta[slot], 1),
                }
                for slot in slots.tolist()
            ]
        }

    def vehicle(self, slot: int, station: int) -> dict[str, Any] | None:
        """See `ServiceView.vehicle`; of one whose request stands."""
        asking = self.service
        if not asking.asked[slot] or asking.ahead.way[slot] < 0:
            return None
        return {
            "light": f"light/{int(asking.ahead.place[asking.ahead.way[slot]])}",
            "role": ROLES[int(asking.role[slot])],
            "status": STATUSES[int(asking.status[slot])],
            "arrives": rounded(asking.eta[slot] - self.simulation.time, 1),
            "late": rounded(asking.approaches.late[slot], 0),
        }
