"""Rows of packets into the columns of `wayside.sim.air.Outgoing`."""

from libc.math cimport INFINITY
from libc.string cimport memcpy

import numpy as np

ctypedef fused Number:
    unsigned char
    int
    long long
    double


cdef class Block:
    """Packets that are added again and again: the columns of `wayside.sim.air.Outgoing` without `id`."""

    cdef const int[::1] sender, size, to
    cdef const double[::1] radius
    cdef const unsigned char[::1] category, periodic, named, kind

    def __init__(
        self,
        const unsigned char[::1] kind not None,
        const int[::1] sender not None,
        const int[::1] size not None,
        const unsigned char[::1] category not None,
        const int[::1] to not None,
        const double[::1] radius not None,
        const unsigned char[::1] periodic not None,
        const unsigned char[::1] named not None,
    ):
        columns = [kind, size, category, to, radius, periodic, named]
        if any(len(column) != sender.shape[0] for column in columns):
            raise ValueError("columns of different lengths")
        self.kind, self.sender, self.size, self.category = kind, sender, size, category
        self.to, self.radius, self.periodic, self.named = to, radius, periodic, named

    def __len__(self):
        return self.sender.shape[0]


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
        self._number(begin, rows, first)
        _put(self.kind, kind, begin, rows)
        _put(self.sender, sender, begin, rows)
        _put(self.size, size, begin, rows)
        _put(self.category, category, begin, rows)
        _put(self.to, to, begin, rows)
        _put(self.radius, radius, begin, rows)
        _put(self.periodic, periodic, begin, rows)
        _put(self.named, named, begin, rows)

    def put(self, Py_ssize_t begin, long long first, Block block not None):
        """The rows of a block from `begin` on, with ids from `first` on. ValueError where there is no room."""
        cdef Py_ssize_t rows = block.sender.shape[0]
        self._number(begin, rows, first)
        if not rows:
            return
        memcpy(&self.sender[begin], &block.sender[0], rows * sizeof(int))
        memcpy(&self.size[begin], &block.size[0], rows * sizeof(int))
        memcpy(&self.to[begin], &block.to[0], rows * sizeof(int))
        memcpy(&self.radius[begin], &block.radius[0], rows * sizeof(double))
        memcpy(&self.category[begin], &block.category[0], rows)
        memcpy(&self.periodic[begin], &block.periodic[0], rows)
        memcpy(&self.named[begin], &block.named[0], rows)
        memcpy(&self.kind[begin], &block.kind[0], rows)

    def say(
        self, Py_ssize_t begin, long long first, const int[::1] sender not None, int shift,
        const long long[::1] offsets not None, int headers, int category, bint periodic, bint named, int kind,
    ):
        """Broadcasts of messages that lie end to end, message k from offsets[k] to offsets[k + 1], from `begin` on.

        They are sent by the stations sender[k] + shift; each is `headers` octets longer than its message. ValueError
        where there is no room, and for other than one offset more than senders.
        """
        cdef Py_ssize_t rows = sender.shape[0], k
        if offsets.shape[0] != rows + 1:
            raise ValueError(f"{rows} messages with {offsets.shape[0]} offsets")
        self._number(begin, rows, first)
        for k in range(rows):
            self.sender[begin + k] = sender[k] + shift
            self.size[begin + k] = <int>(offsets[k + 1] - offsets[k]) + headers
            self.to[begin + k] = -1
            self.radius[begin + k] = INFINITY
            self.category[begin + k] = <unsigned char>category
            self.periodic[begin + k] = periodic
            self.named[begin + k] = named
            self.kind[begin + k] = <unsigned char>kind

    cdef int _number(self, Py_ssize_t begin, Py_ssize_t rows, long long first) except -1:
        """Give rows their ids, if there is room for them."""
        cdef Py_ssize_t k
        if self.id is None or begin < 0 or rows < 0 or begin + rows > self.id.shape[0]:
            raise ValueError(f"{rows} rows from {begin} on: there is no room")
        for k in range(rows):
            self.id[begin + k] = first + k
        return 0


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
