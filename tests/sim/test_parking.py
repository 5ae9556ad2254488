"""Drivers who follow the advice and drivers who do not, without a SUMO: states, commands and the platform's ledger."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.edge.parking.test_policies import city as car_parks
from tests.sim.test_fleet import city as fleet_of
from wayside.edge.parking.policies import nearest
from wayside.edge.parking.state import ParkingPlatform, Requests
from wayside.sim.air import Deliveries
from wayside.sim.fleet import draw
from wayside.sim.parking import AFTER_REFUSAL, GUIDED, NONE, RETRY, SEARCHING, UNGUIDED, Drivers
from wayside.sim.sumo.commands import ParkAt

TIMEOUT = 300.0
WISH, OTHER = 0, 1  # car parks: everyone wants to go to the first, and a bay is reserved in the second


def town(compliance: float, count: int = 1) -> Drivers:
    """Drivers v0, v1, ... who have begun to search, and asked at 0 s."""
    _, fleet = fleet_of([f"v{i}" for i in range(count)])
    parks = car_parks([((0, 0), 900, 0, 0), ((5, 0), 900, 0, 0)])
    stop = SimpleNamespace(area="p0", duration=600.0)
    backend = SimpleNamespace(planned_parking=lambda id: stop)
    platform = ParkingPlatform(parks, nearest, TIMEOUT)
    drivers = Drivers(cast(Any, backend), fleet, platform, {"p0": WISH, "p1": OTHER}, 800.0, compliance)
    for slot in range(count):
        drivers.plan(slot)
    drivers.look(0.0)
    each = np.arange(count, dtype=np.int32)
    fleet.hear_announcements(
        Deliveries(np.zeros_like(each), each),
        np.zeros(1, np.int32),
        np.zeros(1),
        np.zeros(1),
        np.ones((1, 2), np.uint8),
    )
    fleet.active[:count] = 1
    ((_, request),) = drivers.requests(0.0, nobody)
    assert len(request.vehicle) == count
    return drivers


def nobody(slots: np.ndarray[Any, Any], now: float) -> np.ndarray[Any, Any]:
    return np.zeros(len(slots), bool)


def advise(drivers: Drivers, slot: int = 0) -> list[Any]:
    """A bay is reserved at the other car park, and the driver hears of it."""
    xy = np.full(1, 5.0), np.zeros(1)
    station = drivers.fleet.vehicles.station[[slot]]
    drivers.platform.assign(station, Requests(*xy, np.zeros(1, np.int32), np.full(1, 60.0)), 0.0)
    assert drivers.platform.reservations[int(station[0])].car_park == OTHER
    return drivers.obey(slot, OTHER, 1.0)


def reserved(drivers: Drivers) -> list[int]:
    found: list[int] = drivers.platform.car_parks.reserved.tolist()
    return found


def test_who_obeys_goes_to_the_bay() -> None:
    drivers = town(1.0)
    assert advise(drivers) == [ParkAt("v0", "p1")]
    assert drivers.state[0] == GUIDED
    drivers.parked(0, OTHER, 9.0)
    assert (drivers.searches[0].outcome, reserved(drivers)) == ("guided", [0, 0])


def test_who_does_not_obey_goes_on_and_the_bay_stays_reserved_until_its_time_is_up() -> None:
    drivers = town(0.0)
    assert advise(drivers) == []
    assert drivers.state[0] == UNGUIDED
    assert drivers.requests(100.0, nobody) == []
    drivers.look(100.0)
    drivers.parked(0, WISH, 120.0)
    search = drivers.searches[0]
    assert (search.outcome, search.taken, search.assigned) == ("ignored", "p0", "")
    assert np.isnan(search.reserved)
    assert (drivers.state[0], reserved(drivers)) == (NONE, [0, 1])
    late = drivers.platform.expire(TIMEOUT)
    drivers.expired(late, TIMEOUT)
    assert (drivers.state[0], reserved(drivers), drivers.platform.expired) == (NONE, [0, 0], 1)


def test_a_bay_that_runs_out_on_the_way_does_not_bring_its_driver_back() -> None:
    drivers = town(0.0)
    advise(drivers)
    drivers.expired(drivers.platform.expire(TIMEOUT), TIMEOUT)
    assert drivers.state[0] == UNGUIDED
    drivers.parked(0, OTHER, 400.0)
    assert drivers.searches[0].outcome == "ignored"


def test_one_who_comes_to_the_reserved_car_park_by_chance_takes_the_bay() -> None:
    drivers = town(0.0)
    advise(drivers)
    drivers.parked(0, OTHER, 120.0)
    assert (drivers.searches[0].outcome, reserved(drivers)) == ("ignored", [0, 0])


def test_leaving_the_simulation_is_not_told_to_the_platform() -> None:
    for compliance, left in ((0.0, [0, 1]), (1.0, [0, 0])):
        drivers = town(compliance)
        advise(drivers)
        drivers.gone(0, int(drivers.fleet.vehicles.station[0]))
        assert (drivers.searches[0].outcome, reserved(drivers), drivers.state[0]) == ("gone", left, NONE)


def test_a_refusal_is_heard_by_all() -> None:
    drivers = town(0.0)
    assert drivers.obey(0, -1, 1.0) == []
    assert (drivers.state[0], drivers.searches[0].rejected, drivers.ask_at[0]) == (SEARCHING, 1, 11.0)


def test_only_who_awaits_an_answer_obeys_one() -> None:
    drivers = town(1.0)
    assert drivers.awaiting(1.9)
    assert not drivers.awaiting(RETRY)
    assert drivers.obey(0, OTHER, RETRY) == [], "too late"
    assert drivers.state[0] == SEARCHING
    ((_, _),) = drivers.requests(RETRY, nobody)
    assert drivers.obey(0, -1, 2.5) == []
    assert not drivers.awaiting(2.5)
    assert drivers.obey(0, OTHER, 2.6) == [], "one answer to a request"
    ((_, _),) = drivers.requests(2.5 + AFTER_REFUSAL, nobody)
    assert drivers.obey(0, OTHER, 13.0) == [ParkAt("v0", "p1")]
    assert not drivers.awaiting(13.0)


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_the_share_and_who_it_is(share: float) -> None:
    drivers = town(share, 400)
    follow = {slot for slot in range(400) if advise(drivers, slot)}
    assert follow == {slot for slot in range(400) if draw(1, "parking advice", f"v{slot}") < share}
    assert len(follow) / 400 == pytest.approx(share, abs=0.08)
    # Not the same people as for chargers, nor those with a unit.
    charging = {slot for slot in range(400) if drivers.fleet.complies("charging", slot, share)}
    equipped = {slot for slot in range(400) if draw(1, "equipped", f"v{slot}") < share}
    assert len(follow & charging) / 400 == pytest.approx(share**2, abs=0.08)
    assert len(follow & equipped) / 400 == pytest.approx(share**2, abs=0.08)


def test_a_planted_release_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform that hears of drivers who do not obey."""
    obey = Drivers.obey

    def tell(drivers: Drivers, slot: int, car_park: int, now: float) -> Any:
        drivers.platform.release(int(drivers.fleet.vehicles.station[slot]))
        return obey(drivers, slot, car_park, now)

    monkeypatch.setattr(Drivers, "obey", tell)
    with pytest.raises(AssertionError):
        test_who_does_not_obey_goes_on_and_the_bay_stays_reserved_until_its_time_is_up()
