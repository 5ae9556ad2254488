"""Drivers who follow the advice and drivers who do not, without a SUMO: states, commands and the platform's ledger."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.edge.parking.test_policies import city as car_parks
from tests.edge.pooled import assign
from tests.sim.stations.test_fleet import city as fleet_of
from tests.sim.world.test_drives import graph
from wayside.edge.parking.policies import nearest
from wayside.edge.parking.state import BayRequests
from wayside.edge.platform import CityPlatform
from wayside.edge.pool import RETRY, Pooling
from wayside.sim.air import Deliveries
from wayside.sim.chance import draw
from wayside.sim.onboard.parking import (
    AFTER_REFUSAL,
    GUIDED,
    HEADING,
    NEAR,
    NONE,
    PATIENCE,
    SEARCHING,
    SILENCE,
    UNGUIDED,
    Drivers,
)
from wayside.sim.sumo.backend import PlannedStop
from wayside.sim.sumo.commands import ParkAt, PassBy
from wayside.sim.world import AT_CHARGING_STATION

TIMEOUT = 300.0
WISH, OTHER = 0, 1  # car parks: everyone wants to go to the first, and a bay is reserved in the second


STOP = PlannedStop("p0", 600.0, 65, 4000.0)


def town(compliance: float, count: int = 1) -> Drivers:
    """Drivers v0, v1, ... who have begun to search, and asked at 0 s. Their road is a ring of two edges of 1 km."""
    _, fleet = fleet_of([f"v{i}" for i in range(count)])
    parks = car_parks([((0, 0), 900, 0, 0), ((5, 0), 900, 0, 0)])
    parks.position = np.array([500.0, 600.0])
    network = graph([1000, 1000, 10], [10, 10, 10], [(0, 1), (1, 0)])
    section = SimpleNamespace(
        request_distance=800.0, compliance=compliance, search_horizon=900.0, reservation_timeout=TIMEOUT
    )
    around = SimpleNamespace(
        scenario=SimpleNamespace(parking=section),
        plugins=SimpleNamespace(policies={"parking.policy": nearest}, pooling={"parking.policy": Pooling()}),
        backend=SimpleNamespace(planned_parking=lambda id: STOP, version=(1, 28, 0), time=0.0),
        network=network,
        fleet=fleet,
        facilities=SimpleNamespace(car_parks=parks, car_park_of={"p0": WISH, "p1": OTHER}),
        platform=CityPlatform(),
    )
    drivers = Drivers(cast(Any, around))
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
    ((_, request),) = drivers.requests(0.0)
    assert len(request.vehicle) == count
    return drivers


def told(drivers: Drivers) -> list[Any]:
    """What drivers have been made to do since the last call."""
    orders = drivers.orders.copy()
    drivers.orders.clear()
    return orders


def obey(drivers: Drivers, slot: int, car_park: int, now: float) -> list[Any]:
    """A driver hears an answer; what it does."""
    drivers.obey(slot, car_park, now)
    return told(drivers)


def advise(drivers: Drivers, slot: int = 0) -> list[Any]:
    """A bay is reserved at the other car park, and the driver hears of it."""
    xy = np.full(1, 5.0), np.zeros(1)
    station = drivers.fleet.vehicles.station[[slot]]
    assign(drivers.platform, station, BayRequests(*xy, np.zeros(1, np.int32), np.full(1, 60.0)), 0.0)
    assert drivers.platform.reservations[int(station[0])].car_park == OTHER
    return obey(drivers, slot, OTHER, 1.0)


def reserved(drivers: Drivers) -> list[int]:
    found: list[int] = drivers.platform.car_parks.reserved.tolist()
    return found


def test_who_obeys_goes_to_the_bay() -> None:
    drivers = town(1.0)
    assert advise(drivers) == [ParkAt("v0", "p1")]
    assert drivers.state[0] == GUIDED
    drivers.parked(0, OTHER, 9.0)
    search = drivers.searches[0]
    assert (search.outcome, search.taken, reserved(drivers)) == ("guided", "p1", [0, 0])
    assert (search.parked, search.ended, search.walk_m) == (9.0, 9.0, 5.0)


def test_who_does_not_obey_goes_on_and_the_bay_stays_reserved_until_its_time_is_up() -> None:
    drivers = town(0.0)
    assert advise(drivers) == []
    assert drivers.state[0] == UNGUIDED
    assert drivers.requests(100.0) == []
    drivers.look(100.0)
    drivers.parked(0, WISH, 120.0)
    search = drivers.searches[0]
    assert (search.outcome, search.taken, search.assigned) == ("ignored", "p0", "")
    assert np.isnan(search.reserved)
    assert (drivers.state[0], reserved(drivers)) == (NONE, [0, 1])
    drivers.every_second(1.0, TIMEOUT)
    assert (drivers.state[0], reserved(drivers), drivers.platform.expired) == (NONE, [0, 0], 1)


def test_a_bay_that_runs_out_on_the_way_does_not_bring_its_driver_back() -> None:
    drivers = town(0.0)
    advise(drivers)
    drivers.every_second(1.0, TIMEOUT)
    assert drivers.state[0] == UNGUIDED
    drivers.parked(0, OTHER, 400.0)
    assert drivers.searches[0].outcome == "ignored"


def test_who_comes_too_late_knows_it_by_its_own_clock() -> None:
    drivers = town(1.0)
    advise(drivers)  # heard at 1 s
    drivers.every_second(1.0, TIMEOUT)
    assert (drivers.state[0], reserved(drivers)) == (GUIDED, [0, 0]), "the platform's time is up"
    drivers.every_second(1.0, 1.0 + TIMEOUT)
    assert (drivers.state[0], told(drivers)) == (SEARCHING, [PassBy("v0", "p0")])


def test_who_parks_elsewhere_keeps_its_bay_until_the_time_is_up() -> None:
    """No message tells the platform."""
    drivers = town(1.0)
    advise(drivers)
    drivers.parked(0, WISH, 50.0)
    assert (drivers.searches[0].outcome, reserved(drivers)) == ("parked", [0, 1])
    drivers.every_second(1.0, TIMEOUT)
    assert reserved(drivers) == [0, 0]


def test_one_who_comes_to_the_reserved_car_park_by_chance_takes_the_bay() -> None:
    drivers = town(0.0)
    advise(drivers)
    drivers.parked(0, OTHER, 120.0)
    assert (drivers.searches[0].outcome, reserved(drivers)) == ("ignored", [0, 0])


def test_leaving_the_simulation_is_not_told_to_the_platform() -> None:
    for compliance in (0.0, 1.0):
        drivers = town(compliance)
        advise(drivers)
        drivers.gone(np.zeros(1, np.int32), 77.0)
        assert drivers.searches[0].ended == 77.0
        assert (drivers.searches[0].outcome, reserved(drivers), drivers.state[0]) == ("gone", [0, 1], NONE)


def test_a_refusal_is_heard_by_all() -> None:
    """Who obeys keeps off the bays that are others'; who does not drives on as before. Both ask again."""
    for compliance, commands in ((0.0, []), (1.0, [PassBy("v0", "p0")])):
        drivers = town(compliance)
        assert obey(drivers, 0, -1, 1.0) == commands
        assert (drivers.state[0], drivers.searches[0].rejected, drivers.ask_at[0]) == (SEARCHING, 1, 11.0)
        assert drivers.passing[0] == len(commands)


