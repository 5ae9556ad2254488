"""The drawings of a report, as SVG. Only this module of experiments imports matplotlib."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from wayside.ext.arrays import Doubles, Flags
from wayside.sim.experiments.findings import Comparison, Findings, Summary
from wayside.sim.experiments.study import Factor
from wayside.sim.results.plots.style import COLOURS, FAINT, INK, house

WIDTH = 9.4  # inches
ROW = 0.34  # inches, of an arm
LONGEST = 34  # letters of an arm's name
MOST_LINES = 60  # pairs that are joined by lines


def runs_and_differences(findings: Findings, figure: str) -> str:
    """Every run of every arm, its mean with the interval; beside it every difference with its interval."""
    summaries = [one for one in findings.summaries if one.figure == figure]
    comparisons = [one for one in findings.comparisons if one.figure == figure and one.pairs]
    rows = max(len(summaries), len(comparisons))
    with house():
        sheet = Figure(figsize=(WIDTH, 0.95 + ROW * max(rows, 2)), layout="constrained")
        left, right = sheet.subplots(1, 2)
        _runs(left, findings, figure, summaries)
        _differences(right, comparisons)
        left.set_title("runs, their mean, its 95 % interval")
        right.set_title("paired difference, its 95 % interval")
        for axes in (left, right):
            axes.set_xlabel(figure)
            axes.xaxis.set_major_locator(MaxNLocator(6))
            axes.grid(visible=False, axis="y")
        return _svg(sheet)


def _runs(axes: Axes, findings: Findings, figure: str, summaries: list[Summary]) -> None:
    values = findings.outcomes.values(figure)
    rows = np.arange(len(summaries))
    if 1 < values.shape[1] <= MOST_LINES:
        axes.plot(values, rows, color=FAINT, alpha=0.25, linewidth=0.7, zorder=1)
    for row, one in enumerate(summaries):
        colour = COLOURS[row % len(COLOURS)]
        axes.plot(values[row], np.full(values.shape[1], row), "o", color=colour, alpha=0.45, markersize=3.5, mew=0.0)
        _interval(axes, row, one.mean, one.low, one.high)
    _rows(axes, [one.arm for one in summaries])


def _differences(axes: Axes, comparisons: list[Comparison]) -> None:
    axes.axvline(0.0, color=INK, linewidth=0.8)
    for row, one in enumerate(comparisons):
        _interval(axes, row, one.difference, one.low, one.high, COLOURS[0] if one.found else FAINT)
    several = len({one.against for one in comparisons}) > 1
    _rows(axes, [f"{one.arm} − {one.against}" if several or len(comparisons) == 1 else one.arm for one in comparisons])


def _interval(axes: Axes, row: int, mean: float, low: float, high: float, colour: str = INK) -> None:
    axes.plot([low, high], [row, row], color=colour, linewidth=1.8, zorder=3)
    axes.plot([mean], [row], "D", color=colour, markersize=4.5, zorder=4)


def _rows(axes: Axes, names: list[str]) -> None:
    short = [name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in names]
    axes.set_yticks(range(len(names)), short)
    axes.set_ylim(max(len(names), 1) - 0.5, -0.5)  # nobody may have the figure


def curves(findings: Findings, figure: str, factor: int) -> str:
    """A figure's mean with its interval over a varied number; a line for each of the other settings."""
    design = findings.design
    varied: Factor = design.factors[factor]
    found = {one.arm: one for one in findings.summaries if one.figure == figure}
    lines: dict[str, list[tuple[float, Summary]]] = {}
    for arm in design.arms:
        others = [
            level.told if level.number is None else f"{design.factors[k].name.rpartition('.')[2]} = {level.told}"
            for k, level in enumerate(arm.levels)
            if k != factor
        ]
        x = arm.levels[factor].number
        assert x is not None
        lines.setdefault(", ".join(others), []).append((x, found[arm.name]))
    with house():
        sheet = Figure(figsize=(WIDTH * 0.72, 3.4), layout="constrained")
        axes = sheet.subplots()
        for rank, (name, points) in enumerate(lines.items()):
            if len(points) < 2:
                continue
            points.sort(key=lambda point: point[0])
            over = [at for at, _ in points]
            colour = COLOURS[rank % len(COLOURS)]
            axes.plot(over, [one.mean for _, one in points], "o-", color=colour, markersize=4.0, label=name or None)
            low, high = ([getattr(one, end) for _, one in points] for end in ("low", "high"))
            axes.fill_between(over, low, high, color=colour, alpha=0.15, linewidth=0.0)
        axes.set_title("mean and its 95 % interval")
        axes.set_xlabel(varied.name)
        axes.set_ylabel(figure)
        if len(lines) > 1:
            axes.legend()
        return _svg(sheet)


