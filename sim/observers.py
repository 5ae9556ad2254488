"""The interface of all who watch a run: recorder, key figures, capture, viewer, presenter, and the user's own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from wayside.edge.errors import BREAKS, PluginError, is_told, place_of, told_by

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation, Tick
    from wayside.sim.stations.packets import Packets
    from wayside.sim.sumo.backend import StepEvents
    from wayside.sim.sumo.commands import Command


# What key figures and tables of wayside's own begin with, but for those of services.
OURS = frozenset(
    {
        "apps",
        "channel",
        "commands",
        "delivery",
        "facilities",
        "forwarding",
        "gaps",
        "latency",
        "log",
        "messages",
        "packets",
        "persons",
        "platform",
        "radio",
        "rsu",
        "sensors",
        "signals",
        "trajectories",
        "vehicles",
    }
)


class Table(NamedTuple):
    """Records of one dataclass, a row each; its fields are of type str, bool, int or float."""

    kind: type
    records: list[Any]


class Observer:
    """One who watches a run: the base of all. A method that is not overridden costs nothing.

    It looks and does not touch: the arrays that it sees are the live ones. `orders` is for those who stand for people
    in front of the run, as a presenter.
    """

    name: ClassVar[str] = ""  # of a user's own: its key figures and tables begin with it
    summary: ClassVar[tuple[str, ...]] = ()  # those that the table at a run's end shows, its name and the dot left out

    @property
    def unrepeatable(self) -> str:
        """Why the same scenario, seed and version do not give the same bytes where it takes part; empty: they do."""
        return ""

    def begin(self, simulation: Simulation) -> None:
        """The run is set up; no step has been made."""

    def step(self, tick: Tick) -> None:
        """A SUMO step and the V2X ticks in it are done."""

    def packets(self, packets: Packets) -> None:
        """Packets of one kind have been sent, or given up; called several times in a V2X tick."""

    def orders(self, events: StepEvents) -> Iterable[Command]:
        """SUMO has stepped: what is to be done at the next step boundary."""
        return ()

    def kpis(self) -> dict[str, float]:
        """Key figures so far; NaN where there is none yet. May be asked at any time."""
        return {}

    def tables(self) -> Mapping[str, Table]:
        """At the end: tables of the whole run, by the name of their file."""
        return {}

    def end(self) -> None:
        """The run is over, or broken off."""


def overrides(observer: Observer, method: str) -> bool:
    """Whether an observer has a method of its own."""
    return getattr(type(observer), method) is not getattr(Observer, method) or method in vars(observer)


@dataclass
class Observers:
    """All observers of a run, each asked only for what it cares about. Who listens to packets is kept apart.

    PluginError names a user's observer for whatever it raises.
    """

    all: list[Observer] = field(default_factory=list)
    stepped: list[Observer] = field(default_factory=list)
    listeners: list[Callable[[Packets], None]] = field(default_factory=list)
    commanding: list[Observer] = field(default_factory=list)
    _clock: Callable[[], float] = field(default=lambda: math.nan, repr=False)  # s of the simulation

    def __iter__(self) -> Iterator[Observer]:
        return iter(self.all)

    def add(self, observer: Observer) -> None:
        """Let one more watch. ValueError where another has its name."""
        if observer.name and any(other.name == observer.name for other in self.all):
            raise ValueError(f"there is an observer {observer.name!r} already")
        self.all.append(observer)
        if overrides(observer, "step"):
            self.stepped.append(observer)
        if overrides(observer, "packets"):
            self.listeners.append(_Listens(observer, self._asked))
        if overrides(observer, "orders"):
            self.commanding.append(observer)

    def remove(self, observer: Observer) -> None:
        """Let one watch no more."""
        for group in (self.all, self.stepped, self.commanding):
            if observer in group:
                group.remove(observer)
        if (listens := _Listens(observer, self._asked)) in self.listeners:
            self.listeners.remove(listens)

    def begin(self, simulation: Simulation) -> None:
        """The run is set up."""
        self._clock = lambda: simulation.time
        for observer in self.all:
            self._asked(observer, observer.begin, simulation)

    def step(self, tick: Tick) -> None:
        """A step is done."""
        for observer in self.stepped:
            self._asked(observer, observer.step, tick)

    def orders(self, events: StepEvents) -> list[Command]:
        """What those who may command want done."""
        return [command for observer in self.commanding for command in self._asked(observer, observer.orders, events)]

    def kpis_of(self, observer: Observer) -> dict[str, float]:
        """The key figures of one. PluginError as `checked_figures`."""
        if not overrides(observer, "kpis"):
            return {}
        figures = self._asked(observer, observer.kpis)
        return checked_figures(self._answering(observer, "kpis"), observer.name, figures)

    def tables_of(self, observer: Observer) -> dict[str, Table]:
        """The tables of one. PluginError as `checked_tables`."""
        if not overrides(observer, "tables"):
            return {}
        tables = self._asked(observer, observer.tables)
        return checked_tables(self._answering(observer, "tables"), observer.name, tables)

    def end(self) -> None:
        """The run is over."""
        for observer in self.all:
            self._asked(observer, observer.end)

    def _asked(self, observer: Observer, method: Callable[..., Any], *arguments: Any) -> Any:
        """What a method of an observer answers."""
        try:
            return method(*arguments)
        except BREAKS as error:
            if is_told(error) or (isinstance(error, OSError) and not observer.name):
                raise  # the latter of our own files
            raise PluginError(f"{self._named(observer)}: {told_by(error)}") from error

    def _named(self, observer: Observer) -> str:
        return f"observer {observer.name or type(observer).__qualname__} at {self._clock():g} s"

    def _answering(self, observer: Observer, method: str) -> str:
        return f"{self._named(observer)}{place_of(observer, method)}"


@dataclass(frozen=True)
class _Listens:
    """An observer's ear."""

    observer: Observer
    ask: Callable[..., Any]

    def __call__(self, packets: Packets) -> None:
        self.ask(self.observer, self.observer.packets, packets)


