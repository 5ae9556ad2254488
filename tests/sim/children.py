"""Work in a process of its own: libsumo allows one simulation per process."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

TIMING = "timing.json"  # what may differ between two runs of the same


def in_child(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """What a module's function returns, or raises, in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **named).result()


def wayside(
    *arguments: object, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the `wayside` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "wayside", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=240,
    )


def run(what: object, out: Path, *arguments: object) -> Path:
    """Run a scenario that must not fail; its results' directory."""
    done = wayside("run", what, "--out", out, *arguments)
    assert done.returncode == 0, done.stderr
    return out


def hashes(folder: Path, without: Collection[str] = (TIMING,)) -> dict[str, str]:
    """Each file's content, by name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in without
    }
