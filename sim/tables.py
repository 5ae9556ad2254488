"""The Parquet tables of a run: their columns, and how they are written with bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayside.sim.air import FATES
from wayside.sim.ballast import Ballast, Sink

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
        ("busy_ratio", _NUMBER),
    ],
    "messages": [
        ("time_s", _NUMBER),
        ("kind", _CODE),
        ("sent", _COUNT),
        ("octets", _COUNT),
        ("received_by_vehicles", _COUNT),
        ("received_by_units", _COUNT),
        ("dropped", _COUNT),
        ("delay_mean_s", _NUMBER),
    ],
    "packets": [
        ("packet", _COUNT),
        ("time_s", _NUMBER),
        ("kind", _CODE),
        ("from_unit", pa.bool_()),
        ("sender", _COUNT),
        ("x_m", _NUMBER),
        ("y_m", _NUMBER),
        ("octets", pa.int32()),
        ("delay_s", pa.float32()),
        ("received_by_vehicles", pa.int32()),
        ("received_by_units", pa.int32()),
    ],
    "rsu": [
        ("time_s", _NUMBER),
        ("rsu", _CODE),
        ("on", pa.bool_()),
        ("received", _COUNT),
        ("vehicles_known", pa.int32()),
        ("busy_ratio", _NUMBER),
        ("age_mean_s", _NUMBER),
        ("age_p95_s", _NUMBER),
    ],
    "channel": [
        ("time_s", _NUMBER),
        ("vehicles", _COUNT),
        ("busy_mean", _NUMBER),
        ("busy_p05", _NUMBER),
        ("busy_p50", _NUMBER),
        ("busy_p95", _NUMBER),
        ("busy_max", _NUMBER),
    ],
    "delivery": [
        ("time_s", _NUMBER),
        ("distance_m", _NUMBER),
        *((fate.replace("-", "_"), _COUNT) for fate in FATES),
    ],
    "latency": [("what", _CODE), ("from_s", _NUMBER), ("to_s", _NUMBER), ("count", _COUNT)],
    "gaps": [("distance_m", _NUMBER), ("gap_s", _NUMBER), ("count", _COUNT)],
    "facilities": [
        ("time_s", _NUMBER),
        ("facility", _CODE),
        ("charging", pa.bool_()),
        ("capacity", pa.int32()),
        ("occupied", pa.int32()),
        ("reserved", pa.int32()),
        ("power_w", _NUMBER),
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


def write_records(path: Path, records: list[Any], kind: type) -> None:
    """Dataclass records as one Parquet file: a column per field."""
    types = {"str": pa.string(), "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    schema = pa.schema([(name, types[field.type]) for name, field in fields.items()])
    columns = {name: [getattr(record, name) for record in records] for name in fields}
    pq.write_table(pa.table(columns, schema), path, compression="zstd")
