"""Ranges and designs, what depends on them, and every mistake told in one line."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sampling
from scipy import stats

from tests.sim.children import wayside
from tests.sim.experiments.made import Made
from tests.test_docs import blocks
from wayside import Scenario
from wayside.edge.errors import WaysideError
from wayside.sim.cli.sweep import ranged
from wayside.sim.experiments import statistics
from wayside.sim.experiments.compare import carry_out
from wayside.sim.experiments.comparing import Watch
from wayside.sim.experiments.findings import Findings
from wayside.sim.experiments.in_ranges import constant
from wayside.sim.experiments.sampling import Range, sample, unit_cube
from wayside.sim.experiments.sensitivity import (
    NO_INDEX,
    RESAMPLES,
    SEED,
    rank_correlation,
    share_of_chance,
    sobol_indices,
)
from wayside.sim.experiments.study import Design, Study, read
from wayside.sim.scenario import explain

PI = math.pi
OVER = {"v2x.penetration": [0, 1], "parking.request_distance": [100, 900]}


def ishigami(rows: np.ndarray) -> np.ndarray:
    """Ishigami and Homma 1990, a = 7, b = 0.1: M x 3 in -pi to pi."""
    first, second, third = rows.T
    return np.sin(first) + 7.0 * np.sin(second) ** 2 + 0.1 * third**4 * np.sin(first)


def test_the_indices_of_ishigami() -> None:
    """Known in closed form, within the interval that is told; and the same as SALib's called directly."""
    a, b = 7.0, 0.1
    variances = (1.0 + b * PI**4 / 5.0) ** 2 / 2.0, a**2 / 8.0, 8.0 * b**2 * PI**8 / 225.0
    total = 0.5 + a**2 / 8.0 + b * PI**4 / 5.0 + b**2 * PI**8 / 18.0
    first = variances[0] / total, variances[1] / total, 0.0
    whole = (variances[0] + variances[2]) / total, variances[1] / total, variances[2] / total
    rows = sample("sobol", [Range(-PI, PI)] * 3, 1024, 1)
    found = sobol_indices(ishigami(rows), 3)
    for index, one, all_ in zip(found, first, whole, strict=True):
        assert abs(index.first - one) < index.first_reach < 0.1
        assert abs(index.total - all_) < index.total_reach < 0.1
    said = analysis.analyze(unit_cube(3), ishigami(rows), False, num_resamples=RESAMPLES, seed=SEED)
    for name, place in (("S1", 0), ("S1_conf", 1), ("ST", 2), ("ST_conf", 3)):
        assert [index[place] for index in found] == pytest.approx(said[name])


def test_base_points_that_lack_a_value_are_left_out_whole() -> None:
    values = ishigami(sample("sobol", [Range(-PI, PI)] * 3, 64, 1))
    holed = values.copy()
    holed[[7, 31]] = np.nan  # of the base points 1 and 6
    kept = np.delete(values.reshape(64, 5), [1, 6], axis=0).ravel()
    assert sobol_indices(holed, 3) == sobol_indices(kept, 3) != sobol_indices(values, 3)
    assert sobol_indices(np.full(64 * 5, 3.0), 3) == [NO_INDEX] * 3
    holed[20:] = np.nan
    assert all(math.isnan(index.total) for index in sobol_indices(holed, 3))


def test_saltellis_rows_are_salibs() -> None:
    """In its order, in the ranges; a longer sequence begins with the same rows."""
    ranges = [Range(-1.0, 1.0), Range(10.0, 30.0)]
    found = sample("sobol", ranges, 8, 5)
    said = sampling.sample(
        {"num_vars": 2, "names": ["a", "b"], "bounds": [[-1.0, 1.0], [10.0, 30.0]]},
        8,
        calc_second_order=False,
        seed=np.random.default_rng(5),
    )
    np.testing.assert_allclose(found, said, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(sample("sobol", ranges, 16, 5)[: len(found)], found)


def test_a_hypercube_has_one_point_in_each_part_of_each_range() -> None:
    rows = sample("latin-hypercube", [Range(0.0, 20.0), Range(-3.0, 1.0), Range(1, 4, True)], 20, 3)
    assert sorted(rows[:, 0].astype(int)) == list(range(20))
    assert sorted(((rows[:, 1] + 3.0) * 5.0).astype(int)) == list(range(20))
    assert sorted(rows[:, 2].tolist()) == [1.0] * 5 + [2.0] * 5 + [3.0] * 5 + [4.0] * 5
    assert (rows != sample("latin-hypercube", [Range(0.0, 20.0)] * 3, 20, 4)).any()


def test_a_grid() -> None:
    rows = sample("grid", [Range(0.0, 1.0), Range(1, 3, True)], 5, 0)
    assert [tuple(row) for row in rows] == list(itertools.product((0.0, 0.25, 0.5, 0.75, 1.0), (1.0, 2.0, 3.0)))


@given(
    low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), shares=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20)
)
def test_values_stay_in_their_range(low: float, width: float, shares: list[float]) -> None:
    one = Range(low, low + width)
    values = one.at(np.array(shares))
    assert ((values >= one.low) & (values <= one.high)).all()
    np.testing.assert_allclose(values, low + np.array(shares) * width, rtol=1e-5, atol=1e-9)
    whole = Range(math.floor(low), math.floor(low) + math.ceil(width), True).at(np.array(shares))
    assert (whole == np.floor(whole)).all()
    assert ((whole >= math.floor(low)) & (whole <= math.floor(low) + math.ceil(width))).all()


