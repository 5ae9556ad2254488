"""Packet error over SINR: the tables of each technology, interpolated and safely extended.

A table is a pair of columns (SINR in dB, packet error) that the kernels of `ext` read with straight lines between.
"""

from __future__ import annotations

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Doubles
from wayside.sim.air.curves import CURVES, Points

Table = tuple[Doubles, Doubles]

RATES = {3.0: 0, 4.5: 1, 6.0: 2, 9.0: 3, 12.0: 4, 18.0: 5, 24.0: 6, 27.0: 7}  # Mbit/s in 10 MHz: MCS of 802.11p
_LEVELS = np.array([0.9, 0.5, 0.1, 0.01])
_FINEST = 1e-6

# Frame error over Eb/N0 in dB, as Sepulcre et al. 2021 have it (read off Goubet et al. 2015, fig. 14).
_EB_N0 = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0)
_FRAME_ERROR = (1.0, 0.4, 0.015, 0.004, 0.003, 0.002, 0.001)

# Block error over SINR in dB of 190 bytes at 280 km/h, as Gonzalez-Martin et al. 2019 have it (3GPP R1-160284).
_BLOCKS: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    10: ((0, 2, 4, 6, 8, 10, 12, 14, 16, 20), (1.0, 0.9, 0.7, 0.4, 0.13, 0.045, 0.017, 0.007, 0.001, 0.001)),
    12: ((-2, 0, 2, 4, 6, 8, 10, 12, 20), (1.0, 0.9, 0.7, 0.3, 0.09, 0.02, 0.002, 0.001, 0.001)),
}
_BEYOND = 1e-4  # from 20 dB on

# Block error over SINR in dB by MCS and bytes, as in the code that goes with Sempere-Garcia, Sepulcre, Gozalvez 2020,
# "LTE-V2X mode 3 scheduling based on adaptive spatial reuse of radio resources" (`msepulcre/C-V2X-mode-3`, get_BLER).
_SINR = (-4, -2, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22)
_MODE3: dict[tuple[int, int], tuple[float, ...]] = {
    (7, 190): (1, 0.95, 0.8, 0.5, 0.3, 0.107, 0.04, 0.01, 0.003, 0.001, 3e-4, 1e-4, 1e-4, 1e-4),
    (9, 190): (1, 1, 0.95, 0.7, 0.5, 0.21, 0.1, 0.04, 0.012, 0.004, 1.2e-3, 6e-4, 4e-4, 3e-4),
    (7, 300): (1, 0.95, 0.7, 0.5, 0.2, 0.07, 0.01, 1.5e-3, 5e-4, 2e-4, 1e-4, 1e-4, 1e-4, 1e-4),
}


def sepulcre_2021(rate: float) -> Table:
    """802.11p at `rate` Mbit/s in 10 MHz, whatever the packet's size: SINR = Eb/N0 - 10 log(BW / R)."""
    return np.array(_EB_N0) - 10.0 * np.log10(10.0 / rate), np.array(_FRAME_ERROR)


def r1_160284(resource_blocks: int) -> Table:
    """LTE-V2X, 190 bytes in 10 resource blocks (QPSK, rate 0.7) or 12 (rate 0.5)."""
    if resource_blocks not in _BLOCKS:
        raise ScenarioError(f"R1-160284 has 190 bytes in 10 or 12 resource blocks, not in {resource_blocks}")
    sinr, error = _BLOCKS[resource_blocks]
    return np.array([*sinr, 20.0 + 1e-6]), np.array([*error, _BEYOND])


def sempere_2020(mcs: int, size: int) -> Table:
    """LTE-V2X at MCS 7 (QPSK, rate 0.5; 190 or 300 bytes) or 9 (rate 0.7; 190 bytes). ScenarioError for others."""
    if (mcs, size) not in _MODE3:
        has = ", ".join(f"MCS {scheme} with {bytes_}" for scheme, bytes_ in sorted(_MODE3))
        raise ScenarioError(f"MCS {mcs} with {size} bytes: there are {has}")
    return np.array(_SINR, float), np.array(_MODE3[mcs, size])


def table(technology: str, mcs: int, size: int, scenario: str = "G5-HighwayLOS") -> Table:
    """For packets of `size` bytes: `technology` "11p", "11bd", "11bddc", "LTE" or "NR".

    Between two sizes and two MCS the four SINRs move on straight lines (over the logarithm of the size); beyond the
    largest size known a packet fails as its parts would, below the smallest as the smallest does. Log odds lie on
    straight lines between the four points and go on beyond them, down to 1e-6. ScenarioError where the scenario has no
    such technology or the MCS lies outside.
    """
    if scenario not in CURVES:
        raise ScenarioError(f"error curves {scenario!r}: must be one of {', '.join(CURVES)}")
    if size < 1:
        raise ScenarioError(f"a packet of {size} bytes: must be at least 1")
    known = {key[1:]: points for key, points in CURVES[scenario].items() if key[0] == technology}
    if not known:
        has = sorted({key[0] for key in CURVES[scenario]})
        raise ScenarioError(f"error curves {scenario!r} have no {technology!r}, only {', '.join(has)}")
    schemes = sorted({scheme for scheme, _ in known})
    low = max((scheme for scheme in schemes if scheme <= mcs), default=None)
    high = min((scheme for scheme in schemes if scheme >= mcs), default=None)
    if low is None or high is None:
        raise ScenarioError(f"MCS {mcs} of {technology}: {scenario} has {schemes[0]} to {schemes[-1]}")
    below, parts_below = _at_size(known, low, size)
    above, parts_above = _at_size(known, high, size)
    share = (mcs - low) / (high - low) if high > low else 0.0
    sinr, error = _through(below + (above - below) * share)
    parts = parts_below + (parts_above - parts_below) * share
    return sinr, -np.expm1(parts * np.log1p(-np.minimum(error, 1.0 - 1e-12)))


def _at_size(known: dict[tuple[int, int], Points], mcs: int, size: int) -> tuple[Doubles, float]:
    """The four SINRs at this size, or at the nearest size known with how many such packets this one is."""
    sizes = sorted(bytes_ for scheme, bytes_ in known if scheme == mcs)
    nearest = min(max(size, sizes[0]), sizes[-1])
    columns = np.array([known[mcs, bytes_] for bytes_ in sizes])
    at = np.array([np.interp(np.log(nearest), np.log(sizes), column) for column in columns.T])
    # A shorter packet than any measured is taken to be no better than the shortest.
    return at, max(size / nearest, 1.0)


def _through(points: Doubles) -> Table:
    """Log odds on straight lines through the four points and beyond."""
    odds = np.log(_LEVELS / (1.0 - _LEVELS))
    finest, coarsest = np.log(_FINEST), -np.log(_FINEST)
    first = points[0] - (coarsest - odds[0]) * (points[1] - points[0]) / (odds[0] - odds[1])
    last = points[3] + (odds[3] - finest) * (points[3] - points[2]) / (odds[2] - odds[3])
    sinr = np.linspace(first, last, 256)
    lines = np.interp(sinr, [first, *points, last], [coarsest, *odds, finest])
    return sinr, 1.0 / (1.0 + np.exp(-lines))
