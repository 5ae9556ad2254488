"""`wayside compare`: settings against each other."""

from __future__ import annotations

import contextlib
import math
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wayside.edge.errors import WaysideError
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

    from wayside.sim.experiments.comparing import Watch
    from wayside.sim.experiments.findings import Findings
    from wayside.sim.experiments.study import Study

TELL_EVERY = 10.0  # s between two lines where there is no terminal
OPEN = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}


def compare(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENARIO|STUDY|DIR...",
            help="As for run; or a study as a .toml. With --merge all shards' directories.",
        ),
    ],
    vary: Annotated[
        list[str],
        typer.Option(metavar="FIELD=VALUE,VALUE...", help="Values against each other; several fields are crossed."),
    ] = [],  # noqa: B006 - typer's way to say "none"
    each: Annotated[
        bool, typer.Option("--each", help="Vary one field at a time, the others at their first values.")
    ] = False,
    against: Annotated[
        str | None, typer.Option(metavar="ARM", help="Hold all others against this one; by default the first, or all.")
    ] = None,
    replications: Annotated[int | None, typer.Option(metavar="COUNT", help="Runs of each arm; 10 by default.")] = None,
    figures: Annotated[
        list[str],
        typer.Option(metavar="NAME,NAME...", help="Key figures that are tested; * stands for any letters."),
    ] = [],  # noqa: B006
    precision: Annotated[
        list[str],
        typer.Option(metavar="FIGURE=5%", help="Go on until its intervals reach no further; or a plain number."),
    ] = [],  # noqa: B006
    most: Annotated[
        int | None, typer.Option(metavar="COUNT", help="Runs of each arm at which precision is given up; 100.")
    ] = None,
    out: Out = None,
    jobs: Jobs = None,
    cluster: OnCluster = None,
    slurm: OnSlurm = False,
    slurm_option: SlurmOption = [],  # noqa: B006
    keep: Keep = False,
    retry: Retry = False,
    shard: Annotated[
        str | None, typer.Option(metavar="3/16", help="Make this share of the runs alone, elsewhere the others.")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Put shards together: compare --merge DIR DIR... --out DIR.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of replication 0; the others count on.")] = None,
    until: Until = None,
    set_: Set = [],  # noqa: B006
) -> None:
    """Compare settings over replications, paired: which is better, by how much, and can one believe it.

    The same command goes on after an interruption. Exit status: 0; 2 where something is wrong, told in one line;
    3 where runs failed; 130 when interrupted.
    """
    from wayside.sim.experiments.compare import carry_out
    from wayside.sim.experiments.shards import WHOLE, parse
    from wayside.sim.experiments.study import Design

    said: dict[str, Any] = {
        "vary": once(map(_varied, vary), "compare: --vary"),
        "each": each or None,
        "against": against,
        "replications": replications,
        "figures": [name.strip() for one in figures for name in one.split(",")],
        "precision": dict(map(precise, precision)),
        "most": most,
        "seed": seed,
        "set": overriding(set_, until=until),
        "engine": engine("compare", cluster, slurm, slurm_option),
    }
    note(said["vary"], "--vary")
    said = {name: value for name, value in said.items() if value not in (None, [], {})}
    if merge:
        _check_alone(said | {"jobs": jobs, "keep": keep, "retry": retry, "shard": shard})
        out = directory(out, "compare")
        findings = _merged(what, out)
    else:
        if len(what) > 1:
            raise WaysideError(
                f"compare: {what[1]}: one scenario or study at a time; --merge is for shards' directories"
            )
        study, named = _study(what[0], said)
        if study.over:
            raise WaysideError(f"{named}: over: ranges are for `wayside sweep {what[0]}`")
        check_jobs(jobs, "compare")
        share = WHOLE if shard is None else parse(shard)
        out = directory(out, "compare")
        design = Design(study, named)
        with interrupted(out), asked_to_end(), watching() as told:
            findings = carry_out(design, out, jobs, told, keep=keep, retry=retry, shard=share)
        if share != WHOLE:
            typer.echo(
                f"shard {share} in {out}; wayside compare --merge with all shards' directories makes tables and report"
            )
            raise typer.Exit(3 if any(one.state != "finished" for one in findings.outcomes.ended.values()) else 0)
    _report(findings, out)
    if not findings.outcomes.finished.all():
        raise typer.Exit(3)


