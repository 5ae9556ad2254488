"""What a study found: each figure in each arm, and each pair of arms held against each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import filter, fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from wayside.ext.arrays import Doubles
from wayside.sim.experiments import statistics
from wayside.sim.experiments.sensitivity import NO_INDEX, rank_correlation, share_of_chance, sobol_indices
from wayside.sim.experiments.study import Design, Precision, StudyError, precision
from wayside.sim.experiments.tables import Outcomes
from wayside.sim.scenario import explain
from wayside.sim.scenario.registry import registered

if TYPE_CHECKING:
    import pyarrow as pa

TRAFFIC = (
    "vehicles.arrived",
    "vehicles.mean_speed_m_s",
)  # tested with the headlines of services
_WATCHED = {"wayside.observers": "record.observers", "wayside.services": "v2x.services"}  # what has figures by its name
USUAL_PRECISION = "5%"  # what the numbers of further runs are for, where none is asked for


@dataclass(frozen=True)
class Summary:
    """A figure in an arm, over its replications."""

    figure: str
    arm: str
    runs: int  # that have the figure
    mean: float
    low: float  # of the mean's interval
    high: float
    median: float
    median_low: float
    median_high: float
    deviation: float
    least: float
    greatest: float
    runs_needed: int  # for the precision asked for, or 5 % of the mean; 0: not to be had
    reached: bool


@dataclass(frozen=True)
class Comparison:
    """A figure in an arm, less that in another, paired by replication."""

    figure: str
    arm: str
    against: str
    pairs: int  # replications in which both have the figure
    mean: float  # in the arm, over these
    mean_against: float
    difference: float  # mean
    low: float  # of its interval
    high: float
    relative: float  # to the mean of the arm it is held against
    median_difference: float
    p: float  # Wilcoxon's signed rank test
    p_holm: float  # corrected over all comparisons and figures
    effect: float  # Cohen's d of the pairs
    effect_of_runs: float  # Cohen's d over the spread of the runs
    rank_effect: float  # rank-biserial correlation of the pairs
    correlation: float  # of the pairs
    runs_needed: int  # for the precision asked for, or 5 % of the mean; 0: not to be had
    reached: bool
    runs_for_half: int  # to find half a standard deviation with a probability of 0.8; 0: not known

    @property
    def found(self) -> bool:
        """Whether there is a difference, by the corrected test."""
        return self.p_holm < statistics.ALPHA


@dataclass(frozen=True)
class Sensitivity:
    """How much a figure depends on a number that was varied over a range, by its means at the points."""

    figure: str
    field: str
    points: int  # that count: all replications have the figure there
    rank: float  # Spearman's rank correlation; NaN in Saltelli's scheme, whose points are not independent
    p: float  # of it
    p_holm: float  # corrected over all figures and fields
    first: float  # Sobol's first-order index; NaN where the design has none
    first_reach: float  # half of its interval
    total: float  # Sobol's total index
    total_reach: float
    chance: float  # share of the variance over the points that is the replications' chance

    @property
    def found(self) -> bool:
        """Whether there is a dependence: by the corrected test, or by the index's interval, which must lie above what
        is chance: a field that does nothing but let runs take another course has that much too.
        """
        chance = self.chance if math.isfinite(self.chance) else 0.0
        return self.total - self.total_reach > chance or self.p_holm < statistics.ALPHA

    @property
    def strength(self) -> float:
        """By which fields are ordered."""
        return self.total if math.isfinite(self.total) else abs(self.rank)


class Findings:
    """All of it, worked out when first asked for."""

    def __init__(self, outcomes: Outcomes) -> None:
        self.outcomes = outcomes
        self.design: Design = outcomes.design

    @cached_property
    def figures(self) -> list[str]:
        """The figures that are tested, as far as any run has them."""
        known = self.outcomes.figures
        asked = self.design.study.asked or (*TRAFFIC, *self.outcomes.headlines)
        return list(dict.fromkeys(name for pattern in asked for name in known if fnmatchcase(name, pattern)))

    def check(self) -> None:
        """StudyError for what is asked for and no run has."""
        known = self.outcomes.figures
        for pattern in self.design.study.asked if known else ():
            if not filter(known, pattern):
                raise StudyError(f"{self.design.named}: figures: {unknown(pattern, known)}")

    @cached_property
    def summaries(self) -> list[Summary]:
        """Of the figures tested, figure by figure."""
        return self._summed_up(self.figures)

    @cached_property
    def others(self) -> list[Summary]:
        """Of all other figures."""
        return self._summed_up([name for name in self.outcomes.figures if name not in self.figures])

    def _summed_up(self, figures: Sequence[str]) -> list[Summary]:
        return [
            self._summary(figure, arm.name, row[np.isfinite(row)])
            for figure in figures
            for arm, row in zip(self.design.arms, self.outcomes.values(figure), strict=True)
        ]

    def precision_of(self, figure: str) -> Precision:
        """What is asked for, or the usual one."""
        return precision(self.design.study.precision.get(figure, USUAL_PRECISION))

    def _summary(self, figure: str, arm: str, values: Doubles) -> Summary:
        n = len(values)
        if not n:
            nan = math.nan
            return Summary(figure, arm, 0, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, False)
        mean, deviation = float(values.mean()), float(values.std(ddof=1)) if n > 1 else math.nan
        interval = statistics.mean_interval(values)
        reach = self.precision_of(figure).half_width(mean)
        return Summary(
            figure,
            arm,
            n,
            mean,
            *interval,
            float(np.median(values)),
            *statistics.median_interval(values),
            deviation,
            float(values.min()),
            float(values.max()),
            *_precision(mean, interval, deviation, n, reach),
        )

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """Of the figures tested, figure by figure; p corrected over all of them."""
        found = [
            self._comparison(figure, first, other) for figure in self.figures for first, other in self.design.pairs
        ]
        corrected = statistics.holm([one.p for one in found])
        return [replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True)]

    def differences(self, figure: str, first: int, other: int) -> tuple[Doubles, Doubles]:
        """The figure in two arms, in the replications in which both have it."""
        values = self.outcomes.values(figure)[[first, other]]
        both = values[:, np.isfinite(values).all(axis=0)]
        return both[0], both[1]

    def _comparison(self, figure: str, first: int, other: int) -> Comparison:
        mine, theirs = self.differences(figure, other, first)
        differences = mine - theirs
        n = len(differences)
        mean = float(differences.mean()) if n else math.nan
        base = float(theirs.mean()) if n else math.nan
        correlated = statistics.correlation(theirs, mine)
        reach = self.precision_of(figure).half_width(base)
        interval = statistics.mean_interval(differences, symmetric=True)
        deviation = float(differences.std(ddof=1)) if n > 1 else math.nan
        arms = self.design.arms
        return Comparison(
            figure,
            arms[other].name,
            arms[first].name,
            n,
            float(mine.mean()) if n else math.nan,
            base,
            mean,
            *interval,
            mean / abs(base) if base else math.nan,
            float(np.median(differences)) if n else math.nan,
            statistics.signed_rank(differences),
            math.nan,
            statistics.effect_of_pairs(differences),
            statistics.effect_of_runs(theirs, mine),
            statistics.rank_effect(differences),
            correlated,
            *_precision(mean, interval, deviation, n, reach),
            statistics.runs_for_effect(0.5, correlated) if math.isfinite(correlated) else 0,
        )

    def unpaired(self, one: Comparison) -> str:
        """Why there is no pair of a comparison: which of its arms lacks the figure; empty where there is one."""
        if one.pairs:
            return ""
        have = {summary.arm for summary in self.summaries if summary.figure == one.figure and summary.runs}
        there = [arm for arm in (one.arm, one.against) if arm in have]
        if len(there) == 1:
            return f"only with {there[0]}"
        return "never with both" if there else "with neither"

    @cached_property
    def sensitivities(self) -> list[Sensitivity]:
        """Of the figures tested, figure by figure, each to every field that was varied over a range."""
        found = [one for figure in self.figures for one in self._sensitivities(figure)]
        corrected = statistics.holm([one.p for one in found])
        return [replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True)]

    def _sensitivities(self, figure: str) -> list[Sensitivity]:
        design, values = self.design, self.outcomes.values(figure)
        means = values.mean(axis=1)  # NaN where one is
        fields, chance = len(design.ranges), share_of_chance(values)
        ordered = means[design.at]
        if design.study.design == "sobol":
            whole = np.isfinite(ordered.reshape(-1, fields + 2)).all(axis=1)
            count, nan = int(whole.sum()) * (fields + 2), math.nan
            return [
                Sensitivity(figure, field, count, nan, nan, nan, *index, chance)
                for field, index in zip(design.ranges, sobol_indices(ordered, fields), strict=True)
            ]
        count = int(np.isfinite(means).sum())
        where = [np.array([arm.levels[k].number for arm in design.arms]) for k in range(fields)]
        return [
            Sensitivity(figure, field, count, *rank_correlation(at, means), math.nan, *NO_INDEX, chance)
            for field, at in zip(design.ranges, where, strict=True)
        ]

    def wanting(self) -> int:
        """How many runs of each arm the precision asked for is reckoned to take; 0 where it is reached."""
        asked = self.design.study.precision
        found: list[Summary | Comparison] = [*self.summaries, *self.comparisons]
        short = [one for one in found if one.figure in asked and not one.reached]
        return max((max(one.runs_needed, 1) for one in short), default=0)


def _precision(
    mean: float, interval: tuple[float, float], deviation: float, runs: int, reach: float
) -> tuple[int, bool]:
    """How many runs it takes until the interval of a mean reaches no further than `reach`; whether it is so now."""
    now = max(mean - interval[0], interval[1] - mean)  # NaN where there is no interval
    needed = statistics.runs_for_width(deviation, reach)
    if deviation == 0.0 and runs < statistics.ALIKE:
        return max(needed, statistics.ALIKE), False
    if now <= reach or not needed:
        return needed, now <= reach
    return max(needed, runs + 1, math.ceil(runs * (now / reach) ** 2) if math.isfinite(now) else 0), False


def unknown(pattern: str, known: Sequence[str]) -> str:
    """That no run has such a figure, and what would give it one."""
    said, group = f"{pattern}: no run has such a key figure", pattern.partition(".")[0]
    guess = explain.nearest(pattern, known)
    if not any(name.startswith(f"{group}.") for name in known):
        for entries, field in _WATCHED.items():
            if group in registered(entries):
                return f'{said}: those of "{group}" are there with {field} = ["{group}"]'
    return said + (f'; did you mean "{guess}"?' if guess else "")


def table_of(found: Sequence[Summary] | Sequence[Comparison] | Sequence[Sensitivity], kind: type) -> pa.Table:
    """Summaries, comparisons or sensitivities as a table, a column for each of their fields."""
    import pyarrow as pa

    types = {"str": pa.string(), "int": pa.int32(), "float": pa.float64(), "bool": pa.bool_()}
    columns = {
        one.name: pa.array([getattr(row, one.name) for row in found], types[str(one.type)]) for one in fields(kind)
    }
    return pa.table(columns)


def points_table(findings: Findings) -> pa.Table:
    """Of a study of ranges: a row for each figure and point, with a column for each field, named by its path."""
    import pyarrow as pa

    design = findings.design
    of = {arm.name: arm for arm in design.arms}
    found = table_of(findings.summaries, Summary).drop_columns(["runs_needed", "reached"])
    for at, path in enumerate(design.ranges):
        values = [of[one.arm].levels[at].number for one in findings.summaries]
        found = found.add_column(2 + at, path, pa.array(values, pa.float64()))
    return found.rename_columns({"arm": "point"})
