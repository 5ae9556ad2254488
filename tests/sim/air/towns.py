"""Small towns for the tests of the radios: stations that drive about, what they send in a tick, and what arrives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Indices
from wayside.sim.air import Carried, Outgoing, Radio, RadioContext, Traces
from wayside.sim.scenario.sections import Air

RANGE = 300.0
NOBODY = np.empty(0, np.intp)


def site(air: Air | None = None, seed: int = 1, buildings: tuple[Doubles, ...] = (), uu: str = "off") -> RadioContext:
    return RadioContext(RANGE, air or Air(), seed, lambda: buildings, uu)


@dataclass
class Town:
    """Units and vehicles (by slot) of one radio, and its packets."""

    radio: Radio
    unit_x: Doubles
    unit_y: Doubles
    x: Doubles
    y: Doubles
    on: Bytes
    tall: Bytes
    unit_on: Bytes
    out: Outgoing = field(init=False)
    pending: Indices = field(default_factory=lambda: NOBODY)

    def __post_init__(self) -> None:
        """Let the units take their places."""
        self.out = Outgoing(self.units)
        self.radio.place_units(self.unit_x, self.unit_y, self.unit_on)

    @property
    def units(self) -> int:
        return len(self.unit_x)

    @property
    def everywhere(self) -> tuple[Doubles, Doubles]:
        """Of all stations."""
        return np.concatenate((self.unit_x, self.x)), np.concatenate((self.unit_y, self.y))

    @property
    def listening(self) -> Bytes:
        """Of all stations."""
        return np.concatenate((self.unit_on, self.on))

    def tick(self, *packets: dict[str, Any], move: float = 0.0) -> Carried:
        """Vehicles move east by so many m, these packets come up (arguments of `Outgoing.add`), a tick passes."""
        self.x = self.x + move
        self.radio.place_vehicles(self.x, self.y, self.on, self.tall)
        self.out.begin(self.pending)
        for columns in packets:
            self.out.add(**{"size": 200, "category": 2, **columns})
        self.out.close()
        carried = self.radio.carry(self.out)
        self.pending = carried.pending
        return carried

    def outcome(self, *packets: dict[str, Any]) -> tuple[list[int], list[int]]:
        """How many vehicles and how many units take each of these packets up, however many ticks that needs."""
        first = self.out.id[-1] + 1 if len(self.out) else 0
        vehicles: dict[int, int] = {}
        units: dict[int, int] = {}
        carried = self.tick(*packets)
        while True:
            for row, packet in enumerate((self.out.id - first).tolist()):
                vehicles[packet] = vehicles.get(packet, 0) + int(carried.at_vehicles[row])
                units[packet] = units.get(packet, 0) + int(carried.at_units[row])
            if not len(self.pending):
                return [vehicles[k] for k in sorted(vehicles)], [units[k] for k in sorted(units)]
            carried = self.tick()

    def fates(self) -> Traces:
        """Of all packets of the last tick."""
        return self.radio.recall(np.arange(len(self.out)))

    def speak(self) -> dict[str, Any]:
        """A CAM of every vehicle on the air."""
        return {"sender": np.flatnonzero(self.on).astype(np.int32) + np.int32(self.units), "periodic": True}


def line(radio: Radio, x: list[float], units: tuple[float, ...] = (), on: list[int] | None = None) -> Town:
    """Vehicles and units on a straight road."""
    n, none = len(x), np.zeros(len(x))
    here = np.ones(n, np.uint8) if on is None else np.array(on, np.uint8)
    posts = np.array(units, np.float64)
    return Town(
        radio,
        posts,
        np.zeros_like(posts),
        np.array(x),
        none,
        here,
        none.astype(np.uint8),
        np.ones(len(posts), np.uint8),
    )


def town(radio: Radio, n: int = 60, seed: int = 5, share_on: float = 0.9) -> Town:
    """Vehicles anywhere about three units, the last of which is off."""
    random = np.random.default_rng(seed)
    return Town(
        radio,
        np.array([0.0, 300.0, 150.0]),
        np.array([0.0, 0.0, 50.0]),
        random.uniform(-400, 700, n),
        random.uniform(-200, 200, n),
        (random.uniform(size=n) < share_on).astype(np.uint8),
        (random.uniform(size=n) < 0.2).astype(np.uint8),
        np.array([1, 1, 0], np.uint8),
    )


def chatter(where: Town, random: np.random.Generator) -> list[dict[str, Any]]:
    """CAMs, units' broadcasts within a radius, requests to units and answers."""
    units = np.int32(where.units)
    on = np.flatnonzero(where.on).astype(np.int32)
    asking = np.sort(random.choice(on, 6, replace=False)).astype(np.int32)
    return [
        {**where.speak(), "size": random.integers(150, 300, len(on)).astype(np.int32)},
        {"sender": np.array([0, 1], np.int32), "size": 300, "category": 1, "radius": 250.0, "named": True},
        {"sender": np.array([0, 0, 1], np.int32), "size": 250, "category": 1, "radius": 150.0},
        {"sender": asking + units, "size": 120, "category": 1, "to": random.integers(0, 2, 6).astype(np.int32)},
        {"sender": np.array([0] * 3 + [1] * 3, np.int32), "size": 140, "category": 1, "to": asking + units},
    ]
