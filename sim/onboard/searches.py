"""Searches for a bay: what is written down of each, and the key figures over them (definitions: docs/kpis.md).

Who has not parked when a run ends, or goes to charge first, is a censored observation: it has searched at least so
long. Leaving such out would favour whatever leaves many without a bay.
"""

from __future__ import annotations

from array import array
from bisect import insort
from dataclasses import dataclass

import numpy as np

from wayside.ext.arrays import Doubles, Flags
from wayside.sim.onboard.survival import area, horizon_at, of_sorted, quantile_of
from wayside.sim.stations.histograms import ratio

_NOTHING = np.empty(0)


@dataclass
class Search:
    """One driver's search: a row of parking.parquet. Times in s of simulation, NaN for what has not happened."""

    vehicle: str
    equipped: bool
    wished: str  # car park of the driver's own plan
    began: float  # within the request distance of it, or parked elsewhere before
    requested: float = float("nan")
    reserved: float = float("nan")  # and accepted
    parked: float = float("nan")
    left: float = float("nan")
    ended: float = float("nan")  # parked, or left without; until when it was watched
    requests: int = 0
    rejected: int = 0
    lost: int = 0  # reservations lost to others
    assigned: str = ""  # the last car park reserved
    taken: str = ""
    driven_m: float = 0.0  # since it began
    direct_m: float = float("nan")  # shortest way from where it began to the bay taken, or to the wish while none is
    cruising_m: float = float("nan")  # driven beyond it
    walk_m: float = float("nan")  # straight line from the bay to the wish
    price_per_hour: float = float("nan")
    stay: float = float("nan")  # s, as planned
    outcome: str = "searching"  # parked, guided (as reserved), ignored (went one's own way), gone, elsewhere


class _Ended:
    """The ended searches of one group, in such an order that figures cost little however many there are."""

    def __init__(self) -> None:
        self.found, self.left, self.gone = array("d"), array("d"), array("d")  # s ascending; of the gone the begins
        self.cruising, self.walk, self.price = _Sum(), _Sum(), _Sum()

    def add(self, search: Search) -> None:
        """One more has ended."""
        if not np.isnan(search.parked):
            insort(self.found, max(search.parked - search.began, 0.0))
        elif search.outcome == "gone":
            insort(self.gone, search.began)
        else:
            insort(self.left, max(search.ended - search.began, 0.0))
        self.cruising.add(search.cruising_m)
        self.walk.add(search.walk_m)
        self.price.add(search.price_per_hour)

    def figures(self, searching: Doubles, cruising: Doubles, now: float, most: float) -> dict[str, float]:
        """With those that go on: for how long each, ascending, and what each has cruised."""
        found, left = np.frombuffer(self.found), np.frombuffer(self.left)
        gone = (now - np.frombuffer(self.gone))[::-1]
        count = len(found) + len(left) + len(gone) + len(searching)
        times, share = of_sorted(found, left, gone, searching)
        longest = max((float(part[-1]) for part in (found, left, gone, searching) if len(part)), default=0.0)
        horizon = horizon_at(share, longest, most)
        return {
            "searches": count,
            "parked_share": ratio(len(found), count),
            "search_time_s": area(times, share, horizon) if count else float("nan"),
            "search_time_p50_s": quantile_of(times, share, 0.5),
            "search_time_p95_s": quantile_of(times, share, 0.95),
            "search_horizon_s": horizon if count else float("nan"),
            "cruising_m": self.cruising.mean(cruising),
            "walking_distance_m": self.walk.mean(),
            "price_per_hour": self.price.mean(),
        }


@dataclass
class _Sum:
    """Of what is known."""

    total: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        if np.isfinite(value):
            self.total += value
            self.count += 1

    def mean(self, more: Doubles = _NOTHING) -> float:
        known = more[np.isfinite(more)]
        return ratio(self.total + float(known.sum()), self.count + len(known))


class Tally:
    """Figures over all searches, and over those with and without a unit, kept up as searches end."""

    def __init__(self) -> None:
        self._groups = {"": _Ended(), "equipped.": _Ended(), "unequipped.": _Ended()}

    def end(self, search: Search) -> None:
        """A search has ended, with a bay or without."""
        self._groups[""].add(search)
        self._groups["equipped." if search.equipped else "unequipped."].add(search)

    def figures(self, began: Doubles, cruising: Doubles, equipped: Flags, now: float, most: float) -> dict[str, float]:
        """At `now` s, with the searches that go on: since when, and what each has cruised; NaN for a mean over nothing.

        most: s that a search counts at most in the mean.
        """
        seconds = np.maximum(now - began, 0.0)
        which = np.ones(len(began), bool), equipped, ~equipped
        return {
            f"parking.{group}{name}": value
            for (group, ended), mine in zip(self._groups.items(), which, strict=True)
            for name, value in ended.figures(np.sort(seconds[mine]), cruising[mine], now, most).items()
        }
