"""The ways that vehicles came, against the same rules written down once more in plain Python."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.paths import Paths

SLOTS = 3


@dataclass
class Way:
    """One vehicle's, with the places (x, y, heading, latitude, longitude, time) that it has been at."""

    station: int = -1
    kept: list[tuple[float, ...]] = field(default_factory=list)
    before: tuple[float, ...] = ()

    def go_on(self, station: int, now: tuple[float, ...]) -> None:
        if self.station != station or max(abs(now[3] - self.before[3]), abs(now[4] - self.before[4])) > 131071:
            self.station, self.kept, self.before = station, [now], now
            return
        start = self.kept[-1]
        chord = math.dist(now[:2], start[:2])
        turned = abs((now[2] - start[2] + 180.0) % 360.0 - 180.0)
        strays = 0.0
        if turned >= 1.0:
            radius = chord / (2.0 * math.sin(math.radians(turned / 2)))
            strays = radius - radius * math.cos(math.radians(turned / 2))
        if chord > 22.5 or strays > 0.47:
            self.kept.append(self.before if self.before != start else now)
        self.before = now

    def told(self, now: tuple[float, ...]) -> list[tuple[float, float, float]]:
        points, last = [], now
        for place in reversed(self.kept[-10:]):
            if place[5] == now[5]:
                continue
            since = (last[5] - place[5] + 5) // 10
            if since > 65535 or max(abs(place[3] - last[3]), abs(place[4] - last[4])) > 131071:
                break
            points.append((place[3] - last[3], place[4] - last[4], max(since, 1)))
            last = place
        return points


class Fleet:
    """Columns, and what the kernel makes of them."""

    def __init__(self) -> None:
        self.kernel = Paths()
        self.kernel.grow(SLOTS)
        self.x, self.y, self.heading = np.zeros(SLOTS), np.zeros(SLOTS), np.zeros(SLOTS)
        self.station = np.arange(SLOTS)
        self.at = np.zeros((2, SLOTS), np.int64)
        self.count = np.zeros(SLOTS, np.int64)
        self.points = np.zeros((3, 10 * SLOTS), np.int64)
        self.bind()

    def bind(self) -> None:
        self.kernel.bind(self.x, self.y, self.heading, self.station, *self.at, self.count, *self.points)

    def tell(
        self, slots: list[int], due: list[int], at: list[tuple[int, int]], time: int
    ) -> list[list[tuple[int, ...]]]:
        self.at[:, : len(at)] = np.array(at, np.int64).reshape(-1, 2).T
        total = self.kernel.tell(np.array(slots, np.int32), np.array(due, np.uint8), time)
        assert total == self.count[: len(slots)].sum()
        ends = np.cumsum([0, *self.count[: len(slots)]])
        told = self.points.T.tolist()
        return [[tuple(point) for point in told[ends[k] : ends[k + 1]]] for k in range(len(slots))]


@given(seed=st.integers(0, 2**32), ticks=st.integers(1, 80))
def test_paths(seed: int, ticks: int) -> None:
    """Straight on, round bends, standing, far away at once, and other vehicles in the same slot."""
    random = np.random.default_rng(seed)
    fleet, ways = Fleet(), [Way() for _ in range(SLOTS)]
    time = 10_000
    for _ in range(ticks):
        time += int(random.choice([100, 300, 1000, 1000, 400_000], p=[0.4, 0.3, 0.2, 0.08, 0.02]))
        slots = np.flatnonzero(random.random(SLOTS) < 0.8).tolist()
        for slot in slots:
            fleet.heading[slot] = (fleet.heading[slot] + random.choice([0.0, 0.5, 9.0, -30.0])) % 360.0
            step = random.choice([0.0, 2.0, 12.0, 30.0, 3000.0], p=[0.1, 0.5, 0.3, 0.09, 0.01])
            fleet.x[slot] += step * math.sin(math.radians(fleet.heading[slot]))
            fleet.y[slot] += step * math.cos(math.radians(fleet.heading[slot]))
            if random.random() < 0.02:
                fleet.station[slot] += SLOTS
        due = random.integers(0, 2, len(slots)).tolist()
        at = [(int(fleet.y[slot] * 90.0), int(fleet.x[slot] * 127.0)) for slot in slots]
        found = fleet.tell(slots, due, at, time)
        for k, slot in enumerate(slots):
            now = (fleet.x[slot], fleet.y[slot], fleet.heading[slot], *at[k], time)
            ways[slot].go_on(int(fleet.station[slot]), now)
            assert found[k] == (ways[slot].told(now) if due[k] else [])


def test_without_a_position() -> None:
    """A station that knows none has no path, and begins anew."""
    fleet = Fleet()
    for k in range(4):
        fleet.x[0] = 30.0 * k
        told = fleet.tell([0], [1], [(1000 * k, 0)], 1000 * k)
    assert told == [[(-1000, 0, 100), (-1000, 0, 100), (-1000, 0, 100)]]
    assert fleet.tell([0], [1], [(900000001, 1800000001)], 4000) == [[]]
    assert fleet.tell([0], [1], [(4000, 0)], 5000) == [[]]


def test_room_and_slots() -> None:
    fleet = Fleet()
    with pytest.raises(ValueError, match="slot 3: there are 3"):
        fleet.tell([3], [1], [(0, 0)], 0)
    with pytest.raises(ValueError, match="2 rows: there is room for 1"):
        fleet.tell([0, 1], [1], [(0, 0), (0, 0)], 0)
    fleet.points = np.zeros((3, 9), np.int64)
    fleet.bind()
    with pytest.raises(ValueError, match="1 rows: there is room for 0"):
        fleet.tell([0], [1], [(0, 0)], 0)
