"""Decentralised congestion control of ITS-G5 for many stations at once: ETSI TS 102 687 V1.2.1.

Both approaches answer with T_off of each station: the least time from one of its packets to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayside.ext.arrays import Floats

# Reactive: the channel busy ratio from which on a state is the next one, and T_off in each of Relaxed, Active 1 to 3
# and Restrictive [s], for packets of at most 1 ms and of at most 0.5 ms on the air (tables A.1 and A.2). Active 3
# includes its upper bound ("50 % to 60 %", "> 60 %"), the states before do not.
_LONG = ((0.30, 0.40, 0.50, 0.60), (0.100, 0.200, 0.400, 0.500, 1.000))
_SHORT = ((0.30, 0.40, 0.50, 0.65), (0.050, 0.100, 0.200, 0.250, 1.000))
LONGEST, SHORTER = 1e-3, 0.5e-3  # s on the air

LEAST_INTERVAL, MOST_INTERVAL = 0.025, 1.0  # s, annex B
PERIOD = 0.2  # s between two adaptations, clause 5.2


class Reactive:
    """Reactive DCC of n stations, clause 5.3; `update` is called with every measurement, each 100 ms.

    All begin relaxed. The wait of a state is that of packets of `airtime` s; ValueError where the tables end: packets
    of more than 1 ms.
    """

    def __init__(self, stations: int, airtime: float) -> None:
        if not 0.0 < airtime <= LONGEST:
            raise ValueError(f"{airtime * 1e3:g} ms on the air: reactive DCC is for packets of at most 1 ms")
        bounds, waits = _SHORT if airtime <= SHORTER else _LONG
        ends = np.array(bounds, np.float32)
        ends[:-1] = np.nextafter(ends[:-1], np.float32(0.0))
        self._ends = ends  # the last ratio of each state but the last
        self._waits = np.array(waits, np.float32)
        self.state = np.zeros(stations, np.int8)  # 0 relaxed .. 4 restrictive

    def update(self, busy_ratio: Floats) -> None:
        """Take in a busy ratio (0..1) by station. A state is reached from its neighbours only: one step at a time."""
        target = np.searchsorted(self._ends, busy_ratio)
        self.state += np.sign(target - self.state).astype(np.int8)

    def wait(self) -> Floats:
        """T_off [s] of each station."""
        found: Floats = self._waits[self.state]
        return found

    def grow(self, stations: int) -> None:
        """Room for more stations."""
        self.state = _longer(self.state, stations, 0)

    def reset(self, stations: NDArray[np.integer[Any]]) -> None:
        """These stations begin anew."""
        self.state[stations] = 0


@dataclass(frozen=True)
class Limeric:
    """The parameters of adaptive DCC, clause 5.4, table 3: LIMERIC (Bansal, Kenney, Rohrs 2013)."""

    alpha: float = 0.016
    beta: float = 0.0012
    target: float = 0.68
    least: float = 0.0006  # delta, share of the time a station may send
    most: float = 0.03
    gain_up: float = 0.0005
    gain_down: float = -0.00025


class Adaptive:
    """Adaptive DCC of n stations; `adapt` is called every 200 ms.

    The standard names no first value of delta. A station begins with the least one: it comes to a channel that it
    has not listened to yet.
    """

    def __init__(self, stations: int, parameters: Limeric | None = None) -> None:
        self.parameters = parameters or Limeric()
        self.delta = np.full(stations, self.parameters.least, np.float32)  # share of the time each may send
        self.busy_ratio = np.zeros(stations, np.float32)  # smoothed

    def adapt(self, latest: Floats, former: Floats) -> None:
        """Take in the busy ratios (0..1) of the last two spans of 100 ms, by station.

        Steps 1 to 5 of clause 5.4: half of what was known and a quarter of each; towards the target by a bounded
        step; then delta = (1 - alpha) delta + step, within its limits.
        """
        p = self.parameters
        self.busy_ratio = 0.5 * self.busy_ratio + 0.25 * (latest + former)
        step = np.clip(p.beta * (p.target - self.busy_ratio), p.gain_down, p.gain_up)
        self.delta = np.clip((1.0 - p.alpha) * self.delta + step, p.least, p.most)

    def wait(self, airtime: float | Floats) -> Floats:
        """T_off [s] of each station after a packet of `airtime` s: airtime / delta, from 25 ms to 1 s (annex B, B.1).

        Asked anew after each adaptation, this is also B.2: a gate that is closed opens sooner or later by as much.
        """
        if not np.all(np.asarray(airtime) > 0.0):
            raise ValueError(f"{airtime} s on the air: must be above 0")
        found: Floats = np.clip(airtime / self.delta, LEAST_INTERVAL, MOST_INTERVAL)
        return found

    def grow(self, stations: int) -> None:
        """Room for more stations."""
        self.delta = _longer(self.delta, stations, self.parameters.least)
        self.busy_ratio = _longer(self.busy_ratio, stations, 0.0)

    def reset(self, stations: NDArray[np.integer[Any]]) -> None:
        """These stations begin anew."""
        self.delta[stations] = self.parameters.least
        self.busy_ratio[stations] = 0.0


def _longer(old: NDArray[np.generic], stations: int, fill: float) -> NDArray[Any]:
    new = np.full(stations, fill, old.dtype)
    new[: len(old)] = old
    return new
