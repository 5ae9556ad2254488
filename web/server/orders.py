"""A presenter's actions on a running simulation, by the names that they have in the API."""

from __future__ import annotations

from typing import Any

from wayside.edge.errors import WaysideError
from wayside.sim import actions
from wayside.sim.engine import Simulation


class OrderRefusedError(WaysideError):
    """Why not, and the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def act(simulation: Simulation, name: str, what: dict[str, Any]) -> tuple[str, list[str]]:
    """Do it: a line that says what was done, and references to whom. Raises OrderRefusedError."""
    try:
        if name == "unit":
            return _switch(simulation, what["unit"], what["on"])
        if name == "road":
            return _road(simulation, what["edge"], what["closed"])
        if name == "surge":
            commands = actions.surge(simulation, what["count"], what["charge"])
            text = f"{what['count']} electric cars set out with {what['charge']:.0%} of charge"
        elif name == "concert":
            commands = actions.concert(simulation, what["count"], what["x"], what["y"])
            text = f"{what['count']} cars set out for a concert at {what['x']:.0f}, {what['y']:.0f}"
        else:
            raise OrderRefusedError(404, f"{name}: no such action")
    except actions.ActionRefusedError as error:
        raise OrderRefusedError(409, str(error)) from None
    for command in commands:
        simulation.command(command)
    return text, []


def _switch(simulation: Simulation, unit: int, on: bool) -> tuple[str, list[str]]:
    if not 0 <= unit < len(simulation.units):
        raise OrderRefusedError(404, f"unit {unit}: there is none of this number")
    simulation.exchange.switch(unit, on)
    return f"{simulation.units[unit].id} is switched {'on' if on else 'off'}", [f"unit/{unit}"]


def _road(simulation: Simulation, edge: int, closed: bool) -> tuple[str, list[str]]:
    if not 0 <= edge < len(simulation.network.edge_ids):
        raise OrderRefusedError(404, f"edge {edge}: there is none of this number")
    for command in actions.close_road(simulation, edge, closed):
        simulation.command(command)
    return f"{simulation.network.edge_ids[edge]} is {'closed' if closed else 'open'}", [f"edge/{edge}"]
