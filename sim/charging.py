"""Electric vehicles: who asks for a charger, what is charged, and how a site's power is shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.edge.charging.state import ChargingPlatform
from wayside.edge.messages import ChargingRequests
from wayside.sim.columns import Columns
from wayside.sim.fleet import Fleet
from wayside.sim.parking import AFTER_REFUSAL, GUIDED, RETRY
from wayside.sim.sumo.backend import Backend
from wayside.sim.sumo.commands import BatteryParameter, ChargeAt, Command, Resume
from wayside.sim.sumo.facilities import Facilities
from wayside.sim.world import Doubles, Ints

CONTENT, BOUND, PLUGGED = range(3)  # enough charge, or no answer yet; on the way to a pile; at one


@dataclass
class ChargingSession:
    """One vehicle's charging, from its first request on: a row of charging.parquet. Times in s of simulation."""

    vehicle: str
    equipped: bool
    requested: float = float("nan")
    reserved: float = float("nan")
    plugged: float = float("nan")
    ended: float = float("nan")
    requests: int = 0
    rejected: int = 0
    charger: str = ""
    site: str = ""
    soc_begin: float = float("nan")  # fraction, when plugged in
    soc_end: float = float("nan")
    wanted_wh: float = float("nan")  # into the battery
    energy_wh: float = 0.0  # into the battery
    cost: float = 0.0  # currency of the scenario; energy drawn from the pile, losses included
    outcome: str = "asking"  # bound, charging, charged, left (before the target), gone


