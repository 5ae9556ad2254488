"""What it costs to read ten values of every vehicle after each step: natively, by getters, by subscriptions.

Native reading and libsumo's getters are timed alone, in one simulation, between its steps. What is subscribed SUMO
gathers within its step: there the cost is what the same run takes longer than without. The native figure is all of
wayside's reading: departures, arrivals and traffic lights too. All is CPU time, on one core; with traci, of both sides.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from benchmarks import measure
from benchmarks.cities import City, add_city_option, chosen
from benchmarks.measure import Result, median
from benchmarks.readings import Task

STEP = 1.0  # s
NATIVE, GETTERS = "native (C++)", "libsumo, getters"
SUBSCRIBED = {"libsumo": "libsumo, subscriptions", "traci": "traci, subscriptions"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    add_city_option(parser)
    parser.add_argument("--repeats", type=int, help="rounds; the median counts (default 3, small 1)")


def run(options: argparse.Namespace) -> Result:
    """All cities."""
    rounds = options.repeats or (1 if options.small else 3)
    tables = []
    for city in chosen(options):
        measured: dict[str, list[float]] = {name: [] for name in (NATIVE, GETTERS, *SUBSCRIBED.values())}
        for number in range(rounds):
            measure.say(f"bridge: {city.name}, round {number + 1} of {rounds}")
            for name, microseconds in _round(city, options.small).items():
                measured[name].append(microseconds)
        native = median(measured[NATIVE])
        rows = [
            {"way": name, "us_per_vehicle_step": median(values), "ratio": median(values) / native, "runs": values}
            for name, values in measured.items()
        ]
        tables.append({"city": city.name, "window_s": list(_window(city, options.small)), "rows": rows})
    return {"rounds": rounds, "step_s": STEP, "tables": tables}


def _round(city: City, small: bool) -> dict[str, float]:
    """Microseconds per vehicle and step, by way of reading."""

    def child(kind: str, subscribed: bool = False) -> Result:
        task = Task(kind, subscribed, city.what, STEP, *_window(city, small))
        return measure.run_module("benchmarks.readings", asdict(task), measure.cores(1))[0]

    direct = child("direct")
    found = {name: 1e6 * direct[key]["seconds"] / direct[key]["updates"] for name, key in _DIRECT.items()}
    for kind, name in SUBSCRIBED.items():
        without, with_ = child(kind)["run"], child(kind, subscribed=True)["run"]
        found[name] = 1e6 * (with_["seconds"] - without["seconds"]) / with_["updates"]
    return found


def _window(city: City, small: bool) -> tuple[float, float]:
    return city.small_full if small else city.full


_DIRECT = {NATIVE: "native", GETTERS: "getters"}


def show(result: Result) -> None:
    """One table for each city."""
    for table in result["tables"]:
        begin, end = table["window_s"]
        measure.show(
            f"\n{table['city']}, step {result['step_s']:g} s, from {begin:g} to {end:g} s",
            ("", "us per vehicle and step", "times native"),
            [(row["way"], f"{row['us_per_vehicle_step']:.3f}", f"{row['ratio']:.1f}") for row in table["rows"]],
        )
