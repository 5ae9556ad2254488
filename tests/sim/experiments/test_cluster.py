"""A Dask scheduler and workers in processes of their own: the same tables, whoever is killed; a line for mistakes."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.sim.children import wayside
from tests.sim.experiments.kills import dask, descendants, gone, wait_for
from wayside.edge.errors import WaysideError
from wayside.sim.experiments import keys
from wayside.sim.experiments.compare import carry_out
from wayside.sim.experiments.comparing import Watch
from wayside.sim.experiments.execution import cluster
from wayside.sim.experiments.execution.arrow import from_arrow, to_arrow
from wayside.sim.experiments.execution.bundles import Bundles, unpack
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.experiments.study import Design, Study
from wayside.sim.experiments.tables import Outcomes
from wayside.sim.scenario import Scenario
from wayside.sim.scenario.loading import BUILTIN
from wayside.sim.sumo.staging import stage

FILES = ("results.parquet", "runs.parquet")
POLICY = """
from helper import no
def refuses(requests, car_parks):
    raise ValueError(no)
"""


class Dask(NamedTuple):
    """A cluster."""

    address: str
    workers: list[subprocess.Popen[bytes]]
    scheduler: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    with dask(tmp_path_factory.mktemp("dask"), "--no-nanny") as (address, (*workers, scheduler)):
        yield Dask(address, workers, scheduler)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The crossing with its files strewn about: above the configuration, and named by an absolute path."""
    folder = tmp_path_factory.mktemp("mine")
    crossing = BUILTIN / "crossing"
    for path in crossing.glob("*.xml.gz"):
        to = folder / ("above" if ".net." in path.name else "here") / path.name
        to.parent.mkdir(exist_ok=True)
        to.write_bytes(path.read_bytes())
    text = next(crossing.glob("*.sumocfg")).read_text()
    for path in (folder / "above").iterdir():
        text = text.replace(path.name, f"../above/{path.name}")
    for path in (folder / "here").glob("*.rou.*"):
        text = text.replace(path.name, str(path))
    (folder / "here" / "mine.sumocfg").write_text(text)
    said = (crossing / "scenario.toml").read_text()
    config = next(crossing.glob("*.sumocfg")).name
    (folder / "scenario.toml").write_text(said.replace(config, "here/mine.sumocfg"))
    (folder / "mine.py").write_text(POLICY)
    (folder / "helper.py").write_text('no = "no bays today"')
    return folder / "scenario.toml"


class Killing(Watch):
    """Kills a process when the first run has ended."""

    def __init__(self, process: subprocess.Popen[bytes] | None = None) -> None:
        self.shares = 0
        self.lines: list[str] = []
        self._process = process
        self.started: list[int] = []  # what it had started

    def share(self, task: Task, share: float) -> None:
        self.shares += 1

    def say(self, line: str) -> None:
        self.lines.append(line)

    def ended(self, outcomes: Outcomes, ended: Ended) -> None:
        if self._process is not None:
            self.started = descendants(self._process.pid)
            self._process.kill()
            self._process = None


def design(scenario: Path | str, **said: object) -> Design:
    return Design(Study(**{"scenario": str(scenario), "set": {"scenario.end": 20.0}, "replications": 2, **said}))


def files(out: Path) -> list[bytes]:
    return [(out / name).read_bytes() for name in FILES]


