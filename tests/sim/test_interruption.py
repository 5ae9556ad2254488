"""Runs that are broken off: what they leave behind is readable and marked, or does not look finished."""

import contextlib
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

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wayside.edge.net.pcap import packets
from wayside.sim.disk.ballast import Ballast
from wayside.sim.results.tables import FLUSH_ROWS, TableWriter

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


def cpu_s(process: int) -> float:
    """What a process has taken of the processor, in all its threads."""
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def wait_until_it_runs(process: "subprocess.Popen[str]", folder: Path, seconds: float) -> None:
    """Until its tables are open, and so many more seconds of the processor, which take a while on a busy machine."""
    deadline = time.monotonic() + 120.0
    while time.monotonic() < deadline and process.poll() is None:
        found = partial(folder)
        if found is not None and (found / "vehicles.parquet").exists():
            begin = cpu_s(process.pid)
            while process.poll() is None and cpu_s(process.pid) < begin + seconds and time.monotonic() < deadline:
                time.sleep(0.05)
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
        wait_until_it_runs(process, tmp_path, 1.0)
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


def test_a_disk_that_sumo_fills(small_disk: Path) -> None:
    """Its own output is cut and named; ours is whole, and the capture can be read to its last frame."""
    wanted = ("sumo.options.fcd-output=fcd.xml", "sumo.step_length=0.1", "record.messages=all")
    options = [part for change in wanted for part in ("--set", change)]
    with started(small_disk, "crossing", "--until", 100, "--out", "run", "--pcap", *options) as process:
        _, said = process.communicate(timeout=240)
    check_full(process, said, "disk is full")
    check_marked(small_disk / "run")
    assert [path.name for path in small_disk.iterdir()] == ["run"]
    assert ".partial-" not in said + (small_disk / "run" / "summary.json").read_text()
    assert len(list(packets(small_disk / "run" / "v2x.pcap"))) > 1000


def test_a_table_without_room_makes_room_for_others(small_disk: Path) -> None:
    """Somebody else has filled the disk, and more rows are held than the ballast's room is for."""
    ballast = Ballast(small_disk)
    columns = [(name, pa.float64()) for name in "abcd"]
    large, small = (TableWriter(small_disk / f"{name}.parquet", ballast, columns) for name in ("large", "small"))
    random = np.random.default_rng(1)
    for writer, rows in ((large, FLUSH_ROWS - 1), (small, 9)):
        writer.append(*(random.uniform(size=rows) for _ in columns))
    with contextlib.suppress(OSError), (small_disk / "another's").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    ballast.release()
    with pytest.raises(OSError, match="No space left"):
        large.close()
    small.close()
    (small_disk / "summary.json").write_bytes(bytes(10_000))
    assert sorted(path.name for path in small_disk.iterdir()) == ["another's", "small.parquet", "summary.json"]
    assert pq.read_table(small_disk / "small.parquet").num_rows == 9


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
