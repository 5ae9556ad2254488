"""Controllers and requests in runs: what SUMO shows of them, what messages say of it, and what it costs nobody."""

from __future__ import annotations

import json
import re
import tomllib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.edge.control.judge import Program, unsafe
from tests.sim.children import hashes, in_child, wayside
from tests.sim.networks import EDGES, NODES, configure, netconvert
from tests.sim.wire.test_signals import checked, listened
from wayside import App, Controller, every
from wayside.edge.signal import UnitSignal
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.foes import read_foes
from wayside.sim.sumo.network import net_file

HERE = __name__
Changes = dict[str, object]


class Fickle(Controller):
    """Wants any phase, at any time."""

    period = 0.5

    def choose(self, seen: Any) -> int:
        return int(self.context.random("wish", when=seen.time).choice(seen.light.phases))


class Meddles(Controller):
    """Writes to whatever it sees."""

    def choose(self, seen: Any) -> int:
        seen.light.green[:] = True
        return 0


class Nonsense(Controller):
    """Wants what there is not."""

    def choose(self, seen: Any) -> Any:
        return 1 if seen.time > 20.0 else None


class Looks(App):
    """Keeps what it is told of its light."""

    def start(self) -> None:
        self.kept: list[Any] = []
        self.requests: list[Any] = []

    @every(1.0)
    def look(self) -> None:
        signal = self.signal
        assert signal is not None
        self.ask(signal)
        self.kept.append((self.time, signal.state, signal.phase, signal.holder, signal.changes))

    def ask(self, signal: UnitSignal) -> None:
        """Nothing."""


class Keeps(Looks):
    """Asks for phases, and keeps what has become of it."""

    def ask(self, signal: UnitSignal) -> None:
        now = round(self.time)
        ask = {20: {"phase": 6, "lasting": 15.0}, 60: {"group": 1}, 100: {"phase": 0, "until": 400.0}}.get(now)
        if ask:
            self.requests.append(signal.request(why=f"test at {now}", **ask))  # type: ignore[arg-type]
        if now == 61:
            self.requests.append(signal.request(phase=0, why="another"))
            self.requests.append(signal.request(phase=1, why="no green"))
        if now == 80:
            self.requests[1].cancel()


def ran(changes: Changes, backend: str = "native") -> dict[str, Any]:
    """The states of crossing's light by SUMO, step by step, and what its guard knows at the end."""
    scenario = Scenario.load("crossing").replace(
        {"scenario.end": 200.0, "sumo.step_length": 0.5, "parking.request_distance": 1.0, **changes}
    )
    with Simulation(scenario, backend=backend) as simulation:
        texts = [tick.signals.text(0) for tick in simulation]
        (junction,) = simulation.exchange.messages.junctions
        held = simulation.control.held.get(0)
        apps = [app for unit in simulation.units for app in unit.apps if isinstance(app, Looks)]
        return {
            "texts": texts,
            "program": junction.programs[0],
            "foes": read_foes(net_file(scenario.sumo.config))[junction.id],
            "most_red_ms": held.guard.most_red_ms if held else 10**9,
            "kpis": simulation.metrics.kpis(),
            "requests": [(one.phase, one.granted, one.refused, one.ended) for app in apps for one in app.requests],
            "kept": [one for app in apps for one in app.kept],
        }


def judged(found: dict[str, Any]) -> list[str]:
    """What is wrong with what SUMO has shown."""
    program = found["program"]
    states, texts = list(program.states), found["texts"]
    stages = [
        states.index(text) if text in states and program.durations[states.index(text), 1] > 5 else -1 for text in texts
    ]
    drawn = Program(
        states,
        program.durations[:, 1].tolist(),
        found["foes"],
        np.zeros(len(states[0]), np.bool_),
        500,
        np.full(len(states), np.nan),
    )
    return unsafe(drawn, texts, stages, found["most_red_ms"])


