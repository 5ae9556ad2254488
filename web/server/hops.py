"""Which way forwarded packets have taken, for watchers: from station to station."""

from __future__ import annotations

from typing import Final

import numpy as np

from wayside.ext.arrays import Doubles, Longs
from wayside.sim.stations.packets import Packets

KEPT: Final = 1.0  # s, for which a copy may be forwarded on: an urgent one is in the next V2X tick
MOST_HELD: Final = 4096  # copies
MOST_SHOWN: Final = 256  # steps from one station to the next, from one look to the next
_HOPS: Final = 256  # told apart


class HopWatch:
    """Remembers who has sent copies of what, and draws a line to each forwarder from the nearest station that had sent
    it on the hop before.

    Of several copies that a forwarder has heard the nearest is no more than the likely one: nobody tells which it was.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nobody looks on any more."""
        # Of copies sent: which packet on which hop, and by whom; and when [s], and where [m].
        self._copy, self._station = np.empty((2, 0), np.int64)
        self._at: Doubles = np.empty((3, 0))
        self._steps: list[list[int]] = []

    def packets(self, packets: Packets) -> None:
        """Some packets go on the air; those that are not forwarded are not looked at."""
        journey = packets.journey
        if journey is None:
            return
        self._forget(packets.time)
        # A sequence number has 16 bits, a station's number 32.
        what = (journey.sequence.astype(np.int64) * 2 + journey.from_unit) << 32 | journey.source.astype(np.int64)
        copy = (what & 0x1_FFFF_FFFF_FFFF) * _HOPS + np.minimum(journey.hop, _HOPS - 1)
        station = packets.sender.astype(np.int64) * 2 + int(packets.from_unit)
        on = np.flatnonzero(journey.hop > 1)[: MOST_SHOWN - len(self._steps)]
        row, before = self._nearest(copy[on] - 1, packets.x[on], packets.y[on])
        by = station[on[row]]
        steps = np.stack((journey.hop[on[row]], before & 1, before >> 1, by & 1, by >> 1), axis=1)
        self._steps += steps.astype(np.int64).tolist()
        when = np.full(len(copy), packets.time)
        self._copy = np.concatenate((self._copy, copy))[-MOST_HELD:]
        self._station = np.concatenate((self._station, station))[-MOST_HELD:]
        self._at = np.concatenate((self._at, np.stack((when, packets.x, packets.y))), axis=1)[:, -MOST_HELD:]

    def steps(self) -> list[list[int]]:
        """Since the last call: hop; whether a unit sent it on the hop before, its number; both of who forwards it."""
        steps, self._steps = self._steps, []
        return steps

    def _forget(self, now: float) -> None:
        keep = self._at[0] > now - KEPT
        if not keep.all():
            self._copy, self._station, self._at = self._copy[keep], self._station[keep], self._at[:, keep]

    def _nearest(self, copy: Longs, x: Doubles, y: Doubles) -> tuple[Longs, Longs]:
        """Of these copies, wanted at x, y, the rows that are remembered, and the nearest station that sent each."""
        order = np.argsort(self._copy, kind="stable")
        known = self._copy[order]
        first, last = np.searchsorted(known, copy, "left"), np.searchsorted(known, copy, "right")
        count = last - first
        row = np.repeat(np.arange(len(copy)), count)
        if not len(row):
            return row, row
        # All pairs of who wants a copy and who sent it, those of one row together.
        other = order[np.arange(len(row)) + np.repeat(first - np.cumsum(count) + count, count)]
        far = np.hypot(self._at[1, other] - x[row], self._at[2, other] - y[row])
        best = np.lexsort((far, row))
        rows, begins = np.unique(row[best], return_index=True)
        return rows, self._station[other[best[begins]]]
