"""What came of runs, as Arrow's stream format: so it comes back from other machines, every number as it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from wayside.sim.experiments.runs import Ended

if TYPE_CHECKING:
    import pyarrow as pa


def _schema() -> pa.Schema:
    import pyarrow as pa  # it takes long to import

    words, numbers = pa.string(), pa.float64()
    columns = {
        "key": words,
        "arm": words,
        "replication": pa.int32(),
        "state": words,
        "figures": pa.map_(words, numbers),
        "headlines": pa.list_(words),
        "line": words,
        "warnings": pa.list_(words),
        "wall_s": numbers,
    }
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in columns.items()])


def to_arrow(ended: Iterable[Ended]) -> bytes:
    """Runs as a stream."""
    import pyarrow as pa

    rows = [{**asdict(one), "figures": list(one.figures.items())} for one in ended]
    schema, sink = _schema(), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_table(pa.Table.from_pylist(rows, schema))
    return sink.getvalue().to_pybytes()


def from_arrow(data: bytes) -> list[Ended]:
    """The runs in a stream."""
    import pyarrow as pa

    with pa.ipc.open_stream(data) as stream:
        rows = stream.read_all().to_pylist()
    return [Ended.of({**row, "figures": dict(row["figures"])}) for row in rows]
