"""Vehicles that find charging stations by themselves, by SUMO's own device, in a small town with two stations."""

from pathlib import Path
from typing import Any

import pytest

from tests.sim.children import in_child
from tests.sim.networks import configure, netconvert
from wayside.edge.charging.own import StationFinder
from wayside.edge.charging.policies import nearest
from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.staging import stage
from wayside.sim.sumo.stationfinder import check_finds, device, with_finders

PILE = '<chargingStation id="{0}" lane="{1}_0" startPos="100" endPos="180" power="60000" parkingArea="{0}-bays"/>'
AREA = '<parkingArea id="{0}-bays" lane="{1}_0" startPos="100" endPos="180" roadsideCapacity="2"/>'
SITES = "".join((AREA + PILE).format(*one) for one in (("cs", "out"), ("cb", "up")))
BATTERY = "".join(
    f'<param key="{key}" value="{value}"/>'
    for key, value in (
        ("has.battery.device", "true"),
        ("device.battery.capacity", "2000"),
        ("device.battery.chargeLevel", "400"),
        ("device.battery.maximumChargeRate", "30000"),  # half of what the device reckons with
    )
)
TRIPS = f'<vType id="ev" emissionClass="Energy/unknown">{BATTERY}</vType><vType id="car"/>' + "".join(
    f'<trip id="{"ev" if k else "car"}{k}" type="{"ev" if k else "car"}" depart="{2 * k}" from="in" to="out"/>'
    for k in range(4)
)


def town(folder: Path, **charging: object) -> Scenario:
    netconvert(folder)
    config = configure(folder, TRIPS, SITES)
    return Scenario.model_validate(
        {
            "scenario": {"name": "town", "end": 500.0},
            "sumo": {"config": str(config), "step_length": 1.0},
            "v2x": {"penetration": 1.0},
            "charging": {"policy": "own", **charging},
            "rsu": [{"at": {"positions": [[400, 10]]}, "apps": ["charging"]}],
        }
    )


def lived(scenario: Scenario) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Key figures of a whole run, and its sessions."""
    from dataclasses import asdict

    from wayside import Simulation

    with Simulation(scenario) as simulation:
        for _ in simulation:
            pass
        return simulation.metrics.kpis(), [asdict(one) for one in simulation.onboard.charging.settle()]


def test_each_finds_a_station_and_stays_until_it_has_enough(tmp_path: Path) -> None:
    kpis, sessions = in_child(lived, town(tmp_path))
    assert kpis["charging.requested"] == kpis["charging.met"] == kpis["charging.sessions"] == len(sessions) == 3
    assert kpis["charging.reserved"] == 0
    assert not [name for name in kpis if name.startswith("messages.") and "charging" in name and kpis[name] > 0]
    for session in sessions:
        assert (session["outcome"], session["requests"]) == ("charged", 0)
        assert session["soc_end"] >= 0.8
        assert session["charger"] == "cs"  # all go to the nearest, and one waits, while the other has bays to spare
        assert 0.0 <= session["requested"] < session["plugged"] < session["charged"] <= session["ended"]
    first, *_, last = sorted(session["plugged"] for session in sessions)
    assert last > first + 100.0


def test_what_sumo_is_told(tmp_path: Path) -> None:
    scenario = town(tmp_path, request_below=0.25, target=0.75)
    policy = StationFinder()
    staged = with_finders(stage(scenario.sumo.config, tmp_path / "run"), scenario)
    text = (tmp_path / "run" / "town.rou.xml").read_text()
    given = '<param key="has.stationfinder.device" value="true"/><param key="has.battery.device" value="true"/>'
    assert text == (tmp_path / "town.rou.xml").read_text().replace(given[given.rindex("<") :], given) != TRIPS
    told = device(policy, scenario, staged)
    options = dict(zip(told[::2], told[1::2], strict=True))
    assert options["--device.stationfinder.needToChargeLevel"] == "1e-6"  # nobody looks before it is told to
    assert options["--device.stationfinder.saturatedChargeLevel"] == "0.75"
    assert options["--device.stationfinder.radius"] == "180"
    mine = scenario.replace({"sumo.options": {"device.stationfinder.radius": "99"}})
    assert "--device.stationfinder.radius" not in device(policy, mine, staged)  # what the scenario says holds


def test_batteries_by_chance_are_refused(tmp_path: Path) -> None:
    scenario = town(tmp_path)
    staged = stage(scenario.sumo.config, tmp_path / "run", {"device.battery.probability": "0.3"})
    with pytest.raises(
        ScenarioError, match=r"'own': device\.battery\.probability = '0\.3': which vehicles are electric"
    ):
        with_finders(staged, scenario)
    staged = stage(scenario.sumo.config, tmp_path / "more", {"device.battery.explicit": "ev1,ev2"})
    told = device(StationFinder(), scenario, with_finders(staged, scenario))
    assert told[:2] == ["--device.stationfinder.explicit", "ev1,ev2"]


def test_an_older_sumo_is_refused(tmp_path: Path) -> None:
    scenario = town(tmp_path)
    check_finds(StationFinder(), (1, 28, 0), scenario)
    check_finds(nearest, (1, 20, 0), scenario)
    with pytest.raises(ScenarioError, match=r"/town.sumocfg: charging.policy = 'own': needs SUMO 1.28 or later"):
        check_finds(StationFinder(), (1, 27, 1), scenario)
