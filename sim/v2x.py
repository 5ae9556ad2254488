"""One V2X tick of 100 ms: vehicles speak, units listen, think and answer, vehicles hear and obey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from wayside.edge.app import periodic_methods
from wayside.edge.ldm import LIFETIME, LocalDynamicMaps
from wayside.edge.messages import Broadcast, ChargingResponses, Kind, ParkingResponses, Request, Response
from wayside.edge.unit import RoadsideUnit, Sending
from wayside.sim.air import Doubles, Ints, Radio
from wayside.sim.charging import ElectricVehicles
from wayside.sim.fleet import Fleet
from wayside.sim.parking import Drivers
from wayside.sim.sumo.commands import Command

DECIDE_EVERY = 10  # V2X ticks between two looks at who wants a bay or a charger
FORGET_EVERY = 10


@dataclass
class Traffic:
    """Packets since the begin, by kind."""

    sent: list[int] = field(default_factory=lambda: [0] * len(Kind))
    at_vehicles: list[int] = field(default_factory=lambda: [0] * len(Kind))
    at_units: list[int] = field(default_factory=lambda: [0] * len(Kind))

    def count(self, kind: int, sent: int, at_vehicles: int, at_units: int) -> None:
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
    radius: float = np.inf  # m, of broadcasts
    to: Ints | NDArray[np.int64] | None = None  # of unicasts: station of a vehicle where a unit sends, else a unit
    # What they say: of CAMs `edge.ldm.CONTENT` x packets, of units' broadcasts an object each, of unicasts the batch.
    content: Doubles | Sequence[Broadcast] | Request | Response | None = None


class Receptions(NamedTuple):
    """Row k: packet[k] (a row of some Packets) reached a receiver, or was lost on the way to it."""

    packet: Ints
    receiver: NDArray[np.int64]  # station of a vehicle, or number of a unit
    at_unit: NDArray[np.bool_]
    lost: NDArray[np.bool_]


Listener = Callable[[Packets], None]


@dataclass(frozen=True)
class _Beat:
    """Broadcasts of one kind and radius that are due in the same ticks; what follows `radius` has one entry each."""

    kind: Kind
    radius: float  # m
    units: Ints
    x: Doubles  # m
    y: Doubles
    messages: tuple[Broadcast, ...]


class _Broadcasts:
    """What units send again and again, gathered into beats, so that a tick costs a call per beat."""

    def __init__(self, x: Doubles, y: Doubles) -> None:
        self._x, self._y = x, y
        # Radius, interval, phase, until, unit, message.
        self._entries: list[tuple[float, int, int, int, int, Broadcast]] = []
        self._beats: dict[tuple[int, int], list[_Beat]] = {}  # by interval and phase, in ticks
        self._intervals: list[int] = []
        self._valid_until = -1

    def add(self, unit: int, sending: Sending, message: Broadcast, first: int) -> None:
        """Send from tick `first` on; a message without repetition only then."""
        interval = max(sending.repeat, 1)
        until = first + sending.lasting if sending.repeat else first
        self._entries.append((sending.radius, interval, first % interval, until, unit, message))
        self._valid_until = -1

    def due(self, tick: int) -> list[_Beat]:
        """The beats of this tick."""
        if tick > self._valid_until:
            self._gather(tick)
        beats: list[_Beat] = []
        for interval in self._intervals:
            beats += self._beats.get((interval, tick % interval), ())
        return beats

    def _gather(self, tick: int) -> None:
        self._entries = [entry for entry in self._entries if entry[3] >= tick]
        self._valid_until = min((entry[3] for entry in self._entries), default=2**62)
        groups: dict[tuple[int, int, Kind, float], list[tuple[int, Broadcast]]] = {}
        for radius, interval, phase, _, unit, message in self._entries:
            groups.setdefault((interval, phase, message.kind, radius), []).append((unit, message))
        self._beats = {}
        for interval, phase, kind, radius in sorted(groups):
            units, messages = zip(*groups[interval, phase, kind, radius], strict=True)
            at = np.array(units, np.int32)
            beat = _Beat(kind, radius, at, self._x[at], self._y[at], messages)
            self._beats.setdefault((interval, phase), []).append(beat)
        self._intervals = sorted({interval for interval, _ in self._beats})


_Call = tuple[RoadsideUnit, Callable[[], None], type | None]


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
        self.requests_received = np.zeros(len(units), np.int64)  # by unit
        self.units_on = np.ones(len(units), np.uint8)
        self.unit_x = np.array([unit.position[0] for unit in units])
        self.unit_y = np.array([unit.position[1] for unit in units])
        self.listeners: list[Listener] = []  # get every packet, where there are any
        offered = [[name in unit.services for name in fleet.services] for unit in units]
        self.offered = np.array(offered, np.uint8).reshape(len(units), len(fleet.services))
        self._all_on = True
        self._vehicles = fleet.x[:0], fleet.y[:0], fleet.active[:0]  # of this step: where they are, and who listens
        self._broadcasts = _Broadcasts(self.unit_x, self.unit_y)
        # By period and phase, in ticks: which applications run, and what must wait in the inbox for it. Those that wait
        # for nothing once more by themselves: mostly no inbox holds anything.
        self._calls: dict[int, list[list[_Call]]] = {}
        self._unasked: dict[int, list[list[_Call]]] = {}
        self._asked: set[int] = set()  # units whose inbox may hold something
        radio.place_units(self.unit_x, self.unit_y, self.units_on)
        for unit in units:
            # Staggered by the unit's number: neighbours do not all compute and speak in the same tick.
            for method, period, waiting in (call for app in unit.apps for call in periodic_methods(app)):
                phases = self._calls.setdefault(period, [[] for _ in range(period)])
                phases[unit.number % period].append((unit, method, waiting))
                phases = self._unasked.setdefault(period, [[] for _ in range(period)])
                if waiting is None:
                    phases[unit.number % period].append((unit, method, None))
            self._collect(unit, first_tick + unit.number % 10, [])

    @property
    def unit_received(self) -> NDArray[np.int64]:
        """Packets that each unit has received since the begin."""
        return self.maps.received + self.requests_received

    def switch(self, unit: int, on: bool) -> None:
        """Switch a unit off: it hears, computes and sends nothing; or on again."""
        self.units[unit].on = on
        self.units_on[unit] = on
        self._all_on = bool(self.units_on.all())
        self.radio.place_units(self.unit_x, self.unit_y, self.units_on)

    def sense(self) -> None:
        """SUMO has stepped: what holds for all V2X ticks of the step."""
        fleet = self.fleet
        n = fleet.vehicles.extent
        fleet.sense()
        self.maps.admit(fleet.capacity)
        self._vehicles = fleet.x[:n], fleet.y[:n], fleet.active[:n]

    def tick(self, number: int, since_step: float, now: float) -> list[Command]:
        """V2X tick `number`, at `now` s, `since_step` s after the last SUMO step. What vehicles decided to do."""
        self.fleet.move(since_step)
        self.radio.place_vehicles(*self._vehicles)
        self._awareness(number, now)
        commands: list[Command] = []
        if number % DECIDE_EVERY == 0:
            self._ask(now)
        if number % FORGET_EVERY == 0:
            self.maps.forget(now - LIFETIME)
        responses: list[tuple[int, Response]] = []
        for period, phases in (self._calls if self._asked else self._unasked).items():
            for unit, method, waiting in phases[number % period]:
                if unit.on and (waiting is None or unit.has(waiting)):
                    unit.time = now
                    unit.call(method)
                    if unit.outbox:
                        self._collect(unit, number, responses)
        if self._asked:
            kinds = get_args(Request)
            self._asked = {unit for unit in self._asked if any(self.units[unit].has(kind) for kind in kinds)}
        self._broadcast(number)
        for from_unit, response in responses:
            commands += self._respond(from_unit, response, now)
        return commands

    def receptions(self, packets: Packets, rows: NDArray[np.intp]) -> Receptions:
        """Who received these rows of the packets that a listener is being told of; not to be asked later.

        Nothing is drawn anew: a radio that loses packets answers what it has decided.
        """
        if packets.to is not None:
            got = (packets.at_vehicles[rows] + packets.at_units[rows]) > 0
            at_unit = np.full(len(rows), not packets.from_unit)
            return Receptions(rows.astype(np.int32), packets.to[rows].astype(np.int64), at_unit, ~got)
        vehicles, units = self.radio.recall(rows)
        receiver = self.fleet.vehicles.station[vehicles.receiver]
        others = (receiver != packets.sender[rows][vehicles.packet]) | packets.from_unit
        packet, receiver = rows[vehicles.packet[others]], receiver[others]
        if packets.from_unit:
            at_unit = np.zeros(len(packet), bool)
        else:
            at_unit = np.arange(len(packet) + len(units.packet)) >= len(packet)
            packet = np.concatenate((packet, rows[units.packet]))
            receiver = np.concatenate((receiver, units.receiver))
        return Receptions(packet.astype(np.int32), receiver, at_unit, np.zeros(len(packet), bool))

    def _tell(self, packets: Packets) -> None:
        for listener in self.listeners:
            listener(packets)

    def _awareness(self, number: int, now: float) -> None:
        fleet = self.fleet
        senders, content = fleet.awareness(number)
        if not len(senders):
            return
        at_vehicles, received, heard = self.radio.awareness(senders)
        self.maps.hear(heard.packet, heard.receiver, senders, content, now)
        self.traffic.count(Kind.CAM, len(senders), received, len(heard.packet))
        if self.listeners:
            at_units = np.bincount(heard.packet, minlength=len(senders)).astype(np.int32)
            stations, says = fleet.vehicles.station[senders], content.T.copy()
            self._tell(Packets(Kind.CAM, False, stations, says[0], says[1], at_vehicles, at_units, content=says))

    def _ask(self, now: float) -> None:
        for unit, charging in self.electric.requests(now, self.drivers.state):
            self._request(unit, charging)
        self.drivers.look(now)
        for unit, parking in self.drivers.requests(now, self.electric.busy(now)):
            self._request(unit, parking)

    def _request(self, unit: int, request: Request) -> None:
        """Unicast to one unit; what does not arrive is asked again later."""
        fleet = self.fleet
        x, y = fleet.x[request.vehicle], fleet.y[request.vehicle]
        arrives = self.radio.uplink(request.vehicle, unit)
        arrives &= bool(self.units_on[unit])
        self.traffic.count(request.kind, len(x), 0, int(arrives.sum()))
        self.requests_received[unit] += int(arrives.sum())
        self._asked.add(unit)
        if self.listeners:
            none, to = np.zeros(len(x), np.int32), np.full(len(x), unit, np.int32)
            got = arrives.astype(np.int32)
            self._tell(Packets(request.kind, False, request.station, x, y, none, got, to=to, content=request))
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
                self._broadcasts.add(unit.number, sending, sending.message, number)
        unit.outbox.clear()

    def _broadcast(self, number: int) -> None:
        for beat in self._broadcasts.due(number):
            if self._all_on:
                units, x, y, messages = beat.units, beat.x, beat.y, beat.messages
            else:
                on = self.units_on[beat.units] == 1
                units, x, y = beat.units[on], beat.x[on], beat.y[on]
                messages = tuple(compress(beat.messages, on.tolist()))
            if beat.kind == Kind.SAEM:
                heard = self.radio.reach_vehicles(units, beat.radius)
                self.fleet.hear_announcements(heard, units, x, y, self.offered)
                received = len(heard.packet)
            else:
                at_vehicles, received = self.radio.count_vehicles(units, beat.radius)
            self.traffic.count(beat.kind, len(units), received, 0)
            if self.listeners:
                if beat.kind == Kind.SAEM:
                    at_vehicles = np.bincount(heard.packet, minlength=len(units)).astype(np.int32)
                none = np.zeros(len(units), np.int32)
                self._tell(Packets(beat.kind, True, units, x, y, at_vehicles, none, beat.radius, content=messages))

    def _respond(self, unit: int, response: Response, now: float) -> list[Command]:
        """Unicast to the vehicles named, as far as they are still there and in range; they obey."""
        fleet = self.fleet
        who = response.vehicle
        x, y = np.full(len(who), self.unit_x[unit]), np.full(len(who), self.unit_y[unit])
        arrives = self.radio.downlink(unit, who)
        arrives &= (fleet.vehicles.station[who] == response.station) & (fleet.active[who] == 1)
        self.traffic.count(response.kind, len(who), int(arrives.sum()), 0)
        if self.listeners:
            none, sender = np.zeros(len(who), np.int32), np.full(len(who), unit, np.int32)
            got = arrives.astype(np.int32)
            self._tell(Packets(response.kind, True, sender, x, y, got, none, to=response.station, content=response))
        commands: list[Command] = []
        if isinstance(response, ParkingResponses):
            for slot, car_park in zip(who[arrives].tolist(), response.car_park[arrives].tolist(), strict=True):
                commands += self.drivers.obey(slot, car_park, now)
        else:
            for slot, charger in zip(who[arrives].tolist(), response.charger[arrives].tolist(), strict=True):
                commands += self.electric.obey(slot, charger, now)
        return commands
