"""Environments of a service's open requests: an agent decides one at a time, through the door of the pool.

With several agents each has the requests of its own units. All that are asked decide at once; who comes second to a
place that is gone is asked anew before time goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from wayside.edge.context import Network
from wayside.edge.policy import read_only
from wayside.edge.pool import Ledger, Pool
from wayside.ext.arrays import Doubles, Floats, Indices, Ints, Longs, States
from wayside.sim.environments.pieces import Piece, find, observed, rewarding
from wayside.sim.environments.settings import LearningError, RequestSettings
from wayside.sim.environments.task import AgentTask, Column

if TYPE_CHECKING:
    from wayside.edge.unit import RoadsideUnit
    from wayside.sim.engine import Simulation

HOUR = 3600.0  # s


@dataclass(frozen=True)
class Offers:
    """The facilities that are offered for a request, one entry each, the best first."""

    facility: Ints  # numbers
    measures: Mapping[str, Doubles]  # what is known of each, by name, with the unit in the name


@dataclass(frozen=True)
class Case:
    """A request that an agent is to decide: what its observation is put together from."""

    time: float  # s
    begin: float  # of the simulation, s
    end: float  # s; infinite where it ends with the last vehicle
    requests: Any  # open with the agent, as the service's policy would see them
    row: int  # which of them it is
    facilities: Any  # as the service's policy would see them
    offers: Offers

    def of_request(self, column: str) -> float:
        """A column of the request."""
        return float(getattr(self.requests, column)[self.row])

    def of_offers(self, column: str) -> Doubles:
        """A column of the facilities that are offered, one entry each."""
        return np.asarray(getattr(self.facilities, column)[self.offers.facility], np.float64)


def _gone(case: Case) -> float:
    """Of the whole simulation: what share is over."""
    return (case.time - case.begin) / (case.end - case.begin) if np.isfinite(case.end) else 0.0


COMMON: Mapping[str, Piece[Case]] = {
    "time": Piece("share of the simulation that is over", "", _gone, high=1.0),
    "open": Piece("open requests of this agent", "", lambda case: len(case.requests.station)),
    "waited": Piece("since the request was first asked", "min", lambda case: case.of_request("waited") / 60.0),
    "free": Piece(
        "share of the places that are free", "", lambda case: case.offers.measures["free"], each=True, high=1.0
    ),
}


class RequestTask(AgentTask):
    """The open requests of one service. Subclasses say what can be offered, and what is seen of it."""

    service: ClassVar[str]
    pieces: ClassVar[Mapping[str, Piece[Case]]]  # beside those of COMMON

    def __init__(self, simulation: Simulation, name: str, settings: RequestSettings) -> None:
        """See `AgentTask.__init__`."""
        self._simulation = simulation
        self._name = name
        self._beside = settings.beside
        self._hold = settings.hold
        self.network: Network = simulation.roads
        where = simulation.scenario.source or simulation.scenario.sumo.config
        if self.service not in simulation.platform.ledgers or not self.ledger.without(np.empty(0, np.int64)).ids:
            raise LearningError(f"{name}: {where}: has no facilities for {self.service}")
        units = [unit for unit in simulation.units if self.service in unit.services]
        if not units:
            raise LearningError(f"{name}: {where}: no unit offers {self.service}: name it in the apps of an [[rsu]]")
        self.agents, self._agent_of = self._grouped(units, simulation.units)
        self.offered = min(settings.candidates, len(self.ledger.without(np.empty(0, np.int64)).ids))
        self._last = self.offered + len(self._beside) - 1
        self.actions = (self._last + 1,) * len(self.agents)
        self._held: dict[int, float] = {}  # s until which a station waits
        self._cases: dict[int, Case] = {}  # by agent
        folder = simulation.scenario.source and simulation.scenario.source.parent
        known = {**COMMON, **self.pieces}
        example = self._example()
        self._pieces = observed(name, settings.observation, known, folder, example)
        self.columns = tuple(self._columns())
        self._gain = self._gained(settings.reward, folder)
        self._gains = np.zeros(len(self.agents))

    # What subclasses say

    def offers(self, requests: Any, row: int, facilities: Any) -> Offers:
        """What can be given for a request: all facilities that are possible, the best first."""
        raise NotImplementedError

    # What the child asks

    def due(self) -> bool:
        """See `AgentTask.due`: whether an agent's request is open, and not let wait."""
        self._cases.clear()
        if not len(self.pool):
            return False
        requests, now = self.pool.open, self._simulation.time
        if self._held:
            self._held = {station: until for station, until in self._held.items() if until > now + 1e-9}
        agent = self._agent_of[requests.unit]
        waits = np.array([station in self._held for station in requests.station.tolist()], bool)
        for number in np.unique(agent[~waits]).tolist():
            rows = np.flatnonzero(agent == number)
            mine = _rows(requests, rows)
            self._cases[number] = self._case(mine, int(np.flatnonzero(~waits[rows])[0]))
        return bool(self._cases)

    def look(self, observation: Floats, mask: States, asked: States) -> None:
        """See `AgentTask.look`."""
        mask[:, self._last] = 1
        for number, case in self._cases.items():
            asked[number] = 1
            mask[number, : len(case.offers.facility)] = 1
            mask[number, self.offered :] = 1
            at = 0
            for piece in self._pieces.values():
                size = self.offered if piece.each else 1
                seen = np.atleast_1d(piece.read(case))
                observation[number, at : at + len(seen)] = seen
                at += size

    def act(self, actions: Longs) -> None:
        """See `AgentTask.act`."""
        for number, case in self._cases.items():
            chosen = int(actions[number])
            rank = chosen if chosen < len(case.offers.facility) else -1
            if rank < 0 and self._what(chosen) == "wait":
                self._held[int(case.requests.station[case.row])] = self._simulation.time + self._hold
            elif self._decide(case, rank):
                self._gains[number] += sum(weight * gain(case, rank) for gain, weight in self._gain)

    def gains(self) -> Doubles:
        """See `AgentTask.gains`."""
        taken, self._gains = self._gains, np.zeros(len(self.agents))
        return taken

    @property
    def ledger(self) -> Ledger:
        """The service's."""
        found: Ledger = getattr(self._simulation.platform, self.service)
        return found

    @property
    def pool(self) -> Pool:
        """The service's open requests."""
        found: Pool = self.ledger.pool  # type: ignore[attr-defined]
        return found

    def _grouped(self, units: list[RoadsideUnit], every: list[RoadsideUnit]) -> tuple[tuple[str, ...], Ints]:
        """The agents' names, and whose each unit's requests are."""
        groups: dict[tuple[int, ...], list[RoadsideUnit]] = {}
        for unit in units:
            groups.setdefault(self.pool.group(unit), []).append(unit)
        scope, names = self.pool.pooling.scope, []
        agent_of = np.zeros(len(every), np.int32)
        for number, (key, members) in enumerate(sorted(groups.items())):
            square = "_".join(str(part) for part in key[1:])
            district = members[0].id if members[0].cellular else f"district_{square}"
            names.append({"city": "city", "unit": members[0].id, "district": district}[scope])
            agent_of[[unit.number for unit in members]] = number
        return tuple(names), agent_of

    def _case(self, requests: Any, row: int) -> Case:
        facilities = read_only(self.ledger.without(requests.station[row : row + 1]))  # type: ignore[type-var]
        offers = self.offers(requests, row, facilities)
        first = slice(0, self.offered)
        offers = Offers(offers.facility[first], {name: one[first] for name, one in offers.measures.items()})
        clock = self._simulation.clock
        end = np.inf if clock.end is None else clock.end
        return Case(self._simulation.time, clock.begin, end, requests, row, facilities, offers)

    def _example(self) -> Case:
        """A request that nobody has made, to see what users' pieces answer."""
        kinds = {"station": np.int64, "vehicle": np.int32, "unit": np.int32, **self.ledger.columns}
        columns: dict[str, Any] = {name: np.ones(1, kind) for name, kind in kinds.items()}
        return self._case(self.ledger.wishes(**columns, waited=np.zeros(1)), 0)

    def _columns(self) -> list[Column]:
        found = []
        for name, piece in self._pieces.items():
            parts = [f"{name}[{k}]" for k in range(self.offered)] if piece.each else [name]
            found += [Column(part, piece.low, piece.high) for part in parts]
        return found

    def _gained(self, weights: Mapping[str, float], folder: Any) -> list[tuple[Callable[[Case, int], float], float]]:
        """What is gained by a decision: pieces of each facility for the one that is given, and what a user says."""
        of_each = {name: piece for name, piece in {**COMMON, **self.pieces}.items() if piece.each}
        known = [*of_each, "refused"]
        found: list[tuple[Callable[[Case, int], float], float]] = []
        for name, weight in weights.items():
            if "." in name and ":" not in name:
                continue  # a key figure
            code = find(f"{self._name}: reward", name, known, folder)
            if code is not None:
                found.append((rewarding(self._name, name, code), weight))
            elif name == "refused":
                found.append((_refused, weight))
            else:
                found.append((_of_given(of_each[name]), weight))
        return found

    def _what(self, action: int) -> str:
        """What an action means that gives nothing: one that is not possible is the last one."""
        at = action - self.offered
        return self._beside[at if 0 <= at < len(self._beside) else -1]

    def _decide(self, case: Case, rank: int) -> bool:
        """Through the pool's door. Whether it could be: another agent may have given the place away meanwhile."""
        station = case.requests.station[case.row : case.row + 1]
        facility = int(case.offers.facility[rank]) if rank >= 0 else -1
        full = facility >= 0 and self.ledger.without(station).free_in(np.array([facility]))[0] <= 0
        if full and not self.ledger.queues:
            return False
        self.pool.commit(station, np.array([facility], np.int32))
        return True


def _rows(requests: Any, rows: Indices) -> Any:
    """Some of the requests."""
    columns = {one.name: getattr(requests, one.name) for one in fields(requests)}
    return replace(requests, **{name: one[rows] for name, one in columns.items() if isinstance(one, np.ndarray)})


def _refused(case: Case, rank: int) -> float:
    return float(rank < 0)


def _of_given(piece: Piece[Case]) -> Callable[[Case, int], float]:
    return lambda case, rank: float(piece.read(case)[rank]) if rank >= 0 else 0.0
