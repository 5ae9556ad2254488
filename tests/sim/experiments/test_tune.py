"""Tuning where runs are made up: what it finds, what it never looks at, and that it goes on where it was."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.sim.children import wayside
from tests.sim.experiments.made import Made
from tests.test_docs import blocks
from wayside import Scenario
from wayside.edge.errors import WaysideError
from wayside.sim.cli.tune import tried
from wayside.sim.experiments.comparing import Watch
from wayside.sim.experiments.sampling import Range
from wayside.sim.experiments.search import BATCH, FIRST_RUNS, HELD_OUT, Tuned
from wayside.sim.experiments.tune import TRIALS, carry_out_tuning
from wayside.sim.experiments.tuning import Choices, Space, Tuning, read_tuning
from wayside.sim.scenario import explain

FIGURE = "calm.wait_s"
OVER = {"parking.request_distance": [100, 900], "v2x.radio": ["ideal", "itsg5"]}
REPLICATIONS, HELD = 8, 10


def waits(scenario: Scenario, replication: int) -> dict[str, float]:
    """Least at 400 m and with ITS-G5: 18 s less than as it is, at 800 m. Most of the rest is the replication's."""
    shared = np.random.default_rng(replication).normal(0.0, 10.0)
    distance = scenario.parking.request_distance
    own = np.random.default_rng([replication, int(distance)]).normal()
    radio = 0.0 if scenario.v2x.radio == "itsg5" else 2.0
    return {FIGURE: 50.0 + ((distance - 400.0) / 100.0) ** 2 + radio + shared + own}


def noise(scenario: Scenario, replication: int) -> dict[str, float]:
    """It depends on nothing."""
    return {FIGURE: float(np.random.default_rng([replication, int(scenario.parking.request_distance), 2]).normal())}


class Told(Watch):
    """All that is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def tuned(
    out: Path, executor: Made, report: bool = False, watch: Watch | None = None, jobs: int = 2, **said: Any
) -> Tuned:
    with explain.reading(Path("tune")):
        whole = {"scenario": "crossing", "over": OVER, "figure": FIGURE, "trials": 16, "replications": REPLICATIONS,
                 "held_out": HELD, **said}  # fmt: skip
        checked = Tuning(**whole)
    return carry_out_tuning(Space(checked), out, jobs, watch or Watch(), report=report, executor=executor)


def replications(out: Path) -> set[int]:
    """Those whose runs are in a study's directory."""
    return {json.loads(line)["replication"] for line in (out / "runs.jsonl").read_text().splitlines()}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tuned, Made]:
    out = tmp_path_factory.mktemp("tune") / "out"
    executor = Made(waits)
    return out, tuned(out, executor, report=True), executor


def test_it_finds_what_is_best(done: tuple[Path, Tuned, Made]) -> None:
    _, found, _ = done
    assert abs(found.best.settings["parking.request_distance"] - 400.0) < 60.0
    assert found.best.settings["v2x.radio"] == "itsg5"
    (final,) = found.held_out.comparisons
    assert (final.arm, final.against, final.pairs) == ("tuned", "default", HELD)
    assert final.found
    assert final.difference == pytest.approx(-18.0, abs=0.7)
    assert final.correlation > 0.9


def test_no_trial_sees_what_is_held_out(done: tuple[Path, Tuned, Made]) -> None:
    out, found, _ = done
    assert replications(out / TRIALS) == set(range(REPLICATIONS))
    assert replications(out / HELD_OUT) == set(range(REPLICATIONS, REPLICATIONS + HELD))
    runs = pq.read_table(out / HELD_OUT / "runs.parquet").to_pylist()
    assert [run["replication"] for run in runs if run["arm"] == "tuned"] == list(range(8, 18))
    assert [run["seed"] for run in runs if run["arm"] == "tuned"] == list(range(9, 19))
    seen = {trial.number: trial.values for trial in found.search.trials}
    best = found.best
    assert seen[best.number].tolist() == [waits(scenario_of(best.settings), n)[FIGURE] for n in range(REPLICATIONS)]


