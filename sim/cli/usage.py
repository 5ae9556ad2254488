"""A command that is used wrongly is told in one line, like every mistake."""

from __future__ import annotations

import re
import sys
from typing import Any

import typer

from wayside.sim.scenario import explain

UsageError: Any = typer.BadParameter.__bases__[0]

# What typer says, and what is said here.
_WORDS = (
    (
        r"Invalid value for '(?P<name>[^']*)': Input should be (?:an? )?(?:valid )?(?P<wanted>.*)",
        r"{name}{value}: must be {wanted}",
    ),
    (r"Missing (?:argument|option|parameter) '(?P<name>[^']*)'", r"{name}: missing"),
    (r"Option '(?P<name>[^']*)' requires an argument", r"{name}: a value must follow"),
    (r"No such option: (?P<name>\S+)(?: .*)?", r"{name}: no such option{guess}"),
    (r"No such command '(?P<name>[^']*)'(?:\. .*)?", r"{name}: no such command{guess}"),
    (r"Got unexpected extra argument\S* \((?P<name>.*)\)", r"{name}: one argument too many"),
)  # fmt: skip
_NUMBERS = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def told(error: Any) -> str:
    """What is wrong, in one line that names command, option, value and what is allowed."""
    context, said = error.ctx, str(error.format_message()).rstrip(".?")
    command = "" if context is None or context.parent is None else f"{context.info_name}: "
    for pattern, words in _WORDS:
        if match := re.fullmatch(pattern, said, re.DOTALL):
            found = {"wanted": "", **match.groupdict()}
            wanted = found["wanted"].partition(", unable")[0]
            wanted = re.sub("greater than or equal to", "at least", wanted)
            value = _value(found["name"])
            shown = "" if value is None else f" = {explain.shown(value)}"
            return command + words.format(
                name=found["name"],
                value=shown,
                wanted=_NUMBERS.get(wanted, wanted),
                guess=_guess(context, found["name"]),
            )
    return command + " ".join(said.split())


def _value(option: str) -> str | None:
    """What stands behind an option on the command line; None where it is no option."""
    for at, word in enumerate(sys.argv):
        if word == option and option.startswith("-"):
            return sys.argv[at + 1] if at + 1 < len(sys.argv) else None
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def _guess(context: Any, name: str) -> str:
    if context is None:
        return ""
    known = list(getattr(context.command, "commands", {})) or [
        one for parameter in context.command.params for one in parameter.opts if one.startswith("--")
    ]
    guess = explain.nearest(name, known)
    return f'; did you mean "{guess}"?' if guess else "; --help lists them"
