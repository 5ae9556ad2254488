"""The wire benchmark in its small form: that it runs, and what it writes."""

import json
from pathlib import Path

from benchmarks.wire_messages import all_messages
from tests.sim.children import benchmark


def test_wire(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    done = benchmark("wire", "--small", "--json", path)
    assert done.returncode == 0, done.stderr
    assert "CAM, minimal" in done.stdout
    found = json.loads(path.read_text("utf-8"))
    assert found["missing"] == []
    assert [row["message"] for row in found["messages"]] == list(all_messages())
    for row in found["messages"]:
        assert row["wayside"]["encode"] > row["asn1tools"]["encode"]
        assert row["wayside"]["decode"] > row["asn1tools"]["decode"]
        assert (row["pycrate"] is None) == row["message"].startswith(("CPM", "BSM", "RSM"))
    assert [row["message"] for row in found["ticks"]] == ["CAM", "CAM, 10 path points", "BSM"]
    both, plain = (found["ticks"][0][way] for way in ("wayside", "plain"))
    assert sum(both.values()) < sum(plain.values())
    assert found["batches"][0]["message"] == "CAM"
    assert all(batch["encode"] > 0 and batch["decode"] > 0 and batch["octets"] > 30 for batch in found["batches"])
