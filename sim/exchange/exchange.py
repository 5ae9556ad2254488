"""One V2X tick of 100 ms: vehicles and units speak, all hear, units think, vehicles obey."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from wayside.edge.errors import code_of
from wayside.edge.ldm import LIFETIME, VRU_LIFETIME, LocalDynamicMaps
from wayside.edge.messages import Saem
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.perceived import Cpm
from wayside.edge.policy import name_of
from wayside.edge.unit import RoadsideUnit
from wayside.ext.arrays import Ints, Longs
from wayside.sim.air import Carried, Overhearing, Radio
from wayside.sim.chance import number as chance
from wayside.sim.exchange.audience import Audience
from wayside.sim.exchange.forwarding import Forwarding
from wayside.sim.exchange.from_units import FromUnits
from wayside.sim.exchange.from_vehicles import FromVehicles
from wayside.sim.exchange.measure import Measures
from wayside.sim.exchange.onair import OnAir
from wayside.sim.exchange.receivers import Receivers
from wayside.sim.exchange.roadside import Roadside
from wayside.sim.exchange.sayings import Sayings
from wayside.sim.exchange.thinking import Thinking
from wayside.sim.exchange.watching import Watching, nothing
from wayside.sim.onboard.service import Onboard
from wayside.sim.scenario.sections import ForwardingRules
from wayside.sim.sensors.senses import Senses
from wayside.sim.stations.congestion import Congestion
from wayside.sim.stations.fleet import Fleet
from wayside.sim.stations.neighbours import Neighbours
from wayside.sim.stations.packets import Listener, Traffic
from wayside.sim.wire.awareness import Awareness, VamOctets
from wayside.sim.wire.units import UnitMessages

DECIDE_EVERY = 10  # V2X ticks between two looks at who wants a bay or a charger
FORGET_EVERY = 10


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
        self.senses = senses
        self.listeners = listeners  # get every packet, where there are any
        kinds = messages.kinds
        self.kinds = kinds.names
        # Of awareness messages what makes and reads them, by kind.
        self.awareness_of = {kinds.number(Octets): awareness}
        if vams is not None:
            self.awareness_of[kinds.number(VamOctets)] = vams
        self.traffic = Traffic(len(kinds))
        self.roadside = roadside = Roadside(units, maps, fleet, radio)
        self.neighbours = Neighbours(fleet, roadside.x, roadside.y) if fleet.v2x.neighbours else None
        self.measures = Measures(radio, maps, fleet, len(units), len(kinds), self.neighbours, onboard.services)
        self.onair = OnAir(len(units), messages)
        self._out = self.onair.out
        self._persons = vams is not None
        self._in_radio = code_of(f"v2x.radio {name_of(radio)}", lambda: self.onair.now)
        # The vehicles of this step: where they are, who listens, who is tall, who stands in the way.
        self._vehicles = fleet.x[:0], fleet.y[:0], fleet.active[:0], fleet.tall[:0], fleet.tall[:0]
        self._audience = audience = Audience(onboard, kinds)
        self._asks = any(service.present and roadside.offered[:, s].any() for s, service in enumerate(onboard))
        for service in onboard:
            service.backhaul = self
        if senses is not None:
            senses.speak(messages.codec(Cpm))
        # Kinds of which it is of interest which vehicles receive them: they remember whose services they hear.
        minded = {kinds.number(Saem), *audience.told, *audience.readers}
        if senses is not None:
            minded.add(kinds.number(Cpm))
        named = [number in minded for number in range(len(kinds))]
        self._sayings = Sayings(messages, fleet, named, None if forwarding is None else self.onair.has_area)
        self._thinking = Thinking(units, onboard, kinds, self._sayings, roadside.offer, first_tick)
        self.from_vehicles = FromVehicles(
            self.onair,
            messages,
            self.awareness_of,
            fleet,
            onboard,
            self.measures,
            self.neighbours is not None,
            len(units),
        )
        self.from_units = FromUnits(self.onair, messages, roadside, self._sayings, congestion, named)
        self.receivers = Receivers(
            self.onair,
            messages,
            roadside,
            maps,
            fleet,
            audience,
            self._thinking,
            self.awareness_of,
            self.measures,
            self._persons,
            senses,
            self.neighbours,
        )
        self.forwarding: Forwarding | None = None
        if forwarding is not None:
            who = np.array([chance(0, "unit", unit.id) for unit in units], np.uint64)
            where = roadside.x, roadside.y, roadside.on, who
            seed = chance(fleet.seed, "forwarding", "") >> 1
            self.forwarding = Forwarding(forwarding, cast(Overhearing, radio), fleet, *where, seed)
        journey = nothing if self.forwarding is None else self.forwarding.journey
        self.watching = Watching(radio, fleet, roadside.x, roadside.y, self._out, journey)

    @property
    def unit_received(self) -> Longs:
        """Packets that each unit has received since the begin."""
        return self.maps.received + self.receivers.requests

    def switch(self, unit: int, on: bool) -> None:
        """Switch a unit off: it hears, computes and sends nothing; or on again."""
        self.roadside.switch(unit, on)

    def hearers(self, service: str, stations: Sequence[int]) -> list[int]:
        """For each station the unit offering a service that heard it last, by its number, or -1."""
        return self.roadside.hearers(service, stations)

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
        self.from_vehicles.bind()
        there = (fleet.vehicles.lane[:n] >= 0).view(np.uint8)
        self._vehicles = fleet.x[:n], fleet.y[:n], fleet.active[:n], fleet.tall[:n], there

    def settled(self, tick: int, last: int, now: float) -> bool:
        """Whether V2X ticks `tick` (at `now` s) to `last` cannot lead to a command, whatever the applications decide.

        A command takes a driver who obeys an answer; who obeys one has asked, and what a unit decides goes on the air
        in the next tick.
        """
        if self._sayings.answers or self._thinking.decided or self.onair.waiting_for_vehicles:
            return False
        if any(service.awaiting(now) for service in self._audience.prompt):
            return False
        if tick >= last or not self._asks:
            return True
        if self._thinking.undecided:
            return False
        requests = -(-tick // DECIDE_EVERY) * DECIDE_EVERY
        return requests >= last and not any(service.awaiting(now) for service in self.onboard)

    def tick(self, number: int, since_step: float, now: float) -> None:
        """V2X tick `number`, at `now` s, `since_step` s after the last SUMO step."""
        self._begin(now)
        self.fleet.move(since_step)
        self._thinking.tell_decided(number - 1, now)  # by a script since then
        self._speak(number, now)
        carried = self._carry(now)
        if number % FORGET_EVERY == 0:
            self.maps.forget(now - LIFETIME, now - VRU_LIFETIME if self._persons else None)
        if self.senses is not None:
            self.senses.sense(number, now)
        if self.congestion.on:
            self._control_congestion()
        self.traffic.count(self._out, carried)
        self.measures.tick(self._out, carried, self._vehicles[2], self.roadside.on, now)
        self._thinking.think(number, now)

    def _begin(self, now: float) -> None:
        self.onair.begin(now)
        if self.forwarding is not None:
            self.forwarding.begin(self._out)

    def _speak(self, number: int, now: float) -> None:
        """All that goes on the air in a tick."""
        self.from_vehicles.tell(number)
        if number % DECIDE_EVERY == 0:
            self.from_vehicles.ask(now)
        self.from_units.broadcast(number)
        if self.senses is not None:
            self.from_units.perceive(self.senses, number)
        if self._sayings.answers:
            self.from_units.answer()
        if self.forwarding is not None:
            waits = np.concatenate((self.from_units.wait, self.fleet.wait)) if self.congestion.on else None
            for batch in self.forwarding.due(number, now, waits):
                self.onair.send(batch, named=True)
        self._out.close()
        if self.forwarding is not None:
            self.forwarding.handed(self._out, self.onair.to_areas())

    def _carry(self, now: float) -> Carried:
        """The air carries it, and it arrives."""
        with self._in_radio:
            self.radio.place_vehicles(*self._vehicles)
            carried = self.radio.carry(self._out)
        self.onair.pending = carried.pending
        fresh = carried if self.forwarding is None else self.forwarding.take_in(carried, self._out, now)
        self.receivers.deliver(fresh, now)
        if self.listeners:
            self.watching.tell(self.listeners, self.onair.batches(), carried)
        return carried

    def _control_congestion(self) -> None:
        """Who has sent what, and how long each station waits from now on."""
        new = slice(self._out.fresh, len(self._out))
        self.congestion.sent(self._out.sender[new], self._out.size[new])
        waits = self.congestion.update(self.radio.busy_ratio)
        self.from_units.obey(waits[: len(self.units)])
        self.fleet.obey(waits[len(self.units) :])
