"""A child of `memory`: one run, its resident memory at every minute of simulation; JSON on the last line."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

EVERY_S = 60.0


@dataclass(frozen=True)
class Task:
    """What a child is to run."""

    what: str  # for Scenario.load
    end: float  # s of SUMO's clock
    out: bool


def run(task: Task) -> list[tuple[float, float, int]]:
    """Samples: simulated time [s], resident memory [MB], vehicles."""
    from wayside import Scenario, Simulation

    scenario = Scenario.load(task.what).replace({"scenario.end": task.end, "v2x.penetration": 1.0})
    samples: list[tuple[float, float, int]] = []
    with (
        TemporaryDirectory(prefix="wayside-benchmark-") as folder,
        Simulation(scenario, Path(folder) / "run" if task.out else None) as simulation,
    ):
        due = simulation.time
        for time in chain([due], (tick.time for tick in simulation)):
            if time >= due - 1e-9:
                samples.append((time, resident_mb(), simulation.vehicles.count))
                due += EVERY_S
    return samples


def resident_mb() -> float:
    """The resident memory of this process, MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    print(json.dumps(run(Task(**json.loads(sys.argv[1])))))
