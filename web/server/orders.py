"""A presenter's actions on a running simulation, by the names that they have in the API."""

from __future__ import annotations

from typing import Any

from wayside.sim.children import RefusedError
from wayside.sim.engine import Simulation
from wayside.sim.presenter import actions
from wayside.web.server.view import known


def act(simulation: Simulation, name: str, what: dict[str, Any]) -> tuple[str, list[str]]:
    """Do it: a line that says what was done, and references to whom. Raises RefusedError."""
    try:
        if name == "unit":
            return _switch(simulation, what["unit"], what["on"])
        if name == "road":
            return _road(simulation, what["edge"], what["closed"])
        for service, kind in known().items():
            for action in kind.actions:
                if action.name == name:
                    if not any(isinstance(one, kind.serves) for one in simulation.onboard):
                        raise RefusedError(409, f"the run has no service {service!r}")
                    commands, text = action.do(simulation, what)
                    for command in commands:
                        simulation.command(command)
                    return text, []
        raise RefusedError(404, f"{name}: no such action")
    except actions.ActionRefusedError as error:
        raise RefusedError(409, str(error)) from None


def _switch(simulation: Simulation, unit: int, on: bool) -> tuple[str, list[str]]:
    if not 0 <= unit < len(simulation.units):
        raise RefusedError(404, f"unit {unit}: there is none of this number")
    simulation.exchange.switch(unit, on)
    return f"{simulation.units[unit].id} is switched {'on' if on else 'off'}", [f"unit/{unit}"]


def _road(simulation: Simulation, edge: int, closed: bool) -> tuple[str, list[str]]:
    if not 0 <= edge < len(simulation.network.edge_ids):
        raise RefusedError(404, f"edge {edge}: there is none of this number")
    for command in actions.close_road(simulation, edge, closed):
        simulation.command(command)
    return f"{simulation.network.edge_ids[edge]} is {'closed' if closed else 'open'}", [f"edge/{edge}"]
