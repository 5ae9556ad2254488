"""Drivers who are told of signs (IVIM): they keep to limits, and leave closed lanes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final

import numpy as np

from wayside.edge.messages import Broadcast, Ivim, Response
from wayside.edge.plugin import Option
from wayside.edge.roadmap import RoadMap
from wayside.edge.signs import SignBook
from wayside.ext.arrays import Bytes, Doubles, Flags, Indices, Ints
from wayside.sim.onboard.service import OnboardService, Surroundings
from wayside.sim.sumo.commands import SpeedLimit, TakeLane
from wayside.sim.world.roads import road_map

APART: Final = 10.0  # m between the points by which a stretch is found in the map
BRAKING: Final = 2.0  # m/s^2, of who comes to a limit: a comfortable one
STAY: Final = 10.0  # s for which one who passes a closed lane stays out of it at most, before the next order
SLOW: Final = 2.0  # m/s that it is taken to drive at least


@dataclass
class KnownSign:
    """One that somebody has heard of; by slot, until when it holds [s], and whether one keeps to its limit already.

    spans: on which edges, from where to where [m from their begin].
    """

    said: Ivim
    spans: list[tuple[int, float, float]]
    until: Doubles
    bound: Flags


class SignReaction(OnboardService):
    """Drivers with a unit keep to the limits that they are shown, where they hold, and leave lanes that are closed.

    They look once a second, and brake gently, so early that they have the limit where it begins if that is on their
    edge. A lane is changed when SUMO finds that safe.
    """

    name: ClassVar[str] = "signage"
    needs: ClassVar[str] = "signage"
    summary: ClassVar[tuple[str, ...]] = ("said", "shown", "limited", "lanes_left")
    hears: ClassVar[tuple[type[Broadcast | Response], ...]] = (Ivim,)
    compliance: Annotated[float, Option("share of drivers who obey", ge=0, le=1)] = 1.0
    ahead: Annotated[float, Option("how far before a closed lane they leave it", unit="m", ge=0, le=2000)] = 200.0

    fields: ClassVar[dict[str, tuple[type, float]]] = {
        "obeys": (np.uint8, 0),
        "shown": (np.uint8, 0),
        "limit": (np.float64, np.inf),
        "allowed": (np.float64, np.inf),
        "leaving": (np.uint8, 0),
        "keeps": (np.float64, -np.inf),
    }
    obeys: Bytes
    shown: Bytes
    limit: Doubles  # m/s that holds where it is
    allowed: Doubles  # m/s that SUMO knows of
    leaving: Bytes
    keeps: Doubles  # s; until then it keeps to its lane

    def __init__(self, around: Surroundings) -> None:
        """See `OnboardService.__init__`; the units' book of signs is entered into the platform."""
        self.vehicles_shown = self.vehicles_limited = self.lanes_left = 0
        self.known: dict[Hashable, KnownSign] = {}
        self.book = SignBook()
        self._around = around
        around.platform.enter(self.name, self.book)
        super().__init__(around)

    @cached_property
    def _roads(self) -> RoadMap:
        return road_map(self._around.network)

    def grow(self, capacity: int) -> None:
        """See `SlotColumns.grow`."""
        for sign in self.known.values():
            sign.until = np.concatenate((sign.until, np.full(capacity - self.capacity, -np.inf)))
            sign.bound = np.concatenate((sign.bound, np.zeros(capacity - self.capacity, bool)))
        super().grow(capacity)

    def admit(self, departed: Ints) -> None:
        """See `OnboardService.admit`; who obeys is drawn."""
        super().admit(departed)
        for slot in departed.tolist():
            self.obeys[slot] = self.fleet.complies(self.name, slot, self.compliance)

    def told(self, said: Any, slots: Ints, now: float) -> None:
        """See `OnboardService.told`: a new sign, news of one that is known, or its end."""
        key = (said.line, said.closed) if said.event is None else said.event
        sign = self.known.get(key)
        if said.over:
            if sign is not None:
                sign.until[slots] = -np.inf
            return
        if sign is None:
            sign = self.known[key] = KnownSign(
                said, self._spans(said), np.full(self.capacity, -np.inf), np.zeros(self.capacity, bool)
            )
        elif sign.said is not said and sign.said != said:
            sign.said, sign.spans = said, self._spans(said)
        sign.until[slots] = now + said.validity
        self.vehicles_shown += int(np.count_nonzero(self.shown[slots] == 0))
        self.shown[slots] = 1

    def _spans(self, said: Ivim) -> list[tuple[int, float, float]]:
        """Where a stretch is on the edges of the map."""
        line = np.array(said.line)
        run = np.concatenate(([0.0], np.hypot(*np.diff(line, axis=0).T).cumsum()))
        at = np.append(np.arange(0.0, run[-1], APART), run[-1])
        x, y = np.interp(at, run, line[:, 0]), np.interp(at, run, line[:, 1])
        leg = np.minimum(np.searchsorted(run, at, side="right") - 1, len(line) - 2)
        way = np.diff(line, axis=0)[leg]
        found = self._roads.locate(x, y, np.degrees(np.arctan2(way[:, 0], way[:, 1])))
        good = (found.edge >= 0) & ~found.against
        return [
            (edge, float(found.along[good & (found.edge == edge)].min()), float(along.max()))
            for edge in np.unique(found.edge[good]).tolist()
            for along in [found.along[good & (found.edge == edge)]]
        ]

    def every_second(self, seconds: float, now: float) -> None:
        """See `OnboardService.every_second`: whoever is where a sign holds obeys it."""
        if not self.vehicles_shown:
            return
        table = self.fleet.vehicles
        n = table.extent
        driving = (self.fleet.active[:n] == 1) & (self.obeys[:n] == 1) & (table.lane[:n] >= 0)
        limit = np.full(n, np.inf)
        leaving = np.zeros(n, bool)
        for key, sign in list(self.known.items()):
            knows = driving & (sign.until[:n] > now)
            if not knows.any():
                if not (sign.until > now).any():
                    del self.known[key]
                continue
            bound, sign.bound = sign.bound, np.zeros(self.capacity, bool)
            for edge, start, stop in sign.spans:
                on = knows & (table.edge[:n] == edge) & (table.lane_position[:n] <= stop)
                if sign.said.speed is not None:
                    far = np.maximum(table.speed[:n] ** 2 - sign.said.speed**2, 0.0) / (2.0 * BRAKING)
                    near = table.lane_position[:n] >= start - far - table.speed[:n] * seconds
                    here = on & (near | bound[:n])  # who has begun to brake does not drive on faster
                    sign.bound[:n] |= here
                    limit[here] = np.minimum(limit[here], sign.said.speed)
                if sign.said.closed:
                    close = on & (table.lane_position[:n] >= start - self.ahead)
                    leaving |= self._leave(np.flatnonzero(close), edge, stop, sign.said.closed, now)
        self.limit[:n] = limit
        self.lanes_left += int(np.count_nonzero(leaving & (self.leaving[:n] == 0)))
        self.leaving[:n] = leaving

    def settled(self, now: float) -> None:
        """See `OnboardService.settled`: who is faster than a limit brakes by so much a step; others have it at once.

        Told a limit far below its speed, SUMO would have a vehicle brake as in an emergency.
        """
        if not self.vehicles_shown:
            return
        table = self.fleet.vehicles
        wanted, allowed = self.limit[: table.extent], self.allowed[: table.extent]
        changing = np.flatnonzero(wanted != allowed)
        slower = table.speed[changing] - BRAKING * self._around.backend.step_length
        self.vehicles_limited += int(np.count_nonzero(np.isinf(allowed[changing]) & (table.alive[changing] == 1)))
        allowed[changing] = np.maximum(wanted[changing], slower)
        for slot in changing.tolist():
            if table.alive[slot]:
                speed = float(allowed[slot])
                self.orders.append(SpeedLimit(str(table.ids[slot]), speed if np.isfinite(speed) else -1.0))

    def _leave(self, slots: Indices, edge: int, stop: float, closed: tuple[int, ...], now: float) -> Flags:
        """Those of these vehicles who are on a closed lane take the nearest open one, the others keep to theirs, until
        it is open again; by slot, who leaves one.
        """
        table, network = self.fleet.vehicles, self._around.network
        found = np.zeros(table.extent, bool)
        lanes = int(self._roads.lanes[edge])
        shut = np.zeros(lanes, bool)
        shut[[lanes - number for number in closed if number <= lanes]] = True  # SUMO's numbers begin at the outermost
        if shut.all():
            return found
        open_ones = np.flatnonzero(~shut)
        lane = table.lane[slots] - int(network.edge_first_lane[edge])
        leaves = shut[lane]
        away = (stop - table.lane_position[slots]) / np.maximum(table.speed[slots], SLOW)
        for k in np.flatnonzero(leaves | (self.keeps[slots] <= now)).tolist():
            goal = int(open_ones[np.abs(open_ones - lane[k]).argmin()])
            self.orders.append(TakeLane(str(table.ids[slots[k]]), goal, min(float(away[k]), STAY)))
        self.keeps[slots] = np.where(
            leaves | (self.keeps[slots] <= now), now + np.minimum(away, STAY), self.keeps[slots]
        )
        found[slots[leaves]] = True
        return found

    def gone(self, slots: Ints, now: float) -> None:
        """See `OnboardService.gone`."""
        self.limit[slots] = self.allowed[slots] = np.inf
        for sign in self.known.values():
            sign.until[slots] = -np.inf
            sign.bound[slots] = False

    def kpis(self, now: float) -> dict[str, float]:
        """What units show, and what came of it."""
        return {
            "signage.said": self.book.said,
            "signage.changed": self.book.changed,
            "signage.shown": self.vehicles_shown,
            "signage.limited": self.vehicles_limited,
            "signage.lanes_left": self.lanes_left,
        }
