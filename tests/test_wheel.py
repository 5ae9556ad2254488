"""The package as a user gets it: an sdist, the wheel built from it, installed and run away from the checkout."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from build import ProjectBuilder
from build.env import DefaultIsolatedEnv

from tests.test_house import FOLDERS, ROOT, tracked

pytestmark = pytest.mark.timeout(900)

VIEWER = Path("web", "viewer")
# Compiled from the sdist: one that has parts of every kind (.pxi, .pxd, .hpp), and what all of them share. The others
# are taken as the checkout has them, which are built by the same `setup.py` of the same sources: that the sdist lacks
# none of these is looked up, not tried for each.
ANEW = ("_shared", "sps")
NODE = shutil.which("node") is not None
COMPILED = {".pyx", ".pxd", ".pxi", ".hpp"}
SUFFIXES = {".py", ".pyi", ".so", ".typed", ".toml", ".json", ".sumocfg", ".gz", ".xml"}


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """What a command prints; the variables that lead Python to the checkout are kept from it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | variables
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@dataclass(frozen=True)
class Built:
    """Where what was built lies."""

    sdist: Path
    wheel: Path
    checkout: Path  # the copy that the sdist was built in


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built as `pip install .` would, in a copy of the checkout as git has it: the tree itself has other things too."""
    folder = tmp_path_factory.mktemp("wheel")
    checkout = folder / "checkout"
    for path in tracked():
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, checkout / path)
    for name in FOLDERS:
        (checkout / "wayside" / name).symlink_to(Path("..", name))
    # The last -O counts: optimising would take two thirds of the compiler's time, and what is built runs a minute.
    compiler = folder / "c++"
    compiler.write_text(f'#!/bin/sh\nexec {os.environ.get("CXX") or sysconfig.get_config_var("CXX")} "$@" -O0\n')
    compiler.chmod(0o755)

    def runner(command: Sequence[str], cwd: str | None = None, more: Mapping[str, str] | None = None) -> None:
        run(*command, cwd=Path(cwd or folder), **{"CXX": str(compiler), **(more or {})})

    # The sdist first, then the wheel from it, in an environment with nothing but the build's requirements.
    with DefaultIsolatedEnv() as environment:
        builder = ProjectBuilder.from_isolated_env(environment, checkout, runner)
        environment.install(builder.build_system_requires)
        environment.install(builder.get_requires_for_build("sdist"))
        sdist = Path(builder.build("sdist", folder / "dist"))
        with tarfile.open(sdist) as archive:
            archive.extractall(folder / "unpacked", filter="data")
        (unpacked,) = (folder / "unpacked").iterdir()
        take_what_stands(unpacked / "wayside")
        builder = ProjectBuilder.from_isolated_env(environment, unpacked, runner)
        environment.install(builder.get_requires_for_build("wheel"))
        wheel = Path(builder.build("wheel", folder / "dist"))
    compiled = {path.name.partition(".")[0] for path in (unpacked / "build").rglob("*.o")}
    assert compiled == {*ANEW}
    return Built(sdist, wheel, checkout)


def take_what_stands(package: Path) -> None:
    """Into what an sdist holds, the checkout's extensions but for `ANEW`, and what npm has installed there."""
    for suffix in (".c", ".cpp", ".so"):  # each newer than those before, and all than the sources
        for path in (ROOT / "ext").glob("*" + suffix):
            if path.name.partition(".")[0] not in ANEW:
                shutil.copyfile(path, package / "ext" / path.name)
    modules = ROOT / VIEWER / "node_modules"
    if modules.is_dir():
        shutil.copytree(modules, package / VIEWER / "node_modules", symlinks=True)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and the dependencies of the one that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    # A folder named so is searched, but its own .pth files, the editable install's among them, are not read.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps")
    run(*pip, built.wheel, cwd=folder)
    return folder / "bin"


