"""The tick: SUMO steps, the roadside thinks, decisions go back. One `Simulation` per process.

with Simulation(Scenario.load("crossing"), out="runs/crossing") as simulation:
    for tick in simulation:
        ...
"""

from __future__ import annotations

import contextlib
import gc
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from wayside.edge.app import TICK_MS
from wayside.edge.errors import PluginError, WaysideError
from wayside.sim.city import City
from wayside.sim.disk.rundir import disk_error
from wayside.sim.doubts import idle
from wayside.sim.machine import cores
from wayside.sim.results.metrics import Figures
from wayside.sim.results.profile import Profile
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.backend import StepEvents
from wayside.sim.sumo.commands import Command
from wayside.sim.world import Signals, VehicleTable
from wayside.sim.world.persons import PersonTable

_T = TypeVar("_T")

PLATFORM_EVERY_MS = 1000  # how often charging, power and expired reservations are looked at


@dataclass(frozen=True)
class Tick:
    """The world after one SUMO step and the V2X ticks in it. The arrays are the live ones: copy what you keep."""

    simulation: Simulation
    time: float  # s of SUMO's clock
    events: StepEvents

    @property
    def vehicles(self) -> VehicleTable:
        """All vehicles."""
        return self.simulation.vehicles

    @property
    def persons(self) -> PersonTable:
        """All persons."""
        return self.simulation.persons

    @property
    def signals(self) -> Signals:
        """All traffic lights."""
        return self.simulation.signals

    @cached_property
    def kpis(self) -> Mapping[str, float]:
        """The key figures so far; what has no value yet (a mean over nothing) is missing.

        Those that begin alike are worked out together, when one of them is first asked for.
        """
        return Figures(self.simulation.metrics.groups)


