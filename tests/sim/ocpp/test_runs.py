"""Runs of the crossing whose piles are stations of a central system in another process."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.sim.children import in_child, run, wayside, words
from tests.sim.ocpp.systems import central_system
from wayside import Scenario, Simulation

SAID = {"v2x.penetration": 1.0, "charging.request_below": 0.6, "sumo.step_length": 0.5}
LEAST = 3000.0  # W
EXAMPLE = Path(__file__).parents[3] / "scenarios" / "examples" / "csms.py"
NONSENSE = (
    "hello",
    "[]",
    "{}",
    '[9,"1"]',
    '[2,"2",["a"],{}]',
    '[3,"nobody\'s",{}]',
    '[2,"3","SetChargingProfile",{"evseId":1}]',
    '[2,"4","MakeCoffee",{}]',
    json.dumps(
        [2, "5", "SetChargingProfile", {"evseId": 1, "chargingProfile": {
            "id": 3, "stackLevel": 9, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
            "chargingSchedule": [{
                "id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": float("nan")}],
            }],
        }}]
    ),
)  # fmt: skip


def flags(said: dict[str, object]) -> list[str]:
    return [part for name, value in said.items() for part in ("--set", f"{name}={value}")]


def sessions(folder: Path) -> list[dict[str, object]]:
    """Those with a stop at a pile."""
    rows = pq.read_table(folder / "charging.parquet").to_pylist()
    return [row for row in rows if not np.isnan(row["plugged"]) and row["outcome"] != "transit"]


def test_a_central_system_that_talks_nonsense_and_hangs_up(tmp_path: Path) -> None:
    """Every charge's energy is ours, though connections are cut amid them; each kind of nonsense is a line, and what
    had been agreed before holds.
    """
    with central_system(tmp_path / "charges", default_w=LEAST, nonsense=NONSENSE, drop=4, deaf_s=0.2) as system:
        more = ("--csms", system.url, "--speed", 1000, "--until", 150)
        done = wayside("run", "crossing", "--out", tmp_path / "run", *more, *flags(SAID))
    assert done.returncode == 0, done.stderr
    lines = words(done.stderr)
    ours = ("the central system", "the connection is lost at ")
    assert all(line.startswith(tuple(f"warning: OCPP station mill: {begin}" for begin in ours)) for line in lines), (
        lines
    )
    assert len(lines) == len(set(lines)) >= 5
    assert any("limit nan: must be within" in line for line in lines)
    ours, told = sessions(tmp_path / "run"), pq.read_table(tmp_path / "run" / "ocpp.parquet").to_pylist()
    assert len(ours) == len(told) == len(system.charges) >= 2
    for row in ours:
        (mine,) = (one for one in told if (one["vehicle"], one["begun"]) == (row["vehicle"], row["plugged"]))
        charge = system.charges[mine["transaction"]]
        assert (charge["station"], charge["evse"]) == (row["site"], mine["evse"])
        assert charge["sequence"] == list(range(len(charge["sequence"])))
        assert charge["ended"]
        assert charge["energy_wh"] == pytest.approx(row["energy_wh"] / 0.95, abs=0.001)  # the piles' efficiency
        assert mine["energy_wh"] == pytest.approx(charge["energy_wh"], abs=0.001)
        assert mine["delivered"]
        ended = 150.0 if np.isnan(row["ended"]) else row["ended"]
        assert charge["energy_wh"] <= LEAST * (ended - row["plugged"]) / 3600.0 + 0.05
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    (reason,) = summary["unrepeatable"]
    assert reason == f"charging.power: decided by the central system at {system.url}, by the wall clock"
    kpis = summary["kpis"]
    assert kpis["ocpp.stations"] == 1
    assert kpis["ocpp.evses"] == 4
    assert kpis["ocpp.transactions"] == kpis["ocpp.delivered"] == len(ours)
    assert kpis["ocpp.profiles"] == 1
    assert kpis["ocpp.refused"] >= len(lines)
    assert kpis["ocpp.reconnections"] >= 1
    assert kpis["ocpp.lost"] == 0


def test_a_citys_piles(tmp_path: Path) -> None:
    """Lingang's piles are 53 stations, a connection each; whoever stands at one when it begins is told of at once."""
    with central_system(tmp_path / "charges", drop=80) as system:
        more = ("--csms", system.url, "--speed", 1000, "--until", 8, "--set", "sumo.step_length=1.0")
        out = run("lingang", tmp_path / "run", *more)
    ours = sessions(out)
    kpis = json.loads((out / "summary.json").read_text())["kpis"]
    assert kpis["ocpp.stations"] == kpis["charging.sites"] == 53
    assert kpis["ocpp.evses"] == kpis["charging.piles"] >= 400
    assert len(ours) == len(system.charges) == kpis["ocpp.delivered"] > 50
    assert all(charge["ended"] for charge in system.charges.values())
    told = {(charge["station"], charge["vehicle"]): charge["energy_wh"] for charge in system.charges.values()}
    for row in ours:
        assert told[row["site"], row["vehicle"]] == pytest.approx(row["energy_wh"] / 0.95, abs=0.001)
    assert len({(charge["station"], charge["evse"]) for charge in system.charges.values()}) == len(ours)


