"""`python -m benchmarks radio`: the gates are met, planted errors are found out, tables of users are taken."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import measure, radio, roads, saturation

needs_curves = pytest.mark.skipif(not radio.DATA.exists(), reason="../shared is not here")


def run(folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit status, JSON and what was printed."""
    path = folder / "radio.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "radio", *arguments, "--json", str(path)],
        cwd=measure.ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return done.returncode, found, done.stdout + done.stderr


@needs_curves
def test_every_published_curve_is_met(tmp_path: Path) -> None:
    status, found, said = run(tmp_path)
    assert status == 0, said
    assert len(found["configurations"]) == 6
    assert len(found["seeds"]) >= 3
    assert sum("published_cbr" in row for row in found["configurations"]) == 4
    assert all(len(row["distance_m"]) == 21 and row["met"] for row in found["configurations"])
    assert roads.SETTLE["mode4"] >= 12.0
    assert [row["stations"] for row in found["saturated"]] == [2, 3, 5]
    assert all(row["met"] for row in found["saturated"])


@needs_curves
@pytest.mark.parametrize(
    ("plant", "spared"),
    [
        ("sensing-off", ()),
        ("hidden-off", ()),
        ("antenna-height", ()),
        # A station of 802.11p that senses hardly ever sends while another does: no road shows it, only saturation.
        ("half-duplex-off", ("11p",)),
    ],
)
def test_planted_errors_are_found_out(tmp_path: Path, plant: str, spared: tuple[str, ...]) -> None:
    status, found, _ = run(tmp_path, "--small", "--plant", plant)
    assert status == 1
    for row in found["configurations"]:
        assert row["met"] == row["road"].startswith(spared) if spared else not row["met"]
    if plant == "half-duplex-off":
        # Two that begin together would hear each other.
        assert not found["saturated"][0]["met"]
        assert found["saturated"][0]["half_duplex"] == 0.0


@pytest.mark.parametrize(
    ("delivered", "known"),
    [
        ((980, 981, 979), True),  # on the curve
        ((900, 901, 899), True),  # far from it
        ((961, 939, 960), False),  # about the gate, or the runs differ by more than what is left to it
        ((990, 930, 1000), False),
        ((980,), False),
    ],
)
def test_a_road_is_run_until_it_is_decided(delivered: tuple[int, ...], known: bool) -> None:
    road = roads.Road("11p", 0.06, 10.0, 23.0, 190, bit_rate=6.0)
    one = radio.Published(road, np.array([0.0, 25.0, 50.0]), np.full(3, 0.98))
    counts = []
    for many in delivered:
        fates = np.zeros((roads.BINS, 6), np.int64)
        fates[:, 0], fates[:, 5] = many, 1000 - many
        counts.append(roads.Counts(fates, 0.0, 0))
    assert radio.decided(one, counts) is known


@pytest.mark.parametrize(("stations", "window"), [(2, 16), (2, 8), (3, 16), (5, 16), (5, 64)])
def test_saturated_stations_begin_together_as_bianchi_has_it(stations: int, window: int) -> None:
    found = [saturation.simulate(stations, seed, window) for seed in range(1, 5)]
    together = sum(one.together for one in found) / len(found)
    assert together == pytest.approx(saturation.bianchi(stations, window), abs=0.01)
    if stations == 2:
        # The tally counts to the last packet; the other station is done a little earlier.
        assert all(one.deaf == pytest.approx(one.together, abs=0.003) for one in found)


def test_other_tables_are_taken(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    head = "beta_veh_per_m,rate_Mbps,lambda_Hz,Pt_dBm,payload_B,d_m,PDR\n"
    table.write_text(head + "0.02,6,10,23,190,0,0.99\n0.02,6,10,23,190,100,0.98\n0.02,6,10,23,190,200,0.93\n")
    status, found, said = run(tmp_path, str(table), "--small")
    assert status == 0, said
    assert " met" in said
    table.write_text(head + "0.02,6,10,23,190,0,0.5\n0.02,6,10,23,190,200,0.5\n")
    status, found, said = run(tmp_path, str(table), "--small")
    assert status == 1
    assert " missed" in said
    assert found["met"] is False


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no rows"),
        ("a,b\n1,2\n", "no column Pt_dBm, beta_veh_per_m, lambda_Hz, payload_B"),
        ("beta_veh_per_m,lambda_Hz,Pt_dBm,payload_B,d_m,PDR\n0.1,10,20,190,0,1\n", "no column rate_Mbps"),
        (
            "beta_veh_per_m,rate_Mbps,lambda_Hz,Pt_dBm,payload_B,d_m,PDR\n0.1,6,10,20,190,x,1\n",
            "mine.csv:2: not a number",
        ),
        ("beta_veh_per_m,lambda_Hz,Pt_dBm,subch,payload_B,d_m,PDR_sim\n0.1,10,20,3,190,0,1\n", "sub-channels"),
        ("beta_veh_per_m,lambda_Hz,Pt_dBm,subch,payload_B,d_m,PDR_sim\n0.1,10,20,4,300,0,1\n", "190 bytes"),
        ("beta_veh_per_m,rate_Mbps,lambda_Hz,Pt_dBm,payload_B,d_m,PDR\n0,6,10,20,190,0,1\n", "must be above 0"),
        ("beta_veh_per_m,lambda_Hz,Pt_dBm,subch,payload_B,d_m,PDR_sim\n0.1,3,20,4,190,0,1\n", "lambda_Hz"),
    ],
)
def test_bad_tables_are_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(text)
    status, _, said = run(tmp_path, str(table))
    assert status == 1
    assert words in said
    assert len(said.strip().splitlines()) == 1
