# distutils: language = c++
"""States of vehicles as the live view's frames have them (docs/live.md): from a table's columns to octets."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int8_t, uint8_t, uint32_t
from libc.string cimport memcpy
from libcpp cimport bool
from libcpp.vector cimport vector

import numpy as np

HEAD = 32  # octets of a frame's header


cdef extern from "frames.hpp" namespace "wayside" nogil:
    cdef struct Seen:
        const uint8_t* alive
        const long long* station
        const double* x
        const double* y
        const double* heading
        const double* speed
        const int* lane
        const int* signals
        const int8_t* parking
        const int8_t* charging
        long long n

    cdef struct Flags:
        uint8_t[8] parking
        uint8_t[8] charging
        uint8_t[16] signals

    cdef cppclass FramePacker:
        FramePacker(const Flags&) except +
        void keyframe(const uint8_t*, const Seen&) except +
        bool delta(const uint8_t*, const Seen&) except +
        const vector[uint8_t]& frame()
        const vector[long long]& slots()
        uint32_t reference()
        long long on_road()


cdef class Packer:
    """Packs one run's vehicles: keyframes, and deltas to the last one.

    The columns, by slot, only those with `alive` mean anything: alive; station (0..2^32 - 1, no two alike); x, y [m,
    to 21,474 km of 0]; heading [degrees clockwise from north]; speed [m/s]; lane (below 0: off the road); signals
    (SUMO's bits); parking, charging (numbers of states, 0..7).
    """

    cdef FramePacker* packer

    def __cinit__(self, bytes parking not None, bytes charging not None, bytes signals not None):
        """What goes into a vehicle's flags: by the numbers of its states (8 each), by the lowest 4 bits of signals."""
        cdef Flags meaning
        if len(parking) != 8 or len(charging) != 8 or len(signals) != 16:
            raise ValueError(f"flags for {len(parking)}, {len(charging)} and {len(signals)} states: must be 8, 8, 16")
        memcpy(meaning.parking, <const char*>parking, 8)
        memcpy(meaning.charging, <const char*>charging, 8)
        memcpy(meaning.signals, <const char*>signals, 16)
        self.packer = new FramePacker(meaning)

    def __dealloc__(self):
        del self.packer

    def keyframe(
        self,
        bytes head not None,
        const uint8_t[::1] alive not None,
        const long long[::1] station not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] heading not None,
        const double[::1] speed not None,
        const int[::1] lane not None,
        const int[::1] signals not None,
        const int8_t[::1] parking not None,
        const int8_t[::1] charging not None,
    ):
        """The frame; head: its 32 octets, of which the count is filled in. Later deltas refer to this one."""
        cdef Seen seen = _seen(head, alive, station, x, y, heading, speed, lane, signals, parking, charging)
        cdef const uint8_t* first = head
        with nogil:
            self.packer.keyframe(first, seen)
        return self._frame()

    def delta(
        self,
        bytes head not None,
        const uint8_t[::1] alive not None,
        const long long[::1] station not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] heading not None,
        const double[::1] speed not None,
        const int[::1] lane not None,
        const int[::1] signals not None,
        const int8_t[::1] parking not None,
        const int8_t[::1] charging not None,
    ):
        """What has changed since the last keyframe; None where a new one would not be larger. Columns as there."""
        cdef Seen seen = _seen(head, alive, station, x, y, heading, speed, lane, signals, parking, charging)
        cdef const uint8_t* first = head
        cdef bool smaller
        with nogil:
            smaller = self.packer.delta(first, seen)
        return self._frame() if smaller else None

    cdef bytes _frame(self):
        return PyBytes_FromStringAndSize(<const char*>self.packer.frame().data(), self.packer.frame().size())

    @property
    def slots(self):
        """The slots of the last keyframe's rows: int64, a copy."""
        cdef Py_ssize_t rows = self.packer.slots().size()
        found = np.empty(rows, np.int64)
        cdef long long[::1] to = found
        if rows:
            memcpy(&to[0], self.packer.slots().data(), rows * sizeof(long long))
        return found

    @property
    def reference(self):
        """The sequence of the last keyframe."""
        return self.packer.reference()

    @property
    def on_road(self):
        """How many rows of the last keyframe, its first ones, were on the road."""
        return self.packer.on_road()


cdef Seen _seen(
    bytes head,
    const uint8_t[::1] alive,
    const long long[::1] station,
    const double[::1] x,
    const double[::1] y,
    const double[::1] heading,
    const double[::1] speed,
    const int[::1] lane,
    const int[::1] signals,
    const int8_t[::1] parking,
    const int8_t[::1] charging,
) except *:
    cdef Seen seen
    cdef Py_ssize_t n = alive.shape[0]
    if len(head) != HEAD:
        raise ValueError(f"a header of {len(head)} octets: must be {HEAD}")
    if (
        station.shape[0] != n or x.shape[0] != n or y.shape[0] != n or heading.shape[0] != n or speed.shape[0] != n
        or lane.shape[0] != n or signals.shape[0] != n or parking.shape[0] != n or charging.shape[0] != n
    ):
        raise ValueError("columns of different lengths")
    seen.n = n
    if n:
        seen.alive, seen.station = &alive[0], &station[0]
        seen.x, seen.y, seen.heading, seen.speed = &x[0], &y[0], &heading[0], &speed[0]
        seen.lane, seen.signals, seen.parking, seen.charging = &lane[0], &signals[0], &parking[0], &charging[0]
    return seen
