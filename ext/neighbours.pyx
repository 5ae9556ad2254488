# distutils: language = c++
"""Neighbour tables: whom each receiver has heard of late, and how long the gaps between two packets of a sender are."""

from libcpp.vector cimport vector

import numpy as np


cdef extern from "neighbours.hpp" namespace "wayside" nogil:
    cdef cppclass NeighbourTable:
        NeighbourTable() except +
        void hear(
            const int* packet,
            const int* receiver,
            long long pairs,
            const int* sender,
            const double* content,
            const double* x,
            const double* y,
            long long packets,
            const long long* station,
            const double* at_x,
            const double* at_y,
            long long tick,
        ) except +
        void forget(long long before) except +
        void of(
            int receiver,
            long long station,
            long long now,
            vector[int]& senders,
            vector[long long]& heard,
            vector[double]& state,
        ) except +
        size_t pairs()
        size_t places()
        const vector[long long]& histogram()

    const int C_VALUES "wayside::NeighbourTable::VALUES"
    const int C_LIFETIME "wayside::NeighbourTable::LIFETIME"
    const int C_GAPS "wayside::NeighbourTable::GAPS"
    const int C_BINS "wayside::NeighbourTable::BINS"
    const double C_BIN "wayside::NeighbourTable::BIN"

LIFETIME = C_LIFETIME
GAPS = C_GAPS
BINS = C_BINS
BIN = C_BIN


cdef class NeighbourTables:
    """The neighbour tables of many receivers (vehicles by slot, or units by number); memory grows with pairs heard.

    A sender is a neighbour for LIFETIME ticks after its last packet. A gap is the time between two packets of a sender
    that a receiver took up one after the other, 1 to GAPS ticks of 100 ms; a longer silence ends the acquaintance.
    """

    cdef NeighbourTable table

    def hear(
        self,
        const int[::1] packet not None,
        const int[::1] receiver not None,
        const int[::1] sender not None,
        const double[:, ::1] content not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const long long[::1] station not None,
        const double[::1] at_x not None,
        const double[::1] at_y not None,
        long long tick,
    ):
        """Enter deliveries: pair k brings packet[k] to receiver[k] in a tick (0 or later; ticks ascend).

        By packet: the sender's slot, what it says (packets x `edge.ldm.CONTENT`), where it truly is
        (x, y [m]). By receiver: station number, true position at_x, at_y [m]. Nobody hears itself.
        """
        cdef long long n = sender.shape[0]
        if (
            receiver.shape[0] != packet.shape[0]
            or not n == content.shape[0] == x.shape[0] == y.shape[0]
            or not station.shape[0] == at_x.shape[0] == at_y.shape[0]
            or content.shape[1] != C_VALUES
        ):
            raise ValueError("columns of different lengths")
        if tick < 0:
            raise ValueError(f"tick {tick}: must be 0 or later")
        if packet.shape[0] == 0:
            return
        with nogil:
            self.table.hear(
                &packet[0], &receiver[0], packet.shape[0], &sender[0], &content[0, 0], &x[0], &y[0], n,
                &station[0], &at_x[0], &at_y[0], tick,
            )

    def forget(self, long long before):
        """Drop the pairs last heard before a tick, and their memory. No gap is counted to a packet dropped."""
        with nogil:
            self.table.forget(before)

    def of(self, int receiver, long long station, long long now):
        """Whom a receiver has heard in the ticks now - LIFETIME to now, by ascending slot of the sender.

        Returns slots (int32), ticks of the last packet (int64) and what it said (`edge.ldm.CONTENT` x N). Empty where another station
        than `station` had this receiver's slot then.
        """
        cdef vector[int] senders
        cdef vector[long long] heard
        cdef vector[double] state
        with nogil:
            self.table.of(receiver, station, now, senders, heard, state)
        cdef Py_ssize_t n = senders.size()
        if n == 0:
            return np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros((C_VALUES, 0))
        return (
            np.array(<int[:n]>senders.data()),
            np.array(<long long[:n]>heard.data()),
            np.array(<double[:n, :C_VALUES]>state.data()).T,
        )

    def gaps(self):
        """Gaps so far: distance between the two at its end (BINS of BIN m each; beyond not counted) x ticks 1..GAPS."""
        cdef long long* counts = <long long*>self.table.histogram().data()
        return np.array(<long long[:C_BINS, :C_GAPS]>counts)

    @property
    def pairs(self):
        """How many pairs are kept."""
        return self.table.pairs()

    @property
    def nbytes(self):
        """Memory of the pairs, bytes."""
        return 32 * self.table.places()
