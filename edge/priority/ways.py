"""The ways across a light's junction that requests name, and who is on them or behind them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from wayside.ext.arrays import Doubles, Ints

if TYPE_CHECKING:
    from wayside.edge.context import Network
    from wayside.edge.ldm import VehicleView
    from wayside.edge.signal import UnitSignal

SIGHT: Final = 200.0  # m around the unit in which vehicles are brought to lanes
ACROSS: Final = 40.0  # m from the stop line within which one who is on no lane to it is taken to be beyond
STANDING: Final = 2.0  # m/s below which one stands in a queue


class PriorityWay(NamedTuple):
    """A way that priority is asked for. group: its signal group, 0 where the light has no such way; lanes: the lanes to
    the stop line, as edge and number; exits: the edges that it leads to; line: where one stops [m].
    """

    group: int
    lanes: frozenset[tuple[int, int]]
    exits: frozenset[int]
    line: tuple[float, float]


class PriorityWays:
    """Of one light; the roads are looked through within `SIGHT` of a place alone."""

    def __init__(self, network: Network, place: tuple[float, float]) -> None:
        self._roads = network.map.around(place, SIGHT)
        self._edges = {name: number for number, name in enumerate(network.edges)}
        self._place = place

    def find(self, signal: UnitSignal, inbound: int, outbound: int, grouped: bool) -> PriorityWay:
        """The way from a lane to another, 0 for any, by their numbers in the MAPEM; or all those of a signal group."""
        ways = [
            (lane, way)
            for lane in signal.lanes
            for way in lane.movements
            if (way.group == inbound if grouped else lane.number == inbound and outbound in (0, way.onto))
        ]
        if not ways:
            return PriorityWay(0, frozenset(), frozenset(), self._place)
        lanes = (self._lane(lane.name) for lane, _ in ways)
        exits = (self._lane(way.end)[0] for _, way in ways)
        first, way = ways[0]
        return PriorityWay(way.group, frozenset(lanes), frozenset(exits) - {-1}, first.stop_line)

    def _lane(self, name: str) -> tuple[int, int]:
        """A lane's edge, -1 where it is none of the net, and its number there."""
        edge, _, lane = name.rpartition("_")
        return self._edges.get(edge, -1), int(lane) if lane.isdigit() else -1

    def edges(self, x: Doubles, y: Doubles, heading: Doubles) -> Ints:
        """On which edge each of these vehicles is, -1 on none."""
        return self._roads.locate(x, y, heading).edge

    def beyond(self, way: PriorityWay, x: float, y: float, heading: float) -> bool:
        """Whether a vehicle is behind its stop line: on an edge that it leads to, or near it and on none to it."""
        edge = int(self.edges(np.array([x]), np.array([y]), np.array([heading]))[0])
        if edge in way.exits:
            return True
        return edge not in {inbound for inbound, _ in way.lanes} and math.dist((x, y), way.line) <= ACROSS

    def queue(self, way: PriorityWay, heard: VehicleView, station: int) -> int:
        """How many vehicles stand on a way's lanes, nearer to the stop line than a station, or than all, is it not
        heard.
        """
        seen = heard.near(self._place, SIGHT)
        away = np.hypot(seen.x - way.line[0], seen.y - way.line[1])
        mine = away[seen.station == station]
        slow = seen.where((seen.speed < STANDING) & (away < (mine[0] if len(mine) else math.inf)))
        at = self._roads.locate(slow.x, slow.y, slow.heading)
        return sum(place in way.lanes for place in zip(at.edge.tolist(), at.lane.tolist(), strict=True))
