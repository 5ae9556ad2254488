"""What vehicle types say of their batteries and connectors, and that SUMO's batteries fill so."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.edge.charging.piles import plugs
from wayside.edge.charging.taper import takes_s
from wayside.edge.errors import WaysideError
from wayside.sim.onboard.charging_cars import CarKind, car_kind

CROSSING = Path(__file__).parents[3] / "scenarios/crossing"
CURVE = {"device.battery.chargeLevelTable": "0 1", "device.battery.chargeCurveTable": "4e4 2e4"}


def read(said: dict[str, str], limited: bool = True) -> CarKind:
    return car_kind("ev", lambda key: said.get(key, ""), limited)


def test_what_a_type_says() -> None:
    assert read({}) == CarKind(1.0, math.inf, 0)
    said = {"charging.taper_from": "0.6", "charging.taper_power": "8e3", "charging.connector": "type2, ccs2"}
    assert read(said) == CarKind(0.6, 8e3, plugs(["type2", "ccs2"]))
    assert read(CURVE, limited=False) == read({})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"charging.taper_from": "0.6"}, "charging.taper_from needs charging.taper_power beside it"),
        ({"charging.taper_power": "9"}, "charging.taper_power needs charging.taper_from beside it"),
        ({"charging.taper_from": "x", "charging.taper_power": "9"}, "charging.taper_from = 'x': must be a number"),
        ({"charging.taper_from": "60", "charging.taper_power": "9"}, "charging.taper_from = 60: must be a state of"),
        ({"charging.taper_from": "0.6", "charging.taper_power": "0"}, "charging.taper_power = 0: must be above 0 W"),
        ({"charging.connector": "usb"}, "charging.connector = 'usb': must be one of type1, type2, gbt-ac"),
        (CURVE, "device.battery.chargeCurveTable: with it SUMO 1.28 does not keep what a pile tells it to take"),
    ],
)
def test_one_line_of_what_is_wrong(said: dict[str, str], told: str) -> None:
    with pytest.raises(WaysideError) as caught:
        read(said)
    assert str(caught.value).startswith(f"vehicle type 'ev': {told}")
    assert "\n" not in str(caught.value)


def run(folder: Path, site: dict[str, Any], temperature: float | None) -> dict[str, Any]:
    """A car that stands at a pile of 60 kW by its plan for five minutes, and one that looks for a pile."""
    params = {
        "has.battery.device": "true",
        "device.battery.capacity": "10000",
        "device.battery.maximumChargeRate": "50000",
        "charging.taper_from": "0.4",
        "charging.taper_power": "5000",
        "charging.connector": "ccs2",
    }
    told = "".join(f'<param key="{key}" value="{value}"/>' for key, value in params.items())
    level = '<param key="device.battery.chargeLevel" value="{}"/>'
    (folder / "cars.rou.xml").write_text(
        f'<routes><vType id="ev" vClass="evehicle" emissionClass="Energy/default">{told}</vType>'
        '<vehicle id="a" type="ev" depart="0" departPos="stop" departSpeed="0"><route edges="crossing-east"/>'
        f'<stop parkingArea="charge_mill_60" duration="900"/>{level.format(5000)}</vehicle>'
        '<vehicle id="b" type="ev" depart="0"><route edges="west-crossing west-crossing_turn crossing-east"/>'
        f"{level.format(1000)}</vehicle></routes>"
    )
    said = {
        "scenario.end": 300.0,
        "sumo.step_length": 1.0,
        "sumo.options": {"route-files": str(folder / "cars.rou.xml")},
        "v2x.penetration": 1.0,
        "charging.target": 0.99,
        "charging.sites": {"mill": site},
        "charging.temperature": temperature,
    }
    with Simulation(Scenario.load("crossing").replace(said)) as simulation:
        held = {}
        for tick in simulation:
            slot = simulation.vehicles.slot_of.get("a")
            if slot is not None:
                held[round(tick.time)] = float(simulation.vehicles.charge[slot])
        sessions = simulation.onboard.charging.settle()
        return {"held": held, "sessions": {one.vehicle: one for one in sessions}}


@pytest.mark.parametrize(("temperature", "left"), [(None, 1.0), (0.0, 0.64)])
def test_a_battery_fills_along_its_curve(temperature: float | None, left: float, tmp_path: Path) -> None:
    """In SUMO, from second 10 to 250; what is reported is what the battery shows."""
    found = in_child(run, tmp_path, {"limit_w": 1e6}, temperature)
    held, session = found["held"], found["sessions"]["a"]
    begin, end = held[10], held[250]
    power = [np.array([left * (5e4 - 4.5e4 * (much / 1e4 - 0.4) / 0.6)]) for much in (begin, end)]
    takes = takes_s(np.array([end - begin]), power[0], np.zeros(1), power[1], np.array([57e3]))
    assert takes[0] == pytest.approx(240.0, abs=2.5)
    assert session.energy_wh == pytest.approx(held[300] - 5000.0, abs=1.0)
    assert session.energy_wh > 1000.0


def test_a_car_is_sent_to_a_pile_that_fits_alone(tmp_path: Path) -> None:
    fits = in_child(run, tmp_path, {"limit_w": 1e6, "connector": "ccs2"}, None)["sessions"]["b"]
    other = in_child(run, tmp_path, {"limit_w": 1e6, "connector": "chademo"}, None)["sessions"]["b"]
    assert fits.charger
    assert not other.charger
    assert other.requests > fits.requests
    assert other.rejected > 0
