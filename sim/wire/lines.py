"""Lines of points [m], with as few of them as they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from wayside.ext.arrays import Doubles

TOLERANCE: Final = 0.1  # m between a lane and the line that is told


def beginning(shape: Doubles, length: float) -> Doubles:
    """So much of a line from its begin."""
    steps = np.hypot(*(shape[1:] - shape[:-1]).T)
    if steps.sum() <= length:
        return shape
    along = np.concatenate(([0.0], steps.cumsum()))
    kept = shape[along < length]
    end = [np.interp(length, along, shape[:, 0]), np.interp(length, along, shape[:, 1])]
    return np.vstack((kept, end))


def simplified(shape: Doubles, tolerance: float, most: int) -> Doubles:
    """At most so many points of a line [m] that is nowhere further from them than the tolerance (Douglas and Peucker).

    The tolerance grows where there would be too many.
    """
    if len(shape) == 2:  # as most lanes have
        return shape
    while True:
        keep = np.zeros(len(shape), np.bool_)
        keep[[0, -1]] = True
        parts = [(0, len(shape) - 1)]
        while parts:
            first, last = parts.pop()
            if last - first < 2:
                continue
            away = _distances(shape[first + 1 : last], shape[first], shape[last])
            at = int(np.argmax(away))
            if away[at] > tolerance:
                keep[first + 1 + at] = True
                parts += [(first, first + 1 + at), (first + 1 + at, last)]
        if keep.sum() <= most:
            found: Doubles = shape[keep]
            return found
        tolerance *= 2.0


def divided(shape: Doubles, longest: float) -> Doubles:
    """A line [m] with points put in where two are further apart than that."""
    parts = np.maximum(np.ceil(np.hypot(*np.diff(shape, axis=0).T) / longest), 1).astype(np.int64)
    legs = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(shape[:-1], shape[1:], parts.tolist(), strict=True)]
    return np.vstack((*legs, shape[-1:]))


def _distances(points: Doubles, first: Sequence[float] | Doubles, last: Sequence[float] | Doubles) -> Doubles:
    """From points to the straight line between two others, m."""
    start, way = np.asarray(first), np.asarray(last) - np.asarray(first)
    length = float(way @ way)
    if length == 0.0:
        return np.hypot(*(points - start).T)
    along = np.clip((points - start) @ way / length, 0.0, 1.0)
    found: Doubles = np.hypot(*(points - start - along[:, None] * way).T)
    return found
