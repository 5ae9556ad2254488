"""Demand written anew: every element, as many of it as was drawn, in order, from files that stay as they are."""

import math
import resource
import subprocess
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest

from tests.sim.children import in_child
from tests.sim.sumo.demand.town import BIN, Loaded, Town, ids, written
from wayside.edge.errors import ScenarioError
from wayside.sim.scenario.demand import Demand
from wayside.sim.sumo.demand.draws import Draws
from wayside.sim.sumo.demand.files import DemandFiles


def trips(count: int, every: float = 2.0, more: str = "") -> str:
    return "\n".join(
        f'<trip id="t{n}" depart="{n * every:.2f}" from="{"A0A1" if n % 2 else "B0B1"}" to="C1C2"{more}/>'
        for n in range(count)
    )


EVERY = """<vType id="car"/><vType id="lorry" vClass="truck"/>
<vTypeDistribution id="mix"><vType id="m1" probability="0.7"/><vType id="m2" vClass="truck" probability="0.3"/>
</vTypeDistribution>
<route id="r" edges="A0A1 A1A2 A2B2"/>
<route id="r1" edges="A0A1 A1A2"/><route id="r2" edges="A0A1 A1B1"/>
<routeDistribution id="rd" routes="r1 r2" probabilities="0.5 0.5"/>
<routeDistribution id="nested"><route id="r3" edges="A0A1 A1A2" probability="1"/></routeDistribution>
<vehicle id="named" type="car" route="r" depart="1"/>
<vehicle id="drawn" type="mix" route="rd" depart="0:0:2"/>
<vehicle id="nest" type="mix" route="nested" depart="2.5"/>
<vehicle id="own" depart="3"><route edges="B0B1 B1B2"/><param key="x" value="a&amp;b &lt;&quot;c&quot;&gt;"/></vehicle>
<vehicle id="two" depart="4"><routeDistribution><route edges="B0B1 B1B2" probability="1"/>
<route edges="B0B1 B1A1" probability="2"/></routeDistribution></vehicle>
<trip id="trip" depart="5" from="A0A1" to="C1C2" via="B1B2"/>
<flow id="number" begin="6" end="60" number="5" from="A0A1" to="C1C2"/>
<flow id="rated" begin="7" period="10" number="3" from="A0A1" to="C1C2"/>
<flow id="period" begin="8" end="58" period="10" from="A0A1" to="C1C2"/>
<flow id="hourly" begin="9" end="69" vehsPerHour="360" type="mix" from="A0A1" to="C1C2"/>
<flow id="likely" begin="10" end="40" probability="0.6" from="B0B1" to="C1C2"/>
<flow id="poisson" begin="10" end="70" period="exp(0.1)" from="B0B1" to="C1C2"/>
<interval begin="12" end="32"><flow id="within" number="4" from="A0A1" to="C1C2"/></interval>
<person id="walker" depart="20"><walk from="A0A1" to="A1A2"/></person>
<person id="rider" depart="20"><ride from="A0A1" to="C1C2" lines="bus"/></person>
<personFlow id="crowd" begin="21" end="51" number="3"><walk from="A0A1" to="A1A2"/></personFlow>
<container id="box" depart="22"><tranship from="A0A1" to="A1A2" departPos="1" arrivalPos="9"/></container>
<containerFlow id="boxes" begin="23" end="53" number="2">
<tranship from="A0A1" to="A1A2" departPos="1" arrivalPos="9"/></containerFlow>
<vehicle id="bus" depart="30" line="1"><route edges="A0A1 A1B1 B1C1 C1C2"/><stop lane="A1B1_1" duration="2"/></vehicle>
<trip id="waiting" depart="triggered" from="B0B1" to="C1C2"/>"""


