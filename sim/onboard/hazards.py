"""Drivers who are warned of a hazard (DENM): they slow down before it, or take another way."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final, NamedTuple

import numpy as np

from wayside.edge.hazards import HazardBook, ToldHazard
from wayside.edge.messages import CAUSES, Broadcast, Denm, Response
from wayside.edge.plugin import Option
from wayside.edge.roadmap import RoadMap
from wayside.ext.arrays import Bytes, Doubles, Flags, Indices, Ints
from wayside.sim.observers import Table
from wayside.sim.onboard.service import OnboardService, Surroundings
from wayside.sim.sumo.commands import AVOIDED, ReckonDelay, SpeedAdvice
from wayside.sim.world.roads import road_map

AHEAD: Final = np.cos(np.radians(60.0))  # a hazard further to the side than this is none on the way
BESIDE: Final = 15.0  # m beside a way that leads to a hazard where one is still taken to be on it
LOOK_AGAIN: Final = 10.0  # s after which a driver's plan may have become another
SETTLED: Final = 1.0  # s after which it shows whether SUMO has found another way
# What holds up who drives there: of rain and fog one drives no other way.
OBSTRUCTS: Final = frozenset(
    CAUSES[name]
    for name in (
        "traffic-jam",
        "accident",
        "roadworks",
        "obstacle-on-the-road",
        "wrong-way-driving",
        "vehicle-breakdown",
        "stationary-vehicle",
        "dangerous-end-of-queue",
    )
)
IMMINENT: Final = CAUSES["collision-risk"]  # of the next seconds: nothing that lies on one's way
NOT_ASKED, ELSEWHERE, THERE = 0, 1, 2  # whether a driver's plan leads to a hazard


@dataclass
class KnownHazard:
    """One that somebody has heard of; arrays have an entry for each slot.

    edge: on which it lies, -1 where that cannot be told; start, way, run: of the ways that lead to it straight pieces,
    from it on: where each begins and how it leads away [m], and how far from the hazard [m].
    """

    said: Denm
    edge: int
    start: Doubles
    way: Doubles
    run: Doubles
    until: Doubles  # s; no longer valid
    leads: Bytes
    around: set[int] = field(default_factory=set)  # slots of those who reckon with it on their way

    def grow(self, capacity: int) -> None:
        """Room for more slots."""
        more = capacity - len(self.until)
        self.until = np.concatenate((self.until, np.full(more, -np.inf)))
        self.leads = np.concatenate((self.leads, np.zeros(more, np.uint8)))


class _Question(NamedTuple):
    """Whether a vehicle's plan leads to a hazard."""

    hazard: KnownHazard
    slot: int
    station: int
    detour: bool = False  # and if so, whether another way is faster
    since: float = -np.inf  # s; when it was told to look for one


