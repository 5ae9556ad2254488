"""Who watches a run for its central system: tells it what happens at the piles, and keeps to the wall clock."""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from wayside.edge.charging.power import Sessions
from wayside.edge.errors import ScenarioError, WaysideError
from wayside.ext.arrays import Longs
from wayside.sim.observers import Observer, Table
from wayside.sim.ocpp.evses import Evses
from wayside.sim.ocpp.station import POWER_LOSS, OcppTransaction
from wayside.sim.onboard.charging import ElectricVehicles
from wayside.sim.pacing import Pacer

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation, Tick
    from wayside.sim.ocpp.link import CsmsLink

FIELD = "charging.power"
FIGURES = (
    "stations",
    "evses",
    "transactions",
    "delivered",
    "messages",
    "profiles",
    "refused",
    "reconnections",
    "skipped",
    "lost",
    "behind_s",
)
_SECOND = 1.0 - 1e-6  # s


@dataclass(frozen=True)
class Terms:
    """How a run and a central system go together; see the options of the policy."""

    csms: str
    speed: float
    meter: float
    patience: float

    @property
    def address(self) -> str:
        """Of the central system, as people may read it: without a password."""
        return re.sub(r"(?<=//)[^/]*@", "", self.csms)


class CsmsCoupling(Observer):
    """Connects the piles, tells what happens at them, and lets the simulation go no faster than the wall clock."""

    name: ClassVar[str] = "ocpp"
    summary: ClassVar[tuple[str, ...]] = (
        "stations",
        "transactions",
        "messages",
        "profiles",
        "refused",
        "reconnections",
        "lost",
    )
    evses: Evses
    link: CsmsLink

    def __init__(
        self,
        terms: Terms,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.terms, self._clock, self._sleep = terms, clock, sleep
        self._open = False
        self._crowded = False
        self._lost = 0

    @property
    def unrepeatable(self) -> str:
        """See `Observer.unrepeatable`."""
        return f"{FIELD}: decided by the central system at {self.terms.address}, by the wall clock"

    def begin(self, simulation: Simulation) -> None:
        """Connect all stations. ScenarioError where it is not said to whom, WaysideError where nobody is there."""
        terms, source = self.terms, simulation.scenario.source or simulation.scenario.sumo.config
        if not terms.csms:
            raise ScenarioError(
                f'{source}: {FIELD}.csms: must be said, as {{ use = "ocpp", csms = "ws://localhost:9000" }}; '
                "`wayside run --csms` says it too"
            )
        services = [service for service in simulation.onboard if isinstance(service, ElectricVehicles)]
        if not services or not services[0].present:
            raise ScenarioError(f'{source}: {FIELD} = "ocpp": there is no pile that could be connected')
        # No pile gives anything before it has been told how much, as where the tree has limits.
        services[0].limited = True
        from wayside.sim.ocpp.link import CsmsLink

        self.evses = Evses(services[0], terms.meter)
        self._second = self._begin = self._now = simulation.time
        self.link = CsmsLink(terms.csms, self.evses.layout, self._begin, self.evses.meter_s, terms.patience)
        try:
            self.link.open()
        except WaysideError as error:
            raise ScenarioError(f"{source}: {FIELD}.csms: {terms.address}: {error}") from None
        self._open = True
        self._step = simulation.backend.step_length
        self._pacer = Pacer(self._clock, terms.speed)
        self._began, self._behind = self._clock(), 0.0

    def evses_of(self, sessions: Sessions) -> Longs | None:
        """The EVSE of each session, -1: none, by what holds now; None before the run has begun."""
        if not self._open:
            return None
        evses, table = self.evses, self.evses.service.fleet.vehicles
        evses.follow(sessions.now_s)
        self.link.ceilings.look(evses, sessions.now_s)
        there = np.flatnonzero(evses.slot >= 0)
        if not len(there):
            return np.full(len(sessions), -1)
        stations = table.station[evses.slot[there]]
        order = np.argsort(stations)
        found = np.searchsorted(stations, sessions.station, sorter=order)
        row = order[np.minimum(found, len(order) - 1)]
        return np.where(stations[row] == sessions.station, there[row], -1)

    def step(self, tick: Tick) -> None:
        """Tell, and wait."""
        now = tick.time
        self.evses.follow(now)
        if now - self._second >= _SECOND:
            self._second = now
            self.link.moment(now)
            if (news := self.evses.second(now)) is not None:
                self.link.tell(news)
            for line in self.link.lines():
                warnings.warn(line, stacklevel=2)
            if self.evses.homeless and not self._crowded:
                self._crowded = True
                vehicle = self.evses.homeless[0]
                told = "no profile limits it, and no central system hears of it; the like is not told again"
                warnings.warn(f"OCPP: {vehicle} charges where there is no pile left: {told}", stacklevel=2)
        if (wait := self._pacer.wait(now, self._step)) > 0.0:
            self._sleep(wait)
        self._behind = max((self._clock() - self._began) * self.terms.speed - (now - self._begin), 0.0)
        self._now = now

    def end(self) -> None:
        """End all transactions, and say what is still to be said."""
        if not self._open:
            return
        self._open = False
        if (news := self.evses.end(self._now, POWER_LOSS)) is not None:
            self.link.tell(news)
        self._lost = self.link.close()
        for line in self.link.lines():
            warnings.warn(line, stacklevel=2)
        if self._lost:
            warnings.warn(f"OCPP: the central system has not acknowledged {self._lost} events of charges", stacklevel=2)

    def kpis(self) -> dict[str, float]:
        """See `FIGURES`."""
        tally, layout = self.link.tally, self.evses.layout
        rows = list(tally.rows)
        figures = (
            len(layout.stations),
            len(layout),
            len(rows),
            sum(row.delivered for row in rows),
            tally.messages,
            tally.profiles,
            tally.refused,
            tally.reconnections,
            tally.skipped,
            tally.lost + self._lost,
            self._behind,
        )
        return {f"ocpp.{name}": value for name, value in zip(FIGURES, figures, strict=True)}

    def tables(self) -> dict[str, Table]:
        """A row for each charge that was told."""
        return {"ocpp": Table(OcppTransaction, self.link.tally.rows)}
