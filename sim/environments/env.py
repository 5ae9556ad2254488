"""The environments as Gymnasium has them: a single agent, one simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from wayside.ext.arrays import Doubles, Floats, Indices, States
from wayside.sim.environments.session import AgentSession
from wayside.sim.environments.settings import LearningError
from wayside.sim.scenario import Scenario


def box(session: AgentSession, agents: int) -> spaces.Space[Any]:
    """What so many agents see, one after the other."""
    return spaces.Box(np.tile(session.low, agents), np.tile(session.high, agents), dtype=np.float32)


class JointAgent:
    """The agents of each simulation as one: it sees what they see, one after the other, and does what they do."""

    def __init__(self, session: AgentSession) -> None:
        self.session = session
        self.several = len(session.agents) > 1
        self.observation_space = box(session, len(session.agents))
        self.action_space: spaces.Space[Any] = (
            spaces.MultiDiscrete(list(session.actions)) if self.several else spaces.Discrete(session.actions[0])
        )
        self._counts = np.array(session.actions)
        self._there = np.arange(max(session.actions)) < self._counts[:, None]  # agents x actions

    def seen(self) -> Floats:
        """Simulations x entries."""
        rows = self.session.rows
        found: Floats = rows["observation"].reshape(len(rows), -1).copy()
        return found

    def masks(self) -> States:
        """Which actions are possible, simulations x actions of all agents: 1, else 0."""
        found: States = self.session.rows["mask"][:, self._there]
        return found

    def rewards(self) -> Doubles:
        """By simulation, the mean of the agents'."""
        found: Doubles = self.session.rows["reward"].mean(axis=1)
        return found

    def put(self, actions: object, which: Indices, single: bool) -> None:
        """Hand over the actions of some simulations; there is an entry for each simulation, if not for a single one.

        LearningError where these are no actions.
        """
        said, name, rows = np.asarray(actions), self.session.name, len(self.session.rows)
        shape = (() if single else (rows,)) + ((len(self._counts),) if self.several else ())
        if said.shape != shape or said.dtype.kind not in "iu":
            kind = "a whole number" if not shape else f"whole numbers of shape {shape}"
            told = np.array2string(said, threshold=10)
            raise LearningError(f"{name}: action = {told}: must be {kind} in 0..{self._counts.max() - 1}")
        said = said.reshape(rows, -1)
        if not ((said >= 0) & (said < self._counts)).all():
            _, agent = np.argwhere((said < 0) | (said >= self._counts))[0].tolist()
            whose = f" of {self.session.agents[agent]}" if self.several else ""
            told, most = np.array2string(said.reshape(shape), threshold=10), self._counts[agent] - 1
            raise LearningError(f"{name}: action = {told}: must be a whole number in 0..{most}{whose}")
        self.session.rows["action"][which] = said[which]


_ALL = np.zeros(1, np.intp)


class Environment(gymnasium.Env[Floats, np.int64]):
    """One agent in one simulation, for all where there are several (docs/environments.md)."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - as Gymnasium has it

    def __init__(
        self,
        kind: str,
        scenario: str | Path | Scenario = "crossing",
        render_mode: str | None = None,
        **settings: object,
    ) -> None:
        """WaysideError and its children, one line each."""
        self.render_mode = None
        self.session = AgentSession(kind, scenario, 1, settings)
        self._joint = JointAgent(self.session)
        self.observation_space, self.action_space = self._joint.observation_space, self._joint.action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Floats, dict[str, Any]]:
        """Begin the episode of the next replication that is drawn; `options={"replication": 7}` names one.

        With `seed`, the replications from now on are those of that seed.
        """
        super().reset(seed=seed)
        replication = self.session.drawn(self.np_random, options)
        self.session.reset({0: replication})
        return self._joint.seen()[0], {"replication": replication, **self._info()}

    def step(self, action: Any) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Decide, and go on to the next decision. An action that is not possible is taken for the last one."""
        self._joint.put(action, _ALL, single=True)
        ended = self.session.step((0,)).get(0)
        info = self._info()
        if ended is not None:
            info["kpis"] = ended.kpis
        over, cut = ended is not None, ended is not None and ended.cut
        return self._joint.seen()[0], float(self._joint.rewards()[0]), over and not cut, cut, info

    def action_masks(self) -> States:
        """Which actions are possible now, an entry each: 1, else 0."""
        mask: States = self._joint.masks()[0]
        return mask

    def close(self) -> None:
        """End the simulation's process; nothing of it remains."""
        if hasattr(self, "session"):
            self.session.close()

    def _info(self) -> dict[str, Any]:
        return {"time": float(self.session.rows["time"][0]), "action_mask": self.action_masks()}
