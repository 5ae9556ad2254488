"""The `wayside` command."""

from __future__ import annotations

import json
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayside.edge.errors import PluginError, SumoError, WaysideError
from wayside.sim.cli.charge import charge
from wayside.sim.cli.cite import cite
from wayside.sim.cli.compare import compare
from wayside.sim.cli.decode import decode
from wayside.sim.cli.driving import between_steps, drive
from wayside.sim.cli.flags import forget, note, of_flags, overriding
from wayside.sim.cli.hindsight import hindsight
from wayside.sim.cli.park_data import park_data
from wayside.sim.cli.plot import plot
from wayside.sim.cli.plugins import plugins
from wayside.sim.cli.printing import console
from wayside.sim.cli.rerun import rerun
from wayside.sim.cli.sweep import sweep
from wayside.sim.cli.tune import tune
from wayside.sim.cli.usage import UsageError, told

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation
    from wayside.sim.scenario import Scenario

app = typer.Typer(
    name="wayside",
    help="Vehicle-road collaboration edge simulator.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(charge)
app.command()(cite)
app.command()(compare)
app.command()(decode)
app.command()(hindsight)
app.command("park-data")(park_data)
app.command()(plot)
app.command()(plugins)
app.command()(rerun)
app.command()(sweep)
app.command()(tune)

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
    csms: Annotated[
        str | None,
        typer.Option(metavar="URL", help='Let a central system decide about power, by OCPP 2.0.1 (power = "ocpp").'),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(metavar="FACTOR", help="With --csms: how fast, 1 being the wall clock's pace and the default."),
    ] = None,
    profile: Annotated[bool, typer.Option("--profile", help="Tell at the end where the time went.")] = False,
    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going",
            help="Where an application breaks off, switch it off at that unit and go on; exit status 3 then.",
        ),
    ] = False,
) -> None:
    """Run a scenario to its end and print its key figures.

    Exit status: 0; 2 where something is wrong, told in one line; 3 where applications were switched off
    (--keep-going); 130 when interrupted.
    """
    from wayside.sim.engine import Simulation

    scenario = load(what, set_, seed, until)
    if pcap:
        if out is None:
            raise WaysideError("run: --pcap writes to the directory of the results: name one with --out")
        scenario = scenario.replace("record.pcap", True)
    if csms is not None:
        from wayside.sim.ocpp.coupling import FIELD
        from wayside.sim.ocpp.power import coupled

        note([f"{FIELD}.csms"], "--csms")
        if speed is not None:
            note([f"{FIELD}.speed"], "--speed")
        scenario = coupled(scenario, csms, speed)
    elif speed is not None:
        raise WaysideError("run: --speed is for --csms, by which a run keeps to the wall clock")
    began = time.perf_counter()
    simulation = None
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be asked to end is as good as Ctrl-C
        with (
            Simulation(scenario, out, force=force, backend=backend, gui=gui, keep_going=keep_going) as simulation,
            between_steps(simulation),
        ):
            if profile:
                from wayside.sim.results.profile import Profile

                simulation.profile = Profile(simulation)
            drive(simulation)
    except KeyboardInterrupt as error:
        where = "".join(f" {note}" for note in getattr(error, "__notes__", ()))
        typer.echo(f"wayside: interrupted{where}{_kept(simulation, out)}", err=True)
        raise typer.Exit(130) from None
    except (PluginError, SumoError) as error:
        typer.echo(f"wayside: {of_flags(str(error))}{_kept(simulation, out)}", err=True)
        raise typer.Exit(2) from None
    _report(simulation, time.perf_counter() - began, out)
    if simulation.profile is not None:
        _report_parts(simulation.profile.parts(), simulation.profile.ticks)
    if simulation.failures.all:
        raise typer.Exit(3)


def _kept(simulation: Simulation | None, out: Path | None) -> str:
    """What has become of the results of a run that broke off; nothing is said of one that had not begun."""
    if simulation is None or simulation.time <= simulation.clock.begin:
        return ""
    return f"; what there is, is in {out}" if out else "; nothing is kept, as without --out"


@app.command()
def check(
    what: Annotated[str, typer.Argument(metavar="SCENARIO", help="As for run.")] = "",
    schema: Annotated[bool, typer.Option(help="Print the JSON schema of scenario files instead.")] = False,
    against_sumo: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Compare a run's figures with SUMO's own outputs in it instead."),
    ] = None,
    seed: _Seed = None,
    set_: _Set = [],  # noqa: B006
) -> None:
    """Check a scenario without running it: its file, its network, its units, and that SUMO takes it."""
    if schema:
        from wayside.sim.scenario import Scenario

        typer.echo(json.dumps(Scenario.model_json_schema(), indent=2))
        return
    if against_sumo is not None:
        _check_against_sumo(against_sumo)
        return
    if not what:
        raise WaysideError("check: name a scenario, or ask for --schema or --against-sumo DIR")
    from wayside.sim.engine import Simulation
    from wayside.sim.experiments.words import counted

    with Simulation(load(what, set_, seed, None)) as simulation:
        parks, chargers = simulation.facilities.car_parks, simulation.facilities.chargers
        typer.echo(
            f"{simulation.scenario.name}: {counted(simulation.network.normal_edges, 'edge')}, "
            f"{counted(len(simulation.signals.ids), 'traffic light')}, "
            f"{counted(len(simulation.units), 'roadside unit')}, "
            f"{counted(len(parks.ids), 'car park')} with {counted(int(parks.capacity.sum()), 'bay')}, "
            f"{counted(len(chargers.sites), 'charging site')} with {counted(int(chargers.piles.sum()), 'pile')}"
        )
        _tell_demand(simulation)
        if simulation.unused:
            typer.echo(simulation.unused)


