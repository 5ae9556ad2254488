"""The batch, with a forecast of who else comes to the piles and who leaves them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from wayside.edge.charging.batch import BatchCompletion
from wayside.edge.charging.forecast import ExpectedEnds
from wayside.edge.charging.soonest import PileOffers
from wayside.edge.charging.state import Chargers, PileAssignment, PileRequests
from wayside.edge.context import Context
from wayside.edge.decision import Measure
from wayside.edge.plugin import Option
from wayside.edge.rates import Rates
from wayside.ext.arrays import Doubles


class PredictiveCompletion(BatchCompletion):
    """As `batch`, but a group counts for less the likelier others take its last pile before a vehicle is there.

    Others, who come to charge without being sent, and leave, are Poisson streams at rates that are learnt while the run
    goes on (`Rates`). A pile promised is not kept free from them: who finds all taken waits, which costs `again`.
    """

    measure: ClassVar[Measure] = Measure("drive, wait, charge and the risk of finding all piles taken", "s")
    context: Context

    memory: Annotated[float, Option("time over which what was learnt fades", "s", gt=0)] = 1800.0
    prior: Annotated[float, Option("as how much watching the city's mean counts", "s", gt=0)] = 600.0
    again: Annotated[float, Option("what it costs to find all piles taken", "s", ge=0)] = 600.0

    def __init__(self) -> None:
        self._rates: Rates | None = None

    def __call__(self, requests: PileRequests, chargers: Chargers, ends: ExpectedEnds) -> PileAssignment:
        """See `Policy`."""
        if self._rates is None or len(self._rates.capacity) != len(chargers.ids):
            self._rates = Rates(chargers.piles, self.memory, self.prior)
        self._rates.see(self.context.time, chargers.occupied + chargers.reserved - chargers.appeared)
        assignment = super().__call__(requests, chargers, ends)
        self._rates.gave(assignment.charger[assignment.charger >= 0])
        return assignment

    def forecast(self, chargers: Chargers, after_s: float) -> Doubles | None:
        """How many piles of each group are expected to be taken or promised so many seconds from now; None before
        anybody has asked: nothing is learnt yet.
        """
        return None if self._rates is None else self._rates.expected(chargers.occupied + chargers.reserved, after_s)

    def risk(self, offers: PileOffers, chargers: Chargers) -> Doubles:
        """What the chance of finding all piles taken is worth, s."""
        assert self._rates is not None
        chance = self._rates.lost(chargers.free_in(offers.group), offers.group, offers.drive_s)
        worth: Doubles = self.again * chance
        return worth
