"""What a run leaves behind: Parquet tables, written as it goes, with bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wayside.edge.messages import Kind
from wayside.sim.air_tables import AirTables
from wayside.sim.ballast import Ballast
from wayside.sim.charging import PLUGGED, ChargingSession
from wayside.sim.fleet import Fleet
from wayside.sim.packets import Packets
from wayside.sim.parking import Search
from wayside.sim.sections import Record
from wayside.sim.sumo.backend import Events
from wayside.sim.tables import SCHEMAS, TableWriter, write_records
from wayside.sim.v2x import Exchange
from wayside.sim.wire.listener import CaptureListener
from wayside.sim.world import Ints

SAMPLE = 100  # of so many packets one is written down with record.messages = "sampled"


class Recorder:
    """Writes a run's tables to a folder, each as far as its scenario and its radio have something to tell."""

    def __init__(
        self,
        folder: Path,
        ballast: Ballast,
        exchange: Exchange,
        fleet: Fleet,
        record: Record,
        begin: float,
        step_length: float,
    ) -> None:
        self.folder = folder
        self.exchange = exchange
        self.fleet = fleet
        self.interval = record.interval
        self.trajectories = record.trajectories
        self.step_length = step_length
        self._sampled = record.messages == "sampled"
        self._next = _following(begin, record.interval)
        # Energy is booked once a second.
        self._every = float(math.ceil(record.interval))
        self._next_facilities = _following(begin, self._every)
        self._next_trajectory = _following(begin, record.trajectories) if record.trajectories else np.inf
        self._written = self._facilities_written = begin
        self._last = np.zeros((7, len(Kind)), np.int64)
        self._kinds = np.arange(len(Kind))
        self._energy = np.zeros(0), np.zeros(0, np.int32)  # Wh booked, in which session, by slot
        car_parks, chargers = exchange.drivers.platform.car_parks, exchange.electric.platform.chargers
        facilities = (*car_parks.ids, *chargers.ids)
        names: dict[str, Sequence[str]] = {"vehicles": (), "messages": exchange.kinds}
        if facilities:
            names["facilities"] = facilities
        if record.messages != "counts":
            names["packets"] = exchange.kinds
            exchange.listeners.append(self._packets)
        if record.trajectories:
            names["trajectories"] = ()
        self._tables = {
            name: TableWriter(folder / f"{name}.parquet", ballast, SCHEMAS[name], codes)
            for name, codes in names.items()
        }
        self._air = AirTables(folder, ballast, exchange)
        self._capture: CaptureListener | None = None

    def listen(self, capture: CaptureListener) -> None:
        """Let all packets be captured too."""
        self._capture = capture
        self.exchange.listeners.append(capture)

    def step(self, events: Events, now: float) -> None:
        """A SUMO step is done."""
        if len(events.arrived):
            self._vehicles(events.arrived, now - self.step_length)  # SUMO counts from a step's begin
        if now >= self._next - 1e-9:
            self._next = _following(now, self.interval)
            self._interval(now)
        if now >= self._next_facilities - 1e-9:
            self._next_facilities = _following(now, self._every)
            self._facilities(now)
        if now >= self._next_trajectory - 1e-9:
            self._next_trajectory = _following(now, self.trajectories)
            self._trajectories(now)
        if self._capture is not None:
            self._capture.capture.tick()

    def close(self, searches: list[Search], sessions: list[ChargingSession], now: float) -> None:
        """Write the vehicles still there, the searches and the charging sessions, and end all files."""
        self._vehicles(self.fleet.vehicles.slots().astype(np.int32), np.nan)
        if now > self._written:
            self._interval(now)
        self._air.close()
        tables = [*self._tables.values(), *self._air.tables.values()]
        ends: list[Callable[[], None]] = [table.close for table in tables]
        ends.append(lambda: write_records(self.folder / "parking.parquet", searches, Search))
        ends.append(lambda: write_records(self.folder / "charging.parquet", sessions, ChargingSession))
        if self._capture is not None:
            ends.append(self._capture.capture.close)
        mishap: OSError | None = None
        for end in ends:  # one table that cannot be written does not cost the others
            try:
                end()
            except OSError as error:
                mishap = mishap or error
        if mishap is not None:
            raise mishap

    def _interval(self, now: float) -> None:
        self._written = now
        self._messages(now)
        self._air.interval(now)

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

    def _packets(self, packets: Packets) -> None:
        number = self.exchange.numbers(packets)
        rows = np.flatnonzero(sampled(number)) if self._sampled else np.arange(len(number))
        if not len(rows):
            return
        self._tables["packets"].append(
            number[rows],
            np.full(len(rows), packets.time),
            np.full(len(rows), int(packets.kind)),
            np.full(len(rows), packets.from_unit),
            packets.sender[rows],
            packets.x[rows],
            packets.y[rows],
            packets.size[rows],
            packets.delay[rows],
            packets.at_vehicles[rows],
            packets.at_units[rows],
        )

    def _facilities(self, now: float) -> None:
        if "facilities" not in self._tables:
            return
        exchange = self.exchange
        car_parks, electric = exchange.drivers.platform.car_parks, exchange.electric
        chargers = electric.platform.chargers
        # What has reached the batteries of those who are plugged in now, since then or since they were.
        plugged = np.flatnonzero(electric.state[: self.fleet.vehicles.extent] == PLUGGED)
        booked, session = electric.energy_wh[plugged], electric.session[plugged]
        before, same = np.zeros(len(plugged)), plugged < len(self._energy[0])
        same[same] = self._energy[1][plugged[same]] == session[same]
        before[same] = self._energy[0][plugged[same]]
        self._energy = electric.energy_wh.copy(), electric.session.copy()
        power = np.bincount(electric.charger[plugged], booked - before, len(chargers.ids)) * 3600.0
        power /= now - self._facilities_written
        self._facilities_written = now
        parks, n = len(car_parks.ids), len(car_parks.ids) + len(chargers.ids)
        self._tables["facilities"].append(
            np.full(n, now),
            np.arange(n),
            np.arange(n) >= parks,
            np.concatenate((car_parks.capacity, chargers.piles)),
            np.concatenate((car_parks.occupied, chargers.occupied)),
            np.concatenate((car_parks.reserved, chargers.reserved)),
            np.concatenate((np.zeros(parks), power)),
        )

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


def sampled(number: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which packets belong to the sample: one in SAMPLE, drawn by a hash of the packet's number.

    Not each hundredth: as many vehicles that take turns would always be caught in the same places. The hash is the
    finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    """
    z = number.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z % np.uint64(SAMPLE) == 0


def _following(now: float, interval: float) -> float:
    """The first whole multiple of the interval after now, s."""
    return interval * (math.floor(now / interval + 1e-9) + 1)
