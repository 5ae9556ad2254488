"""The state of one object, as `GET /api/objects/KIND/NUMBER` and the websocket tell it (docs/live.md)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wayside.edge.decision import Decision
from wayside.edge.policy import name_of
from wayside.sim import actions
from wayside.sim.charging import BOUND, CONTENT, PLUGGED
from wayside.sim.engine import Simulation
from wayside.sim.parking import GUIDED, HEADING, NONE, SEARCHING, UNGUIDED
from wayside.web.server.air import Air
from wayside.web.server.places import Places

MOST_WATCHED = 8
MOST_KNOWN = 50  # of a unit's map

_PARKING = {NONE: "none", HEADING: "heading", SEARCHING: "searching", GUIDED: "guided", UNGUIDED: "unguided"}
_CHARGING = {CONTENT: "none", BOUND: "bound", PLUGGED: "plugged"}


class _NoSuchObjectError(Exception):
    """There is nothing by this reference."""


class Details:
    """Answers for one simulation; `watched` are the references that are told again and again."""

    def __init__(self, simulation: Simulation, air: Air, places: Places) -> None:
        self.simulation = simulation
        self.watched: tuple[str, ...] = ()
        self._air = air
        self._places = places
        self._kinds: dict[str, tuple[Callable[[int], dict[str, Any]], int | None]] = {
            "vehicle": (self._vehicle, None),
            "unit": (self._unit, len(simulation.units)),
            "park": (self._park, len(simulation.platform.parking.car_parks.ids)),
            "site": (self._site, len(simulation.platform.charging.chargers.sites)),
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

    def _vehicle(self, station: int) -> dict[str, Any]:
        simulation = self.simulation
        table = simulation.vehicles
        n = table.extent
        found = np.flatnonzero((table.station[:n] == station) & (table.alive[:n] == 1))
        if not len(found):
            raise _NoSuchObjectError(f"vehicle {station}")
        slot = int(found[0])
        type = table.types[table.type[slot]]
        charge, capacity = float(table.charge[slot]), float(table.capacity_wh[slot])
        lane = int(table.lane[slot])
        ref = f"vehicle/{station}"
        return {
            "id": table.ids[slot],
            "x": _round(table.x[slot]),
            "y": _round(table.y[slot]),
            "type": type.id,
            "kind": type.kind,
            "speed": _round(table.speed[slot]),
            "acceleration": _round(table.acceleration[slot]),
            "heading": _round(table.heading[slot], 1),
            "edge": f"edge/{int(table.edge[slot])}",
            "lane": simulation.network.lane_ids[lane] if lane >= 0 else None,
            "distance": _round(table.distance[slot], 1),
            "departed": _round(table.departed[slot]),
            "equipped": bool(simulation.fleet.equipped[slot]),
            "active": bool(simulation.fleet.active[slot]),
            "busy_ratio": self._busy_ratio(len(simulation.units) + slot),
            **self._knowledge(slot),
            "charge_wh": _round(charge, 1),
            "capacity_wh": _round(capacity, 1),
            "soc": _round(charge / capacity, 4) if capacity > 0.0 else None,
            "parking": self._parking(slot, station),
            "charging": self._charging(slot, station),
            "heard": list(self._air.heard.get(ref, ())),
            "sent": list(self._air.sent.get(ref, ())),
        }

    def _busy_ratio(self, station: int) -> float | None:
        """Of the channel in the last 100 ms, at a station on the air; None where the radio has none."""
        busy = self.simulation.exchange.radio.busy_ratio
        return None if busy is None or station >= len(busy) else _round(busy[station], 4)

    def _knowledge(self, slot: int) -> dict[str, Any]:
        """What a vehicle knows of others and of itself, as far as the scenario has it so."""
        simulation = self.simulation
        fleet, table = simulation.fleet, getattr(simulation.fleet, "neighbours", None)
        error = math.hypot(fleet.said_x[slot] - fleet.x[slot], fleet.said_y[slot] - fleet.y[slot])
        return {
            "neighbours": None if table is None else len(table.of(slot)),
            "position_error": _round(error) if simulation.scenario.v2x.gnss_error > 0.0 else None,
        }

    def _parking(self, slot: int, station: int) -> dict[str, Any] | None:
        drivers = self.simulation.drivers
        parks = self.simulation.platform.parking.car_parks
        state = int(drivers.state[slot])
        if state == NONE and drivers.search[slot] < 0:
            return None
        search = drivers.searches[drivers.search[slot]] if drivers.search[slot] >= 0 else None
        wish, bay_in = int(drivers.wish[slot]), int(drivers.bay_in[slot])
        taken = search.taken if search is not None else ""
        platform = self.simulation.platform.parking
        reservation = platform.reservations.get(station)
        return {
            "state": "parked" if state == NONE else _PARKING[state],
            "wished": f"park/{wish}" if wish >= 0 else None,
            "assigned": f"park/{bay_in}" if bay_in >= 0 else None,
            "taken": f"park/{parks.ids.index(taken)}" if taken else None,
            "began": _round(search.began) if search is not None else None,
            "requests": search.requests if search is not None else 0,
            "decision": _decision(
                reservation.decision if reservation is not None else None, platform.policy, "park", parks.names
            ),
        }

    def _charging(self, slot: int, station: int) -> dict[str, Any] | None:
        simulation = self.simulation
        electric = simulation.electric
        chargers = simulation.platform.charging.chargers
        if not simulation.vehicles.capacity_wh[slot] > 0.0:
            return None
        state = int(electric.state[slot])
        session = electric.sessions[electric.session[slot]] if electric.session[slot] >= 0 else None
        if session is None:
            return None
        group = int(electric.charger[slot])
        platform = simulation.platform.charging
        promised = platform.sessions.get(station)
        power = float(self._places.into_batteries_w(np.array([slot]))[0]) if state == PLUGGED else 0.0
        return {
            "state": "asking" if state == CONTENT else _CHARGING[state],
            "site": f"site/{int(chargers.site[group])}" if group >= 0 else None,
            "charger": chargers.ids[group] if group >= 0 else None,
            "power_w": _round(power, 0),
            "wanted_wh": _round(session.wanted_wh, 1),
            "energy_wh": _round(electric.energy_wh[slot], 1) if state == PLUGGED else 0.0,
            "decision": _decision(
                promised.decision if promised is not None else None,
                platform.policy,
                "site",
                chargers.ids,
                chargers.site.tolist(),
            ),
        }

    def _unit(self, number: int) -> dict[str, Any]:
        simulation = self.simulation
        unit, exchange = simulation.units[number], simulation.exchange
        view = unit.ldm
        order = np.argsort(np.hypot(view.x - unit.position[0], view.y - unit.position[1]), kind="stable")[:MOST_KNOWN]
        table = simulation.vehicles
        stations = view.station
        rows = []
        for row in order.tolist():
            slot = int(view.vehicle[row])
            known = table.ids[slot] if int(table.station[slot]) == int(stations[row]) else None
            rows.append(
                {
                    "ref": f"vehicle/{int(stations[row])}",
                    "id": known,
                    "x": _round(view.x[row]),
                    "y": _round(view.y[row]),
                    "speed": _round(view.speed[row]),
                    "heading": _round(view.heading[row], 1),
                    "age": _round(max(simulation.time - float(view.heard[row]), 0.0)),
                }
            )
        return {
            "id": unit.id,
            "x": _round(unit.position[0]),
            "y": _round(unit.position[1]),
            "on": bool(exchange.units_on[number]),
            "apps": [app.name or type(app).__name__ for app in unit.apps],
            "range": simulation.scenario.v2x.range,
            "received": int(exchange.unit_received[number]),
            "vehicles_known": len(view),
            "busy_ratio": self._busy_ratio(number),
            "age": _round(np.maximum(simulation.time - view.heard, 0.0).mean()) if len(view) else None,
            "light": f"light/{unit.light}" if unit.light >= 0 else None,
            "ldm": rows,
            "sent": list(self._air.sent.get(f"unit/{number}", ())),
        }

    def _park(self, number: int) -> dict[str, Any]:
        simulation = self.simulation
        parks, drivers, table = simulation.platform.parking.car_parks, simulation.drivers, simulation.vehicles
        n = table.extent
        guided = np.flatnonzero((drivers.state[:n] == GUIDED) & (drivers.bay_in[:n] == number))
        return {
            "id": parks.ids[number],
            "x": _round(parks.x[number]),
            "y": _round(parks.y[number]),
            "name": parks.names[number],
            "kind": parks.kinds[number],
            "capacity": int(parks.capacity[number]),
            "occupied": int(parks.occupied[number]),
            "reserved": int(parks.reserved[number]),
            "price_per_hour": float(parks.price_per_hour[number]),
            "edge": f"edge/{int(parks.edge[number])}",
            "guided": [f"vehicle/{station}" for station in table.station[guided].tolist()],
        }

    def _site(self, number: int) -> dict[str, Any]:
        simulation = self.simulation
        chargers, electric, table = simulation.platform.charging.chargers, simulation.electric, simulation.vehicles
        members = np.flatnonzero(chargers.site == number)
        n = table.extent
        busy = np.flatnonzero((electric.state[:n] == BOUND) | (electric.state[:n] == PLUGGED))
        busy = busy[chargers.site[electric.charger[busy]] == number]
        power = self._places.into_batteries_w(busy) * (electric.state[busy] == PLUGGED)
        drawn = power / chargers.efficiency[electric.charger[busy]]
        limit = float(chargers.site_limit_w[number])
        return {
            "id": chargers.sites[number],
            "x": _round(chargers.x[members].mean()),
            "y": _round(chargers.y[members].mean()),
            "limit_w": limit if math.isfinite(limit) else None,
            "power_w": _round(drawn.sum(), 0),
            "groups": [
                {
                    "id": chargers.ids[group],
                    "piles": int(chargers.piles[group]),
                    "power_w": float(chargers.power_w[group]),
                    "occupied": int(chargers.occupied[group]),
                    "reserved": int(chargers.reserved[group]),
                }
                for group in members.tolist()
            ],
            "vehicles": [
                {
                    "ref": f"vehicle/{int(table.station[slot])}",
                    "id": table.ids[slot],
                    "state": _CHARGING[int(electric.state[slot])],
                    "soc": _round(table.charge[slot] / table.capacity_wh[slot], 4),
                    "power_w": _round(watts, 0),
                }
                for slot, watts in zip(busy.tolist(), drawn.tolist(), strict=True)
            ],
        }

    def _light(self, number: int) -> dict[str, Any]:
        simulation = self.simulation
        signals = simulation.signals
        id = signals.ids[number]
        x, y = simulation.network.signal_xy.get(id, (math.nan, math.nan))
        units = [unit.number for unit in simulation.units if unit.light == number]
        return {
            "id": id,
            "x": _round(x),
            "y": _round(y),
            "state": signals.text(number),
            "next_switch": _round(signals.next_switch[number]),
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
            "x": _round(middle[0]),
            "y": _round(middle[1]),
            "name": self.names[number] if number < len(self.names) else "",
            "lanes": lanes,
            "length": _round(network.edge_length[number], 1),
            "speed_limit": _round(network.edge_speed[number]),
            "vehicles": len(on),
            "mean_speed": _round(table.speed[on].mean()) if len(on) else None,
            "closed": number in actions.closed(simulation),
        }

    names: Sequence[str] = ()  # of edges; set by who has read them


def _decision(
    decision: Decision | None, policy: object, kind: str, names: Sequence[str], place_of: Sequence[int] | None = None
) -> dict[str, Any] | None:
    """Why a facility was chosen; `place_of` says which place a facility belongs to, where that is another number."""
    if decision is None:
        return None
    return {
        "time": decision.of.time,
        "policy": name_of(policy),
        "unit": f"unit/{decision.of.unit}" if decision.of.unit >= 0 else None,
        "measure": decision.of.measure,
        "candidates": [
            {
                "ref": f"{kind}/{candidate.facility if place_of is None else place_of[candidate.facility]}",
                "id": names[candidate.facility],
                "cost": _round(candidate.cost),
                "free": candidate.free,
                "chosen": candidate.chosen,
            }
            for candidate in decision.candidates
        ],
    }


def _round(value: Any, digits: int = 2) -> float | None:
    """For JSON, which knows no NaN."""
    number = float(value)
    return round(number, digits) if math.isfinite(number) else None
