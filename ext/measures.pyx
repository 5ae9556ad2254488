"""Counts of what a run measures at every tick: delays by kind of message, and the age of what units know.

Everything is counted in whole numbers, so that sums depend on no order.
"""

import numpy as np

from libc.math cimport lround
from libc.string cimport memcpy

# Bins of times: 16 to the octave, read from the leading bits of the float (as HdrHistogram does), so that each is at
# most 1/16 of its value wide. The first holds all below 2^-20 s (1 us), the last all above 2^10 s.
cdef enum:
    SHIFT = 19  # of 23 bits of a float32's fraction, 4 are kept
    LOWEST = (127 - 20) << 4
    OCTAVES = 30
    _BINS = 16 * OCTAVES + 2
BINS = _BINS


def edges():
    """The bins' bounds, BINS + 1 values [s]: bin b holds what is at least edges[b] and less than edges[b + 1]."""
    inner = (np.arange(LOWEST, LOWEST + _BINS - 1, dtype=np.int32) << SHIFT).view(np.float32)
    return np.concatenate(([0.0], inner.astype(np.float64), [np.inf]))


def traffic(
    const unsigned char[::1] kind not None,
    const int[::1] size not None,
    Py_ssize_t fresh,
    const int[::1] at_vehicles not None,
    const int[::1] at_units not None,
    long long[:, ::1] counts not None,
):
    """Count packets by kind: in the rows of `counts`, how many are sent, their octets, and how often vehicles and units
    received one. Rows before `fresh` were sent before. ValueError for columns of different lengths or a wrong kind.
    """
    cdef Py_ssize_t n = kind.shape[0], kinds = counts.shape[1], r, k
    cdef bint wrong = False
    if not size.shape[0] == at_vehicles.shape[0] == at_units.shape[0] == n or counts.shape[0] != 4:
        raise ValueError("columns of different lengths")
    with nogil:
        for r in range(n):
            k = kind[r]
            if k >= kinds:
                wrong = True
                break
            if r >= fresh:
                counts[0, k] += 1
                counts[1, k] += size[r]
            counts[2, k] += at_vehicles[r]
            counts[3, k] += at_units[r]
    if wrong:
        raise ValueError("traffic: a kind that cannot be")


def delays(
    const float[::1] delay not None,
    const unsigned char[::1] kind not None,
    const Py_ssize_t[::1] pending not None,
    long long[:, ::1] counts not None,
    long long[::1] total_ns not None,
    long long[::1] missing not None,
):
    """Count delays [s], one entry per row: counts[kind, bin] and total_ns[kind] grow, for NaN missing[kind] does.

    Rows named in `pending` have no delay yet and are not missing either. ValueError for columns of different lengths, a
    kind or a row that there is none of, or a delay below 0.
    """
    cdef Py_ssize_t n = delay.shape[0], kinds = counts.shape[0], r, k
    cdef int bits, bin
    cdef float seconds
    cdef bint wrong = False
    if kind.shape[0] != n or counts.shape[1] != _BINS or total_ns.shape[0] != kinds or missing.shape[0] != kinds:
        raise ValueError("columns of different lengths")
    with nogil:
        for r in range(n):
            if kind[r] >= kinds:
                wrong = True
                break
            seconds = delay[r]
            if seconds != seconds:
                missing[kind[r]] += 1
                continue
            if seconds < 0.0:
                wrong = True
                break
            memcpy(&bits, &seconds, 4)
            bin = (bits >> SHIFT) - LOWEST + 1
            bin = 0 if bin < 0 else (_BINS - 1 if bin >= _BINS else bin)
            counts[kind[r], bin] += 1
            total_ns[kind[r]] += lround(seconds * 1e9)
        if not wrong:
            for r in range(pending.shape[0]):
                k = pending[r]
                if k < 0 or k >= n:
                    wrong = True
                    break
                missing[kind[k]] -= 1
    if wrong:
        raise ValueError("delays: a kind, a row or a time that cannot be")


def ages(
    const double[:, ::1] heard not None,
    const int[::1] count not None,
    double now,
    double width,
    long long[:, ::1] counts not None,
    const double[:, :, ::1] state=None,
):
    """Count how long ago [s] the vehicles that each unit knows were heard: counts[unit, age / width, rounded] grows.

    heard: units x places, of which count[unit] are in use (edge/ldm.py). The last bin holds all that is older.
    state: what is known of them, units x places x values; where it is given, those whose value 7, what they are, is a
    pedestrian (1) or a cyclist (2) do not count.
    """
    cdef Py_ssize_t units = counts.shape[0], bins = counts.shape[1], u, p
    cdef double per_s = 1.0 / width, last = bins - 1, ticks
    cdef bint told = state is not None
    if heard.shape[0] != units or count.shape[0] != units or not width > 0.0 or not bins or (
        state is not None and (state.shape[0] != units or state.shape[1] != heard.shape[1] or state.shape[2] < 8)
    ):
        raise ValueError("columns of different lengths, or no width")
    with nogil:
        for u in range(units):
            for p in range(count[u]):
                if told and (state[u, p, 7] == 1.0 or state[u, p, 7] == 2.0):
                    continue
                ticks = (now - heard[u, p]) * per_s
                ticks = 0.0 if ticks < 0.0 else (last if ticks > last else ticks)
                counts[u, <Py_ssize_t>(ticks + 0.5)] += 1
