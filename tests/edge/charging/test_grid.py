"""What each site may draw: shares that are fair, and limits of a grid that hold."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.sim.grid.nets import street, write
from wayside.edge.charging.grid import GridBounds, OperatingEnvelope, PowerGrid, level
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.metering import settle
from wayside.edge.charging.storage import Storage, Storages
from wayside.edge.day import Daily
from wayside.ext.arrays import Doubles
from wayside.sim.grid.files import read_case


def fair(wanted: Doubles, rows: Doubles, most: Doubles) -> Doubles:
    """The max-min fair shares by linear programs: the greatest level for all who are not fixed yet; who cannot have
    more than that in any program is fixed.
    """
    given, free = np.minimum(wanted, 0.0), wanted > 0.0
    while free.any():
        n = len(wanted)
        level_of = np.zeros(n + 1)
        level_of[n] = -1.0
        within = np.hstack((rows, np.zeros((len(rows), 1))))
        at_least = np.hstack((-np.eye(n)[free], np.ones((int(free.sum()), 1))))
        bounds = [(0.0, w) if f else (g, g) for w, f, g in zip(wanted, free, given, strict=True)] + [(0.0, None)]
        found = linprog(
            level_of, np.vstack((within, at_least)), np.append(most, np.zeros(int(free.sum()))), bounds=bounds
        )
        if found.x is None:
            given[free] = 0.0
            return given
        least = found.x[n]
        fixed = []
        for k in np.flatnonzero(free).tolist():
            others = [(min(least, w) if f else g, w if f else g) for w, f, g in zip(wanted, free, given, strict=True)]
            more = linprog(-np.eye(n)[k], rows, most, bounds=others)
            if more.x is not None and more.x[k] <= least + 1e-6:
                fixed.append(k)
        assert fixed
        given[fixed] = least
        free[fixed] = False
    return given


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_shares_are_max_min_fair(sites: int, count: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    wanted = np.round(draw.uniform(-2.0, 10.0, sites), 3)
    rows = np.round(draw.uniform(0.1, 1.0, (count, sites)) * (draw.random((count, sites)) < 0.6), 3)
    most = np.round(draw.uniform(0.5, 12.0, count), 3)
    feasible = bool((rows @ np.minimum(wanted, 0.0) <= most).all())
    found = level(wanted, rows, most)
    assert (found <= wanted).all()
    if feasible:
        assert (rows @ found <= most + 1e-9).all()
        assert np.allclose(found, fair(wanted, rows, most), atol=1e-5)


def test_who_is_in_no_full_row_goes_on() -> None:
    rows, most = np.array([[1.0, 1.0, 0.0]]), np.array([10.0])
    assert level(np.array([8.0, 4.0, 9.0]), rows, most).tolist() == [6.0, 4.0, 9.0]
    assert level(np.array([8.0, 4.0, 9.0]), rows, np.array([-1.0])).tolist() == [0.0, 0.0, 9.0]


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> PowerGrid:
    """Sites at `near` and `far` of `street`, one that is not in the grid, and one at `bar`."""
    case = read_case(write(street(), tmp_path_factory.mktemp("grid") / "net.json"))
    return PowerGrid(case, np.array([2, 3, -1, 1], np.int32))


def held(grid: PowerGrid, bounds: GridBounds, wanted: list[float]) -> Doubles:
    return OperatingEnvelope(grid, bounds).within(np.array(wanted))


def test_nobody_is_held_while_all_is_well(grid: PowerGrid) -> None:
    assert np.isinf(held(grid, GridBounds(1.0, 0.9, 1.1), [1e4, 1e4, 1e9, 1e4])).all()


def test_a_line_is_loaded_to_its_limit_and_no_further(grid: PowerGrid) -> None:
    """Both sites behind the first line are cut alike, the one at the bar not at all."""
    bounds = GridBounds(1.0, 0.5, 1.1)
    found = held(grid, bounds, [1e5, 1e5, 1e9, 5e4])
    assert found[0] == pytest.approx(found[1])
    assert np.isinf(found[2:]).all()
    draws = np.where(np.isinf(found), [0.0, 0.0, 0.0, 5e4], found)
    assert 0.998 < np.nanmax(grid.flow(draws[None]).loading) <= 1.0


def test_a_voltage_is_held(grid: PowerGrid) -> None:
    """That of the far end: who is farther out lowers it by more, and all whose doing it is share alike."""
    bounds = GridBounds(9.0, 0.93, 1.1)
    found = held(grid, bounds, [2e5, 2e5, 0.0, 0.0])
    flow = grid.flow(np.where(np.isinf(found), 0.0, found)[None])
    assert 0.93 <= flow.voltage[0, 3] < 0.9303
    assert found[0] == pytest.approx(found[1])


def test_what_would_let_the_grid_collapse_is_cut(grid: PowerGrid) -> None:
    bounds = GridBounds(1.0, 0.9, 1.1)
    assert not grid.flow(np.array([[0.0, 5e7, 0.0, 0.0]])).solved[0]
    found = held(grid, bounds, [0.0, 5e7, 0.0, 0.0])
    flow = grid.flow(np.where(np.isinf(found), 0.0, found)[None])
    assert flow.solved[0]
    assert 0.99 < np.nanmax(flow.loading) <= 1.0 or 0.9 <= np.nanmin(flow.voltage) < 0.901


def test_what_is_not_to_be_helped_gets_nothing(grid: PowerGrid) -> None:
    found = held(grid, GridBounds(0.1, 0.9, 1.1), [1e4, 1e4, 1e4, 0.0])
    assert found[:2].tolist() == [0.0, 0.0]
    assert np.isinf(found[2])


def test_a_site_that_feeds_in_makes_room(grid: PowerGrid) -> None:
    bounds = GridBounds(1.0, 0.5, 1.1)
    alone, beside = held(grid, bounds, [1e6, 0.0, 0.0, 0.0]), held(grid, bounds, [1e6, -3e4, 0.0, 0.0])
    assert beside[0] == pytest.approx(alone[0] + 3e4, rel=0.02)


def test_tangents_are_kept_as_long_as_other_loads_stay(grid: PowerGrid) -> None:
    envelope, wanted = OperatingEnvelope(grid, GridBounds(1.0, 0.5, 1.1)), np.array([1e5, 1e5, 0.0, 0.0])
    first = envelope.within(wanted)
    assert np.array_equal(envelope.within(wanted), first)
    heavier = envelope.within(wanted, 1.5)
    assert heavier[0] < 0.95 * first[0]
    assert np.allclose(envelope.within(wanted), first, rtol=1e-2)


def test_policies_and_storages_keep_within_the_envelope() -> None:
    """With its sun, a site draws what the grid lets it; what cars draw beyond that its storage gives, and it takes no
    more than that.
    """
    sun = {"a": Daily.steady(1e3)}
    limits = Limits.of(["a", "b"], np.array([np.inf, 5e3]), {}, sun=sun).in_grid()
    limits = limits.stored(Storages.of({0: Storage(1e4, 3e3, 1.0, 0.5)}))
    assert limits.during(0.0, 2.0).limit_w.tolist() == [np.inf, 5e3]
    assert limits.envelope_w is not None
    limits.envelope_w[:] = 2e3, 7e3
    assert limits.during(0.0, 2.0).limit_w.tolist() == [2e3 + 1e3 + 3e3, 5e3]
    through, within = settle(limits, 0.0, 1.0, np.array([4e3, 0.0]))
    assert through.tolist() == [3e3, 0.0]
    assert within[0] == np.inf
    through, _ = settle(limits, 1.0, 1.0, np.array([1e3, 0.0]))
    assert through.tolist() == [3e3, 0.0]  # of 2 kW from the grid and 1 kW of the sun


def test_without_the_solver_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    from wayside.edge.errors import WaysideError

    monkeypatch.setitem(sys.modules, "power_grid_model", None)
    with pytest.raises(WaysideError, match=r"pip install 'wayside\[grid\]'"):
        read_case(write(street(), tmp_path / "net.json"))