def test_every_element(town: Town) -> None:
    town.write("a.rou.xml", EVERY)
    once = town.stage(scale=1.0, stays=2.0)  # written anew, and nothing to stretch
    assert ET.tostring(written(once)).split() == ET.tostring(written(town.stage(stays=3.0))).split()
    twice = town.stage(scale=2.0)
    root = written(twice)
    for tag, found in {
        "vehicle": ["named", "named~1", "drawn", "drawn~1", "nest", "nest~1", "own", "own~1", "two", "two~1", "bus"],
        "trip": ["waiting", "trip", "trip~1"],
        "person": ["walker", "rider", "walker~1"],
        "container": ["box", "box~1"],
        "flow": ["number", "rated", "period", "hourly", "likely", "likely~1", "poisson", "within"],
    }.items():
        assert sorted(ids(root, tag)) == sorted(found), tag
    flows = {flow.attrib["id"]: flow.attrib for flow in root if "Flow" in flow.tag or flow.tag == "flow"}
    assert flows["number"]["number"] == "10"
    assert (flows["rated"]["number"], flows["rated"]["period"]) == ("6", "5")
    assert (flows["period"]["number"], flows["period"].get("period")) == ("10", None)
    assert (flows["hourly"]["number"], flows["hourly"].get("vehsPerHour")) == ("12", None)
    assert flows["likely"]["probability"] == flows["likely~1"]["probability"] == "0.6"
    assert flows["poisson"]["period"] == "exp(0.2)"
    assert (flows["within"]["number"], flows["within"]["begin"], flows["within"]["end"]) == ("8", "12", "32")
    assert (flows["crowd"]["number"], flows["boxes"]["number"]) == ("6", "4")
    own = next(element for element in root if element.attrib.get("id") == "own~1")
    assert own[1].attrib["value"] == 'a&b <"c">'
    assert [warning.split("have it: ")[1] for warning in twice.warnings] == [
        "1 of public transport, 1 people and goods that ride, 1 that somebody rides in, or that wait for somebody"
    ]
    drawn, plain = Loaded(twice, "--end", "300"), Loaded(once, "--end", "300")
    for found, factor in ((drawn, 2), (plain, 1)):
        poisson = sum(name.startswith(("likely", "poisson")) for name in found.trips)
        assert len(found.trips) - poisson == (6 + 5 + 3 + 5 + 6 + 4) * factor + 2
        assert found.persons == (1 + 3) * factor + 1
        assert "sorted" not in found.said
        assert found.trips["drawn"]["vType"] in ("m1", "m2")
        assert written(found.staged).find("vehicle[@id='drawn']").attrib["route"] in ("r1", "r2")  # type: ignore[union-attr]


def test_a_scale_keeps_a_part_of_what_a_greater_one_keeps(town: Town) -> None:
    town.write("a.rou.xml", trips(400))
    found = {scale: set(ids(written(town.stage(scale=scale)))) for scale in (0.3, 0.9, 1.2, 2.5)}
    found[1.0] = {f"t{n}" for n in range(400)}
    scales = sorted(found)
    for few, many in pairwise(scales):
        assert found[few] < found[many]
    for scale in scales:
        assert len(found[scale]) == pytest.approx(400 * scale, abs=45)


