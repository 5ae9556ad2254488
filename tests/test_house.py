"""The house is as docs/design.md has it: who may import whom, what stands where, what must not be committed."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("edge", "sim", "ext", "web", "scenarios")
# What a folder's modules may import of ours; `wayside` is the package itself, which offers the layers' names to users.
ALLOWED = {
    "ext": {"ext"},
    "edge": {"edge", "ext"},
    "sim": {"sim", "edge", "ext"},
    "web": {"web", "sim", "edge", "ext"},
    "scenarios": {"scenarios", "sim", "edge", "ext", "wayside"},
}
CYTHON_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+c?import\b|c?import[ \t]+([\w., \t]+))", re.MULTILINE)
MACHINE_PATH = re.compile(rb"(?<![\w.*/-])/(?:tmp|root|work)/")


def upward(path: Path, text: str) -> list[str]:
    """The imports in a source file, `path` counted from the root, that its folder must not have."""
    found = _of_python(path, text) if path.suffix in (".py", ".pyi") else _of_cython(path, text)
    return [f"{path}: {name}" for name in found if _layer(name) not in {None, *ALLOWED[path.parts[0]]}]


def _layer(module: str) -> str | None:
    """The folder that a module stands in; None for those of others."""
    parts = module.split(".")
    if parts[0] != "wayside":
        # A folder of ours by its bare name is wrong everywhere: it only works in this directory.
        return "" if parts[0] in FOLDERS else None
    return parts[1] if len(parts) > 1 and parts[1] in FOLDERS else "wayside"


def _of_python(path: Path, text: str) -> Iterator[str]:
    package = ["wayside", *path.parts[:-1]]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from wayside import sim` names a module of the layer, `from wayside import App` the package.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _of_cython(path: Path, text: str) -> Iterator[str]:
    package = ["wayside", *path.parts[:-1]]
    for base, names in CYTHON_IMPORT.findall(text):
        for name in [base] if base else re.split(r"[, \t]+", names):
            dots = len(name) - len(name.lstrip("."))
            yield ".".join([*package[: len(package) - dots + 1], name[dots:]]) if dots else name


def tracked() -> list[Path]:
    """The files that git tracks or would, from the root."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    paths = [Path(name) for name in listed.split("\0") if name]
    return [path for path in paths if (ROOT / path).is_file() and not (ROOT / path).is_symlink()]


def test_imports_go_down_only() -> None:
    sources = [p for p in tracked() if p.parts[0] in FOLDERS and p.suffix in (".py", ".pyi", ".pyx", ".pxd")]
    assert {path.parts[0] for path in sources} == set(FOLDERS)
    assert {path.suffix for path in sources} >= {".py", ".pyi", ".pyx"}
    assert [violation for path in sources for violation in upward(path, (ROOT / path).read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("file", "planted"),
    [
        ("edge/unit.py", "from wayside.sim import world"),
        ("edge/apps/signals.py", "def f():\n    import wayside.sim.engine"),
        ("edge/apps/signals.py", "from ...sim.world import Signals"),
        ("edge/apps/signals.py", "from wayside import sim"),
        ("edge/apps/signals.py", "from wayside import App"),
        ("sim/engine.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from wayside.web import server"),
        ("sim/loading.py", "from wayside.scenarios import lingang"),
        ("sim/engine.py", "import edge.app"),
        ("scenarios/roads.py", "import wayside.web"),
        ("ext/grid.pyi", "from wayside.edge.unit import RoadsideUnit"),
        ("ext/grid.pyx", "from wayside.edge.ldm cimport Map"),
        ("ext/grid.pyx", "    import numpy, wayside.sim.world"),
        ("ext/grid.pyx", "from ..sim import world"),
    ],
)
def test_an_import_upward_is_found(file: str, planted: str) -> None:
    assert len(upward(Path(file), planted)) == 1


@pytest.mark.parametrize(
    ("file", "innocent"),
    [
        ("edge/apps/signals.py", "from ..app import App\nfrom wayside.ext import grid\nimport numpy as np"),
        ("scenarios/roads.py", "from wayside import Scenario"),
        ("web/__init__.py", "from wayside.sim.engine import Simulation"),
        ("ext/grid.pyx", 'cdef extern from "grid.hpp":\n    pass\nfrom libcpp cimport bool\nfrom . cimport shared'),
    ],
)
def test_an_import_downward_is_not(file: str, innocent: str) -> None:
    assert upward(Path(file), innocent) == []


def test_the_folders_stand_at_the_top() -> None:
    for folder in FOLDERS:
        assert (ROOT / folder / "__init__.py").is_file()
        assert (ROOT / "wayside" / folder).readlink() == Path("..", folder)
    assert (ROOT / "wayside" / "py.typed").is_file()
    assert (ROOT / "benchmarks" / "__main__.py").is_file()


def test_one_version_of_sumo() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = dict(line.split("==") for line in project["dependencies"] if "==" in line)
    versions = {pins[name] for name in ("eclipse-sumo", "libsumo", "traci", "sumolib")}
    assert len(versions) == 1


def test_every_extension_says_its_types() -> None:
    modules = {path.stem for path in (ROOT / "ext").glob("*.pyx")}
    assert modules
    assert modules == {path.stem for path in (ROOT / "ext").glob("*.pyi")}


def machine_paths(content: bytes) -> list[bytes]:
    """Lines that name a folder of somebody's machine."""
    return [line for line in content.splitlines() if MACHINE_PATH.search(line)]


def test_no_path_of_a_machine() -> None:
    found = {path: machine_paths((ROOT / path).read_bytes()) for path in tracked() if path.parts[0] != "tests"}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_path_of_a_machine_is_found() -> None:
    assert machine_paths(b'x\nHERE = "/work/main/sim"\ny') == [b'HERE = "/work/main/sim"']
    assert machine_paths(b"see runs/tmp/x, ../work/y and https://root/work/") == []
