"""What only a newer SUMO can do."""

from __future__ import annotations

from typing import Final

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario import Scenario

SINCE: Final = (1, 28)  # the version with whose own reservations and searches policies were tried


def check_since(version: tuple[int, ...], scenario: Scenario, field: str, use: str, doing: str) -> None:
    """ScenarioError where SUMO's version, as (1, 28, 0), is too old for what a field uses, which is what SUMO does."""
    if version < SINCE:
        here, since = (".".join(map(str, one)) for one in (version, SINCE))
        where = f"{scenario.source or scenario.sumo.config}: {field} = {use!r}"
        raise ScenarioError(f"{where}: needs SUMO {since} or later, {doing}; this is SUMO {here}")
