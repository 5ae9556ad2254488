# distutils: language = c++
"""When a vehicle sends its next CAM: the generation rules of EN 302 637-2 V1.4.1, clause 6.1.3, for a whole fleet. When a
vulnerable road user sends its next VAM: those of TS 103 300-3 V2.1.1, clause 6.4.

And which roadside unit each vehicle would ask for a service, from the announcements it has heard.
"""

from libc.math cimport fabs, sqrt
from libc.stdint cimport uint64_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

import numpy as np


DEF MIN_INTERVAL = 1      # T_GenCamMin, 100 ms: one V2X tick
DEF MAX_INTERVAL = 10     # T_GenCamMax, 1000 ms
DEF REPEATS = 3           # N_GenCam
DEF HEADING = 4.0         # degrees
DEF POSITION = 4.0        # m
DEF SPEED = 0.5           # m/s
DEF CONTAINER = 5         # 500 ms: what the low frequency and the special vehicle container wait at least
DEF MAX_VAM = 50          # T_GenVamMax, 5000 ms; T_GenVamMin is 100 ms, and the thresholds are those of CAMs
DEF VAM_CONTAINER = 20    # T_GenVam_LFMin, 2000 ms: what the low frequency container waits at least
DEF AHEAD = 8             # stations: what one said last is at hand when its turn comes


cdef extern from "awareness.hpp" namespace "wayside" nogil:
    cdef cppclass Last:
        double x
        double y
        double speed
        double heading
        long long sent
        long long low
        int interval
        int repeats

    void soon(const Last* last)


cdef inline bint _moved(const Last* last, double x, double y, double speed, double heading) noexcept nogil:
    """Whether a station's dynamics differ enough from what it said last."""
    cdef double turned = fabs(heading - last.heading), dx = x - last.x, dy = y - last.y
    if turned > 180.0:
        turned = 360.0 - turned
    return turned > HEADING or dx * dx + dy * dy > POSITION * POSITION or fabs(speed - last.speed) > SPEED


cdef inline void _said(Last* last, long long tick, double x, double y, double speed, double heading) noexcept nogil:
    last.sent = tick
    last.x = x
    last.y = y
    last.speed = speed
    last.heading = heading


