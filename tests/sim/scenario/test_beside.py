"""Modules beside a scenario: each folder its own, nothing of them taken for another's."""

from __future__ import annotations

import dataclasses
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.sim.children import wayside
from wayside import Scenario
from wayside.edge.errors import ScenarioError, told_by
from wayside.edge.policy import name_of
from wayside.sim.scenario import beside
from wayside.sim.scenario.registry import resolve


def folder(at: Path, **files: str) -> Path:
    for name, text in files.items():
        path = at / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return at


def package(number: int) -> dict[str, str]:
    return {"package/__init__": f"ME = {number}", "package/inner": f"ME = {number}"}


def load(name: str, *folders: Path) -> ModuleType:
    before = sys.path[:]
    try:
        return beside.load(name, folders)
    finally:
        assert sys.path == before
        assert (
            name not in sys.modules or sys.modules[name].__file__ is None or "pytest" not in sys.modules[name].__file__
        )


def test_two_folders_with_modules_of_one_name(tmp_path: Path) -> None:
    """Each gets its own, and each its own helper."""
    mine = (
        "import helper\nimport package.inner\nfrom package import inner as also, ME\ndef policy(): return helper.ME\n"
    )
    one = folder(tmp_path / "one", mine=mine, helper="ME = 1", **package(1))
    two = folder(tmp_path / "two", mine=mine, helper="ME = 2", **package(2))
    for number, where in ((1, one), (2, two), (1, one)):  # the first one's stays what it was
        assert resolve("wayside.parking", "mine:policy", "x", where)() == number
        module: Any = load("mine", where)
        assert module.package.inner.ME == module.also.ME == module.ME == number
    assert load("mine", one) is load("mine", one)
    assert load("mine", tmp_path / "none", two) is load("mine", two)


def test_imports_of_all_kinds(tmp_path: Path) -> None:
    files = {
        "package/__init__": "from .one import ME",
        "package/one": "from . import two\nfrom .two import ME\ndef later():\n    import late\n    return late.ME",
        "package/two": "import package.three as three\nME = three.ME",
        "package/three": "ME = 3",
        "late": "ME = 4",
        "bare/inside": "ME = 5",
    }
    where = folder(tmp_path, **files)
    assert load("package.one", where).later() == 4
    assert load("package", where).ME == 3
    assert load("bare.inside", where).ME == 5, "a folder without __init__.py"
    with pytest.raises(ModuleNotFoundError) as caught:
        load("package.none", where)
    assert told_by(caught.value).startswith("ModuleNotFoundError: No module named 'package.none'")


def test_the_standard_library_stays_itself(tmp_path: Path) -> None:
    """Neither for wayside nor for the module beside it; only the scenario may name such a file."""
    where = folder(
        tmp_path,
        mine="import queue, random, wayside\nfrom wayside import App\nq = queue.SimpleQueue()\nr = random.random()",
        queue="def policy(): return 'mine'",
        random="raise RuntimeError('not this one')",
        wayside="raise RuntimeError('not this one')",
    )
    assert load("mine", where).wayside is sys.modules["wayside"]
    assert load("queue", where).policy() == "mine"
    assert not hasattr(sys.modules["queue"], "policy")
    assert load("wayside", where) is sys.modules["wayside"]


def test_what_python_finds_there_anyhow_is_one_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = folder(tmp_path, on_the_path_for_a_test="class A: pass")
    monkeypatch.syspath_prepend(where)
    ordinary = __import__("on_the_path_for_a_test")
    assert beside.load("on_the_path_for_a_test", [where]) is ordinary
    assert beside.load("tests.sim.children", [Path(__file__).parents[3]]) is sys.modules["tests.sim.children"]
    del sys.modules["on_the_path_for_a_test"]


def test_how_they_are_called(tmp_path: Path) -> None:
    """In messages as in the scenario; dataclasses work; nothing is left in the folder."""
    where = folder(
        tmp_path,
        mine="from __future__ import annotations\nimport dataclasses\n"
        "@dataclasses.dataclass\nclass Data:\n    x: int = 3\n    def __call__(self): raise KeyError('k')\n",
    )
    data = load("mine", where).Data()
    assert dataclasses.asdict(data) == {"x": 3}
    assert name_of(data) == "mine:Data"
    assert pickle.loads(pickle.dumps(data)) == data, "in this process"
    assert [path.name for path in where.iterdir()] == ["mine.py"]


def test_mistakes_name_the_file(tmp_path: Path) -> None:
    where = folder(tmp_path, mine="import helper", helper="raise RuntimeError('one\\ntwo')", broken="def f(:")
    for name in ("mine:f", "broken:f", "mine.x:f", "none:f"):
        with pytest.raises(ScenarioError) as caught:
            resolve("wayside.parking", name, "parking.policy", where)
        assert "\n" not in str(caught.value)
        assert beside.BESIDE not in str(caught.value)
        assert str(caught.value).startswith(f"parking.policy = {name!r}: cannot import {name.partition(':')[0]}: ")


def test_a_script_and_its_plugins_are_one_module(tmp_path: Path) -> None:
    """A scenario's script that names itself is run once."""
    config = Scenario.load("crossing").sumo.config
    script = folder(
        tmp_path,
        city="from wayside import Scenario\nimport helper\ndef policy(*_): return scenario\n"
        f"scenario = Scenario(sumo={{'config': {str(config)!r}}}, parking={{'policy': 'city:policy'}})\n",
        helper="ME = 1",
        queue="raise RuntimeError('not this one')",
    )
    scenario = Scenario.load(script / "city.py")
    found = resolve("wayside.parking", "city:policy", "x", script)
    assert found().parking == scenario.parking
    assert found.__module__.partition(".")[2] == "city"
    assert found.__globals__["scenario"].parking is found().parking
    assert sorted(path.name for path in tmp_path.iterdir()) == ["city.py", "helper.py", "queue.py"]


def test_a_run_beside_files_of_the_library_names(tmp_path: Path) -> None:
    """The command, as installed, in a folder that holds what must not be imported."""
    names = ("queue", "random", "json", "numpy", "scipy", "pyarrow", "wayside", "typing", "socket", "selectors")
    folder(tmp_path, **{name: f"raise SystemExit('{name} was imported')" for name in names})
    folder(tmp_path, mine="import queue, random, json\nfrom wayside.edge.parking.policies import nearest")
    (tmp_path / "town.toml").write_text(
        f'sumo.config = "{Scenario.load("crossing").sumo.config}"\nparking.policy = "mine:nearest"\nscenario.end = 5\n'
    )
    command = [str(Path(sys.executable).with_name("wayside")), "run", "town.toml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, env={**os.environ})
    assert done.returncode == 0, done.stderr
    assert "5 s simulated" in done.stdout


def test_the_working_directory_is_looked_in(tmp_path: Path) -> None:
    folder(tmp_path, mine="from wayside.edge.parking.policies import nearest")
    done = wayside("check", "crossing", "--set", "parking.policy=mine:nearest", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
