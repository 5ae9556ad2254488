"""Cars that set out for the car parks of one place: a presenter's action of parking."""

from __future__ import annotations

import numpy as np

from wayside.sim.engine import Simulation
from wayside.sim.presenter.actions import TOURS, ActionRefusedError, departure, edges_for, id_of, presenter, types_of
from wayside.sim.sumo.commands import Command, SetOut

WITHIN = 120.0  # s from the first departure to the last
STAY = 7200.0  # s
PARKS = 6  # the nearest ones, at most so far away:
RADIUS = 1000.0  # m
FROM = (500.0, 4000.0)  # m from the place where cars set out


def concert(simulation: Simulation, count: int, x: float, y: float) -> list[Command]:
    """So many cars set out for the car parks near a place (m) within two minutes; they stay for two hours.

    Raises ActionRefusedError where the scenario knows no car, or there is no car park near.
    """
    types = types_of(simulation)
    if not types:
        raise ActionRefusedError("the scenario has no type of private car")
    parks = simulation.onboard.parking.platform.car_parks
    distance = np.hypot(parks.x - x, parks.y - y)
    distance[~parks.open | (parks.capacity == 0)] = np.inf
    near = np.argsort(distance, kind="stable")[:PARKS]
    near = near[distance[near] <= RADIUS]
    if not len(near):
        raise ActionRefusedError(f"there is no car park within {RADIUS:g} m of {x:g}, {y:g}")
    record = presenter(simulation)
    random = record.random("concert")
    edges = edges_for(simulation, types[0])
    middles = np.array([simulation.network.lane_shapes[simulation.network.edge_first_lane[e]].mean(0) for e in edges])
    away = np.hypot(middles[:, 0] - x, middles[:, 1] - y)
    around = edges[(away >= FROM[0]) & (away <= FROM[1])]
    around = around if len(around) else edges
    weights = parks.capacity[near] / parks.capacity[near].sum()
    commands: list[Command] = []
    for number in range(count):
        record.vehicles += 1
        park = int(random.choice(near, p=weights))
        there = id_of(simulation, int(parks.edge[park]))
        homes = [id_of(simulation, home) for home in random.choice(around, TOURS).tolist()]
        # Home again afterwards; where there is no way back, the trip ends at the car park.
        tours: list[tuple[str, ...]] = [(home, there, home) for home in homes if home != there]
        tours += [(home, there) for home in homes if home != there]
        type = types[int(random.integers(len(types)))]
        depart = departure(simulation, WITHIN, number, count)
        name = f"concert_{record.vehicles}"
        commands.append(SetOut(name, type.id, tuple(tours), depart, None, parks.ids[park], STAY))
    return commands
