"""What a scenario says of sites, feeders and tariffs: what becomes of it, and one line for what is wrong."""

from typing import Any

import numpy as np
import pytest

from tests.edge.charging.test_policies import city
from tests.sim.children import in_child, wayside
from wayside import Scenario, Simulation
from wayside.edge.charging.state import Chargers
from wayside.edge.errors import ScenarioError
from wayside.sim.onboard.charging import PLUGGED
from wayside.sim.onboard.charging_limits import tree_of
from wayside.sim.scenario import to_toml
from wayside.sim.scenario.charging import Charging

NIGHT = [
    {"begin": "22:00", "end": "06:00", "limit_w": 2e4},
    {"begin": "06:00", "end": "22:00", "limit_w": 5e4},
]
BATTERY = {"capacity_wh": 800.0, "power_w": 1e4, "charge": 0.2}
PRICES = [
    {"begin": "06:00", "end": "22:00", "price_per_kwh": 0.8},
    {"begin": "22:00", "end": "06:00", "price_per_kwh": 0.3},
]


def chargers() -> Chargers:
    """Sites c0 and c1: two piles of 60 kW each, and one of 7."""
    return city([(2, 60, [0, 0, 0], []), (1, 7, [0, 0, 0], [])])


def test_what_becomes_of_it() -> None:
    said: dict[str, Any] = {
        "sites": {"c0": {"limit_w": NIGHT, "connector": "type2"}, "c1": {"limit_w": 6e3, "min_current_a": 8.0}},
        "feeders": {"f": {"limit_w": NIGHT, "of": ["c0", "c1"]}},
        "tariffs": {"t": {"price": PRICES, "demand_charge": 10.0}},
    }
    of = chargers()
    limits = tree_of(Charging(**said), of, 5 * 3600.0)
    assert (limits.names, limits.limit_w.tolist()) == (("c0", "c1", "f"), [2e4, 6e3, 2e4])
    assert limits.during(3600.0, 3601.0).limit_w.tolist() == [5e4, 6e3, 5e4]
    assert limits.during(3599.0, 3601.0).limit_w.tolist() == [2e4, 6e3, 2e4]
    assert of.site_limit_w.tolist() == [2e4, 6e3]
    assert of.connectors == ("type2", "")
    assert of.least_w.tolist() == [4140.0, 8 * 230.0]
    assert limits.meters is not None
    assert limits.meters.names == ("f",)
    assert [limits.meters.tariff[0].price.at(hour * 3600.0) for hour in (0, 1, 17)] == [0.3, 0.8, 0.3]
    plain = tree_of(Charging(), chargers())
    assert (plain.daily, plain.meters, plain.limit_w.tolist()) == ((), None, [np.inf, np.inf])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"sites": {"c9": {}}}, "sites.c9: no such site: must be one of c0, c1"),
        ({"sites": {"c0": {"connector": "ccs2", "phases": 3}}}, "sites.c0.phases = 3: ccs2 has direct current"),
        (
            {"sites": {"c1": {"connector": "type2", "min_current_a": 16.0}}},
            "sites.c1: its piles' least current makes 11040 W, but c1 gives 7000 W at most",
        ),
        (
            {"sites": {"c1": {"connector": "type2", "limit_w": 4e3}}},
            "sites.c1.limit_w = 4000: below the 4140 W that a pile of c1 gives at least: none could ever charge",
        ),
        ({"feeders": {"c0": {"limit_w": 1.0, "of": ["c1"]}}}, "feeders.c0: must not have the name of a site"),
        ({"tariffs": {"t": {"price": 1.0, "of": ["c7"]}}}, "tariffs.t.of: 'c7': must be one of c0, c1"),
    ],
)
def test_what_cannot_be(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}"):
        tree_of(Charging(**said), chargers())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"tariffs": {"t": {"price": PRICES[:1]}}}, r"tariffs.t.price = .*: nothing is said of 00:00 to 06:00"),
        ({"tariffs": {"t": {"price": [*PRICES, PRICES[0]]}}}, r"tariffs.t.price = .*: 06:00 to 22:00 is said twice"),
        ({"tariffs": {"t": {"price": "dear"}}}, 'tariffs.t.price = "dear": must be a number, 0..1e.06, or rows'),
        ({"tariffs": {"t": {"price": []}}}, "tariffs.t.price = .*: must not be empty"),
        ({"sites": {"c": {"limit_w": -1.0}}}, "sites.c.limit_w = -1.0: must be a number, 0..1e.12"),
        (
            {"sites": {"c": {"limit_w": [NIGHT[0] | {"end": "6:00"}]}}},
            r"sites.c.limit_w\[0\].end = .*: must be a time of",
        ),
        ({"sites": {"c": {"connector": "plug"}}}, 'sites.c.connector = "plug": must be one of type1, type2, gbt-ac'),
        ({"sites": {"c": {"phases": 4}}}, "sites.c.phases = 4: must be"),
        ({"sites": {"c": {"storage": {"power_w": 1.0}}}}, "sites.c.storage.capacity_wh: missing: What it holds"),
        (
            {"sites": {"c": {"storage": BATTERY | {"charge": 2.0}}}},
            "sites.c.storage.charge = 2.0: must be between 0 and 1",
        ),
        ({"sites": {"c": {"pv_w": "sunny"}}}, 'sites.c.pv_w = "sunny": must be a number, 0..1e.12, or rows'),
        (
            {"tariffs": {"t": {"price": PRICES, "feed_in": 0.4}}},
            "tariffs.t.feed_in = 0.4: must not be above the lowest",
        ),
    ],
)
def test_one_line_of_a_field(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ScenarioError, match=f"charging.{told}") as caught:
        Scenario.load("crossing").replace({f"charging.{name}": value for name, value in said.items()})
    assert "\n" not in str(caught.value)


