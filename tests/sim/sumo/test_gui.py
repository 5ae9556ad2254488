"""SUMO's own window, on a display that nobody looks at."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def display() -> Iterator[str]:
    """An X server without a screen."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(writing)
        with os.fdopen(reading) as numbers:
            yield f":{numbers.readline().strip()}"
        server.terminate()


def run(folder: Path, name: str, *more: str, **environment: str) -> dict[str, bytes]:
    """The files of a run but for its timing."""
    command = [sys.executable, "-m", "wayside", "run", "crossing", "--until", "30", "--out", name, *more]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    files = sorted(path for path in (folder / name).rglob("*") if path.is_file() and path.name != "timing.json")
    return {str(path.relative_to(folder / name)): path.read_bytes() for path in files}


def test_the_window_shows_the_same_run(tmp_path: Path, display: str) -> None:
    assert run(tmp_path, "seen", "--gui", DISPLAY=display) == run(tmp_path, "unseen")


def test_without_a_display(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wayside", "run", "crossing", "--until", "5", "--gui"]
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("wayside: SUMO refused the scenario: ")
    assert "display" in done.stderr
    assert done.stderr.count("\n") == 1