def scenario_of(settings: Any) -> Scenario:
    return Scenario.load("crossing").replace(dict(settings))


def test_the_first_trial_is_the_scenario_as_it_is(done: tuple[Path, Tuned, Made]) -> None:
    _, found, _ = done
    first = found.search.trials[0]
    assert first.settings == found.space.now() == {"parking.request_distance": 800.0, "v2x.radio": "ideal"}
    assert first.values.tolist() == found.search.default.tolist()


def test_the_report_says_both(done: tuple[Path, Tuned, Made]) -> None:
    out, found, _ = done
    report = (out / "report.md").read_text()
    assert "**Where it was tuned** its mean is better than the default's by " in report
    assert "**Held out**: it is better. **calm.wait_s** is lower with tuned than with default" in report
    assert f"| tuned on (replications 0 to {REPLICATIONS - 1}) |" in report
    assert f"| held out ({REPLICATIONS} to {REPLICATIONS + HELD - 1}) |" in report
    assert f"wayside tune {out}/tune.toml --out {out}" in report
    assert f"wayside compare {out}/held-out/study.toml --out {out}/held-out" in report
    settings = f"parking.request_distance={found.best.settings['parking.request_distance']}"
    assert f"wayside run crossing --set {settings} --set v2x.radio=itsg5 --out DIR" in report
    assert (out / "report.html").read_text().count("<svg") == 2
    assert (out / HELD_OUT / "report.md").exists()
    table = pq.read_table(out / "trials.parquet")
    assert table.column_names == ["trial", "state", "best", "runs", "mean", *OVER]
    assert table.num_rows == 16
    assert table["best"].to_pylist().count(True) == 1


