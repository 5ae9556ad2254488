"""What SUMO says on its standard streams: passed on when all is well, told in one line when it is not.

Either way of the user's files, and not of those that stand for them where SUMO runs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from typing import IO

from wayside.ext import streams

MOST_ERRORS = 3  # told in one line


class Words:
    """Catches what a SUMO in this process, or one that it starts, says; `plainly` makes of it what the user is told.

    While it is entered, all that this process and programs started meanwhile write to standard error: SUMO's libraries
    write there themselves, below Python's sys.stderr, so the descriptor is exchanged.
    """

    def __init__(self, plainly: Callable[[str], str], in_process: bool) -> None:
        self._plainly = plainly
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - a started SUMO keeps writing to it
        self._taken = 0
        self._in_process = in_process
        self._unread = not in_process  # whether there may be more in the file
        self._open = False  # whether what is written to this process's standard error goes into the file
        if in_process:
            streams.keep()

    def __enter__(self) -> Words:
        sys.stderr.flush()
        self._unread = self._open = True
        self._saved = os.dup(2)
        os.dup2(self._file.fileno(), 2)
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        os.dup2(self._saved, 2)
        os.close(self._saved)

    def pass_on(self) -> None:
        """Write what has come since the last call to standard error, or output."""
        if text := self._take():
            sys.stderr.write(text)
            sys.stderr.flush()
        if self._in_process and (said := streams.take_output()):
            sys.stdout.write(self._plainly(said.decode("utf-8", "replace")))
            sys.stdout.flush()

    def errors(self, otherwise: str) -> str:
        """SUMO's errors since the last call on one line; its last line, or `otherwise`, where it named none."""
        said = self._take()
        told = [" ".join(part.split()) for part in f"\n{said}".split("\nError: ")[1:]]
        told = [part.split(" Warning: ")[0].removesuffix(" Quitting (on error).") for part in told]
        if not told:  # sumo-gui without a display, for one, says so in its own way; a SUMO in this process raises it
            last = "" if self._in_process and otherwise else said.strip().rsplit("\n", 1)[-1]
            return " ".join((last or self._plainly(otherwise)).split())
        more = f" (and {len(told) - MOST_ERRORS} more)" if len(told) > MOST_ERRORS else ""
        return " ".join(told[:MOST_ERRORS]) + more

    def end(self) -> None:
        """SUMO has ended: pass on its last words, and catch no more."""
        if self._in_process:
            streams.release()
        self.pass_on()
        self._unread = False
        self._file.close()

    def _take(self) -> str:
        """What SUMO's errors and warnings have been since the last call."""
        said = streams.take_errors() if self._in_process else b""
        if self._unread:
            self._unread = self._open or not self._in_process
            if (size := os.fstat(self._file.fileno()).st_size) > self._taken:
                said = os.pread(self._file.fileno(), size - self._taken, self._taken) + said
                self._taken = size
        return self._plainly(said.decode("utf-8", "replace")) if said else ""
