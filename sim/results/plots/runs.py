"""A run's directory as plots see it: its summary and its tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles
from wayside.sim.disk.rundir import INTERRUPTED_KEY, RUN_KEY, SUMMARY

Table = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class PlottedRun:
    """One run's directory, by its label in legends."""

    path: Path
    label: str
    summary: dict[str, Any]

    @classmethod
    def read(cls, path: Path, label: str = "") -> PlottedRun:
        """WaysideError, one line, where there is no run."""
        if not path.is_dir():
            raise WaysideError(
                f"{path}: " + ("is a file, not a run's directory" if path.exists() else "no such directory")
            )
        file = path / SUMMARY
        try:
            summary = json.loads(file.read_bytes())
        except FileNotFoundError:
            raise WaysideError(f"{path}: not a run: it has no {SUMMARY}") from None
        except OSError as error:
            raise WaysideError(f"{file}: cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            raise WaysideError(f"{file}: is broken: no JSON") from None
        if not isinstance(summary, dict) or RUN_KEY not in summary:
            raise WaysideError(f"{file}: not the summary of a run")
        for name in ("begin_s", "end_s"):
            if not isinstance(summary.get(name, 0.0), int | float):
                raise WaysideError(f"{file}: is broken: {name} is no number")
        return cls(path, label or path.resolve().name, summary)

    @property
    def about(self) -> str:
        """What ran, in a few words."""
        said = self.summary
        begin, end = said.get("begin_s", 0.0), said.get("end_s", 0.0)
        text = f"{said.get('scenario', 'scenario')}, seed {said.get('seed', '?')}, {begin:g} to {end:g} s"
        return text + (", interrupted" if said.get(INTERRUPTED_KEY) else "")

    def table(self, name: str, *columns: str) -> Table | None:
        """These columns of a table, None where the run has none or it is empty; codes are texts.

        WaysideError for a file that is broken, or that lacks a column.
        """
        path = self.path / f"{name}.parquet"
        if not path.exists():
            return None
        try:
            found = pq.read_table(path)
        except PermissionError as error:
            raise WaysideError(f"{path}: cannot be read: {error.strerror}") from None
        except (OSError, pa.ArrowException):
            raise WaysideError(f"{path}: is broken: no Parquet table") from None
        if missing := [column for column in columns if column not in found.column_names]:
            version = self.summary[RUN_KEY]
            raise WaysideError(
                f"{path}: has no column {missing[0]}: written by another version of wayside ({version})?"
            )
        if not found.num_rows:
            return None
        return {column: found[column].combine_chunks().to_numpy(zero_copy_only=False) for column in columns}


def read_all(paths: Sequence[Path]) -> list[PlottedRun]:
    """Runs to be drawn together: named by their folders, or by their paths where folders have the same name."""
    names = [path.resolve().name for path in paths]
    labels = names if len(set(names)) == len(names) else [str(path) for path in paths]
    return [PlottedRun.read(path, label) for path, label in zip(paths, labels, strict=True)]


def by_time(table: Table, *columns: str) -> tuple[Doubles, list[Doubles]]:
    """A table with the same number of rows at each time: the times (T), and each column as T x rows."""
    times, counts = np.unique(table["time_s"], return_counts=True)
    rows = int(counts.max())
    whole = counts == rows
    keep = np.repeat(whole, counts)
    return times[whole], [np.asarray(table[c], float)[keep].reshape(-1, rows) for c in columns]
