"""How a study goes on, told to people: a table that lives on a terminal, or a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
import typer

from wayside.sim.experiments.comparing import Watch
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.experiments.tables import Outcomes

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Table

REDRAWN = 0.2  # s between two pictures
KNOWN_AFTER = 3.0  # s of runs after which it is said how long the rest will take
SHOWN = 3  # figures whose means so far are shown, where there is room
NOW = 7  # characters for how far two runs are, so that columns stand still
ARM = 8  # characters of an arm's name that always stand there
BELOW = 5  # lines of a terminal that are not for arms
WHOLE = 10_000  # lines where there is no terminal


class Progress(Watch):
    """How much there is to do, how much is done, and how long the rest will take."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: tuple[float, float] | None = None  # when runs began to be made, and how much was done then
        self._ahead = self._done = 0
        self._running: dict[tuple[str, int], float] = {}  # shares that are done
        self.outcomes: Outcomes | None = None

    def planned(self, outcomes: Outcomes, ahead: int) -> None:
        """See `Watch`."""
        self.outcomes = outcomes
        self._ahead += ahead

    def share(self, task: Task, share: float) -> None:
        """See `Watch`."""
        self._running[task.arm, task.replication] = share
        self._count()

    def ended(self, outcomes: Outcomes, ended: Ended) -> None:
        """See `Watch`."""
        self.outcomes = outcomes
        self._running.pop((ended.arm, ended.replication), None)
        self._done += 1
        self._count()

    def _count(self) -> None:
        if self._first is None:
            self._first = self._clock(), self.worked

    @property
    def worked(self) -> float:
        """Runs that have been made, begun ones by their shares."""
        return self._done + sum(self._running.values())

    @property
    def left_s(self) -> float | None:
        """How long it will go on, s; None while too little is known."""
        if self._first is None:
            return None
        gone, worked = self._clock() - self._first[0], self.worked - self._first[1]
        return gone / worked * (self._ahead - self.worked) if worked > 0.0 and gone > KNOWN_AFTER else None

    def line(self) -> str:
        """All of it in a line."""
        failed = 0 if self.outcomes is None else sum(one.state != "finished" for one in self.outcomes.ended.values())
        pieces = [f"{self._done} of {self._ahead} runs"]
        if failed:
            pieces.append(f"{failed} failed")
        if self._done < self._ahead and (left := self.left_s) is not None:
            pieces.append(f"{duration(left)} left")
        return ", ".join(pieces)


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"