def test_trials_that_are_surely_worse_are_given_up(done: tuple[Path, Tuned, Made], tmp_path: Path) -> None:
    """Each on the evidence of the same replications; what is best is the same without."""
    _, found, executor = done
    given_up = [trial for trial in found.search.trials if trial.state == "pruned"]
    assert len(given_up) > 2
    for trial in given_up:
        assert len(trial.values) == FIRST_RUNS
        before = [one for one in found.search.trials[: (trial.number - 1) // BATCH * BATCH] if one.state == "finished"]
        best = min(before, key=lambda one: one.mean)
        assert trial.values.mean() > best.values[:FIRST_RUNS].mean()
    whole = Made(waits)
    other = tuned(tmp_path, whole, prune=False)
    assert {trial.state for trial in other.search.trials} == {"finished"}
    assert whole.count > executor.count


def test_it_is_the_same_again_and_goes_on(done: tuple[Path, Tuned, Made], tmp_path: Path) -> None:
    """Broken off at any run, with any number of jobs, and with more trials: the same trials; nothing twice."""
    out, found, executor = done
    stop = [7, executor.count - 3]

    class Broken(Made):
        def __call__(self, tasks: Any, jobs: int, scratch: Path, hear: Callable[..., None]) -> Any:
            for ended in super().__call__(tasks, jobs, scratch, hear):
                yield ended
                if self.count in stop:
                    stop.remove(self.count)
                    raise KeyboardInterrupt

    again = Broken(waits)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            tuned(tmp_path / "out", again, jobs=3)
    tuned(tmp_path / "out", again, report=True, jobs=1)
    assert again.count == executor.count
    for name in ("trials.parquet", "held-out/results.parquet", "held-out/runs.parquet"):
        assert (tmp_path / "out" / name).read_bytes() == (out / name).read_bytes()
    here, there = ((one / "report.md").read_text().replace(str(one), "") for one in (out, tmp_path / "out"))
    assert here == there
    more = tuned(tmp_path / "out", again, trials=18)
    assert [trial.settings for trial in more.search.trials[:16]] == [trial.settings for trial in found.search.trials]
    assert read_tuning(tmp_path / "out" / "tune.toml").trials == 18
    told, before = Told(), (tmp_path / "out" / "trials.parquet").read_bytes()
    tuned(tmp_path / "out", again, watch=told, trials=8, held_out=4)
    assert (tmp_path / "out" / "trials.parquet").read_bytes() == before  # it does not become smaller
    assert [line for line in told.lines if "all of them count" in line] == [
        f"{tmp_path / 'out'}: has 18 trials of this tuning, and all of them count",
        f"{tmp_path / 'out' / 'held-out'}: has {HELD} replications of this study, and all of them count",
    ]
    assert read_tuning(tmp_path / "out" / "tune.toml").trials == 18


def test_what_depends_on_nothing_is_not_said_to_be_better(tmp_path: Path) -> None:
    """The best of many is better where it was tuned, and not elsewhere: the planted error of every tuning."""
    found = tuned(tmp_path, Made(noise), report=True, over={"parking.request_distance": [100, 900]}, trials=8)
    assert found.best.mean - found.search.default.mean() < -0.1
    assert not found.held_out.comparisons[0].found
    report = (tmp_path / "report.md").read_text()
    assert "its mean is better than the default's" in report
    assert "**Held out**: no difference is shown" in report
    assert "What tuning found may be chance." in report


def test_failed_trials_are_told_and_never_best(tmp_path: Path) -> None:
    def breaks(scenario: Scenario, replication: int) -> dict[str, float] | str:
        near = 300.0 < scenario.parking.request_distance < 450.0
        return "too near" if near and replication == 3 else waits(scenario, replication)

    told = Told()
    found = tuned(tmp_path, Made(breaks), watch=told, report=True, trials=12)
    failed = [trial for trial in found.search.trials if trial.state == "failed"]
    assert failed
    assert found.best.state == "finished"
    assert not 300.0 < found.best.settings["parking.request_distance"] < 450.0
    assert sum("failed: too near" in line for line in told.lines) == len(failed)
    assert f"{len(failed)} failed" in (tmp_path / "report.md").read_text()


def test_the_scenario_as_it_is_must_have_the_figure(tmp_path: Path) -> None:
    with pytest.raises(WaysideError, match=r"^tune: calm.wait_s: 1 of 8 replications of the scenario as it is failed"):
        tuned(tmp_path, Made(lambda scenario, n: "broken" if n == 4 else waits(scenario, n)))
    with pytest.raises(
        WaysideError, match=r'^tune: figures: calm.wait: no run has such a key figure; did you mean "calm'
    ):
        tuned(tmp_path / "other", Made(waits), figure="calm.wait")


def test_a_directory_of_another_tuning(tmp_path: Path) -> None:
    executor = Made(waits)
    tuned(tmp_path, executor, trials=4, replications=2, held_out=2)
    with pytest.raises(
        WaysideError, match=r'holds another tuning: its figure is "calm.wait_s", not "x.y"; name another'
    ):
        tuned(tmp_path, executor, trials=4, replications=2, held_out=2, figure="x.y")
    with pytest.raises(WaysideError, match="holds another tuning: its over is "):
        tuned(tmp_path, executor, trials=4, replications=2, held_out=2, over={"v2x.penetration": [0, 1]})
    with pytest.raises(WaysideError, match="holds something that is not a tuning; name another directory"):
        tuned(tmp_path / TRIALS, executor)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"over": {}}, "tune: over: nothing is tried: name a field and its range"),
        ({"over": {"v2x.penetraton": [0, 1]}}, 'v2x.penetraton: no such field; did you mean "penetration"?'),
        ({"over": {"parking.policy.windw": [0, 1]}}, 'no such option of "nearest"; did you mean "window"?'),
        (
            {"over": {"v2x.penetration": [1, 0]}},
            "over.v2x.penetration = [1, 0]: must begin below where it ends: [0, 1]?",
        ),
        ({"over": {"v2x.penetration": [0, 3]}}, "v2x.penetration = 3.0: must be between 0 and 1"),
        ({"over": {"parking.policy": [0, 1]}}, "over: parking.policy = nearest: is not a number, so it has no range"),
        ({"over": {"parking.policy": ["nearest", "nearst"]}}, "did you mean 'nearest'?"),
        ({"over": {"parking.policy": ["nearest"]}}, "must be two numbers, from where to where, or values"),
        ({"over": {"parking.policy": ["nearest", "nearest"]}}, '"nearest" stands there twice'),
        ({"trials": 0}, "tune: trials = 0: must be between 2 and 10000"),
        ({"replications": 0}, "tune: replications = 0: must be between 1 and 10000"),
        ({"held_out": 1}, "tune: held_out = 1: must be between 2 and 10000"),
        ({"figure": "parking.*"}, 'figure = "parking.*": must be one key figure, without *'),
        ({"over": {"scenario.seed": [0, 9]}}, "tune: scenario.seed: every replication sets it"),
        ({"set": {"v2x.radio": "ideal"}}, "v2x.radio: is both set and tried"),
        ({"trails": 3}, 'trails: no such field; did you mean "trials"?'),
    ],
)
def test_mistakes_are_told_in_one_line(said: dict[str, Any], told: str) -> None:
    with pytest.raises(WaysideError) as error, explain.reading(Path("tune")):
        Space(Tuning(**{"scenario": "crossing", "over": OVER, "figure": FIGURE, **said}))
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_two_numbers_to_choose_from_are_no_range() -> None:
    field = "parking.request_distance"
    over = {field: {"values": [100.0, 500.0]}}
    one = Tuning(scenario="crossing", over=over, figure=FIGURE)
    assert isinstance(Space(one).fields[field], Choices)
    assert tomllib.loads(one.to_toml())["over"] == over
    assert Tuning(**tomllib.loads(one.to_toml())) == one
    assert isinstance(
        Space(Tuning(scenario="crossing", over={field: [100.0, 500.0]}, figure=FIGURE)).fields[field], Range
    )


