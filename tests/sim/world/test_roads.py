"""The roads as plug-ins see them, against sumolib's searches, a plain reference, and SUMO's own travel times."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sumolib

from tests.sim.children import in_child
from tests.sim.networks import netconvert
from wayside import Scenario, Simulation
from wayside.sim import machine
from wayside.sim.sumo.network import read_network
from wayside.sim.world import RoadNetwork, point_along, streets
from wayside.sim.world import roads as module
from wayside.sim.world.drives import FreeDrives
from wayside.sim.world.roads import Roads


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town of one-way and two-way roads, some of which lead nowhere."""
    folder = tmp_path_factory.mktemp("net")
    random = np.random.default_rng(5)
    nodes = [f'<node id="{i}{j}" x="{200 * i}" y="{150 * j + 10 * i}"/>' for i in range(6) for j in range(5)]
    edges = []
    for i, j in itertools.product(range(6), range(5)):
        for a, b in ((i + 1, j), (i, j + 1)):
            if a > 5 or b > 4:
                continue
            for start, end in ((f"{i}{j}", f"{a}{b}"), (f"{a}{b}", f"{i}{j}")):
                if random.random() < 0.6:
                    speed = random.choice([5.0, 8.3, 13.9, 22.2])
                    edges.append(f'<edge id="{start}-{end}" from="{start}" to="{end}" speed="{speed}"/>')
    return netconvert(folder, f"<nodes>{''.join(nodes)}</nodes>", f"<edges>{''.join(edges)}</edges>")


@pytest.fixture(scope="module")
def network(net: Path) -> RoadNetwork:
    return read_network(net)


@pytest.fixture(scope="module")
def judge(net: Path) -> Any:
    return sumolib.net.readNet(str(net))


def seconds(edges: Any) -> float:
    return sum(edge.getLength() / edge.getSpeed() for edge in edges)


def test_drives_and_paths(network: RoadNetwork, judge: Any) -> None:
    """Between all edges: as fast as sumolib's fastest, and each path is one that sumolib knows, and takes so long."""
    roads = Roads(network)
    every = np.arange(network.normal_edges, dtype=np.int32)
    assert len(every) > 50
    drives = roads.drive_s(every, every)
    lost = 0
    for start, end in itertools.product(every.tolist(), every.tolist()):
        first, last = (judge.getEdge(network.edge_ids[one]) for one in (start, end))
        best, _ = judge.getOptimalPath(first, last, fastest=True)
        path = [judge.getEdge(network.edge_ids[one]) for one in roads.path(start, end).tolist()]
        if best is None:
            lost += 1
            assert drives[start, end] == math.inf
            assert not path
            continue
        assert drives[start, end] == pytest.approx(seconds(best[:-1]), abs=1e-9)
        assert (path[0], path[-1]) == (first, last)
        assert all(b in a.getOutgoing() for a, b in itertools.pairwise(path))
        assert seconds(path[:-1]) == pytest.approx(seconds(best[:-1]), abs=1e-9)
    assert 0 < lost < len(every) ** 2 / 2


