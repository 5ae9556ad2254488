"""Meetings of two movers against both driven by plain Python in small steps, with footprints as many discs."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wayside.ext.conflicts import Polylines, Watch

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


# A place in the middle of CROSS, whose ways have their lines 10 m before the crossing and are left 12 m behind it.
LINES, CLEAR, ALLOWED = np.array([70.0, 70.0, 68.0]), np.array([92.0, 92.0, 90.0]), np.array([14.0, 14.0, 6.0])
WIDTH, KINDS = np.full(256, 1.8), np.zeros(256, np.uint8)
KINDS[1], KINDS[2] = 1, 2  # on foot, and on a bicycle
WATCH = Watch(
    CROSS[0], np.arange(3, dtype=np.int32), np.array([0, 1, 0], np.int32), LINES, CLEAR, ALLOWED, np.full(3, 2.0),
    WIDTH, KINDS, 35.0,
)  # fmt: skip
NOW, TRUST = 5.0, 2.0

seen = st.builds(
    lambda road, along, aside, turned, *rest: (road, along, aside, turned, *rest),
    st.integers(0, 1),
    st.floats(-45.0, 15.0),
    st.floats(-2.5, 2.5),
    st.floats(-50.0, 50.0),
    st.floats(0.0, 16.0),
    st.sampled_from([math.nan, 0.5, -3.0]),
    st.sampled_from([math.nan, 4.5, 12.0]),
    st.sampled_from([5.0, 5.0, 1.0, 2.0]),
    st.floats(0.0, 1.0),
)


def entry(road: int, along: float, aside: float, turned: float, *rest: float) -> list[float]:
    """A mover in a map, near one of the two roads of CROSS: x, y, speed, heading, length, station, acceleration, type;
    and when it was heard.
    """
    speed, acceleration, length, kind, age = rest
    place, heading = ((along, aside), 90.0) if road == 0 else ((3.0 - aside, along), 0.0)
    return [*place, speed, (heading + turned) % 360.0, length, 0.0, acceleration, kind, NOW - age]


def on_way(way: int, x: float, y: float, heading: float) -> float:
    """How far along a way one is that may be on it, the nearest piece counting; NaN for one who may not."""
    line, run = CROSS[1][way], CROSS[2][way]
    best, at = 2.0, math.nan
    for k in range(len(line) - 1):
        step = line[k + 1] - line[k]
        bearing = math.degrees(math.atan2(step[0], step[1]))
        if abs((heading - bearing + 180.0) % 360.0 - 180.0) > 35.0:
            continue
        t = float(np.clip((np.array([x, y]) - line[k]) @ step / (step @ step), 0.0, 1.0))
        away = math.dist((x, y), line[k] + t * step)
        if away < best:
            best, at = away, run[k] + t * (run[k + 1] - run[k])
    return at


def driven(speed: float, acceleration: float, seconds: float) -> float:
    if acceleration < 0.0:
        seconds = min(seconds, -speed / acceleration)
    return seconds * (speed + 0.5 * min(acceleration, 0.0) * seconds)


def foreseen(entries: list[list[float]], stops: list[int]) -> dict[Any, Any]:
    """What a look finds, thought through one by one: by movers and ways, the time and the pairs of ways."""
    movers, going, straight, ways_of = [], [], [], []
    for k, (x, y, speed, heading, length, _, acceleration, kind, heard) in enumerate(entries):
        a, age = min(0.0 if math.isnan(acceleration) else acceleration, 0.0), NOW - heard
        since, now_speed = driven(speed, a, age), max(speed + a * age, 0.0)
        turn = math.radians(heading)
        size = 4.0 if math.isnan(length) else length
        here = x + since * math.sin(turn), y + since * math.cos(turn)
        movers.append(Mover(-1, 0.0, *here, heading, now_speed, a, size, 1.8, int(kind == 1.0)))
        may = [(way, on_way(way, x, y, heading) + since) for way in range(3) if kind != 1.0]
        may = [(way, at) for way, at in may if not math.isnan(at)]
        may = [(w, at) for w, at in may if now_speed**2 - (ALLOWED[w] + 2.0) ** 2 <= 9.0 * max(LINES[w] - at, 0.1)]
        ways_of.append(len(may) if kind == 5.0 or may else 1)
        if kind == 1.0 or (kind == 2.0 and not may):
            straight.append((k, -1, 0.0))
        for way, at in may:
            waits = stops[way] and LINES[way] - at >= 0.0 and now_speed**2 <= 2.0 * TRUST * (LINES[way] - at)
            if at - np.nan_to_num(length) <= CLEAR[way] and not waits:
                going.append((k, way, at))
    going += straight
    column = {name: np.array([getattr(m, name) for m in movers], np.float64) for name in Mover._fields}
    mover, way, at = (np.array(values) for values in zip(*going, strict=True)) if going else [np.empty(0)] * 3
    one, other, time, apart_by, *_ = CROSS[0].meet(
        mover.astype(np.int32), way.astype(np.int32), at.astype(np.float64),
        np.array([[0, 1, 0, -1][int(w)] for w in way], np.int32),
        *(column[name] for name in ("x", "y", "heading", "speed", "acceleration", "length", "width")),
        column["afoot"].astype(np.uint8), HORIZON, STEP, 0.3, 1.0,
    )  # fmt: skip
    found = {}
    for h, g, t, d in zip(one, other, time, apart_by, strict=True):
        yields = False
        for mine, its, later in ((h, g, max(-d, 0.0)), (g, h, max(d, 0.0))):
            a, b = movers[int(mover[mine])], movers[int(mover[its])]
            need = a.speed**2 / (2.0 * max(driven(a.speed, a.acceleration, t + later), 0.1))
            yields |= bool(b.afoot and need <= TRUST)
        if not yields:
            a, b = int(mover[h]), int(mover[g])
            found[a, b, int(way[h]), int(way[g])] = t, max(ways_of[a], 1) * max(ways_of[b], 1)
    return found


@settings(max_examples=200, deadline=None)
@given(st.lists(seen, max_size=6), st.lists(st.integers(0, 1), min_size=3, max_size=3))
def test_a_look_is_as_thought_through(of: list[Any], stops: list[int]) -> None:
    entries = [entry(*one) for one in of]
    *state, heard = np.array(entries).reshape(-1, 9).T
    around = 0.0, 0.0, 200.0
    rules = HORIZON, STEP, 0.3, 1.0, TRUST
    told = WATCH.look(np.array(state), np.array(heard), NOW, *around, np.array(stops, np.uint8), *rules)
    expected = foreseen(entries, stops) if any(one[2] >= 1.0 for one in entries) and len(entries) > 1 else {}
    assert {(*one[0], *one[3]): (one[1], one[2]) for one in told} == expected
    for rows, time, _, ways, to, left, needs, _ in told:
        assert 0.0 <= time <= HORIZON
        for row, way, at, rest, need in zip(rows, ways, to, left, needs, strict=True):
            assert rest <= entries[row][2] * (HORIZON + 0.3) + 1e-9
            assert need >= 0.0
            assert way < 0 or at >= rest
    far = WATCH.look(np.array(state), np.array(heard), NOW, 900.0, 0.0, 200.0, np.array(stops, np.uint8), *rules)
    assert far == []


def test_what_does_not_fit_is_refused() -> None:
    line = np.array([[0.0, 0.0], [1.0, 0.0]])
    for first in ([0, 1], [0, 3], [1, 2], [0, 1, 2]):
        with pytest.raises(ValueError, match="do not fit"):
            Polylines(line, np.array([0.0, 1.0]), np.array(first, np.int32))
    of = np.zeros(3, np.int32), LINES, CLEAR, ALLOWED, np.ones(3), WIDTH, KINDS, 35.0
    with pytest.raises(ValueError, match="do not fit"):
        Watch(CROSS[0], np.array([3], np.int32), *of)
    with pytest.raises(ValueError, match="do not fit"):
        Watch(CROSS[0], np.array([0], np.int32), np.zeros(2, np.int32), *of[1:])
    stops, rules = np.zeros(3, np.uint8), (HORIZON, STEP, 0.3, 1.0, TRUST)
    for state, heard, its in ((7, 2, 3), (8, 1, 3), (8, 2, 2)):
        with pytest.raises(ValueError, match="different lengths"):
            WATCH.look(np.zeros((state, 2)), np.zeros(heard), NOW, 0.0, 0.0, 9.0, stops[:its], *rules)
    with pytest.raises(ValueError, match="a mover or a way"):
        meet([Mover(5, 0.0, 0, 0, 0, 1.0, 0.0, 4.0, 2.0)])
