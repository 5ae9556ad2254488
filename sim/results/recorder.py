"""What a run leaves behind: Parquet tables, written as it goes, with bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wayside.edge.errors import PluginError
from wayside.edge.journal import Journal
from wayside.ext.arrays import Flags, Hashes, Ints
from wayside.sim.disk.ballast import Ballast
from wayside.sim.exchange.exchange import Exchange
from wayside.sim.observers import Observer, Table
from wayside.sim.results.capturing import CaptureListener
from wayside.sim.results.channel import AirTables
from wayside.sim.results.tables import SCHEMAS, TableWriter, write_records
from wayside.sim.scenario.sections import Record
from wayside.sim.stations.fleet import Fleet
from wayside.sim.stations.packets import Packets

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation, Tick

SAMPLE = 100  # of so many packets one is written down with record.messages = "sampled"


class Recorder(Observer):
    """Writes a run's tables to a folder, each as far as its scenario and its radio have something to tell."""

    def __init__(
        self,
        folder: Path,
        ballast: Ballast,
        exchange: Exchange,
        fleet: Fleet,
        journal: Journal,
        record: Record,
        begin: float,
        step_length: float,
    ) -> None:
        self.folder = folder
        self.exchange = exchange
        self.fleet = fleet
        self.journal = journal
        self.interval = record.interval
        self.trajectories = record.trajectories
        self.step_length = step_length
        self._next = _following(begin, record.interval)
        # Power is shared out once a second.
        self._every = float(math.ceil(record.interval))
        self._next_facilities = _following(begin, self._every)
        self._next_trajectory = _following(begin, record.trajectories) if record.trajectories else np.inf
        self._written = self._facilities_written = begin
        self._last = np.zeros((7, len(exchange.kinds)), np.int64)
        self._kinds = np.arange(len(exchange.kinds))
        kinds: dict[str, Sequence[str]] = {"kind": exchange.kinds}
        places = [(service, had.ids) for service in exchange.onboard if (had := service.places(1.0)) and had.ids]
        self._placed = [service for service, _ in places]
        facilities = tuple(id for _, ids in places for id in ids)
        names: dict[str, dict[str, Sequence[str]]] = {"vehicles": {}, "messages": kinds}
        if facilities:
            names["facilities"] = {"facility": facilities, "service": tuple(service.name for service in self._placed)}
        if record.messages != "counts":
            names["packets"] = kinds
        if record.trajectories:
            names["trajectories"] = {}
        self._tables = {
            name: TableWriter(folder / f"{name}.parquet", ballast, SCHEMAS[name], known)
            for name, known in names.items()
        }
        self.observers: list[Observer] = [self]
        if record.messages != "counts":
            self.observers.append(_EachPacket(exchange, self._tables["packets"], record.messages == "sampled"))
        self._air = AirTables(folder, ballast, exchange)
        self._ballast = ballast
        self._captured: CaptureListener | None = None

    def step(self, tick: Tick) -> None:
        """A SUMO step is done."""
        events, now = tick.events, tick.time
        if len(events.arrived):
            self._vehicles(events.arrived, now - self.step_length)  # SUMO counts from a step's begin
        if self.journal.new:
            self._log()
        if now >= self._next - 1e-9:
            self._next = _following(now, self.interval)
            self._interval(now)
        if now >= self._next_facilities - 1e-9:
            self._next_facilities = _following(now, self._every)
            self._facilities(now)
        if now >= self._next_trajectory - 1e-9:
            self._next_trajectory = _following(now, self.trajectories)
            self._trajectories(now)

    def capture(self, path: Path, simulation: Simulation) -> None:
        """Write every packet's octets to a file, too."""
        self._captured = CaptureListener(simulation, path, self._ballast)
        self.observers.append(self._captured)

    def close(self, records: Mapping[str, Table], now: float) -> None:
        """Write the vehicles still there and what services and observers have to tell, by table, and end all files."""
        self._vehicles(self.fleet.vehicles.slots().astype(np.int32), np.nan)
        if self.journal.new:
            self._log()
        if now > self._written:
            self._interval(now)
        if now > self._facilities_written:
            self._facilities(now)
        self._air.close()
        tables = [*self._tables.values(), *self._air.tables.values()]
        ends: list[Callable[[], None]] = [table.close for table in tables]
        for name, told in records.items():
            ends.append(partial(write_records, self.folder / f"{name}.parquet", told.records, told.kind))
        if self._captured is not None:
            ends.append(self._captured.capture.close)
        mishap: OSError | PluginError | None = None
        for end in ends:  # one table that cannot be written does not cost the others
            try:
                end()
            except (OSError, PluginError) as error:
                mishap = mishap or error
        if mishap is not None:
            raise mishap

    def _interval(self, now: float) -> None:
        self._written = now
        self._messages(now)
        self._air.interval(now)

    def _log(self) -> None:
        """What applications have noted since the last step; the table is there from the first line on."""
        assert self.journal.new is not None
        lines, self.journal.new = self.journal.new, []
        if "log" not in self._tables:
            self._tables["log"] = TableWriter(self.folder / "log.parquet", self._ballast, SCHEMAS["log"])
        self._tables["log"].append(
            np.array([line.time for line in lines]),
            [line.unit for line in lines],
            [line.application for line in lines],
            [line.why for line in lines],
            [line.values for line in lines],
        )

    def _vehicles(self, slots: Ints, arrived: float) -> None:
        table, measures = self.fleet.vehicles, self.exchange.measures
        types = [table.types[number] for number in table.type[slots].tolist()]
        with np.errstate(invalid="ignore"):  # NaN for who was never on the air, or where there is no channel
            busy = measures.busy_sum[slots] / measures.busy_ticks[slots]
        self._tables["vehicles"].append(
            table.station[slots],
            [table.ids[slot] for slot in slots.tolist()],
            [type.id for type in types],
            [type.kind for type in types],
            self.fleet.equipped[slots].astype(bool),
            table.capacity_wh[slots] > 0.0,
            table.departed[slots],
            np.full(len(slots), arrived),
            table.distance[slots],
            table.charge[slots],
            busy,
        )

    def _messages(self, now: float) -> None:
        traffic, delay = self.exchange.traffic, self.exchange.measures.delay
        counted = traffic.sent, traffic.octets, traffic.at_vehicles, traffic.at_units
        total = np.array((*counted, delay.missing, delay.total_ns, delay.counts.sum(axis=1)), np.int64)
        new = total - self._last
        self._last = total
        with np.errstate(invalid="ignore"):
            mean = new[5] / new[6] / 1e9
        self._tables["messages"].append(np.full(len(self._kinds), now), self._kinds, *new[:5], mean)

    def _facilities(self, now: float) -> None:
        if "facilities" not in self._tables:
            return
        seconds = now - self._facilities_written
        self._facilities_written = now
        first = 0
        for which, service in enumerate(self._placed):
            if (had := service.places(seconds)) and (n := len(had.ids)):
                numbers, first = np.arange(first, first + n), first + n
                counts = had.capacity.copy(), had.occupied.copy(), had.reserved.copy()
                self._tables["facilities"].append(np.full(n, now), numbers, np.full(n, which), *counts, had.power_w)

    def _trajectories(self, now: float) -> None:
        table = self.fleet.vehicles
        slots = table.slots()
        self._tables["trajectories"].append(
            np.full(len(slots), now),
            table.station[slots],
            table.x[slots],
            table.y[slots],
            table.speed[slots],
            table.heading[slots],
            table.edge[slots],
            table.lane[slots],
            table.charge[slots],
        )


