# distutils: language = c++
"""Who is going to meet whom: movers on their ways, predicted in steps of time, and when their footprints overlap.

A footprint is a capsule: all within half the width of a straight line from the front to the rear, shortened at both ends
so that it is as long as the mover; of one who is no longer than wide, a disc. A mover's reference is the middle of its
front, as a CAM has it.
"""

from libc.math cimport INFINITY, cos, fmax, fmin, sin, sqrt
from libcpp.vector cimport vector

import numpy as np

DEF DEGREE = 0.017453292519943295


cdef struct Pose:  # the two ends of a capsule's line
    double fx
    double fy
    double rx
    double ry


cdef struct Box:
    double west
    double south
    double east
    double north


cdef inline double _apart(double px, double py, double ax, double ay, double bx, double by) noexcept nogil:
    """The square of a point's distance from a straight line a to b."""
    cdef double dx = bx - ax, dy = by - ay, square = dx * dx + dy * dy
    cdef double t = 0.0 if square <= 0.0 else fmax(0.0, fmin(1.0, ((px - ax) * dx + (py - ay) * dy) / square))
    cdef double ex = px - ax - t * dx, ey = py - ay - t * dy
    return ex * ex + ey * ey


cdef inline bint _crosses(const Pose* a, const Pose* b) noexcept nogil:
    cdef double ax = a.rx - a.fx, ay = a.ry - a.fy, bx = b.rx - b.fx, by = b.ry - b.fy
    cdef double of_a = ax * (b.fy - a.fy) - ay * (b.fx - a.fx), to_a = ax * (b.ry - a.fy) - ay * (b.rx - a.fx)
    cdef double of_b = bx * (a.fy - b.fy) - by * (a.fx - b.fx), to_b = bx * (a.ry - b.fy) - by * (a.rx - b.fx)
    return of_a * to_a < 0.0 and of_b * to_b < 0.0


cdef inline double _square(const Pose* a, const Pose* b) noexcept nogil:
    """The square of the distance between two capsules' lines."""
    if _crosses(a, b):
        return 0.0
    cdef double least = _apart(a.fx, a.fy, b.fx, b.fy, b.rx, b.ry)
    least = fmin(least, _apart(a.rx, a.ry, b.fx, b.fy, b.rx, b.ry))
    least = fmin(least, _apart(b.fx, b.fy, a.fx, a.fy, a.rx, a.ry))
    return fmin(least, _apart(b.rx, b.ry, a.fx, a.fy, a.rx, a.ry))


cdef inline double driven(double speed, double acceleration, double t) noexcept nogil:
    """The way of one who goes on so for t [s]: with its speed, or braking as it does until it stands."""
    if acceleration < 0.0:
        t = fmin(t, -speed / acceleration)
        return t * (speed + 0.5 * acceleration * t)
    return speed * t


