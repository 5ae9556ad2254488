"""The parent's end of an environment: one simulation for each of some rows of shared memory, in children."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import WaysideError
from wayside.sim.children import GoneError, PlainChild, RefusedError
from wayside.sim.environments.kinds import KINDS
from wayside.sim.environments.memory import create, layout, opened
from wayside.sim.environments.settings import LearningError, Settings
from wayside.sim.scenario import Scenario, to_toml

CHILD = "wayside.sim.environments.child"
PATIENCE = 5.0  # s that a child has to leave


class EpisodeEnd(NamedTuple):
    """How an episode has ended."""

    cut: bool  # at the scenario's end, not with the last vehicle
    kpis: Mapping[str, float]


class AgentSession:
    """So many simulations of one environment, each in a process of its own, and what they and the agents share.

    `rows` has an entry for each (see `memory.layout`).
    """

    def __init__(self, kind: str, scenario: str | Path | Scenario, count: int, said: Mapping[str, object]) -> None:
        """WaysideError and its children, one line each. The first simulation's process says what there is to see."""
        self.name = KINDS[kind].id
        self.settings: Settings = KINDS[kind].settings.of(self.name, said)
        loaded = _loaded(self.name, scenario)
        self._first = self._told(kind, loaded.replace({**self.settings.set, **self.settings.staging}))
        self.count = count
        self._said: set[str] = set()
        self._running: list[bool] = [False] * count  # whether an episode has begun, and can be stepped
        self._children: list[PlainChild | None] = [None] * count
        self._waiting: dict[int, int] = {}  # by simulation: the number of the call that is not answered yet
        self._scratch = tempfile.mkdtemp(prefix="wayside-environment-")
        self._memory = create()
        self._finalizer = weakref.finalize(self, _end, os.getpid(), self._children, self._memory, self._scratch)
        try:
            about = self._answered(0, self._called(0, "describe"))
        except BaseException:
            self.close()
            raise
        self.agents: tuple[str, ...] = tuple(about["agents"])
        self.columns: tuple[str, ...] = tuple(about["columns"])
        self.actions: tuple[int, ...] = tuple(about["actions"])
        ends = [(-np.inf if low is None else low, np.inf if high is None else high) for low, high in about["bounds"]]
        self.low, self.high = np.array(ends, np.float32).T.copy()
        self._shape = {"agents": len(self.agents), "columns": len(self.columns), "actions": max(self.actions)}
        self.rows: NDArray[Any] = opened(self._memory, layout(**self._shape), count)
        self._call(0, "share", **self._shape, rows=count, row=0)

    def _told(self, kind: str, scenario: Scenario) -> dict[str, Any]:
        """What a child must know."""
        config = Path(scenario.sumo.config).absolute()
        text = to_toml(scenario.replace("sumo.config", config))
        source = None if scenario.source is None else str(scenario.source.absolute())
        settings = self.settings.model_dump(exclude={"set"})
        return {"kind": kind, "name": self.name, "scenario": text, "source": source, "settings": settings}

    # Episodes

    def reset(self, which: Mapping[int, int]) -> None:
        """Begin the episode of a replication in each of these simulations, all at once."""
        for number in which:
            self._running[number] = False
        calls = {number: self._called(number, "reset", replication=one) for number, one in which.items()}
        for number, call in calls.items():
            self._answered(number, call)
            self._running[number] = True

    def step(self, which: Sequence[int]) -> dict[int, EpisodeEnd]:
        """Let these simulations do what has been written into their rows, all at once; which episodes have ended."""
        for number in which:
            if not self._running[number]:
                raise LearningError(f"{self.name}: step before reset")
        calls = {number: self._called(number, "step") for number in which}
        ended = {}
        for number, call in calls.items():
            said = self._answered(number, call)
            if "over" in said:
                self._running[number] = False
                ended[number] = EpisodeEnd(said["over"] == "cut", said["kpis"])
        return ended

    def checked(self, action: object, agent: int) -> int:
        """An action that an agent may say. LearningError for another."""
        number, count = np.asarray(action), self.actions[agent]
        if number.shape != () or number.dtype.kind not in "iu" or not 0 <= int(number) < count:
            whose = f"{self.agents[agent]}: " if len(self.agents) > 1 else ""
            told = np.array2string(number)
            raise LearningError(f"{self.name}: {whose}action = {told}: must be a whole number in 0..{count - 1}")
        return int(number)

    def drawn(self, random: np.random.Generator, options: Mapping[str, Any] | None) -> int:
        """The replication of the next episode: the one in `options`, or one that is drawn."""
        first, beyond = self.settings.replications
        number = int(random.integers(first, beyond))  # in any case: what is drawn later does not depend on options
        said = (options or {}).get("replication", number)
        if isinstance(said, bool) or not isinstance(said, (int, np.integer)) or not 0 <= said < 2**31:
            raise LearningError(f"{self.name}: options: replication = {said!r}: must be in 0..{2**31 - 1}")
        return int(said)

    @property
    def children(self) -> list[PlainChild]:
        """The processes that run."""
        return [child for child in self._children if child is not None]

    def close(self) -> None:
        """End all processes and leave nothing behind. A second call does nothing."""
        self._running = [False] * self.count
        self.rows = np.empty(0, layout(0, 0, 0))  # the memory goes when nobody looks at it any more
        self._finalizer()

    # The children

    def _child(self, number: int) -> PlainChild:
        child = self._children[number]
        if child is None:
            if not self._finalizer.alive:
                raise LearningError(f"{self.name}: it has been closed")
            scratch = os.path.join(self._scratch, secrets.token_hex(8))
            os.mkdir(scratch)
            first = {**self._first, "memory": self._memory, "scratch": scratch}
            child = self._children[number] = PlainChild(CHILD, first, (self._memory,))
            if hasattr(self, "_shape"):
                self._waiting[number] = child.call("share", **self._shape, rows=self.count, row=number)
        return child

    def _called(self, number: int, do: str, **what: object) -> int:
        return self._child(number).call(do, **what)

    def _call(self, number: int, do: str, **what: object) -> Any:
        return self._answered(number, self._called(number, do, **what))

    def _answered(self, number: int, call: int) -> Any:
        child = self._child(number)
        try:
            if (earlier := self._waiting.pop(number, None)) is not None:
                child.answer(earlier)
            said = child.answer(call)
        except RefusedError as error:
            said_by = str(error)
            raise LearningError(said_by if said_by.startswith(self.name) else f"{self.name}: {said_by}") from None
        except GoneError as error:
            self._lose(number)
            raise LearningError(f"{self.name}: {error}") from None
        except BaseException:  # interrupted in the middle of an answer: what comes next cannot be understood
            self._lose(number)
            raise
        for text in said.get("warnings", ()):
            if (like := re.sub(r"\d+", "#", text)) not in self._said:
                self._said.add(like)
                warnings.warn(text, stacklevel=4)
        return said

    def _lose(self, number: int) -> None:
        """A child that is of no use any more; another one takes its place when it is wanted."""
        child, self._children[number] = self._children[number], None
        self._running[number] = False
        if child is not None:
            child.end(0.0)


def _loaded(name: str, scenario: str | Path | Scenario) -> Scenario:
    if isinstance(scenario, Scenario):
        return scenario
    if not isinstance(scenario, (str, Path)):
        raise LearningError(f"{name}: scenario = {scenario!r}: must be a built-in name, a file, or a Scenario")
    try:
        return Scenario.load(scenario)
    except WaysideError as error:
        raise LearningError(f"{name}: scenario: {error}") from None


def _end(owner: int, children: list[PlainChild | None], memory: int, scratch: str) -> None:
    """Let nothing of a session remain; a fork of the process that has it leaves it alone."""
    if os.getpid() != owner:
        return
    for child in children:
        if child is not None:
            child.order("leave")
    for number, child in enumerate(children):
        if child is not None:
            child.end(PATIENCE)
            children[number] = None
    os.close(memory)
    shutil.rmtree(scratch, ignore_errors=True)
