"""Where `[[rsu]]` entries put their units."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim.networks import configure, netconvert
from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.facilities import read_facilities
from wayside.sim.sumo.network import read_network
from wayside.sim.world import RoadNetwork, Signals
from wayside.sim.world.placement import Site, place_units

PLACES = """<parkingArea id="p" lane="out_0" startPos="100" endPos="120" roadsideCapacity="4"/>
    <chargingStation id="a" lane="in_0" startPos="100" endPos="120"><param key="site" value="s"/></chargingStation>
    <chargingStation id="b" lane="in_0" startPos="140" endPos="160"><param key="site" value="s"/></chargingStation>"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RoadNetwork]:
    folder = tmp_path_factory.mktemp("town")
    network = read_network(netconvert(folder))
    return configure(folder, "", PLACES), network


Town = tuple[Path, RoadNetwork]


def place(town: Town, *entries: dict[str, Any], light: bool = True) -> list[Site]:
    config, network = town
    scenario = Scenario(sumo={"config": str(config)}, rsu=list(entries))
    facilities = read_facilities([config.parent / "town.add.xml"], network)
    return place_units(scenario, network, Signals(["middle"] if light else [], [4] if light else []), facilities)


def refusal(town: Town, *entries: dict[str, Any]) -> str:
    with pytest.raises(ScenarioError) as caught:
        place(town, *entries)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_at_traffic_lights(town: Town) -> None:
    assert place(town, {"apps": ["signals"]}) == [Site("middle", (400.0, 0.0), 0, ("signals",))]


def test_at_junctions(town: Town) -> None:
    sites = place(town, {"at": {"junctions": ["north", "middle"]}, "apps": ["signals"]})
    assert sites == [Site("north", (400.0, 300.0), -1, ("signals",)), Site("middle", (400.0, 0.0), 0, ("signals",))]


def test_at_positions(town: Town) -> None:
    sites = place(town, {"at": [12.5, -3.0]}, {"at": {"positions": [[1.0, 2.0], [3.0, 4.0]]}, "name": "x"})
    assert [(site.position, site.light) for site in sites] == [((12.5, -3.0), -1), ((1.0, 2.0), -1), ((3.0, 4.0), -1)]
    assert len({site.id for site in sites}) == 3
    assert sites[1].id.startswith("x-")


def test_two_positions_side_by_side_are_two_units(town: Town) -> None:
    """Coordinates of a net may have seven digits before the point, and more behind it than are worth showing."""
    config, network = town
    there = replace(network, bounds=(4123000.0, 0.0, 4123800.0, 800.0))
    sites = place((config, there), {"at": {"positions": [[4123456.25, 1.0], [4123456.75, 1.0]]}})
    assert [site.position[0] for site in sites] == [4123456.25, 4123456.75]


@pytest.mark.parametrize(("spacing", "count"), [(100.0, 4), (150.0, 3), (300.0, 1), (10_000.0, 1)])
def test_along_edges(town: Town, spacing: float, count: int) -> None:
    _, network = town
    sites = place(town, {"at": {"edges": ["in"], "spacing": spacing}})
    length = network.edge_length[network.edge_number["in"]]
    x = np.array([site.position[0] for site in sites])
    assert len(sites) == count
    np.testing.assert_allclose(np.diff(x), spacing, rtol=1e-3)
    assert x[0] == pytest.approx(min(spacing, length) / 2.0, abs=0.1)
    assert (x > 0.0).all()
    assert (x < length).all()
    assert len({site.id for site in sites}) == count


def test_units_at_one_light_become_one(town: Town) -> None:
    sites = place(town, {"apps": ["signals"]}, {"at": {"junctions": ["middle"]}, "apps": ["parking", "signals"]})
    assert [(site.id, site.apps) for site in sites] == [("middle", ("signals", "parking"))]


def test_named_units_stay_apart(town: Town) -> None:
    sites = place(town, {"apps": ["signals"], "name": "a"}, {"apps": ["parking"], "name": "b"})
    assert [site.id for site in sites] == ["a-middle", "b-middle"]


