"""The sheet that buildings are drawn on: polygons, a block's plot, and the ground that is still free."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..geometry import Point, polar
from ..roads import LANE_WIDTH
from .blocks import Block
from .ground import Ground
from .plan import LAKE, RINGS, avenue

SEED = 11
SIDEWALK = 8.0  # m from the roadway to a block's buildings
FLOOR = 3.0  # m


@dataclass(frozen=True)
class Polygon:
    kind: str
    shape: tuple[Point, ...]
    height: float = 0.0  # m
    use: str = ""
    color: str = ""


@dataclass(frozen=True)
class Plot:
    """A block without its streets and sidewalks, in polar terms about the lake: radius in m, angle in rad."""

    block: Block
    low: float
    high: float
    starts: float  # m of street and sidewalk on the side of the smaller angle
    ends: float

    def first(self, radius: float) -> float:
        return math.radians(self.block.angles[0]) + self.starts / radius

    def last(self, radius: float) -> float:
        return math.radians(self.block.angles[1]) - self.ends / radius

    def width(self, radius: float) -> float:
        return (self.last(radius) - self.first(radius)) * radius

    def at(self, radius: float, u: float) -> Point:
        """`u` metres from the first side, along the arc."""
        return polar(LAKE, radius, math.degrees(self.first(radius) + u / radius))

    def cell(self, v0: float, v1: float, u0: float, u1: float) -> tuple[Point, ...]:
        """A curved rectangle: `v` metres from the inner side, `u` metres from the first side (measured on
        its own middle radius, so that its sides are radial).
        """
        a, b = self.low + v0, self.low + v1
        middle = (a + b) / 2
        count = max(1, round((u1 - u0) / 20.0))
        angles = [math.degrees(self.first(middle) + (u0 + (u1 - u0) * i / count) / middle) for i in range(count + 1)]
        return tuple([polar(LAKE, b, t) for t in angles] + [polar(LAKE, a, t) for t in reversed(angles)])

    def outline(self) -> tuple[Point, ...]:
        count = 8
        outer = [self.at(self.high, self.width(self.high) * i / count) for i in range(count + 1)]
        inner = [self.at(self.low, self.width(self.low) * i / count) for i in range(count, -1, -1)]
        return tuple(outer + inner)

    @property
    def depth(self) -> float:
        return self.high - self.low

    @property
    def middle(self) -> Point:
        radius = (self.low + self.high) / 2
        return self.at(radius, self.width(radius) / 2)

    def holds(self, polygon: Sequence[Point]) -> bool:
        for x, y in polygon:
            radius = math.dist((x, y), LAKE)
            angle = math.atan2(y - LAKE[1], x - LAKE[0]) % (2 * math.pi)
            if not (self.low <= radius <= self.high and self.first(radius) <= angle <= self.last(radius)):
                return False
        return True


def half_width(lanes: int, arterial: bool) -> float:
    """From a street's middle to the edge of its roadway (m), its widest place taken."""
    return (lanes + (1 if arterial else 0)) * LANE_WIDTH


def plot_of(block: Block) -> Plot:
    rings = {ring.key: ring.street for ring in RINGS}
    inner, outer = rings[block.inner], rings[block.outer]
    lane = half_width(1, False) + SIDEWALK
    big = half_width(avenue(block.step // 2).lanes, True) + SIDEWALK
    big_next = half_width(avenue((block.step // 2 + 1) % 12).lanes, True) + SIDEWALK
    starts, ends = (big, lane) if block.step % 2 == 0 else (lane, big_next)
    low, high = block.radii
    return Plot(
        block,
        low + half_width(inner.lanes, inner.arterial) + SIDEWALK,
        high - half_width(outer.lanes, outer.arterial) - SIDEWALK,
        starts,
        ends,
    )


@dataclass
class Town:
    ground: Ground
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(SEED))
    polygons: list[Polygon] = field(default_factory=list)

    def put(self, shape: Sequence[Point], height: float, use: str, color: str = "") -> bool:
        """A building, if there is room."""
        if not self.ground.free(shape):
            return False
        self.ground.take(shape)
        self.polygons.append(Polygon("building", tuple(shape), height, use, color))
        return True

    def lay(self, kind: str, shape: Sequence[Point]) -> None:
        self.polygons.append(Polygon(kind, tuple(shape)))

    def green(self, shape: Sequence[Point]) -> None:
        """A lawn, if there is room; buildings may still come to stand on it."""
        if self.ground.free(shape):
            self.lay("park", shape)

    def reserve(self, shape: Sequence[Point]) -> bool:
        """A lawn that stays free of buildings, if there is room."""
        if not self.ground.free(shape):
            return False
        self.ground.take(shape)
        self.lay("park", shape)
        return True

    def floors(self, low: int, high: int) -> float:
        return FLOOR * int(self.random.integers(low, high + 1))
