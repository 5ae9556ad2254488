"""Priority at a light for buses, trams and emergency vehicles: SREMs are heard, decided, and answered by SSEMs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

import numpy as np

from wayside.edge.app import App, every
from wayside.edge.hearing import on
from wayside.edge.plugin import Option
from wayside.edge.priority.messages import (
    CANCELLATION,
    GRANTED,
    LOCKED,
    MAX_PRESENCE,
    MOST_STATUSES,
    PROCESSING,
    REJECTED,
    ROLES,
    STATUSES,
    PriorityRequests,
    Ssem,
)
from wayside.edge.priority.outlook import Need, PriorityLimits, Treatment, clearance, need, outlook
from wayside.edge.priority.state import GrantedHold, PriorityBook, PriorityRecord, StandingRequest
from wayside.edge.priority.ways import PriorityWays

if TYPE_CHECKING:
    from wayside.edge.signal import PhaseRequest, UnitSignal
    from wayside.edge.unit import Sending

REPEAT: Final = 1.0  # s between two repetitions of an SSEM
AGAIN: Final = 2.0  # s until the guard is asked again after it has refused

Served = Literal[
    "publicTransport", "transit", "specialTransport", "emergency", "roadRescue", "police", "fire", "ambulance"
]


class SignalPriority(App):
    """Gives buses, trams and emergency vehicles green that ask for it by SREM, and answers each by SSEM.

    For public transport a green is held for `extension` at most, and a red cut short by `truncation` at most; for an
    emergency vehicle as far as the light's guard goes. Whatever is asked, the guard keeps least greens, yellow, red for
    all and the longest red. An emergency vehicle comes before all others, else who arrives first; who comes by the same
    phase shares it. Idle where the unit stands at no light.
    """

    name: ClassVar[str] = "priority"
    service: ClassVar[bool] = True
    says: ClassVar[tuple[type, ...]] = (Ssem,)

    roles: Annotated[tuple[Served, ...], Option("who is served, by BasicVehicleRole")] = (
        "publicTransport",
        "transit",
        "emergency",
        "roadRescue",
        "police",
        "fire",
        "ambulance",
    )
    importance: Annotated[int, Option("least importance level that is served", ge=0, le=14)] = 0
    late: Annotated[
        float | None, Option("of public transport serve only who is so late, by its timetable", unit="s", ge=0, le=3600)
    ] = None
    extension: Annotated[float, Option("how much longer green lasts at most", unit="s", ge=0, le=60)] = 15.0
    truncation: Annotated[float, Option("how much sooner green comes at most", unit="s", ge=0, le=120)] = 30.0
    margin: Annotated[float, Option("green after the expected arrival", unit="s", ge=0, le=20)] = 3.0
    lead: Annotated[float, Option("green before the expected arrival", unit="s", ge=0, le=30)] = 3.0
    headway: Annotated[float, Option("of it for each vehicle that stands before it", unit="s", ge=0, le=10)] = 2.0
    rest: Annotated[float, Option("from one grant to the next for a signal group", unit="s", ge=0, le=600)] = 20.0
    give_back: Annotated[
        float, Option("green that a phase that was cut short gets back at most", unit="s", ge=0, le=60)
    ] = 0.0
    presence: Annotated[float, Option("how long a request stands at most", unit="s", ge=10, le=600)] = 120.0
    silence: Annotated[float, Option("without a word of its vehicle, until one is dropped", unit="s", ge=2, le=60)] = (
        5.0
    )

    def start(self) -> None:
        """Nothing is offered where there is no light."""
        self._standing: dict[tuple[int, int], StandingRequest] = {}
        self._hold: GrantedHold | None = None
        self._back: PhaseRequest | None = None  # for the phase that was cut short
        self._ended: dict[int, float] = {}  # by signal group: when the last grant for it was over, s
        self._sending: Sending | None = None
        self._sequence = 0
        self._shown = (0, 0.0)  # the green phase that shows or did last, and since when
        if self.signal is None:
            self.service = False  # type: ignore[misc]
            return
        self._ways = PriorityWays(self.context.network, self.position)
        ledgers = self.platform.ledgers
        self._book: PriorityBook = ledgers["priority"] if "priority" in ledgers else PriorityBook()
        if refusal := self.signal.layout.refusal:
            self.log("no priority here: all requests are rejected", because=refusal)

    # What is heard

    @on(PriorityRequests)
    def hear(self, asked: PriorityRequests) -> None:
        """Take requests for this light in, and answer at once."""
        signal = self.signal
        if signal is None:
            return
        for row in np.flatnonzero(asked.place == signal.light).tolist():
            key = int(asked.station[row]), int(asked.request[row])
            if asked.kind[row] == CANCELLATION:
                if (known := self._standing.get(key)) is not None:
                    where = (float(column[row]) for column in (asked.x, asked.y, asked.heading))
                    self._end(known, "passed" if self._ways.beyond(known.way, *where) else "cancelled")
            else:
                self._take(signal, key, asked, row)
        self.look()

    def _take(self, signal: UnitSignal, key: tuple[int, int], asked: PriorityRequests, row: int) -> None:
        """A new request, or news of one that stands."""
        eta = float(asked.eta[row])
        known = self._standing.get(key)
        if known is not None:
            known.sequence, known.heard = int(asked.sequence[row]), self.time
            known.eta = known.eta if math.isnan(eta) else eta
            known.delay = float(asked.delay[row])
            return
        if len(self._standing) >= MOST_STATUSES:
            return
        inbound, outbound, grouped = (int(column[row]) for column in (asked.inbound, asked.outbound, asked.grouped))
        way = self._ways.find(signal, inbound, outbound, bool(grouped))
        role = int(asked.role[row])
        record = PriorityRecord(self.unit.id, key[0], ROLES[role], self.time)
        self._book.records.append(record)
        self._standing[key] = StandingRequest(
            *key,
            int(asked.sequence[row]),
            role,
            int(asked.importance[row]),
            inbound,
            outbound,
            grouped,
            self.time if math.isnan(eta) else eta,
            float(asked.delay[row]),
            self.time,
            self.time,
            way,
            record,
        )

    # What is done

    @every(0.5)
    def look(self) -> None:
        """Who has gone, whom to serve, and what to say of it."""
        signal = self.signal
        if signal is None or not (self._standing or self._hold is not None or self._sending is not None):
            return
        here = signal.phase
        if here != self._shown[0] and here >= 0 and signal.phases[here].green:
            self._shown = here, self.time
        self._forget()
        if (hold := self._hold) is not None:
            self._keep(hold)
        order = sorted(self._standing.values(), key=lambda one: one.rank)
        for one in order:
            one.status = self._served(one, signal)
        self._tell(order)

    def _forget(self) -> None:
        """Those who have passed, or of whom nothing is heard any more."""
        if not self._standing:
            return
        seen = self.ldm.where(np.isin(self.ldm.station, [one.station for one in self._standing.values()]))
        at = self._ways.edges(seen.x, seen.y, seen.heading)
        edges = dict(zip(seen.station.tolist(), at.tolist(), strict=True))
        for one in list(self._standing.values()):
            if (edge := edges.get(one.station)) is not None:
                one.heard = self.time
                if edge in one.way.exits:
                    self._end(one, "passed")
            elif self.time - one.heard > self.silence:
                self._end(one, "silent")

    def _end(self, one: StandingRequest, outcome: str) -> None:
        del self._standing[one.station, one.request]
        one.record.ended_s, one.record.outcome = self.time, outcome

    def _served(self, one: StandingRequest, signal: UnitSignal) -> int:
        """The status of a request; the light is asked for what it needs."""
        hold, phases = self._hold, () if one.way.group == 0 else signal.phases_of(one.way.group)
        if signal.layout.refusal or not phases or not self._may(one):
            return REJECTED
        if self.time - one.asked > self.presence:
            return MAX_PRESENCE
        if hold is not None and hold.asked.phase in phases:
            if one not in hold.served:
                hold.served.append(one)
            return self._granted(one, hold.treatment.value if one is hold.served[0] else "shared")
        if hold is not None and not (one.preempts and not any(other.preempts for other in hold.served)):
            return PROCESSING
        what = self._needed(one, signal)
        if what.treatment is Treatment.NOTHING:
            return self._granted(one, what.treatment.value)
        if what.treatment is Treatment.LATER:
            return PROCESSING
        if not one.preempts and self.time - self._ended.get(one.way.group, -math.inf) < self.rest:
            return LOCKED
        if self.time - one.refused_at < AGAIN:
            return REJECTED
        return self._ask(one, signal, phases, what)

    def _may(self, one: StandingRequest) -> bool:
        """Whether it is one that is served."""
        if ROLES[one.role] not in self.roles or one.importance < self.importance:
            return False
        return one.preempts or self.late is None or one.delay >= self.late

    def _granted(self, one: StandingRequest, how: str) -> int:
        if math.isnan(one.record.granted_s):
            one.record.granted_s, one.record.served = self.time, how
        return GRANTED

    def _needed(self, one: StandingRequest, signal: UnitSignal) -> Need:
        limits = PriorityLimits(self.presence, math.inf, self.margin)
        if not one.preempts:
            limits = PriorityLimits(self.extension, self.truncation, self.margin)
        phase, since = self._shown
        seen = outlook(signal, one.way.group, phase, self.time - since)
        way = clearance(signal.phases, phase, self.time - since)
        lead = self.lead + self.headway * self._ways.queue(one.way, self.ldm, one.station)
        return need(seen, max(one.eta - self.time, 0.0), lead, way, limits)

    def _ask(self, one: StandingRequest, signal: UnitSignal, phases: tuple[int, ...], what: Need) -> int:
        """Ask the light for the phase that a request needs now."""
        here, since = self._shown
        extends = what.treatment is Treatment.EXTEND
        if extends and signal.phase != here:  # on the way to another one
            return PROCESSING
        if (other := self._hold) is not None:
            self._release(other)
        if self._back is not None:
            self._back.cancel()
        phase = here if extends and here in phases else phases[0]
        why = f"{what.treatment.value} for {ROLES[one.role]} {one.station}"
        asked = signal.request(phase=phase, until=self.time + max(what.until, REPEAT), why=why)
        if not asked.granted:
            one.refused_at = self.time
            return REJECTED
        natural, limit = self.time + what.natural, self.time + what.limit
        hold = self._hold = GrantedHold(asked, what.treatment, [one], natural, limit, self.time)
        if not extends and signal.phases:
            hold.cut, hold.cut_s = here, max(signal.phases[here].duration - (self.time - since), 0.0)
        return self._granted(one, what.treatment.value)

    def _keep(self, hold: GrantedHold) -> None:
        """Hold a phase for as long as those need it for whom it is held, and no longer than its limit."""
        if hold.asked.shows and math.isnan(hold.green):
            hold.green = self.time
        hold.served = [one for one in hold.served if (one.station, one.request) in self._standing]
        if not hold.served or not hold.asked.active:
            self._release(hold)
            return
        until = max(one.eta for one in hold.served) + self.margin
        if math.isnan(hold.green):  # the guard takes longer than was reckoned
            until = max(until, self.time + REPEAT + self.margin)
        until = min(until, hold.limit)
        if until > hold.asked.until + REPEAT and self.signal is not None:
            hold.asked.cancel()
            why = f"longer for {ROLES[hold.served[0].role]} {hold.served[0].station}"
            hold.asked = self.signal.request(phase=hold.asked.phase, until=until, why=why)

    def _release(self, hold: GrantedHold) -> None:
        """It is over: book it, and give the phase that was cut short something back."""
        over = min(self.time, hold.asked.until)
        hold.asked.cancel()
        self._hold = None
        book, signal = self._book, self.signal
        assert signal is not None
        phase = signal.phases[hold.asked.phase].state
        for link, group in enumerate(signal.layout.group_of):
            if phase[link] in "gG":
                self._ended[group] = self.time
        if hold.treatment is Treatment.EXTEND:
            book.extensions += 1
            book.extended_s += max(over - hold.natural, 0.0)
        else:
            shown = not math.isnan(hold.green)
            book.early_greens += shown
            book.advanced_s += max(hold.natural - hold.green, 0.0) if shown else 0.0
            seconds = min(hold.cut_s, self.give_back)
            if shown and seconds >= REPEAT and not any(one.preempts for one in self._standing.values()):
                self._back = signal.request(phase=hold.cut, lasting=seconds, why="back to who was cut short")
                book.given_back_s += seconds if self._back.granted else 0.0

    def _tell(self, order: list[StandingRequest]) -> None:
        """Say what has changed, and repeat it while requests stand."""
        for one in order:
            one.record.status = STATUSES[one.told.status]
        said = tuple(one.told for one in order)
        if self._sending is not None:
            message = self._sending.message
            if isinstance(message, Ssem) and message.statuses == said:
                return
            self._sending.cancel()
            self._sending = None
        if said and self.signal is not None:
            self._sequence = (self._sequence + 1) % 128
            self._sending = self.send(Ssem(self.signal.light, self._sequence, said), repeat=REPEAT)
