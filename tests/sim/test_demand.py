"""A run of a drawn demand: what it tells, that SUMO has driven it, and that nothing drawn is nothing changed."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.sim.children import hashes, run, wayside, words

SHORT = ("--until", 90, "--set", "sumo.step_length=1")
DRAWN = ("--set", "demand.replication=2", "--set", "demand.scale={ uniform = [1.2, 1.4] }")


def summary(out: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((out / "summary.json").read_text())
    return found


def test_nothing_drawn_is_nothing_changed(tmp_path: Path) -> None:
    plain = run("crossing", tmp_path / "plain", *SHORT, "--set", "demand.scale=1.0")
    idle = run("crossing", tmp_path / "idle", *SHORT, "--set", "demand.scale={ normal = [1.0, 0.4] }")
    assert "demand" not in summary(plain)
    without = ("timing.json", "origin.json", "scenario.toml")
    assert hashes(plain, without) == hashes(idle, without)


def test_a_replication_is_the_same_demand_whatever_the_seed(tmp_path: Path) -> None:
    outs = [
        run("crossing", tmp_path / "a", *SHORT, *DRAWN),
        run("crossing", tmp_path / "b", *SHORT, *DRAWN),
        run("crossing", tmp_path / "c", *SHORT, *DRAWN, "--seed", 9, "--set", "v2x.penetration=0"),
        run("crossing", tmp_path / "d", *SHORT, *DRAWN, "--set", "demand.replication=3"),
    ]
    assert hashes(outs[0]) == hashes(outs[1]) != hashes(outs[2])
    told = [summary(out)["demand"] for out in outs]
    assert told[0] == told[1] == told[2] != told[3]
    vehicles = [sorted(pq.read_table(out / "vehicles.parquet")["vehicle"].to_pylist()) for out in outs]  # type: ignore[no-untyped-call]
    assert vehicles[0] == vehicles[2] != vehicles[3]
    assert any("~1" in name for name in vehicles[0])
    assert told[0]["replication"] == 2  # type: ignore[index]
    assert 1.2 <= told[0]["values"]["scale"] <= 1.4  # type: ignore[index]
    assert "uniform" in (outs[0] / "scenario.toml").read_text()
    assert sorted(path.name for path in (outs[0] / "sumo").iterdir()) == ["tripinfo.xml"]
    again = run(outs[0] / "scenario.toml", tmp_path / "again")
    assert hashes(again) == hashes(outs[0])


def test_the_command_tells_what_was_drawn() -> None:
    done = wayside("check", "crossing", *DRAWN)
    assert done.returncode == 0
    line = done.stdout.splitlines()[1]
    assert line.startswith("demand, replication 2, scale 1.")
    assert line.split(": ")[1].startswith("of 608 vehicles and people in the files 0 are left out, ")
    assert len(wayside("check", "crossing").stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("demand.kinds.lorry=2", "demand.kinds.lorry: no vehicle type or class of this name; types are car, car_ev"),
        ("demand.scale=-1", "demand.scale = -1: must be between 0 and 100"),
        ("demand.stays=nan", "demand.stays = nan: must be a finite number"),
    ],
)
def test_a_mistake_is_one_line(said: str, told: str) -> None:
    done = wayside("check", "crossing", "--set", said)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(told)
    assert len(done.stderr.splitlines()) == 1


def test_replications_that_are_all_alike_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[sumo]\nconfig = "a.sumocfg"\n[demand]\nreplication = 1\n')
    net = Path(__file__).parents[2] / "scenarios" / "crossing" / "crossing.net.xml.gz"
    (tmp_path / "a.sumocfg").write_text(f'<configuration><net-file value="{net}"/></configuration>')
    done = wayside("check", tmp_path / "a.toml")
    assert done.returncode == 0
    assert f"warning: {tmp_path}/a.toml: demand: nothing is a distribution, so all replications are alike" in words(
        done.stderr
    )


def test_the_town_is_drawn_too(tmp_path: Path) -> None:
    done = wayside(
        "check", "lingang", "--set", "demand.replication=4", "--set", "demand.stays={ lognormal = [1, 0.3] }"
    )
    assert done.returncode == 0, done.stderr
    assert "demand, replication 4, scale " in done.stdout
    assert ", stays " in done.stdout
    assert "as the files have it: 94 of public transport" in done.stderr
