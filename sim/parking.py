"""Drivers who look for a bay: when they start to, whom they ask, where they go, and what became of it.

A driver's wish is the next stop at a parking area in the vehicle's route. Those without an on-board unit drive there
and, where it is full, wherever SUMO's own rerouters send them: that is the blind search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.edge.messages import ParkingRequests
from wayside.edge.parking.state import ParkingPlatform
from wayside.sim.columns import Columns
from wayside.sim.fleet import Fleet
from wayside.sim.sumo.backend import Backend
from wayside.sim.sumo.commands import Command, ParkAt
from wayside.sim.world import Doubles, Ints

RETRY = 2.0  # s that a driver waits for an answer; then the request is repeated
AFTER_REFUSAL = 10.0  # s until the next request where there was no bay, or SUMO knows no way to it

# No wish; still far; near and looking; on the way to a bay reserved; on the way of one's own in spite of it.
NONE, HEADING, SEARCHING, GUIDED, UNGUIDED = range(5)


@dataclass
class Search:
    """One driver's search: a row of parking.parquet. Times in s of simulation, NaN for what has not happened."""

    vehicle: str
    equipped: bool
    wished: str  # car park of the driver's own plan
    began: float  # within the request distance of it
    requested: float = float("nan")
    reserved: float = float("nan")  # and accepted
    parked: float = float("nan")
    left: float = float("nan")
    requests: int = 0
    rejected: int = 0
    assigned: str = ""  # the last car park reserved
    taken: str = ""
    walk_m: float = float("nan")  # straight line from the bay to the wish
    price_per_hour: float = float("nan")
    outcome: str = "searching"  # parked, guided (parked where reserved), ignored (went one's own way), gone


