"""Further kinds of nets, traffic and outputs: each runs, undisturbed it is plain SUMO's, and its figures are SUMO's."""

import re
import subprocess
from pathlib import Path

import pytest
import sumolib

from tests.sim.children import in_child
from tests.sim.networks import EDGES, NODES, configure, netconvert
from wayside.edge.errors import SumoError
from wayside.sim.engine import Simulation
from wayside.sim.results.reconcile import reconcile
from wayside.sim.scenario import Scenario

END = 60.0
TOWN = """<flow id="f" begin="{0}" end="{1}" period="4" from="in" to="out"/>
    <flow id="g" begin="{0}" end="{1}" period="5" from="down" to="home"/>""".format
ELECTRIC = """<vType id="e"><param key="has.battery.device" value="true"/>
    <param key="device.battery.capacity" value="9000"/><param key="device.battery.chargeLevel" value="4000"/></vType>"""
CLASSES = [
    "private emergency authority army vip passenger hov taxi bus coach delivery truck trailer motorcycle moped bicycle",
    "evehicle tram rail_urban rail rail_electric rail_fast subway cable_car ship custom1 custom2 scooter wheelchair",
    "container aircraft drone",
]
ALL = [name for line in CLASSES for name in line.split()]
GEO = """<nodes><node id="west" x="121.9" y="30.9"/><node id="middle" x="121.904" y="30.9" type="traffic_light"/>
    <node id="east" x="121.908" y="30.9"/><node id="north" x="121.904" y="30.903"/></nodes>"""
ROUND = """<nodes><node id="a" x="-200" y="0"/><node id="b" x="200" y="0"/><node id="w" x="-15" y="0"/>
    <node id="s" x="0" y="-15"/><node id="e" x="15" y="0"/><node id="n" x="0" y="15"/></nodes>"""
CIRCLE = """<edges><edge id="in" from="a" to="w"/><edge id="out" from="e" to="b"/><edge id="down" from="b" to="e"/>
    <edge id="home" from="w" to="a"/><edge id="ws" from="w" to="s"/><edge id="se" from="s" to="e"/>
    <edge id="en" from="e" to="n"/><edge id="nw" from="n" to="w"/><roundabout nodes="w s e n" edges="ws se en nw"/>
    </edges>"""
SINGLE = """<nodes><node id="a" x="0" y="0"/><node id="b" x="500" y="0"/><node id="c" x="1000" y="0"/></nodes>"""
TRACK = """<edges><edge id="in" from="a" to="b" allow="rail" spreadType="center" bidi="back"/>
    <edge id="back" from="b" to="a" allow="rail" spreadType="center" bidi="in"/>
    <edge id="out" from="b" to="c" allow="rail"/></edges>"""

JUNCTIONS: dict[str, object] = {"collision.check_junctions": True}