@pytest.mark.parametrize("backend", ["native", "libsumo", "traci"])
@pytest.mark.parametrize("pipeline", ["lockstep", "overlapped"])
def test_whatever_a_controller_wants(backend: str, pipeline: str) -> None:
    if backend != "native" and pipeline == "overlapped":
        return
    changes = {"signals.control": f"{HERE}:Fickle", "scenario.pipeline": pipeline}
    found = in_child(ran, changes, backend)
    assert judged(found) == []
    assert found["kpis"]["signals.switches"] > 12
    if backend != "native":
        assert found["texts"] == in_child(ran, changes)["texts"]


@pytest.mark.parametrize("changes", [{}, {"signals.maximum_red": 40.0}, {"scenario.pipeline": "overlapped"}])
def test_requests(changes: Changes) -> None:
    found = in_child(ran, {"rsu.0.apps": ["signals", f"{HERE}:Keeps"], **changes})
    assert judged(found) == []
    first, second, third, fourth, last = found["requests"]
    tight = "signals.maximum_red" in changes
    assert first == (6, True, "", "others have waited too long" if tight else "its time is over")
    assert second[1:] == (True, "", "others have waited too long" if tight else "cancelled")
    assert third[1] is False
    asked_before = f"Keeps at unit tl_crossing has asked for phase {second[0]} before"
    assert third[2] == ("others have waited too long" if tight else asked_before)
    assert fourth == (1, False, "phase 1 is no green phase", "")
    assert last == (0, True, "", "others have waited too long")
    assert found["kpis"]["signals.granted"] == 3
    assert found["kpis"]["signals.refused"] == 2
    assert found["kpis"]["signals.controlled"] == 0
    holders = {round(time): holder for time, _, _, holder, _ in found["kept"]}
    assert holders[19] == "program"
    assert holders[30] == "request"
    phases = {round(time): phase for time, _, phase, _, _ in found["kept"]}
    assert tight or phases[33] == 6


def test_a_fixed_program_comes_back_to_its_place() -> None:
    plain = in_child(ran, {"rsu.0.apps": ["signals"]})["texts"]
    asked = in_child(ran, {"rsu.0.apps": ["signals", f"{HERE}:Once"]})["texts"]
    assert plain[:40] == asked[:40]
    assert plain != asked
    assert plain[-150:] == asked[-150:]


class Once(App):
    """Asks for a phase once, for a while."""

    @every(1.0)
    def look(self) -> None:
        if round(self.time) == 30:
            assert self.signal is not None
            self.signal.request(phase=6, lasting=20.0, why="once")


def test_what_an_application_is_told_is_what_comes() -> None:
    """Its light's state, and when each group's ends, against what SUMO shows."""
    for changes in ({}, {"signals.control": f"{HERE}:Fickle"}):
        found = in_child(ran, {"rsu.0.apps": ["signals", f"{HERE}:Looks"], **changes})
        texts, groups = found["texts"], found["kept"][0][4].keys()
        assert len(groups) == 6
        for time, state, _, _, changes_of in found["kept"]:
            row = round(time / 0.5)  # SUMO's step from here on
            if row >= len(texts):
                continue
            assert state == texts[row], time
            for group, change in changes_of.items():
                link = found_link(found, group)
                end = next((k for k in range(row, len(texts)) if texts[k][link] != texts[row][link]), None)
                after = np.inf if end is None else (end - row) * 0.5
                assert change.earliest <= after + 1e-6
                assert change.latest >= min(after, (len(texts) - row - 1) * 0.5) - 1e-6


def found_link(found: dict[str, Any], group: int) -> int:
    """A link of a group of crossing's light: they are numbered in the order of their first links."""
    columns = list(zip(*found["program"].states, strict=True))
    return columns.index(list(dict.fromkeys(columns))[group - 1])


