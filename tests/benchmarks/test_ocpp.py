"""The benchmark of charging stations in its small form: that all is told, not what it took."""

import json
from pathlib import Path

from tests.sim.children import benchmark


def test_every_pile_tells_once_a_minute(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    done = benchmark("ocpp", "--small", "--piles", 120, "--seconds", 3, "--json", path)
    assert "of a core" in done.stdout, done.stderr
    (row,) = json.loads(path.read_text("utf-8"))["rows"]
    assert (row["piles"], row["stations"]) == (120, 6)
    assert row["messages_per_s"] > 0.5  # two a second
    assert row["tick_ms"] > 0.0
