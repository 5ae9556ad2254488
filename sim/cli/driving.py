"""A run on the command line, step by step: what is seen of it meanwhile, and how it is broken off."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation, Tick


PATIENCE = 3.0  # s until who has asked a run to end is told that it is still busy


@contextlib.contextmanager
def between_steps(simulation: Simulation) -> Iterator[None]:
    """The first Ctrl-C ends the run when the step is whole, so that all tables tell the same; the second at once."""
    slow = threading.Timer(
        PATIENCE, lambda: typer.echo("the run ends with this step; once more breaks it off", err=True)
    )
    slow.daemon = True

    def ask(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler)
        if not simulation.interrupted:
            slow.start()
        simulation.interrupted = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        slow.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def drive(simulation: Simulation) -> None:
    """Run to the end: a progress bar on a terminal, a line every ten seconds elsewhere."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    end = simulation.clock.end
    begin = simulation.time
    if sys.stderr.isatty():
        from rich.console import Console

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(simulation.scenario.name, total=None if end is None else end - begin, state="")

            def show(tick: Tick) -> None:
                progress.update(task, completed=tick.time - begin, state=state_of(simulation))

            simulation.run(_now_and_then(0.1, show))
    else:
        simulation.run(_now_and_then(10.0, lambda _: typer.echo(state_of(simulation), err=True)))


def _now_and_then(seconds: float, show: Callable[[Tick], None]) -> Callable[[Tick], None]:
    """`show` only where it has not been called for so long."""
    shown = time.monotonic()

    def watch(tick: Tick) -> None:
        nonlocal shown
        if (now := time.monotonic()) - shown > seconds:
            shown = now
            show(tick)

    return watch


def state_of(simulation: Simulation) -> str:
    """How far it is, for people."""
    end = "" if simulation.clock.end is None else f" of {simulation.clock.end:g}"
    return f"{simulation.time:.0f}{end} s, {simulation.vehicles.count} vehicles"
