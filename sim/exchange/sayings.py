"""What units say: from an application's outbox to the broadcasts that are due, and the answers of the next tick."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial

from wayside.edge.app import TICK, App
from wayside.edge.errors import PluginError, WaysideError
from wayside.edge.messages import Broadcast, Response
from wayside.edge.messages.kinds import Utterance
from wayside.edge.unit import RoadsideUnit, Sending
from wayside.sim.exchange.beats import Broadcasts, Repetition
from wayside.sim.stations.fleet import Fleet
from wayside.sim.wire.units import UnitMessages


class Sayings:
    """What is being said by all units. named, by kind: whether who receives it is of interest; forwarded: whether it
    is as others are to forward it, by kind and radius [m].
    """

    def __init__(
        self,
        messages: UnitMessages,
        fleet: Fleet,
        named: Sequence[bool],
        forwarded: Callable[[int, float], bool] | None = None,
    ) -> None:
        self.broadcasts = Broadcasts([kind.category for kind in messages.kinds], named, forwarded)
        self.answers: list[tuple[int, Response]] = []  # made in the last tick, by unit
        self._messages = messages
        self._fleet = fleet
        self._repeated: dict[int, list[Sending]] = {}  # by whose they are, an application's Python identity
        self._refused: set[tuple[int, str]] = set()  # units, and what they say that is too long to be sent

    def taken(self) -> list[tuple[int, Response]]:
        """The answers, which are sent now."""
        answers, self.answers = self.answers, []
        return answers

    def collect(self, unit: RoadsideUnit, first: int) -> None:
        """Empty a unit's outbox: what it says is sent from tick `first` on, and what it says anew takes its place.

        An application that says what nobody can say is switched off, and has said nothing; without `keep_going` that
        is raised: PluginError.
        """
        unsayable: App | None = None
        while unit.outbox or unit.changes:
            if unit.outbox:
                sending, take = unit.outbox.pop(0), self._begin
            else:
                sending, message = unit.changes.pop(0)
                take = partial(self._change, message)
            if sending.app is not None and sending.app is unsayable:
                continue
            try:
                take(sending, first)
            except WaysideError as error:
                told = PluginError(f"unit {unit.id}: {error}")
                if sending.app is None:
                    raise told from error
                unit.switch_off(sending.app, told)
                unsayable = sending.app

    def silence(self, app: App) -> None:
        """Say no longer what an application repeats; that a hazard is over nobody knows."""
        for sending in self._repeated.pop(id(app), ()):
            for place in sending.places:
                self.broadcasts.stop(place)

    def _begin(self, sending: Sending, first: int) -> None:
        """Say something new."""
        message = sending.message
        if not isinstance(message, Response):
            self._say(sending, message, first)
            if sending.repeat and sending.app is not None:
                kept = self._repeated.setdefault(id(sending.app), [])
                kept.append(sending)
                if len(kept) & (len(kept) - 1) == 0:  # a power of two: now and then
                    kept[:] = [one for one in kept if one.active]
            return
        if (message.vehicle >= self._fleet.capacity).any():
            raise PluginError(f"an answer to vehicle {message.vehicle.max()}, who is none")
        self._messages.number(message)
        self.answers.append((sending.unit.number, message))

    def _change(self, message: Broadcast | None, sending: Sending, first: int) -> None:
        """Say something else, or None: no longer."""
        if message is not None:
            self._say(sending, message, first)
        else:
            self._end(sending, first)

    def _say(self, sending: Sending, message: Broadcast, first: int) -> None:
        """A unit begins to say something in tick `first`, or something else from the next repetition on."""
        before, places = sending.said, sending.places
        if sending.until is None:
            sending.until = first + sending.lasting if sending.repeat else first
        if places:
            first += (places[0].key.phase - first) % places[0].key.interval
        sending.said, sending.places = [], []
        for k, part in enumerate(self._messages.parts(message)):
            place = places.pop(0) if places else None
            self._announce(sending, part, first, before[k] if k < len(before) else None, place)
        for place in places:
            self.broadcasts.stop(place)

    def _announce(
        self, sending: Sending, message: Broadcast, first: int, before: Utterance | None, place: Repetition | None
    ) -> None:
        """A unit says one message from tick `first` on, in the place of another if there was one; not if too long."""
        unit, radius, number = sending.unit, sending.radius, self._messages.number(message)
        kind = self._messages.kinds[number]
        said = self._messages.say(unit.number, message, first * TICK, before)
        size, most = said.length + self._messages.headers(kind, radius), self._messages.most(kind, radius)
        assert sending.until is not None
        if size > most:
            self._refuse(unit, self._messages.kinds.names[number].upper(), size, most)
            if place is not None:
                self.broadcasts.stop(place)
            return
        sending.said.append(said)
        if place is not None:
            self.broadcasts.change(place, said, size)
        elif sending.repeat:
            interval, until = sending.repeat, sending.until
            place = self.broadcasts.repeat(unit.number, number, radius, said, size, first, interval, until)
        else:
            self.broadcasts.once(unit.number, number, radius, said, size, first)
        if place is not None:
            sending.places.append(place)

    def _end(self, sending: Sending, first: int) -> None:
        """A unit says something no longer; in tick `first` perhaps a last word."""
        for place in sending.places:
            self.broadcasts.stop(place)
        unit = sending.unit.number
        for said in sending.said:
            if (last := self._messages.end(unit, said, first * TICK)) is not None:
                number = self._messages.number(last.message)
                size = last.length + self._messages.headers(self._messages.kinds[number], sending.radius)
                self.broadcasts.once(unit, number, sending.radius, last, size, first)

    def _refuse(self, unit: RoadsideUnit, name: str, octets: int, most: int) -> None:
        """Warn, once, of what is not sent."""
        if (unit.number, name) not in self._refused:
            self._refused.add((unit.number, name))
            warnings.warn(
                f"unit {unit.id}: a {name} of {octets} octets with its headers is not sent: must be at most {most}",
                stacklevel=2,
            )