def _check_against_sumo(folder: Path) -> None:
    """Figures side by side; exit status 1 where they differ."""
    from wayside.sim.results.reconcile import missing, reconcile

    rows = [("SUMO's file", "figure", "wayside", "SUMO", "difference", "")]
    lines = reconcile(folder)
    for line in lines:
        ours, theirs, more = (f"{value:,.10g}" for value in (line.ours, line.theirs, round(line.ours - line.theirs, 6)))
        told = "" if line.agrees else f"differs  {line.where}".rstrip()
        rows.append((line.source, line.figure, ours, theirs, more, told))
    file, figure, *widths = (max(map(len, column)) for column in list(zip(*rows, strict=True))[:5])
    for row in rows:
        numbers = "  ".join(f"{value:>{width}}" for value, width in zip(row[2:5], widths, strict=True))
        typer.echo(f"{row[0]:<{file}}  {row[1]:<{figure}}  {numbers}  {row[5]}".rstrip())
    if absent := missing(folder):
        typer.echo(f"not compared, for want of SUMO's {', '.join(absent)}")
    wrong = sum(not line.agrees for line in lines)
    typer.echo(f"{wrong} of {len(lines)} figures differ" if wrong else f"all {len(lines)} figures agree")
    if wrong:
        raise typer.Exit(1)


@app.command()
def scenarios(
    copy: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Copy this one's files into the working directory."),
    ] = None,
) -> None:
    """List the built-in scenarios, or copy one."""
    from wayside.sim.scenario.loading import builtin_scenarios, copied

    if copy is not None:
        for path in copied(copy, Path.cwd()):
            typer.echo(path.name)
        return
    known = builtin_scenarios()
    width = max(map(len, known), default=0)
    for name, scenario in known.items():
        typer.echo(f"{name:<{width}}  {scenario.title}")


def load(what: str, overrides: list[str], seed: int | None, until: float | None) -> Scenario:
    """A scenario with the command line's overrides."""
    from wayside.sim.scenario import Scenario

    changes = overriding(overrides, seed, until)
    scenario = Scenario.load(what)
    return scenario.replace(changes) if changes else scenario


def _report(simulation: Simulation, wall: float, out: Path | None) -> None:
    """The short table at the end of a run."""
    from rich.table import Table

    kpis = simulation.metrics.kpis()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    table.add_column(justify="right")
    told = {app.name for unit in simulation.units for app in unit.apps}
    idle = {service.name for service in simulation.onboard} - told  # not shown where nothing has happened
    groups = (
        ("vehicles", ("departed", "arrived", "peak_driving", "mean_speed_m_s", "teleports")),
        ("messages", ("sent", "received_by_vehicles", "received_by_units")),
        ("signals", ("controlled", "switches", "forced", "longest_red_s", "granted", "refused")),
        *((service.name, service.summary or service.headlines) for service in simulation.onboard),
        *((observer.name, observer.summary) for observer in simulation.observers),
        ("platform", ("reports", "lost", "delay_s")),
        ("forwarding", ("forwarded", "beyond_one_hop_share", "reached_share")),
        ("apps", ("failed",)),
    )
    for group, names in groups:
        rows = [(name, kpis[f"{group}.{name}"]) for name in names if f"{group}.{name}" in kpis]
        if group in idle and not any(value for _, value in rows):
            continue
        for rank, (name, value) in enumerate(rows):
            table.add_row("" if rank else group, name, f"{value:,.0f}" if value == int(value) else f"{value:,.2f}")
    terminal = console()
    simulated = simulation.time - simulation.clock.begin
    what = f"{simulation.scenario.name}, radio {', '.join(radio.use for radio in simulation.scenario.v2x.radios)}"
    terminal.print(f"{what}, seed {simulation.clock.seed}: {simulated:g} s simulated in {wall:.1f} s")
    _tell_demand(simulation)
    terminal.print(table)
    if out is not None:
        terminal.print(f"results in {out}", soft_wrap=True)


def _tell_demand(simulation: Simulation) -> None:
    """A line of what was drawn, where the demand is not the files'."""
    if (demand := simulation.staged.demand) is not None:
        number = "" if demand.replication is None else f", replication {demand.replication}"
        values = "".join(f", {name} {value:.4g}" for name, value in demand.values.items())
        typer.echo(
            f"demand{number}{values}: of {demand.in_files:,} vehicles and people in the files {demand.left_out:,} are "
            f"left out, {demand.repeated:,} added"
        )


def _report_parts(parts: dict[str, float], ticks: int) -> None:
    """Where the time of the run's steps went, set-up and ending not counted."""
    from rich.table import Table

    total = sum(parts.values())
    table = Table(box=None, pad_edge=False, title=f"{ticks:,} V2X ticks, {total:.2f} s", title_justify="left")
    table.add_column("part", style="bold")
    for unit in ("s", "ms per tick", "share"):
        table.add_column(unit, justify="right")
    for part, seconds in parts.items():
        table.add_row(part, f"{seconds:.2f}", f"{seconds / max(ticks, 1) * 1e3:.3f}", f"{seconds / total:.1%}")
    console().print(table)


def main() -> None:
    """Run the command. A user's mistake is one line on stderr and exit status 2; Ctrl-C is 130."""
    forget()
    warnings.showwarning = lambda message, *_, **__: typer.echo(f"warning: {of_flags(str(message))}", err=True)
    try:
        status = app(standalone_mode=False, prog_name="wayside")
    except WaysideError as error:
        typer.echo(f"wayside: {of_flags(str(error))}", err=True)
        sys.exit(2)
    except UsageError as error:
        if len(sys.argv) < 2:  # its message is the help
            error.show()
        else:
            typer.echo(f"wayside: {told(error)}", err=True)
        sys.exit(2)
    except typer.Abort:
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)
