"""Why a facility was chosen: the few best candidates of a policy's choice, kept beside the reservation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import PluginError

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]

KEPT = 6  # candidates of each request


@dataclass(frozen=True)
class Candidate:
    """A facility that could have been chosen: what it would have cost, and its free places at that moment."""

    facility: int
    cost: float
    free: int
    chosen: bool


@dataclass(frozen=True)
class Deliberation:
    """What a policy weighed for a batch of requests: the best columns of its costs, requests x `KEPT` at most."""

    time: float  # s
    unit: int  # the roadside unit that was asked, or -1
    measure: str  # what a cost is, with its unit of measure
    facility: NDArray[np.intp]
    cost: Doubles  # NaN or infinite: not possible
    free: Ints  # by facility, before the first of the batch was served
    chosen: Ints

    def candidates(self, row: int) -> list[Candidate]:
        """Of one request, the cheapest first."""
        chosen = int(self.chosen[row])
        rows = zip(self.facility[row].tolist(), self.cost[row].tolist(), strict=True)
        return [
            Candidate(facility, cost, int(self.free[facility]), facility == chosen)
            for facility, cost in rows
            if np.isfinite(cost) or facility == chosen
        ]


@dataclass(frozen=True)
class Decision:
    """One request's part of a deliberation."""

    of: Deliberation
    row: int

    @property
    def candidates(self) -> list[Candidate]:
        """The cheapest first."""
        return self.of.candidates(self.row)


def deliberate(
    costs: Doubles | None, chosen: Ints, free: Ints, time: float, unit: int, measure: str, field: str
) -> Deliberation | None:
    """Keep the least costs of each request (requests x facilities) and in any case the chosen one's.

    None where the policy does not say its costs, or there is nothing to choose from. PluginError, with the
    scenario's field, where they have another shape.
    """
    if costs is None:
        return None
    if not isinstance(costs, np.ndarray) or costs.shape != (len(chosen), len(free)):
        raise PluginError(f"{field}: costs must have {len(chosen)} rows of {len(free)} numbers, or be left out")
    if not costs.size:
        return None
    # Only the few kept are put in order: a city has thousands of facilities. What is not possible comes last.
    width, rows = min(KEPT, costs.shape[1]), np.arange(len(costs))[:, None]
    best = np.sort(np.argpartition(costs, width - 1, axis=1)[:, :width], axis=1)
    facility = best[rows, np.argsort(costs[rows, best], axis=1, kind="stable")]
    # A policy may choose what is not among the cheapest: the dearest makes room.
    others = np.flatnonzero((chosen >= 0) & ~(facility == chosen[:, None]).any(axis=1))
    facility[others, -1] = chosen[others]
    return Deliberation(time, unit, measure, facility, costs[rows, facility], free, chosen)
