"""The modelled radios behind the engine's interface, and whole runs with them."""

from pathlib import Path

import numpy as np
import pytest

from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.edge.errors import ScenarioError
from wayside.sim.air import Doubles, Site
from wayside.sim.air.buildings import read_buildings
from wayside.sim.air.itsg5 import ItsG5Radio
from wayside.sim.air.lte_v2x import LteV2xRadio, NrV2xRadio
from wayside.sim.air.medium import Medium
from wayside.sim.sections import Air

RADIOS = (ItsG5Radio, LteV2xRadio, NrV2xRadio)
every = pytest.mark.parametrize("radio", RADIOS, ids=lambda radio: radio.__name__)


def site(air: Air, seed: int = 1, buildings: tuple[Doubles, ...] = ()) -> Site:
    return Site(300.0, air, seed, lambda: buildings)


def town(radio: type[Medium], seed: int = 1, ticks: int = 3, n: int = 80, **air: object) -> tuple[Medium, list[object]]:
    """Vehicles that drive about two units, all sending in each tick; what was received."""
    random = np.random.default_rng(5)
    medium = radio(site(Air(**air), seed))  # type: ignore[arg-type]
    unit_x, unit_y = np.array([0.0, 300.0]), np.array([0.0, 0.0])
    medium.place_units(unit_x, unit_y, np.ones(2, np.uint8))
    x, y, on = (
        random.uniform(-400, 700, n),
        random.uniform(-200, 200, n),
        (random.uniform(size=n) < 0.9).astype(np.uint8),
    )
    heard: list[object] = []
    for tick in range(ticks):
        at = x + 1.4 * tick
        medium.place_vehicles(at, y, on)
        cams = medium.awareness(np.flatnonzero(on).astype(np.int32))
        assert cams.received == cams.at_vehicles.sum()
        assert (cams.at_vehicles < on.sum()).all()
        assert (np.diff(cams.at_units.packet) >= 0).all()
        assert set(cams.at_units.receiver.tolist()) <= {0, 1}
        heard += [cams.at_vehicles.tolist(), cams.at_units.packet.tolist(), cams.at_units.receiver.tolist()]
        told = medium.reach_vehicles(np.array([0, 1], np.int32), 250.0)
        d = np.hypot(at[told.receiver] - unit_x[told.packet], y[told.receiver] - unit_y[told.packet])
        assert (d <= 250.0).all()
        assert (on[told.receiver] == 1).all()
        vehicles, units = medium.recall(np.array([1]))
        assert vehicles.receiver.tolist() == told.receiver[told.packet == 1].tolist()
        assert not vehicles.packet.any()
        assert not len(units.packet)
        near = np.flatnonzero(on)[:20].astype(np.int32)
        up, down = medium.uplink(near, 0), medium.downlink(1, near)
        heard += [told.packet.tolist(), told.receiver.tolist(), up.tolist(), down.tolist()]
    return medium, heard


@every
def test_who_is_near_hears_and_who_is_far_does_not(radio: type[Medium]) -> None:
    medium = radio(site(Air(propagation="winner-b1", reach=500.0)))
    medium.place_units(np.array([0.0]), np.array([0.0]), np.ones(1, np.uint8))
    medium.place_vehicles(np.array([30.0, 990.0, 31.0]), np.zeros(3), np.array([1, 1, 0], np.uint8))
    got = [medium.awareness(np.array([0], np.int32)) for _ in range(1)]
    assert [c.at_units.receiver.tolist() for c in got] == [[0]]
    assert got[0].received == 0
    everyone = np.array([0, 1, 2], np.int32)
    assert medium.uplink(everyone, 0).tolist() == [True, False, False]  # the last one is off the air
    assert medium.downlink(0, everyone).tolist() == [True, False, False]
    assert medium.count_vehicles(np.array([0], np.int32), 1e9)[1] == 1


@every
def test_one_seed_one_outcome_on_any_number_of_threads(radio: type[Medium]) -> None:
    first, again, threads, other = (
        town(radio, n=400, **extra)[1]  # type: ignore[arg-type]
        for extra in ({}, {}, {"threads": 2}, {"seed": 2})
    )
    assert first == again == threads
    assert first != other


@every
def test_power_reaches_farther(radio: type[Medium]) -> None:
    strong, weak = (town(radio, power=power, unit_power=power)[0].tally.sum(axis=0)[0] for power in (23.0, 0.0))
    assert strong > 1.2 * weak > 0


