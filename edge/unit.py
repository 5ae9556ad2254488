"""A roadside unit: a place, a radio, a local dynamic map, and the applications that run there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar, cast

from wayside.edge.app import App, ticks
from wayside.edge.errors import PluginError, WaysideError, told_by
from wayside.edge.ldm import LocalDynamicMaps, VehicleView
from wayside.edge.messages import Broadcast, Request, Response, Saem
from wayside.edge.platform import CityPlatform

_R = TypeVar("_R", bound=Request)
_T = TypeVar("_T")

ANNOUNCE_EVERY = 1.0  # s between service announcements (EN 302 890-1 leaves the rate to the deployment)


@dataclass(frozen=True)
class Sending:
    """A message on its way out of a unit."""

    message: Broadcast | Response
    radius: float  # m; infinite: as far as the radio carries
    repeat: int  # V2X ticks between repetitions; 0: once
    lasting: int  # V2X ticks after which repetition ends


@dataclass
class RoadsideUnit:
    """One unit. `number` is its place in all arrays of units; position in m."""

    id: str
    number: int
    position: tuple[float, float]
    maps: LocalDynamicMaps
    platform: CityPlatform
    light: int = -1  # the traffic light it stands at, if any
    time: float = 0.0  # s
    on: bool = True
    apps: list[App] = field(default_factory=list)
    outbox: list[Sending] = field(default_factory=list)
    _inbox: dict[type, list[Request]] = field(default_factory=dict)

    def install(self, apps: Iterable[type[App]]) -> None:
        """Install applications and start them; services among them are announced every second."""
        self.apps = [self.call(partial(app, self), app.__qualname__) for app in apps]
        for app in self.apps:
            self.call(app.start)
        if services := self.services:
            self.send(Saem(services), repeat=ANNOUNCE_EVERY)

    def call(self, function: Callable[[], _T], name: str = "") -> _T:
        """Call an application's code. PluginError, one line, for whatever it raises; the cause stays attached."""
        try:
            return function()
        except WaysideError:
            raise
        except Exception as error:
            name = name or getattr(function, "__qualname__", repr(function))
            raise PluginError(f"unit {self.id}: {name} at {self.time:g} s: {told_by(error)}") from error

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services offered here."""
        return tuple(app.name for app in self.apps if app.service)

    @property
    def ldm(self) -> VehicleView:
        """The vehicles heard in the last two seconds."""
        return self.maps.of(self.number)

    def send(
        self,
        message: Broadcast | Response,
        radius: float | None = None,
        repeat: float | None = None,
        lasting: float | None = None,
    ) -> None:
        """See `App.send`."""
        self.outbox.append(
            Sending(
                message,
                float("inf") if radius is None else radius,
                0 if repeat is None else ticks(repeat, "repeat"),
                2**62 if lasting is None else ticks(lasting, "lasting"),
            )
        )

    def receive(self, request: Request) -> None:
        """Put requests into the inbox."""
        self._inbox.setdefault(type(request), []).append(request)

    def has(self, kind: type[Request]) -> bool:
        """Whether requests of this kind wait in the inbox."""
        return kind in self._inbox

    def take(self, kind: type[_R]) -> list[_R]:
        """See `App.take`."""
        return cast(list[_R], self._inbox.pop(kind, []))
