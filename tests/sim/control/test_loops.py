"""What loops tell of who is before a light, against a plain count; and a controller that sees by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.sim.children import in_child
from tests.sim.control.test_control import judged, ran
from tests.sim.control.test_detection import EDGES, NODES, ROUTES
from tests.sim.networks import configure, netconvert
from wayside.edge.control.controller import SeenTraffic
from wayside.sim.control.layouts import light_of
from wayside.sim.control.loops import STOP_LINE, LoopTraffic
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario

BACK = 50.0


def counted(config: str) -> tuple[list[list[int]], list[list[int]], int]:
    """By step and lane, who is between the loops: by the loops, by a plain count; and how many have come out."""
    told, true = [], []
    with Simulation(Scenario.load(config).replace({"scenario.end": 100.0, "v2x.penetration": 0.0})) as simulation:
        network, control, table = simulation.network, simulation.control, simulation.vehicles
        (junction,) = control.junctions
        plan = control._plan(0, junction.programs[0])
        assert plan is not None
        light = light_of(junction, plan, network)
        loops = LoopTraffic({0: light}, network, table, simulation.signals, BACK)
        for tick in simulation:
            loops.step(tick.time)
            seen = SeenTraffic(light, tick.time, 0, 0.0, loops.look([0], tick.time)[0], np.empty(0))
            told.append(seen.approaching.tolist())
            counts = [0] * len(light.lanes)
            for slot in table.slots().tolist():
                name = network.lane_ids[table.lane[slot]]
                to_go = network.edge_length[table.edge[slot]] - table.lane_position[slot]
                if name in light.lanes and to_go <= BACK:
                    counts[light.lanes.index(name)] += 1
            true.append(counts)
        return told, true, simulation.metrics.arrived


def test_counts_between_loops(tmp_path: Path) -> None:
    netconvert(tmp_path, NODES, EDGES)
    told, true, _ = in_child(counted, str(configure(tmp_path, ROUTES, end=100, step_length=1)))
    assert max(sum(counts) for counts in true) > 8
    errors = np.array(told) - np.array(true)
    assert np.abs(errors).mean() < 0.25 * np.mean(true)  # lanes are changed between the loops
    assert np.corrcoef(np.sum(told, axis=1), np.sum(true, axis=1))[0, 1] > 0.9
    assert STOP_LINE < BACK


def test_a_controller_sees_by_loops() -> None:
    changes: dict[str, Any] = {"signals.control": "greedy", "signals.detection": "loops", "signals.loops": 40.0}
    found = in_child(ran, changes)
    assert judged(found) == []
    assert found["kpis"]["signals.switches"] > 5
