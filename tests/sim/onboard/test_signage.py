"""Drivers who are shown signs, in runs: who hears and obeys keeps to the limit there, and leaves a closed lane."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child
from tests.sim.networks import configure, netconvert
from wayside import Scenario, Simulation

NODES = '<nodes><node id="a" x="0" y="0"/><node id="b" x="900" y="0"/><node id="c" x="1200" y="0"/></nodes>'
EDGES = """<edges><edge id="long" from="a" to="b" numLanes="2" speed="25"/>
    <edge id="on" from="b" to="c" numLanes="2" speed="25"/></edges>"""
CARS = """<vType id="car" sigma="0" speedFactor="1.0"/>
    <flow id="f" type="car" begin="0" end="120" period="4" departLane="{lane}" departSpeed="20">
    <route edges="long on"/></flow>"""


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("road")
    netconvert(folder, NODES, EDGES)
    for lane in (0, 1):
        configure(folder, CARS.format(lane=lane), name=f"lane{lane}", end=150, step_length=0.5)
    return folder


def driven(
    config: str, signs: list[dict[str, Any]], **service: Any
) -> tuple[list[tuple[str, float, float, int]], dict[str, float]]:
    """Vehicle, how far on the long edge [m], speed [m/s], and lane, at each step; key figures."""
    scenario = Scenario.load(config).replace(
        {
            "v2x.penetration": 1.0,
            "v2x.range": 1500.0,
            "v2x.services": [{"use": "signage", **service}],
            "rsu": [{"at": [450.0, 20.0], "apps": [{"use": "signage", "signs": signs, "sight": 600.0}]}],
        }
    )
    rows = []
    with Simulation(scenario) as simulation:
        edge = simulation.network.edge_number["long"]
        first = int(simulation.network.edge_first_lane[edge])
        for tick in simulation:
            table = tick.vehicles
            for slot in np.flatnonzero(
                (table.lane[: table.extent] >= 0) & (table.edge[: table.extent] == edge)
            ).tolist():
                at, speed = float(table.lane_position[slot]), float(table.speed[slot])
                rows.append((str(table.ids[slot]), at, speed, int(table.lane[slot]) - first))
        return rows, simulation.metrics.kpis()


def speeds(rows: list[tuple[str, float, float, int]], low: float, high: float) -> np.ndarray:
    return np.array([speed for _, at, speed, _ in rows if low <= at < high])


LIMIT = {"edge": "long", "start": 300.0, "stop": 600.0, "speed": 12.5}


def test_a_limit_is_kept_where_it_holds_and_by_those_who_obey(road: Path) -> None:
    config = str(road / "lane0.sumocfg")
    rows, figures = in_child(driven, config, [LIMIT])
    free, _ = in_child(driven, config, [LIMIT], compliance=0.0)
    assert speeds(rows, 330.0, 590.0).max() <= 12.6
    assert speeds(free, 310.0, 590.0).min() > 20.0
    assert speeds(rows, 0.0, 100.0).min() > 18.0, "not long before it"
    assert np.diff([speed for id, _, speed, _ in rows if id == "f.3"]).min() > -1.1, "braking at 2 m/s^2"
    assert speeds(rows, 750.0, 890.0).min() > 20.0, "and no longer behind it"
    assert figures["signage.limited"] > 20
    assert figures["signage.shown"] >= figures["signage.limited"]
    some, _ = in_child(driven, config, [LIMIT], compliance=0.5)
    assert 1 < len({id for id, at, speed, _ in some if 450.0 <= at < 590.0 and speed <= 12.6}) < 31


def test_a_limit_ends_with_its_time(road: Path) -> None:
    rows, figures = in_child(driven, str(road / "lane0.sumocfg"), [{**LIMIT, "end": 60.0}])
    kept = [id for id, at, speed, _ in rows if 450.0 <= at < 590.0 and speed <= 12.6]
    assert "f.0" in kept
    assert "f.25" not in kept
    assert figures["signage.said"] == 1


@pytest.mark.parametrize(("number", "lane"), [(2, 0), (1, 1)])
def test_a_closed_lane_is_left_ahead_of_it(road: Path, number: int, lane: int) -> None:
    """The innermost lane is number 1; SUMO's outermost is 0."""
    config = str(road / f"lane{lane}.sumocfg")
    closed = [{"edge": "long", "start": 400.0, "stop": 800.0, "closed": [number]}]
    rows, figures = in_child(driven, config, closed)
    free, _ = in_child(driven, config, closed, compliance=0.0)
    share = [np.mean([one == lane for _, at, _, one in of if 450.0 <= at < 800.0]) for of in (rows, free)]
    assert share[0] < 0.02
    assert share[1] > 0.3
    assert figures["signage.lanes_left"] >= 20
    assert figures["vehicles.teleports"] == 0
