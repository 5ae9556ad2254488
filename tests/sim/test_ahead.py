"""SUMO goes ahead of the edge where nothing can be commanded any more: sooner, and the same results."""

from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.sim.children import hashes, in_child, in_fresh_child
from wayside.edge.errors import PluginError
from wayside.sim import engine
from wayside.sim.engine import Simulation, Tick
from wayside.sim.exchange.exchange import Exchange
from wayside.sim.onboard import queue
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.commands import SpeedAdvice

Changes = dict[str, object]

ASKING = ["signals", "parking", "charging", "tests.sim.control.test_control:Keeps"]
CASES: dict[str, Changes] = {
    "1 s": {"sumo.step_length": 1.0},
    "0.1 s": {"sumo.step_length": 0.1},
    "0.2 s, not all comply": {"sumo.step_length": 0.2, "parking.compliance": 0.6},
    "a controller and requests": {"sumo.step_length": 0.5, "signals.control": "greedy", "rsu.0.apps": ASKING},
    "queues on the air": {"sumo.step_length": 0.5, "v2x.radio": "lte-v2x"},
    "losses on the air": {"sumo.step_length": 1.0, "v2x.radio": "itsg5", "charging.compliance": 0.5},
}


def scenario(changes: Changes) -> Scenario:
    return Scenario.load("crossing").replace({"scenario.end": 240.0, **changes})


def run(changes: Changes, out: Path, cores: int) -> Counter[str]:
    """How often SUMO stepped beside the edge, and how many commands there were. For a process of its own."""
    found: Counter[str] = Counter()
    with patch.object(engine, "cores", lambda: cores), Simulation(scenario(changes), out) as simulation:
        begin, apply = simulation.backend.begin_step, queue.apply_all

        def begin_step() -> None:
            found["ahead"] += 1
            begin()

        def apply_all(waiting: list[Any], api: Any) -> Any:
            found["commands"] += len(waiting)
            return apply(waiting, api)

        simulation.backend.begin_step = begin_step  # type: ignore[method-assign]
        with patch.object(queue, "apply_all", apply_all):
            simulation.run()
        found["steps"] = simulation._steps
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_results_are_those_of_waiting(case: str, tmp_path: Path) -> None:
    waited = in_child(run, CASES[case], tmp_path / "waited", 1)
    ahead = in_fresh_child(run, CASES[case], tmp_path / "ahead", 2)
    assert waited["ahead"] == 0
    assert ahead["ahead"] > 0.9 * ahead["steps"]
    assert ahead["commands"] == waited["commands"] > 0
    assert hashes(tmp_path / "ahead") == hashes(tmp_path / "waited")


def too_soon(out: Path) -> str:
    with patch.object(Exchange, "settled", lambda *_: True):
        try:
            run(CASES["1 s"], out, 2)
        except PluginError as error:
            return str(error)
    return "nothing"


def test_going_ahead_too_soon_is_noticed(tmp_path: Path) -> None:
    told = in_child(too_soon, tmp_path / "run")
    assert told.startswith("on-board service ")
    assert told.endswith("when it awaited no answer")


def commanding() -> str:
    def watch(tick: Tick) -> None:
        tick.simulation.command(SpeedAdvice("nobody", 1.0))

    with Simulation(scenario({})) as simulation:
        try:
            simulation.run(watch)
        except RuntimeError as error:
            return str(error)
    return "nothing"


def test_who_watches_a_run_does_not_command() -> None:
    assert in_child(commanding) == "run() lets SUMO go ahead; iterate over the simulation to command it"


def signs(iterate: bool) -> list[tuple[float, str, bytes]]:
    """What a watcher sees of the lights and of the vehicles' signals."""
    seen = []

    def look(tick: Tick) -> None:
        n = tick.vehicles.extent
        seen.append((tick.time, tick.signals.text(0), tick.vehicles.signals[:n].tobytes()))

    with Simulation(scenario({"scenario.end": 60.0})) as simulation:
        if iterate:
            for tick in simulation:
                look(tick)
        else:
            with patch.object(engine, "cores", lambda: 2):
                simulation.run(look)
    return seen


def test_a_watcher_sees_one_moment() -> None:
    seen = in_child(signs, False)
    assert len({lights for _, lights, _ in seen}) > 1
    assert seen == in_child(signs, True)
