"""Drivers who are warned: whom a hazard concerns, in arrays; and in a run, by messages that are received or not."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.sim.children import hashes, in_child, wayside
from tests.sim.networks import configure, netconvert
from tests.sim.stations.test_fleet import city
from wayside import Scenario, Simulation
from wayside.edge.messages import Denm
from wayside.edge.platform import CityPlatform
from wayside.sim.onboard.hazards import HazardReaction
from wayside.sim.sumo.commands import SpeedAdvice

JAM = 1


def town(count: int = 4, **options: float) -> HazardReaction:
    """Vehicles v0, v1, ... at x = 0, 100, 200 ... m, heading east, with units."""
    _, fleet = city([f"v{i}" for i in range(count)])
    table = fleet.vehicles
    table.x[:count], table.y[:count], table.heading[:count] = 100.0 * np.arange(count), 0.0, 90.0
    fleet.active[:count] = 1
    service = HazardReaction.__new__(HazardReaction)
    for name, value in options.items():
        setattr(service, name, value)
    service.__init__(cast(Any, SimpleNamespace(fleet=fleet, platform=CityPlatform())))  # type: ignore[misc]
    service.admit(np.arange(count, dtype=np.int32))
    return service


def slots(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def ordered(service: HazardReaction, now: float) -> dict[str, float]:
    service.every_second(1.0, now)
    found = {cast(SpeedAdvice, order).vehicle: cast(SpeedAdvice, order).speed for order in service.orders}
    service.orders.clear()
    return found


def test_whoever_hears_of_a_hazard_ahead_and_near_slows_down_and_drives_on_behind_it() -> None:
    service = town()
    service.told(Denm(JAM, (220.0, 0.0), 60.0), slots(0, 1, 3), 0.0)
    assert ordered(service, 1.0) == {"v1": 8.33}, "v0 is too far, v2 has heard nothing, v3 is past it"
    assert ordered(service, 2.0) == {}, "said once"
    table = service.fleet.vehicles
    table.x[:2] = 150.0, 230.0
    assert ordered(service, 3.0) == {"v0": 8.33, "v1": -1.0}
    table.heading[0] = 270.0
    assert ordered(service, 4.0) == {"v0": -1.0}, "it has turned away"
    figures = service.kpis(4.0)
    assert (figures["hazards.warned"], figures["hazards.slowed"]) == (3, 2)


def test_it_is_over_when_its_time_is_or_when_that_is_said() -> None:
    service = town(2)
    service.told(Denm(JAM, (200.0, 0.0), 10.0), slots(1), 0.0)
    assert ordered(service, 1.0) == {"v1": 8.33}
    assert ordered(service, 9.0) == {}
    assert ordered(service, 10.0) == {"v1": -1.0}
    service.told(Denm(JAM, (200.0, 0.0), 60.0), slots(1), 11.0)
    assert ordered(service, 12.0) == {"v1": 8.33}
    service.told(Denm(JAM, (50.0, 0.0), 60.0, over=True), slots(1), 13.0)
    assert ordered(service, 13.0) == {}, "another one"
    service.told(Denm(JAM, (200.0, 0.0), 60.0, over=True), slots(1), 14.0)
    assert ordered(service, 14.0) == {"v1": -1.0}


def test_of_several_each_counts() -> None:
    service = town(1)
    for x, now in ((500.0, 0.0), (140.0, 0.1), (700.0, 0.2)):
        service.told(Denm(JAM, (x, 0.0), 60.0), slots(0), now)
    assert ordered(service, 1.0) == {"v0": 8.33}
    service.told(Denm(JAM, (140.0, 0.0), 60.0, over=True), slots(0), 1.5)
    assert ordered(service, 2.0) == {"v0": -1.0}


def test_news_of_an_event_takes_its_place() -> None:
    service = town(1)
    service.told(Denm(JAM, (400.0, 0.0), 60.0, event=(9, 1)), slots(0), 0.0)
    assert ordered(service, 1.0) == {}
    service.told(Denm(JAM, (140.0, 0.0), 60.0, event=(9, 1)), slots(0), 1.0)
    assert ordered(service, 2.0) == {"v0": 8.33}
    service.told(Denm(0, (140.0, 0.0), 60.0, over=True, event=(9, 2)), slots(0), 2.0)
    assert ordered(service, 3.0) == {}, "another one"
    service.told(Denm(0, (140.0, 0.0), 60.0, over=True, event=(9, 1)), slots(0), 3.0)
    assert ordered(service, 4.0) == {"v0": -1.0}
    assert len(service.known) == 0, "nobody knows of it any more"


class Roads:
    """A road to the east and one beside it, on neither of which a message's place is found: only geometry counts."""

    def locate(self, *of: object) -> Any:
        return SimpleNamespace(edge=np.array([-1]))


