"""What can be said of numbers that were drawn: pure functions over arrays, NaN left out beforehand.

SciPy and statsmodels are loaded where they are used; `check_installed` says beforehand whether they are there.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles, Flags

LEVEL = 0.95  # of intervals
RESAMPLES = 9999
FEWEST_FOR_BOOTSTRAP = 6  # below, too many resamples consist of one value
FEWEST_FOR_SYMMETRIC = 10  # below, it is wider than it says
ALPHA = 1.0 - LEVEL  # of tests
POWER = 0.8
FEWEST_FOR_RANKS = 6  # pairs: with less, Wilcoxon's test finds nothing at this level
MOST_OF_ONE_SIZE = 13  # differences up to which SciPy's test is exact where some are of one size
CERTAIN = 6.0  # noncentrality at which three pairs have that power; further on SciPy's distribution may be NaN
MANY = 1 << 30  # runs: never
NOTHING = (math.nan, math.nan)
ALIKE = 5  # values that are all the same from which on their mean is taken to be known


def check_installed(*modules: tuple[str, str], command: str = "compare") -> None:
    """WaysideError, one line that says what to install, where one of these (module, extra) is not there."""
    for module, extra in modules:
        if importlib.util.find_spec(module) is None:
            raise WaysideError(f"{command}: {module} is not installed: pip install 'wayside[{extra}]'")


def mean_interval(values: Doubles, symmetric: bool = False) -> tuple[float, float]:
    """The interval of a mean at `LEVEL`; NaN for less than two values, and for less than `ALIKE` that are all the same,
    which tell nothing of their spread. `symmetric`: of differences, see below.

    The studentized bootstrap (bootstrap-t: Efron, Tibshirani 1993, 12.5): of resamples, the distribution of the mean's
    distance from the true one over its own standard error. Intervals of percentiles are too short for few values. For
    less than `FEWEST_FOR_BOOTSTRAP`, and where nearly all values are the same, Student's interval. Resamples are the
    same for every call with so many values. Differences of two arms lie about their mean alike on both sides, often
    with far outliers: theirs is the symmetric interval (Hall 1988), for less than `FEWEST_FOR_SYMMETRIC` Student's.
    """
    n = len(values)
    if n < 2:
        return NOTHING
    mean, error = float(values.mean()), float(values.std(ddof=1)) / math.sqrt(n)
    if error == 0.0:
        return (mean, mean) if n >= ALIKE else NOTHING
    reach = _student(0.5 + LEVEL / 2.0, n - 1) * error
    if n < (FEWEST_FOR_SYMMETRIC if symmetric else FEWEST_FOR_BOOTSTRAP):
        return mean - reach, mean + reach
    weights = _weights(n)
    scaled = (values - mean) / values.std()
    means = weights @ scaled
    spread = np.sqrt(np.maximum(weights @ (scaled * scaled) - means**2, 0.0) / (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(spread > 1e-7, means / spread, np.sign(means) * np.inf)
    ratios[np.isnan(ratios)] = 0.0
    if symmetric:
        high = np.quantile(np.abs(ratios), LEVEL, method="inverted_cdf")
        low = -high
    else:
        low, high = np.quantile(ratios, [0.5 - LEVEL / 2.0, 0.5 + LEVEL / 2.0], method="inverted_cdf")
    if not (math.isfinite(low) and math.isfinite(high)):
        return mean - reach, mean + reach
    return mean - float(high) * error, mean - float(low) * error


@cache
def _weights(n: int) -> Doubles:
    """How often each of n values is in a resample, as shares: `RESAMPLES` x n."""
    return np.random.default_rng(n).multinomial(n, [1.0 / n] * n, size=RESAMPLES) / n


def _student(share: float, freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf(share, freedom))


def median_interval(values: Doubles) -> tuple[float, float]:
    """The interval of a median at `LEVEL`; NaN where even the least and the greatest value do not reach it (n < 6).

    Order statistics, interpolated (Hettmansperger, Sheather 1986): no assumption on the distribution.
    """
    n, ordered = len(values), np.sort(values)
    if n < 1 or 1.0 - 2.0 * 0.5**n < LEVEL:
        return NOTHING
    d, weight = _ranks_about_median(n)
    inner = min(d, n - 1 - d)
    low = (1.0 - weight) * ordered[d - 1] + weight * ordered[inner]
    high = (1.0 - weight) * ordered[n - d] + weight * ordered[n - 1 - inner]
    return float(low), float(high)


@cache
def _ranks_about_median(n: int) -> tuple[int, float]:
    """The d-th value from each end of n, and the weight of the next further in."""
    from scipy.stats import binom

    covers = [1.0 - 2.0 * float(binom.cdf(d - 1, n, 0.5)) for d in range(1, n // 2 + 1)]  # of the d-th from each end
    d = max(rank for rank, share in enumerate(covers, 1) if share >= LEVEL)
    wide, narrow = covers[d - 1], covers[d] if d < len(covers) else 0.0
    part = (wide - LEVEL) / (wide - narrow)
    return d, (n - d) * part / (d + (n - 2 * d) * part)


def signed_rank(differences: Doubles) -> float:
    """Wilcoxon's signed rank test, two-sided: p. Differences of 0 are left out; 1 where all are, NaN for none.

    As `scipy.stats.wilcoxon` has it: exact up to 50 differences, of which no two are of one size, or up to 13; else by
    the normal distribution.
    """
    from scipy.stats import rankdata, wilcoxon

    if not len(differences):
        return math.nan
    known = differences[differences != 0.0]
    if not len(known):
        return 1.0
    ranks = rankdata(np.abs(known))
    if len(known) <= MOST_OF_ONE_SIZE and len(np.unique(ranks)) < len(ranks):
        return _exact(ranks, known > 0.0)
    return float(wilcoxon(known).pvalue)


def _exact(ranks: Doubles, positive: Flags) -> float:
    """The signed rank test's p by all patterns of signs, also where ranks are shared; SciPy tries each of them, which
    takes seconds.
    """
    whole = np.rint(2.0 * ranks).astype(np.int64)  # shared ranks are halves
    counts = np.zeros(int(whole.sum()) + 1)  # of patterns, by the sum of their positive ranks
    counts[0] = 1.0
    for rank in whole.tolist():
        counts[rank:] += counts[:-rank].copy()
    seen = int(whole[positive].sum())
    least = min(counts[: seen + 1].sum(), counts[seen:].sum())
    return min(2.0 * float(least) / 2.0 ** len(ranks), 1.0)


def holm(p: Sequence[float]) -> list[float]:
    """Values of p of a family of tests, corrected by Holm (1979). NaN stays, and counts for nothing.

    With a probability of at most alpha any of them is below alpha for a test in which nothing differs.
    """
    from statsmodels.stats.multitest import multipletests

    corrected = np.array(p, np.float64)
    known = np.isfinite(corrected)
    if known.any():
        corrected[known] = multipletests(corrected[known], alpha=ALPHA, method="holm")[1]
    return corrected.tolist()


def effect_of_pairs(differences: Doubles) -> float:
    """Cohen's d of paired values: mean difference over the differences' standard deviation; NaN where that is 0."""
    return _over(float(differences.mean()), differences) if len(differences) > 1 else math.nan


def effect_of_runs(first: Doubles, second: Doubles) -> float:
    """Cohen's d with the standard deviation of the runs themselves (root of the mean variance, Cohen 1988); NaN where
    that is 0.
    """
    if len(first) < 2:
        return math.nan
    spread = math.sqrt((float(first.var(ddof=1)) + float(second.var(ddof=1))) / 2.0)
    return float((second - first).mean()) / spread if spread > 0.0 else math.nan


def rank_effect(differences: Doubles) -> float:
    """Rank-biserial correlation of matched pairs (Kerby 2014): 1 where all differ upwards, -1 downwards; NaN where none
    does.
    """
    from scipy.stats import rankdata

    known = differences[differences != 0.0]
    if not len(known):
        return math.nan
    ranks = rankdata(np.abs(known))
    return float((ranks * np.sign(known)).sum() / ranks.sum())


def correlation(first: Doubles, second: Doubles) -> float:
    """Pearson's, of paired values: what pairing them is worth; NaN where one does not vary, or of less than three."""
    if len(first) < 3 or np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        return math.nan
    return float(np.corrcoef(first, second)[0, 1])


