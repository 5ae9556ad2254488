"""One V2X tick of 100 ms: vehicles and units speak, all hear, units think, vehicles obey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import compress
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from wayside.edge.app import periodic_methods
from wayside.edge.ldm import LIFETIME, LocalDynamicMaps
from wayside.edge.messages import Broadcast, ChargingResponses, Kind, ParkingResponses, Request, Response, kinds
from wayside.edge.messages.si import timestamp_its
from wayside.edge.unit import RoadsideUnit
from wayside.sim.air import FATES, RECEIVED, Carried, Deliveries, Ints, Outgoing, Radio, Rows
from wayside.sim.beats import Beat, Broadcasts, Chorus
from wayside.sim.charging import ElectricVehicles
from wayside.sim.congestion import Congestion
from wayside.sim.fleet import NEVER, Fleet, whole_ticks
from wayside.sim.measure import Measures
from wayside.sim.neighbours import Neighbours
from wayside.sim.packets import Batch, Listener, Octets, Packets, Receptions, Traffic, category
from wayside.sim.parking import Drivers
from wayside.sim.sections import TICK_MS
from wayside.sim.sumo.commands import Command
from wayside.sim.wire.awareness import Awareness
from wayside.sim.wire.units import UnitMessages

TICK = TICK_MS / 1000.0  # s
DECIDE_EVERY = 10  # V2X ticks between two looks at who wants a bay or a charger
FORGET_EVERY = 10
_TOO_WEAK = FATES.index("below-sensitivity")
_CAM_CATEGORY = category(Kind.CAM)


_Call = tuple[RoadsideUnit, Callable[[], None], type | None]


def clock_ms(family: str, epoch: float) -> int:
    """What the family's messages count from, at the simulation's second 0 [ms]; epoch: s since 1970, UTC."""
    return timestamp_its(epoch) if family == "etsi" else round(epoch * 1000.0)


class Exchange:
    """The vehicles' stations, the roadside units, and the air between them."""

    def __init__(
        self,
        units: Sequence[RoadsideUnit],
        maps: LocalDynamicMaps,
        radio: Radio,
        messages: UnitMessages,
        awareness: Awareness,
        fleet: Fleet,
        drivers: Drivers,
        electric: ElectricVehicles,
        congestion: Congestion,
        first_tick: int,
    ) -> None:
        self.units = units
        self.maps = maps
        self.radio = radio
        self.messages = messages
        self.awareness = awareness
        self.fleet = fleet
        self.drivers = drivers
        self.electric = electric
        self.congestion = congestion
        self.traffic = Traffic()
        self.requests_received = np.zeros(len(units), np.int64)  # by unit
        self.units_on = np.ones(len(units), np.uint8)
        self.unit_x = np.array([unit.position[0] for unit in units])
        self.unit_y = np.array([unit.position[1] for unit in units])
        self.kinds = kinds(messages.family)
        self.neighbours = Neighbours(fleet, self.unit_x, self.unit_y) if fleet.v2x.neighbours else None
        self.measures = Measures(radio, maps, fleet, len(units), self.neighbours)
        self.listeners: list[Listener] = []  # get every packet, where there are any
        offered = [[name in unit.services for name in fleet.services] for unit in units]
        self.offered = np.array(offered, np.uint8).reshape(len(units), len(fleet.services))
        there = {"parking": drivers.car_park_of, "charging": electric.areas}
        self._asks = any(there[name] and self.offered[:, s].any() for s, name in enumerate(fleet.services))
        self._all_on = True
        # The vehicles of this step: where they are, who listens, who is tall, who stands in the way.
        self._vehicles = fleet.x[:0], fleet.y[:0], fleet.active[:0], fleet.tall[:0], fleet.tall[:0]
        self._broadcasts = Broadcasts()
        self._out = Outgoing(len(units))
        self._batches: list[Batch | Chorus] = []  # of this tick, in the order of the rows of `_out`
        self._now = 0.0  # s, of this tick
        self._pending = np.empty(0, np.intp)  # rows of `_out` that are still queued
        self._answers: list[tuple[int, Response]] = []  # made in the last tick, by unit
        self._unit_wait = np.ones(
            len(units), np.int32
        )  # V2X ticks between two messages of a kind: congestion control's
        self._said = np.full(
            (len(Kind), len(units)), NEVER, np.int64
        )  # the tick in which each unit last said each kind
        self._clock_ms = clock_ms(messages.family, messages.epoch)
        self._bound = 0  # slots that `awareness` reads
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
            self._collect(unit, first_tick + unit.number % 10)

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

    def admit(self, departed: Ints) -> None:
        """Vehicles have come, into these slots."""
        self.congestion.grow(self.fleet.capacity)
        self.congestion.reset(departed)
        self.measures.admit(departed)

    def sense(self) -> None:
        """SUMO has stepped: what holds for all V2X ticks of the step."""
        fleet = self.fleet
        n = fleet.vehicles.extent
        fleet.sense()
        if fleet.capacity != self._bound:
            self._grow()
        there = (fleet.vehicles.lane[:n] >= 0).view(np.uint8)
        self._vehicles = fleet.x[:n], fleet.y[:n], fleet.active[:n], fleet.tall[:n], there

    def _grow(self) -> None:
        """The fleet's columns are new ones."""
        fleet, table = self.fleet, self.fleet.vehicles
        self._bound = fleet.capacity
        self.awareness.bind(
            x=fleet.said_x,
            y=fleet.said_y,
            speed=table.speed,
            heading=table.heading,
            acceleration=table.acceleration,
            length=table.length,
            width=table.width,
            station=table.station,
            kind=fleet.kind,
        )

    def settled(self, tick: int, last: int, now: float) -> bool:
        """Whether V2X ticks `tick` (at `now` s) to `last` cannot lead to a command, whatever the applications decide.

        A command takes a driver who obeys an answer; who obeys one has asked, and what a unit decides goes on the air
        in the next tick.
        """
        if self._answers or (len(self._pending) and (self._out.to[self._pending] >= len(self.units)).any()):
            return False
        if tick >= last or not self._asks:
            return True
        requests = -(-tick // DECIDE_EVERY) * DECIDE_EVERY
        return requests >= last and not self.drivers.awaiting(now) and not self.electric.awaiting(now)

    def tick(self, number: int, since_step: float, now: float) -> list[Command]:
        """V2X tick `number`, at `now` s, `since_step` s after the last SUMO step. What vehicles decided to do."""
        self.fleet.move(since_step)
        self.radio.place_vehicles(*self._vehicles)
        self._begin()
        self._now = now
        self._awareness(number, now)
        if number % DECIDE_EVERY == 0:
            self._ask(now)
        self._broadcast(number, now)
        self._answer(now)
        self._out.close()
        carried = self.radio.carry(self._out)
        commands = self._deliver(carried, now)
        if number % FORGET_EVERY == 0:
            self.maps.forget(now - LIFETIME)
        if self.congestion.on:
            new = slice(self._out.fresh, len(self._out))
            self.congestion.sent(self._out.sender[new], self._out.size[new])
            waits = self.congestion.update(self.radio.busy_ratio)
            self._unit_wait = whole_ticks(waits[: len(self.units)])
            self.fleet.obey(waits[len(self.units) :])
        self.traffic.count(self._out, carried)
        self.measures.tick(self._out, carried, self._vehicles[2], self.units_on, now)
        self._think(number, now)
        return commands

    # What goes on the air

    def _begin(self) -> None:
        """What is still queued comes first."""
        if len(pending := self._pending):
            first = 0
            queued: list[Batch | Chorus] = []
            for batch in self._spelt_out():
                mine = pending[(pending >= first) & (pending < first + len(batch))] - first
                first += len(batch)
                if len(mine):
                    queued.append(batch.take(mine))
            self._batches = queued
        else:
            self._batches = []
        self._out.begin(pending)

    def _send(self, batch: Batch, periodic: bool = False, named: bool = False) -> None:
        """One more batch for this tick."""
        to = -1 if batch.to is None else batch.to
        self._out.add(batch.station, batch.size, category(batch.kind), to, batch.radius, periodic, named, batch.kind)
        self._batches.append(batch)

    def _awareness(self, number: int, now: float) -> None:
        senders = self.fleet.awareness(number)
        if not len(senders):
            return
        octets = Octets(*self.awareness.encode(senders, self.fleet.low, self._clock_ms + number * TICK_MS))
        headers, named = self.messages.headers, self.neighbours is not None
        stations, size = self._out.say(
            senders, len(self.units), octets.offsets, headers, _CAM_CATEGORY, True, named, Kind.CAM
        )
        self._batches.append(Batch(Kind.CAM, False, now, stations, octets, size, lambda: octets))

    def _ask(self, now: float) -> None:
        for unit, charging in self.electric.requests(now, self.drivers.state):
            self._request(unit, charging, now)
        self.drivers.look(now)
        for unit, parking in self.drivers.requests(now, self.electric.busy):
            self._request(unit, parking, now)

    def _request(self, unit: int, request: Request, now: float) -> None:
        """Vehicles ask one unit; what does not arrive is asked again later."""
        self.measures.asked(request, now)
        stations = request.vehicle.astype(np.int32) + np.int32(len(self.units))
        self._unicast(request, unit, stations, np.full(len(stations), unit, np.int32), now)

    def _unicast(self, content: Request | Response, unit: int, stations: Ints, to: Ints, now: float) -> None:
        """Requests to a unit, or its responses: message k goes from stations[k] to station to[k]."""
        octets = self.messages.unicasts(content, unit, now)
        size = (np.diff(octets.offsets) + self.messages.headers).astype(np.int32)
        known = content.station if isinstance(content, Response) else None
        self._send(
            Batch(
                content.kind,
                known is not None,
                now,
                stations,
                content,
                size,
                lambda: octets,
                to=to,
                to_station=known,
            )
        )

    def _broadcast(self, number: int, now: float) -> None:
        chorus = self._broadcasts.due(number)
        if not chorus.beats:
            return
        if self._all_on and not self.congestion.on:
            self._out.put(chorus.block)
            self._batches.append(chorus)
            return
        for beat in chorus.beats:
            units = beat.units
            speak = self.units_on[units] == 1
            if self.congestion.on and beat.kind != Kind.DENM:
                speak &= number - self._said[beat.kind, units] >= self._unit_wait[units]
            messages = tuple(compress(beat.messages, speak.tolist()))
            batch = self._said_by(beat, units[speak], messages, beat.size[speak], now)
            self._said[beat.kind, batch.station] = number
            self._send(batch, beat.periodic, beat.named)

    def _said_by(self, beat: Beat, units: Ints, messages: tuple[Broadcast, ...], size: Ints, now: float) -> Batch:
        octets = partial(self.messages.broadcasts, units, messages, now)
        return Batch(beat.kind, True, now, units, messages, size, octets, beat.radius)

    def _spelt_out(self) -> list[Batch]:
        """The batches of the tick, with one for each beat."""
        batches: list[Batch] = []
        for batch in self._batches:
            if isinstance(batch, Chorus):
                batches += [self._said_by(b, b.units, b.messages, b.size, self._now) for b in batch.beats]
            else:
                batches.append(batch)
        return batches

    def _answer(self, now: float) -> None:
        """To the vehicles named."""
        answers, self._answers = self._answers, []
        for unit, response in answers:
            if self.units_on[unit]:
                who = response.vehicle.astype(np.int32)
                stations = np.full(len(who), unit, np.int32)
                self._unicast(response, unit, stations, who + np.int32(len(self.units)), now)

    # What comes of it

    def _deliver(self, carried: Carried, now: float) -> list[Command]:
        commands: list[Command] = []
        first = 0
        self._pending = carried.pending
        for batch in self._batches:
            if isinstance(batch, Chorus):
                for row, beat in batch.begins:
                    if beat.kind == Kind.SAEM:
                        self._announced(beat.units, first + row, carried)
            elif batch.kind == Kind.CAM:
                self._aware(batch, first, carried)
            elif batch.kind == Kind.SAEM:
                self._announced(batch.station, first, carried)
            elif batch.to is not None and batch.from_unit:
                commands += self._answered(batch, slice(first, first + len(batch)), carried, now)
            elif batch.to is not None:
                self._requested(batch, slice(first, first + len(batch)), carried)
            first += len(batch)
        if self.listeners:
            self._tell(carried)
        return commands

    def _requested(self, batch: Batch, rows: slice, carried: Carried) -> None:
        """Requests to one unit: into its inbox."""
        assert batch.to is not None
        arrived = np.flatnonzero(carried.at_units[rows])
        if not len(arrived):
            return
        unit = int(batch.to[0])
        self.requests_received[unit] += len(arrived)
        self._asked.add(unit)
        self.units[unit].receive(self._understood(batch, arrived))

    def _understood(self, batch: Batch, rows: Rows) -> Any:
        """What these messages of a batch of requests or responses say."""
        assert isinstance(batch.content, Request | Response)
        octets, vehicle = batch.octets(), batch.content.vehicle
        if len(rows) < len(batch):
            octets, vehicle = octets.take(rows), vehicle[rows]
        return self.messages.understood_batch(octets, type(batch.content), vehicle)

    def _aware(self, batch: Batch, first: int, carried: Carried) -> None:
        """Awareness messages, decoded by whoever received them."""
        octets = batch.content
        assert isinstance(octets, Octets)
        if self.neighbours is None and not len(carried.units.packet):
            return
        says, _ = self.awareness.decode(octets.buffer, octets.offsets)
        self.maps.hear(*carried.units, batch.station, says, batch.time, first, len(self.units))
        if self.neighbours is not None:
            rows = slice(first, first + len(batch))
            slots = batch.station - np.int32(len(self.units))
            to_vehicles, to_units = _among(rows, carried.vehicles), _among(rows, carried.units)
            self.neighbours.hear(round(batch.time / TICK), slots, says, to_vehicles, to_units)

    def _announced(self, units: Ints, first: int, carried: Carried) -> None:
        """Service announcements: vehicles remember the nearest unit that offers each."""
        self.fleet.hear_announcements(carried.vehicles, units, self.unit_x, self.unit_y, self.offered, first)

    def _answered(self, batch: Batch, rows: slice, carried: Carried, now: float) -> list[Command]:
        """A unit's responses: those who hear theirs obey."""
        content, fleet = batch.content, self.fleet
        assert isinstance(content, Response)
        who = content.vehicle
        # Its slot may have got a new owner meanwhile, and who has parked does not listen.
        there = (fleet.vehicles.station[who] == content.station) & (fleet.active[who] == 1)
        arrived = carried.at_vehicles[rows]
        arrived[~there] = 0
        hearers = np.flatnonzero(arrived)
        self.measures.answered(content, hearers, batch.time + carried.delay[rows][hearers].astype(np.float64))
        commands: list[Command] = []
        if not len(hearers):
            return commands
        said = self._understood(batch, hearers)
        if isinstance(said, ParkingResponses):
            for vehicle, car_park in zip(said.vehicle.tolist(), said.car_park.tolist(), strict=True):
                commands += self.drivers.obey(vehicle, car_park, now)
        else:
            for vehicle, charger in zip(said.vehicle.tolist(), said.charger.tolist(), strict=True):
                commands += self.electric.obey(vehicle, charger, now)
        return commands

    def _think(self, number: int, now: float) -> None:
        """The applications that are due."""
        for period, phases in (self._calls if self._asked else self._unasked).items():
            for unit, method, waiting in phases[number % period]:
                if unit.on and (waiting is None or unit.has(waiting)):
                    unit.time = now
                    unit.call(method)
                    if unit.outbox:
                        self._collect(unit, number + 1)
        if self._asked:
            requests = get_args(Request)
            self._asked = {unit for unit in self._asked if any(self.units[unit].has(kind) for kind in requests)}

    def _collect(self, unit: RoadsideUnit, first: int) -> None:
        """Empty a unit's outbox: what it says is sent from tick `first` on."""
        for sending in unit.outbox:
            if isinstance(sending.message, ParkingResponses | ChargingResponses):
                self._answers.append((unit.number, sending.message))
            else:
                self.messages.begin(unit.number, sending.message, first * TICK)
                octets = self.messages.size(sending.message, sending.radius)
                self._broadcasts.add(unit.number, sending, sending.message, octets, first)
        unit.outbox.clear()

    # For whoever watches

    def _tell(self, carried: Carried) -> None:
        """What has been sent in this tick, or given up."""
        done = np.ones(len(self._out), bool)
        done[carried.pending] = False
        first = 0
        for batch in self._spelt_out():
            rows = np.arange(first, first + len(batch))
            first += len(batch)
            here = np.flatnonzero(done[rows])
            if not len(here):
                continue
            if len(here) < len(rows):
                batch, rows = batch.take(here), rows[here]
            packets = self._packets(batch, rows, carried)
            for listener in self.listeners:
                listener(packets)

    def _packets(self, batch: Batch, rows: Rows, carried: Carried) -> Packets:
        sender: Ints | NDArray[np.int64] = batch.station
        x, y, place = self.unit_x, self.unit_y, batch.station
        if not batch.from_unit:
            x, y, place = self.fleet.x, self.fleet.y, batch.station - np.int32(len(self.units))
            sender = self.fleet.vehicles.station[place]
        return Packets(
            batch.kind,
            batch.from_unit,
            batch.time,
            sender,
            place,
            x[place],
            y[place],
            batch.size.copy(),
            carried.delay[rows],
            carried.at_vehicles[rows],
            carried.at_units[rows],
            rows,
            batch.octets,
            batch.radius,
            batch.to if batch.to_station is None else batch.to_station,
            batch.content,
        )

    def numbers(self, packets: Packets) -> NDArray[np.int64]:
        """Since the begin, of the packets that a listener is being told of."""
        return self._out.id[packets.row]

    def receptions(self, packets: Packets, rows: NDArray[np.intp]) -> Receptions:
        """Who received these rows of the packets that a listener is being told of, and who lost them; not to be asked
        later.

        Nothing is drawn anew: a radio that loses packets answers what it has decided. A unicast that did not arrive and
        of which it does not tell more was too weak to be sensed there.
        """
        if packets.to is not None:
            lost = (packets.at_vehicles[rows] + packets.at_units[rows]) == 0
            fate = np.full(len(rows), RECEIVED, np.uint8)
            if lost.any():
                traces = self.radio.recall(packets.row[rows])
                fate[lost] = _TOO_WEAK
                known = lost[traces.packet] & (traces.fate != RECEIVED)
                fate[traces.packet[known]] = traces.fate[known]
            at_unit = np.full(len(rows), not packets.from_unit)
            return Receptions(rows.astype(np.int32), packets.to[rows].astype(np.int64), at_unit, lost, fate)
        traces = self.radio.recall(packets.row[rows])
        at_unit = traces.receiver < len(self.units)
        receiver = traces.receiver.astype(np.int64)
        receiver[~at_unit] = self.fleet.vehicles.station[receiver[~at_unit] - len(self.units)]
        lost = traces.fate != RECEIVED
        return Receptions(rows[traces.packet].astype(np.int32), receiver, at_unit, lost, traces.fate)


def _among(rows: slice, found: Deliveries) -> Deliveries:
    """Those of these rows, counted from the first of them."""
    mine = (found.packet >= rows.start) & (found.packet < rows.stop)
    return Deliveries(found.packet[mine] - np.int32(rows.start), found.receiver[mine])
