"""`wayside rerun`: a run again, from its directory."""

from __future__ import annotations

import contextlib
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayside.edge.errors import OutputError, WaysideError
from wayside.sim.cli.driving import between_steps, drive

if TYPE_CHECKING:
    from wayside.sim.experiments.rerun import KeptRun


def rerun(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A run's directory, as left by run --out.")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the repetition here.")] = None,
    force: Annotated[bool, typer.Option(help="Replace a run that --out already holds.")] = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The SUMO configuration, where it lies elsewhere now.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also with other versions; what then differs is told.")
    ] = False,
) -> None:
    """Repeat a run from its directory, and compare: the same bytes, or what differs.

    Exit status: 0 for the same bytes; 1 where something came out differently; 2 where it cannot be repeated, for a
    version, an input or a file that is told; 130 when interrupted.
    """
    from wayside.sim.experiments.rerun import changed_inputs, compared, other_machine, other_versions, read_run, refuse

    if out is not None and out.resolve() == folder.resolve():
        raise OutputError(f"rerun: --out {out}: is the run itself; name another directory")
    folder, out, config = folder, out and out.absolute(), config and config.absolute()
    run = read_run(folder, config)
    older = other_versions(run)
    if older and not anyway:
        raise refuse(run, older, "; --anyway tries")
    with contextlib.ExitStack() as stack:
        again = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wayside-"))) / "again"
        with contextlib.chdir(_where(run)):
            if found := changed_inputs(run):
                raise refuse(run, found)
            _make(run, again, force)
        count, differs = compared(run, again)
    if not differs:
        though = f", though {'; '.join(older)}" if older else ""
        typer.echo(f"{folder}: repeated: the same bytes in {count} files{though}")
        return
    for line in differs:
        typer.echo(line)
    why = [*older, *other_machine(run)]
    typer.echo(f"{folder}: came out differently" + (f": {'; '.join(why)}" if why else ""))
    raise typer.Exit(1)


def _where(run: KeptRun) -> Path:
    """The working directory of the run, where its plug-ins lay there and it still exists."""
    return Path(run.origin.folder) if run.origin.folder and Path(run.origin.folder).is_dir() else Path.cwd()


def _make(run: KeptRun, out: Path, force: bool) -> None:
    """Make it again, up to where it was broken off if it was."""
    from wayside.sim.engine import Simulation
    from wayside.sim.experiments.rerun import Stop

    simulation = None
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with (
            Simulation(run.scenario, out, force=force, keep_going=run.origin.keep_going) as simulation,
            between_steps(simulation),
        ):
            if run.broken_off is not None:
                simulation.observers.add(Stop(run.broken_off))
            drive(simulation)
    except KeyboardInterrupt:
        if simulation is None or run.broken_off is None or simulation.time < run.broken_off - 1e-9:
            typer.echo("wayside: interrupted", err=True)
            raise typer.Exit(130) from None
    except WaysideError:
        if simulation is None or run.broken_off is None or not out.exists():
            raise  # else it broke off then as well
