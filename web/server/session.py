"""The run being served: its child process, its state, and what is asked of it."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wayside.sim.children import Child, GoneError, RefusedError, dumps
from wayside.sim.scenario import Scenario
from wayside.web.film.reel import Reel
from wayside.web.server.channels import StreamChannel
from wayside.web.server.hub import Client, Hub
from wayside.web.server.scenarios import Scenarios

CHILD = "wayside.web.server.child"
ANSWER_WITHIN = 15.0  # s
LEAVE_WITHIN = 1.2  # s; then a child that keeps no results is killed
KEEP_WITHIN = 20.0  # s; with results
REWIND = 256_000_000  # bytes of a recording that are kept in memory
MOST_WATCHED = 256  # objects, by all clients together


@dataclass(frozen=True)
class Start:
    """What a child is told to run."""

    scenario: str
    changes: Mapping[str, object] = field(default_factory=dict)
    speed: float | None = 1.0
    paused: bool = False
    goto: float | None = None


class RunSession:
    """One run at a time, of one of the scenarios."""

    offers: Sequence[str] = ("view", "control")  # rights that somebody can have here

    def __init__(self, hub: Hub, scenarios: Scenarios, out: Path | None = None, rewind: int = REWIND) -> None:
        """rewind: bytes of the recording that are kept in memory, to go back in; 0: none."""
        self.hub = hub
        self.scenarios = scenarios
        self.run: dict[str, Any] = {**NOTHING}
        self.health: dict[str, Any] | None = None
        self.reel: Reel | None = None  # what of the run is recorded; None: it is not
        self.second: RunSession | None = None  # the run beside this one
        self.beside = False  # whether the run goes beside another, and waits for it
        self._out = out
        self._rewind = rewind
        self._start: Start | None = None
        self._runs = itertools.count(1)
        self._child: Child | None = None
        self._outliving: asyncio.Task[None] | None = None
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
        self._world, self._parts = {}, None
        self._known.clear()
        self._snapshot_asked = False
        self.reel = Reel(self._rewind) if self._rewind and scenario.record.view is not False else None
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
        first = {
            "scenario": self.scenarios.what[start.scenario],
            "changes": dict(start.changes),
            "speed": start.speed,
            "paused": start.paused,
            "goto": start.goto,
            "out": str(self._out / f"{number}-{scenario.name}") if self._out else None,
            "film": self.reel is not None,
            "beside": self.beside,
        }
        self._child = child = await Child.start(CHILD, first, self._take)
        self.attend()
        self._outliving = asyncio.create_task(self._outlive(child))

    async def close(self) -> None:
        """End the child and wait for it."""
        async with self._changing:
            await self._end()

    async def _end(self) -> None:
        child, outliving = self._child, self._outliving
        if child is None or outliving is None:
            return
        self._child = None
        await child.end(KEEP_WITHIN if self._out is not None else LEAVE_WITHIN)
        await outliving

    async def _outlive(self, child: Child) -> None:
        words = await child.wait()
        if self._child is not child:
            return  # it was told to leave
        self._child = None
        if self.run["state"] != "died":
            self._change(state="died", words=words)

    # ---- what the child says

    def _take(self, channel: int, payload: bytes) -> None:
        hub = self.hub
        if channel == StreamChannel.FRAME:
            hub.publish(payload)
        elif channel == StreamChannel.TEXT:
            hub.say(payload)
        elif channel == StreamChannel.SNAPSHOT:
            self._snapshot_asked = False
            hub.snapshot(payload)
        elif channel == StreamChannel.DETAILS:
            ref, _, text = payload.partition(b"\n")
            watchers = [client for client in hub.clients if client.live and ref.decode() in client.watched]
            hub.say(text, watchers)
        elif channel == StreamChannel.HEALTH:
            recorded = self.reel.span if self.reel is not None else None
            self.health = {**json.loads(payload), "clients": len(hub.clients), "recorded": recorded}
            self.run["time"] = self.health["time"]
            hub.say(dumps(self.health))
            hub.tell_missed()
        elif channel == StreamChannel.STATE:
            self._changed(json.loads(payload))
        elif channel == StreamChannel.FILM and self.reel is not None:
            self.reel.take(payload)
        elif channel == StreamChannel.WORLD:
            self._parts = (payload, b"[]")
        elif channel == StreamChannel.TYPES and self._parts is not None:
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
        if self._child is not None:
            self._child.order("audience", count=len(self.hub.clients))

    def again(self, client: Client) -> None:
        """A client that has looked at something else wants all that there is now."""
        client.live = False
        self.want_snapshot()

    def want_snapshot(self) -> None:
        """Somebody waits for one; those who come until it is there share it."""
        waiting = any(not client.live for client in self.hub.clients)
        if waiting and not self._snapshot_asked and self._child is not None and self.begun:
            self._snapshot_asked = True
            self._child.order("snapshot")

    @property
    def begun(self) -> bool:
        """Whether there is something to see."""
        return self.run["state"] in ("running", "paused", "ended") and self._child is not None

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
        if self._child is not None:
            self._watched = watched
            self._child.order("watch", refs=watched)

    # ---- calls

    async def ask(self, do: str, **what: object) -> Any:
        """Have the child do something between two steps; its answer. RefusedError where it does not."""
        if self._child is None or self.run["state"] == "died":
            raise RefusedError(409, "there is no run: start one")
        if self.run["state"] == "loading":
            raise RefusedError(409, "the run is loading: try again in a moment")
        try:
            return await self._child.ask(do, ANSWER_WITHIN, **what)
        except TimeoutError:
            raise RefusedError(409, f"the simulation did not answer within {ANSWER_WITHIN:g} s") from None
        except GoneError as error:
            died = self.run["state"] == "died"
            raise RefusedError(409, f"the simulation has died: {self.run['words']}" if died else str(error)) from None

    async def restart(self, seed: int | None = None, goto: float | None = None) -> None:
        """The same run again, with another seed where one is given, and up to a time where one is given."""
        if self._start is None:
            raise RefusedError(409, "there is no run: start one")
        changes = dict(self._start.changes)
        if seed is not None:
            changes["scenario.seed"] = seed
        paused = self.run["state"] == "paused" if goto is not None else False
        await self.start(Start(self._start.scenario, changes, self.run["speed"], paused, goto))

    async def beside_it(self, scenario: str | None, changes: Mapping[str, object]) -> None:
        """Start what runs again, and beside it another scenario, or the same (None), changed. RefusedError, or
        WaysideError, where it cannot be.
        """
        raise RefusedError(409, "this server shows one run alone")

    async def alone(self) -> None:
        """The run beside this one ends."""

    def pairs(self) -> dict[str, Any]:
        """`GET /api/pairs` of docs/live.md. RefusedError where there is no other run."""
        raise RefusedError(404, "there is no other run: start one beside this one")

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


NOTHING: dict[str, Any] = {
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
    "against": None,
}


def server_id() -> str:
    """An id that changes with every start of the server."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"
