"""Car parks and chargers out of SUMO's files, and the way to them."""

import gzip
import math
from pathlib import Path

import pytest

from tests.sim.networks import netconvert
from wayside.edge.errors import ScenarioError
from wayside.sim.sumo.facilities import VEHICLE_SPACE, Facilities, read_facilities
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
    assert found.charger_of == {"piles": 0, "fast": 0, "slow": 1, "own": 2}
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
    assert len(found.chargers.drives.near(0, 4)[0]) == 0
