"""`wayside charge`: recorded charging sessions through power policies, without traffic."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wayside.edge.errors import WaysideError

if TYPE_CHECKING:
    from wayside.sim.recorded.charging import Charged
    from wayside.sim.recorded.sessions import RecordedSessions

_POLICIES = "uncontrolled,equal,round-robin,first-come,earliest-deadline,least-laxity,smoothed-laxity"


def charge(
    file: Annotated[Path, typer.Argument(metavar="SESSIONS.csv[.gz]", help="A table of recorded sessions.")],
    month: Annotated[
        str | None, typer.Option(metavar="YEAR-MONTH", help="Those that arrive in it; all of them without.")
    ] = None,
    cap_kw: Annotated[
        str, typer.Option(metavar="KW[,KW...]", help="What the site may draw at most; several: one after the other.")
    ] = "inf",
    power: Annotated[
        str, typer.Option(metavar="NAME[,NAME...]", help="Power policies, as `wayside plugins` lists them; or offline.")
    ] = _POLICIES,
    set_: Annotated[
        list[str], typer.Option("--set", metavar="NAME.OPTION=VALUE", help="An option of a policy; may be repeated.")
    ] = [],  # noqa: B006 - typer's way to say "none"
    period: Annotated[float, typer.Option(metavar="SECONDS", help="How often a policy is asked.")] = 300.0,
    volts: Annotated[float, typer.Option(help="Of every pile.")] = 208.0,
    amps: Annotated[float, typer.Option(help="The most that a pile and a car let through.")] = 32.0,
    min_amps: Annotated[float, typer.Option(help="Below which a pile pauses; 6 by IEC 61851-1.")] = 0.0,
    efficiency: Annotated[float, typer.Option(help="Share of a pile's power that reaches the battery.")] = 1.0,
    tariff: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Prices and demand charge, as \\[charging.tariffs.NAME].")
    ] = None,
    site: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="limit_w, pv_w and storage, as \\[charging.sites.NAME].")
    ] = None,
    energy: Annotated[str, typer.Option(help="The column of what is wanted: requested or delivered.")] = "requested",
    departures: Annotated[
        str, typer.Option(help="What policies know of departures: departure, as it was, or estimated, by the driver.")
    ] = "departure",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Leave tables here.")] = None,
    force: Annotated[bool, typer.Option(help="Replace tables that DIR already holds.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object instead of the table.")] = False,
) -> None:
    """Charge recorded sessions under power policies, and print what each delivers.

    In each period the policies share the cap among the cars that are there. "met" is the share of sessions that lack
    less than 0.1 kWh at their end. The same policies and kernels run in a scenario, by charging.power.
    """
    from wayside.sim.disk.rundir import check_no_run
    from wayside.sim.recorded.charging import deliver
    from wayside.sim.recorded.hindsight import offline
    from wayside.sim.recorded.policies import OFFLINE, makers
    from wayside.sim.recorded.sessions import DEPARTURES, ENERGIES, read_sessions, warn_of_impossible
    from wayside.sim.recorded.sites import billed, limits_of, read_site, read_tariff

    for option, value in (("--period", period), ("--volts", volts), ("--amps", amps)):
        if not 0.0 < value <= 1e5:
            raise WaysideError(f"charge: {option} {value:g}: must be above 0, and 100000 at most")
    if not 0.0 <= min_amps <= amps:
        raise WaysideError(f"charge: --min-amps {min_amps:g}: must be 0 or more, and {amps:g} (--amps) at most")
    if not 0.0 < efficiency <= 1.0:
        raise WaysideError(f"charge: --efficiency {efficiency:g}: must be above 0, and 1 at most")
    for option, word, known in (("--energy", energy, ENERGIES), ("--departures", departures, DEPARTURES)):
        if word not in known:
            raise WaysideError(f"charge: {option} {word}: must be one of {', '.join(known)}")
    caps = _caps(cap_kw)
    names = [name.strip() for name in power.split(",")]
    if out is not None:
        check_no_run(out)
    policies = makers([name for name in names if name != OFFLINE], set_)
    if out is not None and any((out / name).exists() for name in ("sessions.parquet", "power.parquet")) and not force:
        raise WaysideError(f"{out}: holds tables already: name another directory, or replace them with --force")
    paid = None if tariff is None else read_tariff(tariff)
    said = None if site is None else read_site(site)
    if said is not None and said.limit_w and cap_kw != "inf":
        raise WaysideError(f"charge: --cap-kw {cap_kw}: {site} says limit_w: must be said at one place")
    sessions = read_sessions(file, month, period, energy, departures)
    most_w = volts * amps
    piles = most_w, volts * min_amps, efficiency
    warn_of_impossible(sessions, most_w * efficiency, file)
    found: list[tuple[float, str, Charged]] = []
    for cap in caps:
        for name in names:
            limits = billed(limits_of(cap * 1000.0, said), paid)
            if name == OFFLINE:
                result = offline(sessions, limits, most_w, efficiency)
            else:
                result = deliver(sessions, policies[name], limits, *piles)
            found.append((cap, name, result))
    rows = [
        {
            "cap_kw": cap if math.isfinite(cap) else None,
            "policy": name,
            # JSON has no NaN.
            **{figure: None if math.isnan(value) else value for figure, value in result.figures(sessions).items()},
        }
        for cap, name, result in found
    ]
    if out is not None:
        from wayside.sim.recorded.tables import write

        write(out, sessions, found)
    wanted = float(sessions.energy_wh.sum()) / 1000.0
    if json_:
        head = {
            "file": str(file),
            "month": month,
            "sessions": len(sessions),
            "dropped": sessions.dropped,
            "requested_kwh": wanted,
            "period_s": period,
            "most_kw": most_w / 1000.0,
        }
        typer.echo(json.dumps(head | {"policies": rows}, indent=2))
        return
    _print(sessions, wanted, rows)
    if out is not None:
        typer.echo(f"tables in {out}")


def _caps(text: str) -> list[float]:
    found = []
    for part in text.split(","):
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if not value >= 0.0:
            raise WaysideError(f"charge: --cap-kw {text}: must be numbers of kW, 0 or more, as 30 or 20,30")
        found.append(value)
    return found


def _print(sessions: RecordedSessions, wanted: float, rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from wayside.sim.cli.printing import console
    from wayside.sim.experiments.words import counted

    dropped = f", {sessions.dropped} left out as their station was taken" if sessions.dropped else ""
    who = f"{counted(len(sessions), 'session')} at {counted(len(sessions.stations), 'station')}"
    typer.echo(f"{who} want {wanted:,.1f} kWh{dropped}")
    table = Table(box=None, pad_edge=False)
    capped = any(row["cap_kw"] is not None for row in rows)
    if capped:
        table.add_column("cap kW", justify="right")
    table.add_column("policy", style="bold")
    paid = ("energy cost", "demand cost") if "energy_cost" in rows[0] else ()
    for name in ("delivered %", "met %", "peak kW", "unmet kWh", "Jain", *paid, "CPU s"):
        table.add_column(name, justify="right")
    for row in rows:
        cap = [] if not capped else ["-" if row["cap_kw"] is None else f"{row['cap_kw']:g}"]
        table.add_row(
            *cap,
            row["policy"],
            "-" if row["delivered_pct"] is None else f"{row['delivered_pct']:.2f}",
            f"{row['met_pct']:.2f}",
            f"{row['peak_kw']:.2f}",
            f"{row['unmet_kwh']:,.1f}",
            "-" if row["jain"] is None else f"{row['jain']:.3f}",
            *(f"{row[name.replace(' ', '_')]:,.2f}" for name in paid),
            f"{row['cpu_s']:.2f}",
        )
    console().print(table)
