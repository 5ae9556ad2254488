"""What vehicles and units say in whole runs, where it is checked against the net and against SUMO."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.sim.children import in_child
from tests.sim.networks import configure, netconvert
from tests.sim.numbers import Kind
from wayside.edge.messages import build, denm
from wayside.edge.messages.build_roads import joined
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.sim.stations.packets import Packets

CASES = ROOT.parent / "shared" / "cases"
HERE: dict[str, object] = {"v2x.origin": (31.0, 121.0)}

needs_cases = pytest.mark.skipif(not CASES.exists(), reason="the cases are not in this checkout")
Heard = list[tuple[float, int, float, float, Any]]  # time, station, x, y, the message


def heard(what: str, changes: dict[str, object]) -> tuple[Heard, list[str]]:
    """What vehicles said in a run, and what the run warned of."""
    said: Heard = []

    def hear(packets: Packets) -> None:
        if packets.kind == Kind.CAM:
            octets = packets.octets()
            rows = zip(packets.sender.tolist(), packets.x.tolist(), packets.y.tolist(), strict=True)
            for k, row in enumerate(rows):
                said.append((packets.time, *row, build.decode(name, octets.one(k)).si))

    with warnings.catch_warnings(record=True) as found, Simulation(Scenario.load(what).replace(changes)) as simulation:
        warnings.simplefilter("always")
        name = "CAM" if simulation.scenario.v2x.family == "etsi" else "MESSAGE_FRAME"
        simulation.exchange.listeners.append(hear)
        simulation.run()
    return said, [str(one.message) for one in found]


def maps_heard(what: str) -> tuple[list[bytes], list[str]]:
    """The maps that were said in 3 s, and what the run warned of."""
    said: list[bytes] = []

    def hear(packets: Packets) -> None:
        if packets.kind == Kind.MAPEM:
            octets = packets.octets()
            said.extend(octets.one(k) for k in range(len(octets.offsets) - 1))

    scenario = Scenario.load(what).replace({"scenario.end": 3.0})
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        with Simulation(scenario) as simulation:
            simulation.exchange.listeners.append(hear)
            simulation.run()
    return said, [str(one.message) for one in found]


def hazards_at(what: str, places: list[tuple[float, float]]) -> list[float | None]:
    """The altitudes [m] of hazards at these places [m], in their octets."""
    with Simulation(Scenario.load(what).replace(HERE)) as simulation:
        said = simulation.exchange.messages
        octets = [said.say(0, denm("accident", place), 0.0).octets or b"" for place in places]
    management = [build.decode("DENM", one).si["denm"]["management"] for one in octets]
    return [one["eventPosition"]["altitude"]["altitudeValue"] for one in management]


def high(message: Any) -> Any:
    return message["cam"]["camParameters"]["highFrequencyContainer"][1]


@needs_cases
@pytest.mark.parametrize(
    "options", [{}, {"sumo.options": {"step-method.ballistic": "true"}}], ids=["euler", "ballistic"]
)
def test_nobody_drives_back_or_through_a_stop(options: dict[str, object]) -> None:
    """Told every 0.1 s at SUMO's steps of 1 s; the car stands at 800 m, for 20 s."""
    said, _ = in_child(heard, str(CASES / "backwards_step1" / "s.toml"), options)
    x = np.array([row[2] for row in said])
    assert np.diff(x).min() >= 0.0
    stands = np.array([high(message)["speed"]["speedValue"] == 0.0 for *_, message in said])
    assert stands.sum() > 10
    assert np.abs(x[stands] - 800.0).max() < 0.2
    assert x.max() < 800.2


@needs_cases
def test_how_vehicles_turn() -> None:
    """Yaw rates add up to the turns, one to the left and one to the right; curvature is that of the way."""
    what = str(CASES / "no_yaw_rate" / "s.toml")
    csae, _ = in_child(heard, what, {"v2x.family": "csae"})  # in every tick, positive to the right
    rates = {of: [message[1]["accelSet"]["yaw"] for _, who, *_, message in csae if who == of] for of in (0, 1)}
    assert [sum(rates[of]) * 0.1 for of in (0, 1)] == pytest.approx([-90.0, 90.0], abs=0.1)
    said, _ = in_child(heard, what, {})
    known = [high(message) for *_, message in said if high(message)["curvature"]["curvatureValue"] is not None]
    for one in known:
        yaw, speed = one["yawRate"]["yawRateValue"], one["speed"]["speedValue"]
        curvature = one["curvature"]["curvatureValue"]
        assert abs(curvature - np.radians(yaw) / speed) < 2e-4 or abs(curvature) > 0.102
        assert one["curvatureCalculationMode"] == "yawRateUsed"
    assert len(known) > 100


def test_heights_of_vehicles(tmp_path: Path) -> None:
    nodes = '<nodes><node id="a" x="0" y="0" z="3"/><node id="b" x="400" y="0" z="23"/></nodes>'
    netconvert(tmp_path, nodes, '<edges><edge id="up" from="a" to="b" speed="20"/></edges>')
    what = str(configure(tmp_path, '<vehicle id="a" depart="0"><route edges="up"/></vehicle>', end=60, step_length=0.1))
    said, _ = in_child(heard, what, HERE)
    for _, _, x, _, message in said:
        position = message["cam"]["camParameters"]["basicContainer"]["referencePosition"]
        assert position["altitude"]["altitudeValue"] == pytest.approx(3.0 + x / 20.0, abs=0.0051)
    assert in_child(hazards_at, what, [(100.0, 0.0), (390.0, 5.0)]) == pytest.approx([8.0, 22.5], abs=0.051)


@needs_cases
@pytest.mark.parametrize("family", ["etsi", "csae"])
def test_a_vehicle_faster_than_messages_can_say(family: str) -> None:
    case = str(CASES / "fast_vehicle" / "s.toml")
    said, _ = in_child(heard, case, {"v2x.family": family, "scenario.end": 5.0})
    speeds = {high(message)["speed"]["speedValue"] if family == "etsi" else message[1]["speed"] for *_, message in said}
    assert speeds == {163.82 if family == "etsi" else 163.8}


@needs_cases
def test_what_is_too_long_is_warned_of() -> None:
    changes: dict[str, object] = {"v2x.family": "csae", "scenario.end": 3.0}
    _, warned = in_child(heard, str(CASES / "map_336_lanes" / "s.toml"), changes)
    (warning,) = [text for text in warned if "a MAP of" in text]
    assert warning.endswith("octets with its headers is not sent: must be at most 1406")
    assert len([text for text in warned if "is not sent" in text]) <= 2  # once for each kind


@needs_cases
def test_a_map_that_is_too_long_is_told_in_layers() -> None:
    """All lanes that have numbers arrive, in packets of a size that there is; of the others there is a warning."""
    octets, warned = in_child(maps_heard, str(CASES / "map_336_lanes" / "s.toml"))
    assert max(map(len, octets)) <= 1398 - 4  # itsGnMaxSduSize, without BTP's header
    found = joined([build.decode("MAPEM", one) for one in octets])
    assert found is not None
    assert [lane["laneID"] for lane in found["laneSet"]] == list(range(1, 255))
    (warning,) = [text for text in warned if "lanes" in text]
    assert "has 336 lanes, of which a MAPEM has numbers for 254" in warning
    assert not [text for text in warned if "MAPEM of" in text]
