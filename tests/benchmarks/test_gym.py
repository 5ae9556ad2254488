"""`python -m benchmarks gym`: that it runs, without sumo-rl."""

import json
from pathlib import Path

from benchmarks import gym
from tests.sim.children import benchmark


def test_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "gym.json"
    done = benchmark("gym", "--small", "--json", path)
    assert done.returncode == 0, done.stderr
    found = json.loads(path.read_text("utf-8"))
    assert [row["what"] for row in found["rows"]] == ["wayside"] * len(found["rows"])
    assert all(row["steps_per_wall_s"] > 0 for row in found["rows"])
    assert found["many"]["count"] == 2
    assert found["many"]["steps"] == 2 * 8 * 12


def test_the_aim_can_be_missed() -> None:
    rows = [{"what": "sumo-rl", "ratio_wall_s": 1.0}, {"what": "wayside", "ratio_wall_s": 2.9}]
    assert gym.status({"rows": rows}) == 1
    rows[1]["ratio_wall_s"] = 3.1
    assert gym.status({"rows": rows}) == 0
    assert gym.status({"rows": rows[1:]}) == 0
