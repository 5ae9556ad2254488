"""Path loss against formulas written out again, and what any loss must be."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext import propagation as p

distances = st.floats(3.0, 5000.0)
heights = st.floats(0.3, 12.0)
models = st.sampled_from([p.free_space, p.highway_los, p.urban_los, p.nlos])


def test_the_height_that_implementations_disagree_on() -> None:
    # 102.6 to 119.1 dB at 300 m for antennas at 1.5 to 0.5 m: the figures that comparisons of simulators have.
    assert p.winner_b1(300.0, 5.9, 1.5, 1.5) == pytest.approx(102.6, abs=0.05)
    assert p.winner_b1(300.0, 5.9, 0.5, 0.5) == pytest.approx(119.1, abs=0.05)


@given(distances)
def test_formulas(d: float) -> None:
    assert p.highway_los(d, 5.9) == pytest.approx(32.4 + 20 * math.log10(d) + 20 * math.log10(5.9))
    assert p.urban_los(d, 5.9) == pytest.approx(38.77 + 16.7 * math.log10(d) + 18.2 * math.log10(5.9))
    assert p.nlos(d, 5.9) == pytest.approx(36.85 + 30 * math.log10(d) + 18.9 * math.log10(5.9))
    assert p.free_space(d, 5.9) == pytest.approx(92.45 + 20 * math.log10(5.9) + 20 * math.log10(d / 1000), abs=0.01)
    urban, highway = float(p.sight(d, True)), float(p.sight(d, False))
    assert urban == pytest.approx(min(1.0, 1.05 * math.exp(-0.0114 * d)))
    if d <= 475:
        assert highway == pytest.approx(min(1.0, 2.1013e-6 * d * d - 0.002 * d + 1.0193))
    else:
        assert highway == pytest.approx(max(0.0, 0.54 - 0.001 * (d - 475)))


@given(models, distances, distances)
def test_farther_is_weaker(model, one: float, other: float) -> None:  # type: ignore[no-untyped-def]
    near, far = sorted((one, other))
    assert model(near, 5.9) <= model(far, 5.9)


@given(distances, heights, heights)
def test_reciprocal_in_the_antennas(d: float, one: float, other: float) -> None:
    for model in (p.winner_b1, p.two_ray):
        assert model(d, 5.9, one, other) == pytest.approx(float(model(d, 5.9, other, one)), abs=1e-9)
    assert p.winner_b1(d, 5.9, one, other) >= 20 * math.log10(d) + 46.4 + 20 * math.log10(5.9 / 5.0) - 1e-9


@given(distances, distances)
def test_round_a_corner(one: float, other: float) -> None:
    assert p.manhattan(one, other, 5.9) == pytest.approx(float(p.manhattan(other, one, 5.9)))


def test_two_rays_cancel_beyond_the_crossover() -> None:
    # Far away the loss falls with the fourth power: 12 dB for twice the distance.
    far = p.two_ray(np.array([5e4, 1e5]), 5.9, 1.5, 1.5)
    assert far[1] - far[0] == pytest.approx(12.04, abs=0.1)


def test_blocking_vehicles() -> None:
    mean, deviation = p.blockage(np.array([50.0, 1000.0]), 1.6, 1.6, 3.0)
    assert mean.tolist() == pytest.approx([9.0, 9.0 + 15 * math.log10(1000) - 41])
    assert deviation.tolist() == [4.5, 4.5]
    assert [float(v) for v in p.blockage(50.0, 1.6, 6.0, 3.0)] == [5.0, 4.0]
    assert [float(v) for v in p.blockage(50.0, 5.0, 6.0, 3.0)] == [0.0, 0.0]


def test_refusals() -> None:
    for wrong in (
        lambda: p.free_space(1.0, 0.0),
        lambda: p.winner_b1(1.0, 5.9, 0.0, 1.0),
        lambda: p.manhattan(1, 1, -1),
    ):
        with pytest.raises(ValueError, match="must be above 0"):
            wrong()
