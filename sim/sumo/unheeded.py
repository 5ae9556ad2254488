"""What a configuration may say that a run cannot obey: left out with a warning, or refused.

All options of `sumo` and `sumo-gui` 1.28 were looked through (`--save-template`). Those not named here are SUMO's own
business; files that are read or written are staging's.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from wayside.edge.errors import ScenarioError
from wayside.sim.scenario.configuration import Configuration, drop_empty
from wayside.sim.scenario.explain import shown

_CLIENT: Final = "SUMO would wait for a TraCI client"
_ENDS: Final = "SUMO would write it and end"
_WINDOW: Final = "it is for SUMO's own window alone, and would halt the run there"
_FETCHES: Final = "SUMO would fetch schemas over the network"

LEFT_OUT: Final = {
    "remote-port": _CLIENT,
    "num-clients": _CLIENT,
    "configuration-file": "SUMO reads no configuration that another one names",
    "save-configuration": _ENDS,
    "save-template": _ENDS,
    "save-schema": _ENDS,
    "help": _ENDS,
    "version": _ENDS,
    "print-options": "it is for SUMO's console alone",
    "language": "what SUMO says is read, in English",
    "game": _WINDOW,
    "demo": _WINDOW,
    "breakpoints": _WINDOW,
    "gui-testing": _WINDOW,
    "gui-testing-debug": _WINDOW,
    "xml-validation": _FETCHES,
    "xml-validation.net": _FETCHES,
    "xml-validation.routes": _FETCHES,
}
_MESOSCOPIC: Final = "must be false: SUMO's mesoscopic model knows no positions on lanes"
REFUSED: Final = {"mesosim": _MESOSCOPIC, "meso-ltm": _MESOSCOPIC}
_IDLE: Final = {"", "0", "false", "f", "no", "n", "off", "-"}  # as SUMO reads a switch that is off
_IDLE_OF: Final = {
    "xml-validation": {"never", "local"},
    "xml-validation.net": {"never", "local"},
    "xml-validation.routes": {"never", "local"},
    "num-clients": {"1"},
    "language": {"C", "en"},
}


def leave_out(configuration: Configuration, options: Collection[str], said_in: str) -> tuple[Configuration, list[str]]:
    """The configuration without what cannot be obeyed, and a line for each option that was set. It changes the tree.

    `options` are those that the scenario says, in `said_in`, and not the file. ScenarioError for what is refused.
    """
    warnings: list[str] = []
    gone: set[int] = set()
    for entry in configuration.entries:
        is_set = entry.value.strip() not in _IDLE_OF.get(entry.name, set()) | _IDLE
        where = f"{said_in}.{entry.name}" if entry.name in options else f"{configuration.path}: {entry.name}"
        if entry.name in REFUSED and is_set:
            raise ScenarioError(f"{where} = {shown(entry.value)}: {REFUSED[entry.name]}")
        if entry.name in LEFT_OUT:
            gone.add(id(entry.element))
            if is_set:
                warnings.append(f"{where} = {shown(entry.value)} is left out: {LEFT_OUT[entry.name]}")
    if not gone:
        return configuration, warnings
    for parent in list(configuration.tree.getroot().iter()):
        for element in list(parent):
            if id(element) in gone:
                parent.remove(element)
    drop_empty(configuration.tree.getroot())
    kept = tuple(entry for entry in configuration.entries if id(entry.element) not in gone)
    return Configuration(configuration.path, configuration.tree, kept), warnings