def _over(mean: float, values: Doubles) -> float:
    spread = float(values.std(ddof=1))
    return mean / spread if spread > 0.0 else math.nan


def runs_for_width(deviation: float, half_width: float) -> int:
    """How many runs it takes until the interval of a mean reaches no further, by Student's distribution; at least 2.

    0 where no number of runs is known to do: for a half width of 0, or a standard deviation that is not known.
    """
    if not (half_width > 0.0 and math.isfinite(deviation)):
        return 0
    return _least(2, lambda n: _student(0.5 + LEVEL / 2.0, n - 1) * deviation / math.sqrt(n) <= half_width)


def runs_for_effect(effect: float, correlated: float) -> int:
    """How many pairs find an effect, in standard deviations of the runs, with a probability of `POWER`.

    correlated: of the pairs. By the paired t test (Cohen 1988, 2.3.5), and as many more as Wilcoxon's takes where
    differences are normal (3 / pi: Hodges, Lehmann 1956). 0 for no effect, and where pairs differ by nothing else.
    """
    from statsmodels.stats.power import TTestPower

    spread = math.sqrt(max(2.0 * (1.0 - correlated), 0.0))
    if not (abs(effect) > 0.0 and math.isfinite(effect) and spread > 0.0):
        return 0
    standardized, test = abs(effect) / spread, TTestPower()

    def enough(n: int) -> bool:
        return standardized * math.sqrt(n) >= CERTAIN or bool(test.power(standardized, n, ALPHA) >= POWER)

    pairs = _least(3, enough)
    return max(math.ceil(pairs * math.pi / 3.0), FEWEST_FOR_RANKS)


def _least(low: int, enough: Callable[[int], bool]) -> int:
    """The least number from `low` on that is enough, where all greater ones are too."""
    if enough(low):
        return low
    high = 2 * low
    while not enough(high) and high < MANY:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
