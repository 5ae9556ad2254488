"""Dead reckoning against NumPy; the error of known positions against the process that it should be."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from wayside.ext import motion
from wayside.ext.arrays import Doubles

STATE = ("stop_state", np.int32), ("on_net", np.uint8), ("equipped", np.uint8), ("active", np.uint8)
PARKING = 2


class Vehicles:
    """The kernel with the columns that it is bound to; all are on the road, at SUMO's steps of so many seconds."""

    def __init__(self, vehicles: int, step: float = 1.0, ballistic: bool = False) -> None:
        self.x, self.y, self.speed, self.acceleration, self.heading = np.zeros((5, vehicles))
        self.yaw_rate, self.curvature, self.to_x, self.to_y = np.full((4, vehicles), np.nan)
        self.stop_state, self.on_net, self.equipped, self.active = (np.zeros(vehicles, dtype) for _, dtype in STATE)
        self.on_net[:] = 1
        self.station = np.arange(vehicles, dtype=np.int64)
        self.motion = motion.Motion(step, ballistic)
        self.bind()

    def bind(self) -> None:
        moves = self.x, self.y, self.speed, self.acceleration, self.heading, self.station, self.stop_state
        turns = self.active, self.yaw_rate, self.curvature
        self.motion.bind(*moves, self.on_net, self.equipped, *turns, self.to_x, self.to_y)

    def step(self, **columns: float | Doubles) -> None:
        for name, values in columns.items():
            getattr(self, name)[:] = values
        self.motion.sense(len(self.x), PARKING)

    def at(self, seconds: float, n: int | None = None) -> NDArray[np.complex128]:
        """Where the first n are told to be, as complex numbers [m]."""
        self.motion.advance(len(self.x) if n is None else n, seconds)
        where: NDArray[np.complex128] = self.to_x + 1j * self.to_y
        return where


def towards(heading: float | Doubles) -> Any:
    """Clockwise from north: a complex number turned from i."""
    return np.exp(1j * (math.pi / 2.0 - np.radians(heading)))


vehicle = st.tuples(
    st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(0.0, 60.0), st.floats(-9.0, 4.0), st.floats(0.0, 360.0)
)


@given(st.lists(vehicle, min_size=1, max_size=20), st.floats(0.0, 1.0), st.booleans(), st.data())
def test_straight_on(of: list[tuple[float, ...]], seconds: float, ballistic: bool, data: st.DataObject) -> None:
    """As SUMO's two methods would drive a step with the acceleration that is expected; at the step itself, bit by bit
    where they are; those after the first n stay as they are.
    """
    n = data.draw(st.integers(0, len(of)))
    vehicles = Vehicles(len(of), 1.0, ballistic)
    vehicles.step(**dict(zip(("x", "y", "speed", "acceleration", "heading"), np.array(of).T, strict=True)))
    expected = np.where(vehicles.acceleration < 0.0, 1.5, 1.0) * vehicles.acceleration
    way = np.maximum(0.0, vehicles.speed + expected) * seconds
    if ballistic:
        with np.errstate(all="ignore"):
            t = np.where(expected < 0.0, np.minimum(seconds, -vehicles.speed / expected), seconds)
        way = vehicles.speed * t + expected * t * t / 2.0
    wanted = vehicles.x + 1j * vehicles.y + way * towards(vehicles.heading)
    np.testing.assert_allclose(vehicles.at(seconds, n)[:n], wanted[:n], rtol=1e-12, atol=1e-9)
    assert np.isnan(vehicles.to_x[n:]).all()
    vehicles.at(0.0)
    np.testing.assert_array_equal(vehicles.to_x, vehicles.x)
    np.testing.assert_array_equal(vehicles.to_y, vehicles.y)


@given(
    st.lists(st.tuples(st.floats(-9.0, 4.0), st.floats(-60.0, 60.0)), min_size=2, max_size=15),
    st.floats(0.0, 30.0),
    st.sampled_from([0.25, 0.5, 1.0, 2.0]),
    st.booleans(),
)
def test_nobody_goes_back(of: list[tuple[float, float]], speed: float, step: float, ballistic: bool) -> None:
    """However one accelerates, brakes and turns; and nobody is farther ahead than by what was told in one step."""
    vehicles = Vehicles(1, step, ballistic)
    where, heading, told, behind = 0j, 0.0, None, 0.0
    for acceleration, turn in of:
        before, speed = speed, max(0.0, speed + acceleration * step)
        heading += turn
        where += towards(heading) * step * ((before + speed) / 2.0 if ballistic else speed)
        vehicles.step(
            x=where.real, y=where.imag, speed=speed, acceleration=(speed - before) / step, heading=heading % 360.0
        )
        for tick in range(round(10 * step)):
            now = vehicles.at(tick / 10.0)[0]
            if told is not None:
                assert ((now - told) * np.conj(towards(heading))).real > -1e-9
            if tick == 0:
                assert abs(now - where) <= behind + 1e-9
            told = now
        behind = abs(told - where)


