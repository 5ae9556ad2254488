"""The base of every roadside application.

An application is a class with methods marked `@every(seconds)` or `@on(Kind)` (`edge.hearing`); see `edge/apps/` for
whole ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from wayside.edge.failures import MOST_SENT, FloodError, called
from wayside.edge.journal import MOST_LINES
from wayside.edge.messages import Broadcast, Inbox, Response
from wayside.edge.messages.checks import is_number

if TYPE_CHECKING:
    from wayside.edge.context import Context
    from wayside.edge.ldm import VehicleView
    from wayside.edge.messages.kinds import Kind
    from wayside.edge.perception.sensor import Perceiving
    from wayside.edge.platform import CityPlatform
    from wayside.edge.signal import UnitSignal
    from wayside.edge.unit import RoadsideUnit, Sending

TICK = 0.1  # s, the V2X clock, whatever SUMO's step
TICK_MS = round(TICK * 1000)
_LONGEST = 1e9  # s

_Method = TypeVar("_Method", bound=Callable[..., None])
_R = TypeVar("_R", bound=Inbox)


def ticks(seconds: float, what: str) -> int:
    """Seconds as whole V2X ticks of 100 ms. ValueError, naming `what`, where that does not come out even."""
    count = round(seconds / TICK) if is_number(seconds) and abs(seconds) <= _LONGEST else 0
    if count < 1 or abs(count * TICK - seconds) > 1e-9 * max(1.0, seconds):
        raise ValueError(f"{what} = {seconds} s: must be a multiple of {TICK} s above 0, at most {_LONGEST:g} s")
    return count


def every(seconds: float, waiting: type[Inbox] | None = None) -> Callable[[_Method], _Method]:
    """Call the method at this period of simulation time, a multiple of 0.1 s; or only if requests are waiting."""
    period = ticks(seconds, "every()")

    def mark(method: _Method) -> _Method:
        if hasattr(method, "hears"):
            raise TypeError(f"{method.__qualname__}: must be called by on() or by every(), not by both")
        method.every_ticks = period  # type: ignore[attr-defined]
        method.waiting = waiting  # type: ignore[attr-defined]
        return method

    return mark


class App:
    """One application on one roadside unit.

    It sees what the unit hears (`ldm`, `take`), the light it stands at (`signal`), the city's platform, and its
    `context`; it acts by `send` and `signal.request`. Attributes
    annotated with `Option` are set by the scenario, before the constructor runs.
    """

    context: Context  # chance of this unit's own, the clock, the network
    name: ClassVar[str] = ""
    service: ClassVar[bool] = False  # announced to vehicles, who may then ask for it
    kinds: ClassVar[tuple[Kind, ...]] = ()  # of messages, beside the built-in ones, that it says or takes
    heeded: ClassVar[tuple[type[Broadcast], ...]] = ()  # broadcasts that it is there for: somebody must heed one
    says: ClassVar[tuple[type, ...]] = ()  # classes of messages of built-in kinds that only some runs have, as `Ssem`
    families: ClassVar[tuple[str, ...]] = ("etsi", "csae")  # of messages, in which it has something to say

    _said_at = -math.inf  # s, the tick of which `_said` messages are
    _said = 0
    _logged_at = -math.inf
    _logged = 0
    _signal: UnitSignal | None = None

    def __init_subclass__(cls) -> None:
        """TypeError where a class has something else by a name that is kept for what it is."""
        if not isinstance(cls.service, bool):
            raise TypeError(f"{cls.__qualname__}.service: must be True or False: whether vehicles may ask for it")
        if not isinstance(cls.name, str):
            raise TypeError(f"{cls.__qualname__}.name: must be a text: as it is announced")
        if not (isinstance(cls.says, tuple) and all(isinstance(one, type) for one in cls.says)):
            raise TypeError(f"{cls.__qualname__}.says: must be a tuple of classes of messages")

    def __init__(self, unit: RoadsideUnit) -> None:
        self.unit = unit

    @classmethod
    def doubts(cls, options: Mapping[str, Any], lanes: Callable[[str], int], begin: float, end: float) -> Iterator[str]:
        """What is asked for in these options and nothing will come of: an option and a clause each.

        lanes: of an edge by its id, 0 where there is no such one; begin, end: of the run [s].
        """
        yield from ()

    def start(self) -> None:
        """Called once, before the first tick."""

    def perceives(self) -> Perceiving | None:
        """How the unit senses by what this application brings, asked for once, after the start; None: it brings
        nothing.
        """
        return None

    @property
    def position(self) -> tuple[float, float]:
        """Of the unit, m."""
        return self.unit.position

    @property
    def time(self) -> float:
        """Of the simulation, s."""
        return self.unit.time

    def nearest(self, position: tuple[float, float], having: Callable[[Any], bool] | None = None) -> bool:
        """Whether of all units that are on and run this application none is nearer to a place [m].

        So neighbours who see the same do not all say it. Of two as near, it is the first; an operator knows where the
        units are, and which work. having: of which of the units' applications, as those that have the same task.
        """
        mine = math.dist(self.unit.position, position), self.unit.number
        return not any(
            unit.on
            and not unit.cellular
            and any(type(app) is type(self) and (having is None or having(app)) for app in unit.apps)
            for unit in self.unit.city
            if (math.dist(unit.position, position), unit.number) < mine
        )

    @property
    def ldm(self) -> VehicleView:
        """The vehicles that this unit hears."""
        return self.unit.ldm

    @property
    def signal(self) -> UnitSignal | None:
        """The traffic light that the unit stands at, or None."""
        if self._signal is None:
            self._signal = self.unit.signal_for(self)
        return self._signal

    @property
    def platform(self) -> CityPlatform:
        """What the city's units share."""
        return self.unit.platform

    def send(
        self,
        message: Broadcast | Response,
        radius: float | None = None,
        repeat: float | None = None,
        lasting: float | None = None,
    ) -> Sending:
        """Send a message once, or every `repeat` s for `lasting` s (default: until it is cancelled).

        A broadcast reaches whoever is in radio range and within `radius` m of the unit (above 0, at most 65,535 m, as
        the header of EN 302 636-4-1 has it); a response reaches the vehicles that it names. TypeError or ValueError for
        what is no message, or says what no message can (docs/extending.md); FloodError for one too many in a tick
        (docs/applications.md).

        What comes back has `update(message)`: say this from the next repetition on; and `cancel()`: say it no longer.
        """
        if self._said_at != self.unit.time:
            self._said_at, self._said = self.unit.time, 0
        self._said += 1
        if self._said > MOST_SENT:
            raise FloodError(f"sends more than {MOST_SENT} messages in one tick of 0.1 s")
        return self.unit.send(message, radius, repeat, lasting, self)

    def log(self, why: str, **values: object) -> None:
        """Note down why something is done, with whatever values tell more; kept in the run and shown in the live view.

        At most 10 lines in a tick of 0.1 s are kept of an application at a unit. TypeError or ValueError for a `why`
        that is no text of 1 to 200 characters, and values that are no JSON or more than 2,000 characters of it.
        """
        unit = self.unit
        if self._logged_at != unit.time:
            self._logged_at, self._logged = unit.time, 0
        self._logged += 1
        if self._logged > MOST_LINES:
            unit.journal.too_many(unit.id, called(type(self)))
        else:
            unit.journal.add(unit.time, unit.id, called(type(self)), why, values)

    def take(self, kind: type[_R]) -> list[_R]:
        """The requests that have come in since the last call, in the order of arrival."""
        return self.unit.take(kind)


def periodic_methods(app: App) -> list[tuple[Callable[[], None], int, type[Inbox] | None]]:
    """An application's methods marked with `every`, in the order of definition; period in ticks, and what must wait."""
    marked: dict[str, tuple[int, type[Inbox] | None]] = {}
    for cls in reversed(type(app).__mro__):
        for name, member in vars(cls).items():
            if hasattr(member, "every_ticks"):
                marked[name] = member.every_ticks, member.waiting
            else:
                marked.pop(name, None)  # overridden without a period
    return [(getattr(app, name), period, waiting) for name, (period, waiting) in marked.items()]
