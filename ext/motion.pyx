# distutils: language = c++
"""Who is on the air, dead reckoning between two steps of SUMO, and where everyone believes to be."""

from libc.math cimport cos, sin, M_PI, NAN
from libc.stdint cimport uint64_t
from libcpp.vector cimport vector

import numpy as np


cdef extern from "motion.hpp" namespace "wayside" nogil:
    void c_advance "wayside::advance"(
        const double* x,
        const double* y,
        const double* vx,
        const double* vy,
        double seconds,
        double* to_x,
        double* to_y,
        long long n,
    )
    cdef cppclass Drifting:
        pass

    void c_drift "wayside::drift"(
        const unsigned char* active,
        const double* x,
        const double* y,
        const long long* station,
        uint64_t seed,
        long long tick,
        double rate,
        double deviation,
        Drifting* drifting,
        double* said_x,
        double* said_y,
        long long n,
    )


cdef class Motion:
    """The motion of a table of vehicles, whose columns it reads and writes where they are bound."""

    cdef const double[::1] x, y, speed, heading
    cdef const int[::1] stop_state
    cdef const unsigned char[::1] on_net, equipped
    cdef unsigned char[::1] active
    cdef double[::1] vx, vy, to_x, to_y
    cdef double[::1] east, north, turned
    cdef Py_ssize_t capacity

    def __init__(self):
        self.capacity = 0

    def bind(
        self,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] speed not None,
        const double[::1] heading not None,
        const int[::1] stop_state not None,
        const unsigned char[::1] on_net not None,
        const unsigned char[::1] equipped not None,
        unsigned char[::1] active not None,
        double[::1] vx not None,
        double[::1] vy not None,
        double[::1] to_x not None,
        double[::1] to_y not None,
    ):
        """Work on these columns from now on, one entry per vehicle: what SUMO says, and what is made of it.

        x, y, to_x, to_y [m]; speed, vx, vy [m/s]; heading [degrees clockwise from north].
        """
        self.capacity = 0
        cdef Py_ssize_t n = x.shape[0]
        columns = [y, speed, heading, stop_state, on_net, equipped, active, vx, vy, to_x, to_y]
        if n == 0 or any(len(column) != n for column in columns):
            raise ValueError("columns of different lengths, or empty ones")
        self.x, self.y, self.speed, self.heading = x, y, speed, heading
        self.stop_state, self.on_net, self.equipped, self.active = stop_state, on_net, equipped, active
        self.vx, self.vy, self.to_x, self.to_y = vx, vy, to_x, to_y
        # The unit vector of the heading last seen: few vehicles turn in a step, and sines are what this costs.
        self.east, self.north, self.turned = (np.full(n, NAN) for _ in range(3))
        self.capacity = n

    def sense(self, Py_ssize_t n, int parking):
        """SUMO has stepped. The first n vehicles: active is who has a station, is in the net and not parked (a bit of
        stop_state); vx, vy come from speed and heading.
        """
        if not 0 <= n <= self.capacity:
            raise ValueError(f"{n} vehicles, room for {self.capacity}")
        cdef Py_ssize_t i
        with nogil:
            for i in range(n):
                self.active[i] = (
                    (self.equipped[i] != 0) & (self.on_net[i] != 0) & ((self.stop_state[i] & parking) == 0)
                )
                if self.speed[i] == 0.0:
                    self.vx[i] = self.vy[i] = 0.0
                    continue
                if self.heading[i] != self.turned[i]:
                    self.turned[i] = self.heading[i]
                    self.east[i] = sin(self.heading[i] * (M_PI / 180.0))
                    self.north[i] = cos(self.heading[i] * (M_PI / 180.0))
                self.vx[i] = self.speed[i] * self.east[i]
                self.vy[i] = self.speed[i] * self.north[i]

    def advance(self, Py_ssize_t n, double seconds):
        """The first n vehicles: to_x, to_y are x, y so many seconds later at vx, vy."""
        if not 0 <= n <= self.capacity:
            raise ValueError(f"{n} vehicles, room for {self.capacity}")
        if n:
            with nogil:
                c_advance(
                    &self.x[0], &self.y[0], &self.vx[0], &self.vy[0], seconds, &self.to_x[0], &self.to_y[0], n
                )


cdef class Drift:
    """The error of the positions that stations know: a first-order Gauss-Markov process along each axis.

    e(k) = r e(k - 1) + s sqrt(1 - r^2) w, r = exp(-1/correlation), w standard normal by counter: a function of seed,
    station, tick and axis alone. From a station's first tick on, e has the standard deviation s [m]. Those that are not
    active know what they knew; when they are again, the error has drifted for as long.
    """

    cdef const unsigned char[::1] active
    cdef const double[::1] x, y
    cdef const long long[::1] station
    cdef double[::1] said_x, said_y
    cdef vector[Drifting] drifting
    cdef uint64_t seed
    cdef double deviation, rate
    cdef readonly Py_ssize_t capacity

    def __init__(self, uint64_t seed, double deviation, double correlation):
        """deviation [m] of 0 or more; correlation [ticks] above 0."""
        if not deviation >= 0.0 or not correlation > 0.0:
            raise ValueError(f"a deviation of {deviation} m, a correlation time of {correlation} ticks")
        self.seed, self.deviation, self.rate = seed, deviation, 1.0 / correlation
        self.capacity = 0

    def bind(
        self,
        const unsigned char[::1] active not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const long long[::1] station not None,
        double[::1] said_x not None,
        double[::1] said_y not None,
    ):
        """Work on these columns from now on, one entry per slot: true positions [m], who is there, positions known."""
        columns = [active, y, station, said_x, said_y]
        if x.shape[0] < self.capacity or any(len(column) != x.shape[0] for column in columns):
            raise ValueError("columns of different lengths, or shorter ones than before")
        self.drifting.resize(x.shape[0])
        self.active, self.x, self.y, self.station = active, x, y, station
        self.said_x, self.said_y = said_x, said_y
        self.capacity = x.shape[0]

    def advance(self, long long tick, Py_ssize_t n):
        """The first n slots in this tick: said_x, said_y. Ticks ascend; a second call in one adds the same errors."""
        if not 0 <= n <= self.capacity:
            raise ValueError(f"{n} stations, room for {self.capacity}")
        if n:
            with nogil:
                c_drift(
                    &self.active[0], &self.x[0], &self.y[0], &self.station[0], self.seed, tick, self.rate,
                    self.deviation, self.drifting.data(), &self.said_x[0], &self.said_y[0], n,
                )
