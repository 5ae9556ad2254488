# distutils: language = c++
"""Who is going to meet whom: movers on their ways, predicted in steps of time, and when their footprints overlap.

A footprint is a capsule: all within half the width of a straight line from the front to the rear, shortened at both ends
so that it is as long as the mover; of one who is no longer than wide, a disc. A mover's reference is the middle of its
front, as a CAM has it.
"""

from libc.math cimport INFINITY, cos, fmax, fmin, hypot, isnan, sin, sqrt
from libcpp.vector cimport vector

import numpy as np

DEF DEGREE = 0.017453292519943295
DEF FASTER = 2.0  # m/s above what a bend allows that one may have in it
DEF USUAL = 4.5  # m/s^2, SUMO's usual decel: how hard one slows down to a bend
DEF NEAR = 0.1  # m from which on one is there


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


cdef struct Mover:  # at the middle of its front [m], its heading as a unit vector
    double x
    double y
    double ux
    double uy
    double speed
    double acceleration
    double length
    double width
    bint afoot


cdef struct Prediction:  # of a mover on a way from so far along it on [m], -1: straight on
    int mover
    int way
    double at
    int queue


cdef struct Meeting:  # of two predictions: in which step the first is there, and by how many later the other is
    int one
    int other
    int step
    int later
    double x
    double y


cdef struct Looking:  # so many steps into the future of so many s
    int steps
    int within
    double step
    double least


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

    cdef inline bint _on(
        self, int way, const Mover* mover, double aside, double least, double* along
    ) noexcept nogil:
        """Whether a mover may be on a way, at most `aside` m beside it and with a heading whose cosine to the way's is
        `least` or more, and then how far along it."""
        cdef double best = aside * aside, limit = best, at = -1.0
        cdef double square, dx, dy, ex, ey, t, length
        cdef int k
        for k in range(self.first[way], self.first[way + 1] - 1):
            dx, dy = self.points[k + 1, 0] - self.points[k, 0], self.points[k + 1, 1] - self.points[k, 1]
            length = sqrt(dx * dx + dy * dy)
            if length <= 0.0 or mover.ux * dx + mover.uy * dy < least * length:
                continue
            ex, ey = mover.x - self.points[k, 0], mover.y - self.points[k, 1]
            t = fmax(0.0, fmin(1.0, (ex * dx + ey * dy) / (length * length)))
            ex -= t * dx
            ey -= t * dy
            square = ex * ex + ey * ey
            if square < best or (at < 0.0 and square <= limit):
                best = square
                at = self.run[k] + t * (self.run[k + 1] - self.run[k])
        along[0] = at
        return at >= 0.0

    cdef void _meet(
        self, const vector[Mover]& movers, const vector[Prediction]& predictions, Looking looking,
        vector[Meeting]& found
    ) noexcept nogil:
        """Which predictions lead to a meeting: see `meet`."""
        cdef Py_ssize_t count = predictions.size(), h, g
        cdef int steps = looking.steps, k, d, hint
        cdef double s, r, reach
        cdef vector[Pose] poses
        cdef vector[Box] boxes
        cdef Pose* pose
        cdef Box* box
        cdef const Mover* one
        cdef const Mover* other
        cdef const Prediction* of
        cdef Meeting meeting
        poses.resize(count * steps)
        boxes.resize(count)
        for h in range(count):
            of = &predictions[h]
            one = &movers[of.mover]
            r = 0.5 * one.width
            reach = fmax(one.length - 2.0 * r, 0.0)  # of the capsule's line
            hint = -1
            box = &boxes[h]
            box.west = box.south = INFINITY
            box.east = box.north = -INFINITY
            for k in range(steps):
                s = driven(one.speed, one.acceleration, k * looking.step) - r
                pose = &poses[h * steps + k]
                if of.way >= 0:
                    self._place(of.way, of.at + s, &hint, &pose.fx, &pose.fy)
                    self._place(of.way, of.at + s - reach, &hint, &pose.rx, &pose.ry)
                else:
                    pose.fx, pose.fy = one.x + s * one.ux, one.y + s * one.uy
                    pose.rx, pose.ry = pose.fx - reach * one.ux, pose.fy - reach * one.uy
                box.west = fmin(box.west, fmin(pose.fx, pose.rx) - r)
                box.south = fmin(box.south, fmin(pose.fy, pose.ry) - r)
                box.east = fmax(box.east, fmax(pose.fx, pose.rx) + r)
                box.north = fmax(box.north, fmax(pose.fy, pose.ry) + r)
        for h in range(count):
            one = &movers[predictions[h].mover]
            for g in range(h + 1, count):
                other = &movers[predictions[g].mover]
                if (
                    boxes[h].east < boxes[g].west
                    or boxes[g].east < boxes[h].west
                    or boxes[h].north < boxes[g].south
                    or boxes[g].north < boxes[h].south
                    or one == other
                    or (predictions[h].queue >= 0 and predictions[h].queue == predictions[g].queue)
                    or (one.afoot and other.afoot)
                    or (one.speed < looking.least and other.speed < looking.least)
                ):
                    continue
                r = 0.5 * (one.width + other.width)
                d = _first(&poses[h * steps], &poses[g * steps], steps, looking.within, r * r, &k)
                if k < 0:
                    continue
                meeting.one, meeting.other, meeting.step, meeting.later = <int>h, <int>g, k, d
                pose = &poses[h * steps + k - (d if d < 0 else 0)]
                meeting.x, meeting.y = 0.5 * (pose.fx + pose.rx), 0.5 * (pose.fy + pose.ry)
                pose = &poses[g * steps + k + (d if d > 0 else 0)]
                meeting.x = 0.5 * (meeting.x + 0.5 * (pose.fx + pose.rx))
                meeting.y = 0.5 * (meeting.y + 0.5 * (pose.fy + pose.ry))
                found.push_back(meeting)

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
        cdef Py_ssize_t predictions = mover.shape[0], movers = x.shape[0], h
        cdef vector[Mover] who
        cdef vector[Prediction] going
        cdef vector[Meeting] found
        cdef Looking looking = _looking(horizon, step, gap, least)
        if not way.shape[0] == at.shape[0] == queue.shape[0] == predictions or not (
            y.shape[0] == heading.shape[0] == speed.shape[0] == acceleration.shape[0] == length.shape[0]
            == width.shape[0] == afoot.shape[0] == movers
        ):
            raise ValueError("columns of different lengths")
        if not (_among(mover, 0, <int>movers) and _among(way, -(2**31), self.count)):
            raise ValueError("a mover or a way that there is none of")
        with nogil:
            for h in range(movers):
                who.push_back(
                    Mover(x[h], y[h], sin(heading[h] * DEGREE), cos(heading[h] * DEGREE), speed[h], acceleration[h],
                          length[h], width[h], afoot[h])
                )
            for h in range(predictions):
                going.push_back(Prediction(mover[h], way[h], at[h], queue[h]))
            self._meet(who, going, looking, found)
        one, other = np.empty(found.size(), np.int32), np.empty(found.size(), np.int32)
        told = np.empty((4, found.size()))
        cdef int[::1] to_one = one, to_other = other
        cdef double[:, ::1] to = told
        for h in range(<Py_ssize_t>found.size()):
            to_one[h], to_other[h] = found[h].one, found[h].other
            to[0, h], to[1, h] = found[h].step * step, found[h].later * step
            to[2, h], to[3, h] = found[h].x, found[h].y
        return one, other, *told


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


