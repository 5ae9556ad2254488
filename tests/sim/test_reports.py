"""Reports in a run: what a policy reads of the city is as old as the backhaul makes it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.sim.children import in_child
from wayside.edge.context import Context
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario

OFF_AT = 200.0  # s, when the unit is switched off
READ: list[tuple[float, float, float]] = []  # when, how old the unit's report was, how many vehicles it told of


def reading(requests: object, car_parks: object, *, context: Context) -> None:
    """A policy that decides nothing, and looks at the city."""
    city, now = context.city, context.time
    READ.append((now, float(city.age(now)[0]), float(city.vehicles[0])))


def read() -> tuple[list[tuple[float, float, float]], float, dict[str, float]]:
    """What the policy has read, when the last report was written, and the key figures."""
    changes = {
        "scenario.end": 240.0,
        "v2x.penetration": 1.0,
        "parking.policy": "tests.sim.test_reports:reading",
        "parking.request_distance": 5000.0,
        "rsu.0.apps": ["parking", {"use": "platform", "delay": 2.05, "jitter": 0.0}],
    }
    decides_nothing = pytest.warns(UserWarning, match="none was decided")
    with decides_nothing, Simulation(Scenario.load("crossing").replace(changes)) as simulation:
        for tick in simulation:
            if tick.time >= OFF_AT:
                simulation.exchange.switch(0, False)
        reports = simulation.platform.reports
        assert reports.ids == tuple(unit.id for unit in simulation.units)
        return READ, float(reports.time[0]), simulation.metrics.kpis()


def test_a_policy_reads_them() -> None:
    seen, last, figures = in_child(read)
    assert figures["platform.reports"] >= 195
    np.testing.assert_allclose(figures["platform.delay_s"], 2.05)
    assert OFF_AT - 1.0 <= last < OFF_AT + 0.1
    asked = [(age, vehicles) for time, age, vehicles in seen if 10.0 < time < OFF_AT]
    assert asked
    assert all(2.0 <= age <= 3.2 for age, _ in asked)
    assert max(vehicles for _, vehicles in asked) > 0
