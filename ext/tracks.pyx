# distutils: language = c++
"""Tracks of all units: from looks of sensors to road users, and which of them are worth telling (tracks.hpp).

Units' tracks stand in `rows` (units x places x VALUES), `count[unit]` of them in use, without gaps.
"""

from libc.math cimport NAN, cos, fmax, hypot, sin, sqrt
from libc.stdint cimport int64_t
from libcpp.vector cimport vector

import numpy as np


cdef extern from "tracks.hpp" namespace "wayside" nogil:
    cdef struct Tracking:
        double acceleration
        double gate
        double confirm
        double keep
        double speed_sigma

    cdef struct Seen:
        const double* x
        const double* y
        const double* vx
        const double* vy
        const double* heading
        const double* length
        const double* width
        const double* sigma
        const double* kind

    cdef cppclass Inclusion:
        Inclusion()

    cdef cppclass Redundancy:
        int rules
        int window
        int most
        double moved
        double faster
        double distance

    cdef cppclass Candidate:
        int a
        int b
        double cost

    cdef cppclass CppAssignment "wayside::Assignment":
        CppAssignment() except +
        void solve(int n, int m, const vector[Candidate]& candidates, double gate, int* to) except +

    cdef cppclass CppTracker "wayside::Tracker":
        CppTracker() except +
        int look(
            double* rows, int count, const Seen& seen, int begin, int end, double time, const Tracking& how, int* next,
            int* given,
        ) except +
        void match(
            double* rows, int count, const double* heard, const double* state, int values, int places, double now,
            double sigma, double acceleration, int* track,
        ) except +
        void overhear(
            double* rows, int count, double x, double y, double speed, double sigma, double away, double now,
            int64_t tick,
        )

    int c_choose "wayside::choose"(
        double* rows, int count, double now, int64_t tick, const Inclusion& inclusion, const Redundancy& by,
        const double* heard, int* places, int room, long long* omitted,
    )

    const int C_VALUES "wayside::VALUES"
    const int C_RULES "wayside::RULES"
    const int X, Y, VX, VY, PP, TIME, SEEN, MISSES, HEADING, LENGTH, KIND
    const int TRACK "wayside::ID"


VALUES = C_VALUES
RULES = C_RULES
DEF ENTRY = 9  # values of an entry in a local dynamic map (ext/ldm.pyx): x, y, speed, heading, length, station, ..., type
DEF DEGREE = 0.017453292519943295
DEF RADIAN = 57.29577951308232  # in degrees
DEF HEARD = 1
DEF SENSED = 2
DEF BOTH = 3


def assign(int n, int m, const int[::1] a not None, const int[::1] b not None, const double[::1] cost not None, double gate):
    """For each of n the one of m that it belongs to, or -1: so that the sum of costs is least, where being alone costs
    the gate. Pair k is of a[k] and b[k], at most once each, and costs less than the gate.
    """
    cdef CppAssignment assignment
    cdef vector[Candidate] candidates
    cdef Candidate one
    cdef Py_ssize_t k
    if not a.shape[0] == b.shape[0] == cost.shape[0]:
        raise ValueError("columns of different lengths")
    for k in range(a.shape[0]):
        if not (0 <= a[k] < n and 0 <= b[k] < m):
            raise ValueError(f"pair {a[k]}, {b[k]}: must be of {n} and {m}")
        one.a, one.b, one.cost = a[k], b[k], cost[k]
        candidates.push_back(one)
    found = np.full(max(n, 1), -1, np.int32)
    cdef int[::1] to = found
    assignment.solve(n, m, candidates, gate, &to[0])
    return found[:n]


