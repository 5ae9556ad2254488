"""What a presenter does to a running simulation: plain functions that give commands, the same ones for a seed, a time
and an order of actions.

for command in surge(simulation, 50, 0.15):
    simulation.command(command)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import WaysideError
from wayside.sim.charging import BOUND
from wayside.sim.engine import Simulation
from wayside.sim.fleet import draw
from wayside.sim.parking import GUIDED
from wayside.sim.sumo.asking import CarType, car_types, usable_edges
from wayside.sim.sumo.backend import Events
from wayside.sim.sumo.commands import AvoidRoads, Command, OpenRoads, SetOut

LOOK_EVERY = 10.0  # s between two looks at who has come to plan a way over a closed road
SURGE_WITHIN = 60.0  # s from the first departure to the last
CONCERT_WITHIN = 120.0
CONCERT_STAY = 7200.0  # s
CONCERT_PARKS = 6  # the nearest ones, at most so far away:
CONCERT_RADIUS = 1000.0  # m
CONCERT_FROM = (500.0, 4000.0)  # m from the place where cars set out
TOURS = 20  # pairs of edges drawn for a vehicle, of which the first with a way counts
SHORTEST = 20.0  # m of an edge to set out on
ALTERNATIVES = 8  # car parks looked at instead of one on a closed road


class ActionRefusedError(WaysideError):
    """The scenario has nothing that this could be done with."""


@dataclass
class Presenter:
    """What has been done to a simulation, and what of it holds on."""

    simulation: Simulation
    closed: list[int] = field(default_factory=list)  # edges, ascending
    vehicles: int = 0  # set out so far
    actions: int = 0
    _look_at: float = 0.0

    def __call__(self, events: Events) -> list[Command]:
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
        parks = self.simulation.platform.parking.car_parks
        elsewhere = []
        for park in np.flatnonzero(~parks.open).tolist():
            distance = np.hypot(parks.x - parks.x[park], parks.y - parks.y[park])
            distance[~parks.open] = np.inf
            near = np.argsort(distance, kind="stable")[:ALTERNATIVES]
            others = tuple(parks.ids[other] for other in near.tolist() if np.isfinite(distance[other]))
            elsewhere.append((parks.ids[park], others))
        return AvoidRoads(edges, None if vehicles is None else tuple(vehicles), tuple(elsewhere))

    def random(self, purpose: str) -> np.random.Generator:
        """A stream that depends on the seed, the time and how many actions came before."""
        self.actions += 1
        key = f"{purpose}/{round(self.simulation.time * 1000)}/{self.actions}"
        return np.random.default_rng([self.simulation.clock.seed, *key.encode()])


def presenter(simulation: Simulation) -> Presenter:
    """The record of a simulation's actions."""
    for order in simulation.standing:
        if isinstance(order, Presenter):
            return order
    new = Presenter(simulation)
    simulation.standing.append(new)
    return new


def closed(simulation: Simulation) -> list[int]:
    """The closed roads: edge numbers, ascending."""
    return next((list(order.closed) for order in simulation.standing if isinstance(order, Presenter)), [])


