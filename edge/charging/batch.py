"""All open requests together, at the least sum of completions."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, NamedTuple

import numpy as np

from wayside.edge.charging.policies import MEASURE, completion, free_in, legs
from wayside.edge.charging.state import Chargers, PileAssignment, PileRequests
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Ints
from wayside.ext.assignment import assign

REFUSED: Final = 1e9  # s: a promise, however late, is better than none


class Slots(NamedTuple):
    """When piles come free; one entry each, those of a group by time."""

    group: Ints
    begin: Doubles  # s from now
    piles: Ints  # that come free then


class BatchCompletion:
    """All open requests at once, at the least sum of drive, wait and charge [s].

    A pile is a row of time slots, each of which begins when the charge before it is expected to end, and requests get
    slots as in a minimum-cost assignment; exact for the first vehicle at each pile that comes free. Those that are left
    get what comes free after them, and so on: whole rounds, so each is exact and their sum is not. Whoever does better
    to wait for a pile nearby than to drive to a free one far off waits for the next round, if the vehicle before it
    leaves in time. A promise is never withdrawn for the sake of somebody else. Decided together are the whole city's
    requests, unless the scenario says otherwise.
    """

    scope: ClassVar[str] = "city"
    window: ClassVar[float] = 2.0

    candidates: Annotated[int, Option("groups of piles that are looked at, the soonest done first", ge=1, le=1000)] = 32

    def __call__(self, requests: PileRequests, chargers: Chargers, ends: list[list[float]]) -> PileAssignment:
        """See `Policy`."""
        count = len(requests.edge)
        chosen, cost = np.full(count, -1, np.int32), np.full(count, np.nan)
        free_at = np.array([free_in(group, piles) for group, piles in zip(ends, chargers.piles.tolist(), strict=True)])
        drive, charge = legs(requests, chargers)
        costs = completion(drive, charge, free_at, requests.max_wait_s)
        left = np.flatnonzero(np.isfinite(costs).any(axis=1)) if costs.size else np.empty(0, np.intp)
        while len(left):
            given, done = self._round(drive[left], charge[left], chargers.piles, ends, requests.max_wait_s)
            taken = given >= 0
            if not taken.any():
                break
            chosen[left[taken]], cost[left[taken]] = given[taken], done[taken]
            for group, end in zip(given[taken].tolist(), done[taken].tolist(), strict=True):
                ends[group].append(end)
            for group in set(given[taken].tolist()):
                ends[group].sort()
            left = left[~taken]
        return PileAssignment(chosen, cost, costs, MEASURE)

    def _round(
        self, drive: Doubles, charge: Doubles, piles: Ints, ends: list[list[float]], max_wait: float
    ) -> tuple[Ints, Doubles]:
        """The group for each request, -1 for none yet, and when it is done, s from now."""
        first = completion(drive, charge, np.array([free_in(*one) for one in zip(ends, piles, strict=True)]), max_wait)
        near = np.sort(np.argsort(first, axis=1, kind="stable")[:, : self.candidates], axis=1)
        slots = free_slots(ends, piles, len(drive), np.unique(near[np.isfinite(np.take_along_axis(first, near, 1))]))
        cost = completion(drive[:, slots.group], charge[:, slots.group], slots.begin, max_wait)
        # As if a slot were taken by the shortest charge that is asked for there: so soon comes the pile free again.
        again = completion(
            drive[:, slots.group],
            charge[:, slots.group],
            slots.begin + np.min(charge[:, slots.group], axis=0, initial=np.inf),
            max_wait,
        )
        place = np.broadcast_to(np.arange(2 * len(slots.group), dtype=np.int32), (len(drive), 2 * len(slots.group)))
        both = np.ascontiguousarray(np.hstack((cost, again)))
        place = np.where(np.isfinite(both), place, -1).astype(np.int32)
        column = assign(place, both, np.tile(slots.piles, 2), np.full(len(drive), REFUSED))
        slot = np.where(column < len(slots.group), column, column - len(slots.group))
        room = slots.piles - np.bincount(
            column[(column >= 0) & (column < len(slots.group))], minlength=len(slots.piles)
        )
        given, done = np.full(len(drive), -1, np.int32), np.full(len(drive), np.nan)
        for row in np.flatnonzero(column >= 0).tolist():
            at = slot[row]
            if column[row] != at:
                if room[at] <= 0:
                    continue  # in the next round
                room[at] -= 1  # nobody is before it: the drive takes longer than either wait
            given[row], done[row] = slots.group[at], cost[row, at]
        return given, done


def free_slots(ends: list[list[float]], piles: Ints, most: int, groups: Ints) -> Slots:
    """When piles of these groups come free, at most `most` of each."""
    rows: list[tuple[int, float, int]] = []
    for group in groups.tolist():
        count, running = int(piles[group]), ends[group]
        if (idle := count - len(running)) > 0:
            rows.append((group, 0.0, min(idle, most)))
        begins = running[max(-idle, 0) : max(-idle, 0) + most - max(idle, 0)] if most > idle else []
        rows.extend((group, end, 1) for end in begins[: count - max(idle, 0)])
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return Slots(np.array(columns[0], np.int32), np.array(columns[1], np.float64), np.array(columns[2], np.int32))
