"""Real runs of the crossing: whatever is killed, the tables are the same, and nothing is left behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.sim.children import wayside
from tests.sim.experiments.kills import LONG, TABLES, descendants, disturbed, gone, wait_for
from tests.test_docs import blocks
from wayside.sim.experiments.compare import carry_out
from wayside.sim.experiments.comparing import Watch
from wayside.sim.experiments.execution import TRIES, local
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.experiments.study import Design, Study
from wayside.sim.scenario import Scenario

STUDY = ["crossing", "--vary", "v2x.penetration=0.2,1", "--until", "5", "--replications", "2"]
STUDY += ["--figures", "vehicles.mean_speed_m_s"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study, made with two jobs."""
    out = tmp_path_factory.mktemp("compare") / "undisturbed"
    done = wayside("compare", *STUDY, "--jobs", "2", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "vehicles.mean_speed_m_s" in done.stdout
    assert "report in" in done.stdout
    return out


def tables(out: Path) -> list[bytes]:
    return [(out / name).read_bytes() for name in TABLES]


def begun(out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "wayside", "compare", *STUDY, *more, "--out", str(out)]


def warm_ones() -> list[int]:
    """The warm processes that this one has started, each followed by its forks."""
    return [pid for pid in descendants(os.getpid()) if "experiments.warm" in Path(f"/proc/{pid}/cmdline").read_text()]


def lines(out: Path) -> int:
    journal = out / "runs.jsonl"
    return len(journal.read_bytes().splitlines()) if journal.exists() else 0


def test_figures_are_those_of_the_runs_themselves(undisturbed: Path, tmp_path: Path) -> None:
    """The command that the report gives for a run, and what it leaves."""
    report = (undisturbed / "report.md").read_text()
    command = next(line for line in report.splitlines() if "wayside run" in line and "penetration=0.2" in line).split()
    done = wayside(*command[1:-1], tmp_path / "run")
    assert done.returncode == 0, done.stderr
    kpis = json.loads((tmp_path / "run" / "summary.json").read_text())["kpis"]
    rows = pq.read_table(undisturbed / "results.parquet").to_pylist()
    found = {row["figure"]: row["value"] for row in rows if (row["arm"], row["replication"]) == ("penetration=0.2", 0)}
    assert {name: value for name, value in found.items() if not name.startswith("end.")} == kpis
    assert {"end.on_road", "end.stuck"} <= found.keys()


def test_one_job_makes_the_same_tables(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "one"
    said = {"vary": {"v2x.penetration": [0.2, 1]}, "set": {"scenario.end": 5.0}, "replications": 2}
    study = Study(scenario="crossing", figures=["vehicles.mean_speed_m_s"], **said)
    carry_out(Design(study), out, 1, Watch(), keep=True, report=False)
    assert tables(out) == tables(undisturbed)
    kept = sorted(path.name for path in (out / "kept").iterdir())
    assert kept == sorted(pq.read_table(out / "runs.parquet")["key"].to_pylist())
    assert all((out / "kept" / key / "summary.json").exists() for key in kept)
    left = {path.name for path in undisturbed.iterdir()}
    assert {path.name for path in out.iterdir()} == left - {"report.html", "report.md"} | {"kept"}


def test_killed_at_random_moments(undisturbed: Path, tmp_path: Path) -> None:
    """Itself, a warm process or a run: it goes on, and makes nothing twice (`kills`, which can do it more often)."""
    out = tmp_path / "killed"
    killed = disturbed(begun(out, "--jobs", "1"), out, 3, random.Random(3), mean=0.7)
    assert killed
    assert tables(out) == tables(undisturbed)
    assert lines(out) == 4
    assert not (out / ".scratch").exists()


def test_a_run_is_tried_again_where_its_process_dies(tmp_path: Path) -> None:
    """The run's own, and the warm one that it is a fork of."""
    base = Scenario.load("crossing").replace("scenario.end", 900.0)  # long enough to tell how far it is
    killed: list[int] = []

    def kill(task: Task, share: float) -> None:
        if len(killed) < TRIES - 1:
            warm, run = warm_ones()
            assert descendants(warm) == [run]
            killed.append((run, warm)[len(killed)])
            os.kill(killed[-1], signal.SIGKILL)

    tasks = iter([Task.of("0", "arm", 0, base)])
    (ended,) = local(tasks, 1, tmp_path, kill)
    assert len(killed) == TRIES - 1
    assert ended.state == "finished"


def test_interrupted(tmp_path: Path) -> None:
    out = tmp_path / "interrupted"
    with subprocess.Popen(begun(out, "--until", "60", "--jobs", "2"), stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: any((out / ".scratch" / "local").glob("*")))
        started = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG) == 130
        assert process.stderr is not None
        told = process.stderr.read().splitlines()[-1]
    assert told == f"wayside: interrupted; the same command goes on from what is in {out}"
    assert started
    assert all(map(gone, started))
    assert not (out / ".scratch").exists()


POLICY = """
import os, signal
def dies(requests, car_parks):
    print("the last line that it says", file=__import__("sys").stderr, flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)
def refuses(requests, car_parks):
    raise ValueError("no bays today")
"""


def test_runs_that_fail(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(POLICY)
    out = tmp_path / "out"
    study = ["crossing", "--vary", "parking.policy=nearest,mine:refuses", "--until", "12"]
    study += ["--figures", "vehicles.arrived", "--replications", "2", "--jobs", "1"]
    done = wayside("compare", *study, "--out", out, cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    told = [line for line in done.stderr.splitlines() if " failed: " in line]
    assert len(told) == 1  # once for the arm
    assert "ValueError: no bays today" in told[0]
    assert done.stderr.count("repeat it: wayside run crossing --seed") == 1
    states = pq.read_table(out / "runs.parquet").to_pylist()
    assert [run["state"] for run in states] == ["finished"] * 2 + ["failed"] * 2
    assert "no bays today" in (out / "report.md").read_text()


def test_a_run_that_dies_each_time(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(POLICY)
    base = Scenario.load("crossing").replace({"scenario.end": 20.0, "parking.policy": "mine:dies"})
    task = Task.of("0", "arm", 0, base.said_in(tmp_path / "scenario.toml"))
    (ended,) = local(iter([task]), 1, tmp_path / "scratch", lambda task, share: None)
    words = "the simulation's process was ended by SIGSEGV; its last words: the last line that it says"
    assert (ended.state, ended.line) == ("died", f"{words} (each of {TRIES} times)")


def test_no_process_no_file_and_no_descriptor_remain(tmp_path: Path) -> None:
    """Runs that an executor is not asked for any more, and those that it is."""
    base = Scenario.load("crossing").replace("scenario.end", 5.0)

    def tasks() -> Iterator[Task]:
        for number in range(6):
            yield Task.of(str(number), "arm", number, base)

    before = len(os.listdir("/proc/self/fd"))
    scratch = tmp_path / "scratch"
    ended = local(tasks(), 2, scratch, lambda task, share: None)
    first: Ended = next(ended)
    assert first.state == "finished"
    ended.close()  # type: ignore[attr-defined]
    assert not warm_ones()
    assert len(os.listdir("/proc/self/fd")) == before
    assert not any(scratch.rglob("*"))
    assert sorted(one.replication for one in local(tasks(), 1, scratch, lambda task, share: None)) == list(range(6))
    assert len(os.listdir("/proc/self/fd")) == before


def test_python_as_printed(tmp_path: Path) -> None:
    """Without a guard for the main module, as scripts are written."""
    (script,) = blocks("experiments.md", "python")
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 0, done.stderr
    assert "'figure': 'vehicles.mean_speed_m_s', 'arm': 'penetration=1.0'" in done.stdout
    assert os.listdir(tmp_path) == ["script.py"]
