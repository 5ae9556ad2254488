"""Junctions with traffic lights as messages have them: signal groups, lanes and what connects them. Built once.

Links of a light that show the same in every phase of every program make one signal group, numbered from 1 in the order
of their first links; a light of which no program is known has a group for each link. There are 255 at most: further
ones are not told. Crossings for pedestrians have groups, but no lanes.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from sumolib.net.lane import get_allowed

from wayside.edge.messages import local
from wayside.edge.messages.build_csae import MapRoad
from wayside.edge.messages.build_roads import Lane
from wayside.edge.messages.kinds import Place
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.sumo.logics import all_logics
from wayside.sim.wire import lines, nodes
from wayside.sim.wire.places import Link, node_of
from wayside.sim.wire.programs import FIXED, Program
from wayside.sim.world import RoadNetwork, Signals

MOST_GROUPS: Final = 255  # SignalGroupID and PhaseID; 0 says nothing
MOST_LANES: Final = 254  # LaneID, without 0 and 255
MOST_APPROACHES: Final = 15  # ApproachID; 0 for those beyond
MOST_CONNECTIONS: Final = 16  # ConnectsToList
MOST_POINTS: Final = 63  # NodeSetXY
REACH: Final = 200.0  # m of a lane that are told

Type = tuple[tuple[str, tuple[str, ...]], tuple[str, ...]]  # LaneTypeAttributes, LaneSharing

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
class Told:
    """What a MAPEM says of a junction. lanes: as `build_roads.mapem` takes them, ingress ones first; none where the net
    has none; lane_of: by lane of the network, its number here; limit [m/s]: of lanes that have no other.
    """

    lanes: tuple[Lane, ...] = ()
    lane_of: dict[int, int] = field(default_factory=dict)
    width: float = 3.2  # m, of most lanes
    limit: float | None = None


@dataclass(frozen=True)
class Junction:
    """A light's junction. group_of: the signal group of each link, 0 for one that is not told; links: sorted by their
    index. Its lanes and roads are made when they are first asked for: most of a big net's never are.
    """

    id: str
    number: int
    groups: int
    group_of: Ints
    reference: local.Position
    links: tuple[Link, ...] = ()
    programs: tuple[Program, ...] = ()
    tell: Callable[[Junction], Told] = field(default=lambda _: Told(), repr=False)
    lead: Callable[[Junction], tuple[MapRoad, ...]] = field(default=lambda _: (), repr=False)

    @property
    def node(self) -> tuple[int, int]:
        """Region and number of the intersection."""
        return node_of(self.number)

    @cached_property
    def _told(self) -> Told:
        return self.tell(self)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """As `build_roads.mapem` takes them, ingress ones first; none where the net has none."""
        return self._told.lanes

    @property
    def lane_of(self) -> dict[int, int]:
        """By lane of the network, its number here."""
        return self._told.lane_of

    @property
    def width(self) -> float:
        """Of most lanes, m."""
        return self._told.width

    @property
    def limit(self) -> float | None:
        """Of speed, of lanes that have no other, m/s."""
        return self._told.limit

    @cached_property
    def roads(self) -> tuple[MapRoad, ...]:
        """Those to here, as `build_csae.map_data` takes them."""
        return self.lead(self)


def read_junctions(
    network: RoadNetwork, signals: Signals, place: Place, additional: Iterable[Path] = ()
) -> tuple[Junction, ...]:
    """One for each traffic light. `additional` files may hold further programs (tlLogic)."""
    known: dict[str, dict[str, Program]] = {}  # by light and their own id
    for logic, phases in all_logics(network.controls.programs, additional):
        if phases:  # without any, it changes another one's offset
            known.setdefault(logic.get("id", ""), {})[logic.get("programID", "")] = _program(logic, phases)
    links = _links(network)
    controlled = {
        int(network.edge_to[network.lane_edge[link.start]]): number
        for number, id in enumerate(signals.ids)
        for link in links.get(id, ())
    }
    types = [attributes(frozenset(get_allowed(*access))) for access in network.accesses]
    net = _Net(network, place, types, nodes.NodeNumbers(network, controlled))
    tell, lead = partial(_told, net), partial(_roads, net)
    xy = np.array([network.signal_xy.get(id, (0.0, 0.0)) for id in signals.ids]).reshape(-1, 2)
    latitude, longitude = place.degrees(xy[:, 0], xy[:, 1])
    references = list(zip(latitude.tolist(), longitude.tolist(), strict=True))
    found = []
    for number, id in enumerate(signals.ids):
        count = int(signals.offsets[number + 1] - signals.offsets[number])
        programs = tuple(known.get(id, {}).values())
        group_of = groups_of((state for program in programs for state in program.states), count)
        programs = tuple(program for program in programs if all(len(state) == count for state in program.states))
        groups = len(set(group_of.tolist()) - {0})
        mine = tuple(sorted({link for link in links.get(id, ()) if link.number < count}))
        found.append(Junction(id, number, groups, group_of, references[number], mine, programs, tell, lead))
    return tuple(found)


def groups_of(states: Iterable[str], links: int) -> Ints:
    """The group of each link, by what all phases of all programs show; of a program for other links nothing counts."""
    columns = [state for state in states if len(state) == links]
    if not columns:
        return np.where(np.arange(1, links + 1) > MOST_GROUPS, 0, np.arange(1, links + 1)).astype(np.int32)
    numbers: dict[tuple[str, ...], int] = {}
    groups = [numbers.setdefault(shown, len(numbers) + 1) for shown in zip(*columns, strict=True)]
    return np.array([group if group <= MOST_GROUPS else 0 for group in groups], np.int32)


def _program(logic: Mapping[str, str], phases: Sequence[Mapping[str, str]]) -> Program:
    """SUMO's defaults: a phase whose least or longest duration is not said has its usual one."""
    usual = [_seconds(phase.get("duration"), 0.0) for phase in phases]
    least = [_seconds(phase.get("minDur"), at) for phase, at in zip(phases, usual, strict=True)]
    most = [_seconds(phase.get("maxDur"), at) for phase, at in zip(phases, usual, strict=True)]
    others = ("next", "earliestEnd", "latestEnd", "earlyTarget", "finalTarget")
    chained = not any(phase.get(name) for phase in phases for name in others)
    durations = np.array([least, usual, most]).T
    said = np.array([_seconds(phase.get("minDur"), np.nan) for phase in phases])
    states = tuple(phase.get("state", "") for phase in phases)
    return Program(logic.get("type", FIXED), states, durations, chained, logic.get("programID", ""), said)


