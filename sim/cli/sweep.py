"""`wayside sweep`: numbers over ranges, and what depends on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wayside.edge.errors import WaysideError
from wayside.sim.cli.compare import asked_to_end, interrupted, precise, watching
from wayside.sim.cli.flags import note, overriding
from wayside.sim.cli.options import (
    Jobs,
    Keep,
    OnCluster,
    OnSlurm,
    Out,
    Retry,
    Set,
    SlurmOption,
    Until,
    check_jobs,
    directory,
    engine,
    once,
)
from wayside.sim.cli.printing import console

if TYPE_CHECKING:
    from rich.console import RenderableType

    from wayside.sim.experiments.findings import Findings
    from wayside.sim.experiments.pages import TextTable
    from wayside.sim.experiments.study import Study

COMMAND = Path("sweep")


def sweep(
    what: Annotated[str, typer.Argument(metavar="SCENARIO|STUDY", help="As for run; or a study as a .toml.")],
    over: Annotated[
        list[str], typer.Option(metavar="FIELD=FROM:TO", help="A number and its range; may be repeated.")
    ] = [],  # noqa: B006 - typer's way to say "none"
    design: Annotated[str | None, typer.Option(help="grid (the default), latin-hypercube or sobol.")] = None,
    points: Annotated[
        int | None,
        typer.Option(
            metavar="COUNT",
            help="Of each range in a grid; of all in a hypercube; base points, a power of 2, in sobol. 8 by default.",
        ),
    ] = None,
    replications: Annotated[
        int | None, typer.Option(metavar="COUNT", help="Runs of each point; 10 by default.")
    ] = None,
    figures: Annotated[
        list[str],
        typer.Option(metavar="NAME,NAME...", help="Key figures that are looked at; * stands for any letters."),
    ] = [],  # noqa: B006
    precision: Annotated[
        list[str], typer.Option(metavar="FIGURE=5%", help="Go on until its mean at every point is known so well.")
    ] = [],  # noqa: B006
    most: Annotated[
        int | None, typer.Option(metavar="COUNT", help="Runs of each point at which precision is given up; 100.")
    ] = None,
    out: Out = None,
    jobs: Jobs = None,
    cluster: OnCluster = None,
    slurm: OnSlurm = False,
    slurm_option: SlurmOption = [],  # noqa: B006
    keep: Keep = False,
    retry: Retry = False,
    seed: Annotated[int | None, typer.Option(help="Seed of replication 0, and of the design.")] = None,
    until: Until = None,
    set_: Set = [],  # noqa: B006
) -> None:
    """Vary numbers over ranges: curves over a grid, a Latin hypercube, or Sobol's sensitivity indices.

    The same command goes on after an interruption. Exit status: 0; 2 where something is wrong, told in one line;
    3 where runs failed; 130 when interrupted.
    """
    from wayside.sim.experiments.compare import carry_out
    from wayside.sim.experiments.in_ranges import constant
    from wayside.sim.experiments.study import Design
    from wayside.sim.experiments.words import counted

    said: dict[str, Any] = {
        "over": once(map(ranged, over), "sweep: --over"),
        "design": design,
        "points": points,
        "replications": replications,
        "figures": [name.strip() for one in figures for name in one.split(",")],
        "precision": dict(map(precise, precision)),
        "most": most,
        "seed": seed,
        "set": overriding(set_, until=until),
        "engine": engine("sweep", cluster, slurm, slurm_option),
    }
    note(said["over"], "--over")
    study, named = _study(what, {name: value for name, value in said.items() if value not in (None, [], {})})
    check_jobs(jobs, "sweep")
    out = directory(out, "sweep")
    found = Design(study, named)
    runs = len(found.arms) * study.replications
    each = counted(study.replications, "replication")
    typer.echo(f"{counted(len(found.arms), 'point')}, {each} each: {counted(runs, 'run')}", err=True)
    with interrupted(out), asked_to_end(), watching() as told:
        findings = carry_out(found, out, jobs, told, keep=keep, retry=retry)
    terminal = console()
    terminal.print(table(findings))
    for line in constant(findings):
        terminal.print(line, soft_wrap=True)
    terminal.print(f"report in {out / 'report.html'}", soft_wrap=True)
    if not findings.outcomes.finished.all():
        raise typer.Exit(3)


def ranged(text: str, command: str = "sweep") -> tuple[str, list[float]]:
    """`field=from:to` of `--over`."""
    from wayside.sim.scenario import explain

    path, equals, ends = text.partition("=")
    parts = ends.split(":")
    try:
        found = [int(part) if part.strip().lstrip("+-").isdecimal() else float(part) for part in parts]
    except ValueError:
        found = []
    if not equals or not path.strip() or len(found) != 2:
        raise WaysideError(f"{command}: --over {explain.shown(text)}: must be section.key=from:to, as 0:10")
    return path.strip(), found


def _study(what: str, said: dict[str, Any]) -> tuple[Study, Path]:
    """The study of a file and of the command line, and by what its mistakes are told."""
    from wayside.sim.experiments.study import Study, is_study, read
    from wayside.sim.scenario import explain

    path = Path(what)
    before = read(path) if is_study(path) else None
    with explain.reading(COMMAND):
        study = Study(**{**(before.model_dump(exclude_none=True) if before else {"scenario": what}), **said})
    if not study.over:
        raise WaysideError(
            f"{path if before else COMMAND}: over: nothing is varied: name a field with --over FIELD=0:10"
        )
    return study, path if before else COMMAND


def table(findings: Findings) -> RenderableType:
    """Every figure and field, a row each."""
    from wayside.sim.experiments import in_ranges

    return printed(in_ranges.table(findings))


def printed(plain: TextTable) -> RenderableType:
    """A report's table on the terminal."""
    from rich.table import Table

    rows = Table(box=None, pad_edge=False, header_style="bold")
    for rank, name in enumerate(plain.columns):
        rows.add_column(name, justify="left" if rank < plain.words else "right", style="bold" if rank == 0 else None)
    for row in plain.rows:
        rows.add_row(*(cell.replace("**", "") for cell in row))
    return rows
