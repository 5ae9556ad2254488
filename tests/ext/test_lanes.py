"""On which piece of a lane one drives, against the same in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayside.ext import lanes
from wayside.ext.arrays import Doubles

ALONG, AGAINST = 0.5, -0.87


def columns(random: np.random.Generator, pieces: int) -> tuple[Any, ...]:
    start, way = random.integers(0, 60, (pieces, 2)) * 1.0, random.integers(-30, 31, (pieces, 2)) * 1.0
    square = np.maximum((way**2).sum(axis=1), 1e-12)
    reach = np.full(pieces, 14.0), np.full(pieces, 3.0)
    whose = np.arange(pieces, dtype=np.int32), random.integers(0, 3, pieces).astype(np.int32)
    along = random.uniform(0.0, 100.0, pieces), random.uniform(1.0, 50.0, pieces)
    return start, way, way / np.sqrt(square)[:, None], square, *reach, *whose, *along


def plainly(x: Doubles, y: Doubles, sine: Doubles, cosine: Doubles, *of: Any) -> list[tuple[int, int, float, int]]:
    start, way, ahead, square, near, within, edge, lane, begin, run = of
    found = []
    for k in range(len(x)):
        away = np.array([x[k], y[k]]) - start
        part = np.clip((away[:, 0] * way[:, 0] + away[:, 1] * way[:, 1]) / square, 0.0, 1.0)
        left = away - part[:, None] * way
        off = left[:, 0] * left[:, 0] + left[:, 1] * left[:, 1]
        turn = sine[k] * ahead[:, 0] + cosine[k] * ahead[:, 1]
        with_it = np.where((turn >= ALONG) & (off <= near), off, np.inf)
        against = np.where((turn <= AGAINST) & (off <= within), off, np.inf)
        both: list[Any] = [(with_it, 0), (against, 1)]
        hit = next(((one, wrong) for one, wrong in both if np.isfinite(one).any()), None)
        if hit is None:
            found.append((-1, -1, 0.0, 0))
        else:
            best = int(hit[0].argmin())
            found.append((int(edge[best]), int(lane[best]), float(begin[best] + part[best] * run[best]), hit[1]))
    return found


@given(st.integers(0, 2**32 - 1), st.integers(0, 20), st.integers(0, 12))
def test_the_nearest_of_those_that_lead_its_way(seed: int, vehicles: int, pieces: int) -> None:
    random = np.random.default_rng(seed)
    of = columns(random, pieces)
    heading = np.radians(random.uniform(0.0, 360.0, vehicles))
    where = random.uniform(0.0, 60.0, vehicles), random.uniform(0.0, 60.0, vehicles), np.sin(heading), np.cos(heading)
    ours = lanes.locate(*where, *of, ALONG, AGAINST)
    wanted = plainly(*where, *of) if pieces else [(-1, -1, 0.0, 0)] * vehicles
    assert [tuple(row) for row in zip(*(column.tolist() for column in ours), strict=True)] == wanted


def test_columns_of_different_lengths_are_refused() -> None:
    of = columns(np.random.default_rng(1), 2)
    one = np.zeros(1)
    with pytest.raises(ValueError, match="columns of vehicles"):
        lanes.locate(one, one, one, np.zeros(2), *of, ALONG, AGAINST)
    with pytest.raises(ValueError, match="columns of pieces"):
        lanes.locate(one, one, one, one, *of[:-1], np.zeros(1), ALONG, AGAINST)
