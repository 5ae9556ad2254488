"""Electric vehicles: who asks for a charger, what is charged, and how a site's power is shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np

from wayside.edge.charging.messages import ChargingRequests, ChargingResponses
from wayside.edge.charging.power import Sessions, is_marked, planned_by
from wayside.edge.charging.state import ChargingPlatform
from wayside.edge.charging.taper import able_w, left_at, takes_s
from wayside.edge.errors import ScenarioError
from wayside.edge.messages import Request, Response
from wayside.edge.pool import RETRY
from wayside.ext.arrays import Bytes, Doubles, Flags, Indices, Ints, States
from wayside.ext.flows import book
from wayside.sim.observers import Table
from wayside.sim.onboard.charging_cars import CarKind, car_kind
from wayside.sim.onboard.charging_grid import GridReading, GridWatch
from wayside.sim.onboard.charging_limits import tree_of
from wayside.sim.onboard.charging_lookout import Lookout
from wayside.sim.onboard.charging_session import ChargingSession
from wayside.sim.onboard.charging_tally import ChargingTally, MeterReading
from wayside.sim.onboard.service import AFTER_REFUSAL, OnboardService, Places, Surroundings
from wayside.sim.stations.histograms import ratio
from wayside.sim.sumo.commands import BatteryParameter, ChargeAt, Command, FindStation, Resume, StayPlugged
from wayside.sim.sumo.stationfinder import check_finds, finds

CONTENT, BOUND, PLUGGED = range(3)  # enough charge, or no answer yet; on the way to a pile; at one
REACHED = 0.01  # Wh from the target at which it counts as reached: SUMO tells charges so coarsely
_ROUNDING = 1e-6  # W
LEAST = 0.05  # Wh that make a row of what flows without a stop; less may be errors of rounding


class _Piles(NamedTuple):
    """Of some plugged vehicles: the charger of each, its efficiency, and what pile and vehicle let into the battery."""

    group: Ints
    efficiency: Doubles
    power_w: Doubles


class ElectricVehicles(OnboardService):
    """The vehicles' side of charging, by the vehicles' slots.

    `compliance` is the share of drivers who go to the pile that they are sent to, the same ones for a seed. The others
    charge where and if they had planned to, and do not ask again before; a promise to them runs out.
    """

    name: ClassVar[str] = "charging"
    headlines: ClassVar[tuple[str, ...]] = ("met", "delivered", "completion_s", "drive_s")
    summary: ClassVar[tuple[str, ...]] = (
        "requested",
        "reserved",
        "sessions",
        "energy_kwh",
        "delivered",
        "completion_s",
        "peak_kw",
    )
    urgency: ClassVar[int] = 1  # before a bay
    asks: ClassVar[tuple[type[Request], ...]] = (ChargingRequests,)
    hears: ClassVar[tuple[type[Response], ...]] = (ChargingResponses,)
    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "state": (np.int8, CONTENT),
        "charger": (np.int32, -1),
        "ask_at": (np.float64, 0.0),
        "answer_by": (np.float64, -np.inf),
        "rated_w": (np.float64, 0.0),
        "max_power_w": (np.float64, 0.0),
        "taper_soc": (np.float64, 1.0),
        "full_w": (np.float64, 0.0),
        "connectors": (np.int32, 0),
        "limit_w": (np.float64, np.nan),
        "session": (np.int32, -1),
        "energy_wh": (np.float64, 0.0),
        "cost": (np.float64, 0.0),
        "full": (np.uint8, 0),
        "since": (np.float64, np.nan),
        "departure": (np.float64, np.nan),
        "soonest": (np.float64, np.nan),
        "wanted_wh": (np.float64, 0.0),
        "over": (np.int32, -1),
        "over_since": (np.float64, np.nan),
        "over_charge": (np.float64, 0.0),
        "over_wh": (np.float64, 0.0),
        "over_cost": (np.float64, 0.0),
    }

    state: States
    charger: Ints
    ask_at: Doubles  # s; no request before
    answer_by: Doubles  # s until which an answer is awaited
    rated_w: Doubles  # what SUMO would let the vehicle take unless it is told otherwise
    max_power_w: Doubles  # what the vehicle itself can take at this temperature
    taper_soc: Doubles  # state of charge from which on it takes less
    full_w: Doubles  # what it takes when full
    connectors: Ints  # as bits, see `piles.plugs`
    limit_w: Doubles  # what it was last told to take at most, NaN: nothing; it obeys until told otherwise
    session: Ints  # row in `sessions`, -1
    energy_wh: Doubles  # booked in the session so far
    cost: Doubles
    full: Bytes  # has reached the target
    since: Doubles  # s, when it was plugged in
    departure: Doubles  # s, when it leaves by its own plan, NaN: the plan says nothing, or it was sent here
    soonest: Doubles  # s, when it would have had what it wants at full power from the begin on; NaN: nothing tapers
    wanted_wh: Doubles  # into the battery when it was plugged in
    over: Ints  # the charger at which it is without being plugged in, -1
    over_since: Doubles  # s
    over_charge: Doubles  # Wh, before
    over_wh: Doubles  # what has flown there
    over_cost: Doubles

    def __init__(self, around: Surroundings) -> None:
        """See `OnboardService.__init__`."""
        section, facilities, plugins = around.scenario.charging, around.facilities, around.plugins
        check_finds(plugins.policies[ChargingPlatform.path], around.backend.version, around.scenario)
        self.network: GridWatch | None = None
        try:
            limits = tree_of(section, facilities.chargers, around.scenario.clock_s)
            if section.grid is not None:
                self.network = GridWatch(section.grid, facilities.chargers.sites, around.scenario.clock_s)
                limits = limits.in_grid()
        except ValueError as error:
            source = around.scenario.source or around.scenario.sumo.config
            raise ScenarioError(f"{source}: charging.{error}") from None
        self.platform = ChargingPlatform(
            facilities.chargers,
            plugins.policies[ChargingPlatform.path],
            plugins.policies["charging.power"],
            section.reservation_timeout,
            section.max_wait,
            limits,
            plugins.pooling[ChargingPlatform.path],
        )
        around.platform.enter(self.name, self.platform)
        chargers = facilities.chargers
        heeds = not is_marked(self.platform.power, "unlimited")
        self.held = heeds and self.network is not None and self.network.binds
        self.limited = self.held or (heeds and bool(np.isfinite(self.platform.limits.limit_w).any()))
        self.lookout: Lookout | None = None  # where nobody asks: they find stations by themselves
        if finds(self.platform.policy):
            self.lookout = Lookout(around.network, facilities.charger_edges)
        self.tally = ChargingTally(chargers.site, chargers.efficiency, self.platform.limits)
        around.backend.watch_chargers(facilities.chargers.ids, facilities.charger_edges)
        self.backend = around.backend
        self.charger_of = facilities.charger_of
        self.areas = facilities.charger_area
        self.request_below = section.request_below
        self.target = section.target
        self.compliance = section.compliance
        self.able_share = 1.0 if section.temperature is None else left_at(section.temperature)
        self.kinds_of_cars: dict[str, CarKind] = {}  # by vehicle type
        self.seen = 0  # vehicles with a battery
        self.sessions: list[ChargingSession] = []
        self.requested = self.reserved = self.plugs = self.met = self.already_full = self.drives = 0
        self.ended_wh = self.transit_wh = self.ended_cost = self.drives_s = 0.0
        self.power_w = self.peak_w = 0.0  # into all batteries, over the last interval; the most of these
        self.given_wh = np.zeros(len(facilities.chargers.ids))  # into batteries so far, by charger
        self._given_before = 0.0
        self._asked: tuple[object, ...] = ()  # what limits were last worked out by: policy, who, where, wants
        self._in_transit = False  # whether something flowed in the last step into who was not plugged in
        self._written_wh = self.given_wh.copy()  # when last asked for `places`
        super().__init__(around)

    @property
    def present(self) -> bool:
        """Whether there is a charging station."""
        return bool(self.areas)

    def admit(self, departed: Ints) -> None:
        """See `OnboardService.admit`; of the electric ones it is asked what they can take."""
        super().admit(departed)
        if not self.areas:
            return
        table = self.fleet.vehicles
        for slot in departed[table.capacity_wh[departed] > 0.0].tolist():
            self.seen += 1
            self.rated_w[slot] = self.backend.battery_number(str(table.ids[slot]), "maximumChargeRate")
            self.max_power_w[slot] = self.able_share * self.rated_w[slot]
            kind = self._kind(table.types[table.type[slot]].id)
            self.taper_soc[slot], self.connectors[slot] = kind.taper_soc, kind.plugs
            self.full_w[slot] = min(self.able_share * kind.full_w, self.max_power_w[slot])
            self._shut(slot)

    def _kind(self, type_id: str) -> CarKind:
        if type_id not in self.kinds_of_cars:
            ask = partial(self.backend.type_parameter, type_id)
            self.kinds_of_cars[type_id] = car_kind(type_id, ask, self.limited)
        return self.kinds_of_cars[type_id]

    def able_w(self, slots: Indices) -> Doubles:
        """What these vehicles' batteries can take now, W."""
        table = self.fleet.vehicles
        soc = table.charge[slots] / table.capacity_wh[slots]
        return able_w(soc, self.max_power_w[slots], self.taper_soc[slots], self.full_w[slots])

    def _taper(self, slots: Indices) -> tuple[Doubles, Doubles]:
        """How much these vehicles take before they can take less, Wh, and what they can take at the target, W."""
        table = self.fleet.vehicles
        target = np.full(len(slots), self.target)
        end = able_w(target, self.max_power_w[slots], self.taper_soc[slots], self.full_w[slots])
        ahead = np.minimum(self.taper_soc[slots], self.target) * table.capacity_wh[slots] - table.charge[slots]
        return np.maximum(ahead, 0.0), end

    def _mean_w(self, slots: Indices, wanted_wh: Doubles, power_w: Doubles) -> Doubles:
        """What these vehicles take in the mean until they have what they want, where piles give so much [W] at most."""
        able = self.able_w(slots)
        taper, end = self._taper(slots)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = 3600.0 * wanted_wh / takes_s(wanted_wh, able, taper, end, power_w)
        return np.where((wanted_wh > 0.0) & (end < np.minimum(power_w, able)), mean, power_w)

    def engaged(self, slots: Indices, now: float) -> Flags:
        """Which of these await an answer, are bound for a pile or stand at one."""
        found: Flags = (self.state[slots] != CONTENT) | (self.answer_by[slots] > now)
        return found

    def requests(self, now: float) -> list[tuple[int, ChargingRequests]]:
        """See `OnboardService.requests`; who is about another errand, as being guided to a bay, ends that first."""
        if not self.areas:
            return []
        if self.lookout is not None:
            self._look_out(self.lookout, now)
            return []
        table = self.fleet.vehicles
        n = table.extent
        there = np.flatnonzero(self.fleet.active[:n].view(np.bool_))
        low = there[table.charge[there] < self.request_below * table.capacity_wh[there]]
        if not len(low):
            return []
        asking = low[(self.state[low] == CONTENT) & (self.ask_at[low] <= now) & ~self.busy(low, now)]
        if not len(asking):
            return []
        batches = []
        for unit, who in self.fleet.ask(self.name, asking):
            self.ask_at[who] = self.answer_by[who] = now + RETRY
            wanted = self.target * table.capacity_wh[who] - table.charge[who]
            for slot, energy in zip(who.tolist(), wanted.tolist(), strict=True):
                session = self._open(slot)
                session.requests += 1
                session.wanted_wh = energy
                if session.requests == 1:
                    session.requested = now
                    self.requested += 1
            able = self.able_w(who)
            taper, end = self._taper(who)
            taper = np.where(end < able, np.minimum(taper, wanted), wanted)
            asked = wanted, able, taper, np.minimum(end, able), self.connectors[who]
            request = ChargingRequests(who.astype(np.int32), table.station[who], table.edge[who], *asked)
            batches.append((unit, request))
        return batches

    def _look_out(self, lookout: Lookout, now: float) -> None:
        """Whoever would ask a unit now, had it one, begins to look for a station by itself."""
        table = self.fleet.vehicles
        n = table.extent
        low = lookout.low(table, self.request_below) & (self.state[:n] == CONTENT)
        for slot in np.flatnonzero(low & (self.session[:n] < 0)).tolist():
            session = self._open(slot)
            session.requested = now
            session.wanted_wh = float(self.target * table.capacity_wh[slot] - table.charge[slot])
            self.requested += 1
        waiting = np.flatnonzero(low & (self.session[:n] >= 0) & (self.ask_at[:n] <= now))
        for slot in lookout.may_begin(table, waiting).tolist():
            self.ask_at[slot] = np.inf
            self.orders.append(FindStation(str(table.ids[slot]), self.request_below))

    def awaiting(self, now: float) -> bool:
        """Whether anybody awaits an answer after `now`; nobody else obeys one."""
        n = self.fleet.vehicles.extent
        return bool(self.areas) and bool((self.answer_by[:n] > now).any())

    def heard(self, said: Response, now: float) -> None:
        """See `OnboardService.heard`."""
        assert isinstance(said, ChargingResponses)
        for vehicle, charger in zip(said.vehicle.tolist(), said.charger.tolist(), strict=True):
            self.obey(vehicle, charger, now)

    def obey(self, slot: int, charger: int, now: float) -> None:
        """A driver hears an answer: the charger where a pile is promised, or -1."""
        if self.state[slot] != CONTENT or self.session[slot] < 0 or self.answer_by[slot] <= now:
            return  # has been plugged in, answered already, or has not asked
        session = self.sessions[self.session[slot]]
        self.answer_by[slot] = -np.inf
        if charger < 0:
            session.rejected += 1
            self.ask_at[slot] = now + AFTER_REFUSAL
            return
        if not self.fleet.complies(self.name, slot, self.compliance):
            self.ask_at[slot] = np.inf
            session.outcome = "ignored"
            return
        self.state[slot] = BOUND
        self.charger[slot] = charger
        self.reserved += bool(np.isnan(session.reserved))
        session.reserved = now
        session.charger = self.platform.chargers.ids[charger]
        session.site = self.platform.chargers.sites[self.platform.chargers.site[charger]]
        session.outcome = "bound"
        area = self.areas[charger]
        self.orders.append(ChargeAt(str(self.fleet.vehicles.ids[slot]), area or session.charger, bool(area)))

    def refused(self, command: Command, now: float) -> None:
        """SUMO did not take a ChargeAt: the pile is given back, and the driver asks again later."""
        if isinstance(command, ChargeAt):
            self.pile_refused(command.vehicle, now)

    def closed(self, edges: Sequence[int], now: float) -> None:
        """See `OnboardService.closed`."""
        table, chargers = self.fleet.vehicles, self.platform.chargers
        chargers.open[:] = ~np.isin(chargers.edge, edges)
        for slot in np.flatnonzero(self.state[: table.extent] == BOUND).tolist():
            if not chargers.open[self.charger[slot]]:
                self.pile_refused(str(table.ids[slot]), now)

    def pile_refused(self, vehicle: str, now: float) -> None:
        """There is no way to a driver's pile."""
        slot = self.slot_of(vehicle)
        if slot is not None and self.state[slot] == BOUND:
            self.state[slot] = CONTENT
            self.ask_at[slot] = now + AFTER_REFUSAL
            self.sessions[self.session[slot]].outcome = "asking"

    def stopped(self, slot: int, place: str, now: float) -> None:
        """See `OnboardService.stopped`."""
        if place in self.charger_of:
            self.plugged(slot, self.charger_of[place], now)

    def left(self, slot: int, place: str, now: float) -> None:
        """See `OnboardService.left`."""
        if place in self.charger_of:
            self.unplugged(slot, self.charger_of[place], now)

    def plugged(self, slot: int, charger: int, now: float) -> None:
        """A vehicle stands at a pile, sent there or by its own plan."""
        table, chargers = self.fleet.vehicles, self.platform.chargers
        chargers.appeared[charger] += table.distance[slot] == 0.0
        if not table.capacity_wh[slot] > 0.0:
            chargers.occupied[charger] += 1  # no battery, but the pile is taken
            return
        session = self._open(slot)
        session.plugged = now
        self.plugs += 1
        if not np.isnan(session.reserved):
            self.drives += 1
            self.drives_s += now - session.reserved
        session.charger = chargers.ids[charger]
        session.site = chargers.sites[chargers.site[charger]]
        # What has flown since it came to the station, mostly in this very step, is the session's.
        begin = float(self.over_charge[slot] if self.over[slot] >= 0 else table.charge[slot])
        session.soc_begin = begin / float(table.capacity_wh[slot])
        wanted = max(float(self.target * table.capacity_wh[slot]) - begin, 0.0)
        session.wanted_wh = wanted
        session.outcome = "charging" if wanted > REACHED else "full"
        self.already_full += session.outcome == "full"
        self.state[slot] = PLUGGED
        self.charger[slot] = charger
        self.since[slot] = now
        if self._found(session):
            area = self.areas[charger]
            self.orders.append(StayPlugged(str(table.ids[slot]), session.charger, bool(area)))
        own = np.isnan(session.reserved) and not self._found(session)
        self.departure[slot] = self.backend.stop_end(str(table.ids[slot]), now) if own else np.nan
        who = np.array([slot])
        full = self._piles(who).power_w
        power = float(self._mean_w(who, np.array([wanted]), full)[0])
        self.soonest[slot] = np.nan if power == full[0] else now + 3600.0 * wanted / power
        self.platform.plug_in(int(table.station[slot]), charger, wanted, power, now)
        self.wanted_wh[slot] = wanted
        self.energy_wh[slot] = self.cost[slot] = 0.0
        self.full[slot] = 0
        if (station := int(self.over[slot])) >= 0:
            self._charged_at(slot, station)
            self.energy_wh[slot], self.cost[slot] = self.over_wh[slot], self.over_cost[slot]
            self.over[slot] = -1

    def _found(self, session: ChargingSession) -> bool:
        """Whether a vehicle is at a station that it has found by itself."""
        return self.lookout is not None and not np.isnan(session.requested)

    def unplugged(self, slot: int, charger: int, now: float) -> None:
        """A vehicle leaves its pile."""
        table = self.fleet.vehicles
        if not table.capacity_wh[slot] > 0.0:
            self.platform.chargers.occupied[charger] -= 1
            return
        self._end(slot, now, "left")
        self.platform.release(int(table.station[slot]))
        if table.alive[slot]:
            self._shut(slot)

    def _shut(self, slot: int) -> None:
        """Where there are limits, no pile gives anything before it has been told how much: else whoever comes would
        draw all that it can until the power is shared anew.
        """
        if self.limited:
            self.limit_w[slot] = 0.0
            self.orders.append(BatteryParameter(str(self.fleet.vehicles.ids[slot]), "maximumChargeRate", 0.0))
        elif not np.isnan(self.limit_w[slot]):  # it was told how much its battery can take
            self.limit_w[slot] = np.nan
            rated = float(self.rated_w[slot])
            self.orders.append(BatteryParameter(str(self.fleet.vehicles.ids[slot]), "maximumChargeRate", rated))

    def moved(self, now: float) -> None:
        """Book what has flown in the last step, before anybody is plugged in, unplugged or gone at its end.

        It goes to the session of whoever is plugged in; from whoever is not it is kept until it is plugged in there
        or leaves the station.
        """
        if not self.areas:
            return
        there = self.backend.at_chargers
        if not len(there) and not self._in_transit:
            return
        table, chargers = self.fleet.vehicles, self.platform.chargers
        booked = self.given_wh, self.energy_wh, self.cost
        prices = chargers.efficiency, chargers.price_per_kwh
        odd = book(there, table.charger, table.charged, *prices, self.state, PLUGGED, self.charger, *booked)
        if not odd and not self._in_transit:
            return
        n = table.extent
        station, flown = table.charger[there], table.charged[there]
        plugged = self.state[there] == PLUGGED
        mine = there[plugged]
        for slot in mine[self.charger[mine] != station[plugged]].tolist():
            self._charged_at(slot, int(table.charger[slot]))
        over = np.full(n, -1, np.int32)
        over[there[~plugged]] = station[~plugged]
        for slot in np.flatnonzero(over != self.over[:n]).tolist():
            self._pass(slot, now)
            self.over[slot] = over[slot]
            self.over_since[slot] = now
            self.over_charge[slot] = table.charge[slot] - table.charged[slot]
            self.over_wh[slot] = self.over_cost[slot] = 0.0
        passing = there[~plugged]
        self._in_transit = len(passing) > 0
        flown, station = flown[~plugged], station[~plugged]
        self.over_wh[passing] += flown
        self.over_cost[passing] += flown / chargers.efficiency[station] / 1000.0 * chargers.price_per_kwh[station]

    def every_second(self, seconds: float, now: float) -> None:
        """See `OnboardService.every_second`."""
        planned = planned_by(self.platform.power)
        # What meters tell is known before power is shared anew.
        drawn_w = self.tally.second(self.given_wh, seconds, now, planned)
        if self.network is not None and drawn_w is not None:
            self.network.second(drawn_w, self.platform.limits.envelope_w, seconds, now)
        self.charge(seconds, now)
        self.expired(self.platform.expire(now))
        self.peak_w = max(self.peak_w, self.power_w)

    def charge(self, seconds: float, now: float) -> None:
        """Sum up the last seconds, share out the power, and send off whoever has enough."""
        if not self.areas:
            return
        table = self.fleet.vehicles
        given = float(self.given_wh.sum())
        self.power_w = max(given - self._given_before, 0.0) * 3600.0 / seconds
        self._given_before = given
        plugged = np.flatnonzero(self.state[: table.extent] == PLUGGED)
        pile = self._piles(plugged)
        until = now + 2.0 * seconds  # what is told now is obeyed in the next step, and until it is told anew
        if self.held:
            assert self.network is not None
            assert self.platform.grid is not None
            site = self.platform.chargers.site[pile.group]
            self.network.hold(self.platform.grid, site, self._wanted(plugged, pile), now, until)
        self.platform.keep(now, until)
        plans = self.platform.limits.storages and hasattr(self.platform.power, "storage_w")
        if not len(plugged) and not plans:
            return
        wanted = self.target * table.capacity_wh[plugged] - table.charge[plugged]
        for slot in plugged[(wanted <= REACHED) & (self.full[plugged] == 0)].tolist():
            self.full[slot] = 1
            session = self._reached(slot)
            if session.outcome == "charged":
                session.charged = now
                self.tally.reached(session.requested, now)
            if not np.isnan(session.reserved) or self._found(session):  # others leave by a plan
                self.orders.append(Resume(session.vehicle))
        self.orders += self._share(plugged, pile, seconds, now)
        comes = np.fmin(self.limit_w[plugged], pile.power_w)
        self.platform.meter(table.station[plugged], wanted, self._mean_w(plugged, wanted, comes))

    def _reached(self, slot: int) -> ChargingSession:
        """The session of one who is plugged in, told that the target is reached if it is."""
        table = self.fleet.vehicles
        session = self.sessions[self.session[slot]]
        reached = table.charge[slot] >= self.target * table.capacity_wh[slot] - REACHED
        if reached and session.outcome == "charging":
            session.outcome = "charged"
            self.met += 1
        return session

    def _charged_at(self, slot: int, station: int) -> None:
        """Of stations that overlap SUMO lets one charge, be the stop at another: the session is with that one."""
        session, chargers = self.sessions[self.session[slot]], self.platform.chargers
        self.charger[slot] = station
        session.charger = chargers.ids[station]
        session.site = chargers.sites[chargers.site[station]]

    def _pass(self, slot: int, now: float) -> None:
        """A vehicle leaves a station where it was not plugged in; what has flown becomes a row."""
        if self.over[slot] >= 0 and self.over_wh[slot] > LEAST:
            self.sessions.append(self._passing(slot, now))
            self.ended_wh += float(self.over_wh[slot])
            self.transit_wh += float(self.over_wh[slot])
            self.ended_cost += float(self.over_cost[slot])
        self.over[slot] = -1

    def _passing(self, slot: int, ended: float = float("nan")) -> ChargingSession:
        table, chargers, station = self.fleet.vehicles, self.platform.chargers, int(self.over[slot])
        return ChargingSession(
            str(table.ids[slot]),
            bool(self.fleet.equipped[slot]),
            plugged=float(self.over_since[slot]),
            ended=ended,
            charger=chargers.ids[station],
            site=chargers.sites[chargers.site[station]],
            soc_begin=float(self.over_charge[slot] / table.capacity_wh[slot]),
            soc_end=float("nan") if np.isnan(ended) else float(table.charge[slot] / table.capacity_wh[slot]),
            energy_wh=float(self.over_wh[slot]),
            cost=float(self.over_cost[slot]),
            outcome="transit",
        )

    def _piles(self, slots: Indices) -> _Piles:
        chargers = self.platform.chargers
        group = self.charger[slots]
        efficiency = chargers.efficiency[group]
        return _Piles(group, efficiency, np.minimum(chargers.power_w[group] * efficiency, self.able_w(slots)))

    def _topped_up(self, slots: Indices) -> Flags:
        """Whose batteries are full."""
        table = self.fleet.vehicles
        found: Flags = table.charge[slots] >= table.capacity_wh[slots] - 0.01
        return found

    def _wanted(self, slots: Indices, pile: _Piles) -> Doubles:
        """What each can take now, W at the pile."""
        return np.where(self._topped_up(slots), 0.0, pile.power_w / pile.efficiency)

    def _share(self, plugged: Indices, pile: _Piles, seconds: float, now: float) -> list[Command]:
        """New limits, where the power policy has others for them than before.

        A pile tells whatever is plugged into it, over the cable (IEC 61851-1): no on-board unit is needed.
        """
        table = self.fleet.vehicles
        chargers = self.platform.chargers
        group, efficiency, power_w = pile
        topped_up, wanted = self._topped_up(plugged), self._wanted(plugged, pile)
        lacks = np.maximum(self.target * table.capacity_wh[plugged] - table.charge[plugged], 0.0)
        most = self._mean_w(plugged, lacks, power_w) / efficiency  # at the pile
        if is_marked(policy := self.platform.power, "steady"):
            before = self._asked
            here = table.station[plugged].tobytes(), group.tobytes(), wanted.tobytes()
            self._asked = (policy, *here, self.platform.limits.limit_w.tobytes())
            if self._asked == before:
                return []
        sessions = Sessions(
            table.station[plugged],
            group,
            chargers.site[group],
            wanted,
            lacks,
            efficiency,
            self.since[plugged],
            self.departure[plugged],
            most,
            self.wanted_wh[plugged],
            now,
            seconds,
            chargers.least_w[group],
            self.soonest[plugged],
        )
        granted = self.platform.share(sessions)
        into_battery = granted * efficiency
        if not self.limited:
            into_battery = np.where(topped_up, self.able_w(plugged), into_battery)
        limit = np.floor(into_battery + _ROUNDING)  # whole W, and no limit is exceeded by rounding
        news = limit != self.limit_w[plugged]
        unasked = np.minimum(chargers.power_w[group] * efficiency, self.rated_w[plugged])
        news &= ~(np.isnan(self.limit_w[plugged]) & (limit >= np.floor(unasked + _ROUNDING)))
        self.limit_w[plugged[news]] = limit[news]
        return [
            BatteryParameter(str(table.ids[slot]), "maximumChargeRate", watts)
            for slot, watts in zip(plugged[news].tolist(), limit[news].tolist(), strict=True)
        ]

    def settle(self) -> list[ChargingSession]:
        """All sessions, those still running with what has been booked so far."""
        n = self.fleet.vehicles.extent
        for slot in np.flatnonzero(self.state[:n] == PLUGGED).tolist():
            self._write(slot)
        passing = np.flatnonzero((self.over[:n] >= 0) & (self.over_wh[:n] > LEAST))
        return self.sessions + [self._passing(slot) for slot in passing.tolist()]

    def _write(self, slot: int) -> None:
        session = self._reached(slot)
        session.energy_wh = max(float(self.energy_wh[slot]), 0.0)
        session.cost = max(float(self.cost[slot]), 0.0)

    def expired(self, stations: list[int]) -> None:
        """Promises whose time is up, though the vehicle may still be on its way: it keeps going."""
        for station in stations:
            slot = np.flatnonzero(self.fleet.vehicles.station == station)
            for late in slot.tolist():
                if self.state[late] == BOUND:
                    self.sessions[self.session[late]].outcome = "late"

    def gone(self, slots: Ints, now: float) -> None:
        """See `OnboardService.gone`; the platform is not told, but a pile knows that its vehicle is gone."""
        for slot in slots.tolist():
            self._pass(slot, now)
            plugged = self.state[slot] == PLUGGED
            self._end(slot, now, "gone")
            if plugged:
                self.platform.release(int(self.fleet.vehicles.station[slot]))

    def kpis(self, now: float) -> dict[str, float]:
        """See `OnboardService.kpis`."""
        table, chargers = self.fleet.vehicles, self.platform.chargers
        n = table.extent
        plugged = np.flatnonzero(self.state[:n] == PLUGGED)
        reached = plugged[table.charge[plugged] >= self.target * table.capacity_wh[plugged] - REACHED]
        news = (self.sessions[row].outcome for row in self.session[reached[self.full[reached] == 0]].tolist())
        passing = np.flatnonzero((self.over[:n] >= 0) & (self.over_wh[:n] > LEAST))
        now_wh, transit_wh = float(np.maximum(self.energy_wh[plugged], 0.0).sum()), float(self.over_wh[passing].sum())
        now_cost = float(np.maximum(self.cost[plugged], 0.0).sum() + self.over_cost[passing].sum())
        return {
            "charging.sites": len(chargers.sites),
            "charging.piles": int(chargers.piles.sum()),
            "charging.requested": self.requested,
            "charging.reserved": self.reserved,
            "charging.sessions": self.plugs,
            "charging.met": self.met + sum(outcome == "charging" for outcome in news),
            "charging.already_full": self.already_full,
            "charging.energy_kwh": (self.ended_wh + now_wh + transit_wh) / 1000.0,
            "charging.transit_kwh": (self.transit_wh + transit_wh) / 1000.0,
            "charging.cost": self.ended_cost + now_cost,
            "charging.peak_kw": self.peak_w / 1000.0,
            "charging.drive_s": ratio(self.drives_s, self.drives),
            **self.tally.figures(self.wanted_wh[plugged], self.energy_wh[plugged]),
            **({} if self.network is None else self.network.figures()),
        }

    def places(self, seconds: float) -> Places | None:
        """The charging stations; their power is what has flown since the last call."""
        chargers, given = self.platform.chargers, self.given_wh - self._written_wh
        self._written_wh = self.given_wh.copy()
        power = np.maximum(given, 0.0) * 3600.0 / seconds
        return Places(chargers.ids, chargers.piles, chargers.occupied, chargers.reserved, power)

    def tables(self, now: float) -> Mapping[str, Table]:
        """A row for each session, for each meter, and for each part of the grid at times."""
        found = {self.name: Table(ChargingSession, self.settle())}
        if readings := self.tally.readings():
            found[f"{self.name}-meters"] = Table(MeterReading, list(readings))
        if self.network is not None:
            found[f"{self.name}-grid"] = Table(GridReading, self.network.readings())
        return found

    def idle(self) -> Iterator[str]:
        """See `OnboardService.idle`."""
        if self.present and not self.seen:
            yield "no vehicle had a battery (SUMO's battery device), so nobody asked for a charging station"

    def _open(self, slot: int) -> ChargingSession:
        if self.session[slot] < 0:
            self.session[slot] = len(self.sessions)
            self.sessions.append(ChargingSession(str(self.fleet.vehicles.ids[slot]), bool(self.fleet.equipped[slot])))
        return self.sessions[self.session[slot]]

    def _end(self, slot: int, now: float, outcome: str) -> None:
        """Close a vehicle's session, if it has one."""
        table = self.fleet.vehicles
        if self.session[slot] >= 0:
            session = self.sessions[self.session[slot]]
            if self.state[slot] == PLUGGED:
                self._write(slot)
                session.soc_end = float(table.charge[slot] / table.capacity_wh[slot])
                session.ended = now
                self.tally.end(session.wanted_wh, session.energy_wh)
                self.ended_wh += session.energy_wh
                self.ended_cost += session.cost
            if session.outcome not in ("charged", "full", "ignored"):
                session.outcome = outcome
        self.state[slot] = CONTENT
        if self.ask_at[slot] == np.inf:
            self.ask_at[slot] = now
        self.session[slot] = self.charger[slot] = -1
