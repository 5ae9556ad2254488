"""The road that the closed forms are for: whether a net is one, and how densely it is filled and used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Bytes, Doubles, Floats, Longs
from wayside.sim.air import RadioContext

# A motorway of both directions is 30 to 40 m wide with its shoulders. Across 50 m, a distance of 200 m along the road
# is wrong by 3 %.
STRIP, LENGTH = 50.0, 500.0  # m
_SHARE = 0.95  # of the lanes' length that counts: stubs at the ends do not
WINDOW = 500.0  # m to both sides in which a station's surroundings are measured: about as far as packets go
STEPS = 4  # to which figures are rounded, per factor of 2
_THIN, _RARE = 1e-4, 1e-2  # vehicles per m, packets per second: fewer are taken for so many
_BITS, _SHIFT = 10, 256  # of a rounded figure in a key


def direction(site: RadioContext) -> tuple[float, float]:
    """Along the road, as a vector of length 1; east where there is no net. ScenarioError where it is no straight road.

    All but 5 % of the lanes' length must lie in one strip. It is laid through the lanes by least trimmed squares.
    """
    shapes = [shape for shape in site.lanes() if len(shape) > 1]
    if not shapes:
        return 1.0, 0.0
    begin, end = np.concatenate([shape[:-1] for shape in shapes]), np.concatenate([shape[1:] for shape in shapes])
    length = np.hypot(*(end - begin).T)
    kept = np.arange(len(length))
    for _ in range(5):
        points = np.concatenate((begin[kept], end[kept]))
        weight = np.tile(length[kept], 2)
        centre = np.average(points, axis=0, weights=weight)
        along = np.linalg.eigh(np.cov((points - centre).T, aweights=weight))[1][:, 1]
        across = np.array([-along[1], along[0]])
        off = np.stack(((begin - centre) @ across, (end - centre) @ across))
        order = np.argsort(np.abs(off).max(0), kind="stable")
        kept = order[: 1 + int(np.searchsorted(np.cumsum(length[order]), _SHARE * length.sum()))]
    wide = float(np.ptp(off[:, kept]))
    long = float(np.ptp(np.stack((begin[kept] @ along, end[kept] @ along))))
    if wide > STRIP or long < LENGTH:
        raise ScenarioError(
            f"{site.named}: is a closed form for straight roads: all but 5 % of the lanes must lie in a strip "
            f"{STRIP:g} m wide and at least {LENGTH:g} m long; here it is {wide:.0f} m wide and {long:.0f} m long"
        )
    return float(along[0]), float(along[1])


def surroundings(
    along: Doubles, on: Bytes, ticks: Longs, sent: Longs, amount: Longs, tick: float
) -> tuple[Doubles, Doubles, Doubles]:
    """The road around each station: stations per m, packets per station and second, and how much of the channel a
    packet takes. Where a station is off, as if nobody were there.

    Columns by station: place [m] along the road, and over the last second, on how many ticks (of `tick` s) it was on
    the air, how many packets it sent, and how much of the channel they took together.
    """
    rows = np.flatnonzero(on)
    rows = rows[np.argsort(along[rows], kind="stable")]
    place = along[rows]
    first, last = np.searchsorted(place, place - WINDOW), np.searchsorted(place, place + WINDOW, "right")

    def around(column: Longs) -> Doubles:
        total = np.concatenate(([0], np.cumsum(column[rows])))  # whole numbers: the same in any order
        return (total[last] - total[first]).astype(np.float64)

    density, rate, size = (np.full(len(on), least) for least in (_THIN, _RARE, 1.0))
    packets = around(sent)
    density[rows] = np.maximum((last - first - 1) / (2.0 * WINDOW), _THIN)
    rate[rows] = np.maximum(packets / (around(ticks) * tick), _RARE)
    size[rows] = np.maximum(around(amount), 1.0) / np.maximum(packets, 1.0)
    return density, rate, size


def rounded(values: Sequence[Doubles], chance: Sequence[Floats]) -> Longs:
    """Keys of figures, each rounded up or down to a step, by `chance` (0..1) such that its logarithm is right on
    average.
    """
    keys = np.zeros(len(values[0]), np.int64)
    for figure, draw in zip(values, chance, strict=True):
        keys = keys << _BITS | np.floor(STEPS * np.log2(figure) + draw).astype(np.int64) + _SHIFT
    return keys


def figures(key: int) -> tuple[float, float, float]:
    """What a key stands for."""
    codes = (key >> 2 * _BITS, key >> _BITS, key)
    one, two, three = (2.0 ** (((code & (1 << _BITS) - 1) - _SHIFT) / STEPS) for code in codes)
    return one, two, three
