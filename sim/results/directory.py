"""A run's directory: what is written while it runs, and how it is completed or marked as broken off."""

from __future__ import annotations

import json
import platform as machine
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING

from wayside.edge.errors import OutputError, PluginError
from wayside.sim.disk.ballast import Ballast
from wayside.sim.disk.rundir import INTERRUPTED_KEY, RUN_KEY, SUMMARY, RunDirectory, disk_error
from wayside.sim.exchange.forwarding import HopCount
from wayside.sim.observers import Observer, Table, checked_tables
from wayside.sim.onboard.service import OnboardService
from wayside.sim.results.metrics import Figures
from wayside.sim.results.origin import ORIGIN, Origin
from wayside.sim.results.recorder import Recorder
from wayside.sim.scenario import to_toml
from wayside.sim.sumo.outputs import Facts, settle
from wayside.sim.sumo.staging import unlink_inputs

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation


class Results:
    """The results of one simulation, in `path` until they are complete."""

    def __init__(self, directory: RunDirectory) -> None:
        """Use `create`."""
        self._directory = directory
        self._recorder: Recorder | None = None
        self.path = directory.path
        self.out = directory.out  # what it will be called

    @classmethod
    def create(cls, out: Path, force: bool) -> Results:
        """Make room for a run's results. OutputError where `out` is taken or cannot be written."""
        return cls(RunDirectory.create(out, force))

    def open(self, simulation: Simulation) -> None:
        """Begin to record. OutputError where the disk will not have it."""
        scenario = simulation.scenario
        try:
            self._ballast = Ballast(self.path)
            (self.path / "scenario.toml").write_text(to_toml(scenario), encoding="utf-8")
            (self.path / ORIGIN).write_text(Origin.of(simulation).to_json(), encoding="utf-8")
            self._recorder = Recorder(
                self.path,
                self._ballast,
                simulation.exchange,
                simulation.fleet,
                simulation.journal,
                scenario.record,
                simulation.clock.begin,
                simulation.backend.step_length,
            )
            if scenario.record.pcap:
                self._recorder.capture(self.path / "v2x.pcap", simulation)
            observers = [*self._recorder.observers]
            if scenario.record.view:
                most = round(scenario.record.view_limit * 1e6)
                observers.append(_recording()(simulation, self.path, self._ballast, most))
            for observer in observers:
                simulation.observers.add(observer)
        except OSError as error:
            raise disk_error(self.path, error) from None

    @property
    def recorder(self) -> Recorder:
        """Where rows go."""
        assert self._recorder is not None, "open() comes first"
        return self._recorder

    def abandon(self) -> None:
        """Remove everything: nothing of value was recorded."""
        self._directory.abandon()

    def close(self, simulation: Simulation, broken_off: str | None) -> Path:
        """Complete the results; SUMO has ended. `broken_off` says why the run was left early, None if it was not.

        OutputError where the disk will not have it, or where SUMO could not write its own outputs whole.
        """
        mishap: str | None = None
        self._ballast.release()
        now = simulation.time
        records: dict[str, Table] = {}
        kpis: dict[str, float] = {}
        tell: list[Callable[[], dict[str, Table]]] = [partial(_tables, service, now) for service in simulation.onboard]
        tell += [partial(simulation.observers.tables_of, observer) for observer in simulation.observers]
        for tables in tell:  # what somebody's code breaks does not cost the rest
            try:
                records |= tables()
            except PluginError as error:
                mishap = mishap or str(error)
        if (forwarding := simulation.exchange.forwarding) is not None:
            records["forwarding"] = Table(HopCount, forwarding.table())
        for name, group in simulation.metrics.groups().items():
            try:
                kpis |= Figures(partial(dict, {name: group}))
            except PluginError as error:
                mishap = mishap or str(error)
        try:
            self.recorder.close(records, now)
        except OSError as error:
            mishap = mishap or str(disk_error(self.out, error)).removeprefix(f"{self.out}: ")
        except PluginError as error:
            mishap = mishap or str(error)
        unlink_inputs(simulation.staged)
        facts: dict[str, Facts] = {}
        try:
            settled = settle(self.path / "sumo")
            facts = settled.facts
            if settled.truncated:
                mishap = mishap or f"SUMO could not write {', '.join(settled.truncated)}: is the disk full?"
        except OutputError as error:
            mishap = mishap or str(error).replace(str(self.path), str(self.out))
        try:
            self._write(SUMMARY, _summary(simulation, kpis, broken_off or mishap))
            self._write("timing.json", _timing(simulation, facts))
        except OSError as error:
            raise OutputError(f"{disk_error(self.path, error)}; what there is stands in that folder") from None
        path = self._directory.finish()
        if mishap is not None:
            raise OutputError(f"{path}: {mishap}")
        return path

    def _write(self, name: str, content: Mapping[str, object]) -> None:
        text = json.dumps(content, indent=2, allow_nan=False) + "\n"
        (self.path / name).write_text(text, encoding="utf-8")


def _recording() -> Callable[[Simulation, Path, Ballast, int], Observer]:
    """What makes the observer that records the live view, which is above this layer: an entry point."""
    (point,) = entry_points(group="wayside.recordings", name="view")
    made: Callable[[Simulation, Path, Ballast, int], Observer] = point.load()
    return made


def _tables(service: OnboardService, now: float) -> dict[str, Table]:
    with service.running():
        tables = service.tables(now)
    return checked_tables(service.answering("tables"), service.name, tables)


def _summary(simulation: Simulation, kpis: Mapping[str, float], broken_off: str | None) -> dict[str, object]:
    """What the run found; nothing in it depends on the wall clock or on how SUMO was read."""
    summary: dict[str, object] = {
        RUN_KEY: version("wayside"),
        INTERRUPTED_KEY: broken_off is not None,
        "scenario": simulation.scenario.name,
        "seed": simulation.clock.seed,
        "radio": ", ".join(radio.use for radio in simulation.scenario.v2x.radios),
        "begin_s": simulation.clock.begin,
        "end_s": simulation.time,
        **({} if simulation.staged.demand is None else {"demand": asdict(simulation.staged.demand)}),
        "versions": {name: version(name) for name in ("eclipse-sumo", "numpy", "pyarrow")},
        "kpis": {name: _plain(value) for name, value in sorted(kpis.items())},
    }
    if broken_off is not None:
        summary["reason"] = broken_off
    if reasons := [observer.unrepeatable for observer in simulation.observers if observer.unrepeatable]:
        summary["unrepeatable"] = reasons
    if failed := simulation.failures.all:
        summary["failed"] = [asdict(failure) for failure in failed]
    return summary


def _plain(value: float) -> float:
    return int(value) if float(value).is_integer() else float(value)


def _timing(simulation: Simulation, sumo: Mapping[str, Facts]) -> dict[str, object]:
    """Everything that differs from run to run and from machine to machine."""
    wall = sum(simulation.spent.values())
    profile = simulation.profile
    simulated = simulation.time - simulation.clock.begin
    return {
        "finished_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "backend": simulation.backend.name,
        "wall_s": wall,
        "parts_s": dict(simulation.spent),
        **({} if profile is None else {"profile": {"ticks": profile.ticks, "parts_s": profile.parts()}}),
        "real_time_factor": simulated / wall if wall > 0.0 else 0.0,
        "vehicle_updates_per_s": simulation.metrics.updates / wall if wall > 0.0 else 0.0,
        "python": machine.python_version(),
        "machine": machine.machine(),
        "sumo": dict(sumo),
        **({"slow_calls": [asdict(call) for call in slow]} if (slow := simulation.failures.slow) else {}),
    }
