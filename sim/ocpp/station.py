"""A charging station as its central system sees it: what it still has to say, and its transactions.

All of it belongs to the thread of the connections.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from wayside.sim.ocpp.ceilings import Ceilings
from wayside.sim.ocpp.clock import StationClock
from wayside.sim.ocpp.news import ENDED, SAMPLE, STARTED, STATES
from wayside.sim.ocpp.profiles import ProfileStack

FULL = 10_000  # events that wait, from which on no more periodic meter values are kept (E04.FR.07)
POWER_LOSS = "PowerLoss"  # the run is over
_TRIGGERS = ("CablePluggedIn", "ChargingStateChanged", "MeterValuePeriodic", "EVCommunicationLost")
_EVENTS = ("Started", "Updated", "Updated", "Ended")


@dataclass
class OcppTransaction:
    """A row of ocpp.parquet: a charge as the central system was told of it. Times in s of the simulation."""

    transaction: str
    station: str
    evse: int
    vehicle: str
    begun: float
    ended: float = float("nan")
    energy_wh: float = 0.0  # drawn at the pile: last reading of its meter less the first
    delivered: bool = False  # the central system has acknowledged its end


@dataclass
class StationEvent:
    """A transaction event that the central system has not acknowledged yet."""

    kind: str
    trigger: str
    time: float
    sequence: int
    number: int  # of the EVSE
    row: OcppTransaction
    state: str
    offline: bool  # it happened while there was no connection
    meter: tuple[float, float, float, float] | None = None  # Wh, W, W offered, share
    reason: str = ""
    attempts: int = 0


@dataclass
class OcppTally:
    """Of all stations of a run."""

    boots: int = 0
    messages: int = 0  # of ours that were answered
    profiles: int = 0  # accepted
    refused: int = 0  # of theirs that made no sense
    reconnections: int = 0
    skipped: int = 0  # meter values that were not kept
    lost: int = 0  # events that were refused thrice
    rows: list[OcppTransaction] = field(default_factory=list)


@dataclass
class Running:
    """A transaction that goes on."""

    row: OcppTransaction
    first_wh: float
    sequence: int = 0
    stopped: str = ""  # why it may draw nothing any more


class ChargingStation:
    """One of them; `index` counts all. tell: whom to tell what is wrong, by a word for which once is enough."""

    def __init__(
        self,
        index: int,
        name: str,
        evses: int,
        clock: StationClock,
        ceilings: Ceilings,
        tally: OcppTally,
        tell: Callable[[str, str], None],
    ) -> None:
        self.index, self.name, self.evses = index, name, evses
        self.clock, self.ceilings, self.tally, self._tell = clock, ceilings, tally, tell
        self.now = clock.start  # s of the simulation
        self.outbox: deque[StationEvent] = deque()
        self.status = dict.fromkeys(range(1, evses + 1), "Available")  # of each EVSE's connector
        self.unsaid = set(self.status)  # whose status the central system does not know
        self.running: dict[int, Running] = {}
        self.meter_s: Callable[[float | None], float] = lambda _: 0.0  # reads it, or sets it before
        self.heartbeat_s = 300.0  # of the wall clock
        self.accepted = False  # its boot, once
        self.online = False  # connected, and accepted
        self.wake = asyncio.Event()

    @property
    def stack(self) -> ProfileStack:
        """Its profiles; hold the lock of `ceilings`."""
        return self.ceilings.stacks[self.index]

    @property
    def idle(self) -> bool:
        """Whether it has nothing to say."""
        return not self.outbox and not self.unsaid

    def complain(self, word: str, text: str) -> None:
        """Tell what is wrong with what the central system says."""
        self.tally.refused += 1
        self.tell(word, text)

    def tell(self, word: str, text: str) -> None:
        """Tell people; once of each word."""
        self._tell(word, f"OCPP station {self.name}: {' '.join(text.split())[:300]}")

    def take(
        self,
        number: int,
        time: float,
        what: int,
        state: int,
        meter: tuple[float, float, float, float],
        transaction: str,
        name: str,
    ) -> None:
        """Something has happened at one of its EVSEs; see `News`."""
        if what == STARTED:
            row = OcppTransaction(transaction, self.name, number, name, time)
            self.tally.rows.append(row)
            self.running[number] = Running(row, meter[0])
        running = self.running[number]
        if what == SAMPLE and len(self.outbox) >= FULL:
            self.tally.skipped += 1
            return
        row = running.row
        row.energy_wh = meter[0] - running.first_wh
        reason = ""
        if what == ENDED:
            reason = name if name == POWER_LOSS else running.stopped or name
            row.ended = time
            del self.running[number]
            with self.ceilings.lock:
                self.stack.ended(transaction)
                self.ceilings.stopped.discard(transaction)
        if what in (STARTED, ENDED):
            self.status[number] = "Occupied" if what == STARTED else "Available"
            self.unsaid.add(number)
        trigger = "AbnormalCondition" if reason == POWER_LOSS else _TRIGGERS[what]
        shown = "Idle" if what == ENDED else STATES[state]
        self._say(StationEvent(_EVENTS[what], trigger, time, 0, number, row, shown, False, meter, reason), running)

    def stop(self, transaction: str, trigger: str, reason: str) -> bool:
        """Let a transaction draw nothing any more; it ends when its vehicle leaves (TxStopPoint EVConnected). False
        where there is none.
        """
        for number, running in self.running.items():
            if running.row.transaction == transaction:
                if not running.stopped:
                    running.stopped = reason
                    with self.ceilings.lock:
                        self.ceilings.stopped.add(transaction)
                        self.ceilings.changed(self.index)
                    state = "SuspendedEVSE"
                    self._say(StationEvent("Updated", trigger, self.now, 0, number, running.row, state, False), running)
                return True
        return False

    def transaction_of(self, number: int) -> str:
        """What goes on at an EVSE, or ""."""
        running = self.running.get(number)
        return running.row.transaction if running else ""

    def waiting(self, transaction: str) -> bool:
        """Whether events of a transaction are still to be said."""
        return any(event.row.transaction == transaction for event in self.outbox)

    def _say(self, event: StationEvent, running: Running) -> None:
        event.sequence, event.offline = running.sequence, not self.online
        running.sequence += 1
        self.outbox.append(event)
        self.wake.set()


def unsaid(stations: Sequence[ChargingStation]) -> int:
    """Events that no central system has acknowledged."""
    return sum(len(station.outbox) for station in stations)
