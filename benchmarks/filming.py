"""One run with or without a recording: `python -m benchmarks.filming TASK`, for the benchmark `film`."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import cpu_time
from wayside.sim.engine import Simulation, Tick
from wayside.sim.observers import Observer
from wayside.sim.scenario import Scenario
from wayside.web.film.filming import Filming
from wayside.web.film.pieces import FILE, inflated
from wayside.web.film.reel import FilmFile
from wayside.web.server.hub import Hub
from wayside.web.server.recorded import RecordedSession
from wayside.web.server.safety import Guard
from wayside.web.server.serve import Server, bind


@dataclass(frozen=True)
class Task:
    """What is run."""

    what: str
    end: float
    record: bool
    seeks: int


class Stopwatch:
    """The processor time of this thread in some calls, s."""

    def __init__(self) -> None:
        self.spent = 0.0

    def around(self, owner: object, name: str) -> None:
        """Measure a method from now on."""
        call = getattr(owner, name)

        def timed(*arguments: Any) -> Any:
            began = time.thread_time()
            try:
                return call(*arguments)
            finally:
                self.spent += time.thread_time() - began

        setattr(owner, name, timed)


class Counts(Observer):
    """Vehicles and seconds."""

    def __init__(self) -> None:
        self.vehicle_s = self.driving_s = 0.0

    def step(self, tick: Tick) -> None:
        """See `Observer.step`."""
        table, seconds = tick.simulation.vehicles, tick.simulation.backend.step_length
        n = table.extent
        self.vehicle_s += table.count * seconds
        self.driving_s += int(((table.lane[:n] >= 0) & (table.alive[:n] == 1)).sum()) * seconds


def run(task: Task) -> dict[str, Any]:
    """The run, and what it has left."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        changes = {"scenario.end": task.end, "record.view": task.record}
        with Simulation(Scenario.load(task.what).replace(changes), out) as simulation:
            counts, all_of_it, world = Counts(), Stopwatch(), Stopwatch()
            simulation.observers.add(counts)
            for film in [one for one in simulation.observers if isinstance(one, Filming)]:
                world.around(film, "_begin")
                for owner, name in ((film, "step"), (film, "orders"), (film.air, "packets")):
                    all_of_it.around(owner, name)
            cpu, began = cpu_time(), time.perf_counter()
            simulation.run()
            loop_s, loop_cpu_s = time.perf_counter() - began, cpu_time() - cpu
        found = {
            "loop_s": loop_s - world.spent,
            "loop_cpu_s": loop_cpu_s - world.spent,
            "recorder_cpu_s": all_of_it.spent - world.spent,
            "world_s": world.spent,
            "vehicle_s": counts.vehicle_s,
            "driving_s": counts.driving_s,
        }
        if task.record:
            found |= {"bytes": (out / FILE).stat().st_size, **seeks(out / FILE, task.seeks)}
    return found


def seeks(path: Path, count: int) -> dict[str, Any]:
    """How long it takes to have a moment of a recording from a server of its own, ms, and the bytes of each."""
    film = FilmFile(path)
    ours = bind("127.0.0.1", 0)
    port = ours.getsockname()[1]
    listening = threading.Event()
    server = Server(Guard.of("127.0.0.1", port), RecordedSession(Hub(), film), None, listening.set)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[ours])))
    thread.start()
    listening.wait(30.0)
    chance = random.Random(1)
    rows = film.reel.index()["stretches"]
    took, sizes = [], []
    for row in chance.choices(rows, k=count):
        began = time.perf_counter()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/recording/stretches/{row[0]}") as answer:
            data = answer.read()
        inflated(data)
        took.append(1000.0 * (time.perf_counter() - began))
        sizes.append(len(data))
    server.should_exit = True
    thread.join(30.0)
    ours.close()
    film.close()
    return {"seeks_ms": took, "seek_bytes": sizes}


if __name__ == "__main__":
    print(json.dumps(run(Task(**json.loads(sys.argv[1])))))
