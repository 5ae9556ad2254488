"""Several radios as one: stations of different technologies, which neither hear nor disturb one another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Flags, Floats, Indices, Ints, Longs
from wayside.sim.air import RECEIVED, Carried, Deliveries, Outgoing, Overhearing, Radio, Traces

_Fates = tuple[Ints, Ints, Bytes]  # rows, stations, fates

_NOTHING: _Fates = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.uint8)


class _Part(Outgoing):
    """These rows, ascending, as a tick of their own; of some of them, vehicles are named in any case."""

    def __init__(self, out: Outgoing, rows: Indices, named: Flags) -> None:
        super().__init__(out.units)
        self._count = len(rows)
        self.fresh = int(np.searchsorted(rows, out.fresh))
        for name in self.columns:
            setattr(self, name, getattr(out, name)[rows])
        self.named |= named[rows]


class Joint(ABC):
    """Each packet goes on one of several radios, or, where a unit broadcasts it, on several of them at a time.

    A packet on several radios is pending until the last of them is done with it, and only then is told what became of
    it on the others. Its delay is the longest. Who receives it twice counts once.
    """

    def __init__(self, radios: Sequence[Radio]) -> None:
        self.radios = tuple(radios)
        nobody = np.empty(0, np.uint8)
        self._unit_x, self._unit_y, self._unit_on = np.empty(0), np.empty(0), nobody
        self._x, self._y = np.empty(0), np.empty(0)
        self._on = [nobody for _ in radios]  # vehicles on the air, by radio
        self._rows = [np.empty(0, np.intp) for _ in radios]  # of the last tick, by radio
        self._shared = np.zeros(0, bool)  # of its rows: those on several radios
        self._told = _NOTHING  # of these: what became of those that are done
        # Of the rows that come first in the next tick: which radios still have each, whether it was on several of
        # them, its delay on those that are done with it, and what became of it there.
        self._queued, self._several = np.zeros((len(self.radios), 0), bool), np.zeros(0, bool)
        self._delay, self._held = np.zeros(0, np.float32), _NOTHING
        self._tracing = False

    @abstractmethod
    def _routes(self, out: Outgoing, new: slice) -> Flags:
        """Which radios these rows go on: radios x rows."""

    def _split(self, on: Bytes) -> list[Bytes]:
        """Which vehicles are on the air, by radio."""
        return [on for _ in self.radios]

    def place_units(self, x: Doubles, y: Doubles, on: Bytes) -> None:
        self._unit_x, self._unit_y, self._unit_on = x, y, on
        for radio in self.radios:
            radio.place_units(x, y, on)

    def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
        former, self._on = self._on, [mine.copy() for mine in self._split(on)]
        self._x, self._y = x, y
        for radio, mine in zip(self.radios, self._on, strict=True):
            radio.place_vehicles(x, y, mine, tall, on if there is None else there)
        if len(self._held[0]):
            # Who was not on the same radio in the last tick is another station.
            n, stayed = min(len(on), len(former[0])), np.zeros(len(on), np.uint8)
            for mine, before in zip(self._on, former, strict=True):
                stayed[:n] |= mine[:n] & before[:n]
            row, station, fate = self._held
            still = np.concatenate((self._unit_on, stayed))[station] == 1
            self._held = row[still], station[still], fate[still]

    def carry(self, out: Outgoing) -> Carried:
        n = len(out)
        routes = np.concatenate((self._queued, self._routes(out, slice(out.fresh, n))), axis=1)
        self._shared = shared = routes.sum(axis=0) > 1
        shared[: out.fresh] |= self._several
        self._rows = [np.flatnonzero(mine) for mine in routes]
        parts = [radio.carry(_Part(out, rows, shared)) for radio, rows in zip(self.radios, self._rows, strict=True)]
        queued = np.zeros_like(routes)
        at_vehicles, at_units, delay = np.zeros(n, np.int32), np.zeros(n, np.int32), np.full(n, np.nan, np.float32)
        delay[: out.fresh] = self._delay
        for mine, rows, part in zip(queued, self._rows, parts, strict=True):
            mine[rows[part.pending]] = True
            at_vehicles[rows] += part.at_vehicles
            at_units[rows] += part.at_units
            delay[rows] = np.fmax(delay[rows], part.delay)
        waiting: Flags = np.logical_or.reduce(queued)
        pending = np.flatnonzero(waiting)
        self._queued, self._several, self._delay = queued[:, pending], shared[pending], delay[pending]
        delay[pending] = np.nan
        units = self._joined([part.units for part in parts])
        vehicles = self._joined([part.vehicles for part in parts])
        self._told = _NOTHING
        if shared.any():
            row, station = self._settle(out, units, vehicles, waiting)
            to_unit = station < out.units
            for counts, mine in ((at_units, to_unit), (at_vehicles, ~to_unit)):
                counts[shared] = np.bincount(row[mine], minlength=n)[shared]
            named = ~to_unit & (out.named[row] == 1)
            units = _with(units, shared, row[to_unit], station[to_unit])
            vehicles = _with(vehicles, shared, row[named], station[named] - np.int32(out.units))
        return Carried(at_vehicles, at_units, units, vehicles, delay, pending)

    def trace(self, on: bool) -> None:
        self._tracing = on
        for radio in self.radios:
            radio.trace(on)

    def recall(self, rows: Indices) -> Traces:
        packet, receiver, fate = [], [], []
        alone = ~self._shared[rows]
        for radio, mine in zip(self.radios, self._rows, strict=True):
            at = np.searchsorted(mine, rows)
            asked = np.flatnonzero((at < len(mine)) & (np.append(mine, -1)[at] == rows) & alone)
            part = radio.recall(at[asked])
            packet.append(asked[part.packet].astype(np.int32))
            receiver.append(part.receiver)
            fate.append(part.fate)
        place = np.full(len(self._shared), -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        told = place[self._told[0]] >= 0
        joined = np.concatenate((*packet, place[self._told[0][told]]))
        order = np.argsort(joined, kind="stable")
        receivers = np.concatenate((*receiver, self._told[1][told]))
        fates = np.concatenate((*fate, self._told[2][told]))
        return Traces(joined[order], receivers[order], fates[order])

    def _joined(self, parts: list[Deliveries]) -> Deliveries:
        packet = np.concatenate([rows[part.packet] for rows, part in zip(self._rows, parts, strict=True)])
        order = np.argsort(packet, kind="stable")
        return Deliveries(packet[order].astype(np.int32), np.concatenate([part.receiver for part in parts])[order])

    def _settle(self, out: Outgoing, units: Deliveries, vehicles: Deliveries, waiting: Flags) -> tuple[Ints, Ints]:
        """Who received the packets on several radios that are done now: row and station, ascending.

        What has become of the others stays in `_held`.
        """
        row, station, fate = self._held
        # As on a single radio: it counts where one is when the packet is told.
        x, y = np.concatenate((self._unit_x, self._x)), np.concatenate((self._unit_y, self._y))
        sender = out.sender[row]
        near = np.hypot(x[station] - x[sender], y[station] - y[sender]) <= out.radius[row]
        found = [(row[near], station[near], fate[near])]
        for deliveries, first in ((units, 0), (vehicles, out.units)):
            mine = self._shared[deliveries.packet]
            got = np.full(int(mine.sum()), RECEIVED, np.uint8)
            found.append((deliveries.packet[mine], deliveries.receiver[mine] + np.int32(first), got))
        if self._tracing:
            for radio, rows in zip(self.radios, self._rows, strict=True):
                asked = np.flatnonzero(self._shared[rows])
                traces = radio.recall(asked)
                lost = traces.fate != RECEIVED
                packet = rows[asked][traces.packet[lost]].astype(np.int32)
                found.append((packet, traces.receiver[lost], traces.fate[lost]))
        row, station, fate = (np.concatenate(column) for column in zip(*found, strict=True))
        # Each station once, and as having received it if it did on any radio: that fate is the least number.
        order = np.lexsort((fate, station, row))
        row, station, fate = row[order], station[order], fate[order]
        once = np.ones(len(row), bool)
        once[1:] = (np.diff(row) != 0) | (np.diff(station) != 0)
        done, later = once & ~waiting[row], once & waiting[row]
        number = (np.cumsum(waiting) - 1).astype(np.int32)  # in the next tick
        self._held = number[row[later]], station[later], fate[later]
        self._told = row[done], station[done], fate[done]
        got = done & (fate == RECEIVED)
        return row[got], station[got]


def overhearing(radio: Radio) -> Overhearing:
    """The same radio; only asked of those that were found to be such (`sim.assembly`)."""
    return cast(Overhearing, radio)


def _with(deliveries: Deliveries, but: Flags, row: Ints, receiver: Ints) -> Deliveries:
    """These deliveries but for those of some rows, and others instead."""
    keep = ~but[deliveries.packet]
    packet = np.concatenate((deliveries.packet[keep], row))
    order = np.argsort(packet, kind="stable")
    return Deliveries(packet[order], np.concatenate((deliveries.receiver[keep], receiver))[order])


class Mixed(Joint):
    """Every vehicle is on one of several radios, every unit on all of them.

    The radios have channels of their own. What a vehicle sends goes on its radio; what a unit broadcasts goes on all
    of them, and what it sends to one vehicle on that vehicle's. `radio_of` answers the number of each vehicle's radio,
    by slot; it is asked in every tick.
    """

    def __init__(self, radios: Sequence[Radio], radio_of: Callable[[], Bytes]) -> None:
        super().__init__(radios)
        self._radio_of = radio_of
        self._own: Bytes = np.empty(0, np.uint8)

    @property
    def busy_ratio(self) -> Floats | None:
        """Of a vehicle's own channel, 0 if its radio has none; of a unit, the greatest of its channels'."""
        ratios = [(k, radio.busy_ratio) for k, radio in enumerate(self.radios)]
        units = len(self._unit_on)
        busy = np.zeros(units + len(self._x), np.float32)
        own = self._own[: len(self._x)]
        for k, ratio in ratios:
            if ratio is not None:
                np.maximum(busy[:units], ratio[:units], out=busy[:units])
                np.copyto(busy[units:], ratio[units:], where=own == k)
        return None if all(ratio is None for _, ratio in ratios) else busy

    def channel(self, radio: int) -> tuple[Floats | None, Flags]:
        """The busy ratio of one radio's channel, and which stations are on it."""
        units = np.ones(len(self._unit_on), bool)
        return self.radios[radio].busy_ratio, np.concatenate((units, self._own[: len(self._x)] == radio))

    @property
    def tally(self) -> Longs | None:
        """The sum over the radios that have one."""
        tallies = [tally for radio in self.radios if (tally := radio.tally) is not None]
        return np.sum(tallies, axis=0) if tallies else None

    def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
        self._own = self._radio_of()
        super().place_vehicles(x, y, on, tall, there)

    def _split(self, on: Bytes) -> list[Bytes]:
        own = self._own[: len(on)]
        return [on * (own == k) for k in range(len(self.radios))]

    def _routes(self, out: Outgoing, new: slice) -> Flags:
        sender, to = out.sender[new], out.to[new]
        slot = np.where(sender < out.units, to, sender) - out.units
        routes = np.zeros((len(self.radios), len(sender)), bool)
        routes[:, (sender < out.units) & (to < 0)] = True
        of_one = np.flatnonzero(slot >= 0)
        routes[self._own[slot[of_one]], of_one] = True
        routes[0, ~routes.any(axis=0)] = True  # from unit to unit: any will do
        return routes

    def chance(self, sender: Ints, receiver: Ints, size: Ints) -> Floats:
        """See `Overhearing`: over the radios that both are on, the better one of two units."""
        found = np.zeros(len(sender), np.float32)
        for k, radio in enumerate(self.radios):
            mine = np.flatnonzero(self._has(k, sender) & self._has(k, receiver))
            heard = overhearing(radio).chance(sender[mine], receiver[mine], size[mine])
            found[mine] = np.maximum(found[mine], heard)
        return found

    def access(self, sender: Ints, size: Ints, draw: Doubles) -> Doubles:
        """See `Overhearing`: on a vehicle's own radio, of a unit until it is out on all."""
        found = np.zeros(len(sender))
        for k, radio in enumerate(self.radios):
            mine = np.flatnonzero(self._has(k, sender))
            found[mine] = np.maximum(found[mine], overhearing(radio).access(sender[mine], size[mine], draw[mine]))
        return found

    def _has(self, radio: int, station: Ints) -> Flags:
        """Whether stations are on a radio: a unit is on all."""
        units = len(self._unit_on)
        return (station < units) | (np.concatenate((np.zeros(units, np.uint8), self._own))[station] == radio)
