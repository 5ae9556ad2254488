# distutils: language = c++
"""When a vehicle sends its next CAM: the generation rules of EN 302 637-2 V1.4.1, clause 6.1.3, for a whole fleet."""

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
DEF VALUES = 6            # of a CAM's content


# What a station said in its last CAM and in which tick (-1: nothing yet), and the two variables of the rules. Together,
# unlike other columns: most stations are looked at in every tick, and this is one cache line instead of seven.
cdef struct Last:
    double x
    double y
    double speed
    double heading
    long long sent
    int interval
    int repeats


cdef class CamGenerator:
    """One generator per station; it remembers what each station last sent.

    `select` is called once per V2X tick of 100 ms, and reads the stations' states where they are bound.
    """

    cdef vector[Last] last
    cdef const unsigned char[::1] active
    cdef const double[::1] x, y, speed, heading, length
    cdef const long long[::1] station
    cdef int[::1] senders
    cdef double[:, ::1] content
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
        const double[::1] length not None,
        const long long[::1] station not None,
        int[::1] senders not None,
        double[:, ::1] content not None,
    ):
        """Read these columns from now on, and write to `senders` and `content`; one entry per station each.

        x, y, length [m], speed [m/s], heading [degrees]; content: stations x 6. ValueError where the lengths are not
        the capacity.
        """
        columns = [active, x, y, speed, heading, length, station, senders, content]
        if any(len(column) != self.capacity for column in columns) or content.shape[1] != VALUES:
            raise ValueError(f"columns of different lengths: there is room for {self.capacity} stations")
        self.active, self.x, self.y, self.speed, self.heading = active, x, y, speed, heading
        self.length, self.station, self.senders, self.content = length, station, senders, content

    def reset(self, const int[::1] stations not None):
        """These stations start anew: their first CAM is sent at once."""
        cdef Py_ssize_t i
        cdef Last* last
        for i in range(stations.shape[0]):
            last = &self.last[stations[i]]
            last.sent = -1
            last.interval = MAX_INTERVAL
            last.repeats = 0

    def select(self, long long tick, Py_ssize_t n):
        """Which of the first n stations send a CAM in this tick: to `senders`, ascending; return how many.

        What they say, one row each, goes to `content`: x, y, speed, heading, length, station.
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
                if self.active[i] and self._is_due(tick, i):
                    self._say(i, count)
                    count += 1
                i += 1
        return count

    cdef inline bint _is_due(self, long long tick, Py_ssize_t i) noexcept nogil:
        """Whether a station sends now; if so, it is entered as sent."""
        cdef Last* last = &self.last[i]
        cdef int elapsed
        cdef double turned, dx, dy
        if last.sent < 0:
            last.interval = MAX_INTERVAL
            last.repeats = 0
        else:
            elapsed = <int>(tick - last.sent)
            if elapsed < MIN_INTERVAL:
                return False
            turned = fabs(self.heading[i] - last.heading)
            if turned > 180.0:
                turned = 360.0 - turned
            dx = self.x[i] - last.x
            dy = self.y[i] - last.y
            if (
                turned > HEADING
                or dx * dx + dy * dy > POSITION * POSITION
                or fabs(self.speed[i] - last.speed) > SPEED
            ):
                # Condition 1: T_GenCam becomes the time since the last CAM, for the next N_GenCam CAMs.
                last.interval = min(elapsed, MAX_INTERVAL)
                last.repeats = 0
            elif elapsed >= last.interval:
                # Condition 2; after N_GenCam of them T_GenCam returns to its maximum.
                last.repeats += 1
                if last.repeats >= REPEATS:
                    last.interval = MAX_INTERVAL
            else:
                return False
        last.sent = tick
        last.x = self.x[i]
        last.y = self.y[i]
        last.speed = self.speed[i]
        last.heading = self.heading[i]
        return True

    cdef inline void _say(self, Py_ssize_t i, Py_ssize_t to) noexcept nogil:
        self.senders[to] = <int>i
        self.content[to, 0] = self.x[i]
        self.content[to, 1] = self.y[i]
        self.content[to, 2] = self.speed[i]
        self.content[to, 3] = self.heading[i]
        self.content[to, 4] = self.length[i]
        self.content[to, 5] = <double>self.station[i]


def keep_nearest(
    const int[::1] packet not None,
    const int[::1] receiver not None,
    const int[::1] unit not None,
    const double[::1] x not None,
    const double[::1] y not None,
    const unsigned char[:, ::1] offered not None,
    const double[::1] at_x not None,
    const double[::1] at_y not None,
    long long tick,
    int heard_for,
    int[:, ::1] home not None,
    double[:, ::1] distance not None,
    long long[:, ::1] heard not None,
):
    """Service announcements: pair k brings packet[k] to vehicle receiver[k].

    Packet p comes from unit[p] at x[p], y[p] [m]; unit u offers service s where offered[u, s]. For each service and
    vehicle, home (unit), distance [m] and heard (tick) keep the nearest unit heard in the last `heard_for` ticks;
    at equal distance the one heard first. at_x, at_y [m]: the vehicles.
    """
    cdef Py_ssize_t k, s, services = offered.shape[1]
    cdef int p, v, u
    cdef double dx, dy, d
    if receiver.shape[0] != packet.shape[0] or home.shape[0] != services:
        raise ValueError("columns of different lengths")
    with nogil:
        for k in range(packet.shape[0]):
            p = packet[k]
            v = receiver[k]
            u = unit[p]
            dx = x[p] - at_x[v]
            dy = y[p] - at_y[v]
            d = sqrt(dx * dx + dy * dy)
            for s in range(services):
                if offered[u, s] and (heard[s, v] < tick - heard_for or home[s, v] == u or d < distance[s, v]):
                    home[s, v] = u
                    distance[s, v] = d
                    heard[s, v] = tick
