"""Sharing a site's limit: the properties of max-min fairness, and a plain iterative reference."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wayside.edge.charging.power import equal

Doubles = NDArray[np.float64]
demands = st.lists(
    st.floats(0.0, 350_000.0, allow_subnormal=False) | st.sampled_from([0.0, 7000.0, 60_000.0, 120_000.0]), max_size=12
)


def by_rounds(wanted: list[float], limit: float) -> list[float]:
    """Everyone gets an equal share of what is left; who wants less than that is served and steps aside."""
    shares, left, waiting = [0.0] * len(wanted), limit, set(range(len(wanted)))
    while waiting:
        level = left / len(waiting)
        content = {i for i in waiting if wanted[i] <= level}
        for i in content or waiting:
            shares[i] = wanted[i] if content else level
            left -= shares[i]
        waiting -= content or waiting
    return shares


def check(wanted: Doubles, limit: float, shares: Doubles) -> None:
    """Nobody above the demand, the sum within the limit, nothing wasted, and whoever is cut is at the level."""
    tolerance = 1e-9 * max(limit, 1.0)
    assert shares.shape == wanted.shape
    assert (shares >= 0.0).all()
    assert (shares <= wanted).all()
    assert shares.sum() <= limit + tolerance
    assert shares.sum() == pytest.approx(min(float(wanted.sum()), limit), rel=1e-9, abs=1e-9)
    cut = shares < wanted - tolerance
    if cut.any():
        level = shares[cut].max()
        np.testing.assert_allclose(shares[cut], level, rtol=1e-9, atol=1e-9)
        assert (shares <= level + tolerance).all()


@given(demands, st.floats(0.0, 1e6, allow_subnormal=False) | st.floats(0.0, 1.5))
@example([0.1] * 10, 0.1)
def test_equal(wanted: list[float], limit: float) -> None:
    if limit <= 1.5:  # a share of the sum: limits just above, at, and below what is wanted
        limit *= float(np.sum(wanted))
    demand = np.array(wanted, np.float64)
    shares = equal(demand, limit)
    assert shares is not demand
    check(demand, limit, shares)
    np.testing.assert_allclose(shares, by_rounds(wanted, limit), rtol=1e-9, atol=1e-6)


@given(st.lists(st.floats(0.1, 1e5), min_size=1, max_size=40))
def test_a_limit_a_rounding_error_below_the_sum(wanted: list[float]) -> None:
    """Sums of floats depend on the order of adding; a difference of one bit must not throw the shares away."""
    demand = np.array(wanted)
    for limit in (np.nextafter(demand.sum(), 0.0), np.sort(demand).cumsum()[-1], demand.cumsum()[-1]):
        check(demand, float(limit), equal(demand, float(limit)))


def test_examples() -> None:
    assert equal(np.array([7.0, 60.0, 120.0]), 100.0).tolist() == [7.0, 46.5, 46.5]
    assert equal(np.array([50.0, 50.0]), 100.0).tolist() == [50.0, 50.0]
    assert equal(np.array([50.0, 50.0]), 0.0).tolist() == [0.0, 0.0]
    assert equal(np.array([50.0]), float("inf")).tolist() == [50.0]
    assert equal(np.empty(0), 10.0).tolist() == []


@pytest.mark.parametrize("planted", [[25.0, 25.0, 50.0], [10.0, 45.0, 46.0], [10.0, 30.0, 30.0], [10.0, 20.0, 70.0]])
def test_a_planted_error_is_found(planted: list[float]) -> None:
    """Above a demand; above the limit; some wasted; in proportion and not fair."""
    with pytest.raises(AssertionError):
        check(np.array([10.0, 60.0, 120.0]), 100.0, np.array(planted))
