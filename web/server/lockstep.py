"""How far each of two clocks may go, so that neither runs away from the other. It knows neither processes nor time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

FRAME = 1.0 / 11.0  # s of wall clock between two frames
AHEAD = 0.5  # s of simulation that one may be ahead where both run as fast as possible


def ahead(speed: float | None, step: float) -> float:
    """How far one clock may be ahead of the other, s of simulation: about a frame, and a step [s] at least.

    speed: factor of real time; None: as fast as possible.
    """
    return max(step, AHEAD if speed is None else min(speed * FRAME, AHEAD))


@dataclass
class Lockstep:
    """Two clocks, numbered 0 and 1."""

    ahead: float = 0.1  # s, see `ahead`
    level: float | None = None  # s that neither passes for now
    times: list[float | None] = field(default_factory=lambda: [None, None])  # s; None: it has not begun
    granted: float = 0.0  # s up to when either was ever allowed to step
    free: list[bool] = field(default_factory=lambda: [False, False])  # it moves no more: nobody waits for it

    def horizon(self, which: int) -> float | None:
        """Up to when one may step, s; None: it may not begin yet, infinite: as far as it likes."""
        other = 1 - which
        if self.times[which] is None:
            return None
        limit = math.inf
        if not self.free[other]:
            theirs = self.times[other]
            if theirs is None:
                return None
            limit = theirs + self.ahead
        limit = limit if self.level is None else min(limit, self.level)
        if math.isfinite(limit):
            self.granted = max(self.granted, limit)
        return limit

    @property
    def latest(self) -> float:
        """The time up to which either may be by now, s, whatever has not been reported yet."""
        return max(self.granted, max((time for time in self.times if time is not None), default=0.0) + self.ahead)

    @property
    def reports_every(self) -> float:
        """So often each says how far it is, s of simulation."""
        return self.ahead / 2.0

    def reset(self) -> None:
        """Two other runs begin."""
        self.level, self.granted = None, 0.0
        self.times = [None, None]
        self.free = [False, False]
