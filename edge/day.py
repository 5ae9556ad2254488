"""What changes over the day, and every day alike: limits of power, prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wayside.edge.policy import locked
from wayside.ext.arrays import Doubles

DAY = 86_400.0  # s


@dataclass(frozen=True)
class Daily:
    """Values over the day, each in force from its time on until that of the next."""

    begin_s: Doubles  # since midnight, ascending, the first 0
    value: Doubles
    clock_s: float = 0.0  # the time of day at second 0

    @classmethod
    def of(cls, rows: Sequence[tuple[float, float, float]], clock_s: float = 0.0) -> Daily:
        """Of rows of begin and end [s since midnight, at most a day] and what is in force between them; a row whose end
        is not after its begin goes over midnight.

        ValueError where a time of the day has no row, or two.
        """
        pieces = []
        for begin, end, value in rows:
            parts = [(begin, end)] if begin < end else [(begin, DAY), (0.0, end)]
            pieces += [(*part, value) for part in parts if part[0] < part[1]]
        pieces.sort()
        reached = 0.0
        for begin, end, _ in pieces:
            if begin > reached:
                raise ValueError(f"nothing is said of {told(reached)} to {told(begin)}")
            if begin < reached:
                raise ValueError(f"{told(begin)} to {told(min(reached, end))} is said twice")
            reached = end
        if reached < DAY:
            raise ValueError(f"nothing is said of {told(reached)} to {told(DAY)}")
        return cls(
            locked(np.array([begin for begin, _, _ in pieces])), locked(np.array([v for *_, v in pieces])), clock_s
        )

    @classmethod
    def steady(cls, value: float) -> Daily:
        """The same at all times."""
        return cls.of([(0.0, DAY, value)])

    @property
    def varies(self) -> bool:
        """Whether it is not the same at all times."""
        return bool((self.value != self.value[0]).any())

    def at(self, time_s: float) -> float:
        """What is in force at a time [s of simulation]."""
        return float(self.value[self._piece(time_s)])

    def least(self, begin_s: float, end_s: float) -> float:
        """The least that is in force from `begin_s` on and before `end_s`, s of simulation."""
        if not self.varies:
            return float(self.value[0])
        if end_s - begin_s >= DAY:
            return float(self.value.min())
        first, last = self._piece(begin_s), self._piece(np.nextafter(max(end_s, begin_s), -np.inf))
        if self._since(begin_s) <= self._since(np.nextafter(end_s, -np.inf)):
            return float(self.value[first : last + 1].min())
        return float(min(self.value[first:].min(), self.value[: last + 1].min()))

    def mean(self, begin_s: Doubles, end_s: Doubles) -> Doubles:
        """The means over intervals, s of simulation; each end after its begin."""
        if not self.varies:
            return np.full(len(begin_s), self.value[0])
        return (self._integral(end_s) - self._integral(begin_s)) / (end_s - begin_s)

    def _since(self, time_s: float) -> float:
        return (time_s + self.clock_s) % DAY

    def _piece(self, time_s: float) -> int:
        return int(np.searchsorted(self.begin_s, self._since(time_s), "right")) - 1

    def _integral(self, time_s: Doubles) -> Doubles:
        days, since = np.divmod(time_s + self.clock_s, DAY)
        edges = np.append(self.begin_s, DAY)
        sums = np.concatenate(([0.0], np.cumsum(self.value * np.diff(edges))))
        found: Doubles = days * sums[-1] + np.interp(since, edges, sums)
        return found


def told(time_s: float) -> str:
    """A time of day as people write it, of s since midnight."""
    return f"{int(time_s // 3600):02}:{int(time_s % 3600 // 60):02}"
