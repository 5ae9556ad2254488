"""Piles as stations of a central system, in real time: what it takes of one core, and whether it keeps up.

10,000 piles at 500 stations, a connection each, all of them charging; each tells its meter once a minute. Two
processes, each on a core of its own where there are two: the stations, as a run has them but for SUMO (sessions are
followed and profiles looked at once a second, messages made and sent), and the example's central system, which holds
every message against the schemas. The simulation takes what is left of the stations' core.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import Any, cast

from benchmarks import measure

CSMS = measure.ROOT / "scenarios" / "examples" / "csms.py"
PILES, SITE = 10_000, 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    parser.add_argument("--piles", type=int, help=f"all of them charging (default {PILES:,}, small 200)")
    parser.add_argument("--seconds", type=int, help="of real time that are measured (default 120, small 3)")


def run(options: argparse.Namespace) -> measure.Result:
    """Start both, and let the stations tell."""
    piles = options.piles or (200 if options.small else PILES)
    seconds = options.seconds or (3 if options.small else 120)
    cores = measure.cores(2)
    with subprocess.Popen([sys.executable, str(CSMS), "--port", "0"], stdout=subprocess.PIPE, text=True) as system:
        try:
            os.sched_setaffinity(system.pid, cores[:1])
            said = cast(Any, system.stdout).readline()
            if not said.startswith("listening at "):
                raise measure.BenchmarkError("the central system does not listen")
            task = {"url": said.split()[-1], "piles": piles, "site": SITE, "seconds": seconds}
            found, _ = measure.run_module("benchmarks.ocpp_stations", task, cores[-1:])
        finally:
            system.terminate()
            cast(Any, system.stdout).read()
    return {"rows": [found]}


def show(result: measure.Result) -> None:
    """A table."""
    rows = [
        (
            f"{row['piles']:,} piles, {row['stations']} connections, {row['seconds']:.0f} s",
            f"{row['messages_per_s']:,.0f}",
            f"{row['core_share']:.1%}",
            f"{row['tick_ms']:.2f}",
            f"{1e3 * row['delay_s']:,.0f}",
            f"{1e3 * row['longest_delay_s']:,.0f}",
            f"{row['boot_s']:,.1f}",
        )
        for row in result["rows"]
    ]
    columns = ("", "messages/s", "of a core", "ms a tick", "ms to answer", "at most", "s until all stand")
    measure.show("meter values once a minute, in real time", columns, rows)


def status(result: measure.Result) -> int:
    """1 where it did not keep up."""
    late = [row for row in result["rows"] if row["waiting"] or row["core_share"] > 1.0 or row["late_s"] > 1.0]
    for row in late:
        print(f"missed: {row['waiting']} events wait, {row['late_s']:.1f} s late, {row['core_share']:.0%} of a core")
    return bool(late)