def scatter(findings: Findings, figure: str) -> str:
    """A figure's mean at each point, over each field that was varied over a range."""
    design = findings.design
    means = findings.outcomes.values(figure).mean(axis=1)
    columns = min(len(design.factors), 3)
    rows = -(-len(design.factors) // columns)
    with house():
        sheet = Figure(figsize=(WIDTH, 2.7 * rows + 0.3), layout="constrained")
        panels = sheet.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for at, (axes, factor) in enumerate(zip(panels, design.factors, strict=False)):
            over = [arm.levels[at].number for arm in design.arms]
            axes.plot(over, means, "o", color=COLOURS[0], alpha=0.6, markersize=5.0, mew=0.0)
            axes.set_xlabel(factor.name)
            axes.xaxis.set_major_locator(MaxNLocator(5))
        for axes in panels[len(design.factors) :]:
            axes.set_visible(False)
        for row in range(rows):
            panels[row * columns].set_ylabel(figure)
        sheet.suptitle("mean of each point", fontsize="medium")
        return _svg(sheet)


def bars(findings: Findings, figure: str) -> str:
    """Sobol's indices of each field, first order and total, with their intervals."""
    found = [one for one in findings.sensitivities if one.figure == figure]
    rows = np.arange(len(found), dtype=np.float64)
    with house():
        sheet = Figure(figsize=(WIDTH * 0.72, 1.2 + 0.55 * len(found)), layout="constrained")
        axes = sheet.subplots()
        for rank, (name, part, reach) in enumerate(
            (("first order", "first", "first_reach"), ("total", "total", "total_reach"))
        ):
            values, widths = ([getattr(one, field) for one in found] for field in (part, reach))
            at = rows + (rank - 0.5) * 0.36
            axes.barh(at, values, 0.34, color=COLOURS[rank], label=name)
            axes.errorbar(values, at, xerr=widths, fmt="none", ecolor=INK, elinewidth=1.2)
        _rows(axes, [one.field for one in found])
        axes.axvline(0.0, color=INK, linewidth=0.8)
        axes.grid(visible=False, axis="y")
        axes.set_title("share of the variance, its 95 % interval")
        axes.set_xlabel(figure)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return _svg(sheet)


def trials(
    fields: Mapping[str, tuple[Sequence[float], Sequence[str]]],
    means: Doubles,
    pruned: Flags,
    best: int,
    default: float,
    figure: str,
) -> str:
    """A figure's mean in each trial, over each field: where it was, and what the places are called where not numbers.

    Hollow are those that were given up; the line is what the scenario has as it is.
    """
    columns = min(len(fields), 3)
    rows = -(-len(fields) // columns)
    with house():
        sheet = Figure(figsize=(WIDTH, 2.7 * rows + 0.3), layout="constrained")
        panels = sheet.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for axes, (field, (places, names)) in zip(panels, fields.items(), strict=False):
            at = np.array(places)
            axes.axhline(default, color=INK, linewidth=0.8, label="default")
            axes.plot(at[~pruned], means[~pruned], "o", color=COLOURS[0], alpha=0.6, markersize=5.0, mew=0.0)
            axes.plot(at[pruned], means[pruned], "o", color=FAINT, alpha=0.7, markersize=4.5, mfc="none")
            axes.plot(at[best], means[best], "D", color=COLOURS[1], markersize=7.0, clip_on=False, label="best")
            axes.set_xlabel(field)
            if names:
                axes.set_xticks(range(len(names)), list(names))
            else:
                axes.xaxis.set_major_locator(MaxNLocator(5))
        for axes in panels[len(fields) :]:
            axes.set_visible(False)
        for row in range(rows):
            panels[row * columns].set_ylabel(figure)
        panels[0].legend()
        sheet.suptitle("mean of each trial; hollow: given up", fontsize="medium")
        return _svg(sheet)


def _svg(sheet: Figure) -> str:
    text = io.StringIO()
    sheet.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()