# Nodes, edges and netconvert's options; routes; additional elements; SUMO's options.
CITIES: dict[str, tuple[tuple[str, ...], str, str, dict[str, object]]] = {
    "roundabout": ((ROUND, CIRCLE), TOWN(0, 50), "", {}),
    "projected": ((GEO, EDGES, "--proj.utm", "--proj.plain-geo"), TOWN(0, 50), "", {}),
    "single track": (
        (SINGLE, TRACK),
        '<vType id="t" vClass="rail" length="60"/><trip id="x" type="t" depart="0" from="in" to="out"/>'
        '<trip id="y" type="t" depart="30" from="in" to="in"/>',
        "",
        {},
    ),
    "every class": (
        (NODES, EDGES),
        "".join(f'<vType id="{name}" vClass="{name}"/>' for name in ALL)
        + "".join(f'<trip id="v{k}" type="{name}" depart="{k}" from="in" to="out"/>' for k, name in enumerate(ALL)),
        "",
        {},
    ),
    "chance flows": (
        (NODES, EDGES),
        '<flow id="p" begin="0" end="50" probability="0.3" from="in" to="out"/>'
        '<flow id="q" begin="0" end="50" period="exp(0.2)" from="down" to="home"/>',
        "",
        {},
    ),
    "via": ((NODES, EDGES), '<trip id="v" depart="0" from="in" to="up" via="in up"/>' + TOWN(0, 40), "", {}),
    "triggered": (
        (NODES, EDGES),
        '<trip id="v" depart="triggered" from="in" to="out"/><trip id="w" depart="2" from="in" to="out">'
        '<stop lane="in_0" endPos="200" triggered="true"/></trip>'
        '<person id="p" depart="9"><ride from="in" to="out" lines="v"/></person>'
        '<person id="q" depart="5" departPos="195"><ride from="in" to="out" lines="w"/></person>',
        "",
        {},
    ),
    "closed edge": (
        (NODES, EDGES),
        TOWN(0, 50),
        '<rerouter id="r" edges="in"><interval begin="5" end="40"><closingReroute id="out" disallow="truck"/>'
        '<destProbReroute id="up"/></interval></rerouter>',
        {},
    ),
    "closed lanes": (
        (NODES, EDGES),
        TOWN(0, 50),
        '<rerouter id="r" edges="in"><interval begin="5" end="40"><closingLaneReroute id="out_0"/></interval>'
        '</rerouter><variableSpeedSign id="v" lanes="in_0 in_1"><step time="10" speed="5"/></variableSpeedSign>',
        {},
    ),
    "vaporizer": ((NODES, EDGES), TOWN(0, 50), '<vaporizer id="in" begin="20" end="30"/>', {}),
    "measured edges": (
        (NODES, EDGES),
        TOWN(0, 50),
        '<edgeData id="m" file="mean.xml" period="20" excludeEmpty="true"/>'
        '<laneData id="l" type="emissions" file="lanes.xml" begin="10" end="40"/>'
        '<e1Detector id="d" lane="in_0" pos="100" period="20" file="e1.xml"/>'
        '<timedEvent type="SaveTLSStates" source="middle" dest="tls.xml"/>',
        {"emission_output": "emissions.xml", "queue_output": "q.xml", "lanechange_output": "lc.xml"},
    ),
    "fcd": (
        (NODES, EDGES),
        TOWN(0, 50),
        '<poly id="z" shape="0,-50 200,-50 200,50 0,50"/>',
        {"fcd_output": "fcd.xml.gz", "fcd_output.filter_shapes": "z", "fcd_output.attributes": "x,y,speed"},
    ),
    "csv": ((NODES, EDGES), TOWN(0, 30), "", {"fcd_output": "fcd.csv", "vehroute_output": "vr.csv", "end": 120}),
    "conflicts": (
        (NODES, EDGES),
        TOWN(0, 50),
        "",
        {"device.ssm.probability": 1, "device.ssm.measures": "TTC DRAC", "device.ssm.thresholds": "3 3"},
    ),
    "late begin": ((NODES, EDGES), TOWN(3605, 3650), "", {"begin": 3600, "end": 3660}),
    "off": ((NODES, EDGES), TOWN(0, 50), "", {"tls.all_off": True}),
    "ballistic": ((NODES, EDGES), TOWN(0, 50), "", {"step_method.ballistic": True}),
    "removed": (
        (NODES, EDGES),
        '<trip id="b" depart="0" from="in" to="up"><stop lane="up_0" endPos="50" duration="55"/></trip>'
        '<vType id="blind" jmIgnoreJunctionFoeProb="1" jmDriveAfterRedTime="1000" jmIgnoreFoeProb="1" '
        'jmIgnoreFoeSpeed="99"/>' + TOWN(0, 50).replace("<flow", '<flow type="blind"').replace("out", "up"),
        "",
        {"time_to_teleport": 5, "time_to_teleport.remove": True, "collision.action": "remove"} | JUNCTIONS,
    ),
    "shared taxis": (
        (NODES, EDGES),
        '<vType id="t" vClass="taxi" personCapacity="3"><param key="has.taxi.device" value="true"/></vType>'
        '<trip id="t" type="t" depart="0" from="in" to="out"/>'
        '<person id="p" depart="1"><ride from="in" to="out" lines="taxi"/></person>'
        '<person id="q" depart="2"><ride from="in" to="home" lines="taxi"/></person>',
        "",
        {"device.taxi.dispatch_algorithm": "greedyShared", "device.taxi.idle_algorithm": "randomCircling"},
    ),
    "wires": (
        (NODES, EDGES),
        '<vType id="t" vClass="bus"><param key="has.elecHybrid.device" value="true"/>'
        '<param key="device.elecHybrid.capacity" value="9000"/></vType>'
        '<flow id="f" type="t" begin="0" end="50" period="10" from="in" to="out"/>',
        '<tractionSubstation id="s" voltage="600" currentLimit="400"/>'
        '<overheadWireSegment id="w0" lane="in_0" substationId="s" voltageSource="true"/>'
        '<overheadWireSegment id="w1" lane="out_0" substationId="s"/>',
        {"elechybrid_output": "hybrid.xml", "substations_output": "sub.xml", "overheadwiresegments_output": "w.xml"},
    ),
    "chargers": (
        (NODES, EDGES),
        ELECTRIC + '<trip id="a" type="e" depart="0" departPos="stop" from="in" to="out"><stop chargingStation="c1" '
        'duration="20"/></trip><trip id="b" type="e" depart="3" from="in" to="out"><stop chargingStation="c2" '
        'duration="10"/></trip><trip id="c" type="e" depart="1" departLane="1" from="in" to="out">'
        '<stop lane="in_1" startPos="100" endPos="180" duration="9"/></trip>' + TOWN(0, 40),
        '<chargingStation id="c1" lane="in_0" startPos="80" endPos="120" power="50000" chargeInTransit="true"/>'
        '<chargingStation id="c2" lane="in_0" startPos="110" endPos="160" power="20000" chargeDelay="2"/>'
        '<chargingStation id="c3" lane="in_1" startPos="100" endPos="200" power="11000"/>'
        '<chargingStation id="c4" lane="in_1" startPos="150" endPos="190" power="7000"/>',
        {},
    ),
}
OUTPUTS: dict[str, object] = {
    "tripinfo_output": "tripinfo.xml",
    "tripinfo_output.write_unfinished": True,
    "statistic_output": "statistics.xml",
    "summary_output": "summary.xml",
    "stop_output": "stops.xml",
    "chargingstations_output": "stations.xml",
    "battery_output": "battery.xml",
}
Found = tuple[str, list[str]]


