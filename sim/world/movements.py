"""The ways across junctions out of a road network."""

from __future__ import annotations

import numpy as np

from wayside.edge.movements import BEFORE, BEHIND, JunctionWays
from wayside.edge.policy import locked
from wayside.ext.arrays import Doubles
from wayside.sim.world import RoadNetwork

SHORTEST = 1e-6  # m: lanes of no length


def movements_of(network: RoadNetwork) -> JunctionWays:
    """All of a net, in the order of its links."""
    links, length = network.links, network.edge_length
    points, runs, line, clear, cut = [], [], [], [], []
    for start, across, end in zip(links.start.tolist(), links.across.tolist(), links.end.tolist(), strict=True):
        size = float(length[network.lane_edge[start]])
        before = min(size, BEFORE)
        shapes = [_part(network, start, size - before, size)]
        shapes += [_part(network, lane, 0.0, float(length[network.lane_edge[lane]])) for lane in across if lane >= 0]
        inside = sum(float(run[-1]) for _, run in shapes[1:])
        shapes.append(_part(network, end, 0.0, min(float(length[network.lane_edge[end]]), BEHIND)))
        begins = np.cumsum([0.0, *(run[-1] for _, run in shapes)])
        points.append(np.vstack([shape for shape, _ in shapes]))
        runs.append(np.concatenate([begin + run for begin, (_, run) in zip(begins, shapes, strict=False)]))
        line.append(before)
        clear.append(before + inside)
        cut.append(size - before)
    first = np.concatenate(([0], np.cumsum([len(one) for one in points]))).astype(np.int32)
    return JunctionWays(
        locked(links.start),
        locked(links.end),
        tuple(network.lane_ids[lane] for lane in links.start.tolist()),
        tuple(network.lane_ids[lane] for lane in links.end.tolist()),
        locked(np.array(line)),
        locked(np.array(clear)),
        locked(np.array(cut)),
        locked(links.state),
        locked(network.lane_width[links.start] / 2.0),
        locked(network.lane_speed[np.where(links.across[:, 0] >= 0, links.across[:, 0], links.end)]),
        locked(np.vstack((np.empty((0, 2)), *points))),
        locked(np.concatenate(([], *runs))),
        locked(first),
    )


def _part(network: RoadNetwork, lane: int, begin: float, end: float) -> tuple[Doubles, Doubles]:
    """A lane from so far to so far along it [m, as SUMO has its length]: its points, and how far each is from there."""
    shape = network.lane_shapes[lane]
    run = np.concatenate(([0.0], np.hypot(*np.diff(shape, axis=0).T).cumsum()))
    run *= float(network.edge_length[network.lane_edge[lane]]) / max(float(run[-1]), SHORTEST)
    inner = (run > begin + 1e-6) & (run < end - 1e-6)
    at = np.concatenate(([begin], run[inner], [end]))
    return np.column_stack([np.interp(at, run, shape[:, axis]) for axis in (0, 1)]), at - begin
