"""What a run leaves behind: Parquet tables, written as it goes, with bounded memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayside.edge.messages import KINDS
from wayside.sim.charging import ChargingSession
from wayside.sim.fleet import Fleet
from wayside.sim.parking import Search
from wayside.sim.sumo.backend import Events
from wayside.sim.v2x import Exchange, Packets, Traffic
from wayside.sim.world import VehicleTable

FLUSH_ROWS = 50_000  # rows held in memory before they are written

_KIND = pa.dictionary(pa.int8(), pa.string())
_TEXT, _NUMBER, _TIME, _COUNT = pa.string(), pa.float64(), pa.float64(), pa.int64()

SCHEMAS = {
    "vehicles": [
        ("station", _COUNT),
        ("vehicle", _TEXT),
        ("type", _TEXT),
        ("kind", _TEXT),
        ("equipped", pa.bool_()),
        ("electric", pa.bool_()),
        ("departed_s", _TIME),
        ("arrived_s", _TIME),
        ("distance_m", _NUMBER),
        ("charge_end_wh", _NUMBER),
    ],
    "messages": [
        ("time_s", _TIME),
        ("kind", _KIND),
        ("sent", _COUNT),
        ("received_by_vehicles", _COUNT),
        ("received_by_units", _COUNT),
    ],
    "packets": [
        ("time_s", _TIME),
        ("kind", _KIND),
        ("from_unit", pa.bool_()),
        ("sender", _COUNT),
        ("x_m", _NUMBER),
        ("y_m", _NUMBER),
        ("received_by_vehicles", pa.int32()),
        ("received_by_units", pa.int32()),
    ],
    "rsu": [
        ("time_s", _TIME),
        ("rsu", pa.dictionary(pa.int32(), pa.string())),
        ("on", pa.bool_()),
        ("received", _COUNT),
        ("vehicles_known", pa.int32()),
    ],
    "trajectories": [
        ("time_s", _TIME),
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
    """One Parquet file that grows; what is appended may be written later, at the latest by `close`."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema = schema
        self.rows = 0
        self._held: list[pa.RecordBatch] = []
        self._held_rows = 0
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def append(self, columns: dict[str, Any]) -> None:
        """Rows as columns, in the schema's order."""
        batch = pa.RecordBatch.from_arrays(
            [
                values if isinstance(values, pa.Array) else pa.array(values, field.type)
                for values, field in zip(columns.values(), self.schema, strict=True)
            ],
            schema=self.schema,
        )
        self._held.append(batch)
        self._held_rows += batch.num_rows
        self.rows += batch.num_rows
        if self._held_rows >= FLUSH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held).unify_dictionaries())
            self._held, self._held_rows = [], 0

    def close(self) -> None:
        """Write what is held and the file's footer."""
        self.flush()
        self._writer.close()


