"""On-board units: who has one, where it says it is, whom it asks."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from wayside.sim.air import Site
from wayside.sim.air.ideal import IdealRadio
from wayside.sim.fleet import HEARD_FOR, Fleet, draw
from wayside.sim.sections import Air
from wayside.sim.world import PARKING, VehicleTable

SERVICES = ("parking", "charging")


def uniform(draws: Callable[[str], float]) -> bool:
    """Whether the draws of many ids look uniform on [0, 1), also for ids that differ in one digit."""
    numbers = np.array([draws(f"car_{i}") for i in range(5000)])
    return bool(
        (numbers >= 0).all()
        and (numbers < 1).all()
        and stats.kstest(numbers, "uniform").pvalue > 1e-4
        and stats.kstest(numbers[np.arange(5000) % 10 == 3], "uniform").pvalue > 1e-4
        and abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 0.06
    )


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_draws_are_uniform(seed: int) -> None:
    assert uniform(lambda id: draw(seed, "equipped", id))


@pytest.mark.parametrize(
    "planted", [lambda id: draw(1, "equipped", id) ** 1.2, lambda id: int(id[4:]) % 997 / 997.0, lambda id: 0.5]
)
def test_draws_that_are_not_are_found(planted: Callable[[str], float]) -> None:
    assert not uniform(planted)


def test_draws_depend_on_seed_purpose_and_id_and_on_nothing_else() -> None:
    first = draw(1, "equipped", "a")
    draw(1, "equipped", "b")
    assert draw(1, "equipped", "a") == first
    others = [draw(2, "equipped", "a"), draw(1, "taste", "a"), draw(1, "equipped", "b"), draw(1, "equipped/a", "")]
    assert len({first, *others}) == 5
    seeds = [np.array([draw(seed, "equipped", f"{i}") for i in range(2000)]) for seed in (1, 2)]
    assert abs(np.corrcoef(seeds[0], seeds[1])[0, 1]) < 0.08


def city(ids: list[str], penetration: float = 1.0, seed: int = 1) -> tuple[VehicleTable, Fleet]:
    """Vehicles that have just departed, all on the road."""
    table = VehicleTable(4)
    fleet = Fleet(table, penetration, seed, SERVICES)
    arrive(table, fleet, ids)
    return table, fleet


def arrive(table: VehicleTable, fleet: Fleet, ids: list[str]) -> list[int]:
    slots = [table.add(id) for id in ids]
    table.on_net[slots] = 1
    fleet.admit(np.array(slots, np.int32))
    fleet.sense()
    return slots


@pytest.mark.parametrize("penetration", [0.0, 0.3, 1.0])
def test_the_same_vehicles_are_equipped_in_whatever_order_they_come(penetration: float) -> None:
    ids = [f"car_{i}" for i in range(300)]
    equipped = []
    for order in (ids, ids[::-1]):
        table, fleet = city(order, penetration)
        equipped.append({id for id in ids if fleet.equipped[table.slot_of[id]]})
    assert equipped[0] == equipped[1] == {id for id in ids if draw(1, "equipped", id) < penetration}
    assert len(equipped[0]) / 300 == pytest.approx(penetration, abs=0.1)


def test_who_is_on_the_air() -> None:
    table, fleet = city(["driving", "parked", "teleporting", "arrived"])
    table.stop_state[1] = PARKING | 1
    table.on_net[2] = 0
    table.remove("arrived")
    fleet.sense()
    assert fleet.active[:4].tolist() == [1, 0, 0, 0]


@given(
    st.lists(st.tuples(*[st.floats(-1e5, 1e5)] * 2, st.floats(0, 60), st.floats(0, 360)), max_size=6), st.floats(0, 1)
)
def test_dead_reckoning(of: list[tuple[float, float, float, float]], seconds: float) -> None:
    table, fleet = city([f"{i}" for i in range(len(of))])
    columns = np.array(of, np.float64).reshape(-1, 4).T
    n = len(of)
    table.x[:n], table.y[:n], table.speed[:n], table.heading[:n] = columns
    fleet.sense()
    fleet.move(seconds)
    x, y, speed, heading = columns
    np.testing.assert_allclose(fleet.x[:n], x + seconds * speed * np.sin(np.radians(heading)), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(fleet.y[:n], y + seconds * speed * np.cos(np.radians(heading)), rtol=1e-12, atol=1e-9)
    fleet.move(0.0)
    np.testing.assert_array_equal(fleet.x[:n], x)
    np.testing.assert_array_equal(fleet.y[:n], y)


def announce(fleet: Fleet, tick: int, at: dict[int, float], offers: NDArray[np.uint8] | None = None) -> None:
    """Units (by number, standing at x m) announce their services; everyone within 300 m hears."""
    units = np.array(sorted(at), np.int32)
    x = np.array([at[unit] for unit in units.tolist()])
    y = np.zeros(len(units))
    n = fleet.vehicles.extent
    fleet.move(0.0)
    fleet.awareness(tick)
    radio = IdealRadio(Site(300.0, Air(), 1, list))
    unit_x = np.full(10, np.inf)
    unit_x[units] = x
    radio.place_units(unit_x, np.zeros(10), np.ones(10, np.uint8))
    radio.place_vehicles(fleet.x[:n], fleet.y[:n], fleet.active[:n])
    offered = np.ones((10, len(SERVICES)), np.uint8) if offers is None else offers
    fleet.hear_announcements(radio.reach_vehicles(units, np.inf), units, x, y, offered)


def homes(fleet: Fleet, service: str = "parking") -> list[int]:
    return fleet.home(service, fleet.vehicles.slots()).tolist()


def test_home_is_the_nearest_unit_heard() -> None:
    table, fleet = city(["a", "b", "c"])
    table.x[:3] = 0.0, 200.0, 1000.0
    assert homes(fleet) == [-1, -1, -1]
    announce(fleet, 0, {0: -10.0, 1: 150.0, 2: 290.0})
    assert homes(fleet) == [0, 1, -1]
    announce(fleet, 3, {3: 5.0, 4: 299.0})  # nearer for the first, not for the second
    assert homes(fleet) == [3, 1, -1]


def test_a_home_not_heard_any_more_is_forgotten() -> None:
    _, fleet = city(["a"])
    announce(fleet, 0, {0: 0.0})
    fleet.awareness(HEARD_FOR)
    assert homes(fleet) == [0]
    fleet.awareness(HEARD_FOR + 1)
    assert homes(fleet) == [-1]
    announce(fleet, HEARD_FOR + 1, {1: 250.0})  # farther than the forgotten one was
    assert homes(fleet) == [1]


def test_a_home_that_lies_behind_gives_way() -> None:
    table, fleet = city(["a"])
    announce(fleet, 0, {0: 0.0})
    table.x[0] = 200.0
    announce(fleet, 10, {0: 0.0})
    announce(fleet, 15, {1: 290.0})
    assert homes(fleet) == [1]


def test_each_service_has_its_own_home() -> None:
    _, fleet = city(["a"])
    offers = np.array([[1, 0], [1, 1]], np.uint8)
    announce(fleet, 0, {0: 10.0, 1: 90.0}, offers)
    assert (homes(fleet, "parking"), homes(fleet, "charging")) == ([0], [1])


def test_a_new_vehicle_in_an_old_slot_knows_nothing_of_the_old_one() -> None:
    table, fleet = city(["old"])
    announce(fleet, 0, {0: 0.0})
    table.remove("old")
    table.release()
    assert arrive(table, fleet, ["new"]) == [0]
    assert homes(fleet) == [-1]
    announce(fleet, 1, {1: 200.0})  # farther than the old one's home was, but all that the new one hears
    assert homes(fleet) == [1]


def test_what_a_cam_says() -> None:
    table, fleet = city(["a", "b"])
    table.x[:2], table.y[:2], table.speed[:2], table.heading[:2] = (1, 2), (3, 4), (5, 6), (90, 180)
    table.length[:2] = 4.5, 12.0
    fleet.sense()
    fleet.move(1.0)
    senders, content = fleet.awareness(0)
    assert senders.tolist() == [0, 1]
    np.testing.assert_allclose(
        content, [[6.0, 3.0, 5.0, 90.0, 4.5, 0.0], [2.0, -2.0, 6.0, 180.0, 12.0, 1.0]], atol=1e-12
    )
    assert fleet.awareness(1)[0].tolist() == []


def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    move = Fleet.move
    monkeypatch.setattr(Fleet, "move", lambda fleet, seconds: move(fleet, 0.0))
    with pytest.raises(AssertionError):
        test_what_a_cam_says()
