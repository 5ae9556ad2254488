"""A finder of places by plain arithmetic: straight walks, and drives by a table."""

from __future__ import annotations

import numpy as np

from wayside.ext.arrays import Doubles, Flags, Ints


class PlainFinder:
    """Looks at all places each time."""

    def __init__(self, edge: Ints, x: Doubles, y: Doubles, drives: Doubles) -> None:
        """drives: what it costs from each edge to each, in whatever measure."""
        self.edge, self.x, self.y, self.drives = edge, x, y, drives

    def by_car(self, start: Ints, usable: Flags, count: int, cost: Doubles) -> tuple[Ints, Doubles]:
        """See `wayside.edge.context.Finder`."""
        return _best(self.drives[start][:, self.edge], usable, count)

    def drive(self, start: Ints, place: Ints, cost: Doubles) -> Doubles:
        """See `wayside.edge.context.Finder`."""
        return np.where(place >= 0, self.drives[start[:, None], self.edge[place]], np.inf)

    def on_foot(self, x: Doubles, y: Doubles, usable: Flags, count: int) -> tuple[Ints, Doubles]:
        """See `wayside.edge.context.Finder`."""
        return _best(np.hypot(x[:, None] - self.x, y[:, None] - self.y), usable, count)


class PlainDrives:
    """Drives to groups of piles by a table: groups x edges, s."""

    def __init__(self, table: Doubles) -> None:
        self.table = np.asarray(table, np.float64)

    def near(self, start: int, count: int) -> tuple[Ints, Doubles]:
        """See `wayside.edge.charging.drives.Drives`."""
        rows = sorted((far, group) for group, far in enumerate(self.table[:, start].tolist()) if np.isfinite(far))
        return np.array([row[1] for row in rows[:count]], np.int32), np.array([row[0] for row in rows[:count]])

    def to(self, start: int, group: Ints) -> Doubles:
        """See `wayside.edge.charging.drives.Drives`."""
        return self.table[group, start]


def _best(far: Doubles, usable: Flags, count: int) -> tuple[Ints, Doubles]:
    place, cost = np.full((len(far), count), -1, np.int32), np.full((len(far), count), np.inf)
    for row in range(len(far)):
        found = sorted((far[row, k], k) for k in np.flatnonzero(usable & np.isfinite(far[row])))[:count]
        place[row, : len(found)] = [k for _, k in found]
        cost[row, : len(found)] = [metres for metres, _ in found]
    return place, cost
