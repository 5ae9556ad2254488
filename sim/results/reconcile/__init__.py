"""A finished run against what SUMO itself wrote in it: `wayside check --against-sumo DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from wayside.edge.errors import OutputError
from wayside.sim.results.reconcile import charging, parking, traffic
from wayside.sim.results.reconcile.run import Check, ReconciledFigure, ReconciledRun
from wayside.sim.results.reconcile.written import OPTIONS, outputs

# What is looked at in an output, by its root element.
CHECKS: Final[dict[str, tuple[Check, ...]]] = {
    "statistics": (traffic.statistics,),
    "summary": (traffic.summary,),
    "tripinfos": (traffic.trips,),
    "chargingstations-export": (charging.stations,),
    "battery-export": (charging.batteries,),
    "stops": (charging.stops, parking.stops),
}


def reconcile(folder: Path) -> list[ReconciledFigure]:
    """Every figure of a run that SUMO's own outputs in it tell too, in their order.

    OutputError where the folder is no run, or holds no such output.
    """
    run = ReconciledRun(folder)
    found = outputs(folder)
    if not found:
        options = ", ".join(OPTIONS.values())
        raise OutputError(f"{folder}: SUMO wrote nothing to compare with; it would with one of sumo.options: {options}")
    return [
        line
        for root, checks in CHECKS.items()
        for path in found.get(root, ())
        for check in checks
        for line in check(run, path)
    ]


def missing(folder: Path) -> list[str]:
    """SUMO's options that would give more to compare."""
    found = outputs(folder)
    return [option for root, option in OPTIONS.items() if root not in found]
