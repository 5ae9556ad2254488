"""SPATEMs over an hour, read by pycrate and held against the states that SUMO itself saves of each step."""

from __future__ import annotations

import subprocess
from bisect import bisect_right
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import sumolib

from tests.sim.children import in_child
from tests.sim.networks import configure
from tests.sim.numbers import Kind
from tests.sim.wire.test_units import pycrates
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.sim.stations.packets import Packets

HOUR = 3600.0
EVERY = 173  # tenths of a second between two looks: each tenth of a step in turn
UNKNOWN = 36000  # TimeMark: this and above is no time
UNSURE = 60.0  # s from the begin on in which of two phases that look alike either may be shown
LETTERS = {
    "stop-And-Remain": "r",
    "pre-Movement": "u",
    "permissive-Movement-Allowed": "g",
    "protected-Movement-Allowed": "G",
    "permissive-clearance": "y",
    "protected-clearance": "y",
}

Sample = tuple[float, str, bytes]  # time, light, octets


def sampled(config: str, out: Path, always: bool = False) -> tuple[list[Sample], dict[str, list[int]]]:
    """What units said of their lights now and then in an hour, and the group of each link of each light.

    always: all that they say is written, and not only what is looked at here.
    """
    found: list[Sample] = []
    changes = {"scenario.end": HOUR, "v2x.penetration": 0.0, "sumo.step_length": 1.0, "demand.scale": 0.1}
    with Simulation(Scenario.load(config).replace(changes), out=out) as simulation:
        ids = {unit.number: simulation.signals.ids[unit.light] for unit in simulation.units}

        def hear(packets: Packets) -> None:
            looks = round(packets.time * 10) % EVERY == 0
            if packets.kind == Kind.SPATEM and (looks or always):
                octets = packets.octets()
            if packets.kind == Kind.SPATEM and looks:
                found.extend((packets.time, ids[int(unit)], octets.one(k)) for k, unit in enumerate(packets.place))

        simulation.exchange.listeners.append(hear)
        simulation.run()
        groups = {junction.id: junction.group_of.tolist() for junction in simulation.exchange.messages.junctions}
    return found, groups


class Saved:
    """What SUMO saved: the states of a light's links from second to second."""

    def __init__(self, file: Path, groups: dict[str, list[int]]) -> None:
        states: defaultdict[str, dict[float, str]] = defaultdict(dict)
        for _, state in ElementTree.iterparse(file):
            if state.tag == "tlsState":
                states[state.attrib["id"]][float(state.attrib["time"])] = state.attrib["state"]
            state.clear()
        self._runs: dict[tuple[str, int], tuple[list[float], list[str]]] = {}
        for light, of in groups.items():
            for group in set(of):
                links = [link for link, its in enumerate(of) if its == group]
                begins, letters = [], [""]
                for time, state in sorted(states[light].items()):
                    shown = {state[link] for link in links}
                    assert len(shown) == 1, "a group's links differ"
                    if (letter := shown.pop()) != letters[-1]:
                        begins.append(time)
                        letters.append(letter)
                self._runs[light, group] = begins, letters

    def at(self, light: str, group: int, time: float) -> tuple[str, float, float]:
        """The letter of a group at a time, since when, and until when [s]."""
        begins, letters = self._runs[light, group]
        k = bisect_right(begins, time + 1e-6)
        return letters[k], begins[k - 1], begins[k] if k < len(begins) else np.inf


def events(octets: bytes) -> dict[int, tuple[str, list[int]]]:
    """By signal group: its state, and its earliest, likely and latest end as TimeMarks."""
    names = ("minEndTime", "likelyTime", "maxEndTime")
    (intersection,) = pycrates("SPATEM", octets)["spat"]["intersections"]
    found = {}
    for state in intersection["states"]:
        (event,) = state["state-time-speed"]
        marks = [event["timing"].get(name, UNKNOWN) for name in names]
        found[state["signalGroup"]] = LETTERS[event["eventState"]], marks
    return found


def judge(samples: list[Sample], saved: Saved, fixed: bool) -> tuple[set[str], dict[str, int]]:
    """What was not so, and how many ends were told. Marks count from the hour of the simulation's begin.

    Of a light that is not fixed nobody knows before SUMO's next step that it has switched.
    """
    wrong: set[str] = set()
    told = dict.fromkeys(("earliest", "likely", "latest"), 0)
    for time, light, octets in samples:
        for group, (said, marks) in events(octets).items():
            letter, since, until = saved.at(light, group, time)
            if said != letter:
                if fixed or time - since >= 1.0:
                    wrong.add("a state")
                continue
            for name, mark in zip(told, marks, strict=True):
                if mark >= UNKNOWN:
                    known = fixed and time > UNSURE and until < np.inf and name != "latest"
                    wrong |= {f"no {name} end"} if known else set()
                    continue
                told[name] += 1
                end = time + ((mark / 10.0 - time) % HOUR)
                if until == np.inf:
                    continue
                off = end - until
                if (
                    (name == "likely" and abs(off) > 0.051)
                    or (name == "earliest" and off > 0.051)
                    or (name == "latest" and off < -0.051)
                ):
                    wrong.add(f"a {name} end")
    return wrong, told


