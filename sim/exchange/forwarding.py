"""Geo-broadcasts beyond one hop: contention-based forwarding (EN 302 636-4-1 V1.4.1, annex F.3).

Whoever receives a packet in its area for the first time sets a timer, the shorter the farther it is from who sent it,
and forwards the packet when that ends; a copy that it hears before lets it be silent. Who is outside the area drops it,
as the source of all that is sent here lies inside (annex D).

A hop takes a V2X tick: what is received in one is forwarded in the next. Who does so is decided in between, in
continuous time (`ext.forwarding.Contention`): timers end in their order, and each that ends silences those whose timers
still run and who would hear the copy over its link, which the radio tells (`sim.air.Overhearing`). The copies then go
on the air like any other packet, and who receives them is up to the radio alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from wayside.edge.app import TICK
from wayside.edge.messages import Request, Response
from wayside.edge.messages.build import RSU
from wayside.edge.messages.octets import Octets
from wayside.edge.net.geonetworking import LIFETIME
from wayside.ext.arrays import Bytes, Doubles, Flags, Hashes, Indices, Ints, Longs
from wayside.ext.forwarding import Contention, take_in
from wayside.sim.air import ON, Carried, Deliveries, Outgoing, Overhearing
from wayside.sim.air.latency import hashed, uniform
from wayside.sim.exchange.journeys import Journeys
from wayside.sim.scenario.sections import ForwardingRules
from wayside.sim.stations.fleet import Fleet
from wayside.sim.stations.histograms import ratio
from wayside.sim.stations.packets import Batch, Copies, Journey
from wayside.sim.wire.capture import AREA

MOST_HOPS: Final = 10  # told apart in figures; the last of them holds all beyond
_OVERHEARS, _ACCESS = 1, 2  # salts of draws
_NOTHING = np.empty(0, np.int32)
_NO_COPIES = Copies(_NOTHING, _NOTHING, np.empty(0), _NOTHING)


@dataclass
class HopCount:
    """A row of forwarding.parquet: what became of packets on one hop; the last row holds all beyond."""

    hop: int
    sent: int
    received: int
    silenced: int


class Forwarding:
    """Packets on their way, who has them, and who is to forward them.

    unit_x, unit_y: where units stand [m]; unit_on: as the exchange has it; unit_who: who they are to chance.
    """

    def __init__(
        self,
        rules: ForwardingRules,
        radio: Overhearing,
        fleet: Fleet,
        unit_x: Doubles,
        unit_y: Doubles,
        unit_on: Bytes,
        unit_who: Hashes,
        seed: int,
    ) -> None:
        self.rules, self._radio, self._fleet, self._seed = rules, radio, fleet, seed
        self._units, self._unit_x, self._unit_y, self._unit_on = len(unit_x), unit_x, unit_y, unit_on
        self._unit_who = unit_who
        self.way = Journeys(self._units + fleet.capacity)
        self._ids: Longs = np.empty(0, np.int64)  # of the copies on the air, ascending
        self._copies, self._senders = _NO_COPIES, _NOTHING  # of them; and their stations
        # Who is to forward what: station, and whose number it was when that was decided.
        self._waiting, self._who, self._name = _NO_COPIES, _NOTHING, np.empty(0, np.int64)
        self._next: dict[int, int] = {}  # sequence numbers, by station
        self._gate = np.zeros(self._units + fleet.capacity, np.int64)  # V2X tick from which each may go on
        # By hop, from 1 on: copies sent, first receptions in the area, timers that a copy ended.
        self.sent, self.received, self.silenced = np.zeros((3, MOST_HOPS + 1), np.int64)
        self.packets = self.duplicates = 0

    # What goes on the air

    def begin(self, out: Outgoing) -> None:
        """A new tick, in which some packets are still queued: what became of the others has been told."""
        stay = np.isin(self._ids, out.id[: out.fresh]) if out.fresh else np.zeros(len(self._ids), bool)
        self._ids, self._senders, self._copies = self._ids[stay], self._senders[stay], self._copies.take(stay)
        self.way.keep((self._copies.packet, self._waiting.packet))

    def due(self, tick: int, now: float, waits: Ints | None) -> Iterator[Batch]:
        """What is forwarded in this tick, a batch for each kind, area and sort of sender.

        waits: V2X ticks between two packets that are not urgent, by station, as congestion control has it; None: there
        is none. What it holds back stays until it may go, its life is over or a copy is heard.
        """
        copies, who, way = self._waiting, self._who, self.way
        if not len(who):
            return
        there = self._there(who) & (self._names(who) == self._name) & (now - way.made[copies.packet] < LIFETIME)
        held = np.zeros(len(who), bool)
        if waits is not None:
            slow = np.flatnonzero(there & (way.category[copies.packet] != 0))
            free = slow[self._gate[who[slow]] <= tick]
            goes = free[np.unique(who[free], return_index=True)[1]]  # of several of one station's the first
            self._gate[who[goes]] = tick + waits[who[goes]]
            held[slow] = True
            held[goes] = False
        go = np.flatnonzero(there & ~held)
        self._waiting, self._who, self._name = copies.take(held), who[held], self._name[held]
        packet = copies.packet[go]
        group = np.stack((way.kind[packet], way.radius[packet], who[go] < self._units), axis=1)
        for kind, radius, by_unit in np.unique(group, axis=0).tolist():
            rows = go[(group == (kind, radius, by_unit)).all(axis=1)]
            content, said = way.said(copies.packet[rows])
            yield Batch(
                int(kind),
                bool(by_unit),
                now,
                who[rows],
                content,
                way.size[copies.packet[rows]],
                partial(Octets.of, said),
                copies=copies.take(rows),
            )

    def handed(self, out: Outgoing, batches: Iterable[tuple[Batch, int]]) -> None:
        """The geo-broadcasts that have been put into a tick's packets, each batch with the row that it begins in."""
        old = len(self._ids)
        ids, senders, copies = [self._ids], [self._senders], [self._copies]
        for batch, first in batches:
            rows = slice(first, first + len(batch))
            ids.append(out.id[rows])
            senders.append(batch.station)
            copies.append(self._made(batch, out.category[rows]) if batch.copies is None else batch.copies)
        self._ids, self._senders = np.concatenate(ids), np.concatenate(senders)
        self._copies = Copies.joined(copies)
        self.sent += _by_hop(self._copies.hop[old:])

    def _made(self, batch: Batch, category: Bytes) -> Copies:
        """New packets, sent by their sources."""
        octets, radius = batch.octets(), batch.radius if np.isfinite(batch.radius) else AREA
        messages = batch.content
        assert not isinstance(messages, Octets | Request | Response)
        x, y = self._places()
        on, table = self._there(np.arange(len(x))), self._fleet.vehicles
        numbers, names, identity = [], self._names(batch.station).tolist(), self._identity()
        for k, source in enumerate(batch.station.tolist()):
            unit, slot = source < self._units, max(source - self._units, 0)
            sequence = self._next.get(source, 0)
            self._next[source] = (sequence + 1) % 65536
            inside = on & (np.hypot(x - x[source], y - y[source]) <= radius)
            inside[source] = False
            number = self.way.enter(
                messages[k],
                octets.one(k),
                inside,
                kind=batch.kind,
                category=category[k],
                size=batch.size[k],
                source=source,
                name=source if unit else names[k],
                from_unit=unit,
                station_type=RSU if unit else self._fleet.kind[slot],
                x=x[source] if unit else self._fleet.said_x[slot],
                y=y[source] if unit else self._fleet.said_y[slot],
                radius=radius,
                speed=0.0 if unit else table.speed[slot],
                heading=0.0 if unit else table.heading[slot],
                made=batch.time,
                sequence=sequence,
                key=hashed(identity[[source]], np.array([sequence], np.uint64))[0],
            )
            numbers.append(number)
        self.packets += len(numbers)
        hop = np.ones(len(numbers), np.int32)
        return Copies(np.array(numbers, np.int32), batch.station, np.zeros(len(numbers)), hop)

    # What comes of it

    def take_in(self, carried: Carried, out: Outgoing, now: float) -> Carried:
        """Who has received which; what of it stations pass on to those above: each packet once, in its area."""
        if not len(self._ids):
            return carried
        copy_at = np.full(len(out), -1, np.int32)
        copy_at[np.searchsorted(out.id, self._ids)] = np.arange(len(self._ids), dtype=np.int32)
        units, vehicles = copy_at[carried.units.packet], copy_at[carried.vehicles.packet]
        ours = np.flatnonzero(units >= 0), np.flatnonzero(vehicles >= 0)
        copy = np.concatenate((units[ours[0]], vehicles[ours[1]]))
        shift, split = np.int32(self._units), len(ours[0])
        station = np.concatenate((carried.units.receiver[ours[0]], carried.vehicles.receiver[ours[1]] + shift))
        stale = np.ones(len(copy), bool)
        stale[self._receive(copy, station, now)] = False
        return carried._replace(
            units=_without(carried.units, ours[0][stale[:split]]),
            vehicles=_without(carried.vehicles, ours[1][stale[split:]]),
        )

    def _receive(self, copy: Ints, station: Ints, now: float) -> Indices:
        """Copies come to stations: which pairs are first receptions. Timers are set, and who forwards is decided."""
        (x, y), way, rules = self._places(), self.way, self.rules
        packet = self._copies.packet[copy]
        rows = np.flatnonzero(np.hypot(x[station] - way.x[packet], y[station] - way.y[packet]) <= way.radius[packet])
        copy, station, packet = copy[rows], station[rows], packet[rows]
        sender = self._senders[copy]
        far = np.hypot(x[station] - x[sender], y[station] - y[sender])
        out = self._copies.out[copy]
        first, end, silenced, again = take_in(
            packet, station, out, far, way.known, rules.least, rules.most, rules.reach
        )
        self.duplicates += len(rows) - len(first)
        hop = self._copies.hop[copy[first]]
        self.received += _by_hop(hop)
        self._hear_again(packet[again == 1], station[again == 1])
        may = (hop < rules.hops) & (now + TICK - way.made[packet[first]] < LIFETIME)
        self._contend(packet[first][may], station[first][may], end[may], silenced[may], hop[may])
        return np.asarray(rows[first])

    def _hear_again(self, packet: Ints, station: Ints) -> None:
        """What congestion control still holds back is not sent once a copy is heard."""
        if len(self._who):
            stations = np.int64(len(self._gate))
            held = self._waiting.packet * stations + self._who
            off = np.isin(held, packet * stations + station)
            self.silenced += _by_hop(self._waiting.hop[off] - 1)
            self._waiting, self._who, self._name = self._waiting.take(~off), self._who[~off], self._name[~off]

    def _contend(self, packet: Ints, station: Ints, end: Doubles, silenced: Bytes, hop: Ints) -> None:
        """Timers have been set for packets: whose ends before it hears a copy forwards it in the next tick."""
        if not len(packet):
            return
        size = self.way.size[packet]
        key = hashed(self._identity()[station], self.way.key[packet])
        out = end + self._radio.access(station, size, uniform(self._seed, key.view(np.int64), _ACCESS))
        contention = Contention(packet, end, out, silenced)
        while True:
            leaders, one, other = contention.lead()
            if not len(leaders):
                break
            draw = uniform(self._seed, hashed(key[one], key[other]).view(np.int64), _OVERHEARS)
            contention.silence(other[draw < self._radio.chance(station[one], station[other], size[one])])
        self.silenced += _by_hop(hop[contention.silenced == 1])
        won = contention.sends == 1
        more = Copies(packet[won], self.way.source[packet[won]], out[won], hop[won] + np.int32(1))
        self._waiting = Copies.joined((self._waiting, more))
        self._who = np.concatenate((self._who, station[won]))
        self._name = np.concatenate((self._name, self._names(station[won])))

    def admit(self, departed: Ints) -> None:
        """Vehicles have come into these slots."""
        stations = self._units + self._fleet.capacity
        self.way.grow(stations)
        self._gate = np.concatenate((self._gate, np.zeros(stations - len(self._gate), np.int64)))
        self.way.forget(self._units + departed)
        self._gate[self._units + departed] = 0
        for slot in departed.tolist():
            self._next.pop(self._units + slot, None)

    # What is known of it

    def journey(self, ids: Longs) -> Journey | None:
        """How packets with these ids came to their senders; None where they are no geo-broadcasts."""
        row = np.searchsorted(self._ids, ids)
        if not len(ids) or (np.append(self._ids, -1)[row] != ids).any():
            return None
        return self.way.of(self._copies.packet[row], self._copies.hop[row], self.rules.hops)

    def kpis(self) -> dict[str, float]:
        """Key figures (docs/kpis.md)."""
        received, hops = int(self.received.sum()), np.arange(MOST_HOPS + 1)
        wanted, reached = self.way.reckoned.tolist()
        return {
            "forwarding.packets": self.packets,
            "forwarding.forwarded": int(self.sent[2:].sum()),
            "forwarding.silenced": int(self.silenced.sum()),
            "forwarding.duplicates": self.duplicates,
            "forwarding.hops_mean": ratio(int(self.received @ hops), received),
            "forwarding.hops_max": int(np.flatnonzero(self.received)[-1]) if received else float("nan"),
            "forwarding.beyond_one_hop_share": ratio(int(self.received[2:].sum()), received),
            "forwarding.reached_share": ratio(reached, wanted),
        }

    def table(self) -> list[HopCount]:
        """What became of packets, hop by hop."""
        rows = zip(self.sent.tolist(), self.received.tolist(), self.silenced.tolist(), strict=True)
        return [HopCount(hop, *row) for hop, row in enumerate(rows) if hop]

    def _places(self) -> tuple[Doubles, Doubles]:
        """Where stations are [m], by number."""
        n = self._fleet.vehicles.extent
        return np.concatenate((self._unit_x, self._fleet.x[:n])), np.concatenate((self._unit_y, self._fleet.y[:n]))

    def _there(self, station: Ints | Indices) -> Flags:
        """Which stations are on the air."""
        on = np.concatenate((self._unit_on == ON, self._fleet.active[: self._fleet.vehicles.extent] == 1))
        found: Flags = (station < len(on)) & on[np.minimum(station, len(on) - 1)]
        return found

    def _names(self, station: Ints) -> Longs:
        """By what number each vehicle is known, whatever slot it has; -1 of units."""
        slot = np.maximum(station - self._units, 0)
        return np.where(station < self._units, -1, self._fleet.vehicles.station[slot]).astype(np.int64)

    def _identity(self) -> Hashes:
        """Who stations are to chance."""
        return np.concatenate((self._unit_who, self._fleet.identity))


def _by_hop(hop: Ints) -> Longs:
    return np.bincount(np.minimum(hop, MOST_HOPS), minlength=MOST_HOPS + 1)


def _without(deliveries: Deliveries, rows: Indices) -> Deliveries:
    keep = np.ones(len(deliveries.packet), bool)
    keep[rows] = False
    return Deliveries(deliveries.packet[keep], deliveries.receiver[keep])