@pytest.mark.parametrize("count", [4, 6, 30])
def test_rank_correlation_agrees_with_scipy(count: int) -> None:
    """Of few points by all orders."""
    random = np.random.default_rng(count)
    field = random.normal(size=count)
    values = np.round(field + random.normal(size=count), 0)
    rank, p = rank_correlation(field, values)
    said = stats.spearmanr(field, values)
    assert rank == pytest.approx(said.statistic)
    if count <= 8:

        def statistic(one: np.ndarray) -> float:
            return float(stats.spearmanr(one, values).statistic)

        exact = stats.permutation_test((field,), statistic, permutation_type="pairings", n_resamples=np.inf)
        assert p == pytest.approx(exact.pvalue)
    else:
        assert p == pytest.approx(said.pvalue)
    assert math.isnan(rank_correlation(field, np.ones(count))[0])


def test_what_replications_share_is_no_chance() -> None:
    """Planted: points' effects of variance 4, chance of variance 1 in each of 4 runs; the replications' own is none."""
    random = np.random.default_rng(1)
    effects = 2.0 * random.normal(size=(2000, 1))
    values = effects + random.normal(size=(2000, 4))
    assert share_of_chance(values) == pytest.approx(0.25 / 4.25, rel=0.1)
    assert share_of_chance(values + 100.0 * random.normal(size=4)) == pytest.approx(share_of_chance(values))
    assert math.isnan(share_of_chance(values[:, :1]))
    values[:1998, 1] = np.nan
    assert 0.0 <= share_of_chance(values) <= 1.0


def waits(scenario: Scenario, replication: int) -> dict[str, float]:
    """It depends on the distance a lot, on the penetration a little."""
    distance = scenario.parking.request_distance
    shared, own = (np.random.default_rng(seed).normal() for seed in (replication, [replication, int(distance)]))
    wait = 10.0 * (distance / 900.0) ** 2 - scenario.v2x.penetration
    return {"calm.wait_s": wait + 5.0 * shared + 0.1 * own, "calm.zero": 1.0}


def made(out: Path, executor: Made, report: bool = False, **said: Any) -> Findings:
    with explain.reading(Path("sweep")):
        whole = {"scenario": "crossing", "over": OVER, "replications": 3, "figures": ["calm.*"], **said}
        checked = Study(**whole)
    return carry_out(Design(checked, Path("sweep")), out, 2, Watch(), report=report, executor=executor)


def test_a_figure_that_is_the_same_everywhere(tmp_path: Path) -> None:
    """It is said why there are only dashes."""
    alike = Made(lambda scenario, replication: {"calm.wait_s": 7.0})
    found = made(tmp_path, alike, report=True, design="grid", points=2)
    assert list(constant(found)) == ["calm.wait_s is 7 in every run: it depends on nothing varied here."]
    assert next(constant(found)) in (tmp_path / "report.md").read_text()
    other = made(tmp_path / "other", Made(waits), design="grid", points=2)
    assert [line.split()[0] for line in constant(other)] == ["calm.zero"]


def test_a_sweep_by_sobol(tmp_path: Path) -> None:
    """It finds what depends on what; a longer sequence makes only what is not there; nothing the second time."""
    executor = Made(waits)
    made(tmp_path, executor, design="sobol", points=8)
    assert executor.count == 8 * 4 * 3
    found = made(tmp_path, executor, design="sobol", points=16, report=True)
    assert executor.count == 16 * 4 * 3
    wait = {one.field: one for one in found.sensitivities if one.figure == "calm.wait_s"}
    assert wait["parking.request_distance"].found
    assert wait["parking.request_distance"].total > 0.8 > 0.2 > wait["v2x.penetration"].total > 0.0
    assert 0.0 < wait["v2x.penetration"].chance < 0.05
    assert not any(one.found for one in found.sensitivities if one.figure == "calm.zero")
    made(tmp_path, executor, design="sobol", points=16)
    assert executor.count == 16 * 4 * 3
    points = pq.read_table(tmp_path / "points.parquet")
    assert points.column_names[:4] == ["figure", "point", "v2x.penetration", "parking.request_distance"]
    assert points.num_rows == 2 * 16 * 4
    report = (tmp_path / "report.md").read_text()
    assert "**calm.wait_s**: parking.request_distance explains" in report
    assert f"wayside sweep {tmp_path}/study.toml --out {tmp_path}" in report
    assert "Wilcoxon" not in report
    assert (tmp_path / "report.html").read_text().count("<svg") == 4


