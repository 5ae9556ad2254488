"""A run's figures against SUMO's own outputs, over the small inputs that once showed a fault; and planted errors."""

import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.sim.children import in_child
from wayside.edge.errors import OutputError
from wayside.sim.cli.command import app
from wayside.sim.engine import Simulation
from wayside.sim.results.reconcile import reconcile
from wayside.sim.scenario import Scenario

CASES = Path(__file__).parents[3].parent / "shared" / "cases"
OUTPUTS = {
    "chargingstations-output": "cs.xml",
    "tripinfo-output": "ti.xml.gz",
    "tripinfo-output.write-unfinished": "true",
    "statistic-output": "st.xml",
    "stop-output": "stops.xml",
    "battery-output": "battery.xml",
    "summary-output": "summary.xml",
}

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the cases are not here")


def ran(config: str, folder: str, changes: dict[str, object], backend: str = "native") -> dict[str, float]:
    scenario = Scenario.load(CASES / config).replace({"sumo.options": OUTPUTS, **changes})
    with Simulation(scenario, folder, backend=backend) as simulation:
        return simulation.run()


def run(
    config: str, folder: Path, changes: dict[str, object] | None = None, backend: str = "native"
) -> dict[str, float]:
    return in_child(ran, config, str(folder), changes or {}, backend)


def rows(folder: Path) -> dict[tuple[str, str], dict[str, object]]:
    """Of charging.parquet, by vehicle and outcome."""
    return {(row["vehicle"], row["outcome"]): row for row in pq.read_table(folder / "charging.parquet").to_pylist()}


@pytest.mark.parametrize("config", ["lost-step-energy/ev.sumocfg", "transit-energy/low.sumocfg"])
@pytest.mark.parametrize(
    ("step", "pipeline", "backend"),
    [
        (1.0, "lockstep", "native"),
        (0.5, "overlapped", "native"),
        (0.1, "lockstep", "native"),
        (1.0, "lockstep", "traci"),
    ],
)
def test_equal_to_sumos_own(tmp_path: Path, config: str, step: float, pipeline: str, backend: str) -> None:
    changes: dict[str, object] = {"sumo.step_length": step, "scenario.pipeline": pipeline, "v2x.penetration": 0.0}
    # By then everybody has charged.
    kpis = run(config, tmp_path / "run", {"scenario.end": 500.0, **changes}, backend)
    assert [line for line in reconcile(tmp_path / "run") if not line.agrees] == []
    told = list(rows(tmp_path / "run").values())
    assert (kpis["charging.transit_kwh"] > 0.0) == any(row["outcome"] == "transit" for row in told)
    assert kpis["charging.sessions"] == sum(row["outcome"] != "transit" for row in told) > 0


def test_already_full_is_not_met(tmp_path: Path) -> None:
    kpis = run("met-already-full/ev.sumocfg", tmp_path / "run")
    full = rows(tmp_path / "run")["e3", "full"]
    assert full["wanted_wh"] == 0.0
    assert kpis["charging.already_full"] == 1
    assert kpis["charging.met"] == sum(outcome == "charged" for _, outcome in rows(tmp_path / "run"))


def test_a_jump_is_no_teleport(tmp_path: Path) -> None:
    assert run("jump-teleport/a.sumocfg", tmp_path / "run")["vehicles.teleports"] == 0
    assert all(line.agrees for line in reconcile(tmp_path / "run"))


def test_planted_errors_are_found(tmp_path: Path) -> None:
    run("lost-step-energy/ev.sumocfg", tmp_path / "run", {"v2x.penetration": 0.0})
    for table, column, more, figure in (
        ("charging", "energy_wh", 5.0, "energies by station and vehicle that differ"),
        ("charging", "plugged", 3.0, "charging stops that differ"),
        ("vehicles", "distance_m", 1.0, "route lengths that differ"),
        ("vehicles", "departed_s", 1.0, "departures that differ"),
        ("vehicles", "arrived_s", 1.0, "arrivals that differ"),
        ("parking", "left", 5.0, "parking stops that differ"),
    ):
        folder = tmp_path / f"{table}-{column}"
        shutil.copytree(tmp_path / "run", folder)
        good = pq.read_table(folder / f"{table}.parquet")
        values = pa.array([value + more for value in good.column(column).to_pylist()])
        wrong = good.set_column(good.schema.get_field_index(column), column, values)
        pq.write_table(wrong, folder / f"{table}.parquet")
        assert figure in [line.figure for line in reconcile(folder) if not line.agrees]
        assert CliRunner().invoke(app, ["check", "--against-sumo", str(folder)]).exit_code == 1
    for kpi in ("vehicles.departed", "vehicles.teleports", "vehicles.driven_km", "charging.energy_kwh"):
        summary = json.loads((tmp_path / "run" / "summary.json").read_bytes())
        summary["kpis"][kpi] += 1
        folder = tmp_path / kpi
        shutil.copytree(tmp_path / "run", folder)
        (folder / "summary.json").write_text(json.dumps(summary))
        assert not all(line.agrees for line in reconcile(folder))
    told = CliRunner().invoke(app, ["check", "--against-sumo", str(tmp_path / "run")])
    assert (told.exit_code, "figures agree" in told.output) == (0, True)


def test_nothing_to_compare_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no run"):
        reconcile(tmp_path)
    run("lost-step-energy/ev.sumocfg", tmp_path / "run", {"sumo.options": {}, "scenario.end": 5.0})
    with pytest.raises(OutputError, match="chargingstations-output"):
        reconcile(tmp_path / "run")
    cut = tmp_path / "run" / "sumo" / "x.xml.gz"
    cut.write_bytes(gzip.compress(b"<tripinfos><tripinfo "))
    with pytest.raises(OutputError, match=r"x.xml.gz: cannot be read"):
        reconcile(tmp_path / "run")
