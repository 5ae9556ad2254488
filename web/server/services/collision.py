"""Collisions that drivers have been warned of, and who was."""

from __future__ import annotations

from typing import Any

from wayside.sim.onboard.collision import CollisionReaction
from wayside.web.server.services.hazards import hazard_rows, warnings
from wayside.web.server.view import ServiceView


class View(ServiceView):
    """See `ServiceView`."""

    serves = CollisionReaction

    service: CollisionReaction

    def marks(self) -> dict[str, list[Any]]:
        """The conflicts, as hazards."""
        known = [(one.said, one.until) for one in self.service.known.values()]
        simulation = self.simulation
        return {"hazards": hazard_rows(known, self.service.braking, simulation.vehicles, simulation.time, None)}

    def vehicle(self, slot: int, station: int) -> dict[str, Any] | None:
        """See `ServiceView.vehicle`; of a driver who knows of any."""
        known = [(one.said, one.until) for one in self.service.known.values()]
        return warnings(known, slot, self.simulation.time, bool(self.service.braking[slot]))
