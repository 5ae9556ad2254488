"""What comes of the packets that arrive: at units, and at vehicles with their on-board services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wayside.edge.app import TICK
from wayside.edge.errors import DecodeError
from wayside.edge.hearing import Cam, Heard, Vam
from wayside.edge.ldm import LocalDynamicMaps, VehicleView
from wayside.edge.messages import Request, Response, Saem
from wayside.edge.messages.kinds import CodecContext
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.perceived import Cpm
from wayside.ext.arrays import Flags, Indices, Ints
from wayside.sim.air import Carried, Deliveries
from wayside.sim.exchange.audience import Audience
from wayside.sim.exchange.beats import Chorus
from wayside.sim.exchange.measure import Measures
from wayside.sim.exchange.onair import OnAir
from wayside.sim.exchange.roadside import Roadside
from wayside.sim.exchange.thinking import Thinking
from wayside.sim.sensors.senses import Senses
from wayside.sim.stations.fleet import Fleet
from wayside.sim.stations.neighbours import Neighbours
from wayside.sim.stations.packets import Batch
from wayside.sim.wire.awareness import Awareness
from wayside.sim.wire.units import UnitMessages

_MOST_HEARD = 4096  # broadcasts of which it is remembered what they say
_NOBODY = Deliveries(np.empty(0, np.int32), np.empty(0, np.int32))


class Receivers:
    """All stations as receivers. awareness: what reads awareness messages, by kind; persons: whether some have devices;
    senses: of units with sensors; neighbours: where vehicles keep a table of whom they hear.

    requests: that each unit has received since the begin.
    """

    def __init__(
        self,
        onair: OnAir,
        messages: UnitMessages,
        roadside: Roadside,
        maps: LocalDynamicMaps,
        fleet: Fleet,
        audience: Audience,
        thinking: Thinking,
        awareness: Mapping[int, Awareness],
        measures: Measures,
        persons: bool,
        senses: Senses | None,
        neighbours: Neighbours | None,
    ) -> None:
        self._onair = onair
        self._messages = messages
        self._roadside = roadside
        self._maps = maps
        self._fleet = fleet
        self._audience = audience
        self._thinking = thinking
        self._ears = thinking.ears
        self._awareness = awareness
        self._measures = measures
        self._persons = persons
        self._senses = senses
        self._neighbours = neighbours
        self._units = len(roadside)
        kinds = messages.kinds
        self._cam, self._saem = kinds.number(Octets), kinds.number(Saem)
        self._cpm = kinds.number(Cpm) if senses is not None else -1
        # Kinds of broadcasts that somebody heeds.
        self._heeded = audience.told.keys() | audience.readers.keys() | self._ears.broadcasts.keys() | {self._cpm}
        self._heard: dict[bytes, Any] = {}  # what broadcasts say that have been heard
        self.requests = np.zeros(len(roadside), np.int64)

    def deliver(self, carried: Carried, now: float) -> None:
        """The packets of a tick have arrived."""
        for first, batch in self._onair.rows():
            if isinstance(batch, Chorus):
                for row, beat in batch.begins:
                    if beat.kind == self._saem:
                        self._announced(beat.units, first + row, carried)
                    if beat.kind in self._heeded:
                        said = self._onair.said_by(beat, beat.units, beat.said, beat.size)
                        self._heed(said, first + row, carried)
            elif batch.kind in self._awareness:
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

    def _heed(self, batch: Batch, first: int, carried: Carried) -> None:
        """Broadcasts that on-board services, applications or sensors' units heed: each is told what octets say."""
        rows = slice(first, first + len(batch))
        told, readers = self._audience.told.get(batch.kind, ()), self._audience.readers.get(batch.kind, ())
        vehicles = _among(rows, carried.vehicles) if told or readers else _NOBODY
        if self._persons:  # whose devices have no such services
            vehicles = _those(vehicles, self._fleet.vehicles.alive[vehicles.receiver] == 1)
        listening = batch.kind in self._ears.broadcasts
        units = self._ears.at(batch.kind, *_among(rows, carried.units)) if listening else []
        senses = self._senses if batch.kind == self._cpm else None
        others = _NOBODY if senses is None else _among(rows, carried.units)
        if not len(vehicles.packet) and not units and not len(others.packet):
            return
        octets, framed = batch.octets(), self._messages.kinds.ids[batch.kind].framed
        if (readers and len(vehicles.packet)) or len(others.packet):
            everything = self._messages.read(batch.kind, octets, batch.time)
            if senses is not None and len(others.packet):
                x, y, now = self._roadside.x, self._roadside.y, self._onair.now
                senses.overhear(everything, others, x, y, now, round(now / TICK))
            content = self._messages.kinds[batch.kind].content
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
                where = float(self._roadside.x[sender]), float(self._roadside.y[sender])
                self._ears.receive(unit, type(said), Heard(said, CodecContext.station(sender), where, batch.time))

    def _meaning(self, octets: bytes, framed: bool) -> Any:
        """What a broadcast says; None where it is of no kind. Most are said again and again."""
        if octets not in self._heard:
            if len(self._heard) >= _MOST_HEARD:
                self._heard.clear()
            try:
                self._heard[octets] = self._messages.understood(octets, framed)
            except DecodeError:
                self._heard[octets] = None
        return self._heard[octets]

    def _aware(self, batch: Batch, first: int, carried: Carried, now: float) -> None:
        """Awareness messages, decoded by whoever received them."""
        octets = batch.content
        assert isinstance(octets, Octets)
        if self._neighbours is None and not len(carried.units.packet):
            return
        units = self._units
        says, _ = self._awareness[batch.kind].decode(octets.buffer, octets.offsets)
        self._maps.hear(*carried.units, batch.station, says, batch.time, first, units)
        rows = slice(first, first + len(batch))
        kind, listening = (Cam, self._ears.cams) if batch.kind == self._cam else (Vam, self._ears.vams)
        if len(listening):
            slots, here = batch.station - np.int32(units), _among(rows, carried.units)
            for unit in listening.tolist():
                mine = np.sort(here.packet[here.receiver == unit])
                if len(mine):
                    heard = np.full(len(mine), batch.time)
                    self._ears.receive(unit, kind, VehicleView(slots[mine], heard, says[mine].T, now))
        if self._neighbours is not None:
            slots = batch.station - np.int32(units)
            to_vehicles, to_units = _among(rows, carried.vehicles), _among(rows, carried.units)
            self._neighbours.hear(round(batch.time / TICK), slots, says, to_vehicles, to_units)

    def _announced(self, units: Ints, first: int, carried: Carried) -> None:
        """Service announcements: vehicles remember the nearest unit that offers each."""
        roadside = self._roadside
        self._fleet.hear_announcements(carried.vehicles, units, roadside.x, roadside.y, roadside.offered, first)

    def _requested(self, batch: Batch, rows: slice, carried: Carried) -> None:
        """Requests to one unit: into its inbox."""
        assert batch.to is not None
        arrived = np.flatnonzero(carried.at_units[rows])
        if not len(arrived):
            return
        unit = int(batch.to[0])
        self.requests[unit] += len(arrived)
        for request in self._understood(batch, arrived):
            if isinstance(request, Request):
                self._thinking.receive(unit, request)

    def _answered(self, batch: Batch, rows: slice, carried: Carried, now: float) -> None:
        """A unit's responses: those who hear theirs obey."""
        content, fleet = batch.content, self._fleet
        assert isinstance(content, Response)
        who = content.vehicle
        # Its slot may have got a new owner meanwhile, and who has parked does not listen.
        there = (fleet.vehicles.station[who] == content.station) & (fleet.active[who] == 1)
        arrived = carried.at_vehicles[rows]
        arrived[~there] = 0
        hearers = np.flatnonzero(arrived)
        self._measures.answered(content, hearers, batch.time + carried.delay[rows][hearers].astype(np.float64))
        if len(hearers):
            for said in self._understood(batch, hearers):
                if (service := self._audience.answered.get(type(said))) is not None:
                    with service.running():
                        service.heard(said, now)

    def _understood(self, batch: Batch, rows: Indices) -> list[Any]:
        """What these messages of a batch of requests or responses say, by the ids in their octets."""
        assert isinstance(batch.content, Request | Response)
        octets, vehicle = batch.octets(), batch.content.vehicle
        if len(rows) < len(batch):
            octets, vehicle = octets.take(rows), vehicle[rows]
        messages = self._messages
        return messages.received(octets, messages.kinds.ids[batch.kind].framed, vehicle)


def _among(rows: slice, found: Deliveries) -> Deliveries:
    """Those of these rows, counted from the first of them."""
    mine = _those(found, (found.packet >= rows.start) & (found.packet < rows.stop))
    return Deliveries(mine.packet - np.int32(rows.start), mine.receiver)


def _those(found: Deliveries, mask: Flags) -> Deliveries:
    return Deliveries(found.packet[mask], found.receiver[mask])
