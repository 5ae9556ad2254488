"""GLOSA and red-light warning: the equation, and in runs what SUMO's own trip records say of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.sim.children import hashes, in_child, wayside
from tests.sim.networks import configure, netconvert
from wayside.sim.engine import Simulation
from wayside.sim.onboard.glosa import speed_for
from wayside.sim.scenario import Scenario

# A road of 600 m to a light that is green for 20 of 60 s, and one that crosses it.
NODES = """<nodes><node id="w" x="0" y="0"/><node id="m" x="600" y="0" type="traffic_light"/>
    <node id="e" x="1200" y="0"/><node id="s" x="600" y="-600"/><node id="n" x="600" y="600"/></nodes>"""
EDGES = """<edges><edge id="in" from="w" to="m" speed="13.9"/><edge id="out" from="m" to="e" speed="13.9"/>
    <edge id="up" from="s" to="m" speed="13.9"/><edge id="on" from="m" to="n" speed="13.9"/></edges>"""
PROGRAM = """<tlLogic id="m" type="static" programID="p" offset="0"><phase duration="{red}" state="{cross}"/>
    <phase duration="3" state="{y}"/><phase duration="20" state="{go}"/><phase duration="3" state="{z}"/></tlLogic>"""
CAR = '<vType id="car" sigma="0" speedFactor="1" {}/>'


def town(folder: Path, routes: str, red: int = 45, how: str = "", flows: str = "", **options: object) -> str:
    """A configuration; the road from the west has red first."""
    folder.mkdir()
    netconvert(folder, NODES, EDGES)
    net = ElementTree.parse(folder / "net.net.xml")
    links = {int(c.attrib["linkIndex"]): c.attrib["from"] for c in net.iter("connection") if "tl" in c.attrib}
    letters = [{"in": west, "up": south}[links[k]] for west, south in ("rG", "ry", "Gr", "yr") for k in sorted(links)]
    cross, y, go, z = ("".join(letters[k : k + len(links)]) for k in range(0, len(letters), len(links)))
    program = PROGRAM.format(red=red, cross=cross, y=y, go=go, z=z)
    said = {"tripinfo_output": "trips.xml", "collision_output": "collisions.xml", "step_length": 0.2, "end": 120}
    return str(configure(folder, flows or CAR.format(how) + routes, program, **{**said, **options}))


ONE = '<vehicle id="a" type="car" depart="0" departSpeed="max"><route edges="in out"/></vehicle>'


def run(config: str, out: Path, **of: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The service's key figures of several runs, each by its name, with options and changes of the scenario."""
    found = {}
    for name, (options, changes) in of.items():
        services = [{"use": "signal_advice", **options}]
        said = {"v2x.services": services, "v2x.origin": (31.0, 121.0), "v2x.range": 500.0, **changes}
        with Simulation(Scenario.load(config).replace(said), out=out / name) as simulation:
            figures = simulation.run()
        found[name] = {
            key.partition(".")[2]: value for key, value in figures.items() if key.startswith("signal_advice.")
        }
    return found


def stops(out: Path) -> dict[str, int]:
    """How often each vehicle stood, by SUMO."""
    trips = ElementTree.parse(out / "sumo" / "trips.xml").iter("tripinfo")
    return {trip.attrib["id"]: int(trip.attrib["waitingCount"]) for trip in trips}


@given(
    distance=st.floats(1.0, 500.0), speed=st.floats(0.0, 30.0), seconds=st.floats(0.5, 90.0), braking=st.floats(0.5, 5)
)
def test_who_keeps_the_speed_is_there_in_time(distance: float, speed: float, seconds: float, braking: float) -> None:
    """Driven step by step, braking and then even: as far as the line, or slower is not possible."""
    (kept,) = speed_for(*(np.array([value]) for value in (distance, speed, seconds)), braking).tolist()
    at = np.linspace(0.0, seconds, 20_001)
    driven = np.maximum(speed - braking * at, kept) if kept < speed else np.full_like(at, kept)
    metres = float(np.trapezoid(driven, at))
    if kept == 0.0:
        stopped = min(speed**2 / (2.0 * braking), speed * seconds - braking * seconds**2 / 2.0)
        assert metres >= distance - 0.1 or speed - braking * seconds > 0.0 or stopped >= distance - 0.1
        return
    assume(speed - braking * seconds <= kept + 1e-9)
    assert metres == pytest.approx(distance, rel=1e-3, abs=0.1)


