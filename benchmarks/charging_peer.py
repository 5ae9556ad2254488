"""Recorded sessions in acnportal. A script for an environment that has acnportal, and neither wayside nor this package:
a task as JSON, the last line is what came of it.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from typing import Any

PERIOD, VOLTS, AMPS = 5, 208.0, 32.0  # min, V, A


def main(task: dict[str, Any]) -> dict[str, float]:
    """One month under one policy."""
    os.sched_setaffinity(0, {task["core"]})
    import pandas
    from acnportal import acnsim, algorithms

    rows = pandas.read_csv(task["sessions"], dtype=str).sort_values("arrival", kind="stable")
    rows = rows[rows["arrival"].str.startswith(task["month"])]
    begin = pandas.Timestamp(f"{task['month']}-01 00:00:00", tz="America/Los_Angeles")
    network = acnsim.sites.simple_acn(sorted(set(rows["station_id"])), aggregate_cap=task["cap_kw"])
    free: dict[str, int] = {}
    events, cars = acnsim.EventQueue(), []
    for row in rows.to_dict("records"):
        arrival = math.floor(_seconds(row["arrival"], begin, pandas) / (60 * PERIOD))
        departure = max(math.ceil(_seconds(row["departure"], begin, pandas) / (60 * PERIOD)), arrival + 1)
        if free.get(row["station_id"], 0) > arrival:
            continue
        free[row["station_id"]] = departure
        energy = float(row["requested_energy (kWh)"])
        battery = acnsim.Battery(energy, 0, AMPS * VOLTS / 1000.0)
        car = acnsim.EV(arrival, departure, energy, row["station_id"], row["session_id"], battery)
        cars.append(car)
        events.add_event(acnsim.PluginEvent(arrival, car))
    sorts = {
        "FCFS": algorithms.first_come_first_served,
        "LCFS": algorithms.last_come_first_served,
        "EDF": algorithms.earliest_deadline_first,
        "LLF": algorithms.least_laxity_first,
        "LRPT": algorithms.largest_remaining_processing_time,
    }
    if task["policy"] == "RR":
        policy = algorithms.RoundRobin(algorithms.first_come_first_served)
    elif task["policy"] == "none":
        policy = algorithms.UncontrolledCharging()
    else:
        policy = algorithms.SortedSchedulingAlgo(sorts[task["policy"]])
    simulation = acnsim.Simulator(network, policy, events, begin.to_pydatetime(), PERIOD, verbose=False)
    began = time.process_time()
    simulation.run()
    seconds = time.process_time() - began
    wanted = sum(car.requested_energy for car in cars)
    return {
        "sessions": len(cars),
        "delivered_pct": 100.0 * sum(car.energy_delivered for car in cars) / wanted,
        "met_pct": 100.0 * sum(car.remaining_demand < 0.1 for car in cars) / len(cars),
        "peak_kw": float(acnsim.aggregate_power(simulation).max()),
        "cpu_s": seconds,
    }


def _seconds(text: str, begin: Any, pandas: Any) -> float:
    return float((pandas.Timestamp(text) - begin).total_seconds())


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
