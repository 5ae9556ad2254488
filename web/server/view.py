"""What the live view has of an on-board service; a module of `services` each for those that have more than figures."""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.edge.decision import Decision
from wayside.edge.errors import PluginError
from wayside.edge.policy import name_of
from wayside.ext.arrays import Doubles, States
from wayside.sim.engine import Simulation
from wayside.sim.onboard.service import OnboardService
from wayside.sim.sumo.commands import Command
from wayside.sim.sumo.scenery import Bay, Scenery
from wayside.web.server import services
from wayside.web.server.errands import Errand
from wayside.web.server.models import Body

AHEAD = (300.0, 900.0)  # s from now that forecasts are told of

Say = Callable[..., None]  # `Events.say`


class Action(NamedTuple):
    """Something that a presenter may do with a service: `POST /api/actions/NAME`."""

    name: str
    summary: str
    body: type[Body]
    # Commands for the simulation with these values, and a line that says what was done; raises ActionRefusedError.
    do: Callable[[Simulation, dict[str, Any]], tuple[list[Command], str]]


class ServiceView:
    """What is shown of one service of a run: the base of all, and what a user's own has, whose figures are shown by
    its name.

    A module `services/NAME.py` has a `View` for the service of that name.
    """

    serves: ClassVar[type[OnboardService]] = OnboardService
    lists: ClassVar[tuple[str, ...]] = ()  # the names of its places in the world, snapshots and `places`
    kinds: ClassVar[tuple[str, ...]] = ()  # of its objects, as references have them
    flags: ClassVar[bytes] = b""  # what its state puts into a vehicle's flags (docs/live.md), by its number, 0 to 7
    settings: ClassVar[frozenset[str]] = frozenset()  # of its section, what a caller may change
    actions: ClassVar[tuple[Action, ...]] = ()
    errand: ClassVar[Errand | None] = None  # what two runs are held against each other by

    def __init__(self, simulation: Simulation, service: Any) -> None:
        """Of a service that is an instance of `serves`."""
        self.simulation = simulation
        self.service = service

    def world(self, scenery: Scenery) -> dict[str, list[dict[str, Any]]]:
        """Its places that stand still, by each name in `lists`."""
        return {}

    def places(self) -> dict[str, NDArray[Any]]:
        """Their state, by each name in `lists`: a row each, of whole numbers, the first is its own."""
        return {}

    def objects(self) -> dict[str, tuple[Callable[[int], dict[str, Any]], int]]:
        """By each name in `kinds`: the state of one of its objects by its number, and how many there are."""
        return {}

    def vehicle(self, slot: int, station: int) -> dict[str, Any] | None:
        """What of a vehicle's state is this service's."""
        return None

    def marks(self) -> dict[str, list[Any]]:
        """What it does at this moment, for the map: rows by the names that `marks` of docs/live.md has."""
        return {}

    def decisions(self) -> dict[int, Decision]:
        """Those that hold now and tell their costs, by the vehicle's station."""
        return {}

    def reason(self, decision: Decision) -> dict[str, Any]:
        """Why it came out so: a `decision` of docs/live.md."""
        raise NotImplementedError

    def look(self, say: Say) -> None:
        """Say what has happened since the last look."""

    def records(self) -> Sequence[object]:
        """The rows of the errand's table so far, in its order, with its columns as attributes; it only grows."""
        return ()


@cache
def known() -> Mapping[str, type[ServiceView]]:
    """Those that there are, by the names of their services."""
    names = sorted(module.name for module in pkgutil.iter_modules(services.__path__))
    return {name: import_module(f"{services.__name__}.{name}").View for name in names}


