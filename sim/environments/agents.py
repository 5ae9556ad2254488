"""`parallel_env`'s class: PettingZoo is imported here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import ParallelEnv

from wayside.ext.arrays import Floats
from wayside.sim.environments.env import box
from wayside.sim.environments.kinds import KINDS
from wayside.sim.environments.session import AgentSession
from wayside.sim.environments.settings import LearningError
from wayside.sim.scenario import Scenario

By = dict[str, Any]  # by agent


class Agents(ParallelEnv[str, Floats, int]):  # type: ignore[misc] # PettingZoo tells no types
    """The agents in one simulation (docs/environments.md)."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": [], "name": "wayside"}

    def __init__(self, kind: str, scenario: str | Path | Scenario, settings: Mapping[str, object]) -> None:
        """WaysideError and its children, one line each."""
        self.render_mode = None
        self.session = AgentSession(kind, scenario, 1, {**KINDS[kind].several, **settings})
        self.possible_agents = list(self.session.agents)
        self.agents: list[str] = []
        self._number = {agent: number for number, agent in enumerate(self.possible_agents)}
        counts = dict(zip(self.possible_agents, self.session.actions, strict=True))
        self.observation_spaces = {agent: box(self.session, 1) for agent in self.possible_agents}
        self.action_spaces = {agent: spaces.Discrete(count) for agent, count in counts.items()}
        self._random: np.random.Generator | None = None

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """What an agent sees."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Discrete:
        """What an agent does."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[By, By]:
        """See `Environment.reset`."""
        if seed is not None or self._random is None:
            self._random = seeding.np_random(seed)[0]
        replication = self.session.drawn(self._random, options)
        self.session.reset({0: replication})
        self.agents = self.possible_agents[:]
        infos = {agent: {**info, "replication": replication} for agent, info in self._infos().items()}
        return self._seen(), infos

    def step(self, actions: Mapping[str, Any]) -> tuple[By, By, By, By, By]:
        """All agents decide; then on to the next decision of any. Who was not asked may say what it likes."""
        agents, session = self.agents, self.session
        for agent in [*actions, *agents]:
            if agent not in actions or (agents and agent not in agents):
                what = "unknown" if agent in actions else "missing"
                raise LearningError(
                    f"{session.name}: actions: agent {agent!r} is {what}: agents are {', '.join(agents)}"
                )
        for agent in agents:
            session.rows["action"][0, self._number[agent]] = session.checked(actions[agent], self._number[agent])
        ended = session.step((0,)).get(0)
        seen, infos = self._seen(), self._infos()
        gained = {agent: float(session.rows["reward"][0, self._number[agent]]) for agent in agents}
        if ended is not None:
            self.agents = []
            for info in infos.values():
                info["kpis"] = ended.kpis
        over, cut = ended is not None, ended is not None and ended.cut
        return seen, gained, dict.fromkeys(agents, over and not cut), dict.fromkeys(agents, cut), infos

    def close(self) -> None:
        """End the simulation's process; nothing of it remains."""
        if hasattr(self, "session"):
            self.session.close()

    def _seen(self) -> By:
        seen = self.session.rows["observation"][0].copy()
        return {agent: seen[self._number[agent]] for agent in self.agents}

    def _infos(self) -> By:
        row, counts = self.session.rows[0], self.session.actions
        time, masks, asked = float(row["time"]), row["mask"].copy(), row["asked"].copy()
        numbers = {agent: self._number[agent] for agent in self.agents}
        return {
            agent: {"time": time, "action_mask": masks[n, : counts[n]], "asked": bool(asked[n])}
            for agent, n in numbers.items()
        }