def close_road(simulation: Simulation, edge: int, close: bool = True) -> list[Command]:
    """Close a road (all lanes of a normal edge) or open it again.

    Whoever plans to drive over it is led around it at once, and so is who departs later. Who is on it leaves it; who
    has no other way drives through. Trips that end there end before it; its car parks and chargers take nobody.
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
    parks, chargers = simulation.platform.parking.car_parks, simulation.platform.charging.chargers
    parks.open[:] = ~np.isin(parks.edge, record.closed)
    chargers.open[:] = ~np.isin(chargers.edge, record.closed)
    if not close:
        return [OpenRoads((network.edge_ids[edge],))]
    _send_back(simulation)
    return [record.avoid(None)]


def _send_back(simulation: Simulation) -> None:
    """Who is on the way to a bay or a pile that is closed now asks anew."""
    table, drivers, electric = simulation.vehicles, simulation.drivers, simulation.electric
    parks, chargers = simulation.platform.parking.car_parks, simulation.platform.charging.chargers
    n = table.extent
    for slot in np.flatnonzero(drivers.state[:n] == GUIDED).tolist():
        if not parks.open[drivers.bay_in[slot]]:
            drivers.refused(str(table.ids[slot]), simulation.time)
    for slot in np.flatnonzero(electric.state[:n] == BOUND).tolist():
        if not chargers.open[electric.charger[slot]]:
            electric.refused(str(table.ids[slot]), simulation.time)


def surge(simulation: Simulation, count: int, charge: float) -> list[Command]:
    """So many electric cars with that state of charge (0..1) and an on-board unit set out within a minute.

    Raises ActionRefusedError where the scenario knows no electric type, or no vehicle has an on-board unit.
    """
    types = [type for type in _types(simulation) if type.electric]
    if not types:
        raise ActionRefusedError("the scenario has no electric type of car (a vType with has.battery.device)")
    if not len(simulation.platform.charging.chargers.ids):
        raise ActionRefusedError("the scenario has no charging station")
    record = presenter(simulation)
    types = [type for type in types if type.kind == types[0].kind]  # an id is drawn for a kind
    names = _equipped_names(simulation, record, "surge", count, types[0].kind)
    random = record.random("surge")
    edges = _edges(simulation, types[0])
    commands: list[Command] = []
    for number, name in enumerate(names):
        pairs = random.choice(edges, (TOURS, 2))
        tours = tuple((_id(simulation, start), _id(simulation, end)) for start, end in pairs.tolist() if start != end)
        type = types[int(random.integers(len(types)))]
        commands.append(SetOut(name, type.id, tours, _depart(simulation, SURGE_WITHIN, number, count), charge))
    return commands


def concert(simulation: Simulation, count: int, x: float, y: float) -> list[Command]:
    """So many cars set out for the car parks near a place (m) within two minutes; they stay for two hours.

    Raises ActionRefusedError where the scenario knows no car, or there is no car park near.
    """
    types = _types(simulation)
    if not types:
        raise ActionRefusedError("the scenario has no type of private car")
    parks = simulation.platform.parking.car_parks
    distance = np.hypot(parks.x - x, parks.y - y)
    distance[~parks.open | (parks.capacity == 0)] = np.inf
    near = np.argsort(distance, kind="stable")[:CONCERT_PARKS]
    near = near[distance[near] <= CONCERT_RADIUS]
    if not len(near):
        raise ActionRefusedError(f"there is no car park within {CONCERT_RADIUS:g} m of {x:g}, {y:g}")
    record = presenter(simulation)
    random = record.random("concert")
    edges = _edges(simulation, types[0])
    middles = np.array([simulation.network.lane_shapes[simulation.network.edge_first_lane[e]].mean(0) for e in edges])
    away = np.hypot(middles[:, 0] - x, middles[:, 1] - y)
    around = edges[(away >= CONCERT_FROM[0]) & (away <= CONCERT_FROM[1])]
    around = around if len(around) else edges
    weights = parks.capacity[near] / parks.capacity[near].sum()
    commands: list[Command] = []
    for number in range(count):
        record.vehicles += 1
        park = int(random.choice(near, p=weights))
        there = _id(simulation, int(parks.edge[park]))
        homes = [_id(simulation, home) for home in random.choice(around, TOURS).tolist()]
        # Home again afterwards; where there is no way back, the trip ends at the car park.
        tours: list[tuple[str, ...]] = [(home, there, home) for home in homes if home != there]
        tours += [(home, there) for home in homes if home != there]
        type = types[int(random.integers(len(types)))]
        depart = _depart(simulation, CONCERT_WITHIN, number, count)
        name = f"concert_{record.vehicles}"
        commands.append(SetOut(name, type.id, tuple(tours), depart, None, parks.ids[park], CONCERT_STAY))
    return commands


def _types(simulation: Simulation) -> list[CarType]:
    simulation.backend.finish_step()  # with the overlapped pipeline SUMO may be computing
    return car_types(simulation.backend)


def _edges(simulation: Simulation, type: CarType) -> NDArray[np.intp]:
    usable = usable_edges(simulation.backend, type.kind)
    long = usable[simulation.network.edge_length[usable] >= SHORTEST]
    usable = np.setdiff1d(long if len(long) > 1 else usable, closed(simulation))
    if len(usable) < 2:
        raise ActionRefusedError(f"fewer than two roads are open to {type.kind} vehicles")
    return usable


def _equipped_names(simulation: Simulation, record: Presenter, what: str, count: int, kind: str) -> list[str]:
    """Ids that the fleet will draw an on-board unit for: who has one depends on the seed, the id and the kind alone."""
    fleet = simulation.fleet
    if not fleet.share(kind) > 0.0:
        raise ActionRefusedError(
            f"v2x.penetration = 0 for {kind} vehicles: none has an on-board unit to ask for a charger with"
        )
    names: list[str] = []
    while len(names) < count:
        record.vehicles += 1
        name = f"{what}_{record.vehicles}"
        if draw(fleet.seed, "equipped", name) < fleet.share(kind):
            names.append(name)
    return names


def _depart(simulation: Simulation, within: float, number: int, count: int) -> float:
    return round(simulation.time + within * number / count, 1)


def _id(simulation: Simulation, edge: int) -> str:
    return simulation.network.edge_ids[edge]
