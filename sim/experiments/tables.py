"""The tables of a study: a row for each run and figure, and a row for each run. The same runs give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wayside.ext.arrays import Doubles, Flags
from wayside.sim.experiments.ends import gridlocked
from wayside.sim.experiments.runs import Ended
from wayside.sim.experiments.study import Arm, Design, tell

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Outcomes:
    """What came of a study's runs: A arms x R replications."""

    design: Design
    keys: Mapping[tuple[int, int], str]  # by the numbers of arm and replication
    ended: Mapping[tuple[int, int], Ended]  # of those that are done
    replications: int

    @property
    def figures(self) -> list[str]:
        """All key figures that any run has, sorted."""
        return sorted({name for ended in self.ended.values() for name in ended.figures})

    @property
    def headlines(self) -> list[str]:
        """The figures that services put first, in their order."""
        return list(dict.fromkeys(name for ended in self.ended.values() for name in ended.headlines))

    def values(self, figure: str) -> Doubles:
        """A key figure, A x R: NaN where a run has none, or is broken."""
        return self._each(lambda ended: ended.figures.get(figure, np.nan))

    @property
    def finished(self) -> Flags:
        """Which runs came to their end, A x R."""
        return self._each(lambda ended: float(ended.state == "finished")) == 1.0

    @property
    def gridlocked(self) -> Flags:
        """Which of those ended in a gridlock (`ends.gridlocked`), A x R."""
        return self._each(lambda ended: float(bool(ended.figures) and gridlocked(ended.figures))) == 1.0

    def _each(self, of: Any) -> Doubles:
        table = np.full((len(self.design.arms), self.replications), np.nan)
        for at, ended in self.ended.items():
            table[at] = of(ended)
        return table


def results_table(outcomes: Outcomes) -> pa.Table:
    """A row for each run and figure, ordered by arm, replication and figure."""
    import pyarrow as pa  # it takes long to import

    rows = [
        (outcomes.design.arms[arm].name, ended.replication, figure, value)
        for (arm, _), ended in sorted(outcomes.ended.items())
        for figure, value in sorted(ended.figures.items())
    ]
    arms, replications, figures, values = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "arm": pa.array(arms, pa.string()).dictionary_encode(),
            "replication": pa.array(replications, pa.int32()),
            "figure": pa.array(figures, pa.string()).dictionary_encode(),
            "value": pa.array(values, pa.float64()),
        }
    )


def runs_table(outcomes: Outcomes) -> pa.Table:
    """A row for each run, ordered by arm and replication. A column for each varied field, named by its path."""
    import pyarrow as pa

    design = outcomes.design
    at = sorted(outcomes.ended)
    ended = [outcomes.ended[one] for one in at]
    columns: dict[str, pa.Array] = {
        "arm": pa.array([design.arms[arm].name for arm, _ in at], pa.string()).dictionary_encode(),
        "replication": pa.array([one.replication for one in ended], pa.int32()),
        "seed": pa.array([design.arms[arm].seed(replication) for arm, replication in at], pa.int64()),
        "state": pa.array([one.state for one in ended], pa.string()).dictionary_encode(),
        "gridlocked": pa.array(outcomes.gridlocked[tuple(zip(*at, strict=True))] if at else [], pa.bool_()),
        "line": pa.array([one.line or None for one in ended], pa.string()),
        "key": pa.array([one.key for one in ended], pa.string()),
    }
    fields = dict.fromkeys(path for arm in design.arms for path in arm.settings)
    for path in fields:
        columns[path] = _settings(path, [design.arms[arm] for arm, _ in at])
    return pa.table(columns)


def _settings(path: str, arms: Sequence[Arm]) -> pa.Array:
    """A varied field's values: numbers where all are, else words."""
    import pyarrow as pa

    values = [arm.settings.get(path) for arm in arms]
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return pa.array([float(value) for value in values], pa.float64())  # type: ignore[arg-type]
    return pa.array([None if value is None else tell(value) for value in values], pa.string()).dictionary_encode()


def to_parquet(table: pa.Table) -> bytes:
    """A table as a file."""
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    return stream.getvalue()
