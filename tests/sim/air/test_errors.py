"""Error tables: against the figures they were read from, monotone, and safe where nothing is known."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import measure
from wayside.edge.errors import ScenarioError
from wayside.sim.air import errors
from wayside.sim.air.curves import CURVES

POINTS = measure.ROOT.parent / "shared" / "data" / "radio" / "per_points.csv"
every = st.sampled_from([(scenario, *key) for scenario in CURVES for key in CURVES[scenario]])


def at(table: errors.Table, sinr: float) -> float:
    return float(np.interp(sinr, *table))


@pytest.mark.skipif(not POINTS.exists(), reason="../shared is not here")
def test_the_constants_are_the_figures_of_the_curves() -> None:
    with POINTS.open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert len(rows) == sum(len(curves) for curves in CURVES.values())
    for row in rows:
        technology, mcs, size = row["curve"].split("_")
        points = CURVES[row["scenario"]][technology, int(mcs[3:]), int(size[:-1])]
        seen = [float(row[f"SINR_PER{level}"]) for level in ("90", "50", "10", "01")]
        assert points == pytest.approx(seen, abs=0.0051)


@given(every)
def test_tables_go_through_their_points(curve: tuple[str, str, int, int]) -> None:
    scenario, technology, mcs, size = curve
    table = errors.table(technology, mcs, size, scenario)
    for sinr, error in zip(CURVES[scenario][technology, mcs, size], (0.9, 0.5, 0.1, 0.01), strict=True):
        assert at(table, sinr) == pytest.approx(error, rel=0.1)


@given(every, st.integers(1, 5000), st.integers(550, 5000), st.integers(0, 5000))
def test_monotone_in_sinr_and_size(curve: tuple[str, str, int, int], size: int, large: int, more: int) -> None:
    scenario, technology, mcs, _ = curve
    sinr, error = errors.table(technology, mcs, size, scenario)
    assert (np.diff(sinr) > 0).all()
    assert (np.diff(error) <= 0).all()
    assert error.min() >= 0.0
    assert error.max() <= 1.0
    assert error[0] > 0.999
    assert error[-1] < 0.01
    # Between the sizes known curves may cross a little, as measured; beyond the largest a longer packet never gains.
    longest = max(key[2] for key in CURVES[scenario] if key[:2] == (technology, mcs))
    axis = np.linspace(-10, 40, 200)
    one, other = (errors.table(technology, mcs, longest + extra, scenario) for extra in (large, large + more))
    assert (np.interp(axis, *other) >= np.interp(axis, *one) - 1e-9).all()


@given(st.sampled_from(["G5-HighwayLOS", "G5-UrbanLOS"]), st.sampled_from([190, 350, 550]))
def test_a_faster_scheme_needs_more(scenario: str, size: int) -> None:
    needs = [
        np.interp(-0.1, -errors.table("11p", mcs, size, scenario)[1], errors.table("11p", mcs, size, scenario)[0])
        for mcs in range(5)
    ]
    assert needs == sorted(needs)


def test_published_tables() -> None:
    table = errors.sepulcre_2021(6.0)
    assert at(table, 10.0 - 10 * np.log10(10 / 6)) == pytest.approx(0.4)
    assert at(errors.r1_160284(10), 6.0) == 0.4
    assert at(errors.r1_160284(12), 6.0) == 0.09
    assert at(errors.r1_160284(10), -5.0) == 1.0
    assert at(errors.r1_160284(12), 30.0) == 1e-4
    assert at(errors.sempere_2020(9, 190), 4.0) == 0.5
    assert at(errors.sempere_2020(7, 190), 3.0) == pytest.approx(0.4)
    for mcs, size in ((7, 190), (9, 190), (7, 300)):
        sinr, error = errors.sempere_2020(mcs, size)
        assert (np.diff(sinr) > 0).all()
        assert (np.diff(error) <= 0).all()
        assert at((sinr, error), 40.0) < 1e-3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("11p", 2, 350, "nowhere"), "'nowhere': must be one of"),
        (("11p", 9, 350), "MCS 9"),
        (("NR", 7, 350), "no 'NR', only 11p, LTE"),
        (("11p", 2, 0), "0 bytes"),
    ],
)
def test_refusals(arguments: tuple[str, int, int], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        errors.table(*arguments)
    with pytest.raises(ScenarioError, match="not in 7"):
        errors.r1_160284(7)
    with pytest.raises(ScenarioError, match="MCS 9 with 300 bytes: there are MCS 7 with 190"):
        errors.sempere_2020(9, 300)