NOBODY: dict[str, Any] = {"compliance": 0.0}


@pytest.mark.parametrize("family", ["etsi", "csae"])
def test_a_car_alone_comes_at_green(tmp_path: Path, family: str) -> None:
    config, said = town(tmp_path / "town", ONE), {"v2x.family": family}
    found = in_child(run, config, tmp_path, off=(NOBODY, said), on=({}, said))
    assert (found["off"]["advised"], found["on"]["advised"]) == (0, 1)
    assert (stops(tmp_path / "off"), stops(tmp_path / "on")) == ({"a": 1}, {"a": 0})
    assert found["on"]["warned"] == found["off"]["warned"] == found["on"]["red_passes"] == 0


def test_who_hears_nothing_or_need_not_slow_down_is_not_advised(tmp_path: Path) -> None:
    config = town(tmp_path / "town", ONE)
    deaf, none = {"v2x.range": 1.0}, {"v2x.penetration": 0.0}
    slow, near = {"lowest": 13.5}, {"distance": 5.0}
    found = in_child(run, config, tmp_path, deaf=({}, deaf), none=({}, none), slow=(slow, {}), near=(near, {}))
    green = town(tmp_path / "green", ONE.replace('depart="0"', 'depart="28"'))
    found |= in_child(run, green, tmp_path, free=({}, {}))
    assert {name: one["advised"] for name, one in found.items()} == dict.fromkeys(found, 0)


def test_the_queue_is_allowed_for(tmp_path: Path) -> None:
    """Six cars stand at the line: who is advised to come after they have left need not stand."""
    stands = '<vehicle id="q{}" type="car" depart="0" departPos="{}" departSpeed="0"><route edges="in out"/></vehicle>'
    queue = "".join(stands.format(k, 590 - 8 * k) for k in range(6))
    config = town(tmp_path / "town", queue + ONE.replace('depart="0"', 'depart="4"'))
    in_child(run, config, tmp_path, on=({"headway": 2.2, "sight": 400.0}, {}), blind=({"headway": 0.0}, {}))
    assert stops(tmp_path / "on")["a"] == 0
    assert stops(tmp_path / "blind")["a"] >= 0


BOTH = """<flow id="s" type="car" begin="0" end="280" probability="0.25" departSpeed="max"><route edges="up on"/></flow>
    <flow id="w" type="car" begin="0" end="280" probability="0.25" departSpeed="max"><route edges="in out"/></flow>"""


def test_who_runs_red_is_warned_and_nobody_else(tmp_path: Path) -> None:
    config = town(tmp_path / "town", BOTH, red=20, end=300)
    wild = NOBODY | {"runners": 1.0, "run_within": 4.0, "heed": 0.0}
    tame = wild | {"heed": 1.0}
    deaf = {"v2x.penetration": 0.0}
    found = in_child(run, config, tmp_path, usual=(NOBODY, {}), wild=(wild, {}), tame=(tame, {}), deaf=(tame, deaf))
    assert found["usual"]["warned"] == found["usual"]["red_passes"] == 0
    assert found["wild"]["red_passes"] >= found["wild"]["red_encounters"] > 2
    assert found["wild"]["warned"] > 2
    assert found["wild"]["braked"] == 0
    assert found["tame"]["braked"] == found["tame"]["warned"] > 2
    assert found["tame"]["red_passes"] == found["tame"]["red_encounters"] == 0
    assert found["deaf"]["unequipped.red_passes"] == found["deaf"]["red_passes"] > 2
    assert found["deaf"]["warned"] == 0