class HazardReaction(OnboardService):
    """Drivers with a unit slow down before a hazard that they are warned of, and drive on behind it; some take another
    way where it closes their road or holds them up.

    They look once a second, about as long as a driver takes to react. A hazard concerns who drives towards it: where
    the message has the ways that lead to it (traces), those who are on one, head for it, and whose own plan goes there;
    without, whoever comes near with it ahead. It is over when its validity is, or a cancellation is heard.
    """

    name: ClassVar[str] = "hazards"
    summary: ClassVar[tuple[str, ...]] = ("said", "warned", "slowed", "rerouted")
    hears: ClassVar[tuple[type[Broadcast | Response], ...]] = (Denm,)
    compliance: Annotated[float, Option("share of drivers who slow down", ge=0, le=1)] = 1.0
    speed: Annotated[float, Option("speed on coming near", unit="m/s", gt=0, le=100)] = 8.33
    distance: Annotated[float, Option("from how far before it", unit="m", gt=0, le=10_000)] = 150.0
    reroute: Annotated[float, Option("share of drivers who look for another way", ge=0, le=1)] = 0.0
    delay: Annotated[float, Option("how much longer they reckon with there", unit="s", gt=0, le=86_400)] = 60.0

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "obeys": (np.uint8, 1),
        "detours": (np.uint8, 0),
        "warned": (np.uint8, 0),
        "slowed": (np.uint8, 0),
    }
    obeys: Bytes
    detours: Bytes
    warned: Bytes
    slowed: Bytes

    def __init__(self, around: Surroundings) -> None:
        """See `OnboardService.__init__`; the units' book of hazards is entered into the platform."""
        self.vehicles_warned = self.vehicles_slowed = self.vehicles_rerouted = 0
        self.known: dict[Hashable, KnownHazard] = {}
        self.book = HazardBook()
        self._around = around
        self._questions: list[_Question] = []
        self._asked_at = 0.0
        around.platform.enter(self.name, self.book)
        super().__init__(around)

    @cached_property
    def _roads(self) -> RoadMap:
        return road_map(self._around.network)

    def grow(self, capacity: int) -> None:
        """See `SlotColumns.grow`."""
        super().grow(capacity)
        for hazard in self.known.values():
            hazard.grow(capacity)

    def admit(self, departed: Ints) -> None:
        """See `OnboardService.admit`; who obeys, unless all do, and who looks for other ways are drawn."""
        super().admit(departed)
        if self.compliance < 1.0:
            for slot in departed.tolist():
                self.obeys[slot] = self.fleet.complies(self.name, slot, self.compliance)
        if self.reroute > 0.0:
            for slot in departed.tolist():
                self.detours[slot] = self.fleet.complies(f"{self.name} reroute", slot, self.reroute)

    def told(self, said: Any, slots: Ints, now: float) -> None:
        """See `OnboardService.told`: a new hazard, news of one that is known, or its end."""
        if said.cause == IMMINENT:
            return
        key = said.position if said.event is None else said.event
        hazard = self.known.get(key)
        if said.over:
            if hazard is not None:
                hazard.until[slots] = -np.inf
            return
        if hazard is None or (hazard.said is not said and hazard.said != said):
            hazard = self.known[key] = self._learn(said, hazard)
        fresh = slots[hazard.until[slots] <= now]
        hazard.until[slots] = now + said.validity
        if not len(fresh):
            return
        self.vehicles_warned += int(np.count_nonzero(self.warned[fresh] == 0))
        self.warned[fresh] = 1
        if self.reroute > 0.0 and hazard.edge >= 0 and (said.blocked or said.cause in OBSTRUCTS):
            self._ask(hazard, fresh[self.detours[fresh] == 1], detour=True)

    def _learn(self, said: Denm, before: KnownHazard | None) -> KnownHazard:
        """A hazard as it is said now, known to those who knew of it before."""
        lines = [np.array([said.position, *trace]) for trace in said.traces]
        starts = [line[:-1] for line in lines]
        ways = [np.diff(line, axis=0) for line in lines]
        runs = [np.concatenate(([0.0], np.hypot(*way.T).cumsum()[:-1])) for way in ways]
        edge = -1
        if lines:
            towards = lines[0][0] - next((p for p in lines[0][1:] if not np.allclose(p, lines[0][0])), lines[0][0])
            heading = np.degrees(np.arctan2(*towards))
            edge = int(self._roads.locate(*(np.array([v]) for v in (*said.position, heading))).edge[0])
        flat = np.empty((0, 2))
        column = np.concatenate(([], *runs))
        start, way = np.vstack((flat, *starts)), np.vstack((flat, *ways))
        if before is None:
            until, leads = np.full(self.capacity, -np.inf), np.zeros(self.capacity, np.uint8)
            return KnownHazard(said, edge, start, way, column, until, leads)
        if edge != before.edge:
            before.leads[:] = NOT_ASKED
        return KnownHazard(said, edge, start, way, column, before.until, before.leads, before.around)

    def _ask(self, hazard: KnownHazard, slots: Ints | Indices, detour: bool = False) -> None:
        """Let these drivers look at their plans when SUMO has made its next step."""
        stations = self.fleet.vehicles.station
        self._questions += [_Question(hazard, s, int(stations[s]), detour) for s in slots.tolist()]

    def settled(self, now: float) -> None:
        """See `OnboardService.settled`: drivers look at their plans."""
        if not self._questions:
            return
        table, network, backend = self.fleet.vehicles, self._around.network, self._around.backend
        questions, self._questions = self._questions, []
        for question in questions:
            hazard, slot, station, detour, since = question
            if table.station[slot] != station or not table.alive[slot]:
                continue
            if now < since + SETTLED:
                self._questions.append(question)
                continue
            vehicle, edge = str(table.ids[slot]), network.edge_ids[hazard.edge]
            ahead = edge in backend.edges_ahead(vehicle)
            hazard.leads[slot] = THERE if ahead or table.edge[slot] == hazard.edge else ELSEWHERE
            if since > -np.inf:
                self.vehicles_rerouted += hazard.leads[slot] == ELSEWHERE
            elif detour and ahead:
                self.orders.append(ReckonDelay(vehicle, edge, AVOIDED if hazard.said.blocked else self.delay))
                hazard.around.add(slot)
                self._questions.append(question._replace(since=now))

    def every_second(self, seconds: float, now: float) -> None:
        """See `OnboardService.every_second`: whoever comes near a hazard ahead slows down."""
        if not self.vehicles_warned:
            return
        table = self.fleet.vehicles
        n = table.extent
        slow = np.zeros(n, bool)
        if again := now >= self._asked_at + LOOK_AGAIN:
            self._asked_at = now
        for key, hazard in list(self.known.items()):
            self._forget(hazard, now)
            knowing = np.flatnonzero((hazard.until[:n] > now) & (self.fleet.active[:n] == 1))
            if not len(knowing):
                if not (hazard.until > now).any():
                    del self.known[key]
                continue
            near = knowing[self._before(hazard, knowing) & (self.obeys[knowing] == 1)]
            if hazard.edge >= 0:
                leads = hazard.leads[near]
                self._ask(hazard, near[(leads == NOT_ASKED) | again])
                near = near[(leads == THERE) | ((leads == NOT_ASKED) & (self.slowed[near] == 1))]
            slow[near] = True
        for slot in np.flatnonzero(slow != (self.slowed[:n] == 1)).tolist():
            if table.alive[slot]:
                self.orders.append(SpeedAdvice(str(table.ids[slot]), self.speed if slow[slot] else -1.0))
                self.vehicles_slowed += int(slow[slot])
        self.slowed[:n] = slow

    def _forget(self, hazard: KnownHazard, now: float) -> None:
        """Those for whom a hazard is over reckon with it no more."""
        if not hazard.around:
            return
        table = self.fleet.vehicles
        over = [slot for slot in sorted(hazard.around) if hazard.until[slot] <= now]
        edge = self._around.network.edge_ids[hazard.edge]
        self.orders += [ReckonDelay(str(table.ids[slot]), edge, 0.0) for slot in over if table.alive[slot]]
        hazard.around.difference_update(over)

    def _before(self, hazard: KnownHazard, slots: Indices) -> Flags:
        """Which of these vehicles have a hazard ahead, near enough."""
        table = self.fleet.vehicles
        x, y, heading = table.x[slots], table.y[slots], np.radians(table.heading[slots])
        if not len(hazard.start):
            east, north = hazard.said.position[0] - x, hazard.said.position[1] - y
            distance = np.hypot(east, north)
            ahead: Flags = east * np.sin(heading) + north * np.cos(heading) >= AHEAD * distance
            return ahead & (distance <= self.distance)
        square = np.maximum((hazard.way**2).sum(axis=1), 1e-12)
        apart = np.stack((x, y), axis=1)[:, None, :] - hazard.start
        part = np.clip((apart * hazard.way).sum(axis=2) / square, 0.0, 1.0)
        off = np.hypot(*np.moveaxis(apart - part[:, :, None] * hazard.way, 2, 0))
        size = np.sqrt(square)
        along = hazard.run + part * size
        back = -(np.sin(heading)[:, None] * hazard.way[:, 0] + np.cos(heading)[:, None] * hazard.way[:, 1])
        # At the very begin one is past it, on whichever piece.
        there = (off <= BESIDE) & (back >= AHEAD * size) & (along <= self.distance) & (along > 0.0)
        return there.any(axis=1)

    def gone(self, slots: Ints, now: float) -> None:
        """See `OnboardService.gone`."""
        self.slowed[slots] = 0
        for hazard in self.known.values():
            hazard.until[slots] = -np.inf
            hazard.leads[slots] = NOT_ASKED
            hazard.around.difference_update(slots.tolist())

    def kpis(self, now: float) -> dict[str, float]:
        """What units have told, and what came of it: vehicles warned, times that one slowed down, or went round."""
        return {
            "hazards.said": len(self.book.told),
            "hazards.updated": self.book.updated,
            "hazards.cancelled": self.book.cancelled,
            "hazards.warned": self.vehicles_warned,
            "hazards.slowed": self.vehicles_slowed,
            "hazards.rerouted": self.vehicles_rerouted,
        }

    def tables(self, now: float) -> Mapping[str, Table]:
        """What units have told of, where anything was."""
        return {"hazards": Table(ToldHazard, self.book.told)} if self.book.told else {}
