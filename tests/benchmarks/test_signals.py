"""`python -m benchmarks signals`: that it runs, what it reads of SUMO's trips, and that its gates can be missed."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import signals, signals_run
from tests.sim.children import benchmark


def test_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "signals.json"
    done = benchmark("signals", "--small", "--json", path)
    assert done.returncode == 0, done.stderr
    runs = json.loads(path.read_text("utf-8"))["runs"]
    assert [one["arm"] for one in runs] == list(signals.CONTROLLERS)
    assert all(one["delay_s"] > 0.0 and one["vehicles"] > 50 for one in runs)
    assert [bool(one["switches"]) for one in runs] == [False, True, True, True]


def test_what_is_lost(tmp_path: Path) -> None:
    """Who could not depart counts; a negative departDelay, of who never wished to, does not."""
    file = tmp_path / "trips.xml"
    rows = (("10", "2"), ("0", "-1"), ("4", "30"))
    trips = "".join(f'<tripinfo timeLoss="{lost}" departDelay="{late}"/>' for lost, late in rows)
    file.write_text(f"<tripinfos>{trips}</tripinfos>", encoding="utf-8")
    assert signals_run.of_trips(file) == {"delay_s": pytest.approx(46.0 / 3.0), "vehicles": 3}


def test_the_rules_of_a_net(tmp_path: Path) -> None:
    (tmp_path / "a.net.xml").write_text(
        '<net><tlLogic id="x" type="static" programID="0" offset="0"><phase duration="29" state="Gr"/>'
        '<phase duration="5" state="yr"/><phase duration="9" state="rG"/></tlLogic></net>',
        encoding="utf-8",
    )
    config = tmp_path / "a.sumocfg"
    config.write_text('<configuration><input><net-file value="a.net.xml"/></input></configuration>', encoding="utf-8")
    made = signals.by_rules(config, signals.Rule(), tmp_path / "made")
    inputs = {node.tag: node.get("value", "") for node in ElementTree.parse(made).getroot().iter()}
    assert inputs["net-file"] == str(tmp_path / "a.net.xml")
    (logic,) = ElementTree.parse(inputs["additional-files"]).getroot()
    assert [phase.get("duration") for phase in logic] == ["29", "3", "9"]


def runs(**delays: list[float]) -> list[dict[str, Any]]:
    return [
        {"net": "cologne1", "arm": arm.replace("_", "-"), "demand": k, "delay_s": delay, "gridlocked": delay > 100.0}
        for arm, found in delays.items()
        for k, delay in enumerate(found)
    ]


def test_the_gates_can_be_missed() -> None:
    """With medians, shares and pairs that are easy to see."""
    good = signals.table(
        runs(fixed=[43.0, 44.0, 45.0], greedy=[19.0, 20.0, 400.0], max_pressure=[23.0] * 3, rolling_horizon=[18.0] * 3)
    )
    assert signals.missed(good) == []
    by = {row["arm"]: row for row in good}
    assert by["greedy"]["median_s"] == 20.0
    assert by["greedy"]["gridlocked"] == pytest.approx(1 / 3)
    assert by["greedy"]["median_difference_s"] == 2.0
    bad = signals.table(runs(greedy=[21.0] * 3, max_pressure=[23.0] * 3, rolling_horizon=[21.0] * 3))
    assert signals.missed(bad) == [
        "cologne1: greedy: 21.0 s, of 19.5 in the reference",
        "cologne1: rolling-horizon: 21.0 s, not below 21.0",
    ]
