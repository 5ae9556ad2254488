"""Runs in processes of this machine, one for each."""

from __future__ import annotations

import contextlib
import selectors
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from wayside.sim.experiments.execution.interface import Hear
from wayside.sim.experiments.execution.processes import Worker
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.machine import cores
from wayside.sim.scenario.values import Section


class Local(Section):
    """The processors of this machine."""

    use: Literal["local"] = "local"

    def __call__(self, tasks: Iterator[Task], jobs: int | None, scratch: Path, hear: Hear) -> Iterator[Ended]:
        """See `Executor`."""
        return local(tasks, jobs, scratch, hear)


def local(tasks: Iterator[Task], jobs: int | None, scratch: Path, hear: Hear) -> Iterator[Ended]:
    """See `Executor`: a warm process for each job, and a fork of it for each run."""
    most, folder = jobs or cores(), scratch / "local"
    shutil.rmtree(folder, ignore_errors=True)  # of somebody who was killed
    workers: set[Worker] = set()
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for task in tasks:
            workers.add(worker := Worker(folder / str(len(workers)), selector))
            stack.callback(worker.end)
            worker.begin(task)
            if len(workers) == most:
                break
        while workers:
            for key, _ in selector.select():
                worker = key.data
                for heard in worker.hear():
                    if isinstance(heard, float):
                        hear(worker.task, heard)
                        continue
                    yield heard
                    if (following := next(tasks, None)) is None:
                        workers.remove(worker)
                        worker.end()
                    else:
                        worker.begin(following)


def nobody(tasks: Iterator[Task], jobs: int | None, scratch: Path, hear: Hear) -> Iterator[Ended]:
    """See `Executor`: for whoever has all runs."""
    for task in tasks:
        raise AssertionError(f"{task.arm}, replication {task.replication}: is to be made, but all runs should be there")
    yield from ()
