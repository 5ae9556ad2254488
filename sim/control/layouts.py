"""A light as its program, its net and its messages have it: as applications and controllers are shown it."""

from __future__ import annotations

from typing import Final

import numpy as np

from wayside.edge.control.controller import ControlledLight
from wayside.edge.control.plan import Plan
from wayside.edge.policy import locked
from wayside.edge.signal import Layout, Movement, Phase, SignalLane
from wayside.ext.arrays import Doubles, Flags, Ints
from wayside.sim.sumo.logics import KINDS
from wayside.sim.wire.junctions import Junction
from wayside.sim.wire.places import Link
from wayside.sim.wire.programs import Program
from wayside.sim.world import RoadNetwork

_TURNS: Final = {"s": "straight", "l": "left", "L": "left", "r": "right", "R": "right", "t": "turn", "T": "turn"}


def plan_of(junction: Junction, program: Program, foes: Flags | None, network: RoadNetwork, step_ms: int) -> Plan:
    """What a guard must know of a program."""
    links = len(program.states[0])
    speed, crossing = np.full(links, 50 / 3.6), np.zeros(links, np.bool_)
    controls = network.controls
    mine = controls.light == controls.lights.index(junction.id) if junction.id in controls.lights else np.zeros(0, bool)
    for number, start in zip(controls.number[mine].tolist(), controls.start[mine].tolist(), strict=True):
        if number < links:
            edge = network.lane_edge[start]
            crossing[number] = edge >= network.normal_edges
            speed[number] = network.edge_speed[edge]
    table = None
    if foes is not None:
        table = np.zeros((links, links), np.bool_)
        table[: len(foes), : len(foes)] = foes[:links, :links]
    _, usual, most = program.durations.T
    least = np.full(len(usual), np.nan) if program.least is None else program.least
    return Plan(program.states, usual, least, most, table, crossing, speed, step_ms, program.chain)


def refusal(program: Program | None, plan: Plan | None) -> str:
    """Why nobody but SUMO can run a light; empty: one can."""
    if program is None or plan is None:
        return "no program of it is known"
    if program.type not in KINDS:
        return f"its program is of type {program.type}: must be {', '.join(KINDS)}"
    return plan.why_not


def layout_of(junction: Junction, program: Program | None, plan: Plan | None, network: RoadNetwork) -> Layout:
    """A light for applications."""
    by_lane: dict[int, list[Link]] = {}
    for link in junction.links:
        by_lane.setdefault(link.start, []).append(link)
    groups = tuple(sorted({int(group) for group in junction.group_of if group > 0}))
    lanes = tuple(_lane(junction, lane, links, network) for lane, links in by_lane.items())
    phases = () if program is None or plan is None else _phases(program, plan)
    return Layout(
        "" if program is None else program.id,
        "" if program is None else program.type,
        phases,
        lanes,
        groups,
        tuple(junction.group_of.tolist()),
        refusal(program, plan),
    )


def _lane(junction: Junction, lane: int, links: list[Link], network: RoadNetwork) -> SignalLane:
    edge = network.lane_edge[lane]
    x, y = network.lane_shapes[lane][-1].tolist()
    ways = (
        Movement(
            link.number,
            network.lane_ids[lane],
            network.lane_ids[link.end],
            int(junction.group_of[link.number]),
            _TURNS.get(link.turn, ""),
            junction.lane_of.get(link.end, 0),
        )
        for link in links
    )
    length, speed = float(network.edge_length[edge]), float(network.edge_speed[edge])
    return SignalLane(network.lane_ids[lane], junction.lane_of.get(lane, 0), (x, y), length, speed, tuple(ways))


def _phases(program: Program, plan: Plan) -> tuple[Phase, ...]:
    found = []
    for number, (state, (_, usual, most)) in enumerate(zip(program.states, program.durations.tolist(), strict=True)):
        green = bool(number in plan.stages)
        least = float(plan.least_ms[number]) / 1000.0 if green else usual
        yellow, closed = any(letter in "yY" for letter in state), not any(letter in "yYgG" for letter in state)
        found.append(Phase(number, state, usual, least, most, green, yellow, closed))
    return tuple(found)


def light_of(junction: Junction, plan: Plan, network: RoadNetwork) -> ControlledLight:
    """A light for its controller."""
    lanes = tuple(dict.fromkeys(link.start for link in junction.links))
    exits = tuple(dict.fromkeys(link.end for link in junction.links))
    links = plan.green.shape[1]
    lane, exit = np.full(links, -1, np.int32), np.full(links, -1, np.int32)
    for link in junction.links:
        if link.number < links:
            lane[link.number], exit[link.number] = lanes.index(link.start), exits.index(link.end)

    def of(column: Doubles, numbers: tuple[int, ...]) -> Doubles:
        shown: Doubles = locked(column[network.lane_edge[list(numbers)]])
        return shown

    def names(numbers: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(network.lane_ids[number] for number in numbers)

    phases: Ints = locked(plan.stages.copy())
    return ControlledLight(
        junction.id,
        plan.states,
        phases,
        locked(plan.green.copy()),
        locked(plan.least_ms / 1000.0),
        names(lanes),
        of(network.edge_length, lanes),
        of(network.edge_speed, lanes),
        names(exits),
        locked(lane),
        locked(exit),
        of(network.edge_length, exits),
        locked(plan.ways_s),
    )
