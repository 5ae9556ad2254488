"""When the next frame is due, by the wall clock, which is injected."""

from __future__ import annotations

from collections.abc import Callable

FRAMES_PER_S = 11.0
_EARLY = 0.05  # s by which a frame may come before its turn, so that an unsteady 10 Hz loses none


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
