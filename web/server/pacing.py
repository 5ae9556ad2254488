"""When the next step is due, and when the next frame: simulation time against the wall clock, which is injected."""

from __future__ import annotations

from collections.abc import Callable

SLOWEST, FASTEST = 0.1, 1000.0
FRAMES_PER_S = 11.0
_LATE = 0.25  # s behind after which the pace starts anew instead of being made up for
_EARLY = 0.05  # s by which a frame may come before its turn, so that an unsteady 10 Hz loses none


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


class Turnstile:
    """At most so many a second, evenly."""

    def __init__(self, clock: Callable[[], float], per_second: float = FRAMES_PER_S) -> None:
        self._clock = clock
        self._interval = 1.0 / per_second
        self._next = float("-inf")

    def open(self) -> bool:
        """Whether one may pass now."""
        return self._clock() >= self._next

    def passed(self) -> None:
        """One has passed."""
        self._next = max(self._next, self._clock() - _EARLY) + self._interval
