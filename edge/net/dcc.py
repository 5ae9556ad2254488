"""Decentralised congestion control of ITS-G5 for many stations at once: ETSI TS 102 687 V1.2.1.

Both answer with the gate-opening interval of each station: the least time from the end of one packet to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

# Reactive: bounds of the channel busy ratio between the states Relaxed, Active 1 to 3 and Restrictive, and T_off in
# each of them [s], for packets of at most 1 ms and of at most 0.5 ms on the air (annex A).
_LONG = ((0.30, 0.40, 0.50, 0.60), (0.100, 0.200, 0.400, 0.500, 1.000))
_SHORT = ((0.30, 0.40, 0.50, 0.65), (0.050, 0.100, 0.200, 0.250, 1.000))
LONGEST, SHORTER = 1e-3, 0.5e-3  # s on the air

LEAST_INTERVAL, MOST_INTERVAL = 0.025, 1.0  # s, clause 5.4
PERIOD = 0.2  # s between two adaptations, clause 5.4


def reactive(busy_ratio: Doubles, airtime: float) -> Doubles:
    """T_off [s] for each channel busy ratio (0..1), for packets of `airtime` s.

    ValueError where the table ends: packets of more than 1 ms.
    """
    if not 0.0 < airtime <= LONGEST:
        raise ValueError(f"{airtime * 1e3:g} ms on the air: reactive DCC is for packets of at most 1 ms")
    bounds, waits = _SHORT if airtime <= SHORTER else _LONG
    found: Doubles = np.array(waits)[np.searchsorted(bounds, busy_ratio, side="right")]
    return found


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
    """Adaptive DCC of n stations; `adapt` is called every 200 ms."""

    def __init__(self, stations: int, parameters: Limeric | None = None) -> None:
        self.parameters = parameters or Limeric()
        self.delta = np.full(stations, self.parameters.least)  # share of the time each may send
        self.busy_ratio = np.zeros(stations)  # smoothed

    def adapt(self, latest: Doubles, former: Doubles) -> None:
        """Take in the busy ratios (0..1) of the last two spans of 100 ms, by station.

        Steps 1 to 5 of clause 5.4: half of what was known and a quarter of each; towards the target by a bounded
        step; then delta = (1 - alpha) delta + step, within its limits.
        """
        p = self.parameters
        self.busy_ratio = 0.5 * self.busy_ratio + 0.25 * (latest + former)
        step = np.clip(p.beta * (p.target - self.busy_ratio), p.gain_down, p.gain_up)
        self.delta = np.clip((1.0 - p.alpha) * self.delta + step, p.least, p.most)

    def interval(self, airtime: float) -> Doubles:
        """T_off [s] of each station after a packet of `airtime` s: airtime / delta, from 25 ms to 1 s."""
        if not airtime > 0.0:
            raise ValueError(f"{airtime} s on the air: must be above 0")
        found: Doubles = np.clip(airtime / self.delta, LEAST_INTERVAL, MOST_INTERVAL)
        return found