@pytest.mark.parametrize("how", ['decel="6.5"', 'sigma="0.5" speedFactor="1.3"'])
def test_who_would_stop_by_itself_is_not_warned(tmp_path: Path, how: str) -> None:
    """Whatever the step, Euler's method or the ballistic one, and at lights that follow the traffic."""
    car = CAR.replace('sigma="0" speedFactor="1"', "") if "sigma" in how else CAR
    flows = car.format(how) + BOTH
    cases: dict[str, Any] = {"step": {"step_length": 0.5}, "second": {"step_length": 1.0}}
    cases["ballistic"] = {"step_length": 1.0, "step_method.ballistic": "true"}
    for name, options in cases.items():
        config = town(tmp_path / name, "", red=20, end=300, flows=flows, **options)
        actuated = {"signals.control": "actuated"} if name == "second" else {}
        found = in_child(run, config, tmp_path / f"{name}-out", usual=(NOBODY, actuated))
        assert found["usual"]["warned"] == 0, name
        assert found["usual"]["red_passes"] == 0, name


def test_sumos_own_violators_are_warned(tmp_path: Path) -> None:
    """Types with jmDriveAfterRedTime drive on by themselves."""
    config = town(tmp_path / "town", BOTH, red=20, how='jmDriveAfterRedTime="4" jmDriveRedSpeed="20"', end=300)
    found = in_child(run, config, tmp_path, wild=(NOBODY | {"heed": 0.0}, {}), tame=(NOBODY | {"braking": 3.5}, {}))
    assert found["wild"]["red_passes"] > 2
    assert found["tame"]["braked"] > 2
    assert found["tame"]["red_passes"] == 0


def test_it_disturbs_nobody_who_does_not_obey(tmp_path: Path) -> None:
    options = "v2x.services=['parking', 'charging', 'hazards', {use='signal_advice', compliance=0.0, heed=0.0}]"
    for name, change in (("with", options), ("without", "v2x.penetration=0.6")):
        done = wayside("run", "crossing", "--until", 90, "--out", tmp_path / name, "--set", change)
        assert done.returncode == 0, done.stderr
    before, after = hashes(tmp_path / "without"), hashes(tmp_path / "with")
    assert {name for name in before if before[name] != after[name]} <= {"scenario.toml", "summary.json"}


@pytest.mark.parametrize("pipeline", ["lockstep", "overlapped"])
def test_the_same_again(tmp_path: Path, pipeline: str) -> None:
    """Whether SUMO goes ahead or not, in steps of a second too."""
    changes = ["v2x.services=['signal_advice']", "v2x.penetration=1", "sumo.step_length=1"]
    changes += [f"scenario.pipeline='{pipeline}'"]
    told = [part for change in changes for part in ("--set", change)]
    for name in ("one", "other"):
        done = wayside("run", "crossing", "--until", 300, "--out", tmp_path / name, *told)
        assert done.returncode == 0, done.stderr
    assert hashes(tmp_path / "one") == hashes(tmp_path / "other")
    figures = json.loads((tmp_path / "one" / "summary.json").read_text())["kpis"]
    assert figures["signal_advice.advised"] > 5
    assert figures["commands.refused"] == 0


@pytest.mark.parametrize(
    ("option", "allowed"),
    [
        ("compliance=1.5", "between 0 and 1"),
        ("lowest=0.0", "above 0 and at most 100"),
        ("distance=-1.0", "above 0 and at most 2000"),
        ("period=0.0", "between 0.1 and 60"),
        ("headway=11.0", "between 0 and 10"),
        ("speed=5.0", "no such option"),
    ],
)
def test_a_wrong_option_is_one_line(option: str, allowed: str) -> None:
    done = wayside("run", "crossing", "--set", f"v2x.services=[{{use='signal_advice', {option}}}]", "--until", 1)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert f"v2x.services[0].{option.partition('=')[0]}" in line
    assert allowed in line