class Simulation(City):
    """A scenario, run step by step.

    `out` is a directory to leave results in (docs/outputs.md); without it nothing is kept. `backend` is "native",
    "libsumo" or "traci"; `gui` opens sumo-gui. `keep_going`: an application that breaks off is switched off at the unit
    where it did (`failures`), instead of ending the run. Raises WaysideError and its children, one line each.
    """

    def __init__(
        self,
        scenario: Scenario,
        out: str | Path | None = None,
        *,
        force: bool = False,
        backend: str = "native",
        gui: bool = False,
        keep_going: bool = False,
    ) -> None:
        began = time.perf_counter()
        super().__init__(scenario, out, force=force, keep_going=keep_going)
        self.spent: defaultdict[str, float] = defaultdict(float)  # s of wall clock, by part
        self.profile: Profile | None = None  # set one and its figures come into timing.json
        self.interrupted = False  # set it (from a signal handler) and the next step raises KeyboardInterrupt
        self._closed = False
        self._alone = False  # whether nobody commands between two steps
        self._watched = True  # whether somebody may look between them
        self._ahead = False  # a step of SUMO's has begun
        self._overlapped = self.scenario.pipeline == "overlapped"
        self._two_cores = cores() > 1
        try:
            with _uncollected():
                self._set_up(backend, gui)
                self._platform_ms = self._begin_ms
                if self.results is not None:
                    self.results.open(self)
                self.observers.begin(self)
        except BaseException:
            with contextlib.suppress(WaysideError):
                self._cleanup.close()
            if self.results is not None:
                self.results.abandon()
            raise
        self.spent["set-up"] = time.perf_counter() - began

    @property
    def rests(self) -> bool:
        """Whether SUMO may be asked something: it is not computing the next step already."""
        return not self._ahead

    def command(self, command: Command) -> None:
        """Queue a command for SUMO; it is applied at the next step boundary. RuntimeError within `run`."""
        if self._alone:
            raise RuntimeError("run() lets SUMO go ahead; iterate over the simulation to command it")
        self._commands.add((command,))

    def __enter__(self) -> Self:
        return self

    def __iter__(self) -> Iterator[Tick]:
        return self

    def __next__(self) -> Tick:
        """Advance by one SUMO step. SumoError where SUMO breaks off, OutputError where the disk will not take more."""
        if self.interrupted:
            raise KeyboardInterrupt
        self.platform.lock(False)
        if self._done():
            for warning in idle(self.scenario, self.onboard, self.units, self.platform, self.metrics.departed):
                warnings.warn(warning, stacklevel=2)
            raise StopIteration
        if self._ahead:
            # SUMO has been computing this step while the edge was thinking about the last one.
            self._timed("sumo", self.backend.finish_step)
            self._ahead = False
            if self._overlapped:
                self._timed("commands", self._commands.apply)
            self.metrics.refused += self._commands.tell_refused(self.time)
        else:
            self._timed("commands", self._commands.apply)
            self.metrics.refused += self._commands.tell_refused(self.time)
            self._timed("sumo", self.backend.step)
        events = self._timed("read", self._read)
        if self.control.active:
            self._commands.add(self._timed("edge", self.control.step, self.time))
        self._commands.add(self.observers.orders(events))
        if self._overlapped and not self._done():
            self._go_ahead()
        self._think(events)
        tick = Tick(self, self.time, events)
        self.platform.lock(self._alone)
        self._timed("record", self._tell, tick)
        return tick

    def run(self, watch: Callable[[Tick], None] | None = None) -> dict[str, float]:
        """Run to the end; the key figures. `watch` is shown every step. It only looks: to command, iterate instead.

        The results are those of iterating, but with a second core they come sooner: SUMO goes ahead wherever nothing
        that the edge still decides in a step can be a command.
        """
        self._alone, self._watched = True, watch is not None
        try:
            for tick in self:
                if watch is not None:
                    watch(tick)
        finally:
            self._alone, self._watched = False, True
            self.platform.lock(False)
        return self.metrics.kpis()

    def _go_ahead(self) -> None:
        """Let SUMO begin its next step beside what follows."""
        # Not to be fetched while SUMO steps.
        _ = self.signals.state
        if self._watched:
            _ = self.vehicles.signals
        self.backend.begin_step()
        self._ahead = True

    def _done(self) -> bool:
        if self.clock.end is not None:
            return self.time >= self.clock.end - 1e-9
        return self._steps > 0 and not self._expected

    def _timed(self, part: str, call: Callable[..., _T], *arguments: object) -> _T:
        begin = time.perf_counter()
        try:
            return call(*arguments)
        finally:
            self.spent[part] += time.perf_counter() - begin

    def _tell(self, tick: Tick) -> None:
        """All who watch see the step."""
        try:
            self.observers.step(tick)
        except OSError as error:
            where = self._folder if self.results is None else self.results.out
            raise disk_error(where, error) from None

    def _read(self) -> StepEvents:
        """Fill the tables from SUMO, and take in what happened to whom."""
        events = self.backend.read()
        self._steps += 1
        self._expected = self.clock.end is not None or self.backend.expected > 0
        room = self.fleet.capacity
        self.fleet.admit(events.departed)
        came = self._devices.update(events.persons)
        if len(events.departed) or len(came):
            self.exchange.admit(np.concatenate((events.departed, came)) if len(came) else events.departed)
        now = self._moment = self.time
        if len(events.departed) or self.fleet.capacity != room:
            self.onboard.admit(events.departed)
        self.onboard.tell("moved", now)
        self._stops.pass_on(self._stopping, now)
        if len(events.arrived):
            self.onboard.tell("gone", events.arrived, now)
        self.onboard.tell("settled", now)
        return events

    def _think(self, events: StepEvents) -> None:
        """What the platforms do once a second, and the V2X ticks of this step."""
        now_ms = self._begin_ms + self._steps * self._step_ms
        self._timed("edge", self._look_after, now_ms)
        self._commands.add_orders(self.onboard.orders())
        first, last = -(-now_ms // TICK_MS), -(-(now_ms + self._step_ms) // TICK_MS) - 1
        self._go_ahead_if_settled(first, last)
        if self._silent and not self.observers.listeners:
            return
        self._timed("edge", self.exchange.sense)
        for tick in range(first, last + 1):
            self._go_ahead_if_settled(tick, last)
            now, since_step = tick * TICK_MS / 1000.0, (tick * TICK_MS - now_ms) / 1000.0
            self._moment = now
            self._timed("edge", self.exchange.tick, tick, since_step, now)
            orders = self.onboard.orders()
            if orders and self._ahead and not self._overlapped:
                command, service = orders[0]
                raise PluginError(f"{service.title} orders {command} at {now:g} s, when it awaited no answer")
            self._commands.add_orders(orders)

    def _go_ahead_if_settled(self, tick: int, last: int) -> None:
        """In lockstep: where V2X ticks `tick` to `last` of this step cannot command anything, SUMO need not wait."""
        may = self._alone and self._two_cores and not self._ahead and not self._done()
        if may and self.exchange.settled(tick, last, tick * TICK_MS / 1000.0):
            self._timed("commands", self._commands.apply)
            self._go_ahead()

    def _look_after(self, now_ms: int) -> None:
        """What services and their platforms do once a second, as to book energy and to free what nobody came for."""
        if now_ms - self._platform_ms < PLATFORM_EVERY_MS:
            return
        now, seconds = now_ms / 1000.0, (now_ms - self._platform_ms) / 1000.0
        self._platform_ms = now_ms
        self.onboard.tell("every_second", seconds, now)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(error)

    def close(self, error: BaseException | None = None) -> Path | None:
        """End SUMO and complete the results: as finished, or as interrupted where the run was left early.

        Returns where they are. A second call does nothing.
        """
        if self._closed:
            return None
        self._closed = True
        broken_off = None
        if error is not None:
            broken_off = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error) or type(error).__name__
        elif not self._done():
            broken_off = f"left at {self.time:g} s"
        try:
            if self._steps:
                self.observers.end()
        finally:
            try:
                self._cleanup.close()
            except WaysideError:
                if error is None:
                    raise
        if self.results is None:
            return None
        if self._steps == 0:
            self.results.abandon()
            return None
        try:
            return self.results.close(self, broken_off)
        except WaysideError:
            if error is None:
                raise
            return None  # the first mishap is the one to tell


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's search for garbage: what a set-up makes stays, and a big net would be looked through again and
    again.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
