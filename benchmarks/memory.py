"""Whether memory stays flat: an hour of a city with every vehicle equipped, resident memory once a simulated minute.

The slope is a straight line's through the second half, by least squares. A city that still fills up takes more
memory with its vehicles: so their number stands beside it.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

import numpy as np

from benchmarks import measure
from benchmarks.cities import CITIES
from benchmarks.measure import Result
from benchmarks.rss import Task

EARLY_S = 600.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--city", choices=CITIES, default="lingang")
    parser.add_argument("--seconds", type=float, help="simulated (default 3600, small 180)")
    parser.add_argument("--no-out", action="store_true", help="keep no results; by default they are written")


def run(options: argparse.Namespace) -> Result:
    """One run."""
    end = options.seconds or (180.0 if options.small else 3600.0)
    task = Task(CITIES[options.city].what, end, not options.no_out)
    samples, wall_s = measure.run_module("benchmarks.rss", asdict(task), measure.cores(1))
    time, memory, vehicles = np.array(samples).T
    begin = float(time[0])
    early = int(np.searchsorted(time, begin + min(EARLY_S, (end - begin) / 2)))
    half = time >= (begin + end) / 2
    slope, _ = np.polyfit(time[half] / 3600.0, memory[half], 1)
    return {
        "city": options.city,
        "results_kept": task.out,
        "process_s": wall_s,
        "begin": _point(samples[0]),
        "early": _point(samples[early]),
        "end": _point(samples[-1]),
        "peak_mb": float(memory.max()),
        "slope_mb_per_h": float(slope),
        "mean_vehicles_second_half": float(vehicles[half].mean()),
        "samples": samples,
    }


def _point(sample: tuple[float, float, int]) -> Result:
    return {"time_s": sample[0], "memory_mb": sample[1], "vehicles": sample[2]}


def show(result: Result) -> None:
    """The curve in a few numbers."""
    kept = "results kept" if result["results_kept"] else "no results kept"
    measure.show(
        f"\n{result['city']}, {kept}, {result['process_s']:.0f} s of wall clock",
        ("", "simulated s", "MB", "vehicles"),
        [
            (name, f"{point['time_s']:.0f}", f"{point['memory_mb']:.1f}", f"{point['vehicles']:,}")
            for name, point in ((name, result[name]) for name in ("begin", "early", "end"))
        ],
        (
            f"slope over the second half: {result['slope_mb_per_h']:+.1f} MB per simulated hour, "
            f"{result['mean_vehicles_second_half']:,.0f} vehicles on average; peak {result['peak_mb']:.1f} MB",
        ),
    )
