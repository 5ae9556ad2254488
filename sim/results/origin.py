"""What a run was made of: versions, code, and every file that was read; `origin.json` in its directory.

Digests are of contents, so that a run is known again wherever its files lie then.
"""

from __future__ import annotations

import ast
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from wayside.edge.errors import OutputError
from wayside.sim.scenario import Scenario, beside, registry
from wayside.sim.scenario.configuration import read_configuration
from wayside.sim.scenario.loading import BUILTIN

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation

ORIGIN = "origin.json"
ROOT = Path(__file__).parents[2]
CHECKOUT = Path(__file__).resolve().parents[2]  # of git, where wayside runs from one
CODE = ("ext", "edge", "sim")
BESIDE_RUNS = ("sim/cli", "sim/experiments", "sim/presenter")  # they change no run
SOURCES = (".c", ".cpp", ".hpp", ".pxd", ".pxi", ".pyi", ".pyx")  # of what is compiled
COMPILED = ".so"
PACKAGES = ("wayside", "eclipse-sumo", "libsumo", "numpy", "scipy", "pyproj", "pyarrow")
GIT_SECONDS = 5.0  # s: after which git is taken to know nothing


def digest(*parts: bytes | str) -> str:
    """Of parts in their order, 32 hexadecimal digits."""
    sum = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        sum.update(len(data).to_bytes(8, "little") + data)
    return sum.hexdigest()


def digest_of(path: Path) -> str:
    """Of a file's content."""
    return digest(path.read_bytes())


@cache
def code() -> str:
    """The digest of wayside's own Python code, as far as a run depends on it."""
    return _digest_of_code(lambda suffix: suffix != COMPILED)


@cache
def compiled() -> str:
    """The digest of its kernels, which differs where they were compiled anew."""
    return _digest_of_code(lambda suffix: suffix == COMPILED)


def _digest_of_code(wanted: Callable[[str], bool]) -> str:
    files = [place for place in _code_files() if wanted(Path(place).suffix)]
    return digest(*(part for place in files for part in (place, Path(ROOT, place).read_bytes())))


@cache
def _code_files() -> list[str]:
    """The places of all that a run may depend on, from the root; both digests are of one look."""
    places = []
    for folder in CODE:
        for where, inner, names in os.walk(ROOT / folder):
            inner[:] = [name for name in inner if name != "__pycache__"]
            places += [os.path.relpath(os.path.join(where, name), ROOT) for name in names if not name.endswith(SOURCES)]
    return sorted(place for place in places if not place.startswith(BESIDE_RUNS))


def versions() -> dict[str, str]:
    """Of the packages that a run's bytes depend on."""
    return {name: version(name) for name in PACKAGES}


def options_read(config: Path) -> str:
    """The digest of a configuration's options, variables of the environment filled in."""
    return digest(*(f"{entry.name}={entry.value}" for entry in read_configuration(config).entries))


def plugin_files(scenario: Scenario) -> dict[str, list[Path]]:
    """The files of each plug-in that a scenario names and that is not ours, with those that they import beside them.

    Raises what importing them does: to be called once the names have been looked up.
    """
    folder = scenario.source.parent if scenario.source else Path()
    folders = (folder.resolve(), Path.cwd())
    return {
        name: sorted(
            path
            for module in _modules(name, folders)
            for path in _with_neighbours(Path(module.__file__ or "").resolve())
        )
        for name in sorted(set(_names(scenario.model_dump(exclude_none=True))))
    }


def _names(said: Any) -> Iterator[str]:
    """Of plug-ins in a scenario."""
    if isinstance(said, Mapping):
        if isinstance(said.get("use"), str):
            yield said["use"]
        for key, value in said.items():
            if key == "radio_of":
                yield from (name for parts in value.values() for name in parts)
            yield from _names(value)
    elif isinstance(said, (list, tuple)):
        for value in said:
            yield from _names(value)


def _modules(name: str, folders: tuple[Path, ...]) -> Iterator[ModuleType]:
    """Where a plug-in's code stands: of a registered name, in whatever group it is."""
    if ":" in name:
        yield beside.load(name.partition(":")[0], folders)
        return
    for group in registry.GROUPS:
        point = registry.registered(group).get(name)
        if point is not None and not point.module.startswith(f"{beside.OURS}."):
            yield sys.modules[point.load().__module__]


def _with_neighbours(file: Path) -> set[Path]:
    """A module's file and those of its own folder or package that it imports, and so on."""
    ours = [(ROOT / folder).resolve() for folder in CODE]
    found: set[Path] = set()
    ahead = [file]
    while ahead:
        path = ahead.pop()
        if path in found or not path.is_file() or any(path.is_relative_to(folder) for folder in ours):
            continue
        found.add(path)
        if path.suffix == ".py":
            ahead += _imported(path)
    return found


