"""What `wayside compare` promises: intervals that cover, families that are seldom wrong, effects that are found, jobs.

Statistics: studies of data whose truth is known, 1,000 of each kind; the share of intervals that hold the truth, of
families in which a difference is shown where none is, and of planted effects that are found with the runs that the
pairing promises. A share is in order where a binomial test does not doubt it (p above 0.001).

Pairs: how much alike the runs of two arms are, SUMO's own programs against max-pressure control on Bologna, with a
demand that is drawn for each replication and with SUMO's seed alone.

Runs: a study of the crossing with one job and with two, beside each other in turn; what starting a run costs beside
SUMO's own loading; and what is left of many short runs: processes, descriptors, files, memory.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmarks import measure
from benchmarks.cities import BOLOGNA, CITIES
from wayside import compare
from wayside.ext.arrays import Doubles
from wayside.sim.experiments import statistics
from wayside.sim.experiments.execution import local
from wayside.sim.experiments.runs import Task
from wayside.sim.scenario import Scenario
from wayside.sim.sumo.backend import sumo_home
from wayside.sim.sumo.staging import stage

NOMINAL = statistics.LEVEL
DOUBT = 0.001
SOONER = 1.8  # times, of two jobs on two cores
START_S = 1.0  # s, of a run beside SUMO's own loading
RUNS = 5  # figures of a family
KINDS = ("mean", "difference", "median")
PARTS = ("statistics", "pairs", "runs")
FIGURES = ("vehicles.mean_speed_m_s", "vehicles.arrived", "vehicles.driven_km")  # of pairs
DEMANDS: dict[str, object] = {"drawn": {"normal": [1.0, 0.15]}, "as in the files": 1.0}
DRAWS: dict[str, tuple[Callable[[np.random.Generator, int], Doubles], float, float]] = {  # how, mean, median
    "normal": (lambda random, n: random.normal(0.0, 1.0, n), 0.0, 0.0),
    "uniform": (lambda random, n: random.uniform(0.0, 1.0, n), 0.5, 0.5),
    "exponential": (lambda random, n: random.exponential(1.0, n), 1.0, math.log(2.0)),
    "log-normal": (lambda random, n: random.lognormal(0.0, 1.0, n), math.exp(0.5), 1.0),
    "Student's t, 3": (lambda random, n: random.standard_t(3, n), 0.0, 0.0),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """None of its own but for what part is wanted."""
    parser.add_argument("--part", choices=PARTS, help="only this one")


def run(options: argparse.Namespace) -> measure.Result:
    """Measure."""
    result: measure.Result = {}
    parts = (options.part,) if options.part else PARTS
    if "statistics" in parts:
        studies = 200 if options.small else 1000
        result |= {"studies": studies, "coverage": coverage(studies), "tests": tests(studies)}
    if "pairs" in parts:
        bologna = CITIES["bologna" if BOLOGNA.exists() and not options.small else "crossing"]
        result |= {"city": bologna.name, "pairs": pairs(bologna.what, *((4, 60.0) if options.small else (12, 600.0)))}
    if "runs" in parts:
        result |= {"runs": runs(*((6, 30.0, 20) if options.small else (24, 300.0, 1000)))}
    return result


def coverage(studies: int) -> list[dict[str, object]]:
    """Shares of intervals that hold the truth, by distribution and number of runs."""
    found: list[dict[str, object]] = []
    for name, (draw, mean, median) in DRAWS.items():
        for n in (5, 10, 20, 50):
            random = np.random.default_rng([n, len(name)])
            held = np.zeros(3)
            for _ in range(studies):
                values, others = draw(random, n), draw(random, n)
                intervals = (
                    (statistics.mean_interval(values), mean),
                    (statistics.mean_interval(others - values, symmetric=True), 0.0),
                    (statistics.median_interval(values), median),
                )
                held += [low <= truth <= high for (low, high), truth in intervals]
            shares = dict(zip(KINDS, (held / studies).tolist(), strict=True))
            found.append({"data": name, "runs": n, **shares})
    return found


def tests(studies: int) -> dict[str, float]:
    """Shares of families that are wrong where nothing differs, and of planted effects that are found."""
    statistics.holm([0.5])
    gc.freeze()  # statsmodels looks for garbage at each correction
    random = np.random.default_rng(1)
    families = [[statistics.signed_rank(random.normal(size=12)) for _ in range(RUNS)] for _ in range(studies)]
    found = {
        "wrong": float(np.mean([min(statistics.holm(p)) < statistics.ALPHA for p in families])),
        "wrong, uncorrected": float(np.mean([min(p) < statistics.ALPHA for p in families])),
    }
    for correlated in (0.0, 0.5, 0.9):
        n = statistics.runs_for_effect(0.5, correlated)
        shared = random.normal(size=(studies, n)) * math.sqrt(correlated)
        first, second = (shared + random.normal(size=(studies, n)) * math.sqrt(1.0 - correlated) for _ in range(2))
        power = float(np.mean([statistics.signed_rank(row) < statistics.ALPHA for row in second + 0.5 - first]))
        found[f"found, correlation {correlated}, {n} pairs"] = power
    return found


def pairs(city: str, replications: int, end: float) -> list[dict[str, object]]:
    """Of each figure and way of making replications: how alike the arms' runs are, and what is left in differences."""
    found: list[dict[str, object]] = []
    for demand, scale in DEMANDS.items():
        measure.say(f"{2 * replications} runs, demand {demand}")
        table = compare(
            city,
            {"signals.control": ["program", "max-pressure"]},
            replications=replications,
            figures=list(FIGURES),
            set={"scenario.end": end, "demand.scale": scale},
        )
        for row in table.to_pylist():
            spread = abs(row["difference"] / row["effect"]) if row["effect"] else 0.0
            found.append({"figure": row["figure"], "demand": demand, **_taken(row), "deviation": spread})
    return found


