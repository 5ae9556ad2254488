"""What a plug-in is called with is looked at before SUMO starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sim.children import wayside
from wayside import Scenario
from wayside.edge.errors import WaysideError
from wayside.sim.plugins import Names
from wayside.sim.scenario import resolved

MODULE = """
from wayside import App, Controller, Observer, OnboardService, every, on
from wayside.edge.messages import Denm

def none(): pass
def any_(*seen): pass
def three(requests, car_parks, more): pass
def four(requests, car_parks, more=1, *, context): pass

class NoArgument:
    def __call__(self, requests): pass

class Static:
    @staticmethod
    def __call__(requests, car_parks): pass

class Constructed:
    def __init__(self, x): pass
    def __call__(self, requests, car_parks): pass

class NoChoose(Controller): pass

class BadChoose(Controller):
    def choose(self): pass

class BadLight(Controller):
    def __init__(self): pass
    def choose(self, seen): pass

class Nothing(Observer):
    name = "nothing"
    def seen(self, tick): pass

class BadStep(Observer):
    name = "bad"
    def step(self): pass

class BadEnd(Observer):
    name = "bad"
    def kpis(self, now): pass

class BadService(OnboardService):
    name = "bad"
    def every_second(self, now): pass

class BadMade(OnboardService):
    name = "bad"
    def __init__(self): pass

class BadApp(App):
    def __init__(self): pass

class BadEvery(App):
    @every(1.0)
    def look(self, now): pass

class BadOn(App):
    @on(Denm)
    def heard(self): pass

class BadStart(App):
    def start(self, unit): pass

class BadRadio:
    def __init__(self, site): pass
    def carry(self): pass
"""

OPTIONED = '''

def cheap(requests, car_parks, *, walk: Annotated[float, Option("longest walk", unit="m", gt=0)] = 9.0): pass

class Calm(OnboardService):
    """Drives slowly."""
    name = "calm"
    most: Annotated[float, Option("highest speed", unit="m/s", gt=0)] = 5.0
'''

MISTAKES = [
    ("parking.policy", "none", "none(): must take (requests, car_parks) (HERE:5)"),
    ("parking.policy", "three", "three(requests, car_parks, more): must take (requests, car_parks) (HERE:7)"),
    ("parking.policy", "NoArgument", "NoArgument.__call__(self, requests): must take (requests, car_parks) (HERE:11)"),
    ("parking.policy", "Constructed", "Constructed(x): must take nothing but options (HERE:18)"),
    ("charging.policy", "three", None),
    (
        "charging.policy",
        "Static",
        "Static.__call__(requests, car_parks): must take (requests, chargers, ends) (HERE",
    ),
    ("charging.power", "none", "none(): must take (sessions, limits) (HERE:5)"),
    ("signals.control", "NoChoose", "NoChoose must have a method choose(seen)"),
    ("signals.control", "BadChoose", "BadChoose.choose(self): must take (seen) (HERE:24)"),
    ("signals.control", "BadLight", "BadLight(): must take (light) (HERE:27)"),
    ("record.observers", "Nothing", "Nothing must have a method of its own: begin(simulation), step(tick), "),
    ("record.observers", "BadStep", "BadStep.step(self): must take (tick) (HERE:36)"),
    ("record.observers", "BadEnd", "BadEnd.kpis(self, now): must take nothing (HERE:40)"),
    ("v2x.services", "BadService", "BadService.every_second(self, now): must take (seconds, now) (HERE:44)"),
    ("v2x.services", "BadMade", "BadMade(): must take (around) (HERE:48)"),
    ("rsu.0.apps", "BadApp", "BadApp(): must take (unit) (HERE:51)"),
    ("rsu.0.apps", "BadEvery", "BadEvery.look(self, now): must take nothing (HERE:54)"),
    ("rsu.0.apps", "BadOn", "BadOn.heard(self): must take (heard) (HERE:58)"),
    ("rsu.0.apps", "BadStart", "BadStart.start(self, unit): must take nothing (HERE:62)"),
    ("v2x.radio", "BadRadio", "BadRadio.carry(self): must take (out) (HERE:66)"),
    ("v2x.radio", "none", "none(): must take (site) (HERE:5)"),
    ("parking.policy", "any_", None),
    ("parking.policy", "four", None),
    ("parking.policy", "Static", None),
]


@pytest.mark.parametrize(("field", "name", "said"), MISTAKES, ids=[f"{field}-{name}" for field, name, _ in MISTAKES])
def test_what_a_plug_in_does_not_take_is_told_before_sumo_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, name: str, said: str | None
) -> None:
    (tmp_path / "mine.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    named = f"mine:{name}"
    changed = Scenario.load("crossing").replace(field, [named] if field.endswith("s") else named)
    if said is None:
        Names(resolved(changed))
        return
    with pytest.raises(WaysideError) as error:
        Names(resolved(changed))
    line = str(error.value)
    assert f"= 'mine:{name}': {said}".replace("HERE", str(tmp_path / "mine.py")) in line
    assert "\n" not in line


def test_the_options_of_what_is_not_registered(tmp_path: Path) -> None:
    imports = "from typing import Annotated\nfrom wayside import Option\n"
    (tmp_path / "mine.py").write_text(imports + MODULE + OPTIONED)
    told = wayside("plugins", "mine:Calm", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    head, about, _, option = told.stdout.splitlines()
    assert head.startswith("mine:Calm  wayside.services (v2x.services), ")
    assert about == "Drives slowly."
    assert option.split() == ["most", "number", "m/s", "above", "0", "5.0", "highest", "speed"]
    told = wayside("plugins", "mine:cheap", cwd=tmp_path)
    groups = [line for line in told.stdout.splitlines() if line.startswith("mine:cheap")]
    assert {head.split()[1] for head in groups} == {"wayside.parking", "wayside.power"}  # both are called with two
    assert f"{tmp_path}/mine.py:" in groups[0]
    for name, said in (
        ("mine:nope", "plugins = 'mine:nope': mine has no 'nope'"),
        ("nowhere:x", "plugins = 'nowhere:x': cannot import nowhere: ModuleNotFoundError"),
        ("mine:BadEvery", "plugins = 'mine:BadEvery': BadEvery.look(self, now): must take nothing"),
    ):
        told = wayside("plugins", name, cwd=tmp_path)
        assert told.returncode == 2
        assert told.stderr.startswith(f"wayside: {said}")
        assert len(told.stderr.splitlines()) == 1
