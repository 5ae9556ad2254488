"""Nets and traffic of every kind that SUMO has: each is loaded and run, and undisturbed it is plain SUMO's."""

import re
import subprocess
from pathlib import Path

import pytest
import sumolib

from tests.sim.children import in_child
from tests.sim.networks import EDGES, NODES, configure, netconvert
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario

END = 60.0
CARS = '<flow id="f" begin="0" end="50" period="3" from="{}" to="{}"/>'
TOWN = CARS.format("in", "out") + CARS.format("down", "home").replace('"f"', '"g"')
LINE = """<nodes><node id="a" x="0" y="0"/><node id="b" x="300" y="0" {}/><node id="c" x="600" y="0"/>
    <node id="d" x="300" y="-200"/><node id="e" x="300" y="200"/></nodes>"""
RAILS = """<edges><edge id="w" from="a" to="b" speed="20" allow="{0}"/>
    <edge id="e" from="b" to="c" speed="20" allow="{0}"/>
    <edge id="s" from="d" to="b" speed="14"/><edge id="n" from="b" to="e" speed="14"/></edges>"""
TRAINS = '<vType id="t" vClass="{}" length="40"/>' + CARS.format("w", "e").replace("period", 'type="t" period')
STREET = CARS.format("s", "n").replace('"f"', '"g"')
RIDE = """<vType id="b" vClass="bus"/><route id="r" edges="in out"/>
    <vehicle id="bus" type="b" route="r" depart="0" line="7"><stop busStop="s1" duration="9"/>
    <stop busStop="s2" duration="5"/></vehicle>
    <person id="p" depart="0"><walk from="in" busStop="s1"/><ride busStop="s2" lines="7"/></person>"""
STOPS = """<busStop id="s1" lane="in_0" startPos="200" endPos="240"/>
    <busStop id="s2" lane="out_0" startPos="100" endPos="140"/>"""


