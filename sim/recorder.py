"""What a run leaves behind: Parquet tables, written as it goes, with bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayside.edge.messages import KINDS
from wayside.sim.ballast import Ballast, Sink
from wayside.sim.charging import ChargingSession
from wayside.sim.fleet import Fleet
from wayside.sim.parking import Search
from wayside.sim.sumo.backend import Events
from wayside.sim.v2x import Exchange, Packets
from wayside.sim.world import Ints

FLUSH_ROWS = 50_000  # rows held in memory before they are written

_TEXT, _NUMBER, _COUNT = pa.string(), pa.float64(), pa.int64()
_CODE = pa.dictionary(pa.int32(), pa.string())  # appended as numbers; the names are given to the writer

SCHEMAS = {
    "vehicles": [
        ("station", _COUNT),
        ("vehicle", _TEXT),
        ("type", _TEXT),
        ("kind", _TEXT),
        ("equipped", pa.bool_()),
        ("electric", pa.bool_()),
        ("departed_s", _NUMBER),
        ("arrived_s", _NUMBER),
        ("distance_m", _NUMBER),
        ("charge_end_wh", _NUMBER),
    ],
    "messages": [
        ("time_s", _NUMBER),
        ("kind", _CODE),
        ("sent", _COUNT),
        ("received_by_vehicles", _COUNT),
        ("received_by_units", _COUNT),
    ],
    "packets": [
        ("time_s", _NUMBER),
        ("kind", _CODE),
        ("from_unit", pa.bool_()),
        ("sender", _COUNT),
        ("x_m", _NUMBER),
        ("y_m", _NUMBER),
        ("received_by_vehicles", pa.int32()),
        ("received_by_units", pa.int32()),
    ],
    "rsu": [
        ("time_s", _NUMBER),
        ("rsu", _CODE),
        ("on", pa.bool_()),
        ("received", _COUNT),
        ("vehicles_known", pa.int32()),
    ],
    "trajectories": [
        ("time_s", _NUMBER),
        ("station", _COUNT),
        ("x_m", _NUMBER),
        ("y_m", _NUMBER),
        ("speed_m_s", _NUMBER),
        ("heading_deg", _NUMBER),
        ("edge", pa.int32()),
        ("lane", pa.int32()),
        ("charge_wh", _NUMBER),
    ],
}


class TableWriter:
    """One Parquet file that grows. What is appended is converted and written in large pieces, or by `close`.

    OSError where the disk has run full; what was written until then stays readable once it is closed.
    """

    def __init__(
        self, path: Path, ballast: Ballast, columns: Sequence[tuple[str, pa.DataType]], names: Sequence[str] = ()
    ) -> None:
        self.schema = pa.schema(columns)
        self._names = pa.array(names, pa.string())  # what the numbers of a dictionary column stand for
        self._held: list[tuple[Any, ...]] = []
        self._rows = 0
        self._broken = self._told = False
        self._sink = Sink(path, ballast)
        self._writer = pq.ParquetWriter(self._sink, self.schema, compression="zstd")

    def append(self, *columns: Any) -> None:
        """Rows, as an array or a list for each column of the schema; they are kept as they are: pass copies."""
        self._held.append(columns)
        self._rows += len(columns[0])
        if self._rows >= FLUSH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if not self._held or self._broken:
            return
        arrays = []
        for column, field in zip(zip(*self._held, strict=True), self.schema, strict=True):
            if isinstance(column[0], list):
                arrays.append(pa.array([value for part in column for value in part], field.type))
            elif pa.types.is_dictionary(field.type):
                arrays.append(pa.DictionaryArray.from_arrays(pa.array(np.concatenate(column), pa.int32()), self._names))
            else:
                arrays.append(pa.array(np.concatenate(column), field.type))
        self._held.clear()
        self._rows = 0
        try:
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
        except OSError:
            self._broken = True  # Arrow has closed the file: what follows cannot be added
            raise
        if self._sink.full is not None and not self._told:
            self._told = True
            raise self._sink.full

    def close(self) -> None:
        """Write what is held and the file's footer."""
        self.flush()
        if not self._broken:
            self._writer.close()
        self._sink.close()


