"""The interface of an on-board service, and what the services of a run share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

import numpy as np

from wayside.edge.errors import code_of, place_of
from wayside.edge.messages import Broadcast, Request, Response
from wayside.edge.messages.kinds import Kind
from wayside.edge.platform import CityPlatform
from wayside.ext.arrays import Doubles, Flags, Indices, Ints
from wayside.sim.observers import Table
from wayside.sim.scenario import Scenario
from wayside.sim.stations.fleet import Fleet
from wayside.sim.sumo.backend import Backend
from wayside.sim.sumo.commands import Command
from wayside.sim.world import RoadNetwork
from wayside.sim.world.columns import SlotColumns
from wayside.sim.world.facilities import Facilities

if TYPE_CHECKING:
    from wayside.edge.context import Context
    from wayside.sim.plugins import Plugins


AFTER_REFUSAL = 10.0  # s until the next request where there was no place, or SUMO knows no way to it


class Backhaul(Protocol):
    """The way from the city's platforms to its units."""

    def hearers(self, service: str, stations: Sequence[int]) -> list[int]:
        """For each station the unit offering a service that heard it last, by its number, or -1."""
        ...

    def notify(self, unit: int, notice: Any) -> None:
        """Put a notice of a platform's into a unit's inbox."""
        ...


class Places(NamedTuple):
    """A service's facilities as rows of the table of them; one entry each."""

    ids: tuple[str, ...]
    capacity: Ints
    occupied: Ints
    reserved: Ints
    power_w: Doubles


@dataclass
class Surroundings:
    """What an on-board service may know of the simulation it runs in."""

    scenario: Scenario
    plugins: Plugins
    backend: Backend
    network: RoadNetwork
    fleet: Fleet
    facilities: Facilities
    platform: CityPlatform  # where a service enters its ledger, which is the edge's


class OnboardService(SlotColumns):
    """The vehicle side of one service, over arrays of slots: the base of all.

    The engine calls the methods in the order in which they stand here; what a service need not know it leaves out, and
    a method that is not overridden costs nothing.
    What its vehicles are to do goes into `orders`, which the engine hands to SUMO at the next step's boundary.
    """

    name: ClassVar[str] = ""  # as units announce it
    urgency: ClassVar[int] = 0  # the most urgent asks first
    asks: ClassVar[tuple[type[Request], ...]] = ()  # its requests
    hears: ClassVar[tuple[type[Broadcast | Response], ...]] = ()  # the answers to them, and broadcasts
    reads: ClassVar[tuple[type[Broadcast], ...]] = ()  # broadcasts of which all of a tick are taken at once
    kinds: ClassVar[tuple[Kind, ...]] = ()  # of messages, beside the built-in ones, that it sends or hears
    needs: ClassVar[str] = ""  # the application without which it hears nothing
    notices: ClassVar[tuple[type, ...]] = ()  # of its platform to units, that may lead to an answer
    headlines: ClassVar[tuple[str, ...]] = ()  # the key figures that comparisons test, its name and the dot left out
    summary: ClassVar[tuple[str, ...]] = ()  # likewise those that the table at a run's end shows; empty: `headlines`

    context: Context  # chance of its own, the clock, the network
    fleet: Fleet
    backhaul: Backhaul
    others: tuple[OnboardService, ...] = ()  # of the same run

    def __init__(self, around: Surroundings) -> None:
        """The service of a run. A ledger, if it has one, it enters into the platform."""
        self.fleet = around.fleet
        self.orders: list[Command] = []
        self.grow(around.fleet.vehicles.capacity)

    @property
    def present(self) -> bool:
        """Whether the scenario has what the service is about. Asked once, before the run; if not, it hears nothing."""
        return True

    def admit(self, departed: Ints) -> None:
        """Vehicles have come, into these slots."""
        if self.fleet.vehicles.capacity != self.capacity:
            self.grow(self.fleet.vehicles.capacity)
        if len(departed):
            self.reset(departed)

    def moved(self, now: float) -> None:
        """SUMO has stepped; nobody has been told to be stopped, to have left or to be gone in this step."""

    def stopped(self, slot: int, place: str, now: float) -> None:
        """A vehicle stands at a parking area or a charging station, by SUMO's id."""

    def left(self, slot: int, place: str, now: float) -> None:
        """A vehicle's stop at a place is over; it may have ended with the vehicle."""

    def gone(self, slots: Ints, now: float) -> None:
        """Vehicles have left the simulation; their rows still stand."""

    def settled(self, now: float) -> None:
        """All that has happened in SUMO's step is told."""

    def every_second(self, seconds: float, now: float) -> None:
        """About once a second; `seconds` since the last time."""

    def requests(self, now: float) -> Sequence[tuple[int, Request]]:
        """The requests that are sent now, by the unit that is asked."""
        return []

    def heard(self, said: Response, now: float) -> None:
        """Vehicles hear answers of a class in `hears`: as the octets say, one entry each."""

    def told(self, said: Any, slots: Ints, now: float) -> None:
        """Vehicles in these slots hear a broadcast of a class in `hears`, as its octets say.

        What is to be done about it is ordered in `every_second`; an order at once needs `awaiting`.
        """

    def read(self, kind: type[Broadcast], said: Any, packet: Ints, slots: Ints, now: float) -> None:
        """Vehicles receive broadcasts of a class in `reads`: message packet[k] of this tick's comes to slots[k].

        said: of all messages of the kind, as its codec reads them (`BroadcastCodec.read`). For what is to be done about
        it, see `told`.
        """

    def awaiting(self, now: float) -> bool:
        """Whether what anybody hears after `now` s could lead to an order at once: then SUMO waits for it."""
        return False

    def engaged(self, slots: Indices, now: float) -> Flags:
        """Which of these vehicles are about this service's errand, and so begin no other."""
        return np.zeros(len(slots), bool)

    def refused(self, command: Command, now: float) -> None:
        """SUMO did not take an order of this service's."""

    def closed(self, edges: Sequence[int], now: float) -> None:
        """These roads are closed from now on, and no others: places there take nobody, who is bound there asks anew."""

    def elsewhere(self) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Its parking areas on closed roads, by SUMO's ids; with each those to go to instead, the best first."""
        return ()

    def kpis(self, now: float) -> dict[str, float]:
        """Key figures, by dotted names that begin with the service's; NaN where there is none yet."""
        return {}

    def places(self, seconds: float) -> Places | None:
        """Its facilities as they are now, with the mean power over the last `seconds` s."""
        return None

    def tables(self, now: float) -> Mapping[str, Table]:
        """Tables of the whole run, by name."""
        return {}

    def idle(self) -> Iterator[str]:
        """At the end of a whole run: why nobody asked, a clause each, where the scenario has what it is about."""
        yield from ()

    # For subclasses

    def busy(self, slots: Indices, now: float) -> Flags:
        """Which of these vehicles are about another service's errand."""
        found = np.zeros(len(slots), bool)
        for other in self.others:
            if other is not self:
                found |= other.engaged(slots, now)
        return found

    @property
    def title(self) -> str:
        """As messages name it."""
        return f"on-board service {self.name}"

    def running(self) -> code_of:
        """Within this the service's code runs, which may be anybody's: PluginError, one line, for what it raises."""
        return self._running

    @cached_property
    def _running(self) -> code_of:
        return code_of(self.title, lambda: self.context.time)

    def answering(self, method: str) -> str:
        """Whose answer, from where in its code, and when, for messages about what is wrong with it."""
        return f"{self.title} at {self.context.time:g} s{place_of(self, method)}"

    def slot_of(self, vehicle: str) -> int | None:
        """Where a vehicle of SUMO's is now."""
        return self.fleet.vehicles.slot_of.get(vehicle)

    def slots_of(self, stations: Sequence[int]) -> list[int]:
        """The slots of stations that are there, ascending."""
        if not len(stations):
            return []
        table = self.fleet.vehicles
        found: list[int] = np.flatnonzero(np.isin(table.station[: table.extent], stations)).tolist()
        return found


