"""`wayside plot`: pictures of finished runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wayside.edge.errors import WaysideError
from wayside.sim.disk.rundir import disk_error


def plot(
    runs: Annotated[list[Path], typer.Argument(metavar="DIR...", help="A run's directory, as left by run --out.")],
    compare: Annotated[bool, typer.Option("--compare", help="Draw several runs into the same plots.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to; DIR/plots, or DIR/comparison, of the first DIR.")
    ] = None,
    format: Annotated[str, typer.Option(help="svg, png or pdf.")] = "svg",
) -> None:
    """Draw what a run's tables hold: delivery, busy ratio, latency, gaps, ages, messages, parking, charging."""
    if len(runs) > 1 and not compare:
        raise WaysideError(f"plot: {len(runs)} directories: name one, or draw them together with --compare")
    if compare and len(runs) < 2:
        raise WaysideError("plot: --compare: name at least two directories")
    try:
        from wayside.sim.results.plots import FORMATS, draw
    except ImportError as error:
        if (error.name or "").split(".")[0] not in ("matplotlib", "cycler"):
            raise
        raise WaysideError("plot: matplotlib is not installed: pip install 'wayside[plot]'") from None
    if format not in FORMATS:
        raise WaysideError(f"plot: --format = {format!r}: must be one of {', '.join(FORMATS)}")
    from wayside.sim.results.plots.runs import read_all

    found = read_all(runs)
    folder = out or runs[0] / ("comparison" if compare else "plots")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, drawn in draw(found, folder, format):
            typer.echo(f"{name}: {'left out: ' if isinstance(drawn, str) else ''}{drawn}")
    except BrokenPipeError:
        raise  # whoever read what is said has gone: no fault of the folder
    except OSError as error:
        raise disk_error(folder, error) from None
