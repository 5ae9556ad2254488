"""The environments' names in Gymnasium's registry."""

from __future__ import annotations

import importlib.util

from wayside.sim.environments.kinds import KINDS
from wayside.sim.environments.settings import LearningError


def register() -> None:
    """Let `gymnasium.make` and `make_vec` know the environments. LearningError where there is no Gymnasium."""
    check_installed("gymnasium")
    import gymnasium

    for name, kind in KINDS.items():
        if kind.id not in gymnasium.registry:
            gymnasium.register(
                kind.id,
                entry_point="wayside.sim.environments.env:Environment",
                vector_entry_point="wayside.sim.environments.vector:Environments",
                kwargs={"kind": name},
            )


def check_installed(module: str) -> None:
    """LearningError, one line that says what to install."""
    if importlib.util.find_spec(module) is None:
        raise LearningError(f"{module} is not installed: pip install 'wayside[rl]'")
