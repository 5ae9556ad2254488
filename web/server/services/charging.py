"""Charging sites and who charges there, or is bound to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wayside.edge.decision import Decision
from wayside.edge.policy import foreseen, name_of
from wayside.ext.arrays import Doubles, Longs
from wayside.sim.engine import Simulation
from wayside.sim.onboard.charging import BOUND, CONTENT, PLUGGED, ElectricVehicles
from wayside.sim.onboard.charging_session import ChargingSession
from wayside.sim.presenter.surge import surge
from wayside.sim.sumo.commands import Command
from wayside.sim.sumo.scenery import Scenery
from wayside.web.server.errands import Errand
from wayside.web.server.models import Body, Whole
from wayside.web.server.view import Action, PolicyForecast, Say, ServiceView, bays_of, decided, rounded

WAITING_WITHIN = 100.0  # m of a pile: who is bound for it and stands there, waits
BEHIND_WH = 50.0  # short of an even pace by more, a vehicle counts as behind
SENT, CHARGES = 1 << 3, 2 << 3  # flags of a vehicle

_STATES = {CONTENT: "none", BOUND: "bound", PLUGGED: "plugged"}
_FLAGS = {BOUND: SENT, PLUGGED: CHARGES}


class Surge(Body):
    """Electric vehicles with little charge set out."""

    count: Whole = Field(ge=1, le=500)
    charge: float = Field(ge=0.0, le=1.0)


def _surge(simulation: Simulation, what: dict[str, Any]) -> tuple[list[Command], str]:
    commands = surge(simulation, what["count"], what["charge"])
    return commands, f"{what['count']} electric cars set out with {what['charge']:.0%} of charge"


class View(ServiceView):
    """See `ServiceView`."""

    serves = ElectricVehicles
    lists = ("sites",)
    kinds = ("site", "charging")
    flags = bytes(_FLAGS.get(state, 0) for state in range(8))
    settings = frozenset({"policy", "power", "request_below", "target", "max_wait", "reservation_timeout"})
    errand = Errand(
        "charging",
        "requested",
        "charged",
        "",
        who="drivers",
        sooner="had charged sooner",
        each="charge",
        counted=(
            "A vehicle's charges are paired by its id and their order; those count that have reached the target in "
            "both runs. A charge lasts from the first request until then."
        ),
        figure="charging.completion_s",
    )
    actions = (Action("surge", "Electric vehicles with little charge", Surge, _surge),)

    service: ElectricVehicles

    def __init__(self, simulation: Simulation, service: ElectricVehicles) -> None:
        """See `ServiceView.__init__`."""
        super().__init__(simulation, service)
        self.chargers = service.platform.chargers
        self._crowded = np.zeros(len(self.chargers.sites), bool)
        self._busy: dict[int, tuple[int, int]] = {}  # station; state and site

    def world(self, scenery: Scenery) -> dict[str, list[dict[str, Any]]]:
        """See `ServiceView.world`."""
        chargers, areas = self.chargers, self.service.areas
        sites = []
        for site, id in enumerate(chargers.sites):
            members = chargers.at_site[site].tolist()
            limit = float(chargers.site_limit_w[site])
            groups = [
                {
                    "id": chargers.ids[group],
                    "piles": int(chargers.piles[group]),
                    "power_w": float(chargers.power_w[group]),
                    "price_per_kwh": float(chargers.price_per_kwh[group]),
                    "x": round(float(chargers.x[group]), 2),
                    "y": round(float(chargers.y[group]), 2),
                    "edge": int(chargers.edge[group]),
                    "bays": bays_of(scenery.bays.get(areas[group] or chargers.ids[group], [])),
                }
                for group in members
            ]
            sites.append(
                {
                    "id": id,
                    "x": round(float(chargers.x[members].mean()), 2),
                    "y": round(float(chargers.y[members].mean()), 2),
                    "limit_w": limit if np.isfinite(limit) else None,
                    "groups": groups,
                }
            )
        return {"sites": sites}

    def places(self) -> dict[str, NDArray[Any]]:
        """Number, occupied, reserved, queue, power [W] drawn from the grid."""
        chargers = self.chargers
        n = len(chargers.sites)
        occupied, reserved = (
            np.bincount(chargers.site, weights=column, minlength=n).astype(np.int64)
            for column in (chargers.occupied, chargers.reserved)
        )
        power = np.round(self._power_w()).astype(np.int64)
        return {"sites": np.stack((np.arange(n), occupied, reserved, self._waiting(), power), axis=1)}

    def records(self) -> Sequence[ChargingSession]:
        """See `ServiceView.records`."""
        return self.service.sessions

    def objects(self) -> dict[str, tuple[Callable[[int], dict[str, Any]], int]]:
        """See `ServiceView.objects`."""
        return {"site": (self._site, len(self.chargers.sites)), "charging": (self._tree, 1)}

    def vehicle(self, slot: int, station: int) -> dict[str, Any] | None:
        """See `ServiceView.vehicle`."""
        electric, chargers, platform = self.service, self.chargers, self.service.platform
        if not self.simulation.vehicles.capacity_wh[slot] > 0.0 or electric.session[slot] < 0:
            return None
        state = int(electric.state[slot])
        session = electric.sessions[electric.session[slot]]
        group = int(electric.charger[slot])
        promised = platform.sessions.get(station)
        decision = promised.decision if promised is not None else None
        power = float(self._into_batteries_w(np.array([slot]))[0]) if state == PLUGGED else 0.0
        return {
            "state": "asking" if state == CONTENT else _STATES[state],
            "site": f"site/{int(chargers.site[group])}" if group >= 0 else None,
            "charger": chargers.ids[group] if group >= 0 else None,
            "power_w": rounded(power, 0),
            "wanted_wh": rounded(session.wanted_wh, 1),
            "energy_wh": rounded(electric.energy_wh[slot], 1) if state == PLUGGED else 0.0,
            **self._plan(slot),
            "decision": None if decision is None else self.reason(decision),
        }

    def decisions(self) -> dict[int, Decision]:
        """See `ServiceView.decisions`."""
        held = self.service.platform.sessions.items()
        return {station: one.decision for station, one in held if one.decision is not None}

    def reason(self, decision: Decision) -> dict[str, Any]:
        """See `ServiceView.reason`."""
        chargers = self.chargers
        return decided(decision, self.service.platform.policy, "site", chargers.ids, chargers.site.tolist())

    def look(self, say: Say) -> None:
        """See `ServiceView.look`."""
        chargers, electric, table = self.chargers, self.service, self.simulation.vehicles
        if not (n := len(chargers.sites)):
            return
        taken = np.bincount(chargers.site, weights=chargers.occupied, minlength=n)
        crowded = taken >= np.bincount(chargers.site, weights=chargers.piles, minlength=n)
        for site in np.flatnonzero(crowded != self._crowded).tolist():
            text = "all piles are taken" if crowded[site] else "a pile is free again"
            say("notice" if crowded[site] else "info", f"{chargers.sites[site]}: {text}", f"site/{site}")
        self._crowded = crowded
        state = electric.state[: table.extent]
        now = {}
        for slot in np.flatnonzero((state == BOUND) | (state == PLUGGED)).tolist():
            station, what = int(table.station[slot]), int(state[slot])
            site = int(chargers.site[electric.charger[slot]])
            now[station] = (what, site)
            if self._busy.get(station) != (what, site):
                text = "is sent to charge at" if what == BOUND else "charges at"
                text = f"{table.ids[slot]} {text} {chargers.sites[site]}"
                say("info", text, f"vehicle/{station}", f"site/{site}")
        self._busy = now

    def _power_w(self) -> Doubles:
        """What each site's piles draw now, W."""
        electric, chargers = self.service, self.chargers
        plugged = np.flatnonzero(electric.state[: self.simulation.vehicles.extent] == PLUGGED)
        group = electric.charger[plugged]
        drawn = self._into_batteries_w(plugged) / chargers.efficiency[group]
        return np.bincount(chargers.site[group], weights=drawn, minlength=len(chargers.sites)).astype(np.float64)

    def _into_batteries_w(self, slots: NDArray[Any]) -> Doubles:
        """What vehicles at piles take: what pile, vehicle and the site's manager allow, nothing when full."""
        electric, chargers, table = self.service, self.chargers, self.simulation.vehicles
        group = electric.charger[slots]
        pile = np.minimum(chargers.power_w[group] * chargers.efficiency[group], electric.able_w(slots))
        full = table.charge[slots] >= table.capacity_wh[slots] - 0.01
        return np.where(full, 0.0, np.fmin(electric.limit_w[slots], pile))

    def _waiting(self) -> Longs:
        electric, chargers, table = self.service, self.chargers, self.simulation.vehicles
        n = table.extent
        bound = np.flatnonzero((electric.state[:n] == BOUND) & (table.speed[:n] < 0.1))
        group = electric.charger[bound]
        near = np.hypot(table.x[bound] - chargers.x[group], table.y[bound] - chargers.y[group]) <= WAITING_WITHIN
        return np.bincount(chargers.site[group[near]], minlength=len(chargers.sites))

    def _chain(self, number: int) -> list[dict[str, Any]]:
        """A site and all that feeds it, upwards: what goes through each and its limit [W]."""
        limits, drawn = self.service.platform.limits, self._power_w()
        through = limits.totals(np.arange(len(drawn), dtype=np.int32), drawn)
        node, found = number, []
        while node >= 0:
            found.append(
                {
                    "name": limits.names[node],
                    "power_w": rounded(through[node], 0),
                    "limit_w": rounded(limits.limit_w[node], 0),
                }
            )
            node = int(limits.parent[node])
        return found

    def _due_wh(self, slots: NDArray[Any]) -> Doubles:
        """What vehicles at piles should have by now, were their energy given evenly until they leave by their plan;
        NaN of those whose plan says nothing.
        """
        electric = self.service
        since, leaves = electric.since[slots], electric.departure[slots]
        stay = np.maximum(leaves - since, 1.0)
        due: Doubles = electric.wanted_wh[slots] * np.clip((self.simulation.time - since) / stay, 0.0, 1.0)
        return due

    def _plan(self, slot: int) -> dict[str, Any]:
        """Of who is plugged in: since when, when it leaves by its plan, and what it should have by now."""
        if self.service.state[slot] != PLUGGED:
            return {"since": None, "leaves": None, "due_wh": None}
        return {
            "since": rounded(self.service.since[slot], 0),
            "leaves": rounded(self.service.departure[slot], 0),
            "due_wh": rounded(self._due_wh(np.array([slot]))[0], 0),
        }

    def _granted_w(self) -> Doubles:
        """What each site may draw now by the power policy, W; of who was told nothing, what pile and car can."""
        electric, chargers = self.service, self.chargers
        plugged = np.flatnonzero(electric.state[: self.simulation.vehicles.extent] == PLUGGED)
        group = electric.charger[plugged]
        most = np.minimum(chargers.power_w[group] * chargers.efficiency[group], electric.max_power_w[plugged])
        granted = np.fmin(electric.limit_w[plugged], most) / chargers.efficiency[group]
        return np.bincount(chargers.site[group], weights=granted, minlength=len(chargers.sites)).astype(np.float64)

    def _forecast(self) -> PolicyForecast:
        """What the policy itself expects of each site: of all its groups."""
        chargers, policy = self.chargers, self.service.platform.policy

        def expects(after_s: float) -> Doubles | None:
            taken = foreseen(policy, chargers, len(chargers.ids), after_s)
            if taken is None:
                return None
            return np.bincount(chargers.site, taken, len(chargers.sites)).astype(np.float64)

        return PolicyForecast.of(policy, expects)

    def _free_in_s(self) -> Doubles:
        """When a pile of each site should be free for one more, s from now, by the charges that run or are promised."""
        found = np.full(len(self.chargers.sites), np.inf)
        ends = self.service.platform.expected_ends(self.simulation.time)
        np.minimum.at(found, self.chargers.site, ends.free_in)
        return found

    def _tariff_of(self, node: int) -> dict[str, Any] | None:
        """What power costs now where a node's is billed; None where it is not."""
        while node >= 0:
            found = [one for one in self._meters() if one["node"] == node]
            if found:
                return found[0]
            node = int(self.service.platform.limits.parent[node])
        return None

    def _meters(self) -> list[dict[str, Any]]:
        """Where power is billed: the price that is in force, and what has been drawn so far."""
        meters, now = self.service.platform.limits.meters, self.simulation.time
        if meters is None:
            return []
        return [
            {
                "node": int(meters.node[k]),
                "name": meters.names[k],
                "price_per_kwh": rounded(tariff.price.at(now), 4),
                "prices": [rounded(tariff.price.value.min(), 4), rounded(tariff.price.value.max(), 4)],
                "demand_charge": tariff.demand_charge,
                "peak_w": rounded(meters.peak_w[k], 0),
                "energy_cost": rounded(meters.energy_cost[k]),
                "demand_cost": rounded(meters.demand_cost[k]),
            }
            for k, tariff in enumerate(meters.tariff)
        ]

    def _figures(self) -> list[dict[str, Any]]:
        """What else there is of each node of the tree: a row for each figure, with its unit and a value by node."""
        limits = self.service.platform.limits
        found: list[dict[str, Any]] = []
        if limits.sun:
            now = self.simulation.time
            found.append({"name": "sun", "unit": "W", "values": limits.sun_w(np.array([now]), np.array([now + 1.0]))})
        return [
            {**figure, "values": [rounded(value, 2) for value in np.ravel(figure["values"]).tolist()]}
            for figure in found
        ]

    def _tree(self, number: int) -> dict[str, Any]:
        """The tree of limits with all its sites, and what goes through it."""
        chargers, electric, platform = self.chargers, self.service, self.service.platform
        limits, n = platform.limits, len(chargers.sites)
        sites = np.arange(n, dtype=np.int32)
        forecast = self._forecast()
        piles = np.bincount(chargers.site, chargers.piles, n)
        free_in_s = self._free_in_s()
        of_site = self.places()["sites"]
        state = electric.state[: self.simulation.vehicles.extent]
        plugged = np.flatnonzero(state == PLUGGED)
        behind = electric.energy_wh[plugged] < self._due_wh(plugged) - BEHIND_WH
        leaves = np.isfinite(electric.departure[plugged])
        return {
            "id": "charging",
            "policy": name_of(platform.policy),
            "power": name_of(platform.power),
            "forecast": forecast.told(),
            "nodes": {
                "names": list(limits.names),
                "parent": limits.parent.tolist(),
                "limit_w": [rounded(limit, 0) for limit in limits.limit_w.tolist()],
                "drawn_w": limits.totals(sites, self._power_w()).round().tolist(),
                "granted_w": limits.totals(sites, self._granted_w()).round().tolist(),
            },
            "figures": self._figures(),
            "sites": [
                [occupied, reserved, queue, int(piles[site]), rounded(free_in_s[site], 0)]
                + [rounded(one[site], 1) for one in forecast.taken]
                for site, occupied, reserved, queue, _ in of_site.tolist()
            ],
            "meters": self._meters(),
            "vehicles": {
                "plugged": len(plugged),
                "bound": int(np.count_nonzero(state == BOUND)),
                "with_deadline": int(np.count_nonzero(leaves)),
                "behind": int(np.count_nonzero(behind)),
            },
        }

    def _wanted_wh(self, slot: int) -> float | None:
        session = int(self.service.session[slot])
        return rounded(self.service.sessions[session].wanted_wh, 0) if session >= 0 else None

    def _ends(self, station: int) -> float | None:
        """When who is promised a pile, or has one, is expected to be charged [s]."""
        platform, now = self.service.platform, self.simulation.time
        return rounded(platform.expected_end(station, now), 0) if station in platform.sessions else None

    def _site(self, number: int) -> dict[str, Any]:
        chargers, electric, table = self.chargers, self.service, self.simulation.vehicles
        members = chargers.at_site[number]
        n = table.extent
        busy = np.flatnonzero((electric.state[:n] == BOUND) | (electric.state[:n] == PLUGGED))
        busy = busy[chargers.site[electric.charger[busy]] == number]
        power = self._into_batteries_w(busy) * (electric.state[busy] == PLUGGED)
        drawn = power / chargers.efficiency[electric.charger[busy]]
        limit = float(chargers.site_limit_w[number])
        return {
            "id": chargers.sites[number],
            "x": rounded(chargers.x[members].mean()),
            "y": rounded(chargers.y[members].mean()),
            "limit_w": limit if math.isfinite(limit) else None,
            "power_w": rounded(drawn.sum(), 0),
            "chain": self._chain(number),
            "forecast": self._forecast().told(number),
            "tariff": self._tariff_of(number),
            "groups": [
                {
                    "id": chargers.ids[group],
                    "piles": int(chargers.piles[group]),
                    "power_w": float(chargers.power_w[group]),
                    "occupied": int(chargers.occupied[group]),
                    "reserved": int(chargers.reserved[group]),
                    "price_per_kwh": float(chargers.price_per_kwh[group]),
                }
                for group in members.tolist()
            ],
            "vehicles": [
                {
                    "ref": f"vehicle/{int(table.station[slot])}",
                    "id": table.ids[slot],
                    "state": _STATES[int(electric.state[slot])],
                    "soc": rounded(table.charge[slot] / table.capacity_wh[slot], 4),
                    "power_w": rounded(watts, 0),
                    "energy_wh": rounded(electric.energy_wh[slot], 0) if electric.state[slot] == PLUGGED else 0.0,
                    "wanted_wh": self._wanted_wh(slot),
                    "ends": self._ends(int(table.station[slot])),
                    **self._plan(slot),
                }
                for slot, watts in zip(busy.tolist(), drawn.tolist(), strict=True)
            ],
        }