cdef class Tracker:
    """What the kernels keep for their room."""

    cdef CppTracker tracker

    def look(
        self,
        double[:, :, ::1] rows not None,
        int[::1] count not None,
        int[::1] next_id not None,
        const double[:, ::1] how not None,
        const int[::1] units not None,
        const int[::1] first not None,
        double time,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] vx not None,
        const double[::1] vy not None,
        const double[::1] heading not None,
        const double[::1] length not None,
        const double[::1] width not None,
        const double[::1] sigma not None,
        const double[::1] kind not None,
    ):
        """Looks of some units at a time [s]: unit units[k] has found the detections first[k]..first[k + 1] - 1.

        how: units x (acceleration [m/s^2], gate, looks to be confirmed, s that one is kept, deviation of speeds [m/s]).
        Columns of detections: place [m], velocity [m/s], heading [radians], sizes [m], deviation of the place [m],
        StationType. Returns the number of each one's track, -1 where that is not confirmed. ValueError where a unit has no
        room for as many tracks more.
        """
        cdef Py_ssize_t k, n = x.shape[0]
        cdef Seen seen
        cdef Tracking of
        cdef int u
        if (
            first.shape[0] != units.shape[0] + 1
            or rows.shape[2] != C_VALUES
            or how.shape[1] != 5
            or not n == y.shape[0] == vx.shape[0] == vy.shape[0] == heading.shape[0] == length.shape[0]
            or not n == width.shape[0] == sigma.shape[0] == kind.shape[0] == first[units.shape[0]]
        ):
            raise ValueError("columns of different lengths")
        for k in range(units.shape[0]):
            if count[units[k]] + first[k + 1] - first[k] > rows.shape[1]:
                raise ValueError(f"unit {units[k]}: no room for so many tracks")
        found = np.full(max(n, 1), -1, np.int32)
        cdef int[::1] given = found
        if n:
            seen.x, seen.y, seen.vx, seen.vy, seen.heading = &x[0], &y[0], &vx[0], &vy[0], &heading[0]
            seen.length, seen.width, seen.sigma, seen.kind = &length[0], &width[0], &sigma[0], &kind[0]
        with nogil:
            for k in range(units.shape[0]):
                u = units[k]
                of.acceleration, of.gate, of.confirm, of.keep = how[u, 0], how[u, 1], how[u, 2], how[u, 3]
                of.speed_sigma = how[u, 4]
                count[u] = self.tracker.look(
                    &rows[u, 0, 0], count[u], seen, first[k], first[k + 1], time, of, &next_id[u], &given[0]
                )
        return found[:n]

    def match(
        self,
        double[:, :, ::1] rows not None,
        const int[::1] count not None,
        const int[::1] units not None,
        const int[::1] heard_count not None,
        const double[:, ::1] heard not None,
        const double[:, :, ::1] state not None,
        double now,
        const double[::1] sigma not None,
        double acceleration,
        int[:, ::1] track not None,
    ):
        """Which track is which vehicle that a unit has heard, for these units: `HEARD` of each track, and the track of
        each place, -1: none. heard, state: of the local dynamic maps; sigma: of positions in awareness messages, by
        unit [m].
        """
        cdef Py_ssize_t k
        cdef int u
        if track.shape[0] != heard.shape[0] or track.shape[1] != heard.shape[1] or state.shape[1] != heard.shape[1]:
            raise ValueError("columns of different lengths")
        with nogil:
            for k in range(units.shape[0]):
                u = units[k]
                self.tracker.match(
                    &rows[u, 0, 0], count[u], &heard[u, 0], &state[u, 0, 0], <int>state.shape[2], heard_count[u], now,
                    sigma[u], acceleration, &track[u, 0],
                )

    def overhear(
        self,
        double[:, :, ::1] rows not None,
        const int[::1] count not None,
        const int[::1] unit not None,
        const int[::1] object not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] speed not None,
        const double[::1] sigma not None,
        const double[::1] away not None,
        double now,
        int64_t tick,
    ):
        """Units hear of objects from others: pair k brings object[k] to unit[k], from a station away[k] m off."""
        cdef Py_ssize_t k
        cdef int o
        if not unit.shape[0] == object.shape[0] == away.shape[0]:
            raise ValueError("columns of different lengths")
        with nogil:
            for k in range(unit.shape[0]):
                o = object[k]
                self.tracker.overhear(
                    &rows[unit[k], 0, 0], count[unit[k]], x[o], y[o], speed[o], sigma[o], away[k], now, tick
                )


def choose(
    double[:, :, ::1] rows not None,
    const int[::1] count not None,
    const int[::1] units not None,
    double now,
    int64_t tick,
    const int[::1] rules not None,
    const double[:, ::1] limits not None,
    const double[:, ::1] heard not None,
    int room,
    long long[:, ::1] omitted not None,
):
    """The tracks that these units are to tell of now, at most `room` each (TS 103 324 V2.1.1, inclusion of objects): they count as
    said. rules: bits by unit of what mitigates redundancy; limits: units x (window [V2X ticks, at most 31], times, m,
    m/s, m); omitted: units x RULES, counted on. Returns units and places.
    """
    cdef Py_ssize_t k, j
    cdef int u, n
    cdef Inclusion inclusion
    cdef Redundancy by
    cdef vector[int] places, of, at
    places.resize(max(room, 1))
    if limits.shape[1] != 5 or omitted.shape[1] != C_RULES or rows.shape[2] != C_VALUES:
        raise ValueError("columns of different lengths")
    with nogil:
        for k in range(units.shape[0]):
            u = units[k]
            by.rules, by.window, by.most = rules[u], <int>limits[u, 0], <int>limits[u, 1]
            by.moved, by.faster, by.distance = limits[u, 2], limits[u, 3], limits[u, 4]
            n = c_choose(
                &rows[u, 0, 0], count[u], now, tick, inclusion, by, &heard[u, 0], places.data(), room, &omitted[u, 0]
            )
            for j in range(n):
                of.push_back(u)
                at.push_back(places[j])
    cdef Py_ssize_t size = of.size()
    if size == 0:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    return np.array(<int[:size]>of.data()), np.array(<int[:size]>at.data())


