"""A finished run as it is held against SUMO's outputs."""

from __future__ import annotations

import json
import math
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from wayside.edge.errors import OutputError
from wayside.sim.disk.rundir import RUN_KEY, SUMMARY
from wayside.sim.results.reconcile.written import Attributes, elements, number


@dataclass(frozen=True)
class ReconciledFigure:
    """One figure as both tell it; of figures by vehicle `ours` counts those that differ, and `theirs` is 0."""

    source: str
    figure: str
    ours: float
    theirs: float
    tolerance: float = 0.0
    where: str = ""  # the first that differs

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the tolerance."""
        return abs(self.ours - self.theirs) <= self.tolerance


class ReconciledRun:
    """The results of a run."""

    def __init__(self, folder: Path) -> None:
        try:
            summary = json.loads((folder / SUMMARY).read_bytes())
            said = summary[RUN_KEY], summary["kpis"]
            self.kpis: dict[str, float] = said[1]
            scenario = tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))
            self.step = float(scenario["sumo"]["step_length"])
        except (OSError, ValueError, KeyError, TypeError):
            raise OutputError(f"{folder}: holds no run: name a directory that `wayside run --out` has left") from None
        self.folder = folder

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table. OutputError where it cannot be read."""
        try:
            return list(pq.read_table(self.folder / f"{name}.parquet").to_pylist())
        except (OSError, ValueError) as error:
            raise OutputError(f"{self.folder / name}.parquet: cannot be read: {error}") from None


Check = Callable[[ReconciledRun, Path], Iterator[ReconciledFigure]]


def count_of(path: Path, figure: str, wrong: list[str]) -> ReconciledFigure:
    """How many of a figure by vehicle differ, each told as one of `wrong`."""
    return ReconciledFigure(path.name, f"{figure} that differ", len(wrong), 0.0, 0.0, wrong[0] if wrong else "")


def stops_of(
    run: ReconciledRun,
    path: Path,
    rows: Sequence[dict[str, Any]],
    columns: tuple[str, str, str],
    at: Callable[[str, Attributes], bool],
) -> list[str]:
    """The stops of a service that SUMO does not tell of.

    columns: its rows' place, begin [s] and end [s]; at: whether SUMO's stop was at a place. Stops are seen at the end
    of a SUMO step: at most one later than SUMO says.
    """
    stops: defaultdict[str, list[Attributes]] = defaultdict(list)
    for _, stop in elements(path, "stopinfo"):
        stops[stop["id"]].append(stop)
    place, begin, end = columns
    wrong = []
    for row in rows:
        if math.isnan(row[begin]) or math.isnan(row[end]):  # SUMO tells of stops that have ended
            continue
        if not any(
            at(row[place], stop)
            for stop in stops[row["vehicle"]]
            if _seen(row[begin], stop, "started", run.step) and _seen(row[end], stop, "ended", run.step)
        ):
            wrong.append(f"{row['vehicle']} at {row[place]} from {row[begin]:g} to {row[end]:g} s")
    return wrong


def _seen(ours: float, stop: Attributes, name: str, step: float) -> bool:
    return -1e-6 <= ours - number(stop, name) <= step + 1e-6
