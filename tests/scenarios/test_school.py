import tomllib

from wayside.scenarios.school.build import BICYCLES, CARS, FILES, PEOPLE, SIDE, build

from . import reading

HERE = reading.ROOT / "school"


def test_crossings_at_every_junction_and_one_signal() -> None:
    net = reading.tree(HERE / FILES[0])
    assert len([j for j in net.iter("junction") if j.get("type") == "traffic_light"]) == 1
    crossings = {edge.get("id", "")[1:3] for edge in net.iter("edge") if edge.get("function") == "crossing"}
    assert len(crossings) == SIDE * SIDE


def test_who_is_on_the_way_and_how_many_err() -> None:
    routes = reading.tree(HERE / FILES[1])
    kinds = [vehicle.get("type") for vehicle in routes.iter("vehicle")]
    assert len(kinds) == CARS + BICYCLES
    assert kinds.count("bike") == BICYCLES
    assert kinds.count("careless") == CARS // 10
    assert len(list(routes.iter("person"))) == PEOPLE


def test_the_scenario_names_its_configuration() -> None:
    scenario = tomllib.loads((HERE / "scenario.toml").read_text())
    assert scenario["scenario"]["name"] == "school"
    assert (HERE / scenario["sumo"]["config"]).is_file()


def test_a_rebuild_gives_the_committed_files(tmp_path) -> None:
    build(tmp_path)
    for name in FILES:
        assert reading.text(tmp_path / name) == reading.text(HERE / name), name
