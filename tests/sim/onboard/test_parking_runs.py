"""Runs in which bays are short: who searches, what the figures make of it, and that what is reserved is there."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.conftest import SHARED
from tests.sim.children import run

CASE = SHARED / "cases/search-time-bias/pk.sumocfg"  # overbooked-bays has the same files
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="../shared is not there")


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return found


def kpis(folder: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads((folder / "summary.json").read_text())["kpis"]
    return found


def overbooked(folder: Path) -> int:
    return sum(row["occupied"] + row["reserved"] > row["capacity"] for row in rows(folder, "facilities"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[float, Path]:
    """By the share of drivers with a unit: nobody, everybody."""
    folder = tmp_path_factory.mktemp("parking")
    more = "--set", "sumo.options.tripinfo-output=t.xml", "--set", "sumo.options.tripinfo-output.write-unfinished=true"
    return {share: run(CASE, folder / str(share), "--set", f"v2x.penetration={share}", *more) for share in (0.0, 1.0)}


def test_who_never_parks_is_not_left_out(runs: dict[float, Path]) -> None:
    """30 of 45 parked, after 222.7 s on average: the mean of those alone made guidance look worse."""
    blind, guided = kpis(runs[0.0]), kpis(runs[1.0])
    parked = [row["parked"] - row["began"] for row in rows(runs[0.0], "parking") if row["taken"]]
    assert (len(parked), np.mean(parked)) == (30, pytest.approx(222.7, abs=0.1))
    assert blind["parking.parked_share"] == pytest.approx(30 / 45)
    assert blind["parking.search_time_s"] > np.mean(parked) + 100.0
    assert "parking.search_time_p95_s" not in blind, "so many have not parked"
    assert blind["parking.unequipped.search_time_s"] == blind["parking.search_time_s"]
    assert guided["parking.parked_share"] > blind["parking.parked_share"]
    assert guided["parking.search_time_s"] < blind["parking.search_time_s"]


def test_the_search_begins_alike_with_and_without_a_unit(runs: dict[float, Path]) -> None:
    """All set out within 800 m of their wish: with the first whole second on the road."""
    for folder in runs.values():
        departed = {row["vehicle"]: row["departed_s"] for row in rows(folder, "vehicles")}
        for row in rows(folder, "parking"):
            assert departed[row["vehicle"]] <= row["began"] <= departed[row["vehicle"]] + 2.0


def test_cruising_is_what_is_driven_beyond_the_direct_way(runs: dict[float, Path]) -> None:
    """Without rerouters blind drivers go straight to their wish; no sum of lengths is better than SUMO's odometer."""
    assert kpis(runs[0.0])["parking.cruising_m"] == pytest.approx(0.0, abs=0.5)
    for row in rows(runs[0.0], "parking"):
        if row["taken"]:
            assert row["driven_m"] == pytest.approx(row["direct_m"], abs=0.5)
    assert all(row["cruising_m"] >= 0.0 for row in rows(runs[1.0], "parking"))
    assert kpis(runs[1.0])["parking.cruising_m"] > 500.0  # the refused drive around
    trips = ET.parse(runs[1.0] / "sumo" / "t.xml").getroot().iter("tripinfo")
    longest = {trip.get("id", ""): float(trip.get("routeLength", "nan")) for trip in trips}
    assert all(row["driven_m"] <= longest[row["vehicle"]] + 1.0 for row in rows(runs[1.0], "parking"))


def test_a_reservation_holds_while_everybody_obeys(runs: dict[float, Path]) -> None:
    """164 rows were overbooked, and 31 of 45 parked elsewhere than reserved: by drivers who had been refused."""
    searches, figures = rows(runs[1.0], "parking"), kpis(runs[1.0])
    assert overbooked(runs[1.0]) == 0
    assert figures["parking.reservations_lost"] == figures["commands.refused"] == 0
    taken = [row for row in searches if row["taken"]]
    assert len(taken) > 30
    assert {row["outcome"] for row in taken} == {"guided"}
    assert all(row["taken"] == row["assigned"] for row in taken)
    assert sum(row["rejected"] for row in searches) > 0
    assert figures["vehicles.teleports"] == 0, "nobody blocks the road"


def test_where_others_park_as_they_like_reservations_are_lost_and_counted(tmp_path: Path) -> None:
    for name, change in (("unequipped", "v2x.penetration=0.5"), ("disobeying", "parking.compliance=0.5")):
        folder = run(CASE, tmp_path / name, "--until", 500, "--set", change)
        searches = rows(folder, "parking")
        assert overbooked(folder) == 0
        assert kpis(folder)["parking.reservations_lost"] == sum(row["lost"] for row in searches) > 0
        assert any(row["requests"] > 1 for row in searches if row["lost"]), "who has lost a bay asks again"


def test_with_search_everybody_drives_as_without_a_unit(runs: dict[float, Path], tmp_path: Path) -> None:
    """To the last metre; a planted error: with `nearest` they do not. No warning that nobody decides."""
    told = {"equipped", "requested", "requests"}

    def driven(folder: Path) -> list[dict[str, Any]]:
        return [{name: str(row[name]) for name in row.keys() - told} for row in rows(folder, "parking")]

    folder = run(CASE, tmp_path / "search", "--set", "v2x.penetration=1", "--set", "parking.policy=search")
    assert kpis(folder)["parking.requested"] == 45
    assert driven(folder) == driven(runs[0.0])
    assert driven(runs[1.0]) != driven(runs[0.0])


def test_a_batch_gives_out_what_is_there(tmp_path: Path) -> None:
    folder = run(CASE, tmp_path / "batch", "--set", "v2x.penetration=1", "--set", "parking.policy=batch")
    assert kpis(folder)["parking.reserved"] > 0
    assert overbooked(folder) == 0
