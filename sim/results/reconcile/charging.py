"""Charging: energies by station and vehicle, batteries, and stops at piles."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from wayside.sim.results.reconcile.run import ReconciledFigure, ReconciledRun, count_of, stops_of
from wayside.sim.results.reconcile.written import Attributes, elements, number

ENERGY = 0.5  # Wh that may be between two books of one session: all their figures are rounded to 0.01 Wh


def stations(run: ReconciledRun, path: Path) -> Iterator[ReconciledFigure]:
    ours: defaultdict[tuple[str, str], float] = defaultdict(float)
    theirs: defaultdict[tuple[str, str], float] = defaultdict(float)
    parts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in run.rows("charging"):
        if row["energy_wh"] != 0.0:
            ours[row["charger"], row["vehicle"]] += row["energy_wh"]
            parts[row["charger"], row["vehicle"]] += 1
    station = ""
    for tag, said in elements(path, "chargingStation", "vehicle"):
        if tag == "chargingStation":
            station = said["id"]
        else:
            theirs[station, said["id"]] += number(said, "totalEnergyChargedIntoVehicle")
    wrong = [
        f"{who[1]} at {who[0]} {ours[who]:.2f} against {theirs[who]:.2f}"
        for who in sorted({*ours, *theirs})
        if not abs(ours[who] - theirs[who]) <= ENERGY * max(parts[who], 1)
    ]
    yield count_of(path, "energies by station and vehicle", wrong)
    total = sum(theirs.values())
    yield ReconciledFigure(path.name, "energy, Wh", sum(ours.values()), total, max(1.0, 1e-5 * total))
    yield ReconciledFigure(
        path.name, "energy_kwh", run.kpis["charging.energy_kwh"], total / 1000.0, max(1.0, 1e-5 * total) / 1000.0
    )


def batteries(run: ReconciledRun, path: Path) -> Iterator[ReconciledFigure]:
    last: dict[str, float] = {}
    for _, said in elements(path, "vehicle"):
        level = number(said, "actualBatteryCapacity")
        last[said["id"]] = number(said, "chargeLevel") if math.isnan(level) else level
    wrong = []
    for row in run.rows("vehicles"):  # of who has arrived SUMO tells the last step but one
        if row["vehicle"] in last and math.isnan(row["arrived_s"]):
            said_last = last[row["vehicle"]]
            if not abs(row["charge_end_wh"] - said_last) <= ENERGY:
                wrong.append(f"{row['vehicle']} {row['charge_end_wh']:.2f} against {said_last:.2f}")
    yield count_of(path, "charges at the end", wrong)


def stops(run: ReconciledRun, path: Path) -> Iterator[ReconciledFigure]:
    """Sessions against SUMO's stops."""
    sessions = [row for row in run.rows("charging") if row["outcome"] != "transit"]

    def at(charger: str, stop: Attributes) -> bool:
        # Of a pile off the street SUMO tells the parking area only.
        here = charger in (stop.get("chargingStation"), stop.get("parkingArea"))
        return here or ("parkingArea" in stop and "chargingStation" not in stop)

    yield count_of(path, "charging stops", stops_of(run, path, sessions, ("charger", "plugged", "ended"), at))
