"""What the city knows of its roadside units by their reports: as of when each was written, and with some of them lost.

A unit's application hands its report in (`apps/platform.py`); what decides elsewhere, a policy, a signal controller or
another application, reads the last one that has arrived, through its `context.city`.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from wayside.edge.policy import locked
from wayside.ext.arrays import Doubles


class Report(NamedTuple):
    """What a unit tells of itself and of the traffic around it."""

    vehicles: float  # in its local dynamic map
    waiting: float  # of them, slower than 5 km/h
    speed_m_s: float  # their mean, NaN where there is none
    messages: float  # awareness messages that it has received since its report before
    failed: float  # of its applications, switched off as they broke off


FIGURES: Final = Report._fields
_SHOWN: Final = ("ids", "x", "y", "time", *FIGURES, "age")


class CityReports:
    """The last report of each unit that has arrived, as arrays with an entry by unit's number, which are read-only.

    ids and x, y [m]: the units'. time: when the last report was written [s], NaN before the first. Each figure of
    `Report` is an attribute by its name, NaN before the first.
    """

    ids: tuple[str, ...]
    x: Doubles
    y: Doubles
    time: Doubles
    vehicles: Doubles
    waiting: Doubles
    speed_m_s: Doubles
    messages: Doubles
    failed: Doubles

    def __init__(self) -> None:
        self.sent = self.lost = self.arrived = 0
        self.delay_s = 0.0  # of those that have arrived, in all
        self._on_the_way: list[tuple[float, int, float, Report]] = []  # by arrival: when, unit, when written, what
        self._known = np.empty((1 + len(FIGURES), 0))
        self.enter((), np.empty((0, 2)))

    def enter(self, ids: Sequence[str], positions: Doubles) -> None:
        """These are the units; positions: units x 2 [m]. Nothing has been reported yet."""
        self.ids = tuple(ids)
        self._known = np.full((1 + len(FIGURES), len(self.ids)), math.nan)
        shown = locked(self._known)
        self.time = shown[0]
        for row, name in enumerate(FIGURES, 1):
            setattr(self, name, shown[row])
        self.x, self.y = locked(np.array(positions, np.float64).reshape(-1, 2).T)

    def hand_in(self, unit: int, time: float, report: Report, delay: float | None) -> None:
        """A unit's report, written at `time` [s], arrives so many s later; None: it never does."""
        self.sent += 1
        if delay is None:
            self.lost += 1
        else:
            heapq.heappush(self._on_the_way, (time + delay, unit, time, report))

    def look(self, now: float) -> None:
        """Take in what has arrived by `now` [s]. One that was overtaken by a later one tells nothing new."""
        waiting = self._on_the_way
        while waiting and waiting[0][0] <= now + 1e-9:
            at, unit, time, report = heapq.heappop(waiting)
            self.arrived += 1
            self.delay_s += at - time
            if not time <= self._known[0, unit]:
                self._known[:, unit] = (time, *report)

    def age(self, now: float) -> Doubles:
        """How old each unit's last report is at `now` [s], s; infinite before the first."""
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(now - self.time, nan=math.inf)

    def kpis(self) -> dict[str, float]:
        """Key figures (docs/kpis.md); none where no unit reports."""
        if not self.sent:
            return {}
        return {
            "platform.reports": self.sent,
            "platform.lost": self.lost,
            "platform.delay_s": self.delay_s / self.arrived if self.arrived else math.nan,
        }


class ReportedCity:
    """What a plug-in may read of `CityReports`, and nothing else: `ids`, `x`, `y`, `time`, `age` and the figures."""

    __slots__ = ("_reports",)
    _reports: CityReports

    def __init__(self, reports: CityReports) -> None:
        object.__setattr__(self, "_reports", reports)

    def __getattr__(self, name: str) -> Any:
        if name not in _SHOWN:
            raise AttributeError(f"context.city has no {name!r}: it has {', '.join(_SHOWN)}")
        return getattr(self._reports, name)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"context.city.{name}: can be read alone")
