"""Which charger for whom. A policy sees arrays and never the simulator."""

from __future__ import annotations

from bisect import insort
from typing import Final

import numpy as np

from wayside.edge.charging.state import Chargers, PileAssignment, PileRequests
from wayside.edge.decision import Measure
from wayside.ext.arrays import Doubles

MEASURE: Final = Measure("drive, wait and charge", "s")


def least_completion(requests: PileRequests, chargers: Chargers, ends: list[list[float]]) -> PileAssignment:
    """The group with the least drive + wait + charge [s], first come first served.

    The wait is the time from arrival until a pile is free, if all running and promised charges end when expected.
    """
    return _first_come(requests, chargers, ends, nearest_first=False)


def nearest(requests: PileRequests, chargers: Chargers, ends: list[list[float]]) -> PileAssignment:
    """The group with the least drive [s] where one need not wait too long, first come first served."""
    return _first_come(requests, chargers, ends, nearest_first=True)


def _first_come(
    requests: PileRequests, chargers: Chargers, ends: list[list[float]], nearest_first: bool
) -> PileAssignment:
    chosen = np.full(len(requests.edge), -1, np.int32)
    cost = np.full(len(requests.edge), np.nan)
    costs = np.empty((len(requests.edge), len(chargers.ids)))
    free_at = np.array([free_in(group, piles) for group, piles in zip(ends, chargers.piles.tolist(), strict=True)])
    drive, charge = legs(requests, chargers)
    for i in range(len(requests.edge)):
        done = completion(drive[i], charge[i], free_at, requests.max_wait_s)
        costs[i] = np.where(np.isfinite(done), drive[i], np.inf) if nearest_first else done
        best = int(costs[i].argmin()) if len(done) else -1
        if best >= 0 and np.isfinite(done[best]):
            chosen[i], cost[i] = best, costs[i, best]
            insort(ends[best], float(done[best]))
            free_at[best] = free_in(ends[best], int(chargers.piles[best]))
    return PileAssignment(chosen, cost, costs, Measure("drive", "s") if nearest_first else MEASURE)


def legs(requests: PileRequests, chargers: Chargers) -> tuple[Doubles, Doubles]:
    """The drive and the charge of each request at each group, s; a closed group is never reached."""
    drive: Doubles = chargers.drive_s[:, requests.edge].T.astype(np.float64)
    drive[:, ~chargers.open] = np.inf
    power = np.minimum(chargers.power_w * chargers.efficiency, requests.max_power_w[:, None])
    return drive, 3600.0 * requests.energy_wh[:, None] / power


def completion(drive: Doubles, charge: Doubles, free_at: Doubles, max_wait: float) -> Doubles:
    """When each is done, s from now: there, with a free pile, and charged; infinite where the wait is too long."""
    done: Doubles = np.where(free_at - drive > max_wait, np.inf, np.maximum(drive, free_at) + charge)
    return done


def free_in(ends: list[float], piles: int) -> float:
    """When a pile is free for one more, s from now: at once, when enough of the charges have ended, or never."""
    if piles == 0:
        return float("inf")
    return 0.0 if len(ends) < piles else ends[len(ends) - piles]
