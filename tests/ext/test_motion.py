"""Dead reckoning against NumPy; the error of known positions against the process that it should be."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from wayside.ext import motion

Doubles = NDArray[np.float64]

number = st.floats(-1e5, 1e5, allow_subnormal=False)
speed_and_heading = st.tuples(st.floats(0.0, 60.0) | st.just(0.0), st.floats(0.0, 360.0) | st.sampled_from([0.0, 90.0]))


STATE = ("stop_state", np.int32), ("on_net", np.uint8), ("equipped", np.uint8), ("active", np.uint8)
PARKING = 2


class Vehicles:
    """The kernel with the columns that it is bound to."""

    def __init__(self, vehicles: int) -> None:
        self.x, self.y, self.speed, self.heading = np.zeros((4, vehicles))
        self.vx, self.vy, self.to_x, self.to_y = np.full((4, vehicles), np.nan)
        self.stop_state, self.on_net, self.equipped, self.active = (np.zeros(vehicles, dtype) for _, dtype in STATE)
        self.motion = motion.Motion()
        self.motion.bind(
            self.x,
            self.y,
            self.speed,
            self.heading,
            self.stop_state,
            self.on_net,
            self.equipped,
            self.active,
            self.vx,
            self.vy,
            self.to_x,
            self.to_y,
        )

    def velocities(self, speed: Doubles, heading: Doubles) -> tuple[Doubles, Doubles]:
        self.speed[:], self.heading[:] = speed, heading
        self.motion.sense(len(speed), PARKING)
        return self.vx, self.vy


def way(speed: Doubles, heading: Doubles) -> NDArray[np.complex128]:
    """Clockwise from north: a complex number turned from i."""
    turned: NDArray[np.complex128] = speed * np.exp(1j * (math.pi / 2.0 - np.radians(heading)))
    return turned


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(st.lists(speed_and_heading, min_size=n, max_size=n), min_size=1, max_size=8)
    )
)
def test_velocities_step_after_step(steps: list[list[tuple[float, float]]]) -> None:
    """What is kept of the last step must not show."""
    vehicles = Vehicles(len(steps[0]))
    for step in steps:
        speed, heading = (column.copy() for column in np.array(step).T)
        vx, vy = vehicles.velocities(speed, heading)
        np.testing.assert_allclose(vx + 1j * vy, way(speed, heading), rtol=1e-12, atol=1e-12)


@given(st.lists(st.tuples(number, number, number, number), min_size=1, max_size=40), st.floats(0.0, 1.0), st.data())
def test_straight_on(of: list[tuple[float, float, float, float]], seconds: float, data: st.DataObject) -> None:
    """The first n move, bit by bit as NumPy says; the others stay as they are."""
    n = data.draw(st.integers(0, len(of)))
    vehicles = Vehicles(len(of))
    vehicles.x[:], vehicles.y[:], vehicles.vx[:], vehicles.vy[:] = np.array(of, np.float64).T
    vehicles.motion.advance(n, seconds)
    np.testing.assert_array_equal(vehicles.to_x[:n], (vehicles.x + seconds * vehicles.vx)[:n])
    np.testing.assert_array_equal(vehicles.to_y[:n], (vehicles.y + seconds * vehicles.vy)[:n])
    assert np.isnan(vehicles.to_x[n:]).all()
    assert np.isnan(vehicles.to_y[n:]).all()


@given(st.lists(st.tuples(st.integers(0, 255), st.booleans(), st.booleans()), min_size=1, max_size=20))
def test_who_is_active(of: list[tuple[int, bool, bool]]) -> None:
    vehicles = Vehicles(len(of))
    vehicles.stop_state[:], vehicles.on_net[:], vehicles.equipped[:] = np.array(of).T
    vehicles.motion.sense(len(of), PARKING)
    assert vehicles.active.tolist() == [
        int(on_net and equipped and not stop_state & PARKING) for stop_state, on_net, equipped in of
    ]


@pytest.mark.parametrize(("heading", "towards"), [(0.0, (0, 1)), (90.0, (1, 0)), (180.0, (0, -1)), (270.0, (-1, 0))])
def test_the_four_winds(heading: float, towards: tuple[float, float]) -> None:
    vx, vy = Vehicles(1).velocities(np.array([10.0]), np.array([heading]))
    np.testing.assert_allclose((vx[0], vy[0]), 10.0 * np.array(towards), atol=1e-12)


def test_what_does_not_fit_is_refused() -> None:
    vehicles = Vehicles(2)
    for n in (-1, 3):
        with pytest.raises(ValueError, match=f"{n} vehicles, room for 2"):
            vehicles.motion.advance(n, 0.1)
        with pytest.raises(ValueError, match=f"{n} vehicles, room for 2"):
            vehicles.motion.sense(n, PARKING)
    with pytest.raises(ValueError, match="1 vehicles, room for 0"):
        motion.Motion().advance(1, 0.1)  # bound to nothing
    doubles, bytes_ = np.zeros(2), np.zeros(2, np.uint8)
    moves = doubles, np.zeros(3), doubles, doubles
    with pytest.raises(ValueError, match="different lengths"):
        vehicles.motion.bind(*moves, np.zeros(2, np.int32), bytes_, bytes_, bytes_, *[doubles] * 4)


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
