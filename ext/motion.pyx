# distutils: language = c++
"""Who is on the air and how everyone turns, dead reckoning between two steps of SUMO, and where everyone believes to be."""

from libc.stdint cimport uint64_t
from libcpp.vector cimport vector

import numpy as np


cdef extern from "motion.hpp" namespace "wayside" nogil:
    cdef cppclass Moving:
        pass

    cdef cppclass Vehicles:
        const double *x
        const double *y
        const double *speed
        const double *acceleration
        const double *heading
        const long long* station
        const int* stop_state
        const unsigned char *on_net
        const unsigned char *equipped
        unsigned char* active
        double *yaw_rate
        double *curvature
        double *to_x
        double *to_y

    cdef cppclass Ways:
        double *east
        double *north
        double *speed
        double *gain
        double *stop
        double *ahead
        double *gone

    void c_sense "wayside::sense"(
        const Vehicles& vehicles,
        Moving* moving,
        const Ways& to,
        int parking,
        double step,
        bint ballistic,
        long long n,
    )
    void c_advance "wayside::advance"(
        const double* x,
        const double* y,
        const double* east,
        const double* north,
        const double* speed,
        const double* gain,
        const double* stop,
        const double* ahead,
        double seconds,
        double* gone,
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


DEF WAYS = 7  # columns of `Ways`


cdef class Motion:
    """The motion of a table of vehicles, whose columns it reads and writes where they are bound.

    Between two steps of SUMO, `step` [s] apart, a vehicle goes on along its heading. It goes on accelerating as in the
    last step, or braking half as hard again, and stops where that ends: those who come to stand mostly press the brake
    harder at last. SUMO's Euler method drives a whole step at the speed of its end, so it is predicted here; its
    `ballistic` one changes the speed within it. Where the next step shows that a vehicle was told to be farther than it
    has come, it is told to stay there until it has caught up: nobody is told to go back. How far ahead it is then is at
    most what it was told to have gone since the last step.
    """

    cdef Vehicles vehicles
    cdef Ways ways
    cdef vector[Moving] moving
    cdef list kept
    cdef double[:, ::1] rows
    cdef double step
    cdef bint ballistic
    cdef Py_ssize_t capacity

    def __init__(self, double step, bint ballistic=False):
        """step [s] above 0."""
        if not step > 0.0:
            raise ValueError(f"a step of {step} s")
        self.step, self.ballistic = step, ballistic
        self.capacity = 0
        self.rows = np.zeros((WAYS, 0))

    def bind(
        self,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] speed not None,
        const double[::1] acceleration not None,
        const double[::1] heading not None,
        const long long[::1] station not None,
        const int[::1] stop_state not None,
        const unsigned char[::1] on_net not None,
        const unsigned char[::1] equipped not None,
        unsigned char[::1] active not None,
        double[::1] yaw_rate not None,
        double[::1] curvature not None,
        double[::1] to_x not None,
        double[::1] to_y not None,
    ):
        """Work on these columns from now on, one entry per vehicle: what SUMO says, and what is made of it.

        x, y, to_x, to_y [m]; speed [m/s]; acceleration [m/s^2]; heading [degrees clockwise from north]; yaw_rate
        [degrees/s] and curvature [1/m], positive to the left. What is known of the vehicles stays known.
        """
        cdef Py_ssize_t n = x.shape[0], known = self.capacity
        columns = [
            x, y, speed, acceleration, heading, station, stop_state, on_net, equipped, active, yaw_rate, curvature,
            to_x, to_y,
        ]
        if n == 0 or n < known or any(len(column) != n for column in columns):
            raise ValueError("columns of different lengths, or empty or shorter ones")
        rows = np.zeros((WAYS, n))
        rows[:, :known] = self.rows
        self.rows, self.kept, self.capacity = rows, columns, n
        self.moving.resize(n)
        self.vehicles.x, self.vehicles.y, self.vehicles.speed = &x[0], &y[0], &speed[0]
        self.vehicles.acceleration, self.vehicles.heading, self.vehicles.station = (
            &acceleration[0], &heading[0], &station[0]
        )
        self.vehicles.stop_state, self.vehicles.on_net, self.vehicles.equipped = &stop_state[0], &on_net[0], &equipped[0]
        self.vehicles.active, self.vehicles.yaw_rate, self.vehicles.curvature = &active[0], &yaw_rate[0], &curvature[0]
        self.vehicles.to_x, self.vehicles.to_y = &to_x[0], &to_y[0]
        self.ways.east, self.ways.north, self.ways.speed = &self.rows[0, 0], &self.rows[1, 0], &self.rows[2, 0]
        self.ways.gain, self.ways.stop = &self.rows[3, 0], &self.rows[4, 0]
        self.ways.ahead, self.ways.gone = &self.rows[5, 0], &self.rows[6, 0]

    def sense(self, Py_ssize_t n, int parking):
        """SUMO has stepped. The first n vehicles: active is who has a station, is in the net and not parked (a bit of
        stop_state); yaw_rate is how fast the heading turned in the step, NaN for who was not on the road before it, and
        curvature what that is along the way, NaN for who is slower than 0.5 m/s too.
        """
        if not 0 <= n <= self.capacity:
            raise ValueError(f"{n} vehicles, room for {self.capacity}")
        if n:
            with nogil:
                c_sense(self.vehicles, self.moving.data(), self.ways, parking, self.step, self.ballistic, n)

    def advance(self, Py_ssize_t n, double seconds):
        """The first n vehicles: to_x, to_y are where they are so many seconds after the step. Times ascend in a step."""
        if not 0 <= n <= self.capacity:
            raise ValueError(f"{n} vehicles, room for {self.capacity}")
        if n:
            with nogil:
                c_advance(
                    self.vehicles.x, self.vehicles.y, self.ways.east, self.ways.north, self.ways.speed, self.ways.gain,
                    self.ways.stop, self.ways.ahead, seconds, self.ways.gone, self.vehicles.to_x, self.vehicles.to_y, n,
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
