"""Vehicles that ask lights for priority (SREM) and hear what becomes of it (SSEM): public transport and emergencies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

import numpy as np

from wayside.edge.messages import Broadcast, Mapem, Request, Response
from wayside.edge.messages.kinds import FIRST_UNIT
from wayside.edge.plugin import Option
from wayside.edge.priority.messages import (
    CANCELLATION,
    EMERGENCY,
    GRANTED,
    HIGHEST_IMPORTANCE,
    LOCKED,
    MAX_PRESENCE,
    PUBLIC_TRANSPORT,
    REJECTED,
    REQUEST,
    UNKNOWN,
    UPDATE,
    PriorityRequests,
    Ssem,
)
from wayside.edge.priority.state import PriorityBook, PriorityRecord
from wayside.ext.arrays import Bytes, Doubles, Indices, Ints
from wayside.sim.observers import Table
from wayside.sim.onboard.approaches import Approaches
from wayside.sim.onboard.service import OnboardService, Surroundings
from wayside.sim.stations.histograms import ratio

PUBLIC_CLASSES: Final = frozenset({"bus", "coach", "tram", "rail_urban"})
EMERGENCY_CLASSES: Final = frozenset({"emergency"})
CRUISE: Final = 0.7  # of the limit: who is slower now is reckoned to drive on so fast
NUMBERS: Final = 256  # of requests
SEQUENCES: Final = 128

Asker = Literal["public-transport", "emergency"]


class _Word(NamedTuple):
    """What one vehicle has to say."""

    slot: int
    kind: int
    way: int
    request: int
    eta: float


class PriorityAsking(OnboardService):
    """Buses, coaches and trams, vehicles with a `line`, and emergency vehicles ask the light ahead for priority.

    Of a light they must have heard the MAPEM, and of any unit that priority is offered (SAEM). One asks from `distance`
    or `horizon` on, whichever is later, and where a stop lies between only once it has been served. It asks each second
    until an SSEM has its request, then says a new arrival where that has changed by `change`, or each `repeat` anyhow;
    behind the stop line, or on another way, it takes its request back.
    """

    name: ClassVar[str] = "priority"
    asks: ClassVar[tuple[type[Request], ...]] = (PriorityRequests,)
    hears: ClassVar[tuple[type[Broadcast | Response], ...]] = (Ssem,)
    reads: ClassVar[tuple[type[Broadcast], ...]] = (Mapem,)
    headlines: ClassVar[tuple[str, ...]] = ("requests", "granted", "lost_s")

    who: Annotated[tuple[Asker, ...], Option("who asks")] = ("public-transport", "emergency")
    distance: Annotated[float, Option("from how far before the line", unit="m", gt=0, le=2000)] = 300.0
    horizon: Annotated[float, Option("from how long before the arrival", unit="s", gt=0, le=300)] = 30.0
    change: Annotated[float, Option("by which an arrival must differ to be said anew", unit="s", gt=0, le=60)] = 2.0
    repeat: Annotated[float, Option("until it is said again in any case", unit="s", ge=1, le=60)] = 4.0
    importance: Annotated[int, Option("importance level of public transport", ge=0, le=14)] = 7

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "role": (np.int32, -1),
        "asked": (np.uint8, 0),
        "status": (np.uint8, UNKNOWN),
        "request": (np.int32, 0),
        "eta": (np.float64, np.nan),
        "_sequence": (np.int32, 0),
        "_asked_at": (np.float64, np.nan),
        "_said_at": (np.float64, -np.inf),
        "_granted": (np.uint8, 0),
    }
    role: Ints  # BasicVehicleRole of those who may ask, -1 of others
    asked: Bytes  # whether its request stands
    status: Bytes  # as last heard
    request: Ints  # its number
    eta: Doubles  # s, as last said
    _sequence: Ints
    _asked_at: Doubles
    _said_at: Doubles
    _granted: Bytes

    def __init__(self, around: Surroundings) -> None:
        """See `OnboardService.__init__`; the units' book is entered into the platform."""
        self._network, self._api = around.network, around.backend.api
        self.approaches = Approaches(around.network, around.fleet.vehicles, self._api, self.distance)
        self.ahead = self.approaches.ahead
        self.book = PriorityBook()
        around.platform.enter(self.name, self.book)
        self._words: list[_Word] = []  # requests to be taken back
        self.begun = self.granted = self.rejected = 0
        self.granted_s = 0.0
        super().__init__(around)

    @property
    def present(self) -> bool:
        """Whether there is a traffic light."""
        return len(self.ahead.lane) > 0

    def admit(self, departed: Ints) -> None:
        """See `OnboardService.admit`; who may ask is told by SUMO's vehicle class, or by its line."""
        super().admit(departed)
        self.approaches.admit(departed)
        table = self.fleet.vehicles
        for slot in departed.tolist():
            kind = table.types[int(table.type[slot])].kind
            if "emergency" in self.who and kind in EMERGENCY_CLASSES:
                self.role[slot] = EMERGENCY
            elif "public-transport" in self.who and (
                kind in PUBLIC_CLASSES or self._api.vehicle.getLine(str(table.ids[slot]))
            ):
                self.role[slot] = PUBLIC_TRANSPORT

    def read(self, kind: type[Broadcast], said: Any, packet: Ints, slots: Ints, now: float) -> None:
        """See `OnboardService.read`: maps."""
        mine = self.role[slots] >= 0
        if mine.any():
            self.ahead.hear_maps(said, packet[mine], slots[mine])

    def told(self, said: Any, slots: Ints, now: float) -> None:
        """See `OnboardService.told`: what has become of requests."""
        mine = slots[self.asked[slots] == 1]
        stations = self.fleet.vehicles.station[mine]
        for one in said.statuses:
            for slot in mine[(stations == one.station) & (self.request[mine] == one.request)].tolist():
                self.status[slot] = one.status
                if one.status == GRANTED and not self._granted[slot]:
                    self._granted[slot] = 1
                    self.granted += 1
                    self.granted_s += now - float(self._asked_at[slot])

    def moved(self, now: float) -> None:
        """See `OnboardService.moved`: whose light is behind, or no longer on the way, takes its request back."""
        table = self.fleet.vehicles
        n = table.extent
        concerned = (self.role[:n] >= 0) & (table.alive[:n] == 1)
        if not concerned.any():
            return
        for slot, way in self.approaches.moved(concerned, now):
            if self.asked[slot]:
                self._words.append(_Word(slot, CANCELLATION, way, int(self.request[slot]), math.nan))
                self._close(slot)

    def _close(self, slot: int) -> None:
        """A request is over."""
        self.rejected += not self._granted[slot] and self.status[slot] in (REJECTED, LOCKED, MAX_PRESENCE)
        self.asked[slot] = self._granted[slot] = 0
        self.status[slot] = UNKNOWN

    def requests(self, now: float) -> Sequence[tuple[int, Request]]:
        """See `OnboardService.requests`: new requests, news of those that stand, and those that are taken back."""
        table = self.fleet.vehicles
        n = table.extent
        words, self._words = [word for word in self._words if self.fleet.active[word.slot]], []
        mine = np.flatnonzero((self.role[:n] >= 0) & (self.fleet.active[:n] == 1) & (self.ahead.way[:n] >= 0))
        mine = mine[self.ahead.knows(mine)]
        if len(mine):
            words += self._due(mine, now)
        if not words:
            return []
        return self._said(words)

    def _due(self, mine: Indices, now: float) -> list[_Word]:
        table = self.fleet.vehicles
        distance = np.maximum(self.ahead.distance(mine), 0.0)
        speed = np.maximum(table.speed[mine], CRUISE * self._network.edge_speed[table.edge[mine]])
        eta = now + distance / speed
        may = self.approaches.free(mine)
        may &= (distance <= self.distance) & (eta - now <= self.horizon)
        may &= self.fleet.home(self.name, mine) >= 0
        stands = self.asked[mine] == 1
        since = now - self._said_at[mine]
        unheard = self.status[mine] == UNKNOWN
        news = unheard | (since >= self.repeat - 1e-6) | (np.abs(eta - self.eta[mine]) > self.change)
        found = []
        for k in np.flatnonzero(np.where(stands, news, may)).tolist():
            slot = int(mine[k])
            if not stands[k]:
                self.begun += 1
                self.asked[slot], self._asked_at[slot] = 1, now
                self.request[slot] = (self.request[slot] + 1) % NUMBERS
            kind = UPDATE if stands[k] and not unheard[k] else REQUEST
            self.eta[slot], self._said_at[slot] = eta[k], now
            found.append(_Word(slot, kind, int(self.ahead.way[slot]), int(self.request[slot]), float(eta[k])))
        return found

    def _said(self, words: Sequence[_Word]) -> list[tuple[int, Request]]:
        """As messages, by the unit whose they are."""
        slots = np.array([word.slot for word in words], np.int32)
        ways = np.array([word.way for word in words], np.int32)
        self._sequence[slots] = (self._sequence[slots] + 1) % SEQUENCES
        told_by, home = self.ahead.station[ways], self.fleet.home(self.name, slots.astype(np.intp))
        units = np.where(told_by >= FIRST_UNIT, told_by - FIRST_UNIT, home)
        found: list[tuple[int, Request]] = []
        for unit in np.unique(units[units >= 0]).tolist():
            rows = np.flatnonzero(units == unit)
            found.append((unit, self._batch([words[row] for row in rows.tolist()], slots[rows], ways[rows])))
        return found

    def _batch(self, words: Sequence[_Word], slots: Ints, ways: Ints) -> PriorityRequests:
        table, fleet, ahead = self.fleet.vehicles, self.fleet, self.ahead
        grouped = ahead.inbound[ways] == 0
        role = self.role[slots]
        importance = np.where(role == EMERGENCY, HIGHEST_IMPORTANCE, self.importance)
        return PriorityRequests(
            slots,
            table.station[slots].copy(),
            ahead.place[ways],
            np.array([word.request for word in words], np.int32),
            self._sequence[slots],
            np.array([word.kind for word in words], np.int32),
            np.where(grouped, ahead.group[ways], ahead.inbound[ways]).astype(np.int32),
            np.where(grouped, 0, ahead.outbound[ways]).astype(np.int32),
            grouped.astype(np.int32),
            role,
            importance.astype(np.int32),
            np.array([word.eta for word in words]),
            self.approaches.late[slots],
            fleet.said_x[slots],
            fleet.said_y[slots],
            table.speed[slots],
            table.heading[slots],
        )

    def gone(self, slots: Ints, now: float) -> None:
        """See `OnboardService.gone`."""
        for slot in slots[self.asked[slots] == 1].tolist():
            self._close(slot)
        self._words = [word for word in self._words if word.slot not in slots]

    def kpis(self, now: float) -> dict[str, float]:
        """Requests and what became of them, what lights gave, and what who may ask loses at a light."""
        book = self.book
        return {
            "priority.requests": self.begun,
            "priority.granted": self.granted,
            "priority.rejected": self.rejected,
            "priority.grant_s": ratio(self.granted_s, self.granted),
            "priority.extensions": book.extensions,
            "priority.early_greens": book.early_greens,
            "priority.extended_s": book.extended_s,
            "priority.advanced_s": book.advanced_s,
            "priority.given_back_s": book.given_back_s,
            "priority.passages": self.approaches.passages,
            "priority.lost_s": ratio(self.approaches.lost_s, self.approaches.passages),
        }

    def tables(self, now: float) -> Mapping[str, Table]:
        """What lights have heard, where anything was."""
        return {"priority": Table(PriorityRecord, self.book.records)} if self.book.records else {}
