"""The few groups of piles at which a vehicle is done soonest, out of however many a city has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wayside.edge.charging.forecast import ExpectedEnds
from wayside.edge.charging.state import Chargers, PileRequests
from wayside.ext.arrays import Doubles, Flags, Ints

LOOKED_AT = 64  # groups at first, the nearest, or four times as many as are wanted
MORE = 2  # times as many, as long as a better one may lie beyond them


class PileOffers(NamedTuple):
    """Groups for one request, the best first; one entry each."""

    group: Ints
    drive_s: Doubles
    charge_s: Doubles
    done_s: Doubles  # from now


def soonest(requests: PileRequests, row: int, chargers: Chargers, ends: ExpectedEnds, count: int) -> PileOffers:
    """The `count` groups at which a request is done soonest, of equal ones those with the lower number; fewer where
    there are no more that it may be sent to.

    All beyond the groups that were looked at are farther than these, and charge no faster than the fastest of the city.
    """
    least = float(requests.charge_s(row, np.array([chargers.most_w]))[0])
    return _best(requests, row, chargers, ends, count, least)


def closest(requests: PileRequests, row: int, chargers: Chargers, ends: ExpectedEnds, count: int) -> PileOffers:
    """The `count` groups that are reached soonest, of those that a request may be sent to."""
    return _best(requests, row, chargers, ends, count, None)


def completion(drive: Doubles, charge: Doubles, free_at: Doubles, max_wait: float) -> Doubles:
    """When each is done, s from now: there, with a free pile, and charged; infinite where the wait is too long."""
    done: Doubles = np.where(free_at - drive > max_wait, np.inf, np.maximum(drive, free_at) + charge)
    return done


def charge_s(requests: PileRequests, row: int, chargers: Chargers, group: Ints) -> Doubles:
    """How long a request's charge takes at some groups, s."""
    return requests.charge_s(row, chargers.power_w[group] * chargers.efficiency[group])


def _best(
    requests: PileRequests, row: int, chargers: Chargers, ends: ExpectedEnds, count: int, least: float | None
) -> PileOffers:
    """By the time at which it is done, of which the charge is `least` s anywhere; by the drive where that is None."""
    start, many = int(requests.edge[row]), max(LOOKED_AT, 4 * count)
    while True:
        group, drive = chargers.drives.near(start, many)
        charge = charge_s(requests, row, chargers, group)
        done = completion(drive, charge, ends.free_in[group], requests.max_wait_s)
        possible: Flags = np.isfinite(done) & chargers.open[group] & chargers.fits(int(requests.plugs[row]), group)
        some = np.flatnonzero(possible)
        key = drive[some] if least is None else done[some]
        order = np.lexsort((group[some], key))[:count]
        best = some[order]
        if len(group) < many or (len(best) == count and key[order[-1]] < drive[-1] + (least or 0.0)):
            return PileOffers(group[best], drive[best], charge[best], done[best])
        many *= MORE
