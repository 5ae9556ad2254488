"""On-board units: who has one, where it says it is, whom it asks."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wayside.ext.arrays import Bytes
from wayside.sim.air import Deliveries
from wayside.sim.chance import draw
from wayside.sim.scenario.sections import V2X, Air
from wayside.sim.scenario.values import SUMO_VEHICLE_CLASSES
from wayside.sim.stations.fleet import HEARD_FOR, Fleet
from wayside.sim.stations.types import STATION_TYPES, TALL
from wayside.sim.world import PARKING, VehicleTable, VehicleType

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


def city(ids: list[str], kinds: str | list[str] = "passenger", seed: int = 1, **v2x: Any) -> tuple[VehicleTable, Fleet]:
    """Vehicles that have just departed, all on the road; of one of SUMO's classes, or of one each."""
    table = VehicleTable(4)
    fleet = Fleet(table, V2X(**v2x), seed, SERVICES)
    arrive(table, fleet, ids, kinds)
    return table, fleet


def arrive(table: VehicleTable, fleet: Fleet, ids: list[str], kinds: str | list[str] = "passenger") -> list[int]:
    kinds = [kinds] * len(ids) if isinstance(kinds, str) else kinds
    slots = [table.add(id) for id in ids]
    for slot, kind in zip(slots, kinds, strict=True):
        table.type[slot] = len(table.types)
        table.types.append(VehicleType(f"type_{kind}", kind, 4.0, 2.0, 1.5))
    table.on_net[slots] = 1
    fleet.admit(np.array(slots, np.int32))
    fleet.sense()
    return slots


def equipped(table: VehicleTable, fleet: Fleet) -> set[str]:
    return {id for id, slot in table.slot_of.items() if fleet.equipped[slot]}


@pytest.mark.parametrize("penetration", [0.0, 0.3, 1.0])
def test_the_same_vehicles_are_equipped_in_whatever_order_they_come(penetration: float) -> None:
    ids = [f"car_{i}" for i in range(300)]
    found = [equipped(*city(order, penetration=penetration)) for order in (ids, ids[::-1])]
    assert found[0] == found[1] == {id for id in ids if draw(1, "equipped", id) < penetration}
    assert len(found[0]) / 300 == pytest.approx(penetration, abs=0.1)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_share_only_adds_vehicles(cars: float, more_cars: float, buses: float, more_buses: float) -> None:
    ids = [f"v{i}" for i in range(40)]
    kinds = ["bus" if i % 2 else "passenger" for i in range(40)]
    fleets = [
        equipped(*city(ids, kinds, penetration=share, penetration_of={"bus": of_buses}))
        for share, of_buses in ((cars, buses), (max(cars, more_cars), max(buses, more_buses)))
    ]
    assert fleets[0] <= fleets[1]
    for share, who in zip(((cars, buses), (max(cars, more_cars), max(buses, more_buses))), fleets, strict=True):
        assert who == {id for i, id in enumerate(ids) if draw(1, "equipped", id) < share[i % 2]}


def test_kinds_not_named_have_the_share_of_all() -> None:
    table, fleet = city(["a", "b", "c"], ["bus", "taxi", "truck"], penetration=0.0, penetration_of={"truck": 1.0})
    assert equipped(table, fleet) == {"c"}
    assert [fleet.share(kind) for kind in ("bus", "truck")] == [0.0, 1.0]


def test_station_types_and_heights() -> None:
    kinds = {
        "passenger": (5, 0), "bus": (6, 1), "coach": (6, 1), "delivery": (7, 0), "truck": (8, 1), "trailer": (8, 1),
        "motorcycle": (4, 0), "moped": (3, 0), "bicycle": (2, 0), "tram": (11, 1), "emergency": (10, 0),
        "authority": (10, 0), "pedestrian": (1, 0), "ship": (0, 0),
    }  # fmt: skip
    _, fleet = city(list(kinds), list(kinds))
    n = len(kinds)
    assert list(zip(fleet.kind[:n].tolist(), fleet.tall[:n].tolist(), strict=True)) == list(kinds.values())
    assert {*STATION_TYPES, *TALL} <= SUMO_VEHICLE_CLASSES


def test_a_new_vehicle_in_an_old_slot_is_of_its_own_kind() -> None:
    table, fleet = city(["old"], "bus")
    fleet.obey(np.full(4, 0.5, np.float32))
    table.remove("old")
    table.release()
    assert arrive(table, fleet, ["new"]) == [0]
    assert (fleet.kind[0], fleet.tall[0], fleet.wait[0]) == (5, 0, 1)


def radios(table: VehicleTable, fleet: Fleet) -> dict[str, str]:
    return {id: fleet.v2x.radios[fleet.radio[slot]] for id, slot in table.slot_of.items()}


def test_radios_by_class() -> None:
    of = {"bus": "lte-v2x", "truck": "itsg5", "coach": {"uu": 1.0}}
    kinds = ["passenger", "bus", "truck", "coach"]
    found = radios(*city(kinds, kinds, radio="itsg5", radio_of=of))
    assert found == {"passenger": "itsg5", "bus": "lte-v2x", "truck": "itsg5", "coach": "uu"}
    assert V2X(radio="uu", radio_of=of).radios == ("uu", "itsg5", "lte-v2x")


