"""What an executor is: it takes tasks and answers what came of them, in whatever order they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from wayside.edge.errors import WaysideError
from wayside.sim.experiments.runs import Ended, Task

TRIES = 3  # of a run whose process dies

Hear = Callable[[Task, float], None]


class ExecutionError(WaysideError):
    """Runs cannot be made: whoever should make them is not there, or does not fit. What is done stays done."""


class Executor(Protocol):
    """Makes runs."""

    def __call__(self, tasks: Iterator[Task], jobs: int | None, scratch: Path, hear: Hear) -> Iterator[Ended]:
        """What came of each task, as they end.

        At most `jobs` at a time, each on one core, or as many as fit; the next task is asked for when one can be begun.
        `hear` is told now and then which share of a run is done, always from the thread that asks for what comes next.
        Closing the iterator ends what still runs. `scratch` is a folder for whatever is needed meanwhile: what is left
        there when somebody is killed is there the next time. ExecutionError, one line.
        """
        ...
