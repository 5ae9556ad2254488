"""Starting SUMO, reading it and commanding it. Nothing outside of this folder calls SUMO."""

from __future__ import annotations

from wayside.edge.errors import ScenarioError
from wayside.sim.sumo.backend import Backend, import_libsumo

BACKENDS = ("native", "libsumo", "traci")


def backend_class(name: str, gui: bool) -> type[Backend]:
    """The way of that name to start SUMO and to read it, with SUMO's library loaded where it runs in this process.

    ScenarioError for an unknown name, SumoError where there is no such library.
    """
    if name not in BACKENDS:
        raise ScenarioError(f"--backend = {name!r}: must be one of {', '.join(BACKENDS)}")
    if gui or name == "traci":
        from wayside.sim.sumo.remote import GuiBackend, TraciBackend

        return GuiBackend if gui else TraciBackend
    from wayside.sim.sumo.in_process import LibsumoBackend, NativeBackend

    import_libsumo()
    return NativeBackend if name == "native" else LibsumoBackend
