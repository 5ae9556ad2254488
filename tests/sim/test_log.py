"""What applications note down is in the run's tables, and told to who looks on."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.sim.children import hashes, in_child, wayside
from wayside import Scenario, Simulation
from wayside.edge.app import App, every
from wayside.web.server.observer import Publisher

MODULE = """
from wayside import App, every

class Notes(App):
    def start(self):
        self.log("here I am")

    @every(1.0)
    def look(self):
        slow = self.ldm.slower_than(2.0)
        if len(slow):
            self.log("somebody stands", count=len(slow), where=slow.centroid)
"""


def test_a_table_where_something_was_noted(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MODULE)
    lines = {}
    for app in ("mine:Notes", ""):
        apps = f"[{json.dumps(app)}]" if app else "[]"
        out = tmp_path / (app.partition(":")[2] or "none")
        done = wayside("run", "crossing", "--until", 60, "--out", out, "--set", f"rsu.0.apps={apps}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        lines[app] = hashes(out)
    assert "log.parquet" not in lines[""]
    differ = {name for name in lines["mine:Notes"] if lines["mine:Notes"][name] != lines[""].get(name)}
    assert differ == {"log.parquet", "scenario.toml"}
    rows = pq.read_table(tmp_path / "Notes" / "log.parquet").to_pylist()
    assert rows[0] == {"time_s": 0.0, "rsu": rows[0]["rsu"], "application": "Notes", "why": "here I am", "values": "{}"}
    assert len(rows) > 2
    assert [row["time_s"] for row in rows] == sorted(row["time_s"] for row in rows)
    for row in rows[1:]:
        assert row["why"] == "somebody stands"
        assert json.loads(row["values"])["count"] >= 1


class Counts(App):
    @every(0.5)
    def look(self) -> None:
        self.log("looked", known=len(self.ldm))


class Breaks(App):
    @every(0.5)
    def look(self) -> None:
        if self.time > 5.0:
            raise KeyError("five")


def watched() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    apps = [f"{__name__}:Counts", f"{__name__}:Breaks"]
    scenario = Scenario.load("crossing").replace({"rsu.0.apps": apps, "scenario.end": 10.0})
    with Simulation(scenario, keep_going=True) as simulation:
        publisher = Publisher(simulation, lambda channel, payload: None)
        simulation.observers.add(publisher)
        for _ in simulation:
            publisher.events.look()
        found = publisher.details.of("unit/0")
        assert found is not None
        return found, list(publisher.events.log)


def test_who_looks_on_is_told_of_lines_and_of_failures() -> None:
    unit, events = in_child(watched)
    assert len(unit["log"]) == 20
    newest = unit["log"][0]
    assert newest["app"] == "Counts"
    assert newest["time"] > 9.0
    assert newest["values"]["known"] >= 0
    assert unit["apps"] == ["Counts"]
    (failed,) = unit["failed"]
    assert failed["app"] == "Breaks"
    assert 5.0 < failed["time"] <= 6.0
    assert "KeyError: 'five'" in failed["line"]
    said = [event for event in events if event["level"] == "warning"]
    assert [event["refs"] for event in said] == [["unit/0"]]
    assert said[0]["text"].startswith("Breaks is switched off at ")
