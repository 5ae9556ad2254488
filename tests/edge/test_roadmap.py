"""Where vehicles are on the roads, against sumolib's map; and the ways that lead to a place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sumolib
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sim.networks import netconvert
from wayside.edge.roadmap import MOST_WAYS, RoadMap
from wayside.sim.sumo.network import read_network
from wayside.sim.world import RoadNetwork
from wayside.sim.world.roads import road_map

NODES = """<nodes><node id="a" x="0" y="0"/><node id="b" x="300" y="0"/><node id="c" x="600" y="40"/>
    <node id="d" x="300" y="-200"/><node id="e" x="300" y="250"/><node id="f" x="0" y="250"/></nodes>"""
EDGES = """<edges><edge id="ab" from="a" to="b" numLanes="2"/><edge id="ba" from="b" to="a"/>
    <edge id="bc" from="b" to="c" numLanes="3"/><edge id="db" from="d" to="b"/><edge id="bd" from="b" to="d"/>
    <edge id="eb" from="e" to="b"/><edge id="fe" from="f" to="e"/><edge id="foot" from="f" to="a" allow="pedestrian"/>
    </edges>"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[RoadNetwork, RoadMap, Any]:
    net = netconvert(tmp_path_factory.mktemp("town"), NODES, EDGES)
    network = read_network(net)
    return network, road_map(network), sumolib.net.readNet(str(net))


def at(roads: RoadMap, x: float, y: float, heading: float) -> tuple[int, int, float, bool]:
    found = roads.locate(np.array([x]), np.array([y]), np.array([heading]))
    return int(found.edge[0]), int(found.lane[0]), float(found.along[0]), bool(found.against[0])


def test_on_every_lane_where_sumolib_says(town: tuple[RoadNetwork, RoadMap, Any]) -> None:
    network, roads, judge = town
    random = np.random.default_rng(1)
    for edge in judge.getEdges():
        for lane in edge.getLanes():
            if not lane.allows("passenger"):
                continue
            for along in random.uniform(5.0, lane.getLength() - 5.0, 20).tolist():
                x, y = sumolib.geomhelper.positionAtShapeOffset(lane.getShape(), along)
                u, v = sumolib.geomhelper.positionAtShapeOffset(lane.getShape(), along + 1.0)
                heading = float(np.degrees(np.arctan2(u - x, v - y)))
                number, index, found, against = at(roads, x, y, heading)
                assert (network.edge_ids[number], index, against) == (edge.getID(), lane.getIndex(), False)
                assert found == pytest.approx(along, abs=0.5)


def test_who_is_nowhere_and_who_drives_against_it(town: tuple[RoadNetwork, RoadMap, Any]) -> None:
    network, roads, judge = town
    lane = judge.getLane("eb_0")
    x, y = sumolib.geomhelper.positionAtShapeOffset(lane.getShape(), 100.0)
    assert at(roads, x, y, 180.0)[3] is False
    edge, _, along, against = at(roads, x, y, 0.0)  # there is no lane the other way
    assert (network.edge_ids[edge], against) == ("eb", True)
    assert along == pytest.approx(100.0, abs=0.5)
    assert at(roads, x, y, 90.0)[0] == -1  # across
    assert at(roads, x + 60.0, y, 180.0)[0] == -1  # off the road
    x, y = sumolib.geomhelper.positionAtShapeOffset(judge.getLane("foot_0").getShape(), 100.0)
    assert at(roads, x, y, 180.0)[0] == -1, "no lane for motor traffic"
    none = roads.locate(np.empty(0), np.empty(0), np.empty(0))
    assert len(none.edge) == 0


def test_a_piece_of_the_map_finds_the_same(town: tuple[RoadNetwork, RoadMap, Any]) -> None:
    _, roads, _ = town
    random = np.random.default_rng(2)
    x, y, heading = random.uniform(200, 400, 300), random.uniform(100, 300, 300), random.uniform(0, 360, 300)
    near = roads.around((300.0, 200.0), 150.0)
    assert 0 < len(near.edge) < len(roads.edge)
    for ours, theirs in zip(near.locate(x, y, heading), roads.locate(x, y, heading), strict=True):
        assert (np.asarray(ours) == np.asarray(theirs)).all()


def test_the_ways_to_a_place(town: tuple[RoadNetwork, RoadMap, Any]) -> None:
    network, roads, _ = town
    ways = roads.ways_to(network.edge_number["bc"], 100.0, 400.0)
    lengths = [float(np.hypot(*np.diff(way, axis=0).T).sum()) for way in ways]
    begins = {tuple(np.round(way[0], 3)) for way in ways}
    assert begins == {tuple(np.round(roads.point(network.edge_number["bc"], 100.0), 3))}
    ends = sorted(tuple(np.round(way[-1]).tolist()) for way in ways)
    assert len(ways) == 3  # along ab, from d, and from f by e; not back along bc's own road
    assert ends[0][0] < 10.0  # ab is 285 m long, so its begin
    assert max(lengths) < 430.0  # with what lies across the junction
    assert {round(min(way[:, 1])) for way in ways} == {0, 196}  # netconvert puts the south end at 0
    assert max(max(way[:, 1]) for way in ways) == pytest.approx(450.0, abs=5.0)
    (short,) = roads.ways_to(network.edge_number["bc"], 100.0, 60.0)
    assert float(np.hypot(*np.diff(short, axis=0).T).sum()) == pytest.approx(60.0, abs=0.5)


@settings(max_examples=50)
@given(st.integers(1, 9), st.floats(1.0, 2000.0), st.integers(1, MOST_WAYS))
def test_never_more_ways_than_asked_for(size: int, reach: float, most: int) -> None:
    """On a net in which every edge follows every other."""
    line = np.array([[0.0, 0.0], [100.0, 0.0]])
    none = np.empty(0)
    number = np.empty(0, np.int32)
    roads = RoadMap(
        np.full(size, 100.0), np.full(size, 10.0), np.ones(size, np.int32), [range(size)] * size, [line] * size,
        np.empty((0, 2)), np.empty((0, 2)), number, number, none, none, none,
    )  # fmt: skip
    ways = roads.ways_to(0, 50.0, reach, most)
    assert 1 <= len(ways) <= most
    assert all(len(way) >= 2 for way in ways)
