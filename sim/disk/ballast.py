"""Room held back on the disk, so that files can still be ended where it has run full."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

_BYTES = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Ballast:
    """A file of a megabyte that is given up when the disk is full. OSError where there is no room even for it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".ballast"
        self._path.write_bytes(os.urandom(_BYTES))

    def release(self) -> bool:
        """Give the room up; whether there was any left to give."""
        held = self._path.exists()
        self._path.unlink(missing_ok=True)
        return held


class Sink(io.FileIO):
    """A file that is written whole even where the disk runs full meanwhile, if the ballast is enough for it."""

    def __init__(self, path: Path, ballast: Ballast) -> None:
        super().__init__(path, "wb")
        self._ballast = ballast
        self.full: OSError | None = None  # what happened; the caller tells when it is done with its piece

    def write(self, data: object) -> int:
        """Write all of it. OSError where even the ballast's room does not do."""
        rest = memoryview(data).cast("B")  # type: ignore[arg-type]
        size = len(rest)
        while len(rest):
            try:
                rest = rest[super().write(rest) :]
            except OSError as error:
                if error.errno not in _FULL or not self._ballast.release():
                    raise
                self.full = error
        return size
