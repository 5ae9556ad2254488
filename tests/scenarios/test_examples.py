"""Each example runs, and does what it is for."""

import json
from pathlib import Path

from tests.sim.children import run

EXAMPLES = Path(__file__).parents[2] / "scenarios" / "examples"


def test_queue_warning(tmp_path: Path) -> None:
    out = run(EXAMPLES / "queue_warning.py", tmp_path / "run", "--until", 600)
    kpis = json.loads((out / "summary.json").read_text())["kpis"]
    assert kpis["messages.denm.sent"] > 0
    assert kpis["messages.denm.received"] > kpis["messages.denm.sent"]
    assert kpis["parking.taken_as_reserved"] > 0
