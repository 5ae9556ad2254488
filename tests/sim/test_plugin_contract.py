"""What every registered plug-in must do, an outsider's as well as ours."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.edge.charging import test_policies as charging
from tests.edge.control.test_guard import crossing
from tests.edge.doubles import unit
from tests.edge.parking import test_policies as parking
from tests.edge.pooled import assign
from tests.sim.air.towns import site, town
from tests.sim.plugged import context
from wayside import Observer, OnboardService, Scenario
from wayside.edge.app import App
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.power import Sessions, share
from wayside.edge.charging.sharing import equal
from wayside.edge.charging.state import ChargingPlatform
from wayside.edge.control.controller import Around, ControlledLight, Controller, SeenTraffic, checked
from wayside.edge.errors import PluginError, ScenarioError
from wayside.edge.parking.state import ParkingPlatform
from wayside.edge.platform import CityPlatform
from wayside.edge.plugin import Plugin
from wayside.edge.policy import locked
from wayside.edge.pool import Pooling
from wayside.sim.scenario.options import filled
from wayside.sim.scenario.registry import GROUPS, SHARED, Entry, entries
from wayside.sim.stations.fleet import Fleet
from wayside.sim.sumo.network import net_file, read_network
from wayside.sim.world import Signals, VehicleTable

Make = Callable[..., Any]


def apps(make: Make) -> None:
    here = unit()
    made = make(here)
    assert isinstance(made, App)
    made.start()


def parkings(make: Make) -> None:
    """Bays are handed out that are there, and no car park is written to."""
    policy, random = make(), np.random.default_rng(1)
    for _ in range(20):
        parks = [(tuple(random.integers(-9, 9, 2).tolist()), *random.integers(0, 4, 3).tolist()) for _ in range(4)]
        where = random.integers(-9, 9, (6, 2)).tolist()
        city = parking.city(parks)
        assign(ParkingPlatform(city, policy, 60.0), np.arange(6), parking.requests(where), 0.0)
        assert (city.reserved <= np.maximum(city.capacity - city.occupied, parking.city(parks).reserved)).all()


def chargings(make: Make) -> None:
    policy = make()
    for groups in ([], [(2, 60, [10, 20, -1], []), (1, 7, [5, -1, 5], [300])]):
        city = charging.city(groups)
        platform = ChargingPlatform(city, policy, equal, 60.0, 600.0)
        wishes = charging.requests([(0, 5000, 50), (1, 9000, 7), (2, 100, 50)], 600.0)
        assert len(assign(platform, np.arange(3), wishes, 0.0)) == 3


def powers(make: Make) -> None:
    policy, random = make(), np.random.default_rng(1)
    for n in (1, 2, 7):
        for limit in (0.0, 5e3, 1e6):
            limits = Limits.of(("a", "b"), np.array([limit, np.inf]), {"city": (6e3, ["a", "b"])})
            site, wanted = random.integers(0, 2, n).astype(np.int32), random.uniform(0.0, 5e4, n)
            ones, never = np.ones(n), np.full(n, np.nan)
            much = 1e4 * ones
            of = Sessions(np.arange(n), site, site, wanted, much, ones, 0.0 * ones, never, wanted, much)
            share(policy, of, limits)


def radios(make: Make) -> None:
    where = town(make(site()), n=20)
    carried = where.tick(where.speak())
    assert len(carried.at_vehicles) == len(where.out)


def services(make: Make) -> None:
    """It can be asked for everything, with nobody on the road."""
    made = make(surroundings())
    assert isinstance(made, OnboardService)
    made.every_second(1.0, 1.0)
    assert made.requests(1.0) == []
    assert not made.awaiting(1.0)
    assert all(name.startswith(f"{made.name}.") for name in made.kpis(1.0))
    assert all(name.partition("-")[0] == made.name for name in made.tables(1.0))


def controls(make: Make) -> None:
    """It answers a phase that there is, whatever it sees, and writes to nothing."""
    random = np.random.default_rng(1)
    plan = crossing().plan
    links = [(0, 0), (1, 1), (2, 0), (3, 1), (-1, -1)]
    lane, exit = (locked(np.array(rows, np.int32)) for rows in zip(*links, strict=True))
    ends = (locked(np.array([300.0, 80.0, 40.0, 200.0])), locked(np.full(4, 13.9)))
    known = locked(plan.stages), locked(plan.green), locked(plan.least_ms / 1000.0)
    beyond = locked(np.array([150.0, 90.0])), locked(plan.ways_s)
    light = ControlledLight("here", plan.states, *known, ("a", "b", "c", "d"), *ends, ("e", "f"), lane, exit, *beyond)
    made = make(light)
    assert isinstance(made, Controller)
    if not made.controls:
        return
    assert made.period > 0.0
    assert made.reach > 0.0
    for phase in plan.stages.tolist() * 5:
        before, after = random.integers(0, 20), random.integers(0, 9)
        around = Around(
            locked(random.integers(0, 4, before)),
            locked(random.uniform(0.0, made.reach, before)),
            locked(random.choice([0.0, 5.0, 13.0], before)),
            locked(np.arange(before)),
            locked(random.integers(0, 2, after)),
            locked(random.choice([0.0, 5.0, 13.0], after)),
        )
        seen = SeenTraffic(light, 5.0, phase, 7.0, around, locked(random.uniform(0.0, 90.0, 5)))
        assert checked(made.choose(seen), light, "here") in (-1, *plan.stages)


def observers(make: Make) -> None:
    made = make()
    assert isinstance(made, Observer)
    backend = SimpleNamespace(watch_trips=lambda: None)
    made.begin(SimpleNamespace(exchange=SimpleNamespace(kinds=("cam",)), backend=backend))
    assert all(name.startswith(f"{made.name}.") for name in made.kpis())
    assert all(name.partition("-")[0] == made.name for name in made.tables())


def surroundings() -> Any:
    """The crossing without car parks, chargers, lights that show anything, and vehicles."""
    scenario = Scenario.load("crossing")
    net = net_file(scenario.sumo.config)
    parks, chargers = parking.city([]), charging.city([])
    names = tuple(entry.code.name for entry in entries() if entry.group == "wayside.services")
    facilities = SimpleNamespace(
        car_parks=parks,
        car_park_of={},
        chargers=chargers,
        charger_of={},
        charger_area=[],
        charger_edges=np.empty(0, np.int32),
    )
    return SimpleNamespace(
        scenario=scenario,
        plugins=SimpleNamespace(
            policies={"parking.policy": None, "charging.policy": None, "charging.power": None},
            pooling={"parking.policy": Pooling(), "charging.policy": Pooling()},
        ),
        backend=SimpleNamespace(
            version=(1, 28, 0),
            time=0.0,
            watch_chargers=lambda ids, edges: None,
            api=None,
            signals=Signals(["tl_crossing"], [64]),
            option=lambda name: str(net),
            step_length=0.1,
        ),
        network=read_network(net),
        fleet=Fleet(VehicleTable(8), scenario.v2x, 1, names),
        facilities=facilities,
        platform=CityPlatform(),
    )


DOES = {
    "wayside.apps": apps,
    "wayside.parking": parkings,
    "wayside.charging": chargings,
    "wayside.power": powers,
    "wayside.radio": radios,
    "wayside.services": services,
    "wayside.control": controls,
    "wayside.observers": observers,
}


@pytest.mark.parametrize("group", GROUPS)
def test_everything_registered(group: str, everybody: list[Entry]) -> None:
    """It says what it is, declares its options well, can be made with their defaults, works, and takes no others."""
    mine = [entry for entry in everybody if entry.group == group]
    assert {entry.origin.split()[0] for entry in mine} == {"outsider", "wayside"}
    for entry in mine:
        assert not entry.broken, entry.about
        assert len(entry.about) > 10, f"{entry.name} has no docstring"
        assert all(len(row) == 6 and row[0] and row[1] and row[5] for row in entry.rows)
        values = filled(entry.code, {}, "a.field", entry.name, SHARED.get(group))
        assert list(values) == [option.name for option in entry.options]
        values = filled(entry.code, {}, "a.field", entry.name)
        with pytest.raises(ScenarioError, match=r"a\.field\.no_such: no such option of"):
            filled(entry.code, {"no_such": 1}, "a.field", entry.name)
        DOES[group](Plugin(entry.code, values, context()).make)


def test_the_contract_can_be_broken(everybody: list[Entry]) -> None:
    """Planted errors: a policy that hands out bays that are not there, and one that writes to what it is shown."""

    def overbooks(requests: Any, car_parks: Any) -> Any:
        from wayside.edge.parking.state import BayAssignment

        return BayAssignment(np.zeros(len(requests.x), np.int32), np.zeros(len(requests.x)))

    def writes(requests: Any, car_parks: Any) -> Any:
        car_parks.capacity[:] = 10**6
        return overbooks(requests, car_parks)

    for wrong, said in ((overbooks, "more bays given out"), (writes, "ValueError: .*read-only")):
        with pytest.raises(PluginError, match=said):
            parkings(Plugin(wrong, {}, context()).make)
