"""The Parquet tables of a run: their columns, and how they are written with bounded memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wayside.edge.errors import PluginError
from wayside.sim.air import FATES
from wayside.sim.disk.ballast import Ballast, Sink

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
        ("service", _CODE),
        ("capacity", pa.int32()),
        ("occupied", pa.int32()),
        ("reserved", pa.int32()),
        ("power_w", _NUMBER),
    ],
    "log": [("time_s", _NUMBER), ("rsu", _TEXT), ("application", _TEXT), ("why", _TEXT), ("values", _TEXT)],
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

    OSError where the disk has run full; what was written until then stays readable once it is closed, as far as the
    ballast's room does.
    """

    def __init__(
        self,
        path: Path,
        ballast: Ballast,
        columns: Sequence[tuple[str, pa.DataType]],
        names: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.schema = pa.schema(columns)
        # What the numbers of dictionary columns stand for, by column.
        self._names = {column: pa.array(known, pa.string()) for column, known in (names or {}).items()}
        self._held: list[tuple[Any, ...]] = []
        self._rows = 0
        self._broken = self._told = False
        self._path = path
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
                numbers = pa.array(np.concatenate(column), pa.int32())
                arrays.append(pa.DictionaryArray.from_arrays(numbers, self._names[field.name]))
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
        """Write what is held and the file's footer. OSError where there is no room: then the file is removed, as nobody
        could read it, and makes room for others.
        """
        try:
            self.flush()
        finally:
            try:
                if not self._broken:
                    self._broken = True  # unless it ends well
                    self._writer.close()
                    self._broken = False
            finally:
                self._sink.close()
                if self._broken:
                    self._path.unlink(missing_ok=True)


_OF_RECORDS = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64()}


def write_records(path: Path, records: list[Any], kind: type) -> None:
    """Dataclass records as one Parquet file: a column per field, of type str, bool, int or float.

    PluginError for a field of another type, and for a record that is of another kind or says something else.
    """
    types = {
        name: hint for name, hint in get_type_hints(kind).items() if name in getattr(kind, "__dataclass_fields__", ())
    }
    for name, hint in types.items():
        if hint not in _OF_RECORDS:
            raise PluginError(f"{path.name}: field {name} of {kind.__qualname__}: must be str, bool, int or float")
    schema = pa.schema([(name, _OF_RECORDS[hint]) for name, hint in types.items()])
    try:
        columns = {name: [getattr(record, name) for record in records] for name in types}
        table = pa.table(columns, schema)
    except (AttributeError, pa.ArrowException) as error:
        raise PluginError(f"{path.name}: a row is no {kind.__qualname__}: {' '.join(str(error).split())}") from None
    pq.write_table(table, path, compression="zstd")
