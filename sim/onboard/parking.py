"""Drivers who look for a bay: when they start to, whom they ask, where they go, and what became of it.

A driver's wish is the next stop at a parking area in the vehicle's route. The search begins when the vehicle is seen
within the request distance of it, with a unit or without, once a second; at the latest when it parks. Those without an
on-board unit drive there and, where it is full, wherever SUMO's own rerouters send them: that is the blind search.

Who has been told that there is no bay knows that those which stand empty are others': it drives past its wish, round
and back, and asks again. Where free bays are announced instead (`sim.onboard.announced`), nobody asks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from wayside.edge.messages import Broadcast, Request, Response
from wayside.edge.parking.announce import Announcement
from wayside.edge.parking.messages import BaysLost, FreeBays, ParkingRequests, ParkingResponses
from wayside.edge.parking.state import ParkingPlatform
from wayside.edge.pool import RETRY
from wayside.ext.arrays import Bytes, Doubles, Flags, Indices, Ints, States
from wayside.sim.observers import Table
from wayside.sim.onboard.announced import BayNews
from wayside.sim.onboard.opening import Opening
from wayside.sim.onboard.searches import Search, Tally
from wayside.sim.onboard.service import AFTER_REFUSAL, OnboardService, Places, Surroundings
from wayside.sim.stations.histograms import ratio
from wayside.sim.sumo.backend import NEVER, PlannedStop
from wayside.sim.sumo.commands import Command, ParkAt, PassBy
from wayside.sim.sumo.reservable import check_reserves
from wayside.sim.world import AT_PLACE
from wayside.sim.world.ways import Ways

# A driver who drives around its wish asks when it comes near again, so that no bay stands empty for long while its
# driver is on the way; where nobody hears it there, anywhere after a while, and at last it goes by its own plan.
NEAR = 300.0  # m of driving
PATIENCE = 60.0  # s
ALTERNATIVES = 8  # car parks looked at instead of one on a closed road
SILENCE = 180.0  # s without an answer

# No wish; still far; near and looking; on the way to a bay reserved; on the way of one's own in spite of it.
NONE, HEADING, SEARCHING, GUIDED, UNGUIDED = range(5)


class Drivers(OnboardService):
    """The drivers' side of smart parking, by the vehicles' slots.

    `compliance` is the share of drivers who follow the advice, the same ones for a seed whatever is advised. The others
    go on as drivers without a unit do. Their bays stay reserved until the time is up: the platform cannot know.
    """

    name: ClassVar[str] = "parking"
    headlines: ClassVar[tuple[str, ...]] = ("parked_share", "search_time_s", "cruising_m")
    summary: ClassVar[tuple[str, ...]] = (
        "searches",
        "parked_share",
        "requested",
        "reserved",
        "reservations_lost",
        "taken_as_reserved",
        "search_time_s",
        "search_time_p95_s",
        "cruising_m",
        "walking_distance_m",
    )
    asks: ClassVar[tuple[type[Request], ...]] = (ParkingRequests,)
    hears: ClassVar[tuple[type[Broadcast | Response], ...]] = (ParkingResponses,)  # and FreeBays, where announced
    notices: ClassVar[tuple[type, ...]] = (BaysLost,)
    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "state": (np.int8, NONE),
        "wish": (np.int32, -1),
        "stay": (np.float64, 0.0),
        "stop_flags": (np.int32, 0),
        "until": (np.float64, NEVER),
        "passing": (np.uint8, 0),
        "bound": (np.uint8, 0),
        "heard_at": (np.float64, 0.0),
        "bay_in": (np.int32, -1),
        "bay_until": (np.float64, np.inf),
        "ask_at": (np.float64, 0.0),
        "answer_by": (np.float64, -np.inf),
        "search": (np.int32, -1),
        "from_edge": (np.int32, 0),
        "from_position": (np.float64, 0.0),
        "from_distance": (np.float64, 0.0),
        "began": (np.float64, 0.0),
        "direct_m": (np.float64, 0.0),
    }

    state: States
    wish: Ints  # car park of the driver's plan
    stay: Doubles  # s; with stop_flags and until: the stop of the plan
    stop_flags: Ints
    until: Doubles  # s
    passing: Bytes  # that stop has been taken out of SUMO's plan
    bound: Bytes  # to its plan: there is no way round past the wish
    heard_at: Doubles  # s, of the last answer
    bay_in: Ints  # car park where a bay is reserved
    bay_until: Doubles  # s; then it is kept no longer, as the answer has said
    ask_at: Doubles  # s; no request before
    answer_by: Doubles  # s until which an answer is awaited
    search: Ints  # row in `searches`, from the begin of the search until the bay is left
    from_edge: Ints  # where the search began
    from_position: Doubles  # m on that edge
    from_distance: Doubles  # m driven by then
    began: Doubles  # s, of the search
    direct_m: Doubles  # shortest way from there to the wish

    def __init__(self, around: Surroundings) -> None:
        """See `OnboardService.__init__`."""
        section, facilities, plugins = around.scenario.parking, around.facilities, around.plugins
        check_reserves(plugins.policies[ParkingPlatform.path], around.backend.version, around.scenario)
        self.platform = ParkingPlatform(
            facilities.car_parks,
            plugins.policies[ParkingPlatform.path],
            section.reservation_timeout,
            plugins.pooling[ParkingPlatform.path],
        )
        around.platform.enter(self.name, self.platform)
        self.backend = around.backend
        self.car_park_of = facilities.car_park_of  # by SUMO's id of the parking area
        parks = facilities.car_parks
        self.ways = Ways(around.network, parks.edge, parks.position)
        self.opening = Opening(parks, around.backend.time)
        self.request_distance = section.request_distance
        self.compliance = section.compliance
        self.horizon = section.search_horizon  # s, of the mean time of a search
        policy = self.platform.policy
        self.news: BayNews | None = None  # where free bays are announced
        if isinstance(policy, Announcement):
            self.news = BayNews(parks, policy.trust, policy.walk)
            self.hears = (*self.hears, FreeBays)  # type: ignore[misc]
        self.searches: list[Search] = []
        self.tally = Tally()
        self.requested = self.reserved = self.taken = self.as_reserved = self.requests_made = self.rejected = 0
        self.turned_away = 0  # from car parks that were closed
        self.wishes = 0  # stops at car parks that were planned
        self.bay_s = self.occupied_bay_s = 0.0
        super().__init__(around)

    @property
    def present(self) -> bool:
        """Whether there is a car park."""
        return bool(self.car_park_of)

    def admit(self, departed: Ints) -> None:
        """See `OnboardService.admit`; each new vehicle's plan is looked up."""
        super().admit(departed)
        for slot in departed.tolist():
            self._wish(slot)

    def plan(self, slot: int) -> None:
        """Look up a vehicle's next wish, whenever it leaves a stop."""
        self.search[slot] = self.bay_in[slot] = -1
        self.answer_by[slot] = -np.inf
        if self.passing[slot]:  # it has been charging in between; now the wish comes next
            self._go_by_plan(slot)
            self.state[slot] = HEADING
            return
        self.state[slot] = NONE
        self.bound[slot] = 0
        self._wish(slot)

    def _wish(self, slot: int) -> None:
        """Look up the wish of a vehicle that has none."""
        stop = self.backend.planned_parking(str(self.fleet.vehicles.ids[slot]))
        car_park = -1 if stop is None else self.car_park_of.get(stop.area, -1)
        if stop is None or car_park < 0:
            return
        self.wishes += 1
        self.state[slot] = HEADING
        self.wish[slot] = car_park
        self.stay[slot], self.stop_flags[slot], self.until[slot] = stop.duration, stop.flags, stop.until

    def look(self, now: float) -> None:
        """Whoever has come near its wish begins to search; whoever stands before a full car park searches again."""
        if not self.car_park_of:
            return
        table = self.fleet.vehicles
        n = table.extent
        car_parks = self.platform.car_parks
        state = self.state[:n]
        heading = np.flatnonzero(state == HEADING)
        if len(heading):
            wish = self.wish[heading]
            distance = np.hypot(table.x[heading] - car_parks.x[wish], table.y[heading] - car_parks.y[wish])
            for slot in heading[distance <= self.request_distance].tolist():
                self._begin(slot, now)
                self.state[slot] = SEARCHING
                self.ask_at[slot] = now
        about = np.flatnonzero(state > HEADING)
        for slot in about[(table.stop_state[about] & AT_PLACE) != 0].tolist():
            self._end(slot, now, "elsewhere")
            self._quiet(slot)
            self.state[slot] = NONE  # until it leaves, and looks up its plan
        guided = about[state[about] == GUIDED]
        if len(guided):
            bay_in = self.bay_in[guided]
            arrived = table.edge[guided] == car_parks.edge[bay_in]
            full = car_parks.occupied[bay_in] >= car_parks.capacity[bay_in]
            for slot in guided[arrived & full].tolist():
                if self.news is not None:
                    self.news.see_full(slot, int(self.bay_in[slot]), now)
                self._search_again(slot, now)

    def requests(self, now: float) -> list[tuple[int, ParkingRequests]]:
        """See `OnboardService.requests`; who is about another errand, as charging, waits."""
        if not self.car_park_of:
            return []
        self.look(now)
        if self.news is not None:
            return []
        table = self.fleet.vehicles
        n = table.extent
        searching = np.flatnonzero(self.state[:n] == SEARCHING)
        if not len(searching):
            return []
        asking = searching[
            (self.fleet.active[searching] == 1) & (self.ask_at[searching] <= now) & ~self.busy(searching, now)
        ]
        asking = asking[~self._later(asking, now)]
        if not len(asking):
            return []
        car_parks = self.platform.car_parks
        batches = []
        for unit, who in self.fleet.ask(self.name, asking):
            self.ask_at[who] = self.answer_by[who] = now + RETRY
            for slot in who.tolist():
                search = self.searches[self.search[slot]]
                search.requests += 1
                self.requests_made += 1
                if search.requests == 1:
                    search.requested = now
                    self.requested += 1
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

    def _later(self, slots: Indices, now: float) -> Flags:
        """Which of these are driving around their wish, and will come nearer before they ask."""
        later = (self.passing[slots] == 1) & (self.ask_at[slots] > now - PATIENCE)
        if later.any():
            table, who = self.fleet.vehicles, slots[later]
            later[later] = self.ways.to(self.wish[who], table.edge[who], table.lane_position[who]) > NEAR
        return later

    def awaiting(self, now: float) -> bool:
        """Whether anybody awaits an answer after `now`, or is to get one: who has a bay obeys one that it is lost."""
        if not self.car_park_of:
            return False
        n = self.fleet.vehicles.extent
        return bool(len(self.platform.pool)) or bool(((self.state[:n] == SEARCHING) & (self.answer_by[:n] > now)).any())

    def engaged(self, slots: Indices, now: float) -> Flags:
        """Who is being guided to a bay parks first."""
        found: Flags = self.state[slots] == GUIDED
        return found

    def told(self, said: Any, slots: Ints, now: float) -> None:
        """See `OnboardService.told`: free bays are announced."""
        if self.news is not None:
            self.news.hear(said, slots, now)

    def choose(self, now: float) -> None:
        """Who looks for a bay goes where one is free, as far as it has heard; who has heard that its own choice is
        full chooses anew, and keeps to it where it knows of no other.
        """
        if self.news is None:
            return
        table, parks, n = self.fleet.vehicles, self.platform.car_parks, self.fleet.vehicles.extent
        bound = np.flatnonzero(self.state[:n] == GUIDED)
        bound = bound[self.news.full(bound, self.bay_in[bound])] if len(bound) else bound
        looking = np.flatnonzero((self.state[:n] == SEARCHING) & (self.ask_at[:n] <= now))
        looking = looking[(self.fleet.active[looking] == 1) & ~self.busy(looking, now)] if len(looking) else looking
        slots = np.concatenate((bound, looking))
        wish = self.wish[slots]
        chosen = self.news.choose(slots, parks.x[wish], parks.y[wish], now)
        slots, chosen = slots[chosen >= 0], chosen[chosen >= 0]
        reached = np.isfinite(self.ways.to(chosen, table.edge[slots], table.lane_position[slots]))
        for slot, car_park, on_the_way in zip(slots.tolist(), chosen.tolist(), reached.tolist(), strict=True):
            search = self.searches[self.search[slot]]
            if not on_the_way:
                self.news.bar(slot, car_park)
            elif not self._complies(slot):
                self.state[slot], search.outcome = UNGUIDED, "ignored"
            else:
                self.state[slot], self.bay_in[slot], self.bay_until[slot] = GUIDED, car_park, np.inf
                search.assigned = parks.ids[car_park]
                self.orders.append(self._park_at(slot, search.assigned))

    def heard(self, said: Response, now: float) -> None:
        """See `OnboardService.heard`."""
        assert isinstance(said, ParkingResponses)
        for vehicle, car_park in zip(said.vehicle.tolist(), said.car_park.tolist(), strict=True):
            self.obey(vehicle, car_park, now)

    def obey(self, slot: int, car_park: int, now: float) -> None:
        """A driver hears an answer: the car park where a bay is reserved, or -1. To one who has a bay, -1 says that it
        is lost.
        """
        if self.state[slot] == GUIDED and car_park < 0:
            self.heard_at[slot] = now
            self._search_again(slot, now)
            self._pass_by(slot)
            return
        if self.state[slot] != SEARCHING or self.answer_by[slot] <= now:
            return  # parked, answered already, or has not asked
        self.answer_by[slot] = -np.inf
        self.heard_at[slot] = now
        search = self.searches[self.search[slot]]
        if car_park < 0:
            search.rejected += 1
            self.rejected += 1
            self.ask_at[slot] = now + AFTER_REFUSAL
            self._pass_by(slot)
            return
        if not self._complies(slot):
            self.state[slot] = UNGUIDED
            search.outcome = "ignored"
            return
        self.state[slot] = GUIDED
        self.bay_in[slot] = car_park
        self.bay_until[slot] = now + self.platform.timeout
        self.reserved += bool(np.isnan(search.reserved))
        search.reserved = now
        search.assigned = self.platform.car_parks.ids[car_park]
        self.orders.append(self._park_at(slot, search.assigned))

    def refused(self, command: Command, now: float) -> None:
        """SUMO did not take a ParkAt: the bay is given back, and the driver asks again later. It did not take a PassBy:
        the driver keeps to its plan.
        """
        if isinstance(command, PassBy):
            if (slot := self.slot_of(command.vehicle)) is not None:
                self.passing[slot], self.bound[slot] = 0, 1
        elif isinstance(command, ParkAt):
            self.bay_refused(command.vehicle, now, command.again is not None)

    def bay_refused(self, vehicle: str, now: float, taken_out: bool = False) -> None:
        """There is no way to a driver's bay. `taken_out`: its stop was to be put back, and was not."""
        slot = self.slot_of(vehicle)
        if slot is None:
            return
        if taken_out and self.state[slot] != NONE:
            self.passing[slot], self.heard_at[slot] = 1, now
        if self.state[slot] == GUIDED:
            if self.news is not None:
                self.news.bar(slot, int(self.bay_in[slot]))
            self._search_again(slot, now + AFTER_REFUSAL)
            self._pass_by(slot)

    def closed(self, edges: Sequence[int], now: float) -> None:
        """See `OnboardService.closed`."""
        self._look_elsewhere(self.opening.close_roads(edges, now), now)

    def _look_elsewhere(self, closed: Flags, now: float) -> None:
        """Car parks have closed: who was bound for one searches again."""
        if closed.any():
            table = self.fleet.vehicles
            guided = np.flatnonzero(self.state[: table.extent] == GUIDED)
            for slot in guided[closed[self.bay_in[guided]]].tolist():
                self.bay_refused(str(table.ids[slot]), now)

    def turn_away(self, now: float) -> None:
        """Who comes to a car park that is closed at this hour, by its own plan or SUMO's, sees so on its road, and goes
        to the nearest one that is open.
        """
        table, parks = self.fleet.vehicles, self.platform.car_parks
        here = self.opening.before(table.edge[: table.extent])
        here = here[(self.state[here] > NONE) & (self.state[here] != GUIDED) & (self.passing[here] == 0)]
        for slot in here[(table.alive[here] == 1) & (table.stop_state[here] == 0)].tolist():
            stop = self.backend.planned_parking(str(table.ids[slot]))
            bound = -1 if stop is None else self.car_park_of.get(stop.area, -1)
            if bound >= 0 and not parks.open[bound] and (other := self.opening.nearest(int(self.wish[slot]))) >= 0:
                self.turned_away += 1
                self.orders.append(self._park_at(slot, parks.ids[other]))

    def elsewhere(self) -> list[tuple[str, tuple[str, ...]]]:
        """See `OnboardService.elsewhere`: the nearest ones."""
        parks = self.platform.car_parks
        found = []
        for park in np.flatnonzero(~self.opening.reached).tolist():
            distance = np.hypot(parks.x - parks.x[park], parks.y - parks.y[park])
            distance[~parks.open] = np.inf
            near = np.argsort(distance, kind="stable")[:ALTERNATIVES]
            others = tuple(parks.ids[other] for other in near.tolist() if np.isfinite(distance[other]))
            found.append((parks.ids[park], others))
        return found

    def settled(self, now: float) -> None:
        """Who has lost a bay to others is told by a unit, or sees it."""
        if not self.platform.entries or not (lost := self.platform.displace()):
            return
        stations = list(lost)
        for slot in self.slots_of(stations):
            if self.search[slot] >= 0:
                self.searches[self.search[slot]].lost += 1
        for station, hearer in zip(stations, self.backhaul.hearers(self.name, stations), strict=True):
            kept = lost[station]
            unit = hearer if hearer >= 0 else kept.unit
            if unit >= 0 and kept.vehicle >= 0:
                vehicle = np.array([kept.vehicle], np.int32)
                self.backhaul.notify(unit, BaysLost(vehicle, np.array([station], np.int64)))

    def every_second(self, seconds: float, now: float) -> None:
        """See `OnboardService.every_second`."""
        self.platform.expire(now)
        self._look_elsewhere(self.opening.look(now), now)
        self.turn_away(now)
        self.too_late(now)
        self.choose(now)
        self.give_up(now)
        car_parks = self.platform.car_parks
        self.bay_s += float(car_parks.capacity.sum()) * seconds
        self.occupied_bay_s += float(car_parks.occupied.sum()) * seconds

    def too_late(self, now: float) -> None:
        """Who has not come to its bay in time knows that it is kept no longer, and searches again."""
        guided = np.flatnonzero(self.state[: self.fleet.vehicles.extent] == GUIDED)
        for slot in guided[self.bay_until[guided] <= now].tolist():
            self.heard_at[slot] = now  # else it would give up at once
            self._search_again(slot, now)
            self._pass_by(slot)

    def give_up(self, now: float) -> None:
        """Who was refused and has heard nothing more for a while goes by its own plan, as one without a unit."""
        if not self.car_park_of:
            return
        passing = np.flatnonzero(self.passing[: self.fleet.vehicles.extent].view(np.bool_))
        waiting = passing[(self.state[passing] == SEARCHING) & (self.heard_at[passing] < now - SILENCE)]
        if len(waiting):
            for slot in waiting[~self.busy(waiting, now)].tolist():
                self._go_by_plan(slot)

    def stopped(self, slot: int, place: str, now: float) -> None:
        """See `OnboardService.stopped`."""
        if place in self.car_park_of:
            self.parked(slot, self.car_park_of[place], now)

    def left(self, slot: int, place: str, now: float) -> None:
        """See `OnboardService.left`; who drives on looks up its next wish."""
        if place in self.car_park_of:
            self.platform.left(self.car_park_of[place])
            if self.search[slot] >= 0:
                self.searches[self.search[slot]].left = now
                self.search[slot] = -1
        if self.fleet.vehicles.alive[slot]:
            self.plan(slot)

    def parked(self, slot: int, car_park: int, now: float) -> None:
        """A vehicle stands in a bay, guided there or not."""
        table = self.fleet.vehicles
        car_parks = self.platform.car_parks
        as_reserved = self.platform.entered(car_park, int(table.station[slot]))
        car_parks.appeared[car_park] += table.distance[slot] == 0.0
        if self.state[slot] == HEADING and table.distance[slot] > 0.0:  # else it has stood there from the begin
            self._begin(slot, now)
        if self.search[slot] >= 0:
            wish = self.wish[slot]
            search = self.searches[self.search[slot]]
            search.parked = now
            search.taken = car_parks.ids[car_park]
            search.walk_m = float(
                np.hypot(car_parks.x[car_park] - car_parks.x[wish], car_parks.y[car_park] - car_parks.y[wish])
            )
            search.price_per_hour = float(car_parks.price_per_hour[car_park])
            self._measure(slot, int(car_parks.edge[car_park]), float(table.lane_position[slot]), now)
            if self.state[slot] != UNGUIDED:
                search.outcome = "guided" if as_reserved else "parked"
            self.taken += 1
            self.as_reserved += search.outcome == "guided"
            self.tally.end(search)
        self._quiet(slot)
        self.state[slot] = NONE
        self.passing[slot] = 0
        self.bay_in[slot] = -1

    def gone(self, slots: Ints, now: float) -> None:
        """See `OnboardService.gone`; the platform is not told."""
        for slot in slots.tolist():
            if self.state[slot] in (SEARCHING, GUIDED, UNGUIDED) and self.search[slot] >= 0:
                self._end(slot, now, "gone")
            self._quiet(slot)
            self.state[slot] = NONE
            self.passing[slot] = 0
            self.search[slot] = -1

    def kpis(self, now: float) -> dict[str, float]:
        """See `OnboardService.kpis`."""
        n = self.fleet.vehicles.extent
        going = np.flatnonzero((self.search[:n] >= 0) & (self.state[:n] > HEADING))
        driven = self.fleet.vehicles.distance[going] - self.from_distance[going]
        cruising = np.maximum(driven - self.direct_m[going], 0.0)
        cruising[~np.isfinite(self.direct_m[going])] = np.nan
        equipped = self.fleet.equipped[going] == 1
        return {
            "parking.car_parks": len(self.platform.car_parks.ids),
            "parking.bays": int(self.platform.car_parks.capacity.sum()),
            "parking.occupancy": ratio(self.occupied_bay_s, self.bay_s),
            **self.tally.figures(self.began[going], cruising, equipped, now, self.horizon),
            "parking.requested": self.requested,
            "parking.reserved": self.reserved,
            "parking.taken": self.taken,
            "parking.taken_as_reserved": self.as_reserved,
            "parking.turned_away": self.turned_away,
            "parking.rejected": ratio(self.rejected, self.requests_made),
            "parking.expired": self.platform.expired,
            "parking.reservations_lost": self.platform.lost,
        }

    def places(self, seconds: float) -> Places | None:
        """The car parks."""
        parks = self.platform.car_parks
        power = np.zeros(len(parks.ids))
        return Places(parks.ids, parks.capacity, parks.occupied, parks.reserved, power)

    def tables(self, now: float) -> Mapping[str, Table]:
        """A row for each search."""
        return {self.name: Table(Search, self.settle(now))}

    def idle(self) -> Iterator[str]:
        """See `OnboardService.idle`."""
        if self.present and not self.wishes:
            yield "no vehicle had a stop at a parkingArea, so nobody asked for a bay"
        if len(never := np.flatnonzero(~self.opening.ever)):
            first = self.platform.car_parks.ids[never[0]]
            yield f"{len(never):,} of the car parks, as {first}, were never open"

    def settle(self, now: float) -> list[Search]:
        """All searches, those still going on with what has been driven so far."""
        n = self.fleet.vehicles.extent
        for slot in np.flatnonzero((self.search[:n] >= 0) & (self.state[:n] > HEADING)).tolist():
            self._measure(slot, *self._to_wish(slot), now)
        return self.searches

    def _begin(self, slot: int, now: float) -> None:
        table = self.fleet.vehicles
        self.search[slot] = len(self.searches)
        self.from_edge[slot], self.from_position[slot] = table.edge[slot], table.lane_position[slot]
        self.from_distance[slot] = table.distance[slot]
        self.began[slot] = now
        self.direct_m[slot] = self.ways.one(*self._from(slot), *self._to_wish(slot))
        wished = self.platform.car_parks.ids[self.wish[slot]]
        if self.news is not None:
            self.news.listen(slot)
        search = Search(str(table.ids[slot]), bool(self.fleet.equipped[slot]), wished, now)
        search.stay = float(self.stay[slot]) if self.stay[slot] >= 0.0 else math.nan
        self.searches.append(search)

    def _measure(self, slot: int, edge: int, position: float, now: float) -> None:
        """What a search has taken by now, and the shortest way to where it leads."""
        search = self.searches[self.search[slot]]
        search.ended = now
        search.driven_m = float(self.fleet.vehicles.distance[slot] - self.from_distance[slot])
        direct = self.ways.one(*self._from(slot), edge, position)
        if math.isfinite(direct):
            search.direct_m = direct
            search.cruising_m = max(search.driven_m - direct, 0.0)

    def _from(self, slot: int) -> tuple[int, float]:
        return int(self.from_edge[slot]), float(self.from_position[slot])

    def _to_wish(self, slot: int) -> tuple[int, float]:
        wish = self.wish[slot]
        return int(self.ways.edge[wish]), float(self.ways.position[wish])

    def _end(self, slot: int, now: float, outcome: str) -> None:
        """The search is over without a bay."""
        self._measure(slot, *self._to_wish(slot), now)
        search = self.searches[self.search[slot]]
        search.outcome = outcome
        self.tally.end(search)
        self.search[slot] = -1

    def _quiet(self, slot: int) -> None:
        """Its driver listens to announcements no longer."""
        if self.news is not None:
            self.news.forget(slot)

    def _search_again(self, slot: int, ask_at: float) -> None:
        self.state[slot] = SEARCHING
        self.bay_in[slot] = -1
        self.ask_at[slot] = ask_at

    def _complies(self, slot: int) -> bool:
        return self.fleet.complies("parking", slot, self.compliance)

    def _pass_by(self, slot: int) -> None:
        """For who knows that there is no bay for it now."""
        wish = self.wish[slot]
        if self.bound[slot] or not self.platform.car_parks.open[wish] or not self._complies(slot):
            return
        self.passing[slot] = 1
        self.orders.append(PassBy(str(self.fleet.vehicles.ids[slot]), self.platform.car_parks.ids[wish]))

    def _park_at(self, slot: int, area: str) -> ParkAt:
        again = None
        if self.passing[slot]:
            again = PlannedStop(area, float(self.stay[slot]), int(self.stop_flags[slot]), float(self.until[slot]))
        self.passing[slot] = 0
        return ParkAt(str(self.fleet.vehicles.ids[slot]), area, again)

    def _go_by_plan(self, slot: int) -> None:
        self.orders.append(self._park_at(slot, self.platform.car_parks.ids[self.wish[slot]]))
