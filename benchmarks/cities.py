"""The cities, and which part of their day is measured."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.measure import ROOT, say

if TYPE_CHECKING:
    from collections.abc import Iterator

BOLOGNA = ROOT / "../shared/data/bologna-acosta/run.sumocfg"


@dataclass(frozen=True)
class City:
    """A scenario, and how much of its day is measured; the small values are for --small."""

    name: str
    what: str  # for Scenario.load
    ends: Mapping[float, float]  # SUMO step [s] -> end of a whole run from the city's beginning [s of SUMO's clock]
    small_ends: Mapping[float, float]
    full: tuple[float, float]  # from, to: when it is full of vehicles, at steps of 1 s [s of SUMO's clock]
    small_full: tuple[float, float]


CITIES = {
    city.name: city
    for city in (
        City("lingang", "lingang", {1.0: 600.0, 0.1: 120.0}, {1.0: 60.0, 0.1: 10.0}, (120.0, 180.0), (60.0, 75.0)),
        City(
            "bologna", str(BOLOGNA), {1.0: 1200.0, 0.1: 480.0}, {1.0: 240.0, 0.1: 60.0}, (600.0, 800.0), (120.0, 180.0)
        ),
        # Too small to say anything about speed; the tests of the benchmarks take it.
        City("crossing", "crossing", {1.0: 900.0, 0.1: 120.0}, {1.0: 120.0, 0.1: 20.0}, (60.0, 300.0), (20.0, 60.0)),
    )
}


def add_city_option(parser: argparse.ArgumentParser) -> None:
    """`--city NAME`, which may be repeated."""
    parser.add_argument("--city", action="append", choices=CITIES, help="by default lingang and bologna")


def chosen(options: argparse.Namespace) -> list[City]:
    """The cities that are asked for and that are here."""
    cities = [CITIES[name] for name in options.city or ("lingang", "bologna")]
    if not BOLOGNA.exists() and CITIES["bologna"] in cities:
        say(f"bologna is left out: no {BOLOGNA}")
        cities.remove(CITIES["bologna"])
    return cities


@contextmanager
def sumo_arguments(what: str, step: float, end: float) -> Iterator[list[str]]:
    """The options with which `wayside run` starts SUMO on a scenario, in a working folder of its own."""
    from wayside import Scenario
    from wayside.sim.scenario import clock
    from wayside.sim.sumo.staging import stage

    scenario = Scenario.load(what).replace({"sumo.step_length": step, "scenario.end": end})
    run = clock(scenario)
    with TemporaryDirectory(prefix="wayside-benchmark-") as folder:
        config = stage(scenario.sumo.config, Path(folder), scenario.sumo.options).config
        arguments = ["-c", str(config), "--seed", str(run.seed), "--step-length", f"{step:g}", "--end", f"{end:g}"]
        arguments += ["--no-step-log", "true"]
        for name, value in run.options.items():
            arguments += [f"--{name}", value]
        yield arguments
