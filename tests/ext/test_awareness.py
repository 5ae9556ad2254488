"""CAM generation against the rules of EN 302 637-2 V1.4.1, clause 6.1.3, written down once more in plain Python."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext.awareness import CamGenerator, VamGenerator

STATIONS = 4
N_GEN_CAM = 3
T_GEN_CAM_MIN = 1  # in checks of 100 ms
T_GEN_CAM_MAX = 10
CONTAINER = 5
SPECIAL = (1, 3)  # who has a special vehicle container: it comes with the low frequency container

Sent = tuple[list[int], list[int], list[int]]  # who sends at a check, who of them with which container


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
    container: int = CONTAINER
    second_waits_for_dcc: bool = True
    last: State | None = None
    last_time: int = 0
    t_gen_cam: int = T_GEN_CAM_MAX
    by_condition_2: list[bool] = field(default_factory=list)
    with_low: int | None = None  # when the low frequency container was last sent
    with_special: int | None = None

    def check(self, time: int, now: State, t_gen_cam_dcc: int = T_GEN_CAM_MIN) -> bool:
        if self.last is None:
            self.last, self.last_time = now, time
            return True
        # "T_GenCamMin <= T_GenCam_Dcc <= T_GenCamMax"; a value beyond these is taken as the bound.
        t_gen_cam_dcc = sorted((T_GEN_CAM_MIN, t_gen_cam_dcc, T_GEN_CAM_MAX))[1]
        elapsed = time - self.last_time
        if elapsed >= t_gen_cam_dcc and not self.similar(now, self.last):
            # 1) "T_GenCam shall be set to the currently valid time elapsed since the last CAM generation."
            self.t_gen_cam = min(elapsed, T_GEN_CAM_MAX)
            self.by_condition_2 = []
        elif elapsed >= self.t_gen_cam and (elapsed >= t_gen_cam_dcc or not self.second_waits_for_dcc):
            # 2) "After ... N_GenCam consecutive CAMs due to condition 2, T_GenCam shall be set to T_GenCamMax."
            self.by_condition_2.append(True)
            if len(self.by_condition_2) >= self.n_gen_cam:
                self.t_gen_cam = T_GEN_CAM_MAX
        else:
            return False
        self.last, self.last_time = now, time
        return True

    def containers(self, time: int, special: bool) -> tuple[bool, bool]:
        """Of a CAM that is generated now: in the first one, and 500 ms after the last that had it."""
        low = self.with_low is None or time - self.with_low >= self.container
        if low:
            self.with_low = time
        special = special and (self.with_special is None or time - self.with_special >= self.container)
        if special:
            self.with_special = time
        return low, special


# A grid of exact binary fractions: a bound is then met exactly, or missed by far more than any rounding.
Step = tuple[bool, int, int, float, int]
History = list[tuple[list[bool], list[State], list[int]]]  # who is active, where all are, T_GenCam_Dcc of each
steps = st.tuples(
    st.booleans() | st.just(True),
    st.integers(-5, 5),  # m along x
    st.integers(-3, 3),  # times 0.25 m/s
    st.sampled_from([0.0, 0.0, 2.0, -2.0, 4.0, -4.0, 4.5, -4.5, 90.0, 180.0, 184.0]),
    st.just(1) | st.integers(-1, 12),  # T_GenCam_Dcc
)
journeys = st.lists(st.lists(steps, min_size=STATIONS, max_size=STATIONS), min_size=1, max_size=60)


def states(journey: list[list[Step]]) -> History:
    now = [State(0.0, 0.0, 10.0, 1.0) for _ in range(STATIONS)]
    history = []
    for row in journey:
        for i, (_, dx, dv, turn, _) in enumerate(row):
            old = now[i]
            now[i] = State(old.x + dx, old.y, old.speed + 0.25 * dv, (old.heading + turn) % 360.0)
        history.append(([active for active, *_ in row], list(now), [wait for *_, wait in row]))
    return history


class Fleet:
    """The kernel with the columns that it is bound to."""

    def __init__(self, stations: int, regular: bool = False, vams: bool = False) -> None:
        self.generator = VamGenerator(0) if vams else CamGenerator(0, regular)
        self.vru = np.full(0, 0, np.uint8)
        self.vams = vams
        self.grow(stations)

    def grow(self, stations: int) -> None:
        self.generator.grow(stations)
        self.active, self.wait = np.ones(stations, np.uint8), np.ones(stations, np.int32)
        self.x, self.y, self.speed, self.heading = np.zeros((4, stations))
        self.senders = np.full(stations, -1, np.int32)
        self.low_due = np.full(stations, 77, np.uint8)
        self.vru = np.full(stations, self.vams, np.uint8)
        states = self.x, self.y, self.speed, self.heading
        self.generator.bind(self.active, *states, self.wait, self.vru, self.senders, self.low_due)

    def select(self, time: int, n: int) -> list[int]:
        """Who sends."""
        found: list[int] = self.senders[: self.generator.select(time, n)].tolist()
        return found

    def containers(self, who: list[int]) -> tuple[list[int], list[int]]:
        """Who of the senders sends the low frequency container, and who with it the special one."""
        due = self.low_due[: len(who)].tolist()
        assert set(due) <= {0, 1}
        low = [i for i, container in zip(who, due, strict=True) if container]
        return low, [i for i in low if i in SPECIAL]


def sent(history: History) -> list[Sent]:
    """What the kernel sends at each check."""
    fleet = Fleet(STATIONS)
    result = []
    for time, (active, now, wait) in enumerate(history):
        fleet.active[:], fleet.wait[:] = active, wait
        for name in ("x", "y", "speed", "heading"):
            getattr(fleet, name)[:] = [getattr(state, name) for state in now]
        who = fleet.select(time, STATIONS)
        result.append((who, *fleet.containers(who)))
    return result


def expected(history: History, **variant: object) -> list[Sent]:
    stations = [Station(**variant) for _ in range(STATIONS)]  # type: ignore[arg-type]
    result = []
    for time, (active, now, wait) in enumerate(history):
        who = [i for i in range(STATIONS) if active[i] and stations[i].check(time, now[i], wait[i])]
        containers = {i: stations[i].containers(time, i in SPECIAL) for i in who}
        result.append((who, [i for i in who if containers[i][0]], [i for i in who if containers[i][1]]))
    return result


@given(journeys)
def test_as_the_standard_says(journey: list[list[Step]]) -> None:
    history = states(journey)
    assert sent(history) == expected(history)


def still(checks: int, wait: int = 1, **last: float) -> History:
    """All stations stand still; at the last check they have changed by what `last` says."""
    here = State(0.0, 0.0, 10.0, 1.0)
    there = State(**{**here.__dict__, **{name: getattr(here, name) + by for name, by in last.items()}})
    on, waits = [True] * STATIONS, [wait] * STATIONS
    return [(on, [here] * STATIONS, waits)] * checks + [(on, [there] * STATIONS, waits)]


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
    assert sent(still(3, **change))[-1][0] == (ALL if sends else [])  # type: ignore[arg-type]


def test_one_per_second_at_rest() -> None:
    times = [time for time, (who, *_) in enumerate(sent(still(35))) if who]
    assert times == [0, 10, 20, 30]


def moving(checks: int, wait: int = 1, by: float = 5.0) -> History:
    """Everyone moves on by so many metres a check."""
    on, waits = [True] * STATIONS, [wait] * STATIONS
    return [(on, [State(by * k, 0.0, 10.0, 1.0)] * STATIONS, waits) for k in range(checks)]


@pytest.mark.parametrize(("wait", "every"), [(-3, 1), (0, 1), (1, 1), (3, 3), (10, 10), (12, 10)])
def test_congestion_control_is_obeyed(wait: int, every: int) -> None:
    assert [time for time, (who, *_) in enumerate(sent(moving(41, wait))) if who] == list(range(0, 41, every))


@pytest.mark.parametrize(("by", "times"), [(5.0, [0, 5, 10, 15]), (2.5, [0, 6, 12, 18]), (0.0, [0, 10])])
def test_containers_every_500_ms(by: float, times: list[int]) -> None:
    """Messages every 100, 200 and 1000 ms: with the containers in every fifth, third and in each."""
    history = sent(moving(20, by=by))
    assert [time for time, (_, low, _) in enumerate(history) if low] == times
    assert [time for time, (_, _, special) in enumerate(history) if special] == times
    assert history[0] == (ALL, ALL, list(SPECIAL))


@pytest.mark.parametrize(("wait", "every"), [(1, 1), (4, 4)])
def test_basic_safety_messages_at_10_hz_or_as_congestion_control_wants(wait: int, every: int) -> None:
    fleet = Fleet(STATIONS, regular=True)
    fleet.wait[:] = wait
    for time in range(25):
        who = fleet.select(time, STATIONS)
        assert who == ([] if time % every else ALL)
        assert fleet.containers(who) == ([], [])
    fleet.active[2] = 0
    assert fleet.select(100, STATIONS) == [0, 1, 3]


def test_the_pace_is_kept_for_three_and_then_lost() -> None:
    there = [State(5.0, 0.0, 10.0, 1.0)] * STATIONS
    history = still(2, x=5.0) + [(on, there, wait) for on, _, wait in still(39)]
    times = [time for time, (who, *_) in enumerate(sent(history)) if who]
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
    two, three, bytes_ = np.zeros(2), np.zeros(3), np.ones(2, np.uint8)
    rest = np.ones(2, np.int32), bytes_, np.zeros(2, np.int32)
    with pytest.raises(ValueError, match="different lengths"):
        generator.bind(bytes_, two, three, two, two, *rest, bytes_)
    with pytest.raises(ValueError, match="different lengths"):
        generator.bind(bytes_, two, two, two, two, *rest, bytes_[:1])
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


@pytest.mark.parametrize(
    "planted",
    [
        {"n_gen_cam": 2},
        {"similar": ignores_wrap},
        {"similar": wider},
        {"container": 4},
        {"container": 6},
        {"second_waits_for_dcc": False},
    ],
)
def test_a_planted_error_is_found(planted: dict[str, object]) -> None:
    random = np.random.default_rng(1)
    journey = [
        [
            (
                True,
                int(random.integers(-5, 6)) * int(random.random() < 0.2),
                0,
                float(random.choice([0, 0, 0, 4.0, -4.0])),
                int(random.choice([1, 1, 1, 1, 2, 5])),
            )
            for _ in range(STATIONS)
        ]
        for _ in range(400)
    ]
    history = states(journey)
    assert sent(history) == expected(history)
    assert sent(history) != expected(history, **planted)


T_GEN_VAM_MIN, T_GEN_VAM_MAX, VAM_CONTAINER = 1, 50, 20  # in checks of 100 ms: TS 103 300-3 V2.1.1, table 16


@dataclass
class RoadUser:
    """A device in VRU-ACTIVE-STANDALONE, in the words of clause 6.4.1."""

    similar: Callable[[State, State], bool] = same_moves
    longest: int = T_GEN_VAM_MAX
    container: int = VAM_CONTAINER
    last: State | None = None
    last_time: int = 0
    with_low: int | None = None

    def check(self, time: int, now: State, t_gen_vam_dcc: int) -> tuple[bool, bool]:
        """Whether a VAM is generated, and with the low frequency container."""
        elapsed = time - self.last_time
        if self.last is not None:
            if elapsed < sorted((T_GEN_VAM_MIN, t_gen_vam_dcc, T_GEN_VAM_MAX))[1]:
                return False, False
            if elapsed < self.longest and self.similar(now, self.last):
                return False, False
        self.last, self.last_time = now, time
        low = self.with_low is None or time - self.with_low >= self.container
        if low:
            self.with_low = time
        return True, low


def vams(history: History) -> list[tuple[list[int], list[int]]]:
    """What the kernel sends at each check, with the container."""
    fleet = Fleet(STATIONS, vams=True)
    result = []
    for time, (active, now, wait) in enumerate(history):
        fleet.active[:], fleet.wait[:] = active, wait
        for name in ("x", "y", "speed", "heading"):
            getattr(fleet, name)[:] = [getattr(state, name) for state in now]
        who = fleet.select(time, STATIONS)
        result.append((who, fleet.containers(who)[0]))
    return result


def expected_vams(history: History, **variant: object) -> list[tuple[list[int], list[int]]]:
    users = [RoadUser(**variant) for _ in range(STATIONS)]  # type: ignore[arg-type]
    result = []
    for time, (active, now, wait) in enumerate(history):
        said = {i: users[i].check(time, now[i], wait[i]) for i in range(STATIONS) if active[i]}
        result.append(([i for i, (sends, _) in said.items() if sends], [i for i, (_, low) in said.items() if low]))
    return result


@given(journeys)
def test_vams_as_the_standard_says(journey: list[list[Step]]) -> None:
    history = states(journey)
    assert vams(history) == expected_vams(history)


def test_a_vam_every_5_s_at_rest_and_its_container_with_it() -> None:
    found = vams(still(120))
    assert [time for time, (who, _) in enumerate(found) if who] == [0, 50, 100]
    assert all(low == who for who, low in found)
    walking = vams(moving(61, by=0.5))  # 4 m are passed at the ninth step
    assert [time for time, (who, _) in enumerate(walking) if who] == [0, 9, 18, 27, 36, 45, 54]
    assert [time for time, (_, low) in enumerate(walking) if low] == [0, 27, 54]


def test_who_says_vams_says_no_cams() -> None:
    cams, others = Fleet(STATIONS), Fleet(STATIONS, vams=True)
    cams.vru[1] = cams.vru[3] = 1
    others.vru[:] = cams.vru
    assert cams.select(0, STATIONS) == [0, 2]
    assert others.select(0, STATIONS) == [1, 3]
    others.generator.reset(np.array([3], np.int32))
    others.grow(STATIONS + 1)
    others.vru[[0, 2]] = 0
    assert others.select(1, STATIONS + 1) == [3, 4]
    with pytest.raises(ValueError, match="room for 5"):
        others.generator.select(0, 6)


@pytest.mark.parametrize("planted", [{"similar": wider}, {"similar": ignores_wrap}, {"longest": 49}, {"container": 12}])
def test_a_planted_error_of_vams_is_found(planted: dict[str, object]) -> None:
    random = np.random.default_rng(2)
    journey = [
        [
            (True, int(random.integers(-5, 6)) * int(random.random() < 0.05), 0, float(random.choice(turns)), 1)
            for _ in range(STATIONS)
        ]
        for turns in [[0.0] * 40 + [4.0, -4.0]] * 600
    ]
    history = states(journey)
    assert vams(history) == expected_vams(history)
    assert vams(history) != expected_vams(history, **planted)
