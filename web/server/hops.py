"""Which way forwarded packets have taken, for watchers: from station to station."""

from __future__ import annotations

from typing import Any

import numpy as np

from wayside.ext.arrays import Longs
from wayside.sim.stations.packets import Packets

KEPT = 3.0  # s, for which a copy may be forwarded on: longer than what is urgent waits
MOST_HELD = 4096  # copies
MOST_SHOWN = 256  # steps from one station to the next, from one look to the next


class HopWatch:
    """Remembers who has sent copies of what, and draws a line to each forwarder from the nearest station that had sent
    it on the hop before.

    Of several copies that a forwarder has heard the nearest is no more than the likely one: nobody tells which it was.
    """

    def __init__(self) -> None:
        self._rows = np.empty((0, 6))  # when, what, hop, x, y, station
        self._steps: list[list[int]] = []

    def packets(self, packets: Packets) -> None:
        """Some packets go on the air; those that are not forwarded are not looked at."""
        journey = packets.journey
        if journey is None:
            return
        # Exact below 2^53, as a sequence number has 16 bits and a station's number 32.
        what = (journey.sequence.astype(np.int64) * 2 + journey.from_unit) * 2.0**32 + journey.source
        station = _coded(packets.sender, packets.from_unit)
        when = np.full(len(what), packets.time)
        new = np.stack((when, what, journey.hop, packets.x, packets.y, station), axis=1)
        before = self._rows[self._rows[:, 0] > packets.time - KEPT]
        on = np.flatnonzero(journey.hop > 1)[: MOST_SHOWN - len(self._steps)]
        if len(on) and len(before):
            same = (before[:, 1] == what[on, None]) & (before[:, 2] == journey.hop[on, None] - 1)
            far = np.hypot(before[:, 3] - packets.x[on, None], before[:, 4] - packets.y[on, None])
            far[~same] = np.inf
            nearest = far.argmin(axis=1)
            for row, origin in zip(on[same.any(axis=1)].tolist(), nearest[same.any(axis=1)].tolist(), strict=True):
                said = int(before[origin, 5]), int(station[row])
                self._steps.append([int(journey.hop[row]), *(n for one in said for n in (one & 1, one >> 1))])
        self._rows = np.concatenate((before, new))[-MOST_HELD:]

    def steps(self) -> list[list[int]]:
        """Since the last call: hop; whether a unit sent it on the hop before, its number; both of who forwards it."""
        steps, self._steps = self._steps, []
        return steps

    def clear(self) -> None:
        """Nobody looks on any more."""
        self._rows, self._steps = self._rows[:0], []


def _coded(sender: Any, from_unit: bool) -> Longs:
    """Station and sort of station in one number."""
    return np.asarray(sender, np.int64) * 2 + int(from_unit)
