# distutils: language = c++
"""Contention-based forwarding: who receives a packet for the first time, and whose timer ends before it hears a copy.

EN 302 636-4-1 V1.4.1, annex F.3. Packets that are on their way have numbers from 0 on; so have stations.
"""

from libc.stdint cimport int64_t
from libcpp.algorithm cimport sort
from libcpp.utility cimport pair
from libcpp.vector cimport vector

import numpy as np


cdef inline double timeout(double far, double least, double most, double reach) noexcept nogil:
    """How long a receiver waits so far [m] from who it hears the packet from [s]: the least from `reach` m on."""
    return least if far >= reach else most + (least - most) * far / reach


cdef vector[int] _by(const int[::1] first, const int[::1] second, const double[::1] third) noexcept nogil:
    """Rows in the order of these columns, then of their numbers."""
    cdef vector[pair[pair[int64_t, double], int]] keys
    cdef vector[int] order
    cdef Py_ssize_t k, n = first.shape[0]
    keys.resize(n)
    order.resize(n)
    for k in range(n):
        keys[k].first.first = (<int64_t>first[k] << 32) | <int64_t>second[k]
        keys[k].first.second = third[k]
        keys[k].second = <int>k
    sort(keys.begin(), keys.end())
    for k in range(n):
        order[k] = keys[k].second
    return order


def take_in(
    const int[::1] packet not None,
    const int[::1] station not None,
    const double[::1] at not None,
    const double[::1] far not None,
    unsigned char[:, ::1] known not None,
    double least,
    double most,
    double reach,
):
    """Copies are received: of packet[k] by station[k] at at[k] [s], from a sender far[k] m away.

    known: packets x stations, 1 where one has it already (duplicate detection); it is brought up to date. Returns the
    rows of first receptions, ascending; for each of them when the timer ends that begins with it [s] (`least` to `most`
    s, over 0 to `reach` m), and whether another copy has come before that, as 1 or 0; and, by row, 1 where the station
    knew the packet before. ValueError for a packet or a station that `known` has no room for.
    """
    cdef Py_ssize_t n = packet.shape[0], k, i
    if not station.shape[0] == at.shape[0] == far.shape[0] == n:
        raise ValueError("columns of different lengths")
    for k in range(n):
        if not (0 <= packet[k] < known.shape[0] and 0 <= station[k] < known.shape[1]):
            raise ValueError(f"packet {packet[k]} at station {station[k]}: there is room for {known.shape[0]} packets "
                             f"and {known.shape[1]} stations")
    ends, silent = np.zeros(n), np.zeros(n, np.uint8)
    first, before = np.zeros(n, np.uint8), np.zeros(n, np.uint8)
    cdef double[::1] end = ends
    cdef unsigned char[::1] silenced = silent, begins = first, again = before
    cdef vector[int] order
    cdef int one = -1
    with nogil:
        order = _by(packet, station, at)
        for i in range(n):
            k = order[i]
            if one >= 0 and packet[one] == packet[k] and station[one] == station[k]:
                again[k] = again[one]
                if begins[one] and at[k] < end[one]:
                    silenced[one] = 1
                continue
            one = <int>k
            if known[packet[k], station[k]]:
                again[k] = 1
                continue
            known[packet[k], station[k]] = 1
            begins[k] = 1
            end[k] = at[k] + timeout(far[k], least, most, reach)
    rows = np.flatnonzero(first)
    return rows, ends[rows], silent[rows], before


cdef class Contention:
    """Stations that have set timers for packets: row k for packet[k], which ends at end[k], and of which others have
    heard at out[k] >= end[k], all [s]. `silenced`, as 1 or 0: those who will not send anyhow.

    `lead` tells, packet by packet, who sends next and who would be silenced by hearing it; `silence` those who did.
    Ties go by row.
    """

    cdef const int[::1] packet
    cdef const double[::1] end, out
    cdef unsigned char[::1] _silenced, _sends
    cdef vector[int] order
    cdef vector[Py_ssize_t] at, stop  # by group of rows of one packet: where it goes on, and where it ends
    cdef readonly object sends  # by row, 1: its timer has ended before a copy came

    def __init__(
        self,
        const int[::1] packet not None,
        const double[::1] end not None,
        const double[::1] out not None,
        const unsigned char[::1] silenced not None,
    ):
        cdef Py_ssize_t n = packet.shape[0], i
        if not end.shape[0] == out.shape[0] == silenced.shape[0] == n:
            raise ValueError("columns of different lengths")
        for i in range(n):
            if not out[i] >= end[i]:
                raise ValueError(f"row {i}: heard at {out[i]} s, before its timer ends at {end[i]} s")
        self.packet, self.end, self.out = packet, end, out
        self._silenced = np.array(silenced)
        self.sends = np.zeros(n, np.uint8)
        self._sends = self.sends
        self.order = _by(packet, np.zeros(n, np.int32), end)
        for i in range(n):
            if not i or packet[self.order[i]] != packet[self.order[i - 1]]:
                self.at.push_back(i)
                if i:
                    self.stop.push_back(i)
        if n:
            self.stop.push_back(n)

    def lead(self):
        """The next of each packet who sends, and whom its copy may silence: pairs of rows, and before them all that
        send from now on. Nobody any more: three empty arrays.
        """
        cdef vector[int] leaders, ones, others
        cdef Py_ssize_t g, i
        cdef int row, other
        with nogil:
            for g in range(<Py_ssize_t>self.at.size()):
                while self.at[g] < self.stop[g] and self._silenced[self.order[self.at[g]]]:
                    self.at[g] += 1
                if self.at[g] == self.stop[g]:
                    continue
                row = self.order[self.at[g]]
                self.at[g] += 1
                self._sends[row] = 1
                leaders.push_back(row)
                for i in range(self.at[g], self.stop[g]):
                    other = self.order[i]
                    if not self._silenced[other] and self.end[other] > self.out[row]:
                        ones.push_back(row)
                        others.push_back(other)
        return _array(leaders), _array(ones), _array(others)

    def silence(self, const int[::1] rows not None):
        """These have heard a copy while their timers ran. ValueError for one that sends."""
        cdef Py_ssize_t k
        for k in range(rows.shape[0]):
            if not 0 <= rows[k] < self._silenced.shape[0] or self._sends[rows[k]]:
                raise ValueError(f"row {rows[k]}: there is no timer that runs")
            self._silenced[rows[k]] = 1

    @property
    def silenced(self):
        """By row, 1: it has heard a copy in time."""
        return np.asarray(self._silenced)


cdef object _array(const vector[int]& rows):
    found = np.empty(rows.size(), np.int32)
    cdef int[::1] view = found
    cdef Py_ssize_t k
    for k in range(view.shape[0]):
        view[k] = rows[k]
    return found
