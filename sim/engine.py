"""The tick: SUMO steps, the roadside thinks, decisions go back. One `Simulation` per process.

with Simulation(Scenario.load("crossing"), out="runs/crossing") as simulation:
    for tick in simulation:
        ...
"""

from __future__ import annotations

import contextlib
import gc
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from wayside.edge.app import TICK_MS
from wayside.edge.drawings import Drawings
from wayside.edge.errors import PluginError, WaysideError
from wayside.edge.failures import Failures
from wayside.edge.journal import Journal
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.platform import CityPlatform
from wayside.edge.reports import CityReports
from wayside.sim.air.buildings import read_buildings
from wayside.sim.assembly import (
    PROGRAMS,
    congestion_of,
    detection_of,
    positions_of,
    programs_of,
    radio_of,
    senses_of,
    sites_of,
    units_of,
)
from wayside.sim.control.control import Rules, SignalControl
from wayside.sim.disk.rundir import disk_error
from wayside.sim.doubts import idle
from wayside.sim.exchange.exchange import Exchange
from wayside.sim.machine import cores
from wayside.sim.observers import Observers
from wayside.sim.onboard.queue import CommandQueue
from wayside.sim.onboard.service import Onboard, Surroundings
from wayside.sim.onboard.stops import Stops
from wayside.sim.plugins import Names
from wayside.sim.results.metrics import Figures, Metrics
from wayside.sim.results.profile import Profile
from wayside.sim.scenario import Scenario, clock, resolved
from wayside.sim.stations.fleet import Fleet
from wayside.sim.stations.persons import Devices
from wayside.sim.sumo import backend_class
from wayside.sim.sumo.backend import Backend, StepEvents
from wayside.sim.sumo.commands import Command
from wayside.sim.sumo.demand.draws import Draws
from wayside.sim.sumo.facilities import read_facilities
from wayside.sim.sumo.foes import read_foes
from wayside.sim.sumo.network import net_file, read_network
from wayside.sim.sumo.staging import stage
from wayside.sim.wire.awareness import Awareness
from wayside.sim.wire.junctions import read_junctions
from wayside.sim.wire.units import UnitMessages
from wayside.sim.world import RoadNetwork, Signals, VehicleTable
from wayside.sim.world.geo import Projection
from wayside.sim.world.persons import PersonTable
from wayside.sim.world.roads import Roads

if TYPE_CHECKING:
    from wayside.sim.results.directory import Results

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
        return Figures(self.simulation.metrics.groups())


