"""Stops, lost time and emissions of trips: SUMO's own trip records say the same."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.sim.children import in_child
from wayside import Scenario, Simulation

OPTIONS = {"tripinfo-output": "trips.xml", "device.emissions.probability": 1.0}


def figures(out: Path, backend: str) -> tuple[dict[str, float], set[str]]:
    """Those of trips after ten minutes of the crossing, and who has a unit."""
    said = {"scenario.end": 600.0, "sumo.step_length": 0.5, "v2x.penetration": 0.5, "v2x.services": []}
    said |= {"record.observers": [{"use": "trips", "apart": ["passenger"]}], "sumo.options": OPTIONS, "rsu": []}
    with Simulation(Scenario.load("crossing").replace(said), out=out, backend=backend) as simulation:
        equipped: set[str] = set()
        for tick in simulation:
            slots = tick.events.departed
            equipped |= {str(tick.vehicles.ids[slot]) for slot in slots if simulation.fleet.equipped[slot]}
        return {name: value for name, value in tick.kpis.items() if name.startswith("trips.")}, equipped


@pytest.mark.parametrize("backend", ["native", "libsumo"])
def test_they_are_sumos(tmp_path: Path, backend: str) -> None:
    found, equipped = in_child(figures, tmp_path / "out", backend)
    trips = list(ElementTree.parse(tmp_path / "out" / "sumo" / "trips.xml").iter("tripinfo"))
    for group, mine in (
        ("", trips),
        ("equipped.", [trip for trip in trips if trip.attrib["id"] in equipped]),
        ("unequipped.", [trip for trip in trips if trip.attrib["id"] not in equipped]),
        ("passenger.", [trip for trip in trips if "ev" not in trip.attrib["vType"]]),
        ("other.", [trip for trip in trips if "ev" in trip.attrib["vType"]]),
    ):
        assert found[f"trips.{group}finished"] == len(mine) > 10
        # Who leaves a car park counts as having stood once, which it did there.
        left = sum(float(trip.attrib["stopTime"]) > 0.0 for trip in mine)
        stops = sum(int(trip.attrib["waitingCount"]) for trip in mine)
        assert stops - left <= found[f"trips.{group}stops"] * len(mine) + 1e-6 <= stops + 1e-3
        lost = sum(float(trip.attrib["timeLoss"]) + float(trip.attrib["departDelay"]) for trip in mine)
        assert found[f"trips.{group}delay_s"] == pytest.approx(lost / len(mine), abs=0.01)
        km = sum(float(trip.attrib["routeLength"]) for trip in mine) / 1000.0
        for name, key, unit in (("co2_kg_km", "CO2_abs", 1e-6), ("electricity_kwh_km", "electricity_abs", 1e-3)):
            total = sum(float(emitted.attrib[key]) for trip in mine for emitted in trip.iter("emissions")) * unit
            assert found[f"trips.{group}{name}"] == pytest.approx(total / km, rel=0.02), name