def test_only_who_is_on_a_way_that_leads_there() -> None:
    """The way comes from the south and turns to the east at (0, 0); v0 to v3 are at x = 0, 100, 200, 300."""
    service = town(4, distance=1000.0)
    service.__dict__["_roads"] = Roads()
    hazard = Denm(JAM, (220.0, 0.0), 60.0, traces=(((100.0, 0.0), (0.0, 0.0), (0.0, -300.0)),))
    service.told(hazard, slots(0, 1, 2, 3), 0.0)
    assert ordered(service, 1.0) == {"v0": 8.33, "v1": 8.33, "v2": 8.33}, "v3 is past it"
    table = service.fleet.vehicles
    table.y[1] = 40.0  # on another road
    table.heading[2] = 0.0  # it crosses the way
    table.x[0], table.y[0], table.heading[0] = 0.0, -200.0, 0.0  # further back on the way, going north
    assert ordered(service, 2.0) == {"v1": -1.0, "v2": -1.0}
    table.heading[0] = 180.0  # away from it
    assert ordered(service, 3.0) == {"v0": -1.0}


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_the_share_and_who_it_is(share: float) -> None:
    service = town(200, compliance=share)
    service.fleet.vehicles.x[:200] = 0.0
    service.told(Denm(JAM, (100.0, 0.0), 60.0), np.arange(200, dtype=np.int32), 0.0)
    slowed = ordered(service, 1.0)
    assert len(slowed) == sum(service.fleet.complies("hazards", slot, share) for slot in range(200))
    assert len(slowed) / 200 == pytest.approx(share, abs=0.1)


def test_the_next_in_a_slot_knows_nothing() -> None:
    service = town(2)
    service.told(Denm(JAM, (200.0, 0.0), 60.0), slots(1), 0.0)
    ordered(service, 1.0)
    service.gone(slots(1), 2.0)
    service.admit(slots(1))
    assert ordered(service, 3.0) == {}


MODULE = '''
from wayside import App, every
from wayside.edge.messages import denm

class Warns(App):
    """A hazard in the middle of the junction."""
    @every(1.0)
    def say(self):
        self.send(denm(cause="accident", position=self.position, validity=30.0), radius=300)
'''


def run(folder: Path, name: str, *changes: str) -> dict[str, float]:
    told = [part for change in changes for part in ("--set", change)]
    done = wayside("run", "crossing", "--until", 120, "--out", folder / name, *told, cwd=folder)
    assert done.returncode == 0, done.stderr
    kpis: dict[str, float] = json.loads((folder / name / "summary.json").read_text())["kpis"]
    return kpis


