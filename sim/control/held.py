"""A light that others than SUMO's program run: its guard, who wants what of it, and what it will show."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wayside.edge.control.guard import LightGuard
from wayside.edge.signal import PhaseRequest
from wayside.ext.arrays import Doubles
from wayside.sim.wire.programs import Program


@dataclass(eq=False)
class Held:
    """`guard` runs ahead of the clock where a command takes effect a step later (`scenario.pipeline`).

    phase, end_ms: where the program was as it was taken over, and when that phase would have ended.
    bounded: whether a controller runs the light all the time; before: what shows until the guard's time; told: whether
    SUMO has been told anything yet.
    back_ms: from when on the program runs it again; None: it does not.
    """

    guard: LightGuard
    program: Program
    phase: int
    end_ms: int
    bounded: bool
    before: str = ""
    wish: int = -1  # the controller's
    ask_ms: int = 0  # when it is asked next
    due_ms: int = 0  # when the guard must be asked again
    told: bool = False
    next_ms: int = 0  # when it shows something else at the earliest
    back_ms: int | None = None

    def follow(self, time: float) -> tuple[str, tuple[Doubles, Doubles, Doubles]]:
        """See `sim.world.Foreknown`."""
        now, guard = round(time * 1000), self.guard
        ends = guard.ends(now)
        if self.back_ms is not None and not self.program.fixed:  # it may go on at once
            nothing = np.full_like(ends.earliest, np.inf)
            return self.before if now < self.back_ms else guard.text, (nothing, nothing, nothing)
        if now >= guard.now_ms or self.before == guard.text:
            return guard.text, (ends.earliest, ends.likely, ends.latest)
        old, new = (np.frombuffer(text.encode("ascii"), np.uint8) for text in (self.before, guard.text))
        then = guard.now_ms / 1000.0
        earliest, likely, latest = (np.where(old != new, then, end) for end in ends)
        return self.before, (earliest, likely, latest)

    def place(self, now_ms: int) -> tuple[int, int]:
        """Where the program would be by now, had nobody taken its place: its phase, and when that ends, ms."""
        usual = np.rint(self.program.durations[:, 1] * 1000.0).astype(np.int64)
        while self.end_ms <= now_ms:
            self.phase = (self.phase + 1) % len(usual)
            self.end_ms += int(usual[self.phase])
        return self.phase, self.end_ms


@dataclass(eq=False)
class Wishes:
    """The requests for one light that are granted, all for one phase."""

    active: list[PhaseRequest] = field(default_factory=list)

    @property
    def phase(self) -> int:
        """Which they are for; -1: there are none."""
        return self.active[0].phase if self.active else -1
