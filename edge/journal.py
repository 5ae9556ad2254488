"""What applications note down: why they did what they did, for the run's tables and for who looks on."""

from __future__ import annotations

import json
import math
import warnings
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

MOST_LINES: Final = 10  # of one application at one unit in a V2X tick; the others are left out
LAST: Final = 20  # lines of a unit that are at hand
LONGEST_WHY: Final = 200  # characters
LONGEST_VALUES: Final = 2000  # characters, as JSON


@dataclass(frozen=True)
class LogLine:
    """One line of an application's."""

    time: float  # s of the simulation
    unit: str
    application: str
    why: str
    values: str  # a JSON object


@dataclass
class Journal:
    """The lines of a run; `new` are those that the tables do not have yet, None where there are no tables."""

    new: list[LogLine] | None = None
    _last: dict[str, deque[LogLine]] = field(default_factory=dict)  # by unit
    _told: set[str] = field(default_factory=set)

    def add(self, time: float, unit: str, application: str, why: str, values: Mapping[str, object]) -> None:
        """Note a line. TypeError or ValueError for what is no text, is no JSON or is too long."""
        if not isinstance(why, str) or not 0 < len(why) <= LONGEST_WHY:
            raise ValueError(f"log(why={_short(why)}): must be a text of 1 to {LONGEST_WHY} characters")
        said = json.dumps({name: _plain(name, value) for name, value in values.items()}, ensure_ascii=False)
        if len(said) > LONGEST_VALUES:
            raise ValueError(f"log(why={_short(why)}): values must be at most {LONGEST_VALUES:,} characters")
        line = LogLine(time, unit, application, why, said)
        self._last.setdefault(unit, deque(maxlen=LAST)).append(line)
        if self.new is not None:
            self.new.append(line)

    def too_many(self, unit: str, application: str) -> None:
        """Lines are left out: told once for each application."""
        if application not in self._told:
            self._told.add(application)
            warnings.warn(
                f"unit {unit}: {application} logs more than {MOST_LINES} lines in one tick of 0.1 s: the others are "
                "left out",
                stacklevel=3,
            )

    def last(self, unit: str) -> list[LogLine]:
        """The last lines of a unit, the newest first."""
        return list(reversed(self._last.get(unit, ())))


def _plain(name: str, value: Any) -> Any:
    """A value as JSON has it, which knows no NaN: null."""
    match value:
        case np.ndarray() | np.generic():
            return _plain(name, value.tolist())
        case list() | tuple():
            return [_plain(name, each) for each in value]
        case dict():
            return {str(key): _plain(name, each) for key, each in value.items()}
        case float():
            return value if math.isfinite(value) else None
        case None | bool() | int() | str():
            return value
    raise TypeError(f"log({name}={_short(value)}): must be a number, a text, an array, or a list or dict of these")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
