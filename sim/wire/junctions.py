"""Junctions with traffic lights as messages have them: signal groups, lanes and what connects them. Built once.

Links of a light that show the same in every phase of every program make one signal group, numbered from 1 in the order
of their first links; a light of which no program is known has a group for each link. There are 255 at most: further
ones are not told. Crossings for pedestrians have groups, but no lanes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import numpy as np
from sumolib.net.lane import get_allowed

from wayside.edge.messages import local
from wayside.edge.messages.build_csae import Road
from wayside.edge.messages.build_roads import Lane
from wayside.sim.sumo.references import open_unpacked
from wayside.sim.wire import lines, nodes
from wayside.sim.wire.places import Link, Place, node_of
from wayside.sim.world import Doubles, Ints, RoadNetwork, Signals

MOST_GROUPS: Final = 255  # SignalGroupID and PhaseID; 0 says nothing
MOST_LANES: Final = 254  # LaneID, without 0 and 255
MOST_APPROACHES: Final = 15  # ApproachID; 0 for those beyond
MOST_CONNECTIONS: Final = 16  # ConnectsToList
MOST_POINTS: Final = 63  # NodeSetXY
REACH: Final = 200.0  # m of a lane that are told

_RAIL = {"tram", "rail_urban", "rail", "rail_electric", "rail_fast", "subway", "cable_car"}
# LaneSharing: which of its bits SUMO's vehicle classes stand for.
_SHARING = (
    ("individualMotorizedVehicleTraffic", {"passenger", "private", "truck", "motorcycle", "delivery"}),
    ("busVehicleTraffic", {"bus", "coach"}),
    ("taxiVehicleTraffic", {"taxi"}),
    ("pedestriansTraffic", {"pedestrian"}),
    ("cyclistVehicleTraffic", {"bicycle"}),
    ("trackedVehicleTraffic", _RAIL),
)
# SUMO's lanes have no restrictions where nobody says any.
_ALL = tuple(name for name, _ in _SHARING)
_USUAL = tuple(name for name in _ALL if name not in ("pedestriansTraffic", "trackedVehicleTraffic"))


@dataclass(frozen=True)
class Junction:
    """A light's junction. lanes: as `build_roads.mapem` takes them, ingress ones first; none where the net has none.

    group_of: the signal group of each link, 0 for one that is not told; lane_of: by lane of the network, its number
    here; links: sorted by their index.
    """

    id: str
    number: int
    groups: int
    group_of: Ints
    reference: local.Position
    lanes: tuple[Lane, ...] = ()
    lane_of: dict[int, int] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    width: float = 3.2  # m, of most lanes
    roads: tuple[Road, ...] = ()  # to here, as `build_csae.map_data` takes them

    @property
    def node(self) -> tuple[int, int]:
        """Region and number of the intersection."""
        return node_of(self.number)


def read_junctions(
    net: Path, network: RoadNetwork, signals: Signals, place: Place, additional: Iterable[Path] = ()
) -> tuple[Junction, ...]:
    """One for each traffic light. `additional` files may hold further programs (tlLogic)."""
    found = _Found()
    for file in (net, *additional):
        found.read(file, network)
    controlled = {
        int(network.edge_to[network.lane_edge[link.start]]): number
        for number, id in enumerate(signals.ids)
        for link in found.links.get(id, ())
    }
    names = nodes.Names(network, controlled)
    return tuple(_junction(number, id, found, network, signals, place, names) for number, id in enumerate(signals.ids))


def groups_of(states: Iterable[str], links: int) -> Ints:
    """The group of each link, by what all phases of all programs show; of a program for other links nothing counts."""
    columns = [state for state in states if len(state) == links]
    if not columns:
        return np.where(np.arange(1, links + 1) > MOST_GROUPS, 0, np.arange(1, links + 1)).astype(np.int32)
    numbers: dict[tuple[str, ...], int] = {}
    groups = [numbers.setdefault(shown, len(numbers) + 1) for shown in zip(*columns, strict=True)]
    return np.array([group if group <= MOST_GROUPS else 0 for group in groups], np.int32)


class _Found:
    """What the files say of lights."""

    def __init__(self) -> None:
        self.links: dict[str, list[Link]] = {}  # by light
        self.states: dict[str, list[str]] = {}
        self.allowed: dict[int, frozenset[str]] = {}  # vehicle classes by lane

    def read(self, file: Path, network: RoadNetwork) -> None:
        phases: list[str] = []
        with open_unpacked(file) as stream:
            for _, node in ElementTree.iterparse(stream):
                match node.tag:
                    case "lane":
                        number = network.lane_number.get(node.get("id", ""))
                        if number is not None:
                            self.allowed[number] = frozenset(get_allowed(node.get("allow"), node.get("disallow")))
                    case "phase":
                        phases.append(node.get("state", ""))
                    case "tlLogic":
                        self.states.setdefault(node.get("id", ""), []).extend(phases)
                        phases = []
                    case "connection":
                        self._connection(node, network)
                node.clear()

    def _connection(self, node: ElementTree.Element, network: RoadNetwork) -> None:
        light, start, index = node.get("tl"), node.get("from", ":"), node.get("linkIndex", "")
        if not light or start.startswith(":") or not index.isdigit():
            return
        lanes = (f"{start}_{node.get('fromLane')}", f"{node.get('to')}_{node.get('toLane')}")
        if all(lane in network.lane_number for lane in lanes):
            first, last = (network.lane_number[lane] for lane in lanes)
            self.links.setdefault(light, []).append(Link(int(index), first, last, node.get("dir", "")))


def _junction(
    number: int,
    id: str,
    found: _Found,
    network: RoadNetwork,
    signals: Signals,
    place: Place,
    names: nodes.Names,
) -> Junction:
    count = int(signals.offsets[number + 1] - signals.offsets[number])
    group_of = groups_of(found.states.get(id, ()), count)
    groups = len(set(group_of.tolist()) - {0})
    links = tuple(sorted({link for link in found.links.get(id, ()) if link.number < count}))
    x, y = network.signal_xy.get(id, (0.0, 0.0))
    latitude, longitude = place.degrees(np.array([x]), np.array([y]))
    reference = (float(latitude[0]), float(longitude[0]))
    if not links:
        return Junction(id, number, groups, group_of, reference)
    ingress, egress = dict.fromkeys(link.start for link in links), dict.fromkeys(link.end for link in links)
    used = [(lane, True) for lane in ingress] + [(lane, False) for lane in egress if lane not in ingress]
    used = used[:MOST_LANES]
    lane_of = {lane: k + 1 for k, (lane, _) in enumerate(used)}
    approaches: dict[int, int] = {}
    lanes = []
    for lane, inwards in used:
        approach = approaches.setdefault(int(network.lane_edge[lane]), len(approaches) + 1)
        ways = [link for link in links if link.start == lane and link.end in lane_of][:MOST_CONNECTIONS]
        kind, shared = attributes(found.allowed.get(lane, frozenset()))
        lanes.append(
            Lane(
                lane_of[lane],
                _nodes(network.lane_shapes[lane], inwards, place, reference),
                approach if approach <= MOST_APPROACHES else 0,
                inwards,
                [(lane_of[way.end], int(group_of[way.number]) or None, way.maneuvers) for way in ways],
                tuple(dict.fromkeys(name for way in ways for name in way.maneuvers)),
                kind,
                shared,
            )
        )
    widths = Counter(round(float(network.lane_width[lane]), 2) for lane, _ in used)
    width = widths.most_common(1)[0][0]
    types = {lane: attributes(found.allowed.get(lane, frozenset())) for lane in ingress}
    roads = nodes.roads(links, group_of, types, network, place, names)
    return Junction(id, number, groups, group_of, reference, tuple(lanes), lane_of, links, width, roads)


def attributes(allowed: frozenset[str]) -> tuple[tuple[str, tuple[str, ...]], tuple[str, ...]]:
    """LaneTypeAttributes and LaneSharing by the vehicle classes that may use a lane."""
    shared = tuple(name for name, classes in _SHARING if allowed & classes)
    if shared == _ALL:
        return ("vehicle", ()), _USUAL
    if shared == ("pedestriansTraffic",):
        return ("sidewalk", ()), ()
    if shared == ("cyclistVehicleTraffic",):
        return ("bikeLane", ()), ()
    if shared == ("trackedVehicleTraffic",):
        return ("trackedVehicle", ()), ()
    only = {("busVehicleTraffic",): "restrictedToBusUse", ("taxiVehicleTraffic",): "restrictedToTaxiUse"}
    return ("vehicle", (only[shared],) if shared in only else ()), shared if len(shared) > 1 else ()


def _nodes(shape: Doubles, inwards: bool, place: Place, reference: local.Position) -> list[tuple[float, float]]:
    """A lane's middle, from the junction outwards [m east and north of the reference point]."""
    points = lines.simplified(lines.beginning(shape[::-1] if inwards else shape, REACH), lines.TOLERANCE, MOST_POINTS)
    east, north = local.metres(reference, *place.degrees(points[:, 0], points[:, 1]))
    return list(zip(east.tolist(), north.tolist(), strict=True))
