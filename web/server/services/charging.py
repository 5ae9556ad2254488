"""Charging sites and who charges there, or is bound to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from wayside.edge.decision import Decision
from wayside.ext.arrays import Doubles, Longs
from wayside.sim.engine import Simulation
from wayside.sim.onboard.charging import BOUND, CONTENT, PLUGGED, ChargingSession, ElectricVehicles
from wayside.sim.presenter.surge import surge
from wayside.sim.sumo.commands import Command
from wayside.sim.sumo.scenery import Scenery
from wayside.web.server.errands import Errand
from wayside.web.server.models import Body, Whole
from wayside.web.server.view import Action, Say, ServiceView, bays_of, decided, rounded

WAITING_WITHIN = 100.0  # m of a pile: who is bound for it and stands there, waits
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
    kinds = ("site",)
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
        return {"site": (self._site, len(self.chargers.sites))}

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
                }
                for slot, watts in zip(busy.tolist(), drawn.tolist(), strict=True)
            ],
        }
