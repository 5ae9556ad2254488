"""A run again from its directory: the same bytes, or a line that says what is another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sim.children import hashes, in_child, run, wayside
from wayside.edge.errors import WaysideError
from wayside.sim.experiments.rerun import changed_inputs, compared, other_machine, other_versions, read_run
from wayside.sim.experiments.runs import Task, simulate
from wayside.sim.scenario import Scenario

MINE = '''
from wayside import App, every
import helper

class Loud(App):
    """Notes down."""

    @every(1.0)
    def look(self):
        self.log(helper.SAID)
'''
CITY = """
[scenario]
end = 4.0
[sumo]
config = "crossing.sumocfg"
step_length = 0.1
[[rsu]]
at = "traffic-lights"
apps = ["signals", "parking", "mine:Loud"]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario's folder with a plug-in, and a run of it in `run`, with a drawn demand."""
    folder = tmp_path_factory.mktemp("city")
    for file in Scenario.load("crossing").sumo.config.parent.glob("crossing.*"):
        shutil.copy(file, folder)
    (folder / "mine.py").write_text(MINE)
    (folder / "helper.py").write_text('SAID = "hello"\n')
    (folder / "city.toml").write_text(CITY)
    run(folder / "city.toml", folder / "run", "--set", "demand.replication=2", "--set", "demand.scale=1.3", "--pcap")
    return folder


@pytest.fixture
def city(made: Path, tmp_path: Path) -> Path:
    """A copy of the run's directory, whose scenario stays where it was."""
    return Path(shutil.copytree(made / "run", tmp_path / "run"))


def test_the_same_bytes(made: Path, tmp_path: Path) -> None:
    """From another working directory; plug-ins lie beside the scenario's file."""
    done = wayside("rerun", made / "run", "--out", tmp_path / "again", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    files = hashes(made / "run")
    assert f"repeated: the same bytes in {len(files)} files" in done.stdout
    assert hashes(tmp_path / "again") == files
    assert hashes(tmp_path / "again", ("timing.json",)).keys() - files.keys() == {"origin.json"}


@pytest.mark.parametrize("what", ["built-in", "configuration", "broken off", "plug-in here"])
def test_whatever_made_it(what: str, made: Path, tmp_path: Path) -> None:
    scenario: object = "crossing" if what in ("built-in", "plug-in here") else made / "crossing.sumocfg"
    said = {
        "built-in": ["--seed", 7, "--until", 3],
        "configuration": ["--until", 3, "--set", "v2x.penetration=1"],
        "broken off": ["--until", 3, "--set", 'rsu.0.apps=["broken:App_"]'],
        "plug-in here": ["--until", 3, "--set", 'rsu.0.apps=["signals", "mine:Loud"]'],
    }[what]
    (tmp_path / "broken.py").write_text(MINE.replace("Loud", "App_").replace("helper.SAID", "helper.NOT"))
    for name in ("mine.py", "helper.py"):
        shutil.copy(made / name, tmp_path)
    first = wayside("run", scenario, "--out", "run", *said, cwd=tmp_path)
    assert first.returncode == (2 if what == "broken off" else 0), first.stderr
    (tmp_path / "elsewhere").mkdir()
    done = wayside("rerun", "../run", cwd=tmp_path / "elsewhere")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("../run: repeated: the same bytes in ")


def _kept(scratch: Path, keep: Path) -> str:
    scenario = Scenario.load("crossing").replace({"scenario.end": 3.0, "demand.replication": 1})
    return simulate(Task.of("key", "arm", 1, scenario, keep), scratch, lambda _: None).state


def test_a_run_of_a_study(tmp_path: Path) -> None:
    assert in_child(_kept, tmp_path / "scratch", tmp_path / "kept") == "finished"
    done = wayside("rerun", tmp_path / "kept")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_study_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text("")
    with pytest.raises(WaysideError) as error:
        read_run(tmp_path)
    assert str(error.value) == f"{tmp_path}: holds a study, not a run; runs that --keep left are in kept below it"


def test_inputs_that_lie_elsewhere(made: Path, tmp_path: Path) -> None:
    """SUMO's by --config; all that differs in scenario.toml is where they lie."""
    here = Path(shutil.copytree(made, tmp_path / "city"))
    first = run(here / "crossing.sumocfg", tmp_path / "run", "--until", "3")
    here.rename(tmp_path / "moved")
    told = wayside("rerun", first)
    assert told.returncode == 2
    assert "no such file; say with --config where it lies now" in told.stderr
    done = wayside("rerun", first, "--config", tmp_path / "moved" / "crossing.sumocfg")
    assert done.returncode == 0, done.stdout + done.stderr


def _text(name: str, old: str, new: str) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return plant


def _json(name: str, **said: Any) -> Callable[[Path], None]:
    def plant(folder: Path) -> None:
        found = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(found | said))

    return plant


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (lambda run: shutil.rmtree(run), "{run}: no such directory"),
        (lambda run: (run / "summary.json").unlink(), "{run}: is no run's directory: it has no summary.json"),
        (lambda run: (run / "summary.json").write_text("{"), "{run}/summary.json: is broken: no JSON"),
        (lambda run: (run / "summary.json").write_text("{}"), "{run}/summary.json: is not of a wayside run"),
        (_json("summary.json", kpis=3), "{run}/summary.json: is broken: it has no kpis"),
        (lambda run: (run / "origin.json").unlink(), "{run}: has no origin.json, which says what a run was made of"),
        (_json("origin.json", code=3), "{run}/origin.json: is broken: code: Input should be a valid string"),
        (lambda run: (run / "scenario.toml").write_text("x=1"), "{run}/scenario.toml: is broken: no scenario of a run"),
        (_text("scenario.toml", "penetration = 1", "penetration = 7"), "{run}/scenario.toml: v2x.penetration = 7"),
    ],
)  # fmt: skip
def test_what_is_no_run(plant: Callable[[Path], None], told: str, city: Path) -> None:
    plant(city)
    with pytest.raises(WaysideError) as error:
        read_run(city)
    assert str(error.value).startswith(told.format(run=city))


