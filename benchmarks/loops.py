"""A child of `overhead`: one simulation in its own process, the time of its loop as JSON on the last line.

The Python loops are what tutorials show: every vehicle's position, speed, angle and lane, each step.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.cities import sumo_arguments
from benchmarks.measure import cpu_time


@dataclass(frozen=True)
class Task:
    """What a child is to run."""

    kind: str  # wayside, steps, libsumo or traci
    what: str  # for Scenario.load
    step: float  # s
    end: float  # s of SUMO's clock
    pipeline: str = "lockstep"
    out: bool = False
    settings: dict[str, object] = field(default_factory=dict)  # of the scenario, by dotted path
    begin: float = 0.0  # s of SUMO's clock before which the loop is not measured


@dataclass(frozen=True)
class Loop:
    """What it took."""

    loop_s: float  # wall clock, from the first step to the last
    cpu_s: float  # of this process, and of the sumo that it talks to
    updates: int  # vehicles x steps
    parts_s: dict[str, float]  # of the loop, where the engine tells them
    units: int = 0
    driving: int = 0  # vehicles at the end, without those that are parked


def run(task: Task) -> Loop:
    """Run a task in this process."""
    return {"wayside": _wayside, "steps": _steps, "libsumo": _libsumo, "traci": _traci}[task.kind](task)


def _wayside(task: Task) -> Loop:
    from wayside import Scenario, Simulation

    scenario = Scenario.load(task.what).replace(
        {
            "scenario.end": task.end,
            "scenario.pipeline": task.pipeline,
            "sumo.step_length": task.step,
            "v2x.penetration": 1.0,
            **task.settings,
        }
    )
    with TemporaryDirectory(prefix="wayside-benchmark-") as folder:
        with Simulation(scenario, Path(folder) / "run" if task.out else None) as simulation:
            spent, updates = {"set-up": simulation.spent["set-up"]}, 0
            if task.begin:
                while simulation.time < task.begin - 1e-9:
                    next(simulation)
                spent, updates = dict(simulation.spent), simulation.metrics.updates
            cpu, began = cpu_time(), time.perf_counter()
            simulation.run()
            loop_s, cpu_s = time.perf_counter() - began, cpu_time() - cpu
            parts = {part: s - spent.get(part, 0.0) for part, s in simulation.spent.items() if part != "set-up"}
            driving = int(((simulation.vehicles.lane >= 0) & (simulation.vehicles.alive == 1)).sum())
        return Loop(loop_s, cpu_s, simulation.metrics.updates - updates, parts, len(simulation.units), driving)


def _libsumo(task: Task) -> Loop:
    os.environ["LIBSUMO_AS_TRACI"] = "quiet"
    import libsumo

    vehicle = libsumo.vehicle

    def read() -> int:
        ids = vehicle.getIDList()
        for id in ids:
            vehicle.getPosition(id)
            vehicle.getSpeed(id)
            vehicle.getAngle(id)
            vehicle.getLaneID(id)
        return len(ids)

    with sumo_arguments(task.what, task.step, task.end) as arguments:
        libsumo.start(["sumo", *arguments])
        return _drive(libsumo, task, read)


def _steps(task: Task) -> Loop:
    os.environ["LIBSUMO_AS_TRACI"] = "quiet"
    import libsumo

    with sumo_arguments(task.what, task.step, task.end) as arguments:
        libsumo.start(["sumo", *arguments])
        return _drive(libsumo, task, lambda: 0)


def _traci(task: Task) -> Loop:
    import traci
    from traci import constants as tc

    from wayside.sim.sumo.backend import sumo_home

    values = (tc.VAR_POSITION, tc.VAR_SPEED, tc.VAR_ANGLE, tc.VAR_LANE_ID)

    def read() -> int:
        for id in traci.simulation.getDepartedIDList():
            traci.vehicle.subscribe(id, values)
        return len(traci.vehicle.getAllSubscriptionResults())

    with sumo_arguments(task.what, task.step, task.end) as arguments:
        traci.start([str(sumo_home() / "bin" / "sumo"), *arguments], stdout=sys.stderr)
        return _drive(traci, task, read)


def _drive(api: Any, task: Task, read: Callable[[], int]) -> Loop:
    """Step and read to the end."""
    updates = 0
    cpu, began = cpu_time(), time.perf_counter()
    while api.simulation.getTime() < task.end - 1e-9:
        api.simulationStep()
        updates += read()
    loop_s, cpu_s = time.perf_counter() - began, cpu_time() - cpu
    api.close()
    return Loop(loop_s, cpu_s, updates, {})


if __name__ == "__main__":
    print(json.dumps(asdict(run(Task(**json.loads(sys.argv[1]))))))