class Drivers(Columns):
    """The drivers' side of smart parking, by the vehicles' slots.

    `compliance` is the share of drivers who follow the advice, the same ones for a seed whatever is advised. The others
    go on as drivers without a unit do. Their bays stay reserved until the time is up: the platform cannot know.
    """

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "state": (np.int8, NONE),
        "wish": (np.int32, -1),
        "stay": (np.float64, 0.0),
        "bay_in": (np.int32, -1),
        "ask_at": (np.float64, 0.0),
        "answer_by": (np.float64, -np.inf),
        "search": (np.int32, -1),
    }

    state: NDArray[np.int8]
    wish: Ints  # car park of the driver's plan
    stay: Doubles  # s
    bay_in: Ints  # car park where a bay is reserved
    ask_at: Doubles  # s; no request before
    answer_by: Doubles  # s until which an answer is awaited
    search: Ints  # row in `searches`, from the begin of the search until the bay is left

    def __init__(
        self,
        backend: Backend,
        fleet: Fleet,
        platform: ParkingPlatform,
        car_park_of: dict[str, int],
        request_distance: float,
        compliance: float = 1.0,
    ) -> None:
        self.backend = backend
        self.fleet = fleet
        self.platform = platform
        self.car_park_of = car_park_of  # by SUMO's id of the parking area
        self.request_distance = request_distance
        self.compliance = compliance
        self.searches: list[Search] = []
        self.grow(fleet.vehicles.capacity)

    def plan(self, slot: int) -> None:
        """Look up a vehicle's next wish: at its departure and whenever it leaves a stop."""
        if self.fleet.vehicles.capacity != self.capacity:
            self.grow(self.fleet.vehicles.capacity)
        if not self.car_park_of:
            return
        self.search[slot] = self.bay_in[slot] = -1
        self.answer_by[slot] = -np.inf
        self.state[slot] = NONE
        stop = self.backend.planned_parking(str(self.fleet.vehicles.ids[slot]))
        car_park = -1 if stop is None else self.car_park_of.get(stop.area, -1)
        if stop is None or car_park < 0:
            return
        self.state[slot] = HEADING
        self.wish[slot] = car_park
        self.stay[slot] = stop.duration

    def look(self, now: float) -> None:
        """Whoever has come near its wish begins to search; whoever has lost its bay to others searches again."""
        if not self.car_park_of:
            return
        table = self.fleet.vehicles
        n = table.extent
        car_parks = self.platform.car_parks
        heading = np.flatnonzero(self.state[:n] == HEADING)
        if len(heading):
            wish = self.wish[heading]
            distance = np.hypot(table.x[heading] - car_parks.x[wish], table.y[heading] - car_parks.y[wish])
            for slot in heading[distance <= self.request_distance].tolist():
                self.state[slot] = SEARCHING
                self.ask_at[slot] = now
                self.search[slot] = len(self.searches)
                self.searches.append(
                    Search(
                        str(table.ids[slot]),
                        bool(self.fleet.equipped[slot]),
                        car_parks.ids[self.wish[slot]],
                        now,
                    )
                )
        guided = np.flatnonzero(self.state[:n] == GUIDED)
        if len(guided):
            bay_in = self.bay_in[guided]
            for slot in guided[car_parks.occupied[bay_in] >= car_parks.capacity[bay_in]].tolist():
                self.platform.release(int(table.station[slot]))
                self._search_again(slot, now)

    def requests(
        self, now: float, busy: Callable[[NDArray[np.intp], float], NDArray[np.bool_]]
    ) -> list[tuple[int, ParkingRequests]]:
        """The requests sent now, by the unit that is asked; `busy` ones of these drivers (bound for a charger) wait."""
        if not self.car_park_of:
            return []
        table = self.fleet.vehicles
        n = table.extent
        searching = np.flatnonzero(self.state[:n] == SEARCHING)
        asking = searching[
            (self.fleet.active[searching] == 1) & (self.ask_at[searching] <= now) & ~busy(searching, now)
        ]
        if not len(asking):
            return []
        car_parks = self.platform.car_parks
        batches = []
        for unit, who in self.fleet.ask("parking", asking):
            self.ask_at[who] = self.answer_by[who] = now + RETRY
            for slot in who.tolist():
                search = self.searches[self.search[slot]]
                search.requests += 1
                if search.requests == 1:
                    search.requested = now
            wish = self.wish[who]
            request = ParkingRequests(
                who.astype(np.int32),
                table.station[who],
                table.edge[who],
                car_parks.x[wish],
                car_parks.y[wish],
                self.stay[who],
            )
            batches.append((unit, request))
        return batches

    def awaiting(self, now: float) -> bool:
        """Whether anybody awaits an answer after `now`; nobody else obeys one."""
        if not self.car_park_of:
            return False
        n = self.fleet.vehicles.extent
        return bool(((self.state[:n] == SEARCHING) & (self.answer_by[:n] > now)).any())

    def obey(self, slot: int, car_park: int, now: float) -> list[Command]:
        """A driver hears an answer: the car park where a bay is reserved, or -1."""
        if self.state[slot] != SEARCHING or self.answer_by[slot] <= now:
            return []  # parked, answered already, or has not asked
        self.answer_by[slot] = -np.inf
        search = self.searches[self.search[slot]]
        if car_park < 0:
            search.rejected += 1
            self.ask_at[slot] = now + AFTER_REFUSAL
            return []
        if not self.fleet.complies("parking", slot, self.compliance):
            self.state[slot] = UNGUIDED
            search.outcome = "ignored"
            return []
        self.state[slot] = GUIDED
        self.bay_in[slot] = car_park
        search.reserved = now
        search.assigned = self.platform.car_parks.ids[car_park]
        if car_park == self.wish[slot] and search.requests == 1:
            return []  # the plan already leads there
        return [ParkAt(str(self.fleet.vehicles.ids[slot]), search.assigned)]

    def refused(self, vehicle: str, now: float) -> None:
        """SUMO did not take the command: the bay is given back, and the driver asks again later."""
        slot = self.fleet.vehicles.slot_of.get(vehicle)
        if slot is not None and self.state[slot] == GUIDED:
            self.platform.release(int(self.fleet.vehicles.station[slot]))
            self._search_again(slot, now + AFTER_REFUSAL)

    def expired(self, stations: list[int], now: float) -> None:
        """Reservations whose time is up: their drivers search again."""
        if not stations:
            return
        table = self.fleet.vehicles
        for slot in np.flatnonzero(np.isin(table.station[: table.extent], stations)).tolist():
            if self.state[slot] == GUIDED:
                self._search_again(slot, now)

    def _search_again(self, slot: int, ask_at: float) -> None:
        self.state[slot] = SEARCHING
        self.bay_in[slot] = -1
        self.ask_at[slot] = ask_at

    def parked(self, slot: int, car_park: int, now: float) -> None:
        """A vehicle stands in a bay, guided there or not."""
        table = self.fleet.vehicles
        car_parks = self.platform.car_parks
        car_parks.occupied[car_park] += 1
        station = int(table.station[slot])
        reservation = self.platform.reservations.get(station)
        if self.state[slot] != UNGUIDED or (reservation is not None and reservation.car_park == car_park):
            self.platform.release(station)
        if self.search[slot] >= 0:
            wish = self.wish[slot]
            search = self.searches[self.search[slot]]
            search.parked = now
            search.taken = car_parks.ids[car_park]
            search.walk_m = float(
                np.hypot(car_parks.x[car_park] - car_parks.x[wish], car_parks.y[car_park] - car_parks.y[wish])
            )
            search.price_per_hour = float(car_parks.price_per_hour[car_park])
            if self.state[slot] != UNGUIDED:
                search.outcome = "guided" if self.bay_in[slot] == car_park else "parked"
        self.state[slot] = NONE
        self.bay_in[slot] = -1

    def left(self, slot: int, car_park: int, now: float) -> None:
        """A vehicle leaves its bay."""
        self.platform.car_parks.occupied[car_park] -= 1
        if self.search[slot] >= 0:
            self.searches[self.search[slot]].left = now
            self.search[slot] = -1

    def gone(self, slot: int, station: int) -> None:
        """A vehicle has left the simulation; what it had reserved is free again."""
        if self.state[slot] in (SEARCHING, GUIDED, UNGUIDED) and self.search[slot] >= 0:
            self.searches[self.search[slot]].outcome = "gone"
        if self.state[slot] != UNGUIDED:
            self.platform.release(station)
        self.state[slot] = NONE
        self.search[slot] = -1