cdef class CamGenerator:
    """One generator per station; it remembers what each station last sent.

    `select` is called once per V2X tick of 100 ms, and reads the stations' states where they are bound. A `regular` one
    makes BSMs instead: everyone sends every 100 ms (T/CSAE 53-2020 asks for 10 Hz in its applications), or as seldom as
    congestion control wants, and there are no containers.
    """

    cdef vector[Last] last
    cdef const unsigned char[::1] active, vru
    cdef const double[::1] x, y, speed, heading
    cdef const int[::1] wait
    cdef int[::1] senders
    cdef unsigned char[::1] low_due
    cdef bint regular
    cdef readonly int capacity

    def __init__(self, int capacity, bint regular=False):
        self.regular = regular
        self.capacity = 0
        self.grow(capacity)

    def grow(self, int capacity):
        """Room for more stations; those known keep their state. Their columns must be bound anew."""
        cdef int known = self.capacity
        self.last.resize(capacity)
        self.x = None
        self.capacity = capacity
        self.reset(np.arange(known, capacity, dtype=np.int32))

    def bind(
        self,
        const unsigned char[::1] active not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] speed not None,
        const double[::1] heading not None,
        const int[::1] wait not None,
        const unsigned char[::1] vru not None,
        int[::1] senders not None,
        unsigned char[::1] low_due not None,
    ):
        """Read these columns from now on, and write to the last two; one entry per station each.

        x, y [m]: the position as the station knows it; speed [m/s], heading [degrees]; wait: T_GenCam_Dcc in ticks,
        taken as 1 below 1 and as 10 above 10; vru: 1 for who says VAMs instead. ValueError where the lengths are not the
        capacity.
        """
        columns = [active, x, y, speed, heading, wait, vru, senders, low_due]
        if any(len(column) != self.capacity for column in columns):
            raise ValueError(f"columns of different lengths: there is room for {self.capacity} stations")
        self.active, self.x, self.y, self.speed, self.heading = active, x, y, speed, heading
        self.wait, self.vru, self.senders, self.low_due = wait, vru, senders, low_due

    def reset(self, const int[::1] stations not None):
        """These stations start anew: their first CAM is sent at once."""
        cdef Py_ssize_t i
        cdef Last* last
        for i in range(stations.shape[0]):
            last = &self.last[stations[i]]
            last.sent = last.low = -1
            last.interval = MAX_INTERVAL
            last.repeats = 0

    def select(self, long long tick, Py_ssize_t n):
        """Which of the first n stations send in this tick: to `senders`, ascending; return how many.

        `low_due` tells whose message has the low frequency container, and with it the special vehicle container of
        those who have one: the rule is the same for both.
        """
        if self.x is None or not 0 <= n <= self.capacity:
            raise ValueError(f"{n} stations, room for {0 if self.x is None else self.capacity}")
        cdef Py_ssize_t i = 0
        cdef int count = 0
        cdef uint64_t eight
        with nogil:
            while i < n:
                if i + 8 <= n:  # parked vehicles keep their slots, often many in a row
                    memcpy(&eight, &self.active[i], 8)
                    if eight == 0:
                        i += 8
                        continue
                if i + AHEAD < n and self.active[i + AHEAD]:
                    soon(&self.last[i + AHEAD])
                if self.active[i] and not self.vru[i] and self._is_due(tick, i):
                    self._say(tick, i, count)
                    count += 1
                i += 1
        return count

    cdef inline bint _is_due(self, long long tick, Py_ssize_t i) noexcept nogil:
        """Whether a station sends now; if so, it is entered as sent."""
        cdef Last* last = &self.last[i]
        cdef long long elapsed
        if last.sent >= 0:
            elapsed = tick - last.sent
            # T_GenCam_Dcc is a lower bound of both conditions, and itself within T_GenCamMin and T_GenCamMax.
            if elapsed < max(MIN_INTERVAL, min(self.wait[i], MAX_INTERVAL)):
                return False
            if not self.regular:
                if _moved(last, self.x[i], self.y[i], self.speed[i], self.heading[i]):
                    # Condition 1: T_GenCam becomes the time since the last CAM, for the next N_GenCam CAMs.
                    last.interval = <int>min(elapsed, <long long>MAX_INTERVAL)
                    last.repeats = 0
                elif elapsed >= last.interval:
                    # Condition 2; after N_GenCam of them T_GenCam returns to its maximum.
                    last.repeats += 1
                    if last.repeats >= REPEATS:
                        last.interval = MAX_INTERVAL
                else:
                    return False
        _said(last, tick, self.x[i], self.y[i], self.speed[i], self.heading[i])
        return True

    cdef inline void _say(self, long long tick, Py_ssize_t i, Py_ssize_t to) noexcept nogil:
        cdef Last* last = &self.last[i]
        # In the first CAM, and then where 500 ms or more have passed since the last CAM that had it.
        cdef bint low = not self.regular and (last.low < 0 or tick - last.low >= CONTAINER)
        if low:
            last.low = tick
        self.senders[to] = <int>i
        self.low_due[to] = low


