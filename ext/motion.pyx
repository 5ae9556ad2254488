"""Dead reckoning: where everyone is between two steps of SUMO."""

from libc.math cimport cos, sin, M_PI


def velocities(
    const double[::1] speed not None,
    const double[::1] heading not None,
    double[::1] east not None,
    double[::1] north not None,
    double[::1] turned not None,
    double[::1] vx not None,
    double[::1] vy not None,
):
    """vx, vy [m/s] from speed [m/s] and heading [degrees clockwise from north]; one entry per vehicle.

    east and north, the unit vector of the heading `turned`, are kept between calls: few vehicles turn in a step, and
    sines are what this costs. `turned` begins as NaN.
    """
    cdef Py_ssize_t i, n = speed.shape[0]
    if not (heading.shape[0] == east.shape[0] == north.shape[0] == turned.shape[0] == vx.shape[0] == vy.shape[0] == n):
        raise ValueError("columns of different lengths")
    with nogil:
        for i in range(n):
            if speed[i] == 0.0:
                vx[i] = vy[i] = 0.0
                continue
            if heading[i] != turned[i]:
                turned[i] = heading[i]
                east[i] = sin(heading[i] * (M_PI / 180.0))
                north[i] = cos(heading[i] * (M_PI / 180.0))
            vx[i] = speed[i] * east[i]
            vy[i] = speed[i] * north[i]


def advance(
    const double[::1] x not None,
    const double[::1] y not None,
    const double[::1] vx not None,
    const double[::1] vy not None,
    double seconds,
    double[::1] to_x not None,
    double[::1] to_y not None,
):
    """Positions [m] so many seconds later at constant velocity [m/s]; one entry per vehicle."""
    cdef Py_ssize_t i, n = x.shape[0]
    if not y.shape[0] == vx.shape[0] == vy.shape[0] == to_x.shape[0] == to_y.shape[0] == n:
        raise ValueError("columns of different lengths")
    with nogil:
        for i in range(n):
            to_x[i] = x[i] + seconds * vx[i]
            to_y[i] = y[i] + seconds * vy[i]
