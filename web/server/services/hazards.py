"""Hazards that drivers have been told of, and who knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from wayside.edge.messages import CAUSES, Denm
from wayside.ext.arrays import Bytes, Doubles
from wayside.sim.onboard.hazards import HazardReaction
from wayside.sim.world import VehicleTable
from wayside.web.server.view import Say, ServiceView

MOST_WARNED = 200  # named of one hazard
_NAMES = {code: name for name, code in CAUSES.items()}


def hazard_rows(
    known: Iterable[tuple[Denm, Doubles]], acts: Bytes, table: VehicleTable, now: float, radius: float | None
) -> list[dict[str, Any]]:
    """Of each hazard of which somebody knows: where it is, the ways that lead to it, and who that is.

    Pairs of what is said and, by slot, until when somebody knows of it [s]; acts: by slot, who slows down, for
    whichever it is; radius: where there are no ways, how near one comes before it counts [m].
    """
    n = table.extent
    here = table.alive[:n] == 1
    found = []
    for said, until in known:
        knows = np.flatnonzero(here & (until[:n] > now))
        if len(knows):
            found.append(
                {
                    "cause": cause_of(said),
                    "x": round(said.position[0], 1),
                    "y": round(said.position[1], 1),
                    "radius": None if said.traces else radius,
                    "ways": [[round(value, 1) for point in trace for value in point] for trace in said.traces],
                    "count": len(knows),
                    "warned": table.station[knows[:MOST_WARNED]].tolist(),
                    "acting": table.station[knows[acts[knows] == 1][:MOST_WARNED]].tolist(),
                }
            )
    return found


def warnings(known: Iterable[tuple[Denm, Doubles]], slot: int, now: float, acts: bool) -> dict[str, Any] | None:
    """What one driver knows of, and whether it slows down; None of who knows of nothing."""
    found = [
        {"cause": cause_of(said), "x": round(said.position[0], 1), "y": round(said.position[1], 1)}
        for said, until in known
        if until[slot] > now
    ]
    return {"known": found, "acting": acts} if found else None


def cause_of(said: Denm) -> str:
    """By the name of its cause, or the code of one that has none here."""
    return _NAMES.get(said.cause, f"cause {said.cause}")


class View(ServiceView):
    """See `ServiceView`."""

    serves = HazardReaction

    service: HazardReaction

    def __init__(self, simulation: Any, service: HazardReaction) -> None:
        """See `ServiceView.__init__`."""
        super().__init__(simulation, service)
        self._told: dict[Any, str] = {}  # causes, by what is known

    def marks(self) -> dict[str, list[Any]]:
        """The hazards."""
        known = [(one.said, one.until) for one in self.service.known.values()]
        service, simulation = self.service, self.simulation
        rows = hazard_rows(known, service.slowed, simulation.vehicles, simulation.time, service.distance)
        return {"hazards": rows}

    def vehicle(self, slot: int, station: int) -> dict[str, Any] | None:
        """See `ServiceView.vehicle`; of a driver who knows of any."""
        known = [(one.said, one.until) for one in self.service.known.values()]
        return warnings(known, slot, self.simulation.time, bool(self.service.slowed[slot]))

    def look(self, say: Say) -> None:
        """See `ServiceView.look`: what drivers hear of first, and what is over for all of them."""
        now = {key: cause_of(one.said) for key, one in self.service.known.items()}
        for key, cause in now.items():
            if key not in self._told:
                x, y = self.service.known[key].said.position
                say("notice", f"drivers are warned of {cause.replace('-', ' ')} at {x:.0f}, {y:.0f}")
        for key, cause in self._told.items():
            if key not in now:
                say("info", f"{cause.replace('-', ' ')} is over for all who knew of it")
        self._told = now
