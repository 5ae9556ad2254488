"""What a run reads, to be sent elsewhere: files by the hash of their content, and where they stand there.

SUMO's files are those of a staged configuration (sim/sumo/staging), which names nothing outside of its folder; beside
them stands the code of plug-ins that lie beside the scenario or in the working directory. What else a plug-in reads is
not known, and must be there.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import tomli_w

from wayside.sim.disk.rundir import disk_error
from wayside.sim.experiments.keys import Keys, digest, plugin_files
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.staging import stage

SUMO, CODE = "sumo", "code"  # folders of a bundle
SOURCE = f"{CODE}/scenario.toml"  # plug-ins are looked for beside it; it need not exist


@dataclass(frozen=True)
class Bundle:
    """What runs of one configuration read."""

    name: str  # by content
    files: Mapping[str, str]  # by place: the content's hash
    config: str  # the place of SUMO's configuration
    stands_for: Mapping[str, str]  # by place: the user's file
    plugins: str  # digest of the code of plug-ins, those included that are installed
    warnings: tuple[str, ...] = ()  # one line each: what SUMO is not told

    def task(self, task: Task, root: Path) -> Task:
        """A run as it is to be made where the bundle lies in `root`."""
        said = tomllib.loads(task.scenario)
        said["sumo"] = {**said["sumo"], "config": str(root / self.config)}
        said["sumo"].pop("options", None)  # the staged configuration has them
        return replace(task, scenario=tomli_w.dumps(said), source=str(root / SOURCE), plugins=self.plugins)

    def plainly(self, ended: Ended, root: Path) -> Ended:
        """What came of a run, files named as the user knows them."""

        def told(line: str) -> str:
            if str(root) in line:
                for place, source in sorted(self.stands_for.items(), key=lambda one: -len(one[0])):
                    line = line.replace(f"{root}/{place}", source)
            return line

        warnings = dict.fromkeys((*self.warnings, *map(told, ended.warnings)))
        return replace(ended, line=told(ended.line), warnings=tuple(warnings))

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Bundle:
        """Of plain data."""
        return cls(**{**said, "warnings": tuple(said["warnings"])})


class Bundles:
    """The bundles of a study; each is made once. What they hold lies in `folder` until it is removed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys = Keys()
        self._known: dict[str, Bundle] = {}
        self._contents: dict[str, Path] = {}

    def of(self, task: Task) -> Bundle:
        """What a run reads. ScenarioError, OutputError, PluginError, one line."""
        scenario = task.load()
        names = digest(*self._keys.plugins(scenario))
        known = digest(str(scenario.sumo.config), repr(sorted(scenario.sumo.options.items())), str(task.source), names)
        if known not in self._known:
            self._known[known] = self._made(scenario, names)
        return self._known[known]

    def content(self, hash: str) -> bytes:
        """Of a file."""
        return self._contents[hash].read_bytes()

    def _made(self, scenario: Scenario, plugins: str) -> Bundle:
        folder = self._folder / str(len(self._known))
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = stage(scenario.sumo.config, folder, scenario.sumo.options)
        places = {f"{SUMO}/{path.relative_to(folder).as_posix()}": path for path in (*staged.links, *staged.copies)}
        stands_for = {f"{SUMO}/{place}": str(source) for place, source in staged.sources.items()}
        stands_for[SOURCE] = "scenario" if scenario.source is None else str(scenario.source)
        for place, path in _code(scenario):
            places.setdefault(place, path)
            stands_for.setdefault(place, str(path))
        files = {place: self._hashed(path) for place, path in sorted(places.items())}
        config = f"{SUMO}/{staged.config.relative_to(folder).as_posix()}"
        name = digest(*(part for item in files.items() for part in item))
        return Bundle(name, files, config, stands_for, plugins, staged.warnings)

    def _hashed(self, path: Path) -> str:
        hash = blake2b(path.read_bytes(), digest_size=16).hexdigest()
        self._contents.setdefault(hash, path.resolve())
        return hash


def _code(scenario: Scenario) -> Iterator[tuple[str, Path]]:
    """The files of plug-ins' code that lie beside a scenario or in the working directory, and their places."""
    folders = [Path.cwd()] if scenario.source is None else [scenario.source.parent.resolve(), Path.cwd()]
    for files in plugin_files(scenario).values():
        for path in files:
            for folder in folders:
                if path.is_relative_to(folder):
                    yield f"{CODE}/{path.relative_to(folder).as_posix()}", path
                    break


def unpack(bundle: Bundle, contents: Mapping[str, bytes], folder: Path) -> Path:
    """The bundle's root in `folder`, where it is put unless it is there. OutputError where it cannot be written."""
    root = folder / bundle.name
    if root.is_dir():
        return root
    partial = folder / f".{bundle.name}.{os.getpid()}"
    try:
        for place, hash in bundle.files.items():
            path = partial / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(contents[hash])
        (partial / CODE).mkdir(exist_ok=True)
        partial.rename(root)
    except OSError as error:
        raise disk_error(root, error) from None
    return root
