"""The directory a run leaves: written under a temporary name beside it, renamed when whole."""

import errno
import fcntl
import json
import os
import shutil
from pathlib import Path

from wayside.edge.errors import OutputError

SUMMARY = "summary.json"  # what makes a folder a run's
RUN_KEY = "wayside"  # in the summary: the version that ran
INTERRUPTED_KEY = "interrupted"  # in the summary: true where the run was broken off

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file has grown larger than allowed",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "a part of its path is a file",
    errno.EEXIST: "a part of its path is a file",
}


def disk_error(path: Path, error: OSError) -> OutputError:
    """What went wrong in writing `path`, as one line for the user."""
    reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
    return OutputError(f"{path}: cannot be written: {reason}")


class RunDirectory:
    """A run's directory in the making. One process owns it; a killed one leaves only the temporary folder."""

    def __init__(self, path: Path, out: Path, force: bool, lock: int) -> None:
        """Use `create`."""
        self.path = path  # where to write now
        self.out = out  # what it will be called
        self._force = force
        self._lock = lock  # of `path`, held as long as this run is alive

    @classmethod
    def create(cls, out: Path, force: bool = False) -> "RunDirectory":
        """A temporary folder `.NAME.partial-PID` beside `out`, which must be free, or with `force` a run's.

        Raises OutputError: `out` holds something, another process is writing it now, or it cannot be written.
        """
        real = Path(os.path.realpath(out))
        _check(real, out, force)
        try:
            real.parent.mkdir(parents=True, exist_ok=True)
            parent = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise disk_error(out, error) from None
        try:
            _try_lock(parent, wait=True)  # so that of two at the same moment one comes first
            for path in real.parent.glob(f".{_escape(real.name)}.partial-*"):
                if _is_alive(path):
                    raise OutputError(f"{out}: another run is writing it now, in {path}")
            path = _make_partial(real)
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            _try_lock(lock, wait=False)
        except OSError as error:
            raise disk_error(out, error) from None
        finally:
            os.close(parent)
        return cls(path, real, force, lock)

    def finish(self) -> Path:
        """Give the folder its name; with `force` the old run goes once the new one is in its place."""
        try:
            _check(self.out, self.out, self._force)
        except OutputError as error:  # someone put something there meanwhile
            raise OutputError(f"{error}; this run is kept in {self.path}") from None
        old = self.path.with_name(self.path.name.replace(".partial-", ".old-"))
        try:
            if self.out.exists() and any(self.out.iterdir()):
                self.out.rename(old)
            try:
                self.path.rename(self.out)
            except OSError:
                if old.exists():
                    old.rename(self.out)
                raise
        except OSError as error:
            raise OutputError(f"{disk_error(self.out, error)}; this run is kept in {self.path}") from None
        self._release()
        shutil.rmtree(old, ignore_errors=True)
        self.path = self.out
        return self.out

    def abandon(self) -> None:
        """Remove the temporary folder: nothing of value was recorded. After `finish` it does nothing."""
        if self.path != self.out:
            self._release()
            shutil.rmtree(self.path, ignore_errors=True)

    def _release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def check_no_run(out: Path) -> None:
    """OutputError where `out` holds a run: nothing else is written among its tables."""
    try:
        kind = _run_in(out)
    except OSError as error:
        raise disk_error(out, error) from None
    if kind is not None:
        raise OutputError(f"{out}: holds {kind} run; name another directory")


def _check(real: Path, shown: Path, force: bool) -> None:
    """Refuse an `out` that must not be lost."""
    try:
        if not os.path.lexists(real):
            return
        if not real.is_dir():
            raise OutputError(f"{shown}: is a file, not a directory")
        if os.path.ismount(real):
            raise OutputError(f"{shown}: is where a file system is mounted; name a folder in it")
        if not any(real.iterdir()):
            return
        kind = _run_in(real)
    except OSError as error:
        raise disk_error(shown, error) from None
    if kind is None:
        raise OutputError(f"{shown}: holds something that is not a wayside run; it is not replaced")
    if not force:
        raise OutputError(f"{shown}: holds {kind} run; name another directory, or replace it with --force")


def _run_in(folder: Path) -> str | None:
    """Which kind of run `folder` holds, None if none."""
    try:
        summary = json.loads((folder / SUMMARY).read_bytes())
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError, RecursionError):
        return None
    if not isinstance(summary, dict) or RUN_KEY not in summary:
        return None
    return "an interrupted" if summary.get(INTERRUPTED_KEY) else "a finished"


def _make_partial(out: Path) -> Path:
    """A new temporary folder for `out`. A dead process of the same id may have left one of the first name."""
    for number in range(1, 1000):
        path = out.with_name(f".{out.name}.partial-{os.getpid()}" + (f"-{number}" if number > 1 else ""))
        try:
            path.mkdir()
            return path
        except FileExistsError:
            continue
    raise OutputError(f"{out}: too many unfinished runs beside it: remove the folders .{out.name}.partial-*")


def _escape(name: str) -> str:
    """`name` with what glob would take for a pattern made plain."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _try_lock(descriptor: int, wait: bool) -> bool:
    """Lock an open folder; where the file system knows no locks, go on without."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF):
            raise
    return True


def _is_alive(partial: Path) -> bool:
    """Whether a process still writes the temporary folder: it holds its lock as long as it lives."""
    try:
        descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor, wait=False)
    finally:
        os.close(descriptor)
