"""The streaming benchmark in its small form: that it runs and what it writes, not what it took."""

import json
from pathlib import Path

from tests.sim.children import benchmark


def test_stream(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    done = benchmark("stream", "--small", "--seconds", "0.5", "--clients", "2", "--json", path)
    assert done.returncode == 0, done.stderr
    assert "packed, 2" in done.stdout
    found = json.loads(path.read_text("utf-8"))
    packed, plain, slow, stuck, half, floods = found["rows"]
    assert (packed["format"], plain["format"], slow["slow"], stuck["stuck"]) == ("packed", "json", 1, 20)
    assert (half["half"], floods["floods"]) == (1200, 4)
    assert packed["bytes_per_vehicle"]["keyframe"] <= 16.1
    assert packed["bytes_per_vehicle"]["delta"] < packed["bytes_per_vehicle"]["keyframe"]
    assert plain["bytes_per_vehicle"]["mean"] > 50.0
    assert all(row["rate"] > 0.0 and row["p99_ms"] >= row["p50_ms"] > 0.0 for row in found["rows"])
