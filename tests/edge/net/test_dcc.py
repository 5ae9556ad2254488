"""Congestion control: the standard's tables, the fixed point of LIMERIC, and bounds."""

import itertools
from bisect import bisect_left, bisect_right

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.edge.net.dcc import Adaptive, Limeric, Reactive
from wayside.ext.arrays import Floats

ratios = st.lists(st.floats(0.0, 1.0, width=32), min_size=1, max_size=20)

# Tables A.1 and A.2: T_off [ms] of a busy ratio in per cent, for packets of at most so many ms.
TABLES = {
    1.0: {"< 30": 100, "< 40": 200, "< 50": 400, "<= 60": 500, "> 60": 1000},
    0.5: {"< 30": 50, "< 40": 100, "< 50": 200, "<= 65": 250, "> 65": 1000},
}


def floats(*values: float) -> Floats:
    return np.array(values, np.float32)


def settled(ratio: Floats, airtime: float) -> Floats:
    """T_off [s] after the ratio has been the same for long."""
    dcc = Reactive(len(ratio), airtime)
    for _ in range(4):
        dcc.update(ratio)
    return dcc.wait()


@pytest.mark.parametrize(("most", "last"), [(1.0, 0.60), (0.5, 0.65)])
def test_the_reactive_tables(most: float, last: float) -> None:
    ratio = floats(0.0, 0.2999, 0.30, 0.3999, 0.40, 0.4999, 0.50, last, last + 1e-4, 1.0)
    ms = list(TABLES[most].values())
    expected = [ms[k] / 1e3 for k in (0, 0, 1, 1, 2, 2, 3, 3, 4, 4)]
    assert settled(ratio, most * 1e-3).tolist() == pytest.approx(expected)


def test_packets_beyond_the_tables_are_refused() -> None:
    for airtime in (1.1e-3, 0.0):
        with pytest.raises(ValueError, match="at most 1 ms"):
            Reactive(1, airtime)


def walk(ratio: list[float], upward: int = 1) -> list[int]:
    """The states of one station by the words of clause 5.3, for packets of 1 ms."""
    state, states = 0, []
    for r in map(np.float32, ratio):
        target = bisect_right([np.float32(b) for b in (0.3, 0.4, 0.5)], r)
        if target == 3:
            target += bisect_left([np.float32(0.6)], r)
        state = max(state - 1, target) if target < state else min(state + upward, target)
        states.append(state)
    return states


@given(st.lists(st.sampled_from([0.0, 0.29, 0.3, 0.39, 0.4, 0.5, 0.6, 0.61, 1.0]), max_size=40))
def test_states_are_reached_from_their_neighbours(ratio: list[float]) -> None:
    dcc = Reactive(2, 1e-3)
    seen = []
    for r in ratio:
        dcc.update(floats(r, 0.0))
        seen.append(int(dcc.state[0]))
        assert dcc.state[1] == 0
    assert seen == walk(ratio)


def test_a_planted_leap_is_found() -> None:
    dcc = Reactive(1, 1e-3)
    for state in (1, 2, 3, 4, 4):
        dcc.update(floats(1.0))
        assert dcc.state.tolist() == [state]
    assert walk([1.0] * 5, upward=4) != walk([1.0] * 5) == [1, 2, 3, 4, 4]


@given(ratios, st.floats(1e-5, 1e-3))
def test_more_load_never_opens_the_gate(ratio: list[float], airtime: float) -> None:
    assert (np.diff(settled(np.sort(floats(*ratio)), airtime)) >= 0).all()


@given(st.lists(ratios.map(lambda r: r[0]), min_size=2, max_size=200), st.floats(1e-5, 1e-3))
def test_limits(ratio: list[float], airtime: float) -> None:
    dcc = Adaptive(1)
    for former, latest in itertools.pairwise(ratio):
        dcc.adapt(floats(latest), floats(former))
        assert np.float32(Limeric.least) <= dcc.delta[0] <= np.float32(Limeric.most)
        assert np.float32(0.025) <= dcc.wait(airtime)[0] <= 1.0


@given(st.lists(ratios.map(lambda r: r[0]), min_size=2, max_size=60))
def test_the_steps_of_the_clause_one_station_at_a_time(ratio: list[float]) -> None:
    dcc = Adaptive(1)
    cbr_its_s, delta = 0.0, 0.0006
    for former, latest in itertools.pairwise(ratio):
        dcc.adapt(floats(latest), floats(former))
        cbr_its_s = 0.5 * cbr_its_s + 0.5 * (latest + former) / 2.0
        offset = 0.0012 * (0.68 - cbr_its_s)
        offset = min(offset, 0.0005) if offset > 0.0 else max(offset, -0.00025)
        delta = max(min((1.0 - 0.016) * delta + offset, 0.03), 0.0006)
        assert dcc.busy_ratio[0] == pytest.approx(cbr_its_s, abs=1e-6)
        assert dcc.delta[0] == pytest.approx(delta, rel=1e-4)


@pytest.mark.parametrize("stations", [30, 100, 400])
def test_stations_share_the_channel_fairly_around_the_fixed_point(stations: int) -> None:
    """N stations that hear one another: delta -> (beta target) / (alpha + n beta), whoever began how."""
    dcc = Adaptive(stations)
    dcc.delta = np.linspace(0.0006, 0.03, stations, dtype=np.float32)
    for _ in range(3000):
        busy = np.full(stations, min(dcc.delta.sum(), 1.0), np.float32)
        dcc.adapt(busy, busy)
    p = dcc.parameters
    expected = p.beta * p.target / (p.alpha + stations * p.beta)
    assert dcc.delta == pytest.approx(np.full(stations, np.clip(expected, p.least, p.most)), rel=0.02)


def test_an_idle_channel_lets_everyone_send() -> None:
    dcc = Adaptive(1)
    for _ in range(500):
        dcc.adapt(floats(0.0), floats(0.0))
    # The step is bounded, and alpha takes its share: (gain) / alpha, or the upper limit.
    assert dcc.delta[0] == pytest.approx(min(0.03, 0.0005 / 0.016), rel=0.01)
    assert dcc.wait(0.5e-3)[0] == pytest.approx(0.025)
    with pytest.raises(ValueError, match="above 0"):
        dcc.wait(0.0)


@pytest.mark.parametrize("dcc", [Reactive(2, 1e-3), Adaptive(2)])
def test_growing_keeps_and_resetting_forgets(dcc: Reactive | Adaptive) -> None:
    def load(ratio: Floats) -> None:
        if isinstance(dcc, Reactive):
            dcc.update(ratio)
        else:
            dcc.adapt(ratio, ratio)

    def waits() -> list[float]:
        found: list[float] = (dcc.wait() if isinstance(dcc, Reactive) else dcc.wait(1e-3)).tolist()
        return found

    fresh = waits()
    for _ in range(10):
        load(floats(0.5, 0.5))
    loaded = waits()
    assert loaded != fresh
    dcc.grow(3)
    assert waits() == [*loaded, fresh[0]]
    dcc.reset(np.array([0], np.int32))
    assert waits() == [fresh[0], loaded[1], fresh[0]]
