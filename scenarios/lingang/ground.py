"""A raster of the town's ground, to place buildings where nothing else stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import sumolib

from ..geometry import Point

CELL = 1.5  # m


class Ground:
    """`taken` marks the cells of roads, lots and buildings."""

    def __init__(self, low: Point, high: Point) -> None:
        self.low = low
        self.shape = (math.ceil((high[1] - low[1]) / CELL), math.ceil((high[0] - low[0]) / CELL))
        self.taken = np.zeros(self.shape, dtype=bool)

    def take_roads(self, net: sumolib.net.Net, verge: float) -> None:
        """Every lane, and every junction, with `verge` metres on each side."""
        for edge in net.getEdges(withInternal=True):
            for lane in edge.getLanes():
                self.take_line(lane.getShape(), lane.getWidth() / 2 + verge)
        for node in net.getNodes():
            if len(node.getShape()) > 2:
                self.take([(p[0], p[1]) for p in node.getShape()])

    def take_line(self, line: Sequence[Sequence[float]], radius: float) -> None:
        dots = np.concatenate(
            [
                np.linspace(a[:2], b[:2], max(2, math.ceil(math.dist(a[:2], b[:2]) / CELL) + 1))
                for a, b in pairwise(line)
            ]
        )
        reach = math.ceil(radius / CELL)
        steps = np.arange(-reach, reach + 1)
        disc = [(i, j) for i in steps for j in steps if math.hypot(i, j) * CELL <= radius]
        rows = ((dots[:, 1] - self.low[1]) / CELL).astype(int)
        columns = ((dots[:, 0] - self.low[0]) / CELL).astype(int)
        for i, j in disc:
            r, c = rows + i, columns + j
            fits = (r >= 0) & (r < self.shape[0]) & (c >= 0) & (c < self.shape[1])
            self.taken[r[fits], c[fits]] = True

    def take(self, polygon: Sequence[Point]) -> None:
        rows, columns = self._inside(polygon)
        self.taken[rows, columns] = True

    def free(self, polygon: Sequence[Point]) -> bool:
        """Whether all of `polygon` lies on the map and touches nothing taken."""
        rows, columns = self._inside(polygon)
        return len(rows) > 0 and not bool(self.taken[rows, columns].any())

    def _inside(self, polygon: Sequence[Point]) -> tuple[np.ndarray, np.ndarray]:
        """Cells whose middle lies in the polygon (even-odd rule)."""
        corners = (np.asarray(polygon, dtype=float) - self.low) / CELL
        first = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
        last = np.minimum(np.ceil(corners.max(axis=0)).astype(int), (self.shape[1], self.shape[0]))
        x, y = np.meshgrid(np.arange(first[0], last[0]) + 0.5, np.arange(first[1], last[1]) + 0.5)
        inside = np.zeros(x.shape, dtype=bool)
        for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if y1 != y2:
                crosses = (y1 > y) != (y2 > y)
                inside ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
        rows, columns = np.nonzero(inside)
        return rows + first[1], columns + first[0]
