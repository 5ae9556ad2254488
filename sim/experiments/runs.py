"""One run of a study: what is to be simulated, and what came of it. Both are plain data, to be sent anywhere."""

from __future__ import annotations

import shutil
import tempfile
import time
import tomllib
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from wayside.edge.errors import WaysideError, told_by
from wayside.sim.scenario import Scenario, explain, to_toml

TELL_EVERY = 0.5  # s of the wall clock between two words on how far a run is
STOPPED = "wayside itself broke off"


@dataclass(frozen=True)
class Task:
    """A run that is to be made."""

    key: str  # of all that it depends on (`keys`)
    arm: str
    replication: int
    scenario: str  # as TOML
    source: str | None  # the file that it came from: plug-ins lie beside it
    keep: str | None = None  # where its whole results are to be left
    plugins: str = ""  # digest of its plug-ins' code, where they may be others (`keys`)

    @classmethod
    def of(cls, key: str, arm: str, replication: int, scenario: Scenario, keep: Path | None = None) -> Task:
        """A run of a scenario."""
        config = Path(scenario.sumo.config).absolute()
        source = None if scenario.source is None else str(scenario.source.absolute())
        kept = None if keep is None else str(keep.absolute())
        return cls(key, arm, replication, to_toml(scenario.replace("sumo.config", config)), source, kept)

    def load(self) -> Scenario:
        """The scenario."""
        source = Path(self.source) if self.source else None
        with explain.reading(source):
            return Scenario(**tomllib.loads(self.scenario))


@dataclass(frozen=True)
class Ended:
    """What came of a run.

    `died` is for an executor to say: nobody knows why, and a second try may end otherwise. `refused` is for it to hear:
    it cannot be made there, as its plug-ins are others; no study has such a run.
    """

    key: str
    arm: str
    replication: int
    state: Literal["finished", "failed", "died", "refused"]
    figures: dict[str, float] = field(default_factory=dict)  # key figures, and those of `ends`
    headlines: tuple[str, ...] = ()  # of these the ones that its services put first
    line: str = ""  # why it failed, or its last words
    warnings: tuple[str, ...] = ()
    wall_s: float = 0.0

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Ended:
        """Of what it is as plain data, lists for tuples. TypeError or KeyError for what is none."""
        return cls(**{**said, **{name: tuple(said[name]) for name in ("headlines", "warnings")}})


def simulate(task: Task, scratch: Path, hear: Callable[[float], None]) -> Ended:
    """Make a run, in this process, which must be a new one. `hear` is told the share that is done, now and then.

    scratch: a folder that is this run's own while it runs. A run is told step by step, so that it takes one core.
    """
    from wayside.sim.engine import Simulation  # only who simulates needs it
    from wayside.sim.experiments.ends import Ends

    if line := _others(task):
        return Ended(task.key, task.arm, task.replication, "refused", line=line)
    scratch.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(scratch)
    began = told = time.perf_counter()
    figures: dict[str, float] = {}
    headlines: tuple[str, ...] = ()
    line = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with Simulation(task.load(), task.keep, force=True) as simulation:
                ends = Ends()
                simulation.observers.add(ends)
                begin, end = simulation.time, simulation.clock.end
                for tick in simulation:
                    if (now := time.perf_counter()) - told > TELL_EVERY:
                        told = now
                        hear(0.0 if end is None else (tick.time - begin) / (end - begin))
                figures = {**simulation.metrics.kpis(), **ends.figures()}
                headlines = tuple(f"{one.name}.{name}" for one in simulation.onboard for name in one.headlines)
        except WaysideError as error:
            line = str(error)
        except Exception as error:
            traceback.print_exc()
            line = f"{STOPPED}: {told_by(error)}"
    shutil.rmtree(scratch, ignore_errors=True)
    said = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    wall_s = time.perf_counter() - began
    plain = {name: float(value) for name, value in sorted(figures.items())}
    known = tuple(name for name in headlines if name in plain)
    state: Literal["finished", "failed"] = "failed" if line else "finished"
    return Ended(task.key, task.arm, task.replication, state, {} if line else plain, known, line, said, wall_s)


def _others(task: Task) -> str:
    """What is wrong with the plug-ins that are here, where the task says which they must be."""
    from wayside.sim.experiments.keys import Keys, digest

    if not task.plugins:
        return ""
    try:
        found = digest(*Keys().plugins(task.load()))
    except Exception as error:
        return f"its plug-ins cannot be loaded: {told_by(error)}"
    return "" if found == task.plugins else "its plug-ins are others than where the study was begun"
