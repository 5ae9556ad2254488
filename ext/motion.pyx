# distutils: language = c++
"""Who is on the air, and dead reckoning: where everyone is between two steps of SUMO."""

from libc.math cimport cos, sin, M_PI, NAN

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
