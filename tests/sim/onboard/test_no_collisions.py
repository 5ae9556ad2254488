"""SUMO reports no collision that an advice has caused: small nets, traffic and options drawn by chance."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import sumolib

from tests.sim.children import in_child
from tests.sim.networks import configure
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.commands import SpeedAdvice

TOWNS = 6


def town(folder: Path, number: int) -> str:
    """A grid or random net with lights of any kind, and traffic from edge to edge.

    No spider's web: where its arms merge SUMO reports collisions of undisturbed traffic too, with every other seed.
    """
    folder.mkdir()
    chance = random.Random(number)
    form = (
        ["--grid", "--grid.number", "2", "--grid.length", "180", "--grid.attach-length", "180"],
        [
            "--grid",
            "--grid.x-number",
            "3",
            "--grid.y-number",
            "1",
            "--grid.length",
            "150",
            "--grid.attach-length",
            "200",
        ],
        ["--rand", "--rand.iterations", "12", "--rand.min-distance", "120", "--rand.max-distance", "260"],
    )[number % 3]
    lanes, tls = chance.choice("123"), chance.choice(["static", "actuated"])
    command = [sumolib.checkBinary("netgenerate"), *form, "-j", "traffic_light", "-L", lanes, "--tls.default-type", tls]
    command += ["--seed", str(number), "-o", "net.net.xml", "--default.speed", chance.choice(["13.9", "19.4"])]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    edges = [edge.getID() for edge in sumolib.net.readNet(str(folder / "net.net.xml")).getEdges()]
    trips = []
    for k in range(120):
        start, end = chance.sample(edges, 2)
        trips.append(f'<trip id="{k}" type="car" depart="{k * 1.5}" from="{start}" to="{end}"/>')
    how = f'sigma="{chance.random():.2f}" speedFactor="normc(1,0.1,0.8,1.2)"'
    said: dict[str, object] = {"step_length": chance.choice([0.2, 0.5]), "end": 240, "ignore_route_errors": True}
    said |= {"collision_output": "collisions.xml", "collision.action": "warn", "collision.check_junctions": True}
    return str(configure(folder, f'<vType id="car" {how}/>' + "".join(trips), **said))


def run(config: str, out: Path, of: dict[str, dict[str, Any]]) -> dict[str, float]:
    """How often somebody was advised in each of several runs."""
    found = {}
    for name, options in of.items():
        said = {"v2x.services": [{"use": "signal_advice", **options}], "v2x.origin": (31.0, 121.0)}
        with Simulation(Scenario.load(config).replace(said), out=out / name) as simulation:
            figures = simulation.run()
        found[name] = figures["signal_advice.advices"] + figures["signal_advice.braked"]
    return found


def collisions(out: Path) -> set[tuple[str, str]]:
    crashes = ElementTree.parse(out / "sumo" / "collisions.xml").iter("collision")
    return {(crash.attrib["collider"], crash.attrib["victim"]) for crash in crashes}


@pytest.mark.parametrize("number", range(TOWNS))
def test_no_collision_comes_of_an_advice(tmp_path: Path, number: int) -> None:
    config = town(tmp_path / "town", number)
    chance = random.Random(-number - 1)
    options: dict[str, Any] = {
        "compliance": chance.choice([0.5, 1.0]),
        "lowest": chance.uniform(1.0, 6.0),
        "margin": chance.uniform(0.0, 3.0),
        "slowing": chance.uniform(0.5, 4.0),
        "braking": chance.uniform(2.0, 4.5),
        "period": chance.choice([0.5, 1.0, 3.0]),
    }
    advised = in_child(run, config, tmp_path, {"off": {"compliance": 0.0, "heed": 0.0}, "on": options})
    assert advised["off"] == 0
    assert advised["on"] > 5
    assert collisions(tmp_path / "on") <= collisions(tmp_path / "off") == set()


def crash(config: str, out: Path) -> None:
    """Everybody is told to drive on, and SUMO's own checks are off."""
    said = {"v2x.services": [], "v2x.origin": (31.0, 121.0)}
    with Simulation(Scenario.load(config).replace(said), out=out) as simulation:
        for tick in simulation:
            for slot in tick.events.departed.tolist():
                id = str(tick.vehicles.ids[slot])
                simulation.backend.api.vehicle.setSpeedMode(id, 0)
                simulation.command(SpeedAdvice(id, 14.0))


def test_an_advice_without_sumos_checks_is_found(tmp_path: Path) -> None:
    config = town(tmp_path / "town", 0)
    in_child(crash, config, tmp_path / "out")
    assert collisions(tmp_path / "out")
