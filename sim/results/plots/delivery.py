"""Packet delivery ratio over distance, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from wayside.ext.arrays import Longs
from wayside.sim.air import BIN_M, BINS, FATES
from wayside.sim.results.plots.runs import PlottedRun
from wayside.sim.results.plots.style import COLOURS, FAINT, INK, share, sheet

NOTHING = "the radio of this run loses nothing that it could tell (no delivery.parquet)"
FEWEST = 30  # packets x receivers at a distance: of fewer nothing is drawn

# From what is received upwards to what is not heard at all; the nearer a loss is to reception, the lower.
_STACK = {
    "received": ("received", "#0072B2"),
    "half_duplex": ("half duplex", "#CC79A7"),
    "receiver_busy": ("receiver busy", "#E69F00"),
    "collision": ("collision", "#D55E00"),
    "propagation": ("propagation", "#A9A9A9"),
    "below_sensitivity": ("below sensitivity", "#DCDCDC"),
}
_COLUMNS = tuple(fate.replace("-", "_") for fate in FATES)


def counts(run: PlottedRun) -> Longs | None:
    """Packets x receivers by distance (BINS) and fate, in the order of `FATES`; None where there are none."""
    table = run.table("delivery", "distance_m", *_COLUMNS)
    if table is None:
        return None
    bins = np.round(table["distance_m"] / BIN_M).astype(int)
    found = np.zeros((BINS, len(FATES)), np.int64)
    for k, column in enumerate(_COLUMNS):
        np.add.at(found[:, k], bins, table[column])
    return found


def delivery(runs: Sequence[PlottedRun]) -> Figure | str:
    """Of one run all fates; of several their delivery ratios and their collisions."""
    found = [(run, tally[:-1]) for run in runs if (tally := counts(run)) is not None]  # the last bin has no bounds
    found = [(run, tally) for run, tally in found if tally.sum(axis=1).max() >= FEWEST]
    if not found:
        return NOTHING
    return _fates(*found[0]) if len(runs) == 1 else _compared(found)


def _fates(run: PlottedRun, tally: Longs) -> Figure:
    figure, (axes, below) = sheet("Packet delivery over distance", [run], ratios=(4.0, 1.0), height=4.6)
    pairs = tally.sum(axis=1)
    drawn = pairs >= FEWEST
    last = int(np.flatnonzero(drawn)[-1]) + 1
    edges = np.clip((np.arange(last + 1) - 0.5) * BIN_M, 0.0, None)
    shares = np.where(drawn[:, None], tally / np.maximum(pairs, 1)[:, None], 0.0)[:last]
    floor = np.zeros(last)
    for fate, (label, colour) in _STACK.items():
        top = floor + shares[:, _COLUMNS.index(fate)]
        axes.stairs(top, edges, baseline=floor, fill=True, color=colour, label=label, linewidth=0.0)
        if fate == "received":
            line = np.where(drawn[:last], top, np.nan)
            axes.stairs(line, edges, baseline=None, color=INK, linewidth=1.1, zorder=4)
        floor = top
    share(axes)
    axes.set_ylabel("packets × receivers")
    axes.margins(x=0.0)
    axes.tick_params(labelbottom=False)
    # In the order of the stack, from its top.
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(1.0, 1.02), handlelength=0.9)
    below.stairs(np.where(drawn, pairs, 0)[:last], edges, fill=True, color=FAINT, alpha=0.55)
    below.set_yscale("log")
    below.yaxis.set_minor_formatter(NullFormatter())
    below.set_ylabel("number")
    below.set_xlabel("distance [m]")
    below.margins(x=0.0)
    below.sharex(axes)
    return figure


def _compared(found: Sequence[tuple[PlottedRun, Longs]]) -> Figure:
    figure, (left, right) = sheet("Packet delivery over distance", [run for run, _ in found], columns=2)
    for (run, tally), colour in zip(found, COLOURS * len(found), strict=False):
        pairs = tally.sum(axis=1)
        drawn = pairs >= FEWEST
        metres, shares = np.arange(len(tally))[drawn] * BIN_M, tally[drawn] / pairs[drawn, None]
        left.plot(metres, shares[:, _COLUMNS.index("received")], color=colour, label=run.label)
        right.plot(metres, shares[:, _COLUMNS.index("collision")], color=colour, label=run.label)
    left.set_title("received")
    right.set_title("lost in collisions")
    for axes in (left, right):
        axes.set_xlabel("distance [m]")
        axes.set_xlim(left=0.0)
    share(left, top=1.02)
    share(right, top=max(right.get_ylim()[1], 0.01))
    left.set_ylabel("of packets × receivers")
    left.legend(loc="lower left")
    return figure
