"""What tests of plug-ins share: roads of which nothing is known, a context, the environment of another package."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tests.edge.finders import PlainFinder
from wayside import Context
from wayside.edge.movements import JunctionWays
from wayside.edge.reports import CityReports
from wayside.edge.roadmap import RoadMap

POOLING = {"scope": "unit", "window": 0.0, "district": 1000.0}  # what every policy has


class Nowhere:
    """Roads of which nothing is known but how many places there are."""

    edges: tuple[str, ...] = ("road",)
    length_m = travel_s = np.ones(1)
    map = RoadMap(
        *np.ones((2, 1)), np.ones(1, np.int32), [()], [np.array([[0.0, 0.0], [1.0, 0.0]])],
        np.zeros((1, 2)), np.ones((1, 2)), *np.zeros((2, 1), np.int32), *np.ones((3, 1)),
    )  # fmt: skip

    movements = JunctionWays(
        *np.zeros((2, 1), np.int32), ("road_0",), ("road_0",), *np.ones((3, 1)), np.zeros(1, np.uint8),
        *np.ones((2, 1)), np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0.0, 1.0]), np.array([0, 2], np.int32),
    )  # fmt: skip

    def drive_s(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return np.arange(len(start) * len(end), dtype=float).reshape(len(start), len(end))

    def path(self, start: int, end: int) -> np.ndarray:
        return np.empty(0, np.int32)

    def walk_m(self, x: np.ndarray, y: np.ndarray, to_x: np.ndarray, to_y: np.ndarray) -> np.ndarray:
        return np.hypot(np.subtract.outer(x, to_x), np.subtract.outer(y, to_y))

    def finder(self, edge: np.ndarray, position: np.ndarray, x: np.ndarray, y: np.ndarray) -> PlainFinder:
        return PlainFinder(edge, x, y, np.zeros((1, 1)))


NOWHERE = Nowhere()


def context(seed: int = 1, *owner: str) -> Context:
    return Context(seed, owner or ("parking.policy", "mine"), lambda: 5.0, NOWHERE, CityReports())


def beside(package: Path) -> dict[str, str]:
    """The environment of a command with another package."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(package), os.environ.get("PYTHONPATH", ""))))}
