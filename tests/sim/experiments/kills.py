"""Killing at random moments, and what tests that kill need: who has started whom, who is gone, and patience.

python -m tests.sim.experiments.kills 50 [--cluster|--slurm] kills `wayside compare`, or a process that it has started,
or a worker of a Dask cluster, 50 times; studies of the crossing must end as those that nobody disturbs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wayside.sim.experiments.execution import TRIES

LONG = 120.0  # s
TABLES = ("results.parquet", "runs.parquet")
_STUDY = ("crossing", "--vary", "v2x.penetration=0.2,1", "--until", "15", "--figures", "vehicles.mean_speed_m_s")


def descendants(parent: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    found: list[int] = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *descendants(child)]
    return found


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_for(what: Callable[[], bool]) -> None:
    """Until it is so."""
    until = time.monotonic() + LONG
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


def disturbed(
    command: Sequence[str],
    out: Path,
    kills: int,
    chance: random.Random,
    mean: float,
    others: Callable[[], list[int]] = list,
) -> Counter[str]:
    """Who was killed how often while a command made a study in `out`, begun again until it was done.

    mean: s between two kills. others: who may be killed besides. No run is killed so often that it is given up. Fails
    where something outlives a command, or a run that was done is made again.
    """
    killed: Counter[str] = Counter()
    journal = out / "runs.jsonl"
    before = b""
    while True:
        spared = TRIES - 1  # children that are killed before it is itself
        started: set[int] = set()
        with (
            tempfile.TemporaryFile("w+") as words,
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=words) as process,
        ):
            while killed.total() < kills and process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(chance.expovariate(1.0 / mean))
                    break
                children = descendants(process.pid)
                started |= {*children}
                kind, pids = chance.choice([("compare", [process.pid]), ("child", children), ("worker", others())])
                if pids and (kind == "compare" or spared > 0):
                    spared -= kind != "compare"
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(chance.choice(pids), signal.SIGKILL)
                        killed[kind] += 1
            process.wait(LONG)
            words.seek(0)
            said = words.read()
        wait_for(lambda started=started: all(map(gone, started)))  # type: ignore[misc]
        data = journal.read_bytes() if journal.exists() else b""
        assert data.startswith(before)
        before = data
        if process.returncode >= 0:
            assert process.returncode == 0, said
            done = [json.loads(line)["key"] for line in data.splitlines() if line.endswith(b"}")]
            assert len(done) == len({*done})
            return killed


@contextlib.contextmanager
def dask(folder: Path, *options: str) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler's address, and the processes of two workers with one thread each and of the scheduler itself.

    They know nobody's files.
    """
    with contextlib.ExitStack() as stack:

        def begun(where: str, *arguments: str) -> subprocess.Popen[bytes]:
            (folder / where).mkdir(parents=True)
            command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
            process = subprocess.Popen(
                command,
                cwd=folder / where,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            stack.callback(process.wait)
            stack.callback(lambda: [process.kill(), *_killed(descendants(process.pid))])
            return process

        said = folder / "scheduler.json"
        scheduler = begun("scheduler", "scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(said))
        wait_for(lambda: said.exists() and bool(said.read_text().strip()))
        address = json.loads(said.read_text())["address"]
        one = ("worker", address, "--nthreads", "1", *options, "--local-directory")
        yield address, [*(begun(name, *one, str(folder / name)) for name in ("one", "two")), scheduler]


def _killed(pids: list[int]) -> list[int]:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return pids


def main() -> None:
    """Kill so often, and say what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kills", type=int)
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--slurm", action="store_true")
    parser.add_argument("--mean", type=float, default=3.0, help="s between two kills")
    parser.add_argument("--replications", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    study = [sys.executable, "-m", "wayside", "compare", *_STUDY, "--replications", str(options.replications)]
    killed: Counter[str] = Counter()
    studies = 0
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        whole, more, workers = Path(folder) / "whole", [], list[subprocess.Popen[bytes]]()
        if options.cluster:
            address, (*workers, _) = stack.enter_context(dask(Path(folder) / "dask"))
            more = ["--cluster", address]
        if options.slurm:
            more = ["--slurm", "--slurm-option", "cluster=local"]
        subprocess.run([*study, "--out", str(whole)], check=True, stdout=subprocess.DEVNULL)

        def others() -> list[int]:
            """Workers; their nannies, who start them again, live."""
            children = [pid for nanny in workers for pid in descendants(nanny.pid)]
            return [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

        while killed.total() < options.kills:
            out = Path(folder) / f"study-{studies}"
            command = [*study, *more, "--out", str(out), "--jobs", "2"]
            killed += disturbed(command, out, options.kills - killed.total(), chance, options.mean, others)
            studies += 1
            assert all((out / name).read_bytes() == (whole / name).read_bytes() for name in TABLES)
            print(
                f"{killed.total()} kills in {studies} studies: {dict(killed)}; the same tables, nothing twice",
                flush=True,
            )


if __name__ == "__main__":
    main()
