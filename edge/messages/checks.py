"""What values of messages must be: small questions, and the lines that say what is wrong."""

from __future__ import annotations

import math

import numpy as np


def is_number(value: object) -> bool:
    """Whether a value is one finite number."""
    return isinstance(value, int | float | np.integer | np.floating) and math.isfinite(value)


def is_whole(value: object) -> bool:
    """Whether a value is one whole number."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_point(value: object) -> bool:
    """Whether a value is a tuple of two finite numbers."""
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_number, value))


def is_line(value: object) -> bool:
    """Whether a value is a tuple of at least one point."""
    return isinstance(value, tuple) and len(value) > 0 and all(map(is_point, value))


def short(value: object) -> str:
    """A value in at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def check_column(name: str, values: object, rows: int, low: int, high: int) -> None:
    """ValueError, beginning with the column's name, where it is not of so many whole numbers within low..high - 1."""
    if not isinstance(values, np.ndarray) or values.shape != (rows,) or values.dtype.kind not in "iu":
        raise ValueError(f"{name}: must be an array of whole numbers, one for each vehicle")
    if rows and not (values.min() >= low and values.max() < high):
        raise ValueError(f"{name}: must be within {low}..{high - 1}")
