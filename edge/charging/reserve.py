"""Time slots at piles, first come, first served."""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from wayside.edge.charging.forecast import ExpectedEnds, Slot
from wayside.edge.charging.policies import MEASURE, in_rows
from wayside.edge.charging.soonest import MORE, PileOffers, soonest
from wayside.edge.charging.state import Chargers, PileAssignment, PileRequests
from wayside.edge.decision import KEPT
from wayside.edge.plugin import Option
from wayside.ext.arrays import Doubles, Ints

_CLOSE: Final = 1e-6  # s, of rounding


class SlotReservation:
    """A time slot at a pile for whoever asks, at once: from its arrival on, or as soon afterwards as a pile is free for
    all of its charge; where drive, wait and charge take least. First come, first served.

    What is kept for others is theirs: a charge may come before another's slot only if it is over in time. So nobody
    is put back for who has asked later, and a short charge fills a gap that a long one would not fit into. Of each
    group no more slots overlap than it has piles, as far as charges end when expected.
    """

    gap: Annotated[float, Option("between two slots at a pile, as nobody comes to the second", "s", ge=0, le=3600)] = (
        60.0
    )
    candidates: Annotated[
        int, Option("groups of piles that are looked at, those of least drive and charge first", ge=1, le=10_000)
    ] = 256

    def __call__(self, requests: PileRequests, chargers: Chargers, ends: ExpectedEnds) -> PileAssignment:
        """See `Policy`."""
        count = len(requests.edge)
        chosen, cost, begins = np.full(count, -1, np.int32), np.full(count, np.nan), np.full(count, np.nan)
        offers, costs = [], []
        empty = ends.idle()  # were nobody there: nowhere is anybody done sooner
        for row in range(count):
            few = KEPT
            while True:
                best = soonest(requests, row, chargers, empty, min(few, self.candidates))
                begin, done = self._slots(best, chargers.piles, ends, requests.max_wait_s)
                if len(best.group) < few or done.min() < best.done_s[-1]:
                    break
                few *= MORE
            offers.append(best)
            costs.append(done)
            if len(done) and np.isfinite(done.min()):
                at = int(np.lexsort((best.group, done))[0])
                chosen[row], cost[row], begins[row] = best.group[at], done[at], begin[at]
                ends.add(int(best.group[at]), float(done[at]), float(begin[at]))
        candidates, told = in_rows(offers, costs)
        return PileAssignment(chosen, cost, told, MEASURE, candidates, begins)

    def _slots(self, offers: PileOffers, piles: Ints, ends: ExpectedEnds, max_wait: float) -> tuple[Doubles, Doubles]:
        """When the first slot begins and is over at each of a request's offers, s from now; infinite where none begins
        before the vehicle has waited too long.
        """
        begins = np.full(len(offers.group), np.inf)
        for k, (group, drive, charge, _) in enumerate(zip(*(column.tolist() for column in offers), strict=True)):
            begin = first_gap(ends.slots(group), int(piles[group]), drive, charge, self.gap)
            begins[k] = begin if begin - drive <= max_wait else np.inf
        return begins, begins + offers.charge_s


def first_gap(slots: list[Slot], piles: int, earliest: float, length: float, gap: float) -> float:
    """When a pile is first free for so long, s, not before `earliest`; infinite without a pile.

    Slots are taken to need a `gap` behind them. Where more overlap than there are piles, as charges have taken longer
    than expected, those count that begin first.
    """
    if piles < 1:
        return float("inf")
    taken = [(slot.begin, slot.end + gap) for slot in slots if slot.end + gap > earliest]
    # A slot can begin when it is wanted, or when another ends.
    for begin in sorted({earliest, *(end for _, end in taken if end > earliest)}):
        end = begin + length + gap
        here = [slot for slot in taken if slot[0] < end - _CLOSE and slot[1] > begin + _CLOSE]
        if most_at_once(here, begin) < piles:
            return begin
    return float("inf")  # unreachable: behind the last end nothing is taken


def most_at_once(slots: list[tuple[float, float]], begin: float) -> int:
    """How many of these overlap at once from `begin` on."""
    starts = [max(one, begin) for one, _ in slots]
    return max((sum(one <= at + _CLOSE < end for one, end in slots) for at in starts), default=0)