cdef Looking _looking(double horizon, double step, double gap, double least) except *:
    """ValueError for a horizon of too many steps, or none."""
    if not (step > 0.0 and 0.0 <= gap and 0.0 <= horizon <= 1000.0 * step):
        raise ValueError("a horizon of more than 1000 steps, or none")
    return Looking(<int>(horizon / step + 1e-9) + 1, <int>(gap / step + 1e-9), step, least)


cdef class Watch:
    """Looks at one place for who is about to meet on some ways across junctions.

    near: these ways, ascending; of each way of all: start, its lane of origin, line and clear, how far along it one
    stops [m] and has left the junction [m], speed, allowed on it [m/s], aside, how far beside it one may be [m].
    kinds: by station type its width [m], and whether one is on foot (1), or cycles (2) and may be beside the lanes.
    """

    cdef Polylines ways
    cdef const int[::1] near
    cdef const int[::1] start
    cdef const double[::1] line
    cdef const double[::1] clear
    cdef const double[::1] speed
    cdef const double[::1] aside
    cdef const double[::1] width
    cdef const unsigned char[::1] going
    cdef double turned

    def __init__(
        self,
        Polylines ways not None,
        const int[::1] near not None,
        const int[::1] start not None,
        const double[::1] line not None,
        const double[::1] clear not None,
        const double[::1] speed not None,
        const double[::1] aside not None,
        const double[::1] width not None,
        const unsigned char[::1] going not None,
        double turned,
    ):
        """turned: by how much one's heading may differ from the way's [degrees]. ValueError for columns that do not
        fit."""
        if not (
            start.shape[0] == line.shape[0] == clear.shape[0] == speed.shape[0] == aside.shape[0] == ways.count
            and width.shape[0] == going.shape[0] == 256
            and _among(near, 0, ways.count)
        ):
            raise ValueError("ways: columns that do not fit together")
        self.ways, self.near, self.start, self.line, self.clear = ways, near, start, line, clear
        self.speed, self.aside, self.width, self.going, self.turned = speed, aside, width, going, cos(turned * DEGREE)

    def look(
        self,
        const double[:, :] state not None,
        const double[::1] heard not None,
        double now,
        double x,
        double y,
        double radius,
        const unsigned char[::1] stops not None,
        double horizon,
        double step,
        double gap,
        double least,
        double braking,
    ):
        """Meetings, each a tuple: (one, other), s until the first is there, of how many pairs of ways of the two it is
        one, ways, how far along it there is [m], how far each is from there [m], what braking it takes each to stop
        before [m/s^2], and the place [m]. Both are rows of the map.

        state, heard, now: a local dynamic map (`edge.ldm`), of which those within a radius of x, y [m] are looked at;
        stops: by way, whether a light or the right of way has one wait at its line; horizon, step, gap, least: see
        `Polylines.meet`; braking [m/s^2]: whoever gives way and can still stop with less is taken to. ValueError for
        columns that do not fit.
        """
        cdef Py_ssize_t n = state.shape[1], i, h
        cdef int w, way, kind
        cdef double since, age, slowing, at, left, fast, t, gone, run
        cdef bint on, any_fast = False
        cdef Mover mover
        cdef vector[Mover] movers
        cdef vector[Prediction] going
        cdef vector[Meeting] found
        cdef vector[int] row, straight, ways_of
        cdef Looking looking = _looking(horizon, step, gap, least)
        if state.shape[0] < 8 or heard.shape[0] != n or stops.shape[0] != self.ways.count:
            raise ValueError("columns of different lengths")
        with nogil:
            for i in range(n):
                if hypot(state[0, i] - x, state[1, i] - y) > radius:
                    continue
                any_fast = any_fast or state[2, i] >= least
                row.push_back(<int>i)
            if row.size() > 1 and any_fast:
                for h in range(<Py_ssize_t>row.size()):
                    i = row[h]
                    kind = <int>state[7, i] & 255
                    age = fmax(now - heard[i], 0.0)
                    slowing = 0.0 if isnan(state[6, i]) else fmin(state[6, i], 0.0)
                    since = driven(state[2, i], slowing, age)
                    mover.x, mover.y = state[0, i], state[1, i]
                    mover.ux, mover.uy = sin(state[3, i] * DEGREE), cos(state[3, i] * DEGREE)
                    mover.speed, mover.acceleration = fmax(state[2, i] + slowing * age, 0.0), slowing
                    mover.length = 4.0 if isnan(state[4, i]) else state[4, i]
                    mover.width, mover.afoot = self.width[kind], self.going[kind] == 1
                    ways_of.push_back(0)
                    for w in range(0 if mover.afoot else self.near.shape[0]):
                        way = self.near[w]
                        if not self.ways._on(way, &mover, self.aside[way], self.turned, &at):
                            continue
                        at += since
                        # Slow enough for its bend, or able to become so before it.
                        left = self.line[way] - at
                        fast = mover.speed * mover.speed - (self.speed[way] + FASTER) * (self.speed[way] + FASTER)
                        if fast > 2.0 * USUAL * fmax(left, NEAR):
                            continue
                        ways_of[h] += 1
                        if at - (0.0 if isnan(state[4, i]) else state[4, i]) > self.clear[way]:
                            continue
                        # Who has to wait at the line and can still do so is taken to.
                        if not (
                            stops[way] and left >= 0.0 and mover.speed * mover.speed <= 2.0 * braking * fmax(left, 0.0)
                        ):
                            going.push_back(Prediction(<int>h, way, at, self.start[way]))
                    if mover.afoot or (self.going[kind] == 2 and ways_of[h] == 0):
                        ways_of[h] += 1
                        straight.push_back(<int>h)
                    mover.x += since * mover.ux
                    mover.y += since * mover.uy
                    movers.push_back(mover)
                for h in range(<Py_ssize_t>straight.size()):
                    going.push_back(Prediction(straight[h], -1, 0.0, -1))
                self.ways._meet(movers, going, looking, found)
        told = []
        for h in range(<Py_ssize_t>found.size()):
            one = self._told(found[h], movers, going, row, ways_of, step, braking)
            if one is not None:
                told.append(one)
        return told

    cdef _told(
        self, Meeting found, const vector[Mover]& movers, const vector[Prediction]& going, const vector[int]& row,
        const vector[int]& ways_of, double step, double braking
    ):
        """One of `look`'s; None where one gives way to the other, who is on foot."""
        cdef Prediction a = going[found.one], b = going[found.other]
        cdef Mover one = movers[a.mover], other = movers[b.mover]
        cdef double time = found.step * step, apart = found.later * step
        cdef double left = driven(one.speed, one.acceleration, time + fmax(-apart, 0.0))
        cdef double rest = driven(other.speed, other.acceleration, time + fmax(apart, 0.0))
        cdef double needs = one.speed * one.speed / (2.0 * fmax(left, NEAR))
        cdef double too = other.speed * other.speed / (2.0 * fmax(rest, NEAR))
        if (other.afoot and needs <= braking) or (one.afoot and too <= braking):
            return None
        pairs = max(ways_of[a.mover], 1) * max(ways_of[b.mover], 1)
        to = a.at + left, b.at + rest
        return (row[a.mover], row[b.mover]), time, pairs, (a.way, b.way), to, (left, rest), (needs, too), (
            found.x, found.y
        )
