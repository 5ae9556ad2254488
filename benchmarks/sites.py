"""What a city's charging sites or car parks cost: checking a scenario with them, and one request.

A grid of 3,600 traffic lights, each with a unit: 97,920 edges. Into it come 100,000 groups of seven piles each, two to
a site; 30,000 car parks of ten bays; and 300,000 of one bay. Each is checked by `wayside check`, as is the grid alone.
Then one request after the other is handed in to the ledger's pool and decided, each from an edge drawn anew, while
10,000 vehicles charge or park, by each policy: the median of CPU times, the worst, and what the first one took, for
which much is worked out that is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import sumolib

from benchmarks import measure
from benchmarks.load import Grid, make
from benchmarks.measure import Result

CHARGING: Final = ("nearest", "least-completion", "reserve", "batch", "predictive")
PARKING: Final = ("reserve", "batch")
POWERS: Final = (7_000, 60_000, 120_000)  # W
FILE: Final = "sites.add.xml"


@dataclass(frozen=True)
class City:
    """What is put into the grid."""

    name: str
    service: str
    places: int
    each: int  # piles or bays
    policies: tuple[str, ...]


CITIES = (
    City("the grid alone", "", 0, 0, ()),
    City("100,000 groups of 7 piles", "charging", 100_000, 7, CHARGING),
    City("30,000 car parks of 10 bays", "parking", 30_000, 10, PARKING),
    City("300,000 car parks of 1 bay", "parking", 300_000, 1, PARKING),
)
SMALL = (
    City("the grid alone", "", 0, 0, ()),
    City("40 groups of 7 piles", "charging", 40, 7, CHARGING),
    City("40 car parks of 10 bays", "parking", 40, 10, PARKING),
)
GRID, SMALL_GRID = Grid("3,600 lights", 60, "traffic_light"), Grid("16 lights", 4, "traffic_light")
REQUESTS, SMALL_REQUESTS = 200, 3
TAKEN, SMALL_TAKEN = 10_000, 10  # vehicles that charge or park meanwhile


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which of the services."""
    parser.add_argument("--service", choices=("charging", "parking"), help="by default both")
    parser.add_argument("--no-check", action="store_true", help="requests alone")


def run(options: argparse.Namespace) -> Result:
    """Each city in turn."""
    cities = [
        one for one in (SMALL if options.small else CITIES) if one.service in ("", options.service or one.service)
    ]
    requests, taken = (SMALL_REQUESTS, SMALL_TAKEN) if options.small else (REQUESTS, TAKEN)
    on, rows = measure.cores(1), []
    with TemporaryDirectory(prefix="wayside-benchmark-") as name:
        folder = Path(name)
        scenario = make(SMALL_GRID if options.small else GRID, folder)
        edges = [
            edge.id
            for edge in sumolib.xml.parse_fast(str(folder / "net.net.xml"), "edge", ["id", "from", "to"])
            if not edge.id.startswith(":")
        ]
        plain = scenario.read_text(encoding="utf-8").replace('apps = ["signals"]', 'apps = ["parking", "charging"]')
        for city in cities:
            measure.say(f"sites: {city.name}")
            with (folder / FILE).open("w", encoding="utf-8") as file:
                file.writelines(elements(city, edges))
            scenario.write_text(plain + f'\n[sumo.options]\nadditional-files = "{FILE}"\n', encoding="utf-8")
            row: Result = {"city": city.name}
            if not options.no_check:
                checked, _ = measure.run_module("benchmarks.sites_child", {"check": str(scenario)}, on)
                row |= checked
            if city.policies:
                task = {"folder": name, "service": city.service, "policies": city.policies}
                row["policies"], _ = measure.run_module(
                    "benchmarks.sites_child", {**task, "requests": requests, "taken": taken}, on
                )
            rows.append(row)
    return {"requests": requests, "taken": taken, "rows": rows}


def elements(city: City, edges: list[str]) -> Iterator[str]:
    """SUMO's additional file: each place along 40 m of an edge drawn for it."""
    draw = np.random.default_rng(1)
    edge, begin = draw.integers(0, len(edges), city.places), draw.uniform(1.0, 20.0, city.places)
    power = draw.choice(POWERS, city.places)
    yield "<additional>\n"
    for k in range(city.places):
        stand = f'lane="{edges[edge[k]]}_0" startPos="{begin[k]:.1f}" endPos="{begin[k] + 40.0:.1f}"'
        yield f'<parkingArea id="p{k}" {stand} roadsideCapacity="{city.each}"/>\n'
        if city.service == "charging":
            site = f'<param key="site" value="s{k // 2}"/>'
            yield f'<chargingStation id="c{k}" {stand} power="{power[k]}" parkingArea="p{k}">{site}</chargingStation>\n'
    yield "</additional>\n"


def show(result: Result) -> None:
    """What a check takes more than of the grid alone, and what requests take."""
    alone = result["rows"][0]
    if "cpu_s" in alone:
        measure.show(
            "wayside check",
            ("", "CPU s", "more than alone", "peak MB", "more than alone"),
            [
                (
                    row["city"],
                    f"{row['cpu_s']:.1f}",
                    f"{row['cpu_s'] - alone['cpu_s']:.1f}",
                    f"{row['peak_mb']:,.0f}",
                    f"{row['peak_mb'] - alone['peak_mb']:,.0f}",
                )
                for row in result["rows"]
            ],
        )
    measure.show(
        f"One request of {result['requests']:,}, {result['taken']:,} vehicles there already",
        ("", "policy", "CPU ms, median", "worst", "the first"),
        [
            (row["city"], one["policy"], *(f"{one[name]:,.2f}" for name in ("median_ms", "worst_ms", "first_ms")))
            for row in result["rows"]
            for one in row.get("policies", ())
        ],
    )
