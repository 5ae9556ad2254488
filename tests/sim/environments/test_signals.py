"""Traffic lights as environments: one, several, seen and heard; and a run in which nobody is on the air."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import wayside.gym
from tests.sim.children import in_child
from wayside import Observer, Scenario, Simulation
from wayside.gym import LearningError, parallel_env
from wayside.sim.sumo.backend import sumo_home

QUIET: dict[str, Any] = {"rsu": [], "v2x.penetration": 0.0, "v2x.services": []}
FLOWS = [("left0A0", "D0right0"), ("left1A1", "D1right1"), ("bottom0A0", "A1top0"), ("bottom1B0", "B1top1")]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lights on a grid of two by four."""
    folder = tmp_path_factory.mktemp("town")
    command = [str(sumo_home() / "bin" / "netgenerate"), "--grid", "--grid.x-number=4", "--grid.y-number=2"]
    command += ["--grid.attach-length=200", "--default-junction-type=traffic_light", "-o", "town.net.xml"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    flows = "".join(
        f'<flow id="f{k}" begin="0" end="600" period="6" from="{start}" to="{end}"/>'
        for k, (start, end) in enumerate(FLOWS)
    )
    (folder / "town.rou.xml").write_text(f"<routes>{flows}</routes>")
    (folder / "town.sumocfg").write_text(
        '<configuration><input><net-file value="town.net.xml"/><route-files value="town.rou.xml"/></input>'
        '<time><end value="90"/></time></configuration>'
    )
    return folder / "town.sumocfg"


def script(scenario: Path, period: int) -> dict[str, float]:
    """Each light is asked for its phases in turn, in one's own loop."""
    control = {"use": "wayside.sim.environments.signals:Outside", "period": 600.0}
    made = Scenario.load(scenario).replace({**QUIET, "signals.control": control, "scenario.seed": 7})
    turn = 0
    with Simulation(made) as simulation:
        for tick in simulation:
            if tick.time % period == 0.0:
                free = simulation.control.free()
                for light, known in simulation.control.lights.items():
                    if light in free:
                        phase = int(known.phases[turn % len(known.phases)])
                        simulation.control.controllers[light].wish = phase  # type: ignore[attr-defined]
                        simulation.control.want(light, phase)
                turn += bool(free)
        return dict(tick.kpis)


@pytest.mark.filterwarnings("ignore:.*traffic lights stay with their programs")
def test_lights_of_a_town(town: Path) -> None:
    """An agent for each; what they do has the figures of the same in a script."""
    env = parallel_env("wayside/Signals-v0", town, set={**QUIET, "scenario.seed": 7}, period=10.0)
    assert len(env.possible_agents) == 8
    env.reset(options={"replication": 0})
    turn, switched = 0, 0
    before: dict[str, Any] = {}
    while env.agents:
        actions = {agent: turn % env.action_space(agent).n for agent in env.agents}
        seen, rewards, _, _, infos = env.step(actions)
        turn += 1
        for agent, mine in seen.items():
            assert rewards[agent] <= 0.0
            assert infos[agent]["action_mask"].sum() >= 1
            columns = dict(zip(env.session.columns, mine.tolist(), strict=True))
            now = [columns[f"phase[{k}]"] for k in range(2)]
            switched += before.get(agent, now) != now
            before[agent] = now
    kpis = infos[env.possible_agents[0]]["kpis"]
    assert kpis == in_child(script, town, 10)
    assert kpis["signals.controlled"] == 8
    assert kpis["signals.switches"] > 20
    assert switched > 20
    assert kpis["vehicles.arrived"] > 0
    env.close()


def test_what_is_heard() -> None:
    """By the local dynamic map, as many as are equipped."""
    seen = {}
    for detection, penetration in (("perfect", 0.0), ("heard", 1.0)):
        env = gymnasium.make(
            "wayside/Signals-v0",
            set={"scenario.end": 40.0, "v2x.penetration": penetration, "v2x.services": []},
            detection=detection,
            observation=["approaching"],
            reward={"approaching": 1.0, "vehicles.arrived": 0.0},
        ).unwrapped
        env.reset(options={"replication": 0})
        gained, over = 0.0, False
        while not over:
            _, reward, terminated, truncated, _ = env.step(0)
            gained += float(reward)
            over = terminated or truncated
        seen[detection, penetration] = gained
        env.close()
    assert seen["heard", 1.0] == pytest.approx(seen["perfect", 0.0], rel=0.35)
    assert seen["perfect", 0.0] > 10


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"period": 0.0}, "period = 0.0: must be between 0.1 and 600"),
        ({"detection": "seen"}, 'detection = "seen": must be "perfect" or "heard"'),
        ({"observation": ["queue"]}, "observation = 'queue': must be one of time, phase, shown, approaching, waiting"),
    ],
)
def test_mistakes(settings: dict[str, Any], told: str) -> None:
    assert wayside.gym
    with pytest.raises(LearningError, match=rf"^wayside/Signals-v0: {told}"):
        gymnasium.make("wayside/Signals-v0", set=QUIET, **settings)


class Ear(Observer):
    """Who listens is told of every tick, though nobody says anything."""

    name = "ear"

    def packets(self, packets: Any) -> None:
        assert not len(packets.size)

    def step(self, tick: Any) -> None:
        table = tick.vehicles
        self.last = np.copy(table.x[: table.extent])


def silent(scenario: Path, listens: bool) -> tuple[dict[str, float], list[float]]:
    """A run in which nobody is on the air."""
    with Simulation(Scenario.load(scenario).replace({"rsu": [], "v2x.penetration": 0.0})) as simulation:
        ear = Ear()
        if not listens:
            ear.packets = None  # type: ignore[method-assign, assignment]
        simulation.observers.add(ear)
        if not listens:
            simulation.observers.listeners.clear()
        return simulation.run(), ear.last.tolist()


@pytest.mark.filterwarnings("ignore:.*nobody is guided")
def test_nobody_on_the_air_costs_nothing(town: Path) -> None:
    """The figures are those of a run whose ticks are all worked out, as somebody listens."""
    assert in_child(silent, town, True) == in_child(silent, town, False)
