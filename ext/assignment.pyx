# distutils: language = c++
"""Requests assigned to facilities with few places each, at the least cost in sum; exact."""

import numpy as np

from libc.math cimport INFINITY, isnan
from libc.stdint cimport int32_t, int64_t

cdef extern from "assignment.hpp" namespace "wayside" nogil:
    cdef cppclass Assigner:
        Assigner(
            int64_t rows,
            int64_t width,
            const int32_t* facility,
            const double* cost,
            int64_t facilities,
            const int32_t* capacity,
            const double* reject,
            int32_t* taken,
        ) except +
        void run() except +


def assign(
    const int32_t[:, ::1] facility not None,
    const double[:, ::1] cost not None,
    const int32_t[::1] capacity not None,
    const double[::1] reject not None,
):
    """For each request the column of the candidate that it gets, -1 where it is rejected: the least cost in sum.

    facility: requests x candidates, which facility each candidate is, each at most once in a row; -1: none. cost:
    likewise, infinite where it is not possible. capacity: places by facility; below 1: none. reject: by request, what
    it costs to turn it away. A candidate that costs as much as that is taken.

    Shortest augmenting paths (Jonker and Volgenant, 1987, Computing 38) over facilities with several places, the
    requests one after the other. Exact but for the rounding of sums; with costs that are whole numbers, exact. Which
    one of several optima: always the same, as searches look at the lower number of facility first.

    ValueError for shapes that do not fit, facilities that there are not, costs that are NaN or minus infinite, and
    costs of rejection that are not finite.
    """
    cdef int64_t rows = facility.shape[0], width = facility.shape[1], facilities = capacity.shape[0], i, k
    cdef double value
    if cost.shape[0] != rows or cost.shape[1] != width or reject.shape[0] != rows:
        raise ValueError(
            f"facility {rows} x {width}, cost {cost.shape[0]} x {cost.shape[1]}, reject {reject.shape[0]}: do not fit"
        )
    if rows >= 2**31 or width >= 2**31:
        raise ValueError(f"{rows} requests of {width} candidates: too many")
    for i in range(rows):
        if not -INFINITY < reject[i] < INFINITY:
            raise ValueError(f"request {i}: its rejection costs {reject[i]}, which must be finite")
        for k in range(width):
            if not -1 <= facility[i, k] < facilities:
                raise ValueError(f"request {i}: no facility {facility[i, k]}, there are {facilities}")
            value = cost[i, k]
            if isnan(value) or value == -INFINITY:
                raise ValueError(f"request {i}: candidate {k} costs {value}")
    taken = np.full(rows, -1, np.int32)
    if not rows or not width or not facilities:
        return taken
    cdef int32_t[::1] out = taken
    cdef Assigner* assigner = new Assigner(
        rows, width, &facility[0, 0], &cost[0, 0], facilities, &capacity[0], &reject[0], &out[0]
    )
    try:
        with nogil:
            assigner.run()
    finally:
        del assigner
    return taken
