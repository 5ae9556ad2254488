"""Points in ranges: a grid, a Latin hypercube, or Saltelli's scheme over a Sobol sequence. Pure functions of a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from wayside.ext.arrays import Doubles

Kind = Literal["grid", "latin-hypercube", "sobol"]
DIGITS = 6  # of a value that count: points are told by their values, and nobody can read more


class Range(NamedTuple):
    """From here to there, both included."""

    low: float
    high: float
    whole: bool = False  # whether only whole numbers count

    def at(self, shares: Doubles) -> Doubles:
        """The values at shares of the range, 0 to 1: whole numbers each as likely, others rounded to `DIGITS`."""
        if self.whole:
            steps = self.high - self.low + 1.0
            return self.low + np.minimum(np.floor(shares * steps), steps - 1.0)
        values = self.low + shares * (self.high - self.low)
        rounded = [float(f"{value:.{DIGITS}g}") for value in values]
        return np.clip(np.array(rounded, np.float64), self.low, self.high)

    def spread(self, points: int) -> Doubles:
        """So many values at equal distances, ends included; fewer where there are not so many whole ones."""
        values = np.linspace(self.low, self.high, points) if points > 1 else np.array([(self.low + self.high) / 2.0])
        return np.unique(np.rint(values)) if self.whole else self.at((values - self.low) / (self.high - self.low))


def sample(kind: Kind, ranges: Sequence[Range], points: int, seed: int) -> Doubles:
    """The rows of a design, M x D for D ranges.

    grid: `points` values of each, crossed, M = points^D. latin-hypercube: M = points (`scipy.stats.qmc`). sobol: base
    points, a power of 2, in Saltelli's scheme (2010) for first-order and total indices, M = points (D + 2), as SALib
    orders them; a greater number begins with the same rows.
    """
    if kind == "grid":
        values = [one.spread(points) for one in ranges]
        return np.stack(np.meshgrid(*values, indexing="ij"), axis=-1).reshape(-1, len(ranges))
    shares = (
        _hypercube(len(ranges), points, seed) if kind == "latin-hypercube" else _saltelli(len(ranges), points, seed)
    )
    return np.stack([one.at(column) for one, column in zip(ranges, shares.T, strict=True)], axis=-1)


def _hypercube(fields: int, points: int, seed: int) -> Doubles:
    from scipy.stats import qmc

    return qmc.LatinHypercube(fields, rng=np.random.default_rng(seed)).random(points)


def _saltelli(fields: int, points: int, seed: int) -> Doubles:
    from SALib.sample import sobol

    return sobol.sample(unit_cube(fields), points, calc_second_order=False, seed=np.random.default_rng(seed))


def unit_cube(fields: int) -> dict[str, object]:
    """What SALib is told of the fields."""
    return {"num_vars": fields, "names": [str(number) for number in range(fields)], "bounds": [[0.0, 1.0]] * fields}
