"""`wayside hindsight`: what a run's drivers could have come to for bays, had all been known before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from wayside.edge.errors import WaysideError


def hindsight(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A run's directory, as left by run --out.")],
    none: Annotated[
        float, typer.Option(metavar="METRES", help="As what walk somebody without a bay counts; nobody walks farther.")
    ] = 1000.0,
    seconds: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long the solver may look for the best.")
    ] = 60.0,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The SUMO configuration, where it lies elsewhere now.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object instead of the table.")] = False,
) -> None:
    """The least walking that the drivers of a run could have had, against what they had.

    It is known afterwards who stood how long, and wanted to be where. Straight walks, as in parking.parquet; drives do
    not count. Whether the optimum is proved, or only a bound, is told.
    """
    from wayside.sim.experiments.rerun import read_run
    from wayside.sim.recorded.bays import best, read_wanted, worth
    from wayside.sim.scenario.configuration import read_configuration
    from wayside.sim.sumo.facilities import read_facilities
    from wayside.sim.sumo.network import net_file, read_network

    for option, value in (("--none", none), ("--seconds", seconds)):
        if not 0.0 < value <= 1e6:
            raise WaysideError(f"hindsight: {option} {value:g}: must be above 0, and 1000000 at most")
    run = read_run(folder.absolute(), config and config.absolute())
    path = Path(run.scenario.sumo.config)
    said = read_configuration(path).get("additional-files") or ""
    files = [path.parent / name.strip() for name in said.split(",") if name.strip()]
    parks = read_facilities(files, read_network(net_file(path))).car_parks
    wanted = read_wanted(folder, parks)
    found = best(wanted, none, seconds)
    rows = [_row("run", wanted, wanted.taken, worth(wanted, wanted.taken, none))]
    rows.append(_row("hindsight", wanted, found.place, found.total_m))
    if json_:
        told = {"drivers": len(wanted.begin), "none_m": none, "bound_m": found.bound_m, "exact": found.exact}
        typer.echo(json.dumps(told | {"rows": rows}, indent=2))
        return
    from rich.table import Table

    from wayside.sim.cli.printing import console
    from wayside.sim.experiments.words import counted

    typer.echo(f"{counted(len(wanted.begin), 'driver')} looked for a bay at {counted(len(parks.ids), 'car park')}")
    table = Table(box=None, pad_edge=False)
    table.add_column("", style="bold")
    for name in ("parked", "mean walk m", "sum m"):
        table.add_column(name, justify="right")
    for row in rows:
        walk = "-" if row["walk_m"] is None else f"{row['walk_m']:.1f}"
        table.add_row(row["name"], f"{row['parked']:,}", walk, f"{row['sum_m']:,.0f}")
    console().print(table)
    proved = "an optimum" if found.exact else f"the best found in {seconds:g} s; none is below {found.bound_m:,.0f} m"
    typer.echo(f"hindsight is {proved}; somebody without a bay counts {none:g} m")


def _row(name: str, wanted: Any, place: Any, total: float) -> dict[str, Any]:
    rows = (place >= 0).nonzero()[0]
    walk = float(wanted.walk[rows, place[rows]].mean()) if len(rows) else None
    return {"name": name, "parked": len(rows), "walk_m": walk, "sum_m": total}
