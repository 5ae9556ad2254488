"""Runs on the workers of a Dask cluster that is there: `dask scheduler`, `dask worker`, or what a deployment starts.

Each file that runs read travels once, by the hash of its content, as a task of Dask whose result workers hand on to one
another; so it is made again where the worker that had it dies. What came of a run comes back as Arrow.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import queue
import re
import shutil
import socket
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from wayside.edge.errors import WaysideError, told_by
from wayside.sim.experiments import keys
from wayside.sim.experiments.execution.arrow import from_arrow
from wayside.sim.experiments.execution.bundles import Bundles
from wayside.sim.experiments.execution.interface import ExecutionError, Hear
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.scenario.values import Section, refuse

if TYPE_CHECKING:
    from distributed import Client, Future

ANSWERS_WITHIN = 10.0  # s, of a scheduler
WORKERS_WITHIN = 30.0  # s in which there must be one, at the beginning and later
LOOK_EVERY = 5.0  # s without a word after which workers are counted
AHEAD = 2  # runs that the cluster is given for each that it can make at a time


def _address(text: str) -> str:
    match = re.fullmatch(r"(?:tcp|tls)://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", text)
    if not match or not 0 < int(match[1]) < 65536:
        raise refuse("must be the address of a Dask scheduler, as tcp://host:8786")
    return text


class Cluster(Section):
    """The workers of a Dask scheduler."""

    use: Literal["cluster"] = "cluster"
    scheduler: Annotated[str, AfterValidator(_address)] = Field(
        description="Address of a Dask scheduler, as tcp://host:8786"
    )

    def __call__(self, tasks: Iterator[Task], jobs: int | None, scratch: Path, hear: Hear) -> Iterator[Ended]:
        """See `Executor`."""
        if importlib.util.find_spec("distributed") is None:
            raise ExecutionError("distributed is not installed: pip install 'wayside[cluster]'")
        folder = scratch / "cluster"
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            session = _Session(self.scheduler, stack.enter_context(_connected(self.scheduler)), Bundles(folder), hear)
            yield from session.made(tasks, jobs)


@contextlib.contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    """A client, whose tasks are gone when it is; ExecutionError where nobody answers."""
    importlib.import_module("distributed")  # it sets these levels itself
    for name in ("distributed.client", "distributed.comm", "distributed.core", "distributed.batched"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is told in a line
    place = urlsplit(scheduler)
    why = f"no answer within {ANSWERS_WITHIN:.0f} s"
    try:
        socket.create_connection((place.hostname or "", place.port or 0), ANSWERS_WITHIN).close()  # Dask tries for long
        client = _client(scheduler)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or why
        raise ExecutionError(f"--cluster = {scheduler}: there is no scheduler: {why.lower()}") from None
    try:
        yield client
    finally:
        client.close(timeout=ANSWERS_WITHIN)


def _client(scheduler: str) -> Client:
    """A client; TimeoutError where the scheduler does not say who it is. Dask would wait for that without an end."""
    from distributed import Client

    found: queue.SimpleQueue[Client | Exception] = queue.SimpleQueue()

    def connect() -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of other versions of what Dask itself needs
                found.put(Client(scheduler, timeout=ANSWERS_WITHIN, name="wayside", set_as_default=False))
        except Exception as error:
            found.put(error)

    threading.Thread(target=connect, daemon=True).start()
    try:
        client = found.get(timeout=ANSWERS_WITHIN)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(client, Exception):
        raise OSError from client
    return client


class _Session:
    """A study's runs on a cluster."""

    def __init__(self, scheduler: str, client: Client, bundles: Bundles, hear: Hear) -> None:
        self._scheduler = scheduler
        self._client = client
        self._bundles = bundles
        self._hear = hear
        self._name = uuid.uuid4().hex[:12]
        self._wayside = keys.wayside()
        self._inputs: dict[str, Future] = {}  # by hash
        self._running: dict[str, tuple[Task, Future]] = {}
        self._heard: queue.SimpleQueue[tuple[str, float | None]] = queue.SimpleQueue()  # None: it has ended
        self._lonely_since: float | None = None

    def made(self, tasks: Iterator[Task], jobs: int | None) -> Iterator[Ended]:
        """What came of each."""
        from wayside.sim.experiments.execution import on_worker

        self._wait_for_workers()
        self._check_workers(on_worker)
        self._client.subscribe_topic(on_worker.TOPIC, self._told)
        following = next(tasks, None)
        while following is not None or self._running:
            room = jobs or AHEAD * max(self._threads(), 1)
            while following is not None and len(self._running) < room:
                self._begin(following, on_worker)
                following = next(tasks, None)
            name, share = self._next()
            if name not in self._running:  # of a run that has ended
                continue
            task, future = self._running[name]
            if share is not None:
                self._hear(task, share)
            else:
                del self._running[name]
                yield self._ended(task, future)
        with contextlib.suppress(Exception):  # who does not hear it does so when nothing is asked for
            self._client.run(on_worker.cool)

    def _threads(self) -> int:
        """How many runs the cluster can make at a time now."""
        with self._talking():
            return sum(self._client.nthreads().values())

    @contextlib.contextmanager
    def _talking(self) -> Iterator[None]:
        """Within this block the scheduler is asked for something; ExecutionError where it has gone."""
        try:
            yield
        except (OSError, RuntimeError, ValueError, CancelledError):
            raise self._gone() from None

    def _gone(self) -> ExecutionError:
        return ExecutionError(f"the scheduler {self._scheduler} has gone; the same command goes on")

    def _wait_for_workers(self) -> None:
        from distributed.comm import CommClosedError

        try:
            self._client.wait_for_workers(1, timeout=WORKERS_WITHIN)
        except CommClosedError:
            raise self._gone() from None
        except TimeoutError:
            raise ExecutionError(
                f"--cluster = {self._scheduler}: has no workers, and none came within {WORKERS_WITHIN:.0f} s"
            ) from None

    def _check_workers(self, on_worker: Any) -> None:
        """ExecutionError where one has another wayside, or none. Those that come later say so themselves."""
        with self._talking():
            found = self._client.run(on_worker.installed, on_error="return")
        for worker, has in sorted(found.items()):
            if isinstance(has, OSError):  # it has just died
                continue
            if isinstance(has, BaseException):
                said: str | None = f"has no wayside that fits ({told_by(has)})"
            else:
                said = keys.difference(keys.Wayside(*has), self._wayside)
            if said is not None:
                raise ExecutionError(f"--cluster = {self._scheduler}: the worker {worker} {said}")

    def _begin(self, task: Task, on_worker: Any) -> None:
        if task.keep is not None:
            raise ExecutionError("--keep: runs on a cluster leave their directories there; leave it out")
        bundle = self._bundles.of(task)
        contents = [self._input(hash, on_worker) for hash in sorted(set(bundle.files.values()))]
        name = f"wayside-{self._name}-{task.key}"
        said = (asdict(task), bundle.plain(), contents, self._wayside)
        with self._talking():
            future = self._client.submit(on_worker.make, *said, key=name, pure=False)
        self._running[name] = task, future
        future.add_done_callback(lambda _: self._heard.put((name, None)))

    def _input(self, hash: str, on_worker: Any) -> Future:
        """A file on the cluster; it travels there when it is first asked for."""
        if hash not in self._inputs:
            data = self._bundles.content(hash)
            with self._talking(), warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of its size, which is as it is
                self._inputs[hash] = self._client.submit(
                    on_worker.content, data, key=f"wayside-input-{hash}", pure=False
                )
        return self._inputs[hash]

    def _told(self, event: tuple[float, Any]) -> None:
        """In Dask's own thread."""
        said = event[1]
        self._heard.put((said["task"], said["share"]))

    def _next(self) -> tuple[str, float | None]:
        """What is heard next. ExecutionError where there is nobody left to be heard."""
        while True:
            try:
                return self._heard.get(timeout=LOOK_EVERY)
            except queue.Empty:
                pass
            if self._threads():
                self._lonely_since = None
            elif self._lonely_since is None:
                self._lonely_since = time.monotonic()
            elif time.monotonic() - self._lonely_since > WORKERS_WITHIN:
                raise ExecutionError(
                    f"the scheduler {self._scheduler} has had no workers for {WORKERS_WITHIN:.0f} s; "
                    "the same command goes on"
                )

    def _ended(self, task: Task, future: Future) -> Ended:
        """What came of a run that is over."""
        from distributed.scheduler import KilledWorker

        if future.status == "finished":
            with self._talking():
                data = future.result()
            (ended,) = from_arrow(data)
            if ended.state == "refused":
                raise ExecutionError(f"--cluster = {self._scheduler}: {task.arm}: {ended.line}")
            return ended
        if future.status != "error":
            raise self._gone()
        error = future.exception()
        if isinstance(error, KilledWorker):
            line = f"the workers that made it died, one after the other, the last one {error.last_worker.address}"
            return Ended(task.key, task.arm, task.replication, "died", line=line)
        if isinstance(error, WaysideError):
            raise ExecutionError(f"--cluster = {self._scheduler}: a worker {error}")
        raise ExecutionError(f"--cluster = {self._scheduler}: a run cannot be made there: {told_by(error)}")
