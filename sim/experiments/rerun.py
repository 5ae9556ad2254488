"""A run again, from its directory alone: what has changed since, and whether the bytes are the same."""

from __future__ import annotations

import json
import os
import platform
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wayside.edge.errors import OutputError, ScenarioError, WaysideError
from wayside.sim.disk.rundir import INTERRUPTED_KEY, RUN_KEY, SUMMARY
from wayside.sim.experiments.store import KEPT, STUDY
from wayside.sim.observers import Observer
from wayside.sim.plugins import Names
from wayside.sim.results.origin import Origin, code, compiled, digest_of, options_read, plugin_files, versions
from wayside.sim.scenario import Scenario, explain, resolved
from wayside.sim.scenario.loading import BUILTIN, load
from wayside.sim.sumo.staging import stage

SCENARIO = "scenario.toml"
NOT_COMPARED = ("timing.json", "origin.json", SUMMARY, SCENARIO)  # the last two not as bytes alone
STUDIES = (STUDY, "tune.toml")


@dataclass(frozen=True)
class KeptRun:
    """A run as its directory tells of it."""

    folder: Path
    scenario: Scenario  # with the configuration where it lies now
    moved: bool  # whether that is elsewhere
    origin: Origin
    summary: Mapping[str, Any]

    @property
    def broken_off(self) -> float | None:
        """When it was broken off, s of SUMO's clock; None where it came to its end."""
        return float(self.summary["end_s"]) if self.summary[INTERRUPTED_KEY] else None


class Stop(Observer):
    """Breaks a run off where another one was."""

    def __init__(self, at: float) -> None:
        self._at = at

    def step(self, tick: Any) -> None:
        """The next step is none."""
        if tick.time >= self._at - 1e-9:
            tick.simulation.interrupted = True


def read_run(folder: Path, config: Path | None = None) -> KeptRun:
    """What is in a run's directory. One line for one that is none, or is broken, or whose configuration is gone.

    config: the SUMO configuration, where it no longer lies where it did.
    """
    summary = read_summary(folder)
    origin = Origin.read(folder)
    path = folder / SCENARIO
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        said = Path(data["sumo"]["config"])
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise OutputError(f"{path}: is broken: no scenario of a run") from None
    now = config.absolute() if config else said
    if config is None and origin.builtin and not said.exists() and (BUILTIN / str(origin.scenario)).is_dir():
        now = load(str(origin.scenario)).sumo.config  # of another installation
    if trouble := explain.unreadable(now):
        hint = "" if config else "; say with --config where it lies now"
        raise OutputError(f"{folder}: its SUMO configuration {now} {trouble}{hint}".replace(" no such", ": no such"))
    with explain.reading(path):
        scenario = Scenario(**{**data, "sumo": {**data["sumo"], "config": str(now)}})
    if origin.builtin:
        scenario = scenario.said_in(BUILTIN / str(origin.scenario) / SCENARIO)
    elif origin.scenario is not None:
        scenario = scenario.said_in(_moved(Path(origin.scenario), said, now))  # plug-ins lie beside it
    return KeptRun(folder, scenario, now != said, origin, summary)


def _moved(file: Path, config: Path, now: Path) -> Path:
    """The scenario's file: where it was, or, where that is gone, as it lay to the configuration that has been moved."""
    if file.exists() or config == now:
        return file
    return Path(os.path.normpath(now.parent / os.path.relpath(file, config.parent)))


def read_summary(folder: Path) -> dict[str, Any]:
    """A run's summary. OutputError, one line, for a directory that is no run's, or broken."""
    if not folder.is_dir():
        raise OutputError(f"{folder}: {'is a file, not a directory' if folder.exists() else 'no such directory'}")
    if any((folder / name).exists() for name in STUDIES):
        raise OutputError(f"{folder}: holds a study, not a run; runs that --keep left are in {KEPT} below it")
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise OutputError(f"{folder}: is no run's directory: it has no {SUMMARY}") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise OutputError(f"{path}: is broken: no JSON") from None
    if not isinstance(summary, dict) or RUN_KEY not in summary:
        raise OutputError(f"{path}: is not of a wayside run")
    kinds: dict[str, tuple[type, ...]] = {INTERRUPTED_KEY: (bool,), "kpis": (dict,), "end_s": (int, float)}
    if wrong := [name for name, kind in kinds.items() if not isinstance(summary.get(name), kind)]:
        raise OutputError(f"{path}: is broken: it has no {wrong[0]}")
    return summary


def changed_inputs(run: KeptRun) -> list[str]:
    """What the run read and is gone or other now: no run can be the same. Plug-ins are looked for where a run does."""
    try:
        Names(resolved(run.scenario))
        plugins = plugin_files(run.scenario)
        with tempfile.TemporaryDirectory(prefix="wayside-") as folder:
            sources = stage(run.scenario.sumo.config, Path(folder) / "sumo", run.scenario.sumo.options).sources
    except WaysideError as error:
        return [f"what it read is gone or broken: {error}"]
    return [*_other_inputs(run, sources), *_other_plugins(run, plugins)]


