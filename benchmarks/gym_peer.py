"""Random agents in sumo-rl with libsumo. A script for an environment that has sumo-rl, and neither wayside nor this
package: a task as JSON, the last line is what came of it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main(task: dict[str, Any]) -> dict[str, float]:
    """One episode."""
    os.sched_setaffinity(0, {task["core"]})
    os.environ["LIBSUMO_AS_TRACI"] = "1"
    import sumo

    os.environ["SUMO_HOME"] = str(Path(sumo.__file__).parent)
    sys.path.append(os.path.join(os.environ["SUMO_HOME"], "tools"))
    import sumo_rl
    from sumo_rl.environment.env import traci

    in_sumo = [0.0]
    step = traci.simulationStep

    def timed(*arguments: Any) -> Any:
        began = time.process_time()
        done = step(*arguments)
        in_sumo[0] += time.process_time() - began
        return done

    traci.simulationStep = timed
    config = Path(task["config"])
    env = sumo_rl.SumoEnvironment(
        net_file=str(config.with_suffix(".net.xml")),
        route_file=str(config.with_suffix(".rou.xml")),
        begin_time=25200,
        num_seconds=int(task["seconds"]),
        delta_time=int(task["period"]),
        yellow_time=3,
        min_green=5,
        time_to_teleport=300,
        sumo_seed=task["seed"],
        sumo_warnings=False,
        additional_sumo_cmd="--no-step-log",
    )
    env.reset()
    for light in env.ts_ids:
        env.action_spaces(light).seed(task["seed"])
    steps, over = 0, False
    cpu, began = time.process_time(), time.perf_counter()
    while not over:
        actions = {
            light: env.action_spaces(light).sample() for light in env.ts_ids if env.traffic_signals[light].time_to_act
        }
        steps += len(actions)
        over = env.step(actions)[2]["__all__"]
    found = {"steps": steps, "wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    env.close()
    return {**found, "sumo_s": in_sumo[0]}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
