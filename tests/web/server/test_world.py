"""The static world of whole cities, one of them none of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.web.server.view import Views
from wayside.web.server.world import describe


def described(what: str) -> dict[str, Any]:
    with Simulation(Scenario.load(what)) as simulation:
        return describe(Views(simulation))


def test_bologna(bologna: Path) -> None:
    """A city that is none of ours: no buildings, but roads, bus lanes and signal heads for every controlled link."""
    world = in_child(described, str(bologna))
    assert world["buildings"] == []
    assert "bus" in world["lanes"]["kind"]
    assert len(world["junctions"]["ids"]) > 50
    assert all(light["heads"] for light in world["lights"])
    assert all(len(shape) >= 4 for shape in world["lanes"]["shapes"])


def test_lingang() -> None:
    world = in_child(described, "lingang")
    assert len(world["buildings"]) > 3000
    assert {area["kind"] for area in world["areas"]} == {"water", "park"}
    assert max(building["height"] for building in world["buildings"]) == 190.0
    assert {"housing", "office", "crane"} <= {building["kind"] for building in world["buildings"]}
    assert all(len(park["bays"]) == park["capacity"] for park in world["parks"])
    assert all(len(group["bays"]) == group["piles"] for site in world["sites"] for group in site["groups"])
