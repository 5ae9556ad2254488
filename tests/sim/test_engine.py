"""The tick: when decisions take effect, and the 100 ms clock of the messages whatever SUMO's step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.sim.children import in_child, run
from tests.sim.networks import configure, netconvert
from wayside.edge.errors import ScenarioError, SumoError
from wayside.sim.engine import Simulation, Tick
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.commands import SpeedAdvice

BEGIN = 100.5
ROUTES = """<vType id="car" sigma="0"/><route id="r" edges="in out"/>
    <flow id="f" type="car" route="r" begin="100.5" end="160" period="4" departSpeed="max"/>
    <flow id="g" type="car" route="r" begin="100.5" end="160" period="9" departLane="1"/>"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    netconvert(folder)
    return configure(folder, ROUTES, begin=BEGIN, end=150.5)


def watch(config: Path, changes: dict[str, object], look: Callable[[Tick], Any]) -> list[Any]:
    """What `look` makes of every tick. For a process of its own."""
    with Simulation(Scenario.load(config).replace(changes)) as simulation:
        return [look(tick) for tick in simulation]


def speed_of_the_first(tick: Tick) -> float:
    table = tick.vehicles
    return float(table.speed[table.slot_of["f.0"]]) if "f.0" in table.slot_of else -1.0


def slow_down_at_110(tick: Tick) -> float:
    if tick.time == 110.0:
        tick.simulation.command(SpeedAdvice("f.0", 3.0))
    return speed_of_the_first(tick)


@pytest.mark.parametrize(("pipeline", "delay"), [("lockstep", 1), ("overlapped", 2)])
@pytest.mark.parametrize("step", [0.1, 0.5])
def test_when_a_command_takes_effect(town: Path, pipeline: str, delay: int, step: float) -> None:
    changes: dict[str, object] = {"scenario.pipeline": pipeline, "sumo.step_length": step}
    free = in_child(watch, town, changes, speed_of_the_first)
    told = in_child(watch, town, changes, slow_down_at_110)
    said = round((110.0 - BEGIN) / step) - 1  # the tick in which it was said
    first = next(i for i, (a, b) in enumerate(zip(free, told, strict=True)) if a != b)
    assert first - said == delay


def times(tick: Tick) -> float:
    return tick.time


@pytest.mark.parametrize("step", [0.05, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("pipeline", ["lockstep", "overlapped"])
def test_the_clock(town: Path, step: float, pipeline: str) -> None:
    found = in_child(watch, town, {"sumo.step_length": step, "scenario.pipeline": pipeline}, times)
    np.testing.assert_allclose(found, BEGIN + step * np.arange(1, round(50.0 / step) + 1), atol=1e-9)


def signs(tick: Tick) -> list[tuple[str, int]]:
    table = tick.vehicles
    return sorted((str(table.ids[slot]), int(table.signals[slot])) for slot in table.slots().tolist())


def test_what_one_sees_is_of_one_moment(town: Path) -> None:
    """Signals are fetched when they are looked at: overlapped, SUMO is already computing the next step by then."""
    changes: dict[str, object] = {"v2x.penetration": 0.0, "sumo.step_length": 0.1}
    lockstep = in_child(watch, town, {**changes, "scenario.pipeline": "lockstep"}, signs)
    overlapped = in_child(watch, town, {**changes, "scenario.pipeline": "overlapped"}, signs)
    assert len({sign for row in lockstep for _, sign in row}) > 1  # they do change
    assert overlapped == lockstep


def count_active(tick: Tick) -> int:
    return int(tick.simulation.fleet.active.sum())


@pytest.mark.parametrize("step", [0.05, 0.1, 0.5, 1.0])
def test_messages_keep_to_the_clock(town: Path, tmp_path: Path, step: float) -> None:
    out = run(town, tmp_path / "run", "--set", f"sumo.step_length={step}", "--set", "record.messages=all")
    packets = pq.read_table(out / "packets.parquet").to_pydict()
    kind, sender, time = np.array(packets["kind"]), np.array(packets["sender"]), np.array(packets["time_s"])
    tick = np.round(time * 10.0)
    np.testing.assert_allclose(tick, time * 10.0, atol=1e-6)  # every packet on the 100 ms clock

    spatem = np.sort(tick[kind == "spatem"])
    assert (np.diff(spatem) == 1).all()  # ten times a second, from the first tick after the first step to the last
    assert spatem[0] == np.ceil(round((BEGIN + step) * 10.0, 6))
    assert len(spatem) == 500

    active = sum(in_child(watch, town, {"sumo.step_length": step}, count_active)) * step  # vehicle seconds
    cams = kind == "cam"
    assert active <= cams.sum() <= 10.0 * active
    for station in set(sender[cams].tolist()):
        gaps = np.diff(np.sort(tick[cams & (sender == station)]))
        assert (gaps >= 1).all()
        assert (gaps <= 10).all()

    rates = cams.sum() / active
    assert 2.0 < rates < 6.0  # 4 m at 10 to 20 m/s, and starts and stops: about the same at every step


def test_ticks_are_counted_right_where_time_begins_elsewhere(town: Path, tmp_path: Path) -> None:
    out = run(town, tmp_path / "run", "--until", 120, "--set", "record.interval=0.5", "--set", "sumo.step_length=0.5")
    time = sorted(set(pq.read_table(out / "messages.parquet").to_pydict()["time_s"]))
    np.testing.assert_allclose(time, np.arange(BEGIN + 0.5, 120.01, 0.5))


def left_early(config: Path, out: Path) -> None:
    with Simulation(Scenario.load(config), out) as simulation:
        for tick in simulation:
            if tick.time >= 110.0:
                break


def test_leaving_early_is_marked(town: Path, tmp_path: Path) -> None:
    in_child(left_early, town, tmp_path / "run")
    summary = (tmp_path / "run" / "summary.json").read_text()
    assert '"interrupted": true' in summary
    assert "left at 110.5 s" in summary


def two_at_once(config: Path) -> str:
    with Simulation(Scenario.load(config)):
        try:
            Simulation(Scenario.load(config))
        except SumoError as error:
            return str(error)
    return "no error"


def test_two_simulations_in_one_process_are_refused(town: Path) -> None:
    assert "libsumo allows one" in in_child(two_at_once, town)


def one_after_the_other(config: Path) -> list[float]:
    figures = []
    for _ in range(2):
        with Simulation(Scenario.load(config)) as simulation:
            figures.append(simulation.run()["vehicles.driven_km"])
    return figures


def test_two_simulations_one_after_the_other(town: Path) -> None:
    first, second = in_child(one_after_the_other, town)
    assert first == second > 0.0


def after_a_mistake(config: Path) -> float:
    scenario = Scenario.load(config)
    try:
        Simulation(scenario.replace("rsu", [{"at": {"junctions": ["nowhere"]}}]))
    except ScenarioError:
        with Simulation(scenario) as simulation:
            return simulation.run()["vehicles.departed"]
    return -1.0


def test_a_simulation_after_one_that_could_not_begin(town: Path) -> None:
    assert in_child(after_a_mistake, town) > 0
