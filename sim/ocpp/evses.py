"""Who is plugged in at which pile, and what its meter says: the simulation's side of the charging stations."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import numpy as np

from wayside.edge.charging.state import Chargers
from wayside.ext.arrays import Doubles, Indices, Ints, States
from wayside.sim.ocpp.news import BY_STATION, BY_VEHICLE, CHARGING, CONNECTED, ENDED, SAMPLE, STARTED, STATE, News
from wayside.sim.onboard.charging import PLUGGED, ElectricVehicles

# A charge ends with the vehicle's going away; why it had stopped before, by what became of its session.
_REASONS = {"charged": "SOCLimitReached", "full": "SOCLimitReached"}
_FULL = 0.01  # Wh from full: SUMO tells charges so coarsely


@dataclass(frozen=True)
class EvseLayout:
    """The piles of a city as EVSEs: those of a site are a station's, counted from 1 in the order of its groups."""

    stations: tuple[str, ...]  # sites with a pile, by name
    site: Ints  # of each station
    station: Ints  # of each EVSE
    number: Ints  # within its station
    group: Ints  # of piles
    first: Ints  # EVSE of each group; the others of the group follow

    @classmethod
    def of(cls, chargers: Chargers) -> EvseLayout:
        """Of all groups of piles."""
        order = np.argsort(chargers.site, kind="stable")
        group = np.repeat(order, chargers.piles[order]).astype(np.int32)
        site = chargers.site[group]
        sites, station, count = np.unique(site, return_inverse=True, return_counts=True)
        begins = np.concatenate(([0], np.cumsum(count)[:-1]))[station]
        first = np.zeros(len(chargers.ids), np.int32)
        first[order] = np.concatenate(([0], np.cumsum(chargers.piles[order])))[:-1]
        return cls(
            tuple(chargers.sites[k] for k in sites),
            sites.astype(np.int32),
            station.astype(np.int32),
            (np.arange(len(group)) - begins + 1).astype(np.int32),
            group,
            first,
        )

    def __len__(self) -> int:
        return len(self.group)


