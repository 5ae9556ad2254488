"""Statistics against SciPy and statsmodels called directly, and against data whose truth is known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Doubles, Longs
from wayside.sim.experiments import statistics

STUDIES = 300
Draw = Callable[[np.random.Generator, int], Doubles]

values = arrays(np.float64, st.integers(2, 30), elements=st.floats(-1e6, 1e6))


@pytest.fixture(autouse=True, scope="module")
def _uncollected() -> Iterator[None]:
    """Without the search for garbage at each of statsmodels' corrections: a fifth of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gc.collect", lambda: 0)
        yield


def covered(interval: Callable[[Doubles], tuple[float, float]], draw: Draw, truth: float, runs: int) -> float:
    """The share of studies whose interval holds the truth."""
    random = np.random.default_rng(7)
    found = [interval(draw(random, runs)) for _ in range(STUDIES)]
    return float(np.mean([low <= truth <= high for low, high in found]))


def within_sampling_error(share: float, of: float, studies: int = STUDIES) -> bool:
    """Whether a share is what chance makes of another; wrongly doubted once in ten thousand."""
    return stats.binomtest(round(share * studies), studies, of).pvalue > 1e-4


@pytest.mark.parametrize("runs", [2, 4, 6, 10, 30])
def test_intervals_of_means_cover_as_they_say(runs: int) -> None:
    share = covered(statistics.mean_interval, lambda random, n: random.normal(3.0, 2.0, n), 3.0, runs)
    assert within_sampling_error(share, 0.95)
    share = covered(statistics.mean_interval, lambda random, n: random.uniform(0.0, 1.0, n), 0.5, runs)
    assert share > 0.9


@pytest.mark.parametrize("runs", [3, 9, 10, 30])
def test_intervals_of_differences_cover_as_they_say(runs: int) -> None:
    def differences(found: Doubles) -> tuple[float, float]:
        return statistics.mean_interval(found, symmetric=True)

    assert within_sampling_error(covered(differences, lambda random, n: random.normal(3.0, 2.0, n), 3.0, runs), 0.95)
    outliers = covered(differences, lambda random, n: random.standard_t(3, n), 0.0, runs)
    assert outliers > 0.95 or within_sampling_error(outliers, 0.95)


def test_skewed_runs_are_covered_better_than_by_plain_percentiles_and_by_student() -> None:
    def draw(random: np.random.Generator, n: int) -> Doubles:
        return random.exponential(1.0, n)

    def percentiles(found: Doubles) -> tuple[float, float]:
        low, high = np.quantile(
            found[np.random.default_rng(1).integers(0, 10, (2000, 10))].mean(axis=1), [0.025, 0.975]
        )
        return float(low), float(high)

    def student(found: Doubles) -> tuple[float, float]:
        low, high = stats.t.interval(0.95, 9, found.mean(), stats.sem(found))
        return float(low), float(high)

    ours, plain, normal = (covered(one, draw, 1.0, 10) for one in (statistics.mean_interval, percentiles, student))
    assert ours > normal > plain
    assert ours > 0.91
    assert not within_sampling_error(plain, 0.95)  # the check can fail


def test_few_runs_have_students_interval() -> None:
    few = np.array([1.0, 4.0, 2.5, 3.0])
    expected = stats.t.interval(0.95, 3, few.mean(), stats.sem(few))
    assert statistics.mean_interval(few) == pytest.approx(expected)


def test_means_of_what_hardly_varies() -> None:
    assert statistics.mean_interval(np.full(8, 3.0)) == (3.0, 3.0)
    assert all(map(math.isnan, statistics.mean_interval(np.array([3.0]))))
    nearly = np.array([0.0] * 11 + [1.0])  # of a third of all resamples every value is 0
    assert np.isfinite(statistics.mean_interval(nearly)).all()


def test_few_values_that_are_alike_have_no_interval() -> None:
    """Two runs that came out the same tell nothing of how far others lie apart; five that always say 0 do."""
    assert all(map(math.isnan, statistics.mean_interval(np.full(statistics.ALIKE - 1, 3.0))))
    assert statistics.mean_interval(np.full(statistics.ALIKE, 3.0)) == (3.0, 3.0)


