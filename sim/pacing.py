"""Simulation time against the wall clock, which is injected: when the next step is due."""

from __future__ import annotations

from collections.abc import Callable

SLOWEST, FASTEST = 0.1, 1000.0
_LATE = 0.25  # s behind after which the pace starts anew instead of being made up for


class Pacer:
    """Lets simulation time pass at a factor of real time; None: as fast as possible."""

    def __init__(self, clock: Callable[[], float], factor: float | None) -> None:
        self._clock = clock
        self.factor = factor
        self._from: tuple[float, float] | None = None  # wall clock and simulation time that belong together

    def restart(self, factor: float | None) -> None:
        """From the next step on this factor; also after a pause, with the same one."""
        self.factor = factor
        self._from = None

    def wait(self, now: float, step: float) -> float:
        """Seconds until the step that begins at simulation time `now` and lasts `step` s is due."""
        if self.factor is None:
            return 0.0
        wall = self._clock()
        if self._from is None:
            self._from = (wall - step / self.factor, now)
        began, time = self._from
        wait = began + (now + step - time) / self.factor - wall
        if wait < -_LATE:
            self._from = (wall - step / self.factor, now)
            return 0.0
        return max(wait, 0.0)
