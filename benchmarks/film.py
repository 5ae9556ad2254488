"""Recordings of the live view: what they cost a run, how large they are, how soon a moment is there.

A city's day with all that is recorded, and without, each in a process of its own, in turn; both keep results. What
recording costs is told twice: as the ratio of the loops' wall clock, and as the processor time of the recorder beside
that of the whole loop, which minds less what else runs. A moment is fetched from the real server on loopback, and
unpacked as the page does it.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import asdict

from benchmarks import measure
from benchmarks.cities import CITIES
from benchmarks.filming import Task
from benchmarks.measure import Result, median


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--city", choices=CITIES, default="lingang")
    parser.add_argument("--seconds", type=float, help="simulated (default 3600, small 60)")
    parser.add_argument("--repeats", type=int, help="pairs of runs; the median counts (default 3, small 1)")
    parser.add_argument("--seeks", type=int, help="moments that are asked for (default 200, small 20)")


def run(options: argparse.Namespace) -> Result:
    """Pairs of runs."""
    end = options.seconds or (60.0 if options.small else 3600.0)
    seeks = options.seeks or (20 if options.small else 200)
    base = Task(CITIES[options.city].what, end, False, seeks)
    ratios, shares = [], []
    for number in range(options.repeats or (1 if options.small else 3)):
        measure.say(f"pair {number + 1}")
        without, _ = measure.run_module("benchmarks.filming", asdict(base), measure.cores(2))
        found, _ = measure.run_module("benchmarks.filming", {**asdict(base), "record": True}, measure.cores(2))
        ratios.append(found["loop_s"] / without["loop_s"])
        shares.append(found["recorder_cpu_s"] / (found["loop_cpu_s"] - found["recorder_cpu_s"]))
    return {
        "city": options.city,
        "seconds": end,
        **{name: value for name, value in found.items() if name != "seeks_ms"},
        "bytes_per_vehicle_and_s": found["bytes"] / found["vehicle_s"],
        "bytes_per_driving_vehicle_and_s": found["bytes"] / found["driving_s"],
        "wall_ratio": median(ratios),
        "cpu_share": median(shares),
        "seek_p50_ms": median(found["seeks_ms"]),
        "seek_max_ms": max(found["seeks_ms"]),
        "seek_mean_bytes": statistics.mean(found["seek_bytes"]),
    }


def show(result: Result) -> None:
    """The figures."""
    mean, driving = (result[name] / result["seconds"] for name in ("vehicle_s", "driving_s"))
    measure.show(
        f"\n{result['city']}, {result['seconds']:g} s, {mean:,.0f} vehicles on average, of which {driving:,.0f} drive",
        ("", ""),
        [
            ("size, MB", f"{result['bytes'] / 1e6:.1f}"),
            ("bytes a vehicle and second", f"{result['bytes_per_vehicle_and_s']:.2f}"),
            ("bytes a driving vehicle and second", f"{result['bytes_per_driving_vehicle_and_s']:.2f}"),
            ("run's wall clock, ratio", f"{result['wall_ratio']:.3f}"),
            ("recorder's processor time, of the run's", f"{result['cpu_share']:.1%}"),
            ("recorder's beginning (the static world), s", f"{result['world_s']:.2f}"),
            (
                "a stretch: fetched and unpacked, ms (p50, most)",
                f"{result['seek_p50_ms']:.1f}, {result['seek_max_ms']:.1f}",
            ),
        ],
    )
