"""CAM generation against the rules of EN 302 637-2 V1.4.1, clause 6.1.3, written down once more in plain Python."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.awareness import CamGenerator

STATIONS = 4
N_GEN_CAM = 3
T_GEN_CAM_MIN = 1  # in checks of 100 ms
T_GEN_CAM_MAX = 10


@dataclass
class State:
    x: float
    y: float
    speed: float
    heading: float


def same_moves(one: State, other: State) -> bool:
    """No condition of the dynamics is met: 4 degrees, 4 m, 0.5 m/s."""
    turned = abs((one.heading - other.heading + 180.0) % 360.0 - 180.0)
    moved = math.dist((one.x, one.y), (other.x, other.y))
    return turned <= 4.0 and moved <= 4.0 and abs(one.speed - other.speed) <= 0.5


@dataclass
class Station:
    """One ITS station, in the words of the clause."""

    similar: Callable[[State, State], bool] = same_moves
    n_gen_cam: int = N_GEN_CAM
    last: State | None = None
    last_time: int = 0
    t_gen_cam: int = T_GEN_CAM_MAX
    by_condition_2: list[bool] = field(default_factory=list)

    def check(self, time: int, now: State) -> bool:
        if self.last is None:
            self.last, self.last_time = now, time
            return True
        elapsed = time - self.last_time
        if elapsed >= T_GEN_CAM_MIN and not self.similar(now, self.last):
            # 1) "T_GenCam shall be set to the currently valid time elapsed since the last CAM generation."
            self.t_gen_cam = min(elapsed, T_GEN_CAM_MAX)
            self.by_condition_2 = []
        elif elapsed >= self.t_gen_cam:
            # 2) "After ... N_GenCam consecutive CAMs due to condition 2, T_GenCam shall be set to T_GenCamMax."
            self.by_condition_2.append(True)
            if len(self.by_condition_2) >= self.n_gen_cam:
                self.t_gen_cam = T_GEN_CAM_MAX
        else:
            return False
        self.last, self.last_time = now, time
        return True


# A grid of exact binary fractions: a bound is then met exactly, or missed by far more than any rounding.
Step = tuple[bool, int, int, float]
steps = st.tuples(
    st.booleans() | st.just(True),
    st.integers(-5, 5),  # m along x
    st.integers(-3, 3),  # times 0.25 m/s
    st.sampled_from([0.0, 0.0, 2.0, -2.0, 4.0, -4.0, 4.5, -4.5, 90.0, 180.0, 184.0]),
)
journeys = st.lists(st.lists(steps, min_size=STATIONS, max_size=STATIONS), min_size=1, max_size=60)


def states(journey: list[list[Step]]) -> list[tuple[list[bool], list[State]]]:
    """Who is active, and where all are, at each check."""
    now = [State(0.0, 0.0, 10.0, 1.0) for _ in range(STATIONS)]
    history = []
    for row in journey:
        for i, (_, dx, dv, turn) in enumerate(row):
            old = now[i]
            now[i] = State(old.x + dx, old.y, old.speed + 0.25 * dv, (old.heading + turn) % 360.0)
        history.append(([active for active, *_ in row], list(now)))
    return history


class Fleet:
    """The kernel with the columns that it is bound to."""

    def __init__(self, stations: int) -> None:
        self.generator = CamGenerator(0)
        self.grow(stations)

    def grow(self, stations: int) -> None:
        self.generator.grow(stations)
        self.active = np.ones(stations, np.uint8)
        self.x, self.y, self.speed, self.heading = np.zeros((4, stations))
        self.length, self.station = np.linspace(3.0, 18.0, stations), np.arange(stations) + 10**12
        self.senders, self.content = np.full(stations, -1, np.int32), np.full((stations, 6), np.nan)
        states = self.x, self.y, self.speed, self.heading, self.length, self.station
        self.generator.bind(self.active, *states, self.senders, self.content)

    def select(self, time: int, n: int) -> list[int]:
        """Who sends; what they say is checked on the way."""
        who = self.senders[: self.generator.select(time, n)]
        says = np.column_stack(
            [column[who] for column in (self.x, self.y, self.speed, self.heading, self.length, self.station)]
        )
        np.testing.assert_array_equal(self.content[: len(who)], says)
        found: list[int] = who.tolist()
        return found


def sent(history: list[tuple[list[bool], list[State]]]) -> list[list[int]]:
    """What the kernel sends at each check."""
    fleet = Fleet(STATIONS)
    result = []
    for time, (active, now) in enumerate(history):
        fleet.active[:] = active
        for name in ("x", "y", "speed", "heading"):
            getattr(fleet, name)[:] = [getattr(state, name) for state in now]
        result.append(fleet.select(time, STATIONS))
    return result


def expected(history: list[tuple[list[bool], list[State]]], **variant: object) -> list[list[int]]:
    stations = [Station(**variant) for _ in range(STATIONS)]  # type: ignore[arg-type]
    return [
        [i for i in range(STATIONS) if active[i] and stations[i].check(time, now[i])]
        for time, (active, now) in enumerate(history)
    ]


@given(journeys)
def test_as_the_standard_says(journey: list[list[Step]]) -> None:
    history = states(journey)
    assert sent(history) == expected(history)


def still(checks: int, **last: float) -> list[tuple[list[bool], list[State]]]:
    """All stations stand still; at the last check they have changed by what `last` says."""
    here = State(0.0, 0.0, 10.0, 1.0)
    there = State(**{**here.__dict__, **{name: getattr(here, name) + by for name, by in last.items()}})
    return [([True] * STATIONS, [here] * STATIONS)] * checks + [([True] * STATIONS, [there] * STATIONS)]


ALL = list(range(STATIONS))


@pytest.mark.parametrize(
    ("change", "sends"),
    [
        ({"x": 4.0}, False),
        ({"x": 4.0001}, True),
        ({"x": 3.0, "y": 3.0}, True),
        ({"x": -2.8, "y": 2.8}, False),
        ({"speed": 0.5}, False),
        ({"speed": -0.5001}, True),
        ({"heading": 4.0}, False),
        ({"heading": 4.0001}, True),
        ({"heading": 356.0}, False),  # from 1 to 357 degrees: 4 the other way round
        ({"heading": 355.9}, True),
        ({}, False),
    ],
)
def test_bounds(change: dict[str, float], sends: bool) -> None:
    assert sent(still(3, **change))[-1] == (ALL if sends else [])


def test_one_per_second_at_rest() -> None:
    times = [time for time, who in enumerate(sent(still(35))) if who]
    assert times == [0, 10, 20, 30]


def test_the_pace_is_kept_for_three_and_then_lost() -> None:
    history = still(2, x=5.0) + still(40)[1:]
    history = history[:3] + [(active, [State(5.0, 0.0, 10.0, 1.0)] * STATIONS) for active, _ in history[3:]]
    times = [time for time, who in enumerate(sent(history)) if who]
    assert times == [0, 2, 4, 6, 8, 18, 28, 38]


def test_a_reset_station_speaks_at_once_and_growing_keeps_the_others() -> None:
    fleet = Fleet(2)
    assert fleet.select(0, 2) == [0, 1]
    fleet.generator.reset(np.array([1], np.int32))
    assert fleet.select(1, 2) == [1]
    fleet.grow(3)
    assert fleet.generator.capacity == 3
    assert fleet.select(2, 3) == [2]
    assert fleet.select(10, 3) == [0]
    assert fleet.select(11, 3) == [1]


def test_the_first_ones_only() -> None:
    fleet = Fleet(30)
    assert fleet.select(0, 30) == list(range(30))
    assert fleet.select(10, 17) == list(range(17))
    assert fleet.select(10, 0) == []
    assert fleet.select(11, 19) == [17, 18]


def test_what_does_not_fit_is_refused() -> None:
    generator = CamGenerator(2)
    with pytest.raises(ValueError, match="1 stations, room for 0"):
        generator.select(0, 1)  # bound to nothing
    two, three, stations = np.zeros(2), np.zeros(3), np.zeros(2, np.int64)
    rest = two, two, two, stations, np.zeros(2, np.int32)
    with pytest.raises(ValueError, match="different lengths"):
        generator.bind(np.ones(2, np.uint8), two, three, *rest, np.zeros((2, 6)))
    with pytest.raises(ValueError, match="different lengths"):
        generator.bind(np.ones(2, np.uint8), two, two, *rest, np.zeros((2, 5)))
    fleet = Fleet(2)
    for n in (-1, 3):
        with pytest.raises(ValueError, match=f"{n} stations, room for 2"):
            fleet.generator.select(0, n)


def ignores_wrap(one: State, other: State) -> bool:
    return abs(one.heading - other.heading) <= 4.0 and same_moves(
        State(one.x, one.y, one.speed, 0.0), State(other.x, other.y, other.speed, 0.0)
    )


def wider(one: State, other: State) -> bool:
    """5 m instead of 4."""
    return same_moves(*(State(s.x * 0.8, s.y * 0.8, s.speed, s.heading) for s in (one, other)))


@pytest.mark.parametrize("planted", [{"n_gen_cam": 2}, {"similar": ignores_wrap}, {"similar": wider}])
def test_a_planted_error_is_found(planted: dict[str, object]) -> None:
    random = np.random.default_rng(1)
    journey = [
        [(True, int(random.integers(-5, 6)) * int(random.random() < 0.2), 0, float(random.choice([0, 0, 0, 4.0, -4.0])))
         for _ in range(STATIONS)]
        for _ in range(200)
    ]  # fmt: skip
    history = states(journey)
    assert sent(history) == expected(history)
    assert sent(history) != expected(history, **planted)