def test_the_same_bytes_with_a_worker_killed_half_way(
    there: Dask, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plug-ins beside the scenario that fail, too: their files are told as the user knows them."""
    vary = {"parking.policy": ["nearest", "mine:refuses"]}
    study = {"vary": vary, "figures": ["vehicles.arrived"], "set": {"scenario.end": 10.0, "sumo.options.scale": 2.0}}
    carry_out(design(scenario, **study), tmp_path / "local", 1, Watch(), report=False)
    travelled: Counter[str] = Counter()
    content = Bundles.content

    def counted(self: Bundles, hash: str) -> bytes:
        travelled[hash] += 1
        return content(self, hash)

    monkeypatch.setattr(Bundles, "content", counted)
    watch = Killing(there.workers[1])
    asked = design(scenario, **study, engine={"use": "cluster", "scheduler": there.address})
    carry_out(asked, tmp_path / "cluster", None, watch, report=False)
    assert files(tmp_path / "cluster") == files(tmp_path / "local")
    assert gone(there.workers[1].pid)
    assert watch.started
    wait_for(lambda: all(map(gone, watch.started)))
    assert len(travelled) > 4
    assert set(travelled.values()) == {1}
    (line,) = (line for line in watch.lines if "failed" in line)
    assert f"no bays today ({scenario.parent}/mine.py:" in line
    wait_for(lambda: not descendants(there.workers[0].pid))  # nothing is left there


def test_a_sweep_and_a_tuning_are_the_same_bytes(there: Dask, tmp_path: Path) -> None:
    """By their commands, on the workers and here."""
    sweep = ["sweep", "crossing", "--over", "v2x.penetration=0:1", "--points", 2, "--replications", 1, "--until", 3]
    tune = ["tune", "crossing", "--over", "v2x.penetration=0,1", "--figure", "messages.sent", "--trials", 2]
    tune += ["--replications", 1, "--held-out", 2, "--until", 3]
    for said, names in (
        ([*sweep, "--figures", "messages.sent"], (*FILES, "points.parquet")),
        (tune, ("trials.parquet", "held-out/results.parquet", "held-out/runs.parquet")),
    ):
        here, far = (tmp_path / f"{said[0]}-{name}" for name in ("here", "cluster"))
        for out, more in ((here, ()), (far, ("--cluster", there.address))):
            done = wayside(*said, "--out", out, *more)
            assert done.returncode == 0, done.stderr
        for name in names:
            assert (here / name).read_bytes() == (far / name).read_bytes()
        for page in ("report.md", "study.toml" if said[0] == "sweep" else "tune.toml"):
            assert (far / page).read_text().replace("-cluster", "-here") == (here / page).read_text()


def test_who_wants_runs_is_killed(there: Dask, tmp_path: Path) -> None:
    """The run that a worker makes ends then; what is done is not made again."""
    out = tmp_path / "out"
    study = ["crossing", "--vary", "v2x.penetration=0.2,1", "--until", "2000", "--replications", "1"]
    command = [sys.executable, "-m", "wayside", "compare", *study, "--cluster", there.address, "--out", str(out)]
    worker = there.workers[0].pid
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: len(descendants(worker)) > 1)  # the warm one, and its fork
        process.kill()
    wait_for(lambda: len(descendants(worker)) < 2)
    assert (out / "runs.jsonl").read_bytes() == b""  # it was not made to its end


def test_another_wayside_is_told(there: Dask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {**keys.versions(), "numpy": "1.0"}
    monkeypatch.setattr(keys, "versions", lambda: versions)
    engine = {"use": "cluster", "scheduler": there.address}
    asked = design("crossing", vary={"v2x.penetration": [0.2, 1.0]}, engine=engine)
    why = r"^--cluster = tcp://.*: the worker tcp://.* has numpy .*, here it is 1\.0$"
    with pytest.raises(WaysideError, match=why):
        carry_out(asked, tmp_path / "out", None, Watch(), report=False)


def test_the_scheduler_dies(there: Dask, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The last that it does here."""
    engine = {"use": "cluster", "scheduler": there.address}
    asked = design("crossing", vary={"v2x.penetration": [0.2, 1.0]}, replications=20, engine=engine)
    with pytest.raises(WaysideError, match=r"^the scheduler tcp://.* has gone; the same command goes on$"):
        carry_out(asked, tmp_path / "out", None, Killing(there.scheduler), report=False)
    assert capfd.readouterr().err == ""
    assert (tmp_path / "out" / "runs.jsonl").read_bytes().count(b"\n") >= 1


def test_nobody_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody at all, and somebody who says nothing."""
    monkeypatch.setattr(cluster, "ANSWERS_WITHIN", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port, why in ((9, "connection refused"), (silent.getsockname()[1], "no answer within 0 s")):
            there = f"tcp://127.0.0.1:{port}"
            asked = design(
                "crossing", vary={"v2x.penetration": [0.2, 1.0]}, engine={"use": "cluster", "scheduler": there}
            )
            with pytest.raises(WaysideError) as told:
                carry_out(asked, tmp_path / "out", None, Watch())
            assert str(told.value) == f"--cluster = {there}: there is no scheduler: {why}"


@pytest.mark.parametrize(
    ("engine", "why"),
    [
        ("dask", r"engine = \"dask\": must be one of local, cluster"),
        ({"use": "clustr"}, r"did you mean \"cluster\"\?$"),
        ({"use": "cluster"}, r"scheduler: missing: Address of a Dask scheduler"),
        ({"use": "cluster", "scheduler": "host"}, r"scheduler = \"host\": must be the address of a Dask scheduler"),
        ({"use": "local", "cores": 3}, r"cores: no such (field|option)"),
        (3, r"engine = 3: must be one of"),
    ],
)
def test_engines_that_are_none(engine: object, why: str) -> None:
    with pytest.raises(WaysideError, match=why):
        Study(scenario="crossing", engine=engine)


_words = some.text(max_size=8)
_numbers = some.floats(allow_nan=False)


@given(
    some.lists(
        some.builds(
            Ended,
            _words,
            _words,
            some.integers(0, 10**5),
            some.sampled_from(["finished", "failed", "died"]),
            some.dictionaries(_words, _numbers, max_size=4),
            some.tuples(_words),
            _words,
            some.tuples(_words, _words),
            _numbers,
        ),
        max_size=3,
    )
)
def test_arrow_brings_back_what_it_was_given(ended: list[Ended]) -> None:
    assert from_arrow(to_arrow(ended)) == ended


def test_a_bundle_is_all_that_sumo_reads(scenario: Path, tmp_path: Path) -> None:
    """Staged from the bundle, SUMO gets the same files with the same contents as from where they were."""
    bundles = Bundles(tmp_path / "bundles")
    base = Scenario.load(scenario)
    task = Task.of("key", "arm", 0, base.replace("sumo.options.begin", 5))
    bundle = bundles.of(task)
    assert bundles.of(task) is bundle
    root = unpack(bundle, {hash: bundles.content(hash) for hash in bundle.files.values()}, tmp_path / "there")
    moved = bundle.task(task, root).load()
    assert moved.replace("sumo.config", base.sumo.config).replace("sumo.options.begin", 5) == task.load()
    here = stage(base.sumo.config, tmp_path / "a", {"begin": 5})
    there = stage(moved.sumo.config, tmp_path / "b", moved.sumo.options)
    assert not any(str(scenario.parent) in str(path.resolve()) for path in there.links)

    def contents(folder: Path) -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert contents(there.folder) == contents(here.folder)
