import tomllib
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest

from wayside.scenarios.lingang import incident
from wayside.scenarios.lingang.build import FILES, build
from wayside.scenarios.lingang.ground import Ground

from . import reading

HERE = reading.ROOT / "lingang"


@pytest.fixture(scope="module")
def net() -> ET.Element:
    return reading.tree(HERE / "lingang.net.xml.gz")


@pytest.fixture(scope="module")
def add() -> ET.Element:
    return reading.tree(HERE / "lingang.add.xml.gz")


@pytest.fixture(scope="module")
def vehicles() -> list[ET.Element]:
    return list(reading.tree(HERE / "lingang.rou.xml.gz").iter("vehicle"))


@pytest.fixture(scope="module")
def polygons() -> list[ET.Element]:
    return list(reading.tree(HERE / "buildings.add.xml.gz").iter("poly"))


def test_signals(net) -> None:
    signals = [j.get("id") for j in net.iter("junction") if j.get("type") == "traffic_light"]
    programs = {logic.get("id") for logic in net.iter("tlLogic")}
    assert 40 <= len(signals) <= 60
    assert programs == {f"tl_{id}" for id in signals}


def test_every_edge_lies_on_a_named_street(net) -> None:
    edges = [e for e in net.iter("edge") if e.get("function") is None]
    assert all(e.get("name") for e in edges)
    assert len({e.get("name") for e in edges}) > 30


def test_parking(add) -> None:
    charging = reading.charging_areas(add)
    areas = [area for area in add.iter("parkingArea") if area.get("id") not in charging]
    kinds = {reading.params(area)["kind"] for area in areas}
    prices = {float(reading.params(area)["price_per_hour"]) for area in areas}
    assert len(areas) >= 60
    assert sum(map(reading.bays, areas)) >= 3000
    assert kinds == {"kerb", "surface", "garage"}
    assert len(prices) >= 5
    assert all(area.get("name") for area in areas)


def test_charging(add) -> None:
    areas = {area.get("id"): reading.bays(area) for area in add.iter("parkingArea")}
    sites: dict[str, list[ET.Element]] = {}
    for station in add.iter("chargingStation"):
        sites.setdefault(reading.params(station)["site"], []).append(station)
    assert len(sites) >= 40
    assert sum(areas[s.get("parkingArea")] for group in sites.values() for s in group) >= 400
    assert {s.get("power") for group in sites.values() for s in group} == {"7000", "60000", "120000"}
    for id, group in sites.items():
        limits = {reading.params(s)["site_limit_w"] for s in group}
        total = sum(float(s.get("power", "0")) * areas[s.get("parkingArea")] for s in group)
        assert len(limits) == 1, id
        assert float(limits.pop()) <= total, id
        assert all(float(reading.params(s)["price_per_kwh"]) > 0 for s in group)


def test_a_search_never_leads_to_a_charging_bay(add) -> None:
    charging = reading.charging_areas(add)
    options = {option.get("id") for option in add.iter("parkingAreaReroute")}
    areas = {area.get("id") for area in add.iter("parkingArea")}
    assert options == areas - charging


def test_demand(vehicles) -> None:
    moving = [v for v in vehicles if v.get("departPos") != "stop"]
    kinds = {v.get("type", "").split("_")[0] for v in vehicles}
    assert len(moving) >= 4000
    assert kinds >= {"car", "suv", "bus", "truck", "trailer", "taxi", "ambulance", "fire"}
    seekers = [v for v in moving if any(stop.get("parkingArea") for stop in v.findall("stop"))]
    assert len(seekers) >= 2000


def test_a_third_of_the_cars_is_electric_with_some_nearly_empty(vehicles) -> None:
    capacity = {"car_ev": 60e3, "car_ev_small": 40e3, "car_ev_large": 80e3}
    cars = [v for v in vehicles if v.get("type", "").startswith(("car", "suv"))]
    electric = [v for v in cars if v.get("type") in capacity]
    charge = [float(reading.params(v)["device.battery.chargeLevel"]) / capacity[v.get("type")] for v in electric]
    assert 0.30 < len(electric) / len(cars) < 0.37
    assert sum(share < 0.3 for share in charge) >= 300
    assert max(charge) <= 1.0


def test_the_cars_that_stand_at_the_start_fit_their_bays(add, vehicles) -> None:
    size = {area.get("id"): reading.bays(area) for area in add.iter("parkingArea")}
    taken: dict[str, int] = {}
    for vehicle in vehicles:
        if vehicle.get("departPos") == "stop":
            area = vehicle.find("stop").get("parkingArea")
            taken[area] = taken.get(area, 0) + 1
    shares = [taken.get(area, 0) / size[area] for area in taken]
    assert max(shares) < 1.0
    assert 0.35 < sum(taken.values()) / sum(size[area] for area in taken) < 0.65


def test_cars_stand_at_piles_from_the_start(add, vehicles) -> None:
    charging = reading.charging_areas(add)
    standing = [v for v in vehicles if v.get("departPos") == "stop" and v.find("stop").get("parkingArea") in charging]
    assert 80 <= len(standing) <= 180
    assert all(v.get("type", "").startswith("car_ev") for v in standing)


