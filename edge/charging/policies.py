"""Which charger for whom. A policy sees arrays and never the simulator."""

from __future__ import annotations

from typing import Final

import numpy as np

from wayside.edge.charging.forecast import ExpectedEnds
from wayside.edge.charging.soonest import PileOffers, closest, soonest
from wayside.edge.charging.state import Chargers, PileAssignment, PileRequests
from wayside.edge.decision import KEPT, Measure
from wayside.ext.arrays import Doubles, Ints

MEASURE: Final = Measure("drive, wait and charge", "s")


def least_completion(requests: PileRequests, chargers: Chargers, ends: ExpectedEnds) -> PileAssignment:
    """The group with the least drive + wait + charge [s], first come first served.

    The wait is the time from arrival until a pile is free, if all running and promised charges end when expected.
    """
    offers = []
    for row in range(len(requests.edge)):
        offers.append(soonest(requests, row, chargers, ends, KEPT))
        _take(offers[-1], ends)
    return assignment(offers, [one.done_s for one in offers], MEASURE)


def nearest(requests: PileRequests, chargers: Chargers, ends: ExpectedEnds) -> PileAssignment:
    """The group with the least drive [s] where one need not wait too long, first come first served."""
    offers = []
    for row in range(len(requests.edge)):
        offers.append(closest(requests, row, chargers, ends, KEPT))
        _take(offers[-1], ends)
    return assignment(offers, [one.drive_s for one in offers], Measure("drive", "s"))


def _take(offers: PileOffers, ends: ExpectedEnds) -> None:
    """The best is taken."""
    if len(offers.group):
        ends.add(int(offers.group[0]), float(offers.done_s[0]), float(offers.done_s[0] - offers.charge_s[0]))


def assignment(offers: list[PileOffers], costs: list[Doubles], measure: Measure) -> PileAssignment:
    """To each request the first of its offers, and what all cost."""
    candidates, cost = in_rows(offers, costs)
    chosen = candidates[:, 0].copy() if candidates.size else np.full(len(offers), -1, np.int32)
    best = np.where(chosen >= 0, cost[:, 0], np.nan) if candidates.size else np.full(len(offers), np.nan)
    return PileAssignment(chosen, best, cost, measure, candidates)


def in_rows(offers: list[PileOffers], costs: list[Doubles]) -> tuple[Ints, Doubles]:
    """The groups of offers, -1 for none, and what they cost, infinite there: requests x as many as one has at most."""
    width = max((len(one.group) for one in offers), default=0)
    group, cost = np.full((len(offers), width), -1, np.int32), np.full((len(offers), width), np.inf)
    for row, (one, its) in enumerate(zip(offers, costs, strict=True)):
        group[row, : len(one.group)], cost[row, : len(one.group)] = one.group, its
    return group, cost
