"""What a report says of numbers that were varied over ranges: how much each figure depends on which."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from wayside.sim.experiments.findings import Findings, Sensitivity
from wayside.sim.experiments.pages import Block, Drawing, Paragraphs, TextTable
from wayside.sim.experiments.sensitivity import FEWEST, RESAMPLES
from wayside.sim.experiments.words import NONE, counted, number, p_value

MOST_CURVES = 8  # lines in one drawing


def found(findings: Findings, command: str) -> Iterator[Block]:
    """What depends on what, in sentences and as a table."""
    if claims := list(_claims(findings, command)):
        yield Paragraphs(claims)
    yield table(findings)
    if notes := list(_notes(findings)):
        yield Paragraphs(notes)


def _claims(findings: Findings, command: str) -> Iterator[str]:
    shown = [one for one in findings.sensitivities if one.found]
    for one in sorted(shown, key=lambda one: (findings.figures.index(one.figure), -one.strength)):
        yield f"{claim(one)} Repeat it: `{command}`"
    rest = len(findings.sensitivities) - len(shown)
    if rest:
        which = "none of the" if not shown else f"{rest} of"
        no = "" if not shown else "no "
        pairs = counted(len(findings.sensitivities), "pair")
        yield f"In {which} {pairs} of figure and field {no}dependence is shown."


def claim(one: Sensitivity) -> str:
    """A dependence that is shown, in a sentence."""
    if math.isfinite(one.total):
        alone = f"{_index(one.first, one.first_reach)} of it alone"
        share = f"explains {_index(one.total, one.total_reach)} of its variance over the ranges, {alone}"
        return f"**{one.figure}**: {one.field} {share} ({one.points:,} points)."
    way = "rises" if one.rank > 0.0 else "falls"
    sure = f"rank correlation {_rank(one.rank)}, p = {p_value(one.p_holm)}".replace("p = <", "p <")
    return f"**{one.figure}** {way} with {one.field}: {sure}, {one.points:,} points."


def _index(value: float, reach: float) -> str:
    return NONE if math.isnan(value) else f"{value:.2f} ± {reach:.2f}".replace("-", "−")


def _rank(value: float) -> str:
    return NONE if math.isnan(value) else f"{value:+.2f}".replace("-", "−")


def table(findings: Findings) -> TextTable:
    """Every figure and field."""
    by_index = findings.design.study.design == "sobol"
    how = ("first order", "total") if by_index else ("rank correlation", "p", "p (Holm)")
    rows = []
    for rank, one in enumerate(findings.sensitivities):
        first = rank == 0 or findings.sensitivities[rank - 1].figure != one.figure
        holm = p_value(one.p_holm)
        cells: tuple[str, ...] = (_rank(one.rank), p_value(one.p), f"**{holm}**" if one.found else holm)
        if by_index:
            cells = (_index(one.first, one.first_reach), _index(one.total, one.total_reach))
        chance = NONE if math.isnan(one.chance) else f"{one.chance:.1%}".replace("%", " %")
        rows.append((one.figure if first else "", one.field, *cells, chance if first else "", f"{one.points:,}"))
    return TextTable(("figure", "field", *how, "chance", "points"), rows, 2)


def _notes(findings: Findings) -> Iterator[str]:
    """What speaks against believing it."""
    rows = len(findings.design.at)
    if short := [one for one in findings.sensitivities if one.points < rows]:
        names = ", ".join(dict.fromkeys(one.figure for one in short))
        yield (
            f"Of {names} some points are left out, for failed runs or replications without the figure"
            + (" (each with its whole base point)." if findings.design.study.design == "sobol" else ".")
        )
    yield from constant(findings)
    noisy = {one.figure: one.chance for one in findings.sensitivities if one.chance > 0.2}
    for figure, share in noisy.items():
        yield (
            f"{share:.0%} of the variance of {figure} over the points is chance of its replications: more of them "
            "would tell more."
        ).replace("%", " %", 1)
    if findings.outcomes.replications < 2:
        yield "With one replication what is chance cannot be told from what is not."
    wide = [one for one in findings.sensitivities if one.total_reach > 0.2]
    if wide:
        some = "1 total index is" if len(wide) == 1 else f"{len(wide)} total indices are"
        yield (
            f"{some} known to no more than ± 0.2: it takes a longer sequence (`--points`, the points that are there "
            "stay)."
        )


def constant(findings: Findings) -> Iterator[str]:
    """Of the figures that are the same in every run: why nothing is said of what they depend on."""
    for figure in findings.figures:
        values = findings.outcomes.values(figure)
        if np.isfinite(values).all() and len(np.unique(values)) == 1:
            yield f"{figure} is {number(float(values.flat[0]))} in every run: it depends on nothing varied here."


def drawings(findings: Findings, figure: str) -> Iterator[Drawing]:
    """Of a figure: curves where there is a grid, or one field; else points, and indices where there are any."""
    from wayside.sim.experiments.drawings import bars, curves, scatter

    design = findings.design
    if design.study.design == "sobol":
        yield Drawing(bars(findings, figure), f"{figure}: Sobol's indices of each field with their intervals")
    lines = [len(design.arms) / len(factor.levels) for factor in design.factors]
    if len(lines) == 1 or (design.study.design == "grid" and max(lines) <= MOST_CURVES):
        for at, factor in enumerate(design.factors):
            yield Drawing(curves(findings, figure, at), f"{figure} over {factor.name}")
    else:
        yield Drawing(scatter(findings, figure), f"{figure}: the mean of each point over each field")


def method(findings: Findings) -> Iterator[str]:
    """How to read it."""
    study = findings.design.study
    if study.design == "sobol":
        yield (
            "First order: the share of the variance of a figure's mean over the ranges (each value as likely) that a "
            "field explains alone; total: with all that it does together with others (Sobol 2001). Points by "
            "Saltelli's scheme (2010) over a scrambled Sobol sequence, indices by SALib; ± half of the 95 % interval, "
            f"by bootstrap of the base points, {RESAMPLES:,} resamples. Shown: a total whose interval begins above "
            f"the share of chance. Nothing is said of fewer than {FEWEST} base points. Indices a little below 0 are 0."
        )
    else:
        yield (
            "Rank correlation: Spearman's, of the field and the mean of each point; p (Holm): corrected over all pairs "
            "of figure and field in this report. It sees what rises or falls throughout, not what does both: look at "
            "the drawings."
        )
    yield (
        "Chance: the share of the variance of points' means that replications leave over, once what all points of a "
        "replication share is taken off (two-way layout)."
    )