cdef class Polylines:
    """Polylines: point k of way w is points[first[w] + k], `run` [m] from the way's begin."""

    cdef const double[:, ::1] points
    cdef const double[::1] run
    cdef const int[::1] first
    cdef readonly int count

    def __init__(self, const double[:, ::1] points not None, const double[::1] run not None,
                 const int[::1] first not None):
        """ValueError for columns that do not fit, and a way of less than two points."""
        self.count = <int>first.shape[0] - 1
        lengths = np.diff(np.asarray(first))
        if (
            points.shape[1] != 2
            or run.shape[0] != points.shape[0]
            or self.count < 0
            or first[0] != 0
            or first[self.count] != points.shape[0]
            or (len(lengths) and lengths.min() < 2)
        ):
            raise ValueError("ways: columns that do not fit together")
        self.points, self.run, self.first = points, run, first

    cdef inline void _place(self, int way, double at, int* hint, double* x, double* y) noexcept nogil:
        """The point so far along a way [m], straight on beyond its ends; hint: the piece where looking begins."""
        cdef int begin = self.first[way], last = self.first[way + 1] - 2, k = hint[0]
        cdef double t, length
        if k < begin or k > last:
            k = begin
        while k < last and self.run[k + 1] <= at:
            k += 1
        while k > begin and self.run[k] > at:
            k -= 1
        hint[0] = k
        length = self.run[k + 1] - self.run[k]
        t = 0.0 if length <= 0.0 else (at - self.run[k]) / length
        x[0] = self.points[k, 0] + t * (self.points[k + 1, 0] - self.points[k, 0])
        y[0] = self.points[k, 1] + t * (self.points[k + 1, 1] - self.points[k, 1])

    def match(
        self,
        const int[::1] ways not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] heading not None,
        const double[::1] aside not None,
        double turned,
    ):
        """On which of some ways each mover may be: (mover, way, m along it), by mover, then as `ways` has them.

        x, y [m], heading [degrees]: where its front is; aside [m]: by way, how far beside it one may be; turned
        [degrees]: how far its heading may differ. ValueError for columns of different lengths.
        """
        cdef Py_ssize_t n = x.shape[0], i, w
        cdef int way, k
        cdef double best, square, at, dx, dy, ex, ey, ux, uy, t, length, limit, least = cos(turned * DEGREE)
        cdef vector[int] mover, found
        cdef vector[double] along
        if not y.shape[0] == heading.shape[0] == n or aside.shape[0] != ways.shape[0]:
            raise ValueError("columns of different lengths")
        if not _among(ways, 0, self.count):
            raise ValueError("a way that there is none of")
        with nogil:
            for i in range(n):
                ux, uy = sin(heading[i] * DEGREE), cos(heading[i] * DEGREE)
                for w in range(ways.shape[0]):
                    way = ways[w]
                    limit = best = aside[w] * aside[w]
                    at = -1.0
                    for k in range(self.first[way], self.first[way + 1] - 1):
                        dx, dy = self.points[k + 1, 0] - self.points[k, 0], self.points[k + 1, 1] - self.points[k, 1]
                        length = sqrt(dx * dx + dy * dy)
                        if length <= 0.0 or ux * dx + uy * dy < least * length:
                            continue
                        ex, ey = x[i] - self.points[k, 0], y[i] - self.points[k, 1]
                        t = fmax(0.0, fmin(1.0, (ex * dx + ey * dy) / (length * length)))
                        ex -= t * dx
                        ey -= t * dy
                        square = ex * ex + ey * ey
                        if square < best or (at < 0.0 and square <= limit):
                            best = square
                            at = self.run[k] + t * (self.run[k + 1] - self.run[k])
                    if at >= 0.0:
                        mover.push_back(<int>i)
                        found.push_back(way)
                        along.push_back(at)
        return _ints(mover), _ints(found), _doubles(along)

    def meet(
        self,
        const int[::1] mover not None,
        const int[::1] way not None,
        const double[::1] at not None,
        const int[::1] queue not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] heading not None,
        const double[::1] speed not None,
        const double[::1] acceleration not None,
        const double[::1] length not None,
        const double[::1] width not None,
        const unsigned char[::1] afoot not None,
        double horizon,
        double step,
        double gap,
        double least,
    ):
        """Which of these predictions lead to a meeting: (one, other, time, apart, x, y), by one, then other.

        A prediction is of mover[h], on way[h] from at[h] [m] on, or straight on where its way is -1. Those of one mover,
        of two in the same queue (0 or more: behind one another on one lane) and of two on foot are not compared, nor of
        two slower than `least` [m/s]. By mover: x, y [m] and heading [degrees] of its front, speed [m/s], acceleration
        [m/s^2], of which braking alone is looked at, length and width [m].

        Two meet where within `horizon` [s], looked at every `step` [s], one is where the other is at a time that
        differs by at most `gap` [s]. Of all such pairs of times that with the least difference counts, and of these the
        earliest: time [s]: when the first of them is there; apart [s]: by how much later the other is, below 0 where
        it is the one who comes later; x, y [m]: between the middles of the two. ValueError for columns that do not fit.
        """
        cdef Py_ssize_t predictions = mover.shape[0], movers = x.shape[0], h, g, i
        cdef int steps, within, k, d, hint, who, other
        cdef double t, s, r, ux, uy, reach
        if not way.shape[0] == at.shape[0] == queue.shape[0] == predictions or not (
            y.shape[0] == heading.shape[0] == speed.shape[0] == acceleration.shape[0] == length.shape[0]
            == width.shape[0] == afoot.shape[0] == movers
        ):
            raise ValueError("columns of different lengths")
        if not (_among(mover, 0, <int>movers) and _among(way, -(2**31), self.count)):
            raise ValueError("a mover or a way that there is none of")
        if not (step > 0.0 and 0.0 <= gap and 0.0 <= horizon <= 1000.0 * step):
            raise ValueError("a horizon of more than 1000 steps, or none")
        steps = <int>(horizon / step + 1e-9) + 1
        within = <int>(gap / step + 1e-9)
        cdef vector[Pose] poses
        cdef vector[Box] boxes
        cdef Pose* pose
        cdef Box* box
        cdef vector[int] one, two
        cdef vector[double] when, apart, there_x, there_y
        poses.resize(predictions * steps)
        boxes.resize(predictions)
        with nogil:
            for h in range(predictions):
                who = mover[h]
                r = 0.5 * width[who]
                reach = fmax(length[who] - 2.0 * r, 0.0)  # of the capsule's line
                ux, uy = sin(heading[who] * DEGREE), cos(heading[who] * DEGREE)
                hint = -1
                box = &boxes[h]
                box.west = box.south = INFINITY
                box.east = box.north = -INFINITY
                for k in range(steps):
                    s = driven(speed[who], acceleration[who], k * step) - r
                    pose = &poses[h * steps + k]
                    if way[h] >= 0:
                        self._place(way[h], at[h] + s, &hint, &pose.fx, &pose.fy)
                        self._place(way[h], at[h] + s - reach, &hint, &pose.rx, &pose.ry)
                    else:
                        pose.fx, pose.fy = x[who] + s * ux, y[who] + s * uy
                        pose.rx, pose.ry = pose.fx - reach * ux, pose.fy - reach * uy
                    box.west = fmin(box.west, fmin(pose.fx, pose.rx) - r)
                    box.south = fmin(box.south, fmin(pose.fy, pose.ry) - r)
                    box.east = fmax(box.east, fmax(pose.fx, pose.rx) + r)
                    box.north = fmax(box.north, fmax(pose.fy, pose.ry) + r)
            for h in range(predictions):
                who = mover[h]
                for g in range(h + 1, predictions):
                    other = mover[g]
                    if (
                        boxes[h].east < boxes[g].west
                        or boxes[g].east < boxes[h].west
                        or boxes[h].north < boxes[g].south
                        or boxes[g].north < boxes[h].south
                        or who == other
                        or (queue[h] >= 0 and queue[h] == queue[g])
                        or (afoot[who] and afoot[other])
                        or (speed[who] < least and speed[other] < least)
                    ):
                        continue
                    r = 0.5 * (width[who] + width[other])
                    d = _first(&poses[h * steps], &poses[g * steps], steps, within, r * r, &k)
                    if k >= 0:
                        one.push_back(<int>h)
                        two.push_back(<int>g)
                        when.push_back(k * step)
                        apart.push_back(d * step)
                        pose = &poses[h * steps + k - (d if d < 0 else 0)]
                        t, s = 0.5 * (pose.fx + pose.rx), 0.5 * (pose.fy + pose.ry)
                        pose = &poses[g * steps + k + (d if d > 0 else 0)]
                        there_x.push_back(0.5 * (t + 0.5 * (pose.fx + pose.rx)))
                        there_y.push_back(0.5 * (s + 0.5 * (pose.fy + pose.ry)))
        return _ints(one), _ints(two), _doubles(when), _doubles(apart), _doubles(there_x), _doubles(there_y)


