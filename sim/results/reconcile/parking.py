"""Parking: stops at car parks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wayside.sim.results.reconcile.run import ReconciledFigure, ReconciledRun, count_of, stops_of
from wayside.sim.results.reconcile.written import Attributes


def stops(run: ReconciledRun, path: Path) -> Iterator[ReconciledFigure]:
    """Who has parked against SUMO's stops."""

    def at(car_park: str, stop: Attributes) -> bool:
        return car_park in (stop.get("chargingStation"), stop.get("parkingArea"))

    yield count_of(path, "parking stops", stops_of(run, path, run.rows("parking"), ("taken", "parked", "left"), at))
