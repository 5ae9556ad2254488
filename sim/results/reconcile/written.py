"""What SUMO wrote in a run: its outputs by content, as XML, CSV or Parquet, packed or not."""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq

from wayside.edge.errors import OutputError
from wayside.sim.sumo.references import open_unpacked

Attributes = dict[str, str]
OPTIONS = {  # root element of an output -> SUMO's option that asks for it
    "statistics": "statistic-output",
    "summary": "summary-output",
    "tripinfos": "tripinfo-output",
    "chargingstations-export": "chargingstations-output",
    "battery-export": "battery-output",
    "stops": "stop-output",
}
TABLES = {  # a column of an output as CSV or Parquet (element_attribute) -> the root element that it would have as XML
    "tripinfo_id": "tripinfos",
    "stopinfo_id": "stops",
    "step_inserted": "summary",
    "vehicles_inserted": "statistics",
}


def outputs(folder: Path) -> dict[str, list[Path]]:
    """SUMO's outputs in a run by their root element, told by content: packed ones too, whatever they are called.

    Of those that SUMO writes as CSV or Parquet only `TABLES`: in the others it loses what stands in what.
    """
    found = defaultdict(list)
    for path in sorted((folder / "sumo").rglob("*")):
        if path.is_file() and (root := _root(path) or _root_of_table(path)) in OPTIONS:
            found[root].append(path)
    return found


def _root(path: Path) -> str:
    try:
        with open_unpacked(path) as stream:
            return str(next(ElementTree.iterparse(stream, ("start",)))[1].tag)
    except (OSError, EOFError, ElementTree.ParseError, StopIteration):
        return ""


def _root_of_table(path: Path) -> str:
    """The root element that an output has as XML, of one that is a table; empty where it is none."""
    try:
        columns = set(_table(path).column_names)
    except (OSError, EOFError, ValueError):
        return ""
    return next((root for column, root in TABLES.items() if column in columns), "")


def _table(path: Path) -> pa.Table:
    """SUMO's CSV or Parquet, told by content, all values as texts. ValueError where it is neither."""
    with open_unpacked(path) as stream:
        data = stream.read()
    if data[:4] == b"PAR1":
        table = pq.read_table(pa.BufferReader(data))
        return pa.table({name: table[name].cast(pa.string()) for name in table.column_names})
    head = data.split(b"\n", 1)[0].strip()
    if b"_" not in head or any(letter in head for letter in b"<\0"):
        raise ValueError(f"{path}: no table")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8", "replace")), delimiter=_separator(head)))
    width = len(rows[0])
    filled = [row + [""] * (width - len(row)) for row in rows[1:] if row]
    return pa.table({name: [row[k] or None for row in filled] for k, name in enumerate(rows[0])})


def _separator(head: bytes) -> str:
    """What stands most often between names."""
    return max(";,\t", key=lambda letter: head.count(letter.encode()))


def _rows(path: Path, tags: tuple[str, ...]) -> Iterator[tuple[str, Attributes]]:
    for row in _table(path).to_pylist():
        for tag in tags:
            said = {name.removeprefix(f"{tag}_"): text for name, text in row.items() if name.startswith(f"{tag}_")}
            if said := {name: text for name, text in said.items() if text is not None}:
                yield tag, said


def elements(path: Path, *tags: str) -> Iterator[tuple[str, Attributes]]:
    """The elements of these names, as they begin. OutputError where the file is not whole."""
    try:
        if not _root(path):
            yield from _rows(path, tags)
            return
        with open_unpacked(path) as stream:
            events = ElementTree.iterparse(stream, ("start", "end"))
            _, root = next(events)
            for event, node in events:
                if event == "start" and node.tag in tags:
                    yield node.tag, dict(node.attrib)
                elif event == "end":
                    node.clear()
                    if len(root) > 1000:
                        root.clear()
    except (OSError, EOFError, ElementTree.ParseError, ValueError) as error:
        raise OutputError(f"{path}: cannot be read: {error}") from None


def number(attributes: Attributes, name: str) -> float:
    """An attribute as a number, NaN where it is none."""
    try:
        return float(attributes[name])
    except (KeyError, ValueError):
        return math.nan
