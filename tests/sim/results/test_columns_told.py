"""docs/outputs.md lists every column of every table, with its type, and says where it can be NaN."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sim.children import run
from tests.sim.grid.nets import street, write
from wayside.edge.collisions import GivenWarning
from wayside.edge.hazards import ToldHazard
from wayside.edge.priority.state import PriorityRecord
from wayside.sim.exchange.forwarding import HopCount
from wayside.sim.ocpp.station import OcppTransaction
from wayside.sim.onboard.charging_grid import GridReading
from wayside.sim.onboard.charging_session import ChargingSession
from wayside.sim.onboard.charging_tally import MeterReading
from wayside.sim.onboard.encounters import Encounter
from wayside.sim.onboard.perception import Teller
from wayside.sim.onboard.searches import Search
from wayside.sim.results.tables import SCHEMAS

DOCS = Path(__file__).parents[3] / "docs/outputs.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*) \| (.+) \|$")
EVERYTHING = {
    "v2x.radio": "itsg5",
    "v2x.neighbours": "true",
    "v2x.forwarding": "true",
    "v2x.penetration": "0.7",
    "v2x.services": '["parking", "charging", "hazards", "priority", "perception", '
    '{ use = "collision", critical = 5.0 }]',
    "record.messages": "all",
    "record.trajectories": "1.0",
    "charging.request_below": "0.6",
    "charging.tariffs": "{ day = { price = 0.5, demand_charge = 9.0 } }",
    "rsu.0.apps": '["signals", "parking", "charging", "tests.sim.test_log:Counts", "perception", '
    '"tests.sim.onboard.test_priority:Begs", '
    '{ use = "collision", ttc = 8.0, gap = 2.0, braking = 0.0, certainty = 0.1 }, '
    '{ use = "hazards", queue_vehicles = 2, sites = [{ cause = "roadworks", x = 0.0, y = 0.0 }] }]',
}

RECORDS = {
    "parking": Search,
    "charging": ChargingSession,
    "charging-meters": MeterReading,
    "charging-grid": GridReading,
    "ocpp": OcppTransaction,
    "hazards": ToldHazard,
    "forwarding": HopCount,
    "priority": PriorityRecord,
    "perception": Teller,
    "collision": GivenWarning,
    "collision-encounters": Encounter,
}

Told = dict[str, dict[str, tuple[str, bool]]]  # by table and column: its type, and whether it can be NaN


def told(text: str) -> Told:
    """What a page says under `## Columns`."""
    found: Told = {}
    for line in text.partition("\n## Columns\n")[2].partition("\n## ")[0].splitlines():
        if line.startswith("### "):
            table: dict[str, tuple[str, bool]] = found.setdefault(line[4:], {})
        elif line.startswith("| `"):
            row = ROW.match(line)
            assert row is not None, line
            table[row[1]] = row[2], row[4] != "-"
    return {name: columns for name, columns in found.items() if columns}


def short(kind: pa.DataType) -> str:
    return "dictionary" if pa.types.is_dictionary(kind) else str(kind)


def written(table: str) -> dict[str, str]:
    """The columns of a table, with their types, in their order."""
    if table in RECORDS:
        types = {"str": "string", "bool": "bool", "int": "int64", "float": "double"}
        return {field.name: types[str(field.type)] for field in dataclasses.fields(RECORDS[table])}
    return {name: short(kind) for name, kind in SCHEMAS[table]}


@pytest.fixture(scope="module")
def page() -> Told:
    return told(DOCS.read_text())


def test_every_table_is_told(page: Told) -> None:
    assert page.keys() == SCHEMAS.keys() | RECORDS.keys()


@pytest.mark.parametrize("table", [*SCHEMAS, *RECORDS])
def test_every_column_is_told_in_its_order(page: Told, table: str) -> None:
    columns = {name: kind for name, (kind, _) in page[table].items()}
    assert list(columns.items()) == list(written(table).items())


def test_a_run_with_everything(page: Told, tmp_path: Path) -> None:
    """The files have the columns told, and NaN only where it is said."""
    grid = f'{{ file = "{write(street(), tmp_path / "net.json")}", nodes = {{ mill = "far" }} }}'
    said = EVERYTHING | {"charging.grid": grid}
    changes = [part for name, value in said.items() for part in ("--set", f"{name}={value}")]
    folder = run("crossing", tmp_path / "run", "--until", 150, *changes)
    files = {path.stem: pq.read_table(path) for path in folder.glob("*.parquet")}
    assert files.keys() == page.keys() - {"ocpp"}  # for want of a central system (tests/sim/ocpp)
    for name, table in files.items():
        assert table.num_rows, name
        assert {field.name: short(field.type) for field in table.schema} == written(name)
        for column, (kind, can_be) in page[name].items():
            values = table[column]
            assert values.null_count == 0, f"{name}.{column}"
            if kind in ("double", "float") and not can_be:
                assert not np.isnan(values.to_numpy()).any(), f"{name}.{column}"


def test_planted_errors_are_found() -> None:
    text = DOCS.read_text()
    assert "station" not in told(text.replace("| `station` | int64 |", "| `statio` | int64 |"))["vehicles"]
    assert told(text.replace("| `sent` | int64 |", "| `sent` | int32 |"))["messages"]["sent"][0] != "int64"
    assert told(text.replace("| still there at the end |", "| - |"))["vehicles"]["arrived_s"] == ("double", False)


def test_the_snippet_names_columns_that_are_there(page: Told) -> None:
    """Pandas is none of our dependencies: what the snippet says to it is looked up, not run."""
    snippet = DOCS.read_text().partition("```python\nimport pandas")[2].partition("```")[0]
    (file,) = re.findall(r"/(\w+)\.parquet", snippet)
    named = set(re.findall(r'\["?(\w+)"\]|groupby\("(\w+)"\)', snippet))
    columns = {name for pair in named for name in pair if name} - {"found"}
    assert {"parked", "ended", "began", "equipped"} <= columns <= page[file].keys()