cdef bint _among(const int[::1] numbers, long long low, long long end) noexcept:
    """Whether all are low or more, and less than the end."""
    cdef Py_ssize_t k
    for k in range(numbers.shape[0]):
        if not low <= numbers[k] < end:
            return False
    return True


cdef int _first(const Pose* a, const Pose* b, int steps, int within, double square, int* found) noexcept nogil:
    """The pair of times with the least difference, and the earliest of these, at which two are in one place: `found` is
    the earlier time, -1 for none; returned is by how much b is later."""
    cdef int k, d
    for d in range(within + 1):
        for k in range(steps - d):
            if _square(&a[k], &b[k + d]) <= square:
                found[0] = k
                return d
            if d and _square(&a[k + d], &b[k]) <= square:
                found[0] = k
                return -d
    found[0] = -1
    return 0


cdef _ints(const vector[int]& column):
    found = np.empty(column.size(), np.int32)
    cdef int[::1] to = found
    cdef Py_ssize_t k
    for k in range(to.shape[0]):
        to[k] = column[k]
    return found


cdef _doubles(const vector[double]& column):
    found = np.empty(column.size(), np.float64)
    cdef double[::1] to = found
    cdef Py_ssize_t k
    for k in range(to.shape[0]):
        to[k] = column[k]
    return found