def test_who_drives_around_asks_when_the_wish_is_near_or_after_a_while_anywhere() -> None:
    drivers = town(1.0)
    obey(drivers, 0, -1, 1.0)
    table = drivers.fleet.vehicles
    table.edge[0], table.lane_position[0] = 0, 501.0  # just past it
    assert drivers.requests(11.0) == []
    table.edge[0], table.lane_position[0] = 1, 1000.0 - (NEAR - 500.0) - 1.0
    table.edge[0], table.lane_position[0] = 0, 500.0 - NEAR - 1.0
    assert drivers.requests(11.0) == []
    table.lane_position[0] = 500.0 - NEAR
    assert drivers.requests(10.9) == [], "it has been told to wait"
    assert len(drivers.requests(11.0)) == 1
    obey(drivers, 0, -1, 12.0)
    table.lane_position[0] = 501.0
    assert drivers.requests(12.0 + AFTER_REFUSAL + PATIENCE - 0.1) == []
    assert len(drivers.requests(12.0 + AFTER_REFUSAL + PATIENCE)) == 1


def test_who_has_driven_around_gets_its_stop_back_with_the_bay() -> None:
    drivers = town(1.0)
    obey(drivers, 0, -1, 1.0)
    drivers.requests(11.0 + PATIENCE)
    there = PlannedStop("p1", STOP.duration, STOP.flags, STOP.until)
    station = drivers.fleet.vehicles.station[[0]]
    assign(
        drivers.platform, station, BayRequests(np.full(1, 5.0), np.zeros(1), np.zeros(1, np.int32), np.zeros(1)), 72.0
    )
    assert obey(drivers, 0, OTHER, 72.0) == [ParkAt("v0", "p1", there)]
    assert (drivers.state[0], drivers.passing[0]) == (GUIDED, 0)
    drivers.refused(ParkAt("v0", "p1", there), 73.0)  # SUMO says no: round again
    assert (drivers.state[0], drivers.passing[0], reserved(drivers)) == (SEARCHING, 1, [0, 1])
    assert told(drivers) == [PassBy("v0", "p0")]