class Lines(Progress):
    """A line on standard error every so many seconds, and what is to be said at once."""

    def __init__(self, every: float, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._every = every
        self._told = clock()

    def say(self, line: str) -> None:
        """See `Watch`."""
        typer.echo(line, err=True)

    def share(self, task: Task, share: float) -> None:
        """See `Watch`."""
        super().share(task, share)
        self._tell()

    def ended(self, outcomes: Outcomes, ended: Ended) -> None:
        """See `Watch`."""
        super().ended(outcomes, ended)
        self._tell()

    def _tell(self) -> None:
        if (now := self._clock()) - self._told >= self._every:
            self._told = now
            typer.echo(self.line(), err=True)


class Live(Progress):
    """A row for each arm, a bar for all, on standard error; it is gone at the end."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live as Screen

        super().__init__(time.monotonic)
        self._screen = Screen(console=Console(stderr=True), auto_refresh=False, transient=True)
        self._drawn = -REDRAWN

    def __enter__(self) -> Self:
        self._screen.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._screen.stop()

    def say(self, line: str) -> None:
        """See `Watch`."""
        self._screen.console.print(line, highlight=False, soft_wrap=True, markup=False)

    def planned(self, outcomes: Outcomes, ahead: int) -> None:
        """See `Watch`."""
        super().planned(outcomes, ahead)
        self._draw()

    def share(self, task: Task, share: float) -> None:
        """See `Watch`."""
        super().share(task, share)
        self._draw()

    def ended(self, outcomes: Outcomes, ended: Ended) -> None:
        """See `Watch`."""
        super().ended(outcomes, ended)
        self._draw()

    def _draw(self) -> None:
        if self._clock() - self._drawn >= REDRAWN:
            self._drawn = self._clock()
            self._screen.update(self.picture(), refresh=True)

    def picture(self) -> RenderableType:
        """What is shown: arms, and the bar; what a terminal has no room for is left out."""
        assert self.outcomes is not None
        return _Picture(self.outcomes, dict(self._running), self.worked / max(self._ahead, 1), self.line())


class _Picture:
    """The table as it is now, for a terminal of any size."""

    def __init__(self, outcomes: Outcomes, running: dict[tuple[str, int], float], done: float, line: str) -> None:
        from wayside.sim.experiments.findings import Findings

        self._outcomes = outcomes
        self._figures = Findings(outcomes).figures[:SHOWN]
        self._shares: dict[str, list[float]] = {}  # of each arm's runs that are being made
        for (arm, _), share in sorted(running.items()):
            self._shares.setdefault(arm, []).append(share)
        self._done = done
        self._line = line

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.measure import Measurement
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        outcomes = self._outcomes
        arms, room = self._arms(console.size.height - BELOW if console.is_terminal else WHOLE)
        for count in range(len(self._figures), -2, -1):
            rows = self._rows(arms, self._figures[: max(count, 0)], count >= 0)
            excess = Measurement.get(console, options.update(max_width=WHOLE), rows).maximum - options.max_width
            if excess <= 0:
                break
        else:
            rows.columns[0].max_width = max(max(len(outcomes.design.arms[at].name) for at in arms) - excess, ARM)
        yield rows
        if room:
            yield Text(f"and {room} more {'arm' if room == 1 else 'arms'}", no_wrap=True)
        yield ProgressBar(total=1.0, completed=self._done, width=min(50, options.max_width))
        yield Text()  # the bar does not end its line
        yield Text(self._line, no_wrap=True, overflow="ellipsis")

    def _arms(self, most: int) -> tuple[list[int], int]:
        """Numbers of the arms that are shown, and how many are not: those first that are not done."""
        outcomes = self._outcomes
        numbers = range(len(outcomes.design.arms))
        most = max(most, 1)
        if len(numbers) <= most:
            return [*numbers], 0
        done = [sum(of == at for of, _ in outcomes.ended) for at in numbers]

        def rank(at: int) -> tuple[bool, bool]:
            return outcomes.design.arms[at].name not in self._shares, done[at] == outcomes.replications

        return sorted(sorted(numbers, key=rank)[:most]), len(numbers) - most

    def _rows(self, arms: list[int], figures: list[str], now: bool) -> Table:
        from rich.table import Table

        from wayside.sim.experiments.words import number

        outcomes = self._outcomes
        values = [outcomes.values(name) for name in figures]
        finished, gridlocked = outcomes.finished, outcomes.gridlocked
        failed = [sum(of == at for of, _ in outcomes.ended) - int(finished[at].sum()) for at in arms]
        told = {"failed": failed, "gridlocked": [int(gridlocked[at].sum()) for at in arms]}
        counts = {name: column for name, column in told.items() if any(column)}
        rows = Table(box=None, pad_edge=False, header_style="bold")
        rows.add_column("arm", no_wrap=True, overflow="ellipsis")
        runs = f"{outcomes.replications} of {outcomes.replications}"
        rows.add_column("runs", justify="right", no_wrap=True, min_width=len(runs))
        if now:
            rows.add_column("now", no_wrap=True, min_width=NOW)
        for name in (*counts, *figures):
            rows.add_column(name, justify="right", no_wrap=True, min_width=len(name))
        for row, at in enumerate(arms):
            name = outcomes.design.arms[at].name
            shares = [" ".join(f"{share:.0%}" for share in self._shares.get(name, ()))] if now else []
            known = [column[at][np.isfinite(column[at])] for column in values]
            rows.add_row(
                name,
                f"{sum(of == at for of, _ in outcomes.ended)} of {outcomes.replications}",
                *shares,
                *(str(column[row] or "") for column in counts.values()),
                *(number(float(one.mean())) if len(one) else "" for one in known),
            )
        return rows