def _check_alone(said: dict[str, Any]) -> None:
    """What is merged is what was made: nothing else can be asked for."""
    for name, value in said.items():
        if value:
            option = "--set or --until" if name == "set" else f"--{name}"
            raise WaysideError(f"compare: --merge takes directories and --out, not {option}: shards say all else")


def _merged(what: list[str], out: Path) -> Findings:
    """Shards put together. A file among their directories is the study, where its scenario lies elsewhere here."""
    from wayside.sim.experiments.merging import merge

    paths = [Path(one) for one in what]
    files = [path for path in paths if path.is_file()]
    if len(files) > 1:
        raise WaysideError(f"compare: --merge: {files[1]}: one study file at most; shards are directories")
    with interrupted(out), watching() as told:
        return merge([path for path in paths if path not in files], out, told, files[0] if files else None)


@contextlib.contextmanager
def interrupted(out: Path) -> Iterator[None]:
    """Ctrl-C is told in a line."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(f"wayside: interrupted; the same command goes on from what is in {out}", err=True)
        raise typer.Exit(130) from None


def _study(what: str, said: dict[str, Any]) -> tuple[Study, Path]:
    """The study of a file and of the command line, and by what its mistakes are told."""
    from wayside.sim.experiments.study import COMMAND, Study, is_study, read
    from wayside.sim.scenario import explain

    path = Path(what)
    if not is_study(path):
        with explain.reading(COMMAND):
            return Study(scenario=what, **said), COMMAND
    study = read(path)
    if "set" in said:  # beside what the file sets, not in its place
        said = {**said, "set": {**study.set, **said["set"]}}
    with explain.reading(COMMAND):
        return (Study(**{**study.model_dump(exclude_none=True), **said}) if said else study), path


def _varied(text: str) -> tuple[str, list[object]]:
    """`field=value,value` of `--vary`."""
    from wayside.sim.scenario import explain
    from wayside.sim.scenario.loading import parse_override

    path, equals, values = text.partition("=")
    if not equals or not path.strip() or not values.strip():
        raise WaysideError(f"compare: --vary {explain.shown(text)}: must be section.key=value,value")
    return path.strip(), [parse_override(f"{path}={value}")[1] for value in split(values)]


def split(text: str) -> list[str]:
    """Pieces between commas, but for commas in brackets and quotes."""
    pieces, closing = [""], list[str]()
    for letter in text:
        if closing and letter == closing[-1]:
            closing.pop()
        elif letter in OPEN and not (closing and closing[-1] in "\"'"):
            closing.append(OPEN[letter])
        elif letter == "," and not closing:
            pieces.append("")
            continue
        pieces[-1] += letter
    return [piece.strip() for piece in pieces]


def precise(text: str) -> tuple[str, str]:
    figure, equals, value = text.partition("=")
    if not equals or not figure.strip():
        from wayside.sim.scenario import explain

        raise WaysideError(f"compare: --precision {explain.shown(text)}: must be figure=5% or figure=number")
    return figure.strip(), value


@contextlib.contextmanager
def asked_to_end() -> Iterator[None]:
    """To be asked to end is as good as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """A live table on a terminal, lines elsewhere."""
    from wayside.sim.cli.progress import Lines, Live

    if sys.stderr.isatty():
        with Live() as live:
            yield live
    else:
        yield Lines(TELL_EVERY, time.monotonic)


def _report(findings: Findings, out: Path) -> None:
    """The short table at the end."""
    terminal = console()
    terminal.print(table(findings))
    terminal.print(f"report in {out / 'report.html'}", soft_wrap=True)


def table(findings: Findings) -> RenderableType:
    """Every comparison, a row each."""
    from rich.table import Table

    from wayside.sim.experiments.words import number, p_value, percent

    rows = Table(box=None, pad_edge=False, header_style="bold")
    rows.add_column("figure", style="bold")
    rows.add_column("arm")
    rows.add_column("against")
    for name in ("mean", "difference", "95 % interval", "", "p (Holm)", "pairs"):
        rows.add_column(name, justify="right")
    means = {(one.figure, one.arm): one.mean for one in findings.summaries}
    before = ""
    for one in findings.comparisons:
        rows.add_row(
            "" if one.figure == before else one.figure,
            one.arm,
            one.against,
            number(means[one.figure, one.arm]),
            findings.unpaired(one) or number(one.difference, sign=True),
            "" if math.isnan(one.low) else f"{number(one.low, sign=True)} to {number(one.high, sign=True)}",
            percent(one.relative),
            p_value(one.p_holm) + (" *" if one.found else "  "),
            str(one.pairs),
        )
        before = one.figure
    return rows
