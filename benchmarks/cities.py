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
    """A scenario, and when it is measured: from a time at which it is full, for long enough to be read."""

    name: str
    what: str  # for Scenario.load
    windows: Mapping[float, tuple[float, float]]  # SUMO step [s] -> from, to [s of SUMO's clock]
    small: Mapping[float, tuple[float, float]]

    def window(self, step: float, small: bool) -> tuple[float, float]:
        """What to measure at a step length."""
        windows = self.small if small else self.windows
        return windows.get(step) or windows[1.0]


CITIES = {
    city.name: city
    for city in (
        City("lingang", "lingang", {1.0: (120.0, 300.0), 0.1: (60.0, 78.0)}, {1.0: (60.0, 90.0), 0.1: (20.0, 24.0)}),
        City(
            "bologna",
            str(BOLOGNA),
            {1.0: (600.0, 1200.0), 0.1: (300.0, 340.0)},
            {1.0: (120.0, 300.0), 0.1: (60.0, 80.0)},
        ),
        # Too small to say anything about speed; the tests of the benchmarks take it.
        City("crossing", "crossing", {1.0: (60.0, 300.0), 0.1: (60.0, 90.0)}, {1.0: (20.0, 60.0), 0.1: (10.0, 20.0)}),
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
