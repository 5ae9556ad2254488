"""What SUMO is asked for a presenter's actions: vehicle types, and the edges that they may use.

To be asked between two steps only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wayside.ext.arrays import Indices
from wayside.sim.sumo.backend import Backend

CARS = frozenset({"passenger", "evehicle", "private", "hov"})


@dataclass(frozen=True)
class CarType:
    """A type of private car that the scenario knows by now."""

    id: str
    kind: str  # SUMO's vClass
    electric: bool


def car_types(backend: Backend) -> list[CarType]:
    """The scenario's own types of private cars, by id; SUMO's default type only where there is no other."""
    types = backend.api.vehicletype
    known = [
        CarType(id, kind, types.getParameter(id, "has.battery.device") == "true")
        for id in sorted(types.getIDList())
        if (kind := types.getVehicleClass(id)) in CARS and "@" not in id
    ]
    return [type for type in known if not type.id.startswith("DEFAULT_")] or known


def usable_edges(backend: Backend, kind: str) -> Indices:
    """The normal edges with a lane that a vehicle class may use, ascending."""
    network, lane = backend.network, backend.api.lane
    usable = np.zeros(network.normal_edges, bool)
    for id, edge in zip(network.lane_ids, network.lane_edge.tolist(), strict=True):
        if edge < network.normal_edges and not usable[edge]:
            allowed = lane.getAllowed(id)
            usable[edge] = not allowed or kind in allowed
    return np.flatnonzero(usable)
