"""A unit's light as an application sees it, and what it may ask for."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.edge.doubles import unit
from wayside.edge.app import App
from wayside.edge.failures import FloodError
from wayside.edge.signal import Change, Layout, Phase, PhaseRequest

PHASES = tuple(
    Phase(number, state, 20.0, 5.0, 40.0, "y" not in state, "y" in state, False)
    for number, state in enumerate(("Gr", "yr", "rG", "ry"))
)


class Town:
    """One light that grants whatever it is asked."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.asked: list[PhaseRequest] = []

    def layout(self, light: int) -> Layout:
        return Layout("0", "static", PHASES, (), (1, 2, 3), (1, 2), self.refusal)

    def shows(self, light: int) -> tuple[str, int]:
        return "rG", 2

    def changes(self, light: int) -> dict[int, Change]:
        return {1: Change(3.0, math.inf, 9.0)}

    def holder(self, light: int) -> str:
        return "program"

    def ask(self, request: PhaseRequest) -> None:
        self.asked.append(request)


def app(town: Town | None = None, light: int = 0) -> App:
    here = unit(light)
    here.signals = town or Town()
    here.time = 10.0
    return App(here)


def signal(town: Town | None = None) -> Any:
    found = app(town).signal
    assert found is not None
    return found


def test_a_unit_without_a_light_has_none() -> None:
    assert app(light=-1).signal is None
    assert App(unit(0)).signal is None
    at_one = app()
    assert at_one.signal is at_one.signal


def test_what_is_seen() -> None:
    light = signal()
    assert (light.program, light.state, light.phase, light.holder) == ("0", "rG", 2, "program")
    assert light.phases == PHASES
    assert light.changes[1].latest == 9.0
    assert light.phases_of(1) == (0,)
    assert light.phases_of(3) == ()
    with pytest.raises(ValueError, match="group 7: must be one of 1, 2, 3"):
        light.phases_of(7)
    with pytest.raises(AttributeError):
        light.phase = 0


def test_what_becomes_of_a_request() -> None:
    town = Town()
    light = signal(town)
    made = light.request(phase=0, lasting=5.0, why="a bus")
    assert town.asked == [made]
    assert (made.phase, made.until, made.granted, made.active) == (0, 15.0, True, True)
    made.cancel()
    made.end("another word")
    assert (made.ended, made.active, made.granted) == ("cancelled", False, True)
    assert light.request(group=2, until=12.5, why="that shows").phase == 2
    assert light.request(group=1, why="until it is cancelled").until == math.inf
    line = light._app.unit.journal.last("here")[-1]
    assert line.why == "a bus"
    assert line.values == '{"phase": 0, "granted": true, "refused": ""}'


@pytest.mark.parametrize(
    ("asked", "refusal", "why"),
    [
        ({"phase": 1}, "", "phase 1 is no green phase"),
        ({"group": 3}, "", "no green phase has group 3"),
        ({"phase": 0}, "its program is of type NEMA", "its program is of type NEMA"),
    ],
)
def test_refusals(asked: dict[str, int], refusal: str, why: str) -> None:
    town = Town(refusal)
    made = signal(town).request(why="test", **asked)
    assert (made.refused, made.granted, made.active) == (why, False, False)
    assert town.asked == [made], "it is counted"
    made.cancel()
    assert made.ended == ""


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({}, "must have a phase or a group, and not both"),
    ({"phase": 0, "group": 1}, "must have a phase or a group, and not both"),
    ({"phase": 4}, r"request\(phase=4\): must be a whole number within 0\.\.3"),
    ({"phase": -1}, r"phase=-1\): must be a whole number"),
    ({"phase": 1.5}, r"phase=1\.5\): must be a whole number"),
    ({"phase": True}, r"phase=True\): must be a whole number"),
    ({"group": "north"}, r"group='north'\): must be the number of a signal group"),
    ({"group": 9}, "group 9: must be one of 1, 2, 3"),
    ({"phase": 0, "until": 20.0, "lasting": 3.0}, "must have `until` or `lasting`, or neither"),
    ({"phase": 0, "until": 10.0}, r"until=10\.0\): must be above 0 and at most 86400 s from now"),
    ({"phase": 0, "lasting": -3}, r"lasting=-3\): must be above 0"),
    ({"phase": 0, "lasting": math.nan}, r"lasting=nan\): must be above 0"),
    ({"phase": 0, "until": math.inf}, r"until=inf\): must be above 0"),
    ({"phase": 0, "until": "soon"}, r"until='soon'\): must be above 0"),
    ({"phase": 0, "why": ""}, r"why=''\): must be a text of 1 to 200 characters"),
    ({"phase": 0, "why": 5}, r"why=5\): must be a text"),
]


@pytest.mark.parametrize(("asked", "said"), MISTAKES, ids=[said[:40] for _, said in MISTAKES])
def test_mistakes(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        signal().request(**{"why": "test", **asked})


def test_a_flood() -> None:
    light = signal()
    for _ in range(10):
        light.request(phase=0, why="again")
    with pytest.raises(FloodError, match="asks for more than 10 phases in one tick"):
        light.request(phase=0, why="again")
