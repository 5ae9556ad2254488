"""Every controller on drawn nets, programs and demands in SUMO: nothing unsafe shows, nobody collides at a light."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree

import numpy as np
import pytest
import sumolib
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.edge.control.judge import Program, unsafe
from tests.sim.children import in_child
from tests.sim.networks import configure
from wayside.edge.control.plan import Plan, Step
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.backend import sumo_home
from wayside.sim.sumo.foes import read_foes
from wayside.sim.sumo.network import net_file

CONTROLLERS = ("greedy", "max-pressure", "queue", "rolling-horizon", "tests.sim.control.test_control:Fickle")
COLLISIONS = "collisions.xml"
END = 150.0


def drawn(folder: Path, draw: dict[str, Any]) -> Path:
    """A small grid whose lights have drawn programs, with trips between its ends; its configuration."""
    command = [str(sumo_home() / "bin" / "netgenerate"), "--grid", "--grid.x-number", str(draw["columns"])]
    command += ["--grid.y-number", "1", "--grid.length", "120", "--grid.attach-length", "120", "-L", str(draw["lanes"])]
    command += ["--default-junction-type", "traffic_light", "--tls.allred.time", str(draw["all_red"])]
    command += ["--tls.yellow.time", str(draw["yellow"]), "--tls.layout", draw["layout"], "-o", "net.net.xml"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    net = sumolib.net.readNet(str(folder / "net.net.xml"))
    edges = sorted(net.getEdges(), key=lambda edge: edge.getID())
    starts = [edge.getID() for edge in edges if len(edge.getFromNode().getOutgoing()) == 1]
    ends = [edge.getID() for edge in edges if len(edge.getToNode().getIncoming()) == 1]
    random = np.random.default_rng(draw["seed"])
    times = np.sort(random.uniform(0.0, END, round(END * draw["flow"])))
    trips = "".join(
        f'<trip id="t{k}" depart="{time:.1f}" from="{random.choice(starts)}" to="{random.choice(ends)}"/>'
        for k, time in enumerate(times.tolist())
    )
    return configure(folder, trips, end=round(END), step_length=1)


def ran(folder: str, draw: dict[str, Any], control: str, planted: bool = False) -> dict[str, Any]:
    """What is wrong with what SUMO has shown, and the collisions that it tells of."""
    config = drawn(Path(folder), draw)
    options = {"collision-output": COLLISIONS, "collision.check-junctions": "true", "collision.action": "warn"}
    changes = {
        "signals.control": {"use": control, "period": draw["period"]},
        "signals.maximum_red": draw["most_red"],
        "v2x.penetration": 0.0,
        "rsu": [],
        "sumo.options": options,
    }
    wrong = patch.object(Plan, "script", lambda plan, stage, to: (Step("G" * len(plan.states[0]), 3000),))
    out, found, switches = Path(folder) / "run", [], 0.0
    with Simulation(Scenario.load(str(config)).replace(changes), out=out) as simulation:
        if planted:
            wrong.start()
        foes = read_foes(net_file(config))
        texts = [[tick.signals.text(k) for k in range(len(tick.signals.ids))] for tick in simulation]
        assert simulation.control.held
        for k, held in simulation.control.held.items():  # dead ends have lights, too, that nobody can run
            junction = simulation.control.junctions[k]
            program, plan = junction.programs[0], held.guard.plan
            places = {program.states[stage]: int(stage) for stage in reversed(plan.stages.tolist())}
            least = np.full(len(program.states), np.nan) if program.least is None else program.least
            none = np.zeros(len(program.states[0]), np.bool_)
            seconds = program.durations[:, 1].tolist()
            judge = Program(list(program.states), seconds, foes[junction.id], none, 1000, least)
            shown = [row[k] for row in texts]
            most = held.guard.most_red_ms
            found += unsafe(judge, shown, [places.get(text, -1) for text in shown], most)
        switches = simulation.metrics.kpis()["signals.switches"]
    (file,) = out.rglob(COLLISIONS)
    collisions = [dict(node.attrib) for node in ElementTree.parse(file).getroot().iter("collision")]
    return {"found": found, "collisions": collisions, "switches": switches}


DRAWS = st.fixed_dictionaries(
    {
        "columns": st.integers(1, 2),
        "lanes": st.integers(1, 3),
        "all_red": st.integers(0, 2),
        "yellow": st.integers(3, 5),
        "layout": st.sampled_from(["opposites", "incoming"]),
        "flow": st.sampled_from([0.2, 0.5, 0.9]),
        "period": st.sampled_from([1.0, 4.0, 10.0]),
        "most_red": st.sampled_from([40.0, 120.0]),
        "seed": st.integers(0, 10**6),
    }
)
USUAL = {"columns": 1, "lanes": 2, "all_red": 1, "yellow": 3, "layout": "opposites", "flow": 0.5}


@pytest.mark.parametrize("control", CONTROLLERS)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(draw=DRAWS)
def test_nothing_unsafe_shows(control: str, draw: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = in_child(ran, folder, draw, control)
    assert found["found"] == []
    assert [one for one in found["collisions"] if one["type"] == "junction"] == []
    assert found["switches"] > 0


def test_the_planted_error_is_found(tmp_path: Path) -> None:
    """Green for all on the way: the judge finds it."""
    draw = {**USUAL, "period": 10.0, "most_red": 120.0, "seed": 1}
    found = in_child(ran, str(tmp_path), draw, "greedy", True)
    assert any(one.startswith("conflicting greens") for one in found["found"])
