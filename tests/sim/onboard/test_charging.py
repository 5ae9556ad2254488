"""What vehicles at a pile are told to take, without a SUMO: the commands are looked at."""

from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from tests.edge.charging.test_policies import EFFICIENCY, city
from tests.edge.pooled import assign
from wayside.edge.charging.policies import least_completion
from wayside.edge.charging.power import steady
from wayside.edge.charging.sharing import equal
from wayside.edge.charging.state import PileRequests
from wayside.edge.platform import CityPlatform
from wayside.edge.pool import RETRY, Pooling
from wayside.sim.air import Deliveries
from wayside.sim.onboard.charging import BOUND, CONTENT, ElectricVehicles
from wayside.sim.onboard.parking import AFTER_REFUSAL
from wayside.sim.scenario.sections import V2X
from wayside.sim.stations.fleet import Fleet
from wayside.sim.sumo.commands import BatteryParameter, ChargeAt, Resume
from wayside.sim.world import VehicleTable, VehicleType

TIGHT, WIDE = 0, 1  # sites of two 60 kW piles: one may draw 60 kW in all, the other any power


def town(equipped: tuple[bool, ...], compliance: float = 1.0, limit_w: float = 60_000.0) -> ElectricVehicles:
    """Nearly empty electric vehicles a, b, ... that can take 100 kW."""
    table = VehicleTable(8)
    fleet = Fleet(table, V2X(), 1, ("charging",))
    chargers = city([(2, 60, [0, 0, 0], []), (2, 60, [0, 0, 0], [])])
    chargers.site_limit_w[TIGHT] = limit_w
    section = SimpleNamespace(
        request_below=0.3,
        target=0.8,
        compliance=compliance,
        max_wait=1e9,
        feeders={},
        sites={},
        tariffs={},
        grid=None,
        temperature=None,
        clock="00:00",
        reservation_timeout=60.0,
    )
    around = SimpleNamespace(
        scenario=SimpleNamespace(charging=section, clock_s=0.0),
        plugins=SimpleNamespace(
            policies={"charging.policy": least_completion, "charging.power": equal},
            pooling={"charging.policy": Pooling()},
        ),
        backend=SimpleNamespace(
            version=(1, 28, 0),
            battery_number=lambda id, key: 100_000.0,
            type_parameter=lambda type_id, key: "",
            watch_chargers=lambda ids, edges: None,
            stop_end=lambda id, now: 500.0,
        ),
        fleet=fleet,
        facilities=SimpleNamespace(chargers=chargers, charger_of={}, charger_area=["t", "w"], charger_edges=[]),
        platform=CityPlatform(),
    )
    table.types.append(VehicleType("car", "passenger", 5.0, 1.8, 1.5))
    electric = ElectricVehicles(cast(Any, around))
    slots = [table.add("abc"[i]) for i in range(len(equipped))]
    table.capacity_wh[slots], table.charge[slots] = 50_000.0, 5_000.0
    electric.admit(np.array(slots, np.int32))
    fleet.equipped[slots] = equipped
    assert bool(taken(electric)) == np.isfinite(limit_w)
    return electric


def told(electric: ElectricVehicles, now: float) -> dict[str, float]:
    """The new limits of this second, W into the battery."""
    electric.every_second(1.0, now)
    return {command.vehicle: command.value for command in taken(electric) if isinstance(command, BatteryParameter)}


def taken(electric: ElectricVehicles) -> list[Any]:
    """What vehicles have been made to do since the last call."""
    orders = electric.orders.copy()
    electric.orders.clear()
    return orders


def obey(electric: ElectricVehicles, slot: int, charger: int, now: float) -> list[Any]:
    """A driver hears an answer; what it does."""
    electric.obey(slot, charger, now)
    return taken(electric)


def test_a_limit_is_lifted_at_the_next_pile() -> None:
    electric = town((True, True))
    for slot in (0, 1):
        electric.plugged(slot, TIGHT, 0.0)
    half = round(30_000.0 * EFFICIENCY)
    assert told(electric, 1.0) == {"a": half, "b": half}
    assert told(electric, 2.0) == {}, "said once"
    electric.unplugged(0, TIGHT, 3.0)
    rest = {"a": 0.0, "b": round(60_000.0 * EFFICIENCY)}
    assert told(electric, 3.0) == rest, "the one who stays gets the rest, who goes nothing before its next pile"
    electric.plugged(0, WIDE, 4.0)
    assert told(electric, 4.0) == {"a": round(60_000.0 * EFFICIENCY)}, "its battery still obeys the old limit"


def test_one_without_a_unit_is_told_by_its_pile() -> None:
    electric = town((True, False))
    for slot in (0, 1):
        electric.plugged(slot, TIGHT, 0.0)
    assert told(electric, 1.0) == {"a": 28_500.0, "b": 28_500.0}, "half of 60 kW each, less the losses"


def test_where_nothing_is_tight_nothing_is_told() -> None:
    electric = town((True, True), limit_w=np.inf)
    for slot in (0, 1):
        electric.plugged(slot, WIDE, 0.0)
    assert told(electric, 1.0) == {}


def test_where_there_are_limits_nobody_charges_before_it_is_told_how_much() -> None:
    electric = town((True, False))
    assert electric.limit_w[:2].tolist() == [0.0, 0.0]
    electric.plugged(1, WIDE, 0.0)
    assert told(electric, 1.0) == {"b": round(60_000.0 * EFFICIENCY)}