def test_the_incident_stands_where_there_is_room(net) -> None:
    lanes = {lane.get("id"): float(lane.get("length")) for lane in net.iter("lane")}
    vehicles = list(reading.tree(HERE / incident.FILE).iter("vehicle"))
    assert {vehicle.get("id") for vehicle in vehicles} == {"breakdown", "works_0", "works_1"}
    for vehicle in vehicles:
        stop = vehicle.find("stop")
        assert float(stop.get("endPos")) < lanes[stop.get("lane")]
        assert stop.get("lane")[:-2] in vehicle.find("route").get("edges").split()
    site = incident.SITE
    assert len(site["closed"]) == sum(lane.startswith(f"{site['edge']}_") for lane in lanes)
    (study,) = tomllib.loads((reading.ROOT / "studies" / "forwarding-lingang.toml").read_text())["set"]["rsu"]
    assert study["apps"][1]["sites"] == [site]


def test_no_building_stands_on_a_road_or_on_another(net, polygons) -> None:
    roads = Ground((-100.0, -100.0), (5700.0, 4400.0))
    for lane in net.iter("lane"):
        roads.take_line(reading.points(lane.get("shape", "")), 1.6)
    buildings = [p for p in polygons if p.get("type") == "building"]
    on_road = [p.get("id") for p in buildings if not roads.free(reading.points(p.get("shape", "")))]
    assert on_road == []
    ground = Ground((-100.0, -100.0), (5700.0, 4400.0))
    for polygon in buildings:
        if reading.params(polygon)["use"] != "ship":  # a ship's containers stand on its hull
            assert ground.free(reading.points(polygon.get("shape", ""))), polygon.get("id")
            ground.take(reading.points(polygon.get("shape", "")))


def test_the_check_for_buildings_on_roads_can_fail(net) -> None:
    roads = Ground((-100.0, -100.0), (5700.0, 4400.0))
    lane = next(lane for lane in net.iter("lane") if float(lane.get("length", "0")) > 100)
    line = reading.points(lane.get("shape", ""))
    roads.take_line(line, 1.6)
    x, y = np.mean(line[:2], axis=0)
    assert not roads.free([(x - 9, y - 9), (x + 9, y - 9), (x + 9, y + 9), (x - 9, y + 9)])


def test_polygons(polygons) -> None:
    kinds = {p.get("type") for p in polygons}
    heights = [float(reading.params(p)["height"]) for p in polygons if p.get("type") == "building"]
    assert kinds == {"building", "water", "park"}
    assert len(heights) > 1000
    assert min(heights) > 2.0
    assert 100.0 < max(heights) < 250.0


def test_green_waves_alternate_around_each_ring(net) -> None:
    offsets = {logic.get("id", ""): int(float(logic.get("offset", "0"))) for logic in net.iter("tlLogic")}
    compass = ("e", "ene", "nne", "n", "nnw", "wnw", "w", "wsw", "ssw", "s", "sse", "ese", "e")
    for ring in ("tide", "harbour", "outer"):
        for here, there in pairwise(compass):
            assert abs(offsets[f"tl_{ring}_{here}"] - offsets[f"tl_{ring}_{there}"]) == 45


def test_the_scenario_names_its_configuration() -> None:
    scenario = tomllib.loads((HERE / "scenario.toml").read_text())
    assert scenario["scenario"]["name"] == "lingang"
    assert (HERE / scenario["sumo"]["config"]).is_file()


def test_express_buses_keep_to_a_timetable_on_whole_ways(net, add) -> None:
    buses = list(reading.tree(HERE / "express.rou.xml.gz").iter("vehicle"))
    assert {bus.get("line") for bus in buses} == {"9", "10"}
    departs = [float(bus.get("depart")) for bus in buses]
    assert departs == sorted(departs)
    lanes = {stop.get("id"): stop.get("lane") for stop in add.iter("busStop")}
    ways = {(c.get("from"), c.get("to")) for c in net.iter("connection")}
    for bus in buses:
        edges = bus.find("route").get("edges").split()
        assert set(pairwise(edges)) <= ways
        stops = bus.findall("stop")
        places = [edges.index(lanes[stop.get("busStop")].rpartition("_")[0]) for stop in stops]
        until = [float(stop.get("until")) for stop in stops]
        assert places == sorted(places)
        assert len(places) == 4
        assert until == sorted(until)
        assert until[0] > float(bus.get("depart"))


def test_what_is_committed_is_small() -> None:
    assert sum((HERE / name).stat().st_size for name in FILES) < 2_000_000


def test_a_rebuild_gives_the_committed_files(tmp_path) -> None:
    build(tmp_path)
    for name in FILES:
        assert reading.text(tmp_path / name) == reading.text(HERE / name), name


def test_three_minutes_in_plain_sumo_without_teleports(tmp_path) -> None:
    stats, complaints = reading.run("lingang", tmp_path, 180, 1.0)
    assert "Warning" not in complaints
    assert reading.count(stats, "teleports", "total") == 0
    assert reading.count(stats, "vehicles", "inserted") > 2500
