"""What a run says of itself against SUMO's own outputs, and its tables against its key figures."""

import json
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.sim.children import run

Row = dict[str, Any]


@dataclass
class Results:
    folder: Path

    @property
    def kpis(self) -> dict[str, float]:
        kpis: dict[str, float] = json.loads((self.folder / "summary.json").read_text())["kpis"]
        return kpis

    def rows(self, table: str) -> list[Row]:
        rows: list[Row] = pq.read_table(self.folder / f"{table}.parquet").to_pylist()
        return rows

    def sumo(self, name: str, tag: str) -> list[ET.Element]:
        return list(ET.parse(self.folder / "sumo" / name).getroot().iter(tag))


OUTPUTS = {"summary-output": "s.xml", "stop-output": "stops.xml", "chargingstations-output": "piles.xml"}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Crossing for 40 minutes, many drivers equipped, at SUMO's step of 0.5 s."""
    wanted = [f"sumo.options.{name}={file}" for name, file in OUTPUTS.items()]
    wanted += ["v2x.penetration=0.8", "sumo.step_length=0.5", "charging.request_below=0.5", "charging.target=0.55"]
    options = [part for change in wanted for part in ("--set", change)]
    return Results(run("crossing", tmp_path_factory.mktemp("judged") / "run", "--until", 2400, *options))


def has_arrived(row: Row) -> bool:
    return row["arrived_s"] is not None and not np.isnan(row["arrived_s"])


def compare_trips(vehicles: list[Row], trips: list[ET.Element]) -> None:
    """Times and lengths as SUMO writes them: to 0.01 m."""
    ours = {row["vehicle"]: row for row in vehicles}
    theirs = {trip.get("id", ""): trip for trip in trips}
    arrived = {id for id, row in ours.items() if has_arrived(row)}
    assert arrived == theirs.keys()
    for id, trip in theirs.items():
        row = ours[id]
        assert row["departed_s"] == float(trip.get("depart", "nan"))
        assert row["arrived_s"] == float(trip.get("arrival", "nan"))
        assert row["distance_m"] == pytest.approx(float(trip.get("routeLength", "nan")), abs=0.01)
        assert row["type"] == trip.get("vType")


def test_trips(results: Results) -> None:
    compare_trips(results.rows("vehicles"), results.sumo("tripinfo.xml", "tripinfo"))


@pytest.mark.parametrize("column", ["departed_s", "arrived_s", "distance_m"])
def test_a_planted_error_in_a_trip_is_found(results: Results, column: str) -> None:
    vehicles = results.rows("vehicles")
    next(filter(has_arrived, vehicles))[column] += 0.02
    with pytest.raises(AssertionError):
        compare_trips(vehicles, results.sumo("tripinfo.xml", "tripinfo"))


def test_numbers_of_vehicles(results: Results) -> None:
    last = results.sumo("s.xml", "step")[-1]
    kpis, vehicles = results.kpis, results.rows("vehicles")
    assert kpis["vehicles.departed"] == len(vehicles) == int(last.get("inserted", "-1"))
    assert kpis["vehicles.arrived"] == int(last.get("ended", "-1")) == sum(map(has_arrived, vehicles))
    assert kpis["vehicles.present"] == int(last.get("running", "-1"))
    assert kpis["vehicles.teleports"] == int(last.get("teleports", "-1"))


def test_driving(results: Results) -> None:
    driven = sum(row["distance_m"] for row in results.rows("vehicles"))
    assert results.kpis["vehicles.driven_km"] * 1000.0 == pytest.approx(driven)


def parkings(results: Results) -> list[ET.Element]:
    """Stops that have ended, at any parking area."""
    return [stop for stop in results.sumo("stops.xml", "stopinfo") if stop.get("parkingArea")]


def test_parking(results: Results) -> None:
    """Who stood in which car park, and for how long, against SUMO's list of ended stops."""
    piles = {stop.get("parkingArea") for stop in results.sumo("stops.xml", "stopinfo") if stop.get("chargingStation")}
    theirs = Counter(
        (stop.get("id"), stop.get("parkingArea")) for stop in parkings(results) if stop.get("parkingArea") not in piles
    )
    rows = results.rows("parking")
    ours = Counter((row["vehicle"], row["taken"]) for row in rows if not np.isnan(row["left"]))
    assert len(ours) > 20
    # Whoever departed out of a bay, or parked before coming near, has not searched.
    assert not ours - theirs
    ends = {(stop.get("id"), stop.get("parkingArea")): float(stop.get("ended", "nan")) for stop in parkings(results)}
    begins = {
        (stop.get("id"), stop.get("parkingArea")): float(stop.get("started", "nan")) for stop in parkings(results)
    }
    for row in rows:
        if not np.isnan(row["left"]):
            key = (row["vehicle"], row["taken"])
            assert row["parked"] == pytest.approx(begins[key], abs=0.51)
            assert row["left"] == pytest.approx(ends[key], abs=0.51)