def test_in_a_run_a_hazard_slows_traffic_and_only_those_who_receive_it(tmp_path: Path) -> None:
    (tmp_path / "warns.py").write_text(MODULE)
    apps = "rsu.0.apps=['signals', 'warns:Warns']"
    calm = run(tmp_path, "calm", apps, "v2x.penetration=1", "v2x.services=[{use='hazards', compliance=0}]")
    slow = run(tmp_path, "slow", apps, "v2x.penetration=1", "v2x.services=['hazards']")
    assert slow["hazards.slowed"] > 10
    assert slow["vehicles.mean_speed_m_s"] < calm["vehicles.mean_speed_m_s"]
    assert calm["hazards.warned"] > 10
    assert calm["hazards.slowed"] == 0
    deaf = run(tmp_path, "deaf", apps, "v2x.penetration=1", "v2x.range=1", "v2x.services=['hazards']")
    assert deaf["hazards.warned"] == 0
    # Steps of 1 s with SUMO going ahead or not: an order never comes too late.
    coarse = run(tmp_path, "coarse", apps, "v2x.penetration=1", "sumo.step_length=1")
    assert coarse["hazards.slowed"] > 10


def test_without_hazards_nothing_changes(tmp_path: Path) -> None:
    run(tmp_path, "with")
    run(tmp_path, "without", "v2x.services=['parking', 'charging']")
    before, after = hashes(tmp_path / "without"), hashes(tmp_path / "with")
    assert {name for name in before if before[name] != after[name]} <= {"scenario.toml", "summary.json"}


RING_NODES = """<nodes><node id="a" x="0" y="0"/><node id="b" x="300" y="0"/><node id="c" x="700" y="0"/>
    <node id="d" x="1000" y="0"/><node id="e" x="500" y="150"/><node id="f" x="500" y="-200"/></nodes>"""
RING_EDGES = """<edges><edge id="in" from="a" to="b" speed="20"/><edge id="straight" from="b" to="c" speed="20"/>
    <edge id="out" from="c" to="d" speed="20"/><edge id="up" from="b" to="e" speed="14"/>
    <edge id="down" from="e" to="c" speed="14"/><edge id="off" from="b" to="f" speed="14"/></edges>"""
