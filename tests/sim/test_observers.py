"""Observers of one's own: what they see, what they may say, and what goes wrong, in runs of their own process."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.sim.children import hashes, wayside
from wayside.sim.observers import OURS, Observer, Observers, overrides
from wayside.sim.results import metrics
from wayside.sim.results.tables import SCHEMAS

MODULE = '''
from dataclasses import dataclass
from typing import Annotated
from wayside import Observer, OnboardService, Option, Table

@dataclass
class Row:
    """A row."""
    time_s: float
    sent: int

class Counts(Observer):
    """Counts."""
    name = "counts"
    def begin(self, simulation): self.rows, self.sent, self.ended = [], 0, False
    def packets(self, packets): self.sent += len(packets.size)
    def step(self, tick): self.rows.append(Row(tick.time, self.sent))
    def kpis(self): return {"counts.sent": self.sent}
    def tables(self): return {"counts": Table(Row, self.rows)}

class Nameless(Counts):
    """Takes the name of its class."""
    name = ""
    def kpis(self): return {"nameless.sent": self.sent}
    def tables(self): return {"nameless-rows": Table(Row, self.rows)}

class Raises(Counts):
    """Breaks off."""
    def step(self, tick): raise OSError("no")

class WrongFigure(Counts):
    """Says what is another's."""
    def kpis(self): return {"vehicles.departed": 7}

class WrongTable(Counts):
    """Writes over another's."""
    def tables(self): return {"vehicles": Table(Row, self.rows)}

class BreaksListening(Counts):
    """Breaks off when it hears something."""
    def packets(self, packets): raise KeyError("deaf")

class NoNumber(Counts):
    """Says no number."""
    def kpis(self): return {"counts.sent": "many"}

class NoTable(Counts):
    """Has no table."""
    def tables(self): return {"counts": [1, 2]}

class Taken(Counts):
    """Calls itself as what is there."""
    name = "vehicles"

class Breaks(OnboardService):
    """Breaks off where it is told to."""
    name = "breaks"
    where: Annotated[str, Option("which method")] = ""
    def __init__(self, around):
        super().__init__(around)
        if self.where:
            setattr(self, self.where, self.lost)
    def lost(self, *arguments):
        raise KeyError("lost")

class WrongRow(Counts):
    """Has a row that is none."""
    def tables(self): return {"counts": Table(Row, [Row("soon", 3)])}

class WrongType(Counts):
    """Has a field that no column can hold."""
    def tables(self):
        @dataclass
        class Odd:
            where: tuple
        return {"counts": Table(Odd, [Odd((1, 2))])}
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MODULE)
    return tmp_path


def test_figures_and_tables_of_ones_own_and_nothing_else_changes(tmp_path: Path, folder: Path) -> None:
    plain = wayside("run", "crossing", "--until", 40, "--out", tmp_path / "plain")
    assert plain.returncode == 0, plain.stderr
    told = ("--set", "record.observers=['mine:Counts', 'mine:Nameless']")
    watched = wayside("run", "crossing", "--until", 40, "--out", tmp_path / "watched", *told, cwd=folder)
    assert watched.returncode == 0, watched.stderr
    kpis = json.loads((tmp_path / "watched" / "summary.json").read_text())["kpis"]
    assert kpis.pop("counts.sent") == kpis.pop("nameless.sent") == kpis["messages.sent"]
    assert kpis == json.loads((tmp_path / "plain" / "summary.json").read_text())["kpis"]
    rows = pq.read_table(tmp_path / "watched" / "counts.parquet").to_pylist()
    assert rows[-1] == {"time_s": 40.0, "sent": kpis["messages.sent"]}
    assert (tmp_path / "watched" / "nameless-rows.parquet").is_file()
    before, after = hashes(tmp_path / "plain"), hashes(tmp_path / "watched")
    differ = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert differ == {"scenario.toml", "summary.json", "counts.parquet", "nameless-rows.parquet"}


