"""Which charger for whom. A policy sees arrays and never the simulator."""

from __future__ import annotations

from bisect import insort

import numpy as np

from wayside.edge.charging.state import Chargers, PileAssignment, PileRequests
from wayside.edge.decision import Measure


def least_completion(requests: PileRequests, chargers: Chargers, ends: list[list[float]]) -> PileAssignment:
    """The group with the least drive + wait + charge [s], first come first served.

    The wait is the time from arrival until a pile is free, if all running and promised charges end when expected.
    """
    chosen = np.full(len(requests.edge), -1, np.int32)
    cost = np.full(len(requests.edge), np.nan)
    costs = np.empty((len(requests.edge), len(chargers.ids)))
    free_at = np.array([free_in(group, piles) for group, piles in zip(ends, chargers.piles.tolist(), strict=True)])
    into_battery = chargers.power_w * chargers.efficiency
    for i in range(len(requests.edge)):
        drive = chargers.drive_s[:, requests.edge[i]].astype(np.float64)
        charge = 3600.0 * requests.energy_wh[i] / np.minimum(into_battery, requests.max_power_w[i])
        completion = np.maximum(drive, free_at) + charge
        completion[(free_at - drive > requests.max_wait_s) | ~chargers.open] = np.inf
        costs[i] = completion
        best = int(completion.argmin()) if len(completion) else -1
        if best >= 0 and np.isfinite(completion[best]):
            chosen[i] = best
            cost[i] = completion[best]
            insort(ends[best], float(completion[best]))
            free_at[best] = free_in(ends[best], int(chargers.piles[best]))
    return PileAssignment(chosen, cost, costs, Measure("drive, wait and charge", "s"))


def free_in(ends: list[float], piles: int) -> float:
    """When a pile is free for one more, s from now: at once, when enough of the charges have ended, or never."""
    if piles == 0:
        return float("inf")
    return 0.0 if len(ends) < piles else ends[len(ends) - piles]
