"""The process that simulates: `python -m wayside.web.server.child DESCRIPTOR`, started by the server.

It drives one simulation step by step and takes orders between two steps (`sim.children`).
"""

from __future__ import annotations

import contextlib
import math
import signal
import struct
import time
import traceback
from pathlib import Path
from typing import Any

from wayside.edge.errors import WaysideError, told_by
from wayside.sim.children import Parent, RefusedError, dumps, serve
from wayside.sim.engine import Simulation
from wayside.sim.pacing import Pacer
from wayside.sim.scenario import Scenario
from wayside.web.film.filming import Filming
from wayside.web.server import world
from wayside.web.server.channels import StreamChannel
from wayside.web.server.errands import ErrandObserver
from wayside.web.server.observer import Publisher
from wayside.web.server.orders import act
from wayside.web.server.pacing import Turnstile

LOOK_EVERY = 1.0  # s between two looks whether an application's call comes back
IDLE = 1.0  # s between two signs of life while nothing moves
MISTAKE = 2  # exit status: the last words have been told as a state


class ChildRun:
    """One run, for the server."""

    def __init__(self, server: Parent) -> None:
        self._server = server
        self._simulation: Simulation | None = None
        self._film: Filming | None = None
        self._leaving = False
        self._paused = True
        self._ended = False
        self._steps: int | None = None  # still to be made, then paused
        self._until: float | None = None  # as fast as possible until then
        self._horizon = math.inf  # s that are not passed: another run, which this one goes beside, is not there yet
        self._reports: float | None = None  # s between two words to the server on how far it is; None: none
        self._reported = -math.inf
        self._turnstile = Turnstile(time.monotonic)
        self._pacer = Pacer(time.monotonic, 1.0)

    def live(self, start: dict[str, Any]) -> int:
        """All of it; the exit status."""
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

    def _load(self, start: dict[str, Any]) -> None:
        scenario = Scenario.load(start["scenario"])
        if start["changes"]:
            scenario = scenario.replace(start["changes"])
        out = Path(start["out"]) if start["out"] else None
        if out is not None and scenario.record.view is None:
            scenario = scenario.replace("record.view", True)
        self._simulation = simulation = Simulation(scenario, out, keep_going=True)
        signal.signal(signal.SIGALRM, simulation.failures.look)
        signal.setitimer(signal.ITIMER_REAL, LOOK_EVERY, LOOK_EVERY)
        self._publisher = Publisher(simulation, self._server.send)
        simulation.observers.add(self._publisher)
        if start["film"]:
            self._film = self._filming(simulation)
        if start["beside"]:
            self._horizon, self._reports = -math.inf, 0.0
            simulation.observers.add(ErrandObserver(self._publisher.views, self._done))
        self._pacer.restart(start["speed"])
        self._paused = start["paused"]
        self._until = start["goto"]
        described = world.describe(self._publisher.views)
        self._publisher.details.names = described["edges"]["names"]
        self._server.send(StreamChannel.WORLD, dumps(described))
        self._server.send(StreamChannel.TYPES, dumps([]))
        self._publisher.events.say("notice", f"{simulation.scenario.name}, seed {simulation.clock.seed}")
        self._state(
            scenario=simulation.scenario.name,
            title=simulation.scenario.title,
            seed=simulation.clock.seed,
            begin=simulation.clock.begin,
            end=simulation.clock.end,
            step_length=simulation.backend.step_length,
            **self._pace(),
        )
        self._report(always=True)

    def _filming(self, simulation: Simulation) -> Filming:
        """What records for the server to go back in; the run's own recording is the same."""
        film = next((one for one in simulation.observers if isinstance(one, Filming)), None)
        if film is None:
            film = Filming(simulation, [])
            simulation.observers.add(film)
        film.writer.sinks.append(self._keep)
        return film

    def _done(self, channel: StreamChannel, errands: bytes) -> None:
        with contextlib.suppress(OSError):  # the server has gone; results are still to be written
            self._server.send(channel, errands)

    def _keep(self, piece: bytes) -> None:
        with contextlib.suppress(OSError):  # the server has gone
            self._server.send(StreamChannel.FILM, piece)

    def _say(self, text: str, *refs: str) -> None:
        """Something that somebody has done, for all who are told of the run."""
        self._publisher.events.say("notice", text, *refs)
        if self._film is not None:
            self._film.events.say("notice", text, *refs)

    @property
    def _moving(self) -> bool:
        return not self._ended and (not self._paused or bool(self._steps) or self._until is not None)

    def _pace(self) -> dict[str, Any]:
        """What of a run's state changes while it runs."""
        assert self._simulation is not None
        state = "ended" if self._ended else "running" if self._moving else "paused"
        self._publisher.paused = state != "running"
        return {"state": state, "time": self._simulation.time, "speed": self._pacer.factor}

    def _state(self, **changes: Any) -> None:
        with contextlib.suppress(OSError):  # the server has gone
            self._server.send(StreamChannel.STATE, dumps(changes))

    def _obey(self) -> None:
        """Take the orders that have come; wait for them until the next step is due, or for ever."""
        while not self._leaving:
            try:
                self._take(self._server.next(self._patience()))
            except TimeoutError:
                if self._moving and not self._held:
                    return
                self._publisher.idle()

    @property
    def _held(self) -> bool:
        """Whether the next step would lead too far ahead of the other run."""
        assert self._simulation is not None
        return self._simulation.time + self._simulation.backend.step_length > self._horizon + 1e-9

    def _report(self, always: bool = False) -> None:
        """Say how far this run is, where another waits for it."""
        if self._reports is None or self._simulation is None:
            return
        time = self._simulation.time
        if time > self._reported and (always or time >= self._reported + self._reports - 1e-9):
            self._reported = time
            with contextlib.suppress(OSError):  # the server has gone
                self._server.send(StreamChannel.TIME, struct.pack("<d", time))

    def _patience(self) -> float:
        """Seconds to wait for orders before the next step, or before something is told while nothing moves."""
        if not self._moving:
            return IDLE
        assert self._simulation is not None
        if self._held:
            self._report(always=True)
            return IDLE
        if self._until is not None or self._steps:
            return 0.0
        return self._pacer.wait(self._simulation.time, self._simulation.backend.step_length)

    def _advance(self) -> None:
        """One step."""
        simulation, publisher = self._simulation, self._publisher
        assert simulation is not None
        last = self._steps == 1 or (
            self._until is not None and simulation.time + simulation.backend.step_length >= self._until - 1e-9
        )
        telling = last or self._turnstile.open()
        publisher.expect(telling)
        try:
            next(simulation)
        except StopIteration:
            self._end("the run reached its end")
            return
        if self._steps:
            self._steps -= 1
        if self._until is not None and simulation.time >= self._until - 1e-9:
            self._until = None
            self._pacer.restart(self._pacer.factor)
        self._report(always=not self._moving)
        halted = last and not self._moving
        if halted:
            publisher.paused = True
        if telling:
            self._turnstile.passed()
            publisher.publish()
        if last:
            self._state(**self._pace())

    def _end(self, words: str) -> None:
        """No more steps; what is there can still be looked at."""
        assert self._simulation is not None
        self._ended = True
        self._steps = self._until = None
        self._publisher.events.say("notice", words)
        pace = self._pace()
        self._publisher.publish(last=True)
        self._close(None)
        self._state(**pace, words=words)

    def _close(self, error: BaseException | None) -> None:
        if self._simulation is not None:
            self._simulation.close(error)
            self._simulation.vehicles.fetch_signals = None  # SUMO cannot be asked any more

    def _take(self, order: dict[str, Any] | None) -> None:
        """Obey one order."""
        if order is None:
            self._leaving = True
            return
        do, answer = order["do"], self._server.answer
        if do == "audience":
            self._publisher.attend(order["count"])
        elif do == "snapshot":
            self._publisher.snapshot()
        elif do == "watch":
            self._publisher.details.watched = tuple(order["refs"])
            self._publisher.tell_details()
        elif do == "ask":
            answer(order, self._publisher.details.of(order["ref"]))
        elif do == "open":
            answer(order, self._publisher.open(order["number"]))
        elif do == "horizon":
            self._horizon = math.inf if order["time"] is None else order["time"]
            self._reports = order["every"]
        elif do == "now":
            assert self._simulation is not None
            answer(order, self._simulation.time)
        elif self._ended:
            answer(order, "the run has ended: start it again", 409)
        elif do == "act":
            self._act(order)
        else:
            self._steer(do, order)
            self._state(**self._pace())
            answer(order, None)

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
            if self._film is not None:
                self._film.words = "the run was stopped"
            self._end("the run was stopped")
        if was_moving != self._moving:
            self._pacer.restart(self._pacer.factor)
            self._publisher.paused = not self._moving
            if not self._moving and not self._ended:
                self._publisher.publish()  # with the flag that says so

    def _act(self, order: dict[str, Any]) -> None:
        assert self._simulation is not None
        try:
            text, refs = act(self._simulation, order["name"], order["what"])
        except RefusedError as refusal:
            self._server.answer(order, str(refusal), refusal.status)
            return
        self._say(text, *refs)
        if not self._moving:
            self._publisher.publish()
        self._server.answer(order, {"done": text})


def run(server: Parent, start: dict[str, Any]) -> int:
    """Simulate for the server; the exit status."""
    return ChildRun(server).live(start)


if __name__ == "__main__":
    serve(run)
