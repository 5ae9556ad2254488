"""Which phase a traffic light shows: the environment `wayside/Signals-v0`.

An agent says which green phase it wants, at the same times for all lights; what shows is the guard's affair
(`edge/control/guard.py`), so a light that has not shown its phase for the least time yet is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from wayside.edge.control.controller import ControlledLight, Controller, SeenTraffic
from wayside.ext.arrays import Doubles, Floats, Longs, States
from wayside.sim.environments.pieces import Piece, find, observed, rewarding
from wayside.sim.environments.settings import LearningError, Pieces, Settings, Weights
from wayside.sim.environments.task import AgentTask, Column

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation

SELDOM = 600.0  # s between two times at which a controller is asked that only repeats what its agent wants


class Outside(Controller):
    """Decides nothing: what is wanted comes from outside the run."""

    wish: int | None = None

    def choose(self, seen: SeenTraffic) -> int | None:
        """See `Controller.choose`."""
        return self.wish


class SignalSettings(Settings):
    """See `Settings`."""

    kind: ClassVar[str] = "signals"

    observation: Pieces = ("phase", "shown", "approaching", "waiting")
    reward: Weights = Field(default={"waiting": -0.01})
    period: float = Field(default=5.0, ge=0.1, le=600, description="Time between two decisions, s")
    reach: float = Field(default=100.0, gt=0, le=1000, description="Distance from the stop line that is seen, m")
    detection: Literal["perfect", "heard"] = Field(
        default="perfect",
        description="What is seen: all vehicles, or those in the local dynamic map of the unit at the light",
    )

    @property
    def staging(self) -> dict[str, object]:
        """See `Settings.staging`."""
        outside = f"{Outside.__module__}:{Outside.__qualname__}"
        control = {"use": outside, "period": SELDOM, "reach": self.reach}
        return {"signals.control": control, "signals.detection": self.detection}


@dataclass(frozen=True)
class ShownLight:
    """A light as its agent sees it: what a controller would be told, and the simulation's begin and end [s]."""

    seen: SeenTraffic
    begin: float
    end: float  # infinite where it ends with the last vehicle

    @property
    def light(self) -> ControlledLight:
        """What does not change."""
        return self.seen.light

    @property
    def time(self) -> float:
        """Of the simulation, s."""
        return self.seen.time


def _over(shown: ShownLight) -> float:
    return (shown.seen.time - shown.begin) / (shown.end - shown.begin) if np.isfinite(shown.end) else 0.0


def _phase(shown: ShownLight) -> Doubles:
    """By phase that may be wanted: 1 for the one that shows or comes next."""
    return (shown.light.phases == shown.seen.phase).astype(np.float64)


def _of_phases(worth: Callable[[SeenTraffic], Doubles]) -> Callable[[ShownLight], Doubles]:
    return lambda shown: worth(shown.seen)[shown.light.phases]


LANES, PHASES = "lane", "phase"  # what there are several of
PIECES: Mapping[str, tuple[Piece[ShownLight], str]] = {
    "time": (Piece("share of the simulation that is over", "", _over, high=1.0), ""),
    "phase": (Piece("1 for the one that shows or comes next", "", _phase, each=True, high=1.0), PHASES),
    "shown": (Piece("for how long that has shown", "10 s", lambda shown: max(shown.seen.shown_s, 0.0) / 10.0), ""),
    "approaching": (
        Piece("vehicles within reach before the stop line", "10", lambda s: s.seen.approaching / 10.0, each=True),
        LANES,
    ),
    "waiting": (
        Piece("those of them below 5 km/h", "10", lambda shown: shown.seen.waiting / 10.0, each=True),
        LANES,
    ),
    "demand": (
        Piece("vehicles that it would let go", "10", lambda s: _of_phases(lambda one: one.demand / 10.0)(s), each=True),
        PHASES,
    ),
    "pressure": (
        Piece(
            "the same without those that are in their way beyond",
            "10",
            lambda shown: _of_phases(lambda seen: seen.pressure / 10.0)(shown),
            each=True,
            low=-np.inf,
        ),
        PHASES,
    ),
    "red": (
        Piece(
            "longest that somebody whom it would let go has had no green",
            "min",
            lambda shown: _red(shown) / 60.0,
            each=True,
        ),
        PHASES,
    ),
}
GAINS: Mapping[str, Callable[[SeenTraffic], float]] = {
    "waiting": lambda seen: float(seen.waiting.sum()),
    "approaching": lambda seen: float(seen.approaching.sum()),
    "pressure": lambda seen: float(seen.approaching.sum() - seen.leaving.sum()),
}