@given(st.floats(0, 0.5), st.floats(0, 0.5))
def test_radios_by_share(share: float, more: float) -> None:
    """A higher share only adds vehicles; neither their order nor that of the table matters."""
    ids = [f"v{i}" for i in range(40)]
    low, high = (
        radios(*city(order, radio="itsg5", radio_of={"passenger": of}))
        for order, of in (
            (ids, {"lte-v2x": share, "nr-v2x": 0.3}),
            (ids[::-1], {"nr-v2x": 0.3, "lte-v2x": max(share, more)}),
        )
    )
    draws = {id: draw(1, "radio", id) for id in ids}
    assert {id for id in ids if low[id] == "lte-v2x"} == {id for id in ids if draws[id] < share}
    assert {id for id in ids if low[id] == "lte-v2x"} <= {id for id in ids if high[id] == "lte-v2x"}
    assert {id for id in ids if low[id] == "nr-v2x"} == {id for id in ids if share <= draws[id] < share + 0.3}


def test_powers_by_class_and_in_a_slot_used_again() -> None:
    table = VehicleTable(4)
    v2x = V2X(radio_of={"bus": "uu"})
    fleet = Fleet(table, v2x, 1, SERVICES, Air(power=20.0, power_of={"bus": 26.0}))
    arrive(table, fleet, ["bus", "car"], ["bus", "passenger"])
    assert (fleet.power[:2].tolist(), fleet.radio[:2].tolist()) == ([26.0, 20.0], [1, 0])
    table.remove("bus")
    table.release()
    assert arrive(table, fleet, ["new"]) == [0]
    assert (fleet.power[0], fleet.radio[0]) == (20.0, 0)


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


def announce(fleet: Fleet, tick: int, at: dict[int, float], offers: Bytes | None = None) -> None:
    """Units (by number, standing at x m) announce their services; everyone within 300 m hears."""
    units = np.array(sorted(at), np.int32)
    x, y = np.full(10, np.nan), np.zeros(10)
    x[units] = [at[unit] for unit in units.tolist()]
    n = fleet.vehicles.extent
    fleet.move(0.0)
    fleet.awareness(tick)
    near = np.abs(fleet.x[:n] - x[units, None]) <= 300.0
    packet, receiver = (column.astype(np.int32) for column in np.nonzero(near & (fleet.active[:n] == 1)))
    offered = np.ones((10, len(SERVICES)), np.uint8) if offers is None else offers
    fleet.hear_announcements(Deliveries(packet, receiver), units, x, y, offered)


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


def test_who_sends_and_from_where() -> None:
    table, fleet = city(["a", "b"])
    table.x[:2], table.y[:2], table.speed[:2], table.heading[:2] = (1, 2), (3, 4), (5, 6), (90, 180)
    fleet.sense()
    fleet.move(1.0)
    assert fleet.awareness(0).tolist() == [0, 1]
    np.testing.assert_allclose([fleet.said_x[:2], fleet.said_y[:2]], [[6.0, 2.0], [3.0, -2.0]], atol=1e-12)
    assert fleet.low.tolist() == [1, 1]
    assert fleet.said_x is fleet.x
    assert fleet.said_y is fleet.y
    assert fleet.awareness(1).tolist() == []
    assert len(fleet.low) == 0


def test_a_planted_error_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    move = Fleet.move
    monkeypatch.setattr(Fleet, "move", lambda fleet, seconds: move(fleet, 0.0))
    with pytest.raises(AssertionError):
        test_who_sends_and_from_where()


def test_basic_safety_messages_come_at_10_hz_without_containers() -> None:
    _, fleet = city(["a", "b"], ["passenger", "bus"], family="csae")
    for tick in range(12):
        assert fleet.awareness(tick).tolist() == [0, 1]
        assert fleet.low.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("wait", "ticks"),
    [(0.0, 1), (0.025, 1), (0.1, 1), (0.11, 2), (0.2, 2), (0.25, 3), (0.4, 4), (0.5, 5), (1.0, 10), (7.0, 10)],
)
def test_congestion_control_is_obeyed_in_whole_ticks(wait: float, ticks: int) -> None:
    """0.1, 0.2 ... as numbers of 32 bits lie a little beside: they must not cost a tick."""
    table, fleet = city(["a"])
    fleet.obey(np.full(fleet.capacity, wait, np.float32))
    assert fleet.wait.tolist() == [ticks] * fleet.capacity
    sent = []
    for tick in range(31):
        table.x[0] = 5.0 * tick
        fleet.move(0.0)
        if len(fleet.awareness(tick)):
            sent.append(tick)
    assert sent == list(range(0, 31, ticks))


def test_vehicles_say_where_they_believe_to_be() -> None:
    ids = [f"{i}" for i in range(300)]
    table, fleet = city(ids, gnss_error=4.0, gnss_correlation=30.0)
    table.x[:300], table.speed[:300], table.heading[:300] = np.arange(300.0), 12.0, 90.0
    fleet.sense()
    fleet.move(0.5)
    n = len(fleet.awareness(0))
    assert n == 300
    errors = [fleet.said_x[:n] - fleet.x[:n], fleet.said_y[:n] - fleet.y[:n]]
    np.testing.assert_array_equal(fleet.x[:n], np.arange(300.0) + 6.0)
    assert [error.std() for error in errors] == pytest.approx([4.0, 4.0], rel=0.2)
    # For the same seed the same, for another one others.
    for seed, same in ((1, True), (2, False)):
        again = city(ids, seed=seed, gnss_error=4.0, gnss_correlation=30.0)[1]
        again.awareness(0)
        assert np.array_equal(again.said_y[:n] - again.y[:n], errors[1]) == same


def test_growing_keeps_what_is_known() -> None:
    table, fleet = city(["a"], gnss_error=4.0, gnss_correlation=1e5)
    fleet.awareness(0)
    before = fleet.said_y[0]
    arrive(table, fleet, [f"{i}" for i in range(20)])
    assert fleet.capacity > 4
    assert fleet.awareness(1).tolist() == list(range(1, 21))
    assert abs(fleet.said_y[0] - before) < 0.1