@given(values)
def test_an_interval_is_around_its_mean_and_moves_with_its_values(found: Doubles) -> None:
    low, high = statistics.mean_interval(found)
    if len(found) < statistics.ALIKE and np.ptp(found) == 0.0:
        assert math.isnan(low)
        assert math.isnan(high)
        return
    assert low <= found.mean() + 1e-9 * abs(found).max()
    assert high >= found.mean() - 1e-9 * abs(found).max()
    scale = 1.0 + float(np.ptp(found))
    assert np.array(statistics.mean_interval(found * 2.0 + 5.0)) == pytest.approx(
        np.array([low, high]) * 2.0 + 5.0, abs=1e-6 * scale
    )


@pytest.mark.parametrize("runs", [6, 9, 10, 25, 60])
def test_intervals_of_medians_cover_as_they_say(runs: int) -> None:
    draws: tuple[tuple[Draw, float], ...] = (
        (lambda random, n: random.normal(3.0, 2.0, n), 3.0),
        (lambda random, n: random.standard_t(2, n), 0.0),
        (lambda random, n: random.exponential(1.0, n), math.log(2.0)),
    )
    for draw, truth in draws:
        assert within_sampling_error(covered(statistics.median_interval, draw, truth, runs), 0.95)


def test_medians_of_few_runs_have_no_interval() -> None:
    assert all(map(math.isnan, statistics.median_interval(np.arange(5.0))))
    low, high = statistics.median_interval(np.arange(6.0))
    assert 0.0 <= low < 1.0
    assert 4.0 < high <= 5.0


def test_the_least_and_the_greatest_of_six() -> None:
    """Hettmansperger and Sheather's formula, worked out by hand: of 6, 31/32 and 25/32 by the first and second pair."""
    part = (31 / 32 - 0.95) / (31 / 32 - 25 / 32)
    weight = 5 * part / (1 + 4 * part)
    assert statistics.median_interval(np.arange(6.0)) == pytest.approx((weight, 5.0 - weight))


@given(st.integers(0, 10**6), st.integers(1, 60))
def test_ranks_agree_with_scipy(seed: int, runs: int) -> None:
    found = np.random.default_rng(seed).normal(0.3, 1.0, runs)
    assert statistics.signed_rank(found) == pytest.approx(stats.wilcoxon(found).pvalue)


@given(arrays(np.int64, st.integers(1, 9) | st.integers(14, 60), elements=st.integers(-4, 4)))
def test_ranks_agree_with_scipy_where_some_are_of_one_size(whole: Longs) -> None:
    found = whole.astype(np.float64)
    known = found[found != 0.0]
    if 9 < len(known) < 14:
        return  # SciPy takes seconds
    expected = stats.wilcoxon(known).pvalue if len(known) else 1.0
    assert statistics.signed_rank(found) == pytest.approx(expected)


def test_ranks_agree_with_all_signs_counted() -> None:
    """The exact distribution, from its definition: every pattern of signs is as likely."""
    found = np.array([0.3, -1.2, 2.2, 3.1, 4.0, -0.1, 5.5])
    ranks = stats.rankdata(np.abs(found))
    seen = abs((ranks * np.sign(found)).sum())
    sums = [abs(np.dot(ranks, signs)) for signs in itertools.product((-1, 1), repeat=len(found))]
    assert statistics.signed_rank(found) == pytest.approx(np.mean(np.array(sums) >= seen - 1e-9))
    assert math.isnan(statistics.signed_rank(np.empty(0)))
    assert statistics.signed_rank(np.zeros(4)) == 1.0


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_holm_agrees_with_statsmodels(p: list[float]) -> None:
    assert statistics.holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist())


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_holm_by_its_definition(p: list[float]) -> None:
    ordered = np.sort(p)
    steps = np.minimum(np.maximum.accumulate(ordered * np.arange(len(p), 0, -1)), 1.0)
    assert sorted(statistics.holm(p)) == pytest.approx(steps.tolist())


def test_holm_leaves_out_what_is_not_known() -> None:
    corrected = statistics.holm([0.01, math.nan, 0.04])
    assert corrected[::2] == pytest.approx([0.02, 0.04])
    assert math.isnan(corrected[1])
    assert all(map(math.isnan, statistics.holm([math.nan])))


