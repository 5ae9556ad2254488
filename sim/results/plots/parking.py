"""Bays taken, and searches for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from wayside.sim.onboard.survival import observed
from wayside.sim.results.plots.places import by_then, end_of, facilities_of, spread
from wayside.sim.results.plots.runs import PlottedRun, Table, by_time
from wayside.sim.results.plots.style import COLOURS, over_time, share, sheet, thinned

_GROUPS = {True: "with a unit", False: "without"}


def parking(runs: Sequence[PlottedRun]) -> Figure | str:
    """Bays taken over time, and how long drivers searched."""
    occupied = [(run, table) for run in runs if (table := facilities_of(run, "parking")) is not None]
    searched: list[tuple[PlottedRun, Table]] = []
    for run in runs:
        table = run.table("parking", "began", "parked", "ended", "outcome", "equipped")
        if table is not None and np.isfinite(table["parked"]).any():
            searched.append((run, table))
    if not occupied and not searched:
        return "this run has no car parks"
    figure, (left, right) = sheet("Parking", runs, columns=2)
    alone = len(runs) == 1
    divisor = over_time(left, [table["time_s"] for _, table in occupied])
    for (run, table), colour in zip(occupied, COLOURS * len(runs), strict=False):
        time, (bays, taken, reserved) = by_time(table, "capacity", "occupied", "reserved")
        time, taken, both = thinned(time, *(part.sum(axis=1) / bays.sum(axis=1) for part in (taken, taken + reserved)))
        left.plot(time / divisor, taken, color=colour, label="occupied" if alone else run.label)
        if alone:
            left.plot(time / divisor, both, color=COLOURS[4], linewidth=1.1, label="occupied or reserved")
    share(left, top=max(left.get_ylim()[1] * 1.2, 0.1))
    left.set_title("bays occupied")
    if occupied:
        left.legend(loc="upper left")
    for (run, table), colour in zip(searched, COLOURS * len(runs), strict=False):
        gone = table["outcome"].astype(str) == "gone"
        seconds, found = observed(table["began"], table["parked"], table["ended"], gone, end_of(run))
        if not alone:
            by_then(right, seconds, found, color=colour, label=run.label)
            continue
        for rank, (equipped, label) in enumerate(_GROUPS.items()):
            if (mine := table["equipped"].astype(bool) == equipped).any():
                by_then(right, seconds[mine], found[mine], color=COLOURS[rank], label=label)
    spread(right, "parked by then, of all searches", "search time [s]", bool(searched))
    return figure
