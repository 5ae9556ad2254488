"""The `wayside` command."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from wayside.edge.errors import WaysideError
from wayside.sim.decode_cli import decode
from wayside.sim.plot_cli import plot

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation, Tick
    from wayside.sim.scenario import Scenario

app = typer.Typer(
    name="wayside",
    help="Vehicle-road collaboration edge simulator.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(decode)
app.command()(plot)

_What = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A built-in name, a .toml, a .py script, or any .sumocfg.")
]
_Set = Annotated[
    list[str], typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override a field; may be repeated.")
]
_Seed = Annotated[int | None, typer.Option(help="Seed of SUMO and of all other chance.")]


@app.command()
def run(
    what: _What,
    until: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="End, in s of SUMO's own clock, which need not begin at 0."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Leave the results here; none are kept without.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a run that DIR already holds.")] = False,
    seed: _Seed = None,
    set_: _Set = [],  # noqa: B006 - typer's way to say "none"
    backend: Annotated[str, typer.Option(help="How SUMO is read: native, libsumo or traci.")] = "native",
    gui: Annotated[bool, typer.Option(help="Open SUMO's own window (over TraCI).")] = False,
    pcap: Annotated[
        bool, typer.Option("--pcap", help="Write every packet to v2x.pcap in DIR, as octets (record.pcap).")
    ] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Tell at the end where the time went.")] = False,
) -> None:
    """Run a scenario to its end and print its key figures."""
    from wayside.sim.engine import Simulation

    scenario = load(what, set_, seed, until)
    if pcap:
        if out is None:
            raise WaysideError("run: --pcap writes to the directory of the results: name one with --out")
        scenario = scenario.replace("record.pcap", True)
    began = time.perf_counter()
    simulation = None
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be asked to end is as good as Ctrl-C
        with Simulation(scenario, out, force=force, backend=backend, gui=gui) as simulation, _between_steps(simulation):
            if profile:
                from wayside.sim.profile import Profile

                simulation.profile = Profile(simulation)
            _drive(simulation)
    except KeyboardInterrupt:
        kept = f"; what there is, is in {out}" if out and simulation is not None and simulation.time else ""
        typer.echo(f"wayside: interrupted{kept}", err=True)
        raise typer.Exit(130) from None
    _report(simulation, time.perf_counter() - began, out)
    if simulation.profile is not None:
        _report_parts(simulation.profile.parts(), simulation.profile.ticks)


@app.command()
def check(
    what: Annotated[str, typer.Argument(metavar="SCENARIO", help="As for run.")] = "",
    schema: Annotated[bool, typer.Option(help="Print the JSON schema of scenario files instead.")] = False,
    seed: _Seed = None,
    set_: _Set = [],  # noqa: B006
) -> None:
    """Check a scenario without running it: its file, its network, its units, and that SUMO takes it."""
    if schema:
        from wayside.sim.scenario import Scenario

        typer.echo(json.dumps(Scenario.model_json_schema(), indent=2))
        return
    if not what:
        raise WaysideError("check: name a scenario, or ask for --schema")
    from wayside.sim.engine import Simulation

    with Simulation(load(what, set_, seed, None)) as simulation:
        parks, chargers = simulation.facilities.car_parks, simulation.facilities.chargers
        typer.echo(
            f"{simulation.scenario.name}: {simulation.network.normal_edges} edges, "
            f"{len(simulation.signals.ids)} traffic lights, {len(simulation.units)} roadside units, "
            f"{len(parks.ids)} car parks with {int(parks.capacity.sum())} bays, "
            f"{len(chargers.sites)} charging sites with {int(chargers.piles.sum())} piles"
        )


@app.command()
def scenarios() -> None:
    """List the built-in scenarios."""
    from wayside.sim.loading import builtin_scenarios

    known = builtin_scenarios()
    width = max(map(len, known), default=0)
    for name, scenario in known.items():
        typer.echo(f"{name:<{width}}  {scenario.title}")


def load(what: str, overrides: list[str], seed: int | None, until: float | None) -> Scenario:
    """A scenario with the command line's overrides."""
    from wayside.sim.loading import parse_override
    from wayside.sim.scenario import Scenario

    changes: dict[str, object] = dict(parse_override(override) for override in overrides)
    if seed is not None:
        changes["scenario.seed"] = seed
    if until is not None:
        changes["scenario.end"] = until
    scenario = Scenario.load(what)
    return scenario.replace(changes) if changes else scenario


