"""Collision warnings: encounters fall where drivers obey, figures are what tables say, and bad input is told."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim import walkers
from tests.sim.children import in_child
from wayside.edge.errors import PluginError, ScenarioError, WaysideError
from wayside.sim.engine import Simulation
from wayside.sim.onboard.encounters import OVER
from wayside.sim.plugins import Names
from wayside.sim.scenario import Scenario

ERRING = (
    '<vType id="careless" sigma="0" jmIgnoreFoeProb="1" jmIgnoreFoeSpeed="100" jmIgnoreJunctionFoeProb="1" '
    'jmDriveAfterRedTime="5"/>'
)
APP = {"use": "collision", "certainty": 0.3}


def traffic(seed: int, each: int = 30, careless: float = 0.3) -> str:
    """Cars, of whom some take no notice of anybody, and people who cross."""
    draw, found = random.Random(seed), []
    for k in range(each):
        depart, (a, b) = round(draw.uniform(0.0, 90.0), 1), draw.sample("wesn", 2)
        kind = "careless" if draw.random() < careless else "car"
        route = f'<route edges="{a}m m{b}"/>'
        found.append(
            (depart, f'<vehicle id="c{k}" type="{kind}" depart="{depart}" departSpeed="max">{route}</vehicle>')
        )
        depart = round(draw.uniform(0.0, 90.0), 1)
        a, b = draw.choice(["ws", "wn", "es", "en", "sw", "se", "nw", "ne"])
        walk = f'<walk from="{a}m" to="m{b}" arrivalPos="30"/>'
        text = f'<person id="p{k}" type="walker" depart="{depart}" departPos="170">{walk}</person>'
        found.append((depart, text))
    return ERRING + "".join(text for _, text in sorted(found))


def scenario(what: str, compliance: float, **changes: object) -> Scenario:
    said: dict[str, object] = {
        "rsu.0.at": {"junctions": ["m"]},
        "rsu.0.apps": [APP],
        "v2x.vru_penetration": 1.0,
        "v2x.services": [{"use": "collision", "compliance": compliance, "attentive": {"careless": "car"}}],
    }
    return Scenario.load(what).replace(said | {name.replace("__", "."): value for name, value in changes.items()})


def outcome(what: str, compliance: float) -> dict[str, Any]:
    """Figures; warnings and encounters."""
    with Simulation(scenario(what, compliance)) as simulation:
        service = simulation.onboard.collision
        figures = simulation.run()
        return {
            "figures": {name: value for name, value in figures.items() if name.startswith("collision.")},
            "given": service.book.given,
            "met": service.encounters.met,
        }


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("town")
    return str(walkers.town(folder, routes=traffic(2), end=110, step_length=0.1))


@pytest.fixture(scope="module")
def ignored(town: str) -> dict[str, Any]:
    return in_child(outcome, town, 0.0)


def test_encounters_fall_where_drivers_obey(town: str, ignored: dict[str, Any]) -> None:
    obeyed = in_child(outcome, town, 1.0)
    before, after = (found["figures"]["collision.encounters"] for found in (ignored, obeyed))
    assert before >= 10
    assert after <= 0.75 * before
    assert obeyed["figures"]["collision.braked"] > 5
    assert ignored["figures"]["collision.braked"] == 0
    assert ignored["figures"]["collision.warned"] > 5


def test_the_figures_are_those_of_the_tables(ignored: dict[str, Any]) -> None:
    given, met, figures = ignored["given"], ignored["met"], ignored["figures"]
    true, missed, leads = set(), 0, []
    for one in met:
        before = [
            k
            for k, row in enumerate(given)
            if {row.one, row.other} == {one.station_one, one.station_other}
            and row.since_s <= one.since_s
            and not row.over_s + OVER < one.since_s
        ]
        true.update(before)
        missed += not before
        leads += [one.since_s - min(given[k].since_s for k in before)] if before else []
    assert figures["collision.encounters"] == len(met)
    assert figures["collision.encounters_vru"] == sum(one.kind == "pedestrian" for one in met)
    assert figures["collision.warnings"] == len(given)
    assert figures["collision.warnings_true"] == len(true) >= 5
    assert figures["collision.warnings_false"] == len(given) - len(true)
    assert figures["collision.missed"] == missed <= 0.5 * len(met)
    assert figures["collision.lead_s"] == pytest.approx(np.mean(leads))
    assert all(one.ttc_s <= 1.5 and one.over_s >= one.since_s for one in met)


def often_warned(what: str) -> tuple[float, float, int]:
    """How often somebody has braked for a warning, the hardest that one has, and collisions that SUMO tells of."""
    app = {"use": "collision", "ttc": 4.0, "braking": 0.5, "certainty": 0.1}
    hardest, collisions = 0.0, 0
    with Simulation(scenario(what, 1.0, rsu__0__apps=[app])) as simulation:
        service, table = simulation.onboard.collision, simulation.vehicles
        for _ in simulation:
            collisions += simulation.backend.api.simulation.getCollidingVehiclesNumber()
            braking = np.flatnonzero(service.braking[: table.extent])
            hardest = max(hardest, *(-table.acceleration[braking]).tolist(), 0.0)
        return simulation.metrics.kpis()["collision.braked"], hardest, collisions


def test_no_collision_comes_of_a_warning(tmp_path: Path) -> None:
    """Of drivers who take notice of all, warned as often as can be: they brake as their type does, with 4.5 m/s^2."""
    what = str(walkers.town(tmp_path, routes=traffic(5, careless=0.0), end=90, step_length=0.1))
    braked, hardest, collisions = in_child(often_warned, what)
    assert braked > 20
    assert hardest <= 4.5 + 1e-6
    assert collisions == 0


def careful(what: str) -> dict[str, float]:
    with Simulation(scenario(what, 0.0)) as simulation:
        return simulation.run()


def test_nobody_meets_closely_where_nobody_is_afoot_and_all_take_notice(tmp_path: Path) -> None:
    """A planted error would be encounters of drivers who brake late, as SUMO's do."""
    text = "".join(
        f'<vehicle id="c{k}" type="car" depart="{4 * k}" departSpeed="max"><route edges="{way}"/></vehicle>'
        for k, way in enumerate(["wm me", "sm mn", "em mw", "nm ms"] * 5)
    )
    what = str(walkers.town(tmp_path, "traffic_light", routes=ERRING + text, end=100, step_length=0.1))
    figures = in_child(careful, what)
    assert figures["collision.encounters"] <= 1
    assert figures["vehicles.departed"] == 20


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rsu.0.apps", [{"use": "collision", "ttc": 0.1}], "ttc = 0.1: must be between 0.5 and 10"),
        ("rsu.0.apps", [{"use": "collision", "certainty": 0.0}], "certainty = 0.*: must be above 0"),
        ("rsu.0.apps", [{"use": "collision", "tcc": 2.0}], "tcc: no such option"),
        ("v2x.services", [{"use": "collision", "compliance": 2.0}], "compliance = 2.0: must be between 0 and 1"),
        ("v2x.services", [{"use": "collision", "attentive": {"a": 1}}], "attentive"),
        ("v2x.family", "csae", r'rsu\[0\].apps\[0\] = "collision": is for v2x.family = "etsi"'),
    ],
)
def test_bad_input_is_told_in_one_line(town: str, field: str, value: object, said: str) -> None:
    changes = {"v2x.vru_penetration": None} if field == "v2x.family" else {}
    with pytest.raises((ScenarioError, PluginError), match=said) as error:
        Names(scenario(town, 1.0).replace({field: value, **changes}))
    assert "\n" not in str(error.value)


def unknown_type(what: str) -> str:
    changed = scenario(what, 1.0, v2x__services=[{"use": "collision", "attentive": {"careless": "nobody"}}])
    try:
        with Simulation(changed):
            return ""
    except WaysideError as error:
        return str(error)


def test_a_vehicle_type_that_is_none_is_told_before_the_run(town: str) -> None:
    said = in_child(unknown_type, town)
    assert "nobody" in said
    assert "\n" not in said
