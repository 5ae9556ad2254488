"""What a run depends on, as one key: two runs with the same key have the same figures.

It holds the scenario with every option, what SUMO reads, the code of plug-ins that are not ours, and wayside's own code
with the versions of what it rests on.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from wayside.sim.results import origin
from wayside.sim.results.origin import PACKAGES, digest, plugin_files, versions
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.staging import stage

__all__ = ["Keys", "Wayside", "code", "difference", "digest", "plugin_files", "versions", "wayside"]


@cache
def code() -> str:
    """The digest of wayside's own code, as far as a run depends on it, and of the versions that it rests on."""
    return digest(origin.code(), origin.compiled(), *(f"{name} {one}" for name, one in versions().items()))


class Wayside(NamedTuple):
    """Which wayside it is: what a run depends on beside its scenario and inputs."""

    code: str  # see `code`
    versions: Mapping[str, str]  # see `versions`


def wayside() -> Wayside:
    """The one here."""
    return Wayside(code(), versions())


def difference(there: Wayside, here: Wayside) -> str | None:
    """How wayside elsewhere differs from the one here, in words that follow its name; None where it does not."""
    for name in sorted({*here.versions, *there.versions}, key=lambda name: (name not in PACKAGES, name)):
        has, wanted = there.versions.get(name), here.versions.get(name)
        if has != wanted:
            return f"has {name} {has or 'not at all'}, here it is {wanted or 'not there'}"
    version = here.versions["wayside"]
    return None if there.code == here.code else f"has another wayside {version}: its code differs from the one here"


class Keys:
    """The keys of a study's runs. Files are read once: what changes while it goes on is seen by the next study."""

    def __init__(self) -> None:
        self._files: dict[Path, str] = {}
        self._inputs: dict[str, str] = {}

    def of(self, scenario: Scenario) -> str:
        """The key of a run of this scenario, every option of it written out."""
        said = scenario.model_dump(exclude_none=True)
        del said["sumo"]["config"]
        for name in ("name", "title"):
            said["scenario"].pop(name, None)
        plain = json.dumps(said, sort_keys=True, default=str)
        return digest(plain, self._read_by_sumo(scenario), *self.plugins(scenario), code())

    def _read_by_sumo(self, scenario: Scenario) -> str:
        """The digest of the configuration and of all that it names, and of what is named there in turn."""
        config, options = scenario.sumo.config, scenario.sumo.options
        known = json.dumps([str(config), options], sort_keys=True)
        if known not in self._inputs:
            with tempfile.TemporaryDirectory(prefix="wayside-") as folder:
                sources = stage(config, Path(folder) / "sumo", options).sources
            files = sorted((place, path) for place, path in sources.items() if path.is_file())
            parts = (part for place, path in files for part in (place, self._file(path)))
            self._inputs[known] = digest(origin.options_read(config), *parts)
        return self._inputs[known]

    def plugins(self, scenario: Scenario) -> list[str]:
        """The names of a scenario's plug-ins and, after each, the digests of its code where that is not ours."""
        said = plugin_files(scenario)
        return [part for name, files in said.items() for part in (name, *map(self._file, files))]

    def _file(self, path: Path) -> str:
        if path not in self._files:
            self._files[path] = origin.digest_of(path)
        return self._files[path]