@pytest.mark.parametrize("kind", ["grid", "latin-hypercube"])
def test_a_sweep_over_a_grid_or_a_hypercube(kind: str, tmp_path: Path) -> None:
    points = 4 if kind == "grid" else 16
    found = made(tmp_path, Made(waits), design=kind, points=points, report=True)
    assert len(found.design.arms) == 16
    field = found.sensitivities[1]
    assert (field.figure, field.field) == ("calm.wait_s", "parking.request_distance")
    means = found.outcomes.values("calm.wait_s").mean(axis=1)
    distances = [arm.scenario.parking.request_distance for arm in found.design.arms]
    assert field.rank == pytest.approx(stats.spearmanr(distances, means).statistic)
    assert field.found
    tested = [one for one in found.sensitivities if math.isfinite(one.p)]
    assert [one.p_holm for one in tested] == pytest.approx(statistics.holm([one.p for one in tested]))
    assert "**calm.wait_s** rises with parking.request_distance" in (tmp_path / "report.md").read_text()


def test_another_course_of_the_runs_is_no_dependence(tmp_path: Path) -> None:
    """Planted: each point has its own noise, and nothing else."""

    def chaos(scenario: Scenario, replication: int) -> dict[str, float]:
        point = int(1e6 * scenario.v2x.penetration), int(1e3 * scenario.parking.request_distance)
        return {"calm.wait_s": float(np.random.default_rng([replication, *point]).normal())}

    found = made(tmp_path, Made(chaos), design="sobol", points=16)
    assert {one.found for one in found.sensitivities} == {False}
    assert any(one.total - one.total_reach > 0.0 for one in found.sensitivities)
    assert found.sensitivities[0].chance > 0.6


def test_failed_runs_of_a_sweep(tmp_path: Path) -> None:
    """A point that lacks a run counts in no mean; the report says so."""

    def breaks(scenario: Scenario, replication: int) -> dict[str, float] | str:
        far = scenario.parking.request_distance > 800.0
        return "too far" if far and replication == 1 else waits(scenario, replication)

    found = made(tmp_path, Made(breaks), design="latin-hypercube", points=16, report=True)
    assert {one.points for one in found.sensitivities} == {14}
    report = (tmp_path / "report.md").read_text()
    assert "some points are left out, for failed runs" in report
    assert "2 failed" in report


def test_points_that_are_the_same_are_made_once() -> None:
    over = {"rsu.0.apps.1.use": [0, 1]}
    with pytest.raises(WaysideError):  # not a number
        Design(Study(scenario="crossing", over=over))
    study = Study(
        scenario="crossing", over={"demand.block": [1, 2], "v2x.penetration": [0, 1]}, design="sobol", points=8
    )
    found = Design(study)
    assert len(found.at) == 32 > len(found.arms)
    assert {type(arm.settings["demand.block"]) for arm in found.arms} == {int}
    for row, at in zip(found.points.tolist(), found.at, strict=True):
        assert list(found.arms[at].settings.values()) == row


