"""The three ways to read SUMO fill the same arrays with the same bits, over whole scenarios."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sim.children import in_child
from tests.sim.networks import configure, netconvert
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
            row |= {name: digest(who) for name, who in vars(events).items() if isinstance(who, np.ndarray)}
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
    assert constant <= {"teleport_started", "teleport_ended", "z"}


def test_lingang_on_all_three() -> None:
    """Over the socket, which takes its time with as many vehicles, the begin."""
    rows = compare("lingang", {"scenario.end": 75.0, "sumo.step_length": 0.5}, "native", "libsumo")
    begin = in_child(trace, "lingang", {"scenario.end": 10.0, "sumo.step_length": 0.5}, "traci")
    assert differing(rows[:20], begin)[:5] == []


def test_lingang_in_short_steps() -> None:
    compare("lingang", {"scenario.end": 6.0, "sumo.step_length": 0.1}, "native", "libsumo")


def test_heights_on_all_three(tmp_path: Path) -> None:
    """Up a hill to a bay beside the road: z is the road's, which SUMO interpolates between the points of a lane."""
    nodes = '<nodes><node id="a" x="0" y="0" z="3"/><node id="b" x="400" y="0" z="23"/></nodes>'
    netconvert(tmp_path, nodes, '<edges><edge id="up" from="a" to="b" speed="20"/></edges>')
    park = '<parkingArea id="park" lane="up_0" startPos="200" endPos="250" roadsideCapacity="2"/>'
    car = '<vehicle id="{}" depart="{}"><route edges="up"/>{}</vehicle>'
    routes = car.format("a", 0, '<stop parkingArea="park" duration="9"/>') + car.format("b", 2, "")
    what = str(configure(tmp_path, routes, park, end=60))
    compare(what, {}, "native", "libsumo", "traci")
    assert in_child(heights, what) == []


def heights(what: str) -> list[tuple[float, float]]:
    """Where a vehicle is not as high as the road: x and z."""
    wrong, seen = [], []
    with Simulation(Scenario.load(what)) as simulation:
        network = simulation.network
        assert network.elevated
        assert (network.ground(100.0, 50.0), network.ground(-50.0, 0.0)) == (pytest.approx(8.0), 3.0)
        for tick in simulation:
            for slot in tick.vehicles.slots().tolist():
                x, z = float(tick.vehicles.x[slot]), float(tick.vehicles.z[slot])
                seen.append(z)
                if abs(z - 3.0 - 20.0 * x / 400.0) > 1e-6:
                    wrong.append((x, z))
    assert max(seen) > 20.0
    return wrong


def test_batteries_beside_stations(tmp_path: Path) -> None:
    """Parked beside a station, then at one, and the same from one stop to the next without a metre between them."""
    nodes = '<nodes><node id="a" x="0" y="0"/><node id="b" x="600" y="0"/></nodes>'
    netconvert(tmp_path, nodes, '<edges><edge id="up" from="a" to="b" speed="20"/></edges>')
    places = """
    <parkingArea id="yard" lane="up_0" startPos="100" endPos="180" roadsideCapacity="6"/>
    <parkingArea id="bays" lane="up_0" startPos="300" endPos="350" roadsideCapacity="3"/>
    <chargingStation id="pile" lane="up_0" startPos="150" endPos="190" power="20000"/>
    <chargingStation id="fast" lane="up_0" startPos="300" endPos="350" power="50000" parkingArea="bays"/>"""
    electric = '<vType id="e"><param key="has.battery.device" value="true"/>'
    electric += '<param key="device.battery.capacity" value="9000"/></vType>'
    yard, bays, again = (
        f'<stop {where} duration="8"/>'
        for where in ('parkingArea="yard"', 'parkingArea="bays"', 'chargingStation="pile" parking="true"')
    )
    plans = yard + bays, yard + again + bays, bays, yard + yard, again + bays, yard
    routes = electric + "".join(
        f'<vehicle id="v{k}" type="e" depart="{2 * k}"><route edges="up"/>{plan}</vehicle>'
        for k, plan in enumerate(plans)
    )
    rows = compare(str(configure(tmp_path, routes, places, end=120)), {}, "native", "libsumo")
    assert len({row["charger"] for row in rows}) > 10
    assert len({row["charged"] for row in rows}) > 10


def test_bologna_on_all_three(bologna: Any) -> None:
    compare(str(bologna), {"scenario.end": 150.0}, "native", "libsumo", "traci")


PLAIN: dict[str, object] = {"scenario.end": 80.0, "sumo.step_length": 0.5, "v2x.penetration": 0.0}


@pytest.fixture(scope="module")
def right() -> Trace:
    return in_child(trace, "crossing", PLAIN, "native")


@pytest.mark.parametrize("spoilt", [(150, "x"), (30, "charge"), (7, "speed")])
def test_a_planted_error_is_found(right: Trace, spoilt: tuple[int, str]) -> None:
    wrong = in_child(trace, "crossing", PLAIN, "native", spoilt)
    assert spoilt in differing(right, wrong) or spoilt[1] == "charge"
    if spoilt[1] == "charge":  # NaN without a battery: no next number
        assert all(name == "charge" for _, name in differing(right, wrong))
