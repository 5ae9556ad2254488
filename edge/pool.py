"""The open requests of a service, pooled until they are decided, and the one door through which decisions come.

A request is open from the moment a unit hands it in until it is decided, replaced by a repetition of its own, or gone.
The service's policy is asked at looks, each half a second; a script between two steps and an application commit
whenever they like. Whatever decides, its answer is checked, copied and entered into the ledger here, and goes out from
the unit that was asked, on the air in the next V2X tick.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wayside.edge.app import App
from wayside.edge.decision import UNSAID, Deliberation, deliberate
from wayside.edge.errors import CommitError, PluginError, code_of, place_of
from wayside.edge.plugin import Option
from wayside.edge.policy import checked, locked, name_of
from wayside.ext.arrays import Doubles, Flags, Indices, Ints, Longs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wayside.edge.messages import Request
    from wayside.edge.unit import RoadsideUnit


# V2X ticks between two looks; a unit's own in ticks of its own, as neighbours do not all compute at once.
LOOK: Final = 5
RETRY: Final = 2.0  # s that a driver waits for an answer; then the request is repeated
KEPT: Final = 2 * RETRY  # s without a repetition, of which one may be lost on the air, after which a request is gone
CROSSING: Final = 0.5  # s after an answer in which a repetition has been sent before the answer was heard
_CLOSE: Final = 1e-9  # s, of rounding


@dataclass(frozen=True)
class Pooling:
    """Which requests are decided together, and when: options of every policy, which are the pool's."""

    scope: Annotated[
        Literal["unit", "district", "city"],
        Option("whose requests are decided together: of one unit, of the units of a district, of all"),
    ] = "unit"
    window: Annotated[float, Option("how long the first of them waits for others", "s", ge=0, le=3600)] = 0.0
    district: Annotated[float, Option("edge of the squares that are districts", "m", gt=0, le=1e6)] = 1000.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What all services' requests have, one entry each, in the order in which they were first asked."""

    station: Longs = field(default_factory=lambda: np.empty(0, np.int64))  # by which a script says whom it means
    vehicle: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # slot
    unit: Ints = field(default_factory=lambda: np.empty(0, np.int32))  # that was asked last, and answers
    waited: Doubles = field(default_factory=lambda: np.empty(0, np.float64))  # s since it was first asked


class FacilityArrays(Protocol):
    """What a ledger's facilities have in common."""

    @property
    def ids(self) -> tuple[str, ...]: ...
    def free_in(self, some: Indices | Ints) -> Ints:
        """The free places of some of them, none below 0; any for -1."""


class Ledger(Protocol):
    """What a pool needs of a service's ledger: who has which place."""

    path: ClassVar[str]  # of the scenario, that names the policy
    columns: ClassVar[Mapping[str, type]]  # of its requests, beside those of `Asked`
    places: ClassVar[str]  # what is given out
    queues: ClassVar[bool]  # whether more may be promised than is free, as some wait

    @property
    def policy(self) -> Any: ...

    def wishes(self, **columns: NDArray[Any]) -> Any:
        """The service's Requests."""

    def without(self, stations: Longs) -> FacilityArrays:
        """The facilities as they are once these stations have given back what they have."""

    def ask(self, requests: Any, now: float) -> Any:
        """The policy's answer, not checked; None where it leaves all of them open."""

    def release(self, station: int) -> Any:
        """Give back what a station has."""

    def reserve(self, requests: Any, chosen: Ints, reasons: Deliberation | None, now: float) -> None:
        """Enter what is given out; -1: nothing. The stations have nothing by now."""


class Desk(App):
    """An application that hands requests in to a pool, and sends what becomes of them."""

    def answer(self, vehicle: Ints, station: Longs, chosen: Ints) -> None:
        """Send answers, one entry each: a facility's number, or -1."""
        raise NotImplementedError


class Answer(NamedTuple):
    """Decisions that go out from one unit, one entry each."""

    desk: Desk
    vehicle: Ints
    station: Longs
    chosen: Ints

    def send(self) -> None:
        """Let the application send it."""
        self.desk.answer(self.vehicle, self.station, self.chosen)


