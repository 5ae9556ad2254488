"""Vehicles in between: the grid and the clipping against every vehicle's outline, edge by edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.arrays import Bytes, Doubles
from wayside.ext.links import Links

SIZES = {0: (5.0, 1.0, 1.6), 1: (13.0, 1.3, 3.0)}  # length, half width, height: TR 37.885, clause 6.1.2


def looking(heights: tuple[float, ...] = (1.5,)) -> Links:
    """Links that look for vehicles in between."""
    shape = (len(heights), len(heights), 600)
    flat = np.zeros(shape)
    return Links(
        range_m=500.0, loss=flat, deviation=flat, sight=flat, blocked=[flat] * 2, spread=[flat] * 2,
        blocked_deviation=flat, heights=heights,
    )  # fmt: skip


def drive(air: Links, x: Doubles, y: Doubles, angle: Doubles, tall: Bytes, first: int = 0) -> None:
    """Vehicles that come to x, y, heading so."""
    there = np.ones(len(x), np.uint8)
    air.place_bodies(x - 2.0 * np.cos(angle), y - 2.0 * np.sin(angle), there, tall, first)
    air.place_bodies(x, y, there, tall, first)


def crosses(line: tuple[float, float, float, float], corners: list[tuple[float, float]]) -> bool:
    """Whether a line goes through an outline: it crosses an edge, or begins inside (left of all edges)."""

    def side(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    p, q = line[:2], line[2:]
    edges = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    if all(side(a, b, p) >= 0.0 for a, b in edges):
        return True
    return any(side(p, q, a) * side(p, q, b) < 0 and side(a, b, p) * side(a, b, q) < 0 for a, b in edges)


def outline(x: float, y: float, angle: float, tall: int, margin: float) -> list[tuple[float, float]]:
    """Counter-clockwise, larger by a margin."""
    length, half, _ = SIZES[tall]
    ux, uy = np.cos(angle), np.sin(angle)
    along = (margin, margin, -length - margin, -length - margin)
    aside = (-half - margin, half + margin, half + margin, -half - margin)
    return [(x + a * ux - b * uy, y + a * uy + b * ux) for a, b in zip(along, aside, strict=True)]


@given(st.integers(0, 10**6))
def test_the_tallest_vehicle_on_the_line_is_found(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = 15
    x, y = random.uniform(-100, 100, n), random.uniform(-100, 100, n)
    angle, tall = random.uniform(0, 2 * np.pi, n), (random.uniform(size=n) < 0.3).astype(np.uint8)
    air = looking()
    drive(air, x, y, angle, tall)
    for _ in range(6):
        line = tuple(random.uniform(-120, 120, 4).tolist())
        px, py, qx, qy = line
        # Within a margin either answer is right.
        sure, maybe = 0, 0
        for k in range(n):
            which = int(tall[k]) + 1
            if crosses(line, outline(x[k], y[k], angle[k], tall[k], -0.1)):
                sure = max(sure, which)
            if crosses(line, outline(x[k], y[k], angle[k], tall[k], 0.1)):
                maybe = max(maybe, which)
        found = air.blocker(-1, px, py, 1.5, -1, qx, qy, 1.5)
        assert sure <= found <= maybe
        assert air.blocker(-1, qx, qy, 1.5, -1, px, py, 1.5) == found


@pytest.mark.parametrize(
    ("heights", "tall", "at", "found"),
    [
        ((1.5, 1.5), 0, 50.0, 1),  # a car is higher than both
        ((1.5, 1.5), 1, 50.0, 2),
        ((3.0, 3.0), 0, 50.0, 0),  # two trucks see over a car
        ((1.5, 6.0), 0, 50.0, 0),  # half way the line to a unit is at 3.75 m
        ((1.5, 6.0), 1, 50.0, 0),
        ((1.5, 6.0), 1, 20.0, 2),  # at 2.4 m, behind a truck
        ((1.5, 3.0), 0, 6.0, 1),  # at 1.6 m, one car's roof
    ],
)
def test_the_line_goes_from_antenna_to_antenna(heights: tuple[float, float], tall: int, at: float, found: int) -> None:
    air = looking()
    length = SIZES[tall][0]
    none = np.zeros(1)
    drive(air, np.array([at + length / 2]), none, none, np.array([tall], np.uint8), first=7)
    assert air.blocker(0, 0.0, 0.0, heights[0], 1, 100.0, 0.0, heights[1]) == found
    assert air.blocker(1, 100.0, 0.0, heights[1], 0, 0.0, 0.0, heights[0]) == found


def test_nobody_blocks_itself() -> None:
    air = looking()
    drive(air, np.array([0.0, 100.0]), np.zeros(2), np.zeros(2), np.zeros(2, np.uint8), first=3)
    assert air.blocker(3, 0.0, 0.0, 1.5, 4, 100.0, 0.0, 1.5) == 0
    assert air.blocker(0, -50.0, 0.0, 1.5, 4, 100.0, 0.0, 1.5) == 1


def test_who_has_not_moved_yet_is_a_square_and_who_left_is_gone() -> None:
    air = looking()
    one, none = np.array([50.0]), np.zeros(1)
    low = none.astype(np.uint8)
    air.place_bodies(one, none, np.ones(1, np.uint8), low, 9)
    assert air.blocker(0, 0.0, 0.0, 1.5, 1, 100.0, 0.0, 1.5) == 1
    assert air.blocker(0, 49.0, -10.0, 1.5, 1, 49.0, 10.0, 1.5) == 1
    assert air.blocker(0, 47.0, -10.0, 1.5, 1, 47.0, 10.0, 1.5) == 0
    air.place_bodies(one, none, low, low, 9)
    assert air.blocker(0, 0.0, 0.0, 1.5, 1, 100.0, 0.0, 1.5) == 0


def test_refusals() -> None:
    flat = np.zeros((1, 1, 600))
    with pytest.raises(ValueError, match="heights: one for each class"):
        Links(range_m=500.0, loss=flat, deviation=flat, heights=(1.5,))
    with pytest.raises(ValueError, match="columns of different lengths"):
        looking().place_bodies(np.zeros(2), np.zeros(1), np.zeros(2, np.uint8), np.zeros(2, np.uint8), 0)
