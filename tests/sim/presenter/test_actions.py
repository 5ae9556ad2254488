"""A presenter's actions: roads that close, cars that set out, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child, in_fresh_child
from tests.sim.networks import configure, netconvert
from wayside import Scenario, Simulation
from wayside.sim.presenter import actions
from wayside.sim.presenter.actions import ActionRefusedError
from wayside.sim.presenter.concert import concert
from wayside.sim.presenter.surge import surge

# A way from west to east over two roads, the upper one slower, and a dead end at the lower one.
NODES = """<nodes>
    <node id="west" x="0" y="0"/> <node id="fork" x="300" y="0"/> <node id="low" x="600" y="-100"/>
    <node id="high" x="600" y="100"/> <node id="join" x="900" y="0"/> <node id="east" x="1200" y="0"/>
    <node id="end" x="600" y="-400"/>
</nodes>"""
EDGES = """<edges>
    <edge id="in" from="west" to="fork" speed="20"/> <edge id="fork-low" from="fork" to="low" speed="20"/>
    <edge id="low-join" from="low" to="join" speed="20"/> <edge id="fork-high" from="fork" to="high" speed="10"/>
    <edge id="high-join" from="high" to="join" speed="10"/> <edge id="out" from="join" to="east" speed="20"/>
    <edge id="low-end" from="low" to="end" speed="10"/> <edge id="end-low" from="end" to="low" speed="10"/>
    <edge id="back" from="east" to="west" speed="20"/>
</edges>"""
ROUTES = """
    <vType id="car" vClass="passenger"/>
    <flow id="through" type="car" begin="0" end="400" period="5" from="in" to="out"/>
    <flow id="ends" type="car" begin="0" end="400" period="20" from="in" to="low-join"/>
    <flow id="starts" type="car" begin="0" end="400" period="20" from="low-join" to="out"/>
    <flow id="only" type="car" begin="0" end="400" period="40" from="in" to="low-end"/>
    <trip id="parks" type="car" depart="130" from="in" to="out"><stop parkingArea="lot" duration="50"/></trip>
"""
PARKS = """
    <parkingArea id="lot" lane="low-join_0" startPos="50" endPos="100" roadsideCapacity="5"/>
    <parkingArea id="other" lane="high-join_0" startPos="50" endPos="100" roadsideCapacity="5"/>
