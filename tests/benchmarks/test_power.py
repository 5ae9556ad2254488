"""The benchmarks of power and of recorded sessions in their small forms: what they write, not what it took."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import power
from benchmarks.charging import SESSIONS, status
from tests.sim.children import benchmark
from wayside.edge.charging import sharing


def test_power(tmp_path: Path) -> None:
    done = benchmark("power", "--small", "--json", tmp_path / "result.json")
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "result.json").read_text())["rows"]
    for piles in power.SIZES[:2]:
        total = {row["way"]: row["total_mw"] for row in rows if row["piles"] == piles}
        assert set(total) >= {*power.POLICIES, "NumPy, equal"}
        assert max(total.values()) - min(total.values()) < 1e-3 * min(total.values())  # the city's limit binds


def test_who_is_compared_shares_alike() -> None:
    of, limits = power.city(2_000)
    np.testing.assert_allclose(power.by_numpy(of, limits), sharing.equal(of, limits), rtol=1e-9)


@pytest.mark.skipif(not SESSIONS.exists(), reason="../shared is not there")
def test_charging(tmp_path: Path) -> None:
    done = benchmark("charging", "--small", "--policies", "EDF,LLF", "--json", tmp_path / "result.json")
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "result.json").read_text())["rows"]
    assert [row["policy"] for row in rows] == ["EDF", "LLF"]
    assert rows[0]["wayside"]["delivered_pct"] == pytest.approx(74.421, abs=0.2)


def test_a_figure_that_is_off_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    ours = {"delivered_pct": 75.0, "met_pct": 60.0, "cpu_s": 1.0}
    row = {"policy": "EDF", "cap_kw": 30.0, "wayside": ours, "acnportal": {**ours, "cpu_s": 31.0}}
    assert status({"rows": [row]}) == 0
    for name, planted in (("delivered_pct", 75.3), ("met_pct", 58.0), ("cpu_s", 20.0)):
        assert status({"rows": [{**row, "acnportal": {**row["acnportal"], name: planted}}]}) == 1  # type: ignore[dict-item]
    assert "sessions met" in capsys.readouterr().err
