"""One V2X tick of 100 ms: vehicles and units speak, all hear, units think, vehicles obey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import compress
from typing import Any, cast

import numpy as np

from wayside.edge.app import TICK, TICK_MS
from wayside.edge.errors import DecodeError, code_of
from wayside.edge.hearing import Cam, Heard, Vam
from wayside.edge.ldm import LIFETIME, VRU_LIFETIME, LocalDynamicMaps, VehicleView
from wayside.edge.messages import Broadcast, Request, Response, Saem
from wayside.edge.messages.kinds import CodecContext, Utterance
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.perceived import Cpm
from wayside.edge.messages.si import timestamp_its
from wayside.edge.policy import name_of
from wayside.edge.unit import RoadsideUnit
from wayside.ext.arrays import Bytes, Flags, Indices, Ints, Longs
from wayside.sim.air import CELLULAR, ON, Carried, Deliveries, Outgoing, Overhearing, Radio
from wayside.sim.chance import number as chance
from wayside.sim.exchange.beats import Beat, Chorus
from wayside.sim.exchange.forwarding import Forwarding
from wayside.sim.exchange.measure import Measures
from wayside.sim.exchange.sayings import Sayings
from wayside.sim.exchange.thinking import Thinking
from wayside.sim.exchange.watching import Watching
from wayside.sim.onboard.service import Onboard
from wayside.sim.scenario.sections import ForwardingRules
from wayside.sim.sensors.senses import Senses
from wayside.sim.stations.congestion import Congestion
from wayside.sim.stations.fleet import NEVER, Fleet, whole_ticks
from wayside.sim.stations.neighbours import Neighbours
from wayside.sim.stations.packets import Batch, Listener, Traffic
from wayside.sim.wire.awareness import Awareness, VamOctets
from wayside.sim.wire.units import UnitMessages, has_area

DECIDE_EVERY = 10  # V2X ticks between two looks at who wants a bay or a charger
FORGET_EVERY = 10
_MOST_HEARD = 4096  # broadcasts of which it is remembered what they say
_NOBODY = Deliveries(np.empty(0, np.int32), np.empty(0, np.int32))
URGENT = 0  # access category of what congestion control does not hold back


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
        onboard: Onboard,
        congestion: Congestion,
        first_tick: int,
        listeners: list[Listener],
        forwarding: ForwardingRules | None = None,
        senses: Senses | None = None,
        vams: Awareness | None = None,
    ) -> None:
        """vams: of vulnerable road users, where they have devices."""
        self.units = units
        self.maps = maps
        self.radio = radio
        self.messages = messages
        self.awareness = awareness
        self.fleet = fleet
        self.onboard = onboard
        self.congestion = congestion
        table = messages.kinds
        self.traffic = Traffic(len(table))
        self.requests_received = np.zeros(len(units), np.int64)  # by unit
        self.units_on = np.array([CELLULAR if unit.cellular else ON for unit in units], np.uint8)
        self.unit_x = np.array([unit.position[0] for unit in units])
        self.unit_y = np.array([unit.position[1] for unit in units])
        self.kinds = table.names
        self._cam, self._saem = table.number(Octets), table.number(Saem)
        self._category = [kind.category for kind in table]
        self._vams = vams
        # Of awareness messages what makes and reads them, by kind.
        self.awareness_of = {self._cam: awareness}
        if vams is not None:
            self.awareness_of[table.number(VamOctets)] = vams
        self._awareness_headers = {kind: messages.headers(table[kind]) for kind in self.awareness_of}
        self.senses = senses
        self._cpm = table.number(Cpm) if table.has(Cpm) else -1
        if senses is not None:
            senses.speak(messages.codec(Cpm))
        self.neighbours = Neighbours(fleet, self.unit_x, self.unit_y) if fleet.v2x.neighbours else None
        self.measures = Measures(radio, maps, fleet, len(units), len(table), self.neighbours, onboard.services)
        self.listeners = listeners  # get every packet, where there are any
        self.offered = np.zeros((len(units), len(fleet.services)), np.uint8)
        for unit in units:
            self._offer(unit)
        self._asks = any(service.present and self.offered[:, s].any() for s, service in enumerate(onboard))
        self._hearers = {
            said: service for service in onboard for said in service.hears if not issubclass(said, Broadcast)
        }
        # By kind: whom broadcasts concern.
        self._told = {
            number: [service for service in onboard if kind.content in service.hears]
            for number, kind in enumerate(table)
            if issubclass(kind.content, Broadcast) and any(kind.content in service.hears for service in onboard)
        }
        self._readers = {
            number: readers
            for number, kind in enumerate(table)
            if (readers := [service for service in onboard if service.present and kind.content in service.reads])
        }
        self._prompt = [
            service
            for service in onboard
            if service.reads or any(issubclass(said, Broadcast) for said in service.hears)
        ]
        self._heard: dict[bytes, Any] = {}  # what broadcasts that vehicles have heard say
        for service in onboard:
            service.backhaul = self
        self._all_on = True
        # The vehicles of this step: where they are, who listens, who is tall, who stands in the way.
        self._vehicles = fleet.x[:0], fleet.y[:0], fleet.active[:0], fleet.tall[:0], fleet.tall[:0]
        minded = {self._saem, *self._told, *self._readers, *([self._cpm] if senses is not None else ())}
        named = [number in minded for number in range(len(table))]
        self._sayings = Sayings(messages, fleet, named, None if forwarding is None else self._has_area)
        self._out = Outgoing(len(units))
        self._batches: list[Batch | Chorus] = []  # of this tick, in the order of the rows of `_out`
        self._now = 0.0  # s, of this tick
        self._pending = np.empty(0, np.intp)  # rows of `_out` that are still queued
        # V2X ticks between two messages of a kind: congestion control's.
        self._unit_wait = np.ones(len(units), np.int32)
        # The tick in which each unit last said each kind.
        self._said = np.full((len(table), len(units)), NEVER, np.int64)
        self._clock_ms = clock_ms(messages.family, messages.epoch)
        self._bound = 0  # slots that `awareness` reads
        self._in_radio = code_of(f"v2x.radio {name_of(radio)}", lambda: self._now)
        radio.place_units(self.unit_x, self.unit_y, self.units_on)
        self._thinking = Thinking(units, onboard, table, self._sayings, self._offer, first_tick)
        self._ears = self._thinking.ears
        # Kinds of broadcasts that somebody heeds.
        self._heeded = self._told.keys() | self._readers.keys() | self._ears.broadcasts.keys()
        self.forwarding: Forwarding | None = None
        if forwarding is not None:
            who = np.array([chance(0, "unit", unit.id) for unit in units], np.uint64)
            where = self.unit_x, self.unit_y, self.units_on, who
            seed = chance(fleet.seed, "forwarding", "") >> 1
            self.forwarding = Forwarding(forwarding, cast(Overhearing, radio), fleet, *where, seed)
        journey = nothing if self.forwarding is None else self.forwarding.journey
        self._named = named
        if senses is not None:
            self._heeded |= {self._cpm}
        self.watching = Watching(radio, fleet, self.unit_x, self.unit_y, self._out, journey)

    @property
    def unit_received(self) -> Longs:
        """Packets that each unit has received since the begin."""
        return self.maps.received + self.requests_received

    def switch(self, unit: int, on: bool) -> None:
        """Switch a unit off: it hears, computes and sends nothing; or on again."""
        self.units[unit].on = on
        self.units_on[unit] = (CELLULAR if self.units[unit].cellular else ON) if on else 0
        self._all_on = bool(self.units_on.all())
        self.radio.place_units(self.unit_x, self.unit_y, self.units_on)

    def _offer(self, unit: RoadsideUnit) -> None:
        """Note which services a unit offers."""
        services = self.fleet.services
        self.offered[unit.number] = [name in unit.services for name in services]
        if unit.cellular:
            self.fleet.by_cellular = [unit.number if name in unit.services else -1 for name in services]

    def hearers(self, service: str, stations: Sequence[int]) -> list[int]:
        """For each station the unit offering a service that heard it last, by its number, or -1."""
        maps = self.maps
        there = np.arange(maps.station.shape[1]) < maps.count[:, None]
        there &= ((self.offered[:, self.fleet.services.index(service)] == 1) & (self.units_on == ON))[:, None]
        found = []
        for station in stations:
            heard = np.where(there & (maps.station == station), maps.heard, -np.inf).max(axis=1, initial=-np.inf)
            best = int(heard.argmax()) if len(heard) else -1
            found.append(best if best >= 0 and np.isfinite(heard[best]) else -1)
        return found

    def notify(self, unit: int, notice: Any) -> None:
        """A notice of a platform's comes to a unit."""
        self._thinking.receive(unit, notice)

    def admit(self, departed: Ints) -> None:
        """Vehicles have come, into these slots."""
        self.congestion.grow(self.fleet.capacity)
        self.congestion.reset(departed)
        self.measures.admit(departed)
        if self.forwarding is not None:
            self.forwarding.admit(departed)

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
        for awareness in self.awareness_of.values():
            awareness.bind(
                x=fleet.said_x,
                y=fleet.said_y,
                z=fleet.z,
                speed=table.speed,
                heading=table.heading,
                acceleration=table.acceleration,
                yaw_rate=fleet.yaw_rate,
                curvature=fleet.curvature,
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
        if (
            self._sayings.answers
            or self._thinking.decided
            or (len(self._pending) and (self._out.to[self._pending] >= len(self.units)).any())
        ):
            return False
        if self._prompt and any(service.awaiting(now) for service in self._prompt):
            return False
        if tick >= last or not self._asks:
            return True
        if self._thinking.undecided:
            return False
        requests = -(-tick // DECIDE_EVERY) * DECIDE_EVERY
        return requests >= last and not any(service.awaiting(now) for service in self.onboard)

    def tick(self, number: int, since_step: float, now: float) -> None:
        """V2X tick `number`, at `now` s, `since_step` s after the last SUMO step."""
        self._begin()  # of the tick before: while it is now
        self._now = now
        self.fleet.move(since_step)
        with self._in_radio:
            self.radio.place_vehicles(*self._vehicles)
        self._thinking.tell_decided(number - 1, now)  # by a script since then
        self._awareness(number, now)
        if number % DECIDE_EVERY == 0:
            self._ask(now)
        self._broadcast(number, now)
        if self.senses is not None:
            self._perceived(self.senses, number, now)
        self._answer(now)
        self._forward(number, now)
        self._out.close()
        if self.forwarding is not None:
            self.forwarding.handed(self._out, self._to_areas())
        with self._in_radio:
            carried = self.radio.carry(self._out)
        self._deliver(carried, now)
        if number % FORGET_EVERY == 0:
            self.maps.forget(now - LIFETIME, None if self._vams is None else now - VRU_LIFETIME)
        if self.senses is not None:
            self.senses.sense(number, now)
        if self.congestion.on:
            new = slice(self._out.fresh, len(self._out))
            self.congestion.sent(self._out.sender[new], self._out.size[new])
            waits = self.congestion.update(self.radio.busy_ratio)
            self._unit_wait = whole_ticks(waits[: len(self.units)])
            self.fleet.obey(waits[len(self.units) :])
        self.traffic.count(self._out, carried)
        self.measures.tick(self._out, carried, self._vehicles[2], self.units_on, now)
        self._thinking.think(number, now)

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
        if self.forwarding is not None:
            self.forwarding.begin(self._out)

    def _send(self, batch: Batch, periodic: bool = False, named: bool = False) -> None:
        """One more batch for this tick."""
        to = -1 if batch.to is None else batch.to
        category = self._category[batch.kind]
        self._out.add(batch.station, batch.size, category, to, batch.radius, periodic, named, batch.kind)
        self._batches.append(batch)

    def _awareness(self, number: int, now: float) -> None:
        fleet = self.fleet
        self._aloud(self._cam, fleet.awareness(number), fleet.low, number, now)
        if self._vams is not None:
            self._aloud(self.messages.kinds.number(VamOctets), fleet.vams(number), fleet.vru_low, number, now)

    def _aloud(self, kind: int, senders: Ints, low: Bytes, number: int, now: float) -> None:
        """These slots say awareness messages of a kind."""
        if not len(senders):
            return
        octets = Octets(*self.awareness_of[kind].encode(senders, low, self._clock_ms + number * TICK_MS))
        headers, named = self._awareness_headers[kind], self.neighbours is not None
        stations, size = self._out.say(
            senders, len(self.units), octets.offsets, headers, self._category[kind], True, named, kind
        )
        self._batches.append(Batch(kind, False, now, stations, octets, size, lambda: octets))

    def _ask(self, now: float) -> None:
        for service in self.onboard.by_urgency:
            with service.running():
                requests = service.requests(now)
            for unit, request in requests:
                self._request(unit, request, now)

    def _request(self, unit: int, request: Request, now: float) -> None:
        """Vehicles ask one unit; what does not arrive is asked again later."""
        self.measures.asked(request, now)
        stations = request.vehicle.astype(np.int32) + np.int32(len(self.units))
        self._unicast(request, unit, stations, np.full(len(stations), unit, np.int32), now)

    def _unicast(self, content: Request | Response, unit: int, stations: Ints, to: Ints, now: float) -> None:
        """Requests to a unit, or its responses: message k goes from stations[k] to station to[k]."""
        messages, number = self.messages, self.messages.number(content)
        octets = messages.unicasts(content, unit, now)
        size = (np.diff(octets.offsets) + messages.headers(messages.kinds[number])).astype(np.int32)
        known = content.station if isinstance(content, Response) else None
        self._send(
            Batch(
                number,
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
        for chorus in self._sayings.broadcasts.due(number):
            if self._all_on and not self.congestion.on:
                self._out.put(chorus.block)
                self._batches.append(chorus)
                continue
            for beat in chorus.beats:
                units = beat.units
                speak = self.units_on[units] == 1
                if self.congestion.on and beat.category != URGENT:
                    speak &= number - self._said[beat.kind, units] >= self._unit_wait[units]
                said = tuple(compress(beat.said, speak.tolist()))
                batch = self._said_by(beat, units[speak], said, beat.size[speak], now)
                self._said[beat.kind, batch.station] = number
                self._send(batch, beat.periodic, beat.named)

    def _forward(self, number: int, now: float) -> None:
        """What stations have received, and are to pass on."""
        if self.forwarding is not None:
            waits = np.concatenate((self._unit_wait, self.fleet.wait)) if self.congestion.on else None
            for batch in self.forwarding.due(number, now, waits):
                self._send(batch, named=True)

    def _has_area(self, kind: int, radius: float) -> bool:
        return has_area(self.messages.family, self.messages.kinds[kind], radius)

    def _is_to_area(self, batch: Batch) -> bool:
        if batch.kind == self._cam or batch.to is not None:
            return False
        return batch.copies is not None or self._has_area(batch.kind, batch.radius)

    def _to_areas(self) -> Iterator[tuple[Batch, int]]:
        """The geo-broadcasts that are new in this tick, each batch with the row that it begins in."""
        first = 0
        for batch in self._batches:
            if isinstance(batch, Chorus):
                for row, beat in batch.begins:
                    if self._has_area(beat.kind, beat.radius):
                        yield self._said_by(beat, beat.units, beat.said, beat.size, self._now), first + row
            elif first >= self._out.fresh and self._is_to_area(batch):
                yield batch, first
            first += len(batch)

    def _perceived(self, senses: Senses, number: int, now: float) -> None:
        """Units tell of what they perceive."""
        kind, may = self._cpm, None
        if self.congestion.on and self._category[kind] != URGENT:
            may = number - self._said[kind] >= self._unit_wait
        told = senses.tell(number, now, may)
        if told is None:
            return
        units, octets = told.units, told.octets
        self._said[kind, units] = number
        size = (np.diff(octets.offsets) + self.messages.headers(self.messages.kinds[kind])).astype(np.int32)
        batch = Batch(kind, True, now, units, told.messages, size, lambda: octets)
        self._send(batch, named=self._named[kind])

    def _said_by(self, beat: Beat, units: Ints, said: tuple[Utterance, ...], size: Ints, now: float) -> Batch:
        octets = partial(self.messages.broadcasts, units, said, now)
        messages = beat.messages if said is beat.said else tuple(utterance.message for utterance in said)
        return Batch(beat.kind, True, now, units, messages, size, octets, beat.radius)

    def _spelt_out(self) -> list[Batch]:
        """The batches of the tick, with one for each beat."""
        batches: list[Batch] = []
        for batch in self._batches:
            if isinstance(batch, Chorus):
                batches += [self._said_by(b, b.units, b.said, b.size, self._now) for b in batch.beats]
            else:
                batches.append(batch)
        return batches

    def _answer(self, now: float) -> None:
        """To the vehicles named."""
        for unit, response in self._sayings.taken():
            if self.units_on[unit]:
                who = response.vehicle.astype(np.int32)
                stations = np.full(len(who), unit, np.int32)
                self._unicast(response, unit, stations, who + np.int32(len(self.units)), now)

    # What comes of it

    def _deliver(self, carried: Carried, now: float) -> None:
        first, told = 0, carried
        self._pending = carried.pending
        if self.forwarding is not None:
            carried = self.forwarding.take_in(carried, self._out, now)
        for batch in self._batches:
            if isinstance(batch, Chorus):
                for row, beat in batch.begins:
                    if beat.kind == self._saem:
                        self._announced(beat.units, first + row, carried)
                    if beat.kind in self._heeded:
                        self._heed(self._said_by(beat, beat.units, beat.said, beat.size, now), first + row, carried)
            elif batch.kind in self.awareness_of:
                self._aware(batch, first, carried, now)
            elif batch.to is None:
                if batch.kind == self._saem:
                    self._announced(batch.station, first, carried)
                if batch.kind in self._heeded:
                    self._heed(batch, first, carried)
            elif batch.from_unit:
                self._answered(batch, slice(first, first + len(batch)), carried, now)
            else:
                self._requested(batch, slice(first, first + len(batch)), carried)
            first += len(batch)
        if self.listeners:
            self.watching.tell(self.listeners, self._spelt_out(), told)

    def _heed(self, batch: Batch, first: int, carried: Carried) -> None:
        """Broadcasts that on-board services or applications hear: they are told what their octets say."""
        rows = slice(first, first + len(batch))
        told, listening = self._told.get(batch.kind, ()), batch.kind in self._ears.broadcasts
        readers = self._readers.get(batch.kind, ())
        vehicles = _among(rows, carried.vehicles) if told or readers else _NOBODY
        if self._vams is not None:
            vehicles = _those(vehicles, self.fleet.vehicles.alive[vehicles.receiver] == 1)  # no pedestrians' devices
        units = self._ears.at(batch.kind, *_among(rows, carried.units)) if listening else []
        senses = self.senses if batch.kind == self._cpm else None
        others = _NOBODY if senses is None else _among(rows, carried.units)
        if not len(vehicles.packet) and not units and not len(others.packet):
            return
        octets, framed = batch.octets(), self.messages.kinds.ids[batch.kind].framed
        if (readers and len(vehicles.packet)) or len(others.packet):
            everything = self.messages.read(batch.kind, octets, batch.time)
            if senses is not None and len(others.packet):
                senses.overhear(everything, others, self.unit_x, self.unit_y, self._now, round(self._now / TICK))
            content = self.messages.kinds[batch.kind].content
            for service in readers if len(vehicles.packet) else ():
                with service.running():
                    service.read(content, everything, vehicles.packet, vehicles.receiver, batch.time)
        for k in np.unique(vehicles.packet).tolist() if told else ():
            said = self._meaning(octets.one(k), framed)
            if said is not None:
                slots = np.sort(vehicles.receiver[vehicles.packet == k])
                for service in told:
                    with service.running():
                        service.told(said, slots, batch.time)
        for k, unit in units:
            said = self._meaning(octets.one(k), framed)
            if said is not None:
                sender = int((batch.station if batch.copies is None else batch.copies.source)[k])
                where = float(self.unit_x[sender]), float(self.unit_y[sender])
                self._ears.receive(unit, type(said), Heard(said, CodecContext.station(sender), where, batch.time))

    def _meaning(self, octets: bytes, framed: bool) -> Any:
        """What a broadcast says; None where it is of no kind. Most are said again and again."""
        if octets not in self._heard:
            if len(self._heard) >= _MOST_HEARD:
                self._heard.clear()
            try:
                self._heard[octets] = self.messages.understood(octets, framed)
            except DecodeError:
                self._heard[octets] = None
        return self._heard[octets]

    def _requested(self, batch: Batch, rows: slice, carried: Carried) -> None:
        """Requests to one unit: into its inbox."""
        assert batch.to is not None
        arrived = np.flatnonzero(carried.at_units[rows])
        if not len(arrived):
            return
        unit = int(batch.to[0])
        self.requests_received[unit] += len(arrived)
        for request in self._understood(batch, arrived):
            if isinstance(request, Request):
                self._thinking.receive(unit, request)

    def _understood(self, batch: Batch, rows: Indices) -> list[Any]:
        """What these messages of a batch of requests or responses say, by the ids in their octets."""
        assert isinstance(batch.content, Request | Response)
        octets, vehicle = batch.octets(), batch.content.vehicle
        if len(rows) < len(batch):
            octets, vehicle = octets.take(rows), vehicle[rows]
        messages = self.messages
        return messages.received(octets, messages.kinds.ids[batch.kind].framed, vehicle)

    def _aware(self, batch: Batch, first: int, carried: Carried, now: float) -> None:
        """Awareness messages, decoded by whoever received them."""
        octets = batch.content
        assert isinstance(octets, Octets)
        if self.neighbours is None and not len(carried.units.packet):
            return
        says, _ = self.awareness_of[batch.kind].decode(octets.buffer, octets.offsets)
        self.maps.hear(*carried.units, batch.station, says, batch.time, first, len(self.units))
        rows = slice(first, first + len(batch))
        kind, listening = (Cam, self._ears.cams) if batch.kind == self._cam else (Vam, self._ears.vams)
        if len(listening):
            slots, here = batch.station - np.int32(len(self.units)), _among(rows, carried.units)
            for unit in listening.tolist():
                mine = np.sort(here.packet[here.receiver == unit])
                if len(mine):
                    heard = np.full(len(mine), batch.time)
                    self._ears.receive(unit, kind, VehicleView(slots[mine], heard, says[mine].T, now))
        if self.neighbours is not None:
            slots = batch.station - np.int32(len(self.units))
            to_vehicles, to_units = _among(rows, carried.vehicles), _among(rows, carried.units)
            self.neighbours.hear(round(batch.time / TICK), slots, says, to_vehicles, to_units)

    def _announced(self, units: Ints, first: int, carried: Carried) -> None:
        """Service announcements: vehicles remember the nearest unit that offers each."""
        self.fleet.hear_announcements(carried.vehicles, units, self.unit_x, self.unit_y, self.offered, first)

    def _answered(self, batch: Batch, rows: slice, carried: Carried, now: float) -> None:
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
        if len(hearers):
            for said in self._understood(batch, hearers):
                if (service := self._hearers.get(type(said))) is not None:
                    with service.running():
                        service.heard(said, now)


def nothing(ids: Longs) -> None:
    """No packet has come from anywhere else."""


def _among(rows: slice, found: Deliveries) -> Deliveries:
    """Those of these rows, counted from the first of them."""
    mine = _those(found, (found.packet >= rows.start) & (found.packet < rows.stop))
    return Deliveries(mine.packet - np.int32(rows.start), mine.receiver)


def _those(found: Deliveries, mask: Flags) -> Deliveries:
    return Deliveries(found.packet[mask], found.receiver[mask])
