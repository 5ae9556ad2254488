# distutils: language = c++
"""On which straight piece of a lane vehicles drive."""

from libc.math cimport INFINITY

import numpy as np


def locate(
    const double[:] x not None,
    const double[:] y not None,
    const double[::1] sine not None,
    const double[::1] cosine not None,
    const double[:, ::1] start not None,
    const double[:, ::1] way not None,
    const double[:, ::1] ahead not None,
    const double[::1] square not None,
    const double[::1] near not None,
    const double[::1] within not None,
    const int[::1] edge not None,
    const int[::1] lane not None,
    const double[::1] begin not None,
    const double[::1] run not None,
    double along,
    double against,
):
    """Vehicles at x, y [m] that head to sine, cosine (of the angle from north). Pieces begin at start [m], lead by way
    [m] to their ends, whose length has this square [m^2], into the direction ahead (a unit vector); each is a part of a
    lane of an edge, from `begin` on, `run` long there [m].

    A vehicle is on the nearest piece of those whose direction and its own have a cosine of `along` at least and that
    are at most near[piece] m^2 away; with none, of those at most `against` and at most within[piece] m^2 away. Of
    several as near it is the first. Returns the edge and lane of each, -1 for none, how far along the edge it is [m], 0
    for none, and whether it is on one of the latter.
    """
    cdef Py_ssize_t n = x.shape[0], pieces = start.shape[0], k, p, best, worst
    cdef double part, best_part, worst_part, away_x, away_y, off, least, lesser, turn
    if not y.shape[0] == sine.shape[0] == cosine.shape[0] == n:
        raise ValueError("columns of vehicles of different lengths")
    if (
        not way.shape[0] == ahead.shape[0] == square.shape[0] == near.shape[0] == within.shape[0] == pieces
        or not edge.shape[0] == lane.shape[0] == begin.shape[0] == run.shape[0] == pieces
        or not start.shape[1] == way.shape[1] == ahead.shape[1] == 2
    ):
        raise ValueError("columns of pieces of different lengths")
    edges, lanes, metres, wrong = np.full(n, -1, np.int32), np.full(n, -1, np.int32), np.zeros(n), np.zeros(n, bool)
    cdef int[::1] on_edge = edges, on_lane = lanes
    cdef double[::1] where = metres
    cdef unsigned char[::1] opposite = wrong.view(np.uint8)
    with nogil:
        for k in range(n):
            best = worst = -1
            best_part = worst_part = 0.0
            least = lesser = INFINITY
            for p in range(pieces):
                turn = sine[k] * ahead[p, 0] + cosine[k] * ahead[p, 1]
                if not (turn >= along or turn <= against):
                    continue
                away_x, away_y = x[k] - start[p, 0], y[k] - start[p, 1]
                part = (away_x * way[p, 0] + away_y * way[p, 1]) / square[p]
                part = 0.0 if part < 0.0 else 1.0 if part > 1.0 else part
                away_x -= part * way[p, 0]
                away_y -= part * way[p, 1]
                off = away_x * away_x + away_y * away_y
                if turn >= along:
                    if off <= near[p] and off < least:
                        least, best, best_part = off, p, part
                elif off <= within[p] and off < lesser:
                    lesser, worst, worst_part = off, p, part
            if best < 0 and worst >= 0:
                best, best_part, opposite[k] = worst, worst_part, 1
            if best >= 0:
                on_edge[k], on_lane[k], where[k] = edge[best], lane[best], begin[best] + best_part * run[best]
    return edges, lanes, metres, wrong
