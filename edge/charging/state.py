"""The city's chargers, who is plugged in, and who has a pile reserved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from wayside.edge.charging.drives import Drives
from wayside.edge.charging.forecast import Charges, ExpectedEnds
from wayside.edge.charging.limits import Limits
from wayside.edge.charging.messages import untapered
from wayside.edge.charging.piles import plugs
from wayside.edge.charging.power import PowerPolicy, Sessions, share
from wayside.edge.charging.taper import takes_s
from wayside.edge.decision import UNSAID, Decision, Deliberation, Measure
from wayside.edge.policy import read_only
from wayside.edge.pool import Asked, Pool, Pooling
from wayside.ext.arrays import Doubles, Flags, Indices, Ints, Longs

_NONE = np.empty(0, np.int64)


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
    drives: Drives  # how long it takes to drive there
    occupied: Ints
    reserved: Ints
    open: Flags = field(default_factory=lambda: np.empty(0, bool))  # all, unless said otherwise
    appeared: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # so far, who stood there as they came to be
    connectors: tuple[str, ...] = ()  # "" where nothing is said
    plugs: Ints = field(init=False)  # the same as bits, see `piles.plugs`
    least_w: Doubles = field(default_factory=lambda: np.empty(0))  # of one pile, below which it pauses; 0 by default
    most_w: float = field(init=False)  # as fast as any pile of the city at most, into a battery

    def __post_init__(self) -> None:
        self.most_w = float((self.power_w * self.efficiency).max(initial=0.0))
        self.name_connectors(self.connectors or ("",) * len(self.ids))
        if len(self.least_w) != len(self.ids):
            self.least_w = np.zeros(len(self.ids))
        if len(self.open) != len(self.ids):
            self.open = np.ones(len(self.ids), bool)
        if len(self.appeared) != len(self.ids):
            self.appeared = np.zeros(len(self.ids), np.int32)

    def name_connectors(self, names: Sequence[str]) -> None:
        """What the connector of each group is."""
        bits = {name: plugs([name] if name else []) for name in set(names)}
        self.connectors = tuple(names)
        self.plugs = np.array([bits[name] for name in names], np.int32)

    def fits(self, car: int, some: Indices | Ints) -> Flags:
        """At which of some groups a car with these connectors can be plugged in."""
        pile = self.plugs[some]
        found: Flags = (pile == 0) | (pile & car != 0) if car else np.ones(len(pile), bool)
        return found

    @property
    def free(self) -> Ints:
        """Piles neither taken nor reserved; none of a closed group, and never below 0."""
        free: Ints = self.piles - self.occupied
        free -= self.reserved  # in place: a city has hundreds of thousands
        np.maximum(free, 0, out=free)
        free *= self.open
        return free

    def free_in(self, some: Indices | Ints) -> Ints:
        """The same of some groups alone."""
        free: Ints = np.maximum(self.piles[some] - self.occupied[some] - self.reserved[some], 0)
        return np.where(self.open[some], free, 0).astype(np.int32)

    @cached_property
    def at_site(self) -> list[Indices]:
        """The groups of each site."""
        by_site = np.argsort(self.site, kind="stable")
        ends = np.bincount(self.site, minlength=len(self.sites)).cumsum()
        return np.split(by_site, ends)[: len(self.sites)]


@dataclass(frozen=True)
class PileRequests(Asked):
    """What a policy sees of the vehicles; one entry each, in the order of asking."""

    edge: Ints  # where the vehicle is
    energy_wh: Doubles  # wanted into the battery
    max_power_w: Doubles  # what it can take now
    max_wait_s: float  # nobody is to be sent where the wait is expected to be longer
    taper_wh: Doubles = field(default_factory=lambda: np.empty(0))  # that it takes before it can take less
    end_power_w: Doubles = field(default_factory=lambda: np.empty(0))  # what it can take when it has what it wants
    plugs: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # its connectors, see `piles.plugs`

    def __post_init__(self) -> None:
        for name, column in untapered(self).items():
            object.__setattr__(self, name, column)

    def charge_s(self, row: int, pile_w: Doubles) -> Doubles:
        """How long one of these charges takes where piles give so much into the battery, s."""
        one = (column[row] for column in (self.energy_wh, self.max_power_w, self.taper_wh, self.end_power_w))
        energy, most, taper, end = one
        return takes_s(energy, most, taper, end, pile_w)


@dataclass(frozen=True)
class PileAssignment:
    """A group of piles for each request, or -1, and what it cost in the policy's own measure.

    A policy that also tells `costs` (requests x groups; NaN: not possible) and their `measure` can be asked why. If it
    has looked at few of many, `candidates` has their numbers, as many as `costs`; -1: none.
    One that promises a pile for later than its vehicle is there tells when, `begin_s` from now, by request.
    """

    charger: Ints
    cost: Doubles
    costs: Doubles | None = None
    measure: Measure = UNSAID
    candidates: Ints | None = None
    begin_s: Doubles | None = None

    @property
    def chosen(self) -> Ints:
        """The same under the name that all assignments share."""
        return self.charger


# A policy also gets, for each group, the expected ends of the charges running or promised.
# None: all requests stay open until the next look.
Policy = Callable[[PileRequests, Chargers, ExpectedEnds], PileAssignment | None]


@dataclass
class Session:
    """One station at, or on its way to, a group of piles; what it wants stands in the ledger's `charges`."""

    charger: int
    until: float  # s; a reservation ends here unless plugged in
    plugged: bool = False
    decision: Decision | None = None


