"""The road network out of SUMO's file."""

import gzip
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sumolib
from sumolib.net.lane import get_allowed

from tests.conftest import SHARED
from tests.sim.children import wayside
from tests.sim.networks import configure, netconvert
from wayside.edge.errors import SumoError
from wayside.sim.sumo import network
from wayside.sim.sumo.facilities import read_facilities
from wayside.sim.sumo.network import read_network


def netgenerate(folder: Path, *options: str) -> Path:
    """A net of netgenerate's: net.net.xml in `folder`."""
    command = [sumolib.checkBinary("netgenerate"), *options, "-o", "net.net.xml"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "net.net.xml"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grid with sidewalks and crossings: at each junction they form a ring."""
    folder = tmp_path_factory.mktemp("walked")
    grid = ("--grid", "--grid.number", "3", "--grid.length", "150")
    return netgenerate(folder, *grid, "--sidewalks.guess", "--crossings.guess", "--tls.guess")


def test_crossings_do_not_hang(walked: Path) -> None:
    done = wayside("check", configure(walked.parent, '<trip id="v" depart="0" from="A0A1" to="C1C2"/>'))
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "no roadside unit" in done.stderr
    assert "24 edges" in done.stdout


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not there")
def test_the_net_that_hung() -> None:
    done = wayside("check", SHARED / "cases" / "crossings-hang" / "a.sumocfg")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)


def by_sumolib(path: Path) -> dict[str, Any]:
    """What a network is to hold, by the reader of SUMO's own tools."""
    net = sumolib.net.readNet(str(path), withInternal=True, withPrograms=True)
    edges = sorted(net.getEdges(), key=lambda edge: edge.getID().startswith(":"))
    normal = [edge for edge in edges if not edge.getID().startswith(":")]
    number = {edge.getID(): rank for rank, edge in enumerate(edges)}
    lanes = [lane for edge in edges for lane in edge.getLanes()]
    nodes = [node for node in net.getNodes() if node.getType() != "internal"]
    rank = {node.getID(): number for number, node in enumerate(nodes)}
    centres = {}
    for light in net.getTrafficLights():
        at = {start.getEdge().getToNode() for start, *_ in light.getConnections()}
        centres[light.getID()] = tuple(np.mean(sorted(node.getCoord()[:2] for node in at), axis=0).tolist())
    return {
        "edge_ids": tuple(number),
        "edge_length": [edge.getLength() for edge in edges],
        "edge_speed": [edge.getSpeed() for edge in edges],
        "edge_first_lane": [lanes.index(edge.getLane(0)) for edge in edges],
        "edge_from": [rank[edge.getFromNode().getID()] for edge in edges],
        "edge_to": [rank[edge.getToNode().getID()] for edge in edges],
        "normal_edges": len(normal),
        "successors": sorted(
            (number[edge.getID()], number[other.getID()])
            for edge in normal
            for other in edge.getOutgoing()
            if other in normal
        ),
        "lane_ids": tuple(lane.getID() for lane in lanes),
        "lane_edge": [number[lane.getEdge().getID()] for lane in lanes],
        "lane_shapes": [[list(point) for point in lane.getShape()] for lane in lanes],
        "lane_heights": [[z for _, _, z in lane.getShape3D()] for lane in lanes],
        "lane_width": [lane.getWidth() for lane in lanes],
        "lane_speed": [lane.getSpeed() for lane in lanes],
        "junction_ids": tuple(rank),
        "junction_xy": [list(node.getCoord()) for node in nodes],
        "signal_xy": centres,
        "bounds": tuple(net.getBoundary()),
        "allowed": [set(lane.getPermissions()) for lane in lanes],
        "states": {
            light.getID(): [phase.state for program in light.getPrograms().values() for phase in program.getPhases()]
            for light in net.getTrafficLights()
        },
        "links": {
            light.getID(): [(link, start.getID(), end.getID()) for start, end, link in light.getConnections()]
            for light in net.getTrafficLights()
        },
    }


def ours(path: Path) -> dict[str, Any]:
    """The same, by our reader."""
    found = read_network(path)
    controls, lanes = found.controls, found.lane_ids
    lit = zip(controls.light.tolist(), controls.number.tolist(), controls.start, controls.end, strict=True)
    links: dict[str, list[tuple[int, str, str]]] = {light: [] for light in controls.lights}
    for light, link, start, end in lit:
        links[controls.lights[light]].append((link, lanes[start], lanes[end]))
    states: dict[str, list[str]] = {light: [] for light in controls.lights}
    for logic, phases in controls.programs:
        states[logic["id"]] += [phase["state"] for phase in phases]
    heights = found.lane_heights or tuple(np.zeros(len(shape)) for shape in found.lane_shapes)
    same = ("edge_ids", "normal_edges", "lane_ids", "junction_ids", "signal_xy", "bounds")
    told = {name: getattr(found, name) for name in same}
    for name in ("length", "speed", "first_lane", "from", "to"):
        told[f"edge_{name}"] = getattr(found, f"edge_{name}").tolist()
    return told | {
        "successors": list(zip(*(column.tolist() for column in found.successors), strict=True)),
        "lane_edge": found.lane_edge.tolist(),
        "lane_shapes": [shape.tolist() for shape in found.lane_shapes],
        "lane_heights": [height.tolist() for height in heights],
        "lane_width": found.lane_width.tolist(),
        "lane_speed": found.lane_speed.tolist(),
        "junction_xy": found.junction_xy.tolist(),
        "allowed": [set(get_allowed(*found.accesses[access])) for access in found.lane_access.tolist()],
        "states": states,
        "links": links,
    }


def test_after_an_internal_edge_comes_a_normal_one_that_it_leads_to(walked: Path) -> None:
    roads = read_network(walked)
    assert {":B1_c0", ":B1_w0"} <= set(roads.edge_ids)
    ahead: dict[str, set[str]] = {}
    for connection in sumolib.xml.parse_fast(str(walked), "connection", ["from", "to"]):
        ahead.setdefault(connection.attr_from, set()).add(connection.to)
    for number, id in enumerate(roads.edge_ids):
        reached, found = {id}, [id]
        for edge in found:
            found += sorted(ahead.get(edge, set()) - reached)
            reached |= ahead.get(edge, set())
        after = int(roads.edge_after[number])
        assert after < roads.normal_edges
        assert roads.edge_ids[after] in reached
        if number < roads.normal_edges:
            assert after == number


NODES = """<nodes>
    <node id="münchen#1" x="0" y="0" z="3.5"/>
    <node id="b" x="300" y="0" type="traffic_light" tl="both" z="12"/>
    <node id="c" x="340" y="0" type="traffic_light" tl="both"/>
    <node id="-d" x="340" y="-200.125"/>
    <node id="e" x="700" y="1e1"/>
</nodes>"""
EDGES = """<edges>
    <edge id="in" from="münchen#1" to="b" numLanes="3" speed="20" name="A &amp;amp; B &lt;3&gt;" disallow="pedestrian"/>
    <edge id="bc" from="b" to="c" numLanes="2" speed="13.89"/>
    <edge id="cb" from="c" to="b" numLanes="2" speed="13.89" shape="340,5 320,8 300,5"/>
    <edge id="out" from="c" to="e" allow="bus bicycle" width="2.75"/>
    <edge id="on_3" from="b" to="münchen#1"/>
    <edge id="up" from="-d" to="c"/>
    <edge id="rail" from="e" to="-d" allow="rail" speed="40"/>
</edges>"""
GRID = ("--grid", "--grid.number", "3", "--grid.length", "120")
MADE = {
    "lights": (*GRID, "--default-junction-type", "traffic_light", "-L", "2", "--turn-lanes", "1"),
    "left": (*GRID, "--lefthand", "--tls.guess"),
    "spider": ("--spider", "--spider.arm-number", "5", "--spider.circle-number", "2"),
    "random": ("--rand", "--rand.iterations", "30", "--seed", "3", "--tls.guess"),
    "priorities": (*GRID, "--default-junction-type", "right_before_left", "--no-turnarounds"),
    "without": (*GRID, "--no-internal-links", "--tls.guess"),
    "walked": (*GRID, "--sidewalks.guess", "--crossings.guess", "--tls.guess"),
}


@pytest.mark.parametrize("options", MADE.values(), ids=MADE)
def test_a_network_is_what_sumos_own_tools_read(options: tuple[str, ...], tmp_path: Path) -> None:
    net = netgenerate(tmp_path, *options)
    assert ours(net) == by_sumolib(net)


def test_a_network_of_all_sorts_is_what_sumos_own_tools_read(tmp_path: Path) -> None:
    """Ids beyond ASCII, heights, several lanes' permissions, one light at two junctions; and packed, by any name."""
    net = netconvert(tmp_path, NODES, EDGES, "--roundabouts.guess")
    found = ours(net)
    assert found == by_sumolib(net)
    assert found["signal_xy"]["both"] == (320.0, 200.12)
    assert {"münchen#1", "-d"} <= set(found["junction_ids"])
    assert max(map(max, found["lane_heights"])) > 3.0
    packed = tmp_path / "packed.net.xml"
    packed.write_bytes(gzip.compress(net.read_bytes()))
    assert ours(packed) == found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    net = netconvert(tmp_path, NODES, EDGES)
    text = net.read_text(encoding="utf-8")
    said = encoding.removesuffix("-sig")
    other = tmp_path / "other.net.xml"
    other.write_bytes(re.sub(r'encoding="[^"]*"', f'encoding="{said}"', text).encode(encoding))
    assert ours(other) == ours(net)


def test_it_can_be_read_in_the_smallest_pieces(walked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ours(walked)
    monkeypatch.setattr(network, "_CHUNK", 7)
    assert ours(walked) == whole


BROKEN = {
    "": "no element found: line 1, column 0",
    "nonsense": "syntax error: line 1, column 0",
    "<net><edge></net>": "edge: id is missing",
    "<net><location></net>": "location: convBoundary is missing",
    "<net><type></net>": "mismatched tag: line 1, column 13",
    "<net/>": "it has no edges",
    '<net><edge id="a" from="b"/></net>': 'edge id="a" from="b": to is missing',
    '<net><edge id=":b_0" function="internal"/><edge id=":b_0" function="internal"/></net>': "another with this id",
    '<net><edge id=":b_0" function="internal"/></net>': 'edge id=":b_0": has no lane',
    "<net>ROAD</net>": "at a junction that the net does not have",
    '<net>ROAD<junction id="b" type="x" x="1" y="2"/></net>': "it has no location",
    '<net>EDGE<lane id="a_0" length="1"/></edge></net>': 'lane id="a_0": speed is missing',
    '<net>EDGE<lane id="a_0" length="1" speed="1m"/></edge></net>': 'speed = "1m": must be a number',
    '<net>EDGE<lane id="a_0" length="1" speed="1" shape="1,2 3"/></edge></net>': "points of 2 or 3",
    '<net>ROAD<connection from="a" to="c"/></net>': 'to = "c": must be an edge of the net',
    '<net>ROAD<connection from="a" to="a" fromLane="0" toLane="1"/></net>': 'toLane = "1"',
    '<net>ROAD<connection from="a" to="a" fromLane="-1" toLane="0"/></net>': "a lane of",
    '<net><junction id="b" type="x" x="1"/></net>': 'junction id="b": y is missing',
}


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_network_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    net = tmp_path / "net.net.xml"
    text_of_net = text.replace("ROAD", 'EDGE<lane id="a_0" length="1" speed="1" shape="0,0 1,1"/></edge>')
    net.write_text(text_of_net.replace("EDGE", '<edge id="a" from="b" to="b">'))
    with pytest.raises(SumoError, match="not a SUMO network") as caught:
        read_network(net)
    assert BROKEN[text] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_cut_off_is_refused_in_one_line(walked: Path, tmp_path: Path) -> None:
    packed = gzip.compress(walked.read_bytes())
    for content in (packed[:-9], packed[: len(packed) // 2], packed[:20] + b"\0" * 99, walked.read_bytes()[:-99]):
        net = tmp_path / "net.net.xml"
        net.write_bytes(content)
        with pytest.raises(SumoError, match="not a SUMO network"):
            read_network(net)


def test_chargers_behind_crossings(walked: Path, tmp_path: Path) -> None:
    """Sidewalks lead into walking areas, which are no roads to drive on."""
    file = tmp_path / "a.add.xml"
    file.write_text('<additional><chargingStation id="c" lane="A0A1_1" startPos="10" endPos="30"/></additional>')
    roads = read_network(walked)
    assert max(column.max() for column in roads.successors) < roads.normal_edges
    drives = read_facilities([file], roads).chargers.drives
    assert all(len(drives.near(edge, 9)[0]) == 1 for edge in range(roads.normal_edges))