MISTAKES = {
    "BreaksListening": "observer counts at 0.1 s: KeyError: 'deaf' (HERE)",
    "NoNumber": "observer counts at 5 s (HERE): key figure 'counts.sent' = 'many': must be a finite number, or NaN",
    "NoTable": "observer counts at 5 s (HERE): tables() must answer a dict of wayside.Table",
    "Taken": "its name 'vehicles' is what figures or tables of wayside's begin with: take another",
    "Raises": "observer counts at 0.1 s: OSError: no (HERE)",
    "WrongFigure": "observer counts at 5 s (HERE): key figure 'vehicles.departed': must begin with 'counts.'",
    "WrongTable": "observer counts at 5 s (HERE): table 'vehicles': must be 'counts', or that, a dash and a word",
    "WrongRow": "counts.parquet: a row is no Row: ",
    "WrongType": "counts.parquet: field where of ",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_in_one_line_and_cost_nothing_else(folder: Path, name: str) -> None:
    told = ("--set", f"record.observers=['mine:{name}']")
    done = wayside("run", "crossing", "--until", 5, "--out", "run", *told, cwd=folder)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert MISTAKES[name] in re.sub(rf"{folder}/mine\.py:\d+", "HERE", line)
    if name in ("WrongFigure", "WrongTable", "WrongRow", "WrongType", "NoNumber", "NoTable"):
        assert pq.read_table(folder / "run" / "vehicles.parquet").num_rows > 0
        assert json.loads((folder / "run" / "summary.json").read_text())["kpis"]["vehicles.departed"] > 0


@pytest.mark.parametrize(
    "method", ["admit", "moved", "gone", "settled", "every_second", "requests", "kpis", "tables", "stopped", "left"]
)
def test_a_service_that_breaks_off_is_told_by_name(folder: Path, method: str) -> None:
    told = ("--set", f"v2x.services=['parking', {{use='mine:Breaks', where='{method}'}}]")
    done = wayside("run", "crossing", "--until", 300, "--out", "run", *told, cwd=folder)
    line = done.stderr.splitlines()[-1]
    assert done.returncode == 2
    assert re.search(r"on-board service breaks at \d+(\.\d)? s: KeyError: 'lost' \(\S*/mine\.py:\d+\)", line)
    if method in ("kpis", "tables"):
        assert json.loads((folder / "run" / "summary.json").read_text())["kpis"]["vehicles.departed"] > 0
        assert pq.read_table(folder / "run" / "parking.parquet").num_rows > 0


@pytest.mark.parametrize("field", ["v2x.services", "record.observers"])
def test_twice_the_same_is_refused(folder: Path, field: str) -> None:
    name = "mine:Breaks" if field == "v2x.services" else "mine:Counts"
    done = wayside("run", "crossing", "--until", 5, "--set", f"{field}=['{name}', '{name}']", cwd=folder)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.endswith("is there already")


def test_every_name_of_ours_is_kept() -> None:
    """Tables, and what key figures begin with but for services."""
    source = Path(metrics.__file__).read_text(encoding="utf-8")
    groups = set(re.findall(r'^            "(\w+)": \[|groups\["(\w+)"\]', source, re.MULTILINE))
    assert {one or other for one, other in groups} | set(SCHEMAS) <= OURS


class Plain(Observer):
    """Watches nothing."""


def test_who_watches_nothing_is_asked_nothing() -> None:
    observers = Observers()
    observers.add(Plain())
    assert (observers.stepped, observers.listeners, observers.commanding) == ([], [], [])
    assert not overrides(Plain(), "step")
    assert observers.tables_of(Plain()) == observers.kpis_of(Plain()) == {}


def test_two_of_one_name_are_refused() -> None:
    class Named(Observer):
        name = "one"

        def step(self, tick: object) -> None:
            """Looks."""

    observers = Observers()
    first = Named()
    observers.add(first)
    with pytest.raises(ValueError, match="there is an observer 'one' already"):
        observers.add(Named())
    assert len(observers.stepped) == 1
    observers.remove(first)
    assert observers.stepped == []
