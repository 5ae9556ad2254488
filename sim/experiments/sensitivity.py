"""How much a figure depends on each of the numbers that were varied together: pure functions over arrays."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from wayside.ext.arrays import Doubles
from wayside.sim.experiments.sampling import unit_cube
from wayside.sim.experiments.statistics import LEVEL

RESAMPLES = 1000  # of base points, for the confidence of indices
SEED = 1  # of these
MOST_EXACT = 8  # points: their orders are 40,320
FEWEST = 4  # points, or base points, of which anything is said


class Index(NamedTuple):
    """Sobol's indices of a field, shares of the figure's variance; `_reach`: half the interval at `LEVEL`."""

    first: float  # what it explains alone
    first_reach: float
    total: float  # with all that it does together with others
    total_reach: float


NO_INDEX = Index(math.nan, math.nan, math.nan, math.nan)


def sobol_indices(values: Doubles, fields: int) -> list[Index]:
    """Indices of each field, from values in the order of `sampling.sample("sobol")`: base points x (fields + 2).

    By SALib (Saltelli et al. 2010; intervals by bootstrap of the base points). Base points of which a value is missing
    (NaN) are left out whole. NaN where nothing varies, or fewer than `FEWEST` base points are left.
    """
    from SALib.analyze import sobol

    blocks = values.reshape(-1, fields + 2)
    whole = blocks[np.isfinite(blocks).all(axis=1)]
    if len(whole) < FEWEST or np.ptp(whole) == 0.0:
        return [NO_INDEX] * fields
    with np.errstate(all="ignore"):
        found = sobol.analyze(
            unit_cube(fields), whole.ravel(), False, num_resamples=RESAMPLES, conf_level=LEVEL, seed=SEED
        )
    columns = (found[name] for name in ("S1", "S1_conf", "ST", "ST_conf"))
    return [Index(*map(float, row)) for row in zip(*columns, strict=True)]


def rank_correlation(field: Doubles, values: Doubles) -> tuple[float, float]:
    """Spearman's, over points, and its p, two-sided; NaN where one does not vary, or of fewer than `FEWEST` points.

    Up to `MOST_EXACT` points by all orders that there are, as SciPy's distribution is none of so few.
    """
    from scipy.stats import rankdata, spearmanr

    known = np.isfinite(values)
    if known.sum() < FEWEST or np.ptp(field[known]) == 0.0 or np.ptp(values[known]) == 0.0:
        return math.nan, math.nan
    found = spearmanr(field[known], values[known])
    if known.sum() > MOST_EXACT:
        return float(found.statistic), float(found.pvalue)
    first, second = (rankdata(one) - rankdata(one).mean() for one in (field[known], values[known]))
    orders = np.array(list(itertools.permutations(second)))
    as_far = np.abs(orders @ first) >= abs(float(second @ first)) - 1e-9
    return float(found.statistic), float(as_far.mean())


def share_of_chance(values: Doubles) -> float:
    """Which share of the variance of points' means is chance of the replications, points x replications; NaN of one.

    What all points of a replication share is none: it moves all means alike. So the chance is the variance left over
    by points and replications (two-way layout without interaction), over the number of replications.
    """
    whole = values[np.isfinite(values).all(axis=1)]
    points, replications = whole.shape
    if points < 2 or replications < 2:
        return math.nan
    means = whole.mean(axis=1)
    if (spread := float(means.var(ddof=1))) == 0.0:
        return math.nan
    left = whole - means[:, None] - whole.mean(axis=0) + whole.mean()
    chance = float((left**2).sum()) / ((points - 1) * (replications - 1)) / replications
    return min(chance / spread, 1.0)
