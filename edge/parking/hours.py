"""When car parks may be driven into."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from wayside.edge.day import DAY, Daily
from wayside.edge.policy import locked
from wayside.ext.arrays import Flags, Ints

_SPAN: Final = re.compile(r"\s*([01]\d|2[0-4]):([0-5]\d)\s*-\s*([01]\d|2[0-4]):([0-5]\d)\s*")


@dataclass(frozen=True)
class OpeningHours:
    """By the time of day, every day alike; out of a car park one may drive at all times.

    A city has few different ones, whatever the number of its car parks.
    """

    kinds: tuple[Daily, ...] = ()  # 1 while it is open, 0 while it is not
    kind: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # of each car park; -1: always open

    @classmethod
    def of(cls, told: list[Daily | None], clock_s: float = 0.0) -> OpeningHours:
        """Of each car park what is said of it, as from `hours_of`; None: it is always open. clock_s: at second 0."""
        kinds: dict[tuple[float, ...], Daily] = {}
        kind = np.full(len(told), -1, np.int32)
        for number, hours in enumerate(told):
            if hours is not None:
                key = (*hours.begin_s, *hours.value)
                kinds.setdefault(key, replace(hours, clock_s=clock_s))
                kind[number] = list(kinds).index(key)
        return cls(tuple(kinds.values()), locked(kind))

    def open_at(self, time_s: float) -> Flags:
        """Whether each car park is open at a time, s of SUMO's clock; empty where none has been said of any."""
        of_kind = np.array([*(hours.at(time_s) > 0.0 for hours in self.kinds), True])
        found: Flags = of_kind[self.kind]  # the last for -1
        return found


def hours_of(text: str) -> Daily:
    """Of one span or several, as "06:00-12:00, 14:00-20:00"; one that ends before it begins goes over midnight.

    ValueError for what is no time of day, for a span without length, and where two have a time in common.
    """
    rows = []
    for part in text.split(","):
        if (found := _SPAN.fullmatch(part)) is None:
            raise ValueError('must be spans of the day, as "06:00-22:00" or "06:00-12:00, 14:00-20:00"')
        begin, end = (int(found[k]) * 3600.0 + int(found[k + 1]) * 60.0 for k in (1, 3))
        if begin in (end, DAY) or max(begin, end) > DAY:
            raise ValueError(f"{part.strip()!r} never comes: must begin and end at two times, 00:00 to 24:00")
        rows.append((begin, end, 1.0))
    return Daily.of(rows + [(begin, end, 0.0) for begin, end in _between(rows)])


def _between(rows: list[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """What is left of the day, as spans."""
    pieces = []
    for begin, end, _ in rows:
        pieces += [(begin, end)] if begin < end else [(begin, DAY), (0.0, end)]
    left, reached = [], 0.0
    for begin, end in sorted(pieces):
        if begin > reached:
            left.append((reached, begin))
        reached = max(reached, end)
    return [*left, (reached, DAY)] if reached < DAY else left
