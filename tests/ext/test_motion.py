"""Dead reckoning against NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext import motion

number = st.floats(-1e5, 1e5, allow_subnormal=False)
vehicles = st.lists(st.tuples(number, number, st.floats(0.0, 60.0), st.floats(0.0, 360.0)), max_size=20)


@given(vehicles, st.floats(0.0, 1.0))
def test_straight_on(of: list[tuple[float, float, float, float]], seconds: float) -> None:
    x, y, speed, heading = (column.copy() for column in np.array(of, np.float64).reshape(-1, 4).T)
    vx, vy, to_x, to_y = (np.full(len(of), np.nan) for _ in range(4))
    motion.velocities(speed, heading, vx, vy)
    motion.advance(x, y, vx, vy, seconds, to_x, to_y)
    # Clockwise from north: a complex number turned from i.
    way = seconds * speed * np.exp(1j * (math.pi / 2.0 - np.radians(heading)))
    np.testing.assert_allclose(to_x, x + way.real, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(to_y, y + way.imag, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize(("heading", "way"), [(0.0, (0, 1)), (90.0, (1, 0)), (180.0, (0, -1)), (270.0, (-1, 0))])
def test_the_four_winds(heading: float, way: tuple[float, float]) -> None:
    vx, vy = np.full(1, np.nan), np.full(1, np.nan)
    motion.velocities(np.array([10.0]), np.array([heading]), vx, vy)
    np.testing.assert_allclose((vx[0], vy[0]), 10.0 * np.array(way), atol=1e-12)


def test_nobody_moves_at_rest_or_in_no_time() -> None:
    one, vx, vy = np.ones(1), np.full(1, np.nan), np.full(1, np.nan)
    motion.velocities(np.zeros(1), np.array([33.0]), vx, vy)
    assert (vx[0], vy[0]) == (0.0, 0.0)
    x, y = np.full(1, np.nan), np.full(1, np.nan)
    motion.advance(one, one, 7.0 * one, 9.0 * one, 0.0, x, y)
    assert (x[0], y[0]) == (1.0, 1.0)


def test_what_does_not_fit_is_refused() -> None:
    two, three = np.zeros(2), np.zeros(3)
    with pytest.raises(ValueError, match="different lengths"):
        motion.velocities(two, three, two, two)
    with pytest.raises(ValueError, match="different lengths"):
        motion.advance(two, two, two, two, 0.1, two, three)
