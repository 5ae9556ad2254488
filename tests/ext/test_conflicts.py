"""Meetings of two movers against both driven by plain Python in small steps, with footprints as many discs."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayside.ext.conflicts import Polylines

STEP, HORIZON = 0.1, 3.0
DISCS = 120


class Mover(NamedTuple):
    way: int
    at: float
    x: float
    y: float
    heading: float
    speed: float
    acceleration: float
    length: float
    width: float
    afoot: int = 0


def ways(lines: list[Any]) -> tuple[Polylines, list[Any], list[Any]]:
    """The kernel's ways; the lines and how far each point is along them."""
    runs = [np.concatenate(([0.0], np.hypot(*np.diff(line, axis=0).T).cumsum())) for line in lines]
    first = np.cumsum([0, *map(len, lines)]).astype(np.int32)
    return Polylines(np.vstack(lines), np.concatenate(runs), first), lines, runs


CROSS = ways(
    [
        np.array([[-80.0, 0.0], [0.0, 0.0], [60.0, 0.0]]),
        np.array([[3.0, -80.0], [3.0, -10.0], [3.0, 60.0]]),
        np.array([[-80.0, 0.5], [-8.0, 0.5], [-3.0, 1.5], [0.0, 4.0], [1.5, 8.0], [1.5, 50.0]]),
    ]
)


def on_line(line: Any, run: Any, at: float) -> Any:
    """A point of a polyline, straight on beyond its ends."""
    if at < 0.0 or at > run[-1]:
        a, b, base = (0, 1, 0.0) if at < 0.0 else (-2, -1, run[-1])
        way = (line[b] - line[a]) / np.hypot(*(line[b] - line[a]))
        return (line[0] if at < 0.0 else line[-1]) + way * (at - base)
    return np.array([np.interp(at, run, line[:, 0]), np.interp(at, run, line[:, 1])])


def discs(mover: Mover, t: float) -> Any:
    """The middles of many discs of half the mover's width that make its footprint."""
    speed, a = mover.speed, mover.acceleration
    s = 0.0
    for _ in range(round(t / 0.001)):  # so that braking to a stand is what it says
        s += max(speed, 0.0) * 0.001 + (0.5 * a * 1e-6 if speed > 0.0 else 0.0)
        speed += a * 0.001
    if a == 0.0:
        s = mover.speed * t
    r = mover.width / 2.0
    reach = max(mover.length - 2.0 * r, 0.0)
    if mover.way >= 0:
        line, run = CROSS[1][mover.way], CROSS[2][mover.way]
        front, rear = (on_line(line, run, mover.at + s - r - back) for back in (0.0, reach))
    else:
        towards = np.array([math.sin(math.radians(mover.heading)), math.cos(math.radians(mover.heading))])
        front = np.array([mover.x, mover.y]) + (s - r) * towards
        rear = front - reach * towards
    return np.linspace(front, rear, DISCS)


def apart(a: Any, b: Any) -> float:
    """The least distance between the middles of discs."""
    return float(np.hypot(*np.moveaxis(a[:, None] - b[None], 2, 0)).min())


def meet(movers: list[Mover], gap: float = 0.0, queue: tuple[int, ...] = (), least: float = 0.5) -> tuple[Any, ...]:
    column = {name: np.array([getattr(m, name) for m in movers], np.float64) for name in Mover._fields}
    return CROSS[0].meet(
        np.arange(len(movers), dtype=np.int32),
        column["way"].astype(np.int32),
        column["at"],
        np.array(queue or [-1] * len(movers), np.int32),
        *(column[name] for name in ("x", "y", "heading", "speed", "acceleration", "length", "width")),
        column["afoot"].astype(np.uint8),
        HORIZON,
        STEP,
        gap,
        least,
    )


drivers = st.builds(
    Mover,
    way=st.integers(0, 2),
    at=st.floats(30.0, 85.0),
    x=st.just(0.0),
    y=st.just(0.0),
    heading=st.just(0.0),
    speed=st.floats(0.0, 16.0),
    acceleration=st.sampled_from([0.0, 0.0, -1.5, -4.5]),
    length=st.floats(1.5, 12.0),
    width=st.floats(0.6, 2.5),
    afoot=st.just(0),
)
walkers = st.builds(
    Mover,
    way=st.just(-1),
    at=st.just(0.0),
    x=st.floats(-15.0, 15.0),
    y=st.floats(-15.0, 15.0),
    heading=st.floats(0.0, 360.0),
    speed=st.floats(0.0, 2.5),
    acceleration=st.just(0.0),
    length=st.just(0.22),
    width=st.just(0.48),
    afoot=st.just(1),
)


@settings(max_examples=60, deadline=None)
@given(drivers, drivers | walkers, st.sampled_from([0.0, 0.5]))
def test_as_both_are_driven(one: Mover, other: Mover, gap: float) -> None:
    check(one, other, gap, meet([one, other], gap))


