"""Why a facility was chosen: the few best candidates of a policy's choice, kept beside the reservation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wayside.edge.errors import PluginError
from wayside.ext.arrays import Doubles, Indices, Ints

KEPT = 6  # candidates of each request


class Measure(NamedTuple):
    """What a policy's costs are, in words, and their unit of measure; both may be empty."""

    name: str
    unit: str


UNSAID = Measure("", "")


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
    unit: Ints  # the roadside unit that was asked, by request
    measure: Measure
    facility: Indices
    cost: Doubles  # NaN or infinite: not possible
    free: Ints  # likewise, before the first of the batch was served
    chosen: Ints

    def candidates(self, row: int) -> list[Candidate]:
        """Of one request, the cheapest first."""
        chosen = int(self.chosen[row])
        rows = zip(*(column[row].tolist() for column in (self.facility, self.cost, self.free)), strict=True)
        return [
            Candidate(facility, cost, free, facility == chosen)
            for facility, cost, free in rows
            if np.isfinite(cost) or facility == chosen
        ]


@dataclass(frozen=True)
class Decision:
    """One request's part of a deliberation."""

    of: Deliberation
    row: int

    @property
    def unit(self) -> int:
        """The roadside unit that was asked."""
        return int(self.of.unit[self.row])

    @property
    def candidates(self) -> list[Candidate]:
        """The cheapest first."""
        return self.of.candidates(self.row)


def deliberate(
    costs: Doubles | None,
    chosen: Ints,
    facilities: int,
    free_in: Callable[[Indices], Ints],
    time: float,
    unit: Ints,
    measure: Measure,
    named: str,
    candidates: Ints | None = None,
) -> Deliberation | None:
    """Keep the least costs of each request and in any case the chosen one's. They are requests x facilities, or, where
    `candidates` tells of which facilities they are (-1: none), of that shape. free_in: the free places of some.

    None where the policy does not say its costs, or there is nothing to choose from. PluginError, one line that begins
    with `named`, where they have another shape, or the measure is not a name and a unit.
    """
    if costs is None:
        return None
    if candidates is not None:
        _check_candidates(candidates, costs, len(chosen), facilities, named)
    elif not isinstance(costs, np.ndarray) or costs.shape != (len(chosen), facilities):
        raise PluginError(f"{named}: costs must have {len(chosen)} rows of {facilities} numbers, or be left out")
    if not isinstance(measure, tuple) or len(measure) != 2 or not all(isinstance(part, str) for part in measure):
        raise PluginError(f"{named}: measure is {measure!r}, must be a Measure: a name and its unit, apart")
    if not costs.size:
        return None
    # Only the few kept are put in order: a city has thousands of facilities. What is not possible comes last.
    width, rows = min(KEPT, costs.shape[1]), np.arange(len(costs))[:, None]
    best = np.sort(np.argpartition(costs, width - 1, axis=1)[:, :width], axis=1)
    column = best[rows, np.argsort(costs[rows, best], axis=1, kind="stable")]
    # A policy may choose what is not among the cheapest: the dearest makes room.
    facility = column if candidates is None else candidates[rows, column]
    others = np.flatnonzero((chosen >= 0) & ~(facility == chosen[:, None]).any(axis=1))
    column[others, -1] = chosen[others] if candidates is None else _columns(candidates[others], chosen[others])
    facility = column if candidates is None else candidates[rows, column].astype(np.intp)
    return Deliberation(time, unit, Measure(*measure), facility, costs[rows, column], free_in(facility), chosen)


def _check_candidates(candidates: object, costs: object, requests: int, facilities: int, named: str) -> None:
    """PluginError where they are no numbers of facilities, or not as many as the costs."""
    if not (
        isinstance(candidates, np.ndarray)
        and isinstance(costs, np.ndarray)
        and candidates.ndim == 2
        and candidates.dtype.kind in "iu"
        and candidates.shape == costs.shape
        and len(candidates) == requests
    ):
        raise PluginError(f"{named}: candidates and costs must have {requests} rows of as many numbers each")
    if candidates.size and not (candidates.min() >= -1 and candidates.max() < facilities):
        raise PluginError(f"{named}: candidates must be within -1..{facilities - 1}")


def _columns(candidates: Ints, chosen: Ints) -> Indices:
    """Where the chosen ones stand among the candidates, one for each row; the last where one does not."""
    there = candidates == chosen[:, None]
    return np.where(there.any(axis=1), there.argmax(axis=1), candidates.shape[1] - 1)
