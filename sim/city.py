"""What a simulation is of: SUMO, loaded and waiting, and the roadside around it, put together from a scenario."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wayside.edge.app import TICK_MS
from wayside.edge.drawings import Drawings
from wayside.edge.errors import WaysideError
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
from wayside.sim.exchange.exchange import Exchange
from wayside.sim.observers import Observers
from wayside.sim.onboard.queue import CommandQueue
from wayside.sim.onboard.service import Onboard, Surroundings
from wayside.sim.onboard.stops import Stops
from wayside.sim.plugins import Names
from wayside.sim.results.metrics import Metrics
from wayside.sim.scenario import Scenario, clock, resolved
from wayside.sim.stations.fleet import Fleet
from wayside.sim.stations.persons import Devices
from wayside.sim.sumo import backend_class
from wayside.sim.sumo.backend import Backend
from wayside.sim.sumo.demand.draws import Draws
from wayside.sim.sumo.facilities import read_facilities
from wayside.sim.sumo.foes import read_foes
from wayside.sim.sumo.network import net_file, read_network
from wayside.sim.sumo.staging import stage
from wayside.sim.wire.awareness import Awareness
from wayside.sim.wire.junctions import read_junctions
from wayside.sim.wire.units import UnitMessages
from wayside.sim.world import RoadNetwork
from wayside.sim.world.geo import Projection
from wayside.sim.world.roads import Roads

if TYPE_CHECKING:
    from wayside.sim.results.directory import Results


class City:
    """A scenario put together: roads, vehicles, lights, units, stations, the air, and whoever watches.

    Nothing moves here. Raises WaysideError and its children, one line each.
    """

    def __init__(self, scenario: Scenario, out: str | Path | None, *, force: bool, keep_going: bool) -> None:
        self.clock = clock(scenario)
        for warning in self.clock.warnings:
            warnings.warn(warning, stacklevel=3)
        self.failures = Failures(keep_going)
        self.journal = Journal(None if out is None else [])
        self.observers = Observers()
        self._cleanup = contextlib.ExitStack()
        # Names are looked up before SUMO starts: a misspelt policy should not cost a city's loading time.
        self._names = Names(resolved(scenario))
        self.scenario = self._names.scenario
        self.results: Results | None = None
        if out is not None:
            from wayside.sim.results.directory import Results  # PyArrow takes long to import

            self.results = Results.create(Path(out), force)

    def _set_up(self, backend: str, gui: bool) -> None:
        """Put the inputs into a folder, start SUMO on them, and build everything around it."""
        scenario = self.scenario
        if self.results is not None:
            folder = self.results.path / "sumo"
        else:
            folder = Path(self._cleanup.enter_context(tempfile.TemporaryDirectory(prefix="wayside-")))
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
        if self._code.control.controls and not self.signals.ids:
            warnings.warn(f"{self._code.control.named}: is of no use: the net has no traffic light", stacklevel=5)
        self._build()

    def _lanes_of(self, edge: str) -> int:
        """How many lanes for motor vehicles an edge has, by its id; 0 where there is no such one."""
        number, lanes = self.network.edge_number.get(edge, -1), self._roads.map.lanes
        return int(lanes[number]) if 0 <= number < len(lanes) else 0

    def _build(self) -> None:
        """Everything around SUMO: facilities, platforms, units, vehicles' stations, the air."""
        scenario = self.scenario
        backend = self.backend
        additional = [Path(file) for file in backend.option("additional-files").split(",") if file]
        self.facilities = read_facilities(additional, self.network, scenario.clock_s)
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
    def roads(self) -> Roads:
        """The roads as plug-ins see them."""
        return self._roads

    def _plainly(self, text: str) -> str:
        """Words about files, of the user's instead of those where the inputs are staged."""
        here = self.scenario.sumo.config.parent if self.results is None else self.results.out / "sumo"
        return self.staged.plainly(text, here)
