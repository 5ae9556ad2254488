"""Dead reckoning against NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

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