def test_where_there_is_no_way_round_a_driver_keeps_to_its_plan() -> None:
    drivers = town(1.0)
    obey(drivers, 0, -1, 1.0)
    drivers.refused(PassBy("v0", "p0"), 1.0)
    drivers.requests(11.0)
    assert obey(drivers, 0, -1, 12.0) == []
    assert drivers.passing[0] == 0


def test_who_hears_no_more_answers_goes_by_its_plan() -> None:
    drivers = town(1.0, 2)
    for slot in (0, 1):
        obey(drivers, slot, -1, 1.0)
    drivers.give_up(1.0 + SILENCE)
    assert told(drivers) == []
    charging = SimpleNamespace(engaged=lambda slots, now: slots == 1)  # which is bound for a charger
    drivers.others = (cast(Any, charging),)
    drivers.give_up(1.5 + SILENCE)
    assert told(drivers) == [ParkAt("v0", "p0", STOP)]
    assert drivers.passing[:2].tolist() == [0, 1]


def test_who_loses_its_bay_hears_of_it_or_sees_it() -> None:
    drivers = town(1.0)
    advise(drivers)
    station = int(drivers.fleet.vehicles.station[0])
    drivers.platform.car_parks.occupied[OTHER] = 899
    drivers.platform.entered(OTHER, 77)
    notices: list[Any] = []
    hears = SimpleNamespace(
        hearers=lambda service, stations: [4], notify=lambda unit, said: notices.append((unit, said))
    )
    drivers.backhaul = cast(Any, hears)
    drivers.settled(4.0)
    ((unit, notice),) = notices
    assert (unit, notice.station.tolist(), told(drivers)) == (4, [station], [])
    assert (drivers.state[0], drivers.searches[0].lost) == (GUIDED, 1), "nobody has told it"
    assert obey(drivers, 0, -1, 5.0) == [PassBy("v0", "p0")]
    assert drivers.state[0] == SEARCHING
    # Not told, it sees it when it is there, and not before.
    drivers = town(1.0)
    advise(drivers)
    drivers.platform.car_parks.occupied[OTHER] = 900
    drivers.platform.displace()
    drivers.fleet.vehicles.edge[0] = 1
    drivers.look(6.0)
    assert drivers.state[0] == GUIDED
    drivers.fleet.vehicles.edge[0] = 0
    drivers.look(7.0)
    assert (drivers.state[0], drivers.ask_at[0]) == (SEARCHING, 7.0)