def test_at_rest_and_never_beyond() -> None:
    """Braking at 4.5 m/s^2 to a stop: the hold ends, and the last word is where one stands."""
    vehicles = Vehicles(1)
    x, told = 0.0, []
    for before, speed in pairwise([20.0, 20.0, 20.0, 15.5, 11.0, 6.5, 2.0, 0.0, 0.0]):
        x += speed
        vehicles.step(x=x, speed=speed, acceleration=speed - before, heading=90.0)
        told += [vehicles.at(tick / 10.0)[0].real for tick in range(10)]
    assert min(b - a for a, b in pairwise(told)) >= 0.0
    assert max(told) == told[-1] == x


def test_how_one_turns() -> None:
    """To the left is positive, also through north; not known of who has just come, and no curvature of the slow."""
    headings = [(10.0, 350.0), (350.0, 10.0), (90.0, 90.0), (0.0, 180.0), (20.0, 0.0)]
    vehicles = Vehicles(len(headings), 0.5)
    before, now = np.array(headings).T
    speed = np.array([5.0, 5.0, 5.0, 5.0, 0.4])
    vehicles.step(heading=before, speed=speed)
    assert np.isnan([vehicles.yaw_rate, vehicles.curvature]).all()
    vehicles.step(heading=now)
    assert vehicles.yaw_rate.tolist() == [40.0, -40.0, 0.0, 360.0, 40.0]
    radius = 5.0 * 0.5 / np.radians(20.0)  # a way, and the angle of its arc
    np.testing.assert_allclose(vehicles.curvature, [1 / radius, -1 / radius, 0.0, 9 / radius, np.nan])
    vehicles.station[0] = 99  # another vehicle
    vehicles.x[1] = 100.0  # put elsewhere
    vehicles.stop_state[2] = PARKING
    vehicles.on_net[3] = 0
    vehicles.step()
    assert np.isnan(vehicles.yaw_rate).tolist() == [True, True, True, True, False]
    vehicles.step(stop_state=0, on_net=1)
    assert np.isnan(vehicles.yaw_rate).tolist() == [False, False, True, True, False]


