# distutils: language = c++
"""Sensors at the roadside: who is in view, in nobody's shadow, and found (sensor.hpp)."""

from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

import numpy as np


cdef extern from "sensor.hpp" namespace "wayside" nogil:
    cdef cppclass Sights:
        const double* x
        const double* y
        const double* z
        const double* heading
        const double* speed
        const double* length
        const double* width
        const double* height
        const uint64_t* identity
        const unsigned char* there
        int n

    cdef cppclass Found "wayside::Detections":
        vector[int] sensor
        vector[int] object
        vector[double] x
        vector[double] y
        vector[double] vx
        vector[double] vy
        vector[double] heading
        vector[double] length
        vector[double] width
        vector[double] sigma

    cdef cppclass Post:
        Post() except +
        double x, y, z, range, found, found_far, sigma, sigma_far, speed_sigma, heading_sigma, false_alarms, visible
        uint64_t id
        cbool shadow
        vector[double] from_ "from"
        vector[double] width

    cdef cppclass Field "wayside::SensorField":
        Field() except +
        vector[Post] posts
        Found found
        vector[long long] counts
        void build(const double* x, const double* y, const int64_t* first, int64_t outlines) except +
        void look(const int* due, int n, uint64_t salt, int64_t moment, const Sights& sights) except +
        void outcomes(int sensor, const Sights& sights, unsigned char* to) except +

    const int C_OUTCOMES "wayside::OUTCOMES"


OUTCOMES = ("in-view", "behind-building", "behind-others", "missed", "false-alarm")
COLUMNS = ("x", "y", "z", "range", "found", "found_far", "sigma", "sigma_far", "speed_sigma", "heading_sigma",
           "false_alarms", "visible", "shadow")


cdef class SensorField:
    """All sensors of a run, and the outlines that shadow.

    posts: sensors x COLUMNS: place and height over all [m]; range [m]; probability of detection near and at the end of
    the range; standard deviations of positions along each axis [m], likewise, of speeds along each axis [m/s] and
    headings [radians]; mean number of false alarms in a look; share of the lines of sight that must be free; whether
    there is shadow. identity: to which each one's chance belongs. sectors: rows of a sensor's number, the bearing where
    one begins and its width [radians, clockwise from north]; who has none looks all around. outlines: corners x 2 [m],
    end to end; outline p has the corners first[p]..first[p + 1] - 1.
    """

    cdef Field field

    def __init__(
        self,
        const double[:, ::1] posts not None,
        const uint64_t[::1] identity not None,
        const double[:, ::1] sectors not None,
        const double[::1] corner_x not None,
        const double[::1] corner_y not None,
        const int64_t[::1] first not None,
    ):
        cdef Py_ssize_t k, s
        cdef Post post
        if posts.shape[1] != len(COLUMNS) or identity.shape[0] != posts.shape[0] or sectors.shape[1] != 3:
            raise ValueError("columns of different lengths")
        if corner_x.shape[0] != corner_y.shape[0] or first.shape[0] < 1 or first[first.shape[0] - 1] != corner_x.shape[0]:
            raise ValueError("outlines: corners that are of none")
        for k in range(posts.shape[0]):
            post = Post()
            post.x, post.y, post.z, post.range = posts[k, 0], posts[k, 1], posts[k, 2], posts[k, 3]
            post.found, post.found_far, post.sigma, post.sigma_far = posts[k, 4], posts[k, 5], posts[k, 6], posts[k, 7]
            post.speed_sigma, post.heading_sigma, post.false_alarms = posts[k, 8], posts[k, 9], posts[k, 10]
            post.visible, post.shadow, post.id = posts[k, 11], posts[k, 12] != 0.0, identity[k]
            for s in range(sectors.shape[0]):
                if <Py_ssize_t>sectors[s, 0] == k:
                    post.from_.push_back(sectors[s, 1])
                    post.width.push_back(sectors[s, 2])
            self.field.posts.push_back(post)
        cdef const double* x = NULL
        cdef const double* y = NULL
        if corner_x.shape[0]:
            x, y = &corner_x[0], &corner_y[0]
        self.field.build(x, y, &first[0], first.shape[0] - 1)

    def look(self, const int[::1] due not None, uint64_t salt, int64_t moment, sights):
        """What the sensors `due`, ascending, find of `sights` (columns as `_sights` takes them) at a moment, a count.

        Returns arrays with a row for each detection, by sensor: sensor, row of the sights (-1: a false alarm), x, y [m],
        vx, vy [m/s], heading [radians], length, width [m], and the standard deviation of the position [m].
        """
        cdef Sights seen
        held = self._sights(sights, &seen)
        cdef const int* which = NULL
        if due.shape[0]:
            which = &due[0]
        with nogil:
            self.field.look(which, <int>due.shape[0], salt, moment, seen)
        cdef Found* found = &self.field.found
        return (
            _ints(found.sensor), _ints(found.object), _doubles(found.x), _doubles(found.y), _doubles(found.vx),
            _doubles(found.vy), _doubles(found.heading), _doubles(found.length), _doubles(found.width),
            _doubles(found.sigma),
        )

    def outcomes(self, int sensor, sights):
        """For each row of the sights a number in OUTCOMES: whose shadow it is in as one sensor sees it; "missed": in
        nobody's; "false-alarm": it is not in view.
        """
        cdef Sights seen
        held = self._sights(sights, &seen)
        if not 0 <= sensor < <int>self.field.posts.size():
            raise ValueError(f"sensor {sensor}: there is none")
        cdef unsigned char[::1] to = np.zeros(max(seen.n, 1), np.uint8)
        with nogil:
            self.field.outcomes(sensor, seen, &to[0])
        return np.asarray(to)[: seen.n]

    def counts(self):
        """Since the begin, sensors x OUTCOMES: looks at somebody in view, and what became of them; false alarms."""
        cdef Py_ssize_t n = self.field.posts.size()
        found = np.zeros((n, C_OUTCOMES), np.int64)
        cdef long long[:, ::1] to = found
        cdef Py_ssize_t k, j
        for k in range(n):
            for j in range(C_OUTCOMES):
                to[k, j] = self.field.counts[k * C_OUTCOMES + j]
        return found

    cdef object _sights(self, sights, Sights* to):
        """Point at the columns: x, y, z [m], heading [radians], speed [m/s], length, width, height [m], identity, there.

        What holds them must be kept while they are looked at.
        """
        cdef const double[::1] x, y, z, heading, speed, length, width, height
        cdef const uint64_t[::1] identity
        cdef const unsigned char[::1] there
        x, y, z, heading, speed, length, width, height, identity, there = sights
        cdef Py_ssize_t n = x.shape[0]
        for column in sights:
            if len(column) != n:
                raise ValueError("columns of different lengths")
        to.n = <int>n
        if n:
            to.x, to.y, to.z, to.heading, to.speed = &x[0], &y[0], &z[0], &heading[0], &speed[0]
            to.length, to.width, to.height = &length[0], &width[0], &height[0]
            to.identity, to.there = &identity[0], &there[0]
        return sights


cdef object _doubles(vector[double]& values):
    cdef Py_ssize_t n = values.size()
    return np.array(<double[:n]>values.data()) if n else np.zeros(0)


cdef object _ints(vector[int]& values):
    cdef Py_ssize_t n = values.size()
    return np.array(<int[:n]>values.data()) if n else np.zeros(0, np.int32)
