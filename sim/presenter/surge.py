"""Electric cars that set out with little charge: a presenter's action of charging."""

from __future__ import annotations

from wayside.sim.engine import Simulation
from wayside.sim.presenter.actions import (
    TOURS,
    ActionRefusedError,
    departure,
    edges_for,
    equipped_names,
    id_of,
    presenter,
    types_of,
)
from wayside.sim.sumo.commands import Command, SetOut

WITHIN = 60.0  # s from the first departure to the last


def surge(simulation: Simulation, count: int, charge: float) -> list[Command]:
    """So many electric cars with that state of charge (0..1) and an on-board unit set out within a minute.

    Raises ActionRefusedError where the scenario knows no electric type, or no vehicle has an on-board unit.
    """
    types = [type for type in types_of(simulation) if type.electric]
    if not types:
        raise ActionRefusedError("the scenario has no electric type of car (a vType with has.battery.device)")
    if not simulation.onboard.charging.present:
        raise ActionRefusedError("the scenario has no charging station")
    record = presenter(simulation)
    types = [type for type in types if type.kind == types[0].kind]  # an id is drawn for a kind
    names = equipped_names(simulation, record, "surge", count, types[0].kind)
    random = record.random("surge")
    edges = edges_for(simulation, types[0])
    commands: list[Command] = []
    for number, name in enumerate(names):
        pairs = random.choice(edges, (TOURS, 2))
        tours = tuple(
            (id_of(simulation, start), id_of(simulation, end)) for start, end in pairs.tolist() if start != end
        )
        type = types[int(random.integers(len(types)))]
        commands.append(SetOut(name, type.id, tours, departure(simulation, WITHIN, number, count), charge))
    return commands