@dataclass
class Onboard:
    """The on-board services of a run, in the order of their numbers; each is an attribute by its name, too."""

    services: tuple[OnboardService, ...] = ()
    present: tuple[OnboardService, ...] = field(init=False)  # those that the scenario has something for
    by_urgency: tuple[OnboardService, ...] = field(init=False)  # the same, the most urgent first
    _hooks: dict[str, list[tuple[OnboardService, Callable[..., None]]]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.present = tuple(service for service in self.services if service.present)
        self.by_urgency = tuple(sorted(self.present, key=lambda service: -service.urgency))
        for service in self.services:
            service.others = self.services

    def __iter__(self) -> Iterator[OnboardService]:
        return iter(self.services)

    def __len__(self) -> int:
        return len(self.services)

    def __getattr__(self, name: str) -> Any:
        for service in self.__dict__.get("services", ()):
            if service.name == name:
                return service
        raise AttributeError(f"no on-board service {name!r}")

    def overriding(self, *hooks: str) -> tuple[OnboardService, ...]:
        """The services, by number, that are present and have one of these methods of their own."""
        return tuple(one for one in self.present if any(_own(one, hook) is not None for hook in hooks))

    def tell(self, hook: str, *arguments: Any) -> None:
        """Call a method of all services that have one of their own, the most urgent service's first."""
        if hook not in self._hooks:
            said = [(service, _own(service, hook)) for service in self.by_urgency]
            self._hooks[hook] = [(service, method) for service, method in said if method is not None]
        for service, method in self._hooks[hook]:
            with service.running():
                method(*arguments)

    def admit(self, departed: Ints) -> None:
        """Vehicles have come, into these slots."""
        capacity = self.services[0].fleet.vehicles.capacity if self.services else 0
        for service in self.services:
            if service in self.present:
                with service.running():
                    service.admit(departed)
            elif service.capacity != capacity:
                service.grow(capacity)

    def orders(self) -> list[tuple[Command, OnboardService]]:
        """What vehicles have decided since the last call, with whose order it is: the most urgent service's first."""
        found: list[tuple[Command, OnboardService]] = []
        for service in self.by_urgency:
            if service.orders:
                found += [(command, service) for command in service.orders]
                service.orders.clear()
        return found


def _own(service: OnboardService, hook: str) -> Callable[..., None] | None:
    """A method that a service has not left out."""
    method: Callable[..., None] = getattr(service, hook)
    return None if getattr(method, "__func__", None) is getattr(OnboardService, hook) else method
