"""The base of every signal controller: what it is told of its light, what it sees, and what it answers.

A controller says which green phase it wants; what shows is the guard's affair (`guard.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, NamedTuple

import numpy as np

from wayside.edge.errors import PluginError
from wayside.edge.plugin import Option
from wayside.edge.policy import locked
from wayside.ext.arrays import Doubles, Flags, Ints, Longs

if TYPE_CHECKING:
    from wayside.edge.context import Context

WAITING: Final = 5.0 / 3.6  # m/s: who is slower waits


@dataclass(frozen=True)
class ControlledLight:
    """A light as its controller knows it from the begin. Arrays cannot be written to.

    id: SUMO's; states: what each phase of its program shows, in SUMO's letters, one for each link; phases: the numbers
    of those that may be wanted, which are green; green: phases x links, whether a link has green; least_s: by phase,
    how long it shows at least.
    lanes: those that lead to it, by name, with length_m and speed_m_s, the limit; exits: those that lead away, with
    exit_m, their lengths; lane, exit: by link, from which row of `lanes` to which of `exits` it leads, -1 for links of
    pedestrians. way_s: phases x phases, how long it takes from one that may be wanted to another, as the guard leads.
    """

    id: str
    states: tuple[str, ...]
    phases: Ints
    green: Flags
    least_s: Doubles
    lanes: tuple[str, ...]
    length_m: Doubles
    speed_m_s: Doubles
    exits: tuple[str, ...]
    lane: Ints
    exit: Ints
    exit_m: Doubles
    way_s: Doubles

    @cached_property
    def served(self) -> Doubles:
        """Phases x lanes: the share of a lane's links that have green."""
        return self._shares(self.lane, len(self.lanes), mean=True)

    @cached_property
    def fed(self) -> Doubles:
        """Phases x exits: 1 where some link to there has green, else 0."""
        return self._shares(self.exit, len(self.exits), mean=False)

    def _shares(self, row_of: Ints, rows: int, mean: bool) -> Doubles:
        found = np.zeros((len(self.states), rows))
        for row in range(rows):
            green = self.green[:, row_of == row]
            found[:, row] = green.mean(axis=1) if mean else green.any(axis=1)
        return locked(found)


class Around(NamedTuple):
    """The vehicles of a light, one by one, in no order.

    lane: the row of `ControlledLight.lanes` that it is before, or on; to_go_m: from its front to the stop line;
    speed_m_s; who: a number that is its own as long as it is seen. exit, exit_speed_m_s: of those beyond, the row of
    `ControlledLight.exits`, and their speed.
    """

    lane: Ints
    to_go_m: Doubles
    speed_m_s: Doubles
    who: Longs
    exit: Ints
    exit_speed_m_s: Doubles

    @property
    def locked(self) -> Around:
        """The same, not to be written to."""
        return Around(*(locked(column) for column in self))


@dataclass(frozen=True)
class SeenTraffic:
    """What a controller sees of its light at a time [s]; arrays cannot be written to.

    phase: the one that shows, for `shown_s` s; around: the vehicles within the controller's reach, before the stop line
    and beyond; red_s: by link, for how long it has had no green.
    """

    light: ControlledLight
    time: float
    phase: int
    shown_s: float
    around: Around
    red_s: Doubles

    @cached_property
    def approaching(self) -> Longs:
        """By lane, the vehicles within reach before the stop line."""
        return self._by_lane(np.ones(len(self.around.lane), np.bool_))

    @cached_property
    def waiting(self) -> Longs:
        """By lane, those of them who go slower than 5 km/h."""
        return self._by_lane(self.around.speed_m_s < WAITING)

    @cached_property
    def queue(self) -> Longs:
        """By lane, those of them who wait, and who are before somebody who does: a queue that begins to move is one."""
        around = self.around
        back = np.full(len(self.light.lanes), -np.inf)
        waits = around.speed_m_s < WAITING
        np.maximum.at(back, around.lane[waits], around.to_go_m[waits])
        return self._by_lane(around.to_go_m <= back[around.lane])

    @cached_property
    def leaving(self) -> Longs:
        """By exit, the vehicles within reach beyond."""
        return locked(np.bincount(self.around.exit, minlength=len(self.light.exits)))

    @cached_property
    def jammed(self) -> Longs:
        """By exit, those of them who go slower than 5 km/h."""
        slow = self.around.exit[self.around.exit_speed_m_s < WAITING]
        return locked(np.bincount(slow, minlength=len(self.light.exits)))

    @property
    def demand(self) -> Doubles:
        """By phase, the vehicles before the stop lines that it lets go."""
        return self.light.served @ self.approaching

    @property
    def pressure(self) -> Doubles:
        """By phase, the vehicles that it lets go, without those that are in their way where it lets them to."""
        return self.demand - self.light.fed @ self.leaving

    def _by_lane(self, some: Flags) -> Longs:
        return locked(np.bincount(self.around.lane[some], minlength=len(self.light.lanes)))


class Controller:
    """A controller of one light; each has an object of its own.

    `choose` is asked every `period` s, as soon thereafter as the light may change. Attributes annotated with `Option`
    are set by the scenario, before the constructor runs. What is wanted holds until it is asked anew; a request of an
    application's holds over it.
    """

    context: Context  # chance of this light's own, the clock, the network
    controls: ClassVar[bool] = True  # False: SUMO's own programs run, and nobody is asked
    period: Annotated[float, Option("time between two decisions", unit="s", ge=0.1, le=600)] = 5.0
    reach: Annotated[float, Option("distance from the stop line to which vehicles count", unit="m", gt=0, le=1000)] = (
        100.0
    )

    def __init__(self, light: ControlledLight) -> None:
        self.light = light

    def choose(self, seen: SeenTraffic) -> int | None:
        """The phase that is wanted, one of `light.phases`; None: the one that shows."""
        raise NotImplementedError

    def best(self, seen: SeenTraffic, worth: Doubles) -> int:
        """The phase of the greatest worth, by phase; among equals the one that shows, else the first."""
        phases = self.light.phases
        most = worth[phases].max()
        if seen.phase in phases and worth[seen.phase] >= most:
            return seen.phase
        return int(phases[np.argmax(worth[phases])])


def checked(answer: object, light: ControlledLight, named: str) -> int:
    """The phase that a controller has answered, -1 for None. PluginError, one line that begins with `named`, for what
    is no number of a phase that may be wanted.
    """
    if answer is None:
        return -1
    if isinstance(answer, int | np.integer) and not isinstance(answer, bool) and answer in light.phases:
        return int(answer)
    phases = ", ".join(map(str, light.phases.tolist()))
    raise PluginError(
        f"{named}: must answer a green phase of traffic light {light.id} ({phases}) or None, not {answer!r}"
    )