def test_at_car_parks_and_charging_stations(town: Town) -> None:
    """One at each car park, and one in the middle of a site of two stations."""
    (park,) = place(town, {"at": "car-parks", "apps": ["parking"]})
    assert (park.id, park.light, park.apps) == ("car-park-p", -1, ("parking",))
    assert abs(park.position[0] - (400.0 + 110.0)) < 10.0
    (site,) = place(town, {"at": "charging-stations"})
    assert site.id == "charging-s"
    assert abs(site.position[0] - 130.0) < 2.0


def test_a_net_without_a_traffic_light(town: Town) -> None:
    with pytest.warns(UserWarning, match=r"rsu\[0\]\.at = 'traffic-lights': the network has none: units stand at its"):
        sites = place(town, {}, light=False)
    assert [site.id for site in sites] == ["car-park-p", "charging-s"]


def test_a_light_without_connections(town: Town) -> None:
    """A net's tlLogic that no connection names: SUMO counts it among its lights, but there is no place for a unit."""
    config, network = town
    scenario = Scenario(sumo={"config": str(config)}, rsu=[{"apps": ["signals"]}])
    facilities = read_facilities([config.parent / "town.add.xml"], network)
    sites = place_units(scenario, network, Signals(["ghost", "middle"], [1, 4]), facilities)
    assert sites == [Site("middle", (400.0, 0.0), 1, ("signals",))]
    with pytest.warns(UserWarning, match="the network has none: units stand at its car parks and charging stations"):
        sites = place_units(scenario, network, Signals(["ghost"], [1]), facilities)
    assert [site.id for site in sites] == ["car-park-p", "charging-s"]


def test_a_net_with_nothing_at_all(tmp_path: Path) -> None:
    network = read_network(netconvert(tmp_path))
    for at, lacks in (("car-parks", "car park$"), ("charging-stations", "charging station$"), ("traffic-lights", "no")):
        with pytest.warns(UserWarning, match=rf"rsu\[0\]\.at = '{at}': no roadside unit: the network has no .*{lacks}"):
            assert place((configure(tmp_path, ""), network), {"at": at}, light=False) == []


def test_no_spacing(town: Town) -> None:
    found = refusal(town, {"at": {"edges": ["in"], "spacing": 1e-6}})
    assert re.search(r"rsu\[0\]\.at\.spacing = 1e-06: makes more than 100,000 units", found)


def test_very_many_units(town: Town) -> None:
    with pytest.warns(UserWarning, match=r"rsu: \d,\d\d\d roadside units will make the run slow"):
        place(town, {"at": {"edges": ["in", "out", "home", "back", "up", "down"], "spacing": 0.5}})


@pytest.mark.parametrize("position", [[1e9, 1e9], [0.0, -1e6], [-1e300, 0.0]])
def test_a_position_far_away(town: Town, position: list[float]) -> None:
    said = r"rsu\[0\]\.at = \[.*\]: must be within 100 km of the net \(0, .* to 800, .* m\)"
    assert re.search(said, refusal(town, {"at": position}))


def test_no_units(town: Town) -> None:
    with pytest.warns(UserWarning, match=r"rsu = \[\]: no roadside unit, and v2x.uu is off"):
        assert place(town) == []


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ({"junctions": ["nort"]}, r"rsu\[1\]\.at\.junctions = 'nort': no such junction .*\(did you mean 'north'\?\)"),
        ({"junctions": ["zzzz"]}, r"rsu\[1\]\.at\.junctions = 'zzzz': no such junction in the network$"),
        ({"edges": ["inn"]}, r"rsu\[1\]\.at\.edges = 'inn': no such edge .*\(did you mean 'in'\?\)"),
        ({"edges": [":middle_0"]}, r"rsu\[1\]\.at\.edges = ':middle_0': no such edge"),
    ],
)
def test_what_the_network_lacks(town: Town, at: dict[str, Any], said: str) -> None:
    found = refusal(town, {}, {"at": at})
    assert re.search(said, found)
    assert found.startswith(str(town[0]))