def checked_figures(who: str, name: str, figures: Any) -> dict[str, float]:
    """Key figures of a plug-in. PluginError, one line that begins with `who`, for what is no dict of numbers, and for a
    figure whose name does not begin with the plug-in's and a dot. NaN is none yet.
    """
    if not isinstance(figures, Mapping):
        raise PluginError(f"{who}: kpis() must answer a dict of numbers, not a {type(figures).__name__}")
    for figure, value in figures.items():
        if not (isinstance(figure, str) and figure.startswith(f"{name}.")):
            raise PluginError(f"{who}: key figure {figure!r}: must begin with '{name}.'")
        if not isinstance(value, int | float | np.integer | np.floating) or np.isinf(value):
            raise PluginError(f"{who}: key figure {figure!r} = {value!r}: must be a finite number, or NaN")
    return dict(figures)


def checked_tables(who: str, name: str, tables: Any) -> dict[str, Table]:
    """Tables of a plug-in. PluginError, one line that begins with `who`, for what is no dict of `Table`, and for one
    whose name is not the plug-in's, and does not begin with it and a dash.
    """
    if not isinstance(tables, Mapping) or not all(isinstance(table, Table) for table in tables.values()):
        raise PluginError(f"{who}: tables() must answer a dict of wayside.Table")
    for table in tables:
        if not (isinstance(table, str) and re.fullmatch(rf"{re.escape(name)}(-[\w-]+)?", table)):
            raise PluginError(f"{who}: table {table!r}: must be '{name}', or that, a dash and a word")
    return dict(tables)


def check_name(who: str, name: str, taken: Iterable[str]) -> None:
    """PluginError where a plug-in's name is none, is what figures and tables of ours begin with, or another's."""
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        raise PluginError(f"{who}: its name {name!r} must be letters, digits and _")
    if name in OURS:
        raise PluginError(f"{who}: its name {name!r} is what figures or tables of wayside's begin with: take another")
    if name in taken:
        raise PluginError(f"{who}: {name!r} is there already")