def check(one: Mover, other: Mover, gap: float, found: tuple[Any, ...]) -> None:
    """AssertionError where the kernel says something else than discs of movers that are driven; what falls within
    what the discs can tell is not looked at.
    """
    near = (one.width + other.width) / 2.0
    slack = 0.02 + (max(one.length, other.length) / DISCS) ** 2 / near
    times = np.arange(round(HORIZON / STEP) + 1) * STEP
    mine, theirs = [[discs(who, t) for t in times] for who in (one, other)]
    within = round(gap / STEP)
    between = {
        (k, j): apart(mine[k], theirs[j])
        for k in range(len(times))
        for j in range(max(k - within, 0), min(k + within + 1, len(times)))
    }
    if max(one.speed, other.speed) < 0.5:
        assert not len(found[0])
        return
    sure = [pair for pair, away in between.items() if away <= near - slack]
    maybe = [pair for pair, away in between.items() if away <= near + slack]
    if not len(found[0]):
        assert not sure
        return
    k = round(float(found[2][0]) / STEP)
    d = round(float(found[3][0]) / STEP)
    pair = (k, k + d) if d >= 0 else (k - d, k)
    assert pair in maybe

    def rank(pair: tuple[int, int]) -> tuple[int, int]:
        return abs(pair[0] - pair[1]), min(pair)

    assert not [other for other in sure if rank(other) < rank(pair)]


def test_a_planted_error_is_found() -> None:
    one = Mover(0, 60.0, 0, 0, 0, 10.0, 0.0, 4.5, 1.8)
    other = Mover(1, 60.0, 0, 0, 0, 10.0, 0.0, 4.5, 1.8)
    found = meet([one, other])
    check(one, other, 0.0, found)
    assert float(found[2][0]) == pytest.approx(2.3, abs=0.11)
    for planted in (0.5, -0.5):
        with pytest.raises(AssertionError):
            check(one, other, 0.0, (*found[:2], found[2] + planted, *found[3:]))
    with pytest.raises(AssertionError):
        check(one, other, 0.0, tuple(column[:0] for column in found))
    with pytest.raises(AssertionError):
        check(one, other, 0.0, meet([one._replace(at=55.0), other]))


def test_who_is_not_compared() -> None:
    car = Mover(0, 60.0, 0, 0, 0, 10.0, 0.0, 4.5, 1.8)
    behind = car._replace(at=52.0, speed=16.0)
    assert len(meet([car, behind])[0]) == 1
    assert len(meet([car, behind], queue=(7, 7))[0]) == 0
    walker = Mover(-1, 0.0, 2.0, 0.0, 0.0, 1.0, 0.0, 0.22, 0.48, 1)
    assert len(meet([walker, walker])[0]) == 0
    assert len(meet([walker, walker._replace(afoot=0)])[0]) == 1
    assert len(meet([walker, walker._replace(afoot=0)], least=1.5)[0]) == 0
    brakes = car._replace(acceleration=-4.5)  # and stands 11 m further on, 6 m before the other's way
    crossing = Mover(1, 70.0, 0, 0, 0, 10.0, 0.0, 4.5, 1.8)
    assert len(meet([car, crossing], gap=1.0)[0]) == 1
    assert len(meet([brakes, crossing], gap=1.0)[0]) == 0


def test_which_ways_one_may_be_on() -> None:
    kernel = CROSS[0]
    every, aside = np.arange(3, dtype=np.int32), np.full(3, 2.0)

    def found(x: float, y: float, heading: float) -> dict[int, float]:
        here = (np.array([value]) for value in (x, y, heading))
        _, way, at = kernel.match(every, *here, aside, 35.0)
        return {int(w): round(float(a), 3) for w, a in zip(way, at, strict=True)}

    assert found(-50.0, 0.2, 90.0) == {0: 30.0, 2: 30.0}
    assert found(-50.0, 0.2, 270.0) == {}
    assert found(-50.0, 3.0, 90.0) == {}
    assert found(3.0, -20.0, 10.0) == {1: 60.0}
    assert found(1.5, 20.0, 0.0).keys() == {1, 2}
    assert found(-1.5, 2.5, 45.0).keys() == {2}


def test_what_does_not_fit_is_refused() -> None:
    line = np.array([[0.0, 0.0], [1.0, 0.0]])
    for first in ([0, 1], [0, 3], [1, 2], [0, 1, 2]):
        with pytest.raises(ValueError, match="do not fit"):
            Polylines(line, np.array([0.0, 1.0]), np.array(first, np.int32))
    one = np.zeros(1)
    with pytest.raises(ValueError, match="a way that there is none of"):
        CROSS[0].match(np.array([3], np.int32), one, one, one, one, 10.0)
    with pytest.raises(ValueError, match="different lengths"):
        CROSS[0].match(np.array([0], np.int32), one, np.zeros(2), one, one, 10.0)
    with pytest.raises(ValueError, match="a mover or a way"):
        meet([Mover(5, 0.0, 0, 0, 0, 1.0, 0.0, 4.0, 2.0)])