def test_drives_to_more_edges_than_can_be_kept(network: RoadNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    every = np.arange(len(network.edge_ids), dtype=np.int32)
    plain = Roads(network).drive_s(every, every)
    monkeypatch.setattr(module, "ROOM", 12 * network.normal_edges * 2)
    np.testing.assert_array_equal(Roads(network).drive_s(every, every), plain)
    np.testing.assert_allclose(Roads(network).drive_s(every[5:9], every), plain[5:9])
    assert Roads(network).drive_s(every[:0], every).shape == (0, len(every))


def test_what_does_not_fit_the_memory_is_told_before_it_is_tried(
    network: RoadNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = np.arange(len(network.edge_ids), dtype=np.int32)
    monkeypatch.setattr(machine, "free_memory", lambda: 2.0**10)
    said = rf"^drives from {len(every)} edges to {len(every)} would take [\d.]+ GiB of memory, and 0\.0 are free$"
    with pytest.raises(ValueError, match=said):
        Roads(network).drive_s(every, every)


def test_the_same_as_policies_are_told(network: RoadNetwork) -> None:
    """As `Chargers.drives`, from edges across junctions too."""
    every = np.arange(len(network.edge_ids), dtype=np.int32)
    ends = np.array([3, 7, 3], np.int32)
    drives = Roads(network).drive_s(every, ends)
    assert drives.shape == (len(every), 3)
    told = FreeDrives(network, ends)
    np.testing.assert_allclose(drives, [told.to(edge, np.arange(3, dtype=np.int32)) for edge in every], atol=1e-4)
    inside = int(every[-1])
    assert Roads(network).path(inside, 3).tolist() == Roads(network).path(int(network.edge_after[inside]), 3).tolist()
    assert Roads(network).drive_s(every[:0], ends).shape == (0, 3)
    assert Roads(network).drive_s(ends, every[:0]).shape == (3, 0)


def test_walks(network: RoadNetwork, judge: Any) -> None:
    """Between points beside roads: along the shortest streets, found by trying all junctions in between."""
    nodes = judge.getNodes()
    number = {node: k for k, node in enumerate(nodes)}
    apart = np.full((len(nodes), len(nodes)), math.inf)
    np.fill_diagonal(apart, 0.0)
    for edge in judge.getEdges():
        a, b = number[edge.getFromNode()], number[edge.getToNode()]
        apart[a, b] = apart[b, a] = min(apart[a, b], edge.getLength())
    for k in range(len(nodes)):
        apart = np.minimum(apart, apart[:, k : k + 1] + apart[k : k + 1])
    random = np.random.default_rng(3)
    places = []
    for edge in random.choice(network.normal_edges, 40).tolist():
        part = random.uniform(0.1, 0.9)
        places.append((edge, part, *point_along(network.lane_shapes[network.edge_first_lane[edge]], part)))
    x, y = (np.array([place[k] for place in places]) for k in (2, 3))
    walks = Roads(network).walk_m(x, y, x, y)
    checked = 0
    for (i, a), (j, b) in itertools.product(enumerate(places), repeat=2):
        one, other = (judge.getEdge(network.edge_ids[place[0]]) for place in (a, b))
        ends = {one.getFromNode(), one.getToNode()}, {other.getFromNode(), other.getToNode()}
        legs = [
            [
                (number[edge.getFromNode()], part * edge.getLength()),
                (number[edge.getToNode()], (1 - part) * edge.getLength()),
            ]
            for edge, part in ((one, a[1]), (other, b[1]))
        ]
        way = min(p + apart[m, n] + q for (m, p), (n, q) in itertools.product(*legs))
        straight = math.hypot(x[i] - x[j], y[i] - y[j])
        if ends[0] == ends[1]:  # the same street, where one need not go round by a junction
            along = abs(legs[0][0][1] - dict(legs[1])[legs[0][0][0]])
            way = min(way, along)
        if np.isfinite(way):
            checked += 1
            assert walks[i, j] == pytest.approx(max(way, straight), rel=1e-6, abs=0.02)
        else:
            assert walks[i, j] == math.inf
    assert checked > 1000
    np.testing.assert_allclose(walks, walks.T)
    # Away from the road it is so much farther, and never nearer than straight.
    off = Roads(network).walk_m(x[:1] + 3.0, y[:1], x, y)
    assert (off <= walks[:1] + 3.0 * math.sqrt(2.0) + 1e-9).all()  # across the road and along it
    assert (off >= np.hypot(x[0] + 3.0 - x, y[0] - y) - 1e-9).all()


def test_what_is_forgotten_is_found_again(network: RoadNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no room to remember anything, answers are the same."""
    every = np.arange(network.normal_edges, dtype=np.int32)
    x, y = np.array([[100.0, 300.0, -50.0], [0.0, 20.0, 400.0]])
    plain = Roads(network).drive_s(every, every), Roads(network).walk_m(x, y, x, y)
    monkeypatch.setattr(module, "ROOM", 0)
    monkeypatch.setattr(streets, "ROOM", 0)
    roads = Roads(network)
    for end in (0, 5, 0):
        np.testing.assert_array_equal(roads.drive_s(every, np.array([end], np.int32))[:, 0], plain[0][:, end])
        np.testing.assert_array_equal(roads.walk_m(x, y, x[:1], y[:1]), plain[1][:, :1])
    np.testing.assert_array_equal(roads.drive_s(every, every), plain[0])


def test_nothing_of_it_can_be_written_to(network: RoadNetwork) -> None:
    for array in (Roads(network).length_m, Roads(network).travel_s):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def compared(until: float) -> list[tuple[float, float]]:
    """Mean speeds [m/s] on the crossing's roads in some seconds: as our travel times have it, and by what SUMO tells of
    each lane; of empty roads the speed allowed, below 0.
    """
    import libsumo

    found = []
    with Simulation(Scenario.load("crossing").replace("scenario.end", until)) as simulation:
        network = simulation.network
        for tick in simulation:
            if abs(tick.time % 7.0) > 1e-6:
                continue
            ours = simulation._roads.length_m / simulation._roads.travel_s
            for edge in range(network.normal_edges):
                lanes = range(libsumo.edge.getLaneNumber(network.edge_ids[edge]))
                names = [f"{network.edge_ids[edge]}_{lane}" for lane in lanes]
                here = [libsumo.lane.getLastStepVehicleNumber(name) for name in names]
                speed = [libsumo.lane.getLastStepMeanSpeed(name) for name in names]
                total = sum(n * v for n, v in zip(here, speed, strict=True))
                theirs = total / sum(here) if any(here) else -float(network.edge_speed[edge])
                found.append((float(ours[edge]), theirs))
    return found


def test_travel_times_are_of_those_who_drive_there() -> None:
    found = in_child(compared, 120.0)
    driving = [(ours, theirs) for ours, theirs in found if theirs >= 0.0]
    assert len(driving) > 50
    assert min(theirs for _, theirs in driving) < 0.05, "somebody stands"
    for ours, theirs in driving:
        assert ours == pytest.approx(max(theirs, 0.1), rel=1e-6)
    for ours, theirs in found:
        assert theirs >= 0.0 or ours == pytest.approx(-theirs, rel=1e-9), "empty roads are free"


def test_places_are_found_as_walks_and_drives_have_it(network: RoadNetwork) -> None:
    """The nearest of all, by what `walk_m` and `drive_s` say of each."""
    random = np.random.default_rng(7)
    roads = Roads(network)
    edge = random.integers(0, network.normal_edges, 60).astype(np.int32)
    share = random.uniform(0.0, 1.0, 60)
    shapes = [network.lane_shapes[network.edge_first_lane[one]] for one in edge]
    x, y = np.array([point_along(shape, part) for shape, part in zip(shapes, share, strict=True)]).T
    finder = roads.finder(edge, share * network.edge_length[edge], x, y)
    usable = random.random(60) < 0.8
    to_x, to_y = random.uniform(0.0, 1000.0, 25), random.uniform(0.0, 600.0, 25)
    walks = np.where(usable[:, None], roads.walk_m(x, y, to_x, to_y), np.inf).T
    place, metres = finder.on_foot(to_x, to_y, usable, 5)
    np.testing.assert_allclose(np.take_along_axis(walks, place, 1), metres, atol=1e-6)
    # Nearest by the roads' lengths, which leave the junctions out: the last one may lack by as much.
    assert (metres - np.sort(walks, axis=1)[:, :5] < 15.0).all()
    assert (np.diff(metres, axis=1) >= 0.0).all()
    start = np.arange(network.normal_edges, dtype=np.int32)
    seconds = roads.travel_s[edge] * share
    drives = roads.drive_s(start, edge) + seconds
    np.testing.assert_allclose(finder.drive(start, np.tile(np.arange(60), (len(start), 1)), roads.travel_s), drives)
    found, cost = finder.by_car(start, usable, 4, roads.travel_s)
    np.testing.assert_allclose(cost, np.sort(np.where(usable, drives, np.inf), axis=1)[:, :4])
    assert (usable[found] | (found < 0)).all()
    assert finder.on_foot(to_x[:0], to_y[:0], usable, 3)[0].shape == (0, 3)