class Views:
    """Those of one run, in the order of its services. Of a known one that it lacks there is nothing, said as such."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.all: list[ServiceView] = []
        for service in simulation.onboard:
            kind = known().get(service.name, ServiceView)
            # One of the same name may be somebody else's.
            self.all.append((kind if isinstance(service, kind.serves) else ServiceView)(simulation, service))
        here = {type(view) for view in self.all}
        self._absent = {name: kind for name, kind in known().items() if kind not in here}
        self.objects = {kind: found for view in self.all for kind, found in view.objects().items()}

    def __iter__(self) -> Iterator[ServiceView]:
        return iter(self.all)

    def world(self, scenery: Scenery) -> dict[str, Any]:
        """See `ServiceView.world`."""
        return {key: rows for view in self for key, rows in view.world(scenery).items()} | self._nothing([])

    def places(self) -> dict[str, NDArray[Any]]:
        """See `ServiceView.places`."""
        return {key: rows for view in self for key, rows in view.places().items()} | self._nothing(np.empty((0, 1)))

    def vehicle(self, slot: int, station: int) -> dict[str, Any]:
        """See `ServiceView.vehicle`; by the names of the services."""
        found = {view.service.name: view.vehicle(slot, station) for view in self if type(view) is not ServiceView}
        return {**found, **dict.fromkeys(self._absent)}

    def marks(self) -> dict[str, list[Any]]:
        """See `ServiceView.marks`; of those that say the same the rows of all."""
        found: dict[str, list[Any]] = {}
        for view in self:
            for name, rows in view.marks().items():
                found.setdefault(name, []).extend(rows)
        return found

    def states(self, n: int) -> list[States]:
        """Of those with `flags`, the state of each of the first n slots."""
        return [view.service.state[:n] for view in self if view.flags]

    def _nothing(self, empty: Any) -> dict[str, Any]:
        return {key: empty for kind in self._absent.values() for key in kind.lists}


# For views


def rounded(value: Any, digits: int = 2) -> float | None:
    """For JSON, which knows no NaN."""
    number = float(value)
    return round(number, digits) if math.isfinite(number) else None


class PolicyForecast(NamedTuple):
    """How many places of each facility a policy expects to be taken, at each of `AHEAD`; or why it tells none."""

    policy: str
    taken: list[Doubles]
    words: str = ""

    @classmethod
    def of(cls, policy: object, expects: Callable[[float], Doubles | None]) -> PolicyForecast:
        """By what it `expects` so many seconds from now."""
        name = name_of(policy)
        if not hasattr(policy, "forecast"):
            return cls(name, [], "the policy forecasts nothing")
        try:
            taken = [expects(after_s) for after_s in AHEAD]
        except PluginError as error:
            return cls(name, [], str(error))
        known = [one for one in taken if one is not None]
        return cls(name, known) if len(known) == len(AHEAD) else cls(name, [], "the policy has learnt nothing yet")

    def told(self, number: int | None = None) -> dict[str, Any]:
        """As `details` have it; of one facility with what is expected there."""
        here = {} if number is None else {"taken": [rounded(one[number], 1) for one in self.taken]}
        return {"ahead_s": list(AHEAD) if self.taken else [], "words": self.words, **here}


def bays_of(bays: Sequence[Bay]) -> list[list[float]]:
    """Bays as the world has them."""
    return [
        [round(bay.x, 2), round(bay.y, 2), round(bay.heading, 1), round(bay.length, 2), round(bay.width, 2)]
        for bay in bays
    ]


def decided(
    decision: Decision, policy: object, kind: str, names: Sequence[str], place_of: Sequence[int] | None = None
) -> dict[str, Any]:
    """Why a facility was chosen; `place_of` says which place a facility belongs to, where that is another number."""
    return {
        "time": decision.of.time,
        "policy": name_of(policy),
        "unit": f"unit/{decision.unit}",
        "measure": decision.of.measure._asdict(),
        "candidates": [
            {
                "ref": f"{kind}/{candidate.facility if place_of is None else place_of[candidate.facility]}",
                "id": names[candidate.facility],
                "cost": rounded(candidate.cost),
                "free": candidate.free,
                "chosen": candidate.chosen,
            }
            for candidate in decision.candidates
        ],
    }
