"""What a picture needs, against what SUMO itself does with the same files."""

from __future__ import annotations

import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.sim.children import in_child
from tests.sim.networks import configure, netconvert
from wayside import Simulation
from wayside.sim.scenario import Scenario as ScenarioModel
from wayside.sim.sumo.network import net_file, read_network
from wayside.sim.sumo.scenery import Scenery, _lane_kind, _polygon, read_scenery
from wayside.sim.world import AT_PARKING_AREA

ROUTES = """
    <vType id="car" vClass="passenger" length="4.5"/>
    <flow id="a" type="car" begin="0" end="40" number="6" from="in" to="out" departSpeed="max">
        <stop parkingArea="kerb" duration="300"/></flow>
    <flow id="b" type="car" begin="0" end="40" number="4" from="in" to="out">
        <stop parkingArea="lot" duration="300"/></flow>
"""
ADDITIONAL = """
    <parkingArea id="kerb" lane="in_0" startPos="150" endPos="210" roadsideCapacity="6" width="2.4"/>
    <parkingArea id="lot" lane="in_0" startPos="220" endPos="240" roadsideCapacity="0" width="2.5">
        <space x="200" y="-30" width="2.5" length="5" angle="0"/>
        <space x="210" y="-30" width="2.5" length="5" angle="90"/>
        <space x="220" y="-30" width="2.5" length="5" angle="180"/>
        <space x="230" y="-30" width="2.5" length="5" angle="215"/>
    </parkingArea>
    <chargingStation id="pile" lane="in_1" startPos="100" endPos="120"/>
    <poly id="hall" type="building.hall" fill="1" layer="3" shape="0,0 10,0 10,10 0,10 0,0">
        <param key="height" value="12.5"/><param key="use" value="sport"/></poly>
    <poly id="shed" type="building" fill="1" shape="0,0 5,0 5,5"/>
    <poly id="pond" type="natural.water" fill="true" layer="-1" shape="0,0,3 5,0,3 5,5,3"/>
    <poly id="lawn" type="leisure.park" fill="1" layer="-2" shape="0,0 5,0 5,5"/>
    <poly id="fence" type="barrier" fill="0" shape="0,0 5,0 5,5"/>
    <poly id="geo" type="water" fill="1" geo="1" shape="0,0 5,0 5,5"/>
"""


def town(folder: Path) -> Path:
    netconvert(folder)
    return configure(folder, ROUTES, ADDITIONAL, end=200)


def scenery(config: Path) -> Scenery:
    net = net_file(config)
    return read_scenery(net, [config.with_name("town.add.xml")], read_network(net))


def parked(config: Path) -> list[tuple[float, float, float]]:
    """Front bumper and heading of every parked car, as SUMO has them."""
    scenario = ScenarioModel(sumo={"config": config, "step_length": 1.0}, rsu=[])
    with Simulation(scenario) as simulation:
        for _ in simulation:
            pass
        table = simulation.vehicles
        slots = [slot for slot in table.slots().tolist() if table.stop_state[slot] & AT_PARKING_AREA]
        return [(float(table.x[s]), float(table.y[s]), float(table.heading[s])) for s in slots]


def test_cars_stand_in_their_bays(tmp_path: Path) -> None:
    config = town(tmp_path)
    cars = in_child(parked, config)
    found = scenery(config)
    bays = [*found.bays["kerb"], *found.bays["lot"]]
    assert (len(cars), len(found.bays["kerb"]), len(found.bays["lot"])) == (10, 6, 4)
    taken = set()
    for x, y, heading in cars:
        # The middle of a car of 4.5 m is in the middle of a bay, and it points where the bay says.
        east, north = math.sin(math.radians(heading)), math.cos(math.radians(heading))
        distances = [math.hypot(bay.x - (x - 2.25 * east), bay.y - (y - 2.25 * north)) for bay in bays]
        nearest = int(np.argmin(distances))
        assert distances[nearest] < 3.0 if nearest < 6 else distances[nearest] < 0.1
        assert abs((bays[nearest].heading - heading + 180.0) % 360.0 - 180.0) < 0.5
        # All of the car is within the bay's length; across it stands in the middle.
        along = (x - bays[nearest].x) * east + (y - bays[nearest].y) * north
        across = (x - bays[nearest].x) * north - (y - bays[nearest].y) * east
        assert along <= bays[nearest].length / 2.0 + 0.01
        assert along - 4.5 >= -bays[nearest].length / 2.0 - 0.01
        assert abs(across) < 0.1
        taken.add(nearest)
    assert len(taken) == 10


def test_polygons(tmp_path: Path) -> None:
    found = scenery(town(tmp_path))
    assert [(polygon.kind, polygon.use) for polygon in found.polygons] == [
        ("park", ""),
        ("water", ""),
        ("building", ""),
        ("building", "sport"),
    ]
    assert found.polygons[3].height == 12.5
    assert np.isnan(found.polygons[2].height)
    assert found.polygons[3].shape.tolist() == [[0, 0], [10, 0], [10, 10], [0, 10]]


@pytest.mark.parametrize("shape", ["", "0,0 x,y 1,1", "0,0 1,1", "0 1 2"])
def test_a_shape_that_is_none_is_left_out(shape: str) -> None:
    assert _polygon(ElementTree.fromstring(f'<poly type="water" fill="1" shape="{shape}"/>')) is None


def test_stop_lines(tmp_path: Path) -> None:
    config = town(tmp_path)
    found = scenery(config)
    network = read_network(net_file(config))
    heads = found.heads["middle"]
    assert {network.lane_ids[head.lane] for head in heads} == {"in_0", "in_1", "down_0", "back_0"}
    links = sorted(link for head in heads for link in head.links)
    assert links == sorted(set(links))
    by_lane = {network.lane_ids[head.lane]: head for head in heads}
    assert by_lane["in_0"].heading == pytest.approx(90.0)
    assert by_lane["down_0"].heading == pytest.approx(180.0)
    assert by_lane["back_0"].heading == pytest.approx(270.0)
    assert len(found.bays["pile"]) == 2


@pytest.mark.parametrize(
    ("allow", "disallow", "kind"),
    [
        (None, None, "road"),
        ("all", None, "road"),
        ("passenger bus", None, "road"),
        ("bus taxi", None, "bus"),
        ("pedestrian", None, "foot"),
        ("bicycle", None, "cycle"),
        ("pedestrian bicycle", None, "cycle"),
        ("tram rail_urban", None, "rail"),
        ("emergency authority delivery truck trailer", None, "road"),
        (None, "pedestrian tram", "road"),
        (None, "all", "road"),
        (None, "passenger evehicle truck taxi coach bicycle", "bus"),
        (None, "passenger bus bicycle", "foot"),
    ],
)
def test_kinds_of_lanes(allow: str | None, disallow: str | None, kind: str) -> None:
    assert _lane_kind(allow, disallow) == kind
