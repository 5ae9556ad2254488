"""Makes the scenario with people on foot: `python -m wayside.scenarios.school.build [--out DIR]`.

Nine junctions, 150 m apart, of streets with a lane each way, sidewalks and crossings; the one in the middle has a
signal, at the others the right of way. Cars and cyclists drive from edge to edge, people walk a few blocks. Of the
cars one in ten is `careless`: its driver takes no notice of who is on a junction or comes with the right of way, as
SUMO's usual drivers always do.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np

from ..files import document, element, run_tool, save, without_comments

BLOCK = 150.0  # m
SIDE = 3  # junctions
SPEED = 13.8  # m/s
END = 900.0  # s
SEED = 11
CARS, BICYCLES, PEOPLE = 420, 80, 420  # in END seconds
CARELESS_EVERY = 10
FILES = ("school.net.xml.gz", "school.rou.xml.gz")
NET_OPTIONS: dict[str, str | Path] = {
    "--offset.disable-normalization": "true",
    "--no-turnarounds": "true",
    "--sidewalks.guess": "true",
    "--crossings.guess": "true",
    "--walkingareas": "true",
    "--seed": "1",
}


def name(column: int, row: int) -> str:
    return f"{'abcde'[column]}{row}"


def places() -> dict[str, tuple[float, float]]:
    """The junctions, and where streets end, one block beyond them; corners are left out."""
    last = SIDE + 1
    return {
        name(c, r): (c * BLOCK, r * BLOCK)
        for c in range(last + 1)
        for r in range(last + 1)
        if (0 < c < last) or (0 < r < last)
    }


def streets() -> list[tuple[str, str]]:
    """Both directions of each."""
    at = places()
    inner = {name(c, r) for c in range(1, SIDE + 1) for r in range(1, SIDE + 1)}
    found = []
    for one in sorted(at):
        for other in sorted(at):
            apart = abs(at[one][0] - at[other][0]) + abs(at[one][1] - at[other][1])
            if apart == BLOCK and (one in inner or other in inner):
                found.append((one, other))
    return found


def net(work: Path) -> Path:
    middle = name(SIDE // 2 + 1, SIDE // 2 + 1)
    nodes = [
        element("node", id=id, x=x, y=y, type="traffic_light" if id == middle else "priority")
        for id, (x, y) in places().items()
    ]
    # Streets from west to east go first, so that at each junction somebody has to wait.
    edges = [
        element("edge", id=a + b, from_=a, to=b, numLanes=1, speed=SPEED, priority=3 if a[1] == b[1] else 1)
        for a, b in streets()
    ]
    save(work / "nodes.xml", document("nodes", nodes))
    save(work / "edges.xml", document("edges", edges))
    path = work / "net.xml"
    told = {"--node-files": work / "nodes.xml", "--edge-files": work / "edges.xml", "--output-file": path}
    run_tool("netconvert", {**told, **NET_OPTIONS})
    path.write_text(without_comments(path.read_text()))
    return path


def types() -> list[ET.Element]:
    careless = {"jmIgnoreFoeProb": "1", "jmIgnoreFoeSpeed": "100", "jmIgnoreJunctionFoeProb": "1"}
    return [
        element("vType", id="car", vClass="passenger"),
        element("vType", id="careless", vClass="passenger", **careless),
        element("vType", id="bike", vClass="bicycle", maxSpeed=6.0),
        element("vType", id="walker", vClass="pedestrian"),
    ]


def trips() -> list[tuple[float, ET.Element]]:
    """Cars and bicycles, from end to end."""
    draw, found = np.random.default_rng(SEED), []
    ends = [id for id in sorted(places()) if not re.fullmatch(r"[bcd][123]", id)]
    inner = {end: next(b for a, b in streets() if a == end) for end in ends}
    for k in range(CARS + BICYCLES):
        a, b = draw.choice(len(ends), 2, replace=False)
        depart = round(float(draw.uniform(0.0, END)), 1)
        kind = "bike" if k >= CARS else "careless" if k % CARELESS_EVERY == 0 else "car"
        start, end = ends[a], ends[b]
        trip = element("trip", id=f"{kind}_{k}", type=kind, depart=f"{depart:.1f}")
        trip.attrib |= {"from": start + inner[start], "to": inner[end] + end}
        found.append((depart, trip))
    return sorted(found, key=lambda one: one[0])


def people() -> list[tuple[float, ET.Element]]:
    """Who walks from one street to another, at most three blocks away."""
    draw, at, roads = np.random.default_rng(SEED + 1), places(), streets()
    found: list[tuple[float, ET.Element]] = []
    while len(found) < PEOPLE:
        (a, b), (c, d) = (roads[k] for k in draw.integers(0, len(roads), 2))
        apart = abs(at[b][0] - at[c][0]) + abs(at[b][1] - at[c][1])
        depart = round(float(draw.uniform(0.0, END - 120.0)), 1)
        if apart > 2 * BLOCK or {a, b} == {c, d}:
            continue
        person = element("person", id=f"walker_{len(found)}", type="walker", depart=f"{depart:.1f}", departPos="100")
        walk = element("walk", arrivalPos="40")
        walk.attrib |= {"from": a + b, "to": c + d}
        person.append(walk)
        found.append((depart, person))
    return found


def build(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        path = net(work)
        save(work / "trips.xml", document("routes", [*types(), *(trip for _, trip in trips())]))
        told = {"--net-file": path, "--route-files": work / "trips.xml", "--output-file": work / "routes.xml"}
        run_tool("duarouter", {**told, "--seed": "1", "--no-step-log": "true"})
        routed = [(float(one.get("depart", 0)), one) for one in ET.parse(work / "routes.xml").getroot().iter("vehicle")]
        everybody = sorted([*routed, *people()], key=lambda one: one[0])
        save(out / FILES[0], path.read_text())
        save(out / FILES[1], document("routes", [*types(), *(one for _, one in everybody)]))
    print(f"{len(routed)} vehicles, {len(everybody) - len(routed)} people")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    build(parser.parse_args().out)


if __name__ == "__main__":
    main()
