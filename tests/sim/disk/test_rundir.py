"""A run's directory: whole or not there, and never at the cost of anything else."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wayside.edge.errors import OutputError
from wayside.sim.disk.rundir import INTERRUPTED_KEY, RUN_KEY, SUMMARY, RunDirectory, disk_error


def record(run: RunDirectory, text: str = "new", **more: object) -> Path:
    (run.path / SUMMARY).write_text(json.dumps({RUN_KEY: "0.1.0", **more}))
    (run.path / "text").write_text(text)
    return run.finish()


def refused(out: Path, force: bool = False) -> str:
    with pytest.raises(OutputError) as caught:
        RunDirectory.create(out, force)
    return str(caught.value)


def test_a_run_gets_its_name_when_whole(tmp_path: Path) -> None:
    out = tmp_path / "not" / "yet" / "run"
    run = RunDirectory.create(out)
    assert run.path.parent == out.parent
    assert run.path.name == f".run.partial-{os.getpid()}"
    assert not out.exists()
    assert record(run) == out
    assert sorted(path.name for path in out.parent.iterdir()) == ["run"]
    assert (out / "text").read_text() == "new"
    run.abandon()  # too late: nothing happens
    assert out.exists()


def test_an_abandoned_run_leaves_nothing(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path / "run")
    (run.path / "deep").mkdir()
    run.abandon()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_directory_is_free(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    record(RunDirectory.create(out))
    assert (out / "text").exists()


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "run"
    record(RunDirectory.create(out), "old")
    assert refused(out) == f"{out}: holds a finished run; name another directory, or replace it with --force"
    run = RunDirectory.create(out, force=True)
    assert (out / "text").read_text() == "old"  # until the new one is whole
    record(run, "new", **{INTERRUPTED_KEY: True})
    assert (out / "text").read_text() == "new"
    assert refused(out) == f"{out}: holds an interrupted run; name another directory, or replace it with --force"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("content", [None, "{}", "[]", "not JSON", '{"version": 1}'])
@pytest.mark.parametrize("force", [False, True])
def test_a_folder_that_is_no_run_is_never_replaced(tmp_path: Path, content: str | None, force: bool) -> None:
    out = tmp_path / "home"
    out.mkdir()
    (out / "thesis.tex").write_text("years")
    if content is not None:
        (out / SUMMARY).write_text(content)
    assert refused(out, force) == f"{out}: holds something that is not a wayside run; it is not replaced"
    assert (out / "thesis.tex").read_text() == "years"


@pytest.mark.parametrize("force", [False, True])
def test_a_file_is_not_a_directory(tmp_path: Path, force: bool) -> None:
    (tmp_path / "run").write_text("")
    assert refused(tmp_path / "run", force) == f"{tmp_path}/run: is a file, not a directory"
    below = tmp_path / "run" / "below"
    assert refused(below, force) == f"{below}: cannot be written: a part of its path is a file"


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    assert refused(Path("/proc/wayside/run")).startswith("/proc/wayside/run: cannot be written: ")


def test_a_link_leads_to_the_run(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "run")
    record(RunDirectory.create(tmp_path / "out"))
    assert (tmp_path / "disk" / "run" / "text").exists()
    assert (tmp_path / "out").is_symlink()
    record(RunDirectory.create(tmp_path / "out", force=True))


@pytest.mark.parametrize("name", ["run", "odd [a]* name?"])
def test_one_run_at_a_time(tmp_path: Path, name: str) -> None:
    first = RunDirectory.create(tmp_path / name)
    RunDirectory.create(tmp_path / f"{name}.partial-x").abandon()  # another name
    assert refused(tmp_path / name) == f"{tmp_path / name}: another run is writing it now, in {first.path}"
    record(first)
    record(RunDirectory.create(tmp_path / name, force=True))


CHILD = """
import sys, time
from pathlib import Path
from wayside.sim.disk.rundir import RunDirectory
run = RunDirectory.create(Path(sys.argv[1]))
(run.path / "half").write_text("")
print(run.path, flush=True)
time.sleep(60)
"""


def test_a_killed_run_leaves_only_its_temporary_folder(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", CHILD, str(out)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        partial = Path(child.stdout.readline().strip())
        assert refused(out) == f"{out}: another run is writing it now, in {partial}"
        child.send_signal(signal.SIGKILL)
    assert [path.name for path in tmp_path.iterdir()] == [f".run.partial-{child.pid}"]
    record(RunDirectory.create(out))  # the dead one is not in the way
    assert (partial / "half").exists()


def test_a_dead_run_of_the_same_process_id_is_not_written_into(tmp_path: Path) -> None:
    stale = tmp_path / f".run.partial-{os.getpid()}"
    stale.mkdir()
    (stale / SUMMARY).write_text(json.dumps({RUN_KEY: "0.1.0"}))
    run = RunDirectory.create(tmp_path / "run")
    assert run.path != stale
    record(run)
    assert [path.name for path in stale.iterdir()] == [SUMMARY]


def test_of_many_at_the_same_moment_one_writes(tmp_path: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "run")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    lines = [child.stdout.readline() for child in children if child.stdout]
    for child in children:
        child.kill()
        child.communicate()
    assert sum(line != "" for line in lines) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_name_taken_meanwhile_loses_neither(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path / "run")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "theirs").write_text("")
    with pytest.raises(OutputError) as caught:
        run.finish()
    assert str(caught.value).endswith(f"it is not replaced; this run is kept in {run.path}")
    assert run.path.exists()
    assert (tmp_path / "run" / "theirs").exists()
    run.abandon()


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EFBIG, "the file has grown larger than allowed"),
        (errno.EACCES, "permission denied"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_disk_errors_are_one_line(number: int, reason: str) -> None:
    error = disk_error(Path("run/a.parquet"), OSError(number, os.strerror(number)))
    assert str(error) == f"run/a.parquet: cannot be written: {reason}"
