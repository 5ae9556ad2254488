"""One V2X tick of 100 ms: vehicles speak, units listen, think and answer, vehicles hear and obey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wayside.edge.app import periodic_methods
from wayside.edge.ldm import LIFETIME, LocalDynamicMaps
from wayside.edge.messages import ChargingResponses, Kind, ParkingResponses, Request, Response
from wayside.edge.unit import RoadsideUnit, Sending
from wayside.sim.air import Doubles, Ints, Radio
from wayside.sim.charging import ElectricVehicles
from wayside.sim.fleet import Fleet
from wayside.sim.parking import Drivers
from wayside.sim.sumo.commands import Command

DECIDE_EVERY = 5  # V2X ticks between two looks at who wants a bay or a charger
FORGET_EVERY = 10


@dataclass
class Traffic:
    """Packets by kind since the begin; arrays of len(Kind)."""

    sent: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(Kind), np.int64))
    at_vehicles: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(Kind), np.int64))
    at_units: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(Kind), np.int64))

    def count(self, kind: Kind, sent: int, at_vehicles: int, at_units: int) -> None:
        """Add packets of one kind."""
        self.sent[kind] += sent
        self.at_vehicles[kind] += at_vehicles
        self.at_units[kind] += at_units


@dataclass(frozen=True)
class Packets:
    """Packets of one kind sent in one tick, for whoever records each: arrays of one entry per packet."""

    kind: Kind
    from_unit: bool
    sender: Ints | NDArray[np.int64]  # station of a vehicle, or number of a unit
    x: Doubles
    y: Doubles
    at_vehicles: Ints
    at_units: Ints


class _Repeats:
    """What units keep on sending: parallel lists, small and seldom changed."""

    def __init__(self) -> None:
        self.unit: Ints = np.empty(0, np.int32)
        self.kind: Ints = np.empty(0, np.int32)
        self.radius: Doubles = np.empty(0)
        self.interval: NDArray[np.int64] = np.empty(0, np.int64)
        self.due: NDArray[np.int64] = np.empty(0, np.int64)
        self.until: NDArray[np.int64] = np.empty(0, np.int64)

    def add(self, unit: int, sending: Sending, first: int) -> None:
        """Send from tick `first` on."""
        self.unit = np.append(self.unit, np.int32(unit))
        self.kind = np.append(self.kind, np.int32(sending.message.kind))
        self.radius = np.append(self.radius, sending.radius)
        self.interval = np.append(self.interval, np.int64(max(sending.repeat, 1)))
        self.due = np.append(self.due, np.int64(first))
        self.until = np.append(self.until, np.int64(first + (sending.lasting if sending.repeat else 0)))

    def take(self, now: int) -> NDArray[np.intp]:
        """The rows due now; each is set to its next time. Those past their end are dropped first."""
        if len(self.until) and self.until.min() < now:
            keep = self.until >= now
            for name in ("unit", "kind", "radius", "interval", "due", "until"):
                setattr(self, name, getattr(self, name)[keep])
        rows = np.flatnonzero(self.due <= now)
        self.due[rows] += self.interval[rows]
        return rows


class Exchange:
    """The vehicles' stations, the roadside units, and the air between them."""

    def __init__(
        self,
        units: Sequence[RoadsideUnit],
        maps: LocalDynamicMaps,
        radio: Radio,
        fleet: Fleet,
        drivers: Drivers,
        electric: ElectricVehicles,
        first_tick: int,
    ) -> None:
        self.units = units
        self.maps = maps
        self.radio = radio
        self.fleet = fleet
        self.drivers = drivers
        self.electric = electric
        self.traffic = Traffic()
        self.unit_received = np.zeros(len(units), np.int64)  # packets, by unit
        self.units_on = np.ones(len(units), np.uint8)
        self.unit_x = np.array([unit.position[0] for unit in units])
        self.unit_y = np.array([unit.position[1] for unit in units])
        self.listener: Callable[[Packets], None] | None = None  # gets every packet, where one wants them
        self.offered = np.array([[name in unit.services for name in fleet.services] for unit in units], np.bool_)
        self._repeats = _Repeats()
        self._calls: dict[int, list[tuple[RoadsideUnit, Callable[[], None], int]]] = {}
        radio.place_units(self.unit_x, self.unit_y)
        for unit in units:
            # Staggered by the unit's number: neighbours do not all compute and speak in the same tick.
            for method, period in (call for app in unit.apps for call in periodic_methods(app)):
                self._calls.setdefault(first_tick + unit.number % period, []).append((unit, method, period))
            self._collect(unit, first_tick + unit.number % 10, [])

    def switch(self, unit: int, on: bool) -> None:
        """Switch a unit off: it hears, computes and sends nothing; or on again."""
        self.units[unit].on = on
        self.units_on[unit] = on

    def tick(self, number: int, since_step: float, now: float) -> list[Command]:
        """V2X tick `number`, at `now` s, `since_step` s after the last SUMO step. What vehicles decided to do."""
        fleet = self.fleet
        n = fleet.vehicles.extent
        fleet.move(since_step)
        self.radio.place_vehicles(fleet.x[:n], fleet.y[:n], fleet.active[:n])
        self._awareness(number, now)
        commands: list[Command] = []
        if number % DECIDE_EVERY == 0:
            self._ask(now)
        if number % FORGET_EVERY == 0:
            self.maps.forget(now - LIFETIME)
        responses: list[tuple[int, Response]] = []
        for unit, method, period in self._calls.pop(number, ()):
            if unit.on:
                unit.time = now
                method()
                if unit.outbox:
                    self._collect(unit, number, responses)
            self._calls.setdefault(number + period, []).append((unit, method, period))
        self._repeat(number)
        for from_unit, response in responses:
            commands += self._respond(from_unit, response, now)
        return commands

    def _awareness(self, number: int, now: float) -> None:
        fleet = self.fleet
        senders = fleet.awareness(number)
        if not len(senders):
            return
        content = fleet.content(senders)
        x, y = content[:, 0].copy(), content[:, 1].copy()
        at_vehicles = self.radio.count_vehicles(x, y, np.inf)
        at_vehicles -= 1  # not its own
        heard = self.radio.reach_units(x, y, self.units_on)
        self.maps.admit(fleet.capacity)
        self.maps.hear(heard.packet, heard.receiver, senders, content, now)
        self.unit_received += np.bincount(heard.receiver, minlength=len(self.units))
        self.traffic.count(Kind.CAM, len(senders), int(at_vehicles.sum()), len(heard.packet))
        if self.listener is not None:
            at_units = np.bincount(heard.packet, minlength=len(senders)).astype(np.int32)
            stations = fleet.vehicles.station[senders]
            self.listener(Packets(Kind.CAM, False, stations, x, y, at_vehicles, at_units))

    def _ask(self, now: float) -> None:
        self.drivers.look(now)
        for unit, request in self.drivers.requests(now, self.electric.busy):
            self._request(unit, request)
        for unit, charging in self.electric.requests(now, self.drivers.state):
            self._request(unit, charging)

    def _request(self, unit: int, request: Request) -> None:
        """Unicast to one unit; what does not arrive is asked again later."""
        fleet = self.fleet
        x, y = fleet.x[request.vehicle], fleet.y[request.vehicle]
        arrives = self.radio.carries(x, y, np.full(len(x), self.unit_x[unit]), np.full(len(x), self.unit_y[unit]))
        arrives &= bool(self.units_on[unit])
        self.traffic.count(request.kind, len(x), 0, int(arrives.sum()))
        self.unit_received[unit] += int(arrives.sum())
        if self.listener is not None:
            none = np.zeros(len(x), np.int32)
            self.listener(Packets(request.kind, False, request.station, x, y, none, arrives.astype(np.int32)))
        if arrives.all():
            self.units[unit].receive(request)
        elif arrives.any():
            values = {name: getattr(request, name)[arrives] for name in request.__dataclass_fields__ if name != "kind"}
            self.units[unit].receive(type(request)(**values))

    def _collect(self, unit: RoadsideUnit, number: int, responses: list[tuple[int, Response]]) -> None:
        """Empty a unit's outbox: broadcasts become repeats (one that is sent once ends with its first time)."""
        for sending in unit.outbox:
            if isinstance(sending.message, ParkingResponses | ChargingResponses):
                responses.append((unit.number, sending.message))
            else:
                self._repeats.add(unit.number, sending, number)
        unit.outbox.clear()

    def _repeat(self, number: int) -> None:
        rows = self._repeats.take(number)
        if not len(rows):
            return
        rows = rows[self.units_on[self._repeats.unit[rows]] == 1]
        units = self._repeats.unit[rows]
        kinds = self._repeats.kind[rows]
        radii = self._repeats.radius[rows]
        x, y = self.unit_x[units], self.unit_y[units]
        received = np.zeros(len(rows), np.int32)
        for radius in set(radii.tolist()):
            mine = radii == radius
            received[mine] = self.radio.count_vehicles(x[mine], y[mine], radius)
        self.traffic.sent += np.bincount(kinds, minlength=len(Kind))
        self.traffic.at_vehicles += np.bincount(kinds, weights=received, minlength=len(Kind)).astype(np.int64)
        announcing = kinds == Kind.SAEM
        if announcing.any():
            unit = units[announcing]
            at_x, at_y = x[announcing], y[announcing]
            heard = self.radio.reach_vehicles(at_x, at_y, np.inf)
            self.fleet.hear_announcements(heard, unit, at_x, at_y, self.offered[unit])
        if self.listener is not None:
            for kind in sorted(set(kinds.tolist())):
                mine = kinds == kind
                none = np.zeros(int(mine.sum()), np.int32)
                self.listener(Packets(Kind(kind), True, units[mine], x[mine], y[mine], received[mine], none))

    def _respond(self, unit: int, response: Response, now: float) -> list[Command]:
        """Unicast to the vehicles named, as far as they are still there and in range; they obey."""
        fleet = self.fleet
        who = response.vehicle
        x, y = np.full(len(who), self.unit_x[unit]), np.full(len(who), self.unit_y[unit])
        arrives = self.radio.carries(x, y, fleet.x[who], fleet.y[who])
        arrives &= (fleet.vehicles.station[who] == response.station) & (fleet.active[who] == 1)
        self.traffic.count(response.kind, len(who), int(arrives.sum()), 0)
        if self.listener is not None:
            none = np.zeros(len(who), np.int32)
            self.listener(
                Packets(
                    response.kind,
                    True,
                    np.full(len(who), unit, np.int32),
                    x,
                    y,
                    arrives.astype(np.int32),
                    none,
                )
            )
        commands: list[Command] = []
        if isinstance(response, ParkingResponses):
            for slot, car_park in zip(who[arrives].tolist(), response.car_park[arrives].tolist(), strict=True):
                commands += self.drivers.obey(slot, car_park, now)
        else:
            for slot, charger in zip(who[arrives].tolist(), response.charger[arrives].tolist(), strict=True):
                commands += self.electric.obey(slot, charger, now)
        return commands