def fuse(
    const int[::1] vehicle not None,
    const double[::1] heard not None,
    const double[:, :] state not None,
    double now,
    const double[:, ::1] tracks not None,
    const int[::1] track not None,
    double lost,
    double sigma,
    double acceleration,
):
    """A unit's map with what its sensor shows: vehicle, -1 of who is only sensed, s of the last news, and what is known
    of each, ENTRY + 2 rows, of which the last but one says by which it is known and the last how surely it stands [m].

    vehicle, heard, state: who is heard, N; track: which of the tracks each is, N or more; none where it is -1 or beyond the
    last, and of none where it is empty. Tracks count that are confirmed and have been missed in `lost` looks at most. sigma: deviation of places in
    awareness messages [m]; acceleration: by which one may have changed since [m/s^2]. Who is both has the place of both, each weighed by its variance, as of the sensor's last look, and its speed and heading.
    ValueError for columns that do not fit.
    """
    cdef Py_ssize_t n = vehicle.shape[0], count = tracks.shape[0], k, i
    cdef double since, turn, run, theirs, ours, front, x, y
    cdef const double* one
    cdef vector[int] shown, of, alone
    cdef int its
    if heard.shape[0] != n or state.shape[0] != ENTRY or state.shape[1] != n or tracks.shape[1] != C_VALUES or (
        0 < track.shape[0] < n
    ):
        raise ValueError("columns of different lengths")
    for k in range(count):
        its = tracks[k, TRACK] >= 0.0 and tracks[k, MISSES] <= lost
        shown.push_back(its)
    alone = shown
    for i in range(n):
        its = track[i] if track.shape[0] else -1
        if not 0 <= its < count or not shown[its]:
            its = -1
        else:
            alone[its] = 0
        of.push_back(its)
    size = n
    for k in range(count):
        size += alone[k]
    who, news, known = np.empty(size, np.int32), np.empty(size), np.empty((ENTRY + 2, size))
    cdef int[::1] to_who = who
    cdef double[::1] to_news = news
    cdef double[:, ::1] to = known
    with nogil:
        for i in range(n):
            to_who[i], to_news[i] = vehicle[i], heard[i]
            for k in range(ENTRY):
                to[k, i] = state[k, i]
            since = now - heard[i]
            to[ENTRY, i], to[ENTRY + 1, i] = HEARD, hypot(sigma, 0.5 * acceleration * (since * since))
            if of[i] < 0:
                continue
            one = &tracks[of[i], 0]
            since, turn = one[TIME] - heard[i], state[3, i] * DEGREE
            run, front = state[2, i] * since, one[LENGTH] / 2.0
            x, y = state[0, i] + run * sin(turn), state[1, i] + run * cos(turn)
            theirs, ours = 0.5 * acceleration * (since * since), sqrt(one[PP])
            theirs, ours = sigma * sigma + theirs * theirs, ours * ours
            to[0, i] = (x * ours + (one[X] + front * sin(one[HEADING])) * theirs) / (ours + theirs)
            to[1, i] = (y * ours + (one[Y] + front * cos(one[HEADING])) * theirs) / (ours + theirs)
            to[2, i], to[3, i] = hypot(one[VX], one[VY]), one[HEADING] * RADIAN
            to[ENTRY, i], to[ENTRY + 1, i] = BOTH, sqrt(ours * theirs / (ours + theirs))
            to_news[i] = fmax(heard[i], one[SEEN])
        i = n
        for k in range(count):
            if not alone[k]:
                continue
            one = &tracks[k, 0]
            front = one[LENGTH] / 2.0
            to_who[i], to_news[i] = -1, one[SEEN]
            to[0, i], to[1, i] = one[X] + front * sin(one[HEADING]), one[Y] + front * cos(one[HEADING])
            to[2, i], to[3, i], to[4, i] = hypot(one[VX], one[VY]), one[HEADING] * RADIAN, one[LENGTH]
            to[5, i], to[6, i], to[7, i], to[8, i] = -1.0 - one[TRACK], NAN, one[KIND], NAN
            to[ENTRY, i], to[ENTRY + 1, i] = SENSED, sqrt(one[PP])
            i += 1
    return who, news, known
