"""Work in a process of its own: libsumo allows one simulation per process.

Such a process is a fork of one that has everything imported, as importing takes a second of processor time, and the
shortest runs a tenth of it. Forks of one process share the order of their sets and where memory lies: what compares
two runs byte by byte to find what depends on either asks for a `fresh` process, begun from nothing.
"""

import hashlib
import os
import re
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

TIMING = "timing.json"  # what may differ between two runs of the same
ORIGIN = "origin.json"  # and what names the file that a run came from
LONGEST = 240.0  # s, of a command

_FORKS, _FRESH = get_context("forkserver"), get_context("spawn")
_FORKS.set_forkserver_preload(["pytest", "hypothesis", "tests.sim.everything"])


def in_child(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """What a module's function returns, or raises, in a process of its own."""
    return _called(_FORKS, function, *arguments, **named)


def in_fresh_child(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """The same in a process begun from nothing."""
    return _called(_FRESH, function, *arguments, **named)


def _called(context: BaseContext, function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    with ProcessPoolExecutor(1, context, initializer=_take_environment, initargs=(dict(os.environ),)) as pool:
        return pool.submit(function, *arguments, **named).result()


def wayside(
    *arguments: object, cwd: Path | None = None, environment: Mapping[str, str] | None = None, fresh: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Run the `wayside` command to its end. What Python looks at when it starts needs a fresh process, but for
    PYTHONPATH: packages there are as if they had been found then.
    """
    said = [*map(str, arguments)]
    fresh = fresh or any(name.startswith("PYTHON") and name != "PYTHONPATH" for name in environment or ())
    environment = {**os.environ, **(environment or {})}
    if fresh:
        command = [sys.executable, "-m", "wayside", *said]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=LONGEST)
    return _in_fork(_wayside, said, cwd, environment)


def benchmark(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run `python -m benchmarks` to its end, from the root as a user has it."""
    return _in_fork(_benchmarks, [*map(str, arguments)], Path(__file__).parents[2], dict(os.environ))


def _in_fork(
    main: Callable[[], None], arguments: Sequence[str], cwd: Path | None, environment: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        files = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, error)]
        process = _FORKS.Process(target=_command, args=(main, arguments, cwd, environment, files))
        process.start()
        process.join(LONGEST)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, LONGEST)
        texts = [(file.seek(0), file.read().decode())[1] for file in (out, error)]
        return subprocess.CompletedProcess(arguments, process.exitcode, *texts)


def _command(
    main: Callable[[], None],
    arguments: Sequence[str],
    cwd: Path | None,
    environment: Mapping[str, str],
    files: Sequence[str],
) -> None:
    """As a command's own process; standard output and error go to `files`, below Python too."""
    from wayside.sim.scenario.registry import installed

    _take_environment(environment)
    if more := [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path not in ("", *sys.path)]:
        sys.path[:0] = more
        installed.cache_clear()
    os.chdir(cwd or Path.cwd())
    for descriptor, file in enumerate(files, 1):
        opened = os.open(file, os.O_WRONLY)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = ["wayside", *arguments]
    main()


def _wayside() -> None:
    """As `python -m wayside` does."""
    from wayside.web.cli import main

    main()


def _benchmarks() -> None:
    runpy.run_module("benchmarks", run_name="__main__", alter_sys=True)


def _take_environment(environment: Mapping[str, str]) -> None:
    """That of whoever asks, and not of the process that this one is a fork of."""
    os.environ.clear()
    os.environ.update(environment)


def words(stderr: str) -> list[str]:
    """The lines of the command's standard error, without those that tell every ten seconds how far a run is."""
    return [line for line in stderr.splitlines() if not re.fullmatch(r"\d+(?: of \S+)? s, \d+ vehicles", line)]


def run(what: object, out: Path, *arguments: object, fresh: bool = False) -> Path:
    """Run a scenario that must not fail; its results' directory."""
    done = wayside("run", what, "--out", out, *arguments, fresh=fresh)
    assert done.returncode == 0, done.stderr
    return out


def hashes(folder: Path, without: Collection[str] = (TIMING, ORIGIN)) -> dict[str, str]:
    """Each file's content, by name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in without
    }
