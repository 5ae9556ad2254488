"""What vehicles at a pile are told to take, without a SUMO: the commands are looked at."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from tests.edge.charging.test_policies import EFFICIENCY, city
from wayside.edge.charging.policies import least_completion
from wayside.edge.charging.power import equal
from wayside.edge.charging.state import ChargingPlatform, Requests
from wayside.sim.air import Deliveries
from wayside.sim.charging import BOUND, CONTENT, ElectricVehicles
from wayside.sim.fleet import Fleet
from wayside.sim.parking import AFTER_REFUSAL, RETRY
from wayside.sim.sections import V2X
from wayside.sim.sumo.commands import BatteryParameter
from wayside.sim.world import VehicleTable

TIGHT, WIDE = 0, 1  # sites of two 60 kW piles: one may draw 60 kW in all, the other any power


def town(equipped: tuple[bool, ...], compliance: float = 1.0) -> ElectricVehicles:
    """Nearly empty electric vehicles a, b, ... that can take 100 kW."""
    table = VehicleTable(8)
    fleet = Fleet(table, V2X(), 1, ("charging",))
    chargers = city([(2, 60, [0, 0, 0], []), (2, 60, [0, 0, 0], [])])
    chargers.site_limit_w[TIGHT] = 60_000.0
    backend = SimpleNamespace(battery_number=lambda id, key: 100_000.0)
    facilities = SimpleNamespace(charger_of={}, charger_area=["t", "w"])
    platform = ChargingPlatform(chargers, least_completion, equal, 60.0, 1e9)
    electric = ElectricVehicles(cast(Any, backend), fleet, platform, cast(Any, facilities), 0.3, 0.8, compliance)
    slots = [table.add("abc"[i]) for i in range(len(equipped))]
    table.capacity_wh[slots], table.charge[slots] = 50_000.0, 5_000.0
    electric.admit(np.array(slots, np.int32))
    fleet.equipped[slots] = equipped
    return electric


def told(electric: ElectricVehicles, now: float) -> dict[str, float]:
    """The new limits of this second, W into the battery."""
    commands = electric.charge(1.0, now)
    return {command.vehicle: command.value for command in commands if isinstance(command, BatteryParameter)}


def test_a_limit_is_lifted_at_the_next_pile() -> None:
    electric = town((True, True))
    for slot in (0, 1):
        electric.plugged(slot, TIGHT, 0.0)
    half = round(30_000.0 * EFFICIENCY)
    assert told(electric, 1.0) == {"a": half, "b": half}
    assert told(electric, 2.0) == {}, "said once"
    electric.unplugged(0, TIGHT, 3.0)
    assert told(electric, 3.0) == {"b": round(60_000.0 * EFFICIENCY)}, "the one who stays gets the rest"
    electric.plugged(0, WIDE, 4.0)
    assert told(electric, 4.0) == {"a": round(60_000.0 * EFFICIENCY)}, "its battery still obeys the old limit"


def test_one_without_a_unit_is_told_nothing() -> None:
    electric = town((True, False))
    for slot in (0, 1):
        electric.plugged(slot, TIGHT, 0.0)
    assert told(electric, 1.0) == {"a": 0.0}, "the other takes all that the site has"


def test_where_nothing_is_tight_nothing_is_told() -> None:
    electric = town((True, True))
    for slot in (0, 1):
        electric.plugged(slot, WIDE, 0.0)
    assert told(electric, 1.0) == {}


def promise(electric: ElectricVehicles) -> list[object]:
    """The first vehicle asks, and a pile is promised to it."""
    one = np.zeros(1, np.int32)
    electric.fleet.hear_announcements(Deliveries(one, one), one, np.zeros(1), np.zeros(1), np.ones((1, 1), np.uint8))
    electric.fleet.active[0] = 1
    ((unit, request),) = electric.requests(0.0, np.zeros(2, np.int8))
    requests = Requests(request.edge, request.energy_wh, request.max_power_w, 1e9)
    chosen = electric.platform.assign(request.station, requests, 0.0, unit).charger
    assert electric.platform.chargers.reserved.sum() == 1
    return list(electric.obey(0, int(chosen[0]), 1.0))


def test_only_who_awaits_an_answer_obeys_one() -> None:
    electric = town((True, True))
    assert not electric.awaiting(0.0)
    assert electric.obey(0, WIDE, 0.0) == [], "nobody has asked"
    assert len(promise(electric)) == 1
    assert not electric.awaiting(1.0)
    assert electric.obey(0, TIGHT, 1.1) == [], "one answer to a request"


def test_an_answer_can_come_too_late() -> None:
    electric = town((True, True))
    promise(electric)
    electric.refused("a", 1.0)
    electric.requests(1.0 + AFTER_REFUSAL, np.zeros(2, np.int8))
    again = 1.0 + AFTER_REFUSAL + RETRY
    assert electric.awaiting(again - 0.1)
    assert not electric.awaiting(again)
    assert electric.obey(0, WIDE, again) == []


def test_who_obeys_is_bound_for_the_pile() -> None:
    electric = town((True, True))
    assert len(promise(electric)) == 1
    assert (electric.state[0], electric.sessions[0].outcome) == (BOUND, "bound")
    electric.gone(0, 0, 9.0)
    assert electric.platform.chargers.reserved.sum() == 0


def test_who_does_not_obey_asks_no_more_and_the_promise_runs_out() -> None:
    electric = town((True, True), compliance=0.0)
    assert promise(electric) == []
    assert (electric.state[0], electric.sessions[0].outcome) == (CONTENT, "ignored")
    assert np.isnan(electric.sessions[0].reserved)
    assert electric.requests(50.0, np.zeros(2, np.int8)) == []
    assert not electric.busy(np.array([0]), 50.0)[0]
    electric.gone(0, 0, 51.0)
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
    assert electric.charge(1.0, 6.0) == []
    electric.unplugged(0, WIDE, 9.0)
    assert (electric.sessions[0].outcome, electric.ask_at[0]) == ("charged", 9.0)