class Evses:
    """Follows the sessions of all vehicles; every vehicle has an EVSE of the site at which it is plugged in.

    meter_s: how often each transaction's meter is told.
    """

    def __init__(self, service: ElectricVehicles, meter_s: float) -> None:
        self.service, self.chargers = service, service.platform.chargers
        self.layout = EvseLayout.of(self.chargers)
        self.meter_s = np.full(len(self.layout), meter_s)
        n = len(self.layout)
        self.slot: Ints = np.full(n, -1, np.int32)  # of the vehicle plugged in
        self.begun: Doubles = np.full(n, np.nan)  # s
        self.register_wh: Doubles = np.zeros(n)
        self.transaction = [""] * n  # ids, "" where nobody is plugged in
        self.changed: list[int] = []  # where one has begun or ended: whoever looks empties it
        self.group: Ints = self.layout.group.copy()  # that the vehicle there charges from
        self.homeless: list[str] = []  # vehicles beyond the piles that there are, who are not told of
        self._told_wh: Doubles = np.zeros(n)  # of the session, into the battery, as far as it is in the register
        self._sampled_wh: Doubles = np.zeros(n)
        self._sampled_s: Doubles = np.full(n, np.nan)
        self._due_s: Doubles = np.full(n, np.inf)
        self._state: States = np.zeros(n, np.int8)
        self._session: Ints = np.full(0, -1, np.int32)  # by slot: the row of the session that is known
        self._evse: Ints = np.full(0, -1, np.int32)  # by slot
        self._news: list[News] = []

    def follow(self, now: float) -> None:
        """Take in who has been plugged in and who has left since the last call, and note it as news."""
        service = self.service
        state, session = service.state, service.session
        if len(self._session) != len(state):
            more = np.full(len(state) - len(self._session), -1, np.int32)
            self._session, self._evse = np.concatenate((self._session, more)), np.concatenate((self._evse, more))
        current = np.where(state == PLUGGED, session, -1).astype(np.int32)
        changed = np.flatnonzero(current != self._session)
        if not len(changed):
            return
        for slot in changed.tolist():
            if self._session[slot] >= 0:
                self._end(slot, now)
        for slot in changed.tolist():
            if current[slot] >= 0:
                self._begin(slot, now)
        self._session = current

    def _begin(self, slot: int, now: float) -> None:
        group = int(self.service.charger[slot])
        evse = self._free_at(group)
        if evse < 0:
            self.homeless.append(str(self.service.fleet.vehicles.ids[slot]))
            return
        self.slot[evse], self._evse[slot] = slot, evse
        self.group[evse] = group
        self.begun[evse] = now
        self.transaction[evse] = str(uuid4())
        self.changed.append(evse)
        self._told_wh[evse] = 0.0
        self._sampled_wh[evse], self._sampled_s[evse] = self.register_wh[evse], now
        self._due_s[evse] = now + self.meter_s[evse]
        self._state[evse] = CONNECTED
        self._note(STARTED, np.array([evse]), now, str(self.service.fleet.vehicles.ids[slot]))

    def _free_at(self, group: int) -> int:
        """A free EVSE of a group, else one of its site: of stations that overlap SUMO lets one charge, wherever among
        them a vehicle stands. -1: there is none.
        """
        first = int(self.layout.first[group])
        mine = np.arange(first, first + int(self.chargers.piles[group]))
        near = np.flatnonzero(self.chargers.site[self.layout.group] == self.chargers.site[group])
        places = np.concatenate((mine, near))
        free = places[self.slot[places] < 0]
        return int(free[0]) if len(free) else -1

    def _end(self, slot: int, now: float) -> None:
        if (evse := int(self._evse[slot])) < 0:
            return
        session = self.service.sessions[self._session[slot]]
        at = np.array([evse])
        self._draw(at, np.array([session.energy_wh]))
        reason = _REASONS.get(session.outcome, "EVDisconnected")
        self._note(ENDED, at, now, reason, np.array([session.soc_end]))
        self._evse[slot] = -1
        self._free(evse)

    def _free(self, evse: int) -> None:
        self.slot[evse], self.transaction[evse] = -1, ""
        self.begun[evse], self._due_s[evse] = np.nan, np.inf
        self.changed.append(evse)

    def _draw(self, evse: Indices, into_battery_wh: Doubles) -> None:
        """Turn the meters on, to what the sessions there have come to by now."""
        drawn = (into_battery_wh - self._told_wh[evse]) / self.chargers.efficiency[self.group[evse]]
        self.register_wh[evse] += drawn
        self._told_wh[evse] = into_battery_wh

    def second(self, now: float) -> News | None:
        """What is to be told by now, after `follow`; None: nothing. Meters that are due are read."""
        there = np.flatnonzero(self.slot >= 0)
        if len(there):
            slots, table = self.slot[there], self.service.fleet.vehicles
            self.group[there] = self.service.charger[slots]
            state = np.full(len(there), CHARGING, np.int8)
            state[self.service.limit_w[slots] <= 0.0] = BY_STATION
            state[table.charge[slots] >= table.capacity_wh[slots] - _FULL] = BY_VEHICLE
            # Who has just come has not been let draw anything before the power is shared anew.
            new = (self._state[there] == CONNECTED) & (now - self.begun[there] < 1.0)
            changed = (state != self._state[there]) & ~new
            due = (self._due_s[there] <= now) & ~changed
            if (told := there[changed | due]).size:
                self._draw(told, np.maximum(self.service.energy_wh[self.slot[told]], 0.0))
                self._state[there[changed]] = state[changed]
                self._note(STATE, there[changed], now)
                late = there[due]
                self._note(SAMPLE, late, now)
                self._due_s[late] = np.maximum(self._due_s[late] + self.meter_s[late], now)
        return self._told()

    def end(self, now: float, reason: str) -> News | None:
        """The run is over: every transaction that still goes on ends, with all that has been drawn."""
        self.follow(now)
        if (there := np.flatnonzero(self.slot >= 0)).size:
            self._draw(there, np.maximum(self.service.energy_wh[self.slot[there]], 0.0))
            self._note(ENDED, there, now, reason)
            for evse in there.tolist():
                self._free(evse)
        return self._told()

    def _note(self, what: int, evse: Indices, now: float, name: str = "", charge: Doubles | None = None) -> None:
        if not len(evse):
            return
        table, slot = self.service.fleet.vehicles, self.slot[evse]
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = np.maximum(self.register_wh[evse] - self._sampled_wh[evse], 0.0)
            power = np.where(now > self._sampled_s[evse], drawn * 3600.0 / (now - self._sampled_s[evse]), np.nan)
        self._sampled_s[evse], self._sampled_wh[evse] = now, self.register_wh[evse]
        self._news.append(
            News(
                np.full(len(evse), now),
                np.full(len(evse), what, np.int8),
                evse.astype(np.int32),
                self._state[evse],
                self.register_wh[evse],
                power,
                self.service.limit_w[slot] / self.chargers.efficiency[self.group[evse]],
                table.charge[slot] / table.capacity_wh[slot] if charge is None else charge,
                tuple(self.transaction[k] for k in evse.tolist()),
                (name,) * len(evse),
            )
        )

    def _told(self) -> News | None:
        news, self._news = self._news, []
        return News.joined(news) if news else None
