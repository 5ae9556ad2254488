"""`wayside cite`: how it is cited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def cite(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="A run's directory: cite that run, with scenario and seed.")
    ] = None,
) -> None:
    """Print how to cite this version of wayside, or a run: BibTeX and APA."""
    from wayside.sim.experiments.citation import of_run, this_version

    found = this_version() if folder is None else of_run(folder)
    typer.echo(f"{found.bibtex()}\n\n{found.apa()}")