def build(folder: Path, name: str) -> Path:
    how, routes, additional, options = CITIES[name]
    folder.mkdir()
    netconvert(folder, *how)
    return configure(folder, routes, additional, **{"end": END, "step_length": 1, **OUTPUTS, **options})


def spread(folder: Path) -> Path:
    """A spider net, routes of duarouter's, packed; two files of additional elements, one of them in a folder."""
    folder.mkdir()

    def call(program: str, *options: str) -> None:
        subprocess.run([sumolib.checkBinary(program), *options], cwd=folder, check=True, capture_output=True)

    call("netgenerate", "--spider", "--spider.arm-number", "5", "--spider.circle-number", "2", "-o", "net.net.xml")
    edges = [edge.id for edge in sumolib.xml.parse_fast(str(folder / "net.net.xml"), "edge", ["id", "from"])]
    trips = (f'<trip id="{k}" depart="{k}" from="{a}" to="{edges[-1 - k]}"/>' for k, a in enumerate(edges[:12]))
    (folder / "trips.xml").write_text(f"<routes>{''.join(trips)}</routes>")
    call("duarouter", "-n", "net.net.xml", "-r", "trips.xml", "-o", "all.rou.xml", "--ignore-errors")
    subprocess.run(["gzip", "all.rou.xml", "net.net.xml"], cwd=folder, check=True)
    (folder / "more").mkdir()
    (folder / "more" / "b.add.xml").write_text('<additional><edgeData id="m" file="mean.xml"/></additional>')
    files = {"additional_files": "town.add.xml,more/b.add.xml", "net_file": "net.net.xml.gz"}
    return configure(folder, "", **{"end": END, **OUTPUTS, **files, "route_files": "all.rou.xml.gz"})


def run_all(configs: dict[str, Path], out: Path) -> dict[str, Found]:
    """Of each: what was wrong, and the figures that are not SUMO's. For its own process."""
    import warnings

    warnings.simplefilter("ignore")  # that there is nothing to be guided to
    found: dict[str, Found] = {}
    for name, config in configs.items():
        said = ""
        differ = []
        for penetration in (0, 1):
            scenario = Scenario.load(config).replace("v2x.penetration", float(penetration))
            try:
                with Simulation(scenario, out / f"{name} {penetration}") as simulation:
                    if not simulation.run()["vehicles.departed"]:
                        said = "nobody departed"
                differ += [str(line) for line in reconcile(out / f"{name} {penetration}") if not line.agrees]
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
        found[name] = said, differ
    return found


Cities = tuple[dict[str, Path], Path, dict[str, Found]]


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Cities:
    folder = tmp_path_factory.mktemp("cities")
    configs = {name: build(folder / name, name) for name in CITIES} | {"spider": spread(folder / "spider")}
    (folder / "out").mkdir()
    return configs, folder / "out", in_child(run_all, configs, folder / "out")


def body(path: Path) -> bytes:
    return re.sub(rb"<!-- generated on .*?-->\s*", b"", path.read_bytes(), flags=re.DOTALL)


@pytest.mark.parametrize("name", [*CITIES, "spider"])
def test_it_runs_is_plain_sumos_and_tells_the_same(cities: Cities, name: str) -> None:
    configs, out, found = cities
    assert found[name] == ("", [])
    config = configs[name]
    subprocess.run([sumolib.checkBinary("sumo"), "-c", config.name], cwd=config.parent, check=True, capture_output=True)
    for output in ("tripinfo.xml", "stops.xml", "stations.xml"):
        assert body(out / f"{name} 0" / "sumo" / output) == body(config.parent / output)


def broken_off(config: Path) -> str:
    with pytest.raises(SumoError) as told, Simulation(Scenario.load(config)) as simulation:
        simulation.run()
    return str(told.value)


def test_sumos_error_is_told_and_not_its_warning_before(tmp_path: Path) -> None:
    netconvert(tmp_path)
    config = configure(tmp_path, '<trip id="v" depart="0" from="in" to="home" via="out back"/>', end=9)
    assert "'v' has no valid route" in in_child(broken_off, config)
