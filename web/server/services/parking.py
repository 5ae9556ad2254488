"""Car parks and who looks for a bay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wayside.edge.decision import Decision
from wayside.sim.engine import Simulation
from wayside.sim.onboard.parking import GUIDED, HEADING, NONE, SEARCHING, UNGUIDED, Drivers
from wayside.sim.onboard.searches import Search
from wayside.sim.presenter.concert import concert
from wayside.sim.sumo.commands import Command
from wayside.sim.sumo.scenery import Scenery
from wayside.web.server.errands import Errand
from wayside.web.server.models import Body, Whole
from wayside.web.server.view import Action, Say, ServiceView, bays_of, decided, rounded

LOOKS, LED = 1 << 1, 2 << 1  # flags of a vehicle

_STATES = {NONE: "none", HEADING: "heading", SEARCHING: "searching", GUIDED: "guided", UNGUIDED: "unguided"}
_FLAGS = {SEARCHING: LOOKS, UNGUIDED: LOOKS, GUIDED: LED}


class Concert(Body):
    """Cars set out for the car parks around a place (m)."""

    count: Whole = Field(ge=1, le=1000)
    x: float
    y: float


def _concert(simulation: Simulation, what: dict[str, Any]) -> tuple[list[Command], str]:
    commands = concert(simulation, what["count"], what["x"], what["y"])
    return commands, f"{what['count']} cars set out for a concert at {what['x']:.0f}, {what['y']:.0f}"


class View(ServiceView):
    """See `ServiceView`."""

    serves = Drivers
    lists = ("parks",)
    kinds = ("park",)
    flags = bytes(_FLAGS.get(state, 0) for state in range(8))
    settings = frozenset({"policy", "request_distance", "reservation_timeout"})
    errand = Errand(
        "parking",
        "began",
        "parked",
        "driven_m",
        who="drivers",
        sooner="found a bay sooner",
        each="search",
        counted=(
            "A driver's searches are paired by the vehicle's id and their order; those count that have ended in a "
            "bay in both runs. A search lasts from when it begins until the car stands; what is driven is driven in it."
        ),
        figure="parking.search_time_s",
    )
    actions = (Action("concert", "Cars for the car parks of a place", Concert, _concert),)

    service: Drivers

    def __init__(self, simulation: Simulation, service: Drivers) -> None:
        """See `ServiceView.__init__`."""
        super().__init__(simulation, service)
        self.parks = service.platform.car_parks
        self._full = np.zeros(len(self.parks.ids), bool)
        self._guided: dict[int, int] = {}  # station, car park

    def world(self, scenery: Scenery) -> dict[str, list[dict[str, Any]]]:
        """See `ServiceView.world`."""
        parks = self.parks
        found = [
            {
                "id": id,
                "name": parks.names[number],
                "kind": parks.kinds[number],
                "x": round(float(parks.x[number]), 2),
                "y": round(float(parks.y[number]), 2),
                "edge": int(parks.edge[number]),
                "capacity": int(parks.capacity[number]),
                "price_per_hour": float(parks.price_per_hour[number]),
                "bays": bays_of(scenery.bays.get(id, [])),
            }
            for number, id in enumerate(parks.ids)
        ]
        return {"parks": found}

    def places(self) -> dict[str, NDArray[Any]]:
        """Number, occupied, reserved."""
        parks = self.parks
        return {"parks": np.stack((np.arange(len(parks.ids)), parks.occupied, parks.reserved), axis=1)}

    def objects(self) -> dict[str, tuple[Callable[[int], dict[str, Any]], int]]:
        """See `ServiceView.objects`."""
        return {"park": (self._park, len(self.parks.ids))}

    def vehicle(self, slot: int, station: int) -> dict[str, Any] | None:
        """See `ServiceView.vehicle`."""
        drivers, parks, platform = self.service, self.parks, self.service.platform
        state = int(drivers.state[slot])
        if state == NONE and drivers.search[slot] < 0:
            return None
        search = drivers.searches[drivers.search[slot]] if drivers.search[slot] >= 0 else None
        wish, bay_in = int(drivers.wish[slot]), int(drivers.bay_in[slot])
        taken = search.taken if search is not None else ""
        reservation = platform.reservations.get(station)
        decision = reservation.decision if reservation is not None else None
        return {
            "state": "parked" if state == NONE else _STATES[state],
            "wished": f"park/{wish}" if wish >= 0 else None,
            "assigned": f"park/{bay_in}" if bay_in >= 0 else None,
            "taken": f"park/{parks.ids.index(taken)}" if taken else None,
            "began": rounded(search.began) if search is not None else None,
            "requests": search.requests if search is not None else 0,
            "decision": None if decision is None else self.reason(decision),
        }

    def decisions(self) -> dict[int, Decision]:
        """See `ServiceView.decisions`."""
        held = self.service.platform.reservations.items()
        return {station: one.decision for station, one in held if one.decision is not None}

    def reason(self, decision: Decision) -> dict[str, Any]:
        """See `ServiceView.reason`."""
        return decided(decision, self.service.platform.policy, "park", self.parks.names)

    def look(self, say: Say) -> None:
        """See `ServiceView.look`."""
        parks, drivers, table = self.parks, self.service, self.simulation.vehicles
        full = parks.occupied >= np.maximum(parks.capacity, 1)
        for park in np.flatnonzero(full != self._full).tolist():
            text = f"{parks.names[park]} is full" if full[park] else f"{parks.names[park]} has a free bay again"
            say("notice" if full[park] else "info", text, f"park/{park}")
        self._full = full
        guided = np.flatnonzero(drivers.state[: table.extent] == GUIDED)
        now = dict(zip(table.station[guided].tolist(), drivers.bay_in[guided].tolist(), strict=True))
        for slot in guided.tolist():
            station = int(table.station[slot])
            park = now[station]
            if self._guided.get(station) != park:
                text = f"{table.ids[slot]} is guided to {parks.names[park]}"
                say("info", text, f"vehicle/{station}", f"park/{park}")
        self._guided = now

    def records(self) -> Sequence[Search]:
        """See `ServiceView.records`."""
        return self.service.searches

    def _park(self, number: int) -> dict[str, Any]:
        parks, drivers, table = self.parks, self.service, self.simulation.vehicles
        n = table.extent
        guided = np.flatnonzero((drivers.state[:n] == GUIDED) & (drivers.bay_in[:n] == number))
        return {
            "id": parks.ids[number],
            "x": rounded(parks.x[number]),
            "y": rounded(parks.y[number]),
            "name": parks.names[number],
            "kind": parks.kinds[number],
            "capacity": int(parks.capacity[number]),
            "occupied": int(parks.occupied[number]),
            "reserved": int(parks.reserved[number]),
            "price_per_hour": float(parks.price_per_hour[number]),
            "edge": f"edge/{int(parks.edge[number])}",
            "guided": [f"vehicle/{station}" for station in table.station[guided].tolist()],
            "held": [
                {"ref": f"vehicle/{station}", "until": rounded(one.until, 0)}
                for station, one in self.service.platform.reservations.items()
                if one.car_park == number
            ],
        }
