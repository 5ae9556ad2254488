"""Runs that are broken off: what they leave behind is readable and marked, or does not look finished."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

TABLES = {"vehicles", "messages", "rsu", "parking", "charging"}


@contextmanager
def started(folder: Path, *arguments: object, file_size: int | None = None) -> Iterator["subprocess.Popen[str]"]:
    """The command in a process group of its own, some way into its run."""

    def limit() -> None:
        if file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

    command = [sys.executable, "-m", "wayside", "run", *map(str, arguments)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=limit,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def partial(folder: Path) -> Path | None:
    return next((path for path in folder.iterdir() if ".partial-" in path.name), None)


def wait_until_it_runs(process: "subprocess.Popen[str]", folder: Path, seconds: float) -> None:
    """Until its tables are open, and a while longer."""
    deadline = time.monotonic() + 120.0
    while time.monotonic() < deadline and process.poll() is None:
        found = partial(folder)
        if found is not None and (found / "vehicles.parquet").exists():
            time.sleep(seconds)
            return
        time.sleep(0.05)
    pytest.fail(f"it did not begin: {process.stderr.read() if process.stderr else ''}")


def check_marked(out: Path) -> None:
    summary = json.loads((out / "summary.json").read_text())
    assert summary["interrupted"] is True
    assert summary["reason"]
    assert {path.stem for path in out.glob("*.parquet")} >= TABLES
    for path in out.glob("*.parquet"):
        pq.read_table(path)
    assert pq.read_metadata(out / "vehicles.parquet").num_rows == summary["kpis"]["vehicles.departed"] > 0
    assert summary["end_s"] > 0.0


@pytest.mark.parametrize(
    "options",
    [(), ("--set", "scenario.pipeline=overlapped"), ("--backend", "traci")],
    ids=["lockstep", "overlapped", "traci"],
)
@pytest.mark.parametrize("whole_group", [False, True])
def test_ctrl_c(tmp_path: Path, options: tuple[str, ...], whole_group: bool) -> None:
    """Sent to the process, or as a terminal does: to all processes of the group, SUMO's own among them."""
    with started(tmp_path, "lingang", "--out", "run", *options) as process:
        wait_until_it_runs(process, tmp_path, 1.0)
        begin = time.monotonic()
        os.killpg(process.pid, signal.SIGINT) if whole_group else process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        took = time.monotonic() - begin
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert [line for line in said.splitlines() if line.startswith("wayside:")] == [
        "wayside: interrupted; what there is, is in run"
    ]
    check_marked(tmp_path / "run")
    assert partial(tmp_path) is None
    assert took < 30.0  # the aim is 2 s on a machine that has nothing else to do; this only tells ended from hung


def test_ctrl_c_before_anything_is_there(tmp_path: Path) -> None:
    with started(tmp_path, "lingang", "--out", "run") as process:
        deadline = time.monotonic() + 60.0
        while partial(tmp_path) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] in ([], ["run"])
    if not (tmp_path / "run").exists():
        assert "is in run" not in said  # nothing is there to be found


@pytest.mark.parametrize("what", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_does_not_look_finished(tmp_path: Path, what: signal.Signals) -> None:
    with started(tmp_path, "lingang", "--out", "run") as process:
        wait_until_it_runs(process, tmp_path, 0.5)
        process.send_signal(what)
        process.communicate(timeout=60)
    assert process.returncode != 0
    force: tuple[str, ...] = ()
    if what == signal.SIGTERM:  # it was asked to end, and did so in good order
        check_marked(tmp_path / "run")
        force = ("--force",)
    else:
        assert not (tmp_path / "run").exists()
        left = partial(tmp_path)
        assert left is not None
        assert not (left / "summary.json").exists()
    with started(tmp_path, "crossing", "--until", 5, "--out", "run", *force) as process:  # its name is free again
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["interrupted"] is False


def check_full(process: "subprocess.Popen[str]", said: str, reason: str) -> None:
    lines = [line for line in said.splitlines() if line.startswith("wayside:")]
    assert process.returncode == 2, said
    assert "Traceback" not in said
    assert len(lines) == 1, said
    assert reason in lines[0]


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    what = ("crossing", "--until", 600, "--out", "run", "--set", "record.messages=all")
    with started(tmp_path, *what, file_size=200_000) as process:
        _, said = process.communicate(timeout=120)
    check_full(process, said, "larger than allowed")
    assert not (tmp_path / "run").exists() or 'interrupted": true' in (tmp_path / "run" / "summary.json").read_text()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(path)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("cannot mount a file system here")
    try:
        yield path
    finally:
        subprocess.run(["umount", str(path)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    """What was recorded so far is readable, and says that it is not all."""
    what = (
        "lingang",
        "--until",
        600,
        "--out",
        "run",
        "--set",
        "record.messages=all",
        "--set",
        "record.trajectories=0.1",
    )
    with started(small_disk, *what) as process:
        _, said = process.communicate(timeout=240)
    check_full(process, said, "the disk is full")
    found = next(path for path in small_disk.iterdir())
    summary = found / "summary.json"
    assert summary.exists(), "what was recorded has no summary"
    check_marked(found)


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody may write, root neither: for root it is a file system mounted so."""
    path = tmp_path / "closed"
    path.mkdir(mode=0o555)
    root = os.geteuid() == 0
    if root:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(path)], check=True)
    try:
        yield path
    finally:
        if root:
            subprocess.run(["umount", str(path)], check=True)


def test_an_unwritable_directory(closed: Path) -> None:
    with started(closed.parent, "crossing", "--until", 5, "--out", "closed/run") as process:
        _, said = process.communicate(timeout=60)
    check_full(process, said, "the file system is read-only" if os.geteuid() == 0 else "permission denied")


def test_a_directory_of_the_kernels(tmp_path: Path) -> None:
    """As root, too, /proc cannot be written."""
    with started(tmp_path, "crossing", "--until", 5, "--out", "/proc/run") as process:
        _, said = process.communicate(timeout=60)
    check_full(process, said, "/proc/run: cannot be written")
