"""Hazards that a unit sees in its local dynamic map, and the book of all that are told in a city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from wayside.edge.roadmap import RoadMap
from wayside.ext.arrays import Doubles, Ints


class RoadSpot(NamedTuple):
    """A place on an edge, so far from its begin [m]."""

    edge: int
    along: float


class _Group(NamedTuple):
    """Vehicles one behind the other on an edge: where the first has its front and the last its rear [m]."""

    edge: int
    head: float
    tail: float
    vehicles: int


def ends_of_queues(
    edge: Ints, along: Doubles, length: Doubles, roads: RoadMap, gap: float, least: int
) -> dict[int, RoadSpot]:
    """Where queues of at least so many vehicles end, by the edge on which each begins.

    Of slow vehicles, one entry each: edge, how far along it and how long [m]. Whoever is at most `gap` m behind
    another belongs to its queue, on whichever lane and across junctions; where it divides, the branch with more
    vehicles counts, and of several queues on one edge the longest.
    """
    groups = _groups(edge, along, length, gap)
    behind = [_behind(group, groups, roads, gap) for group in groups]
    firsts = set(range(len(groups))).difference(*behind)
    found: dict[int, tuple[int, RoadSpot]] = {}
    for first in sorted(firsts):
        vehicles, last = _longest(first, behind, groups, frozenset())
        known = found.get(groups[first].edge)
        if vehicles >= least and (known is None or vehicles > known[0]):
            found[groups[first].edge] = vehicles, RoadSpot(groups[last].edge, groups[last].tail)
    return {at: spot for at, (_, spot) in found.items()}


def _groups(edge: Ints, along: Doubles, length: Doubles, gap: float) -> list[_Group]:
    groups: list[_Group] = []
    for k in np.lexsort((-along, edge)).tolist():
        on, front, rear = int(edge[k]), float(along[k]), float(max(along[k] - length[k], 0.0))
        last = groups[-1] if groups else None
        if last is not None and last.edge == on and last.tail - front <= gap:
            groups[-1] = last._replace(tail=min(last.tail, rear), vehicles=last.vehicles + 1)
        else:
            groups.append(_Group(on, front, rear, 1))
    return groups


def _behind(group: _Group, groups: Sequence[_Group], roads: RoadMap, gap: float) -> list[int]:
    """The groups on the edges before that a group reaches back to."""
    before = roads.before[group.edge]
    return [
        k
        for k, other in enumerate(groups)
        if other.edge in before and group.tail + float(roads.length[other.edge]) - other.head <= gap
    ]


def _longest(
    first: int, behind: Sequence[Sequence[int]], groups: Sequence[_Group], passed: frozenset[int]
) -> tuple[int, int]:
    """The most vehicles from a group back, and the group in which they end."""
    ways = [_longest(k, behind, groups, passed | {first}) for k in behind[first] if k not in passed]
    vehicles, last = max(ways, default=(0, first))
    return groups[first].vehicles + vehicles, last


def standing_alone(edge: Ints, lane: Ints, along: Doubles, roads: RoadMap, free: float) -> list[int]:
    """Of standing vehicles, by row, those that nothing seems to hold: no other stands within `free` m before them on
    their lane, and it is further than that to the edge's end, where one waits for a light or for others.
    """
    ahead = along[None, :] - along[:, None]
    same = (edge[None, :] == edge[:, None]) & (lane[None, :] == lane[:, None])
    held = (same & (ahead > 0.0) & (ahead <= free)).any(axis=1)
    return np.flatnonzero(~held & (roads.length[edge] - along > free)).tolist()


@dataclass
class ToldHazard:
    """A row of hazards.parquet: what a unit has told of, as it was first; over_s: NaN where it still is."""

    unit: str
    cause: str
    said_s: float
    over_s: float
    x_m: float
    y_m: float
    updates: int


@dataclass
class HazardBook:
    """What the units of a city tell of, over the whole run, in its order; cancelled: how many of them were."""

    told: list[ToldHazard] = field(default_factory=list)
    cancelled: int = 0

    @property
    def updated(self) -> int:
        """How often one was told anew as it had moved."""
        return sum(hazard.updates for hazard in self.told)
