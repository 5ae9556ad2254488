"""A study's directory: what it is, and every run that is done, kept as it ends.

`runs.jsonl` is only ever added to, a line for each run, by its key: a process that is killed leaves at most a broken
last line. The tables are made of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from wayside.edge.errors import OutputError
from wayside.sim.disk.rundir import disk_error
from wayside.sim.disk.whole import write_whole
from wayside.sim.experiments.runs import Ended
from wayside.sim.experiments.shards import SHARD, WHOLE, Mark, Shard
from wayside.sim.experiments.study import Design, StudyError, arm_names, read
from wayside.sim.scenario import explain

STUDY, JOURNAL, KEPT, SCRATCH = "study.toml", "runs.jsonl", "kept", ".scratch"
SCENARIO = "scenario.toml"  # of a study whose scenario stands in no file


class Store:
    """The directory, held by one process."""

    def __init__(self, path: Path, journal: int) -> None:
        """Use `opened`."""
        self.path = path
        self._journal = journal
        self.done: dict[str, Ended] = {}
        self._before: set[tuple[str, int]] = set()
        self._load()

    @property
    def scratch(self) -> Path:
        """A folder for what is needed while runs are made."""
        return self.path / SCRATCH

    def outdated(self, keys: dict[tuple[str, int], str]) -> int:
        """How many of these runs, by arm and replication, are there only as they were with other inputs or code."""
        return sum(run in self._before and key not in self.done for run, key in keys.items())

    def add(self, ended: Ended) -> None:
        """Keep what came of a run."""
        data = json.dumps(asdict(ended), allow_nan=False).encode() + b"\n"
        try:
            os.write(self._journal, data)
            os.fsync(self._journal)
        except OSError as error:
            raise disk_error(self.path / JOURNAL, error) from None
        self.done[ended.key] = ended

    def write(self, name: str, data: bytes | str) -> Path:
        """Replace a file of the directory."""
        path = self.path / name
        try:
            write_whole(path, data)
        except OSError as error:
            raise disk_error(path, error) from None
        return path

    def _load(self) -> None:
        data = (self.path / JOURNAL).read_bytes()
        for ended in read_journal(data):
            self.done[ended.key] = ended
            self._before.add((ended.arm, ended.replication))
        if data and not data.endswith(b"\n"):
            os.write(self._journal, b"\n")


def read_journal(data: bytes) -> Iterator[Ended]:
    """The runs in a journal, in the order in which they ended; lines that are broken off are left out."""
    for line in data.splitlines():
        try:
            yield Ended.of(json.loads(line))
        except (ValueError, TypeError, KeyError):
            continue


@contextmanager
def opened(path: Path, design: Design, shard: Shard = WHOLE) -> Iterator[Store]:
    """A study's directory, made where there is none; nobody else has it meanwhile.

    OutputError where it holds something else, or another process is at it; StudyError where it holds another study, or
    another share of it. The same study may have grown: more replications, other figures, further arms.
    """
    with contextlib.ExitStack() as stack:
        try:
            path.mkdir(parents=True, exist_ok=True)
            stack.callback(os.close, lock := os.open(path, os.O_RDONLY | os.O_DIRECTORY))
            if not locked(lock):
                raise OutputError(f"{path}: another `wayside compare` is at it now")
            _check(path, design, shard)
            if shard != WHOLE:
                write_whole(path / SHARD, Mark.of(shard).to_json())
            write_whole(path / STUDY, design.study.to_toml())
            stack.callback(os.close, journal := os.open(path / JOURNAL, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644))
            store = Store(path, journal)
        except OSError as error:
            raise disk_error(path, error) from None
        try:
            yield store
        except BaseException:
            with contextlib.suppress(OSError):  # what an executor leaves there it wants to find again
                store.scratch.rmdir()
            raise
        shutil.rmtree(store.scratch, ignore_errors=True)


def locked(folder: int) -> bool:
    """Whether an open folder is ours now; where the file system knows no locks, it is."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _check(path: Path, design: Design, shard: Shard) -> None:
    """Refuse a directory that is not this study's, or holds another share of it."""
    if not (path / STUDY).exists():
        if any(not one.name.startswith(".") and one.name not in (SCENARIO, SHARD) for one in path.iterdir()):
            raise OutputError(f"{path}: holds something that is not a study; name another directory")
        return
    before, now = read(path / STUDY), design.study
    alike = ["scenario", "set", "seed", "skip", "over", *(["design"] if now.over else [])]
    if now.over and not (now.design == "sobol" and now.points >= before.points):
        alike.append("points")  # a longer Sobol sequence begins with the same points
    for field in alike:
        was, is_ = getattr(before, field), getattr(now, field)
        if was != is_:
            other = f"its {field} is {explain.shown(was)}, not {explain.shown(is_)}"
            raise StudyError(f"{path}: holds another study: {other}; name another directory")
    names = [arm.name for arm in design.arms]
    if lost := [name for name in arm_names(before) if name not in names and not now.over]:
        raise StudyError(f"{path}: holds another study: it has the arm {lost[0]}; keep it, or name another directory")
    mark = Mark.read(path)
    there = WHOLE if mark is None else mark.shard
    if there != shard:
        holds = "the whole study, no shard of it" if there == WHOLE else f"shard {there}"
        wanted = "all of it" if shard == WHOLE else f"shard {shard}"
        raise StudyError(f"{path}: holds {holds}, and {wanted} is asked for; name another directory")