class Simulation:
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
        self.clock = clock(scenario)
        for warning in self.clock.warnings:
            warnings.warn(warning, stacklevel=2)
        self.spent: defaultdict[str, float] = defaultdict(float)  # s of wall clock, by part
        self.profile: Profile | None = None  # set one and its figures come into timing.json
        self.interrupted = False  # set it (from a signal handler) and the next step raises KeyboardInterrupt
        self.failures = Failures(keep_going)
        self.journal = Journal(None if out is None else [])
        self.observers = Observers()
        self._closed = False
        self._alone = False  # whether nobody commands between two steps
        self._watched = True  # whether somebody may look between them
        self._cleanup = contextlib.ExitStack()
        self._began = time.perf_counter()
        # Names are looked up before SUMO starts: a misspelt policy should not cost a city's loading time.
        self._names = Names(resolved(scenario))
        self.scenario = self._names.scenario
        self.results: Results | None = None
        if out is not None:
            from wayside.sim.results.directory import Results  # PyArrow takes long to import

            self.results = Results.create(Path(out), force)
        try:
            with _uncollected():
                self._open(backend, gui)
        except BaseException:
            with contextlib.suppress(WaysideError):
                self._cleanup.close()
            if self.results is not None:
                self.results.abandon()
            raise

    def _open(self, backend: str, gui: bool) -> None:
        scenario = self.scenario
        if self.results is not None:
            folder = self.results.path / "sumo"
        else:
            folder = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="wayside-")))
        self._ahead = False  # a step of SUMO's has begun
        said_in = f"{scenario.source or 'scenario'}: sumo.options"
        self._folder = folder
        draws = Draws(scenario.demand, f"{scenario.source or 'scenario'}: demand")
        if scenario.demand.replication is not None and draws.idle:
            warnings.warn(f"{draws.where}: nothing is a distribution, so all replications are alike", stacklevel=4)
        self.staged = stage(
            scenario.sumo.config, folder, scenario.sumo.options, (PROGRAMS,), said_in=said_in, draws=draws
        )
        for warning in self.staged.warnings:
            warnings.warn(warning, stacklevel=4)
        try:
            self._start(backend, gui)
        except WaysideError as error:
            raise type(error)(self._plainly(str(error))) from error.__cause__
        if self.results is not None:
            self.results.open(self)
        self.observers.begin(self)
        self.spent["set-up"] = time.perf_counter() - self._began

    def _start(self, backend: str, gui: bool) -> None:
        """Start SUMO, and build everything around it."""
        # Read before SUMO starts: sumo itself crashes on some broken networks instead of refusing them. Most of it does
        # without the interpreter, which loads SUMO's library meanwhile.
        with ThreadPoolExecutor(1, "net") as beside:
            reading = beside.submit(read_network, net_file(self.staged.config))
            start = backend_class(backend, gui)
            self.network: RoadNetwork = reading.result()
        self._moment = self.clock.begin  # s: what plug-ins are told
        self._roads = Roads(self.network)
        for doubt in self._names.doubts(self._lanes_of, self.clock.begin, self.clock.end):
            warnings.warn(doubt, stacklevel=5)
        self._reports = CityReports()
        self.drawings = Drawings()
        self._code = self._names.make(self.clock.seed, lambda: self._moment, self._roads, self._reports, self.drawings)
        self.staged, others = programs_of(self.staged, self.network, self._code, self.scenario)
        self.backend: Backend = start(
            ["-c", str(self.staged.config), *self.clock.arguments(), *others], self.network, self._plainly
        )
        self._cleanup.callback(self.backend.close)
        self._commands = CommandQueue(self.backend)
        self.vehicles = self.backend.vehicles
        self._roads.watch(self.vehicles, lambda: self._steps)
        self.persons = self.backend.persons
        self.signals = self.backend.signals
        self._begin_ms = round(self.backend.time * 1000)
        self._step_ms = round(self.backend.step_length * 1000)
        self._steps = 0
        self._platform_ms = self._begin_ms
        if self._code.control.controls and not self.signals.ids:
            warnings.warn(f"{self._code.control.named}: is of no use: the net has no traffic light", stacklevel=5)
        self._build()
        self._overlapped = self.scenario.pipeline == "overlapped"
        self._two_cores = cores() > 1

    def _lanes_of(self, edge: str) -> int:
        """How many lanes for motor vehicles an edge has, by its id; 0 where there is no such one."""
        number, lanes = self.network.edge_number.get(edge, -1), self._roads.map.lanes
        return int(lanes[number]) if 0 <= number < len(lanes) else 0

    def _build(self) -> None:
        """Everything around SUMO: facilities, platforms, units, vehicles' stations, the air."""
        scenario = self.scenario
        backend = self.backend
        additional = [Path(file) for file in backend.option("additional-files").split(",") if file]
        self.facilities = read_facilities(additional, self.network)
        code = self._code
        assert scenario.seed is not None
        ballistic = backend.option("step-method.ballistic") == "true"
        names = tuple(service.name for service in code.services)
        motion = backend.step_length, ballistic
        self.fleet = Fleet(self.vehicles, scenario.v2x, scenario.seed, names, scenario.air, *motion)
        self._devices = Devices(self.persons, self.fleet, backend.step_length)
        self.platform = CityPlatform(self._reports)
        around = Surroundings(scenario, code, backend, self.network, self.fleet, self.facilities, self.platform)
        self.onboard = Onboard(tuple(service(around) for service in code.services))
        net = net_file(self.staged.config)
        self.projection = Projection.of_net(net, scenario.v2x.origin)
        sites = sites_of(scenario, code, self.network, self.signals, self.facilities, self.projection)
        self._reports.enter([site.id for site in sites], np.array([site.position for site in sites]))
        self.maps = LocalDynamicMaps(len(sites))
        junctions = read_junctions(self.network, self.signals, self.projection, additional)
        self.control = SignalControl(
            self.network,
            junctions,
            backend,
            self.failures,
            partial(read_foes, net),
            Rules(scenario.signals.maximum_red, self._step_ms if scenario.pipeline == "overlapped" else 0),
            code.control if code.control.controls else None,
            code.control.named,
            lambda: self._moment,
            detection_of(scenario, self.network, self.vehicles, self.signals, lambda: self.units),
        )
        self.units = units_of(
            sites, code, self.maps, self.platform, self.signals, self.control, backend.time, self.failures, self.journal
        )
        buildings = cache(partial(read_buildings, additional))
        radio, mixed = radio_of(scenario, code, self.network, self.fleet, self.units, buildings, self.clock.seed)
        senses = senses_of(self.units, self.maps, self.network, self.fleet, buildings, self.clock.seed)
        first_tick = -(-(self._begin_ms + self._step_ms) // TICK_MS)
        self.exchange = Exchange(
            self.units,
            self.maps,
            radio,
            UnitMessages(
                self._names.kinds,
                scenario.v2x.epoch.timestamp(),
                self.projection,
                *positions_of(sites),
                self.signals,
                junctions,
                self.platform,
                self.network.ground if self.network.elevated else None,
            ),
            self._awareness(scenario.v2x.family),
            self.fleet,
            self.onboard,
            congestion_of(scenario, len(self.units), self.vehicles.capacity, mixed),
            first_tick,
            self.observers.listeners,
            scenario.v2x.forwarding,
            senses,
            None if scenario.v2x.vru_penetration is None else self._awareness("vam"),
        )
        equipped = (
            scenario.v2x.penetration,
            *scenario.v2x.penetration_of.values(),
            scenario.v2x.vru_penetration,
        )
        self._silent = not (self.units or any(equipped))  # nobody is ever on the air
        self._stops = Stops(backend)
        self._stopping = self.onboard.overriding("stopped", "left")
        self.metrics = Metrics(
            backend,
            self.exchange,
            self.onboard,
            self.control,
            self.observers,
            self.failures,
            self._reports,
            self._devices,
        )
        self.observers.add(self.metrics)
        for watch in code.observers:
            self.observers.add(watch)

    def _awareness(self, family: str) -> Awareness:
        error, elevated = self.scenario.v2x.gnss_error, self.network.elevated
        return Awareness(family, self.projection, gnss_error=error, elevated=elevated)

    @property
    def unused(self) -> str:
        """What the scenario says that nothing in it asks for, a line; empty where there is none."""
        return self._names.unused()

    @property
    def time(self) -> float:
        """SUMO's clock, s."""
        return (self._begin_ms + self._steps * self._step_ms) / 1000.0

    @property
    def rests(self) -> bool:
        """Whether SUMO may be asked something: it is not computing the next step already."""
        return not self._ahead

    @property
    def roads(self) -> Roads:
        """The roads as plug-ins see them."""
        return self._roads

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

    def _plainly(self, text: str) -> str:
        """Words about files, of the user's instead of those where the inputs are staged."""
        here = self.scenario.sumo.config.parent if self.results is None else self.results.out / "sumo"
        return self.staged.plainly(text, here)

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
