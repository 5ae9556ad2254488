"""Plots of finished runs: `draw` makes all that they have data for. Only this package imports matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from wayside.sim.results.plots import channel, charging, delivery, latency, messages, parking
from wayside.sim.results.plots.runs import PlottedRun
from wayside.sim.results.plots.style import house, save

FORMATS = ("svg", "png", "pdf")

# A figure of some runs, or why there is none, by the name of its file.
FIGURES: dict[str, Callable[[Sequence[PlottedRun]], Figure | str]] = {
    "delivery": delivery.delivery,
    "busy": channel.busy,
    "latency": latency.latency,
    "gaps": latency.gaps,
    "age": channel.age,
    "messages": messages.messages,
    "parking": parking.parking,
    "charging": charging.charging,
}


def draw(runs: Sequence[PlottedRun], out: Path, format: str) -> Iterator[tuple[str, Path | str]]:
    """Each figure's name with the file written to `out`, or why there is none.

    Several runs share each figure. The same runs give the same bytes. OSError where a file cannot be written.
    """
    for name, figure in FIGURES.items():
        with house():
            drawn = figure(runs)
            if isinstance(drawn, str):
                yield name, drawn
                continue
            path = out / f"{name}.{format}"
            save(drawn, path)
        yield name, path
