"""A run of `python -m benchmarks signals`: `python -m` this, with a task as JSON; the last line is what came of it."""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from benchmarks import measure
from wayside.sim.engine import Simulation
from wayside.sim.experiments.ends import Ends, gridlocked
from wayside.sim.scenario import Scenario

TRIPS = "trips.xml"
RULES: dict[str, Any] = {
    "v2x.services": [],
    "sumo.step_length": 1.0,
    "sumo.options": {
        "time-to-teleport": -1,
        "tripinfo-output": TRIPS,
        "tripinfo-output.write-unfinished": "true",
        "tripinfo-output.write-undeparted": "true",
    },
}


def main(task: dict[str, Any]) -> measure.Result:
    """Run a scenario, and read what SUMO says of its trips."""
    warnings.simplefilter("ignore")
    scenario = Scenario.load(task["config"]).replace({**RULES, **task["set"]})
    ends = Ends()
    with tempfile.TemporaryDirectory(prefix="wayside-benchmark-") as folder:
        out = Path(folder) / "run"
        with Simulation(scenario, out=out) as simulation:
            simulation.observers.add(ends)
            for _ in simulation:
                pass
            figures = {**simulation.metrics.kpis(), **ends.figures()}
        (file,) = out.rglob(TRIPS)
        return {**of_trips(file), "gridlocked": gridlocked(figures), "switches": figures.get("signals.switches", 0)}


def of_trips(file: Path) -> dict[str, float]:
    """By SUMO's tripinfo: the mean over all vehicles, those on the road and those that could not depart among them, of
    timeLoss + departDelay [s], and how many they are.
    """
    lost, count = 0.0, 0
    for _, node in ElementTree.iterparse(file):
        if node.tag == "tripinfo":
            lost += max(float(node.get("timeLoss", 0.0)), 0.0) + max(float(node.get("departDelay", 0.0)), 0.0)
            count += 1
        node.clear()
    return {"delay_s": lost / max(count, 1), "vehicles": count}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
