"""Ways across a light, on a real net: who is beyond the line, and who stands in the queue."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.edge import doubles
from tests.sim.networks import netconvert
from wayside.edge.ldm import VehicleView
from wayside.edge.priority.ways import PriorityWays
from wayside.edge.signal import Movement, SignalLane
from wayside.sim.sumo.network import read_network
from wayside.sim.world import RoadNetwork
from wayside.sim.world.roads import Roads

EAST = 90.0


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> RoadNetwork:
    return read_network(netconvert(tmp_path_factory.mktemp("town")))


@pytest.fixture
def ways(network: RoadNetwork) -> tuple[PriorityWays, Any]:
    """Of the junction in the middle: two lanes from the west lead on to the east, one of them to the north too."""
    stops = {k: tuple(network.lane_shapes[network.lane_number[f"in_{k}"]][-1].tolist()) for k in (0, 1)}
    moves = {
        0: (Movement(0, "in_0", "out_0", 1, "straight", 5),),
        1: (Movement(1, "in_1", "out_1", 1, "straight", 6), Movement(2, "in_1", "up_0", 2, "left", 7)),
    }
    lanes = tuple(SignalLane(f"in_{k}", k + 1, stops[k], 380.0, 20.0, moves[k]) for k in (0, 1))
    return PriorityWays(Roads(network), (400.0, 0.0)), SimpleNamespace(lanes=lanes)


def test_what_a_request_names(network: RoadNetwork, ways: tuple[PriorityWays, Any]) -> None:
    of, signal = ways
    number = network.edge_number
    found = of.find(signal, 2, 7, False)
    assert (found.group, found.lanes, found.exits) == (2, {(number["in"], 1)}, {number["up"]})
    assert of.find(signal, 2, 0, False).exits == {number["out"], number["up"]}
    assert of.find(signal, 2, 0, False).group == 1
    both = of.find(signal, 1, 0, True)
    assert both.lanes == {(number["in"], 0), (number["in"], 1)}
    for nothing in (of.find(signal, 9, 0, False), of.find(signal, 1, 7, False), of.find(signal, 9, 0, True)):
        assert (nothing.group, nothing.lanes, nothing.exits) == (0, frozenset(), frozenset())


def test_who_is_beyond_the_line(ways: tuple[PriorityWays, Any]) -> None:
    of, signal = ways
    way = of.find(signal, 1, 5, False)
    y = way.line[1]
    assert not of.beyond(way, way.line[0] - 20.0, y, EAST)
    assert of.beyond(way, 450.0, y, EAST), "on the road that it leads to"
    assert of.beyond(way, 400.0, y, EAST), "on the junction"
    assert not of.beyond(way, 400.0, 200.0, 0.0), "it has turned elsewhere"


def test_who_stands_before_it(ways: tuple[PriorityWays, Any]) -> None:
    of, signal = ways
    way = of.find(signal, 1, 5, False)
    (x, y), other = way.line, signal.lanes[1].stop_line[1]
    here = doubles.unit(0)
    # Two in its lane before it, itself, one behind, one in the other lane, one that drives.
    at = [(x - 5, y, 0.0), (x - 13, y, 1.0), (x - 30, y, 0.5), (x - 45, y, 0.0), (x - 5, other, 0.0), (x - 20, y, 9.0)]
    rows = np.array([(px, py, v, EAST, 5.0, 1000.0 + k, 0.0, 5, np.nan) for k, (px, py, v) in enumerate(at)])
    heard = VehicleView(np.arange(len(at), dtype=np.int32), np.zeros(len(at)), rows.T, 0.0)
    assert of.queue(way, heard, 1002) == 2
    assert of.queue(way, heard, 9999) == 4, "one who is not heard may be behind all"
    assert of.queue(way, here.ldm, 1002) == 0
