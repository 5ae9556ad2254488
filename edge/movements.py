"""The ways across junctions, as a unit's map has them: from the lane that leads there to the one that leads on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Flags, Indices, Ints
from wayside.ext.conflicts import Polylines

BEFORE, BEHIND = 150.0, 60.0  # m of the lanes before and behind a junction that belong to a way across
GOES_FIRST = frozenset(b"M")  # SUMO's letters of links whose traffic need not give way to another's
BY_LIGHT = frozenset(b"oO")  # and of those that a light is at


@dataclass(frozen=True)
class JunctionWays:
    """Polylines across junctions, N of them, each a polyline: the end of a lane, the way across, the begin of another.

    start, end: lanes by number, start_names, end_names: SUMO's; line, clear: m from the begin of the polyline to the
    stop line, and to where the junction is left; cut: m of the start lane before the polyline begins; state: SUMO's
    letter for the right of way, in ASCII; half: m, of the lane's width; speed: m/s, allowed across; points (P x 2), run
    (m from the polyline's begin, as SUMO has the lanes' lengths) and first (N + 1), as `ext.conflicts.Polylines` has
    them.
    """

    start: Ints
    end: Ints
    start_names: Sequence[str] = field(repr=False)
    end_names: Sequence[str] = field(repr=False)
    line: Doubles = field(repr=False)
    clear: Doubles = field(repr=False)
    cut: Doubles = field(repr=False)
    state: Bytes = field(repr=False)
    half: Doubles = field(repr=False)
    speed: Doubles = field(repr=False)
    points: Doubles = field(repr=False)
    run: Doubles = field(repr=False)
    first: Ints = field(repr=False)

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def ways(self) -> Polylines:
        """The same for the kernel."""
        return Polylines(self.points, self.run, self.first)

    @cached_property
    def yields(self) -> Flags:
        """Which give way to others, as far as no light says more."""
        return ~np.isin(self.state, list(GOES_FIRST | BY_LIGHT))

    def around(self, position: tuple[float, float], radius: float) -> Indices:
        """Those whose stop line is within a radius [m] of a place."""
        x, y = np.array([self.point(way, float(self.line[way])) for way in range(len(self))]).reshape(-1, 2).T
        return np.flatnonzero(np.hypot(x - position[0], y - position[1]) <= radius)

    def point(self, way: int, at: float) -> tuple[float, float]:
        """The place [m] so far along a way."""
        part = slice(self.first[way], self.first[way + 1])
        run, points = self.run[part], self.points[part]
        return float(np.interp(at, run, points[:, 0])), float(np.interp(at, run, points[:, 1]))

    def back(self, way: int, at: float, reach: float) -> Doubles:
        """A way backwards from so far along it for a reach [m], or to its begin: N x 2, m, with the place itself."""
        part = slice(self.first[way], self.first[way + 1])
        run, points = self.run[part], self.points[part]
        begin = max(at - reach, 0.0)
        inner = points[(run > begin + 1e-6) & (run < at - 1e-6)]
        return np.vstack((self.point(way, at), inner[::-1], self.point(way, begin)))