class _EachPacket(Observer):
    """A row for each packet, or for each of the sample."""

    def __init__(self, exchange: Exchange, table: TableWriter, sampled: bool) -> None:
        self.exchange = exchange
        self._table = table
        self._sampled = sampled

    def packets(self, packets: Packets) -> None:
        """See `Observer.packets`."""
        number = self.exchange.watching.numbers(packets)
        rows = np.arange(len(number))
        if self._sampled:
            place = packets.place
            who = place.astype(np.uint64) if packets.from_unit else self.exchange.fleet.identity[place]
            rows = np.flatnonzero(sampled(who, packets.kind, packets.time))
        if not len(rows):
            return
        self._table.append(
            number[rows],
            np.full(len(rows), packets.time),
            np.full(len(rows), packets.kind),
            np.full(len(rows), packets.from_unit),
            packets.sender[rows],
            packets.x[rows],
            packets.y[rows],
            packets.size[rows],
            packets.delay[rows],
            packets.at_vehicles[rows],
            packets.at_units[rows],
        )


def sampled(sender: Hashes, kind: int, time: float) -> Flags:
    """Which of the packets of one kind, sent at a time [s], belong to the sample: one in SAMPLE.

    sender: a number of 64 bits for each. It is drawn by a hash of who says what and when, so that no packet is in the
    sample for what else was sent. The hash is the finalizer of SplitMix64 (Steele, Lea, Flood 2014), taken twice.
    """
    what = (kind << 48) + round(time * 1000.0)
    return _mixed(_mixed(sender) ^ np.uint64(what & (1 << 64) - 1)) % np.uint64(SAMPLE) == 0


def _mixed(number: Hashes) -> Hashes:
    z = number + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _following(now: float, interval: float) -> float:
    """The first whole multiple of the interval after now, s."""
    return interval * (math.floor(now / interval + 1e-9) + 1)
