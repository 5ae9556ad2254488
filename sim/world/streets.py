"""Ways on foot: along the roads, in either direction and on either side."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np

from wayside.ext.arrays import Doubles, Ints, Longs
from wayside.sim.world import RoadNetwork

ROOM: Final = 64 * 2**20  # octets for what has been searched for; then it is forgotten
SHORTEST: Final = 1e-6  # m: the search takes what costs nothing for no way at all
AT_ONCE: Final = 10_000  # points that are brought to their roads together
SAMPLES: Final = 20.0  # m at most between the points by which the nearest road is looked for


class Snapped(NamedTuple):
    """Points brought to their nearest roads."""

    street: Ints  # the same for both directions
    along: Doubles  # m from the junction with the lower number
    whole: Doubles  # m, all of the road
    off: Doubles  # m from the road
    junction: Ints  # 2 x points: both ends, the lower number first


class _Pieces(NamedTuple):
    """Of the normal edges' first lanes, the straight pieces; one of no length closes each edge."""

    start: Doubles  # pieces x 2, m
    way: Doubles  # likewise, to its end
    edge: Ints
    before: Doubles  # m of the edge before it; one entry more


class Streets:
    """Streets are pairs of junctions with a road between them. What has been searched for is remembered."""

    def __init__(self, network: RoadNetwork) -> None:
        self._network = network
        self._afoot: dict[int, Doubles] = {}  # by junction: m to every other

    @cached_property
    def ends(self) -> tuple[Ints, Doubles, Ints]:
        """Both junctions of each street, the lower number first, 2 x streets; how long the shortest road between them
        is, m; and by normal edge which street it is.
        """
        network, n = self._network, self._network.normal_edges
        ends = np.sort(np.stack((network.edge_from[:n], network.edge_to[:n])), axis=0)
        pairs, which = np.unique(ends, axis=1, return_inverse=True)
        metres = np.full(pairs.shape[1], np.inf)
        np.minimum.at(metres, which.reshape(-1), np.maximum(network.edge_length[:n], SHORTEST))
        return pairs, metres, which.reshape(-1).astype(np.int32)

    def walk_m(self, x: Doubles, y: Doubles, to_x: Doubles, to_y: Doubles) -> Doubles:
        """See `wayside.edge.context.Network.walk_m`."""
        x, y, to_x, to_y = (np.atleast_1d(np.asarray(one, np.float64)) for one in (x, y, to_x, to_y))
        straight = np.hypot(x[:, None] - to_x, y[:, None] - to_y)
        if not straight.size:
            return straight
        starts, ends = self.snap(x, y), self.snap(to_x, to_y)
        self._walk_from(np.unique(ends.junction).tolist())
        walks = np.full(straight.shape, np.inf)
        for junction, leg in zip(ends.junction, _legs(ends), strict=True):
            onward = np.array([self._afoot[one] for one in junction.tolist()])  # ends x junctions
            for begin, first in zip(starts.junction, _legs(starts), strict=True):
                np.minimum(walks, first[:, None] + onward[:, begin].T + leg, out=walks)
        same = starts.street[:, None] == ends.street
        along = np.abs(starts.along[:, None] - ends.along) + starts.off[:, None] + ends.off
        np.minimum(walks, along, out=walks, where=same)
        return np.maximum(walks, straight)

    def snap(self, x: Doubles, y: Doubles) -> Snapped:
        """Points [m] brought to their nearest roads; of several as near, the first."""
        network, pieces = self._network, self._pieces
        points = np.stack((x, y), axis=1)
        found = [self._nearest(points[first : first + AT_ONCE]) for first in range(0, len(points), AT_ONCE)]
        if not found:
            found = [(np.empty(0, np.int64), np.empty(0), np.empty(0))]
        piece, part, off = (np.concatenate(column) for column in zip(*found, strict=True))
        on = pieces.edge[piece]
        length = network.edge_length[on]
        leads = pieces.way[piece].any(axis=1)  # what closes an edge leads nowhere
        step = pieces.before[piece + 1] - pieces.before[piece]
        along = pieces.before[piece] + np.where(leads, part * step, 0.0)
        start, end = network.edge_from[on], network.edge_to[on]
        low = np.where(start <= end, along, length - along)
        junction = np.stack((np.minimum(start, end), np.maximum(start, end)))
        return Snapped(self.ends[2][on], low, length, off, junction)

    def _nearest(self, points: Doubles) -> tuple[Longs, Doubles, Doubles]:
        """Of points, N x 2, the nearest piece, the share of it that lies before, and how far it is, m."""
        pieces, (owners, tree) = self._pieces, self._samples
        # The nearest road has a sample within half their distance of its nearest point.
        reach = tree.query(points)[0] + 0.51 * SAMPLES
        near = tree.query_ball_point(points, reach, return_sorted=False)
        many = np.fromiter(map(len, near), np.int64, len(near))
        row = np.repeat(np.arange(len(points)), many)
        some = owners[np.fromiter(chain.from_iterable(near), np.int64, int(many.sum()))]
        start, way = pieces.start[some], pieces.way[some]
        square = np.maximum((way**2).sum(axis=1), 1e-12)
        part = np.clip(((points[row] - start) * way).sum(axis=1) / square, 0.0, 1.0)
        far = np.hypot(*(start + part[:, None] * way - points[row]).T)
        best = np.lexsort((some, far, row))[np.cumsum(many) - many]
        return some[best], part[best], far[best]

    @cached_property
    def _samples(self) -> tuple[Longs, Any]:
        """Points on the pieces: of which piece each is, and a tree of them."""
        from scipy.spatial import cKDTree

        start, way = self._pieces.start, self._pieces.way
        many = np.maximum(np.ceil(np.hypot(*way.T) / SAMPLES), 1).astype(np.int64)
        owners = np.repeat(np.arange(len(many)), many + 1)
        number = np.arange(len(owners)) - np.repeat(np.cumsum(many + 1) - many - 1, many + 1)
        return owners, cKDTree(start[owners] + (number / many[owners])[:, None] * way[owners])

    @cached_property
    def _pieces(self) -> _Pieces:
        network = self._network
        starts, ways, edges, befores = [], [], [], []
        for edge in range(network.normal_edges):
            shape = network.lane_shapes[network.edge_first_lane[edge]]
            steps = np.diff(shape, axis=0)
            run = np.concatenate(([0.0], np.hypot(*steps.T).cumsum()))
            # A piece of no length closes each edge, so that the next entry is always where a piece ends.
            starts.append(shape)
            ways.append(np.vstack((steps, np.zeros((1, 2)))))
            edges.append(np.full(len(shape), edge, np.int32))
            befores.append(run * (network.edge_length[edge] / max(run[-1], SHORTEST)))
        nothing = np.empty((0, 2))
        before = np.concatenate((*befores, [0.0]))
        return _Pieces(np.vstack([nothing, *starts]), np.vstack([nothing, *ways]), np.concatenate(edges), before)

    def _walk_from(self, junctions: list[int]) -> None:
        """Know the ways on foot from these junctions."""
        if missing := sorted(set(junctions) - self._afoot.keys()):
            from scipy.sparse import csgraph

            if (len(self._afoot) + len(missing)) * 8 * len(self._network.junction_ids) > ROOM:
                self._afoot.clear()
                missing = junctions
            self._afoot |= zip(missing, csgraph.dijkstra(self._graph, directed=False, indices=missing), strict=True)

    @cached_property
    def _graph(self) -> Any:
        """Junctions by the shortest road between them, whichever way it is driven."""
        from scipy import sparse

        pairs, metres, _ = self.ends
        count = len(self._network.junction_ids)
        return sparse.csr_matrix((metres, (pairs[0], pairs[1])), shape=(count, count))


def _legs(snapped: Snapped) -> Doubles:
    """From points to both ends of their streets, 2 x points, m."""
    return np.stack((snapped.along, snapped.whole - snapped.along)) + snapped.off