@dataclass
class ChargingPlatform:
    """The ledger: who charges, and who has a pile promised."""

    chargers: Chargers
    policy: Policy
    power: PowerPolicy
    timeout: float  # s
    max_wait: float  # s
    grid: Limits | None = None  # by default the sites' own limits
    pooling: Pooling = field(default_factory=Pooling)
    sessions: dict[int, Session] = field(default_factory=dict)  # by station
    _metered: tuple[NDArray[Any], ...] = ()
    _begin_s: Doubles | None = None  # of the answer that is about to be entered
    _soonest: float = float("inf")  # no promise ends before

    # See `wayside.edge.pool.Ledger`. Who is sent to a pile that is not free yet waits there.
    path: ClassVar[str] = "charging.policy"
    columns: ClassVar[Mapping[str, type]] = {
        "edge": np.int32,
        "energy_wh": np.float64,
        "max_power_w": np.float64,
        "taper_wh": np.float64,
        "end_power_w": np.float64,
        "plugs": np.int32,
    }
    places: ClassVar[str] = "piles"
    queues: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self.pool = Pool(self, self.pooling)
        chargers = self.chargers
        self.grid = self.grid or Limits.of(chargers.sites, chargers.site_limit_w, {})
        self.limits = self.grid  # what holds now
        self.charges = Charges(chargers.piles)

    def keep(self, begin_s: float, end_s: float) -> None:
        """The least that is in force in this time holds from now on."""
        assert self.grid is not None
        if self.grid.varies:
            self.limits = self.grid.during(begin_s, end_s)
            self.chargers.site_limit_w[:] = self.limits.limit_w[: self.limits.sites]

    def share(self, sessions: Sessions) -> Doubles:
        """What each session may draw at its pile [W] from now on, by the power policy."""
        return share(self.power, sessions, self.limits)

    def wishes(self, **columns: NDArray[Any]) -> PileRequests:
        """See `Ledger.wishes`."""
        return PileRequests(**columns, max_wait_s=self.max_wait)

    def without(self, stations: Longs) -> Chargers:
        """See `Ledger.without`."""
        held = [session for one in stations.tolist() if (session := self.sessions.get(one)) is not None]
        if not held:
            return self.chargers
        reserved, occupied = self.chargers.reserved.copy(), self.chargers.occupied.copy()
        for session in held:
            (occupied if session.plugged else reserved)[session.charger] -= 1
        return replace(self.chargers, reserved=reserved, occupied=occupied)

    def ask(self, requests: PileRequests, now: float) -> PileAssignment | None:
        """See `Ledger.ask`."""
        ends = self.expected_ends(now, requests.station)
        assignment = self.policy(requests, read_only(self.without(requests.station)), ends)
        self._begin_s = self._begins(assignment, len(requests.station))
        return assignment

    def reserve(self, requests: PileRequests, chosen: Ints, reasons: Deliberation | None, now: float) -> None:
        """See `Ledger.reserve`."""
        chargers, begins = self.chargers, self._begin_s
        self._begin_s = None
        for row, (station, charger) in enumerate(zip(requests.station.tolist(), chosen.tolist(), strict=True)):
            if charger < 0:
                continue
            drive = float(chargers.drives.to(int(requests.edge[row]), np.array([charger], np.int32))[0])
            begin = drive if begins is None else max(drive, float(begins[row]))
            energy, pile = float(requests.energy_wh[row]), chargers.power_w[charger] * chargers.efficiency[charger]
            power = min(float(requests.max_power_w[row]), float(pile))
            if requests.end_power_w[row] < power:  # the mean of what it will be
                power = 3600.0 * energy / float(requests.charge_s(row, pile))
            self.charges.put(station, charger, energy, power, now + begin)
            until = now + begin + self.timeout
            self.sessions[station] = Session(
                charger, until, decision=Decision(reasons, row) if reasons is not None else None
            )
            self._soonest = min(self._soonest, until)
            chargers.reserved[charger] += 1

    def expected_ends(self, now: float, without: Longs = _NONE) -> ExpectedEnds:
        """When running and promised charges are expected to end, but for those of some stations."""
        self._read_meters()
        return self.charges.expected_ends(now, without)

    def expected_end(self, station: int, now: float) -> float:
        """When a station that has a session should be charged, s of simulation time."""
        self._read_meters()
        return self.charges.end(station, now)

    def _read_meters(self) -> None:
        for station, wanted, power in zip(*(column.tolist() for column in self._metered), strict=True):
            if (plugged := self.sessions.get(station)) is not None and plugged.plugged:
                self.charges.meter(station, wanted, power)
        self._metered = ()

    @staticmethod
    def _begins(assignment: object, requests: int) -> Doubles | None:
        """When promised piles are to be had, s from now; None where a policy does not say. ValueError for nonsense."""
        begin = getattr(assignment, "begin_s", None)
        if begin is None:
            return None
        begins = np.asarray(begin)
        if begins.shape != (requests,) or begins.dtype.kind not in "fiu" or np.isinf(begins).any():
            raise ValueError(f"begin_s must have a number of seconds for each of {requests} requests, or be left out")
        return np.nan_to_num(begins.astype(np.float64))

    def plug_in(self, station: int, charger: int, energy_wh: float, power_w: float, now: float) -> None:
        """A vehicle is plugged in at a group, promised or not."""
        self.pool.drop(station)
        promised = self.release(station)
        decision = promised.decision if promised is not None and promised.charger == charger else None
        self.charges.put(station, charger, energy_wh, power_w, now)
        self.sessions[station] = Session(charger, float("inf"), True, decision)
        self.chargers.occupied[charger] += 1

    def meter(self, stations: Longs, wanted_wh: Doubles, power_w: Doubles) -> None:
        """What the piles report of the vehicles plugged in: energy still wanted, and the power it comes with."""
        self._metered = (stations, wanted_wh, power_w)

    def release(self, station: int) -> Session | None:
        """End a station's session or reservation."""
        session = self.sessions.pop(station, None)
        if session is not None:
            self.charges.drop(station)
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
