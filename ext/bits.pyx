"""Strings of bits, many at once: each row has its own length, and what stands behind its last bit is 0."""

from libc.string cimport memcpy

import numpy as np


def append(
    const unsigned char[::1] octets not None,
    const long long[::1] offsets not None,
    const long long[::1] bits not None,
    const unsigned char[::1] more not None,
    const long long[::1] more_offsets not None,
    const long long[::1] more_bits not None,
):
    """Row by row a string of bits and another behind it: octets, offsets and bits of what comes out.

    Row k has bits[k] bits from octets[offsets[k]] on, the highest bit of an octet first. ValueError where a row has more
    bits than octets.
    """
    cdef Py_ssize_t rows = bits.shape[0], k
    cdef long long total = 0, size, shift, at, n, j
    cdef unsigned char value
    if more_bits.shape[0] != rows or offsets.shape[0] != rows + 1 or more_offsets.shape[0] != rows + 1:
        raise ValueError("columns of different lengths")
    for k in range(rows):
        if (
            not 0 <= bits[k] <= 8 * (offsets[k + 1] - offsets[k])
            or not 0 <= more_bits[k] <= 8 * (more_offsets[k + 1] - more_offsets[k])
        ):
            raise ValueError(f"row {k}: more bits than octets")
    ends = np.zeros(rows + 1, np.int64)
    joined = np.asarray(bits) + np.asarray(more_bits)
    np.cumsum((joined + 7) // 8, out=ends[1:])
    found = np.zeros(int(ends[rows]) + 1, np.uint8)
    cdef unsigned char[::1] to = found
    cdef const long long[::1] begin = ends
    with nogil:
        for k in range(rows):
            at = begin[k]
            size = (bits[k] + 7) // 8
            if size:
                memcpy(&to[at], &octets[offsets[k]], size)
            shift = bits[k] % 8
            if shift:
                to[at + size - 1] &= <unsigned char>(0xFF << (8 - shift))
            n = (more_bits[k] + 7) // 8
            at += bits[k] // 8
            for j in range(n):
                value = more[more_offsets[k] + j]
                if j == n - 1 and more_bits[k] % 8:
                    value &= <unsigned char>(0xFF << (8 - more_bits[k] % 8))
                to[at + j] |= value >> shift
                if shift and <unsigned char>(value << (8 - shift)):
                    to[at + j + 1] |= <unsigned char>(value << (8 - shift))
    return found[: ends[rows]], ends, joined
