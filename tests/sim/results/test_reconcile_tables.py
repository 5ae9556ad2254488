"""SUMO's outputs as CSV and Parquet, held against a run's figures; and planted errors in them."""

import re
from pathlib import Path

import pytest

from tests.sim.children import in_child
from tests.sim.networks import configure, netconvert
from wayside.sim.engine import Simulation
from wayside.sim.results.reconcile import reconcile
from wayside.sim.scenario import Scenario

CARS = '<flow id="f" begin="0" end="30" period="4" from="in" to="out"/><trip id="p" depart="31" from="in" to="out">'
STOP = '<stop parkingArea="p" duration="9"/></trip>'
PARK = '<parkingArea id="p" lane="in_1" startPos="100" endPos="150" roadsideCapacity="4"/>'
SOURCES = ["statistics", "stops", "summary", "tripinfo"]


def ran(config: str, folder: str) -> None:
    with Simulation(Scenario.load(config).replace("v2x.penetration", 0.0), folder) as simulation:
        simulation.run()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables_agree(tmp_path: Path, suffix: str) -> None:
    netconvert(tmp_path)
    names = {
        "statistic_output": f"statistics.{suffix}",
        "stop_output": f"stops.{suffix}",
        "summary_output": f"summary.{suffix}",
        "tripinfo_output": f"tripinfo.{suffix}",
    }
    config = configure(tmp_path, CARS + STOP, PARK, end=250, step_length=1, **names)
    in_child(ran, str(config), str(tmp_path / "run"))
    lines = reconcile(tmp_path / "run")
    assert sorted({line.source.split(".")[0] for line in lines}) == SOURCES
    assert [line for line in lines if not line.agrees] == []
    assert next(line for line in lines if line.figure == "driven_km").theirs > 3.0
    if suffix == "csv":
        file = tmp_path / "run" / "sumo" / "tripinfo.csv"
        text = file.read_text()
        file.write_text(re.sub(r"^f\.0;0\.00", "f.0;3.00", text, flags=re.MULTILINE))
        assert [line.figure for line in reconcile(tmp_path / "run") if not line.agrees] == ["departures that differ"]
