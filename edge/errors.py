"""What a user is told, in one line, instead of a traceback."""

import traceback
from pathlib import Path


class WaysideError(Exception):
    """A mistake or a mishap that the user can act on; its text is one complete line."""


class ScenarioError(WaysideError):
    """The scenario is wrong: names the file, the field's whole path, the value seen and what is allowed."""


class SumoError(WaysideError):
    """SUMO refused or broke off; carries SUMO's own words."""


class OutputError(WaysideError):
    """The run's directory cannot be written, or holds something that must not be lost."""


class PluginError(WaysideError):
    """An application or a policy broke off or answered nonsense; names it, and where in its code."""


class EncodeError(WaysideError):
    """A message that its standard cannot express: names the field's whole path, the value and what is allowed."""


class DecodeError(WaysideError):
    """Octets that are no such message: names where in it, and what is wrong."""


def told_by(error: Exception) -> str:
    """An exception in somebody's code as one line: what, and the last place in that code."""
    ours = str(Path(__file__).parent.parent)
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith((ours, "<"))] or frames
    where = f" ({theirs[-1].filename}:{theirs[-1].lineno})" if theirs else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"
