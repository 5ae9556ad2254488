"""How long it takes until something is found, where some have not found it yet: the estimates of survival analysis."""

from __future__ import annotations

import numpy as np

from wayside.ext.arrays import Doubles, Flags


def observed(began: Doubles, parked: Doubles, ended: Doubles, gone: Flags, now: float) -> tuple[Doubles, Flags]:
    """How long each search was watched [s], and whether it found a bay, at `now` s.

    Who has left the simulation without a bay will not find one: it counts as still searching, as in the subdistribution
    of a competing risk (Fine and Gray 1999; the time of censoring, the run's end, is known for all).
    """
    found = np.isfinite(parked)
    last = np.where(found, parked, np.where(gone | np.isnan(ended), now, ended))
    return np.maximum(last - began, 0.0), found


def survival(seconds: Doubles, found: Flags) -> tuple[Doubles, Doubles]:
    """The times at which bays were found, ascending, and the share still searching after each.

    The product-limit estimator (Kaplan and Meier 1958) over times of observation, of which those not `found` are
    censored.
    """
    return of_sorted(np.sort(seconds[found]), np.sort(seconds[~found]))


def of_sorted(found: Doubles, *censored: Doubles) -> tuple[Doubles, Doubles]:
    """`survival` of times of observation in ascending order: of those who found a bay, and of others."""
    first = np.flatnonzero(np.diff(found, prepend=-np.inf))
    times, events = found[first], np.diff(first, append=len(found))
    at_risk = len(found) - first
    for others in censored:
        at_risk = at_risk + len(others) - np.searchsorted(others, times, "left")
    share = np.cumprod(1.0 - events / at_risk).astype(np.float64)
    return times, share


def horizon_of(seconds: Doubles, found: Flags, most: float) -> float:
    """Up to when the share still searching is known, s, `most` at most: for ever, once all have found a bay."""
    _, share = survival(seconds, found)
    return horizon_at(share, float(seconds.max(initial=0.0)), most)


def horizon_at(share: Doubles, longest: float, most: float) -> float:
    """The same of the share still searching after each time, and the longest time that one was watched, s."""
    return most if len(share) and share[-1] <= 0.0 else min(most, longest)


def restricted_mean(seconds: Doubles, found: Flags, horizon: float) -> float:
    """The mean of the times until found, each counted as `horizon` s at most: the area under `survival` up to there.

    Irwin 1949; Royston and Parmar 2013. NaN where there is nobody.
    """
    return area(*survival(seconds, found), horizon) if len(seconds) else float("nan")


def area(times: Doubles, share: Doubles, horizon: float) -> float:
    """The area under a share that stays from each time to the next, up to `horizon` s."""
    steps = np.diff(np.minimum(np.concatenate(([0.0], times, [np.inf])), horizon))
    return float((steps * np.concatenate(([1.0], share))).sum())


def quantile(seconds: Doubles, found: Flags, part: float) -> float:
    """The time after which a part (0..1) has found a bay, s; NaN where so many have not while they were watched."""
    return quantile_of(*survival(seconds, found), part)


def quantile_of(times: Doubles, share: Doubles, part: float) -> float:
    """`quantile` of the share still searching after each time."""
    reached = np.flatnonzero(share <= 1.0 - part + 1e-12)
    return float(times[reached[0]]) if len(reached) else float("nan")
