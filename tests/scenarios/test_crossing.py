import tomllib

from wayside.scenarios.crossing.build import build

from . import reading

HERE = reading.ROOT / "crossing"
FILES = ("crossing.net.xml.gz", "crossing.add.xml.gz", "crossing.rou.xml.gz")


def test_one_signal_one_lot_four_piles() -> None:
    net, add = reading.tree(HERE / FILES[0]), reading.tree(HERE / FILES[1])
    assert [j.get("id") for j in net.iter("junction") if j.get("type") == "traffic_light"] == ["crossing"]
    charging = reading.charging_areas(add)
    sizes = {area.get("id"): reading.bays(area) for area in add.iter("parkingArea")}
    assert sizes["park_mill"] == 12
    assert sum(size for id, size in sizes.items() if id in charging) == 4


def test_a_third_is_electric_and_some_look_for_bays() -> None:
    vehicles = list(reading.tree(HERE / FILES[2]).iter("vehicle"))
    electric = [v for v in vehicles if v.get("type") == "car_ev"]
    assert 0.25 < len(electric) / len(vehicles) < 0.42
    assert all(float(reading.params(v)["device.battery.chargeLevel"]) > 0 for v in electric)
    assert sum(v.find("stop") is not None for v in vehicles) > 50


def test_the_scenario_names_its_configuration() -> None:
    scenario = tomllib.loads((HERE / "scenario.toml").read_text())
    assert scenario["scenario"]["name"] == "crossing"
    assert (HERE / scenario["sumo"]["config"]).is_file()


def test_a_rebuild_gives_the_committed_files(tmp_path) -> None:
    build(tmp_path)
    for name in FILES:
        assert reading.text(tmp_path / name) == reading.text(HERE / name), name


def test_plain_sumo_runs_it_without_a_word(tmp_path) -> None:
    stats, complaints = reading.run("crossing", tmp_path, 900, 0.5)
    assert complaints == ""
    assert reading.count(stats, "teleports", "total") == 0
    assert reading.count(stats, "vehicles", "inserted") > 140
