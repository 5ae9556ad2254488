"""Key figures of a run: dotted names, plain numbers, the same at every moment of it (definitions: docs/kpis.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from wayside.edge.failures import Failures
from wayside.edge.reports import CityReports
from wayside.sim.control.control import SignalControl
from wayside.sim.exchange.exchange import Exchange
from wayside.sim.observers import Observer, Observers, checked_figures
from wayside.sim.onboard.service import Onboard, OnboardService
from wayside.sim.stations.histograms import ratio
from wayside.sim.stations.persons import Devices
from wayside.sim.sumo.backend import Backend

if TYPE_CHECKING:
    from wayside.sim.engine import Tick


class Metrics(Observer):
    """Counts what happens, step by step; `kpis` sums it up."""

    def __init__(
        self,
        backend: Backend,
        exchange: Exchange,
        onboard: Onboard,
        control: SignalControl,
        observers: Observers,
        failures: Failures,
        reports: CityReports,
        devices: Devices,
    ) -> None:
        self.backend = backend
        self.vehicles = backend.vehicles
        self.exchange = exchange
        self.onboard = onboard
        self.control = control
        self.observers = observers
        self.failures = failures
        self.reports = reports
        self.devices = devices
        self.now = 0.0  # s, of the last step
        self.departed = self.arrived = self.peak = self.refused = 0
        self.updates = 0  # vehicles x SUMO steps
        self.driving_s = 0.0
        self.ended_m = 0.0  # driven by those who have arrived
        self.persons_gone = 0

    def step(self, tick: Tick) -> None:
        """Take in a SUMO step."""
        events, self.now = tick.events, tick.time
        table = self.vehicles
        n = table.extent
        self.departed += len(events.departed)
        self.persons_gone += len(events.persons.went)
        self.arrived += len(events.arrived)
        if len(events.arrived):
            self.ended_m += float(table.distance[events.arrived].sum())
        on_road = int(np.count_nonzero(table.lane[:n] >= 0))
        self.peak = max(self.peak, on_road)
        self.updates += table.count
        self.driving_s += on_road * self.backend.step_length

    def groups(self) -> dict[str, list[Callable[[], dict[str, float]]]]:
        """What tells key figures, by what their names begin with. PluginError where a user's breaks off."""
        measures, traffic, kinds = self.exchange.measures, self.exchange.traffic, self.exchange.kinds
        groups: dict[str, list[Callable[[], dict[str, float]]]] = {
            "vehicles": [self._of_vehicles],
            "messages": [self._of_messages, partial(measures.of_messages, kinds, traffic)],
            "rsu": [lambda: {"rsu.units": sum(not unit.cellular for unit in self.exchange.units)}],
            "commands": [lambda: {"commands.refused": self.refused}],
            "radio": [measures.of_radio],
            "signals": [self.control.kpis],
            "platform": [self.reports.kpis],
        }
        if self.exchange.senses is not None:
            groups["sensors"] = [self.exchange.senses.kpis]
        if self.backend.persons.come:
            groups["persons"] = [self._of_persons]
        if failed := len(self.failures.all):  # only with `keep_going`
            groups["apps"] = [lambda: {"apps.failed": failed}]
        if (forwarding := self.exchange.forwarding) is not None:
            groups["forwarding"] = [forwarding.kpis]
        for service in self.onboard:
            groups[service.name] = [partial(self._of_service, service), partial(measures.of_answers, service.name)]
        for observer in self.observers:
            if observer.name:
                groups.setdefault(observer.name, []).append(partial(self.observers.kpis_of, observer))
        return groups

    def kpis(self) -> dict[str, float]:
        """All key figures; NaN is left out (a mean over nothing)."""
        return dict(Figures(self.groups))

    def _of_service(self, service: OnboardService) -> dict[str, float]:
        with service.running():
            figures = service.kpis(self.now)
        return checked_figures(service.answering("kpis"), service.name, figures)

    def _of_vehicles(self) -> dict[str, float]:
        driven_m = self.ended_m + float(self.vehicles.distance[self.vehicles.slots()].sum())
        return {
            "vehicles.departed": self.departed,
            "vehicles.arrived": self.arrived,
            "vehicles.present": self.vehicles.count,
            "vehicles.peak_driving": self.peak,
            "vehicles.teleports": self.backend.teleports,
            "vehicles.mean_speed_m_s": ratio(driven_m, self.driving_s),
            "vehicles.driven_km": driven_m / 1000.0,
        }

    def _of_persons(self) -> dict[str, float]:
        persons = self.backend.persons
        return {
            "persons.departed": persons.come,
            "persons.arrived": self.persons_gone,
            "persons.present": persons.count,
            "persons.devices": self.devices.carried,
        }

    def _of_messages(self) -> dict[str, float]:
        traffic = self.exchange.traffic
        figures: dict[str, float] = {
            "messages.sent": sum(traffic.sent),
            "messages.received_by_vehicles": sum(traffic.at_vehicles),
            "messages.received_by_units": sum(traffic.at_units),
        }
        for number, kind in enumerate(self.exchange.kinds):
            name = kind.replace("-", "_")
            figures[f"messages.{name}.sent"] = traffic.sent[number]
            figures[f"messages.{name}.received"] = traffic.at_vehicles[number] + traffic.at_units[number]
        return figures


class Figures(Mapping[str, float]):
    """Key figures by name, worked out when one of their group is first asked for; NaN is left out."""

    def __init__(self, groups: Callable[[], Mapping[str, Sequence[Callable[[], dict[str, float]]]]]) -> None:
        self._tell = groups
        self._known: dict[str, dict[str, float]] = {}

    @cached_property
    def _groups(self) -> Mapping[str, Sequence[Callable[[], dict[str, float]]]]:
        return self._tell()

    def _group(self, name: str) -> dict[str, float]:
        if name not in self._known:
            figures = {figure: value for tell in self._groups[name] for figure, value in tell().items()}
            self._known[name] = {figure: value for figure, value in figures.items() if not np.isnan(value)}
        return self._known[name]

    def __getitem__(self, name: str) -> float:
        group = name.partition(".")[0]
        if group not in self._groups:
            raise KeyError(name)
        return self._group(group)[name]

    def __iter__(self) -> Iterator[str]:
        for group in self._groups:
            yield from self._group(group)

    def __len__(self) -> int:
        return sum(len(self._group(group)) for group in self._groups)
