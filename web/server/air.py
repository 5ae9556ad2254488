"""What is said on the air, for watchers: a sample of the packets, who received them, a log of messages.

All of a step's packets are looked at only where a frame follows it; of the other steps what is rare is kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayside.edge.app import TICK
from wayside.ext.arrays import Bytes, Indices, Ints, Longs
from wayside.sim.observers import Observer
from wayside.sim.stations.packets import Packets, Receptions
from wayside.web.server.frames import AT_UNIT, FATE_BIT, FROM_UNIT, LOST, ArcRows, PacketRows
from wayside.web.server.hops import HopWatch
from wayside.web.server.messages import describe, listed
from wayside.web.server.octets import Shelf
from wayside.web.server.view import Views

MOST_PACKETS = 256  # in a frame
MOST_ARCS = 2048
MOST_MESSAGES = 6  # for each frame
SELDOM = 5  # frames from one routine message of a kind to the next
KEPT = 100  # messages for who joins
SHOWN = 2  # packets of a kind and tick whose receivers are shown though nobody watches them
NEAR = 24  # packets of a kind and tick of which it is asked whether a watched object received them
HEARD, SENT = 20, 10  # messages kept of a watched object


class AirObserver(Observer):
    """Listens to one simulation's packets while anybody looks: only then it is among the observers."""

    def __init__(self, views: Views, most_messages: int = MOST_MESSAGES, opened: bool = True) -> None:
        """most_messages: that are picked until `news` is asked for; opened: whether they are kept to be opened."""
        self.views = views
        self.simulation = simulation = views.simulation
        self.messages: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.shelf = Shelf(simulation) if opened else None
        self.hops = HopWatch()
        self.heard: dict[str, deque[dict[str, Any]]] = {}  # by reference of a watched object
        self.sent: dict[str, deque[dict[str, Any]]] = {}
        self._attached = self._everything = False
        self._most_messages = most_messages
        self._watched: Collection[str] = ()
        self._packets: list[tuple[Packets, Indices]] = []
        self._arcs: list[tuple[int, Ints, Longs, Bytes]] = []
        self._rows = self._arc_rows = self._turn = 0
        self._sent_before = 0
        self._news: list[dict[str, Any]] = []
        self._messages_now = 0
        self._looks = SELDOM
        self._logged: dict[int, int] = {}  # when one of a kind was picked, in looks

    def listen(self, everything: bool, watched: Collection[str]) -> None:
        """For the next step: to everything, or only to what is rare. `watched` are references."""
        self._everything = everything
        if watched is not self._watched:
            self._watched = watched
            self.heard = {ref: self.heard.get(ref, deque(maxlen=HEARD)) for ref in watched}
            self.sent = {ref: self.sent.get(ref, deque(maxlen=SENT)) for ref in watched}

    def attach(self, on: bool) -> None:
        """Begin to listen, or stop: without listeners packets are only counted."""
        if on == self._attached:
            return
        self._attached = on
        simulation = self.simulation
        if on:
            simulation.exchange.radio.trace(True)
            simulation.observers.add(self)
            self._sent_before = sum(simulation.exchange.traffic.sent)
        else:
            simulation.observers.remove(self)
            others = any(isinstance(other, AirObserver) for other in simulation.observers)
            simulation.exchange.radio.trace(others)
            self.hops.clear()
            self._clear()

    def sample(self) -> tuple[PacketRows, ArcRows, int]:
        """What was sent since the last call, or a sample of it, and how much it was in all."""
        total = sum(self.simulation.exchange.traffic.sent)
        sent, self._sent_before = total - self._sent_before, total
        packets = _packet_rows(self._packets)
        arcs = _arc_rows(self._arcs, self._packets)
        self._clear()
        return packets, arcs, sent

    def news(self) -> list[dict[str, Any]]:
        """The messages picked since the last call."""
        news, self._news = self._news, []
        self._messages_now = 0
        self._looks += 1
        return news

    def _clear(self) -> None:
        self._packets, self._arcs = [], []
        self._rows = self._arc_rows = 0

    def packets(self, packets: Packets) -> None:
        """See `Observer.packets`."""
        if self.shelf is not None:
            self.shelf.count(packets)
        self.hops.packets(packets)
        rare = not self.simulation.exchange.messages.kinds[packets.kind].routine
        n = len(packets.sender)
        if not n or not (rare or self._everything):
            return
        related = self._related(packets)
        rows = self._choose(n, rare, related)
        if not len(rows):
            return
        place = len(self._packets)
        self._packets.append((packets, rows))
        self._rows += len(rows)
        if (self._everything or packets.to is not None) and self._arc_rows < MOST_ARCS:
            self._receivers(packets, rows, related, place)
        turn = rare or self._looks - self._logged.get(packets.kind, 0) >= SELDOM
        if turn and self._messages_now < self._most_messages:
            self._messages_now += 1
            self._logged[packets.kind] = self._looks
            self._log(packets, int(rows[self._turn % len(rows)]))
        self._turn += 1

    def _choose(self, n: int, rare: bool, related: Indices) -> Indices:
        """The rows to be shown: all, or some evenly, those that concern watched objects first."""
        room = MOST_PACKETS - self._rows if rare else (MOST_PACKETS - self._rows) // 2
        if n <= room:
            return np.arange(n)
        if room <= 0:
            return related[:0]
        stride = -(-n // room)
        some = np.arange(self._turn % stride, n, stride)
        return np.union1d(related, some)[: max(room, len(related))]

    def _related(self, packets: Packets) -> Indices:
        """Rows sent by a watched object, or near one."""
        if not self._watched:
            return np.empty(0, np.intp)
        kind = "unit/" if packets.from_unit else "vehicle/"
        senders = [int(ref.partition("/")[2]) for ref in self._watched if ref.startswith(kind)]
        rows = [np.flatnonzero(np.isin(packets.sender, senders))] if senders else []
        if packets.to is not None:
            other = "vehicle/" if packets.from_unit else "unit/"
            receivers = [int(ref.partition("/")[2]) for ref in self._watched if ref.startswith(other)]
            rows.append(np.flatnonzero(np.isin(packets.to, receivers)))
        else:
            reach = min(packets.radius, self.simulation.scenario.v2x.range)
            for x, y in self._positions(vehicles=True, units=not packets.from_unit):
                distance = np.hypot(packets.x - x, packets.y - y)
                near = np.flatnonzero(distance <= reach)
                rows.append(near[np.argsort(distance[near], kind="stable")[:NEAR]])
        return np.unique(np.concatenate(rows)) if rows else np.empty(0, np.intp)

    def _positions(self, vehicles: bool, units: bool) -> list[tuple[float, float]]:
        simulation = self.simulation
        table, fleet = simulation.vehicles, simulation.fleet
        found = []
        for ref in self._watched:
            kind, _, number = ref.partition("/")
            if kind == "unit" and units:
                found.append(simulation.units[int(number)].position)
            elif kind == "vehicle" and vehicles:
                slots = np.flatnonzero(table.station[: table.extent] == int(number)).tolist()
                found += [(float(fleet.x[slot]), float(fleet.y[slot])) for slot in slots]
        return found

    def _receivers(self, packets: Packets, rows: Indices, related: Indices, place: int) -> None:
        """Note who received which: all of a unicast, what concerns watched objects, and of a few others."""
        exchange = self.simulation.exchange
        asked = rows if packets.to is not None else np.union1d(related, rows[:: max(1, len(rows) // SHOWN)][:SHOWN])
        found = exchange.watching.receptions(packets, asked)
        kind = "unit/" if packets.from_unit else "vehicle/"
        shown = np.ones(len(found.packet), bool)
        if self._watched and packets.to is None:
            # Of a packet that is asked about because it was sent near a watched object, only that one's arc counts.
            mine = [int(ref.partition("/")[2]) for ref in self._watched if ref.startswith(kind)]
            shown = np.isin(packets.sender[found.packet], mine)
            for ref in self._watched:
                name, _, number = ref.partition("/")
                if name in ("vehicle", "unit"):
                    shown |= (found.receiver == int(number)) & (found.at_unit == (name == "unit"))
            if not len(related):
                shown[:] = True
        if self._watched and self._everything:
            self._remember(packets, found)
        room = MOST_ARCS - self._arc_rows
        keep = np.flatnonzero(shown & np.isin(found.packet, rows))[:room]
        fate = found.fate[keep].astype(np.intp) << FATE_BIT
        flags = (found.at_unit[keep] * AT_UNIT + found.lost[keep] * LOST + fate).astype(np.uint8)
        self._arcs.append((place, found.packet[keep], found.receiver[keep], flags))
        self._arc_rows += len(keep)

    def _remember(self, packets: Packets, found: Receptions) -> None:
        """Keep what watched objects have heard and sent."""
        time = self._time()
        for ref, heard in self.heard.items():
            name, _, number = ref.partition("/")
            if name not in ("vehicle", "unit"):
                continue
            mine = (found.receiver == int(number)) & (found.at_unit == (name == "unit")) & ~found.lost
            for row in np.unique(found.packet[mine])[:HEARD].tolist():
                message = describe(self.views, packets, row, time)
                heard.append({key: message[key] for key in ("time", "kind", "from", "content")})
            if packets.from_unit == (name == "unit"):
                for row in np.flatnonzero(packets.sender == int(number))[:SENT].tolist():
                    self.sent[ref].append(describe(self.views, packets, row, time))

    def _log(self, packets: Packets, row: int) -> None:
        message = listed(self.views, packets, row, self._time())
        if self.shelf is not None:
            self.shelf.keep(packets, row, message)
        self._news.append(message)
        self.messages.append(message)

    def _time(self) -> float:
        return round(self.simulation.fleet.tick * TICK, 3)


def _packet_rows(taken: list[tuple[Packets, Indices]]) -> PacketRows:
    def column(name: str, type: Any) -> NDArray[Any]:
        return _joined([getattr(packets, name)[rows] for packets, rows in taken], type)

    return PacketRows(
        column("sender", np.int64),
        column("x", np.float64),
        column("y", np.float64),
        column("at_vehicles", np.int32),
        column("at_units", np.int32),
        _joined([np.full(len(rows), packets.kind) for packets, rows in taken], np.uint8),
        _joined([np.full(len(rows), packets.from_unit * FROM_UNIT) for packets, rows in taken], np.uint8),
    )


def _arc_rows(
    arcs: list[tuple[int, Ints, Longs, Bytes]],
    taken: list[tuple[Packets, Indices]],
) -> ArcRows:
    """Arcs with the packets' rows in the frame instead of those in what the exchange told."""
    starts = np.cumsum([0] + [len(rows) for _, rows in taken])
    packet = [starts[place] + np.searchsorted(taken[place][1], packets) for place, packets, _, _ in arcs]
    return ArcRows(
        _joined(packet, np.int32),
        _joined([arc[2] for arc in arcs], np.int64),
        _joined([arc[3] for arc in arcs], np.uint8),
    )


def _joined(parts: list[Any], type: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(type) if parts else np.empty(0, type)