cdef class VamGenerator:
    """When vulnerable road users say a VAM, each for itself: at first at once; then when the last one is 5 s old, or as
    soon as they have moved by more than 4 m, or their speed has changed by more than 0.5 m/s, or their direction by more
    than 4 degrees since, 100 ms after the last one at the earliest, and as seldom as congestion control wants.

    What the clause has beside that is left out: the probability that ways cross, minimum safe distances, clusters, and
    that one says nothing where others near say as much (redundancy mitigation). `select` is called once per V2X tick.
    """

    cdef vector[Last] last
    cdef const unsigned char[::1] active, vru
    cdef const double[::1] x, y, speed, heading
    cdef const int[::1] wait
    cdef int[::1] senders
    cdef unsigned char[::1] low_due
    cdef readonly int capacity

    def __init__(self, int capacity):
        self.capacity = 0
        self.grow(capacity)

    def grow(self, int capacity):
        """Room for more stations; those known keep their state. Their columns must be bound anew."""
        cdef int known = self.capacity
        self.last.resize(capacity)
        self.x = None
        self.capacity = capacity
        self.reset(np.arange(known, capacity, dtype=np.int32))

    def bind(
        self,
        const unsigned char[::1] active not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] speed not None,
        const double[::1] heading not None,
        const int[::1] wait not None,
        const unsigned char[::1] vru not None,
        int[::1] senders not None,
        unsigned char[::1] low_due not None,
    ):
        """As `CamGenerator.bind`; wait: T_GenVam_DCC."""
        columns = [active, x, y, speed, heading, wait, vru, senders, low_due]
        if any(len(column) != self.capacity for column in columns):
            raise ValueError(f"columns of different lengths: there is room for {self.capacity} stations")
        self.active, self.x, self.y, self.speed, self.heading = active, x, y, speed, heading
        self.wait, self.vru, self.senders, self.low_due = wait, vru, senders, low_due

    def reset(self, const int[::1] stations not None):
        """These stations start anew: their first VAM is sent at once."""
        cdef Py_ssize_t i
        for i in range(stations.shape[0]):
            self.last[stations[i]].sent = self.last[stations[i]].low = -1

    def select(self, long long tick, Py_ssize_t n):
        """Which of the first n stations send in this tick: to `senders`, ascending; return how many. `low_due` tells
        whose message has the low frequency container: the first one, and where 2 s have passed since the last.
        """
        if self.x is None or not 0 <= n <= self.capacity:
            raise ValueError(f"{n} stations, room for {0 if self.x is None else self.capacity}")
        cdef Py_ssize_t i
        cdef int count = 0
        cdef Last* last
        cdef long long elapsed
        cdef bint low
        with nogil:
            for i in range(n):
                if not (self.vru[i] and self.active[i]):
                    continue
                last = &self.last[i]
                if last.sent >= 0:
                    elapsed = tick - last.sent
                    if elapsed < max(MIN_INTERVAL, min(self.wait[i], MAX_VAM)):
                        continue
                    if elapsed < MAX_VAM and not _moved(last, self.x[i], self.y[i], self.speed[i], self.heading[i]):
                        continue
                _said(last, tick, self.x[i], self.y[i], self.speed[i], self.heading[i])
                low = last.low < 0 or tick - last.low >= VAM_CONTAINER
                if low:
                    last.low = tick
                self.senders[count] = <int>i
                self.low_due[count] = low
                count += 1
        return count


cdef class NearestUnits:
    """For each vehicle and service the nearest unit heard that offers it, kept where the columns are bound."""

    cdef const double[::1] x, y
    cdef int[:, ::1] home
    cdef double[:, ::1] distance
    cdef long long[:, ::1] heard

    def __init__(self):
        self.home = None

    def bind(
        self,
        const double[::1] x not None,
        const double[::1] y not None,
        int[:, ::1] home not None,
        double[:, ::1] distance not None,
        long long[:, ::1] heard not None,
    ):
        """Vehicles at x, y [m]; by service and vehicle: the unit to ask, its distance [m], the tick it was heard in."""
        cdef Py_ssize_t services = home.shape[0]
        if not (y.shape[0] == home.shape[1] == distance.shape[1] == heard.shape[1] == x.shape[0]) or not (
            services == distance.shape[0] == heard.shape[0]
        ):
            raise ValueError("columns of different lengths")
        self.x, self.y, self.home, self.distance, self.heard = x, y, home, distance, heard

    def hear(
        self,
        const int[::1] packet not None,
        const int[::1] receiver not None,
        const int[::1] unit not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const unsigned char[:, ::1] offered not None,
        long long tick,
        int heard_for,
        int first=0,
    ):
        """Service announcements: pair k brings packet[k] - first to vehicle receiver[k]; others are left out.

        Packet p comes from u = unit[p] at x[u], y[u] [m]; it offers service s where offered[u, s]. Kept is the nearest
        unit heard in the last `heard_for` ticks; at equal distance the one heard first.
        """
        cdef Py_ssize_t k, s, services = offered.shape[1], packets = unit.shape[0]
        cdef int p, v, u
        cdef double dx, dy, d
        if receiver.shape[0] != packet.shape[0] or self.home is None or self.home.shape[0] != services:
            raise ValueError("columns of different lengths")
        with nogil:
            for k in range(packet.shape[0]):
                p = packet[k] - first
                if not 0 <= p < packets:
                    continue
                v = receiver[k]
                u = unit[p]
                dx = x[u] - self.x[v]
                dy = y[u] - self.y[v]
                d = sqrt(dx * dx + dy * dy)
                for s in range(services):
                    if offered[u, s] and (
                        self.heard[s, v] < tick - heard_for or self.home[s, v] == u or d < self.distance[s, v]
                    ):
                        self.home[s, v] = u
                        self.distance[s, v] = d
                        self.heard[s, v] = tick
