"""What the commands that make studies have in common: their options, and what is refused of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from wayside.edge.errors import WaysideError

_T = TypeVar("_T")

Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Leave tables and report here, and go on from what is there.")
]
Jobs = Annotated[
    int | None, typer.Option(help="Runs at a time; by default one for each core, here or where they are made.")
]
OnCluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="tcp://HOST:PORT", help="Make the runs on the workers of a Dask scheduler."),
]
OnSlurm = Annotated[bool, typer.Option("--slurm", help="Make the runs as jobs of Slurm.")]
SlurmOption = Annotated[
    list[str],
    typer.Option(metavar="NAME=VALUE", help="Of Slurm: partition, time (min), mem, account, qos, ...; with --slurm."),
]
Keep = Annotated[bool, typer.Option("--keep", help="Leave every run's own directory, in DIR/kept.")]
Retry = Annotated[bool, typer.Option("--retry", help="Make runs again that have failed.")]
Until = Annotated[float | None, typer.Option(metavar="SECONDS", help="End of all runs, s of SUMO's clock.")]
Set = Annotated[list[str], typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override a field of all runs.")]


def once(said: Iterable[tuple[str, _T]], option: str) -> dict[str, _T]:
    """Values by field. WaysideError for a field that is said twice."""
    found: dict[str, _T] = {}
    for field, value in said:
        if field in found:
            raise WaysideError(f"{option}: {field} is said twice: say all its values at once")
        found[field] = value
    return found


def engine(command: str, cluster: str | None, slurm: bool, options: list[str]) -> dict[str, object] | None:
    """Who makes the runs, as a study says it; None: as it is said there, or else this machine."""
    from wayside.sim.scenario import explain
    from wayside.sim.scenario.loading import parse_override

    if cluster is not None and slurm:
        raise WaysideError(f"{command}: --cluster and --slurm: it is one or the other")
    if options and not slurm:
        raise WaysideError(f"{command}: --slurm-option {explain.shown(options[0])}: goes with --slurm")
    for text in options:
        if not all(part.strip() for part in text.partition("=")):
            raise WaysideError(
                f"{command}: --slurm-option {explain.shown(text)}: must be name=value, as partition=short"
            )
    if slurm:
        return {"use": "slurm", **dict(map(parse_override, options))}
    return None if cluster is None else {"use": "cluster", "scheduler": cluster}


def check_jobs(jobs: int | None, command: str) -> None:
    """WaysideError for fewer than one."""
    if jobs is not None and jobs < 1:
        raise WaysideError(f"{command}: --jobs = {jobs}: must be at least 1")


def directory(out: Path | None, command: str) -> Path:
    """The directory of a study. WaysideError where none is named."""
    if out is None:
        raise WaysideError(f"{command}: name a directory for tables and report with --out")
    return out
