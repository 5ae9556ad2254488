"""Many environments at once as Gymnasium has them: a process for each, all in the same shared memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from wayside.ext.arrays import Doubles, Flags, Floats, Longs, States
from wayside.sim.environments.env import JointAgent
from wayside.sim.environments.session import AgentSession, EpisodeEnd
from wayside.sim.environments.settings import LearningError
from wayside.sim.scenario import Scenario


class Environments(VectorEnv[Floats, Longs, Floats]):
    """`num_envs` of `Environment`, stepped together (docs/environments.md)."""

    def __init__(
        self,
        num_envs: int,
        kind: str,
        scenario: str | Path | Scenario = "crossing",
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **settings: object,
    ) -> None:
        """WaysideError and its children, one line each."""
        if isinstance(num_envs, bool) or not isinstance(num_envs, int) or not 1 <= num_envs <= 10_000:
            raise LearningError(f"{kind}: num_envs = {num_envs!r}: must be a whole number in 1..10000")
        self.render_mode = None
        self.num_envs = num_envs
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {"render_modes": [], "autoreset_mode": self.autoreset_mode}
        self.session = AgentSession(kind, scenario, num_envs, settings)
        self._joint = JointAgent(self.session)
        self.single_observation_space = self._joint.observation_space
        self.single_action_space = self._joint.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._random: list[np.random.Generator | None] = [None] * num_envs
        self._ended = np.zeros(num_envs, bool)  # whose episode is over, and not begun anew

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Begin the next episode of each, or of those in `options={"reset_mask": ...}`.

        seed: one for each, or of the first, those of the others being one more each. `options={"replications": [...]}`
        names one for each of them.
        """
        options = options or {}
        which = np.flatnonzero(self._mask(options.get("reset_mask"))).tolist()
        seeds = [None] * self.num_envs if seed is None else seed
        if isinstance(seeds, (int, np.integer)):
            seeds = [int(seeds) + number for number in range(self.num_envs)]
        named = options.get("replications", [None] * len(which))
        if len(seeds) != self.num_envs or len(named) != len(which):
            raise LearningError(f"{self.session.name}: seed and replications must have one for each environment")
        for number in which:
            if seeds[number] is not None or self._random[number] is None:
                self._random[number] = seeding.np_random(seeds[number])[0]
        said = {number: {} if one is None else {"replication": one} for number, one in zip(which, named, strict=True)}
        infos = self._begin(which, said)
        return self._joint.seen(), infos

    def step(  # type: ignore[override] # rewards and flags are of their own kinds, as in SyncVectorEnv
        self, actions: Any
    ) -> tuple[Floats, Doubles, Flags, Flags, dict[str, Any]]:
        """Decide in each, and go on to the next decision of each."""
        session, n = self.session, self.num_envs
        if self.autoreset_mode == AutoresetMode.DISABLED and self._ended.any():
            number = int(self._ended.argmax())
            raise LearningError(f"{session.name}: episode {number} is over: reset it by options={{'reset_mask': ...}}")
        again = np.flatnonzero(self._ended).tolist()
        on = np.flatnonzero(~self._ended)
        self._joint.put(actions, on, single=False)
        ended = session.step(on.tolist())
        rewards = self._joint.rewards()
        rewards[again] = 0.0
        over, cut = np.zeros(n, bool), np.zeros(n, bool)
        for number, one in ended.items():
            over[number], cut[number] = True, one.cut
        infos = self._infos(on.tolist())
        self._ended = over
        if self.autoreset_mode == AutoresetMode.SAME_STEP and ended:
            infos = self._begin_anew(infos, ended)
        else:
            for number, one in ended.items():
                infos = self._add_info(infos, {"kpis": dict(one.kpis)}, number)
        if again:
            self._add(infos, self._begin(again, {}))
            self._ended = over
        return self._joint.seen(), rewards, over & ~cut, cut, infos

    def action_masks(self) -> States:
        """Which actions are possible now: environments x actions."""
        return self._joint.masks()

    def close_extras(self, **kwargs: Any) -> None:
        """End all processes; nothing of them remains."""
        if hasattr(self, "session"):
            self.session.close()

    def _mask(self, said: Any) -> Flags:
        if said is None:
            return np.ones(self.num_envs, bool)
        mask = np.asarray(said)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise LearningError(
                f"{self.session.name}: reset_mask: must be {self.num_envs} of true or false, one of them true"
            )
        return mask

    def _begin(self, which: list[int], said: dict[int, dict[str, Any]]) -> dict[str, Any]:
        """Reset these, each to the next replication that it draws."""
        drawn = {}
        for number in which:
            random = self._random[number]
            if random is None:
                raise LearningError(f"{self.session.name}: step before reset")
            drawn[number] = self.session.drawn(random, said.get(number))
        self.session.reset(drawn)
        self._ended[which] = False
        infos = self._infos(which)
        for number, replication in drawn.items():
            infos = self._add_info(infos, {"replication": replication}, number)
        return infos

    def _begin_anew(self, infos: dict[str, Any], ended: dict[int, EpisodeEnd]) -> dict[str, Any]:
        """Reset those that have ended; what they were at the end goes into the infos."""
        seen = self._joint.seen()
        last = {number: seen[number] for number in ended}
        finals = {number: {**self._info(number), "kpis": dict(one.kpis)} for number, one in ended.items()}
        begun = self._begin(list(ended), {})
        self._add(infos, begun)
        for number in ended:
            infos = self._add_info(infos, {"final_obs": last[number], "final_info": finals[number]}, number)
        return infos

    def _info(self, number: int) -> dict[str, Any]:
        return {"time": float(self.session.rows["time"][number]), "action_mask": self._joint.masks()[number]}

    def _infos(self, which: list[int]) -> dict[str, Any]:
        """As Gymnasium has them: arrays, with an underscore before the name which entries hold."""
        there = np.zeros(self.num_envs, bool)
        there[which] = True
        masks, time = self._joint.masks(), np.where(there, self.session.rows["time"], 0.0)
        return {"time": time, "_time": there, "action_mask": masks, "_action_mask": there.copy()}

    def _add(self, infos: dict[str, Any], more: dict[str, Any]) -> None:
        """Entries of environments that have just begun go before what they had."""
        for name, there in [(name, more[f"_{name}"]) for name in more if not name.startswith("_")]:
            if name in infos:
                infos[name][there] = more[name][there]
                infos[f"_{name}"] |= there
            else:
                infos[name], infos[f"_{name}"] = more[name], there
