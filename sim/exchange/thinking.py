"""When the applications of units run: told of what their units have heard, then at their own periods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from wayside.edge.app import App, periodic_methods
from wayside.edge.messages import Inbox
from wayside.edge.messages.kinds import Kinds
from wayside.edge.platform import CityPlatform
from wayside.edge.unit import RoadsideUnit
from wayside.sim.exchange.ears import Ears
from wayside.sim.exchange.sayings import Sayings
from wayside.sim.onboard.service import Onboard

_Call = tuple[RoadsideUnit, App, Callable[[], None], type | None]


class Thinking:
    """The applications of all units. first_tick: of the run; offer: notes anew which services a unit offers.

    ears: what they want to be told of at once.
    """

    def __init__(
        self,
        units: Sequence[RoadsideUnit],
        onboard: Onboard,
        kinds: Kinds,
        sayings: Sayings,
        offer: Callable[[RoadsideUnit], None],
        first_tick: int,
    ) -> None:
        self.ears = Ears(units, kinds)
        self._units = units
        self._onboard = onboard
        self._sayings = sayings
        self._offer = offer
        self._platform = units[0].platform if units else CityPlatform()
        self._off = units[0].failures.off if units else {}
        self._notices = tuple({notice: None for service in onboard for notice in service.notices})
        # Units, and requests for which the application is switched off, or which is at others and not here.
        asked = [(service.name, kind) for service in onboard for kind in service.asks]
        self._untaken: set[tuple[int, type]] = {
            (unit.number, kind)
            for unit in units
            for name, kind in asked
            if name not in unit.services and self.ears.elsewhere(unit.number, kind)
        }
        # By period and phase, in ticks: which applications run, and what must wait in the inbox for it. Those that wait
        # for nothing once more by themselves: mostly no inbox holds anything.
        self._calls: dict[int, list[list[_Call]]] = {}
        self._unasked: dict[int, list[list[_Call]]] = {}
        self._asked: set[int] = set()  # units whose inbox may hold something
        for unit in units:
            # Staggered by the unit's number: neighbours do not all compute and speak in the same tick.
            calls = [(app, *call) for app in unit.apps for call in periodic_methods(app)]
            for app, method, period, waiting in calls:
                phases = self._calls.setdefault(period, [[] for _ in range(period)])
                phases[unit.number % period].append((unit, app, method, waiting))
                phases = self._unasked.setdefault(period, [[] for _ in range(period)])
                if waiting is None:
                    phases[unit.number % period].append((unit, app, method, None))
            first, apps = first_tick + unit.number % 10, tuple(unit.apps)
            sayings.collect(unit, first)
            for app in apps:
                if id(app) in self._off:  # what it has said at its start nobody can say
                    self._go_without(unit, app, first)

    def receive(self, unit: int, said: Inbox) -> None:
        """Requests or a notice come to a unit: to those who are told at once, or into its inbox."""
        if (unit, type(said)) not in self._untaken and self.ears.receive(unit, type(said), said):
            self._asked.add(unit)
            self._units[unit].receive(said)

    @property
    def undecided(self) -> bool:
        """Whether something waits that may lead to an answer, requests apart."""
        if self.ears.waiting or self._platform.decided:
            return True
        return any(self._units[unit].has(notice) for unit in self._asked for notice in self._notices)

    @property
    def decided(self) -> bool:
        """Whether the platforms have decided what is still to be said."""
        return self._platform.decided

    def think(self, number: int, now: float) -> None:
        """Call in V2X tick `number` whoever has heard something, then who is due, then the platforms' policies."""
        if self.ears.waiting:
            for call in self.ears.calls():
                if self._runs(call.unit, call.app):
                    self._run(call.unit, call.app, partial(call.method, call.heard), number, now)
        for period, phases in (self._calls if self._asked else self._unasked).items():
            for unit, app, method, waiting in phases[number % period]:
                if (waiting is None or unit.has(waiting)) and self._runs(unit, app):
                    self._run(unit, app, method, number, now)
        if self._asked:
            self._asked = {unit for unit in self._asked if self._units[unit].asked}
        self._platform.look(number, now)
        self.tell_decided(number, now)

    def tell_decided(self, number: int, now: float) -> None:
        """What the platforms have decided up to V2X tick `number` is said by the units that were asked, in the next."""
        if self._platform.decided:
            for answer in self._platform.take():
                self._run(answer.desk.unit, answer.desk, answer.send, number, now)

    def _runs(self, unit: RoadsideUnit, app: App) -> bool:
        """Whether a unit is on, and an application has not been switched off there."""
        return unit.on and not (self._off and id(app) in self._off)

    def _run(self, unit: RoadsideUnit, app: App, method: Callable[[], None], number: int, now: float) -> None:
        """Call an application in V2X tick `number`; what it says goes on the air in the next."""
        unit.time = now
        unit.due(app, method)
        if unit.outbox or unit.changes:
            self._sayings.collect(unit, number + 1)
        if self._off and id(app) in self._off:
            self._go_without(unit, app, number + 1)

    def _go_without(self, unit: RoadsideUnit, app: App, first: int) -> None:
        """An application has been switched off: it repeats nothing; what it offered is announced no more, and nobody is
        asked for it.
        """
        self._sayings.silence(app)
        if not app.service:
            return
        self._offer(unit)
        for service in self._onboard:
            if service.name == app.name and app.name not in unit.services:
                unit.drop((*service.asks, *service.notices))
                self._untaken |= {(unit.number, asked) for asked in service.asks}
        unit.announce()
        self._sayings.collect(unit, first)
