"""What the modelled radios share: links that buildings and vehicles darken, heights, powers; whole runs with them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.sim.air.test_contract import Make, load
from tests.sim.air.towns import line, site, town
from tests.sim.children import in_child
from wayside import Scenario, Simulation
from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Doubles
from wayside.sim.air import RECEIVED
from wayside.sim.air.buildings import read_buildings
from wayside.sim.air.channel import Channel
from wayside.sim.scenario.sections import Air

MODELLED = ("itsg5", "lte-v2x", "nr-v2x")


@pytest.fixture(params=MODELLED)
def make(request: pytest.FixtureRequest) -> Make:
    """Each radio over links with loss."""
    return load(request.param)


def test_who_is_near_hears_and_who_is_far_does_not(make: Make) -> None:
    where = line(make(site(Air(propagation="winner-b1", reach=500.0))), [30.0, 990.0], (0.0,))
    one = {"sender": np.array([1], np.int32)}
    got = [where.tick(one) for _ in range(3)]
    assert sum(int(carried.at_units.sum()) for carried in got) >= 2
    assert not any(carried.at_vehicles.any() for carried in got)


def received(make: Make, air: Air, **more: object) -> int:
    where = town(make(site(air, **more)), n=80)  # type: ignore[arg-type]
    total = 0
    for _ in range(5):
        carried = where.tick(where.speak(), move=1.4)
        total += int(carried.at_vehicles.sum() + carried.at_units.sum())
    return total


def test_power_and_gain_reach_farther(make: Make) -> None:
    weak = received(make, Air(power=0.0, unit_power=0.0))
    assert received(make, Air(power=23.0, unit_power=23.0)) > 1.2 * weak > 0
    assert received(make, Air(power=0.0, unit_power=0.0, gain=6.0)) > 1.1 * weak


def reach(make: Make, power: list[float] | None, air: Air | None = None) -> tuple[list[int], bytes]:
    """How many of the vehicles along a road hear the first two, which stand at its begin; and all that was heard."""
    own = None if power is None else np.array(power + [23.0] * 40, np.float32)
    of = replace(site(air or Air(buildings=False)), power=None if own is None else lambda: own)
    where = line(make(of), [0.0, 0.0, *np.arange(25.0, 1025.0, 25.0)], (10.0,))
    counts, heard = np.zeros(2, int), b""
    for _ in range(20):
        for sender in (1, 2):
            where.outcome()  # what is queued first
            carried = where.tick({"sender": np.array([sender], np.int32), "named": True})
            counts[sender - 1] += int(carried.at_vehicles.sum() + where.tick().at_vehicles.sum())
            heard += b"".join(column.tobytes() for column in (*carried.vehicles, carried.delay))
    return counts.tolist(), heard


def test_vehicles_with_powers_of_their_own(make: Make) -> None:
    """The stronger one of two in the same place is heard farther off, whichever it is."""
    (weak, strong), heard = reach(make, [3.0, 33.0])
    assert strong > 1.5 * weak > 0
    (first, second), _ = reach(make, [33.0, 3.0])
    assert first > 1.5 * second > 0
    # All alike is as air.power has it, which alone counts where nobody tells.
    alike = reach(make, [23.0, 23.0])
    assert alike == reach(make, None)
    assert alike[1] != heard


def test_a_building_casts_a_shadow(make: Make) -> None:
    house = np.array([[-20.0, 10.0], [20.0, 10.0], [20.0, 60.0], [-20.0, 60.0]])
    counts = []
    for buildings in ((), (house,)):
        where = line(make(site(Air(propagation="highway", power=10.0), buildings=buildings)), [-10.0], (0.0,))
        where.y = np.array([80.0])
        counts.append(sum(int(where.tick(where.speak(), move=0.5).at_units.sum()) for _ in range(20)))
    assert counts[0] > 15
    assert counts[1] < counts[0] // 2


def test_slots_are_used_again_by_other_stations(make: Make) -> None:
    """Whoever comes anew has links of its own, and what its forerunner still had to send is dropped."""
    where = line(make(site(Air(propagation="highway", reach=1500.0))), [0.0, 700.0])
    heard = []
    for _ in range(30):
        where.on[:] = 1
        heard.append(sum(int(where.tick(where.speak()).at_vehicles.sum()) for _ in range(3)))
        where.on[1] = 0
        carried = where.tick()
        assert not carried.at_vehicles.any()
        assert not len(where.tick().pending)
    assert len(set(heard)) > 1  # shadowing is drawn anew, not the same again


def test_antennas_of_trucks_are_higher() -> None:
    # Two rays: what a higher antenna hears at 900 m is not what a lower one does.
    channel = Channel(model="two-ray", heights=(6.0, 1.5, 3.0))
    d = np.array([900.0])
    assert channel.loss(d, 3.0, 1.5)[0] < channel.loss(d, 1.5, 1.5)[0] - 3.0
    shares = []
    for tall in (0, 1):
        where = line(
            load("itsg5")(site(Air(propagation="two-ray", reach=1500.0, sensitivity=-85.0))), [0.0, 900.0, 905.0, 910.0]
        )
        where.tall[:] = tall
        shares.append(sum(int(where.tick(where.speak()).at_vehicles.sum()) for _ in range(5)))
    assert shares[1] > shares[0]


def gap(blockers: list[float], tall: int, blockage: str = "vehicles", seeds: int = 30) -> float:
    """Mean power [dBm] of a link of 150 m with the fronts of these vehicles, off the air, on the same road."""
    levels = []
    for seed in range(seeds):
        air = Air(propagation="highway", blockage=blockage)  # type: ignore[arg-type]
        where = line(load("itsg5")(site(air, seed)), [0.0, 150.0, *blockers], on=[1, 1] + [0] * len(blockers))
        where.tall[2:] = tall
        there = np.ones(len(where.x), np.uint8)
        medium = where.radio
        for step in range(8):
            # They roll on a little, so that it shows where they head.
            medium.place_vehicles(where.x + 0.5 * step, where.y, where.on, where.tall, there)  # type: ignore[call-arg]
        _, power = medium._links.row(0)  # type: ignore[attr-defined]
        levels.append(10.0 * np.log10(power[0]))
    return float(np.mean(levels))


def test_a_vehicle_that_stands_in_between_takes_away_what_the_standard_says() -> None:
    free = gap([], 0)
    # Both antennas at 1.5 m: a car of 1.6 m and a truck are higher than both: 9 dB and more on the average.
    assert free - gap([75.0], 0) == pytest.approx(9.0, abs=2.5)
    assert free - gap([75.0], 1) == pytest.approx(9.0, abs=2.5)
    assert free - gap([-40.0, 300.0], 1) == pytest.approx(0.0, abs=1e-6)


def test_drawn_vehicles_depend_on_distance_alone() -> None:
    assert gap([75.0], 1, "drawn") == gap([-40.0], 1, "drawn")


def test_only_vehicles_that_are_there_stand_in_between() -> None:
    """Without `there`, those on the air are all that are looked at."""
    air = Air(propagation="highway", blockage="vehicles")
    where = line(load("itsg5")(site(air)), [0.0, 150.0, 75.0], on=[1, 1, 0])
    where.tick()
    before = where.radio._links.row(0)[1][0]  # type: ignore[attr-defined]
    where.on[2] = 1
    for _ in range(8):
        where.tick()
    assert where.radio._links.row(0)[1][0] < before  # type: ignore[attr-defined]


def test_blockage_is_the_same_on_two_threads() -> None:
    outcomes = []
    for threads in (1, 2):
        where = town(load("itsg5")(site(Air(blockage="vehicles", threads=threads))), n=400)
        where.radio.trace(True)
        fates = []
        for _ in range(8):
            where.tick(where.speak(), move=3.0)
            fates.append([column.tobytes() for column in where.fates()])
        outcomes.append(fates)
    assert outcomes[0] == outcomes[1]


def test_what_is_too_faint_needs_no_exact_walls() -> None:
    """Early exit: with and without a floor, whoever is received is the same."""
    random = np.random.default_rng(1)
    houses: list[Doubles] = []
    for _ in range(300):
        x, y = random.uniform(-600, 900, 2)
        houses.append(np.array([[x, y], [x + 20, y], [x + 20, y + 15], [x, y + 15]]))
    got = []
    for floor in (True, False):
        where = town(load("itsg5")(site(Air(), buildings=tuple(houses))), n=150)
        if not floor:
            where.radio._links = Channel(  # type: ignore[attr-defined]
                heights=(6.0, 1.5, 3.0), range_m=1000.0
            ).links(1)
            corners = np.concatenate(houses)
            first = np.arange(0, len(corners) + 1, 4, dtype=np.int64)
            where.radio._links.build_walls(corners[:, 0].copy(), corners[:, 1].copy(), first)  # type: ignore[attr-defined]
        where.radio.trace(True)
        pairs = []
        for _ in range(5):
            where.tick(where.speak(), move=2.0)
            fates = where.fates()
            pairs.append(fates.packet[fates.fate == RECEIVED].tolist())
        got.append(pairs)
    assert got[0] == got[1]
    assert sum(map(len, got[0])) > 200


def test_unknown_propagation() -> None:
    with pytest.raises(ScenarioError, match="propagation 'nowhere': must be one of"):
        Channel(model="nowhere")


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


def counted(radio: str, air: dict[str, object]) -> list[list[int]]:
    """What a run of the crossing sends and receives."""
    scenario = Scenario.load("crossing").replace("v2x.radio", f"wayside.sim.air.{radio}").replace("scenario.end", 20.0)
    for name, value in air.items():
        scenario = scenario.replace(f"air.{name}", value)
    with Simulation(scenario) as simulation:
        for _ in simulation:
            pass
        traffic = simulation.exchange.traffic
        return [traffic.sent, traffic.at_vehicles, traffic.at_units]


@pytest.mark.parametrize(
    ("radio", "air"),
    [
        ("itsg5:ItsG5Radio", {}),
        ("itsg5:ItsG5Radio", {"blockage": "vehicles", "threads": 2}),
        ("lte_v2x:LteV2xRadio", {}),
        ("lte_v2x:NrV2xRadio", {}),
    ],
)
def test_a_run(radio: str, air: dict[str, object]) -> None:
    """The crossing, twice: messages arrive, and the same ones."""
    run: Callable[..., list[list[int]]] = in_child
    once, again = run(counted, radio, air), run(counted, radio, air)
    assert once == again
    sent, at_vehicles, at_units = once
    assert sent[0] > 100
    assert at_vehicles[0] > 0
    assert at_units[0] > 0
