"""The three ways to read SUMO fill the same arrays with the same bits, over whole scenarios."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario

Trace = list[dict[str, str]]  # by step: a hash for every column


def digest(column: "np.ndarray[Any, Any]") -> str:
    return hashlib.blake2b(column.tobytes(), digest_size=8).hexdigest()


def trace(what: str, changes: dict[str, object], backend: str, spoilt: tuple[int, str] | None = None) -> Trace:
    """Every column of everyone present, and all lights, after each step; `spoilt` by one bit at a step."""
    rows: Trace = []
    with Simulation(Scenario.load(what).replace(changes), backend=backend) as simulation:
        assert simulation.backend.name == backend
        for step, tick in enumerate(simulation):
            table, signals, events = tick.vehicles, tick.signals, tick.events
            slots = table.slots()
            if spoilt is not None and step == spoilt[0]:
                column = getattr(table, spoilt[1])
                column[slots[-1]] = np.nextafter(column[slots[-1]], np.inf)
            names = [name for name in table.fields if not name.startswith("_")]
            row = {name: digest(getattr(table, name)[slots]) for name in [*names, "signals"]}
            row["ids"] = digest(np.array([table.ids[slot] for slot in slots.tolist()], "U"))
            row |= {"lights": digest(signals.state), "next_switch": digest(signals.next_switch)}
            row |= {name: digest(getattr(events, name)) for name in vars(events)}
            rows.append(row)
    return rows


def differing(one: Trace, other: Trace) -> list[tuple[int, str]]:
    """Where two traces differ: step and column."""
    assert len(one) == len(other)
    assert one[0].keys() == other[0].keys()
    return [
        (step, name) for step, (a, b) in enumerate(zip(one, other, strict=True)) for name in a if a[name] != b[name]
    ]


def compare(what: str, changes: dict[str, object], *backends: str) -> Trace:
    with ThreadPoolExecutor(len(backends)) as pool:  # each in its own process
        first, *others = pool.map(lambda backend: in_child(trace, what, changes, backend), backends)
    for other in others:
        assert differing(first, other)[:5] == []
    return first


def test_crossing_on_all_three() -> None:
    rows = compare("crossing", {"scenario.end": 600.0, "sumo.step_length": 0.5}, "native", "libsumo", "traci")
    assert len(rows) == 1200
    # It is a scenario in which everything happens: a column that never changes would prove nothing.
    constant = {name for name in rows[0] if len({row[name] for row in rows}) < 10}
    assert constant <= {"teleport_started", "teleport_ended"}


@pytest.mark.parametrize(("end", "step"), [(100.0, 0.5), (12.0, 0.1)])
def test_lingang_in_process(end: float, step: float) -> None:
    compare("lingang", {"scenario.end": end, "sumo.step_length": step}, "native", "libsumo")


@pytest.mark.parametrize(("end", "step"), [(15.0, 0.5)])
def test_lingang_over_a_socket(end: float, step: float) -> None:
    compare("lingang", {"scenario.end": end, "sumo.step_length": step}, "native", "traci")


def test_bologna_on_all_three(bologna: Any) -> None:
    compare(str(bologna), {"scenario.end": 200.0}, "native", "libsumo", "traci")


@pytest.mark.parametrize("spoilt", [(150, "x"), (30, "charge"), (7, "speed")])
def test_a_planted_error_is_found(spoilt: tuple[int, str]) -> None:
    changes: dict[str, object] = {"scenario.end": 80.0, "sumo.step_length": 0.5, "v2x.penetration": 0.0}
    right = in_child(trace, "crossing", changes, "native")
    wrong = in_child(trace, "crossing", changes, "native", spoilt)
    assert spoilt in differing(right, wrong) or spoilt[1] == "charge"
    if spoilt[1] == "charge":  # NaN without a battery: no next number
        assert all(name == "charge" for _, name in differing(right, wrong))
