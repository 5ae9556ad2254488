"""Traffic: SUMO's statistics, summary and trips."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from wayside.sim.results.reconcile.run import ReconciledFigure, ReconciledRun, count_of
from wayside.sim.results.reconcile.written import Attributes, elements, number

DISTANCE = 0.02  # m that may be between two rounded lengths


def statistics(run: ReconciledRun, path: Path) -> Iterator[ReconciledFigure]:
    name, kpis = path.name, run.kpis
    removed = False  # whether some may have been, in whose length SUMO counts more than they drove (see `trips`)
    for tag, said in elements(path, "vehicles", "teleports", "safety", "vehicleTripStatistics"):
        removed |= number(said, "total" if tag == "teleports" else "collisions") > 0
        if tag == "vehicles":
            yield ReconciledFigure(name, "departed", kpis["vehicles.departed"], number(said, "inserted"))
            yield ReconciledFigure(name, "present", kpis["vehicles.present"], number(said, "running"))
        elif tag == "teleports":
            yield ReconciledFigure(name, "teleports", kpis["vehicles.teleports"], number(said, "total"))
        elif tag == "vehicleTripStatistics" and (count := number(said, "count")) > 0 and not removed:
            arrived = [row["distance_m"] for row in run.rows("vehicles") if not math.isnan(row["arrived_s"])]
            if len(arrived) == count:  # not where only some have SUMO's device for it, or the unfinished count too
                mean = sum(arrived) / len(arrived)
                yield ReconciledFigure(name, "mean route length, m", mean, number(said, "routeLength"), DISTANCE)


def summary(run: ReconciledRun, path: Path) -> Iterator[ReconciledFigure]:
    last: Attributes = {}
    for _, step in elements(path, "step"):
        last = step
    for ours, theirs in (("departed", "inserted"), ("arrived", "ended"), ("present", "running"), ("teleports",) * 2):
        if theirs in last:
            # Who was discarded before departing has ended too, for SUMO.
            less = number(last, "discarded") if theirs == "ended" and "discarded" in last else 0.0
            yield ReconciledFigure(path.name, ours, run.kpis[f"vehicles.{ours}"], number(last, theirs) - less)


def trips(run: ReconciledRun, path: Path) -> Iterator[ReconciledFigure]:
    rows = {row["vehicle"]: row for row in run.rows("vehicles")}
    trips = [trip for _, trip in elements(path, "tripinfo") if number(trip, "depart") >= 0.0]
    known = [(trip, rows[trip["id"]]) for trip in trips if trip["id"] in rows]
    yield count_of(path, "trips", [trip["id"] for trip in trips if trip["id"] not in rows])
    # Of who was taken off the road (after a collision or instead of a teleport) SUMO counts the last lane as driven.
    whole = [(trip, row) for trip, row in known if not trip.get("vaporized")]
    for figure, column, theirs, tolerance, compared in (
        ("departures", "departed_s", "depart", 1e-6, known),
        ("arrivals", "arrived_s", "arrival", 1e-6, known),
        ("route lengths", "distance_m", "routeLength", DISTANCE, whole),
    ):
        wrong = []
        for trip, row in compared:
            said = number(trip, theirs)
            if theirs == "arrival" and said < 0.0:  # not yet
                said = math.nan
            same = math.isnan(said) and math.isnan(row[column])
            if not same and not abs(said - row[column]) <= tolerance:
                wrong.append(f"{trip['id']} {row[column]:.2f} against {said:.2f}")
        yield count_of(path, figure, wrong)
    driven = sum(number(trip, "routeLength") for trip, _ in whole) / 1000.0
    tolerance = DISTANCE * len(whole) / 1000.0
    yield ReconciledFigure(
        path.name, "driven by these, km", sum(row["distance_m"] for _, row in whole) / 1000.0, driven, tolerance
    )
    if len(whole) == len(rows) == len(trips):
        yield ReconciledFigure(path.name, "driven_km", run.kpis["vehicles.driven_km"], driven, tolerance)
