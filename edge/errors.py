"""What a user is told, in one line, instead of a traceback."""

import difflib
import inspect
import re
import traceback
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType

BESIDE = "wayside_beside_"  # how the packages begin that stand for the folders of scenarios (sim/scenario/beside.py)


class WaysideError(Exception):
    """A mistake or a mishap that the user can act on; its text is one complete line."""


class ScenarioError(WaysideError):
    """The scenario is wrong: names the file, the field's whole path, the value seen and what is allowed."""


class OptionError(ScenarioError):
    """An application finds one of its options wrong, as only the net or its unit can tell: names the option, the value
    seen and what is allowed. The file and the row are put before it where it is installed.
    """


class SumoError(WaysideError):
    """SUMO refused or broke off; carries SUMO's own words."""


class OutputError(WaysideError):
    """The run's directory cannot be written, or holds something that must not be lost."""


class PluginError(WaysideError):
    """An application or a policy broke off or answered nonsense; names it, and where in its code."""


class CommitError(PluginError):
    """What somebody's code decided between two steps, or in an application, is no decision; nothing of it is entered.

    Whose code it was is for those to say who called it.
    """


class ApplicationError(PluginError):
    """An application broke off at a unit; only it is to blame."""


class EncodeError(WaysideError):
    """A message that its standard cannot express: names the field's whole path, the value and what is allowed."""


class DecodeError(WaysideError):
    """Octets that are no such message: names where in it, and what is wrong."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def meant(name: str, known: Iterable[str]) -> str:
    """The same as a question to be put behind a message; empty where no name is near."""
    guess = nearest(name, known)
    return f'; did you mean "{guess}"?' if guess else ""


_OURS = str(Path(__file__).parent.parent)

# What somebody's code may raise: an application that asks the interpreter to end does not end the run without a word.
BREAKS = (Exception, SystemExit)


class code_of:  # noqa: N801 - read as a verb: with code_of(...)
    """Within this block somebody's code runs: PluginError, one line that begins with `what`, for whatever it raises.

    clock: tells the time of the simulation [s], which is said then. The cause stays attached. What is told in one line
    already is let through. One may be entered again and again.
    """

    __slots__ = ("clock", "what")

    def __init__(self, what: str, clock: Callable[[], float] | None = None) -> None:
        self.what = what
        self.clock = clock

    def __enter__(self) -> None:
        """Nothing is done until something is raised."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            interrupted_in(error, self._whose())
        if isinstance(error, BREAKS) and not is_told(error):
            raise PluginError(f"{self._whose()}: {told_by(error)}") from error

    def _whose(self) -> str:
        return self.what + ("" if self.clock is None else f" at {self.clock():g} s")


def interrupted_in(error: KeyboardInterrupt, whose: str) -> None:
    """Note whose code an interruption came from: it may have been asked for by whoever runs this, or raised there."""
    if not getattr(error, "__notes__", None):
        error.add_note(f"in {whose}: {told_by(error)}")


def is_told(error: BaseException) -> bool:
    """Whether an exception is one line already that says whose fault it is."""
    return isinstance(error, WaysideError) and not isinstance(error, CommitError)


def place_of(code: object, method: str = "__call__") -> str:
    """` (file:line)` where somebody's code begins: a function, or a method of an object or a class. Empty for code of
    ours, and where Python cannot tell.
    """
    while isinstance(code, partial):  # with its options
        code = code.func
    found = code if hasattr(code, "__code__") else getattr(code, method, None)
    begins = getattr(inspect.unwrap(found), "__code__", None) if callable(found) else None
    if begins is None or begins.co_filename.startswith((_OURS, "<")):
        return ""
    return f" ({begins.co_filename}:{begins.co_firstlineno})"


def told_by(error: BaseException) -> str:
    """An exception in somebody's code as one line: what, and the last place in that code."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith((_OURS, "<"))] or frames
    where = f" ({theirs[-1].filename}:{theirs[-1].lineno})" if theirs else ""
    said = as_named(" ".join(str(error).split()))
    return f"{type(error).__name__}{': ' if said else ''}{said}{where}"


def as_named(text: str) -> str:
    """A text with the modules that lie beside a scenario called as the scenario calls them."""
    return re.sub(rf"\b{BESIDE}\w+\.", "", text)
