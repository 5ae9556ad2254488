"""Sensors in runs: units know who does not speak, tell of them, and vehicles come to know them; the same every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim.children import hashes, in_child, run
from wayside import Scenario, Simulation
from wayside.edge.errors import WaysideError
from wayside.edge.ldm import BOTH, HEARD, SENSED

SAID: dict[str, Any] = {
    "v2x.penetration": 0.5,
    "v2x.services": ["perception"],
    "scenario.end": 40.0,
}


def figures(more: dict[str, Any], **options: Any) -> tuple[dict[str, float], dict[str, Any]]:
    """Key figures of a run of the crossing, and what its unit knew at the end."""
    apps = ["signals", {"use": "perception", **options}]
    scenario = Scenario.load("crossing").replace(SAID | {"rsu": [{"at": "traffic-lights", "apps": apps}]} | more)
    with Simulation(scenario) as simulation:
        offs, origins, sigmas = [], [], []
        for tick in simulation:
            view, table = simulation.units[0].ldm, tick.vehicles
            if tick.time < 20.0 or not len(view):
                continue
            there = np.flatnonzero((table.lane[: table.extent] >= 0) & (table.alive[: table.extent] == 1))
            x, y = table.x[there], table.y[there]
            offs += [float(np.hypot(x - a, y - b).min()) for a, b in zip(view.x, view.y, strict=True)]
            origins += view.origin.tolist()
            sigmas += view.uncertainty.tolist()
            alone = view.origin == SENSED
            assert (view.station[alone] < 0).all()
            assert (view.vehicle[alone] == -1).all()
            assert len(set(view.station.tolist())) == len(view)
            assert len(view.near((0.0, 0.0), 1e6).slower_than(1e6)) == len(view)
        kept = {"off": np.array(offs), "origin": np.array(origins), "sigma": np.array(sigmas)}
        return simulation.metrics.kpis(), kept


def test_units_and_vehicles_know_who_does_not_speak() -> None:
    told, map = in_child(figures, {})
    assert {HEARD, SENSED, BOTH} <= set(map["origin"].tolist())
    sensed = map["origin"] >= SENSED
    assert np.quantile(map["off"][sensed], 0.9) < 2.0
    assert (map["sigma"][sensed] < 2.0).all()
    assert told["sensors.units"] == 1
    assert told["sensors.looks"] > 200
    assert told["messages.cpm.sent"] > 50
    assert told["messages.cpm.received"] > 50
    assert told["perception.known_share"] > 0.4
    assert told["perception.known_error_m"] < 1.0
    silent, _ = in_child(figures, {}, tell=False)
    assert silent["messages.cpm.sent"] == 0
    assert silent["perception.known_share"] == 0.0
    assert silent["perception.encounters"] == told["perception.encounters"]
    assert silent["sensors.looks"] == told["sensors.looks"]


def test_the_chinese_set_tells_the_same() -> None:
    told, _ = in_child(figures, {"v2x.family": "csae"})
    assert told["messages.rsm.sent"] > 50
    assert told["perception.known_share"] > 0.4
    assert told["perception.known_error_m"] < 1.0


def test_who_announces_himself_need_not_be_told_of() -> None:
    plain, _ = in_child(figures, {"v2x.penetration": 1.0})
    spared, _ = in_child(figures, {"v2x.penetration": 1.0}, redundancy=("self-announcement",))
    assert plain["sensors.left_out"] == 0
    assert spared["sensors.left_out"] > 0
    assert spared["sensors.said"] < 0.3 * plain["sensors.said"]
    assert spared["messages.cpm.mean_octets"] < plain["messages.cpm.mean_octets"]


def refusal(more: dict[str, Any], **options: Any) -> str:
    try:
        figures(more, **options)
    except WaysideError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"range": -1.0}, "range"),
        ({"period": 0.25}, "perception.period = 0.25 s: must be a multiple of 0.1 s"),
        ({"redundancy": ("entropy",)}, "redundancy"),
        ({"sectors": ({"heading": 0.0, "width": 400.0},)}, "width"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(options: dict[str, Any], why: str) -> None:
    told = in_child(refusal, {}, **options)
    assert why in told
    assert "\n" not in told


def test_two_sensors_at_a_unit_are_refused() -> None:
    twice = [{"at": "traffic-lights", "apps": ["perception", {"use": "perception", "range": 50.0}]}]
    assert "two applications bring a sensor" in in_child(refusal, {"rsu": twice})


def test_runs_are_the_same_to_the_byte_whoever_watches(tmp_path: Path) -> None:
    changes = [
        part
        for name, value in {
            "v2x.penetration": "0.5",
            "v2x.services": '["perception"]',
            "rsu.0.apps": '["signals", { use = "perception", false_alarms = 2.0 }]',
        }.items()
        for part in ("--set", f"{name}={value}")
    ]
    one = run("crossing", tmp_path / "one", "--until", 30, *changes)
    two = run("crossing", tmp_path / "two", "--until", 30, *changes, fresh=True)
    assert hashes(one) == hashes(two)
    seen = run("crossing", tmp_path / "seen", "--until", 30, *changes, "--set", "record.messages=all")
    assert hashes(seen)["vehicles.parquet"] == hashes(one)["vehicles.parquet"]
    assert hashes(seen)["perception.parquet"] == hashes(one)["perception.parquet"]
