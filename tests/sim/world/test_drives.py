"""Free-flow drives to groups of piles, against Dijkstra's search with a heap."""

import heapq
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sim.networks import netconvert
from wayside.ext.arrays import Doubles
from wayside.sim.sumo.network import read_network
from wayside.sim.world import RoadNetwork, drives
from wayside.sim.world.drives import FreeDrives


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> RoadNetwork:
    return read_network(netconvert(tmp_path_factory.mktemp("town")))


def graph(lengths: list[int], speeds: list[int], follows: list[tuple[int, int]]) -> RoadNetwork:
    """Only what `FreeDrives` looks at; the last edge is internal and leads to the first."""
    n = len(lengths)
    pairs = np.array(sorted(set(follows)), np.int32).reshape(-1, 2)
    none, ints = np.empty(0), np.zeros(n, np.int32)
    return RoadNetwork(
        edge_ids=tuple(f"e{i}" for i in range(n)),
        edge_length=np.array(lengths, np.float64),
        edge_speed=np.array(speeds, np.float64),
        edge_first_lane=ints,
        edge_from=ints,
        edge_to=ints,
        edge_after=np.array([*range(n - 1), 0], np.int32),
        normal_edges=n - 1,
        successors=(pairs[:, 0].copy(), pairs[:, 1].copy()),
        successor_m=np.zeros(len(pairs)),
        lane_ids=(),
        lane_edge=ints,
        lane_shapes=(),
        lane_width=none,
        lane_speed=none,
        junction_ids=(),
        junction_xy=none,
        signal_xy={},
        bounds=(0.0, 0.0, 1.0, 1.0),
        edge_number={},
        lane_number={},
    )


def forward(network: RoadNetwork, source: int) -> list[float]:
    """Dijkstra with a heap over (seconds, edge): what it takes to reach the begin of every edge."""
    best = [math.inf] * len(network.edge_ids)
    heap = [(0.0, source)]
    while heap:
        seconds, edge = heapq.heappop(heap)
        if seconds >= best[edge]:
            continue
        best[edge] = seconds
        drive = float(network.edge_length[edge] / network.edge_speed[edge])
        for before, after in zip(*(column.tolist() for column in network.successors), strict=True):
            if before == edge:
                heapq.heappush(heap, (seconds + drive, after))
    return best


edges = st.integers(0, 6)


def table(network: RoadNetwork, targets: list[int]) -> Doubles:
    """From each edge to each target, s."""
    found, every = FreeDrives(network, np.array(targets, np.int32)), np.arange(len(targets), dtype=np.int32)
    return np.array([found.to(edge, every) for edge in range(len(network.edge_ids))])


def compare(network: RoadNetwork, targets: list[int]) -> None:
    told = table(network, targets)
    reference = np.array([forward(network, edge) for edge in range(network.normal_edges)])[:, targets]
    np.testing.assert_allclose(told[:-1], reference, atol=1e-5)
    np.testing.assert_array_equal(told[-1], told[0])  # inside a junction: as on the edge behind it
    for edge in range(network.normal_edges):
        found = FreeDrives(network, np.array(targets, np.int32))
        ranked = sorted((seconds, group) for group, seconds in enumerate(told[edge]) if math.isfinite(seconds))
        for count in (1, 3, 2, 9):  # what is known already is told again, however much was asked for before
            near, far = found.near(edge, count)
            assert list(zip(far.tolist(), near.tolist(), strict=True)) == ranked[:count]
            np.testing.assert_array_equal(found.to(edge, near[::-1]), far[::-1])
            assert not near.flags.writeable
            assert not far.flags.writeable


LENGTHS = st.lists(st.integers(1, 500), min_size=8, max_size=8)
SPEEDS = st.lists(st.integers(1, 40), min_size=8, max_size=8)
FOLLOWS = st.lists(st.tuples(edges, edges), max_size=20)


@pytest.mark.parametrize("few", [drives.FEW, 2])
def test_drives(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a search that stops, and where many are wanted by one that does not."""
    monkeypatch.setattr(drives, "FEW", few)

    @given(LENGTHS, SPEEDS, FOLLOWS, st.lists(edges, min_size=1, max_size=5))
    def of(lengths: list[int], speeds: list[int], follows: list[tuple[int, int]], targets: list[int]) -> None:
        compare(graph(lengths, speeds, follows), targets)

    of()


def test_what_has_no_room_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drives, "ROOM", 30)
    compare(graph([100, 200, 300, 1], [10, 10, 10, 1], [(0, 1), (1, 2), (0, 2)]), [2, 1, 1])


def test_ways_as_long_as_one_another_are_so_in_any_order() -> None:
    """0.1 + 0.2 + 0.3 s and 0.3 + 0.2 + 0.1 s: the lower number of group is first."""
    town = graph([1, 1, 2, 3, 3, 2, 1, 1, 1, 1], [1000, 10, 10, 10, 10, 10, 10, 10, 10, 1], [
        (0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 8)
    ])  # fmt: skip
    group, far = FreeDrives(town, np.array([8, 7], np.int32)).near(0, 2)
    assert group.tolist() == [0, 1]
    assert far[0] == far[1]


def test_a_planted_error_is_found() -> None:
    network = graph([100, 200, 300, 1], [10, 10, 10, 1], [(0, 1), (1, 2), (0, 2)])
    compare(network, [2])
    assert table(network, [2])[:3, 0].tolist() == [10.0, 20.0, 0.0]
    network.successors[0][:], network.successors[1][:] = network.successors[1].copy(), network.successors[0].copy()
    assert table(network, [2])[:3, 0].tolist() != [10.0, 20.0, 0.0]


def test_drives_in_a_real_net(network: RoadNetwork) -> None:
    times = table(network, [network.edge_number["up"]])[:, 0]
    length = {id: network.edge_length[network.edge_number[id]] for id in ("in", "back")}
    assert times[network.edge_number["in"]] == pytest.approx(length["in"] / 20.0, abs=1e-5)
    assert times[network.edge_number["up"]] == 0.0
    assert np.isinf(times[network.edge_number["home"]])  # it leads out of town
