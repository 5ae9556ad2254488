"""Runs as jobs of Slurm, by submitit: each run is a job, and jobs that are submitted together are one array.

Nodes see the same files as who submits (submitit needs that), so nothing is sent. A job leaves what came of its run as
a file of its own, in the study's directory: whoever is killed finds it there the next time. A job that nobody wants any
more, as its study has been broken off or begun again, ends.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import selectors
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from wayside.sim.children import LONGEST_LINE
from wayside.sim.disk.rundir import disk_error
from wayside.sim.disk.whole import write_whole
from wayside.sim.experiments import keys
from wayside.sim.experiments.execution import processes
from wayside.sim.experiments.execution.arrow import from_arrow, to_arrow
from wayside.sim.experiments.execution.interface import TRIES, ExecutionError, Hear
from wayside.sim.experiments.runs import Ended, Task
from wayside.sim.scenario.values import Section, refuse

if TYPE_CHECKING:
    from submitit import Job

AT_A_TIME = 100  # jobs in the queue and running, unless said otherwise
LOOK_EVERY = 1.0  # s between two looks at jobs
ASK_EVERY = 5.0  # s between two looks of a job at whether it is wanted, and two words on how far it is
SESSION = "session"  # the file that says who wants runs
HOPELESS = ("TIMEOUT", "OUT_OF_MEMORY", "CANCELLED")  # states after which a job is not tried again


def _memory(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d*(?:[KMGT]B?)?", text):
        raise refuse("must be an amount, as 2GB")
    return text


def _word(text: str) -> str:
    if not text.isprintable() or not text.strip() or re.search(r"\s", text):
        raise refuse("must be what sbatch takes, without spaces")
    return text


_Word = Annotated[str, AfterValidator(_word)]


class Slurm(Section):
    """A queue of Slurm."""

    use: Literal["slurm"] = "slurm"
    partition: _Word | None = Field(default=None, description="--partition of sbatch")
    account: _Word | None = Field(default=None, description="--account of sbatch")
    qos: _Word | None = Field(default=None, description="--qos of sbatch")
    constraint: _Word | None = Field(default=None, description="--constraint of sbatch")
    nodelist: _Word | None = Field(default=None, description="--nodelist of sbatch")
    exclude: _Word | None = Field(default=None, description="--exclude of sbatch")
    reservation: _Word | None = Field(default=None, description="--reservation of sbatch")
    mem: Annotated[str, AfterValidator(_memory)] | None = Field(default=None, description="Memory of a run, as 2GB")
    time: int = Field(default=60, ge=1, le=100_000, description="Longest a run may take, min")
    setup: str | None = Field(default=None, min_length=1, description="A shell command before each run, as module load")
    cluster: Literal["slurm", "local"] = Field(
        default="slurm", description="local: submitit's processes on this machine, to try it without Slurm"
    )

    def __call__(self, tasks: Iterator[Task], jobs: int | None, scratch: Path, hear: Hear) -> Iterator[Ended]:
        """See `Executor`."""
        if importlib.util.find_spec("submitit") is None:
            raise ExecutionError("submitit is not installed: pip install 'wayside[cluster]'")
        with _Queue(self, scratch.absolute() / "slurm", hear) as queue:
            yield from queue.made(tasks, jobs or AT_A_TIME)

    def executor(self, folder: Path) -> Any:
        """Submitit's. ExecutionError where there is no Slurm."""
        import submitit

        said = {
            name: getattr(self, name) for name in ("partition", "account", "qos", "constraint", "nodelist", "exclude")
        }
        options = {f"slurm_{name}": value for name, value in {**said, "mem": self.mem}.items() if value is not None}
        if self.setup is not None:
            options[f"{self.cluster}_setup"] = [self.setup]
        if self.reservation is not None:
            options["slurm_additional_parameters"] = {"reservation": self.reservation}
        try:
            executor = submitit.AutoExecutor(folder, cluster=self.cluster)
        except RuntimeError as error:
            raise ExecutionError(f"--slurm: there is no Slurm here: {_one_line(error)}") from None
        executor.update_parameters(name="wayside", timeout_min=self.time, cpus_per_task=1, **options)
        return executor


@dataclass
class _Running:
    """A run in the queue."""

    task: Task
    job: Job[str]
    tries: int


