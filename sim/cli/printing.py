"""Tables for people: as wide as a terminal is, and whole where they go into a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

WHOLE = 10_000  # characters, wider than any table


def console() -> Console:
    """A console on stdout. Into a file or a pipe it breaks no line and shortens no number."""
    from rich.console import Console  # it takes long to import

    return Console(highlight=False, width=None if sys.stdout.isatty() else WHOLE)
