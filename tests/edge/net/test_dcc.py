"""Congestion control: the standard's tables, the fixed point of LIMERIC, and bounds."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.net.dcc import Adaptive, Limeric, reactive

ratios = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20)


def test_the_reactive_tables() -> None:
    ratio = np.array([0.0, 0.2999, 0.30, 0.40, 0.50, 0.5999, 0.60, 0.65, 1.0])
    assert reactive(ratio, 1e-3).tolist() == [0.1, 0.1, 0.2, 0.4, 0.5, 0.5, 1.0, 1.0, 1.0]
    assert reactive(ratio, 0.5e-3).tolist() == [0.05, 0.05, 0.1, 0.2, 0.25, 0.25, 0.25, 1.0, 1.0]
    with pytest.raises(ValueError, match="at most 1 ms"):
        reactive(ratio, 1.1e-3)


@given(ratios, st.floats(1e-5, 1e-3))
def test_more_load_never_opens_the_gate(ratio: list[float], airtime: float) -> None:
    assert (np.diff(reactive(np.sort(np.array(ratio)), airtime)) >= 0).all()


@given(st.lists(ratios.map(lambda r: r[0]), min_size=2, max_size=200), st.floats(1e-5, 1e-3))
def test_limits(ratio: list[float], airtime: float) -> None:
    dcc = Adaptive(1)
    for former, latest in itertools.pairwise(ratio):
        dcc.adapt(np.array([latest]), np.array([former]))
        assert Limeric.least <= dcc.delta[0] <= Limeric.most
        assert 0.025 <= dcc.interval(airtime)[0] <= 1.0


@pytest.mark.parametrize("stations", [30, 100, 400])
def test_stations_share_the_channel_fairly_around_the_fixed_point(stations: int) -> None:
    """N stations that hear one another: delta -> (beta target) / (alpha + n beta), whoever began how."""
    dcc = Adaptive(stations)
    dcc.delta = np.linspace(0.0006, 0.03, stations)
    for _ in range(3000):
        busy = np.full(stations, min(dcc.delta.sum(), 1.0))
        dcc.adapt(busy, busy)
    p = dcc.parameters
    expected = p.beta * p.target / (p.alpha + stations * p.beta)
    assert dcc.delta == pytest.approx(np.full(stations, np.clip(expected, p.least, p.most)), rel=0.02)


def test_an_idle_channel_lets_everyone_send() -> None:
    dcc = Adaptive(1)
    for _ in range(500):
        dcc.adapt(np.zeros(1), np.zeros(1))
    # The step is bounded, and alpha takes its share: (gain) / alpha, or the upper limit.
    assert dcc.delta[0] == pytest.approx(min(0.03, 0.0005 / 0.016), rel=0.01)
    assert dcc.interval(0.5e-3)[0] == 0.025
    with pytest.raises(ValueError, match="above 0"):
        dcc.interval(0.0)
