"""Shares of a study, made apart, put together: the same tables and report as of one that was made in one place."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wayside.sim.disk.rundir import disk_error
from wayside.sim.experiments.compare import write_all
from wayside.sim.experiments.comparing import Runner, Watch
from wayside.sim.experiments.execution import Executor, nobody
from wayside.sim.experiments.findings import Findings
from wayside.sim.experiments.keys import Keys
from wayside.sim.experiments.runs import Ended
from wayside.sim.experiments.shards import Mark, Shard
from wayside.sim.experiments.store import JOURNAL, KEPT, STUDY, Store, locked, opened, read_journal
from wayside.sim.experiments.study import Design, Study, StudyError, read
from wayside.sim.scenario import explain

SHOWN = 8  # numbers of shards in a line
_RUNS: Executor = nobody  # all are there


@dataclass(frozen=True)
class Share:
    """A directory that holds a share."""

    folder: Path
    mark: Mark
    study: Study
    done: dict[str, Ended]  # by key


def merge(folders: Sequence[Path], out: Path, watch: Watch, study: Path | None = None) -> Findings:
    """Put shares together in `out`, which becomes the directory of the whole study, with its tables and its report.

    study: its file, where the shares do not know where its scenario lies here. WaysideError and its children, one line
    each: where a share is missing, twice, not finished, of another study, or was made with another version or other
    inputs. Nothing is written then.
    """
    if not folders:
        raise StudyError("compare: --merge: name the directories of all shards")
    with contextlib.ExitStack() as stack:
        shares = [stack.enter_context(_opened(folder)) for folder in folders]
        _check_numbers(shares)
        said = read(study) if study is not None else shares[0].study
        for share in shares:
            _check_study(share, said, shares[0].folder if study is None else study)
            if other := share.mark.other():
                raise StudyError(f"{share.folder}: shard {share.mark.shard} {other}")
        design = Design(said, study or shares[0].folder / STUDY)
        runs = list(_runs(design, shares))
        if any(out.resolve() == folder.resolve() for folder in folders):
            raise StudyError(f"{out}: is a shard itself; name another directory with --out")
        there = read(out / STUDY).replications if (out / STUDY).is_file() else 0
        if there > said.replications:
            has = f"holds a study of {there} replications, the shards have {said.replications}"
            raise StudyError(f"{out}: {has}; name another directory with --out")
        with opened(out, design) as store:
            for share, ended in runs:
                _take(share, ended, store)
            findings = Runner(design, store, 1, _RUNS, watch).run(retry=False, whole=True)
            write_all(findings, store, out)
    return findings


@contextmanager
def _opened(folder: Path) -> Iterator[Share]:
    """A share; nobody works at it meanwhile."""
    if not (folder / STUDY).is_file():
        raise StudyError(f"{folder}: is no directory that `wayside compare --shard` has left")
    mark = Mark.read(folder)
    if mark is None:
        raise StudyError(f"{folder}: holds a whole study, no shard")
    with contextlib.ExitStack() as stack:
        try:
            stack.callback(os.close, lock := os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
            if not locked(lock):
                raise StudyError(f"{folder}: another `wayside compare` is at it now, or it is named twice")
            done = {ended.key: ended for ended in read_journal((folder / JOURNAL).read_bytes())}
        except OSError as error:
            raise StudyError(f"{folder}: cannot be read: {error.strerror}") from None
        yield Share(folder, mark, read(folder / STUDY), done)


def _check_numbers(shares: Sequence[Share]) -> None:
    """Each number once, of the same count."""
    of = shares[0].mark.shard.of
    found: dict[int, Share] = {}
    for share in shares:
        shard = share.mark.shard
        if shard.of != of:
            raise StudyError(f"{share.folder}: is shard {shard}, but {shares[0].folder} is {shares[0].mark.shard}")
        if shard.number in found:
            raise StudyError(f"{share.folder}: is shard {shard}, and so is {found[shard.number].folder}")
        found[shard.number] = share
    if missing := [str(Shard(number, of)) for number in range(1, of + 1) if number not in found]:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        which = "shard" if len(missing) == 1 else "shards"
        raise StudyError(f"compare: --merge: {which} {', '.join(missing[:SHOWN])}{more} missing")


def _check_study(share: Share, study: Study, named: Path) -> None:
    """StudyError where a share is of another study. Where its scenario lies, may differ: keys tell the rest."""
    for field in Study.model_fields:
        was, is_ = getattr(share.study, field), getattr(study, field)
        if field == "engine" or (field == "scenario" and Path(was).is_absolute() and Path(is_).is_absolute()):
            continue
        if was != is_:
            other = f"its {field} is {explain.shown(was)}, but {explain.shown(is_)} in {named}"
            raise StudyError(f"{share.folder}: is a shard of another study: {other}")


def _runs(design: Design, shares: Sequence[Share]) -> Iterator[tuple[Share, Ended]]:
    """Every run of a study, and which share has it, in the order in which one machine would begin them."""
    keys = Keys()
    for share in shares:
        expected = {
            (arm.name, number): keys.of(arm.replication(number))
            for number in share.mark.shard.among(design.study.replications)
            for arm in design.arms
        }
        lost = [run for run, key in expected.items() if key not in share.done]
        if lost and {(ended.arm, ended.replication) for ended in share.done.values()}.issuperset(lost):
            what = "its runs were made with other inputs or options than are here"
            raise StudyError(f"{share.folder}: shard {share.mark.shard}: {what}")
        if lost:
            count = f"{len(lost)} of its {len(expected)} runs {'is' if len(lost) == 1 else 'are'} missing"
            raise StudyError(
                f"{share.folder}: shard {share.mark.shard} is not finished: {count}; the command that began it goes on"
            )
        for key in expected.values():
            yield share, share.done[key]


def _take(share: Share, ended: Ended, store: Store) -> None:
    """Keep what came of a run, and its own directory where it has one."""
    kept, to = share.folder / KEPT / ended.key, store.path / KEPT / ended.key
    if kept.is_dir() and not to.exists():
        partial = to.with_name(f".{to.name}.partial")
        try:
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(kept, partial)
            partial.rename(to)
        except OSError as error:
            raise disk_error(to, error) from None
    if ended.key not in store.done:
        store.add(ended)
