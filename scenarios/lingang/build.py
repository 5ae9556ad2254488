"""Makes Lingang's committed files from its plan: `python -m wayside.scenarios.lingang.build [--out DIR]`.

The same sources give the same bytes. See `plan.py` for the town, `blocks.py` for the uses of its blocks,
`facilities.py` for parking, charging and bus stops, `houses.py` for the buildings, `demand.py` for the trips,
`express.py` for buses with a timetable.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import sumolib

from ..building import build_net
from ..files import document, run_tool, save, without_comments
from ..lots import Drafter, charging_elements, parking_element, rerouter_elements
from .blocks import blocks
from .demand import Demand, summary
from .express import FILE as EXPRESS
from .express import build_express
from .facilities import all_spots, bus_stop_elements, facilities
from .houses import houses, polygon_elements
from .incident import FILE as INCIDENT
from .incident import incident_elements
from .plan import town
from .vehicles import type_elements

FILES = (
    "lingang.net.xml.gz",
    "lingang.add.xml.gz",
    "lingang.rou.xml.gz",
    "buildings.add.xml.gz",
    INCIDENT,
    EXPRESS,
)
SEARCH_REACH = 900.0  # m within which a full car park's alternatives lie
SEARCH_MOST = 9
# Drivers know the town roughly: routes spread over near-equal ways, quiet lanes are disliked.
ROUTING = {
    "--seed": "1",
    "--weights.random-factor": "1.4",
    "--weights.minor-penalty": "3",
    "--no-step-log": "true",
}


def build(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        net_file = build_net(town(), work)
        net = sumolib.net.readNet(str(net_file))
        drafter, parts = Drafter(net), blocks()
        found = facilities(drafter, parts)
        additionals = [parking_element(park) for park in found.car_parks]
        additionals += [child for site in found.sites for child in charging_elements(site)]
        additionals += bus_stop_elements(drafter)
        additionals += rerouter_elements(net, found.car_parks, SEARCH_REACH, SEARCH_MOST)
        add_text = document("additional", additionals)
        save(work / "town.add.xml", add_text)
        trips = Demand(net, parts, found).all()
        files: dict[str, str | Path] = {
            "--net-file": net_file,
            "--additional-files": work / "town.add.xml",
            "--route-files": work / "town.trips.xml",
            "--output-file": work / "town.rou.xml",
        }
        save(work / "town.trips.xml", document("routes", type_elements() + [t.element() for t in trips]))
        run_tool("duarouter", {**files, **ROUTING})
        routes = without_comments((work / "town.rou.xml").read_text())
        if routes.count("<vehicle ") != len(trips):  # duarouter drops what it cannot read without a word
            raise SystemExit(f"only {routes.count('<vehicle ')} of {len(trips)} trips have a route")
        save(out / "lingang.net.xml.gz", net_file.read_text())
        save(out / "lingang.add.xml.gz", add_text)
        save(out / "lingang.rou.xml.gz", routes)
        save(out / INCIDENT, document("additional", incident_elements()))
        build_express(out, net_file, work / "town.add.xml")
        polygons = houses(net, parts, all_spots(found))
        save(out / "buildings.add.xml.gz", document("additional", polygon_elements(polygons)))
    bays = sum(park.capacity for park in found.car_parks)
    piles = sum(site.piles for site in found.sites)
    print(f"{len(net.getTrafficLights())} signals, {len(found.car_parks)} car parks with {bays} bays")
    print(f"{len(found.sites)} charging sites with {piles} piles")
    print(f"{sum(polygon.kind == 'building' for polygon in polygons)} buildings")
    print(summary(trips))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    build(parser.parse_args().out)


if __name__ == "__main__":
    main()
