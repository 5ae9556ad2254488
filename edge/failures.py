"""Applications that go wrong: told by name, and, where a run keeps going, switched off at the unit where they did."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from time import perf_counter
from types import FrameType
from typing import TYPE_CHECKING, Final

from wayside.edge.errors import PluginError

if TYPE_CHECKING:
    from wayside.edge.app import App
    from wayside.edge.unit import RoadsideUnit

MOST_SENT: Final = 100  # messages that one application may send at one unit in a V2X tick
SLOW: Final = 1.0  # s of wall clock for one call, above which it is told
ENDLESS: Final = 10.0  # s of wall clock, after which `wayside serve` breaks a call off
_MOST_WARNINGS: Final = 20


class FloodError(Exception):
    """An application sends more than anybody could hear."""


class OverrunError(Exception):
    """A call does not come back."""


@dataclass(frozen=True)
class Failure:
    """An application that has been switched off at a unit."""

    unit: str
    application: str
    time: float  # s of the simulation
    line: str  # why


@dataclass(frozen=True)
class SlowCall:
    """A call of an application's that took long; the first of each at each unit."""

    unit: str
    application: str
    time: float  # s of the simulation
    seconds: float  # of wall clock


@dataclass
class Failures:
    """What has gone wrong with a run's applications; `keep_going`: whether it goes on without those that broke off."""

    keep_going: bool = False
    all: list[Failure] = field(default_factory=list)  # in the order of their time
    slow: list[SlowCall] = field(default_factory=list)
    since: float = math.inf  # s of wall clock at which the call began that is going on
    off: dict[int, App] = field(default_factory=dict)  # those switched off, by their Python identity
    _slow: set[int] = field(default_factory=set)

    def add(self, unit: RoadsideUnit, code: type[App], app: App | None, error: PluginError) -> None:
        """An application has broken off at a unit: without `keep_going` that is raised.

        `app` is None for one whose constructor broke off.
        """
        if not self.keep_going:
            raise error
        if app is not None:
            self.off[id(app)] = app
        self.all.append(Failure(unit.id, called(code), unit.time, str(error)))
        if len(self.all) <= _MOST_WARNINGS:
            more = "; further ones stand in summary.json alone" if len(self.all) == _MOST_WARNINGS else ""
            warnings.warn(f"{error}: it is switched off at this unit{more}", stacklevel=3)

    def of(self, unit: str) -> list[Failure]:
        """Those of one unit."""
        return [failure for failure in self.all if failure.unit == unit]

    def took(self, unit: RoadsideUnit, app: App, seconds: float) -> None:
        """A call took so long: told once for each application and unit, and nothing comes of it."""
        if seconds <= SLOW or id(app) in self._slow:
            return
        self._slow.add(id(app))
        self.slow.append(SlowCall(unit.id, called(type(app)), unit.time, seconds))
        if len(self.slow) <= _MOST_WARNINGS:
            warnings.warn(
                f"unit {unit.id}: {called(type(app))} at {unit.time:g} s: a call took {seconds:.1f} s of wall clock, "
                f"more than {SLOW:g} s",
                stacklevel=3,
            )

    def look(self, number: int, frame: FrameType | None) -> None:
        """As the handler of a timer's signal: break off a call that does not come back."""
        if perf_counter() - self.since > ENDLESS:
            raise OverrunError(f"a call does not come back within {ENDLESS:g} s of wall clock")


def called(code: type[App]) -> str:
    """What an application is called: as it is announced, or by its class."""
    return code.name or code.__qualname__
