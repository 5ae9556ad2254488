"""Plane geometry for the cities' plans: lines, offsets, simple shapes. Metres; degrees from east."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Point = tuple[float, float]


def polar(centre: Point, radius: float, degrees: float) -> Point:
    """The point at `radius` (m) and `degrees` (counter-clockwise from east) about `centre`."""
    angle = math.radians(degrees)
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)


def length_of(line: Sequence[Point]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(line))


def cut(line: Sequence[Point], start: float, end: float) -> list[Point]:
    """The part of `line` between two distances (m) along it."""
    kept: list[Point] = []
    walked = 0.0
    for a, b in pairwise(line):
        step = math.dist(a, b)
        for at in (start, end):
            if walked <= at <= walked + step and step > 0:
                share = (at - walked) / step
                kept.append((a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))
        walked += step
        if start < walked < end:
            kept.append(b)
    return [p for i, p in enumerate(kept) if i == 0 or math.dist(p, kept[i - 1]) > 0.01]


def offset_right(line: Sequence[Point], distance: float) -> list[Point]:
    """`line` moved to the right of its direction by `distance` (m)."""
    moved = []
    for i, (x, y) in enumerate(line):
        before, after = line[max(i - 1, 0)], line[min(i + 1, len(line) - 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        size = math.hypot(dx, dy)
        moved.append((x + distance * dy / size, y - distance * dx / size))
    return moved


def bearing(a: Point, b: Point) -> float:
    """Degrees counter-clockwise from east."""
    return math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))


def turn_of(heading_in: float, heading_out: float) -> str:
    """'s', 'l', 'r' or 't' (straight, left, right, turn around)."""
    change = (heading_out - heading_in + 180.0) % 360.0 - 180.0
    if abs(change) < 45.0:
        return "s"
    if abs(change) > 150.0:
        return "t"
    return "l" if change > 0 else "r"


def box(x0: float, x1: float, y0: float, y1: float) -> tuple[Point, ...]:
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def circle(centre: Point, radius: float, corners: int = 32) -> tuple[Point, ...]:
    return tuple(polar(centre, radius, 360.0 * i / corners) for i in range(corners))


def blob(random: np.random.Generator, centre: Point, radius: float, corners: int = 20) -> tuple[Point, ...]:
    """An uneven round shape."""
    phase = random.uniform(0, 2 * math.pi, 2)
    turns = [2 * math.pi * i / corners for i in range(corners)]
    sizes = [radius * (1 + 0.16 * math.sin(2 * t + phase[0]) + 0.1 * math.sin(3 * t + phase[1])) for t in turns]
    return tuple(polar(centre, r, math.degrees(t)) for r, t in zip(sizes, turns, strict=True))
