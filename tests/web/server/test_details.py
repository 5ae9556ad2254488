"""What the inspector is told of radios and of what vehicles know, as far as a scenario models it."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from tests.sim.children import in_child
from tests.sim.onboard.test_priority import buses
from wayside import Scenario, Simulation
from wayside.web.server.observer import Publisher


def told(changes: dict[str, object]) -> dict[str, Any]:
    """A unit and a vehicle on the air after a minute of the crossing; and the true distance from what it says."""
    wanted = {"v2x.penetration": 1.0, **changes}
    with Simulation(Scenario.load("crossing").replace(wanted)) as simulation:
        details = Publisher(simulation, lambda channel, payload: None).details
        for _ in islice(simulation, 600):
            pass
        fleet, table = simulation.fleet, simulation.vehicles
        slot = int(np.flatnonzero(fleet.active[: table.extent])[0])
        off = np.hypot(fleet.said_x[slot] - fleet.x[slot], fleet.said_y[slot] - fleet.y[slot])
        return {
            "unit": details.of("unit/0"),
            "vehicle": details.of(f"vehicle/{int(table.station[slot])}"),
            "off": float(off),
            "known": None if (near := simulation.exchange.neighbours) is None else len(near.of(slot)),
        }


def test_what_is_not_modelled_is_null() -> None:
    found = in_child(told, {})
    assert found["unit"]["busy_ratio"] is None
    for name in ("busy_ratio", "neighbours", "position_error"):
        assert found["vehicle"][name] is None
    assert 0.0 <= found["unit"]["age"] <= 2.0


def test_the_channel_the_neighbours_and_the_error() -> None:
    found = in_child(told, {"v2x.radio": "itsg5", "v2x.neighbours": True, "v2x.gnss_error": 3.0})
    unit, vehicle = found["unit"], found["vehicle"]
    assert 0.0 < unit["busy_ratio"] < 1.0
    assert 0.0 < vehicle["busy_ratio"] < 1.0
    assert vehicle["position_error"] == round(found["off"], 2)
    assert 0.0 < vehicle["position_error"] < 30.0
    assert vehicle["neighbours"] == found["known"] > 0


def ahead() -> list[tuple[dict[str, Any], float, float]]:
    """What vehicles of the crossing are told of the light ahead, how far the middle is, and its speed."""
    wanted = {"v2x.penetration": 1.0, "v2x.services": ["signal_advice"]}
    found = []
    with Simulation(Scenario.load("crossing").replace(wanted)) as simulation:
        details = Publisher(simulation, lambda channel, payload: None).details
        for tick in islice(simulation, 1500):
            if round(tick.time * 10) % 100:
                continue
            table = simulation.vehicles
            for slot in table.slots().tolist():
                told = details.of(f"vehicle/{int(table.station[slot])}")
                assert told is not None
                if told["signal_advice"] is not None:
                    to_junction = abs(table.x[slot]) + abs(table.y[slot])
                    found.append((told["signal_advice"], float(to_junction), float(table.speed[slot])))
    return found


def test_the_light_ahead_and_the_speed_advised() -> None:
    found = in_child(ahead)
    assert len(found) > 20
    assert {told["light"] for told, *_ in found} == {"light/0"}
    assert {told["state"] for told, *_ in found} >= {"red", "green"}
    advised = [told for told, *_ in found if told["advised"] is not None]
    assert all(told["advised"] >= 5.0 for told in advised)
    # Within the second since it was told that, it may have turned green.
    assert any(told["state"] == "red" and told["likely"] > 0.0 for told in advised)
    for told, metres, _ in found:
        assert abs(told["distance"] - metres) < 25.0, "the line is some metres before the middle"


def test_without_the_service_there_is_nothing_of_it() -> None:
    assert in_child(told, {})["vehicle"]["signal_advice"] is None


def asked(config: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """What is told of buses that ask for priority, and of the light's requests."""
    rsu = [{"at": "traffic-lights", "apps": ["signals", "priority"]}]
    wanted = {"v2x.services": ["priority"], "v2x.origin": (31.0, 121.0), "v2x.range": 500.0, "rsu": rsu}
    found = []
    with Simulation(Scenario.load(config).replace(wanted)) as simulation:
        details = Publisher(simulation, lambda channel, payload: None).details
        for tick in islice(simulation, 260):
            for slot in simulation.vehicles.slots().tolist():
                bus = details.of(f"vehicle/{int(tick.vehicles.station[slot])}")
                light = details.of("light/0")
                assert bus is not None
                assert light is not None
                if bus["priority"] is not None:
                    found.append((bus["priority"], light["requests"]))
    return found


def test_priority_that_is_asked_for(tmp_path: Path) -> None:
    found = in_child(asked, buses(tmp_path / "town", end=140))
    assert {one["light"] for one, _ in found} == {"light/0"}
    assert {one["role"] for one, _ in found} == {"publicTransport"}
    assert {one["status"] for one, _ in found} >= {"processing", "granted"}
    assert any("publicTransport" in request["why"] for _, requests in found for request in requests)
