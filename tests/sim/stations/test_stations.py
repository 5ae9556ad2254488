"""Vehicles whose stations differ: radios and powers by vehicle class, in whole runs, and what is refused."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from tests.sim.children import in_child, in_fresh_child
from tests.sim.numbers import Kind
from wayside import Scenario, Simulation
from wayside.edge.errors import ScenarioError
from wayside.sim.air import RECEIVED
from wayside.sim.stations.packets import Packets

# Of the crossing's vehicles some are of the class "evehicle", the others are "passenger".
MIXED = {"scenario.end": 60.0, "v2x.penetration": 1.0, "v2x.radio": "itsg5", "v2x.radio_of": {"evehicle": "lte-v2x"}}
LOADED = {"v2x.family": "csae", "air.size": 4000, "air.rate": 3.0, "v2x.radio_of": {"evehicle": "ideal"}}


class Seen(NamedTuple):
    """Of a run: CAMs (radio of the sender, of the receiver, units being -1) and units' broadcasts that arrived, and
    how many; the longest that vehicles of each radio had to wait [V2X ticks]; key figures.
    """

    cams: dict[tuple[int, int], int]
    from_units: dict[int, int]
    waits: list[int]
    kpis: dict[str, float]


def watched(changes: dict[str, object]) -> Seen:
    scenario = Scenario.load("crossing").replace(changes)
    cams: dict[tuple[int, int], int] = {}
    from_units: dict[int, int] = {}
    with Simulation(scenario) as simulation:
        exchange, units = simulation.exchange, len(simulation.units)
        exchange.radio.trace(True)
        waits = np.zeros(2, int)
        # By the vehicle's class as SUMO has it, not by the column that the radio is told.
        table = simulation.vehicles

        def technology(slots: np.ndarray) -> list[int]:
            return [int(table.types[table.type[slot]].kind == "evehicle") for slot in slots.tolist()]

        def told(packets: Packets) -> None:
            if packets.to is not None:
                return
            traces = exchange.radio.recall(packets.row)
            got = traces.fate == RECEIVED
            receiver, packet = traces.receiver[got], traces.packet[got]
            at_vehicle = receiver >= units
            to = np.full(len(receiver), -1)
            to[at_vehicle] = technology(receiver[at_vehicle] - units)
            if packets.kind == Kind.CAM:
                of = technology(packets.place[packet])
                for pair in zip(of, to.tolist(), strict=True):
                    cams[pair] = cams.get(pair, 0) + 1
            else:
                for one in to.tolist():
                    from_units[one] = from_units.get(one, 0) + 1

        exchange.listeners.append(told)
        for _ in simulation:
            n = table.extent
            for slot in np.flatnonzero(simulation.fleet.active[:n]).tolist():
                (k,) = technology(np.array([slot]))
                waits[k] = max(waits[k], simulation.fleet.wait[slot])
        return Seen(cams, from_units, waits.tolist(), simulation.metrics.kpis())


@pytest.fixture(scope="module")
def seen() -> Seen:
    return in_child(watched, MIXED)


def test_two_technologies_do_not_hear_each_other(seen: Seen) -> None:
    assert set(seen.cams) == {(0, 0), (1, 1), (0, -1), (1, -1)}
    assert min(seen.cams.values()) > 50
    assert set(seen.from_units) == {0, 1}
    assert min(seen.from_units.values()) > 100
    assert seen.kpis["messages.cam.received"] == sum(seen.cams.values())


def test_with_one_technology_they_do() -> None:
    """Planted: the check above sees who hears whom."""
    assert set(in_child(watched, MIXED | {"v2x.radio_of": {"bus": "lte-v2x"}}).cams) > {(0, 1), (1, 0)}


def test_the_same_again_whatever_the_order_of_the_table(seen: Seen) -> None:
    of = {"coach": {"uu": 0.0}, "bus": "nr-v2x", "evehicle": "lte-v2x"}
    both = [in_child(watched, MIXED | {"v2x.radio_of": dict(order)}) for order in (of.items(), reversed([*of.items()]))]
    assert both[0] == both[1]
    assert in_fresh_child(watched, MIXED) == seen


def test_congestion_control_is_of_its_g5_stations_alone() -> None:
    controlled = in_child(watched, MIXED | LOADED | {"air.dcc": "reactive"})
    free = in_child(watched, MIXED | LOADED)
    assert controlled.waits[0] > 1
    assert controlled.waits[1] == 1
    assert free.waits == [1, 1]
    assert controlled.kpis["messages.bsm.sent"] < free.kpis["messages.bsm.sent"]
    swapped = {"v2x.radio": "ideal", "v2x.radio_of": {"evehicle": "itsg5"}, "air.dcc": "adaptive"}
    waits = in_child(watched, MIXED | LOADED | swapped).waits
    assert waits[0] == 1 < waits[1]


def test_power_by_class() -> None:
    """CAMs of the class that sends weakly reach fewer units, those of the other one as many as before."""
    plain = MIXED | {"v2x.radio_of": {}}
    before, after = (in_child(watched, plain | {"air.power_of": of}).cams for of in ({}, {"evehicle": -15.0}))
    assert after[1, -1] < 0.8 * before[1, -1]
    assert after[0, -1] == pytest.approx(before[0, -1], rel=0.02)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "v2x.radio_of",
            {"buss": "itsg5"},
            'v2x.radio_of.buss: "buss" is no vehicle class of SUMO; did you mean "bus"?',
        ),
        ("v2x.radio_of", {"bus": 5}, 'v2x.radio_of.bus = 5: must be a radio, as "lte-v2x", or a table of shares'),
        ("v2x.radio_of", {"bus": "a b"}, "v2x.radio_of.bus.a b: must be a name or module:Class"),
        ("v2x.radio_of", {"bus": {"itsg5": 1.5}}, "v2x.radio_of.bus.itsg5 = 1.5: must be at most 1"),
        ("v2x.radio_of", {"bus": {"itsg5": 0.5, "uu": 0.7}}, "shares must add up to at most 1, not 1.2"),
        ("v2x.radio_of", "uu", 'v2x.radio_of = "uu": must be a table'),
        ("air.power_of", {"bus": 41.0}, "air.power_of.bus = 41.0: must be at most 40"),
        ("air.power_of", {"bus": -51.0}, "air.power_of.bus = -51.0: must be at least -50"),
        ("air.power_of", {"tran": 3.0}, 'air.power_of.tran: "tran" is no vehicle class of SUMO; did you mean "tram"?'),
        ("air.power_of", {"bus": "high"}, 'air.power_of.bus = "high": must be a number'),
    ],
)
def test_what_a_scenario_cannot_say(field: str, value: object, message: str) -> None:
    with pytest.raises(ScenarioError) as error:
        Scenario.load("crossing").replace(field, value)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"v2x.radio_of": {"bus": "itsg6"}},
            r"v2x\.radio_of\.bus = 'itsg6': must be one of .*, ideal, itsg5, .*mean 'itsg5'",
        ),
        ({"v2x.radio_of": {"bus": {"nowhere:R": 0.5}}}, r"v2x\.radio_of\.bus = 'nowhere:R': cannot import nowhere"),
        (
            {"v2x.radio": "uu", "v2x.radio_of": {"bus": "lte-v2x"}, "air.dcc": "reactive"},
            r'air\.dcc = "reactive": is for v2x\.radio = "itsg5", or a vehicle class .* here is uu, lte-v2x',
        ),
        (
            {"v2x.radio": "itsg5", "v2x.radio_of": {"bus": "lte-v2x"}, "air.channels": 13},
            r"air\.channels = 13: must be at most 12 in 10 MHz of LTE-V2X",
        ),
    ],
)
def test_what_cannot_be_run(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        in_child(watched, changes | {"scenario.end": 1.0})
