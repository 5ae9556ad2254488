"""The environments as PettingZoo has them: several agents in one simulation, who decide at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wayside.sim.environments.kinds import KINDS
from wayside.sim.environments.registration import check_installed
from wayside.sim.environments.settings import LearningError
from wayside.sim.scenario import Scenario, explain

if TYPE_CHECKING:
    from wayside.sim.environments.agents import Agents


def parallel_env(id: str, scenario: str | Path | Scenario = "crossing", **settings: Any) -> Agents:
    """The agents of an environment, as "wayside/Parking-v0", in one simulation: by default an agent for each unit.

    WaysideError and its children, one line each.
    """
    check_installed("pettingzoo")
    from wayside.sim.environments.agents import Agents

    kinds = {kind.id: name for name, kind in KINDS.items()}
    if id not in kinds:
        guess = explain.nearest(str(id), kinds)
        hint = f" (did you mean {guess!r}?)" if guess else ""
        raise LearningError(f"{id!r}: must be one of {', '.join(kinds)}{hint}")
    return Agents(kinds[id], scenario, settings)