def test_the_sdist_holds_the_sources(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for path in tracked():
        if path.parts[0] in FOLDERS:
            assert f"wayside/{path}" in names
    assert not [name for name in names if name.endswith((".c", ".cpp", ".so", ".pyc"))]


def test_the_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    names = {name for name in zipfile.ZipFile(built.wheel).namelist() if ".dist-info/" not in name}
    assert "wayside/py.typed" in names
    for path in tracked():
        if not path.is_relative_to(VIEWER) and path.parts[0] in (*FOLDERS, "wayside") and path.suffix not in COMPILED:
            assert str(Path("wayside", *path.parts[path.parts[0] == "wayside" :])) in names
    for source in (ROOT / "ext").glob("*.pyx"):
        assert [name for name in names if re.fullmatch(rf"wayside/ext/{source.stem}\.[\w-]+\.so", name)]
    page = {name for name in names if name.startswith("wayside/web/dist/")}
    names -= page
    # What needs a compiler is of no use without the headers of this very build: sources stay in the sdist.
    assert {Path(name).suffix for name in names} <= SUFFIXES
    assert {name.split("/")[0] for name in names} == {"wayside"}
    assert not [name for name in names if "test" in name or "benchmark" in name]


def test_the_wheel_holds_the_page_where_there_is_node(built: Built) -> None:
    archive = zipfile.ZipFile(built.wheel)
    page = [name for name in archive.namelist() if name.startswith("wayside/web/dist/")]
    if not NODE:
        assert page == []
        return
    html = archive.read("wayside/web/dist/index.html").decode()
    asked = re.findall(r'(?:src|href)="\./([^"]+)"', html)
    assert {Path(name).suffix for name in asked} == {".js", ".css", ".svg"}
    assert {f"wayside/web/dist/{name}" for name in asked} <= set(page)
    assert {Path(name).suffix for name in page} == {".html", ".js", ".css", ".svg"}


def test_the_sdist_holds_the_viewers_sources_only(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert "wayside/web/viewer/package-lock.json" in names
    assert "wayside/web/viewer/.npmrc" in names
    assert not [name for name in names if "node_modules" in name or name.startswith("wayside/web/dist")]


def machine_paths(content: bytes, places: list[str]) -> list[str]:
    """Which of these places a file names, packed or not."""
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    return [place for place in places if place.encode() in content]


def test_no_path_of_this_machine_is_in_the_wheel(built: Built) -> None:
    places = [str(ROOT), str(built.checkout), str(built.checkout.parent), str(Path.home()) + "/", sys.prefix]
    if sys.base_prefix not in ("/usr", "/usr/local"):
        places.append(sys.base_prefix)
    archive = zipfile.ZipFile(built.wheel)
    found = {name: machine_paths(archive.read(name), places) for name in archive.namelist()}
    assert {name: paths for name, paths in found.items() if paths} == {}


def test_a_path_of_this_machine_is_found() -> None:
    assert machine_paths(b"\x00debug " + bytes(ROOT) + b"/ext", [str(ROOT), "/elsewhere"]) == [str(ROOT)]
    assert machine_paths(gzip.compress(b"<!-- /elsewhere -->"), ["/elsewhere"]) == ["/elsewhere"]


def test_it_runs_elsewhere(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "wayside", "run", "crossing", "--until", "60", "--out", "results", cwd=tmp_path)
    assert "vehicles" in said
    summary = json.loads((tmp_path / "results" / "summary.json").read_text("utf-8"))
    assert summary["end_s"] == 60.0
    assert summary["kpis"]["vehicles.departed"] > 0
    assert "lingang" in run(installed / "wayside", "scenarios", cwd=tmp_path)


def test_it_is_imported_from_where_it_was_installed(installed: Path, tmp_path: Path) -> None:
    code = "import wayside, wayside.ext.sumo; print(wayside.__version__, wayside.__file__, wayside.ext.sumo.__file__)"
    version, *files = run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert all(Path(file).is_relative_to(installed.parent) for file in files)


def test_a_type_checker_sees_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "from wayside import Scenario, Simulation\n"
        "with Simulation(Scenario.load('crossing')) as simulation:\n"
        "    for tick in simulation:\n"
        "        reveal_type(tick.vehicles.count)\n"
    )
    # What mypy knows of the dependencies it need not find out again, where `make lint` was here.
    if (known := ROOT / ".mypy_cache").is_dir():
        shutil.copytree(known, tmp_path / ".mypy_cache")
    python = f"--python-executable={installed / 'python'}"
    said = run(sys.executable, "-m", "mypy", "--strict", python, "script.py", cwd=tmp_path)
    assert 'Revealed type is "int"' in said.replace("builtins.", "")
