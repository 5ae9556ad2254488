"""Each example runs, and does what it is for."""

import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.sim.children import in_child, run
from wayside import Simulation
from wayside.scenarios.examples import learn

EXAMPLES = Path(__file__).parents[2] / "scenarios" / "examples"


def test_queue_warning(tmp_path: Path) -> None:
    out = run(EXAMPLES / "queue_warning.py", tmp_path / "run", "--until", 600)
    kpis = json.loads((out / "summary.json").read_text())["kpis"]
    assert kpis["messages.denm.sent"] > 0
    assert kpis["messages.denm.received"] > kpis["messages.denm.sent"]
    assert kpis["parking.taken_as_reserved"] > 0


def code_lines(path: Path, *classes: str) -> int:
    """The lines of a file's imports that an application needs, and of its classes; blank ones left out."""
    text = path.read_text("utf-8")
    wanted = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.ClassDef) and node.name in classes)
    ]
    lines = text.splitlines()
    return sum(bool(lines[k].strip()) for node in wanted for k in range(node.lineno - 1, node.end_lineno or 0))


def test_a_working_application_takes_fifteen_lines() -> None:
    assert code_lines(EXAMPLES / "queue_warning.py", "QueueWarning") <= 15
    assert code_lines(EXAMPLES / "template.py", "Template") > 15  # what it counts


def approaching(slowing: bool) -> tuple[list[tuple[float, float, float]], dict[str, float]]:
    """Cars with a unit on their way to the junction: time [s], distance to it [m], speed [m/s]; key figures."""
    from wayside.scenarios.examples import queue_warning

    services = [{"use": "hazards", "compliance": 1.0 if slowing else 0.0}]
    rows = []
    said = {"scenario.end": 300.0, "v2x.services": services}
    said["rsu.0.apps"] = ["signals", f"{queue_warning.__name__}:QueueWarning"]
    with Simulation(queue_warning.scenario.replace(said)) as simulation:
        to = np.array([id.endswith("-crossing") for id in simulation.network.edge_ids])
        for tick in simulation:
            table = tick.vehicles
            slots = np.flatnonzero((table.lane[: table.extent] >= 0) & to[table.edge[: table.extent]])
            away = np.hypot(table.x[slots], table.y[slots])
            rows += zip([tick.time] * len(slots), away.tolist(), table.speed[slots].tolist(), strict=True)
        return rows, simulation.metrics.kpis()


def test_cars_slow_down_before_the_queue() -> None:
    """The same cars, of whom all or none obey: the first are slower where the warning reaches, and not further away."""
    (calm, before), (slowed, after) = (in_child(approaching, obey) for obey in (False, True))
    assert before["hazards.slowed"] == 0 < before["hazards.warned"]
    assert after["hazards.slowed"] > 10

    def mean(rows: list[tuple[float, float, float]], low: float, high: float) -> float:
        return float(np.mean([speed for _, away, speed in rows if low <= away < high]))

    assert mean(slowed, 90.0, 140.0) < mean(calm, 90.0, 140.0) - 1.0
    assert mean(slowed, 250.0, 400.0) == pytest.approx(mean(calm, 250.0, 400.0), abs=0.3)
    assert after["vehicles.teleports"] == 0


def test_the_template_calls_every_hook(tmp_path: Path) -> None:
    out = run(EXAMPLES / "template.py", tmp_path / "run", "--until", 120)
    found = set(pq.read_table(out / "log.parquet")["why"].to_pylist())
    assert {"start", "begin", "asked", "heard", "answered"} <= found
    text = (EXAMPLES / "template.py").read_text("utf-8")
    for hook in ("def start", "@every(", "@on(Cam)", "@on(Denm)", "@on(ParkingRequests)", "signal.request", ".update(",
                 "def doubts", "says ="):  # fmt: skip
        assert hook in text


def test_what_an_agent_sees_is_what_a_plugin_weighs(tmp_path: Path) -> None:
    """An episode yields nearly what the same weights do as a plug-in, which is asked at other moments."""
    lesson = replace(learn.LESSONS["signals"], settings={**learn.LESSONS["signals"].settings, "scenario.end": 300.0})
    env = learn.made(lesson, "crossing")
    yields = {}
    for name, weights in (("demand", [1.0, 0.0, 0.0, 0.0]), ("against", [-1.0, 0.0, 0.0, 0.0])):
        yields[name] = learn.episode(env, weights, 0)
        told = learn.command(lesson, "crossing", weights)
        (use,) = re.findall(r"\{ use = [^}]*\}", told)
        said = [part for path, value in lesson.settings.items() for part in ("--set", f"{path}={learn.shown(value)}")]
        out = run(
            "crossing", tmp_path / name, *said, "--set", f"signals.control={use}", "--set", "demand.replication=0"
        )
        kpis = json.loads((out / "summary.json").read_text())["kpis"]
        assert kpis["vehicles.mean_speed_m_s"] == pytest.approx(yields[name], rel=0.1)
    env.close()
    assert yields["demand"] > yields["against"] + 0.5


def test_weights_of_parking_and_charging(tmp_path: Path) -> None:
    """With the weights that stand for them they do what the built-in policies do."""
    kpis = {}
    same = {"parking.policy": ("nearest", "bays"), "charging.policy": ("least-completion", "piles")}
    for which in (0, 1):
        said = ["--set", "v2x.penetration=1.0", "--set", "charging.request_below=0.6", "--until", 200]
        for path, names in same.items():
            said += ["--set", f"{path}={names[0] if which == 0 else f'wayside.scenarios.examples.weighted:{names[1]}'}"]
        out = run("crossing", tmp_path / str(which), *said)
        kpis[which] = json.loads((out / "summary.json").read_text())["kpis"]
    assert kpis[0] == kpis[1]
    assert kpis[0]["parking.reserved"] > 0
    assert kpis[0]["charging.reserved"] > 0
