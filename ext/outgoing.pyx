"""Rows of packets into the columns of `wayside.sim.air.Outgoing`."""

from libc.string cimport memcpy

import numpy as np

ctypedef fused Number:
    unsigned char
    int
    long long
    double


cdef class Rows:
    """Writes to the columns that it is bound to."""

    cdef long long[::1] id
    cdef int[::1] sender, size, to
    cdef double[::1] radius
    cdef unsigned char[::1] category, periodic, named, kind

    def __init__(self):
        self.id = None

    def bind(
        self,
        long long[::1] id not None,
        unsigned char[::1] kind not None,
        int[::1] sender not None,
        int[::1] size not None,
        unsigned char[::1] category not None,
        int[::1] to not None,
        double[::1] radius not None,
        unsigned char[::1] periodic not None,
        unsigned char[::1] named not None,
    ):
        """Write to these columns from now on. ValueError where they are of different lengths."""
        columns = [kind, sender, size, category, to, radius, periodic, named]
        if any(len(column) != id.shape[0] for column in columns):
            raise ValueError("columns of different lengths")
        self.id, self.kind, self.sender, self.size, self.category = id, kind, sender, size, category
        self.to, self.radius, self.periodic, self.named = to, radius, periodic, named

    def add(
        self, Py_ssize_t begin, Py_ssize_t rows, long long first, sender, size, category, to, radius, periodic, named,
        kind,
    ):
        """So many rows from `begin` on, with ids from `first` on; a single value stands for all of them.

        ValueError for rows that there is no room for, and for columns of other lengths.
        """
        cdef Py_ssize_t k
        if self.id is None or begin < 0 or rows < 0 or begin + rows > self.id.shape[0]:
            raise ValueError(f"{rows} rows from {begin} on: there is no room")
        for k in range(rows):
            self.id[begin + k] = first + k
        _put(self.kind, kind, begin, rows)
        _put(self.sender, sender, begin, rows)
        _put(self.size, size, begin, rows)
        _put(self.category, category, begin, rows)
        _put(self.to, to, begin, rows)
        _put(self.radius, radius, begin, rows)
        _put(self.periodic, periodic, begin, rows)
        _put(self.named, named, begin, rows)


cdef int _put(Number[::1] column, value, Py_ssize_t begin, Py_ssize_t rows) except -1:
    cdef const Number[::1] many
    cdef Number one
    cdef Py_ssize_t k
    if not rows:
        return 0
    if isinstance(value, np.ndarray):
        if value.shape == (rows,) and value.dtype == _type(column) and value.flags.c_contiguous:
            many = value
            memcpy(&column[begin], &many[0], rows * sizeof(Number))
        else:  # of another type
            np.asarray(column)[begin : begin + rows] = value
    else:
        one = value
        for k in range(rows):
            column[begin + k] = one
    return 0


cdef object _uint8 = np.dtype(np.uint8), _int32 = np.dtype(np.int32)
cdef object _int64 = np.dtype(np.int64), _float64 = np.dtype(np.float64)


cdef inline object _type(Number[::1] column):
    if Number is double:
        return _float64
    elif Number is int:
        return _int32
    elif sizeof(Number) == 8:
        return _int64
    else:
        return _uint8
