"""A process that has everything imported, and makes each run in a fork of itself: `python -m` this, with a folder.

Importing takes two seconds of processor time, the shortest runs a fraction of it. It reads a task from each line of its
standard input, and answers on standard output in lines of JSON, of the fork ({"share": 0.5}, {"ended": ...}) and, when
that is gone, its own: {"status": 0}. When its input ends, it ends its fork and itself; so nothing outlives who wanted
it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from wayside.sim.experiments.runs import Task, simulate
from wayside.sim.results import origin
from wayside.sim.scenario import registry
from wayside.sim.sumo.backend import import_libsumo

ORDERS = 0  # the descriptor that tasks come by


def main() -> None:
    """Make runs until nobody wants any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who has started it
    scratch = Path(sys.argv[1])
    answers = os.dup(1)
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), 1)  # what libraries print is nobody's answer
    warm_up()
    gc.collect()
    gc.freeze()
    buffer = b""
    while chunk := os.read(ORDERS, 1 << 16):
        *lines, buffer = (buffer + chunk).split(b"\n")
        for line in lines:
            status = _forked(Task(**json.loads(line)), scratch, answers)
            _say(answers, {"status": status})


def warm_up() -> None:
    """Import all that a run needs, and what most need once they look for ways or write tables; look at the code that
    they are made of.
    """
    importlib.import_module("traci")  # imported after libsumo it would be libsumo under another name
    for module in ("pyarrow.parquet", "scipy.sparse.csgraph", "wayside.sim.engine", "wayside.sim.results.directory"):
        importlib.import_module(module)
    importlib.import_module("pyarrow").array([0])  # where there is pandas, it imports that now
    origin.code()
    origin.compiled()
    for group in registry.GROUPS:
        for point in registry.registered(group).values():
            with contextlib.suppress(Exception):  # whose run needs it is told why it cannot be loaded
                point.load()
    import_libsumo()


def _forked(task: Task, scratch: Path, answers: int) -> int:
    """Make a run in a fork; its exit status, below 0 the number of the signal that ended it."""
    gone, ours = os.pipe()  # its end is heard by the fork when this process is gone
    over, theirs = os.pipe()  # and this one's here when the fork is
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        os.close(over)
        _run(task, scratch, answers, gone)
    os.close(gone)
    os.close(theirs)
    ready, _, _ = select.select([over, ORDERS], [], [])
    if over not in ready:  # nothing is ordered while a run is made: the input has ended
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(over)
    os.close(ours)
    if over not in ready:
        os._exit(0)
    return os.waitstatus_to_exitcode(status)


def _run(task: Task, scratch: Path, answers: int, gone: int) -> NoReturn:
    """The fork."""
    status = 1
    try:
        threading.Thread(target=lambda: (os.read(gone, 1), os._exit(1)), daemon=True).start()
        ended = simulate(task, scratch, lambda share: _say(answers, {"share": share}))
        _say(answers, {"ended": asdict(ended)})
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)  # whatever threads of libraries still do


def _say(answers: int, what: object) -> None:
    data = memoryview(b"\n" + json.dumps(what).encode() + b"\n")  # the line before may have been broken off
    with contextlib.suppress(BrokenPipeError):  # nobody wants to hear it any more
        while data:
            data = data[os.write(answers, data) :]


if __name__ == "__main__":
    main()
