"""Messages per second, parking, charging."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from wayside.sim.plots.runs import Run, Table, by_time
from wayside.sim.plots.style import COLOURS, FAINT, Doubles, cumulative, of_kind, over_time, share, sheet, thinned

_OUTCOMES = {"guided": "guided to a bay", "parked": "found by themselves", "ignored": "went their own way"}
SITES = 5  # charging sites shown one by one; of more, the rest together


def messages(runs: Sequence[Run]) -> Figure | str:
    """Packets sent per second by kind; of several runs all that are sent, and received."""
    found: list[tuple[Run, Table]] = []
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


def _rates(time: Doubles, count: Doubles, run: Run) -> tuple[Doubles, Doubles]:
    """Counts per interval as counts per second, thinned."""
    begin = min(float(run.summary.get("begin_s", 0.0)), float(time[0]) - 1e-3)
    rate = count / np.diff(np.r_[begin, time])
    time, rate = thinned(time, rate)
    return time, rate


def parking(runs: Sequence[Run]) -> Figure | str:
    """Bays taken over time, and how long drivers searched."""
    occupied = [(run, table) for run in runs if (table := _facilities(run, charging=False)) is not None]
    searched: list[tuple[Run, Table]] = []
    for run in runs:
        table = run.table("parking", "began", "parked", "outcome")
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
        seconds, outcome = table["parked"] - table["began"], table["outcome"].astype(str)
        if not alone:
            cumulative(right, seconds[np.isfinite(seconds)], color=colour, label=run.label)
            continue
        for rank, (name, label) in enumerate(_OUTCOMES.items()):
            if (mine := np.isfinite(seconds) & (outcome == name)).any():
                cumulative(right, seconds[mine], color=COLOURS[rank], label=f"{label} ({int(mine.sum())})")
    _spread(right, "time from the begin of the search until parked", "search time [s]", bool(searched))
    return figure


def charging(runs: Sequence[Run]) -> Figure | str:
    """Power over time, by place, and how long vehicles waited for a pile."""
    powered = [(run, table) for run in runs if (table := _facilities(run, charging=True)) is not None]
    waited: list[tuple[Run, Table]] = []
    for run in runs:
        table = run.table("charging", "requested", "reserved", "plugged")
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
        total = table["plugged"] - table["requested"]
        if alone:
            answer = table["reserved"] - table["requested"]
            cumulative(right, answer[np.isfinite(answer)], color=COLOURS[1], label="first request to promise")
        cumulative(
            right, total[np.isfinite(total)], color=colour, label="first request to plugged in" if alone else run.label
        )
    _spread(right, "" if alone else "first request to plugged in", "waiting [s]", bool(waited))
    return figure


def _facilities(run: Run, charging: bool) -> Table | None:
    table = run.table("facilities", "time_s", "facility", "charging", "capacity", "occupied", "reserved", "power_w")
    if table is None:
        return None
    mine = table["charging"].astype(bool) == charging
    return {name: column[mine] for name, column in table.items()} if mine.any() else None


def _spread(axes: Axes, title: str, label: str, drawn: bool) -> None:
    """Finish the axes of a distribution of times."""
    if not drawn:
        axes.set_axis_off()
        axes.text(
            0.5, 0.5, f"{label.split(' [')[0]}: none in this run", transform=axes.transAxes, ha="center", color=FAINT
        )
        return
    axes.set_title(title)
    axes.set_xlabel(label)
    axes.set_xlim(left=0.0)
    share(axes, top=1.02)
    axes.legend(loc="lower right")
