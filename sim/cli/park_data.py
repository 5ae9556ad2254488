"""`wayside park-data`: published occupancy of car parks, a forecast put to the test, and cars that stand so."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wayside.edge.errors import OutputError, WaysideError

if TYPE_CHECKING:
    from wayside.sim.recorded.occupancy import Occupancy


def park_data(
    file: Annotated[Path, typer.Argument(metavar="OCCUPANCY.csv[.gz]", help="Free bays over time, a column a lot.")],
    meta: Annotated[
        Path | None, typer.Option(metavar="FILE", help="How many bays each lot has: columns place_id and num_all.")
    ] = None,
    ahead: Annotated[
        str, typer.Option(metavar="MINUTES[,MINUTES...]", help="How far the forecast looks.")
    ] = "15,30,60",
    memory: Annotated[float, typer.Option(metavar="SECONDS", help="Over which what it has learnt fades.")] = 3600.0,
    prior: Annotated[
        float, typer.Option(metavar="SECONDS", help="As how much watching all lots' mean counts.")
    ] = 300.0,
    scenario: Annotated[
        str | None, typer.Option(metavar="SCENARIO", help="Whose parking areas are to be taken like these lots.")
    ] = None,
    lots: Annotated[
        str, typer.Option(metavar="LOT=AREA[,...]", help="Which lot each area is like; without: by size, of the most.")
    ] = "",
    begin: Annotated[
        float, typer.Option(metavar="SECONDS", help="Of the table, from its first row: when the scenario begins.")
    ] = 0.0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the standing cars here, for sumo.options.additional-files."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object instead of the table.")] = False,
) -> None:
    """Tell how well `predictive` would have forecast published occupancy, and bring it into a scenario.

    The error is the mean over lots and times of what the forecast is off, in % of a lot's bays; "as now" is that of a
    forecast that nothing changes.
    """
    from wayside.sim.recorded.occupancy import backtest, read_occupancy

    minutes = _minutes(ahead)
    for option, value in (("--memory", memory), ("--prior", prior)):
        if not 0.0 < value <= 1e7:
            raise WaysideError(f"park-data: {option} {value:g}: must be above 0, and 10000000 at most")
    if (scenario is None) != (out is None):
        raise WaysideError("park-data: --scenario and --out belong together: name both or neither")
    found = read_occupancy(file, meta)
    if out is not None and scenario is not None:
        if not 0.0 <= begin <= found.time[-1]:
            raise WaysideError(f"park-data: --begin {begin:g}: must be within 0..{found.time[-1]:g} s of the table")
        cars = _write(found, scenario, lots, begin, out)
    told = backtest(found, [60.0 * one for one in minutes], memory, prior)
    if json_:
        rows = [{"ahead_s": one.ahead_s, "cases": one.cases, "error": one.error, "as_now": one.as_now} for one in told]
        typer.echo(json.dumps({"lots": len(found.lots), "rows": len(found.time), "forecast": rows}, indent=2))
        return
    from rich.table import Table

    from wayside.sim.cli.printing import console
    from wayside.sim.experiments.words import counted

    more = f", {found.left_out} left out that say nothing" if found.left_out else ""
    guess = f"; {found.guessed} have no known size, and count the most that was free" if found.guessed else ""
    typer.echo(f"{counted(len(found.lots), 'lot')}{more}, {counted(len(found.time), 'time')}{guess}")
    table = Table(box=None, pad_edge=False)
    for name in ("minutes ahead", "cases", "error %", "as now %"):
        table.add_column(name, justify="right")
    for one in told:
        off = [f"{100.0 * share:.2f}" for share in (one.error, one.as_now)]
        table.add_row(f"{one.ahead_s / 60.0:g}", f"{one.cases:,}", *off)
    console().print(table)
    if out is not None:
        typer.echo(f"{counted(cars, 'standing car')} in {out}")


def _minutes(text: str) -> list[float]:
    found = []
    for part in text.split(","):
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if not 0.0 < value <= 1e5:
            raise WaysideError(f"park-data: --ahead {text}: must be minutes above 0, as 15 or 15,30")
        found.append(value)
    return found


def _write(found: Occupancy, scenario: str, lots: str, begin: float, out: Path) -> int:
    """The standing cars of a scenario into a file; how many."""
    import numpy as np

    from wayside.sim.recorded.occupancy import standing
    from wayside.sim.scenario.configuration import read_configuration
    from wayside.sim.scenario.loading import load
    from wayside.sim.sumo.facilities import read_facilities
    from wayside.sim.sumo.network import net_file, read_network

    made = load(scenario)
    config = Path(made.sumo.config)
    said = read_configuration(config).get("additional-files") or ""
    network = read_network(net_file(config))
    files = [config.parent / name.strip() for name in said.split(",") if name.strip()]
    parks = read_facilities(files, network).car_parks
    column = np.full(len(parks.ids), -1, np.int32)
    if lots:
        for part in lots.split(","):
            lot, _, area = part.partition("=")
            if lot not in found.lots or area not in parks.ids:
                raise WaysideError(
                    f"park-data: --lots {part}: must be a lot of the table = a parking area of the scenario"
                )
            column[parks.ids.index(area)] = found.lots.index(lot)
    else:
        # The largest area is like the largest lot, and so on; where there are more areas, from the first again.
        largest = np.argsort(-found.capacity, kind="stable")
        column[np.argsort(-parks.capacity, kind="stable")] = largest[np.arange(len(parks.ids)) % len(largest)]
    areas = [
        (id, network.edge_ids[edge], bays)
        for id, edge, bays in zip(parks.ids, parks.edge.tolist(), parks.capacity.tolist(), strict=True)
    ]
    lasting = float(made.scenario.end or found.time[-1])
    lines = list(standing(found, column, areas, begin, begin + lasting))
    try:
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{out}: {error.strerror or error}") from None
    return sum("<vehicle " in line for line in lines)
