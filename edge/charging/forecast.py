"""When charges that run or are promised are expected to end, kept up as they come and go."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, overload

import numpy as np

from wayside.ext.arrays import Doubles, Ints, Longs

FIRST: Final = 64  # rows that there is room for to begin with
_NOBODY: Final = np.empty(0, np.intp)


class Slot(NamedTuple):
    """A pile in use, or kept for somebody; s from now."""

    begin: float
    end: float


class ExpectedEnds(Sequence[list[float]]):
    """When charges are expected to end: of each group [s from now, ascending], as a policy sees it.

    It is the policy's own: what it gives out it may `add`.
    """

    def __init__(self, piles: Ints, taken: Ints, empty: Doubles, group: Ints, begin: Doubles, end: Doubles) -> None:
        """piles, taken, empty: by group; how many charges there are, and until when a pile would be free were there
        none. group, begin, end [s from now]: of each charge.
        """
        self._piles, self._taken, self._empty = piles, taken, empty
        self._group, self._begin, self._end = group, begin, end
        self._ends: dict[int, list[float]] = {}  # of the groups that were asked for
        self._added: dict[int, list[Slot]] = {}
        self.free_in = empty.copy()  # s, by group: until a pile is free for one more
        # Of groups with a pile to spare nobody needs to know more.
        full = np.flatnonzero(taken[group] >= piles[group])
        full = full[np.lexsort((end[full], group[full]))]
        of = group[full]
        first = np.flatnonzero(np.diff(of, prepend=-1))
        at = first + taken[of[first]] - piles[of[first]]
        some = piles[of[first]] > 0
        self.free_in[of[first[some]]] = end[full[at[some]]]

    @classmethod
    def of(cls, piles: Ints, ends: Iterable[Iterable[float]]) -> ExpectedEnds:
        """Of charges that run now and end so, by group."""
        rows = [(group, end) for group, some in enumerate(ends) for end in some]
        group, end = np.array([row[0] for row in rows], np.int32), np.array([row[1] for row in rows], np.float64)
        taken = np.bincount(group, minlength=len(piles)).astype(np.int32)
        return cls(piles, taken, _empty(piles), group, np.zeros(len(end)), end)

    def idle(self) -> ExpectedEnds:
        """As if there were no charges."""
        none = np.empty(0)
        return ExpectedEnds(self._piles, np.zeros_like(self._piles), self._empty, none.astype(np.int32), none, none)

    def __len__(self) -> int:
        return len(self._piles)

    @overload
    def __getitem__(self, group: int) -> list[float]: ...
    @overload
    def __getitem__(self, group: slice) -> list[list[float]]: ...
    def __getitem__(self, group: int | slice) -> list[float] | list[list[float]]:
        """The ends of a group's charges."""
        if isinstance(group, slice):
            return [self[one] for one in range(*group.indices(len(self)))]
        group = range(len(self))[group]
        if group not in self._ends:
            some = self._end[self._group == group].tolist() if self._taken[group] else []
            self._ends[group] = sorted(some)
        return self._ends[group]

    def __iter__(self) -> Iterator[list[float]]:
        """Of all groups."""
        for group in set(self._group.tolist()) - self._ends.keys():
            self[group]
        return (self._ends.get(group) or self[group] for group in range(len(self)))

    def slots(self, group: int) -> list[Slot]:
        """When a group's piles are in use, or kept for somebody, in no order."""
        here = np.flatnonzero(self._group == group) if self._taken[group] else _NOBODY
        known = map(Slot, self._begin[here].tolist(), self._end[here].tolist())
        return [*known, *self._added.get(group, [])]

    def add(self, group: int, end: float, begin: float = 0.0) -> None:
        """One more charge, s from now."""
        ends = self[group]
        insort(ends, end)
        self._added.setdefault(group, []).append(Slot(begin, end))
        self.free_in[group] = free_in(ends, int(self._piles[group]))


def _empty(piles: Ints) -> Doubles:
    return np.where(piles > 0, 0.0, np.inf)


def free_in(ends: list[float], piles: int) -> float:
    """When a pile is free for one more, s from now: at once, when enough of the charges have ended, or never."""
    if piles == 0:
        return float("inf")
    return 0.0 if len(ends) < piles else ends[len(ends) - piles]


class Charges:
    """The charges that run or are promised, a row each; a station has one at most. Times in s of simulation."""

    def __init__(self, piles: Ints) -> None:
        self._piles, self._taken, self._empty = piles, np.zeros(len(piles), np.int32), _empty(piles)
        self._row: dict[int, int] = {}  # by station
        self._station = np.empty(FIRST, np.int64)
        self._group = np.empty(FIRST, np.int32)
        self._energy_wh, self._power_w, self._arrival = np.empty((3, FIRST))

    def put(self, station: int, group: int, energy_wh: float, power_w: float, arrival: float) -> None:
        """A charge comes that has none so far."""
        row = len(self._row)
        if row == len(self._station):
            for name in ("_station", "_group", "_energy_wh", "_power_w", "_arrival"):
                column = getattr(self, name)
                setattr(self, name, np.concatenate((column, np.empty_like(column))))
        self._row[station] = row
        self._taken[group] += 1
        self._station[row], self._group[row] = station, group
        self._energy_wh[row], self._power_w[row], self._arrival[row] = energy_wh, power_w, arrival

    def drop(self, station: int) -> None:
        """A charge is over, or given back; the last row takes its place."""
        row, last = self._row.pop(station), len(self._row)
        self._taken[self._group[row]] -= 1
        if row != last:
            self._row[int(self._station[last])] = row
            for column in (self._station, self._group, self._energy_wh, self._power_w, self._arrival):
                column[row] = column[last]

    def meter(self, station: int, energy_wh: float, power_w: float) -> None:
        """So much is still wanted, and comes with such a power."""
        row = self._row[station]
        self._energy_wh[row], self._power_w[row] = energy_wh, power_w

    def end(self, station: int, now: float) -> float:
        """When a station's charge should be over."""
        row = self._row[station]
        return float(self._ends(slice(row, row + 1), now)[0])

    def expected_ends(self, now: float, without: Longs) -> ExpectedEnds:
        """Of all but some stations."""
        every = slice(0, len(self._row))
        group, ends, begin, taken = self._group[every], self._ends(every, now), self._arrival[every], self._taken
        if out := [row for station in without.tolist() if (row := self._row.get(station)) is not None]:
            keep = np.ones(len(group), bool)
            keep[out] = False
            taken = taken.copy()
            np.subtract.at(taken, group[out], 1)
            group, ends, begin = group[keep], ends[keep], begin[keep]
        return ExpectedEnds(self._piles, taken, self._empty, group, np.maximum(begin - now, 0.0), ends - now)

    def _ends(self, rows: slice, now: float) -> Doubles:
        left = 3600.0 * np.maximum(self._energy_wh[rows], 0.0) / np.maximum(self._power_w[rows], 1.0)
        ends: Doubles = np.maximum(self._arrival[rows], now) + left
        return ends