def generate(folder: Path, *options: str) -> None:
    command = [sumolib.checkBinary("netgenerate"), "--grid", "--grid.number", "2", "--grid.length", "150"]
    command += ["-j", "traffic_light", "-o", "net.net.xml", *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


GRID = CARS.format("A0A1", "B1B0") + CARS.format("B1A1", "A0B0").replace('"f"', '"g"')
WALK = '<personFlow id="p" begin="0" end="40" period="5"><walk from="A0A1" to="B1B0"/></personFlow>'

# netgenerate's options, or netconvert's nodes, edges and options; routes; additional elements; SUMO's options.
CITIES: dict[str, tuple[tuple[str, ...], str, str, dict[str, object]]] = {
    "crossings": (("--sidewalks.guess", "--crossings.guess"), GRID + WALK, "", {}),
    "left-hand": (("--lefthand",), GRID, "", {}),
    "bike lanes": (
        ("--bikelanes.guess",),
        GRID + '<vType id="c" vClass="bicycle"/>' + CARS.format("A0A1", "B1B0").replace('"f"', '"h" type="c"'),
        "",
        {},
    ),
    "actuated": (("--tls.default-type", "actuated"), GRID, "", {}),
    "delay-based": (("--tls.default-type", "delay_based"), GRID, "", {}),
    "NEMA": (("--tls.default-type", "NEMA"), GRID, "", {}),
    "sublane": (("--default.lanenumber", "2"), GRID, "", {"lateral_resolution": 0.8}),
    "no internal links": ((), GRID, "", {"no_internal_links": True}),
    "opposite": ((EDGES, "--opposites.guess"), TOWN, "", {}),
    "calibrator": (
        (EDGES,),
        TOWN,
        '<route id="x" edges="in out"/><calibrator id="c" edge="in" pos="50" freq="10">'
        '<flow begin="0" end="50" route="x" vehsPerHour="1800" speed="10"/></calibrator>',
        {},
    ),
    "buses": ((EDGES,), RIDE, STOPS, {}),
    "taxis": (
        (EDGES,),
        '<vType id="t" vClass="taxi"><param key="has.taxi.device" value="true"/></vType>'
        '<trip id="t" type="t" depart="0" from="in" to="out"/>'
        '<person id="p" depart="1"><ride from="in" to="out" lines="taxi"/></person>',
        "",
        {},
    ),
    "containers": (
        (EDGES,),
        '<trip id="v" depart="0" from="in" to="out"><stop lane="in_0" endPos="200" containerTriggered="true" '
        'expected="c"/></trip><container id="c" depart="2"><transport from="in" to="out" lines="v"/></container>',
        "",
        {},
    ),
    "jumps": (
        (EDGES,),
        '<vehicle id="v" depart="0"><route edges="in out"/><stop lane="in_0" endPos="100" duration="2" jump="3"/>'
        '<stop lane="out_0" endPos="200" duration="2"/></vehicle>' + TOWN,
        "",
        {},
    ),
    "from a stop": (
        (EDGES,),
        '<trip id="v" depart="0" departPos="stop" from="in" to="out"><stop parkingArea="p" duration="9"/></trip>',
        '<parkingArea id="p" lane="in_1" startPos="50" endPos="90" roadsideCapacity="4"/>',
        {},
    ),
    "packed net": ((EDGES, "gz"), TOWN, "", {"net_file": "net.net.xml.gz"}),
    "rails": ((RAILS.format("rail"), 'type="rail_crossing"'), TRAINS.format("rail") + STREET, "", {}),
    "trams": ((RAILS.format("tram"), 'type="traffic_light"'), TRAINS.format("tram") + STREET, "", {}),
    "ships": ((RAILS.format("ship"), ""), TRAINS.format("ship") + STREET, "", {}),
}


def build(folder: Path, name: str) -> Path:
    (how, routes, additional, options) = CITIES[name]
    folder.mkdir()
    if how and how[0] == EDGES:
        net = netconvert(folder, NODES, EDGES, *(option for option in how[1:] if option.startswith("-")))
        if "gz" in how:
            subprocess.run(["gzip", net.name], cwd=folder, check=True)
    elif how and how[0].startswith("<edges"):
        netconvert(folder, LINE.format(how[1]), how[0])
    else:
        generate(folder, *how)
    said = {"tripinfo_output": "tripinfo.xml", "end": END, "step_length": 0.5, **options}
    return configure(folder, routes, additional, **said)


def run_all(configs: dict[str, Path], out: Path) -> dict[str, tuple[str, float, float]]:
    """Of each: what was wrong, and how many departed undisturbed and with everybody equipped. For its own process."""
    import warnings

    warnings.simplefilter("ignore")  # that there is nothing to be guided to
    found: dict[str, tuple[str, float, float]] = {}
    for name, config in configs.items():
        departed = [0.0, 0.0]
        said = ""
        for penetration in (0, 1):
            scenario = Scenario.load(config).replace("v2x.penetration", float(penetration))
            try:
                with Simulation(scenario, out / f"{name} {penetration}") as simulation:
                    departed[penetration] = simulation.run()["vehicles.departed"]
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
        found[name] = (said, *departed)
    return found


Cities = tuple[dict[str, Path], Path, dict[str, tuple[str, float, float]]]


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Cities:
    folder = tmp_path_factory.mktemp("cities")
    configs = {name: build(folder / name, name) for name in CITIES}
    (folder / "out").mkdir()
    return configs, folder / "out", in_child(run_all, configs, folder / "out")


def body(path: Path) -> bytes:
    return re.sub(rb"<!-- generated on .*?-->\s*", b"", path.read_bytes(), flags=re.DOTALL)


@pytest.mark.parametrize("name", CITIES)
def test_it_runs_and_is_plain_sumos(cities: Cities, name: str) -> None:
    configs, out, found = cities
    said, *departed = found[name]
    assert said == ""
    assert min(departed) > 0
    config = configs[name]
    subprocess.run([sumolib.checkBinary("sumo"), "-c", config.name], cwd=config.parent, check=True, capture_output=True)
    assert body(out / f"{name} 0" / "sumo" / "tripinfo.xml") == body(config.parent / "tripinfo.xml")