class ElectricVehicles(Columns):
    """The vehicles' side of charging, by the vehicles' slots."""

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "state": (np.int8, CONTENT),
        "charger": (np.int32, -1),
        "ask_at": (np.float64, 0.0),
        "answer_by": (np.float64, -np.inf),
        "max_power_w": (np.float64, 0.0),
        "limit_w": (np.float64, np.nan),
        "last_charge": (np.float64, 0.0),
        "session": (np.int32, -1),
    }

    state: NDArray[np.int8]
    charger: Ints
    ask_at: Doubles  # s; no request before
    answer_by: Doubles  # s until which an answer is awaited
    max_power_w: Doubles  # what the vehicle itself can take
    limit_w: Doubles  # what it was last told to take at most, NaN: nothing
    last_charge: Doubles  # Wh, when last looked
    session: Ints  # row in `sessions`, -1

    def __init__(
        self,
        backend: Backend,
        fleet: Fleet,
        platform: ChargingPlatform,
        facilities: Facilities,
        request_below: float,
        target: float,
    ) -> None:
        self.backend = backend
        self.fleet = fleet
        self.platform = platform
        self.charger_of = facilities.charger_of
        self.areas = facilities.charger_area
        self.request_below = request_below
        self.target = target
        self.sessions: list[ChargingSession] = []
        self.power_w = 0.0  # into all batteries, over the last interval
        self.grow(fleet.vehicles.capacity)

    def departed(self, slot: int) -> None:
        """A vehicle has come."""
        table = self.fleet.vehicles
        if table.capacity != self.capacity:
            self.grow(table.capacity)
        for name, (_, empty) in self.fields.items():
            getattr(self, name)[slot] = empty
        if table.capacity_wh[slot] > 0.0:
            self.max_power_w[slot] = self.backend.battery_number(str(table.ids[slot]), "maximumChargeRate")

    def busy(self, now: float) -> NDArray[np.bool_]:
        """Who awaits an answer, is bound for a pile or stands at one, and so does not look for a bay now."""
        n = self.fleet.vehicles.extent
        return (self.state[:n] != CONTENT) | (self.answer_by[:n] > now)

    def requests(self, now: float, parking_state: NDArray[np.int8]) -> list[tuple[int, ChargingRequests]]:
        """The requests sent now, by the unit that is asked. Whoever is being guided to a bay parks first."""
        table = self.fleet.vehicles
        n = table.extent
        with np.errstate(invalid="ignore"):
            low = table.charge[:n] < self.request_below * table.capacity_wh[:n]
        asking = np.flatnonzero(
            low
            & (self.state[:n] == CONTENT)
            & (self.fleet.active[:n] == 1)
            & (self.ask_at[:n] <= now)
            & (parking_state[:n] != GUIDED)
        )
        if not len(asking):
            return []
        homes = self.fleet.home("charging", asking)
        asking, homes = asking[homes >= 0], homes[homes >= 0]
        self.ask_at[asking] = self.answer_by[asking] = now + RETRY
        energy = self.target * table.capacity_wh[asking] - table.charge[asking]
        for slot, wanted in zip(asking.tolist(), energy.tolist(), strict=True):
            session = self._open(slot)
            session.requests += 1
            session.wanted_wh = wanted
            if session.requests == 1:
                session.requested = now
        batches = []
        for unit in np.unique(homes).tolist():
            mine = homes == unit
            who = asking[mine]
            batches.append(
                (
                    unit,
                    ChargingRequests(
                        who.astype(np.int32),
                        table.station[who],
                        table.edge[who],
                        energy[mine],
                        self.max_power_w[who],
                    ),
                )
            )
        return batches

    def obey(self, slot: int, charger: int, now: float) -> list[Command]:
        """A driver hears an answer: the charger where a pile is promised, or -1."""
        if self.state[slot] != CONTENT or self.session[slot] < 0:
            return []
        session = self.sessions[self.session[slot]]
        self.answer_by[slot] = -np.inf
        if charger < 0:
            session.rejected += 1
            self.ask_at[slot] = now + AFTER_REFUSAL
            return []
        self.state[slot] = BOUND
        self.charger[slot] = charger
        session.reserved = now
        session.charger = self.platform.chargers.ids[charger]
        session.site = self.platform.chargers.sites[self.platform.chargers.site[charger]]
        session.outcome = "bound"
        area = self.areas[charger]
        return [ChargeAt(str(self.fleet.vehicles.ids[slot]), area or session.charger, bool(area))]

    def refused(self, vehicle: str, now: float) -> None:
        """SUMO did not take the command: the pile is given back, and the driver asks again later."""
        slot = self.fleet.vehicles.slot_of.get(vehicle)
        if slot is not None and self.state[slot] == BOUND:
            self.platform.release(int(self.fleet.vehicles.station[slot]))
            self.state[slot] = CONTENT
            self.ask_at[slot] = now + AFTER_REFUSAL
            self.sessions[self.session[slot]].outcome = "asking"

    def plugged(self, slot: int, charger: int, now: float) -> None:
        """A vehicle stands at a pile, sent there or by its own plan."""
        table = self.fleet.vehicles
        if not table.capacity_wh[slot] > 0.0:
            self.platform.chargers.occupied[charger] += 1  # no battery, but the pile is taken
            return
        chargers = self.platform.chargers
        session = self._open(slot)
        session.plugged = now
        session.charger = chargers.ids[charger]
        session.site = chargers.sites[chargers.site[charger]]
        session.soc_begin = float(table.charge[slot] / table.capacity_wh[slot])
        wanted = self.target * table.capacity_wh[slot] - table.charge[slot]
        session.wanted_wh = float(wanted)
        session.outcome = "charging"
        power = min(float(chargers.power_w[charger] * chargers.efficiency[charger]), float(self.max_power_w[slot]))
        self.platform.plug_in(int(table.station[slot]), charger, float(wanted), power, now)
        self.state[slot] = PLUGGED
        self.charger[slot] = charger
        self.last_charge[slot] = table.charge[slot]

    def unplugged(self, slot: int, charger: int, now: float) -> None:
        """A vehicle leaves its pile."""
        table = self.fleet.vehicles
        if not table.capacity_wh[slot] > 0.0:
            self.platform.chargers.occupied[charger] -= 1
            return
        self._end(slot, now, "left")
        self.platform.release(int(table.station[slot]))

    def charge(self, seconds: float, now: float) -> list[Command]:
        """Book the energy of the last seconds, share out the power, and send off whoever has enough."""
        table = self.fleet.vehicles
        plugged = np.flatnonzero(self.state[: table.extent] == PLUGGED)
        self.power_w = 0.0
        if not len(plugged):
            return []
        chargers = self.platform.chargers
        gained = np.maximum(table.charge[plugged] - self.last_charge[plugged], 0.0)
        self.last_charge[plugged] = table.charge[plugged]
        self.power_w = float(gained.sum()) * 3600.0 / seconds
        group = self.charger[plugged]
        cost = gained / chargers.efficiency[group] / 1000.0 * chargers.price_per_kwh[group]
        full = table.charge[plugged] >= self.target * table.capacity_wh[plugged] - 0.01
        commands: list[Command] = []
        for slot, energy, price, done in zip(
            plugged.tolist(), gained.tolist(), cost.tolist(), full.tolist(), strict=True
        ):
            session = self.sessions[self.session[slot]]
            session.energy_wh += energy
            session.cost += price
            booked = self.platform.sessions[int(table.station[slot])]
            booked.energy_wh -= energy
            booked.arrival = now
            if done and session.outcome == "charging":
                session.outcome = "charged"
                if not np.isnan(session.reserved):  # sent there by us; others leave by their own plan
                    commands.append(Resume(session.vehicle))
        return commands + self._share(plugged)

    def _share(self, plugged: NDArray[np.intp]) -> list[Command]:
        """New limits where a site's vehicles together may want more than the site has."""
        table = self.fleet.vehicles
        chargers = self.platform.chargers
        commands: list[Command] = []
        sites = chargers.site[self.charger[plugged]]
        for site in np.unique(sites[np.isfinite(chargers.site_limit_w[sites])]).tolist():
            slots = plugged[sites == site]
            groups = self.charger[slots]
            efficiency = chargers.efficiency[groups]
            full = table.charge[slots] >= table.capacity_wh[slots] - 0.01
            wanted = np.where(full, 0.0, np.minimum(self.max_power_w[slots] / efficiency, chargers.power_w[groups]))
            share = self.platform.power(wanted, float(chargers.site_limit_w[site])) * efficiency
            limit = np.round(np.where(full, self.max_power_w[slots], share))
            with np.errstate(invalid="ignore"):
                unchanged = np.abs(limit - self.limit_w[slots]) < 1.0
            for slot, watts in zip(slots[~unchanged].tolist(), limit[~unchanged].tolist(), strict=True):
                self.limit_w[slot] = watts
                commands.append(BatteryParameter(str(table.ids[slot]), "maximumChargeRate", watts))
                self.platform.sessions[int(table.station[slot])].power_w = max(watts, 1.0)
        return commands

    def expired(self, stations: list[int]) -> None:
        """Promises whose time is up, though the vehicle may still be on its way: it keeps going."""
        for station in stations:
            slot = np.flatnonzero(self.fleet.vehicles.station == station)
            for late in slot.tolist():
                if self.state[late] == BOUND:
                    self.sessions[self.session[late]].outcome = "late"

    def gone(self, slot: int, station: int, now: float) -> None:
        """A vehicle has left the simulation."""
        self._end(slot, now, "gone")
        self.platform.release(station)

    def _open(self, slot: int) -> ChargingSession:
        if self.session[slot] < 0:
            self.session[slot] = len(self.sessions)
            self.sessions.append(ChargingSession(str(self.fleet.vehicles.ids[slot]), bool(self.fleet.equipped[slot])))
        return self.sessions[self.session[slot]]

    def _end(self, slot: int, now: float, outcome: str) -> None:
        """Close a vehicle's session, if it has one. Its last interval of charging is booked first."""
        table = self.fleet.vehicles
        if self.session[slot] >= 0:
            session = self.sessions[self.session[slot]]
            if self.state[slot] == PLUGGED:
                session.energy_wh += max(float(table.charge[slot] - self.last_charge[slot]), 0.0)
                session.soc_end = float(table.charge[slot] / table.capacity_wh[slot])
                session.ended = now
            if session.outcome != "charged":
                session.outcome = outcome
        self.state[slot] = CONTENT
        self.session[slot] = self.charger[slot] = -1
        self.limit_w[slot] = np.nan