def _taken(row: dict[str, Any]) -> dict[str, object]:
    return {name: row[name] for name in ("pairs", "correlation", "difference", "runs_needed")}


def runs(count: int, end: float, many: int) -> dict[str, float]:
    """How long a study takes with one job and with two; what starting a run costs; what is left of many."""
    base = Scenario.load("crossing")
    found: dict[str, float] = {}
    walls: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for jobs, measured in walls.items():
            measure.say(f"{count} runs, {jobs} at a time")
            measured.append(_made(base.replace("scenario.end", end), count, jobs)[0])
    found["one job [s]"], found["two jobs [s]"] = (measure.median(walls[jobs]) for jobs in (1, 2))
    found["sooner"] = found["one job [s]"] / found["two jobs [s]"]
    measure.say(f"{many} short runs")
    before = _resident_mb(), len(os.listdir("/proc/self/fd"))
    wall, took = _made(base.replace("scenario.end", 1.0), many, 1)
    found["a short run [s]"] = measure.median(took)
    found["a short run, all told [s]"] = wall / many
    found["plain SUMO, one step [s]"] = measure.median([_plain(base.sumo.config) for _ in range(5)])
    found["starting [s]"] = found["a short run, all told [s]"] - found["plain SUMO, one step [s]"]
    found["memory left [MB]"] = _resident_mb() - before[0]
    found["descriptors left"] = len(os.listdir("/proc/self/fd")) - before[1]
    found["processes left"] = sum(len(task.read_text().split()) for task in Path("/proc/self/task").glob("*/children"))
    return found


def _made(scenario: Scenario, count: int, jobs: int) -> tuple[float, list[float]]:
    """Wall clock of a study's runs [s], and of each of them."""

    def tasks() -> Iterator[Task]:
        for number in range(count):
            yield Task.of(str(number), "arm", number, scenario.replace("scenario.seed", number))

    with tempfile.TemporaryDirectory(prefix="wayside-") as folder:
        scratch = Path(folder) / "scratch"
        began = time.perf_counter()
        took: list[float] = []
        for ended in local(tasks(), jobs, scratch, lambda task, share: None):
            if ended.state != "finished":
                raise measure.BenchmarkError(f"a run failed: {ended.line}")
            took.append(ended.wall_s)
        wall = time.perf_counter() - began
        if left := list(scratch.rglob("*")):
            raise measure.BenchmarkError(f"left behind: {left[0]}")
    return wall, took


def _plain(config: Path) -> float:
    """SUMO's own loading, with one step."""
    with tempfile.TemporaryDirectory(prefix="wayside-") as folder:
        staged = stage(config, Path(folder) / "sumo")
        program = Path(sumo_home()) / "bin" / "sumo"
        command = [str(program), "-c", str(staged.config), "--end", "1", "--no-step-log", "true"]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - began


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def doubted(share: float, of: float, studies: int) -> bool:
    """Whether chance alone hardly makes this share of that."""
    return bool(stats.binomtest(round(share * studies), studies, of).pvalue < DOUBT)


def show(result: measure.Result) -> None:
    """Tables."""
    if "coverage" in result:
        studies = result["studies"]
        rows = [
            (f"{row['data']}, {row['runs']} runs", *(_share(row[kind], studies) for kind in KINDS))
            for row in result["coverage"]
        ]
        columns = ("intervals that hold the truth", *KINDS)
        notes = ["*: not 95 %, beyond sampling error; five runs have no median's"]
        measure.show(f"{studies} studies", columns, rows, notes)
        tested = [(name, f"{value:.1%}") for name, value in result["tests"].items()]
        measure.show(f"{studies} families of {RUNS} tests; effects of half a deviation", ("share", ""), tested)
    if "pairs" in result:
        alike = [
            (
                str(row["figure"]),
                str(row["demand"]),
                str(row["pairs"]),
                _number(row["correlation"], ".2f"),
                f"{row['difference']:.3g}",
                _number(row["deviation"], ".3g"),
                str(row["runs_needed"] or "–"),
            )
            for row in result["pairs"]
        ]
        heads = ("figure", "demand", "pairs", "correlation", "difference", "its deviation", "pairs for 5 %")
        measure.show(f"{result['city']}: max-pressure less program", heads, alike)
    if "runs" in result:
        measure.show(
            "runs of the crossing", ("", ""), [(name, f"{value:,.3g}") for name, value in result["runs"].items()]
        )


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)


def _share(share: float, studies: int) -> str:
    return "–" if not share else f"{share:.1%}" + ("*" if doubted(share, NOMINAL, studies) else "")


def status(result: measure.Result) -> int:
    """1 where a gate is missed: normal data's coverage, the family's error, the power, two jobs, a run's start."""
    missed = []
    if "coverage" in result:
        studies = result["studies"]
        normal = [row for row in result["coverage"] if row["data"] == "normal"]
        missed += [row for row in normal if any(row[kind] and doubted(row[kind], NOMINAL, studies) for kind in KINDS)]
        for name, share in result["tests"].items():
            if name == "wrong" and share > statistics.ALPHA:
                missed += [name] * doubted(share, statistics.ALPHA, studies)
            elif name.startswith("found") and share < statistics.POWER:
                missed += [name] * doubted(share, statistics.POWER, studies)
    if "runs" in result and result["runs"]["starting [s]"] > START_S:
        missed.append("starting")
    if "runs" in result and len(os.sched_getaffinity(0)) > 1 and result["runs"]["sooner"] < SOONER:
        missed.append("sooner")
    for one in missed:
        print(f"missed: {one}", file=sys.stderr)
    return int(bool(missed))