@contextlib.contextmanager
def _between_steps(simulation: Simulation) -> Iterator[None]:
    """The first Ctrl-C ends the run when the step is whole, so that all tables tell the same; the second at once."""

    def ask(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler)
        simulation.interrupted = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _drive(simulation: Simulation) -> None:
    """Run to the end: a progress bar on a terminal, a line every ten seconds elsewhere."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    end = simulation.clock.end
    begin = simulation.time
    if sys.stderr.isatty():
        from rich.console import Console

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(simulation.scenario.name, total=None if end is None else end - begin, state="")

            def show(tick: Tick) -> None:
                progress.update(task, completed=tick.time - begin, state=_state(simulation))

            simulation.run(_now_and_then(0.1, show))
    else:
        simulation.run(_now_and_then(10.0, lambda _: typer.echo(_state(simulation), err=True)))


def _now_and_then(seconds: float, show: Callable[[Tick], None]) -> Callable[[Tick], None]:
    """`show` only where it has not been called for so long."""
    shown = time.monotonic()

    def watch(tick: Tick) -> None:
        nonlocal shown
        if (now := time.monotonic()) - shown > seconds:
            shown = now
            show(tick)

    return watch


def _state(simulation: Simulation) -> str:
    end = "" if simulation.clock.end is None else f" of {simulation.clock.end:g}"
    return f"{simulation.time:.0f}{end} s, {simulation.vehicles.count} vehicles"


_TABLE = (
    ("vehicles", ("departed", "arrived", "peak_driving", "mean_speed_m_s", "teleports")),
    ("messages", ("sent", "received_by_vehicles", "received_by_units")),
    (
        "parking",
        ("requested", "reserved", "taken", "taken_as_reserved", "search_time_s", "walking_distance_m"),
    ),
    ("charging", ("requested", "reserved", "sessions", "energy_kwh", "peak_kw")),
)


def _report(simulation: Simulation, wall: float, out: Path | None) -> None:
    """The short table at the end of a run."""
    from rich.console import Console
    from rich.table import Table

    kpis = simulation.metrics.kpis()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    table.add_column(justify="right")
    for group, names in _TABLE:
        rows = [(name, kpis[f"{group}.{name}"]) for name in names if f"{group}.{name}" in kpis]
        for rank, (name, value) in enumerate(rows):
            table.add_row("" if rank else group, name, f"{value:,.0f}" if value == int(value) else f"{value:,.2f}")
    console = Console(highlight=False)
    simulated = simulation.time - simulation.clock.begin
    what = f"{simulation.scenario.name}, radio {', '.join(simulation.scenario.v2x.radios)}"
    console.print(f"{what}, seed {simulation.clock.seed}: {simulated:g} s simulated in {wall:.1f} s")
    console.print(table)
    if out is not None:
        console.print(f"results in {out}", soft_wrap=True)


def _report_parts(parts: dict[str, float], ticks: int) -> None:
    """Where the time of the run's steps went, set-up and ending not counted."""
    from rich.console import Console
    from rich.table import Table

    total = sum(parts.values())
    table = Table(box=None, pad_edge=False, title=f"{ticks:,} V2X ticks, {total:.2f} s", title_justify="left")
    table.add_column("part", style="bold")
    for unit in ("s", "ms per tick", "share"):
        table.add_column(unit, justify="right")
    for part, seconds in parts.items():
        table.add_row(part, f"{seconds:.2f}", f"{seconds / max(ticks, 1) * 1e3:.3f}", f"{seconds / total:.1%}")
    Console(highlight=False).print(table)


def main() -> None:
    """Run the command. A user's mistake is one line on stderr and exit status 2; Ctrl-C is 130."""
    warnings.showwarning = lambda message, *_, **__: typer.echo(f"warning: {message}", err=True)
    try:
        app()
    except WaysideError as error:
        typer.echo(f"wayside: {error}", err=True)
        sys.exit(2)
