"""A warm process (`warm`) seen from who owns it: it is given runs, heard, and where it dies another takes its place."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wayside.sim.children import LAST_LINES, LONGEST_LINE, last_words
from wayside.sim.experiments.execution.interface import TRIES
from wayside.sim.experiments.runs import Ended, Task

LOOK_EVERY = 1.0  # s between two looks at whether a run is still wanted
WARM = "wayside.sim.experiments.warm"


class Worker:
    """A warm process, and the run that it makes. Where it dies itself, another one takes its place."""

    def __init__(self, scratch: Path, selector: selectors.BaseSelector) -> None:
        self.task: Task
        self._scratch = scratch
        self._selector = selector
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - kept as long as this object
        fcntl.fcntl(self._words, fcntl.F_SETFL, os.O_APPEND)  # who writes begins anew where it is emptied
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", WARM, str(self._scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            start_new_session=True,  # Ctrl-C in a terminal is for this process alone
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},  # a run has one core
        )
        self._buffer = b""
        assert self._process.stdout is not None
        self._selector.register(self._process.stdout, selectors.EVENT_READ, self)

    def begin(self, task: Task) -> None:
        """Make a run, as its first try."""
        self.task = task
        self._tries = 0
        self._try()

    def _try(self) -> None:
        self._tries += 1
        self._ended: Ended | None = None
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._words.truncate(0)
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died: that is heard next
            self._process.stdin.write(json.dumps(asdict(self.task)).encode() + b"\n")
            self._process.stdin.flush()

    def hear(self) -> list[float | Ended]:
        """What there is to be heard, without waiting: shares of a run that are done, and at last what came of it."""
        assert self._process.stdout is not None
        chunk = os.read(self._process.stdout.fileno(), 1 << 16)
        if not chunk:
            return self._died(self._buried())
        *lines, self._buffer = (self._buffer + chunk).split(b"\n")
        heard: list[float | Ended] = []
        for line in lines:
            with contextlib.suppress(ValueError):  # a line that was broken off
                heard += self._understood(json.loads(line))
        return heard

    def _understood(self, said: dict[str, Any]) -> list[float | Ended]:
        if "share" in said:
            return [float(said["share"])]
        if "ended" in said:
            self._ended = Ended.of(said["ended"])
        elif self._ended is not None:
            return [self._ended]
        else:
            return self._died(said["status"])
        return []

    def _buried(self) -> int:
        """The warm process has died: its status; another one is started."""
        self._close()
        status = self._process.wait()
        self._start()
        return status

    def _died(self, status: int) -> list[float | Ended]:
        """Try again, or give up with the last words."""
        if self._tries < TRIES:
            self._try()
            return []
        self._words.seek(0)
        lines = [line[:LONGEST_LINE] for line in self._words.read().decode("utf-8", "replace").splitlines() if line]
        words = f"{last_words(status, lines[-LAST_LINES:])} (each of {TRIES} times)"
        return [Ended(self.task.key, self.task.arm, self.task.replication, "died", line=words)]

    def _close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._selector.unregister(self._process.stdout)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()

    def end(self) -> None:
        """Let nothing of it remain. A second call does nothing."""
        if self._words.closed:
            return
        self._close()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._words.close()


def make(
    task: Task,
    worker: Worker,
    selector: selectors.BaseSelector,
    hear: Callable[[float], None],
    wanted: Callable[[], bool],
) -> Ended | None:
    """What came of a run that a worker makes alone, or None where it is not `wanted` any more, which is looked at every
    `LOOK_EVERY` s: the worker is to be ended then. `selector` is the worker's own.
    """
    worker.begin(task)
    while wanted():
        for _ in selector.select(LOOK_EVERY):
            for heard in worker.hear():
                if not isinstance(heard, float):
                    return heard
                hear(heard)
    return None
