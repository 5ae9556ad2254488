"""A child of `bridge`: one simulation in its own process, read in one way; JSON on the last line.

All ways read the same ten values of every vehicle: x, y, speed, acceleration, heading, lane, position on the lane,
signals, state of its stop, and the battery's charge where it has one.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.cities import sumo_arguments
from benchmarks.measure import cpu_time

CHARGE = "device.battery.chargeLevel"


@dataclass(frozen=True)
class Task:
    """What a child is to run."""

    kind: str  # direct, libsumo or traci
    subscribed: bool
    what: str  # for Scenario.load
    step: float  # s
    begin: float  # of the measured part, s of SUMO's clock
    end: float


@dataclass
class Spent:
    """CPU time for so many vehicles x steps."""

    seconds: float = 0.0
    updates: int = 0

    def add(self, call: Callable[[], int]) -> None:
        """Time a call that returns the number of vehicles it was for."""
        began = time.process_time()
        vehicles = call()
        self.seconds += time.process_time() - began
        self.updates += vehicles


def run(task: Task) -> dict[str, Spent]:
    """Run a task in this process."""
    with sumo_arguments(task.what, task.step, task.end) as arguments:
        if task.kind == "direct":
            return _direct(task, arguments)
        return {"run": _whole(task, arguments)}


def _direct(task: Task, arguments: list[str]) -> dict[str, Spent]:
    """The reading alone, between steps: natively after one, by getters after the next, so that both find the caches
    as a step leaves them.
    """
    from wayside.sim.sumo import backend_class
    from wayside.sim.sumo.network import net_file, read_network

    network = read_network(net_file(Path(arguments[arguments.index("-c") + 1])))
    backend = backend_class("native", False)(arguments, network)
    vehicles, api = backend.vehicles, backend.api
    native, getters = Spent(), Spent()
    steps = 0

    def read_natively() -> int:
        backend.read()
        _ = vehicles.signals  # fetched only when looked at, as the getters do
        return vehicles.count

    while backend.time < task.end - 1e-9:
        backend.step()
        steps += 1
        if backend.time < task.begin:
            backend.read()
        elif steps % 2:
            native.add(read_natively)
        else:
            # Getters know nothing of batteries; to be told which vehicles have one costs them nothing here.
            electric = {id for id, slot in vehicles.slot_of.items() if vehicles.capacity_wh[slot] > 0.0}
            getters.add(lambda electric=electric: _get(api.vehicle, electric))  # type: ignore[misc]
            backend.read()
    name = backend.name
    backend.close()
    if name != "native":
        raise SystemExit("this libsumo cannot be read natively")
    return {"native": native, "getters": getters}


def _get(vehicle: Any, electric: set[str]) -> int:
    ids = vehicle.getIDList()
    for id in ids:
        vehicle.getPosition(id)
        vehicle.getSpeed(id)
        vehicle.getAcceleration(id)
        vehicle.getAngle(id)
        vehicle.getLaneID(id)
        vehicle.getLanePosition(id)
        vehicle.getSignals(id)
        vehicle.getStopState(id)
        if id in electric:
            float(vehicle.getParameter(id, CHARGE))
    return len(ids)


def _whole(task: Task, arguments: list[str]) -> Spent:
    """Steps and reading together: SUMO gathers subscribed values inside its step."""
    if task.kind == "libsumo":
        os.environ["LIBSUMO_AS_TRACI"] = "quiet"
        import libsumo as api

        api.start(["sumo", *arguments])
    else:
        import traci as api

        from wayside.sim.sumo.backend import sumo_home

        api.start([str(sumo_home() / "bin" / "sumo"), *arguments], stdout=sys.stderr)
    from traci import constants as tc

    values = (
        tc.VAR_POSITION,
        tc.VAR_SPEED,
        tc.VAR_ACCELERATION,
        tc.VAR_ANGLE,
        tc.VAR_LANE_ID,
        tc.VAR_LANEPOSITION,
        tc.VAR_SIGNALS,
        tc.VAR_STOPSTATE,
    )
    vehicle = api.vehicle

    def subscribe(id: str) -> None:
        vehicle.subscribe(id, values)
        if vehicle.getParameter(id, "has.battery.device") == "true":
            vehicle.subscribeParameterWithKey(id, CHARGE)

    def step() -> int:
        api.simulationStep()
        departed = api.simulation.getDepartedIDList()
        if not task.subscribed:
            return int(vehicle.getIDCount())
        results = vehicle.getAllSubscriptionResults()
        for id in departed:
            subscribe(id)
        return len(results)

    api.simulationStep(task.begin)
    if task.subscribed:
        for id in vehicle.getIDList():
            subscribe(id)
    began, updates = cpu_time(), 0
    while api.simulation.getTime() < task.end - 1e-9:
        updates += step()
    spent = Spent(cpu_time() - began, updates)
    api.close()
    return spent


if __name__ == "__main__":
    print(json.dumps({name: asdict(spent) for name, spent in run(Task(**json.loads(sys.argv[1]))).items()}))
