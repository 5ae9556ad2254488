"""How busy the channel is, and how old what the units know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wayside.ext.arrays import Doubles
from wayside.sim.results.plots.runs import PlottedRun, Table, by_time
from wayside.sim.results.plots.style import COLOURS, INK, over_time, share, sheet, thinned

BOXES = 20  # units shown one by one


def busy(runs: Sequence[PlottedRun]) -> Figure | str:
    """Channel busy ratio over time: of the units and of the vehicles; of several runs their means."""
    found = []
    for run in runs:
        vehicles = run.table("channel", "time_s", "busy_mean", "busy_p05", "busy_p95")
        if vehicles is not None:
            found.append((run, vehicles, run.table("rsu", "time_s", "busy_ratio")))
    if not found:
        return "the radio of this run has no channel to be busy (no channel.parquet)"
    figure, (axes,) = sheet("Channel busy ratio", [run for run, *_ in found])
    divisor = over_time(axes, [vehicles["time_s"] for _, vehicles, _ in found])
    for (run, vehicles, units), colour in zip(found, COLOURS * len(found), strict=False):
        alone = len(runs) == 1
        names = ("vehicles, mean", "roadside units, median") if alone else (run.label, "")
        columns = (vehicles[name] for name in ("time_s", "busy_mean", "busy_p05", "busy_p95"))
        time, mean, low, high = thinned(*columns)
        if alone:
            label = "vehicles, 5th to 95th percentile"
            axes.fill_between(time / divisor, low, high, color=colour, alpha=0.18, linewidth=0.0, label=label)
        axes.plot(time / divisor, mean, color=colour, label=names[0])
        if units is not None and np.isfinite(units["busy_ratio"]).any():
            time, (ratio,) = by_time(units, "busy_ratio")
            time, ratio = thinned(time, ratio)
            low, middle, high = _percentiles(ratio)
            other = COLOURS[1] if alone else colour
            if alone and ratio.shape[1] > 1:
                label = "roadside units, 5th to 95th percentile"
                axes.fill_between(time / divisor, low, high, color=other, alpha=0.18, linewidth=0.0, label=label)
            axes.plot(time / divisor, middle, color=other, linestyle=(0, (4, 1.5)), label=names[1] or None)
    _headroom(axes)
    axes.set_ylabel("busy ratio")
    if len(runs) > 1:
        axes.plot([], [], color=INK, label="vehicles, mean")
        axes.plot([], [], color=INK, linestyle=(0, (4, 1.5)), label="roadside units, median")
    axes.legend(loc="upper left", ncols=2)
    return figure


def age(runs: Sequence[PlottedRun]) -> Figure | str:
    """Age of information: over time, and unit by unit (of several runs: run by run)."""
    found: list[tuple[PlottedRun, Table]] = []
    for run in runs:
        table = run.table("rsu", "time_s", "rsu", "age_mean_s", "age_p95_s")
        if table is not None and np.isfinite(table["age_mean_s"]).any():
            found.append((run, table))
    if not found:
        return "no roadside unit of this run heard a vehicle"
    figure, (left, right) = sheet("Age of information at the roadside units", [run for run, _ in found], columns=2)
    divisor = over_time(left, [table["time_s"] for _, table in found])
    for (run, table), colour in zip(found, COLOURS * len(found), strict=False):
        time, (mean, late) = by_time(table, "age_mean_s", "age_p95_s")
        time, mean, late = thinned(time, mean, late)
        low, middle, high = _percentiles(mean)
        if len(runs) == 1:
            if mean.shape[1] > 1:
                label = "mean, 5th to 95th percentile of units"
                left.fill_between(time / divisor, low, high, color=colour, alpha=0.18, linewidth=0.0, label=label)
            left.plot(
                time / divisor, middle, color=colour, label="mean" + (", median unit" if mean.shape[1] > 1 else "")
            )
            label = "95th percentile" + (", median unit" if mean.shape[1] > 1 else "")
            left.plot(time / divisor, _percentiles(late)[1], color=COLOURS[1], label=label, linewidth=1.2)
        else:
            left.plot(time / divisor, middle, color=colour, label=run.label)
    left.set_ylim(bottom=0.0)
    left.set_ylim(top=left.get_ylim()[1] * 1.25)
    left.set_ylabel("age [s]")
    left.set_title("over time")
    left.legend(loc="upper left", ncols=1 if len(runs) == 1 else 2)
    _boxes(right, found, len(runs) == 1)
    right.set_ylim(bottom=0.0)
    return figure


def _boxes(axes: Axes, found: Sequence[tuple[PlottedRun, Table]], by_unit: bool) -> None:
    """The mean age of each interval: a box for each unit, or for each run."""
    groups: dict[str, Doubles] = {}
    for run, table in found:
        ages = np.asarray(table["age_mean_s"], float)
        if not by_unit:
            groups[run.label] = ages[np.isfinite(ages)]
            continue
        names = table["rsu"].astype(str)
        order = np.argsort(names, kind="stable")
        bounds = np.flatnonzero(np.r_[True, names[order][1:] != names[order][:-1]])
        for name, part in zip(names[order][bounds], np.split(ages[order], bounds[1:]), strict=True):
            if np.isfinite(part).any():
                groups[str(name)] = part[np.isfinite(part)]
    title = f"by {'unit' if by_unit else 'run'}: means of the intervals"
    if len(groups) > BOXES:
        oldest = sorted(groups, key=lambda name: (-float(groups[name].mean()), name))[:BOXES]
        title = f"the {BOXES} oldest of {len(groups)} units: means of the intervals"
        groups = {name: groups[name] for name in oldest}
    colours = [COLOURS[0]] * len(groups) if by_unit else [COLOURS[k % len(COLOURS)] for k in range(len(groups))]
    drawn = axes.boxplot(
        list(groups.values()),
        widths=0.6,
        whis=(5, 95),
        showfliers=False,
        patch_artist=True,
        medianprops={"color": INK, "linewidth": 1.3},
        whiskerprops={"color": INK, "linewidth": 0.8},
        capprops={"linewidth": 0.0},
    )
    for box, colour in zip(drawn["boxes"], colours, strict=True):
        box.set(facecolor=colour, alpha=0.45, linewidth=0.0)
    shown = [name if len(name) <= 16 else name[:7] + "…" + name[-8:] for name in groups]
    many = len(groups) > 4
    axes.set_xticks(range(1, len(groups) + 1), shown, rotation=90 if many else 0, fontsize=7 if many else 8.5)
    axes.grid(visible=False, axis="x")
    axes.set_title(title)


def _percentiles(values: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """5th, 50th and 95th percentile over the units (T x U); NaN where no unit has a value."""
    known = np.isfinite(values).any(axis=1)
    rows = np.full((3, len(values)), np.nan)
    if known.any():
        rows[:, known] = np.nanpercentile(values[known], (5, 50, 95), axis=1)
    return rows[0], rows[1], rows[2]


def _headroom(axes: Axes) -> None:
    """From 0, with room for the legend above the lines."""
    highest = axes.get_ylim()[1]
    share(axes, top=min(highest * 1.35, 1.0) if highest < 1.0 else 1.0)