@pytest.mark.parametrize(
    "changes",
    [
        {"signals.control": f"{HERE}:Fickle"},
        {"signals.control": "greedy", "scenario.pipeline": "overlapped", "sumo.step_length": 0.5},
        {"rsu.0.apps": ["signals", f"{HERE}:Keeps"], "sumo.step_length": 0.5},
    ],
)
def test_what_messages_say_comes_true(changes: Changes) -> None:
    step = float(str(changes.get("sumo.step_length", 1.0)))
    said, truth = in_child(listened, "crossing", {"scenario.end": 130.0, "sumo.step_length": step, **changes})
    if "signals.control" not in changes:  # what a fixed program has said before, a request may change
        said = [one for one in said if 20.0 + step < one[0] < 35.0]
    if changes.get("scenario.pipeline") == "overlapped":  # there commands come before SUMO is read
        truth = {time + step: text for time, text in truth.items()}
    told = checked(said, truth, step)
    assert told["earliest"] > (1000 if "signals.control" in changes else 200)
    assert told["latest"] > (1000 if "signals.control" in changes else -1)


def test_an_actuated_light_under_control(tmp_path: Path) -> None:
    options = ("--tls.default-type", "actuated", "--tls.min-dur", "6", "--tls.max-dur", "25")
    netconvert(tmp_path, NODES, EDGES, *options)
    flow = '<flow id="{}" begin="0" end="90" probability="{}"><route edges="{}"/></flow>'
    routes = flow.format("w", 0.25, "in out") + flow.format("n", 0.1, "down home") + flow.format("e", 0.1, "back home")
    config = configure(tmp_path, routes, end=100, step_length=1)
    more: Changes = {"v2x.origin": (31.0, 121.0)}
    for changes in ({"signals.control": "greedy"}, {"rsu.0.apps": ["signals", f"{HERE}:First"]}):
        said, truth = in_child(listened, str(config), more | changes)
        if "signals.control" in changes:
            said = [one for one in said if one[0] > 1.0]  # from the first step on, the controller's
        told = checked(said, truth, 1.0, fixed="signals.control" in changes)
        assert told["earliest"] > 100


class First(App):
    """Asks for the first green phase now and then."""

    @every(20.0)
    def look(self) -> None:
        assert self.signal is not None
        phase = next(phase.number for phase in self.signal.phases if phase.green)
        self.signal.request(phase=phase, lasting=8.0, why="now and then")