@pytest.mark.parametrize("name", ["a.rou.xml", "a.rou.xml.gz"])
@pytest.mark.parametrize("scale", [0.7, 1.4])
def test_sumo_loads_who_was_drawn(town: Town, name: str, scale: float) -> None:
    path = town.write(name, trips(120))
    before = path.read_bytes()
    staged = town.stage([name], replication=3, scale=scale, offset={"normal": [0, 40], "per": "vehicle"})
    loaded = Loaded(staged, "--end", "2000")
    draws = Draws(Demand(replication=3))
    expected = {f"t{n}{f'~{k}' if k else ''}" for n in range(120) for k in range(draws.copies(f"t{n}", scale))}
    assert set(loaded.trips) == expected
    assert loaded.vehicles == len(expected)
    assert staged.demand is not None
    assert 120 - staged.demand.left_out + staged.demand.repeated == len(expected)
    assert "sorted" not in loaded.said
    assert path.read_bytes() == before
    assert ((staged.folder / name).read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")


def test_several_files_and_included_ones(town: Town) -> None:
    town.write("a.rou.xml", trips(20))
    town.write("b.rou.xml", '<include href="types.xml"/>' + trips(20, more=' type="slow"').replace('"t', '"u'))
    town.write("types.xml", '<vType id="slow" maxSpeed="5"/>')
    detector = '<e1Detector id="d" lane="A0A1_1" pos="1" freq="50" file="{}/d.xml"/>'.format(town.folder.parent / "far")
    town.write("c.add.xml", trips(20).replace('"t', '"v') + detector, "additional")
    files = ["a.rou.xml", "b.rou.xml"]
    staged = town.stage(files, ["c.add.xml"], scale=2.0, drivers={"tau": 1.5})
    loaded = Loaded(staged, "--end", "600")
    assert loaded.vehicles == 120
    assert loaded.trips["u3~1"]["vType"] == "slow"
    assert loaded.trips["v3~1"]["vType"] == loaded.trips["t3"]["vType"] == "DEFAULT_VEHTYPE~"
    assert written(staged, "types.xml")[0].attrib == {"id": "slow", "maxSpeed": "5", "tau": "1.5"}
    assert (staged.folder / "d.xml").exists()
    assert not (town.folder.parent / "far").exists()


def test_departures_stay_in_order_and_after_the_begin(town: Town) -> None:
    town.write("a.rou.xml", trips(300, 1.0) + '<flow id="f" begin="300" end="400" number="3" from="A0A1" to="C1C2"/>')
    more = '<begin value="20"/>'
    offset = {"uniform": [-90, 30], "per": "vehicle"}
    staged = town.stage(more=more, replication=1, scale=1.5, offset=offset)
    root = written(staged)
    departs = [float(element.get("depart") or element.get("begin", "")) for element in root]
    kept = [
        d
        for element, d in zip(root, departs, strict=True)
        if int(element.attrib["id"].strip("tf").split("~")[0] or 300) >= 20
    ]
    assert min(kept) >= 20.0
    assert kept == sorted(kept)
    assert max(kept) <= 300 + 30 + 60
    moved = [
        float(e.attrib["depart"]) - int(e.attrib["id"][1:])
        for e in root
        if e.tag == "trip" and "~" not in e.attrib["id"]
    ]
    assert min(moved[120:]) < -80
    assert max(moved[120:]) > 20
    flow = next(element.attrib for element in root if element.tag == "flow")
    assert float(flow["end"]) - float(flow["begin"]) == pytest.approx(100, abs=0.02)
    loaded = Loaded(staged, "--end", "1000")
    assert "sorted" not in loaded.said
    assert set(loaded.trips) >= {element.attrib["id"] for element in root if element.tag == "trip"} - {
        f"t{n}" for n in range(20)
    }


def test_lines_are_known_from_where_they_stand(town: Town) -> None:
    """So that who plans a ride at 0 s knows of the bus at 500 s."""
    bus = '<vehicle id="bus" line="1" depart="500"><route edges="A0A1 A1B1"/></vehicle>'
    town.write("a.rou.xml", bus + trips(20))
    staged = town.stage(replication=1, offset={"uniform": [0, 30], "per": "vehicle"})
    assert ids(written(staged))[0] == "bus"
    assert len(Loaded(staged).trips) == 21


def test_one_offset_for_an_origin(town: Town) -> None:
    town.write("a.rou.xml", trips(40))
    root = written(town.stage(replication=1, offset={"uniform": [0, 50], "per": "origin"}))
    moved = {
        (int(e.attrib["id"][1:]) % 2, round(float(e.attrib["depart"]) - 2 * int(e.attrib["id"][1:]), 1)) for e in root
    }
    assert len(moved) == 2


def test_who_is_out_of_order_stays_out_as_with_sumo(town: Town) -> None:
    content = trips(10) + '<trip id="late" depart="3" from="A0A1" to="C1C2"/>' + trips(9, 30).replace('"t', '"u')
    town.write("a.rou.xml", content)
    plain, drawn = town.stage(), town.stage(stays=2.0, offset=0.01)
    assert plain.demand is None
    assert set(Loaded(drawn).trips) == set(Loaded(plain).trips)
    assert drawn.warnings == (
        f'{town.folder}/a.rou.xml: "late" and 1 more left out, as SUMO does: not in the order of departure',
    )


def test_an_origin_is_thinned_by_its_own_draw(town: Town) -> None:
    routes = '<route id="r" edges="A0A1 A1A2"/>'
    town.write("a.rou.xml", routes + trips(300) + '<vehicle id="v" route="r" depart="700"/>')
    root = written(town.stage(replication=4, origins={"choice": [0, 0, 1]}))
    draws = Draws(Demand.model_validate({"replication": 4, "origins": {"choice": [0, 0, 1]}}))
    odd = [name for name in ids(root, "trip") if int(name[1:]) % 2]
    even = [name for name in ids(root, "trip") if not int(name[1:]) % 2]
    assert (len(odd), len(even)) == (150 * draws.origin_scale("A0A1"), 150 * draws.origin_scale("B0B1"))
    assert len(ids(root, "vehicle")) == draws.origin_scale("A0A1")


@pytest.mark.parametrize(
    ("plan", "origin"),
    [
        ('<trip id="x" depart="0" fromTaz="z" toTaz="y"/>', "z"),
        ('<trip id="x" depart="0" fromJunction="B1" toJunction="A1"/>', "B1"),
        ('<vehicle id="x" depart="0"><route edges="A0A1 A1A2"/></vehicle>', "A0A1"),
        ('<vehicle id="x" depart="0" route="same"/>', "A0A1"),
        ('<vehicle id="x" depart="0" route="apart"/>', "apart"),
        ('<person id="x" depart="0"><stop lane="B0B1_0" duration="3"/><walk edges="B0B1"/></person>', "B0B1"),
        ('<person id="x" depart="0"><walk edges="A0A1 A1A2"/></person>', "A0A1"),
        ('<person id="x" depart="0"><personTrip from="A0A1" to="A1A2"/></person>', "A0A1"),
        ('<flow id="x" begin="0" end="9" number="9" route="r2"/>', "B0B1"),
    ],
)
def test_where_somebody_begins(town: Town, plan: str, origin: str) -> None:
    town.write(
        "a.rou.xml",
        '<route id="r1" edges="A0A1 A1A2"/><route id="r2" edges="B0B1 B1B2"/>'
        '<routeDistribution id="same" routes="r1 r1"/><routeDistribution id="apart" routes="r1 r2"/>' + plan,
    )
    said = {"replication": 1, "origins": {"uniform": [2, 30]}}
    root = written(town.stage(**said))  # type: ignore[arg-type]
    drawn = Draws(Demand.model_validate(said))
    copies = math.floor((9 if "flow" in plan else 1) * drawn.origin_scale(origin) + drawn.chance("copies", "x"))
    if "flow" in plan:
        assert root[-1].attrib["number"] == str(copies)
    else:
        assert len([name for name in ids(root) if name.startswith("x")]) == copies


def test_what_is_not_traffic_is_left(town: Town) -> None:
    town.write(
        "a.rou.xml",
        """<route id="pt" edges="A0A1 A1B1"><stop busStop="s" duration="5"/></route>
<vehicle id="by route" route="pt" depart="0"/>
<vehicle id="by stop" depart="0"><route edges="A0A1 A1B1"/><stop busStop="s" duration="5"/></vehicle>
<flow id="by flow" begin="0" end="60" number="2"><route edges="A0A1 A1B1"/><stop busStop="s" duration="5"/></flow>
<vehicle id="parked" depart="0" departPos="stop"><route edges="B0B1"/><stop lane="B0B1_1" duration="9"/></vehicle>
<trip id="taken" depart="5" from="A0A1" to="A1B1"/><trip id="free" depart="6" from="A0A1" to="A1B1"/>
<person id="guest" depart="7"><ride from="A0A1" to="A1B1" lines="taken"/></person>""",
    )
    flow = '<flow begin="0" end="9" vehsPerHour="9" route="pt"/>'
    add = f'<busStop id="s" lane="A1B1_1"/><calibrator id="c" edge="B1B2" pos="0">{flow}</calibrator>'
    town.write("c.add.xml", add, "additional")
    staged = town.stage(additional=["c.add.xml"], scale=0.0)
    root = written(staged)
    assert sorted(ids(root, "vehicle", "trip", "flow", "person")) == [
        "by flow",
        "by route",
        "by stop",
        "guest",
        "parked",
        "taken",
    ]
    assert written(staged, "c.add.xml").find("calibrator/flow").attrib["vehsPerHour"] == "9"  # type: ignore[union-attr]
    assert staged.warnings == (
        "s.toml: demand: neither more, fewer nor moved, but as the files have it: 1 flows of calibrators, "
        "3 of public transport, 1 people and goods that ride, 1 that somebody rides in, or that wait for somebody",
    )
    assert town.stage(additional=["c.add.xml"], stays=2.0).warnings == ()


def test_stays(town: Town) -> None:
    park = '<stop parkingArea="p" duration="{}"/>'
    town.write(
        "a.rou.xml",
        f'<route id="r" edges="A0A1">{park.format(60)}</route><vehicle id="v" depart="0" route="r"/>'
        f'<trip id="a" depart="0" from="A0A1" to="A1A2">{park.format("0:1:40")}'
        '<stop lane="A1A2_1" duration="7"/></trip>'
        f'<trip id="b" depart="0" from="A0A1" to="A1A2">{park.format(100)}<stop parkingArea="p" until="50"/></trip>'
        f'<flow id="f" begin="0" end="9" number="1" from="A0A1" to="A1A2">{park.format(50)}</flow>',
    )
    town.write(
        "p.add.xml", '<parkingArea id="p" lane="A0A1_1" startPos="5" endPos="20" roadsideCapacity="9"/>', "additional"
    )
    root = written(town.stage(additional=["p.add.xml"], stays=1.5))
    assert [stop.get("duration") for stop in root.iter("stop")] == ["90.00", "150.00", "7", "150.00", None, "75.00"]
    said = {"replication": 2, "stays": {"lognormal": [1, 0.5], "per": "vehicle"}}
    staged = town.stage(additional=["p.add.xml"], **said)  # type: ignore[arg-type]
    draws = Draws(Demand.model_validate(said))
    found = {e.attrib["id"]: stop.get("duration") for e in written(staged) if (stop := e.find("stop")) is not None}
    assert found == {
        name: f"{duration * draws.stay(name):.2f}" for name, duration in {"r": 60, "a": 100, "b": 100, "f": 50}.items()
    }
    assert Loaded(staged, "--end", "400").vehicles == 4


def test_the_same_replication_is_the_same_bytes(town: Town) -> None:
    town.write("a.rou.xml", EVERY)
    said = {"scale": {"normal": [1.0, 0.3]}, "offset": {"normal": [0, 20], "per": "vehicle"}}

    def octets(**more: object) -> bytes:
        return (town.stage(**said, **more).folder / "a.rou.xml").read_bytes()  # type: ignore[arg-type]

    one = octets(replication=5)
    assert octets(replication=5) == octets(replication=5, stays=2.0) == one
    assert octets(replication=5, kinds={"bus": 2.0}) == one
    assert len({one, octets(replication=6), octets(replication=15), octets(replication=5, seed=1)}) == 4


def test_nothing_drawn_is_nothing_written(town: Town) -> None:
    town.write("a.rou.xml", EVERY)
    for said in ({}, {"replication": 4}, {"scale": {"normal": [1.0, 0.3]}}, {"scale": 1.0, "kinds": {"car": 1.0}}):
        staged = town.stage(**said)  # type: ignore[arg-type]
        assert staged.demand is None
        assert (staged.folder / "a.rou.xml").is_symlink()


def test_sumo_s_own_scale_is_a_factor(town: Town) -> None:
    town.write("a.rou.xml", trips(200))
    staged = town.stage(more='<processing><scale value="0.5"/></processing>', scale=1.5)
    assert set(ids(written(staged))) == set(ids(written(town.stage(scale=0.75))))
    assert set(Loaded(staged).trips) == set(ids(written(staged)))
    plain = town.stage(more='<processing><scale value="0.5"/></processing>')
    assert len(Loaded(plain).trips) == 100
    with pytest.raises(ScenarioError) as caught:
        town.stage(more='<processing><scale value="half"/></processing>', scale=1.5)
    assert str(caught.value) == f'{town.folder}/run.sumocfg: scale = "half": must be a number of 0 or more'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<routes>\n<trip id='a' depart='0'", "line 2, column 1: not a SUMO file: unclosed token"),
        ("<routes>\n<trip id='a' depart='0'></routes>", "line 2, column 27: not a SUMO file: mismatched tag"),
        ("<routes>\n<trip id='a' depart='0'/>\n", "line 3, column 1: not a SUMO file: no element found"),
        (
            "<routes><trip id='a' depart=0/></routes>",
            "line 1, column 29: not a SUMO file: not well-formed (invalid token)",
        ),
    ],
)
def test_a_broken_file_is_one_line(town: Town, content: str, said: str) -> None:
    (town.folder / "a.rou.xml").write_text(content)
    with pytest.raises(ScenarioError) as caught:
        town.stage(scale=0.5)
    assert str(caught.value) == f"{town.folder}/a.rou.xml: {said}"


