"""The base of every roadside application.

An application is a class with methods marked `@every(seconds)`; see `edge/apps/` for whole ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from wayside.edge.messages import Broadcast, Request, Response

if TYPE_CHECKING:
    from wayside.edge.ldm import VehicleView
    from wayside.edge.platform import CityPlatform
    from wayside.edge.unit import RoadsideUnit

TICK = 0.1  # s, the V2X clock

_Method = TypeVar("_Method", bound=Callable[..., None])
_R = TypeVar("_R", bound=Request)


def ticks(seconds: float, what: str) -> int:
    """Seconds as whole V2X ticks of 100 ms. ValueError, naming `what`, where that does not come out even."""
    count = round(seconds / TICK) if math.isfinite(seconds) else 0
    if count < 1 or abs(count * TICK - seconds) > 1e-9:
        raise ValueError(f"{what} = {seconds} s: must be a multiple of {TICK} s above 0")
    return count


def every(seconds: float, waiting: type[Request] | None = None) -> Callable[[_Method], _Method]:
    """Call the method at this period of simulation time, a multiple of 0.1 s; or only if requests are waiting."""
    period = ticks(seconds, "every()")

    def mark(method: _Method) -> _Method:
        method.every_ticks = period  # type: ignore[attr-defined]
        method.waiting = waiting  # type: ignore[attr-defined]
        return method

    return mark


class App:
    """One application on one roadside unit.

    It sees what the unit hears (`ldm`, `take`), the city's platform, and the clock; it acts by `send`.
    """

    name: ClassVar[str] = ""
    service: ClassVar[bool] = False  # announced to vehicles, who may then ask for it

    def __init__(self, unit: RoadsideUnit) -> None:
        self.unit = unit

    def start(self) -> None:
        """Called once, before the first tick."""

    @property
    def position(self) -> tuple[float, float]:
        """Of the unit, m."""
        return self.unit.position

    @property
    def time(self) -> float:
        """Of the simulation, s."""
        return self.unit.time

    @property
    def ldm(self) -> VehicleView:
        """The vehicles that this unit hears."""
        return self.unit.ldm

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
    ) -> None:
        """Send a message once, or every `repeat` s for `lasting` s (default: from now on).

        A broadcast reaches whoever is in radio range and within `radius` m of the unit; a response reaches the
        vehicles that it names.
        """
        self.unit.send(message, radius, repeat, lasting)

    def take(self, kind: type[_R]) -> list[_R]:
        """The requests that have come in since the last call, in the order of arrival."""
        return self.unit.take(kind)


def periodic_methods(app: App) -> list[tuple[Callable[[], None], int, type[Request] | None]]:
    """An application's methods marked with `every`, in the order of definition; period in ticks, and what must wait."""
    marked: dict[str, tuple[int, type[Request] | None]] = {}
    for cls in reversed(type(app).__mro__):
        for name, member in vars(cls).items():
            if hasattr(member, "every_ticks"):
                marked[name] = member.every_ticks, member.waiting
            else:
                marked.pop(name, None)  # overridden without a period
    return [(getattr(app, name), period, waiting) for name, (period, waiting) in marked.items()]