CARS = """<flow id="through" begin="0" end="100" period="5" departSpeed="15"><route edges="in straight out"/></flow>
    <flow id="aside" begin="0" end="100" period="7" departSpeed="15"><route edges="in off"/></flow>"""


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A road that divides, with a longer way round its middle part."""
    folder = tmp_path_factory.mktemp("fork")
    netconvert(folder, RING_NODES, RING_EDGES)
    return str(configure(folder, CARS, end=160, step_length=0.5))


def driven(config: str, site: dict[str, Any], *changes: tuple[str, Any], **service: Any) -> Any:
    """Of each vehicle the edges that it drove and its least speed on `in`; key figures."""
    said: dict[str, Any] = {
        "v2x.penetration": 1.0,
        "v2x.range": 1500.0,
        "v2x.services": [{"use": "hazards", **service}],
        "rsu": [{"at": [300.0, 250.0], "apps": [{"use": "hazards", "detect": [], "sites": [site]}]}],
    }
    edges: dict[str, set[str]] = {}
    least: dict[str, float] = {}
    with Simulation(Scenario.load(config).replace(said | dict(changes))) as simulation:
        for tick in simulation:
            table, ids = tick.vehicles, simulation.network.edge_ids
            for slot in np.flatnonzero(table.lane[: table.extent] >= 0).tolist():
                name, edge = str(table.ids[slot]), ids[table.edge[slot]]
                if not edge.startswith(":"):  # a junction may be crossed within a step
                    edges.setdefault(name, set()).add(edge)
                if edge == "in" and table.lane_position[slot] > 180.0:
                    least[name] = min(least.get(name, 99.0), float(table.speed[slot]))
        return edges, least, simulation.metrics.kpis()


WORKS = {"cause": "roadworks", "edge": "straight", "at": 40.0}


def test_who_turns_off_before_it_does_not_slow_down(fork: str) -> None:
    """All are on the way that leads to it, and their own plans tell them apart."""
    edges, least, figures = in_child(driven, fork, WORKS)
    through = [name for name in least if name.startswith("through")]
    assert max(least[name] for name in through) < 9.0
    free, unhurried, _ = in_child(driven, fork, WORKS, compliance=0.0)
    assert np.median([unhurried[name] for name in through]) > 12.0
    assert len(through) - 2 <= figures["hazards.slowed"] <= len(through) < len(least)
    assert figures["hazards.warned"] >= len(least) - 1
    assert (figures["hazards.said"], figures["hazards.rerouted"]) == (1, 0)
    assert edges == free


@pytest.mark.parametrize(
    ("closed", "delay", "round_"), [([True], 60.0, True), ([], 60.0, True), ([], 1.0, False)], ids=str
)
def test_some_take_another_way(fork: str, closed: list[bool], delay: float, round_: bool) -> None:
    """Where it closes the road, or holds up for longer than the other way takes."""
    site = {**WORKS, "closed": closed} if closed else WORKS
    # Nobody slows down: how long the road takes now is what its own limit makes it.
    edges, _, figures = in_child(driven, fork, site, compliance=0.0, reroute=1.0, delay=delay)
    through = {name: on for name, on in edges.items() if name.startswith("through")}
    around = [name for name, on in through.items() if "up" in on]
    if not round_:
        assert around == []
        assert figures["hazards.rerouted"] == 0
        return
    assert len(around) >= len(through) - 2, "but who was past the fork as the first message came"
    assert figures["hazards.rerouted"] == len(around)
    edges, _, figures = in_child(driven, fork, site, reroute=0.4, delay=delay)
    assert 0 < figures["hazards.rerouted"] < len(around)


def test_nobody_drives_another_way_for_rain_or_when_it_is_over(fork: str) -> None:
    rain = {**WORKS, "cause": "adverse-weather-adhesion"}
    _, _, figures = in_child(driven, fork, rain, reroute=1.0)
    assert figures["hazards.rerouted"] == 0
    edges, _, figures = in_child(driven, fork, {**WORKS, "end": 30.0}, reroute=1.0)
    assert 0 < figures["hazards.rerouted"] < 10
    assert figures["hazards.cancelled"] == 1
    assert "up" not in edges["through.19"]


def crashes(seed: int, on: bool) -> tuple[int, int, float]:
    """Collisions and emergency brakings that SUMO reports on the crossing, and how often somebody slowed down."""
    apps = [
        {"use": "hazards", "queue_vehicles": 2, "sites": [{"cause": "roadworks", "edge": "crossing-east", "at": 60.0}]}
    ]
    signs = [
        {"edge": "west-crossing", "start": 100.0, "speed": 6.0},
        {"edge": "west-crossing", "start": 200.0, "closed": [1]},
    ]
    said = {
        "scenario.seed": seed,
        "scenario.end": 250.0,
        "demand.scale": 2.0,
        "v2x.penetration": 0.7,
        "v2x.services": [{"use": "hazards", "reroute": 0.5}, "signage"] if on else [],
        "rsu.0.apps": ["signals", *apps, {"use": "signage", "signs": signs}] if on else ["signals"],
        "sumo.options": {"collision.check-junctions": True, "collision.action": "warn"},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Simulation(Scenario.load("crossing").replace(said)) as simulation:
            simulation.run()
            api, figures = simulation.backend.api.simulation, simulation.metrics.kpis()
            count = int(api.getParameter("", "stats.safety.collisions"))
            brakings = int(api.getParameter("", "stats.safety.emergencyBraking"))
            return count, brakings, figures.get("hazards.slowed", 0.0) + figures.get("signage.limited", 0.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_advice_makes_anybody_collide(seed: int) -> None:
    with_it, without = in_child(crashes, seed, True), in_child(crashes, seed, False)
    assert with_it[2] > 20
    assert with_it[0] <= without[0]
    assert with_it[0] == 0
    assert with_it[1] <= without[1] + 1
