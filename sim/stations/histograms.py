"""Histograms of times, kept in whole numbers: bounded in size, and independent of the order of what is counted."""

from __future__ import annotations

import numpy as np

from wayside.ext import measures as kernel
from wayside.ext.arrays import Bytes, Doubles, Floats, Indices, Longs

EDGES = kernel.edges()  # s; bin b holds what is at least EDGES[b] and less than EDGES[b + 1]
NONE = np.empty(0, np.intp)


class Times:
    """Times by row (a kind of message, a service), in bins at most 1/16 of their value wide."""

    def __init__(self, rows: int) -> None:
        self.counts = np.zeros((rows, kernel.BINS), np.int64)
        self.total_ns = np.zeros(rows, np.int64)
        self.missing = np.zeros(rows, np.int64)  # of which there is no time: given up

    def add(self, seconds: Floats, row: Bytes, pending: Indices = NONE) -> None:
        """Count times [s], each in its row; NaN is counted as missing but for what is still `pending`."""
        kernel.delays(seconds, row, pending, self.counts, self.total_ns, self.missing)

    def mean(self, row: int) -> float:
        """The mean, s, exact to the nanosecond; NaN of nothing."""
        n = int(self.counts[row].sum())
        return int(self.total_ns[row]) / n / 1e9 if n else float("nan")

    def quantile(self, row: int, share: float) -> float:
        """The time [s] that a share of all stay below, as `quantile`."""
        return quantile(self.counts[row], EDGES, share)


def ratio(part: float, whole: float) -> float:
    """A part of a whole, NaN of nothing."""
    return part / whole if whole else float("nan")


def quantile(counts: Longs, edges: Doubles, share: float) -> float:
    """The value that a share (0..1) of what was counted stays below; NaN of nothing.

    counts: B, edges: B + 1. Between a bin's bounds the values are taken to be spread evenly. Of the first bin the lower
    bound is told, and of one without an upper bound too.
    """
    n = int(counts.sum())
    if not n:
        return float("nan")
    upto = np.cumsum(counts)
    b = int(np.searchsorted(upto, max(share * n, 1e-9)))
    low, high = float(edges[b]), float(edges[b + 1])
    if b == 0 or not np.isfinite(high):
        return low
    return low + (high - low) * (share * n - float(upto[b] - counts[b])) / float(counts[b])


def percentile(counts: Longs, share: float) -> Indices:
    """The bin that a share (0..1) of each row of counts (R x B) reaches, -1 for an empty row."""
    upto = np.cumsum(counts, axis=1)
    reached = (upto >= np.maximum(np.ceil(share * upto[:, -1:]), 1)).argmax(axis=1)
    return np.where(upto[:, -1] > 0, reached, -1)


def mean_bin(counts: Longs) -> Doubles:
    """The mean bin of each row of counts (R x B), NaN for an empty row."""
    n = counts.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(counts @ np.arange(counts.shape[1]) / n)
