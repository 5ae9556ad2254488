"""All open requests together, at the least sum of completions."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, NamedTuple

import numpy as np

from wayside.edge.charging.forecast import ExpectedEnds
from wayside.edge.charging.policies import MEASURE, in_rows
from wayside.edge.charging.soonest import PileOffers, completion, soonest
from wayside.edge.charging.state import Chargers, PileAssignment, PileRequests
from wayside.edge.decision import Measure
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Ints
from wayside.ext.assignment import assign

REFUSED: Final = 1e9  # s: a promise, however late, is better than none


class Slots(NamedTuple):
    """When piles come free; one entry each, the groups ascending, those of a group by time."""

    group: Ints
    begin: Doubles  # s from now
    piles: Ints  # that come free then


class Bids(NamedTuple):
    """What some slots are worth to a request; one entry each."""

    slot: Ints
    done_s: Doubles  # from now
    again_s: Doubles  # the same where one has to wait there for the vehicle before


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
    measure: ClassVar[Measure] = MEASURE

    candidates: Annotated[int, Option("groups of piles that are looked at, the soonest done first", ge=1, le=1000)] = 32

    def __call__(self, requests: PileRequests, chargers: Chargers, ends: ExpectedEnds) -> PileAssignment:
        """See `Policy`."""
        count = len(requests.edge)
        chosen, cost = np.full(count, -1, np.int32), np.full(count, np.nan)
        left = np.arange(count)
        first: list[tuple[PileOffers, Doubles]] = []
        while len(left):
            offers = [soonest(requests, row, chargers, ends, self.candidates) for row in left.tolist()]
            risks = [self.risk(one, chargers) for one in offers]
            first = first or list(zip(offers, risks, strict=True))
            given, done, charge, risk = self._round(offers, risks, chargers, ends, requests.max_wait_s)
            taken = given >= 0
            if not taken.any():
                break
            chosen[left[taken]], cost[left[taken]] = given[taken], done[taken] + risk[taken]
            for group, end, begin in zip(*(one[taken].tolist() for one in (given, done, done - charge)), strict=True):
                ends.add(group, end, begin)
            left = left[~taken]
        candidates, costs = in_rows([one for one, _ in first], [one.done_s + risk for one, risk in first])
        return PileAssignment(chosen, cost, costs, self.measure, candidates)

    def risk(self, offers: PileOffers, chargers: Chargers) -> Doubles:
        """What else is to be expected at each of a request's offers, s: nothing."""
        return np.zeros(len(offers.group))

    def _round(
        self, offers: list[PileOffers], risks: list[Doubles], chargers: Chargers, ends: ExpectedEnds, max_wait: float
    ) -> tuple[Ints, Doubles, Doubles, Doubles]:
        """The group for each request, -1 for none yet, when it is done, s from now, how long it charges, and what else
        is to be expected.
        """
        count = len(offers)
        given, (done, charge, risk) = np.full(count, -1, np.int32), np.full((3, count), np.nan)
        every = np.concatenate([one.group for one in offers])
        if not len(every):
            return given, done, charge, risk
        groups, which = np.unique(every, return_inverse=True)
        # As if a slot were taken by the shortest charge that is asked for there: so soon comes the pile free again.
        shortest = np.full(len(groups), np.inf)
        np.minimum.at(shortest, which, np.concatenate([one.charge_s for one in offers]))
        slots = free_slots(ends, chargers.piles, count, groups)
        again = [shortest[np.searchsorted(groups, one.group)] for one in offers]
        told = zip(offers, risks, again, strict=True)
        bids = [bids_of(one, risk, after, slots, max_wait) for one, risk, after in told]
        # The slots of a round, and numbered after them the same ones a second time.
        place, cost = in_bids(bids, len(slots.group))
        column = assign(place, cost, np.tile(slots.piles, 2), np.full(count, REFUSED))
        number = np.where(column >= 0, place[np.arange(count), column], -1)
        now = number[(number >= 0) & (number < len(slots.group))]
        room = slots.piles - np.bincount(now, minlength=len(slots.piles))
        for row in np.flatnonzero(number >= 0).tolist():
            at = int(number[row]) % len(slots.group)
            if number[row] != at:
                if room[at] <= 0:
                    continue  # in the next round
                room[at] -= 1  # nobody is before it: the drive takes longer than either wait
            group = given[row] = slots.group[at]
            mine = int(np.flatnonzero(offers[row].group == group)[0])
            charge[row] = offers[row].charge_s[mine]
            risk[row] = risks[row][mine]
            done[row] = max(float(offers[row].drive_s[mine]), float(slots.begin[at])) + charge[row]
        return given, done, charge, risk


def bids_of(offers: PileOffers, risk: Doubles, again: Doubles, slots: Slots, max_wait: float) -> Bids:
    """All slots of the groups that are offered to one. risk: what else is to be expected at each of these; again: how
    soon after its begin each of their slots comes free once more, s.
    """
    first, last = (np.searchsorted(slots.group, offers.group, side) for side in ("left", "right"))
    many = last - first
    of = np.repeat(np.arange(len(many)), many)
    slot = first[of] + np.arange(len(of)) - np.repeat(np.cumsum(many) - many, many)
    drive, charge, begin = offers.drive_s[of], offers.charge_s[of], slots.begin[slot]
    done = completion(drive, charge, begin, max_wait) + risk[of]
    return Bids(slot.astype(np.int32), done, completion(drive, charge, begin + again[of], max_wait) + risk[of])


def in_bids(bids: list[Bids], slots: int) -> tuple[Ints, Doubles]:
    """Bids as an assignment takes them: the slots' numbers, ascending, `slots` higher where one waits for the vehicle
    before, -1 for none; and what they cost, infinite there. Requests x as many as one has at most.
    """
    width = 2 * max(len(one.slot) for one in bids)
    place, cost = np.full((len(bids), width), -1, np.int32), np.full((len(bids), width), np.inf)
    for row, (slot, done, again) in enumerate(bids):
        number, its = np.concatenate((slot, slot + slots)), np.concatenate((done, again))
        some = np.flatnonzero(np.isfinite(its))
        some = some[np.argsort(number[some])]
        place[row, : len(some)], cost[row, : len(some)] = number[some], its[some]
    return place, cost


def free_slots(ends: ExpectedEnds, piles: Ints, most: int, groups: Ints) -> Slots:
    """When piles of these groups, ascending, come free, at most `most` of each."""
    rows: list[tuple[int, float, int]] = []
    for group in groups.tolist():
        count, running = int(piles[group]), ends[group]
        if (idle := count - len(running)) > 0:
            rows.append((group, 0.0, min(idle, most)))
        begins = running[max(-idle, 0) : max(-idle, 0) + most - max(idle, 0)] if most > idle else []
        rows.extend((group, end, 1) for end in begins[: count - max(idle, 0)])
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return Slots(np.array(columns[0], np.int32), np.array(columns[1], np.float64), np.array(columns[2], np.int32))