@every
def test_units_that_are_off_hear_nothing(radio: type[Medium]) -> None:
    medium = radio(site(Air()))
    medium.place_units(np.zeros(1), np.zeros(1), np.zeros(1, np.uint8))
    medium.place_vehicles(np.array([30.0, 60.0]), np.zeros(2), np.ones(2, np.uint8))
    cams = medium.awareness(np.array([0, 1], np.int32))
    assert not len(cams.at_units.packet)
    assert cams.received > 0


@every
def test_a_building_casts_a_shadow(radio: type[Medium]) -> None:
    house = np.array([[-20.0, 10.0], [20.0, 10.0], [20.0, 60.0], [-20.0, 60.0]])
    received = []
    for buildings in ((), (house,)):
        medium = radio(site(Air(propagation="urban"), 1, buildings))
        medium.place_units(np.zeros(1), np.zeros(1), np.ones(1, np.uint8))
        count = 0
        for tick in range(20):
            medium.place_vehicles(np.array([0.5 * tick - 5.0]), np.array([80.0]), np.ones(1, np.uint8))
            count += len(medium.awareness(np.array([0], np.int32)).at_units.packet)
        received.append(count)
    assert received[0] == 20
    assert received[1] < 20


def test_a_second_sending_helps() -> None:
    once, twice = (
        town(LteV2xRadio, n=40, ticks=8, power=2.0, retransmit=retransmit)[0].tally.sum(axis=0)
        for retransmit in (False, True)
    )
    assert twice[0] / twice.sum() > 1.02 * once[0] / once.sum()


@pytest.mark.parametrize(
    ("radio", "air", "words"),
    [
        (ItsG5Radio, {"rate": 7.0}, "air.rate = 7: must be one of 3, 4.5, 6"),
        (ItsG5Radio, {"rate": 27.0}, "air: MCS 7 of 11p: G5-UrbanLOS has 0 to 4"),
        (LteV2xRadio, {"mcs": 28}, "air: MCS 28 of LTE"),
        (LteV2xRadio, {"curves": "nowhere"}, "air: error curves 'nowhere': must be one of"),
        (NrV2xRadio, {"spacing": 60}, "air.spacing = 60: must be 15 or 30 kHz"),
    ],
)
def test_refusals(radio: type[Medium], air: dict[str, object], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        radio(site(Air(**air)))  # type: ignore[arg-type]


def test_buildings_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.add.xml"
    file.write_text(
        '<additional><poly id="a" type="building.house" shape="0,0 10,0 10,10" fill="1"/>'
        '<poly id="b" type="park" shape="0,0 10,0 10,10"/>'
        '<poly id="c" type="x" shape="0,0 5,0 5,5 0,5"><param key="height" value="9"/></poly>'
        '<poly id="d" type="building" geo="1" shape="8,50 8.1,50 8.1,50.1"/>'
        '<poly id="e" type="building" shape="1,1 2,2"/>'
        '<include href="b.add.xml"/></additional>'
    )
    (tmp_path / "b.add.xml").write_text('<additional><poly id="f" type="building" shape="1,1 2,2 3,1"/></additional>')
    assert [outline.tolist() for outline in read_buildings([file])] == [
        [[0, 0], [10, 0], [10, 10]],
        [[0, 0], [5, 0], [5, 5], [0, 5]],
        [[1, 1], [2, 2], [3, 1]],
    ]


def counted(radio: str) -> list[list[int]]:
    """What a run of the crossing sends and receives."""
    scenario = Scenario.load("crossing").replace("v2x.radio", f"wayside.sim.air.{radio}")
    with Simulation(scenario.replace("scenario.end", 20.0)) as simulation:
        for _ in simulation:
            pass
        traffic = simulation.exchange.traffic
        return [traffic.sent, traffic.at_vehicles, traffic.at_units]


@pytest.mark.parametrize("radio", ["itsg5:ItsG5Radio", "lte_v2x:LteV2xRadio", "lte_v2x:NrV2xRadio"])
def test_a_run(radio: str) -> None:
    """The crossing, twice: messages arrive, and the same ones."""
    once, again = in_child(counted, radio), in_child(counted, radio)
    assert once == again
    sent, at_vehicles, at_units = once
    assert sent[0] > 100
    assert at_vehicles[0] > 0
    assert at_units[0] > 0