def _imported(file: Path) -> Iterator[Path]:
    top = file.parent
    while (top / "__init__.py").is_file():
        top = top.parent
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _places(top, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = file.parents[node.level - 1] if node.level else top
            parts = node.module.split(".") if node.module else []
            for alias in node.names:
                yield from _places(base, [*parts, alias.name])


def _places(base: Path, parts: list[str]) -> Iterator[Path]:
    """Where a module may stand, and the packages above it."""
    for depth in range(1, len(parts) + 1):
        path = base.joinpath(*parts[:depth])
        yield path.with_name(f"{path.name}.py")
        yield path / "__init__.py"


class Input(BaseModel):
    """A file that SUMO read, by the place that it has seen from the configuration."""

    file: str
    digest: str


class GitState(BaseModel):
    """Of a work tree."""

    commit: str
    changed: bool  # whether files that the run read differ from it


class Origin(BaseModel):
    """What a run was made of, beside its scenario."""

    scenario: str | None = None  # the name of a built-in one, or the file; None for one made in Python
    builtin: bool
    folder: str | None = None  # the working directory, where plug-ins lie in it
    keep_going: bool
    versions: dict[str, str]
    code: str
    compiled: str
    python: str
    machine: str
    git: dict[str, GitState]  # of wayside and of the scenario, as far as known
    options: str
    inputs: dict[str, Input]
    plugins: dict[str, dict[str, str]]  # the digest of each file, by plug-in

    @classmethod
    def of(cls, simulation: Simulation) -> Origin:
        """Of a run that begins. Nothing in it depends on the wall clock, or on how SUMO is read."""
        scenario = simulation.scenario
        source, config = scenario.source, scenario.sumo.config
        sources = {place: path for place, path in sorted(simulation.staged.sources.items()) if path.is_file()}
        plugins = {name: paths for name, paths in plugin_files(scenario).items() if paths}
        code_read = [path for paths in plugins.values() for path in paths]
        here = Path.cwd()
        builtin = source is not None and source.is_relative_to(BUILTIN)
        trees: dict[str, tuple[Path, list[Path]]] = {}
        if (CHECKOUT / ".git").exists():
            trees["wayside"] = CHECKOUT, [CHECKOUT / name for name in CODE]
        if not builtin:
            trees["scenario"] = (Path(os.path.abspath(source or config)).parent, [*sources.values(), *code_read])
        states = {name: git_state(folder, files) for name, (folder, files) in trees.items()}
        return cls(
            scenario=None if source is None else source.parent.name if builtin else os.path.abspath(source),
            builtin=builtin,
            folder=str(here) if any(path.is_relative_to(here) for path in code_read) else None,
            keep_going=simulation.failures.keep_going,
            versions=versions(),
            code=code(),
            compiled=compiled(),
            python=platform.python_version(),
            machine=platform.machine(),
            git={name: state for name, state in states.items() if state is not None},
            options=options_read(config),
            inputs={place: Input(file=str(path), digest=digest_of(path)) for place, path in sources.items()},
            plugins={name: {str(path): digest_of(path) for path in paths} for name, paths in plugins.items()},
        )

    @classmethod
    def read(cls, folder: Path) -> Origin:
        """What a run's directory says of it. OutputError, one line, where it does not."""
        path = folder / ORIGIN
        try:
            return cls.model_validate_json(path.read_bytes(), strict=True)
        except FileNotFoundError:
            raise OutputError(f"{folder}: has no {ORIGIN}, which says what a run was made of") from None
        except OSError as error:
            raise OutputError(f"{path}: cannot be read: {error.strerror}") from None
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise OutputError(f"{path}: is broken: {where + ': ' if where else ''}{first['msg']}") from None

    def to_json(self) -> str:
        """As a file."""
        return self.model_dump_json(indent=2, exclude_none=True) + "\n"


def git_state(folder: Path, files: Iterable[Path]) -> GitState | None:
    """Of the work tree that a folder is in, None where git knows of none; `files`: which files and folders count."""

    def said(*arguments: str) -> str | None:
        command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=GIT_SECONDS, check=False)
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit, top = said("rev-parse", "HEAD"), said("rev-parse", "--show-toplevel")
    if not commit or not top:
        return None
    within = [str(path) for path in map(Path.resolve, files) if path.is_relative_to(top)]
    changed = said("status", "--porcelain", "--untracked-files=all", "--", *within) if within else ""
    return None if changed is None else GitState(commit=commit, changed=bool(changed))
