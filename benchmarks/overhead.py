"""What the roadside costs on top of SUMO: plain sumo, wayside with every vehicle equipped, the usual Python loops.

The loop is the wall time of all steps from the city's beginning, when it is still filling up: few vehicles are the
worst case for what a step costs of its own. Plain sumo tells the duration of its loop itself; the CPU time of its
loop is what it takes more than a run of one step. The process is the whole program, with loading and closing. All run
on one core but those that say two: there SUMO steps beside the edge, in lockstep wherever nothing can be commanded any
more, overlapped always.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict, dataclass

from benchmarks import applications, measure
from benchmarks.cities import CITIES, City, add_city_option, chosen, sumo_arguments
from benchmarks.loops import Task
from benchmarks.measure import BenchmarkError, Finished, Result, median

STEPS = (1.0, 0.1)
PLAIN = "plain sumo"
BARE = "libsumo, steps alone"  # what SUMO costs as a library in a Python process
ALONE = "wayside, lockstep, one core"
RESOLUTION_S = 0.01  # of the duration that sumo prints
WAITING = 0.05  # the share of a loop without its core from which wall times say little


@dataclass(frozen=True)
class Variant:
    """One row of the table; the Python loops take part in the first round only, their ratios are large."""

    name: str
    kind: str
    pipeline: str = "lockstep"
    out: bool = False
    cores: int = 1
    every_round: bool = True


VARIANTS = (
    Variant(PLAIN, "sumo"),
    Variant(BARE, "steps"),
    Variant(ALONE, "wayside"),
    Variant("wayside, lockstep, two cores", "wayside", cores=2),
    Variant("wayside, lockstep, two cores, results kept", "wayside", out=True, cores=2),
    Variant("wayside, overlapped, two cores", "wayside", "overlapped", cores=2),
    Variant("wayside, overlapped, two cores, results kept", "wayside", "overlapped", out=True, cores=2),
    Variant("libsumo, 4 getters a vehicle", "libsumo", every_round=False),
    Variant("traci, subscriptions", "traci", every_round=False),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of this benchmark."""
    add_city_option(parser)
    parser.add_argument("--step", action="append", type=float, choices=STEPS, help="SUMO's step, s; by default both")
    parser.add_argument("--apps", action="store_true", help="what applications add, on lingang or the crossing")
    parser.add_argument("--repeats", type=int, help="rounds; the median counts (default 3, small 1)")


def run(options: argparse.Namespace) -> Result:
    """All cities and steps; each round runs every variant once, so that they share the machine's moods."""
    rounds = options.repeats or (1 if options.small else 3)
    if options.apps:
        cities = [CITIES[name] for name in options.city or ("lingang",)]
        return {"rounds": rounds, "applications": [applications.run(city, rounds, options.small) for city in cities]}
    tables = []
    for city in chosen(options):
        for step in options.step or STEPS:
            end = (city.small_ends if options.small else city.ends)[step]
            measured: dict[str, list[Result]] = {variant.name: [] for variant in VARIANTS}
            for number in range(rounds):
                measure.say(f"overhead: {city.name}, step {step:g} s, round {number + 1} of {rounds}")
                for variant in VARIANTS:
                    if variant.every_round or number == 0:
                        found = _measure(variant, city, step, end)
                        # Who does not look at the vehicles does not count them: they are plain sumo's.
                        found["updates"] = found["updates"] or measured[PLAIN][-1]["updates"]
                        measured[variant.name].append(found)
            rows = [_row(name, runs, measured[PLAIN], measured[BARE]) for name, runs in measured.items()]
            tables.append({"city": city.name, "step_s": step, "end_s": end, "rows": rows})
    return {"rounds": rounds, "tables": tables}


def _measure(variant: Variant, city: City, step: float, end: float) -> Result:
    if variant.kind == "sumo":
        return _plain(city, step, end)
    on = measure.cores(variant.cores)
    task = Task(variant.kind, city.what, step, end, variant.pipeline, variant.out)
    loop, process_s = measure.run_module("benchmarks.loops", asdict(task), on)
    return {**loop, "process_s": process_s}


def _plain(city: City, step: float, end: float) -> Result:
    loop_s, updates, process = _sumo(city, step, end)
    loading = _sumo(city, step, step)[2]
    return {
        "loop_s": max(loop_s, RESOLUTION_S),
        "cpu_s": max(process.cpu_s - loading.cpu_s, RESOLUTION_S),
        "updates": round(updates),
        "process_s": process.wall_s,
    }


