"""`wayside`, with `serve`: the command line of sim and the live view."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wayside.edge.errors import WaysideError
from wayside.sim.cli.command import app
from wayside.sim.cli.command import main as run_command
from wayside.sim.cli.flags import overriding

_FASTEST = "max"


@app.command()
def serve(
    what: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO...", help="As for run; the first is started, all may be from the page."),
    ],
    host: Annotated[str, typer.Option(help="Address to listen at; other machines need a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0: any that is free.")] = 8080,
    seed: Annotated[int | None, typer.Option(help="Seed of the first run.")] = None,
    set_: Annotated[
        list[str], typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override a field of the first run.")
    ] = [],  # noqa: B006 - typer's way to say "none"
    until: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="End of the first run, s of SUMO's own clock.")
    ] = None,
    speed: Annotated[str, typer.Option(help="Factor of real time, 0.1 to 1000; max: as fast as possible.")] = "1",
    paused: Annotated[bool, typer.Option(help="Load the first run, and wait.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Leave results here, each run in a folder NUMBER-NAME.")
    ] = None,
    tour: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A tour of your own for the page, as docs/viewer.md has it.")
    ] = None,
    rewind: Annotated[
        int, typer.Option(metavar="MB", min=0, help="Memory for a recording to go back in; the oldest goes; 0: none.")
    ] = 256,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve scenarios to browsers: the live view, its data stream and its API."""
    from wayside.web.server.scenarios import Scenarios
    from wayside.web.server.serve import serve as serve_
    from wayside.web.server.session import RunSession, Start
    from wayside.web.server.tours import BUILTIN, read_tour

    changes = overriding(set_, seed, until)
    scenarios = Scenarios.of(what)
    first = Start(scenarios.first, changes, _factor(speed), paused)
    if tour is not None:
        read_tour(tour)
    scenarios.load(first.scenario, changes)  # a mistake is told before anything listens
    serve_(
        lambda hub: RunSession(hub, scenarios, out, rewind * 1_000_000),
        first,
        host,
        port,
        typer.echo,
        open_,
        tour or BUILTIN,
    )


@app.command()
def view(
    what: Annotated[Path, typer.Argument(metavar="DIR", help="A run's directory, or a recording (view.film).")],
    host: Annotated[str, typer.Option(help="Address to listen at; other machines need a token.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0: any that is free.")] = 8080,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Play a recording of the live view in browsers; SUMO is not needed."""
    from wayside.web.film.reel import FilmFile, find
    from wayside.web.server.recorded import RecordedSession
    from wayside.web.server.serve import serve as serve_

    film = FilmFile(find(what))
    if warning := film.warning():
        typer.echo(f"wayside: {warning}", err=True)
    serve_(lambda hub: RecordedSession(hub, film), None, host, port, typer.echo, open_)


@app.command()
def export(
    what: Annotated[Path, typer.Argument(metavar="DIR", help="A run's directory, or a recording (view.film).")],
    html: Annotated[Path, typer.Option(metavar="FILE", help="Make a page that plays the recording without a server.")],
    begin: Annotated[float | None, typer.Option("--from", metavar="SECONDS", help="Begin, s of SUMO's clock.")] = None,
    end: Annotated[float | None, typer.Option("--to", metavar="SECONDS", help="End, s of SUMO's clock.")] = None,
    force: Annotated[bool, typer.Option(help="Replace FILE where it is there.")] = False,
) -> None:
    """Make one file of a recording of the live view, for people without wayside."""
    from wayside.web.film.check import doubts
    from wayside.web.film.export import chosen, leave, page
    from wayside.web.film.reel import FilmFile, find
    from wayside.web.server.recorded import run_of

    film = FilmFile(find(what))
    if warning := film.warning():
        typer.echo(f"wayside: {warning}", err=True)
    stretches = chosen(film, begin, end)
    leave(page(film, run_of(film), stretches), html, film.path, force)
    if wrong := doubts(film.reel, stretches):
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        typer.echo(f"wayside: {film.path}: {wrong[0]}{more}: the page cannot show that", err=True)
    typer.echo(f"{html}: {html.stat().st_size / 1e6:.1f} MB")


def _factor(text: str) -> float | None:
    from wayside.sim.pacing import FASTEST, SLOWEST

    if text == _FASTEST:
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = float("nan")
    if not SLOWEST <= factor <= FASTEST:
        raise WaysideError(f"--speed {text!r}: must be a number from {SLOWEST} to {FASTEST:g}, or {_FASTEST}")
    return factor


def main() -> None:
    """Run the command; see `wayside.sim.cli.command.main`."""
    run_command()
