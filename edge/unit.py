"""A roadside unit: a place, a radio, a local dynamic map, and the applications that run there."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, TypeVar, cast

from wayside.edge.app import TICK, App, ticks
from wayside.edge.errors import (
    BREAKS,
    ApplicationError,
    DecodeError,
    EncodeError,
    OptionError,
    PluginError,
    ScenarioError,
    interrupted_in,
    is_told,
    told_by,
)
from wayside.edge.failures import SLOW, Failures, called
from wayside.edge.journal import Journal
from wayside.edge.ldm import LocalDynamicMaps, VehicleView
from wayside.edge.messages import Broadcast, Inbox, Request, Response, Saem
from wayside.edge.platform import CityPlatform
from wayside.edge.plugin import Plugin
from wayside.edge.signal import CityLights, UnitSignal
from wayside.edge.speech import check_message, check_radius, classes_of

_R = TypeVar("_R", bound=Inbox)
_T = TypeVar("_T")

ANNOUNCE_EVERY = 1.0  # s between service announcements (EN 302 890-1 leaves the rate to the deployment)


@dataclass(eq=False)
class Sending:
    """A message on its way out of a unit, and the hand on it: what is repeated can be changed and ended.

    app: whose it is, None for the unit's own. said, places, until: for whoever sends it: what was said, a message each;
    where they stand; the last V2X tick.
    """

    unit: RoadsideUnit = field(repr=False)
    message: Broadcast | Response
    radius: float  # m; infinite: as far as the radio carries
    repeat: int  # V2X ticks between repetitions; 0: once
    lasting: int  # V2X ticks after which repetition ends
    app: App | None = field(default=None, repr=False)
    cancelled: bool = False
    said: list[Any] = field(default_factory=list, repr=False)
    places: list[Any] = field(default_factory=list, repr=False)
    until: int | None = field(default=None, repr=False)

    @property
    def active(self) -> bool:
        """Whether a repetition is still to come."""
        over = self.until is not None and round(self.unit.time / TICK) >= self.until
        return self.repeat > 0 and not self.cancelled and not over

    def update(self, message: Broadcast) -> None:
        """Say this from the next repetition on, as far and as often as before; it ends when it would have.

        A hazard keeps its number: receivers take it for news of the same event. TypeError for a message of another
        kind and ValueError for one that says what it cannot, as `send`; ValueError where nothing is repeated any more
        (`active` tells).
        """
        if type(message) is not type(self.message):
            raise TypeError(f"update({type(message).__name__}): must be a {type(self.message).__name__}, as was sent")
        check_message(message, self.unit)
        if not self.active:
            raise ValueError(f"update({type(message).__name__}): what was sent is over: must be sent anew")
        self.message = message
        self.unit.changes.append(SpeechChange(self, message))

    def cancel(self) -> None:
        """Say it no longer. Where the event of a DENM still holds, that it is over is said once.

        Without effect where it is over already, and of answers.
        """
        if not self.cancelled:
            self.cancelled = True
            self.unit.changes.append(SpeechChange(self, None))


class SpeechChange(NamedTuple):
    """What is to become of something that is being said: another message, or None: its end."""

    sending: Sending
    message: Broadcast | None


@dataclass
class RoadsideUnit:
    """One unit. `number` is its place in all arrays of units; position in m."""

    id: str
    number: int
    position: tuple[float, float]
    maps: LocalDynamicMaps
    platform: CityPlatform
    light: int = -1  # the traffic light it stands at, if any
    lights: int = 2**31  # how many the city has
    signals: CityLights | None = field(default=None, repr=False)  # of the city
    cellular: bool = False  # no unit at the roadside, but the platform's own station
    time: float = 0.0  # s
    on: bool = True
    failures: Failures = field(default_factory=Failures)  # of all units of a run
    journal: Journal = field(default_factory=Journal)  # theirs, too
    city: Sequence[RoadsideUnit] = field(default=(), repr=False)  # all its units
    apps: list[App] = field(default_factory=list)
    outbox: list[Sending] = field(default_factory=list)
    changes: list[SpeechChange] = field(default_factory=list)  # of what was sent
    _inbox: dict[type, list[Inbox]] = field(default_factory=dict)
    _announced: Sending | None = None

    def install(self, apps: Iterable[type[App] | Plugin]) -> None:
        """Install applications and start them; services among them are announced every second."""
        fields: dict[int, str] = {}
        for app in apps:
            said, changed = len(self.outbox), len(self.changes)
            try:
                self.apps.append(made := self._make(app))
                fields[id(made)] = app.field if isinstance(app, Plugin) else f"rsu.apps: {called(app)}"
            except ApplicationError as error:
                del self.outbox[said:]
                del self.changes[changed:]
                self.failures.add(self, app.code if isinstance(app, Plugin) else app, None, error)
        for made in tuple(self.apps):
            try:
                self.attempt(made, made.start)
            except OptionError as error:
                raise ScenarioError(f"{fields[id(made)]}.{error}") from None
        self.announce()

    def announce(self) -> None:
        """Announce the services offered here, every second from now on, and no others."""
        if self._announced is not None:
            self._announced.cancel()
            self._announced = None
        if (services := self.services) and not self.cellular:
            self._announced = self.send(Saem(services), repeat=ANNOUNCE_EVERY)

    def _make(self, app: type[App] | Plugin) -> App:
        if not isinstance(app, Plugin):
            return self.call(partial(app, self), app.__qualname__)
        made: App = self.call(partial(app.make, self, context=app.context.at(self.id)), app.code.__qualname__)
        return made

    def call(self, function: Callable[[], _T], name: str = "") -> _T:
        """Call an application's code. ApplicationError, one line, for whatever it raises; the cause stays attached.

        What is told in one line already, as a policy's failure, is let through: that is not the application's.
        """
        try:
            try:
                return function()
            finally:
                self.failures.since = math.inf
        except KeyboardInterrupt as error:
            interrupted_in(error, self._calling(function, name))
            raise
        except BREAKS as error:
            if is_told(error) and not isinstance(error, EncodeError | DecodeError):
                raise
            raise ApplicationError(f"{self._calling(function, name)}: {told_by(error)}") from error

    def _calling(self, function: Callable[[], Any], name: str) -> str:
        """What of whose is being called, where and when."""
        named = getattr(function, "func", function)  # within a partial
        return f"unit {self.id}: {name or getattr(named, '__qualname__', repr(named))} at {self.time:g} s"

    def attempt(self, app: App, method: Callable[[], None]) -> None:
        """Call an application; where it breaks off, it is switched off here and has said nothing, or it is raised."""
        said, changed = len(self.outbox), len(self.changes)
        try:
            self.call(method)
        except ApplicationError as error:
            del self.outbox[said:]
            del self.changes[changed:]
            self.switch_off(app, error)

    def due(self, app: App, method: Callable[[], None]) -> None:
        """`attempt`, with an eye on the clock on the wall."""
        self.failures.since = began = perf_counter()
        self.attempt(app, method)
        if (took := perf_counter() - began) > SLOW:
            self.failures.took(self, app, took)

    def switch_off(self, app: App, error: PluginError) -> None:
        """An application has broken off: the unit goes on without it, or the error is raised."""
        self.failures.add(self, type(app), app, error)
        self.apps = [other for other in self.apps if other is not app]

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services offered here."""
        return tuple(app.name for app in self.apps if app.service)

    @property
    def ldm(self) -> VehicleView:
        """The vehicles heard in the last two seconds."""
        return self.maps.of(self.number, self.time)

    def send(
        self,
        message: Broadcast | Response,
        radius: float | None = None,
        repeat: float | None = None,
        lasting: float | None = None,
        app: App | None = None,
    ) -> Sending:
        """See `App.send`; `app`: whose it is."""
        check_message(message, self)
        check_radius(radius)
        sending = Sending(
            self,
            message,
            float("inf") if radius is None else radius,
            0 if repeat is None else ticks(repeat, "repeat"),
            2**62 if lasting is None else ticks(lasting, "lasting"),
            app,
        )
        self.outbox.append(sending)
        return sending

    def signal_for(self, app: App) -> UnitSignal | None:
        """See `App.signal`."""
        return None if self.light < 0 or self.signals is None else UnitSignal(self.signals, self.light, app)

    def receive(self, request: Inbox) -> None:
        """Put requests into the inbox."""
        self._inbox.setdefault(type(request), []).append(request)

    @property
    def asked(self) -> bool:
        """Whether anything waits in the inbox."""
        return bool(self._inbox)

    def drop(self, kinds: Container[type]) -> None:
        """Drop from the inbox requests and notices of these classes: there is nobody to take them."""
        for kept in tuple(self._inbox):
            if kept in kinds:
                del self._inbox[kept]

    def has(self, kind: type[Inbox]) -> bool:
        """Whether requests of this kind wait in the inbox."""
        return kind in self._inbox

    def take(self, kind: type[_R]) -> list[_R]:
        """See `App.take`."""
        if not (isinstance(kind, type) and issubclass(kind, Inbox)):
            known = ", ".join(sorted(one.__name__ for one in classes_of(Inbox) if one is not Request))
            raise TypeError(f"take({kind!r}): must be one of {known}")
        return cast(list[_R], self._inbox.pop(kind, []))
