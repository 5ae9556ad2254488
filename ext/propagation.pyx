# distutils: language = c++
"""Path loss in dB over distance: one function per published model, for whole arrays."""

import numpy as np

ctypedef double (*OfDistance)(double, double) noexcept nogil
ctypedef double (*OfHeights)(double, double, double, double) noexcept nogil


cdef extern from "propagation.hpp" namespace "wayside" nogil:
    double c_free "wayside::free_space"(double d, double f)
    double c_two_ray "wayside::two_ray"(double d, double f, double h1, double h2)
    double c_winner "wayside::winner_b1"(double d, double f, double h1, double h2)
    double c_highway "wayside::highway_los"(double d, double f)
    double c_urban "wayside::urban_los"(double d, double f)
    double c_nlos "wayside::nlos"(double d, double f)
    double c_manhattan "wayside::manhattan"(double d1, double d2, double f)
    double c_los_highway "wayside::los_highway"(double d)
    double c_los_urban "wayside::los_urban"(double d)

    struct Blockage:
        double mean, deviation

    Blockage c_blockage "wayside::blockage"(double d, double h1, double h2, double blocker)


cdef object _plain(OfDistance model, object d, double f):
    if not f > 0.0:
        raise ValueError(f"frequency {f} GHz: must be above 0")
    cdef const double[::1] at = np.ascontiguousarray(d, np.float64).ravel()
    found = np.empty(at.shape[0])
    cdef double[::1] view = found
    cdef Py_ssize_t k
    with nogil:
        for k in range(at.shape[0]):
            view[k] = model(at[k], f)
    return found.reshape(np.shape(d))


cdef object _high(OfHeights model, object d, double f, double h1, double h2):
    if not (f > 0.0 and h1 > 0.0 and h2 > 0.0):
        raise ValueError(f"frequency {f} GHz, antenna heights {h1} and {h2} m: must be above 0")
    cdef const double[::1] at = np.ascontiguousarray(d, np.float64).ravel()
    found = np.empty(at.shape[0])
    cdef double[::1] view = found
    cdef Py_ssize_t k
    with nogil:
        for k in range(at.shape[0]):
            view[k] = model(at[k], f, h1, h2)
    return found.reshape(np.shape(d))


def free_space(d, double f):
    """Free space at d [m] and f [GHz]; nearer than 3 m counts as 3 m, here and below."""
    return _plain(c_free, d, f)


def highway_los(d, double f):
    """TR 37.885, highway, line of sight (table 6.2.1-1)."""
    return _plain(c_highway, d, f)


def urban_los(d, double f):
    """TR 37.885, urban, line of sight (table 6.2.1-1)."""
    return _plain(c_urban, d, f)


def nlos(d, double f):
    """TR 37.885, no line of sight because of buildings (table 6.2.1-1)."""
    return _plain(c_nlos, d, f)


def two_ray(d, double f, double h1, double h2):
    """Direct ray and the one reflected by the ground, antennas at h1 and h2 [m] (Sommer et al. 2012)."""
    return _high(c_two_ray, d, f, h1, h2)


def winner_b1(d, double f, double h1, double h2):
    """WINNER+ B1, line of sight, with the effective antenna heights h1 and h2 [m]: those above the ground less the
    height of the environment (1 m in WINNER+ for vehicles, 0 or 0.5 m elsewhere)."""
    return _high(c_winner, d, f, h1, h2)


def manhattan(d1, d2, double f):
    """WINNER+ B1 Manhattan, no line of sight: d1 [m] along the one street, d2 along the other."""
    if not f > 0.0:
        raise ValueError(f"frequency {f} GHz: must be above 0")
    first, second = np.broadcast_arrays(np.asarray(d1, np.float64), np.asarray(d2, np.float64))
    cdef const double[::1] a = np.ascontiguousarray(first).ravel()
    cdef const double[::1] b = np.ascontiguousarray(second).ravel()
    found = np.empty(a.shape[0])
    cdef double[::1] view = found
    cdef Py_ssize_t k
    with nogil:
        for k in range(a.shape[0]):
            view[k] = c_manhattan(a[k], b[k], f)
    return found.reshape(first.shape)


def sight(d, bint urban):
    """Probability that no vehicle stands in between (TR 37.885, table 6.2-1)."""
    cdef const double[::1] at = np.ascontiguousarray(d, np.float64).ravel()
    found = np.empty(at.shape[0])
    cdef double[::1] view = found
    cdef Py_ssize_t k
    with nogil:
        for k in range(at.shape[0]):
            view[k] = c_los_urban(at[k]) if urban else c_los_highway(at[k])
    return found.reshape(np.shape(d))


def blockage(d, double h1, double h2, double blocker):
    """Mean and standard deviation of what a vehicle of height `blocker` [m] in between adds [dB], before it is cut
    off at 0 (TR 37.885, clause 6.2.1); antennas at h1 and h2 [m]."""
    cdef const double[::1] at = np.ascontiguousarray(d, np.float64).ravel()
    mean, deviation = np.empty(at.shape[0]), np.empty(at.shape[0])
    cdef double[::1] m = mean, s = deviation
    cdef Blockage b
    cdef Py_ssize_t k
    with nogil:
        for k in range(at.shape[0]):
            b = c_blockage(at[k], h1, h2, blocker)
            m[k] = b.mean
            s[k] = b.deviation
    return mean.reshape(np.shape(d)), deviation.reshape(np.shape(d))