def warned(config: str, changes: Changes) -> list[str]:
    """What a user is warned of in a short run."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with Simulation(Scenario.load(config).replace({"v2x.origin": (31.0, 121.0), **changes})) as simulation:
            simulation.run()
    return [str(one.message) for one in told]


def test_lights_that_cannot_be_run(tmp_path: Path) -> None:
    """They stay with their programs, and a request is refused."""
    netconvert(tmp_path, NODES, EDGES, "--tls.default-type", "NEMA")
    route = '<flow id="w" begin="0" end="20" period="5"><route edges="in out"/></flow>'
    config = str(configure(tmp_path, route, end=20, step_length=1))
    told = in_child(warned, config, {"signals.control": "greedy", "rsu.0.apps": [f"{HERE}:Refused"]})
    (line,) = [line for line in told if "signals.control" in line]
    assert '"greedy": 1 of 1 traffic lights stay with their programs, middle for one: its program is of type N' in line


class Refused(App):
    """Asks in vain."""

    @every(5.0)
    def look(self) -> None:
        assert self.signal is not None
        made = self.signal.request(phase=0, why="in vain")
        assert made.refused.startswith("its program is of type NEMA")


def test_nobody_hears_for_a_light(tmp_path: Path) -> None:
    changes = {"signals.control": "greedy", "signals.detection": "heard", "rsu": [{"at": [50.0, 50.0]}]}
    told = in_child(warned, "crossing", {"scenario.end": 20.0, **changes})
    (line,) = [line for line in told if "signals.detection" in line]
    assert "no roadside unit stands at 1 of 1 traffic light under" in line


MISTAKES = [
    ("Meddles", "ValueError: assignment destination is read-only"),
    ("Nonsense", "must answer a green phase of traffic light tl_crossing (0, 3, 6, 9) or None, not 1"),
]


@pytest.mark.parametrize(("name", "said"), MISTAKES)
def test_a_controller_that_goes_wrong(name: str, said: str) -> None:
    done = wayside("run", "crossing", "--until", 60, "--set", f"signals.control={HERE}:{name}")
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if "signals.control" in line]
    assert said in line
    assert "at traffic light tl_crossing at " in line
    assert re.search(r" s(: .*)? \(\S*/test_control\.py:\d+\)", line)


def test_what_a_controller_would_see_may_be_said_without_one() -> None:
    """So that controllers can be held against the program in one comparison; `check` says that it is not used."""
    for control, used in (("program", False), ("actuated", False), ("greedy", True)):
        for detection in ("heard", "loops", "perfect"):
            told = ("--set", f"signals.control={control}", "--set", f"signals.detection={detection}")
            done = wayside("check", "crossing", *told)
            assert (done.returncode, done.stderr) == (0, "")
            line = f'signals.detection = "{detection}": is not used: it is for a controller, and with'
            assert (line in done.stdout) != used
    plain = in_child(programs, {})
    assert in_child(programs, {"signals.detection": "heard"}) == plain


def programs(changes: dict[str, object]) -> dict[str, float]:
    with Simulation(Scenario.load("crossing").replace({"scenario.end": 20.0, **changes})) as simulation:
        return simulation.run()


def test_mistakes_in_the_section() -> None:
    for change, said in {
        "signals.loops=40": 'signals.loops = 40: is for signals.detection = "loops"',
        "signals.control=gready": "did you mean 'greedy'?",
        "signals.control.reach=5": 'signals.control.reach: no such option of "program"',
        "signals.maximum_red=0": "signals.maximum_red = 0: must be above 0",
    }.items():
        done = wayside("check", "crossing", "--set", change)
        assert done.returncode == 2
        assert said in done.stderr, done.stderr


def test_what_is_heard_alone(tmp_path: Path) -> None:
    """A controller sees those with a unit: with all equipped much of what there is, with few little."""
    figures = {}
    for share in (1.0, 0.05):
        changes = {"signals.control": "greedy", "signals.detection": "heard", "v2x.penetration": share}
        figures[share] = in_child(waited, {"scenario.end": 300.0, **changes})
    perfect = in_child(waited, {"scenario.end": 300.0, "signals.control": "greedy"})
    plain = in_child(waited, {"scenario.end": 300.0})
    assert perfect < 0.5 * plain
    assert figures[1.0] < 0.5 * plain
    assert figures[0.05] > 1.5 * figures[1.0]


def waited(changes: Changes) -> float:
    """How long vehicles stand on the road in all, s."""
    scenario = Scenario.load("crossing").replace({"sumo.step_length": 1.0, **changes})
    stood = 0.0
    with Simulation(scenario) as simulation:
        for tick in simulation:
            n = tick.vehicles.extent
            stood += float(((tick.vehicles.speed[:n] < 0.1) & (tick.vehicles.lane[:n] >= 0)).sum())
    return stood


def test_a_controller_by_the_command(tmp_path: Path) -> None:
    out = tmp_path / "run"
    told = "signals.control={ use = 'max-pressure', period = 8.0 }"
    done = wayside("run", "crossing", "--until", 120, "--set", told, "--out", out)
    assert done.returncode == 0, done.stderr
    kpis = json.loads((out / "summary.json").read_text())["kpis"]
    assert kpis["signals.controlled"] == 1
    assert kpis["signals.switches"] > 3
    control = tomllib.loads((out / "scenario.toml").read_text())["signals"]
    assert control == {
        "control": {"use": "max-pressure", "period": 8.0, "reach": 200.0},
        "detection": "perfect",
        "maximum_red": 120.0,
    }
    again = tmp_path / "again"
    assert wayside("run", out / "scenario.toml", "--out", again).returncode == 0
    assert hashes(again) == hashes(out)
