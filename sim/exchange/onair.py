"""The packets of a V2X tick: batches of them for whoever asks what they say, rows for the radio that carries them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from wayside.edge.messages import Request, Response
from wayside.edge.messages.kinds import Utterance
from wayside.edge.messages.octets import Octets
from wayside.ext.arrays import Indices, Ints
from wayside.sim.air import Outgoing
from wayside.sim.exchange.beats import Beat, Chorus
from wayside.sim.stations.packets import Batch
from wayside.sim.wire.units import UnitMessages, has_area


class OnAir:
    """Batches in the order of their rows in `out`; what is still queued from earlier ticks comes first.

    pending: the rows that are still queued when the tick is over; now: of the tick, s.
    """

    def __init__(self, units: int, messages: UnitMessages) -> None:
        self.out = Outgoing(units)
        self.now = 0.0
        self.pending: Indices = np.empty(0, np.intp)
        self._units = units
        self._messages = messages
        self._category = [kind.category for kind in messages.kinds]
        self._batches: list[Batch | Chorus] = []

    def begin(self, now: float) -> None:
        """A new tick: what is still queued comes first."""
        queued: list[Batch | Chorus] = []
        if len(pending := self.pending):
            first = 0
            for batch in self.batches():
                mine = pending[(pending >= first) & (pending < first + len(batch))] - first
                first += len(batch)
                if len(mine):
                    queued.append(batch.take(mine))
        self._batches = queued
        self.out.begin(pending)
        self.now = now

    def send(self, batch: Batch, periodic: bool = False, named: bool = False) -> None:
        """One more batch. periodic: it comes again in the next tick; named: it is of interest which vehicles get it."""
        to = -1 if batch.to is None else batch.to
        category = self._category[batch.kind]
        self.out.add(batch.station, batch.size, category, to, batch.radius, periodic, named, batch.kind)
        self._batches.append(batch)

    def say(self, kind: int, slots: Ints, octets: Octets, headers: int, named: bool) -> None:
        """The awareness messages of vehicles in these slots, with so many octets of headers each."""
        category = self._category[kind]
        stations, size = self.out.say(slots, self._units, octets.offsets, headers, category, True, named, kind)
        self._batches.append(Batch(kind, False, self.now, stations, octets, size, lambda: octets))

    def put(self, chorus: Chorus) -> None:
        """All that units repeat."""
        self.out.put(chorus.block)
        self._batches.append(chorus)

    def unicast(self, content: Request | Response, unit: int, stations: Ints, to: Ints) -> None:
        """Requests to a unit, or its responses: message k goes from stations[k] to station to[k]."""
        number = self._messages.number(content)
        octets = self._messages.unicasts(content, unit, self.now)
        headers = self._messages.headers(self._messages.kinds[number])
        known = content.station if isinstance(content, Response) else None
        self.send(
            Batch(
                number,
                known is not None,
                self.now,
                stations,
                content,
                octets.sizes(headers),
                lambda: octets,
                to=to,
                to_station=known,
            )
        )

    @property
    def waiting_for_vehicles(self) -> bool:
        """Whether something to a vehicle by name is still queued."""
        return len(self.pending) > 0 and bool((self.out.to[self.pending] >= self._units).any())

    def rows(self) -> Iterator[tuple[int, Batch | Chorus]]:
        """What the tick's packets are, each with the row that it begins in."""
        first = 0
        for batch in self._batches:
            yield first, batch
            first += len(batch)

    def batches(self) -> list[Batch]:
        """The batches of the tick, with one for each beat."""
        found: list[Batch] = []
        for batch in self._batches:
            if isinstance(batch, Chorus):
                found += [self.said_by(beat, beat.units, beat.said, beat.size) for beat in batch.beats]
            else:
                found.append(batch)
        return found

    def said_by(self, beat: Beat, units: Ints, said: tuple[Utterance, ...], size: Ints) -> Batch:
        """What these units say in a beat, or some of them."""
        octets = partial(self._messages.broadcasts, units, said, self.now)
        messages = beat.messages if said is beat.said else tuple(utterance.message for utterance in said)
        return Batch(beat.kind, True, self.now, units, messages, size, octets, beat.radius)

    def has_area(self, kind: int, radius: float) -> bool:
        """Whether broadcasts of a kind and radius [m] go to an area."""
        return has_area(self._messages.family, self._messages.kinds[kind], radius)

    def to_areas(self) -> Iterator[tuple[Batch, int]]:
        """The geo-broadcasts that are new in this tick, each batch with the row that it begins in."""
        for first, batch in self.rows():
            if isinstance(batch, Chorus):
                for row, beat in batch.begins:
                    if self.has_area(beat.kind, beat.radius):
                        yield self.said_by(beat, beat.units, beat.said, beat.size), first + row
            elif first >= self.out.fresh and self._is_to_area(batch):
                yield batch, first

    def _is_to_area(self, batch: Batch) -> bool:
        if batch.to is not None:
            return False
        return batch.copies is not None or self.has_area(batch.kind, batch.radius)
