"""The run being served: its child process, its state, and what is asked of it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import json
import os
import secrets
import signal
import socket
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wayside.edge.errors import WaysideError
from wayside.sim.scenario import Scenario
from wayside.web.server.hub import Client, Hub
from wayside.web.server.link import Channel, ServerLink, dumps
from wayside.web.server.scenarios import Scenarios

ANSWER_WITHIN = 15.0  # s
LEAVE_WITHIN = 1.2  # s; then a child that keeps no results is killed
KEEP_WITHIN = 20.0  # s; with results
LAST_LINES = 20
MOST_WATCHED = 256  # objects, by all clients together


class RefusedError(WaysideError):
    """A call that is not obeyed: the HTTP status and one line."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Start:
    """What a child is told to run."""

    scenario: str
    changes: Mapping[str, object] = field(default_factory=dict)
    speed: float | None = 1.0
    paused: bool = False
    goto: float | None = None


class Session:
    """One run at a time, of one of the scenarios."""

    def __init__(self, hub: Hub, scenarios: Scenarios, out: Path | None = None) -> None:
        self.hub = hub
        self.scenarios = scenarios
        self.run: dict[str, Any] = {**_NOTHING}
        self.health: dict[str, Any] | None = None
        self.words: deque[str] = deque(maxlen=LAST_LINES)  # of the child's standard error
        self._out = out
        self._start: Start | None = None
        self._runs = itertools.count(1)
        self._calls = itertools.count(1)
        self._answers: dict[int, asyncio.Future[tuple[int, Any]]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._link: ServerLink | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._world: dict[bool, bytes] = {}
        self._parts: tuple[bytes, bytes] | None = None  # the world without its types, and these
        self._known = asyncio.Event()  # the world has come, or will not come any more
        self._watched: tuple[str, ...] = ()
        self._snapshot_asked = False
        self._changing = asyncio.Lock()

    # ---- runs

    async def start(self, start: Start) -> None:
        """Begin a run; the one before ends. ScenarioError where it cannot be."""
        scenario = self.scenarios.load(start.scenario, start.changes)
        async with self._changing:
            await self._end()
            await self._spawn(start, scenario)

    async def _spawn(self, start: Start, scenario: Scenario) -> None:
        self._start = start
        number = next(self._runs)
        self.hub.reset()
        self.health = None
        self.words.clear()
        self._world, self._parts = {}, None
        self._known.clear()
        self._snapshot_asked = False
        self._change(
            run=f"{number}-{secrets.token_hex(3)}",
            scenario=start.scenario,
            title=scenario.title,
            seed=scenario.seed,
            state="loading",
            time=0.0,
            begin=0.0,
            end=scenario.end,
            speed=start.speed,
            step_length=scenario.sumo.step_length or 1.0,
            words="",
        )
        ours, theirs = socket.socketpair()
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "wayside.web.server.child",
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,  # Ctrl-C in a terminal is for the server alone
            )
        finally:
            theirs.close()
        self._link = link = await ServerLink.over(ours)
        link.order(
            "start",
            scenario=self.scenarios.what[start.scenario],
            changes=dict(start.changes),
            speed=start.speed,
            paused=start.paused,
            goto=start.goto,
            out=str(self._out / f"{number}-{scenario.name}") if self._out else None,
        )
        self.attend()
        process = self._process
        errors = asyncio.create_task(self._listen(process))
        self._tasks = [errors, asyncio.create_task(self._relay(link, process, errors))]

    async def close(self) -> None:
        """End the child and wait for it."""
        async with self._changing:
            await self._end()

    async def _end(self) -> None:
        process, link, tasks = self._process, self._link, self._tasks
        if process is None or link is None:
            return
        self._process = self._link = None
        self._fail("the run has been ended")
        link.order("leave")
        patience = KEEP_WITHIN if self._out is not None else LEAVE_WITHIN
        try:
            await asyncio.wait_for(process.wait(), patience)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        link.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- what the child says

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Keep the last lines of its standard error, and pass them on."""
        assert process.stderr is not None
        while chunk := await process.stderr.read(1 << 16):
            text = chunk.decode("utf-8", "replace")
            sys.stderr.write(text)
            sys.stderr.flush()
            self.words.extend(line[:500] for line in text.splitlines() if line.strip())

    async def _relay(self, link: ServerLink, process: asyncio.subprocess.Process, errors: asyncio.Task[None]) -> None:
        while (message := await link.receive()) is not None:
            self._take(*message)
        link.close()
        status = await process.wait()
        await asyncio.wait([errors], timeout=1.0)
        if self._process is not process:
            return  # it was told to leave
        self._process = self._link = None
        if self.run["state"] != "died":
            self._change(state="died", words=_last_words(status, self.words))
        self._fail(f"the simulation has died: {self.run['words']}")

    def _take(self, channel: Channel, payload: bytes) -> None:
        hub = self.hub
        if channel is Channel.FRAME:
            hub.publish(payload)
        elif channel is Channel.TEXT:
            hub.say(payload)
        elif channel is Channel.SNAPSHOT:
            self._snapshot_asked = False
            hub.snapshot(payload)
        elif channel is Channel.DETAILS:
            ref, _, text = payload.partition(b"\n")
            watchers = [client for client in hub.clients if client.live and ref.decode() in client.watched]
            hub.say(text, watchers)
        elif channel is Channel.ANSWER:
            answer = json.loads(payload)
            waiting = self._answers.pop(answer["id"], None)
            if waiting is not None and not waiting.done():
                waiting.set_result((answer["status"], answer["body"]))
        elif channel is Channel.HEALTH:
            self.health = {**json.loads(payload), "clients": len(hub.clients)}
            self.run["time"] = self.health["time"]
            hub.say(dumps(self.health))
            hub.tell_missed()
        elif channel is Channel.STATE:
            self._changed(json.loads(payload))
        elif channel is Channel.WORLD:
            self._parts = (payload, b"[]")
        elif channel is Channel.TYPES and self._parts is not None:
            self._parts, self._world = (self._parts[0], payload), {}
            self._known.set()

    def _changed(self, changes: dict[str, Any]) -> None:
        begun = self.run["state"] == "loading" and changes.get("state") in ("running", "paused", "ended")
        changes.pop("scenario", None)  # it is called as in the list
        self._change(**changes)
        if begun:
            self.want_snapshot()

    def _change(self, **changes: Any) -> None:
        self.run = {**self.run, **changes}
        if self.run["state"] in ("died", "none"):
            self._known.set()
        self.hub.say_all(dumps(self.run))

    # ---- clients

    def attend(self) -> None:
        """The number of clients has changed."""
        if self._link is not None:
            self._link.order("audience", count=len(self.hub.clients))

    def want_snapshot(self) -> None:
        """Somebody waits for one; those who come until it is there share it."""
        waiting = any(not client.live for client in self.hub.clients)
        if waiting and not self._snapshot_asked and self._link is not None and self.begun:
            self._snapshot_asked = True
            self._link.order("snapshot")

    @property
    def begun(self) -> bool:
        """Whether there is something to see."""
        return self.run["state"] in ("running", "paused", "ended") and self._link is not None

    def watch(self, client: Client, refs: Sequence[str]) -> None:
        """A client names the objects it wants to be told of. RefusedError where all clients together name too many."""
        before, client.watched = client.watched, tuple(refs)
        watched = tuple(dict.fromkeys(ref for other in self.hub.clients for ref in other.watched))
        if len(watched) > MOST_WATCHED:
            client.watched = before
            raise RefusedError(429, f"more than {MOST_WATCHED} objects are watched by all clients together")
        self.rewatch()

    def rewatch(self) -> None:
        """Tell the child what is watched, where that has changed."""
        watched = tuple(dict.fromkeys(ref for client in self.hub.clients for ref in client.watched))
        if self._link is not None:
            self._watched = watched
            self._link.order("watch", refs=watched)

    # ---- calls

    async def ask(self, do: str, **what: object) -> Any:
        """Have the child do something between two steps; its answer. RefusedError where it does not."""
        if self._link is None or self.run["state"] == "died":
            raise RefusedError(409, "there is no run: start one")
        if self.run["state"] == "loading":
            raise RefusedError(409, "the run is loading: try again in a moment")
        id = next(self._calls)
        waiting = self._answers[id] = asyncio.get_running_loop().create_future()
        self._link.order(do, id=id, **what)
        try:
            status, body = await asyncio.wait_for(waiting, ANSWER_WITHIN)
        except TimeoutError:
            raise RefusedError(409, f"the simulation did not answer within {ANSWER_WITHIN:g} s") from None
        finally:
            self._answers.pop(id, None)
        if status != 200:
            raise RefusedError(status, str(body))
        return body

    async def restart(self, seed: int | None = None, goto: float | None = None) -> None:
        """The same run again, with another seed where one is given, and up to a time where one is given."""
        if self._start is None:
            raise RefusedError(409, "there is no run: start one")
        changes = dict(self._start.changes)
        if seed is not None:
            changes["scenario.seed"] = seed
        paused = self.run["state"] == "paused" if goto is not None else False
        await self.start(Start(self._start.scenario, changes, self.run["speed"], paused, goto))

    async def world(self, packed: bool) -> bytes:
        """The static world as JSON, gzipped where asked for; waits while a run is loading. RefusedError without one."""
        try:
            await asyncio.wait_for(self._known.wait(), 60.0)
        except TimeoutError:
            raise RefusedError(409, "the run is still loading: try again in a moment") from None
        if self._parts is None:
            raise RefusedError(409, "there is no run: start one")
        if packed not in self._world:
            world, types = self._parts
            head = dumps({"run": self.run["run"]})[:-1]
            plain = head + b"," + world[1:-1] + b',"types":' + types + b"}"
            made = await asyncio.to_thread(gzip.compress, plain, 6, mtime=0) if packed else plain
            self._world[packed] = made
        return self._world[packed]

    def _fail(self, reason: str) -> None:
        """Nobody will answer any more."""
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_result((409, reason))


_NOTHING: dict[str, Any] = {
    "type": "run",
    "run": "",
    "scenario": "",
    "title": "",
    "seed": None,
    "state": "none",
    "time": 0.0,
    "begin": 0.0,
    "end": None,
    "speed": 1.0,
    "step_length": 1.0,
    "words": "",
}


def _last_words(status: int, lines: Sequence[str]) -> str:
    """What is known of a process that did not say why it ended."""
    if status < 0:
        with contextlib.suppress(ValueError):
            status_name = signal.Signals(-status).name
            text = f"the simulation's process was ended by {status_name}"
            return f"{text}; its last words: {lines[-1].strip()}" if lines else text
    text = f"the simulation's process ended with status {status}"
    return f"{text}; its last words: {lines[-1].strip()}" if lines else text


def server_id() -> str:
    """An id that changes with every start of the server."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"