class Pool:
    """A service's open requests, and who decides them together.

    Every request ends in one of three ways, which are counted: decided, replaced by its own repetition, or gone.
    """

    def __init__(self, ledger: Ledger, pooling: Pooling) -> None:
        self.ledger = ledger
        self.pooling = pooling
        self.time = 0.0  # s, of the last V2X tick
        self.locked = False  # whether nobody may commit: SUMO has gone ahead
        self.answers: list[Answer] = []  # committed, not sent yet
        self.asked = self.decided = self.replaced = self.gone = 0
        kinds = {"station": np.int64, "vehicle": np.int32, "unit": np.int32, "first": np.float64, "last": np.float64}
        self._columns: dict[str, NDArray[Any]] = {
            name: np.empty(0, kind) for name, kind in (kinds | dict(ledger.columns)).items()
        }
        self._desks: dict[int, Desk] = {}  # by unit
        self._answered: dict[int, float] = {}  # s, by station; those of late
        self._policy: Any = None  # that was asked last, by what name, and where its code is
        self._name = self._place = ""

    def __len__(self) -> int:
        """How many are open, or kept for a repetition to come."""
        return len(self._columns["station"])

    @property
    def undecided(self) -> bool:
        """Whether stations have asked again, or given up, and nobody has ever decided anything, though somebody should:
        a policy that means to advise nobody says so by its attribute `advises`.
        """
        return not self.decided and self.replaced + self.gone > 0 and getattr(self.ledger.policy, "advises", True)

    @property
    def open(self) -> Any:
        """The requests that can be decided now, as the service's policy sees them: a copy, not to be written to."""
        self._forget()
        return self._shown(np.flatnonzero(self._awaited()))

    def hand_in(self, desk: Desk, requests: Request) -> None:
        """A unit has been asked. A station's earlier request, to whatever unit, is replaced, and its place is kept.

        What has crossed its answer on the air counts as answered: the station has heard it, or will ask again.
        """
        unit, now = desk.unit.number, desk.unit.time
        self._desks[unit] = desk
        # The last of each station, and none that has crossed its answer.
        last = {station: row for row, station in enumerate(requests.station.tolist())}
        told = self._answered
        rows = [row for station, row in last.items() if now - told.get(station, -math.inf) > CROSSING + _CLOSE]
        self.asked += len(requests.station) - (len(last) - len(rows))
        self.replaced += len(requests.station) - len(last)
        new = self._entered(requests, np.array(sorted(rows), np.intp), unit, now)
        there = {station: row for row, station in enumerate(self._columns["station"].tolist())}
        both = [(there[station], row) for row, station in enumerate(new["station"].tolist()) if station in there]
        if both:
            old, again = (np.array(found, np.intp) for found in zip(*both, strict=True))
            new["first"][again] = self._columns["first"][old]
            self.replaced += len(old)
            for name, column in self._columns.items():
                column[old] = new[name][again]
            new = {name: np.delete(column, again) for name, column in new.items()}
        self._columns = {name: np.concatenate((column, new[name])) for name, column in self._columns.items()}

    def _entered(self, requests: Request, rows: Indices, unit: int, now: float) -> dict[str, NDArray[Any]]:
        """Rows of requests as rows of the pool's."""
        ours = {"unit": unit, "first": now, "last": now}
        return {
            name: np.full(len(rows), ours[name], column.dtype)
            if name in ours
            else getattr(requests, name)[rows].astype(column.dtype, copy=False)
            for name, column in self._columns.items()
        }

    def drop(self, *stations: int) -> None:
        """These stations want nothing any more, or are told so."""
        if len(self):
            self.gone += self._remove(_among(self._columns["station"], stations))

    def commit(self, stations: ArrayLike, assignment: Any) -> None:
        """Decide the open requests of these stations, from a script between two steps or from an application.

        `assignment`: as a policy answers, or its facility numbers alone, -1 for none; one entry for each station. All
        others stay open. CommitError, one line with the scenario's field, where a station has no open request, or for
        an answer that a policy's would be refused for; nothing is entered then. RuntimeError within `Simulation.run`.
        """
        if self.locked:
            raise RuntimeError("run() lets SUMO go ahead; iterate over the simulation to commit decisions")
        named = f"{self.ledger.path} from outside"
        who = np.asarray(stations)
        if who.ndim != 1 or (who.size and who.dtype.kind not in "iu"):
            raise CommitError(f"{named}: stations must be whole numbers, one for each request")
        self._forget()
        rows = np.flatnonzero(self._awaited())
        row_of = dict(zip(self._columns["station"][rows].tolist(), rows.tolist(), strict=True))
        if len(unknown := [station for station in who.tolist() if station not in row_of]):
            raise CommitError(f"{named}: station {unknown[0]} has no open request")
        if len(np.unique(who)) < len(who):
            raise CommitError(f"{named}: each station must be named once")
        picked = np.array([row_of[station] for station in who.tolist()], np.intp)
        if not hasattr(assignment, "chosen"):
            assignment = _Numbers(np.asarray(assignment, None if len(who) else np.int32))
        try:
            self._commit(self._shown(picked), assignment, named)
        except PluginError as error:
            raise CommitError(str(error)) from None

    def take(self) -> list[Answer]:
        """What has been decided since the last call. What nobody can say any more is given back."""
        taken, self.answers = self.answers, []
        for answer in taken:
            if not _serves(answer.desk):
                for station in answer.station.tolist():
                    self.ledger.release(station)
        return [answer for answer in taken if _serves(answer.desk)]

    def look(self, tick: int, now: float) -> None:
        """V2X tick `tick`: let the policy decide what is due. PluginError where it breaks off or answers nonsense."""
        self.time = now
        if not len(self):
            return
        self._forget()
        for stations in self._due(tick):
            desk = self._desks[int(self._columns["unit"][self._columns["station"] == stations[0]][0])]
            desk.unit.time = now
            desk.unit.due(desk, partial(self._decide, stations))

    def _due(self, tick: int) -> list[Longs]:
        """The stations of each group whose time has come, the groups in the order of their units or squares."""
        apart = self.pooling.scope == "unit"
        asked = set(self._columns["unit"].tolist())
        due = [number for number in sorted(asked) if (tick - (number if apart else 0)) % LOOK == 0]
        if not due:
            return []
        rows = np.flatnonzero(self._awaited())
        unit, first = self._columns["unit"][rows], self._columns["first"][rows]
        groups: dict[tuple[int, ...], list[int]] = {}
        for number in sorted(set(due).intersection(unit.tolist())):
            groups.setdefault(self.group(self._desks[number].unit), []).append(number)
        found = []
        for _, units in sorted(groups.items()):
            mine = _among(unit, units)
            if self.time - first[mine].min() >= self.pooling.window - _CLOSE:
                found.append(self._columns["station"][rows[mine]])
        return found

    def group(self, unit: RoadsideUnit) -> tuple[int, ...]:
        """With which others a unit's requests are decided: a key that is theirs."""
        if self.pooling.scope == "city":
            return ()
        if self.pooling.scope == "unit":
            return (unit.number,)
        # The platform's own station is nowhere.
        return int(unit.cellular), *(math.floor(at / self.pooling.district) for at in unit.position)

    def _decide(self, stations: Longs) -> None:
        """Ask the policy."""
        requests, policy = self._shown(np.flatnonzero(_among(self._columns["station"], stations))), self.ledger.policy
        asked = self._desks[int(requests.unit[0])].unit.id if self.pooling.scope == "unit" else ""
        if policy is not self._policy:
            self._policy, self._name, self._place = policy, name_of(policy), place_of(policy)
        named = f"{self.ledger.path} {self._name}{asked and f' at unit {asked}'} at {self.time:g} s"
        with code_of(named):
            assignment = self.ledger.ask(requests, self.time)
        if assignment is not None:
            self._commit(requests, assignment, f"{named}{self._place}")

    def _commit(self, requests: Any, assignment: Any, named: str) -> None:
        """The door: everything is checked before anything is entered."""
        ledger = self.ledger
        there = ledger.without(requests.station)
        chosen = checked(assignment, named, len(requests.station), len(there.ids))
        some, taken = np.unique(chosen[chosen >= 0], return_counts=True)
        if not ledger.queues and (over := taken > there.free_in(some)).any():
            full = there.ids[int(some[over][0])]
            raise PluginError(f"{named}: more {ledger.places} given out in {full!r} than are free")
        costs, measure = getattr(assignment, "costs", None), getattr(assignment, "measure", UNSAID)
        candidates = getattr(assignment, "candidates", None)
        seen = costs, chosen, len(there.ids), there.free_in
        reasons = deliberate(*seen, self.time, requests.unit, measure, named, candidates)
        late = self.time - CROSSING - _CLOSE
        self._answered = {station: time for station, time in self._answered.items() if time >= late}
        for station in requests.station.tolist():
            ledger.release(station)
            self._answered[station] = self.time
        ledger.reserve(requests, chosen, reasons, self.time)
        self.decided += self._remove(_among(self._columns["station"], requests.station))
        for unit in sorted(set(requests.unit.tolist())):
            mine = requests.unit == unit
            answer = requests.vehicle[mine], requests.station[mine], chosen[mine]
            self.answers.append(Answer(self._desks[unit], *answer))

    def _shown(self, rows: Indices) -> Any:
        """These rows, as a policy sees them."""
        columns = {name: column[rows] for name, column in self._columns.items()}
        columns["waited"] = self.time - columns.pop("first")
        del columns["last"]
        return self.ledger.wishes(**{name: locked(column) for name, column in columns.items()})

    def _awaited(self) -> Flags:
        """Whose drivers wait for the answer; the others are to ask again, or want nothing any more."""
        awaited: Flags = self.time - self._columns["last"] <= RETRY + _CLOSE
        return awaited

    def _forget(self) -> None:
        """Requests fall out that are not repeated any more, and those of units that are off or do not serve."""
        if not len(self):
            return
        unit = self._columns["unit"]
        gone = self.time - self._columns["last"] > KEPT + _CLOSE
        if idle := [number for number in sorted(set(unit.tolist())) if not _serves(self._desks[number])]:
            gone |= _among(unit, idle)
        self.gone += self._remove(gone)

    def _remove(self, rows: Flags) -> int:
        """Take out these rows; how many."""
        if not rows.any():
            return 0
        self._columns = {name: column[~rows] for name, column in self._columns.items()}
        return int(rows.sum())


class _Numbers(NamedTuple):
    """An assignment that says nothing but its choice."""

    chosen: NDArray[Any]


def _serves(desk: Desk) -> bool:
    """Whether an application's unit is on, and it has not been switched off there."""
    return desk.unit.on and any(app is desk for app in desk.unit.apps)


def _among(values: Ints | Longs, some: Sequence[int] | Longs) -> Flags:
    """Which values are among some; mostly there is one to look for, or none, and NumPy's own search is slow at few."""
    if not len(some):
        return np.zeros(len(values), np.bool_)
    if len(some) == 1:
        return values == some[0]
    return np.isin(values, some)
