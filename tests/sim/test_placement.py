"""Where `[[rsu]]` entries put their units."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim.networks import configure, netconvert
from wayside.edge.errors import ScenarioError
from wayside.sim.placement import Site, place_units
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.network import read_network
from wayside.sim.world import RoadNetwork, Signals


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RoadNetwork]:
    folder = tmp_path_factory.mktemp("town")
    network = read_network(netconvert(folder))
    return configure(folder, ""), network


Town = tuple[Path, RoadNetwork]


def place(town: Town, *entries: dict[str, Any]) -> list[Site]:
    config, network = town
    scenario = Scenario(sumo={"config": str(config)}, rsu=list(entries))
    return place_units(scenario, network, Signals(["middle"], [4]))


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
    sites = place(town, {"at": {"positions": [[4123456.25, 1.0], [4123456.75, 1.0]]}})
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


def test_no_units(town: Town) -> None:
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