class Recorder:
    """Writes a run's tables to a folder: vehicles, messages, rsu, parking, charging; trajectories if wanted."""

    def __init__(
        self,
        folder: Path,
        exchange: Exchange,
        fleet: Fleet,
        interval: float,
        every_packet: bool,
        trajectories: float,
    ) -> None:
        self.folder = folder
        self.exchange = exchange
        self.fleet = fleet
        self.interval = interval
        self.trajectories = trajectories
        self._next = self._next_trajectory = -np.inf
        self._last = Traffic()
        self._last_received = np.zeros(len(exchange.units), np.int64)
        self._units = pa.array([unit.id for unit in exchange.units], pa.string())
        self.now = 0.0  # s, of the V2X tick whose packets come
        self._tables: dict[str, TableWriter] = {}
        names = ["vehicles", "messages", "rsu"]
        if every_packet:
            names.append("packets")
            exchange.listener = self._packets
        if trajectories:
            names.append("trajectories")
        for name in names:
            self._tables[name] = TableWriter(folder / f"{name}.parquet", pa.schema(SCHEMAS[name]))

    def step(self, events: Events, now: float) -> None:
        """A SUMO step is done."""
        if len(events.arrived):
            self._vehicles(events.arrived, now)
        if now >= self._next - 1e-9:
            self._next = _following(self._next, self.interval, now)
            self._messages(now)
            self._rsu(now)
        if self.trajectories and now >= self._next_trajectory - 1e-9:
            self._next_trajectory = _following(self._next_trajectory, self.trajectories, now)
            self._trajectories(now)

    def close(self, searches: list[Search], sessions: list[ChargingSession], now: float) -> None:
        """Write the vehicles still there, the searches and the charging sessions, and end all files."""
        self._vehicles(self.fleet.vehicles.slots().astype(np.int32), None)
        self._messages(now)
        for table in self._tables.values():
            table.close()
        write_records(self.folder / "parking.parquet", searches, Search)
        write_records(self.folder / "charging.parquet", sessions, ChargingSession)

    def _vehicles(self, slots: Any, arrived: float | None) -> None:
        table: VehicleTable = self.fleet.vehicles
        types = [table.types[number] for number in table.type[slots].tolist()]
        self._tables["vehicles"].append(
            {
                "station": table.station[slots],
                "vehicle": [table.ids[slot] for slot in slots.tolist()],
                "type": [type.id for type in types],
                "kind": [type.kind for type in types],
                "equipped": self.fleet.equipped[slots].astype(bool),
                "electric": table.capacity_wh[slots] > 0.0,
                "departed_s": table.departed[slots],
                "arrived_s": [arrived] * len(slots),
                "distance_m": table.distance[slots],
                "charge_end_wh": table.charge[slots],
            }
        )

    def _messages(self, now: float) -> None:
        traffic = self.exchange.traffic
        last = self._last
        kinds = len(KINDS)
        self._tables["messages"].append(
            {
                "time_s": np.full(kinds, now),
                "kind": pa.DictionaryArray.from_arrays(pa.array(np.arange(kinds), pa.int8()), pa.array(KINDS)),
                "sent": traffic.sent - last.sent,
                "received_by_vehicles": traffic.at_vehicles - last.at_vehicles,
                "received_by_units": traffic.at_units - last.at_units,
            }
        )
        self._last = Traffic(traffic.sent.copy(), traffic.at_vehicles.copy(), traffic.at_units.copy())

    def _rsu(self, now: float) -> None:
        exchange = self.exchange
        units = len(exchange.units)
        self._tables["rsu"].append(
            {
                "time_s": np.full(units, now),
                "rsu": pa.DictionaryArray.from_arrays(pa.array(np.arange(units), pa.int32()), self._units),
                "on": exchange.units_on.astype(bool),
                "received": exchange.unit_received - self._last_received,
                "vehicles_known": exchange.maps.count,
            }
        )
        self._last_received = exchange.unit_received.copy()

    def _packets(self, packets: Packets) -> None:
        n = len(packets.x)
        kind = pa.DictionaryArray.from_arrays(pa.array(np.full(n, packets.kind), pa.int8()), pa.array(KINDS))
        self._tables["packets"].append(
            {
                "time_s": np.full(n, self.now),
                "kind": kind,
                "from_unit": np.full(n, packets.from_unit),
                "sender": packets.sender.astype(np.int64),
                "x_m": packets.x,
                "y_m": packets.y,
                "received_by_vehicles": packets.at_vehicles,
                "received_by_units": packets.at_units,
            }
        )

    def _trajectories(self, now: float) -> None:
        table = self.fleet.vehicles
        slots = table.slots()
        self._tables["trajectories"].append(
            {
                "time_s": np.full(len(slots), now),
                "station": table.station[slots],
                "x_m": table.x[slots],
                "y_m": table.y[slots],
                "speed_m_s": table.speed[slots],
                "heading_deg": table.heading[slots],
                "edge": table.edge[slots],
                "lane": table.lane[slots],
                "charge_wh": table.charge[slots],
            }
        )


def _following(due: float, interval: float, now: float) -> float:
    """The next due time after now, on a grid from the first one, s."""
    return now + interval if not np.isfinite(due) else due + interval * max(1, round((now - due) / interval + 0.5))


def write_records(path: Path, records: list[Any], kind: type) -> None:
    """Dataclass records as one Parquet file: a column per field."""
    types = {"str": pa.string(), "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    schema = pa.schema([(name, types[field.type]) for name, field in fields.items()])
    columns = {name: [getattr(record, name) for record in records] for name in fields}
    pq.write_table(pa.table(columns, schema), path, compression="zstd")