"""


def town(folder: Path) -> Scenario:
    netconvert(folder, NODES, EDGES)
    config = configure(folder, ROUTES, PARKS, end=400)
    return Scenario(sumo={"config": config, "step_length": 1.0}, rsu=[{"at": [600.0, 0.0]}])


def on_edges(simulation: Simulation) -> dict[str, list[str]]:
    """Vehicles on the road, by edge."""
    table = simulation.vehicles
    found: dict[str, list[str]] = {}
    for slot in table.slots().tolist():
        if table.lane[slot] >= 0:
            found.setdefault(simulation.network.edge_ids[table.edge[slot]], []).append(str(table.ids[slot]))
    return found


def close_one(folder: Path, pipeline: str, edge: str) -> dict[str, Any]:
    """Close a road at 100 s, open it at 250 s; who was on it until 100 s, from 150 to 250 s and after 300 s."""
    seen: dict[str, set[str]] = {"before": set(), "closed": set(), "after": set()}
    with Simulation(town(folder).replace("scenario.pipeline", pipeline)) as simulation:
        number = simulation.network.edge_number[edge]
        for tick in simulation:
            if tick.time in (100.0, 250.0):
                for command in actions.close_road(simulation, number, tick.time == 100.0):
                    simulation.command(command)
                assert actions.closed(simulation) == ([number] if tick.time == 100.0 else [])
            there = on_edges(simulation).get(edge, [])
            key = "before" if tick.time <= 100 else "closed" if 150 <= tick.time <= 250 else "after"
            if tick.time <= 100 or tick.time >= 150:
                seen[key].update(there)
        arrived = simulation.metrics.arrived
        searches = [(search.vehicle, search.taken) for search in simulation.onboard.parking.searches]
        assert simulation.metrics.refused == 0
        return {"seen": seen, "arrived": arrived, "searches": searches}


@pytest.mark.parametrize("pipeline", ["lockstep", "overlapped"])
def test_a_closed_road_empties(tmp_path: Path, pipeline: str) -> None:
    found = in_child(close_one, tmp_path, pipeline, "low-join")
    seen = found["seen"]
    kinds = {key: {name.split(".")[0] for name in names} for key, names in seen.items()}
    assert kinds["before"] == {"through", "ends", "starts"}
    assert kinds["closed"] == {"starts"}  # only who sets out there
    assert {"through", "ends"} <= kinds["after"]
    assert found["searches"] == [("parks", "other")]  # whose lot was closed parks elsewhere


def test_who_has_no_other_way_drives_through(tmp_path: Path) -> None:
    found = in_child(close_one, tmp_path, "lockstep", "fork-low")
    kinds = {name.split(".")[0] for name in found["seen"]["closed"]}
    assert {"only", "ends"} <= kinds  # there is one road to where they go
    assert "through" not in kinds


def test_without_the_action_it_stays_full(tmp_path: Path) -> None:
    """The check above can fail."""
    seen = in_child(leave_open, tmp_path)
    assert "through" in {name.split(".")[0] for name in seen}


def leave_open(folder: Path) -> set[str]:
    with Simulation(town(folder)) as simulation:
        return {
            name
            for tick in islice(simulation, 250)
            if tick.time >= 150
            for name in on_edges(simulation).get("low-join", [])
        }


def presented(seed: int, order: str) -> list[tuple[str, float, str, float]]:
    """Crossing with a surge and a concert at 20 s: who set out when, where, with how much charge."""
    scenario = Scenario.load("crossing").replace(
        {"scenario.seed": seed, "scenario.end": 150.0, "sumo.step_length": 1.0}
    )
    known: dict[str, tuple[str, float, str, float]] = {}
    with Simulation(scenario) as simulation:
        parks = simulation.platform.parking.car_parks
        calls: dict[str, Callable[[], Any]] = {
            "s": lambda: surge(simulation, 6, 0.15),
            "c": lambda: concert(simulation, 8, float(parks.x[0]), float(parks.y[0])),
        }
        for tick in simulation:
            if tick.time == 20.0:
                for call in order:
                    for command in calls[call]():
                        simulation.command(command)
            table = simulation.vehicles
            for slot in tick.events.departed.tolist():
                name = str(table.ids[slot])
                if name.startswith(("surge", "concert")):
                    soc = float(table.charge[slot] / table.capacity_wh[slot]) if name.startswith("surge") else 0.0
                    assert simulation.fleet.equipped[slot] or name.startswith("concert")
                    edge = simulation.network.edge_ids[table.edge[slot]]
                    known[name] = (name, float(table.departed[slot]), edge, round(soc, 3))
        searching = {
            search.vehicle for search in simulation.onboard.parking.searches if search.vehicle.startswith("concert")
        }
        assert len(searching) >= 4
        asked = {
            session.vehicle for session in simulation.onboard.charging.sessions if session.vehicle.startswith("surge")
        }
        assert asked
    return sorted(known.values())


def test_a_surge_and_a_concert() -> None:
    once = in_child(presented, 1, "sc")
    assert sum(name.startswith("surge") for name, *_ in once) == 6
    assert sum(name.startswith("concert") for name, *_ in once) >= 6
    assert all(soc == pytest.approx(0.15, abs=0.01) for name, _, _, soc in once if name.startswith("surge"))
    assert len({edge for _, _, edge, _ in once}) > 1
    assert in_fresh_child(presented, 1, "sc") == once
    assert in_child(presented, 1, "cs") != once
    assert in_child(presented, 2, "sc") != once


def refusals(folder: Path) -> list[str]:
    said = []
    with Simulation(town(folder)) as simulation:
        next(simulation)
        for call in (
            lambda: surge(simulation, 3, 0.1),
            lambda: concert(simulation, 3, 9000.0, 9000.0),
            lambda: actions.close_road(simulation, simulation.network.normal_edges),
        ):
            with pytest.raises(ActionRefusedError) as refused:
                call()
            said.append(str(refused.value))
        assert actions.closed(simulation) == []
    return said


def test_refusals(tmp_path: Path) -> None:
    surge, concert, road = in_child(refusals, tmp_path)
    assert surge == "the scenario has no electric type of car (a vType with has.battery.device)"
    assert concert == "there is no car park within 1000 m of 9000, 9000"
    assert road == "edge 9: only roads between junctions, 0 to 8, close"


def unequipped() -> str:
    with Simulation(Scenario.load("crossing").replace("v2x.penetration", 0.0)) as simulation:
        for _ in islice(simulation, 600):
            pass
        with pytest.raises(ActionRefusedError) as refused:
            surge(simulation, 3, 0.1)
        return str(refused.value)


def test_nobody_to_ask_for_a_charger() -> None:
    assert "penetration = 0" in in_child(unequipped)


def closed_platforms() -> None:
    """What stands at a closed road is given to nobody, and back to all when it opens."""
    with Simulation(Scenario.load("crossing").replace("v2x.penetration", 1.0)) as simulation:
        parks, chargers = simulation.platform.parking.car_parks, simulation.platform.charging.chargers
        free = parks.free.copy()
        edge = int(parks.edge[0])
        actions.close_road(simulation, edge)
        assert np.all(parks.free[parks.edge == edge] == 0)
        assert np.all(parks.free[parks.edge != edge] == free[parks.edge != edge])
        assert np.all(chargers.free[chargers.edge == edge] == 0)
        assert actions.close_road(simulation, edge) == []  # it is closed
        assert actions.close_road(simulation, edge, False)
        assert np.array_equal(parks.free, free)


def close_before_those_on_a_junction(edge: str) -> int:
    """Close a road whenever a car that is to park there is turning into it, and open it again; how often."""
    times = 0
    with Simulation(Scenario.load("crossing").replace("scenario.end", 300.0)) as simulation:
        vehicle, number = simulation.backend.api.vehicle, simulation.network.edge_number[edge]
        for _ in simulation:
            if actions.closed(simulation):
                for command in actions.close_road(simulation, number, False):
                    simulation.command(command)
            elif any(
                vehicle.getRoadID(id).startswith(":")
                and [stop.lane.rpartition("_")[0] for stop in vehicle.getStops(id, 0)] == [edge]
                for id in vehicle.getIDList()
            ):
                times += 1
                for command in actions.close_road(simulation, number):
                    simulation.command(command)
        assert simulation.time == 300.0
    return times


def test_a_road_is_closed_before_those_on_a_junction() -> None:
    assert in_child(close_before_those_on_a_junction, "crossing-east") > 3


def test_closed_car_parks() -> None:
    in_child(closed_platforms)
