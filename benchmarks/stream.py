"""Streaming to browsers: 5,000 made-up vehicles, ten frames a second, to 1 to 500 clients; packed, and as JSON.

The server has one core, all clients together another. A client's lag is from before a frame is packed to when it has
come whole. One row has a client that reads half of the frames, one has twenty that never read; the last two have 1,200
requests that are never sent whole, and four clients that flood the server with pings and empty fragments.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from benchmarks import measure
from benchmarks.measure import Result
from benchmarks.streaming import Task

VEHICLES = 5000
CLIENTS = (1, 10, 100, 500)
BESIDE_ABUSE = 250  # clients
HALF, FLOODS = 1200, 4


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--vehicles", type=int, help=f"(default {VEHICLES}, small 1000)")
    parser.add_argument("--seconds", type=float, help="of each row (default 8, small 1)")
    parser.add_argument("--clients", type=int, nargs="+", help=f"(default {CLIENTS}, small 1 10)")


def run(options: argparse.Namespace) -> Result:
    """A server and its clients for each row."""
    vehicles = options.vehicles or (1000 if options.small else VEHICLES)
    seconds = options.seconds or (1.0 if options.small else 8.0)
    counts = options.clients or ((1, 10) if options.small else CLIENTS)
    cores = measure.cores(2)
    base = Task(vehicles, "packed", seconds, 1, clients_core=cores[-1])
    tasks = [replace(base, format=format, clients=count) for count in counts for format in ("packed", "json")]
    crowd = max((count for count in counts if count <= 100), default=min(counts))
    tasks += [replace(base, clients=crowd, slow=1), replace(base, clients=crowd, stuck=20)]
    abused = replace(base, clients=min(BESIDE_ABUSE, max(counts)))
    tasks += [replace(abused, half=HALF), replace(abused, floods=FLOODS)]
    rows = []
    for task in tasks:
        measure.say(f"{task.format}, {task.clients} clients{_beside(asdict(task))}")
        found, _ = measure.run_module("benchmarks.streaming", asdict(task), cores[:1])
        rows.append(found)
    return {"vehicles": vehicles, "seconds": seconds, "rows": rows}


def _beside(row: Mapping[str, Any]) -> str:
    names = {"slow": "slow", "stuck": "that never read", "half": "half requests", "floods": "floods"}
    return "".join(f" + {row[name]:,} {what}" for name, what in names.items() if row[name])


def show(result: Result) -> None:
    """A line for each row."""
    table = []
    for row in result["rows"]:
        size = row["bytes_per_vehicle"]
        others = _beside(row) + (f", {row['stale_max_s']:.2f} s stale" if row["slow"] else "")
        table.append(
            (
                f"{row['format']}, {row['clients']}{others}",
                f"{row['rate']:.2f}",
                f"{row['slowest_rate']:.2f}",
                f"{row['p50_ms']:.1f}",
                f"{row['p99_ms']:.1f}",
                f"{row['max_ms']:.0f}",
                f"{size['keyframe']:.1f}",
                f"{size['delta']:.1f}" if "delta" in size else "",
                f"{size['mean']:.1f}",
                f"{row['encode_ms']['keyframe']:.2f}",
                f"{row['encode_ms']['delta']:.2f}" if "delta" in row["encode_ms"] else "",
                f"{row['server_cpu']:.0%}",
                f"{row['clients_cpu']:.0%}",
            )
        )
    measure.show(
        f"\n{result['vehicles']:,} vehicles, 10 frames/s, {result['seconds']:g} s a row",
        (
            "clients",
            "frames/s",
            "slowest",
            "p50 ms",
            "p99 ms",
            "max ms",
            "B/vehicle key",
            "delta",
            "mean",
            "pack ms key",
            "delta",
            "server CPU",
            "clients CPU",
        ),
        table,
        ("CPU of one core each; encoding is the median of a frame",),
    )
