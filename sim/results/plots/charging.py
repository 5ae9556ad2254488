"""Power over time, and waits for a pile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from wayside.sim.onboard.survival import observed
from wayside.sim.results.plots.places import by_then, end_of, facilities_of, spread
from wayside.sim.results.plots.runs import PlottedRun, Table, by_time
from wayside.sim.results.plots.style import COLOURS, over_time, sheet, thinned

SITES = 5  # charging sites shown one by one; of more, the rest together


def charging(runs: Sequence[PlottedRun]) -> Figure | str:
    """Power over time, by place, and how long vehicles waited for a pile."""
    powered = [(run, table) for run in runs if (table := facilities_of(run, "charging")) is not None]
    waited: list[tuple[PlottedRun, Table]] = []
    for run in runs:
        table = run.table("charging", "requested", "reserved", "plugged", "ended", "outcome")
        if table is not None and np.isfinite(table["plugged"] - table["requested"]).any():
            waited.append((run, table))
    if not powered and not waited:
        return "this run has no chargers"
    figure, (left, right) = sheet("Charging", runs, columns=2)
    alone = len(runs) == 1
    divisor = over_time(left, [table["time_s"] for _, table in powered])
    for (run, table), colour in zip(powered, COLOURS * len(runs), strict=False):
        time, (watts,) = by_time(table, "power_w")
        time, watts = thinned(time, watts / 1e3)
        if not alone:
            left.plot(time / divisor, watts.sum(axis=1), color=colour, label=run.label)
            continue
        names = table["facility"].astype(str)[: watts.shape[1]]
        order = np.argsort(-watts.sum(axis=0), kind="stable")
        first, rest = order[:SITES], order[SITES:]
        stack = [watts[:, k] for k in first] + ([watts[:, rest].sum(axis=1)] if len(rest) else [])
        labels = [str(names[k]) for k in first] + ([f"{len(rest)} others"] if len(rest) else [])
        colours = [*COLOURS[: len(first)], "#BBBBBB"]
        left.stackplot(time / divisor, stack, labels=labels, colors=colours[: len(stack)], linewidth=0.0)
    left.set_ylim(bottom=0.0)
    left.set_ylabel("power into batteries [kW]")
    if alone and powered:
        left.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.16), ncols=2, fontsize=7.5, handlelength=0.9)
    elif powered:
        left.legend(loc="upper left")
    for (run, table), colour in zip(waited, COLOURS * len(runs), strict=False):
        asked = np.isfinite(table["requested"]) & (table["outcome"].astype(str) != "ignored")
        table = {name: column[asked] for name, column in table.items()}
        gone = table["outcome"].astype(str) == "gone"
        if alone:
            promised = observed(table["requested"], table["reserved"], table["ended"], gone, end_of(run))
            by_then(right, *promised, color=COLOURS[1], label="first request to promise")
        waiting = observed(table["requested"], table["plugged"], table["ended"], gone, end_of(run))
        by_then(right, *waiting, color=colour, label="first request to plugged in" if alone else run.label)
    spread(right, "" if alone else "first request to plugged in", "waiting [s]", bool(waited))
    return figure
