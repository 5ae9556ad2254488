"""The tick: SUMO steps, the roadside thinks, decisions go back. One `Simulation` per process.

with Simulation(Scenario.load("crossing"), out="runs/crossing") as simulation:
    for tick in simulation:
        ...
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import numpy as np

from wayside.edge.charging.state import ChargingPlatform
from wayside.edge.errors import ScenarioError, SumoError, WaysideError
from wayside.edge.ldm import LocalDynamicMaps
from wayside.edge.parking.state import ParkingPlatform
from wayside.edge.platform import CityPlatform
from wayside.edge.unit import RoadsideUnit
from wayside.sim.air import Doubles, Ints, Radio, Site
from wayside.sim.air.buildings import read_buildings
from wayside.sim.air.itsg5 import airtime
from wayside.sim.air.mixed import Mixed
from wayside.sim.air.uu import UuRadio, beside
from wayside.sim.charging import ElectricVehicles
from wayside.sim.congestion import Congestion
from wayside.sim.fleet import Fleet, number
from wayside.sim.geo import Projection
from wayside.sim.metrics import Metrics
from wayside.sim.parking import Drivers
from wayside.sim.placement import place_units
from wayside.sim.plugins import radio_fields, resolve
from wayside.sim.profile import Profile
from wayside.sim.results import Results
from wayside.sim.rundir import disk_error
from wayside.sim.scenario import Scenario, clock, resolved
from wayside.sim.stops import Stops
from wayside.sim.sumo import open_backend
from wayside.sim.sumo.backend import Backend, Events
from wayside.sim.sumo.commands import ChargeAt, Command, ParkAt, Refusal, apply_all
from wayside.sim.sumo.facilities import read_facilities
from wayside.sim.sumo.network import net_file, read_network
from wayside.sim.sumo.staging import stage
from wayside.sim.v2x import Exchange
from wayside.sim.wire.awareness import Awareness
from wayside.sim.wire.junctions import read_junctions
from wayside.sim.wire.units import UnitMessages
from wayside.sim.world import RoadNetwork, Signals, VehicleTable

_T = TypeVar("_T")

TICK_MS = 100
USUAL_PACKET = 100  # octets, of a CAM with its headers: what congestion control reckons with at first
PLATFORM_EVERY_MS = 1000  # how often charging, power and expired reservations are looked at
SERVICES = ("parking", "charging")
ITS_G5 = "itsg5"  # the radio that has congestion control


@dataclass(frozen=True)
class Tick:
    """The world after one SUMO step and the V2X ticks in it. The arrays are the live ones: copy what you keep."""

    simulation: Simulation
    time: float  # s of SUMO's clock
    events: Events

    @property
    def vehicles(self) -> VehicleTable:
        """All vehicles."""
        return self.simulation.vehicles

    @property
    def signals(self) -> Signals:
        """All traffic lights."""
        return self.simulation.signals

    @cached_property
    def kpis(self) -> Mapping[str, float]:
        """The key figures so far; what has no value yet (a mean over nothing) is missing."""
        return self.simulation.metrics.kpis()


class Simulation:
    """A scenario, run step by step.

    `out` is a directory to leave results in (docs/outputs.md); without it nothing is kept. `backend` is "native",
    "libsumo" or "traci"; `gui` opens sumo-gui. Raises WaysideError and its children, one line each.
    """

    def __init__(
        self,
        scenario: Scenario,
        out: str | Path | None = None,
        *,
        force: bool = False,
        backend: str = "native",
        gui: bool = False,
    ) -> None:
        self.scenario = resolved(scenario)
        self.clock = clock(scenario)
        for warning in self.clock.warnings:
            warnings.warn(warning, stacklevel=2)
        self.spent: defaultdict[str, float] = defaultdict(float)  # s of wall clock, by part
        self.profile: Profile | None = None  # set one and its figures come into timing.json
        self.interrupted = False  # set it (from a signal handler) and the next step raises KeyboardInterrupt
        # Orders that hold from step to step: asked after each for what is to be done next.
        self.standing: list[Callable[[Events], Iterable[Command]]] = []
        self._closed = False
        self._queue: list[Command] = []
        self._refusals: list[Refusal] = []
        self._alone = False  # whether nobody commands between two steps
        self._watched = True  # whether somebody may look between them
        self._cleanup = contextlib.ExitStack()
        self._began = time.perf_counter()
        # Names are resolved before SUMO starts: a misspelt policy should not cost a city's loading time.
        self._code = resolve(self.scenario)
        self.results = None if out is None else Results.create(Path(out), force)
        try:
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
        self.staged = stage(scenario.sumo.config, folder, scenario.sumo.options)
        # Read before SUMO starts: sumo itself crashes on some broken networks instead of refusing them.
        self.network: RoadNetwork = read_network(net_file(self.staged.config))
        try:
            self.backend: Backend = open_backend(backend, gui, self._arguments(), self.network)
        except SumoError as error:
            raise self._plainly(error) from None
        self._cleanup.callback(self.backend.close)
        self.vehicles = self.backend.vehicles
        self.signals = self.backend.signals
        self._begin_ms = round(self.backend.time * 1000)
        self._step_ms = round(self.backend.step_length * 1000)
        self._steps = 0
        self._platform_ms = self._begin_ms
        self._build()
        self._overlapped = scenario.pipeline == "overlapped"
        self._two_cores = _cores() > 1
        if self.results is not None:
            self.results.open(self)
        self.spent["set-up"] = time.perf_counter() - self._began

    def _arguments(self) -> list[str]:
        arguments = ["-c", str(self.staged.config), "--seed", str(self.clock.seed)]
        arguments += ["--step-length", _seconds(self.clock.step_length), "--no-step-log", "true"]
        if self.clock.end is not None:
            arguments += ["--end", _seconds(self.clock.end)]
        for name, value in self.clock.options.items():
            arguments += [f"--{name}", value]
        return arguments

    def _build(self) -> None:
        """Everything around SUMO: facilities, platforms, units, vehicles' stations, the air."""
        scenario = self.scenario
        backend = self.backend
        additional = [Path(file) for file in backend.option("additional-files").split(",") if file]
        self.facilities = read_facilities(additional, self.network)
        code = self._code
        self.platform = CityPlatform(
            ParkingPlatform(self.facilities.car_parks, code.parking, scenario.parking.reservation_timeout),
            ChargingPlatform(
                self.facilities.chargers,
                code.charging,
                code.power,
                scenario.parking.reservation_timeout,
                scenario.charging.max_wait,
            ),
        )
        sites = place_units(scenario, self.network, self.signals)
        self.maps = LocalDynamicMaps(len(sites))
        self.units = [
            RoadsideUnit(site.id, number, site.position, self.maps, self.platform, site.light)
            for number, site in enumerate(sites)
        ]
        for unit, site in zip(self.units, sites, strict=True):
            unit.install([code.apps[name] for name in site.apps])
        assert scenario.seed is not None
        self.fleet = Fleet(self.vehicles, scenario.v2x, scenario.seed, SERVICES, scenario.air)
        self.drivers = Drivers(
            backend,
            self.fleet,
            self.platform.parking,
            self.facilities.car_park_of,
            scenario.parking.request_distance,
            scenario.parking.compliance,
        )
        self.electric = ElectricVehicles(
            backend,
            self.fleet,
            self.platform.charging,
            self.facilities,
            scenario.charging.request_below,
            scenario.charging.target,
            scenario.charging.compliance,
        )
        net = net_file(self.staged.config)
        self.projection = Projection.of_net(net, scenario.v2x.origin)
        epoch = scenario.v2x.epoch.timestamp()
        x, y = np.array([site.position for site in sites], np.float64).reshape(-1, 2).T.copy()
        junctions = read_junctions(net, self.network, self.signals, self.projection, additional)
        first_tick = -(-(self._begin_ms + self._step_ms) // TICK_MS)
        self.exchange = Exchange(
            self.units,
            self.maps,
            self._radio(partial(read_buildings, additional)),
            UnitMessages(scenario.v2x.family, epoch, self.projection, x, y, self.signals, junctions),
            Awareness(scenario.v2x.family, self.projection, gnss_error=scenario.v2x.gnss_error),
            self.fleet,
            self.drivers,
            self.electric,
            self._congestion(len(sites)),
            first_tick,
        )
        self._stops = Stops(backend, self.facilities)
        self.metrics = Metrics(
            self.vehicles, self.exchange, self.drivers, self.electric, self.platform, backend.step_length
        )

    def _radio(self, buildings: Callable[[], Sequence[Doubles]]) -> Radio:
        v2x, air, seed = self.scenario.v2x, self.scenario.air, self.clock.seed
        power = (lambda: self.fleet.power) if air.power_of else None
        where, fields = self.scenario.source or self.scenario.sumo.config, radio_fields(v2x)
        named = [f'{where}: {fields[name]} = "{name}"' for name in v2x.radios]
        lanes = self.network.lane_shapes
        site = Site(v2x.range, air, seed, cache(buildings), v2x.uu, power, lambda: lanes, named[0])
        radio, *others = self._code.radios
        main = radio(site)
        self._mixed: Mixed | None = None
        if others:
            # Chance of their own: stations of different radios have nothing to do with one another.
            seeds = [number(seed, "radio", name) % 2**31 for name in v2x.radios[1:]]
            sites = [replace(site, seed=own, named=name) for own, name in zip(seeds, named[1:], strict=True)]
            rest = [other(own) for other, own in zip(others, sites, strict=True)]
            main = self._mixed = Mixed([main, *rest], lambda: self.fleet.radio)
        return main if v2x.uu == "off" or isinstance(main, UuRadio) else beside(main, site)

    def _congestion(self, units: int) -> Congestion:
        air, radios = self.scenario.air, self.scenario.v2x.radios
        if air.dcc != "off" and ITS_G5 not in radios:
            where = self.scenario.source or self.scenario.sumo.config
            allowed = f'is for v2x.radio = "{ITS_G5}", or a vehicle class that has it by v2x.radio_of'
            raise ScenarioError(f'{where}: air.dcc = "{air.dcc}": {allowed}; here is {", ".join(radios)}')
        channel = None
        if self._mixed is not None and ITS_G5 in radios:
            channel = partial(self._mixed.channel, radios.index(ITS_G5))

        def seconds(size: Ints) -> Doubles:
            octets = size if air.size is None else np.full_like(size, air.size)
            return airtime(octets, air.rate).astype(np.float64) / 1e9

        usual = float(seconds(np.array([USUAL_PACKET], np.int32))[0])
        return Congestion(air.dcc, units, self.vehicles.capacity, usual, seconds, channel)

    @property
    def time(self) -> float:
        """SUMO's clock, s."""
        return (self._begin_ms + self._steps * self._step_ms) / 1000.0

    def command(self, command: Command) -> None:
        """Queue a command for SUMO; it is applied at the next step boundary. RuntimeError within `run`."""
        if self._alone:
            raise RuntimeError("run() lets SUMO go ahead; iterate over the simulation to command it")
        self._queue.append(command)

    def __enter__(self) -> Self:
        return self

    def __iter__(self) -> Iterator[Tick]:
        return self

    def __next__(self) -> Tick:
        """Advance by one SUMO step. SumoError where SUMO breaks off, OutputError where the disk will not take more."""
        if self.interrupted:
            raise KeyboardInterrupt
        if self._done():
            raise StopIteration
        if self._ahead:
            # SUMO has been computing this step while the edge was thinking about the last one.
            self._timed("sumo", self._step, self.backend.finish_step)
            self._ahead = False
            if self._overlapped:
                self._timed("commands", self._apply)
            self._hear_refusals()
        else:
            self._timed("commands", self._apply)
            self._hear_refusals()
            self._timed("sumo", self._step, self.backend.step)
        events = self._timed("read", self._read)
        for order in self.standing:
            self._queue += order(events)
        if self._overlapped and not self._done():
            self._go_ahead()
        self._think(events)
        if self.results is not None:
            self._timed("record", self._record, events)
        return Tick(self, self.time, events)

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

    def _plainly(self, error: SumoError) -> SumoError:
        """SUMO's words with the user's folder instead of the one where the inputs are staged."""
        there, here = str(self.staged.folder), str(self.scenario.sumo.config.parent)
        return SumoError(str(error).replace(there, here))

    def _step(self, step: Callable[[], None]) -> None:
        try:
            step()
        except SumoError as error:
            raise self._plainly(error) from None

    def _timed(self, part: str, call: Callable[..., _T], *arguments: object) -> _T:
        begin = time.perf_counter()
        try:
            return call(*arguments)
        finally:
            self.spent[part] += time.perf_counter() - begin

    def _record(self, events: Events) -> None:
        assert self.results is not None
        try:
            self.results.recorder.step(events, self.time)
        except OSError as error:
            raise disk_error(self.results.path, error) from None

    def _apply(self) -> None:
        """Hand the queue to SUMO."""
        if self._queue:
            refused, self._queue = apply_all(self._queue, self.backend.api)
            self._refusals += refused

    def _hear_refusals(self) -> None:
        """What SUMO did not take goes back to those who asked, when the step in which they asked is over."""
        refusals, self._refusals = self._refusals, []
        for refusal in refusals:
            self.metrics.refused += 1
            if isinstance(refusal.command, ParkAt):
                self.drivers.refused(refusal.command.vehicle, self.time)
            elif isinstance(refusal.command, ChargeAt):
                self.electric.refused(refusal.command.vehicle, self.time)

    def _read(self) -> Events:
        """Fill the tables from SUMO, and take in what happened to whom."""
        events = self.backend.read()
        self._steps += 1
        self._expected = self.clock.end is not None or self.backend.expected > 0
        self.fleet.admit(events.departed)
        self.exchange.admit(events.departed)
        if len(events.departed):
            self.electric.admit(events.departed)
            for slot in events.departed.tolist():
                self.drivers.plan(slot)
        now = self.time
        self._stops.pass_on(self.drivers, self.electric, now)
        for slot in events.arrived.tolist():
            station = int(self.vehicles.station[slot])
            self.drivers.gone(slot, station)
            self.electric.gone(slot, station, now)
        return events

    def _think(self, events: Events) -> None:
        """What the platforms do once a second, and the V2X ticks of this step."""
        now_ms = self._begin_ms + self._steps * self._step_ms
        since_platform = self._timed("edge", self._look_after, now_ms)
        first, last = -(-now_ms // TICK_MS), -(-(now_ms + self._step_ms) // TICK_MS) - 1
        self._go_ahead_if_settled(first, last)
        self._timed("edge", self._sense, events, since_platform)
        for tick in range(first, last + 1):
            self._go_ahead_if_settled(tick, last)
            now, since_step = tick * TICK_MS / 1000.0, (tick * TICK_MS - now_ms) / 1000.0
            commands = self._timed("edge", self.exchange.tick, tick, since_step, now)
            assert self._overlapped or not (commands and self._ahead), "a command after the last that was possible"
            self._queue += commands

    def _go_ahead_if_settled(self, tick: int, last: int) -> None:
        """In lockstep: where V2X ticks `tick` to `last` of this step cannot command anything, SUMO need not wait."""
        may = self._alone and self._two_cores and not self._ahead and not self._done()
        if may and self.exchange.settled(tick, last, tick * TICK_MS / 1000.0):
            self._timed("commands", self._apply)
            self._go_ahead()

    def _look_after(self, now_ms: int) -> float:
        """Book energy, share out power, and free what nobody came for, once a second; the time since then [s], or 0."""
        if now_ms - self._platform_ms < PLATFORM_EVERY_MS:
            return 0.0
        now, seconds = now_ms / 1000.0, (now_ms - self._platform_ms) / 1000.0
        self._platform_ms = now_ms
        self._queue += self.electric.charge(seconds, now)
        self.drivers.expired(self.platform.parking.expire(now), now)
        self.electric.expired(self.platform.charging.expire(now))
        return seconds

    def _sense(self, events: Events, since_platform: float) -> None:
        self.metrics.step(events, since_platform)
        self.exchange.sense()

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


def _cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _seconds(value: float) -> str:
    """For SUMO, which knows milliseconds."""
    return f"{value:.3f}"