def _sumo(city: City, step: float, end: float) -> tuple[float, float, Finished]:
    """The duration of sumo's loop [s] and its vehicle updates as it prints them, and the process."""
    from wayside.sim.sumo.backend import sumo_home

    with sumo_arguments(city.what, step, end) as arguments:
        command = [str(sumo_home() / "bin" / "sumo"), *arguments, "--verbose", "true"]
        finished = measure.run(command, measure.cores(1))
    duration = re.search(r"^ Duration: ([\d.]+)s", finished.output, re.MULTILINE)
    updates_per_s = re.search(r"^ UPS: ([\d.]+)", finished.output, re.MULTILINE)
    if duration is None or updates_per_s is None:
        raise BenchmarkError(f"sumo does not tell its duration:\n{finished.output[-400:]}")
    return float(duration[1]), float(updates_per_s[1]) * float(duration[1]), finished


def _row(name: str, runs: list[Result], plain: list[Result], bare: list[Result]) -> Result:
    """The medians over the rounds; a ratio is taken within its round."""
    pairs = list(zip(runs, plain, strict=False))
    ratios = [run["loop_s"] / sumo["loop_s"] for run, sumo in pairs]
    return {
        "variant": name,
        "loop_s": median(run["loop_s"] for run in runs),
        "updates": median(run["updates"] for run in runs),
        "updates_per_s": median(run["updates"] / run["loop_s"] for run in runs),
        "loop_ratio": median(ratios),
        "loop_ratio_range": [min(ratios), max(ratios)],
        "loop_ratio_to_libsumo": median(
            run["loop_s"] / steps["loop_s"] for run, steps in zip(runs, bare, strict=False)
        ),
        "cpu_s": median(run["cpu_s"] for run in runs),
        "cpu_ratio": median(run["cpu_s"] / sumo["cpu_s"] for run, sumo in pairs),
        "loop_ratio_per_update": median(
            run["loop_s"] / run["updates"] / (sumo["loop_s"] / sumo["updates"]) for run, sumo in pairs
        ),
        "process_s": median(run["process_s"] for run in runs),
        "process_ratio": median(run["process_s"] / sumo["process_s"] for run, sumo in pairs),
        "runs": runs,
    }


def show(result: Result) -> None:
    """One table for each city and step."""
    for city in result.get("applications", ()):
        applications.show(city)
    if "tables" not in result:
        return
    for table in result["tables"]:
        measure.show(
            f"\n{table['city']}, step {table['step_s']:g} s, to {table['end_s']:g} s",
            (
                "",
                "loop s",
                "updates/s",
                "loop ratio",
                "(range)",
                "to libsumo",
                "per update",
                "CPU ratio",
                "process s",
                "process ratio",
            ),
            [
                (
                    row["variant"],
                    f"{row['loop_s']:.2f}",
                    f"{row['updates_per_s']:,.0f}",
                    f"{row['loop_ratio']:.2f}",
                    "{:.2f}-{:.2f}".format(*row["loop_ratio_range"]),
                    f"{row['loop_ratio_to_libsumo']:.2f}",
                    f"{row['loop_ratio_per_update']:.2f}",
                    f"{row['cpu_ratio']:.2f}",
                    f"{row['process_s']:.2f}",
                    f"{row['process_ratio']:.2f}",
                )
                for row in table["rows"]
            ],
        )
    measure.show(
        "",
        ("",),
        [],
        (
            "Loop: all steps, without loading and closing. Ratios are to plain sumo in the same round.",
            "To libsumo: the same loop against SUMO stepped in a Python process that does nothing else.",
            "Per update: the same for one vehicle and step; guided traffic is not the same traffic.",
            "CPU: of the same loop, all threads and both sides of traci; what else runs here hardly matters to it.",
            "Process: the whole program, with its start, loading and closing.",
            *_in_doubt(result),
        ),
    )


def _in_doubt(result: Result) -> list[str]:
    """A note where others had the cores: the loops of one thread should have been running all of the time."""
    waits = [
        1.0 - row["cpu_s"] / row["loop_s"]
        for table in result["tables"]
        for row in table["rows"]
        if row["variant"] == ALONE
    ]
    if max(waits, default=0.0) <= WAITING:
        return []
    return [f"IN DOUBT: one core was waited for {max(waits):.0%} of a loop; other programs run here."]
