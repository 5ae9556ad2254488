# distutils: language = c++
"""What the access layers tell at the end of a tick, sorted out by packet; and when stations hand their packets down."""

from libc.math cimport INFINITY, NAN
from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp.algorithm cimport is_sorted, lower_bound, sort
from libcpp.vector cimport vector

import numpy as np


cdef extern from "hashing.hpp" namespace "wayside" nogil:
    uint64_t hash_of "wayside::hash"(uint64_t seed, uint64_t a, uint64_t b)


cdef inline Py_ssize_t _row(const int64_t[::1] id, int64_t wanted, Py_ssize_t guess) noexcept nogil:
    """The row of an id, or -1; deliveries of a packet follow each other, so the last one found is looked at first."""
    cdef Py_ssize_t n = id.shape[0], at
    if 0 <= guess < n and id[guess] == wanted:
        return guess
    if n == 0:
        return -1
    at = lower_bound(&id[0], &id[0] + n, wanted) - &id[0]
    return at if at < n and id[at] == wanted else -1


cdef class TickPackets:
    """The packets of a tick and where the stations are: who of those that received one takes it up.

    Columns of n packets: id (ascending), sender, to (station of a unicast, or -1), radius [m] around the sender, named
    (1: vehicles that take it up are told); x, y [m] of all stations, of which the first `units` are units.
    """

    cdef const int64_t[::1] id
    cdef const int[::1] sender, to
    cdef const double[::1] radius, x, y
    cdef const unsigned char[::1] named
    cdef unsigned char[::1] _told
    cdef int units
    cdef readonly object told  # 1: who received it is looked at one by one; 0: every vehicle that did takes it up

    def __init__(
        self,
        const int64_t[::1] id not None,
        const int[::1] sender not None,
        const int[::1] to not None,
        const double[::1] radius not None,
        const unsigned char[::1] named not None,
        int units,
        const double[::1] x not None,
        const double[::1] y not None,
    ):
        cdef Py_ssize_t k, n = id.shape[0], stations = x.shape[0]
        if not (sender.shape[0] == to.shape[0] == radius.shape[0] == named.shape[0] == n and y.shape[0] == stations):
            raise ValueError("columns of different lengths")
        for k in range(n):
            if not 0 <= sender[k] < stations or to[k] >= stations:
                raise ValueError(f"packet {id[k]}: from {sender[k]} to {to[k]}: there are {stations} stations")
        self.id, self.sender, self.to, self.radius, self.named = id, sender, to, radius, named
        self.units, self.x, self.y = units, x, y
        self.told = np.empty(n, np.uint8)
        self._told = self.told
        for k in range(n):
            self._told[k] = sender[k] < units or to[k] >= 0 or named[k] != 0 or radius[k] != INFINITY

    cdef inline bint _takes(self, Py_ssize_t row, int receiver) noexcept nogil:
        cdef double dx, dy
        if self.to[row] >= 0 and self.to[row] != receiver:
            return False
        dx = self.x[self.sender[row]] - self.x[receiver]
        dy = self.y[self.sender[row]] - self.y[receiver]
        return dx * dx + dy * dy <= self.radius[row] * self.radius[row]

    def take_up(
        self,
        const int64_t[::1] ids not None,
        const int[::1] receiver not None,
        const int64_t[::1] done not None,
        const float[::1] spent not None,
        const int[::1] received=None,
    ):
        """Delivery k: packet ids[k] reached station receiver[k]; packet done[k] is done after spent[k] s (NaN:
        dropped), and reached received[k] stations. Where these are given, deliveries to vehicles of packets that are
        not `told` need not be among the others.

        Returns how many vehicles and how many units took each packet up, (row, unit) and (row, vehicle's slot) in
        ascending order, the latter of unicasts and named packets alone, the time spent by row (NaN where it is not
        done) and the rows that are not done. ValueError for a packet that is none of these.
        """
        cdef Py_ssize_t n = self.id.shape[0], m = ids.shape[0], k, row = -1
        cdef bint counted = received is not None
        if receiver.shape[0] != m or spent.shape[0] != done.shape[0] or counted and received.shape[0] != done.shape[0]:
            raise ValueError("columns of different lengths")
        vehicles, posts, delay = np.zeros(n, np.int32), np.zeros(n, np.int32), np.full(n, NAN, np.float32)
        cdef int[::1] at_vehicles = vehicles, at_units = posts
        cdef float[::1] late = delay
        ended = np.zeros(n, bool)
        cdef unsigned char[::1] finished = ended.view(np.uint8)
        cdef vector[int32_t] rows
        cdef int64_t stranger = -1
        with nogil:
            rows.resize(m)
            for k in range(m):
                row = _row(self.id, ids[k], row)
                if row < 0:
                    stranger = ids[k]
                    break
                rows[k] = -1
                if not self._takes(row, receiver[k]):
                    continue
                rows[k] = <int32_t>row
                if receiver[k] < self.units:
                    at_units[row] += 1
                elif self._told[row] or not counted:
                    at_vehicles[row] += 1
            row = -1
            for k in range(done.shape[0]):
                row = _row(self.id, done[k], row + 1)
                if row < 0:
                    stranger = done[k]
                    break
                finished[row] = 1
                late[row] = spent[k]
                if counted and not self._told[row]:
                    at_vehicles[row] = received[k] - at_units[row]
        if stranger >= 0:
            raise ValueError(f"packet {stranger} is not among the tick's packets")
        to_units = self._pairs(rows, receiver, at_units, True)
        to_vehicles = self._pairs(rows, receiver, at_vehicles, False)
        return vehicles, posts, to_units, to_vehicles, delay, np.flatnonzero(~ended)

    cdef tuple _pairs(self, vector[int32_t]& rows, const int[::1] receiver, const int[::1] counts, bint to_units):
        """(row, receiver) pairs in ascending order: sorted by row as they are counted, then each row by itself."""
        cdef Py_ssize_t n = counts.shape[0], k
        cdef int32_t row
        cdef int32_t less = 0 if to_units else self.units
        cdef vector[int64_t] begin, place
        with nogil:
            begin.resize(n + 1)
            for k in range(n):
                begin[k + 1] = begin[k] + (counts[k] if to_units or self.named[k] or self.to[k] >= 0 else 0)
            place = begin
        packet, who = np.empty(begin[n], np.int32), np.empty(begin[n], np.int32)
        cdef int[::1] packets = packet, receivers = who
        with nogil:
            for k in range(<Py_ssize_t>rows.size()):
                row = rows[k]
                if row < 0 or (receiver[k] < self.units) != to_units or begin[row + 1] == begin[row]:
                    continue
                packets[place[row]] = row
                receivers[place[row]] = receiver[k] - less
                place[row] += 1
            for k in range(n):
                if not is_sorted(&receivers[0] + begin[k], &receivers[0] + begin[k + 1]):
                    sort(&receivers[0] + begin[k], &receivers[0] + begin[k + 1])
        return packet, who

    def asked(
        self,
        const Py_ssize_t[::1] rows not None,
        const int64_t[::1] ids not None,
        const int[::1] receiver not None,
        const unsigned char[::1] fate not None,
    ):
        """Trace k: packet ids[k] had this fate at station receiver[k]. Of these rows, as far as they were meant for the
        receiver: index into `rows`, receiver, fate; by index, then receiver."""
        cdef Py_ssize_t m = ids.shape[0], k, row = -1
        cdef vector[int32_t] place
        cdef vector[int64_t] key
        place.assign(self.id.shape[0], -1)
        for k in range(rows.shape[0]):
            if not 0 <= rows[k] < self.id.shape[0]:
                raise ValueError(f"row {rows[k]} of {self.id.shape[0]}")
            place[rows[k]] = <int32_t>k
        with nogil:
            for k in range(m):
                row = _row(self.id, ids[k], row)
                if row >= 0 and place[row] >= 0 and self._takes(row, receiver[k]):
                    key.push_back((<int64_t>place[row] << 35) | (<int64_t>receiver[k] << 3) | fate[k])
            sort(key.begin(), key.end())
        keys = np.empty(key.size(), np.int64)
        cdef int64_t[::1] view = keys
        for k in range(view.shape[0]):
            view[k] = key[k]
        return (keys >> 35).astype(np.int32), ((keys >> 3) & 0xFFFFFFFF).astype(np.int32), (keys & 7).astype(np.uint8)


def moments(const int[::1] sender not None, const uint64_t[::1] id not None, int64_t span, uint64_t seed):
    """When each packet is handed to the access layer, 0 <= moment < span: a hash of the sender's id and of how many
    packets of the sender stand before it. So a station's first packet has the same moment in every tick.
    """
    cdef Py_ssize_t k, n = sender.shape[0]
    for k in range(n):
        if not 0 <= sender[k] < id.shape[0]:
            raise ValueError(f"station {sender[k]} of {id.shape[0]}")
    found = np.empty(n, np.int64)
    cdef int64_t[::1] at = found
    cdef vector[int32_t] before
    cdef uint64_t draw
    with nogil:
        before.resize(id.shape[0])
        for k in range(n):
            draw = hash_of(seed, id[sender[k]], <uint64_t>before[sender[k]])
            at[k] = <int64_t>((draw >> 11) * 1.1102230246251565e-16 * <double>span)  # 2^-53: draws in [0, 1)
            before[sender[k]] += 1
    return found
