"""Random agents in environments of ours: `python -m` this, with a task as JSON; the last line is what came of it."""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import wayside.gym
from benchmarks import measure
from wayside.sim.environments.session import AgentSession

QUIET: dict[str, Any] = {"rsu": [], "v2x.penetration": 0.0, "v2x.services": [], "sumo.step_length": 1.0}


def main(task: dict[str, Any]) -> measure.Result:
    """One episode of each environment, stepped together."""
    assert wayside.gym
    warnings.simplefilter("ignore")
    count, began = task["count"], time.perf_counter()
    begin = 25200.0 if "cologne" in task["config"] else 0.0
    how = {"set": {**QUIET, "scenario.end": begin + task["seconds"]}, "period": task["period"]}
    envs = gymnasium.make_vec("wayside/Signals-v0", num_envs=count, scenario=task["config"], **how)
    session: AgentSession = envs.unwrapped.session  # type: ignore[attr-defined]
    counts = np.array(session.actions)
    random = np.random.default_rng(task["seed"])
    envs.reset(options={"replications": [1000 * task["seed"] + k for k in range(count)]})
    started_s = time.perf_counter() - began
    steps = 0
    cpu, began = measure.cpu_time(), time.perf_counter()
    over = np.zeros(count, bool)
    while not over.any():  # all have as many steps, as lights are asked at fixed times
        steps += count * len(counts)
        _, _, terminated, truncated, _ = envs.step((random.random((count, len(counts))) * counts).astype(np.int64))
        over = terminated | truncated
    wall_s, cpu_s = time.perf_counter() - began, measure.cpu_time() - cpu
    resident = _resident_mb([child.pid for child in session.children])
    envs.close()
    return {
        "steps": steps,
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "started_s": started_s,
        "resident_mb": resident,
    }


def _resident_mb(pids: list[int]) -> float:
    """The memory of these processes; what they share counts once for each of those who do, in equal parts."""
    total = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1000.0


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
