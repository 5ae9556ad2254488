"""Kinds and drivers: more lorries, other drivers, by SUMO's own types; its defaults are asked of SUMO itself."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.sim.children import in_child
from tests.sim.sumo.demand.town import Loaded, Town, ids, written
from wayside.edge.errors import ScenarioError
from wayside.sim.scenario.demand import DRIVER_ATTRIBUTES, Demand
from wayside.sim.scenario.values import SUMO_VEHICLE_CLASSES
from wayside.sim.sumo.demand.draws import Draws
from wayside.sim.sumo.demand.drivers import NO_DRIVERS, default, driven, times
from wayside.sim.sumo.demand.kinds import VARIANTS

TYPES = """<vType id="car"/><vType id="lorry" vClass="truck"/>
<vTypeDistribution id="mix"><vType id="small" probability="0.75"/><vType id="big" vClass="truck" probability="0.25"/>
</vTypeDistribution>
<vTypeDistribution id="named" vTypes="car lorry" probabilities="1 3"/>
"""


def trips(type: str, count: int) -> str:
    said = f' type="{type}"' if type else ""
    return "".join(f'<trip id="{type}{n}"{said} depart="0" from="A0A1" to="C1C2"/>' for n in range(count))


ALL = TYPES + "".join(trips(type, 200) for type in ("car", "lorry", "mix", "named", ""))


def kept(root: ET.Element) -> dict[str, int]:
    names = ids(root, "trip")
    return {
        type: sum(name.strip("0123456789~") == type for name in names) for type in ("car", "lorry", "mix", "named", "")
    }


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        ({"truck": 3}, {"car": 200, "lorry": 600, "mix": 300, "named": 500, "": 200}),
        ({"truck": 3, "lorry": 2}, {"car": 200, "lorry": 400, "mix": 300, "named": 350, "": 200}),
        ({"mix": 2, "truck": 0}, {"car": 200, "lorry": 0, "mix": 400, "named": 50, "": 200}),
        ({"passenger": 0}, {"car": 0, "lorry": 200, "mix": 50, "named": 150, "": 0}),
        ({"DEFAULT_VEHTYPE": 2}, {"car": 200, "lorry": 200, "mix": 200, "named": 200, "": 400}),
    ],
)
def test_more_or_fewer_of_a_kind(town: Town, kinds: dict[str, float], found: dict[str, int]) -> None:
    town.write("a.rou.xml", ALL)
    counted = kept(written(town.stage(kinds=kinds)))
    for type, count in found.items():
        assert counted[type] == pytest.approx(count, abs=0 if count % 200 == 0 else 30), type


def test_members_of_a_distribution_are_as_frequent_as_their_kind(town: Town) -> None:
    town.write("a.rou.xml", TYPES + trips("mix", 800) + trips("named", 800))
    staged = town.stage(kinds={"truck": 3})
    root = written(staged)
    mix = {one.attrib["id"]: float(one.attrib["probability"]) for one in root.findall("vTypeDistribution/vType")}
    assert mix == {"small": 0.75, "big": 0.75}
    assert root[3].attrib == {"id": "named", "vTypes": "car lorry", "probabilities": "1 9"}
    types = [trip.attrib["type"] for trip in root.findall("trip")]
    assert set(types) == {"small", "big", "car", "lorry"}
    for type, factor in (("small", 0.75), ("big", 0.75), ("car", 0.25), ("lorry", 2.25)):
        assert types.count(type) == pytest.approx(800 * factor, abs=90)


def test_a_member_that_is_never_drawn_is_left_out(town: Town) -> None:
    flow = '<flow id="f" type="mix" begin="0" end="90" number="40" from="A0A1" to="C1C2"/>'
    town.write("a.rou.xml", TYPES + flow)
    staged = town.stage(kinds={"passenger": 0})
    assert [one.attrib["id"] for one in written(staged).findall("vTypeDistribution/vType")] == ["big"]
    loaded = Loaded(staged, "--end", "400")
    assert len(loaded.trips) == pytest.approx(10, abs=1)
    assert {trip["vType"] for trip in loaded.trips.values()} == {"big"}


def test_the_type_of_a_vehicle_does_not_depend_on_who_else_comes(town: Town) -> None:
    town.write("a.rou.xml", TYPES + trips("mix", 300))
    types = [
        {trip.attrib["id"]: trip.attrib["type"] for trip in written(town.stage(scale=scale)).findall("trip")}
        for scale in (0.5, 1.5)
    ]
    assert len(types[0]) < 200 < 400 < len(types[1])
    assert types[0].items() < types[1].items()


def test_a_kind_that_is_none_is_one_line(town: Town) -> None:
    town.write("a.rou.xml", ALL)
    with pytest.raises(ScenarioError) as caught:
        town.stage(kinds={"lory": 2})
    assert str(caught.value) == (
        's.toml: demand.kinds.lory: no vehicle type or class of this name; did you mean "lorry"?'
    )
    with pytest.raises(ScenarioError) as caught:
        town.stage(kinds={"zeppelin": 2})
    assert str(caught.value).endswith("types are big, car, lorry, mix, named, small")
    assert town.stage(kinds={"bus": 2}).warnings == ("s.toml: demand.kinds.bus: no vehicle is of this kind",)


def _defaults(folder: Path, net: Path) -> dict[str, dict[str, float]]:
    import libsumo

    types = "".join(f'<vType id="{name}" vClass="{name}"/>' for name in sorted(SUMO_VEHICLE_CLASSES))
    (folder / "types.xml").write_text(f"<routes>{types}</routes>")
    libsumo.start(["sumo", "-n", str(net), "-a", str(folder / "types.xml"), "--no-warnings", "--no-step-log"])
    ask = libsumo.vehicletype
    getters = {
        "accel": ask.getAccel,
        "decel": ask.getDecel,
        "minGap": ask.getMinGap,
        "sigma": ask.getImperfection,
        "speedFactor": ask.getSpeedFactor,
        "tau": ask.getTau,
    }
    found = {name: {key: get(name) for key, get in getters.items()} for name in SUMO_VEHICLE_CLASSES}
    libsumo.close()
    return found


def test_what_a_type_does_not_say_is_what_sumo_takes(tmp_path: Path, net: Path) -> None:
    found = in_child(_defaults, tmp_path, net)
    assert len(found) > 30
    for name, attributes in found.items():
        assert set(attributes) == set(DRIVER_ATTRIBUTES)
        if name not in NO_DRIVERS:
            assert attributes == {key: default(key, name) for key in attributes}, name


def test_factors_of_attributes() -> None:
    said = {"id": "x", "vClass": "truck", "sigma": "0.8", "speedFactor": "normc(1.00,0.08,.8,1.2e0)", "tau": "1.5"}
    found = driven(said, {"sigma": 1.5, "speedFactor": 0.5, "tau": 2.0, "accel": 2.0})
    assert found == {
        "id": "x",
        "vClass": "truck",
        "sigma": "1",
        "speedFactor": "normc(0.5,0.04,0.4,0.6)",
        "tau": "3",
        "accel": "2.6",
    }
    assert times("norm(1,-0.5)", 2) == "norm(2,-1)"


def test_drivers_of_all_types(town: Town) -> None:
    types = (
        '<vType id="car" tau="1"><carFollowing-IDM minGap="2"/></vType><vType id="walker" vClass="pedestrian" tau="1"/>'
    )
    member = '<vTypeDistribution id="d"><vType id="m" probability="1" tau="0.9"/></vTypeDistribution>'
    own = '<vType id="DEFAULT_VEHTYPE" tau="1.2"/>'
    for content in (types + member, types + member + own):
        town.write("a.rou.xml", content + trips("", 2))
        staged = town.stage(drivers={"tau": 1.5, "minGap": 2.0})
        root = written(staged)
        by_id = {one.attrib["id"]: one for one in root.iter("vType")}
        assert by_id["car"].attrib == {"id": "car", "tau": "1.5"}
        assert by_id["car"][0].attrib == {"minGap": "4"}
        assert by_id["walker"].attrib["tau"] == "1"
        assert (by_id["m"].attrib["tau"], by_id["m"].attrib["minGap"]) == ("1.35", "5")
        usual = "DEFAULT_VEHTYPE" if own in content else "DEFAULT_VEHTYPE~"
        assert by_id[usual].attrib["tau"] == ("1.8" if own in content else "1.5")
        assert {trip["vType"] for trip in Loaded(staged).trips.values()} == {usual}


def test_drivers_that_differ_by_vehicle(town: Town) -> None:
    flows = '<flow id="f" type="car" begin="0" end="90" number="9" from="A0A1" to="C1C2"/>'
    flows += '<flow id="g" begin="0" end="90" number="9" from="B0B1" to="C1C2"/>'
    town.write("a.rou.xml", ALL + flows)
    said = {"replication": 3, "drivers": {"tau": {"uniform": [1.0, 2.0], "per": "vehicle"}, "sigma": 0.5}}
    staged = town.stage(**said)  # type: ignore[arg-type]
    root = written(staged)
    variants = {one.attrib["id"]: one.attrib for one in root.iter("vType")}
    for name in ("car", "lorry", "small", "big", "DEFAULT_VEHTYPE~"):
        taus = sorted(float(variants[f"{name}~{k}"]["tau"]) for k in range(VARIANTS))
        assert taus == pytest.approx([1 + (k + 0.5) / VARIANTS for k in range(VARIANTS)])
        assert {variants[f"{name}~{k}"]["sigma"] for k in range(VARIANTS)} == {"0.25"}
    types = {trip.attrib["id"]: trip.attrib["type"] for trip in root.findall("trip")}
    assert {types[f"car{n}"] for n in range(200)} == {f"car~{k}" for k in range(VARIANTS)}
    big = sum(types[f"mix{n}"].startswith("big~") for n in range(200))
    assert big == pytest.approx(50, abs=25)
    loaded = Loaded(staged, "--end", "300")
    assert len(loaded.trips) == 1018
    assert all(loaded.trips[name]["vType"] == type for name, type in types.items())
    assert {loaded.trips[f"f.{n}"]["vType"].split("~")[0] for n in range(9)} == {"car"}
    assert {loaded.trips[f"g.{n}"]["vType"].split("~")[0] for n in range(9)} == {"DEFAULT_VEHTYPE"}
    draws = Draws(Demand.model_validate(said))
    assert draws.driving
    again = town.stage(**said, scale=0.5)  # type: ignore[arg-type]
    kept = {trip.attrib["id"]: trip.attrib["type"] for trip in written(again).findall("trip")}
    assert kept.items() < types.items()
