"""Requests that stand at a light, and the book of all of them in a city."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wayside.edge.priority.messages import PROCESSING, REQUESTED, ROLES, PriorityStatus
from wayside.edge.priority.outlook import Treatment
from wayside.edge.priority.ways import PriorityWay

if TYPE_CHECKING:
    from wayside.edge.signal import PhaseRequest

PREEMPTS = frozenset(ROLES.index(name) for name in ("emergency", "roadRescue", "police", "fire", "ambulance"))


@dataclass
class PriorityRecord:
    """A row of priority.parquet: a request at a light. Times in s of the simulation, NaN for what has not happened.

    served: how it was granted first: "extension", "early green", "program" (it came through by itself), "shared" (what
    another one was granted did for it), or ""; outcome: "passed", "cancelled", "silent", or "standing".
    """

    unit: str
    station: int
    role: str
    asked_s: float
    granted_s: float = math.nan
    ended_s: float = math.nan
    status: str = ""  # the last that was told
    served: str = ""
    outcome: str = "standing"


@dataclass
class PriorityBook:
    """What the lights of a city have done for whom, over the whole run."""

    records: list[PriorityRecord] = field(default_factory=list)
    extensions: int = 0
    early_greens: int = 0
    extended_s: float = 0.0
    advanced_s: float = 0.0
    given_back_s: float = 0.0


@dataclass(eq=False)
class StandingRequest:
    """One that stands at a light: as it was heard last, and what has become of it.

    asked, heard: when it came in first, and when anything was heard of it last; refused_at: when the guard refused it
    [s].
    """

    station: int
    request: int
    sequence: int
    role: int
    importance: int
    inbound: int
    outbound: int
    grouped: int
    eta: float
    delay: float
    asked: float
    heard: float
    way: PriorityWay
    record: PriorityRecord
    status: int = REQUESTED
    refused_at: float = -math.inf  # s, by the guard

    @property
    def preempts(self) -> bool:
        """Whether it comes before all others, as far as the guard lets it."""
        return self.role in PREEMPTS

    @property
    def rank(self) -> tuple[bool, float, float]:
        """Who comes first: emergency vehicles, then who arrives first."""
        return (not self.preempts, self.eta, self.asked)

    @property
    def told(self) -> PriorityStatus:
        """As an SSEM has it."""
        where = self.inbound, self.outbound, self.grouped
        status = PROCESSING if self.status == REQUESTED else self.status
        return PriorityStatus(self.station, self.request, self.sequence, self.role, *where, self.eta, status)


@dataclass(eq=False)
class GrantedHold:
    """A phase that is held for some of those who stand. natural: when its green would have ended, or begun, by itself;
    limit: when it ends in any case; began: when it was asked for; green: when it came to show, NaN before [s].
    """

    asked: PhaseRequest
    treatment: Treatment
    served: list[StandingRequest]
    natural: float
    limit: float
    began: float
    cut: int = -1  # the phase that was cut short for it
    cut_s: float = 0.0  # by how much at most
    green: float = math.nan
