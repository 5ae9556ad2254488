"""The express lines: buses right through the town with a timetable, in a file of their own.

    python -m wayside.scenarios.lingang.express [--out DIR]

makes `express.rou.xml.gz` of the committed net and stops, as `build.py` does. They drive where a scenario names the
file: `sumo.options.route-files = "lingang.rou.xml.gz,express.rou.xml.gz"`.
"""

from __future__ import annotations

import argparse
import gzip
import re
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import sumolib

from ..files import document, element, run_tool, save, without_comments
from .demand import END
from .facilities import stop_id

FILE: Final = "express.rou.xml.gz"
EVERY: Final = 360.0  # s between two buses of a line
DWELL: Final = 15.0  # s at each stop, at least
PACE: Final = 0.55  # of the limits, with lights and stopping: what the timetable reckons with
LONGEST: Final = 900.0  # s before the hour's end in which no more bus sets out


@dataclass(frozen=True)
class ExpressLine:
    """From edge to edge, with the edges of its stops; first: when its first bus sets out, s."""

    id: str
    source: str
    target: str
    stops: tuple[str, ...]
    first: float


LINES: Final = (
    ExpressLine(
        "9",
        "border_w-outer_w",
        "port_2000-warehouse_2000",
        ("outer_w-orchard_w", "tide_w-lake_w", "lake_s-lake_s_sse", "harbour_e-orchard_e"),
        30.0,
    ),
    ExpressLine(
        "10",
        "warehouse_2000-port_2000",
        "outer_w-border_w",
        ("outer_e-orchard_e", "tide_e-lake_e", "lake_n-lake_n_nnw", "harbour_w-orchard_w"),
        210.0,
    ),
)


def express_routes(net_file: Path, additional: Path, work: Path) -> str:
    """The route file's text: each bus with its way, its stops, and by when it is to leave each."""
    trips = [element("vType", id="express", vClass="bus", guiShape="bus", length=12.0, height=3.2, color="200,60,140")]
    for line in LINES:
        calls = [element("stop", busStop=stop_id(edge), duration=DWELL) for edge in line.stops]
        trip = element("trip", id=line.id, type="express", depart=0.0, from_=line.source, to=line.target)
        trip.extend(calls)
        trips.append(trip)
    save(work / "express.trips.xml", document("routes", trips))
    files: dict[str, str | Path] = {
        "--net-file": net_file,
        "--additional-files": additional,
        "--route-files": work / "express.trips.xml",
        "--output-file": work / "express.rou.xml",
        "--no-step-log": "true",
    }
    run_tool("duarouter", files)
    found = ET.fromstring(without_comments((work / "express.rou.xml").read_text()))
    ways = {vehicle.get("id", ""): vehicle.find("route") for vehicle in found.iter("vehicle")}
    net = sumolib.net.readNet(str(net_file))
    buses: list[tuple[float, str, ET.Element]] = []
    for line in LINES:
        way = ways[line.id]
        assert way is not None
        edges = way.get("edges", "").split()
        leaves = timetable(net, edges, line.stops)
        for depart in np.arange(line.first, END - LONGEST, EVERY).tolist():
            number = round((depart - line.first) / EVERY)
            bus = element("vehicle", id=f"express_{line.id}_{number:02d}", type="express", depart=depart, line=line.id)
            bus.set("departPos", "base")
            bus.set("departSpeed", "max")
            bus.set("departLane", "best")
            bus.append(element("route", edges=" ".join(edges)))
            for edge, leave in zip(line.stops, leaves, strict=True):
                bus.append(element("stop", busStop=stop_id(edge), duration=DWELL, until=round(depart + leave)))
            buses.append((depart, line.id, bus))
    kind = next(found.iter("vType"))
    return document("routes", [kind, *(bus for *_, bus in sorted(buses, key=lambda one: one[:2]))])


def timetable(net: sumolib.net.Net, edges: list[str], stops: tuple[str, ...]) -> list[float]:
    """By when a bus is to leave each stop, s since it set out; the stops lie on the way in this order."""
    leaves, seconds, ahead = [], 0.0, list(stops)
    for name in edges:
        edge = net.getEdge(name)
        seconds += float(edge.getLength()) / (PACE * float(edge.getSpeed()))
        if ahead and name == ahead[0]:
            ahead.pop(0)
            seconds += DWELL
            leaves.append(seconds)
    if ahead:
        raise SystemExit(f"the way does not come by {', '.join(ahead)}")
    return leaves


def build_express(out: Path, net: Path, additional: Path) -> None:
    """Write the file into a folder; net, additional: of the town, unpacked or not."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for path, name in ((net, "town.net.xml"), (additional, "town.add.xml")):
            text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
            (work / name).write_text(re.sub(r"<rerouter.*?</rerouter>", "", text, flags=re.DOTALL))
        save(out / FILE, express_routes(work / "town.net.xml", work / "town.add.xml", work))


def main() -> None:
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=here, help="folder to write to")
    build_express(parser.parse_args().out, here / "lingang.net.xml.gz", here / "lingang.add.xml.gz")


if __name__ == "__main__":
    main()
