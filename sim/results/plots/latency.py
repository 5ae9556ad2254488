"""How late packets arrive, how late answers, and how long it is between two receptions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from wayside.ext.arrays import Doubles, Longs
from wayside.sim.air import BIN_M
from wayside.sim.results.plots.runs import PlottedRun, Table
from wayside.sim.results.plots.style import COLOURS, of_kind, share, sheet

PANELS = 4  # kinds of which several runs are compared
FEWEST = 20  # gaps at a distance: of fewer no percentile is drawn
GAPS_AT = (50.0, 100.0, 200.0, 300.0)  # m

_Counted = dict[str, tuple[Doubles, Doubles, Doubles]]  # by what: bounds of bins, s, and the counts in them


def latency(runs: Sequence[PlottedRun]) -> Figure | str:
    """The distribution of delays by kind, with the services' answers; of several runs the commonest kinds."""
    found = [(run, counted) for run in runs if (counted := _delays(run))]
    if not found:
        return "packets of this run arrive at once, or there are none"
    if len(runs) == 1:
        figure, (axes,) = sheet("End-to-end latency", runs)
        for what, delays in found[0][1].items():
            _distribution(axes, *delays, label=_said(what, found[0][0]), **of_kind(what))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        panels = [axes]
    else:
        total: dict[str, float] = {}
        for _, counted in found:
            for what, (_, _, counts) in counted.items():
                total[what] = total.get(what, 0.0) + float(counts.sum())
        kinds = sorted(total, key=lambda what: (-total[what], what))[:PANELS]
        rows = -(-len(kinds) // 2)
        figure, panels = sheet("End-to-end latency", [run for run, _ in found], 2, (1.0,) * rows, 2.7 * rows)
        for what, axes in zip(kinds, panels, strict=False):
            for (run, counted), colour in zip(found, COLOURS * len(found), strict=False):
                if what in counted:
                    _distribution(axes, *counted[what], color=colour, label=run.label)
            axes.set_title(_said(what, *(run for run, _ in found)))
        for axes in panels[len(kinds) :]:
            axes.remove()
        panels = panels[: len(kinds)]
        panels[0].legend(loc="upper left")
    for axes in panels:
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("latency [s]")
        share(axes, top=1.02)
    panels[0].set_ylabel("of those received or answered" if len(runs) == 1 else "share")
    return figure


def _said(what: str, *runs: PlottedRun) -> str:
    """A kind of message as it is; else it is a service, and what is counted is how late it answers."""
    kinds = {kind for run in runs if (sent := run.table("messages", "kind")) for kind in sent["kind"].astype(str)}
    return what if what in kinds else f"{what}: request to answer"


def _delays(run: PlottedRun) -> _Counted:
    table = run.table("latency", "what", "from_s", "to_s", "count")
    if table is None:
        return {}
    counted: _Counted = {}
    what, lower, upper = table["what"].astype(str), table["from_s"], table["to_s"]
    upper = np.where(np.isfinite(upper), upper, lower)
    lower = np.where(lower > 0.0, lower, upper / 2.0)  # for an axis without 0
    for name in dict.fromkeys(what.tolist()):
        mine = what == name
        if table["from_s"][mine].max() > 0.0:  # else none took any time
            counted[name] = lower[mine], upper[mine], table["count"][mine].astype(float)
    return counted


def _distribution(axes: Axes, lower: Doubles, upper: Doubles, counts: Doubles, **options: object) -> None:
    """The distribution function: level between the bins, straight within them."""
    shares = counts.cumsum() / counts.sum()
    begins = np.r_[0.0, shares[:-1]]
    x, y = np.column_stack((lower, upper)).ravel(), np.column_stack((begins, shares)).ravel()
    axes.plot(x, y, **options)  # type: ignore[arg-type]


def gaps(runs: Sequence[PlottedRun]) -> Figure | str:
    """The gap between two receptions of the same neighbour: percentiles over distance, and its distribution."""
    found = []
    for run in runs:
        table = run.table("gaps", "distance_m", "gap_s", "count")
        if table is not None:
            found.append((run, table))
    if not found:
        return "vehicles of this run kept no tables of their neighbours (v2x.neighbours; no gaps.parquet)"
    figure, (left, right) = sheet("Inter-packet gap", [run for run, _ in found], columns=2)
    alone = len(runs) == 1
    for (run, table), colour in zip(found, COLOURS * len(found), strict=False):
        shares = {"median": 0.5, "95th percentile": 0.95, "99th percentile": 0.99} if alone else {run.label: 0.95}
        for rank, (label, at) in enumerate(shares.items()):
            metres, seconds = _percentile_over(table, at)
            left.plot(metres, seconds, color=COLOURS[rank] if alone else colour, label=label, drawstyle="steps-mid")
        for rank, metres_ in enumerate(GAPS_AT if alone else (100.0,)):
            mine = np.abs(table["distance_m"] - metres_) < BIN_M
            if int(table["count"][mine].sum()) < FEWEST:
                continue
            seconds = np.unique(table["gap_s"][mine])
            counts = np.array([table["count"][mine & (table["gap_s"] == gap)].sum() for gap in seconds], float)
            label = f"{metres_:g} m" if alone else run.label
            upto = np.r_[0.0, counts.cumsum() / counts.sum()]
            right.step(
                np.r_[seconds[0], seconds], upto, where="post", color=COLOURS[rank] if alone else colour, label=label
            )
    left.set_title("over distance" if alone else "95th percentile over distance")
    right.set_title("distribution, by distance" if alone else "distribution at 100 m")
    left.set_xlabel("distance [m]")
    right.set_xlabel("gap [s]")
    left.set_ylabel("gap [s]")
    left.set_xlim(left=0.0)
    left.set_ylim(bottom=0.0)
    right.set_xlim(0.0, 3.0)
    share(right, top=1.02)
    for axes in (left, right):
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper left" if axes is left else "lower right")
    return figure


def _percentile_over(table: Table, at: float) -> tuple[Doubles, Doubles]:
    """Distances, m, and the gap, s, that a share of the gaps there does not exceed."""
    metres: list[float] = []
    seconds: list[float] = []
    for distance in np.unique(table["distance_m"]).tolist():
        mine = table["distance_m"] == distance
        upto: Longs = table["count"][mine].cumsum()
        if upto[-1] >= FEWEST:
            metres.append(distance)
            seconds.append(float(table["gap_s"][mine][np.searchsorted(upto, at * upto[-1])]))
    return np.array(metres), np.array(seconds)
