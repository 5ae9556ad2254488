"""The process that simulates: `python -m wayside.web.server.child DESCRIPTOR`, started by the server.

It drives one simulation step by step and takes orders between two steps; `link.py` is the way to the server. What
stands on its standard error is kept by the server as its last words.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

from wayside.edge.errors import WaysideError, told_by
from wayside.sim.engine import Simulation
from wayside.sim.scenario import Scenario
from wayside.web.server import world
from wayside.web.server.link import Channel, Link, dumps
from wayside.web.server.observer import Observer
from wayside.web.server.orders import OrderRefusedError, act
from wayside.web.server.pacing import Pacer, Turnstile

IDLE = 1.0  # s between two signs of life while nothing moves
MISTAKE = 2  # exit status: the last words have been told as a state


class Child:
    """One run. The main thread simulates; another only reads what the server says."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._orders: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._simulation: Simulation | None = None
        self._leaving = False
        self._paused = True
        self._ended = False
        self._steps: int | None = None  # still to be made, then paused
        self._until: float | None = None  # as fast as possible until then
        self._turnstile = Turnstile(time.monotonic)
        self._pacer = Pacer(time.monotonic, 1.0)

    def run(self, start: dict[str, Any]) -> int:
        """All of it; the exit status."""
        threading.Thread(target=self._read, name="orders", daemon=True).start()
        try:
            self._load(start)
            while not self._leaving:
                self._obey()
                if self._moving and not self._leaving:
                    self._advance()
            self._close(None)
        except WaysideError as error:
            self._close(error)
            self._state(state="died", words=str(error))
            return MISTAKE
        except Exception as error:
            traceback.print_exc()
            with contextlib.suppress(Exception):
                self._close(error)
            self._state(state="died", words=f"wayside itself broke off: {told_by(error)}")
            return MISTAKE
        return 0

    def _read(self) -> None:
        """In the other thread: pass orders on; when the server is gone, there is nobody to simulate for."""
        while (order := self._link.receive()) is not None:
            self._orders.put(order)
        self._orders.put(None)

    def _load(self, start: dict[str, Any]) -> None:
        scenario = Scenario.load(start["scenario"])
        if start["changes"]:
            scenario = scenario.replace(start["changes"])
        out = Path(start["out"]) if start["out"] else None
        self._simulation = simulation = Simulation(scenario, out)
        self._observer = Observer(simulation, self._link.send)
        self._pacer.restart(start["speed"])
        self._paused = start["paused"]
        self._until = start["goto"]
        described = world.describe(simulation)
        self._observer.details.names = described["edges"]["names"]
        self._link.send(Channel.WORLD, dumps(described))
        self._link.send(Channel.TYPES, dumps([]))
        self._observer.events.say("notice", f"{simulation.scenario.name}, seed {simulation.clock.seed}")
        self._state(
            scenario=simulation.scenario.name,
            title=simulation.scenario.title,
            seed=simulation.clock.seed,
            begin=simulation.clock.begin,
            end=simulation.clock.end,
            step_length=simulation.backend.step_length,
            **self._pace(),
        )

    @property
    def _moving(self) -> bool:
        return not self._ended and (not self._paused or bool(self._steps) or self._until is not None)

    def _pace(self) -> dict[str, Any]:
        """What of a run's state changes while it runs."""
        assert self._simulation is not None
        state = "ended" if self._ended else "running" if self._moving else "paused"
        self._observer.paused = state != "running"
        return {"state": state, "time": self._simulation.time, "speed": self._pacer.factor}

    def _state(self, **changes: Any) -> None:
        with contextlib.suppress(OSError):  # the server has gone
            self._link.send(Channel.STATE, dumps(changes))

    def _obey(self) -> None:
        """Take the orders that have come; wait for them until the next step is due, or for ever."""
        while not self._leaving:
            try:
                self._take(self._orders.get(timeout=self._patience()))
            except queue.Empty:
                if self._moving:
                    return
                self._observer.idle()

    def _patience(self) -> float:
        """Seconds to wait for orders before the next step, or before something is told while nothing moves."""
        if not self._moving:
            return IDLE
        assert self._simulation is not None
        if self._until is not None or self._steps:
            return 0.0
        return self._pacer.wait(self._simulation.time, self._simulation.backend.step_length)

    def _advance(self) -> None:
        """One step."""
        simulation, observer = self._simulation, self._observer
        assert simulation is not None
        last = self._steps == 1 or (
            self._until is not None and simulation.time + simulation.backend.step_length >= self._until - 1e-9
        )
        telling = last or self._turnstile.open()
        observer.expect(telling)
        try:
            observer.took(next(simulation))
        except StopIteration:
            self._end(f"reached its end at {simulation.time:g} s")
            return
        if self._steps:
            self._steps -= 1
        if self._until is not None and simulation.time >= self._until - 1e-9:
            self._until = None
            self._pacer.restart(self._pacer.factor)
        halted = last and not self._moving
        if halted:
            observer.paused = True
        if telling:
            self._turnstile.passed()
            observer.publish()
        if last:
            self._state(**self._pace())

    def _end(self, words: str) -> None:
        """No more steps; what is there can still be looked at."""
        assert self._simulation is not None
        self._ended = True
        self._steps = self._until = None
        self._observer.events.say("notice", words)
        pace = self._pace()
        self._observer.publish(last=True)
        self._close(None)
        self._state(**pace, words=words)

    def _close(self, error: BaseException | None) -> None:
        if self._simulation is not None:
            self._simulation.close(error)
            self._simulation.vehicles.fetch_signals = None  # SUMO cannot be asked any more

    def _take(self, order: dict[str, Any] | None) -> None:
        """Obey one order."""
        do = order["do"] if order is not None else "leave"
        if order is None or do == "leave":
            self._leaving = True
        elif do == "audience":
            self._observer.attend(order["count"])
        elif do == "snapshot":
            self._observer.snapshot()
        elif do == "watch":
            self._observer.details.watched = tuple(order["refs"])
            self._observer.tell_details()
        elif do == "ask":
            self._answer(order["id"], 200, self._observer.details.of(order["ref"]))
        elif do == "open":
            self._answer(order["id"], 200, self._observer.air.shelf.open(order["number"]))
        elif do == "now":
            assert self._simulation is not None
            self._answer(order["id"], 200, self._simulation.time)
        elif self._ended:
            self._answer(order["id"], 409, "the run has ended: start it again")
        elif do == "act":
            self._act(order)
        else:
            self._steer(do, order)
            self._state(**self._pace())
            self._answer(order["id"], 200, None)

    def _steer(self, do: str, order: dict[str, Any]) -> None:
        assert self._simulation is not None
        was_moving = self._moving
        if do == "pause":
            self._paused, self._steps, self._until = True, None, None
        elif do == "resume":
            self._paused, self._steps = False, None
        elif do == "step":
            self._paused, self._until, self._steps = True, None, (self._steps or 0) + order["steps"]
        elif do == "speed":
            self._pacer.restart(order["factor"])
        elif do == "goto":
            self._steps, self._until = None, order["time"]
        elif do == "stop":
            self._end(f"stopped at {self._simulation.time:g} s")
        if was_moving != self._moving:
            self._pacer.restart(self._pacer.factor)
            self._observer.paused = not self._moving
            if not self._moving and not self._ended:
                self._observer.publish()  # with the flag that says so

    def _act(self, order: dict[str, Any]) -> None:
        assert self._simulation is not None
        try:
            text, refs = act(self._simulation, order["name"], order["what"])
        except OrderRefusedError as refusal:
            self._answer(order["id"], refusal.status, str(refusal))
            return
        self._observer.events.say("notice", text, *refs)
        if not self._moving:
            self._observer.publish()
        self._answer(order["id"], 200, {"done": text})

    def _answer(self, id: int, status: int, body: object) -> None:
        self._link.send(Channel.ANSWER, dumps({"id": id, "status": status, "body": body}))


def main() -> int:
    """Simulate for the server at the other end of the descriptor given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to hear; it says when to end
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    link = Link(socket.socket(fileno=int(sys.argv[1])))
    start = link.receive()
    if start is None:
        return 0
    status = Child(link).run(start)
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    status = main()
    os._exit(status)  # whatever threads of libraries still do