CROSSING = "sweep: "


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"over": {"v2x.penetraton": [0, 1]}},
            CROSSING + 'v2x.penetraton: no such field; did you mean "penetration"?',
        ),
        ({"over": {"parking.policy.windw": [0, 1]}}, 'no such option of "nearest"; did you mean "window"?'),
        ({"over": {"v2x.penetration": [0, 7]}}, CROSSING + "v2x.penetration = 7.0: must be between 0 and 1"),
        (
            {"over": {"v2x.penetration": [1, 0]}},
            "sweep: over.v2x.penetration = [1, 0]: must begin below where it ends: [0, 1]?",
        ),
        ({"over": {"v2x.penetration": [0.5, 0.5]}}, "must have two ends that differ"),
        ({"over": {"v2x.penetration": [0.5, 0.1]}}, "must begin below where it ends: [0.1, 0.5]?"),
        ({"over": {"v2x.penetration": 3}}, "must be two numbers, as [0, 10]: from where to where"),
        ({"over": {"v2x.penetration": [0, float("inf")]}}, "must be two numbers, as [0, 10]: from where to where"),
        (
            {"over": {"parking.policy": [0, 1]}},
            "sweep: over: parking.policy = nearest: is not a number, so it has no range",
        ),
        ({"over": {"v2x.neighbours": [0, 1]}}, "over: v2x.neighbours = false: is not a number, so it has no range"),
        ({"over": {"scenario.seed": [0, 9]}}, "sweep: scenario.seed: every replication sets it"),
        ({"points": 0}, "sweep: points = 0: must be between 2 and 100000"),
        ({"points": 12, "design": "sobol"}, "points = 12: must be a power of 2 for a Sobol sequence, as 8"),
        ({"points": 5000}, "points = 5000: are 25,000,000 in all: must be at most 100,000"),
        ({"design": "random"}, 'design = "random": must be "grid", "latin-hypercube" or "sobol"'),
        ({"vary": {"v2x.radio": ["ideal", "itsg5"]}}, "vary: has no place beside `over`"),
        ({"replications": 0}, "replications = 0: must be between 1 and 100000"),
    ],
)
def test_mistakes_are_told_in_one_line(said: dict[str, Any], told: str) -> None:
    with pytest.raises(WaysideError) as error, explain.reading(Path("sweep")):
        Design(Study(**{"scenario": "crossing", "over": OVER, **said}), Path("sweep"))
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["v2x.penetration", "v2x.penetration=0", "x=a:b", "=0:1", "x=0:1:2", "x=0,1"])
def test_a_range_that_is_none(text: str) -> None:
    with pytest.raises(WaysideError, match=r"^sweep: --over .*: must be section.key=from:to, as 0:10$"):
        ranged(text)
    assert ranged("a.b = -1:2.5") == ("a.b", [-1, 2.5])


def test_a_directory_of_another_study(tmp_path: Path) -> None:
    executor = Made(waits)
    made(tmp_path, executor, points=2)
    for said, told in (
        ({"points": 3}, "its points is 2, not 3"),
        ({"points": 2, "design": "latin-hypercube"}, 'its design is "grid", not "latin-hypercube"'),
        ({"points": 2, "over": {"v2x.penetration": [0, 1]}}, "its over is "),
        ({"points": 2, "over": {}, "vary": {"v2x.penetration": [0, 1]}}, "its over is "),
    ):
        with pytest.raises(WaysideError, match="holds another study") as error:
            made(tmp_path, executor, **said)
        assert told in str(error.value)
    made(tmp_path, executor, points=2, replications=4)
    assert executor.count == 4 * 4


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> None:
        assert name == "SALib"

    monkeypatch.setattr("importlib.util.find_spec", find)
    with pytest.raises(WaysideError, match=r"^sweep: SALib is not installed: pip install 'wayside\[study\]'$"):
        Design(Study(scenario="crossing", over=OVER, design="sobol"), Path("sweep"))


def test_the_command(tmp_path: Path) -> None:
    """A real one, and its mistakes."""
    said = ["crossing", "--over", "v2x.penetration=0:1", "--points", "2", "--replications", "1", "--until", "3"]
    said += ["--jobs", "1"]
    done = wayside("sweep", *said, "--figures", "messages.sent", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "2 points, 1 replication each: 2 runs" in done.stderr
    assert done.stdout.splitlines()[1].split()[:2] == ["messages.sent", "v2x.penetration"]
    assert (tmp_path / "out" / "points.parquet").exists()
    for arguments, told in (
        (["crossing", "--out", "x"], "sweep: over: nothing is varied: name a field with --over FIELD=0:10"),
        (said, "sweep: name a directory for tables and report with --out"),
        ([*said, "--out", "x", "--jobs", "0"], "sweep: --jobs = 0: must be at least 1"),
        ([*said, "--out", "x", "--points", "0"], "sweep: points = 0: must be between 2 and 100000"),
    ):
        done = wayside("sweep", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, f"wayside: {told}\n")


def test_python_as_printed(tmp_path: Path) -> None:
    script = blocks("sweeps.md", "python")[0]
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120.0)
    assert done.returncode == 0, done.stderr
    assert "'figure': 'messages.sent', 'field': 'v2x.penetration'" in done.stdout


def test_the_study_as_printed(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(blocks("sweeps.md", "toml")[0])
    found = Design(read(tmp_path / "study.toml"), tmp_path / "study.toml")
    assert len(found.arms) == 24
    assert found.ranges == {"parking.policy.window": Range(0.0, 10.0), "v2x.penetration": Range(0.2, 1.0)}
