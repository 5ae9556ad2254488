"""When a vehicle sends its next CAM: the generation rules of EN 302 637-2 V1.4.1, clause 6.1.3, for a whole fleet."""

from libc.math cimport fabs, sqrt

import numpy as np

DEF MIN_INTERVAL = 1      # T_GenCamMin, 100 ms: one V2X tick
DEF MAX_INTERVAL = 10     # T_GenCamMax, 1000 ms
DEF REPEATS = 3           # N_GenCam
DEF HEADING = 4.0         # degrees
DEF POSITION = 4.0        # m
DEF SPEED = 0.5           # m/s


cdef class CamGenerator:
    """One generator per station; it remembers what each station last sent.

    `select` is called once per V2X tick of 100 ms with the stations' present states.
    """

    cdef double[::1] x, y, speed, heading
    cdef long long[::1] sent_tick
    cdef int[::1] interval, repeats
    cdef readonly int capacity

    def __init__(self, int capacity):
        self.capacity = 0
        self.grow(capacity)

    def grow(self, int capacity):
        """Room for more stations; those known keep their state."""
        cdef int known = self.capacity

        def column(old, dtype):
            new = np.zeros(capacity, dtype)
            if known:
                new[:known] = old
            return new

        self.x = column(self.x if known else None, np.float64)
        self.y = column(self.y if known else None, np.float64)
        self.speed = column(self.speed if known else None, np.float64)
        self.heading = column(self.heading if known else None, np.float64)
        self.sent_tick = column(self.sent_tick if known else None, np.int64)
        self.interval = column(self.interval if known else None, np.int32)
        self.repeats = column(self.repeats if known else None, np.int32)
        self.capacity = capacity
        self.reset(np.arange(known, capacity, dtype=np.int32))

    def reset(self, int[::1] stations not None):
        """These stations start anew: their first CAM is sent at once."""
        cdef Py_ssize_t i
        for i in range(stations.shape[0]):
            self.sent_tick[stations[i]] = -1
            self.interval[stations[i]] = MAX_INTERVAL
            self.repeats[stations[i]] = 0

    def select(
        self,
        long long tick,
        const unsigned char[::1] active not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] speed not None,
        const double[::1] heading not None,
        int[::1] senders not None,
    ):
        """Write the stations that send a CAM in this tick to `senders`, ascending; return how many.

        active, x [m], y [m], speed [m/s], heading [degrees] have one entry per station, `senders` room for all of
        them. ValueError where the lengths differ or exceed the capacity.
        """
        cdef Py_ssize_t n = active.shape[0]
        if not (x.shape[0] == y.shape[0] == speed.shape[0] == heading.shape[0] == n <= senders.shape[0]):
            raise ValueError("columns of different lengths")
        if n > self.capacity:
            raise ValueError(f"{n} stations, room for {self.capacity}")
        if n == 0:
            return 0
        cdef Py_ssize_t i
        cdef int count = 0, elapsed
        cdef double turned, dx, dy
        cdef bint changed
        cdef double* last_x = &self.x[0]
        cdef double* last_y = &self.y[0]
        cdef double* last_speed = &self.speed[0]
        cdef double* last_heading = &self.heading[0]
        cdef long long* sent_tick = &self.sent_tick[0]
        cdef int* interval = &self.interval[0]
        cdef int* repeats = &self.repeats[0]
        with nogil:
            for i in range(n):
                if not active[i]:
                    continue
                if sent_tick[i] < 0:
                    interval[i] = MAX_INTERVAL
                    repeats[i] = 0
                else:
                    elapsed = <int>(tick - sent_tick[i])
                    if elapsed < MIN_INTERVAL:
                        continue
                    turned = fabs(heading[i] - last_heading[i])
                    if turned > 180.0:
                        turned = 360.0 - turned
                    dx = x[i] - last_x[i]
                    dy = y[i] - last_y[i]
                    changed = (
                        turned > HEADING
                        or dx * dx + dy * dy > POSITION * POSITION
                        or fabs(speed[i] - last_speed[i]) > SPEED
                    )
                    if changed:
                        # Condition 1: T_GenCam becomes the time since the last CAM, for the next N_GenCam CAMs.
                        interval[i] = elapsed if elapsed < MAX_INTERVAL else MAX_INTERVAL
                        repeats[i] = 0
                    elif elapsed >= interval[i]:
                        # Condition 2; after N_GenCam of them T_GenCam returns to its maximum.
                        repeats[i] += 1
                        if repeats[i] >= REPEATS:
                            interval[i] = MAX_INTERVAL
                    else:
                        continue
                sent_tick[i] = tick
                last_x[i] = x[i]
                last_y[i] = y[i]
                last_speed[i] = speed[i]
                last_heading[i] = heading[i]
                senders[count] = <int>i
                count += 1
        return count


def gather(const int[::1] rows not None, list columns not None, double[:, ::1] content not None):
    """content[c, k] = columns[c][rows[k]]: what the CAMs of these stations say; columns are float64 or int64."""
    cdef Py_ssize_t k, n = rows.shape[0], c
    cdef const double[::1] numbers
    cdef const long long[::1] whole
    if content.shape[0] != len(columns) or content.shape[1] < n:
        raise ValueError("no room for all columns")
    for c, column in enumerate(columns):
        if column.dtype.kind == "f":
            numbers = column
            for k in range(n):
                content[c, k] = numbers[rows[k]]
        else:
            whole = column
            for k in range(n):
                content[c, k] = <double>whole[rows[k]]


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