@given(st.lists(st.tuples(st.integers(0, 255), st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_who_is_active(of: list[tuple[int, bool, bool]]) -> None:
    vehicles = Vehicles(len(of))
    vehicles.stop_state[:], vehicles.on_net[:], vehicles.equipped[:] = np.array(of).T
    vehicles.step()
    assert vehicles.active.tolist() == [
        int(on_net and equipped and not stop_state & PARKING) for stop_state, on_net, equipped in of
    ]


@pytest.mark.parametrize(("heading", "wanted"), [(0.0, 1j), (90.0, 1.0), (180.0, -1j), (270.0, -1.0)])
def test_the_four_winds(heading: float, wanted: complex) -> None:
    vehicles = Vehicles(1)
    vehicles.step(speed=10.0, heading=heading)
    assert vehicles.at(1.0)[0] == pytest.approx(10.0 * wanted, abs=1e-12)


def test_what_does_not_fit_is_refused() -> None:
    vehicles = Vehicles(2)
    for n in (-1, 3):
        with pytest.raises(ValueError, match=f"{n} vehicles, room for 2"):
            vehicles.motion.advance(n, 0.1)
        with pytest.raises(ValueError, match=f"{n} vehicles, room for 2"):
            vehicles.motion.sense(n, PARKING)
    with pytest.raises(ValueError, match="1 vehicles, room for 0"):
        motion.Motion(0.1).advance(1, 0.1)  # bound to nothing
    with pytest.raises(ValueError, match="a step of 0"):
        motion.Motion(0.0)
    vehicles.heading = np.zeros(3)
    with pytest.raises(ValueError, match="different lengths"):
        vehicles.bind()


SIGMA, TAU = 3.0, 20.0  # m, ticks


class Stations:
    """The drift's kernel with its columns; everyone stands at (100, -50)."""

    def __init__(self, station: list[int], seed: int = 5, sigma: float = SIGMA, tau: float = TAU) -> None:
        self.drift = motion.Drift(seed, sigma, tau)
        self.bind(station)

    def bind(self, station: list[int]) -> None:
        n = len(station)
        self.station = np.array(station, np.int64)
        self.active = np.ones(n, np.uint8)
        self.x, self.y = np.full(n, 100.0), np.full(n, -50.0)
        self.said_x, self.said_y = np.full((2, n), np.nan)
        self.drift.bind(self.active, self.x, self.y, self.station, self.said_x, self.said_y)

    def errors(self, tick: int, n: int | None = None) -> Doubles:
        """2 x stations, m."""
        n = len(self.x) if n is None else n
        self.drift.advance(tick, n)
        return np.stack((self.said_x - self.x, self.said_y - self.y))[:, :n]

    def walk(self, ticks: int, every: int = 1) -> Doubles:
        """All errors: ticks x 2 x stations; with `every` above 1 they are inactive in the ticks between."""
        found = []
        for tick in range(ticks * every):
            self.active[:] = tick % every == 0
            found.append(self.errors(tick))
        return np.stack(found[::every])


def is_the_process(walk: Doubles) -> bool:
    """Normal with the deviation wanted at every moment, correlated as exp(-t / tau), axes and stations independent."""
    stations = walk.shape[2]
    for tick in (0, 1, 10, len(walk) - 1):
        if stats.kstest(walk[tick].ravel() / SIGMA, "norm").pvalue < 1e-4:
            return False
        if abs(walk[tick].std() / SIGMA - 1.0) > 4.0 / math.sqrt(4.0 * stations):
            return False
    noise = 5.0 / math.sqrt(2 * stations)  # of a correlation of independent numbers, five deviations
    if any(
        abs(np.corrcoef(walk[5].ravel(), walk[5 + lag].ravel())[0, 1] - math.exp(-lag / TAU)) > noise
        for lag in (1, 5, 20, 60)
    ):
        return False
    x, y = walk[7]
    apart = [np.corrcoef(x, y)[0, 1], np.corrcoef(x[1:], x[:-1])[0, 1], np.corrcoef(y[1:], y[:-1])[0, 1]]
    return bool(np.abs(apart).max() < noise * math.sqrt(2))


def test_the_error_is_a_stationary_gauss_markov_process() -> None:
    assert is_the_process(Stations(list(range(4000))).walk(70))


def test_the_error_drifts_on_while_a_station_is_not_active() -> None:
    assert is_the_process(Stations(list(range(4000)), tau=3.0 * TAU).walk(70, every=3))
    assert not is_the_process(Stations(list(range(4000)), tau=TAU).walk(70, every=3))


def test_who_is_not_active_knows_what_he_knew() -> None:
    stations = Stations([1, 2])
    stations.errors(0)
    before = stations.said_x[0]
    stations.active[0] = 0
    stations.errors(1)
    assert stations.said_x[0] == before


@pytest.mark.parametrize(
    "planted",
    [
        lambda walk: walk * np.minimum(np.arange(len(walk)) / 30.0, 1.0)[:, None, None],  # begins without an error
        lambda walk: np.random.default_rng(1).normal(0.0, SIGMA, walk.shape),  # white
        lambda walk: np.repeat(walk[:, :1], 2, axis=1),  # one draw for both axes
        lambda walk: walk * 1.05,
    ],
)
def test_a_planted_error_in_the_process_is_found(planted: Callable[[Doubles], Doubles]) -> None:
    assert not is_the_process(planted(Stations(list(range(4000))).walk(70)))


@given(st.permutations(list(range(6))), st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_errors_depend_on_the_station_and_on_no_order(order: list[int], steps: list[int]) -> None:
    """Whatever slots stations sit in, also when several ticks pass at once, or none."""
    plain, mixed = Stations(list(range(6))), Stations(order)
    tick = 0
    for step in steps:
        tick += step
        expected = plain.errors(tick)
        np.testing.assert_array_equal(mixed.errors(tick), expected[:, order])
        np.testing.assert_array_equal(mixed.errors(tick), expected[:, order])


def test_errors_depend_on_seed_station_and_axis() -> None:
    values = [*Stations([1, 2]).errors(3).ravel(), *Stations([1, 2], seed=6).errors(3).ravel()]
    values += [*Stations([1, 2]).errors(4).ravel()]
    assert len(set(values)) == len(values) == 12


def test_a_new_station_in_an_old_slot_has_an_error_of_its_own_and_growing_keeps_the_others() -> None:
    stations = Stations([1, 2], tau=1e6)
    before = stations.errors(0)
    stations.station[1] = 9
    after = stations.errors(1)
    np.testing.assert_allclose(after[:, 0], before[:, 0], atol=0.1)
    assert (np.abs(after[:, 1] - before[:, 1]) > 0.1).all()
    stations.bind([1, 9, 4])
    np.testing.assert_allclose(stations.errors(2, 2), after, atol=0.1)
    assert np.isnan(stations.said_x[2])


def test_what_of_the_drift_does_not_fit_is_refused() -> None:
    for sigma, tau in ((-1.0, 10.0), (1.0, 0.0), (math.nan, 1.0)):
        with pytest.raises(ValueError, match="a deviation of"):
            motion.Drift(1, sigma, tau)
    stations = Stations([1, 2])
    for n in (-1, 3):
        with pytest.raises(ValueError, match=f"{n} stations, room for 2"):
            stations.drift.advance(0, n)
    with pytest.raises(ValueError, match="shorter"):
        stations.bind([1])
    with pytest.raises(ValueError, match="different lengths"):
        stations.drift.bind(
            np.ones(3, np.uint8), np.zeros(3), np.zeros(2), np.zeros(3, np.int64), np.zeros(3), np.zeros(3)
        )
