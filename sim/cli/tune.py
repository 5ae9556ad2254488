"""`wayside tune`: the best settings for a key figure, and what they are worth elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wayside.sim.cli.compare import asked_to_end, interrupted, split, watching
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
    from wayside.sim.experiments.tuning import Tuning


def tune(
    what: Annotated[str, typer.Argument(metavar="SCENARIO|TUNING", help="As for run; or a tuning as a .toml.")],
    over: Annotated[
        list[str],
        typer.Option(metavar="FIELD=FROM:TO", help="What is tried: a range, or VALUE,VALUE...; may be repeated."),
    ] = [],  # noqa: B006 - typer's way to say "none"
    figure: Annotated[str | None, typer.Option(metavar="NAME", help="The key figure that is to be least.")] = None,
    maximise: Annotated[bool, typer.Option("--maximise", help="It is to be greatest instead.")] = False,
    trials: Annotated[
        int | None, typer.Option(metavar="COUNT", help="How many settings are tried; 50 by default.")
    ] = None,
    replications: Annotated[
        int | None, typer.Option(metavar="COUNT", help="Runs of each trial; 10 by default.")
    ] = None,
    held_out: Annotated[
        int | None,
        typer.Option(metavar="COUNT", help="Runs of the best and of the default that no trial has seen; 20."),
    ] = None,
    no_prune: Annotated[
        bool, typer.Option("--no-prune", help="Make all runs of trials that are surely worse too.")
    ] = False,
    out: Out = None,
    jobs: Jobs = None,
    cluster: OnCluster = None,
    slurm: OnSlurm = False,
    slurm_option: SlurmOption = [],  # noqa: B006
    keep: Keep = False,
    retry: Retry = False,
    seed: Annotated[int | None, typer.Option(help="Seed of replication 0, and of the search.")] = None,
    until: Until = None,
    set_: Set = [],  # noqa: B006
) -> None:
    """Search for the settings with the best mean of a key figure, and hold them against the default elsewhere.

    The same command goes on after an interruption. Exit status: 0; 2 where something is wrong, told in one line;
    3 where runs failed; 130 when interrupted.
    """
    from wayside.sim.experiments.tune import carry_out_tuning
    from wayside.sim.experiments.tuned_report import claims, table
    from wayside.sim.experiments.tuning import Space

    said: dict[str, Any] = {
        "over": once(map(tried, over), "tune: --over"),
        "figure": figure,
        "maximise": maximise or None,
        "trials": trials,
        "replications": replications,
        "held_out": held_out,
        "prune": False if no_prune else None,
        "seed": seed,
        "set": overriding(set_, until=until),
        "engine": engine("tune", cluster, slurm, slurm_option),
    }
    note(said["over"], "--over")
    tuning, named = _tuning(what, {name: value for name, value in said.items() if value not in (None, [], {})})
    check_jobs(jobs, "tune")
    out = directory(out, "tune")
    space = Space(tuning, named)
    with interrupted(out), asked_to_end(), watching() as told:
        found = carry_out_tuning(space, out, jobs, told, keep=keep, retry=retry)
    terminal = console()
    for line in claims(found):
        terminal.print(line.replace("**", ""), soft_wrap=True, markup=False)
    from wayside.sim.cli.sweep import printed

    terminal.print(printed(table(found)))
    terminal.print(f"report in {out / 'report.html'}", soft_wrap=True)
    failed = any(trial.state == "failed" for trial in found.search.trials)
    if failed or not found.held_out.outcomes.finished.all():
        raise typer.Exit(3)


def tried(text: str) -> tuple[str, list[Any] | dict[str, list[Any]]]:
    """`field=from:to` or `field=value,value` of `--over`, as `Tuning.over` has it."""
    from wayside.sim.cli.sweep import ranged
    from wayside.sim.scenario.loading import parse_override

    path, equals, values = text.partition("=")
    pieces = split(values)
    if not equals or not path.strip() or len(pieces) < 2:
        return ranged(text, "tune")
    return path.strip(), {"values": [parse_override(f"{path}={piece}")[1] for piece in pieces]}


def _tuning(what: str, said: dict[str, Any]) -> tuple[Tuning, Path]:
    """The tuning of a file and of the command line, and by what its mistakes are told."""
    from wayside.sim.experiments.tuning import COMMAND, Tuning, is_tuning, read_tuning
    from wayside.sim.scenario import explain

    path = Path(what)
    before = read_tuning(path) if is_tuning(path) else None
    with explain.reading(COMMAND):
        base = before.model_dump(exclude_none=True) if before else {"scenario": what, "over": {}}
        return Tuning(**{**base, **said}), path if before else COMMAND
