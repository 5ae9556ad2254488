"""The kinds of environments, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wayside.sim.environments import charging, parking, signals
from wayside.sim.environments.settings import Settings
from wayside.sim.environments.task import AgentTask


class EnvironmentKind(NamedTuple):
    """What one is made of."""

    id: str  # as Gymnasium knows it
    settings: type[Settings]
    task: type[AgentTask]
    several: Mapping[str, object]  # settings that make more than one agent, for `parallel_env`


KINDS = {
    kind.settings.kind: kind
    for kind in (
        EnvironmentKind("wayside/Parking-v0", parking.ParkingSettings, parking.ParkingTask, {"scope": "unit"}),
        EnvironmentKind("wayside/Charging-v0", charging.ChargingSettings, charging.ChargingTask, {"scope": "unit"}),
        EnvironmentKind("wayside/Signals-v0", signals.SignalSettings, signals.SignalTask, {}),
    )
}