def _seconds(text: str | None, default: float) -> float:
    try:
        return default if text is None else float(text)
    except ValueError:
        return default


def _links(network: RoadNetwork) -> dict[str, list[Link]]:
    """Of each light, from roads: crossings have groups, but no lanes."""
    controls, ids = network.controls, network.controls.lights
    roads = np.flatnonzero(network.lane_edge[controls.start] < network.normal_edges)
    columns = (controls.light[roads], controls.number[roads], controls.start[roads], controls.end[roads])
    turns = (controls.turn[k] for k in roads.tolist())
    found: dict[str, list[Link]] = {}
    for light, *link in zip(*(column.tolist() for column in columns), turns, strict=True):
        found.setdefault(ids[light], []).append(Link(*link))
    return found


@dataclass(frozen=True)
class _Net:
    """What the lanes of junctions are made of; types: of each of the network's `accesses`."""

    network: RoadNetwork
    place: Place
    types: list[Type]
    names: nodes.NodeNumbers

    def type_of(self, lane: int) -> Type:
        return self.types[self.network.lane_access[lane]]


def _told(net: _Net, junction: Junction) -> Told:
    network, links, group_of = net.network, junction.links, junction.group_of
    if not links:
        return Told()
    ingress, egress = dict.fromkeys(link.start for link in links), dict.fromkeys(link.end for link in links)
    used = [(lane, True) for lane in ingress] + [(lane, False) for lane in egress if lane not in ingress]
    if len(used) > MOST_LANES:
        warnings.warn(
            f"traffic light {junction.id}: has {len(used)} lanes, of which a MAPEM has numbers for {MOST_LANES}: the "
            "others are not told",
            stacklevel=2,
        )
        used = used[:MOST_LANES]
    lane_of = {lane: k + 1 for k, (lane, _) in enumerate(used)}
    shapes = _nodes([network.lane_shapes[lane][:: -1 if inwards else 1] for lane, inwards in used], net, junction)
    approaches: dict[int, int] = {}
    usual = _most(network.lane_speed[lane] for lane, _ in used)
    lanes = []
    for (lane, inwards), shape in zip(used, shapes, strict=True):
        approach = approaches.setdefault(int(network.lane_edge[lane]), len(approaches) + 1)
        ways = [link for link in links if link.start == lane and link.end in lane_of][:MOST_CONNECTIONS]
        kind, shared = net.type_of(lane)
        lanes.append(
            Lane(
                lane_of[lane],
                shape,
                approach if approach <= MOST_APPROACHES else 0,
                inwards,
                [(lane_of[way.end], int(group_of[way.number]) or None, way.maneuvers) for way in ways],
                tuple(dict.fromkeys(name for way in ways for name in way.maneuvers)),
                kind,
                shared,
                None if (limit := round(float(network.lane_speed[lane]), 2)) == usual else limit,
            )
        )
    return Told(tuple(lanes), lane_of, _most(network.lane_width[lane] for lane, _ in used), usual)


def _most(values: Iterable[float]) -> float:
    """The value that most have, in whole hundredths."""
    return Counter(round(float(value), 2) for value in values).most_common(1)[0][0]


def _roads(net: _Net, junction: Junction) -> tuple[MapRoad, ...]:
    types = {lane: net.type_of(lane) for lane in dict.fromkeys(link.start for link in junction.links)}
    return nodes.roads(junction.links, junction.group_of, types, net.network, net.place, net.names)


def attributes(allowed: frozenset[str]) -> Type:
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


def _nodes(shapes: Sequence[Doubles], net: _Net, junction: Junction) -> Iterator[list[tuple[float, float]]]:
    """The middles of lanes, from the junction outwards [m east and north of the reference point]."""
    told = [lines.simplified(lines.beginning(shape, REACH), lines.TOLERANCE, MOST_POINTS) for shape in shapes]
    points = np.concatenate(told)
    east, north = local.metres(junction.reference, *net.place.degrees(points[:, 0], points[:, 1]))
    all_of = zip(east.tolist(), north.tolist(), strict=True)
    return (list(islice(all_of, len(line))) for line in told)
