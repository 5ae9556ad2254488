"""The live view's server with made-up vehicles: `python -m benchmarks.streaming TASK`, for the benchmark `stream`.

It is the real hub, websocket and uvicorn; only the child is missing, whose place a timer takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import uvicorn

from benchmarks.watchers import Task as Watching
from wayside.web.server import frames
from wayside.web.server.frames import Stamp, VehicleColumns
from wayside.web.server.hub import Hub
from wayside.web.server.safety import Guard
from wayside.web.server.scenarios import Scenarios
from wayside.web.server.serve import Server, bind
from wayside.web.server.session import RunSession

FRAMES_PER_S = 10.0
BRAKE_LIGHTS = 8  # SUMO's bit


@dataclass(frozen=True)
class Task:
    """What is streamed to whom."""

    vehicles: int
    format: str  # packed or json
    seconds: float
    clients: int
    slow: int = 0
    stuck: int = 0
    half: int = 0
    floods: int = 0
    clients_core: int = -1


class Traffic:
    """Vehicles that drive in circles; some come, go, brake and turn. All of it depends on the seed alone."""

    def __init__(self, count: int, seed: int = 1) -> None:
        self.random = np.random.default_rng(seed)
        room = count + count // 8
        self.radius = self.random.uniform(30.0, 2000.0, room)
        self.phase = self.random.uniform(0.0, 2.0 * np.pi, room)
        self.centre = self.random.uniform(0.0, 5000.0, (2, room))
        self.driven = self.random.uniform(2.0, 15.0, room)
        alive = np.zeros(room, np.uint8)
        alive[self.random.permutation(room)[:count]] = 1
        moves = (np.zeros(room), np.zeros(room), np.zeros(room), np.zeros(room))
        lane, signals = np.ones(room, np.int32), np.zeros(room, np.int32)
        states = np.zeros(room, np.int8), np.zeros(room, np.int8)
        self.vehicles = VehicleColumns(alive, np.arange(room), *moves, lane, signals, *states)
        self.stations = room
        self.step(0.0)

    def step(self, seconds: float) -> None:
        """Move on: every second 2 of 1000 are replaced and 1 of 100 change their lights."""
        seen, random = self.vehicles, self.random
        self.phase += self.driven * seconds / self.radius
        seen.x[:] = self.centre[0] + self.radius * np.cos(self.phase)
        seen.y[:] = self.centre[1] + self.radius * np.sin(self.phase)
        seen.heading[:] = np.degrees(-self.phase) % 360.0
        seen.speed[:] = self.driven
        chance = random.random(len(seen.alive))
        seen.signals[chance < 0.01 * seconds] ^= BRAKE_LIGHTS
        gone = np.flatnonzero((chance > 1.0 - 0.002 * seconds) & (seen.alive == 1))
        come = np.flatnonzero(seen.alive == 0)[: len(gone)]
        seen.alive[gone] = 0
        seen.alive[come] = 1
        seen.station[come] = np.arange(self.stations, self.stations + len(come))
        self.stations += len(come)


class Packer:
    """A keyframe a second and deltas between, as the child makes them; sizes and times are kept."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self.packer = frames.packer()
        self.frames = 0
        self.bytes: dict[str, list[int]] = {"keyframe": [], "delta": []}
        self.ms: dict[str, list[float]] = {"keyframe": [], "delta": []}

    def __call__(self, stamp: Stamp, keyframe: bool) -> bytes:
        began = time.perf_counter()
        frame, kind = None, "delta"
        if not keyframe and self.frames % FRAMES_PER_S:
            frame = self.packer.delta(stamp.header(frames.DELTA), *self.traffic.vehicles)
        if frame is None:
            kind = "keyframe"
            frame = self.packer.keyframe(stamp.header(frames.KEYFRAME), *self.traffic.vehicles)
        self.ms[kind].append(1000.0 * (time.perf_counter() - began))
        self.bytes[kind].append(len(frame))
        self.frames += 1
        return frame


