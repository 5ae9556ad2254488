"""What all benchmarks need: children on cores of their own, medians, tables, JSON."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.table import Table

from wayside.sim.cli.printing import console
from wayside.sim.sumo.backend import sumo_home

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
_SAID = 400  # characters of a failed child's last words

Result = dict[str, Any]


class BenchmarkError(Exception):
    """A child failed."""


@dataclass(frozen=True)
class Finished:
    """A process that ended well."""

    wall_s: float  # from before its start to after its end
    cpu_s: float  # of all its threads and of the children it waited for
    output: str


def cores(wanted: int) -> tuple[int, ...]:
    """So many of the cores that this process may use, the last ones: the first gets most interrupts."""
    return tuple(sorted(os.sched_getaffinity(0))[-wanted:])


def run(command: Sequence[str], on: Sequence[int], cwd: Path = ROOT) -> Finished:
    """Run a command on these cores alone. BenchmarkError with its last words where it fails."""
    # As the command `sumo` of the wheel has it; for all alike, since SUMO checks its inputs against the schemas there.
    environment = {**os.environ, "SUMO_HOME": str(sumo_home())}
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, on)  # inherited by the child
    try:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
    finally:
        os.sched_setaffinity(0, mine)
    output, errors = child.communicate()
    wall_s = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    if child.returncode:
        raise BenchmarkError(f"{' '.join(command)[:_SAID]}: exit status {child.returncode}\n{errors[-_SAID:]}")
    return Finished(wall_s, cpu_s, output)


def run_module(module: str, task: Mapping[str, object], on: Sequence[int]) -> tuple[Any, float]:
    """Run `python -m MODULE TASK` on these cores: the JSON of its last line, and the wall time of the process [s]."""
    finished = run([sys.executable, "-m", module, json.dumps(task)], on)
    return json.loads(finished.output.splitlines()[-1]), finished.wall_s


def cpu_time() -> float:
    """CPU time of this process and of its children that still run [s]; theirs counts in hundredths.

    Unlike the wall clock it hardly minds what else runs on the machine.
    """
    total = time.process_time()
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            fields = Path("/proc", child, "stat").read_text(encoding="ascii").rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def median(values: Iterable[float]) -> float:
    """The median; one value is its own."""
    return float(statistics.median(values))


def write(path: Path, name: str, small: bool, result: Result) -> None:
    """Write a result and where it was measured."""
    facts = {
        "benchmark": name,
        "small": small,
        "finished_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "versions": {package: version(package) for package in ("wayside", "eclipse-sumo", "numpy")},
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],  # what else ran: above 1 beside a child of one core, the figures are in doubt
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**facts, **result}, indent=2) + "\n", encoding="utf-8")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], notes: Sequence[str] = ()) -> None:
    """Print a table, the first column to the left and the others to the right."""
    terminal = console()
    terminal.print(title, style="italic")  # a table's own title is wrapped to its width
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    terminal.print(table)
    for note in notes:
        terminal.print(note, style="dim")


def say(text: str) -> None:
    """A line on progress, not part of the output."""
    print(text, file=sys.stderr, flush=True)