def test_a_family_in_which_nothing_differs_is_seldom_wrong() -> None:
    """Five comparisons of twelve pairs each; without the correction it would be wrong five times as often."""
    random = np.random.default_rng(3)
    tests = [[statistics.signed_rank(random.normal(size=12)) for _ in range(5)] for _ in range(STUDIES)]
    wrong = float(np.mean([min(statistics.holm(p)) < 0.05 for p in tests]))
    assert wrong <= 0.05 or within_sampling_error(wrong, 0.05)
    uncorrected = float(np.mean([min(p) < 0.05 for p in tests]))
    assert uncorrected > 0.12


@pytest.mark.parametrize("correlated", [0.0, 0.6, 0.9])
def test_half_a_deviation_is_found_with_the_runs_that_pairing_promises(correlated: float) -> None:
    runs = statistics.runs_for_effect(0.5, correlated)
    random = np.random.default_rng(5)
    shared = random.normal(size=(STUDIES, runs)) * math.sqrt(correlated)
    first, second = (shared + random.normal(size=(STUDIES, runs)) * math.sqrt(1.0 - correlated) for _ in range(2))
    found = float(np.mean([statistics.signed_rank(row) < 0.05 for row in second + 0.5 - first]))
    assert found >= 0.8 or within_sampling_error(found, 0.8)
    assert found < 0.95  # and not with far more than it takes


def test_pairing_is_worth_what_its_correlation_says() -> None:
    assert statistics.runs_for_effect(0.5, 0.9) < statistics.runs_for_effect(0.5, 0.0) / 4
    pairs = TTestPower().solve_power(0.5 / math.sqrt(2.0), alpha=0.05, power=0.8)
    assert statistics.runs_for_effect(0.5, 0.0) == pytest.approx(pairs * math.pi / 3.0, abs=2.0)
    assert statistics.runs_for_effect(5.0, 0.99) == 6
    fewer = [statistics.runs_for_effect(0.5, 1.0 - uncorrelated) for uncorrelated in np.geomspace(1.0, 1e-6, 500)]
    assert fewer == sorted(fewer, reverse=True)  # also where SciPy knows no power
    assert fewer[-1] == 6
    assert statistics.runs_for_effect(0.0, 0.5) == 0
    assert statistics.runs_for_effect(0.5, 1.0) == 0


@given(st.floats(0.1, 10.0), st.floats(0.05, 5.0))
def test_runs_for_a_width_are_the_least(deviation: float, reach: float) -> None:
    def width(n: int) -> float:
        return float(stats.t.ppf(0.975, n - 1)) * deviation / math.sqrt(n)

    runs = statistics.runs_for_width(deviation, reach)
    assert width(runs) <= reach
    assert runs == 2 or width(runs - 1) > reach


def test_no_number_of_runs() -> None:
    assert statistics.runs_for_width(1.0, 0.0) == 0
    assert statistics.runs_for_width(math.nan, 1.0) == 0


def test_effects() -> None:
    first, second = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 3.5, 4.0, 4.5])
    differences = second - first
    assert statistics.effect_of_pairs(differences) == pytest.approx(differences.mean() / differences.std(ddof=1))
    pooled = math.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    assert statistics.effect_of_runs(first, second) == pytest.approx(differences.mean() / pooled)
    assert statistics.rank_effect(differences) == 1.0
    assert statistics.rank_effect(np.array([1.0, -2.0, 3.0])) == pytest.approx((1 - 2 + 3) / 6)
    assert statistics.correlation(first, second) == pytest.approx(stats.pearsonr(first, second)[0])
    for nothing in (
        statistics.effect_of_pairs(np.ones(4)),
        statistics.effect_of_runs(np.ones(4), np.ones(4)),
        statistics.rank_effect(np.zeros(4)),
        statistics.correlation(np.ones(4), first),
    ):
        assert math.isnan(nothing)


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(
        WaysideError, match=r"^compare: no_such_thing is not installed: pip install 'wayside\[study\]'$"
    ):
        statistics.check_installed(("no_such_thing", "study"))
