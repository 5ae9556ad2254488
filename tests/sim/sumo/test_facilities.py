"""Car parks and chargers out of SUMO's files, and the way to them."""

import gzip
import heapq
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sim.networks import netconvert
from wayside.edge.errors import ScenarioError
from wayside.sim.sumo.facilities import VEHICLE_SPACE, Facilities, drive_times, read_facilities
from wayside.sim.sumo.network import read_network
from wayside.sim.world import RoadNetwork


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> RoadNetwork:
    return read_network(netconvert(tmp_path_factory.mktemp("town")))


def read(folder: Path, network: RoadNetwork, *texts: str, packed: bool = False) -> Facilities:
    files = []
    for rank, text in enumerate(texts):
        data = f"<additional>{text}</additional>".encode()
        files.append(folder / f"{rank}.add.xml{'.gz' if packed else ''}")
        files[-1].write_bytes(gzip.compress(data) if packed else data)
    return read_facilities(files, network)


@pytest.mark.parametrize("packed", [False, True])
def test_car_parks(tmp_path: Path, network: RoadNetwork, packed: bool) -> None:
    found = read(
        tmp_path,
        network,
        '<parkingArea id="kerb" lane="in_0" startPos="10" endPos="50" roadsideCapacity="5" name="At the kerb">'
        '<param key="kind" value="kerb"/><param key="price_per_hour" value="2.5"/></parkingArea>',
        '<parkingArea id="lot" lane="up_0" startPos="10" endPos="20" roadsideCapacity="1">'
        '<space x="10" y="20"/><space x="30" y="40"/></parkingArea>'
        '<parkingArea id="end" lane="in_1" startPos="-30" endPos="-10"/>',
        packed=packed,
    )
    parks = found.car_parks
    assert parks.ids == ("kerb", "lot", "end")
    assert parks.names == ("At the kerb", "lot", "end")
    assert parks.kinds == ("kerb", "", "")
    assert parks.capacity.tolist() == [5, 3, 0]
    assert parks.price_per_hour.tolist() == [2.5, 0.0, 0.0]
    assert [network.edge_ids[edge] for edge in parks.edge] == ["in", "up", "in"]
    length = float(network.edge_length[network.edge_number["in"]])
    assert parks.x.tolist() == pytest.approx([30.0, 20.0, length - 20.0], abs=0.2)
    assert parks.y.tolist()[1] == 30.0
    assert found.car_park_of == {"kerb": 0, "lot": 1, "end": 2}
    assert (parks.occupied.tolist(), parks.reserved.tolist()) == ([0, 0, 0], [0, 0, 0])


