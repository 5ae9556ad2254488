"""Messages per second."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from wayside.ext.arrays import Doubles
from wayside.sim.results.plots.runs import PlottedRun, Table, by_time
from wayside.sim.results.plots.style import COLOURS, of_kind, over_time, sheet, thinned


def messages(runs: Sequence[PlottedRun]) -> Figure | str:
    """Packets sent per second by kind; of several runs all that are sent, and received."""
    found: list[tuple[PlottedRun, Table]] = []
    for run in runs:
        table = run.table("messages", "time_s", "kind", "sent", "received_by_vehicles", "received_by_units")
        if table is not None and table["sent"].sum():
            found.append((run, table))
    if not found:
        return "nothing was sent in this run"
    times = [table["time_s"] for _, table in found]
    if len(runs) == 1:
        figure, panels = sheet("Messages", runs)
        (axes,), (_, table) = panels, found[0]
        divisor = over_time(axes, times)
        kinds = table["kind"].astype(str)
        by_sent = {kind: int(table["sent"][kinds == kind].sum()) for kind in dict.fromkeys(kinds.tolist())}
        for kind in sorted((kind for kind in by_sent if by_sent[kind]), key=lambda kind: -by_sent[kind]):
            mine = kinds == kind
            time, rate = _rates(table["time_s"][mine], table["sent"][mine], found[0][0])
            axes.plot(time / divisor, rate, label=kind, **of_kind(kind))
        axes.set_yscale("symlog", linthresh=1.0, linscale=0.4)
        axes.set_ylim(bottom=0.0)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.set_ylabel("sent per second")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure
    figure, panels = sheet("Messages", [run for run, _ in found], columns=2)
    for axes, title in zip(panels, ("sent", "received"), strict=True):
        divisor = over_time(axes, times)
        for (run, table), colour in zip(found, COLOURS * len(found), strict=False):
            columns = ("sent",) if title == "sent" else ("received_by_vehicles", "received_by_units")
            time, counts = by_time(table, *columns)
            time, rate = _rates(time, np.sum([count.sum(axis=1) for count in counts], axis=0), run)
            axes.plot(time / divisor, rate, color=colour, label=run.label)
        axes.set_title(f"{title}, all kinds")
        axes.set_ylim(bottom=0.0)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    panels[0].set_ylabel("per second")
    panels[0].legend(loc="best")
    return figure


def _rates(time: Doubles, count: Doubles, run: PlottedRun) -> tuple[Doubles, Doubles]:
    """Counts per interval as counts per second, thinned."""
    begin = min(float(run.summary.get("begin_s", 0.0)), float(time[0]) - 1e-3)
    rate = count / np.diff(np.r_[begin, time])
    time, rate = thinned(time, rate)
    return time, rate
