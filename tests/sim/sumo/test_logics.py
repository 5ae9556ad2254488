"""Programs of other types than the net's: what SUMO is handed, and what it does with it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from tests.sim.children import in_child
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.logics import Logic, remade

STATES = (("29", "GGrr"), ("3", "yyrr"), ("2", "rrrr"), ("6", "rrGG"), ("3", "rryy"))


def logic(**attributes: str) -> Logic:
    told = {"id": "x", "type": "static", "programID": "0", "offset": "7", **attributes}
    return told, [{"duration": duration, "state": state} for duration, state in STATES]


def phases_of(text: bytes) -> list[dict[str, str]]:
    (found,) = ElementTree.fromstring(text)
    return [dict(phase.attrib) for phase in found.iter("phase")]


def test_static_made_actuated() -> None:
    attributes, phases = logic()
    phases[3] |= {"minDur": "7", "maxDur": "20"}
    text = remade([(attributes, phases)], "actuated", {"max-gap": "2.5"}, 50.0)
    (found,) = ElementTree.fromstring(text)
    assert (found.get("type"), found.get("programID"), found.get("offset")) == ("actuated", "actuated", "7")
    assert [(param.get("key"), param.get("value")) for param in found.iter("param")] == [("max-gap", "2.5")]
    bounds = [(phase.get("minDur"), phase.get("maxDur")) for phase in phases_of(text)]
    assert bounds == [("5", "50"), (None, None), (None, None), ("7", "20"), (None, None)]
    assert [phase["duration"] for phase in phases_of(text)] == [duration for duration, _ in STATES]


def test_the_one_that_runs_and_those_that_cannot_be() -> None:
    """The last one with phases; none of a type that SUMO runs otherwise, or whose phases choose the next."""
    assert remade([logic(type="NEMA")], "static", {}, 0.0).count(b"tlLogic") == 0
    attributes, phases = logic()
    phases[0]["next"] = "3"
    assert remade([(attributes, phases)], "static", {}, 0.0).count(b"<tlLogic") == 0
    other = logic(programID="1", type="actuated")
    other[1][0]["duration"] = "11"
    again = remade([logic(), other, (logic(programID="0")[0], [])], "static", {}, 0.0)
    assert [phase["duration"] for phase in phases_of(again)] == ["11", "3", "2", "6", "3"]


def ran(control: str) -> dict[str, Any]:
    changes = {"scenario.end": 300.0, "sumo.step_length": 1.0, "signals.control": control}
    with Simulation(Scenario.load("crossing").replace(changes)) as simulation:
        api, (id,) = simulation.backend.api.trafficlight, simulation.signals.ids
        texts = [tick.signals.text(0) for tick in simulation]
        (junction,) = simulation.exchange.messages.junctions
        return {
            "program": str(api.getProgram(id)),
            "known": [program.id for program in junction.programs],
            "texts": texts,
            "states": [program.states for program in junction.programs],
        }


@pytest.mark.parametrize(("control", "program"), [("fixed", "static"), ("actuated", "actuated")])
def test_what_sumo_runs(control: str, program: str) -> None:
    """The messages' program is the one that SUMO runs, with the phases of the net's."""
    found = in_child(ran, control)
    assert found["program"] == program
    assert program in found["known"]
    assert set(found["texts"]) <= set(found["states"][0])
    usual = in_child(ran, "program")
    assert (found["texts"] == usual["texts"]) == (control == "fixed")