class JsonPacker(Packer):
    """The same states as JSON, behind the same header, so that all else is the same."""

    def __call__(self, stamp: Stamp, keyframe: bool) -> bytes:
        began = time.perf_counter()
        seen = self.traffic.vehicles
        slots = np.flatnonzero(seen.alive)
        rows = zip(
            seen.station[slots].tolist(),
            seen.x[slots].round(2).tolist(),
            seen.y[slots].round(2).tolist(),
            seen.heading[slots].round(1).tolist(),
            seen.speed[slots].round(2).tolist(),
            (seen.signals[slots] & BRAKE_LIGHTS).tolist(),
            strict=True,
        )
        names = ("id", "x", "y", "angle", "speed", "signals")
        text = json.dumps([dict(zip(names, row, strict=True)) for row in rows], separators=(",", ":"))
        self.ms["keyframe"].append(1000.0 * (time.perf_counter() - began))
        self.bytes["keyframe"].append(len(text))
        return stamp.header(frames.KEYFRAME, len(slots)) + text.encode()


class Synthetic(RunSession):
    """A session whose run is made up."""

    def __init__(self, hub: Hub, pack: Packer) -> None:
        super().__init__(hub, Scenarios({}, {}, ""))
        self.run = {**self.run, "state": "running", "run": "synthetic"}
        self._pack = pack
        self._sequence = 0
        self._joined = False

    def want_snapshot(self) -> None:
        """Those who have joined get theirs with the next frame, a keyframe then."""
        self._joined = True

    def publish(self) -> None:
        """One frame for all."""
        keyframe, self._joined = self._joined, False
        if keyframe:
            self.hub.snapshot(b'{"type":"snapshot","vehicles":[]}')
        self._sequence += 1
        self.hub.publish(self._pack(Stamp(self._sequence, self._sequence / 10.0, time.time(), False), keyframe))

    async def drive(self) -> None:
        """Ten frames a second."""
        due = time.perf_counter()
        while True:
            due += 1.0 / FRAMES_PER_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._pack.traffic.step(1.0 / FRAMES_PER_S)
            self.publish()
            if self._sequence % 10 == 0:
                self.hub.tell_missed()


async def serve(task: Task) -> dict[str, Any]:
    """Serve while the clients, in a process of their own, watch."""
    traffic = Traffic(task.vehicles)
    packer = Packer(traffic) if task.format == "packed" else JsonPacker(traffic)
    session = Synthetic(Hub(), packer)
    ours = bind("127.0.0.1", 0)
    port = ours.getsockname()[1]
    listening = asyncio.Event()
    server = Server(Guard.of("127.0.0.1", port), session, None, listening.set)
    serving = asyncio.create_task(_serve(server, ours))
    await listening.wait()
    driving = asyncio.create_task(session.drive())
    watching = Watching(
        port, task.clients, task.seconds, task.slow, stuck=task.stuck, half=task.half, floods=task.floods
    )
    mine = os.sched_getaffinity(0)
    if task.clients_core >= 0:
        os.sched_setaffinity(0, {task.clients_core})  # inherited by the clients
    clients = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.watchers", json.dumps(asdict(watching)), stdout=asyncio.subprocess.PIPE
    )
    os.sched_setaffinity(0, mine)
    began, busy = time.perf_counter(), time.process_time()
    output, _ = await clients.communicate()
    cpu = (time.process_time() - busy) / (time.perf_counter() - began)
    driving.cancel()
    server.should_exit = True
    server.force_exit = True
    await serving
    found: dict[str, Any] = json.loads(output)
    sizes = [size for sizes in packer.bytes.values() for size in sizes]
    return {
        **asdict(task),
        **found,
        "server_cpu": cpu,
        "bytes_per_vehicle": {
            **{kind: statistics.mean(each) / task.vehicles for kind, each in packer.bytes.items() if each},
            "mean": statistics.mean(sizes) / task.vehicles,
        },
        "encode_ms": {kind: statistics.median(each) for kind, each in packer.ms.items() if each},
    }


async def _serve(server: uvicorn.Server, ours: Any) -> None:
    with contextlib.closing(ours):
        await server.serve(sockets=[ours])


def main(argument: str, run: Callable[[Any], Any] = asyncio.run) -> None:
    """Serve one task; the result as the last line."""
    logging.disable(logging.CRITICAL)  # clients that leave without a goodbye
    print(json.dumps(run(serve(Task(**json.loads(argument))))))


if __name__ == "__main__":
    main(sys.argv[1])
