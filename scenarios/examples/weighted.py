"""A policy for parking, one for charging and a controller of traffic lights that weigh a few things, by options.

An agent sees the same things (`wayside.gym`), so the weights can be learned: `learn.py` beside this file does it, and
says how what it has learned is held against other policies.
"""

from typing import Annotated

import numpy as np

from wayside import Context, Controller, Option
from wayside.edge.charging.forecast import ExpectedEnds
from wayside.edge.charging.soonest import soonest
from wayside.edge.charging.state import Chargers, PileAssignment, PileRequests
from wayside.edge.control.controller import SeenTraffic
from wayside.edge.parking.state import BayAssignment, BayRequests, CarParks

Weight = Annotated[float, Option("weight", ge=-1000, le=1000)]
OFFERED = 8  # facilities that an agent is offered at most


def bays(
    requests: BayRequests,
    car_parks: CarParks,
    *,
    walk: Weight = -1.0,
    drive: Weight = 0.0,
    free: Weight = 0.0,
    context: Context,
) -> BayAssignment:
    """The car park of the greatest sum of walk [km], drive [min] and share of free bays, weighted."""
    chosen, cost = np.full(len(requests.x), -1, np.int32), np.full(len(requests.x), np.nan)
    left = car_parks.free.copy()
    for row in range(len(requests.x)):
        walks = np.hypot(car_parks.x - requests.x[row], car_parks.y - requests.y[row])
        there = np.flatnonzero(left > 0)
        near = there[np.argsort(walks[there], kind="stable")[:OFFERED]]
        if not len(near):
            continue
        drives = context.network.drive_s(requests.edge[row : row + 1], car_parks.edge[near])[0]
        share = left[near] / np.maximum(car_parks.capacity[near], 1)
        worth = walk * walks[near] / 1000.0 + drive * drives / 60.0 + free * share
        best = int(np.where(np.isfinite(drives), worth, -np.inf).argmax())
        chosen[row], cost[row] = near[best], -worth[best]
        left[near[best]] -= 1
    return BayAssignment(chosen, cost)


def piles(
    requests: PileRequests,
    chargers: Chargers,
    ends: ExpectedEnds,
    *,
    drive: Weight = -1.0,
    wait: Weight = -1.0,
    charge: Weight = -60.0,
    free: Weight = 0.0,
) -> PileAssignment:
    """The group of the greatest weighted sum of drive [min], wait [min], time to charge [h] and share of free piles."""
    chosen, cost = np.full(len(requests.edge), -1, np.int32), np.full(len(requests.edge), np.nan)
    left = chargers.free.copy()
    for row in range(len(requests.edge)):
        group, drives, charges, done = soonest(requests, row, chargers, ends, OFFERED)
        if not len(group):
            continue
        waits, share = np.maximum(ends.free_in[group] - drives, 0.0), left[group] / np.maximum(chargers.piles[group], 1)
        worth = drive * drives / 60.0 + wait * waits / 60.0 + charge * charges / 3600.0 + free * share
        best = int(worth.argmax())
        chosen[row], cost[row] = group[best], -worth[best]
        left[group[best]] -= 1
        ends.add(int(group[best]), float(done[best]))
    return PileAssignment(chosen, cost)


class Lights(Controller):
    """The phase of the greatest weighted sum: whom it would let go, who is in their way, who has waited longest."""

    demand: Weight = 1.0
    pressure: Weight = 0.0
    red: Weight = 0.0
    phase: Annotated[float, Option("weight of the phase that shows", ge=-1000, le=1000)] = 0.0

    def choose(self, seen: SeenTraffic) -> int:
        """See `Controller.choose`. Vehicles count in tens, waits in minutes."""
        red = np.where(seen.light.green, seen.red_s, 0.0).max(axis=1, initial=0.0) / 60.0
        worth = self.demand * seen.demand / 10.0 + self.pressure * seen.pressure / 10.0 + self.red * red
        worth[seen.phase] += self.phase
        return self.best(seen, worth)