def drawn(url: str) -> list[tuple[float, float, float]]:
    """What every EVSE draws in every second [W], what its profile has allowed in the second before, and when [s]."""
    power = {"use": "ocpp", "csms": url, "speed": 1000.0}
    rows = []
    with Simulation(Scenario.load("crossing").replace({**SAID, "scenario.end": 150.0, "charging.power": power})) as run:
        service, (watch,) = run.onboard.charging, [one for one in run.observers if one.name == "ocpp"]
        before, allowed = {}, {}
        for tick in run:
            if tick.time % 1.0 or not hasattr(watch, "evses"):
                continue
            evses, ceilings = watch.evses, watch.link.ceilings
            for evse in np.flatnonzero(evses.slot >= 0).tolist():
                key, slot = evses.transaction[evse], evses.slot[evse]
                wh = float(service.energy_wh[slot]) / 0.95
                if key in before and key in allowed:
                    rows.append(((wh - before[key]) * 3600.0, allowed[key], tick.time))
                before[key], allowed[key] = wh, float(ceilings.evse_w[evse])
    return rows


def test_a_profile_is_obeyed_in_the_next_period(tmp_path: Path) -> None:
    """Of 8 kW for all, that are shared anew whenever somebody comes or goes."""
    with central_system(tmp_path / "charges", watts=8000.0) as system:
        rows = np.array(in_child(drawn, system.url))
    limited = np.isfinite(rows[:, 1])
    assert limited.sum() > 20
    assert len(np.unique(rows[limited, 1])) >= 2  # it has changed
    assert (rows[limited, 0] <= rows[limited, 1] + 80.0).all()  # SUMO tells charges to 0.01 Wh: 36 W over a second
    assert (rows[limited, 0] > 0.9 * np.minimum(rows[limited, 1], 7000.0)).mean() > 0.5


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (("--csms", "ws://localhost:9"), "charging.power.csms: ws://localhost:9: no central system to be had there"),
        (("--csms", "localhost"), '--csms: charging.power.csms = "localhost": must be an address'),
        (("--speed", "2"), "run: --speed is for --csms"),
        (("--set", "charging.power=ocpp"), 'charging.power.csms: must be said, as { use = "ocpp", csms = "ws:'),
    ],
)
def test_a_mistake_is_one_line(more: tuple[str, ...], line: str, tmp_path: Path) -> None:
    done = wayside("run", "crossing", "--until", 10, *more, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    (told,) = words(done.stderr)
    assert line in told


def test_another_run_is_not_unrepeatable(tmp_path: Path) -> None:
    folder = run("crossing", tmp_path / "run", "--until", 1)
    assert "unrepeatable" not in json.loads((folder / "summary.json").read_text())


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (("--port", "99999"), "--port 99999: must be from 0 to 65535"),
        (("--watts", "nan"), "--watts nan: must be a number, at least 0"),
        (("--watts", "-5"), "--watts -5: must be a number, at least 0"),
        (("--out", "/nowhere/charges.json"), "--out /nowhere/charges.json: there is no such folder to write in"),
    ],
)
def test_the_examples_arguments_are_checked(
    said: tuple[str, str], why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["csms.py", *said])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert end.value.code == 2
    assert why in capsys.readouterr().err
