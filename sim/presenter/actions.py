"""What a presenter does to a running simulation: plain functions that give commands, the same ones for a seed, a time
and an order of actions.

for command in close_road(simulation, 12):
    simulation.command(command)

What is about a service stands with that one (sim/onboard).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from wayside.edge.errors import WaysideError
from wayside.ext.arrays import Indices
from wayside.sim.chance import draw
from wayside.sim.engine import Simulation
from wayside.sim.observers import Observer
from wayside.sim.sumo.asking import CarType, car_types, usable_edges
from wayside.sim.sumo.backend import StepEvents
from wayside.sim.sumo.commands import AvoidRoads, Command, OpenRoads

LOOK_EVERY = 10.0  # s between two looks at who has come to plan a way over a closed road
TOURS = 20  # pairs of edges drawn for a vehicle, of which the first with a way counts
SHORTEST = 20.0  # m of an edge to set out on


class ActionRefusedError(WaysideError):
    """The scenario has nothing that this could be done with."""


@dataclass
class Presenter(Observer):
    """What has been done to a simulation, and what of it holds on."""

    simulation: Simulation
    closed: list[int] = field(default_factory=list)  # edges, ascending
    vehicles: int = 0  # set out so far
    actions: int = 0
    _look_at: float = 0.0

    def orders(self, events: StepEvents) -> list[Command]:
        """After each step: nobody who has come meanwhile is to drive over a closed road."""
        if not self.closed:
            return []
        now = self.simulation.time
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY
            return [self.avoid(None)]
        ids = self.simulation.vehicles.ids
        departed = [str(ids[slot]) for slot in events.departed.tolist()]
        return [self.avoid(departed)] if departed else []

    def avoid(self, vehicles: Sequence[str] | None) -> Command:
        """Lead these vehicles, or all, around the closed roads."""
        edges = tuple(self.simulation.network.edge_ids[edge] for edge in self.closed)
        elsewhere = tuple(one for service in self.simulation.onboard for one in service.elsewhere())
        return AvoidRoads(edges, None if vehicles is None else tuple(vehicles), elsewhere)

    def random(self, purpose: str) -> np.random.Generator:
        """A stream that depends on the seed, the time and how many actions came before."""
        self.actions += 1
        key = f"{purpose}/{round(self.simulation.time * 1000)}/{self.actions}"
        return np.random.default_rng([self.simulation.clock.seed, *key.encode()])


def presenter(simulation: Simulation) -> Presenter:
    """The record of a simulation's actions."""
    for observer in simulation.observers:
        if isinstance(observer, Presenter):
            return observer
    new = Presenter(simulation)
    simulation.observers.add(new)
    return new


def closed(simulation: Simulation) -> list[int]:
    """The closed roads: edge numbers, ascending."""
    return next((list(observer.closed) for observer in simulation.observers if isinstance(observer, Presenter)), [])


def close_road(simulation: Simulation, edge: int, close: bool = True) -> list[Command]:
    """Close a road (all lanes of a normal edge) or open it again.

    Whoever plans to drive over it is led around it at once, and so is who departs later. Who is on it leaves it; who
    has no other way drives through. Trips that end there end before it; the places of services there take nobody.
    Raises ActionRefusedError for an edge that is none.
    """
    network = simulation.network
    if not 0 <= edge < network.normal_edges:
        raise ActionRefusedError(f"edge {edge}: only roads between junctions, 0 to {network.normal_edges - 1}, close")
    record = presenter(simulation)
    if close == (edge in record.closed):
        return []
    record.actions += 1
    record.closed = sorted({*record.closed, edge} if close else {*record.closed} - {edge})
    for service in simulation.onboard:
        service.closed(record.closed, simulation.time)
    if not close:
        return [OpenRoads((network.edge_ids[edge],))]
    return [record.avoid(None)]


def types_of(simulation: Simulation) -> list[CarType]:
    """The types of private cars that the scenario has."""
    simulation.backend.finish_step()  # with the overlapped pipeline SUMO may be computing
    return car_types(simulation.backend)


def edges_for(simulation: Simulation, type: CarType) -> Indices:
    """Edges to set out on and to go to, that are open. ActionRefusedError where they are too few."""
    usable = usable_edges(simulation.backend, type.kind)
    long = usable[simulation.network.edge_length[usable] >= SHORTEST]
    usable = np.setdiff1d(long if len(long) > 1 else usable, closed(simulation))
    if len(usable) < 2:
        raise ActionRefusedError(f"fewer than two roads are open to {type.kind} vehicles")
    return usable


def equipped_names(simulation: Simulation, record: Presenter, what: str, count: int, kind: str) -> list[str]:
    """Ids that the fleet will draw an on-board unit for: who has one depends on the seed, the id and the kind alone."""
    fleet = simulation.fleet
    if not fleet.share(kind) > 0.0:
        raise ActionRefusedError(f"v2x.penetration = 0 for {kind} vehicles: none has an on-board unit to ask with")
    names: list[str] = []
    while len(names) < count:
        record.vehicles += 1
        name = f"{what}_{record.vehicles}"
        if draw(fleet.seed, "equipped", name) < fleet.share(kind):
            names.append(name)
    return names


def departure(simulation: Simulation, within: float, number: int, count: int) -> float:
    """When one of so many sets out, s: evenly over `within` s from now on."""
    return round(simulation.time + within * number / count, 1)


def id_of(simulation: Simulation, edge: int) -> str:
    """An edge by its name."""
    return simulation.network.edge_ids[edge]
