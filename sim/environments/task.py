"""What a kind of environment is: its agents, what they see, what they do, and what they are rewarded for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from wayside.ext.arrays import Doubles, Floats, Longs, States

if TYPE_CHECKING:
    from wayside.sim.engine import Simulation


class Column(NamedTuple):
    """An entry of an observation."""

    name: str
    low: float
    high: float  # infinite: unbounded


class AgentTask:
    """One kind of environment in one simulation. The methods are called in the order in which they stand here."""

    agents: tuple[str, ...]
    columns: tuple[Column, ...]
    actions: tuple[int, ...]  # that each agent has

    def __init__(self, simulation: Simulation, name: str, settings: Any) -> None:
        """LearningError, one line that begins with the environment's name, where the scenario has nothing to decide."""

    def due(self) -> bool:
        """Whether an agent has something to decide now, between two steps of the simulation."""
        raise NotImplementedError

    def look(self, observation: Floats, mask: States, asked: States) -> None:
        """Write what the agents see and may do, an entry each; all are 0 before. Something is possible for each."""
        raise NotImplementedError

    def act(self, actions: Longs) -> None:
        """Carry out what the agents have decided, an entry each; it need not be possible, nor asked for."""
        raise NotImplementedError

    def gains(self) -> Doubles:
        """What each agent has gained since the last call, by the pieces of the reward that are no key figures."""
        raise NotImplementedError


class FigureReward:
    """The change of key figures, weighted: over an episode their sum is the figures as they are at its end."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = weights
        self._last = dict.fromkeys(weights, 0.0)

    def take(self, figures: Mapping[str, float]) -> float:
        """What has changed since the last call; what has no value yet counts as it was."""
        gained = 0.0
        for name, weight in self._weights.items():
            now = figures.get(name, self._last[name])
            gained += weight * (now - self._last[name])
            self._last[name] = now
        return gained
