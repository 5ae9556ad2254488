"""Electric vehicles: who asks for a charger, what is charged, and how a site's power is shared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.edge.charging.power import share
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
    reserved: float = float("nan")  # and accepted
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
    outcome: str = "asking"  # bound, charging, charged, left (before the target), ignored (a promise), gone


class _Piles(NamedTuple):
    """Of some plugged vehicles: the charger of each, its efficiency, and what pile and vehicle let into the battery."""

    group: Ints
    efficiency: Doubles
    power_w: Doubles


class ElectricVehicles(Columns):
    """The vehicles' side of charging, by the vehicles' slots.

    `compliance` is the share of drivers who go to the pile that they are sent to, the same ones for a seed. The others
    charge where and if they had planned to, and do not ask again before; a promise to them runs out.
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "state": (np.int8, CONTENT),
        "charger": (np.int32, -1),
        "ask_at": (np.float64, 0.0),
        "answer_by": (np.float64, -np.inf),
        "max_power_w": (np.float64, 0.0),
        "limit_w": (np.float64, np.nan),
        "last_charge": (np.float64, 0.0),
        "session": (np.int32, -1),
        "energy_wh": (np.float64, 0.0),
        "cost": (np.float64, 0.0),
        "full": (np.uint8, 0),
    }

    state: NDArray[np.int8]
    charger: Ints
    ask_at: Doubles  # s; no request before
    answer_by: Doubles  # s until which an answer is awaited
    max_power_w: Doubles  # what the vehicle itself can take
    limit_w: Doubles  # what it was last told to take at most, NaN: nothing; it obeys until told otherwise
    last_charge: Doubles  # Wh, when last looked
    session: Ints  # row in `sessions`, -1
    energy_wh: Doubles  # booked in the session so far
    cost: Doubles
    full: NDArray[np.uint8]  # has reached the target

    def __init__(
        self,
        backend: Backend,
        fleet: Fleet,
        platform: ChargingPlatform,
        facilities: Facilities,
        request_below: float,
        target: float,
        compliance: float = 1.0,
    ) -> None:
        self.backend = backend
        self.fleet = fleet
        self.platform = platform
        self.charger_of = facilities.charger_of
        self.areas = facilities.charger_area
        self.request_below = request_below
        self.target = target
        self.compliance = compliance
        self.sessions: list[ChargingSession] = []
        self.power_w = 0.0  # into all batteries, over the last interval
        self._shared: tuple[bytes, bytes] = (b"", b"")  # who wanted what when limits were last worked out
        self.grow(fleet.vehicles.capacity)

    def admit(self, departed: Ints) -> None:
        """Vehicles have come; of the electric ones it is asked what they can take."""
        table = self.fleet.vehicles
        if table.capacity != self.capacity:
            self.grow(table.capacity)
        if not self.areas:
            return
        self.reset(departed)
        for slot in departed[table.capacity_wh[departed] > 0.0].tolist():
            self.max_power_w[slot] = self.backend.battery_number(str(table.ids[slot]), "maximumChargeRate")

    def busy(self, slots: NDArray[np.intp], now: float) -> NDArray[np.bool_]:
        """Which of these await an answer, are bound for a pile or stand at one, and so do not look for a bay now."""
        return (self.state[slots] != CONTENT) | (self.answer_by[slots] > now)

    def requests(self, now: float, parking_state: NDArray[np.int8]) -> list[tuple[int, ChargingRequests]]:
        """The requests sent now, by the unit that is asked. Whoever is being guided to a bay parks first."""
        if not self.areas:
            return []
        table = self.fleet.vehicles
        n = table.extent
        there = np.flatnonzero(self.fleet.active[:n].view(np.bool_))
        low = there[table.charge[there] < self.request_below * table.capacity_wh[there]]
        asking = low[(self.state[low] == CONTENT) & (self.ask_at[low] <= now) & (parking_state[low] != GUIDED)]
        if not len(asking):
            return []
        batches = []
        for unit, who in self.fleet.ask("charging", asking):
            self.ask_at[who] = self.answer_by[who] = now + RETRY
            wanted = self.target * table.capacity_wh[who] - table.charge[who]
            for slot, energy in zip(who.tolist(), wanted.tolist(), strict=True):
                session = self._open(slot)
                session.requests += 1
                session.wanted_wh = energy
                if session.requests == 1:
                    session.requested = now
            request = ChargingRequests(
                who.astype(np.int32), table.station[who], table.edge[who], wanted, self.max_power_w[who]
            )
            batches.append((unit, request))
        return batches

    def awaiting(self, now: float) -> bool:
        """Whether anybody awaits an answer after `now`; nobody else obeys one."""
        n = self.fleet.vehicles.extent
        return bool(self.areas) and bool((self.answer_by[:n] > now).any())

    def obey(self, slot: int, charger: int, now: float) -> list[Command]:
        """A driver hears an answer: the charger where a pile is promised, or -1."""
        if self.state[slot] != CONTENT or self.session[slot] < 0 or self.answer_by[slot] <= now:
            return []  # has been plugged in, answered already, or has not asked
        session = self.sessions[self.session[slot]]
        self.answer_by[slot] = -np.inf
        if charger < 0:
            session.rejected += 1
            self.ask_at[slot] = now + AFTER_REFUSAL
            return []
        if not self.fleet.complies("charging", slot, self.compliance):
            self.ask_at[slot] = np.inf
            session.outcome = "ignored"
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
        self.state[slot] = PLUGGED
        self.charger[slot] = charger
        power = float(self._piles(np.array([slot])).power_w[0])
        self.platform.plug_in(int(table.station[slot]), charger, float(wanted), power, now)
        self.last_charge[slot] = table.charge[slot]
        self.energy_wh[slot] = self.cost[slot] = 0.0
        self.full[slot] = 0

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
        if not self.areas:
            return []
        table = self.fleet.vehicles
        plugged = np.flatnonzero(self.state[: table.extent] == PLUGGED)
        self.power_w = 0.0
        if not len(plugged):
            return []
        pile = self._piles(plugged)
        self.power_w = float(self._book(plugged, pile).sum()) * 3600.0 / seconds
        wanted = self.target * table.capacity_wh[plugged] - table.charge[plugged]
        commands: list[Command] = []
        for slot in plugged[(wanted <= 0.01) & (self.full[plugged] == 0)].tolist():
            self.full[slot] = 1
            session = self.sessions[self.session[slot]]
            session.outcome = "charged"
            if not np.isnan(session.reserved):  # sent there by us; others leave by their own plan
                commands.append(Resume(session.vehicle))
        commands += self._share(plugged, pile)
        self.platform.meter(table.station[plugged], wanted, np.fmin(self.limit_w[plugged], pile.power_w))
        return commands

    def _piles(self, slots: NDArray[np.intp]) -> _Piles:
        chargers = self.platform.chargers
        group = self.charger[slots]
        efficiency = chargers.efficiency[group]
        return _Piles(group, efficiency, np.minimum(chargers.power_w[group] * efficiency, self.max_power_w[slots]))

    def _book(self, slots: NDArray[np.intp], pile: _Piles) -> Doubles:
        """Book what has reached these batteries since the last look, Wh."""
        charge = self.fleet.vehicles.charge[slots]
        gained = np.maximum(charge - self.last_charge[slots], 0.0)
        self.last_charge[slots] = charge
        self.energy_wh[slots] += gained
        price = self.platform.chargers.price_per_kwh[pile.group]
        self.cost[slots] += gained / pile.efficiency / 1000.0 * price
        return gained

    def _share(self, plugged: NDArray[np.intp], pile: _Piles) -> list[Command]:
        """New limits where a site's vehicles together want more than the site has, or no longer do.

        Only a vehicle with an on-board unit can be told; the others take what their pile gives, and the rest is
        shared.
        """
        table = self.fleet.vehicles
        chargers = self.platform.chargers
        group, efficiency, power_w = pile
        topped_up = table.charge[plugged] >= table.capacity_wh[plugged] - 0.01
        wanted = np.where(topped_up, 0.0, power_w / efficiency)  # at the pile
        asked = (table.station[plugged].tobytes(), wanted.tobytes())
        if asked == self._shared:
            return []
        self._shared = asked
        site = chargers.site[group]
        managed = self.fleet.equipped[plugged] == 1
        granted = wanted.copy()
        together = np.bincount(site, weights=wanted, minlength=len(chargers.sites))
        for tight in np.flatnonzero(together > chargers.site_limit_w).tolist():
            mine = (site == tight) & managed
            left = float(chargers.site_limit_w[tight] - wanted[(site == tight) & ~managed].sum())
            granted[mine] = share(self.platform.power, wanted[mine], max(left, 0.0))
        limit = np.round(np.where(topped_up, self.max_power_w[plugged], granted * efficiency))
        with np.errstate(invalid="ignore"):
            news = ~(np.abs(limit - self.limit_w[plugged]) < 1.0)
        news &= managed
        news &= ~(np.isnan(self.limit_w[plugged]) & (limit >= np.round(power_w)))
        self.limit_w[plugged[news]] = limit[news]
        return [
            BatteryParameter(str(table.ids[slot]), "maximumChargeRate", watts)
            for slot, watts in zip(plugged[news].tolist(), limit[news].tolist(), strict=True)
        ]

    def settle(self) -> list[ChargingSession]:
        """All sessions, those still running with what has been booked so far."""
        for slot in np.flatnonzero(self.state[: self.fleet.vehicles.extent] == PLUGGED).tolist():
            self._write(slot)
        return self.sessions

    def _write(self, slot: int) -> None:
        session = self.sessions[self.session[slot]]
        session.energy_wh = float(self.energy_wh[slot])
        session.cost = float(self.cost[slot])

    def expired(self, stations: list[int]) -> None:
        """Promises whose time is up, though the vehicle may still be on its way: it keeps going."""
        for station in stations:
            slot = np.flatnonzero(self.fleet.vehicles.station == station)
            for late in slot.tolist():
                if self.state[late] == BOUND:
                    self.sessions[self.session[late]].outcome = "late"

    def gone(self, slot: int, station: int, now: float) -> None:
        """A vehicle has left the simulation."""
        unseen = self.session[slot] >= 0 and self.sessions[self.session[slot]].outcome == "ignored"
        self._end(slot, now, "gone")
        if not unseen:
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
                alone = np.array([slot])
                self._book(alone, self._piles(alone))
                self._write(slot)
                session.soc_end = float(table.charge[slot] / table.capacity_wh[slot])
                session.ended = now
            if session.outcome not in ("charged", "ignored"):
                session.outcome = outcome
        self.state[slot] = CONTENT
        if self.ask_at[slot] == np.inf:
            self.ask_at[slot] = now
        self.session[slot] = self.charger[slot] = -1