def test_changed_inputs_are_told(city: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them, planted; and nothing where nothing was."""
    monkeypatch.chdir(tmp_path)
    assert changed_inputs(read_run(city)) == []
    kept = {name: (made / name).read_bytes() for name in ("crossing.rou.xml.gz", "crossing.sumocfg", "helper.py")}
    for name in kept:
        (made / name).write_bytes(kept[name] + b"\n")
        whose = ' of "mine:Loud"' if name == "helper.py" else ""
        assert changed_inputs(read_run(city)) == [f"{made / name}{whose} has been changed"]
        (made / name).write_bytes(kept[name])
    (made / "crossing.rou.xml.gz").unlink()
    (line,) = changed_inputs(read_run(city))
    assert line.startswith("what it read is gone or broken: ")
    assert "crossing.rou.xml.gz" in line
    (made / "crossing.rou.xml.gz").write_bytes(kept["crossing.rou.xml.gz"])
    _json("origin.json", options="0")(city)
    assert changed_inputs(read_run(city)) == [
        f"{made / 'crossing.sumocfg'} has other options, or a variable of the environment in it another value"
    ]


def test_other_versions_are_told(city: Path) -> None:
    assert other_versions(read_run(city)) == []
    assert other_machine(read_run(city)) == []
    versions = json.loads((city / "origin.json").read_text())["versions"]
    _json("origin.json", versions=versions | {"numpy": "1.0"}, code="0", compiled="0", git={})(city)
    _json("origin.json", python="3.0.1", git={"wayside": {"commit": "c0ffee" * 6, "changed": True}})(city)
    first, second = other_versions(read_run(city))
    assert first == f"numpy was 1.0 and is {versions['numpy']}"
    assert second == "wayside's code is another (it was of commit c0ffeec0ffee and changes)"
    python, kernels = other_machine(read_run(city))
    assert python.startswith("Python was 3.0.1 and is 3.")
    assert kernels == "wayside's kernels are compiled anew"
    told = wayside("rerun", city)
    assert told.returncode == 2
    assert told.stderr == f"wayside: {city}: cannot be repeated as it was: {first} (and 1 more); --anyway tries\n"


def test_what_came_out_differently_is_told(city: Path, made: Path) -> None:
    assert compared(read_run(city), made / "run") == (len(hashes(city)), [])
    for name in ("vehicles.parquet", "v2x.pcap"):
        (city / name).write_bytes(b"PAR1")
    (city / "latency.parquet").unlink()
    (city / "mine.parquet").write_bytes(b"")
    (city / "plots").mkdir()
    (city / "plots" / "busy.svg").write_text("")  # it is the user's
    kpis = json.loads((city / "summary.json").read_text())["kpis"]
    _json("summary.json", kpis=kpis | {"vehicles.departed": 99}, seed=5)(city)
    _, found = compared(read_run(city), made / "run")
    assert found == [
        f"summary.json: 1 of {len(kpis)} key figures differ, as vehicles.departed was 99 and is "
        f"{kpis['vehicles.departed']}",
        f"summary.json: seed was 5 and is {json.loads((made / 'run' / 'summary.json').read_text())['seed']}",
        "latency.parquet is missing",
        "mine.parquet is not made any more",
        "v2x.pcap differs",
        "vehicles.parquet differs",
    ]


def test_who_repeats_a_run_over_itself_is_told(city: Path) -> None:
    told = wayside("rerun", city, "--out", city)
    assert (told.returncode, told.stderr) == (
        2,
        f"wayside: rerun: --out {city}: is the run itself; name another directory\n",
    )


def test_a_scenario_that_was_moved_with_its_plug_ins(made: Path, tmp_path: Path) -> None:
    """By --config: what lay beside the scenario is found where that lies now."""
    folder = Path(shutil.copytree(made, tmp_path / "before"))
    run(folder / "city.toml", tmp_path / "first")
    folder.rename(tmp_path / "after")
    done = wayside("rerun", tmp_path / "first", "--config", tmp_path / "after" / "crossing.sumocfg", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_of_several_plug_ins_is_told_once(made: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "city"))
    (folder / "mine.py").write_text(MINE + "\nclass Louder(Loud):\n    pass\n")
    (folder / "two.toml").write_text(CITY.replace('"mine:Loud"', '"mine:Loud", "mine:Louder"'))
    run(folder / "two.toml", tmp_path / "first")
    (folder / "helper.py").write_text('SAID = "bye"\n')
    told = wayside("rerun", tmp_path / "first")
    assert told.stderr.rstrip().endswith('helper.py of "mine:Loud" has been changed')
