"""The city's chargers, who is plugged in, and who has a pile reserved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wayside.edge.decision import Decision, deliberate
from wayside.edge.policy import ask

Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]


@dataclass
class Chargers:
    """Groups of equal piles at one place; one entry each. Groups of one site share its limit."""

    ids: tuple[str, ...]
    sites: tuple[str, ...]  # names of sites
    x: Doubles  # m
    y: Doubles
    edge: Ints
    site: Ints  # index in `sites`
    piles: Ints
    power_w: Doubles  # of one pile
    efficiency: Doubles  # share of a pile's power that reaches the battery
    price_per_kwh: Doubles
    site_limit_w: Doubles  # by site; infinite where there is none
    drive_s: NDArray[np.float32]  # groups x edges: free-flow drive from an edge, infinite where there is no way
    occupied: Ints
    reserved: Ints
    open: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))  # all, unless said otherwise

    def __post_init__(self) -> None:
        if len(self.open) != len(self.ids):
            self.open = np.ones(len(self.ids), bool)

    @property
    def free(self) -> Ints:
        """Piles neither taken nor reserved; none of a closed group, and never below 0."""
        free: Ints = np.maximum(self.piles - self.occupied - self.reserved, 0)
        return free if self.open.all() else np.where(self.open, free, 0).astype(np.int32)


@dataclass(frozen=True)
class Requests:
    """What a policy sees of the vehicles; one entry each, in the order of asking."""

    edge: Ints  # where the vehicle is
    energy_wh: Doubles  # wanted into the battery
    max_power_w: Doubles
    max_wait_s: float  # nobody is to be sent where the wait is expected to be longer


@dataclass(frozen=True)
class Assignment:
    """A group of piles for each request, or -1, and what it cost in the policy's own measure.

    A policy that also tells `costs` (requests x groups; NaN: not possible) and their `measure` can be asked why.
    """

    charger: Ints
    cost: Doubles
    costs: Doubles | None = None
    measure: str = ""

    @property
    def chosen(self) -> Ints:
        """The same under the name that all assignments share."""
        return self.charger


# A policy also gets, for each group, the expected ends [s from now, ascending] of the charges running or promised.
Policy = Callable[[Requests, Chargers, list[list[float]]], Assignment]
PowerPolicy = Callable[[Doubles, float], Doubles]


@dataclass
class Session:
    """One station at, or on its way to, a group of piles."""

    charger: int
    energy_wh: float  # still wanted
    power_w: float  # into the battery, expected
    arrival: float  # s, expected, then actual
    until: float  # s; a reservation ends here unless plugged in
    plugged: bool = False
    decision: Decision | None = None

    def expected_end(self, now: float) -> float:
        """When it should be charged, s of simulation time."""
        return max(now, self.arrival) + 3600.0 * max(self.energy_wh, 0.0) / max(self.power_w, 1.0)


@dataclass
class ChargingPlatform:
    """The ledger: who charges, and who has a pile promised."""

    chargers: Chargers
    policy: Policy
    power: PowerPolicy
    timeout: float  # s
    max_wait: float  # s
    sessions: dict[int, Session] = field(default_factory=dict)  # by station
    _metered: tuple[NDArray[Any], ...] = ()
    _soonest: float = float("inf")  # no promise ends before

    def assign(self, stations: NDArray[np.int64], requests: Requests, now: float, unit: int = -1) -> Assignment:
        """Let the policy choose and enter its choices; a station that asks again gives its old pile back first.

        `unit` is the roadside unit that was asked. PluginError where the policy breaks off or answers nonsense.
        """
        chargers = self.chargers
        for station in stations.tolist():
            self.release(station)
        assignment = ask(
            self.policy,
            "charging.policy",
            len(stations),
            len(chargers.ids),
            requests,
            chargers,
            self.expected_ends(now),
        )
        reasons = deliberate(
            assignment.costs, assignment.charger, chargers.free, now, unit, assignment.measure, "charging.policy"
        )
        for i, (station, charger) in enumerate(zip(stations.tolist(), assignment.charger.tolist(), strict=True)):
            if charger < 0:
                continue
            drive = float(chargers.drive_s[charger, requests.edge[i]])
            self.sessions[station] = Session(
                charger,
                float(requests.energy_wh[i]),
                min(
                    float(requests.max_power_w[i]),
                    float(chargers.power_w[charger] * chargers.efficiency[charger]),
                ),
                now + drive,
                now + drive + self.timeout,
                decision=Decision(reasons, i) if reasons is not None else None,
            )
            self._soonest = min(self._soonest, now + drive + self.timeout)
            chargers.reserved[charger] += 1
        return assignment

    def expected_ends(self, now: float) -> list[list[float]]:
        """For each group, when its running and promised charges are expected to end, s from now, ascending."""
        for station, wanted, power in zip(*(column.tolist() for column in self._metered), strict=True):
            if (plugged := self.sessions.get(station)) is not None and plugged.plugged:
                plugged.energy_wh, plugged.power_w, plugged.arrival = wanted, power, now
        ends: list[list[float]] = [[] for _ in self.chargers.ids]
        for session in self.sessions.values():
            ends[session.charger].append(session.expected_end(now) - now)
        for group in ends:
            group.sort()
        return ends

    def plug_in(self, station: int, charger: int, energy_wh: float, power_w: float, now: float) -> None:
        """A vehicle is plugged in at a group, promised or not."""
        promised = self.release(station)
        decision = promised.decision if promised is not None and promised.charger == charger else None
        self.sessions[station] = Session(charger, energy_wh, power_w, now, float("inf"), True, decision)
        self.chargers.occupied[charger] += 1

    def meter(self, stations: NDArray[np.int64], wanted_wh: Doubles, power_w: Doubles) -> None:
        """What the piles report of the vehicles plugged in: energy still wanted, and the power it comes with."""
        self._metered = (stations, wanted_wh, power_w)

    def release(self, station: int) -> Session | None:
        """End a station's session or reservation."""
        session = self.sessions.pop(station, None)
        if session is not None:
            (self.chargers.occupied if session.plugged else self.chargers.reserved)[session.charger] -= 1
        return session

    def expire(self, now: float) -> list[int]:
        """Give back the piles of those who did not come in time; their stations."""
        if now < self._soonest:
            return []
        late = [station for station, session in self.sessions.items() if session.until <= now]
        for station in late:
            self.release(station)
        self._soonest = min((session.until for session in self.sessions.values()), default=float("inf"))
        return late
