"""A child of `load`: one command to its end, or one set-up and a step of wayside; JSON on the last line."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

KB = 1024 / 1e6  # MB in what ru_maxrss counts


def command(words: list[str]) -> dict[str, float]:
    """CPU and wall time [s] and peak of resident memory [MB] of a process."""
    began = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    wall_s = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu_s": used.ru_utime + used.ru_stime, "wall_s": wall_s, "peak_mb": used.ru_maxrss * KB}


def scenario(path: str) -> dict[str, float]:
    """The same of a set-up and a step in this process; edges, those within junctions too, and units."""
    from wayside import Scenario, Simulation

    loaded = Scenario.load(path)
    cpu, began = time.process_time(), time.perf_counter()
    with Simulation(loaded) as simulation:
        next(simulation)
        cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - began
        edges, units = len(simulation.network.edge_ids), len(simulation.units)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"cpu_s": cpu_s, "wall_s": wall_s, "peak_mb": peak * KB, "edges": edges, "units": units}


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    print(json.dumps(command(task["command"]) if "command" in task else scenario(task["scenario"])))