class Recorder:
    """Writes a run's tables to a folder: vehicles, messages, rsu, parking, charging; trajectories if wanted."""

    def __init__(
        self,
        folder: Path,
        ballast: Ballast,
        exchange: Exchange,
        fleet: Fleet,
        interval: float,
        every_packet: bool,
        trajectories: float,
        begin: float,
        step_length: float,
    ) -> None:
        self.folder = folder
        self.exchange = exchange
        self.fleet = fleet
        self.interval = interval
        self.trajectories = trajectories
        self.step_length = step_length
        self._next = _following(begin, interval)
        self._next_trajectory = _following(begin, trajectories) if trajectories else np.inf
        self._written = begin
        self._last = np.zeros((3, len(KINDS)), np.int64)
        self._last_received = np.zeros(len(exchange.units), np.int64)
        self._kinds = np.arange(len(KINDS))
        self._unit_numbers = np.arange(len(exchange.units))
        self.now = 0.0  # s, of the V2X tick whose packets come
        self._tables: dict[str, TableWriter] = {}
        names: dict[str, Sequence[str]] = {
            "vehicles": (),
            "messages": KINDS,
            "rsu": [unit.id for unit in exchange.units],
        }
        if every_packet:
            names["packets"] = KINDS
            exchange.listeners.append(self._packets)
        if trajectories:
            names["trajectories"] = ()
        for name, codes in names.items():
            self._tables[name] = TableWriter(folder / f"{name}.parquet", ballast, SCHEMAS[name], codes)

    def step(self, events: Events, now: float) -> None:
        """A SUMO step is done."""
        if len(events.arrived):
            self._vehicles(events.arrived, now - self.step_length)  # SUMO counts from a step's begin
        if now >= self._next - 1e-9:
            self._next = _following(now, self.interval)
            self._messages(now)
            self._rsu(now)
        if now >= self._next_trajectory - 1e-9:
            self._next_trajectory = _following(now, self.trajectories)
            self._trajectories(now)

    def close(self, searches: list[Search], sessions: list[ChargingSession], now: float) -> None:
        """Write the vehicles still there, the searches and the charging sessions, and end all files."""
        self._vehicles(self.fleet.vehicles.slots().astype(np.int32), np.nan)
        if now > self._written:
            self._messages(now)
            self._rsu(now)
        ends: list[Callable[[], None]] = [table.close for table in self._tables.values()]
        ends.append(lambda: write_records(self.folder / "parking.parquet", searches, Search))
        ends.append(lambda: write_records(self.folder / "charging.parquet", sessions, ChargingSession))
        mishap: OSError | None = None
        for end in ends:  # one table that cannot be written does not cost the others
            try:
                end()
            except OSError as error:
                mishap = mishap or error
        if mishap is not None:
            raise mishap

    def _vehicles(self, slots: Ints, arrived: float) -> None:
        table = self.fleet.vehicles
        types = [table.types[number] for number in table.type[slots].tolist()]
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
        )

    def _messages(self, now: float) -> None:
        self._written = now
        traffic = self.exchange.traffic
        total = np.array((traffic.sent, traffic.at_vehicles, traffic.at_units), np.int64)
        new = total - self._last
        self._last = total
        self._tables["messages"].append(np.full(len(self._kinds), now), self._kinds, *new)

    def _rsu(self, now: float) -> None:
        exchange = self.exchange
        received = exchange.unit_received
        self._tables["rsu"].append(
            np.full(len(received), now),
            self._unit_numbers,
            exchange.units_on.astype(bool),
            received - self._last_received,
            exchange.maps.count.copy(),
        )
        self._last_received = received

    def _packets(self, packets: Packets) -> None:
        n = len(packets.x)
        self._tables["packets"].append(
            np.full(n, self.now),
            np.full(n, int(packets.kind)),
            np.full(n, packets.from_unit),
            packets.sender,
            packets.x,
            packets.y,
            packets.at_vehicles,
            packets.at_units,
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


def _following(now: float, interval: float) -> float:
    """The first whole multiple of the interval after now, s."""
    return interval * (math.floor(now / interval + 1e-9) + 1)


def write_records(path: Path, records: list[Any], kind: type) -> None:
    """Dataclass records as one Parquet file: a column per field."""
    types = {"str": pa.string(), "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    schema = pa.schema([(name, types[field.type]) for name, field in fields.items()])
    columns = {name: [getattr(record, name) for record in records] for name in fields}
    pq.write_table(pa.table(columns, schema), path, compression="zstd")
