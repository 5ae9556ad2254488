"""Starting SUMO, reading it and commanding it. Nothing outside of this folder calls SUMO."""

from __future__ import annotations

from collections.abc import Sequence

from wayside.edge.errors import ScenarioError
from wayside.sim.sumo.backend import Backend
from wayside.sim.world import RoadNetwork

BACKENDS = ("native", "libsumo", "traci")


def open_backend(name: str, gui: bool, arguments: Sequence[str], network: RoadNetwork) -> Backend:
    """Start SUMO with these arguments. ScenarioError for an unknown name, SumoError where SUMO refuses."""
    if name not in BACKENDS:
        raise ScenarioError(f"--backend = {name!r}: must be one of {', '.join(BACKENDS)}")
    if gui or name == "traci":
        from wayside.sim.sumo.remote import GuiBackend, TraciBackend

        return GuiBackend(arguments, network) if gui else TraciBackend(arguments, network)
    from wayside.sim.sumo.in_process import LibsumoBackend, NativeBackend

    return NativeBackend(arguments, network) if name == "native" else LibsumoBackend(arguments, network)