def promise(electric: ElectricVehicles) -> list[object]:
    """The first vehicle asks, and a pile is promised to it."""
    one = np.zeros(1, np.int32)
    electric.fleet.hear_announcements(Deliveries(one, one), one, np.zeros(1), np.zeros(1), np.ones((1, 1), np.uint8))
    electric.fleet.active[0] = 1
    ((unit, request),) = electric.requests(0.0)
    requests = PileRequests(request.edge, request.energy_wh, request.max_power_w, 1e9)
    chosen = assign(electric.platform, request.station, requests, 0.0, unit)
    assert electric.platform.chargers.reserved.sum() == 1
    return list(obey(electric, 0, int(chosen[0]), 1.0))


def test_only_who_awaits_an_answer_obeys_one() -> None:
    electric = town((True, True))
    assert not electric.awaiting(0.0)
    assert obey(electric, 0, WIDE, 0.0) == [], "nobody has asked"
    assert len(promise(electric)) == 1
    assert not electric.awaiting(1.0)
    assert obey(electric, 0, TIGHT, 1.1) == [], "one answer to a request"


def test_an_answer_can_come_too_late() -> None:
    electric = town((True, True))
    promise(electric)
    electric.refused(ChargeAt("a", "t", True), 1.0)
    electric.requests(1.0 + AFTER_REFUSAL)
    again = 1.0 + AFTER_REFUSAL + RETRY
    assert electric.awaiting(again - 0.1)
    assert not electric.awaiting(again)
    assert obey(electric, 0, WIDE, again) == []


def test_who_obeys_is_bound_for_the_pile() -> None:
    electric = town((True, True))
    assert len(promise(electric)) == 1
    assert (electric.state[0], electric.sessions[0].outcome) == (BOUND, "bound")
    electric.gone(np.zeros(1, np.int32), 9.0)
    assert electric.platform.chargers.reserved.sum() == 1, "nobody has told the platform"
    electric.platform.expire(1e9)
    assert electric.platform.chargers.reserved.sum() == 0


def test_who_does_not_obey_asks_no_more_and_the_promise_runs_out() -> None:
    electric = town((True, True), compliance=0.0)
    assert promise(electric) == []
    assert (electric.state[0], electric.sessions[0].outcome) == (CONTENT, "ignored")
    assert np.isnan(electric.sessions[0].reserved)
    assert electric.requests(50.0) == []
    assert not electric.engaged(np.array([0]), 50.0)[0]
    electric.gone(np.zeros(1, np.int32), 51.0)
    assert (electric.sessions[0].outcome, electric.platform.chargers.reserved.sum()) == ("ignored", 1)
    electric.expired(electric.platform.expire(1e9))
    assert electric.platform.chargers.reserved.sum() == 0


def test_one_who_charges_by_his_own_plan_is_not_sent_off_and_may_ask_again() -> None:
    electric = town((True, True), compliance=0.0)
    promise(electric)
    electric.plugged(0, WIDE, 5.0)
    assert electric.sessions[0].outcome == "charging"
    assert electric.platform.chargers.reserved.sum() == 0, "the pile knows who is plugged in"
    electric.fleet.vehicles.charge[0] = 45_000.0
    electric.every_second(1.0, 6.0)
    assert not any(isinstance(order, Resume) for order in taken(electric))
    electric.unplugged(0, WIDE, 9.0)
    assert (electric.sessions[0].outcome, electric.ask_at[0]) == ("charged", 9.0)


def test_a_steady_power_policy_is_asked_where_something_has_changed() -> None:
    electric, asked = town((True, True)), 0

    @steady
    def watch(sessions: Any, limits: Any) -> Any:
        nonlocal asked
        asked += 1
        return equal(sessions, limits)

    electric.platform.power = watch
    table = electric.fleet.vehicles

    def after_a_second() -> int:
        electric.every_second(1.0, 10.0)
        return asked

    electric.plugged(0, TIGHT, 4.0)
    assert [after_a_second(), after_a_second()] == [1, 1]
    electric.plugged(1, TIGHT, 5.0)
    assert [after_a_second(), after_a_second()] == [2, 2]
    table.charge[0] = table.capacity_wh[0]
    assert [after_a_second(), after_a_second()] == [3, 3], "it wants nothing any more"
    electric.unplugged(0, TIGHT, 11.0)
    electric.plugged(0, WIDE, 11.0)
    assert [after_a_second(), after_a_second()] == [4, 4], "it wants the same elsewhere"
    electric.platform.power = partial(watch)
    assert [after_a_second(), after_a_second()] == [5, 5], "with its options it is another"


def test_the_power_policy_is_asked_every_second_and_sees_who_stays_how_long() -> None:
    electric = town((True, True, False))
    seen: list[Any] = []

    def watch(sessions: Any, limits: Any) -> Any:
        seen.append((sessions, limits.limit_w.copy()))
        return equal(sessions, limits)

    electric.platform.power = watch
    for slot, site in ((0, WIDE), (1, TIGHT), (2, TIGHT)):
        electric.plugged(slot, site, 4.0 + slot)
    for second in range(10):
        electric.every_second(1.0, 10.0 + second)
    assert len(seen) == 10
    sessions, left = seen[0]
    assert sessions.station.tolist() == electric.fleet.vehicles.station[:3].tolist(), "the third has no unit"
    assert (sessions.site.tolist(), sessions.arrival_s.tolist()) == ([WIDE, TIGHT, TIGHT], [4.0, 5.0, 6.0])
    assert sessions.departure_s.tolist() == [500.0] * 3
    assert sessions.energy_wh.tolist() == sessions.requested_wh.tolist() == [35_000.0] * 3
    assert sessions.most_w.tolist() == sessions.wanted_w.tolist()
    assert (sessions.now_s, sessions.period_s) == (10.0, 1.0)
    assert left.tolist() == [60_000.0, np.inf]
