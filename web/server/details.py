"""The state of one object, as `GET /api/objects/KIND/NUMBER` and the websocket tell it (docs/live.md)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wayside.edge.failures import called
from wayside.edge.ldm import BOTH, HEARD, SENSED
from wayside.edge.reports import FIGURES
from wayside.sim.presenter import actions
from wayside.web.server.air import AirObserver
from wayside.web.server.people import KIND, People
from wayside.web.server.view import Views, rounded

MOST_WATCHED = 8
MOST_KNOWN = 50  # of a unit's map
ORIGINS = {HEARD: "heard", SENSED: "sensed", BOTH: "both"}


class _NoSuchObjectError(Exception):
    """There is nothing by this reference."""


class Details:
    """Answers for one simulation; `watched` are the references that are told again and again."""

    def __init__(self, views: Views, air: AirObserver, people: People) -> None:
        self.simulation = simulation = views.simulation
        self.watched: tuple[str, ...] = ()
        self._air = air
        self._views = views
        self._people = people
        self._ways: dict[int, list[int]] = {}  # of watched vehicles, by station: the edges ahead as last asked
        self._kinds: dict[str, tuple[Callable[[int], dict[str, Any]], int | None]] = {
            "vehicle": (self._vehicle, None),
            "unit": (self._unit, len(simulation.units)),
            **views.objects,
            "light": (self._light, len(simulation.signals.ids)),
            "edge": (self._edge, len(simulation.network.edge_ids)),
        }

    def of(self, ref: str) -> dict[str, Any] | None:
        """An object's state; None where there is none by this reference, or no longer."""
        kind, _, number = ref.partition("/")
        if kind not in self._kinds or not number.isdecimal() or len(number) > 12:
            return None
        describe, count = self._kinds[kind]
        if count is not None and int(number) >= count:
            return None
        try:
            return {"ref": ref, "time": self.simulation.time, **describe(int(number))}
        except _NoSuchObjectError:
            return None

    def look(self) -> None:
        """SUMO rests: ask it where those go whose details will be told while it may be computing."""
        table = self.simulation.vehicles
        known: dict[int, list[int]] = {}
        n = table.extent
        for ref in self.watched:
            kind, _, number = ref.partition("/")
            if kind == "vehicle" and number.isdecimal() and len(number) <= 12:
                found = np.flatnonzero((table.station[:n] == int(number)) & (table.alive[:n] == 1))
                if len(found):
                    known[int(number)] = self._edges_ahead(int(found[0]))
        self._ways = known

    def _edges_ahead(self, slot: int) -> list[int]:
        simulation = self.simulation
        number = simulation.network.edge_number
        return [number[edge] for edge in simulation.backend.edges_ahead(str(simulation.vehicles.ids[slot]))]

    def _way(self, slot: int, station: int) -> list[int] | None:
        """The edges of its route behind the one that it is on; None where SUMO cannot be asked, as it computes."""
        return self._edges_ahead(slot) if self.simulation.rests else self._ways.get(station)

    def _vehicle(self, station: int) -> dict[str, Any]:
        simulation = self.simulation
        table = simulation.vehicles
        n = table.extent
        found = np.flatnonzero((table.station[:n] == station) & (table.alive[:n] == 1))
        if not len(found):
            return self._person(station)
        slot = int(found[0])
        type = table.types[table.type[slot]]
        charge, capacity = float(table.charge[slot]), float(table.capacity_wh[slot])
        lane = int(table.lane[slot])
        ref = f"vehicle/{station}"
        return {
            "id": table.ids[slot],
            "x": rounded(table.x[slot]),
            "y": rounded(table.y[slot]),
            "type": type.id,
            "kind": type.kind,
            "speed": rounded(table.speed[slot]),
            "acceleration": rounded(table.acceleration[slot]),
            "heading": rounded(table.heading[slot], 1),
            "edge": f"edge/{int(table.edge[slot])}",
            "lane": simulation.network.lane_ids[lane] if lane >= 0 else None,
            "way": self._way(slot, station),
            "distance": rounded(table.distance[slot], 1),
            "departed": rounded(table.departed[slot]),
            "equipped": bool(simulation.fleet.equipped[slot]),
            "active": bool(simulation.fleet.active[slot]),
            "busy_ratio": self._busy_ratio(len(simulation.units) + slot),
            **self._knowledge(slot),
            "charge_wh": rounded(charge, 1),
            "capacity_wh": rounded(capacity, 1),
            "soc": rounded(charge / capacity, 4) if capacity > 0.0 else None,
            **self._views.vehicle(slot, station),
            "heard": list(self._air.heard.get(ref, ())),
            "sent": list(self._air.sent.get(ref, ())),
        }

    def _person(self, number: int) -> dict[str, Any]:
        """Of one on foot, as far as there is such of a vehicle."""
        slot = self._people.find(number)
        if slot is None:
            raise _NoSuchObjectError(f"vehicle {number}")
        simulation, ref = self.simulation, f"vehicle/{number}"
        table, edge, device = (
            simulation.persons,
            int(simulation.persons.edge[slot]),
            int(simulation.persons.device[slot]),
        )
        return {
            "id": table.ids[slot],
            "x": rounded(table.x[slot]),
            "y": rounded(table.y[slot]),
            "type": KIND,
            "kind": KIND,
            "speed": rounded(table.speed[slot]),
            "heading": rounded(table.heading[slot], 1),
            "edge": f"edge/{edge}" if edge >= 0 else None,
            "equipped": device >= 0,
            "active": device >= 0 and bool(simulation.fleet.active[device]),
            "heard": list(self._air.heard.get(ref, ())),
            "sent": list(self._air.sent.get(ref, ())),
        }

    def _busy_ratio(self, station: int) -> float | None:
        """Of the channel in the last 100 ms, at a station on the air; None where the radio has none."""
        busy = self.simulation.exchange.radio.busy_ratio
        return None if busy is None or station >= len(busy) else rounded(busy[station], 4)

    def _knowledge(self, slot: int) -> dict[str, Any]:
        """What a vehicle knows of others and of itself, as far as the scenario has it so."""
        simulation = self.simulation
        fleet, table = simulation.fleet, simulation.exchange.neighbours
        error = math.hypot(fleet.said_x[slot] - fleet.x[slot], fleet.said_y[slot] - fleet.y[slot])
        return {
            "neighbours": None if table is None else len(table.of(slot)),
            "position_error": rounded(error) if simulation.scenario.v2x.gnss_error > 0.0 else None,
        }

    def _unit(self, number: int) -> dict[str, Any]:
        simulation = self.simulation
        unit, exchange = simulation.units[number], simulation.exchange
        view = unit.ldm
        order = np.argsort(np.hypot(view.x - unit.position[0], view.y - unit.position[1]), kind="stable")[:MOST_KNOWN]
        table = simulation.vehicles
        stations, origin = view.station, view.origin
        rows = []
        for row in order.tolist():
            slot, station = int(view.vehicle[row]), int(stations[row])
            known = table.ids[slot] if station >= 0 and int(table.station[slot]) == station else None
            rows.append(
                {
                    "ref": f"vehicle/{station}" if station >= 0 else None,  # who is only sensed has a track's number
                    "id": known if station >= 0 else f"track {-1 - station}",
                    "origin": ORIGINS[int(origin[row])],
                    "uncertainty": rounded(view.uncertainty[row]),
                    "x": rounded(view.x[row]),
                    "y": rounded(view.y[row]),
                    "speed": rounded(view.speed[row]),
                    "heading": rounded(view.heading[row], 1),
                    "age": rounded(max(simulation.time - float(view.heard[row]), 0.0)),
                }
            )
        return {
            "id": unit.id,
            "x": rounded(unit.position[0]),
            "y": rounded(unit.position[1]),
            "on": bool(exchange.roadside.on[number]),
            "apps": [app.name or type(app).__name__ for app in unit.apps],
            "failed": [
                {"app": failure.application, "time": rounded(failure.time), "line": failure.line}
                for failure in simulation.failures.of(unit.id)
            ],
            "range": simulation.scenario.v2x.range,
            "received": int(exchange.unit_received[number]),
            "vehicles_known": len(view),
            "busy_ratio": self._busy_ratio(number),
            "age": rounded(np.maximum(simulation.time - view.heard, 0.0).mean()) if len(view) else None,
            "light": f"light/{unit.light}" if unit.light >= 0 else None,
            "reported": self._reported(number),
            "ldm": rows,
            "log": [
                {
                    "time": rounded(line.time),
                    "app": line.application,
                    "why": line.why,
                    "values": json.loads(line.values),
                }
                for line in simulation.journal.last(unit.id)
            ],
            "sent": list(self._air.sent.get(f"unit/{number}", ())),
        }

    def _reported(self, number: int) -> dict[str, float | None] | None:
        """What the city knows of a unit by its last report; None where none has arrived."""
        reports = self.simulation.platform.reports
        if math.isnan(reports.time[number]):
            return None
        age = self.simulation.time - reports.time[number]
        return {"age": rounded(age), **{name: rounded(getattr(reports, name)[number], 2) for name in FIGURES}}

    def _light(self, number: int) -> dict[str, Any]:
        simulation = self.simulation
        signals = simulation.signals
        id = signals.ids[number]
        x, y = simulation.network.signal_xy.get(id, (math.nan, math.nan))
        units = [unit.number for unit in simulation.units if unit.light == number]
        return {
            "id": id,
            "x": rounded(x),
            "y": rounded(y),
            "state": signals.text(number),
            "next_switch": rounded(signals.next_switch[number]),
            "holder": simulation.control.holder(number),
            "controller": simulation.control.controller_of(number),
            "requests": [
                {"app": called(type(one.app)), "phase": one.phase, "shows": one.shows, "until": until, "why": one.why}
                for one in simulation.control.requests_of(number)
                for until in [rounded(one.until) if math.isfinite(one.until) else None]
            ],
            "unit": f"unit/{units[0]}" if units else None,
        }

    def _edge(self, number: int) -> dict[str, Any]:
        simulation = self.simulation
        network, table = simulation.network, simulation.vehicles
        n = table.extent
        on = np.flatnonzero((table.edge[:n] == number) & (table.alive[:n] == 1) & (table.lane[:n] >= 0))
        first = int(network.edge_first_lane[number])
        lanes = int(np.count_nonzero(network.lane_edge == number))
        middle = network.lane_shapes[first].mean(axis=0)
        return {
            "id": network.edge_ids[number],
            "x": rounded(middle[0]),
            "y": rounded(middle[1]),
            "name": self.names[number] if number < len(self.names) else "",
            "lanes": lanes,
            "length": rounded(network.edge_length[number], 1),
            "speed_limit": rounded(network.edge_speed[number]),
            "vehicles": len(on),
            "mean_speed": rounded(table.speed[on].mean()) if len(on) else None,
            "closed": number in actions.closed(simulation),
        }

    names: Sequence[str] = ()  # of edges; set by who has read them