def _red(shown: ShownLight) -> Doubles:
    """By phase that may be wanted, s."""
    light, red = shown.light, shown.seen.red_s
    found: Doubles = np.where(light.green[light.phases], red, 0.0).max(axis=1, initial=0.0)
    return found


class SignalTask(AgentTask):
    """An agent for each light that a controller can run."""

    def __init__(self, simulation: Simulation, name: str, settings: SignalSettings) -> None:
        """See `AgentTask.__init__`."""
        self._simulation, self._control = simulation, simulation.control
        self._numbers = sorted(self._control.controllers)
        lights = [self._control.lights[number] for number in self._numbers]
        where = simulation.scenario.source or simulation.scenario.sumo.config
        if not lights:
            reasons = "; ".join(dict.fromkeys(self._control.left.values())) or "there is none"
            raise LearningError(f"{name}: {where}: has no traffic light that an agent can run: {reasons}")
        clock = simulation.clock
        self._begin, self._end = clock.begin, np.inf if clock.end is None else clock.end
        self.agents = tuple(light.id for light in lights)
        self.actions = tuple(len(light.phases) for light in lights)
        self._sizes = {LANES: max(len(light.lanes) for light in lights), PHASES: max(self.actions), "": 1}
        self._period_ms = round(settings.period * 1000)
        self._next_ms = round(simulation.time * 1000) + self._period_ms
        self._seen: dict[int, ShownLight] = {}  # by agent
        self._asked: list[int] = []  # agents
        folder = simulation.scenario.source and simulation.scenario.source.parent
        self._look_all()
        example = next(iter(self._seen.values()))
        self._pieces = observed(
            name, settings.observation, {name: piece for name, (piece, _) in PIECES.items()}, folder, example
        )
        self.columns = tuple(self._columns())
        self._gain = [
            (GAINS[one] if code is None else self._own(name, one, code), weight)
            for one, weight in settings.reward.items()
            if "." not in one or ":" in one
            for code in (find(f"{name}: reward", one, GAINS, folder),)
        ]

    def due(self) -> bool:
        """See `AgentTask.due`: all lights are asked at the same times, but for those that must not change yet."""
        now_ms = round(self._simulation.time * 1000)
        if now_ms < self._next_ms:
            return False
        self._next_ms += self._period_ms
        free = self._control.free()
        self._asked = [agent for agent, number in enumerate(self._numbers) if number in free]
        return bool(self._asked)

    def look(self, observation: Floats, mask: States, asked: States) -> None:
        """See `AgentTask.look`."""
        self._look_all()
        asked[self._asked] = 1
        for agent, shown in self._seen.items():
            count = self.actions[agent]
            mask[agent, :count] = 1 if asked[agent] else _phase(shown)
            if not mask[agent].any():
                mask[agent, count - 1] = 1
            at = 0
            for name, piece in self._pieces.items():
                seen = np.atleast_1d(piece.read(shown))
                observation[agent, at : at + len(seen)] = seen
                at += self._size(name, piece)

    def act(self, actions: Longs) -> None:
        """See `AgentTask.act`."""
        for agent in self._asked:
            number = self._numbers[agent]
            phase = int(self._control.lights[number].phases[actions[agent]])
            controller = self._control.controllers[number]
            assert isinstance(controller, Outside)
            controller.wish = phase
            self._control.want(number, phase)
        self._asked = []

    def gains(self) -> Doubles:
        """See `AgentTask.gains`: by what there is to be seen at the end of a step."""
        found = np.zeros(len(self.agents))
        if self._gain:
            self._look_all()
            for agent, shown in self._seen.items():
                found[agent] = sum(weight * gain(shown.seen) for gain, weight in self._gain)
        return found

    def _look_all(self) -> None:
        """What there is to be seen now, once for each moment."""
        now = self._simulation.time
        if self._seen and next(iter(self._seen.values())).seen.time == now:
            return
        seen = self._control.seen(self._numbers, now)
        self._seen = {
            agent: ShownLight(seen[number], self._begin, self._end) for agent, number in enumerate(self._numbers)
        }

    def _size(self, name: str, piece: Piece[ShownLight]) -> int:
        """How many columns a piece has: a user's as many as there are lanes."""
        return self._sizes[PIECES[name][1] if name in PIECES else LANES if piece.each else ""]

    def _columns(self) -> list[Column]:
        found = []
        for name, piece in self._pieces.items():
            size = self._size(name, piece)
            parts = [f"{name}[{k}]" for k in range(size)] if piece.each else [name]
            found += [Column(part, piece.low, piece.high) for part in parts]
        return found

    @staticmethod
    def _own(name: str, piece: str, code: Callable[..., Any]) -> Callable[[SeenTraffic], float]:
        return rewarding(name, piece, code)
