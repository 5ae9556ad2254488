"""How the plots look, and how they are saved so that the same data gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from wayside.ext.arrays import Doubles
from wayside.sim.results.plots.runs import PlottedRun

# Told apart with every kind of colour vision: Okabe and Ito, Color Universal Design (2008); the yellow is left out,
# which is too light for lines on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31")
# The same message has the same line in every plot; an answer is dashed as its request is drawn through.
_KINDS = {
    ("cam", "bsm"): (COLOURS[0], "-"),
    ("spatem", "spat"): (COLOURS[1], "-"),
    ("denm", "rsi"): (COLOURS[6], "-"),
    ("ivim", "rsi-sign"): (COLOURS[7], "-"),
    ("saem",): (COLOURS[2], "-"),
    ("srem",): (COLOURS[2], (0, (3.5, 1.5))),
    ("ssem",): (COLOURS[2], (0, (1.0, 1.3))),
    ("mapem", "map"): (COLOURS[3], "-"),
    ("parking-request",): (COLOURS[4], "-"),
    ("parking-response",): (COLOURS[4], (0, (3.5, 1.5))),
    ("parking",): (COLOURS[4], (0, (1.0, 1.3))),
    ("charging-request",): (COLOURS[5], "-"),
    ("charging-response",): (COLOURS[5], (0, (3.5, 1.5))),
    ("charging",): (COLOURS[5], (0, (1.0, 1.3))),
}
INK, FAINT, LINES = "#222222", "#6B6B6B", "#E3E3E3"
WIDTH, HEIGHT = 6.6, 3.9  # inches
POINTS = 400  # of a line over time

_STYLE: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=list(COLOURS)),
    "grid.color": LINES,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.7,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.6,
    "figure.dpi": 100.0,
    "savefig.dpi": 200.0,
    "svg.hashsalt": "wayside",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "path.simplify": False,
}
# No dates and no versions in the files.
_METADATA: dict[str, dict[str, Any]] = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
    ".pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}


@contextmanager
def house() -> Iterator[None]:
    """Our style, whatever the user's own matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def save(figure: Figure, path: Path) -> None:
    """Write a figure; the format is that of the name. OSError where that fails."""
    figure.savefig(path, metadata=_METADATA[path.suffix])


def sheet(
    title: str, runs: Sequence[PlottedRun], columns: int = 1, ratios: Sequence[float] = (1.0,), height: float = HEIGHT
) -> tuple[Figure, list[Axes]]:
    """A figure with its heading, and axes: rows of these heights times columns, row by row."""
    wide = WIDTH if columns == 1 else WIDTH * 1.45
    below = (0.0, 0.0, 1.0, 1.0 - 0.52 / (height + 0.5))
    layout = ConstrainedLayoutEngine(rect=below, w_pad=0.08, h_pad=0.06)
    figure = Figure(figsize=(wide, height + 0.5), layout=layout)
    figure.text(0.012, 1.0 - 0.10 / (height + 0.5), title, fontsize=12, fontweight="bold", va="top")
    about = runs[0].about if len(runs) == 1 else ", ".join(run.label for run in runs)
    figure.text(0.012, 1.0 - 0.33 / (height + 0.5), about, fontsize=8.5, color=FAINT, va="top")
    axes = figure.subplots(len(ratios), columns, squeeze=False, gridspec_kw={"height_ratios": list(ratios)})
    return figure, list(axes.ravel())


def over_time(axes: Axes, times: Sequence[Doubles]) -> float:
    """Label an axis of time; what seconds are to be divided by."""
    longest = max((float(t[-1] - t[0]) for t in times if len(t)), default=0.0)
    unit, divisor = ("h", 3600.0) if longest > 4 * 3600.0 else ("min", 60.0) if longest > 600.0 else ("s", 1.0)
    axes.set_xlabel(f"time [{unit}]")
    axes.margins(x=0.0)
    return divisor


def thinned(times: Doubles, *columns: Doubles) -> tuple[Doubles, ...]:
    """Means of so many rows together that a line has no more than POINTS; columns are T or T x N."""
    step = -(-len(times) // POINTS)
    if step <= 1:
        return (times, *columns)
    edges = np.arange(0, len(times), step)
    count = np.diff(np.append(edges, len(times)))

    def mean(column: Doubles) -> Doubles:
        known = np.isfinite(column)
        total = np.add.reduceat(np.where(known, column, 0.0), edges, axis=0)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / np.add.reduceat(known.astype(float), edges, axis=0))

    return (np.add.reduceat(times, edges) / count, *(mean(column) for column in columns))


def share(axes: Axes, axis: str = "y", top: float = 1.0) -> None:
    """An axis of shares from 0 to `top`, in per cent."""
    getattr(axes, f"set_{axis}lim")(0.0, top)
    getattr(axes, f"{axis}axis").set_major_formatter(lambda value, _: f"{100.0 * value:.3g} %")


def of_kind(kind: str) -> dict[str, Any]:
    """How a kind of message is drawn, or a service by its name."""
    colour, style = next((look for names, look in _KINDS.items() if kind in names), (COLOURS[7], "-"))
    return {"color": colour, "linestyle": style}
