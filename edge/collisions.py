"""The book of all warnings of collisions that are given in a city."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class GivenWarning:
    """A row of collision.parquet: a unit has warned of two stations that are about to collide at x, y.

    vulnerable: whether one is a pedestrian or a cyclist; ttc_s: to the collision, as it was predicted at first.
    """

    unit: str
    since_s: float
    over_s: float  # NaN: it still held at the end
    one: int
    other: int
    vulnerable: bool
    ttc_s: float
    x_m: float
    y_m: float


@dataclass
class WarningBook:
    """What units have warned of, in the order in which they did."""

    given: list[GivenWarning] = field(default_factory=list)
