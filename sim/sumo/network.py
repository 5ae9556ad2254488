"""The road network out of SUMO's net file."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from wayside.edge.errors import ScenarioError, SumoError
from wayside.ext.arrays import Doubles, Indices, Ints
from wayside.ext.net_file import NetFile, lane_ids
from wayside.sim.scenario.configuration import read_configuration
from wayside.sim.sumo.references import open_unpacked
from wayside.sim.world import Controls, LaneLinks, RoadNetwork

_CHUNK = 1 << 18  # bytes read at once


def read_network(path: Path) -> RoadNetwork:
    """The network of a `.net.xml` or `.net.xml.gz`. SumoError where it is none."""
    try:
        return _network(_parsed(path))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise SumoError(f"{path}: not a SUMO network: {' '.join(str(error).split())}") from None


def _parsed(path: Path) -> NetFile:
    net = NetFile()
    with open_unpacked(path) as stream:
        while piece := stream.read(_CHUNK):
            net.feed(piece, last=False)
    net.feed(b"", last=True)
    return net


def _network(net: NetFile) -> RoadNetwork:
    """ValueError where something is missing."""
    ids = net.edge_ids
    (begin, end, first, after), internal = net.edges
    if not ids:
        raise ValueError("it has no edges")
    in_order = np.argsort(internal, kind="stable")  # normal edges first
    edge_ids = [ids[edge] for edge in in_order.tolist()]
    edge_rank = _inverse(in_order)
    normal = len(ids) - int(internal.sum())

    (lane_edge, access), (speed, length, width) = net.lanes
    count = np.bincount(lane_edge, minlength=len(ids))
    if not count.all():
        raise ValueError(f'edge id="{ids[int(np.argmin(count))]}": has no lane')
    lanes = np.argsort(edge_rank[lane_edge], kind="stable")
    lane_rank = _inverse(lanes)
    lane_edge = edge_rank[lane_edge[lanes]]
    first_lane = (np.cumsum(count[in_order]) - count[in_order]).astype(np.int32)
    lane_names = lane_ids(edge_ids, lane_edge, first_lane)
    points, ends = net.points
    parts = list(zip(np.concatenate(([0], ends[:-1]))[lanes].tolist(), ends[lanes].tolist(), strict=True))
    xy = np.ascontiguousarray(points[:, :2])
    z = points[:, 2].copy() if points[:, 2].any() else None

    xy_of, within = net.junctions
    known = ~np.isnan(xy_of[:, 0])
    for edge in in_order[:normal].tolist():
        if not (known[begin[edge]] and known[end[edge]]):
            raise ValueError(f'edge id="{ids[edge]}": begins or ends at a junction that the net does not have')
    told = known & ~within
    junction_rank = np.where(told, np.cumsum(told) - 1, -1).astype(np.int32)

    start, goal, from_lane, to_lane, via, light, link, direction = net.connections
    pairs, pair = np.unique(edge_rank[start].astype(np.int64) * len(ids) + edge_rank[goal], return_inverse=True)
    shortest = np.full(len(pairs), np.inf)
    np.minimum.at(shortest, pair, _across(from_lane, via, length))
    follows = np.stack(np.divmod(pairs, len(ids))).astype(np.int32)
    outside = (follows < normal).all(axis=0)
    before, then = follows[:, outside]
    second = _second(from_lane, via, len(length))
    plain = np.flatnonzero((edge_rank[start] < normal) & (edge_rank[goal] < normal))
    lights = net.lights
    lit = np.flatnonzero(light >= 0)
    turns = net.directions
    return RoadNetwork(
        edge_ids=tuple(edge_ids),
        edge_length=length[first[in_order]],
        edge_speed=speed[(first + count - 1)[in_order]],
        edge_first_lane=first_lane,
        edge_from=junction_rank[begin[in_order]],
        edge_to=junction_rank[end[in_order]],
        edge_after=edge_rank[after[in_order]],
        normal_edges=normal,
        successors=(before.copy(), then.copy()),
        successor_m=shortest[outside],
        lane_ids=tuple(lane_names),
        lane_edge=lane_edge,
        lane_shapes=tuple(xy[first:last] for first, last in parts),
        lane_heights=() if z is None else tuple(z[first:last] for first, last in parts),
        lane_width=width[lanes],
        lane_speed=speed[lanes],
        junction_ids=tuple(id for id, there in zip(net.junction_ids, told.tolist(), strict=True) if there),
        junction_xy=xy_of[told],
        signal_xy=_centres(lights, light[lit], end[start[lit]], xy_of),
        bounds=_bounds(net.boundary),
        edge_number={id: number for number, id in enumerate(edge_ids)},
        lane_number={id: number for number, id in enumerate(lane_names)},
        lane_access=access[lanes],
        accesses=tuple(net.accesses),
        links=LaneLinks(
            start=lane_rank[from_lane[plain]],
            end=lane_rank[to_lane[plain]],
            across=np.stack([np.where(lane < 0, -1, lane_rank[lane]) for lane in (via[plain], second[plain])], axis=1),
            state=net.states[plain],
        ),
        controls=Controls(
            lights=tuple(lights),
            programs=tuple(net.programs),
            light=light[lit],
            number=link[lit],
            start=lane_rank[from_lane[lit]],
            end=lane_rank[to_lane[lit]],
            turn=tuple(turns[number] for number in direction[lit].tolist()),
        ),
    )


def _inverse(order: Indices) -> Ints:
    """The rank of each number in an order of all."""
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank


def _across(from_lane: Ints, via: Ints, length: Doubles) -> Doubles:
    """The length of the internal lanes of each connection, m: one, or two where vehicles wait within the junction."""
    second = _second(from_lane, via, len(length))
    return np.where(via >= 0, length[via], 0.0) + np.where(second >= 0, length[second], 0.0)


def _second(from_lane: Ints, via: Ints, lanes: int) -> Ints:
    """The second internal lane of each connection; -1 where there is none."""
    onward = np.full(lanes, -1, np.int32)  # from an internal lane to the next
    within = np.flatnonzero(via >= 0)[::-1]  # of several the first
    onward[from_lane[within]] = via[within]
    return np.where(via >= 0, onward[via], -1).astype(np.int32)


def _centres(ids: list[str], light: Ints, junction: Ints, xy: Doubles) -> dict[str, tuple[float, float]]:
    """The mean position of the junctions that each light controls, m; pairs of a light and a junction."""
    found: dict[str, list[tuple[float, float]]] = {}
    for number, at in sorted(set(zip(light.tolist(), junction.tolist(), strict=True))):
        found.setdefault(ids[number], []).append((float(xy[at, 0]), float(xy[at, 1])))
    means = {id: np.array(sorted(points)).mean(axis=0).tolist() for id, points in found.items()}
    return {id: (means[id][0], means[id][1]) for id in ids if id in means}


def _bounds(written: str | None) -> tuple[float, float, float, float]:
    if written is None:
        raise ValueError("it has no location")
    numbers = [float(number) for number in written.split(",")]
    if len(numbers) != 4:
        raise ValueError(f"location.convBoundary = {written!r}: must be 4 numbers, separated by commas")
    xmin, ymin, xmax, ymax = numbers
    return xmin, ymin, xmax, ymax


def net_file(config: Path) -> Path:
    """The network that a configuration names. ScenarioError where it names none."""
    name = read_configuration(config).get("net-file")
    if not name:
        raise ScenarioError(f"{config}: net-file is missing: a SUMO configuration names its network")
    return config.parent / name