def test_charging_energy(results: Results) -> None:
    """The energy of each ended session against SUMO's own book at the charging stations."""
    theirs: Counter[str] = Counter()
    for vehicle in results.sumo("piles.xml", "vehicle"):
        theirs[vehicle.get("id", "")] += float(vehicle.get("totalEnergyChargedIntoVehicle", "nan"))  # type: ignore[assignment]
    sessions = [row for row in results.rows("charging") if not np.isnan(row["plugged"])]
    ours: Counter[str] = Counter()
    for row in sessions:
        ours[row["vehicle"]] += row["energy_wh"]
    assert len(sessions) > 5
    assert ours.keys() == theirs.keys()
    for id in ours:
        assert ours[id] == pytest.approx(theirs[id], abs=0.5)
    assert results.kpis["charging.energy_kwh"] == pytest.approx(sum(theirs.values()) / 1000.0, abs=0.001)


def test_messages_add_up(results: Results) -> None:
    rows, kpis = results.rows("messages"), results.kpis
    for column in ("sent", "received_by_vehicles", "received_by_units"):
        assert kpis[f"messages.{column}"] == sum(row[column] for row in rows) > 0
    for kind in {row["kind"] for row in rows}:
        of_kind = [row for row in rows if row["kind"] == kind]
        name = kind.replace("-", "_")
        assert kpis[f"messages.{name}.sent"] == sum(row["sent"] for row in of_kind)
        received = sum(row["received_by_vehicles"] + row["received_by_units"] for row in of_kind)
        assert kpis[f"messages.{name}.received"] == received
    assert sum(row["received"] for row in results.rows("rsu")) == kpis["messages.received_by_units"]


def restricted_mean(rows: list[Row], horizon: float, end: float) -> float:
    """Second by second, as an actuary would: who is still searching of those who were watched so long."""
    stops = [end if row["outcome"] == "gone" else row["ended"] for row in rows]  # who has gone will find none
    ends = [(stop, bool(row["taken"]), row["began"]) for stop, row in zip(stops, rows, strict=True)]
    share, total, at = 1.0, 0.0, 0.0
    for moment in sorted({stop - began for stop, taken, began in ends if taken and stop - began < horizon}):
        total, at = total + share * (moment - at), moment
        watched = sum(stop - began >= moment for stop, _, began in ends)
        share *= 1.0 - sum(taken and stop - began == moment for stop, taken, began in ends) / watched
    return total + share * (horizon - at)


def test_parking_adds_up(results: Results) -> None:
    rows, kpis = results.rows("parking"), results.kpis
    taken = [row for row in rows if row["taken"]]
    asked = [row for row in rows if row["requests"]]
    assert kpis["parking.searches"] == len(rows)
    assert kpis["parking.requested"] == len(asked) > 0
    assert kpis["parking.reserved"] == sum(not np.isnan(row["reserved"]) for row in rows) > 0
    assert kpis["parking.taken"] == len(taken) > 0
    assert kpis["parking.taken_as_reserved"] == sum(row["taken"] == row["assigned"] for row in taken) > 0
    assert kpis["parking.parked_share"] == pytest.approx(len(taken) / len(rows))
    horizon = kpis["parking.search_horizon_s"]
    assert kpis["parking.search_time_s"] == pytest.approx(restricted_mean(rows, horizon, 2400.0))
    assert kpis["parking.cruising_m"] == pytest.approx(np.mean([row["cruising_m"] for row in rows]))
    assert kpis["messages.parking_request.sent"] == sum(row["requests"] for row in rows)
    assert all(
        row["began"] <= row["requested"] <= row["reserved"] for row in rows if row["requests"] == 1 and row["assigned"]
    )
    assert not any(row["requests"] for row in rows if not row["equipped"])


def test_charging_adds_up(results: Results) -> None:
    rows, kpis = results.rows("charging"), results.kpis
    plugged = [row for row in rows if not np.isnan(row["plugged"])]
    assert kpis["charging.requested"] == sum(row["requests"] > 0 for row in rows) > 0
    assert kpis["charging.reserved"] == sum(not np.isnan(row["reserved"]) for row in rows) > 0
    assert kpis["charging.sessions"] == len(plugged) > 0
    assert kpis["charging.energy_kwh"] == pytest.approx(sum(row["energy_wh"] for row in plugged) / 1000.0)
    assert kpis["charging.cost"] == pytest.approx(sum(row["cost"] for row in plugged))
    assert kpis["messages.charging_request.sent"] == sum(row["requests"] for row in rows)


def test_what_a_session_costs(results: Results) -> None:
    """Energy drawn from the pile, losses included, at its price: nothing that was charged is free."""
    ended = [row for row in results.rows("charging") if not np.isnan(row["ended"]) and row["energy_wh"] > 0.0]
    assert len(ended) > 1
    price = {(row["charger"], round(row["cost"] / row["energy_wh"], 9)) for row in ended}
    assert len(price) == len({row["charger"] for row in ended})  # one price for each Wh of one station


def test_charge_follows_the_energy(results: Results) -> None:
    for row in results.rows("charging"):
        if not np.isnan(row["ended"]):
            capacity = row["wanted_wh"] / (0.55 - row["soc_begin"])
            gained = (row["soc_end"] - row["soc_begin"]) * capacity
            assert gained == pytest.approx(row["energy_wh"], rel=0.01, abs=5.0)


def test_a_lost_row_is_found(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Results.rows
    monkeypatch.setattr(Results, "rows", lambda self, table: whole(self, table)[1:])
    for check in (test_parking_adds_up, test_numbers_of_vehicles, test_messages_add_up, test_trips):
        with pytest.raises(AssertionError):
            check(results)