class _Queue:
    """A study's runs in the queue."""

    def __init__(self, options: Slurm, folder: Path, hear: Hear) -> None:
        self._options = options
        self._folder = folder
        self._hear = hear
        self._running: dict[str, _Running] = {}  # by key
        self._session = uuid.uuid4().hex
        self._wayside = keys.wayside()

    def __enter__(self) -> _Queue:
        shutil.rmtree(self._folder / "jobs", ignore_errors=True)  # of somebody who was killed
        try:
            (self._folder / "jobs").mkdir(parents=True)
            write_whole(self._folder / SESSION, self._session)
        except OSError as error:
            raise disk_error(self._folder, error) from None
        self._executor = self._options.executor(self._folder / "jobs")
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            (self._folder / SESSION).unlink()
        for one in self._running.values():
            with contextlib.suppress(Exception):  # it ends by itself when it finds that nobody wants it
                one.job.cancel(check=False)
        if self._options.cluster == "local":
            for one in self._running.values():
                one.job.wait()
        shutil.rmtree(self._folder / "jobs", ignore_errors=True)
        with contextlib.suppress(OSError):
            self._folder.rmdir()

    def made(self, tasks: Iterator[Task], most: int) -> Iterator[Ended]:
        """What came of each, those first that an earlier session has left."""
        more = True
        while more or self._running:
            new: list[Task] = []
            while more and len(self._running) + len(new) < most:
                task = next(tasks, None)
                more = task is not None
                if task is not None and (self._folder / f"{task.key}.arrow").exists():
                    yield self._taken(task)
                elif task is not None:
                    new.append(task)
            self._submit([_Asked(task, 1) for task in new])
            if self._running:
                time.sleep(LOOK_EVERY)
            yield from self._looked()

    def _submit(self, asked: Sequence[_Asked]) -> None:
        """Put runs into the queue, as one array where there are several."""
        if not asked:
            return
        folder, session = str(self._folder), self._session
        try:
            with self._executor.batch() if len(asked) > 1 else contextlib.nullcontext():
                jobs = [
                    self._executor.submit(in_job, asdict(one.task), folder, session, tuple(self._wayside))
                    for one in asked
                ]
        except Exception as error:
            raise ExecutionError(f"--slurm: a run cannot be submitted: {_one_line(error)}") from None
        for one, job in zip(asked, jobs, strict=True):
            self._running[one.task.key] = _Running(one.task, job, one.tries)

    def _looked(self) -> Iterator[Ended]:
        """What has come of jobs meanwhile."""
        again: list[_Asked] = []
        for one in list(self._running.values()):
            left = self._folder / f"{one.task.key}.arrow"
            over = left.exists() or one.job.done()
            if not over:
                with contextlib.suppress(OSError, ValueError):
                    self._hear(one.task, float((self._folder / f"{one.task.key}.share").read_text()))
                continue
            del self._running[one.task.key]
            if left.exists():
                if self._options.cluster == "local":
                    one.job.wait()  # no process of ours is left behind
                yield self._taken(one.task)
            elif (ended := self._lost(one)) is not None:
                yield ended
            else:
                again.append(_Asked(one.task, one.tries + 1))
        self._submit(again)

    def _taken(self, task: Task) -> Ended:
        """What a job has left."""
        path = self._folder / f"{task.key}.arrow"
        (ended,) = from_arrow(path.read_bytes())
        for name in (f"{task.key}.share", path.name):
            (self._folder / name).unlink(missing_ok=True)
        return Ended(**{**vars(ended), "arm": task.arm, "replication": task.replication})

    def _lost(self, one: _Running) -> Ended | None:
        """What is to be said of a job that left nothing; None where it is to be tried again."""
        state = one.job.state
        said = ""
        with contextlib.suppress(Exception):  # it has no result
            said = one.job.result()
        if said:
            raise ExecutionError(f"--slurm: {one.task.arm}: a node {said}")
        if one.tries < TRIES and not state.startswith(HOPELESS):
            return None
        words = [line for line in (one.job.stderr() or "").splitlines() if line.strip()]
        last = f"; its last words: {words[-1].strip()[:LONGEST_LINE]}" if words else ""
        line = f"its job {one.job.job_id} left no result, in the state {state}{last}"
        return Ended(one.task.key, one.task.arm, one.task.replication, "died", line=line)


@dataclass(frozen=True)
class _Asked:
    """A run to be submitted."""

    task: Task
    tries: int  # this one among them


def in_job(task: dict[str, Any], folder: str, session: str, wayside: tuple[Any, ...]) -> str:
    """Make a run, in a job; why it cannot be made here, or nothing. What came of it is left in `folder`."""
    if other := keys.difference(keys.wayside(), keys.Wayside(*wayside)):
        return other
    known, place = Task(**task), Path(folder)
    wanted = _now_and_then(lambda: _session(place) == session)
    told = -ASK_EVERY

    def hear(share: float) -> None:
        nonlocal told
        if (now := time.monotonic()) - told >= ASK_EVERY:
            told = now
            with contextlib.suppress(OSError):
                (place / f"{known.key}.share").write_text(str(share))

    with tempfile.TemporaryDirectory(prefix="wayside-") as scratch, selectors.DefaultSelector() as selector:
        worker = processes.Worker(Path(scratch) / "run", selector)
        try:
            ended = processes.make(known, worker, selector, hear, wanted)
        finally:
            worker.end()
    if ended is not None:
        partial = place / f".{known.key}.{os.getpid()}"
        partial.write_bytes(to_arrow([ended]))
        partial.rename(place / f"{known.key}.arrow")
    return ""


def _session(folder: Path) -> str:
    try:
        return (folder / SESSION).read_text()
    except OSError:
        return ""


def _now_and_then(look: Callable[[], bool]) -> Callable[[], bool]:
    """A look every `ASK_EVERY` s, and what was seen last in between."""
    seen, at = True, -ASK_EVERY

    def looked() -> bool:
        nonlocal seen, at
        if (now := time.monotonic()) - at >= ASK_EVERY:
            seen, at = look(), now
        return seen

    return looked


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:LONGEST_LINE]
