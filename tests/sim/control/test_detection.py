"""Who is before a light: against a plain count, vehicle by vehicle; and foes against sumolib's reading of the net."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sumolib

from tests.sim.children import in_child
from tests.sim.networks import configure, netconvert
from wayside.edge.control.controller import SeenTraffic
from wayside.sim.control.detection import AllTraffic, HeardTraffic
from wayside.sim.control.layouts import light_of
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.foes import read_foes
from wayside.sim.sumo.network import net_file

NODES = """<nodes>
    <node id="far" x="-300" y="0"/><node id="cut" x="-60" y="0"/>
    <node id="corner" x="-60" y="200"/><node id="middle" x="0" y="0" type="traffic_light"/>
    <node id="east" x="300" y="0"/><node id="north" x="0" y="300"/><node id="south" x="0" y="-300"/>
</nodes>"""
EDGES = """<edges>
    <edge id="side" from="corner" to="cut"/>
    <edge id="way" from="far" to="cut" numLanes="2"/><edge id="in" from="cut" to="middle" numLanes="2"/>
    <edge id="out" from="middle" to="east" numLanes="2"/><edge id="down" from="north" to="middle"/>
    <edge id="on" from="middle" to="south"/>
</edges>"""
ROUTES = """
    <flow id="w" begin="0" end="90" period="2" departLane="random"><route edges="way in out"/></flow>
    <flow id="s" begin="0" end="90" period="9"><route edges="side in out"/></flow>
    <flow id="n" begin="0" end="90" period="5"><route edges="down on"/></flow>
"""
REACH = 120.0


def counted(config: str) -> tuple[list[Any], list[Any], list[Any]]:
    """What both detections count at each step with all vehicles equipped, and what a plain count gives."""
    perfect: list[Any] = []
    heard: list[Any] = []
    plain: list[Any] = []
    changes = {"v2x.penetration": 1.0, "v2x.origin": (31.0, 121.0), "scenario.end": 100.0, "v2x.range": 1000.0}
    with Simulation(Scenario.load(config).replace(changes), backend="libsumo") as simulation:
        network, control = simulation.network, simulation.control
        (junction,) = control.junctions
        plan = control._plan(0, junction.programs[0])
        assert plan is not None
        light = light_of(junction, plan, network)
        sees = AllTraffic({0: light}, network, simulation.vehicles, REACH)
        hears = HeardTraffic({0: light}, network, lambda: simulation.units, REACH)
        api = simulation.backend.api
        for tick in simulation:
            for found, detection in ((perfect, sees), (heard, hears)):
                around = detection.look([0], tick.time)[0]
                seen = SeenTraffic(light, tick.time, 0, 0.0, around, np.empty(0))
                found.append([column.tolist() for column in (seen.approaching, seen.waiting, seen.leaving)])
            counts = [[0] * len(light.lanes), [0] * len(light.lanes), [0] * len(light.exits)]
            for id in api.vehicle.getIDList():
                lane, along = api.vehicle.getLaneID(id), api.vehicle.getLanePosition(id)
                to_go = api.lane.getLength(lane) - along
                if lane.startswith(("way", "side")):
                    lane, to_go = "in_" + lane.partition("_")[2], to_go + api.lane.getLength("in_0")
                if lane in light.lanes and to_go <= REACH:
                    row = light.lanes.index(lane)
                    counts[0][row] += 1
                    counts[1][row] += api.vehicle.getSpeed(id) < 5 / 3.6
                if lane in light.exits and along <= REACH:
                    counts[2][light.exits.index(lane)] += 1
            plain.append(counts)
    return perfect, heard, plain


def test_all_traffic_and_what_is_heard_of_it(tmp_path: Path) -> None:
    """Over a road that is cut in two before the light, where another one joins it."""
    netconvert(tmp_path, NODES, EDGES)
    perfect, heard, plain = in_child(counted, str(configure(tmp_path, ROUTES, end=100, step_length=1)))
    assert perfect == plain
    assert max(sum(counts[0]) for counts in plain) > 8
    totals = [np.array([[sum(column) for column in step] for step in of], float) for of in (heard, plain)]
    assert np.abs(totals[0] - totals[1]).mean() < 0.1 * totals[1].mean()


def test_foes_are_those_of_the_net(bologna: Path) -> None:
    for config in (bologna, Scenario.load("crossing").sumo.config, Scenario.load("lingang").sumo.config):
        found = read_foes(net_file(config))
        net = sumolib.net.readNet(str(net_file(config)), withInternal=True)
        pairs = wrong = 0
        for light in net.getTrafficLights():
            ways = {
                link: way
                for start, end, link in light.getConnections()
                for way in start.getOutgoing()
                if way.getToLane() == end
            }
            table = found[light.getID()]
            for one, way in ways.items():
                for other, across in ways.items():
                    node = way.getFrom().getToNode()
                    if one == other or across.getFrom().getToNode() != node:
                        continue
                    places = way.getJunctionIndex(), across.getJunctionIndex()
                    foes = node.areFoes(*places) or node.areFoes(*reversed(places))
                    pairs += 1
                    wrong += bool(foes) != bool(max(one, other) < len(table) and table[one, other])
        assert pairs > 100
        assert wrong == 0, config


@pytest.mark.parametrize("light", ["tl_crossing"])
def test_the_lanes_of_a_light(light: str) -> None:
    layout, controlled, mapem = in_child(shown, light)
    assert {lane.name for lane in layout.lanes} == set(controlled.lanes)
    assert layout.groups == (1, 2, 3, 4, 5, 6)
    assert [phase.number for phase in layout.phases if phase.green] == controlled.phases.tolist()
    for lane in layout.lanes:
        (told,) = [one for one in mapem if one.id == lane.number]
        assert told.ingress
        assert {connection[1] for connection in told.connects} == {movement.group for movement in lane.movements}
        assert all(movement.start == lane.name for movement in lane.movements)


def shown(light: str) -> Any:
    """A light's layout, what its controller knows, and its MAPEM's lanes."""
    with Simulation(Scenario.load("crossing").replace("scenario.end", 1.0)) as simulation:
        control = simulation.control
        (junction,) = control.junctions
        plan = control._plan(0, junction.programs[0])
        assert plan is not None
        assert junction.id == light
        return control.layout(0), light_of(junction, plan, simulation.network), junction.lanes