def test_a_scenario_is_written_as_it_was_said() -> None:
    said = {"charging.tariffs": {"t": {"price": PRICES}}, "charging.sites": {"mill": {"limit_w": 5e4}}}
    text = to_toml(Scenario.load("crossing").replace(said))
    assert "limit_w = 50000.0" in text
    assert '{ begin = "22:00", end = "06:00", price_per_kwh = 0.3 }' in text


# The site's piles become ones of 6 A at least, and its limit falls, and the price, while vehicles charge.
SAID = {
    "scenario.end": 300.0,
    "charging.request_below": 0.9,
    "charging.target": 0.95,
    "scenario.clock": "21:56",
    "charging.sites": {"mill": {"limit_w": NIGHT, "pv_w": 3e3, "connector": "gbt-ac", "storage": BATTERY}},
    "charging.tariffs": {"t": {"price": PRICES, "demand_charge": 10.0, "demand_period": 60.0}},
}


def _run(power: str) -> dict[str, Any]:
    """What a run came to, and at each tick: the time, what vehicles at piles are told together, and the least of it."""
    with Simulation(Scenario.load("crossing").replace(SAID | {"charging.power": power})) as simulation:
        electric = simulation.onboard.charging
        seen: list[tuple[float, float, float]] = []
        for tick in simulation:
            told = np.nan_to_num(electric.limit_w[electric.state == PLUGGED]) / 0.95
            flowing = told[told > 0.0]
            seen.append((tick.time, float(flowing.sum()), float(flowing.min(initial=np.inf))))
        tables = electric.tables(simulation.time)
        return {
            "kpis": electric.kpis(simulation.time),
            "seen": seen,
            "drawn_kwh": sum(row.energy_wh for row in tables["charging"].records) / 950.0,
            "meters": tables["charging-meters"].records,
        }


@pytest.mark.parametrize("power", ["equal", "mpc"])
def test_a_run(power: str) -> None:
    """The limit holds at every tick; nobody is told less than 6 A; what is billed was drawn."""
    found = in_child(_run, power)
    figures = found["kpis"]
    assert figures["charging.over_limit_s"] == 0.0
    day = [watts for time, watts, _ in found["seen"] if time < 240.0 - 2.0]
    night = [watts for time, watts, _ in found["seen"] if time >= 240.0]
    assert 3.3e4 < max(day) <= 6.3e4 + 1.0
    assert 2.2e4 < max(night) <= 3.3e4 + 1.0
    assert min(least for *_, least in found["seen"]) >= 6 * 220.0 - 2.0
    assert figures["charging.pv_kwh"] == pytest.approx(3.0 * 300.0 / 3600.0)
    from_grid = figures["charging.billed_kwh"] - figures["charging.fed_in_kwh"]
    stored = figures["charging.storage_given_kwh"] - figures["charging.storage_taken_kwh"]
    assert figures["charging.storage_given_kwh"] > 0.0
    assert from_grid + figures["charging.pv_kwh"] + stored == pytest.approx(found["drawn_kwh"], rel=1e-3)
    (meter,) = found["meters"]
    assert meter.energy_cost == figures["charging.energy_cost"]
    assert meter.demand_cost == pytest.approx(10.0 * meter.peak_w / 1e3)
    assert 2e4 < meter.peak_w < 5e4 * 1.005


def test_one_line_of_a_plan_that_is_too_fine() -> None:
    done = wayside("check", "crossing", "--set", "charging.power={use='mpc', step=1}")
    assert "charging.power.step = 1: must be at least 150 s" in done.stderr
    assert done.stderr.count("\n") == 1
