"""The tables of a run, against one another and against its key figures."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.sim.children import run

END = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    changes = ("--set", "v2x.radio=wayside.sim.air.itsg5:ItsG5Radio", "--set", "record.interval=2.5")
    return run("crossing", tmp_path_factory.mktemp("recorded") / "run", "--until", END, *changes)


@pytest.fixture(scope="module")
def kpis(folder: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads((folder / "summary.json").read_text())["kpis"]
    return found


def table(folder: Path, name: str) -> dict[str, Any]:
    found = pq.read_table(folder / f"{name}.parquet")
    return {column: found[column].combine_chunks().to_numpy(zero_copy_only=False) for column in found.column_names}


def test_intervals_add_up_to_the_key_figures(folder: Path, kpis: dict[str, float]) -> None:
    messages, rsu, delivery = (table(folder, name) for name in ("messages", "rsu", "delivery"))
    assert np.unique(messages["time_s"]).tolist() == np.arange(2.5, END + 1.0, 2.5).tolist()
    assert messages["sent"].sum() == kpis["messages.sent"]
    assert messages["received_by_vehicles"].sum() == kpis["messages.received_by_vehicles"]
    assert messages["dropped"].sum() == kpis["radio.dropped"]
    assert rsu["received"].sum() == kpis["messages.received_by_units"]
    counted = sum(delivery[name].sum() for name in delivery.keys() - {"time_s", "distance_m"})
    assert counted == kpis["radio.pairs"]
    cams = messages["kind"] == "cam"
    assert messages["octets"][cams].sum() == pytest.approx(
        kpis["messages.cam.sent"] * kpis["messages.cam.mean_octets"], rel=1e-12
    )
    known = cams & (messages["sent"] > 0)
    mean = np.average(messages["delay_mean_s"][known], weights=messages["sent"][known])
    assert mean == pytest.approx(kpis["messages.cam.latency_mean_s"], rel=0.01)


def test_busy_ratio_and_age_by_unit(folder: Path, kpis: dict[str, float]) -> None:
    rsu = table(folder, "rsu")
    assert np.mean(rsu["busy_ratio"]) == pytest.approx(kpis["radio.busy_ratio_rsu_max"], rel=1e-9)  # one unit
    known = np.isfinite(rsu["age_mean_s"])
    assert known.mean() > 0.9
    assert (rsu["age_p95_s"][known] >= rsu["age_mean_s"][known] - 1e-9).all()
    assert rsu["age_p95_s"][known].max() <= 3.0  # a map forgets


def test_latency_holds_every_packet_that_was_sent(folder: Path, kpis: dict[str, float]) -> None:
    latency = table(folder, "latency")
    assert ((latency["from_s"] < latency["to_s"]) & (latency["count"] > 0)).all()
    for kind in ("cam", "spatem", "parking_request"):
        mine = latency["what"] == kind.replace("_", "-")
        done = kpis[f"messages.{kind}.sent"] - kpis[f"messages.{kind}.dropped"]
        assert done - 5 <= latency["count"][mine].sum() <= done
    assert latency["count"][latency["what"] == "parking"].sum() > 0


def test_facilities_agree_with_searches_and_sessions(folder: Path, kpis: dict[str, float]) -> None:
    rows = table(folder, "facilities")
    times = np.unique(rows["time_s"])
    assert times.tolist() == np.arange(3.0, END + 1.0, 3.0).tolist()  # whole seconds
    parks = rows["service"] == "parking"
    assert rows["capacity"][parks & (rows["time_s"] == 3.0)].sum() == kpis["parking.bays"]
    occupied = rows["occupied"][parks].sum() / rows["capacity"][parks].sum()
    assert occupied == pytest.approx(kpis["parking.occupancy"], rel=0.02)
    energy = rows["power_w"].sum() * 3.0 / 3.6e6
    assert kpis["charging.energy_kwh"] > 1.0
    assert energy == pytest.approx(kpis["charging.energy_kwh"], rel=0.01)
    assert rows["power_w"].max() <= kpis["charging.peak_kw"] * 1000.0 + 1.0
    assert (rows["power_w"] >= 0.0).all()
    assert (rows["power_w"][parks] == 0.0).all()
