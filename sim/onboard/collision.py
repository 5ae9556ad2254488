"""Drivers who are warned of a collision brake while it is about to happen; and how often it nearly did."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final

import numpy as np

from wayside.edge.collisions import GivenWarning, WarningBook
from wayside.edge.errors import PluginError
from wayside.edge.messages import CAUSES, Broadcast, Denm, Response
from wayside.edge.plugin import Option
from wayside.ext.arrays import Bytes, Doubles, Indices, Ints
from wayside.sim.observers import Table
from wayside.sim.onboard.encounters import Encounter, Encounters
from wayside.sim.onboard.service import OnboardService, Surroundings
from wayside.sim.sumo.commands import SpeedAdvice, TakeType

COLLISION: Final = CAUSES["collision-risk"]
BESIDE: Final = 2.0  # m beside a way that leads to a conflict where one is taken to be on it
AHEAD: Final = np.cos(np.radians(45.0))  # how far one's heading may differ from the way's


@dataclass
class KnownConflict:
    """One that somebody has been warned of.

    start, way, run: of the ways that lead there straight pieces, from the place on: where each begins and how it leads
    away, and how far it is [m]. By slot: heard, since when its driver knows of it, and until, how long it is valid [s].
    """

    said: Denm
    start: Doubles
    way: Doubles
    run: Doubles
    heard: Doubles
    until: Doubles


class CollisionReaction(OnboardService):
    """Drivers with a unit brake for a conflict that a roadside unit warns of, if they are on the way that is to.

    They brake `reaction` after they have heard, with the deceleration of their type in SUMO, which goes on checking
    what is safe, and drive on when the warning is cancelled, its validity is over, or they are past the place.
    Pedestrians and cyclists with a device are warned of nothing.
    """

    name: ClassVar[str] = "collision"
    hears: ClassVar[tuple[type[Broadcast | Response], ...]] = (Denm,)
    headlines: ClassVar[tuple[str, ...]] = ("encounters", "encounters_vru", "warnings")
    compliance: Annotated[float, Option("share of drivers who brake when they are warned", ge=0, le=1)] = 1.0
    reaction: Annotated[float, Option("time from the warning to the brakes", unit="s", ge=0, le=5)] = 0.8
    attentive: Annotated[
        dict[str, str], Option("vehicle types of drivers who err, with the type that each has once it has braked")
    ] = {}  # noqa: RUF012 - an option's default is copied
    critical: Annotated[float, Option("time to collision below which two meet closely", unit="s", gt=0, le=5)] = 1.5

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "obeys": (np.uint8, 1),
        "braking": (np.uint8, 0),
        "_ever": (np.uint8, 0),
        "_roused": (np.uint8, 0),
    }
    obeys: Bytes
    braking: Bytes
    _ever: Bytes  # warned
    _roused: Bytes  # from inattention

    def __init__(self, around: Surroundings) -> None:
        """See `OnboardService.__init__`; the units' book of warnings is entered into the platform."""
        self.known: dict[Hashable, KnownConflict] = {}
        self.book = WarningBook()
        self.vehicles_warned = self.braked = 0
        self._around = around
        known = set(around.backend.api.vehicletype.getIDList()) if self.attentive else set()
        for type in sorted({*self.attentive, *self.attentive.values()} - known):
            raise PluginError(f'v2x.services: {self.name}.attentive: "{type}": must be a vehicle type of the scenario')
        around.platform.enter(self.name, self.book)
        super().__init__(around)

    @cached_property
    def encounters(self) -> Encounters:
        """Those of all vehicles and persons, warned or not."""
        around = self._around
        return Encounters(around.network, around.backend, self.context.network.movements, self.critical)

    def grow(self, capacity: int) -> None:
        """See `SlotColumns.grow`."""
        more = capacity - self.capacity
        super().grow(capacity)
        for conflict in self.known.values():
            conflict.heard = np.concatenate((conflict.heard, np.full(more, np.inf)))
            conflict.until = np.concatenate((conflict.until, np.full(more, -np.inf)))

    def admit(self, departed: Ints) -> None:
        """See `OnboardService.admit`; who obeys, unless all do, is drawn."""
        super().admit(departed)
        for conflict in self.known.values():
            conflict.until[departed] = -np.inf
        if self.compliance < 1.0:
            for slot in departed.tolist():
                self.obeys[slot] = self.fleet.complies(self.name, slot, self.compliance)

    def told(self, said: Any, slots: Ints, now: float) -> None:
        """See `OnboardService.told`: a new conflict, news of one that is known, or its end."""
        key = said.event
        known = self.known.get(key)
        if said.over:
            if known is not None:
                known.until[slots] = -np.inf
            return
        if said.cause != COLLISION or not said.traces:
            return
        if known is None or (known.said is not said and known.said != said):
            known = self.known[key] = self._learn(said, known)
        known.heard[slots[known.until[slots] <= now]] = now
        known.until[slots] = now + said.validity

    def _learn(self, said: Denm, before: KnownConflict | None) -> KnownConflict:
        lines = [np.array([said.position, *trace]) for trace in said.traces]
        ways = [np.diff(line, axis=0) for line in lines]
        runs = [np.concatenate(([0.0], np.hypot(*way.T).cumsum()[:-1])) for way in ways]
        heard = np.full(self.capacity, np.inf) if before is None else before.heard
        until = np.full(self.capacity, -np.inf) if before is None else before.until
        start = np.vstack([line[:-1] for line in lines])
        return KnownConflict(said, start, np.vstack(ways), np.concatenate(runs), heard, until)

    def moved(self, now: float) -> None:
        """See `OnboardService.moved`: brakes are pressed and let go; and who is about to meet whom is counted."""
        self.encounters.look(now)
        table = self.fleet.vehicles
        n = table.extent
        brakes = np.zeros(n, bool)
        for key, conflict in list(self.known.items()):
            valid = conflict.until[:n] > now
            if not valid.any():
                del self.known[key]
                continue
            knowing = np.flatnonzero(valid & (self.fleet.active[:n] == 1) & (table.lane[:n] >= 0))
            near = knowing[self._before(conflict, knowing)]
            new = near[self._ever[near] == 0]
            self.vehicles_warned += len(new)
            self._ever[new] = 1
            late = now >= conflict.heard[near] + self.reaction - 1e-6
            brakes[near[late & (self.obeys[near] == 1)]] = True
        if not (brakes.any() or self.braking[:n].any()):
            return
        for slot in np.flatnonzero(brakes != (self.braking[:n] == 1)).tolist():
            if table.alive[slot]:
                self.orders.append(SpeedAdvice(str(table.ids[slot]), 0.0 if brakes[slot] else -1.0, self.name))
                self.braked += int(brakes[slot])
                other = self.attentive.get(table.types[int(table.type[slot])].id) if brakes[slot] else None
                if other is not None and not self._roused[slot]:
                    self.orders.append(TakeType(str(table.ids[slot]), other))
                    self._roused[slot] = 1
        self.braking[:n] = brakes

    def _before(self, conflict: KnownConflict, slots: Indices) -> Any:
        """Which of these vehicles are on a way to a conflict, heading for it, and not there yet."""
        table = self.fleet.vehicles
        heading = np.radians(table.heading[slots])
        square = np.maximum((conflict.way**2).sum(axis=1), 1e-12)
        apart = np.stack((table.x[slots], table.y[slots]), axis=1)[:, None, :] - conflict.start
        part = np.clip((apart * conflict.way).sum(axis=2) / square, 0.0, 1.0)
        off = np.hypot(*np.moveaxis(apart - part[:, :, None] * conflict.way, 2, 0))
        size = np.sqrt(square)
        back = -(np.sin(heading)[:, None] * conflict.way[:, 0] + np.cos(heading)[:, None] * conflict.way[:, 1])
        there = (off <= BESIDE) & (back >= AHEAD * size) & (conflict.run + part * size > 0.0)
        return there.any(axis=1)

    def gone(self, slots: Ints, now: float) -> None:
        """See `OnboardService.gone`."""
        self.braking[slots] = 0
        for conflict in self.known.values():
            conflict.until[slots] = -np.inf

    def kpis(self, now: float) -> dict[str, float]:
        """Close encounters, by what they are of; warnings, and what became of them; who was warned and braked."""
        return {
            **self.encounters.kpis(self.name),
            **self.encounters.judged(self.name, self.book.given, now),
            f"{self.name}.warned": self.vehicles_warned,
            f"{self.name}.braked": self.braked,
        }

    def tables(self, now: float) -> Mapping[str, Table]:
        """Warnings and encounters, where there were any."""
        found = {}
        if self.book.given:
            found[self.name] = Table(GivenWarning, self.book.given)
        if self.encounters.met:
            found[f"{self.name}-encounters"] = Table(Encounter, self.encounters.met)
        return found