def test_a_broken_packed_file_is_one_line(town: Town) -> None:
    path = town.write("a.rou.xml.gz", trips(3000))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ScenarioError) as caught:
        town.stage(["a.rou.xml.gz"], scale=0.5)
    said = f"{path}: cannot be unpacked: Compressed file ended before the end-of-stream marker was reached"
    assert str(caught.value) == said


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16"])
def test_other_encodings(town: Town, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<routes>{trips(1).replace("t0", "Käse")}</routes>'
    (town.folder / "a.rou.xml").write_bytes(text.encode(encoding))
    assert ids(written(town.stage(scale=2.0))) == ["Käse", "Käse~1"]


def test_what_sumo_refuses_it_refuses_in_its_own_words(town: Town) -> None:
    town.write(
        "a.rou.xml",
        '<flow id="f" begin="0" end="x" number="y" from="A0A1" to="C1C2"/>'
        '<trip id="t" depart="soon" from="A0A1" to="C1C2"/>',
    )
    staged = town.stage(scale=1.5)
    done = subprocess.run([str(BIN / "sumo"), "-c", str(staged.config)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "'f'" in done.stderr


def peak(count: int, spread: float, folder: Path) -> tuple[int, int]:
    """MiB that a process has needed at most to write a file of so many vehicles anew, whose departures are moved by up
    to `spread` s, and the file's size in MiB.
    """
    source = folder / f"{count}.rou.xml"
    edges = " ".join(["A0A1"] * 600)
    with source.open("w") as out:
        out.write("<routes>")
        for n in range(count):
            out.write(f'<vehicle id="{n}" depart="{n * 0.1:.2f}"><route edges="{edges}"/></vehicle>\n')
        out.write("</routes>")
    offset = {"uniform": [-spread, spread], "per": "vehicle"}
    said = {"replication": 1, "scale": 1.1, "offset": offset, "origins": {"normal": [1, 0.1]}}
    files = DemandFiles(Draws(Demand.model_validate(said)), {source: True}, 0.0)
    files.rewrite(source, folder / "out.xml", {})
    assert files.drawn.in_files == count
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, source.stat().st_size >> 20


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small, few = in_child(peak, 1_500, 10.0, tmp_path)
    large, many = in_child(peak, 15_000, 10.0, tmp_path)
    assert many > few + 35
    assert large < small + 8
    # All of it is held where the last could become the first: the measurement would see it.
    assert in_child(peak, 15_000, 5000.0, tmp_path)[0] > small + 20
