"""Jobs by submitit's local executor: the same tables as made here, and nothing done twice whoever is killed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.sim.children import wayside
from tests.sim.experiments.kills import descendants, gone, wait_for
from wayside.edge.errors import WaysideError
from wayside.sim.experiments import keys
from wayside.sim.experiments.compare import carry_out
from wayside.sim.experiments.comparing import Watch
from wayside.sim.experiments.execution import slurm
from wayside.sim.experiments.study import Design, Study

POLICY = """
import os, signal
def dies(requests, car_parks):
    print("the last line that it says", file=__import__("sys").stderr, flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)
"""
STUDY = """
scenario = "crossing"
replications = 1
set.scenario.end = 10.0
figures = ["vehicles.mean_speed_m_s"]
engine = { use = "slurm", cluster = "local", time = 5 }
[vary]
"parking.policy" = ["nearest", "mine:dies"]
"""
LOCAL = {"use": "slurm", "cluster": "local"}


def test_killed_and_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine as a study file names it; a run that dies each time is told as it is here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(slurm, "LOOK_EVERY", 0.1)
    (tmp_path / "mine.py").write_text(POLICY)
    (tmp_path / "study.toml").write_text(STUDY)
    study = Study(**{**tomllib.loads(STUDY), "engine": "local"})
    carry_out(Design(study), tmp_path / "local", 1, Watch(), report=False)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "wayside", "compare", "study.toml", "--jobs", "1", "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: any((out / ".scratch" / "slurm").glob("*.arrow")))
        started = descendants(process.pid)
        process.kill()
    before = (out / "runs.jsonl").read_bytes()
    left = {path.stem for path in (out / ".scratch" / "slurm").glob("*.arrow")}
    made: list[str] = []
    monkeypatch.setattr(slurm._Queue, "_submit", _noting(made))
    carry_out(Design(Study(**{**study.model_dump(), "engine": LOCAL})), out, 1, Watch(), report=False)
    for name in ("results.parquet", "runs.parquet"):
        assert (out / name).read_bytes() == (tmp_path / "local" / name).read_bytes()
    journal = (out / "runs.jsonl").read_bytes()
    assert journal.startswith(before)
    assert len(journal.splitlines()) == 2
    assert not left & set(made)  # what a job had left was taken as it was
    assert not (out / ".scratch").exists()
    wait_for(lambda: all(map(gone, started)))


def _noting(made: list[str]) -> object:
    submit = slurm._Queue._submit

    def noting(queue: slurm._Queue, asked: list[slurm._Asked]) -> None:
        made.extend(one.task.key for one in asked)
        submit(queue, asked)

    return noting


def test_another_wayside_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm, "LOOK_EVERY", 0.1)
    versions = {**keys.versions(), "numpy": "1.0"}
    monkeypatch.setattr(keys, "versions", lambda: versions)
    design = Design(Study(scenario="crossing", vary={"v2x.penetration": [0.2, 1.0]}, replications=1, engine=LOCAL))
    with pytest.raises(WaysideError, match=r"^--slurm: penetration=0\.2: a node has numpy .*, here it is 1\.0$"):
        carry_out(design, tmp_path / "out", 1, Watch(), report=False)
    assert not (tmp_path / "out" / ".scratch").exists()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"parttion": "short"}, r'parttion: no such option; did you mean "partition"\?$'),
        ({"partition": "a b"}, r'partition = "a b": must be what sbatch takes, without spaces$'),
        ({"mem": "much"}, r'mem = "much": must be an amount, as 2GB$'),
        ({"time": 0}, r"time = 0: must be between 1 and 100000$"),
        ({"cluster": "debug"}, r"cluster = \"debug\": must be \"slurm\" or \"local\"$"),
    ],
)
def test_options_that_are_none(options: dict[str, object], why: str) -> None:
    with pytest.raises(WaysideError, match=why):
        Study(scenario="crossing", engine={"use": "slurm", **options})


def test_options_reach_sbatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that submitit would hand over, where there is a Slurm."""
    monkeypatch.setattr("submitit.SlurmExecutor.affinity", staticmethod(lambda: 2))
    said = {
        "partition": "short",
        "account": "me",
        "reservation": "ours",
        "mem": "2GB",
        "time": 90,
        "setup": "module load x",
    }
    executor = slurm.Slurm(**said).executor(tmp_path)
    text = executor._executor._make_submission_file_text("command", "1")
    for line in ("partition=short", "account=me", "reservation=ours", "mem=2GB", "time=90", "cpus-per-task=1"):
        assert f"#SBATCH --{line}\n" in text
    assert "\nmodule load x\n" in text


def test_no_slurm_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("submitit.SlurmExecutor.affinity", staticmethod(lambda: -1))
    with pytest.raises(WaysideError, match=r"^--slurm: there is no Slurm here: "):
        slurm.Slurm().executor(tmp_path)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (
            "sweep crossing --over v2x.penetration=0:1 --points 2 --replications 1 --figures messages.sent",
            ("results.parquet", "runs.parquet", "points.parquet"),
        ),
        (
            "tune crossing --over v2x.penetration=0,1 --figure messages.sent --trials 2 --replications 1 --held-out 2",
            ("trials.parquet", "held-out/results.parquet", "held-out/runs.parquet"),
        ),
    ],
    ids=["sweep", "tune"],
)
def test_a_sweep_and_a_tuning_are_the_same_bytes(tmp_path: Path, said: str, names: tuple[str, ...]) -> None:
    """By their commands, as jobs and here."""
    more: tuple[str, ...] = ()
    for out in ("here", "jobs"):
        done = wayside(*said.split(), "--until", 3, "--out", out, *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        more = ("--slurm", "--slurm-option", "cluster=local")
    for name in names:
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "jobs" / name).read_bytes()