def _other_inputs(run: KeptRun, sources: Mapping[str, Path]) -> Iterator[str]:
    known = run.origin.inputs
    for place, path in sorted(sources.items()):
        if not path.is_file():
            continue
        if place not in known:
            yield f"{path} was not read then"
        elif digest_of(path) != known[place].digest:
            yield f"{path} has been changed"
    for place, was in known.items():
        if place not in sources or not sources[place].is_file():
            yield f"{was.file} is not read any more"
    if options_read(run.scenario.sumo.config) != run.origin.options:
        yield f"{run.scenario.sumo.config} has other options, or a variable of the environment in it another value"


def _other_plugins(run: KeptRun, plugins: Mapping[str, list[Path]]) -> Iterator[str]:
    told = set[Path]()  # several plug-ins may stand in one file
    for name, paths in plugins.items():
        known = run.origin.plugins.get(name, {})
        contents = set(known.values())
        for path in paths:
            if path not in told and digest_of(path) not in contents:
                told.add(path)
                yield f'{path} of "{name}" has been changed'
        if len(paths) < len(known):
            names = {path.name for path in paths}
            gone = next((path for path in known if Path(path).name not in names), next(iter(known)))
            yield f'{gone} of "{name}" is not imported any more'


def other_versions(run: KeptRun) -> list[str]:
    """The packages that are of another version now, and whether wayside's code is another; the bytes may differ."""
    was, now = run.origin.versions, versions()
    found = [
        f"{name} was {was.get(name, 'not there')} and is {now.get(name, 'not there')}"
        for name in dict.fromkeys([*was, *now])
        if was.get(name) != now.get(name)
    ]
    if run.origin.code != code():
        state = run.origin.git.get("wayside")
        changes = " and changes" if state and state.changed else ""
        commit = f" (it was of commit {state.commit[:12]}{changes})" if state else ""
        found.append(f"wayside's code is another{commit}")
    return found


def other_machine(run: KeptRun) -> list[str]:
    """What hardly changes a run, and is told where one has come out differently."""
    then = {"Python": run.origin.python, "machine": run.origin.machine}
    now = {"Python": platform.python_version(), "machine": platform.machine()}
    found = [f"{name} was {then[name]} and is {now[name]}" for name in then if then[name] != now[name]]
    return [*found, *(["wayside's kernels are compiled anew"] if run.origin.compiled != compiled() else [])]


def compared(run: KeptRun, again: Path) -> tuple[int, list[str]]:
    """How many files a run and its repetition have, and what differs; whatever else lies in the run's directory counts
    for nothing.
    """
    theirs = {path.relative_to(again).as_posix() for path in again.rglob("*") if path.is_file()}
    tables = {path.name for path in run.folder.glob("*.parquet")}
    names = sorted((theirs | tables) - {*NOT_COMPARED})
    found = [*_other_scenario(run, again), *_other_summary(run, again)]
    for name in names:
        old, new = run.folder / name, again / name
        if not (old.is_file() and new.is_file()):
            found.append(f"{name} is {'missing' if new.is_file() else 'not made any more'}")
        elif (run.broken_off is None or name.endswith(".parquet")) and old.read_bytes() != new.read_bytes():
            found.append(f"{name} differs")
    return len(names) + 2, found


def _other_scenario(run: KeptRun, again: Path) -> Iterator[str]:
    old, new = ((folder / SCENARIO).read_bytes() for folder in (run.folder, again))
    if old == new:
        return
    was, now = (tomllib.loads(text.decode()) for text in (old, new))
    if run.moved:
        for one in (was, now):
            one["sumo"].pop("config")
        if was == now:
            return
    yield f"{SCENARIO} differs"


def _other_summary(run: KeptRun, again: Path) -> Iterator[str]:
    was, now = run.summary, json.loads((again / SUMMARY).read_bytes())
    kpis, others = was["kpis"], now["kpis"]
    if wrong := [name for name in dict.fromkeys([*kpis, *others]) if kpis.get(name) != others.get(name)]:
        first = f"{wrong[0]} was {kpis.get(wrong[0], 'not there')} and is {others.get(wrong[0], 'not there')}"
        yield f"{SUMMARY}: {len(wrong)} of {len(kpis)} key figures differ, as {first}"
    more = {"kpis", "reason"}  # who looks at a run that was broken off again, breaks it off for another reason
    for name in dict.fromkeys([*was, *now]):
        if name not in more and was.get(name) != now.get(name):
            yield f"{SUMMARY}: {name} was {explain.shown(was.get(name))} and is {explain.shown(now.get(name))}"


def refuse(run: KeptRun, found: list[str], hint: str = "") -> ScenarioError:
    """That a run cannot be repeated: the first reason, and how many more there are."""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return ScenarioError(f"{run.folder}: cannot be repeated as it was: {found[0]}{more}{hint}")
