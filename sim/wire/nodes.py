"""A junction as YD/T 3709 has it: a node, and the roads that lead to it, each from another node.

Nodes with a light have its number; others have the junction's, in regions of their own. Roads beyond 32, lanes beyond
32 of a road, and ways beyond 8 of a lane or 32 of a road are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wayside.edge.messages.build_csae import MapRoad, RoadLane, Way
from wayside.edge.messages.build_roads import FASTEST
from wayside.edge.messages.kinds import Place
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.wire import lines
from wayside.sim.wire.places import Link, node_of
from wayside.sim.world import RoadNetwork

MOST_ROADS: Final = 32
MOST_LANES: Final = 32
MOST_WAYS: Final = 32
MOST_LANE_WAYS: Final = 8
MOST_POINTS: Final = 31
REACH: Final = 200.0  # m of a lane that are told, before its end
_UNLIT: Final = 32768  # the first region of junctions without a light


@dataclass(frozen=True)
class NodeNumbers:
    """The numbers of nodes; `controlled`: by junction of the network, the light that it has."""

    network: RoadNetwork
    controlled: Mapping[int, int]

    def of(self, junction: int) -> tuple[int, int]:
        """Region and number."""
        if junction in self.controlled:
            return node_of(self.controlled[junction])
        return _UNLIT + (junction >> 16), junction & 0xFFFF


def roads(
    links: Sequence[Link],
    group_of: Ints,
    types: Mapping[int, tuple[tuple[str, tuple[str, ...]], tuple[str, ...]]],
    network: RoadNetwork,
    place: Place,
    names: NodeNumbers,
) -> tuple[MapRoad, ...]:
    """The roads that lead to a light; types: of its lanes, kind and sharing (`junctions.attributes`)."""
    edges = list(dict.fromkeys(int(network.lane_edge[link.start]) for link in links))
    found = []
    for edge in edges[:MOST_ROADS]:
        lanes = [lane for lane in types if network.lane_edge[lane] == edge][:MOST_LANES]
        mine = [link for link in links if network.lane_edge[link.start] == edge]
        ways = list(dict.fromkeys(_way(link, group_of, network, names, False) for link in mine))
        found.append(
            MapRoad(
                names.of(int(network.edge_from[edge])),
                [_lane(lane, mine, group_of, types[lane], network, place, names) for lane in lanes],
                ways[:MOST_WAYS],
            )
        )
    return tuple(found)


def _lane(
    lane: int,
    links: Sequence[Link],
    group_of: Ints,
    type: tuple[tuple[str, tuple[str, ...]], tuple[str, ...]],
    network: RoadNetwork,
    place: Place,
    names: NodeNumbers,
) -> RoadLane:
    mine = (link for link in links if link.start == lane)
    ways = list(dict.fromkeys(_way(link, group_of, network, names, True) for link in mine))[:MOST_LANE_WAYS]
    return RoadLane(
        _number(lane, network),
        _points(network.lane_shapes[lane], place),
        round(float(network.lane_width[lane]), 2),
        ways,
        tuple(dict.fromkeys(name for way in ways for name in way.maneuvers)),
        *type,
        min(float(network.lane_speed[lane]), FASTEST),
    )


def _way(link: Link, group_of: Ints, network: RoadNetwork, names: NodeNumbers, onto_lane: bool) -> Way:
    to = names.of(int(network.edge_to[network.lane_edge[link.end]]))
    phase = int(group_of[link.number]) or None
    return Way(to, _number(link.end, network), phase, link.maneuvers) if onto_lane else Way(to, phase=phase)


def _number(lane: int, network: RoadNetwork) -> int:
    """A lane's number on its road, from 1 at the left; SUMO counts from 0 at the right."""
    edge = int(network.lane_edge[lane])
    first = int(network.edge_first_lane[edge])
    after = int(network.edge_first_lane[edge + 1]) if edge + 1 < len(network.edge_first_lane) else len(network.lane_ids)
    return after - lane if first <= lane else 0


def _points(shape: Doubles, place: Place) -> list[tuple[float, float]]:
    """A lane's middle up to its end, degrees."""
    points = lines.simplified(lines.beginning(shape[::-1], REACH), lines.TOLERANCE, MOST_POINTS)[::-1]
    latitude, longitude = place.degrees(points[:, 0], points[:, 1])
    return list(zip(np.asarray(latitude).tolist(), np.asarray(longitude).tolist(), strict=True))