def test_a_bay_that_was_lost_is_not_one_parked_in_as_reserved() -> None:
    drivers = town(1.0)
    advise(drivers)
    drivers.platform.release(int(drivers.fleet.vehicles.station[0]))
    drivers.parked(0, OTHER, 9.0)
    assert drivers.searches[0].outcome == "parked"


def test_a_search_begins_within_the_distance_or_at_the_latest_with_the_bay() -> None:
    drivers = town(1.0, 3)
    table = drivers.fleet.vehicles
    drivers.searches.clear()
    table.x[:3] = 800.0, 801.0, 5000.0
    for slot in range(3):
        drivers.plan(slot)
    drivers.look(50.0)
    assert [search.vehicle for search in drivers.searches] == ["v0"]
    assert drivers.state[:3].tolist() == [SEARCHING, HEADING, HEADING]
    table.distance[1] = 1.0
    drivers.parked(1, OTHER, 60.0)  # SUMO's rerouters have sent it there, far from the wish
    assert [(search.vehicle, search.began, search.parked) for search in drivers.searches[1:]] == [("v1", 60.0, 60.0)]
    drivers.parked(2, WISH, 65.0)  # it has stood there from the begin
    assert len(drivers.searches) == 2


def test_what_is_driven_beyond_the_shortest_way() -> None:
    drivers = town(1.0)
    table = drivers.fleet.vehicles
    drivers.searches.clear()
    table.lane_position[0], table.distance[0] = 100.0, 4000.0
    drivers.plan(0)
    drivers.look(50.0)
    table.distance[0] = 6500.0
    (search,) = drivers.settle(200.0)
    assert (search.ended, search.driven_m, search.direct_m, search.cruising_m) == (200.0, 2500.0, 400.0, 2100.0)
    table.lane_position[0], table.distance[0] = 590.0, 6590.0
    drivers.parked(0, OTHER, 210.0)
    assert (search.ended, search.driven_m, search.direct_m, search.cruising_m) == (210.0, 2590.0, 490.0, 2100.0)


def test_who_charges_first_ends_its_search_and_begins_another() -> None:
    drivers = town(1.0)
    obey(drivers, 0, -1, 1.0)
    drivers.fleet.vehicles.stop_state[0] = AT_CHARGING_STATION
    drivers.look(90.0)
    assert (drivers.searches[0].outcome, drivers.searches[0].ended) == ("elsewhere", 90.0)
    drivers.fleet.vehicles.stop_state[0] = 0
    drivers.plan(0)  # it drives on, and the stop that was taken out comes back
    assert told(drivers) == [ParkAt("v0", "p0", STOP)]
    drivers.look(500.0)
    assert [search.began for search in drivers.searches] == [0.0, 500.0]


def test_only_who_awaits_an_answer_obeys_one() -> None:
    drivers = town(1.0)
    assert drivers.awaiting(1.9)
    assert not drivers.awaiting(RETRY)
    assert obey(drivers, 0, OTHER, RETRY) == [], "too late"
    assert drivers.state[0] == SEARCHING
    ((_, _),) = drivers.requests(RETRY)
    assert obey(drivers, 0, -1, 2.5) == [PassBy("v0", "p0")]
    assert not drivers.awaiting(2.5)
    drivers.fleet.vehicles.lane_position[0] = 400.0
    assert obey(drivers, 0, OTHER, 2.6) == [], "one answer to a request"
    ((_, _),) = drivers.requests(2.5 + AFTER_REFUSAL)
    assert obey(drivers, 0, OTHER, 13.0) == [ParkAt("v0", "p1", replace(STOP, area="p1"))]
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
    heard = Drivers.obey

    def tell(drivers: Drivers, slot: int, car_park: int, now: float) -> None:
        drivers.platform.release(int(drivers.fleet.vehicles.station[slot]))
        heard(drivers, slot, car_park, now)

    monkeypatch.setattr(Drivers, "obey", tell)
    with pytest.raises(AssertionError):
        test_who_does_not_obey_goes_on_and_the_bay_stays_reserved_until_its_time_is_up()