def test_what_is_tried() -> None:
    assert tried("a.b=0:10") == ("a.b", [0, 10])
    listed = {"values": ["nearest", {"use": "x:y", "walk": 2.0}]}
    assert tried("a.b=nearest,{ use = 'x:y', walk = 2.0 }") == ("a.b", listed)
    assert tried("a.b=0,5") == ("a.b", {"values": [0, 5]})
    with pytest.raises(WaysideError, match=r'^tune: --over "a.b=3": must be section.key=from:to, as 0:10'):
        tried("a.b=3")


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def find(name: str) -> None:
        assert name == "optuna"

    monkeypatch.setattr("importlib.util.find_spec", find)
    with pytest.raises(WaysideError, match=r"^tune: optuna is not installed: pip install 'wayside\[study\]'$"):
        tuned(tmp_path, Made(waits))


def test_the_tuning_as_printed(tmp_path: Path) -> None:
    (tmp_path / "tune.toml").write_text(blocks("sweeps.md", "toml")[1])
    found = Space(read_tuning(tmp_path / "tune.toml"))
    assert found.fields["v2x.penetration"] == Range(0.2, 1.0)
    assert list(found.fields["parking.policy.window"].values) == ["0", "2", "5"]


def test_python_as_printed(tmp_path: Path) -> None:
    """A real one."""
    (tmp_path / "script.py").write_text(blocks("sweeps.md", "python")[1])
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120.0)
    assert done.returncode == 0, done.stderr
    assert "'arm': 'tuned', 'against': 'default'" in done.stdout


def test_mistakes_of_the_command(tmp_path: Path) -> None:
    said = ["crossing", "--over", "v2x.penetration=0.2,1", "--figure", "messages.sent", "--trials", "2"]
    said += ["--replications", "1", "--held-out", "2", "--until", "3"]
    for arguments, told in (
        (
            ["crossing", "--out", "x"],
            "tune: figure: missing: The key figure that is to be least, by its mean over replications",
        ),
        (["crossing", "--figure", "a.b", "--out", "x"], "tune: over: nothing is tried: name a field and its range"),
        (said, "tune: name a directory for tables and report with --out"),
        ([*said, "--out", "x", "--jobs", "0"], "tune: --jobs = 0: must be at least 1"),
        ([*said, "--out", "x", "--trials", "0"], "tune: trials = 0: must be between 2 and 10000"),
    ):
        done = wayside("tune", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, f"wayside: {told}\n")