def test_chargers(tmp_path: Path, network: RoadNetwork) -> None:
    found = read(
        tmp_path,
        network,
        '<parkingArea id="piles" lane="in_0" startPos="10" endPos="50" roadsideCapacity="4"/>'
        '<parkingArea id="plain" lane="in_0" startPos="60" endPos="90" roadsideCapacity="4"/>',
        '<chargingStation id="fast" lane="in_0" startPos="10" endPos="50" power="120000" efficiency="0.9"'
        ' parkingArea="piles"><param key="site" value="A"/><param key="site_limit_w" value="150000"/>'
        '<param key="price_per_kwh" value="1.5"/></chargingStation>'
        '<chargingStation id="slow" lane="out_0" startPos="10" endPos="40" power="7000">'
        '<param key="site" value="A"/><param key="connector" value="type2"/></chargingStation>'
        '<chargingStation id="own" lane="out_0" startPos="50" endPos="54"/>',
    )
    chargers = found.chargers
    assert found.car_parks.ids == ("plain",)  # the piles' area is no car park
    assert chargers.ids == ("fast", "slow", "own")
    assert chargers.sites == ("A", "own")
    assert chargers.site.tolist() == [0, 0, 1]
    assert chargers.site_limit_w.tolist() == [150_000.0, math.inf]
    assert chargers.connectors == ("", "type2", "")
    assert chargers.least_w.tolist() == [0.0, 3 * 6 * 230.0, 0.0]
    assert chargers.power_w.tolist() == [120_000.0, 7000.0, 22_000.0]
    assert chargers.efficiency.tolist() == [0.9, 0.95, 0.95]
    assert chargers.price_per_kwh.tolist() == [1.5, 0.0, 0.0]
    assert chargers.piles.tolist() == [4, int(30 / VEHICLE_SPACE), 1]
    assert found.charger_of == {"piles": 0, "slow": 1, "own": 2}
    assert found.charger_area == ["piles", "", ""]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<parkingArea id="p" lane="nowhere_0"/>', "p: lane = 'nowhere_0': no such lane in the network"),
        ('<chargingStation id="c" lane="nowhere_0"/>', "c: lane = 'nowhere_0': no such lane in the network"),
        ('<parkingArea id="p"/>', "p: lane = '': no such lane in the network"),
        (
            '<parkingArea id="p" lane="in_0"><param key="price_per_hour" value="dear"/></parkingArea>',
            "p: price_per_hour = 'dear': must be a number, at least 0",
        ),
        (
            '<parkingArea id="p" lane="in_0" roadsideCapacity="-3"/>',
            "p: roadsideCapacity = '-3': must be a number, at least 0",
        ),
        (
            '<chargingStation id="c" lane="in_0" power="nan"/>',
            "c: power = 'nan': must be a number, at least 0",
        ),
        (
            '<chargingStation id="c" lane="in_0"><param key="connector" value="type3"/></chargingStation>',
            "c: connector = 'type3': must be one of type1, type2, gbt-ac, ccs1, ccs2, gbt-dc, chademo, nacs",
        ),
        (
            '<chargingStation id="c" lane="in_0"><param key="connector" value="ccs2"/>'
            '<param key="phases" value="3"/></chargingStation>',
            "c: phases = 3: ccs2 has direct current",
        ),
        (
            '<chargingStation id="c" lane="in_0"><param key="phases" value="1.5"/></chargingStation>',
            "c: phases = 1.5: must be 1, 2 or 3",
        ),
        (
            '<chargingStation id="c" lane="in_0" power="3000"><param key="connector" value="type2"/></chargingStation>',
            "c: power = 3000: must be at least the 4140 W of its least current",
        ),
        (
            '<chargingStation id="b" lane="in_0"><param key="site" value="A"/><param key="site_limit_w" value="5e4"/>'
            '</chargingStation><chargingStation id="c" lane="in_0"><param key="site" value="A"/>'
            '<param key="site_limit_w" value="6e4"/></chargingStation>',
            "c: site_limit_w = 60000: contradicts the 50000 W that another station of site 'A' says",
        ),
        (
            '<chargingStation id="c" lane="in_0" parkingArea="gone"/>',
            "c: parkingArea = 'gone': no such parking area",
        ),
    ],
)
def test_mistakes(tmp_path: Path, network: RoadNetwork, text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, network, text)
    assert str(caught.value).startswith(f"{tmp_path / '0.add.xml'}: {said}")
    assert "\n" not in str(caught.value)


def test_nothing(tmp_path: Path, network: RoadNetwork) -> None:
    found = read(tmp_path, network)
    assert (found.car_parks.ids, found.chargers.ids) == ((), ())
    assert found.chargers.drive_s.shape == (0, len(network.edge_ids))


def graph(lengths: list[int], speeds: list[int], follows: list[tuple[int, int]]) -> RoadNetwork:
    """Only what `drive_times` looks at; the last edge is internal and leads to the first."""
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


def compare(network: RoadNetwork, targets: list[int]) -> None:
    found = drive_times(network, np.array(targets, np.int32))
    reference = [[forward(network, edge)[target] for edge in range(network.normal_edges)] for target in targets]
    assert found.shape == (len(targets), len(network.edge_ids))
    np.testing.assert_allclose(found[:, : network.normal_edges], np.reshape(reference, (len(targets), -1)), rtol=1e-5)
    np.testing.assert_array_equal(found[:, -1], found[:, 0])  # inside a junction: as on the edge behind it


@given(
    st.lists(st.integers(1, 500), min_size=8, max_size=8),
    st.lists(st.integers(1, 40), min_size=8, max_size=8),
    st.lists(st.tuples(edges, edges), max_size=20),
    st.lists(edges, min_size=1, max_size=5),
)
def test_drive_times(lengths: list[int], speeds: list[int], follows: list[tuple[int, int]], targets: list[int]) -> None:
    compare(graph(lengths, speeds, follows), targets)


def test_a_planted_error_is_found() -> None:
    network = graph([100, 200, 300, 1], [10, 10, 10, 1], [(0, 1), (1, 2), (0, 2)])
    compare(network, [2])
    assert drive_times(network, np.array([2], np.int32))[0, :3].tolist() == [10.0, 20.0, 0.0]
    network.successors[0][:], network.successors[1][:] = network.successors[1].copy(), network.successors[0].copy()
    assert drive_times(network, np.array([2], np.int32))[0, :3].tolist() != [10.0, 20.0, 0.0]


def test_drive_times_in_a_real_net(network: RoadNetwork) -> None:
    times = drive_times(network, np.array([network.edge_number["up"]], np.int32))[0]
    length = {id: network.edge_length[network.edge_number[id]] for id in ("in", "back")}
    assert times[network.edge_number["in"]] == pytest.approx(length["in"] / 20.0)
    assert times[network.edge_number["up"]] == 0.0
    assert np.isinf(times[network.edge_number["home"]])  # it leads out of town
