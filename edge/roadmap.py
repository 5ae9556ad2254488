"""The roads as a unit's map has them: lanes as straight pieces, and which edges lead to which."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from wayside.ext import lanes
from wayside.ext.arrays import Doubles, Flags, Indices, Ints

TOLERANCE: Final = 2.0  # m beside a lane where one is still taken to drive on it: satellite positions err so much
ALONG: Final = np.cos(np.radians(60.0))  # how far a heading may differ from the lane's
AGAINST: Final = -np.cos(np.radians(30.0))  # and from the opposite, of who drives against it
MOST_WAYS: Final = 7  # to one place: Traces of TS 102 894-2


class Located(NamedTuple):
    """Where vehicles are on the roads; arrays of one entry each."""

    edge: Ints  # -1 where on none
    lane: Ints  # from the right, the outermost 0
    along: Doubles  # m from the edge's begin
    against: Flags  # whether it drives against the lane's direction, where none beside it leads its way


@dataclass(frozen=True)
class RoadMap:
    """Lanes for motor vehicles, by the numbers of `Network.edges`; junctions are not in it.

    length [m], speed [m/s], lanes (how many), by edge; before: by edge those that lead to it, without turning round;
    line: by edge the middle of its lanes, N x 2 [m]. Straight pieces of lanes: where each begins, how it leads to its
    end [m], of which edge and lane it is, half the lane's width [m], and how far along the edge it begins [m] and is
    long there [m].
    """

    length: Doubles
    speed: Doubles
    lanes: Ints
    before: Sequence[Sequence[int]] = field(repr=False)
    line: Sequence[Doubles] = field(repr=False)
    start: Doubles = field(repr=False)
    way: Doubles = field(repr=False)
    edge: Ints = field(repr=False)
    lane: Ints = field(repr=False)
    half: Doubles = field(repr=False)
    begin: Doubles = field(repr=False)
    run: Doubles = field(repr=False)

    def around(self, position: tuple[float, float], radius: float) -> RoadMap:
        """The same with those pieces alone that come within a radius [m] of a place: looked through the sooner."""
        return self._only(np.flatnonzero(self._square(*position) <= radius**2))

    def of(self, edge: int) -> RoadMap:
        """The same with one edge's pieces alone."""
        return self._only(np.flatnonzero(self.edge == edge))

    def _only(self, kept: Indices) -> RoadMap:
        names = ("start", "way", "edge", "lane", "half", "begin", "run")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})

    @cached_property
    def _pieces(self) -> tuple[Doubles, Doubles, Doubles, Doubles, Doubles, Doubles, Ints, Ints, Doubles, Doubles]:
        """As `lanes.locate` wants them: where each begins and how it leads to its end [m], its direction, the square of
        its length, and the squares of how far from it one drives along it, and against it [m^2]; and the columns.
        """
        way = np.ascontiguousarray(self.way, np.float64)
        square = np.maximum((way**2).sum(axis=1), 1e-12)
        ahead = way / np.sqrt(square)[:, None]
        start, near, within = np.ascontiguousarray(self.start), (self.half + TOLERANCE) ** 2, self.half**2
        return start, way, ahead, square, near, within, self.edge, self.lane, self.begin, self.run

    def _square(self, x: float, y: float) -> Doubles:
        """How far each piece is from a place, squared [m^2]."""
        start, way, _, square, *_ = self._pieces
        away = np.array([x, y]) - start
        part = np.clip((away * way).sum(axis=1) / square, 0.0, 1.0)
        return np.asarray(((away - part[:, None] * way) ** 2).sum(axis=1))

    def locate(self, x: Doubles, y: Doubles, heading: Doubles) -> Located:
        """Where vehicles at x, y [m] with a heading [degrees] drive: the nearest lane that leads their way.

        A vehicle within a lane's width that leads the opposite way, with no other that leads its own within
        `TOLERANCE`, drives against it.
        """
        turn = np.radians(heading)
        return Located(*lanes.locate(x, y, np.sin(turn), np.cos(turn), *self._pieces, ALONG, AGAINST))

    def point(self, edge: int, along: float) -> tuple[float, float]:
        """The place [m] on an edge's middle so far from its begin [m]."""
        line = self._part(edge, 0.0, along)
        return float(line[-1, 0]), float(line[-1, 1])

    def stretch(self, edge: int, begin: float, end: float) -> Doubles:
        """An edge's middle from so far to so far from its begin [m]: N x 2, m."""
        return self._part(edge, begin, end)

    def ways_to(self, edge: int, along: float, reach: float, most: int = MOST_WAYS) -> list[Doubles]:
        """The ways that lead to a place on an edge, backwards: from the place on, each N x 2 [m] and about `reach` m
        long; shorter where roads begin, or there would be more than `most`.
        """
        ahead: list[tuple[float, list[int]]] = [(along, [edge])]
        whole: list[list[int]] = []
        while ahead:
            reached, edges = heapq.heappop(ahead)
            before = [one for one in self.before[edges[-1]] if one not in edges]
            if reached >= reach or not before or len(whole) + len(ahead) + len(before) > most:
                whole.append(edges)
                continue
            for one in before:
                heapq.heappush(ahead, (reached + float(self.length[one]), [*edges, one]))
        return [self._backwards(edges, along, reach) for edges in sorted(whole)]

    def _backwards(self, edges: Sequence[int], along: float, reach: float) -> Doubles:
        pieces, left = [], reach
        for k, edge in enumerate(edges):
            end = along if k == 0 else float(self.length[edge])
            pieces.append(self._part(edge, max(end - left, 0.0), end)[::-1])
            left -= end
            if left <= 0.0:
                break
        return np.vstack(pieces)

    def _part(self, edge: int, begin: float, end: float) -> Doubles:
        """An edge's middle from so far to so far from its begin [m], by its nominal length."""
        line = self.line[edge]
        along = np.concatenate(([0.0], np.hypot(*np.diff(line, axis=0).T).cumsum()))
        along *= float(self.length[edge]) / max(along[-1], 1e-9)
        begin, end = np.clip((begin, end), 0.0, along[-1])
        inner = line[(along > begin + 1e-6) & (along < end - 1e-6)]
        ends = [[np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])] for at in (begin, end)]
        return np.vstack((ends[:1], inner, ends[1:]))
