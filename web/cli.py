"""`wayside`, with `serve`: the command line of sim and the live view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayside.edge.errors import WaysideError
from wayside.sim.cli.command import app
from wayside.sim.cli.command import main as run_command
from wayside.sim.cli.flags import note, overriding

if TYPE_CHECKING:
    from wayside.web.server.pair import Against

_FASTEST = "max"


@app.command()
def serve(
    what: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO...", help="As for run; the first is started, all may be from the page."),
    ] = [],  # noqa: B006 - typer's way to say "none"
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
    against: Annotated[
        list[str],
        typer.Option(
            metavar="SECTION.KEY=VALUE|SCENARIO",
            help="Run it with this beside it, of the same demand and seed; may be repeated.",
        ),
    ] = [],  # noqa: B006
    runs: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="DIR DIR", help="Show two recorded runs side by side instead of a scenario."),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A directory of wayside compare, for what many replications say of the two."),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve scenarios to browsers: the live view, its data stream and its API."""
    from wayside.web.server.pair import PairedSession, other_of
    from wayside.web.server.scenarios import Scenarios
    from wayside.web.server.serve import serve as serve_
    from wayside.web.server.session import Start
    from wayside.web.server.studies import findings_of
    from wayside.web.server.tours import BUILTIN, read_tour

    if tour is not None:
        read_tour(tour)
    if study is not None:
        if not against and runs is None:
            raise WaysideError("serve: --study tells of two runs side by side: name the other by --against, or --runs")
        findings_of(study)
    if runs is not None:
        _only_runs(what, {"--against": against, "--set": set_, "--seed": seed, "--until": until, "--out": out})
        _serve_runs(runs, study, host, port, open_, tour or BUILTIN)
        return
    if not what:
        raise WaysideError("serve: name a scenario, or two recorded runs: --runs DIR DIR")
    changes = overriding(set_, seed, until)
    other = _against(against)
    scenarios = Scenarios.of([*what, *([other.scenario] if other and other.scenario else [])])
    first = Start(scenarios.first, changes, _factor(speed), paused)
    scenarios.load(first.scenario, changes)  # a mistake is told before anything listens
    if other is not None:
        if other.scenario is not None:
            other = replace(other, scenario=scenarios.name_of(other.scenario))
        note(other.changes, "--against")
        other_of(first, other, scenarios)
    serve_(
        lambda hub: PairedSession(hub, scenarios, out, rewind * 1_000_000, study, other),
        first,
        host,
        port,
        typer.echo,
        open_,
        tour or BUILTIN,
    )


def _against(said: list[str]) -> Against | None:
    """What --against says: settings, and at most one scenario."""
    from wayside.sim.scenario.loading import overridden
    from wayside.web.server.pair import Against

    if not said:
        return None
    scenarios = [one for one in said if "=" not in one]
    if len(scenarios) > 1:
        raise WaysideError(f"--against {scenarios[1]}: one other scenario is shown beside the first, not two")
    settings = [one for one in said if "=" in one]
    try:
        changes = overridden(settings)
    except WaysideError as error:
        raise WaysideError(str(error).replace("--set", "--against", 1)) from None
    return Against(scenarios[0] if scenarios else None, changes)


def _only_runs(what: list[str], options: Mapping[str, object]) -> None:
    """Two recorded runs are shown as they are."""
    for name, value in options.items():
        if value not in (None, []):
            raise WaysideError(f"serve: --runs shows two recorded runs as they are: {name} is for a scenario that runs")
    if what:
        raise WaysideError(f"serve: {what[0]}: --runs shows two recorded runs, and nothing else")


def _serve_runs(runs: tuple[Path, Path], study: Path | None, host: str, port: int, open_: bool, tour: Path) -> None:
    from wayside.web.server.hub import Hub
    from wayside.web.server.recorded_pair import RecordedPair
    from wayside.web.server.serve import serve as serve_

    pair = RecordedPair(Hub(), runs, study)
    for film in pair.films:
        if warning := film.warning():
            typer.echo(f"wayside: {warning}", err=True)
    serve_(lambda _: pair, None, host, port, typer.echo, open_, tour)


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
