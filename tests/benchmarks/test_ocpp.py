"""The benchmark of charging stations in its small form: that all is told, not what it took."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import measure


def test_every_pile_tells_once_a_minute(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "ocpp",
        "--small",
        "--piles",
        "120",
        "--seconds",
        "3",
        "--json",
        path,
    ]
    done = subprocess.run(command, cwd=measure.ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert "of a core" in done.stdout, done.stderr
    (row,) = json.loads(path.read_text("utf-8"))["rows"]
    assert (row["piles"], row["stations"]) == (120, 6)
    assert row["messages_per_s"] > 0.5  # two a second
    assert row["tick_ms"] > 0.0
