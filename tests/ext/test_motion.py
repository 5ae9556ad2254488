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


class Reckoner:
    """The kernel with what it keeps between calls."""

    def __init__(self, vehicles: int) -> None:
        self.east, self.north, self.turned = (np.full(vehicles, np.nan) for _ in range(3))

    def velocities(self, speed: Doubles, heading: Doubles) -> tuple[Doubles, Doubles]:
        vx, vy = np.full(len(speed), np.nan), np.full(len(speed), np.nan)
        motion.velocities(speed, heading, self.east, self.north, self.turned, vx, vy)
        return vx, vy


def way(speed: Doubles, heading: Doubles) -> NDArray[np.complex128]:
    """Clockwise from north: a complex number turned from i."""
    turned: NDArray[np.complex128] = speed * np.exp(1j * (math.pi / 2.0 - np.radians(heading)))
    return turned


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(speed_and_heading, min_size=n, max_size=n), max_size=8)))
def test_velocities_call_after_call(steps: list[list[tuple[float, float]]]) -> None:
    """What is kept of the last call must not show."""
    reckoner = Reckoner(len(steps[0]) if steps else 0)
    for step in steps:
        speed, heading = (column.copy() for column in np.array(step).T)
        vx, vy = reckoner.velocities(speed, heading)
        np.testing.assert_allclose(vx + 1j * vy, way(speed, heading), rtol=1e-12, atol=1e-12)


@given(st.lists(st.tuples(number, number, number, number), max_size=20), st.floats(0.0, 1.0))
def test_straight_on(of: list[tuple[float, float, float, float]], seconds: float) -> None:
    x, y, vx, vy = (column.copy() for column in np.array(of, np.float64).reshape(-1, 4).T)
    to_x, to_y = np.full(len(of), np.nan), np.full(len(of), np.nan)
    motion.advance(x, y, vx, vy, seconds, to_x, to_y)
    np.testing.assert_array_equal(to_x, x + seconds * vx)
    np.testing.assert_array_equal(to_y, y + seconds * vy)


@pytest.mark.parametrize(("heading", "towards"), [(0.0, (0, 1)), (90.0, (1, 0)), (180.0, (0, -1)), (270.0, (-1, 0))])
def test_the_four_winds(heading: float, towards: tuple[float, float]) -> None:
    vx, vy = Reckoner(1).velocities(np.array([10.0]), np.array([heading]))
    np.testing.assert_allclose((vx[0], vy[0]), 10.0 * np.array(towards), atol=1e-12)


def test_what_does_not_fit_is_refused() -> None:
    two, three = np.zeros(2), np.zeros(3)
    with pytest.raises(ValueError, match="different lengths"):
        motion.velocities(two, three, two, two, two, two, two)
    with pytest.raises(ValueError, match="different lengths"):
        motion.advance(two, two, two, two, 0.1, two, three)
