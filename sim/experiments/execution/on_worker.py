"""What a worker of a Dask cluster does: a run in a process of its own, of inputs that are brought there once.

A warm process stays for the next run, and so do inputs, until nothing was asked for `IDLE` s or the study says that it
is done. A run ends when nobody wants it any more, be it that who wanted it has been killed.
"""

from __future__ import annotations

import os
import selectors
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from distributed import Reschedule, get_worker
from distributed import Worker as DaskWorker

from wayside.sim.experiments import keys
from wayside.sim.experiments.execution import processes
from wayside.sim.experiments.execution.arrow import to_arrow
from wayside.sim.experiments.execution.bundles import Bundle, unpack
from wayside.sim.experiments.execution.interface import ExecutionError
from wayside.sim.experiments.runs import Ended, Task

TOPIC = "wayside"  # of events that tell how far a run is
IDLE = 60.0  # s


class _Warm:
    """A warm process and what it is heard by."""

    def __init__(self, scratch: Path) -> None:
        self.selector = selectors.DefaultSelector()
        self.process = processes.Worker(scratch, self.selector)

    def end(self) -> None:
        self.process.end()
        self.selector.close()


class _Here:
    """What this worker keeps from one run to the next. Several threads make runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._idle: list[_Warm] = []
        self._made = 0  # warm processes so far
        self._busy = 0
        self._used = time.monotonic()
        self._watching = False

    def make(
        self,
        task: Task,
        bundle: Bundle,
        contents: Mapping[str, bytes],
        near: str,
        hear: Callable[[float], None],
        wanted: Callable[[], bool],
    ) -> Ended | None:
        """What came of a run; None where it was not wanted any more. `near`: where this worker's files lie."""
        warm, folder = self._taken(near)
        try:
            with self._lock:
                root = unpack(bundle, contents, folder)
            ended = processes.make(bundle.task(task, root), warm.process, warm.selector, hear, wanted)
        except BaseException:
            ended = None
            raise
        finally:
            if ended is None:
                warm.end()
            with self._lock:
                self._busy -= 1
                self._used = time.monotonic()
                if ended is not None:
                    self._idle.append(warm)
        return None if ended is None else bundle.plainly(ended, root)

    def _taken(self, near: str) -> tuple[_Warm, Path]:
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="wayside-", dir=near))
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="wayside-idle", daemon=True).start()
            self._busy += 1
            if not self._idle:
                self._made += 1
                self._idle.append(_Warm(self._folder / "scratch" / str(self._made)))
            return self._idle.pop(), self._folder

    def _watch(self) -> None:
        while not self.cool(IDLE):
            time.sleep(IDLE / 10.0)

    def cool(self, idle: float) -> bool:
        """Let nothing of it remain where nothing was asked for so many s; whether that is so."""
        with self._lock:
            if self._busy or time.monotonic() - self._used < idle:
                return False
            warm, self._idle = self._idle, []
            folder, self._folder = self._folder, None
            self._watching = False
        for one in warm:
            one.end()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        return True


_here = _Here()


def content(data: bytes) -> bytes:
    """An input as it is: where it is lost with the worker that has it, the scheduler asks for it again."""
    return data


def make(
    task: Mapping[str, Any], bundle: Mapping[str, Any], contents: Sequence[bytes], wayside: Sequence[Any]
) -> bytes:
    """What came of a run, as Arrow: called by Dask on a worker.

    bundle: see `Bundle.plain`. contents: of its files, in the order of their hashes. wayside: `keys.wayside` where the
    study was begun. ExecutionError where it differs here.
    """
    if other := keys.difference(keys.wayside(), keys.Wayside(*wayside)):
        raise ExecutionError(other)
    worker = get_worker()
    asked, known = worker.get_current_task(), Bundle.of(bundle)
    data = dict(zip(sorted(set(known.files.values())), contents, strict=True))

    def hear(share: float) -> None:
        worker.log_event(TOPIC, {"task": asked, "share": share})

    ended = _here.make(Task(**task), known, data, worker.local_directory, hear, lambda: _is_wanted(worker, asked))
    if ended is None:
        raise Reschedule  # this worker is leaving, or nobody hears it
    return to_arrow([ended])


def _is_wanted(worker: DaskWorker, task: object) -> bool:
    """Whether the scheduler still waits for a task that is made here."""
    known = worker.state.tasks.get(task)
    return (
        known is not None and known.state != "cancelled" and worker.status.name not in ("closing", "closed", "failed")
    )


def installed() -> keys.Wayside:
    """The wayside of this worker."""
    return keys.wayside()


def cool() -> int:
    """Let nothing remain on this worker of what no run needs now; the process's number."""
    _here.cool(0.0)
    return os.getpid()
