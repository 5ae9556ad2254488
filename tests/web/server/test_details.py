"""What the inspector is told of radios and of what vehicles know, as far as a scenario models it."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.web.server.observer import Observer


def told(changes: dict[str, object]) -> dict[str, Any]:
    """A unit and a vehicle on the air after a minute of the crossing; and the true distance from what it says."""
    wanted = {"v2x.penetration": 1.0, **changes}
    with Simulation(Scenario.load("crossing").replace(wanted)) as simulation:
        details = Observer(simulation, lambda channel, payload: None).details
        for _ in islice(simulation, 600):
            pass
        fleet, table = simulation.fleet, simulation.vehicles
        slot = int(np.flatnonzero(fleet.active[: table.extent])[0])
        off = np.hypot(fleet.said_x[slot] - fleet.x[slot], fleet.said_y[slot] - fleet.y[slot])
        return {
            "unit": details.of("unit/0"),
            "vehicle": details.of(f"vehicle/{int(table.station[slot])}"),
            "off": float(off),
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
    assert vehicle["neighbours"] is None or vehicle["neighbours"] > 0
