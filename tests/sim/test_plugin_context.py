"""What plug-ins are told: chance of their own, the clock, the roads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.sim.children import in_child
from tests.sim.plugged import context
from wayside import Scenario, Simulation


def test_chance_belongs_to_what_it_is_for() -> None:
    plain = context().random("a").random(4)
    assert np.array_equal(context().random("a").random(4), plain), "whatever else was drawn"
    others = [
        context(2).random("a"),
        context(1, "parking.policy", "other").random("a"),
        context(1, "charging.policy", "mine").random("a"),
        context().random("b"),
        context().random("a", "vehicle 1"),
        context().random("a", when=3.0),
        context().at("unit").random("a"),
    ]
    drawn = [other.random(4).tolist() for other in others]
    assert len({tuple(one) for one in [plain.tolist(), *drawn]}) == len(others) + 1
    assert context().random("a", "", 1).random() == context().random("a", "", 1.0).random()


def told(folder: Path) -> dict[str, Any]:
    """What plug-ins are told in a run."""
    scenario = Scenario.load(folder / "told.toml")
    with Simulation(scenario) as simulation:
        policy: Any = simulation.platform.parking.policy
        app: Any = simulation.units[0].apps[-1]
        simulation.run()
        return {"policy": policy.told, "app": app.told, "made": policy.made, "edges": policy.context.network.edges}


TOLD = '''
import numpy as np
from wayside import App, every
from wayside.edge.parking.state import BayAssignment

class Policy:
    """Keeps what it is told."""
    def __init__(self):
        self.told, self.made = [], (self.context.time, self.context.network.travel_s.copy())
    def __call__(self, requests, car_parks):
        self.told.append((self.context.time, self.context.network.travel_s.copy()))
        return BayAssignment(np.full(len(requests.x), -1), np.zeros(len(requests.x)))

class Tells(App):
    """Keeps what it is told."""
    def __init__(self, unit):
        super().__init__(unit)
        self.told = []
    @every(10.0)
    def look(self):
        self.told.append((self.time, self.context.time, self.context.random("x").random()))
'''


def test_the_clock_and_the_roads_in_a_run(tmp_path: Path) -> None:
    (tmp_path / "tells.py").write_text(TOLD)
    (tmp_path / "told.toml").write_text(
        f'sumo.config = "{Scenario.load("crossing").sumo.config}"\n'
        "scenario.end = 60\nv2x.penetration = 1\nparking.request_distance = 2000\nparking.policy = 'tells:Policy'\n"
        "[[rsu]]\napps = ['parking', 'tells:Tells']\n"
    )
    found = in_child(told, tmp_path)
    times = [time for time, _, _ in found["app"]]
    assert len(times) == 6
    assert all(own == ours for ours, own, _ in found["app"])
    assert len({drawn for *_, drawn in found["app"]}) == 1
    begin, free = found["made"]
    assert begin == 0.0
    assert (free > 0).all()
    asked = [time for time, _ in found["policy"]]
    assert asked == sorted(asked)
    assert asked[-1] > 30.0
    assert any((travel > 1.2 * free).any() for _, travel in found["policy"]), "somebody is slow somewhere"
    assert len(found["edges"]) == len(free)
