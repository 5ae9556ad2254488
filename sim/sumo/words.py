"""What SUMO says on its standard error: passed on when all is well, told in one line when it is not."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import IO

MOST_ERRORS = 3  # told in one line


class Words:
    """Catches what this process, and programs it starts meanwhile, write to standard error.

    SUMO writes there itself, below Python's sys.stderr, so the descriptor is exchanged.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - a started SUMO keeps writing to it
        self._passed = 0

    def __enter__(self) -> Words:
        sys.stderr.flush()
        self._saved = os.dup(2)
        os.dup2(self._file.fileno(), 2)
        return self

    def __exit__(self, *_: object) -> None:
        os.dup2(self._saved, 2)
        os.close(self._saved)

    def pass_on(self) -> None:
        """Write what has come since the last call to standard error."""
        text = self._read()[self._passed :]
        self._passed += len(text)
        sys.stderr.write(text)
        sys.stderr.flush()

    def errors(self, otherwise: str) -> str:
        """SUMO's errors on one line; its last line, or `otherwise`, where it named none."""
        told = [" ".join(part.split()) for part in f"\n{self._read()}".split("\nError: ")[1:]]
        told = [part.split(" Warning: ")[0].removesuffix(" Quitting (on error).") for part in told]
        if not told:  # sumo-gui without a display, for one, says so in its own way
            last = self._read().strip().rsplit("\n", 1)[-1]
            return " ".join((last or otherwise).split())
        more = f" (and {len(told) - MOST_ERRORS} more)" if len(told) > MOST_ERRORS else ""
        return " ".join(told[:MOST_ERRORS]) + more

    def _read(self) -> str:
        at = self._file.tell()
        self._file.seek(0)
        text = self._file.read().decode("utf-8", "replace")
        self._file.seek(at)
        return text
