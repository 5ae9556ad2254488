"""Close encounters at junctions, by where everybody is and goes in SUMO: what warnings are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wayside.edge.collisions import GivenWarning
from wayside.edge.movements import JunctionWays
from wayside.ext.arrays import Doubles, Indices, Ints
from wayside.sim.sumo.backend import Backend
from wayside.sim.world import RoadNetwork

STEP: Final = 0.1  # s between two looks into the future
LOOK_EVERY: Final = 0.1  # s at least between two looks at the traffic
OVER: Final = 2.0  # s without one after which two that meet again do so anew
LEAST: Final = 1.0  # m/s that one of two drives at least
CYCLISTS: Final = frozenset({"bicycle", "scooter"})  # SUMO's vehicle classes
NOBODY: Final = -1  # station of a person without a device


@dataclass
class Encounter:
    """A row of collision-encounters.parquet: two were about to collide, going on as they did, at x, y.

    kind: "vehicles", "cyclist" or "pedestrian"; one, other: SUMO's ids; station_one, station_other: their numbers in
    messages, -1 for who has none; ttc_s: the least time to collision; over_s: when it was last below the bound.
    """

    kind: str
    one: str
    other: str
    station_one: int
    station_other: int
    since_s: float
    over_s: float
    ttc_s: float
    x_m: float
    y_m: float


class Encounters:
    """Looks at all who are on their way across junctions, whether they are equipped or not.

    The time to collision is that until the footprints of two would overlap if both went on with the speed that they
    have, or braking as they do, vehicles along the way that their plan takes across the junction, persons straight on:
    so who brakes in time for whom it has to wait is in no encounter. Those who come from one lane, behind one another,
    are in none either.
    """

    def __init__(self, network: RoadNetwork, backend: Backend, movements: JunctionWays, critical: float) -> None:
        """critical: the time to collision [s] below which two meet closely."""
        self.met: list[Encounter] = []
        self._network, self._backend, self._movements, self._critical = network, backend, movements, critical
        self._open: dict[tuple[str, str], Encounter] = {}
        self._of_link = _by_lane_and_edge(network, movements)
        self._across = _by_inner_lane(network)
        self._way = self._lane = np.empty(0, np.int32)
        self._due = -np.inf

    def look(self, now: float) -> None:
        """SUMO has stepped."""
        if now < self._due - 1e-6:
            return
        self._due = now + LOOK_EVERY
        table, persons = self._backend.vehicles, self._backend.persons
        self._plan()
        n = table.extent
        cars = np.flatnonzero((self._way[:n] >= 0) & (table.alive[:n] == 1) & (table.lane[:n] >= 0))
        way, at = self._places(cars)
        left = at - table.length[cars] <= self._movements.clear[way]
        near = left & (self._movements.line[way] - at <= table.speed[cars] * self._critical)
        cars, way, at = cars[near], way[near], at[near]
        walkers = np.flatnonzero((persons.alive[: persons.extent] == 1) & (persons.afoot[: persons.extent] == 1))
        if len(cars) < 1 or len(cars) + len(walkers) < 2:
            self._close(now)
            return
        self._enter(self._meetings(cars, way, at, walkers), cars, walkers, now)
        self._close(now)

    def _meetings(self, cars: Indices, way: Ints, at: Doubles, walkers: Indices) -> tuple[Any, ...]:
        table, persons = self._backend.vehicles, self._backend.persons
        none = np.zeros(len(walkers))

        def both(name: str) -> Doubles:
            return np.concatenate((getattr(table, name)[cars], getattr(persons, name)[walkers]))

        return self._movements.ways.meet(
            np.arange(len(cars) + len(walkers), dtype=np.int32),
            np.concatenate((way, np.full(len(walkers), -1))).astype(np.int32),
            np.concatenate((at, none)),
            np.concatenate((self._movements.start[way], np.full(len(walkers), -1))).astype(np.int32),
            both("x"),
            both("y"),
            both("heading"),
            both("speed"),
            np.concatenate((table.acceleration[cars], none)),
            both("length"),
            both("width"),
            np.concatenate((np.zeros(len(cars), np.uint8), np.ones(len(walkers), np.uint8))),
            self._critical,
            STEP,
            0.0,
            LEAST,
        )

    def _plan(self) -> None:
        """Which way across the next junction each vehicle takes, asked as it comes to another lane."""
        table = self._backend.vehicles
        if len(self._way) != table.capacity:
            more = np.full(table.capacity - len(self._way), -1, np.int32)
            self._way, self._lane = np.concatenate((self._way, more)), np.concatenate((self._lane, more))
        n = table.extent
        lane = np.where(table.alive[:n] == 1, table.lane[:n], -1)
        for slot in np.flatnonzero(lane != self._lane[:n]).tolist():
            self._way[slot] = self._next(slot, int(lane[slot]))
        self._lane[:n] = lane

    def _next(self, slot: int, lane: int) -> int:
        network, way = self._network, int(self._way[slot])
        if lane < 0:
            return -1
        edge = int(network.lane_edge[lane])
        if edge >= network.normal_edges:
            on = self._across.get(lane, ())
            return way if way in on else on[0] if on else -1
        ahead = self._backend.edges_ahead(str(self._backend.vehicles.ids[slot]))
        if not ahead or ahead[0] not in network.edge_number:
            return -1
        return self._of_link.get((lane, network.edge_number[ahead[0]]), -1)

    def _places(self, cars: Indices) -> tuple[Ints, Doubles]:
        """The way of each, and how far along it is, m."""
        table, network, movements = self._backend.vehicles, self._network, self._movements
        way = self._way[cars]
        lane, position = table.lane[cars], table.lane_position[cars]
        at = position - movements.cut[way]
        across = network.links.across[way]
        first = across[:, 0] == lane
        second = (across[:, 1] == lane) & ~first
        length = network.edge_length[network.lane_edge[np.maximum(across[:, 0], 0)]]
        at = np.where(first, movements.line[way] + position, at)
        return way, np.where(second, movements.line[way] + length + position, at)

    def _enter(self, found: tuple[Any, ...], cars: Indices, walkers: Indices, now: float) -> None:
        table, persons = self._backend.vehicles, self._backend.persons
        one, other, time, _, x, y = (column.tolist() for column in found)
        for k in range(len(one)):
            a, b = int(cars[one[k]]), other[k] - len(cars)
            kind, station = "pedestrian", NOBODY
            if b >= 0:
                person = int(walkers[b])
                name, device = str(persons.ids[person]), int(persons.device[person])
                if device >= 0:
                    station = int(table.station[device])
            else:
                slot = int(cars[other[k]])
                name, station = str(table.ids[slot]), int(table.station[slot])
                kinds = {table.types[int(table.type[who])].kind for who in (a, slot)}
                kind = "cyclist" if kinds & CYCLISTS else "vehicles"
            key = str(table.ids[a]), f"{kind} {name}"
            known = self._open.get(key)
            if known is None:
                row = Encounter(kind, key[0], name, int(table.station[a]), station, now, now, time[k], x[k], y[k])
                self._open[key] = row
                self.met.append(row)
                continue
            known.over_s = now
            if time[k] < known.ttc_s:
                known.ttc_s, known.x_m, known.y_m = time[k], x[k], y[k]

    def _close(self, now: float) -> None:
        for key in [key for key, row in self._open.items() if now - row.over_s > OVER]:
            del self._open[key]

    def kpis(self, name: str) -> dict[str, float]:
        """Encounters, and of them those with a pedestrian or a cyclist."""
        vru = sum(row.kind != "vehicles" for row in self.met)
        return {f"{name}.encounters": len(self.met), f"{name}.encounters_vru": vru}

    def judged(self, name: str, given: Sequence[GivenWarning], now: float) -> dict[str, float]:
        """Warnings given, those that an encounter of the same two followed, within `OVER` s of its end, and those that
        none did; encounters that no warning came before; by how much the first came before, on average [s].
        """
        warnings: dict[tuple[int, int], list[GivenWarning]] = {}
        for row in given:
            warnings.setdefault((min(row.one, row.other), max(row.one, row.other)), []).append(row)
        true: set[int] = set()
        missed, leads = 0, []
        for met in self.met:
            key = min(met.station_one, met.station_other), max(met.station_one, met.station_other)
            ahead = [row for row in warnings.get(key, ()) if row.since_s <= met.since_s <= _end(row, now) + OVER]
            missed += not ahead
            true.update(map(id, ahead))
            if ahead:
                leads.append(met.since_s - min(row.since_s for row in ahead))
        return {
            f"{name}.warnings": len(given),
            f"{name}.warnings_true": len(true),
            f"{name}.warnings_false": len(given) - len(true),
            f"{name}.missed": missed,
            f"{name}.lead_s": float(np.mean(leads)) if leads else float("nan"),
        }


def _end(row: GivenWarning, now: float) -> float:
    return row.over_s if row.over_s == row.over_s else now


def _by_lane_and_edge(network: RoadNetwork, movements: JunctionWays) -> dict[tuple[int, int], int]:
    """Ways by the lane that they come from and the edge that they lead to; of several the first."""
    found: dict[tuple[int, int], int] = {}
    edge = network.lane_edge[movements.end]
    for way, key in enumerate(zip(movements.start.tolist(), edge.tolist(), strict=True)):
        found.setdefault(key, way)
    return found


def _by_inner_lane(network: RoadNetwork) -> dict[int, list[int]]:
    """Ways by the lanes within the junction."""
    found: dict[int, list[int]] = {}
    for way, lanes in enumerate(network.links.across.tolist()):
        for lane in lanes:
            if lane >= 0:
                found.setdefault(lane, []).append(way)
    return found