def saving(lights: list[str], file: Path) -> str:
    return "".join(f'<timedEvent type="SaveTLSStates" source="{light}" dest="{file.name}"/>' for light in lights)


def shifted(octets: bytes, by: int) -> bytes:
    """The same SPATEM with all ends so many tenths of a second later."""
    from tests.edge.messages import oracles

    value = pycrates("SPATEM", octets)
    for state in value["spat"]["intersections"][0]["states"]:
        timing = state["state-time-speed"][0]["timing"]
        for name, mark in timing.items():
            timing[name] = (mark + by) % UNKNOWN if mark < UNKNOWN else mark
    theirs = oracles.pycrate("SPATEM")
    theirs.set_val(value)
    found: bytes = theirs.to_uper()
    return found


def test_a_city_of_fixed_programs(tmp_path: Path, bologna: Path) -> None:
    """Bologna's seven lights: state and time to change are exact."""
    root = ElementTree.parse(bologna).getroot()
    lists = {name: next(root.iter(name)).attrib["value"].split(",") for name in ("route-files", "additional-files")}
    lights = sorted(
        {logic.attrib["id"] for logic in ElementTree.parse(bologna.parent / "acosta_tls.add.xml").iter("tlLogic")}
    )
    (tmp_path / "states.add.xml").write_text(f"<additional>{saving(lights, Path('states.xml'))}</additional>")
    said = {name: ",".join(str(bologna.parent / file) for file in files) for name, files in lists.items()}
    said["additional-files"] += f",{tmp_path / 'states.add.xml'}"
    said["net-file"] = str(bologna.parent / "acosta_buslanes.net.xml")
    lines = "".join(f'<{key} value="{value}"/>' for key, value in said.items())
    (tmp_path / "city.sumocfg").write_text(f"<configuration>{lines}</configuration>")
    samples, groups = in_child(sampled, str(tmp_path / "city.sumocfg"), tmp_path / "out")
    (file,) = (tmp_path / "out").rglob("states.xml")
    saved = Saved(file, groups)
    wrong, told = judge(samples, saved, fixed=True)
    assert wrong == set()
    assert len(samples) == 7 * (36000 // EVERY)
    assert min(told["earliest"], told["likely"]) > 10_000
    some = samples[::29]
    late = [(time, light, shifted(octets, 1)) for time, light, octets in some]
    assert {"a likely end", "a earliest end"} <= judge(late, saved, fixed=True)[0]
    assert "a state" in judge([(time + 40.0, light, octets) for time, light, octets in some], saved, fixed=True)[0]


@pytest.mark.parametrize(("kind", "always"), [("actuated", True), ("delay_based", True), ("delay_based", False)])
def test_lights_that_follow_the_traffic(tmp_path: Path, kind: str, always: bool) -> None:
    """Four lights: what is told of an end comes true within its bounds, also where a round passes between two looks."""
    command = [sumolib.checkBinary("netgenerate"), "--grid", "--grid.number", "2", "--grid.length", "200"]
    command += ["--grid.attach-length", "200", "-j", "traffic_light", "--tls.default-type", kind, "-o", "net.net.xml"]
    subprocess.run(
        [*command, "--tls.min-dur", "6", "--tls.max-dur", "40"], cwd=tmp_path, check=True, capture_output=True
    )
    net = sumolib.net.readNet(str(tmp_path / "net.net.xml"))
    lights = sorted(light.getID() for light in net.getTrafficLights())
    ends = [edge.getID() for edge in net.getEdges() if edge.getFromNode().getType() == "dead_end"]
    outs = [edge.getID() for edge in net.getEdges() if edge.getToNode().getType() == "dead_end"]
    flow = '<flow id="{0}" begin="0" end="3600" probability="0.5" from="{1}" to="{2}"/>'
    routes = "".join(flow.format(f"f{k}", start, outs[(k + 3) % len(outs)]) for k, start in enumerate(ends))
    config = configure(tmp_path, routes, saving(lights, Path("states.xml")), end=HOUR)
    samples, groups = in_child(sampled, str(config), tmp_path / "out", always)
    (file,) = (tmp_path / "out").rglob("states.xml")
    saved = Saved(file, groups)
    wrong, told = judge(samples, saved, fixed=False)
    assert wrong == set()
    assert min(told["earliest"], told["latest"]) > 1000
    if not always:
        return
    some = samples[::7]
    assert "a earliest end" in judge([(t, light, shifted(o, 60)) for t, light, o in some], saved, fixed=False)[0]
    sooner = judge([(t, light, shifted(o, -60)) for t, light, o in some], saved, fixed=False)[0]
    # Few of the greens that end at a gap last as long as they may.
    assert ("a latest end" if kind == "delay_based" else "a likely end") in sooner
