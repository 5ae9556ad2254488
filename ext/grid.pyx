# distutils: language = c++
"""Who is within a radius of whom: points sorted into square cells, row by row, and searched by rows."""

from libc.math cimport fabs, floor
from libc.string cimport memcpy
from libcpp.vector cimport vector

import numpy as np


cdef extern from "within.hpp" nogil:
    long long count_near(const double* x, const double* y, long long n, double cx, double cy, double limit)


DEF MAX_CELLS = 1 << 20


cdef class Grid:
    """An index over points in the plane; rebuilt whenever they move.

    `cell` is the edge of a cell in m; half of the usual radius is a good choice. Where the points are spread so far
    that there would be more than a million cells, the cells grow: slower, still exact.
    """

    cdef double cell, size, x0, y0
    cdef int columns, rows
    cdef vector[int] start, point, order, cell_of
    cdef vector[int] centres, points  # of the last pairs_within: kept for their room
    cdef vector[double] x, y
    cdef readonly int count

    def __init__(self, double cell):
        if not cell > 0.0:
            raise ValueError(f"cell size {cell} m: must be above 0")
        self.cell = cell
        self.count = 0
        self.columns = self.rows = 0

    def build(self, const double[::1] x not None, const double[::1] y not None, const unsigned char[::1] present not None):
        """Index the points that are present; x, y [m] and present have one entry per point. Must be finite."""
        if not x.shape[0] == y.shape[0] == present.shape[0]:
            raise ValueError("columns of different lengths")
        with nogil:
            self._build(x, y, present)

    cdef void _build(self, const double[::1] x, const double[::1] y, const unsigned char[::1] present) noexcept nogil:
        cdef int n = <int>x.shape[0], i, k, c, total
        cdef double xmin = 0.0, xmax = 0.0, ymin = 0.0, ymax = 0.0
        self.point.clear()
        for i in range(n):
            if not present[i]:
                continue
            if self.point.empty():
                xmin = xmax = x[i]
                ymin = ymax = y[i]
            xmin = min(xmin, x[i])
            xmax = max(xmax, x[i])
            ymin = min(ymin, y[i])
            ymax = max(ymax, y[i])
            self.point.push_back(i)
        self.count = <int>self.point.size()
        self.size = self.cell
        while ((xmax - xmin) / self.size + 1.0) * ((ymax - ymin) / self.size + 1.0) > MAX_CELLS:
            self.size *= 2.0
        self.x0 = xmin
        self.y0 = ymin
        self.columns = <int>((xmax - xmin) / self.size) + 1
        self.rows = <int>((ymax - ymin) / self.size) + 1
        total = self.columns * self.rows
        self.start.assign(total + 1, 0)
        self.cell_of.resize(self.count)
        self.order.resize(self.count)
        self.x.resize(self.count)
        self.y.resize(self.count)
        for k in range(self.count):
            i = self.point[k]
            c = <int>((y[i] - ymin) / self.size) * self.columns + <int>((x[i] - xmin) / self.size)
            self.cell_of[k] = c
            self.start[c + 1] += 1
        for c in range(total):
            self.start[c + 1] += self.start[c]
        # Filled from the back, so that points of one cell keep their ascending order.
        for k in range(self.count - 1, -1, -1):
            i = self.point[k]
            c = self.cell_of[k] + 1
            self.start[c] -= 1
            self.order[self.start[c]] = i
            self.x[self.start[c]] = x[i]
            self.y[self.start[c]] = y[i]
        # Each start has moved down by its cell's count: start[c + 1] is now where cell c begins.
        for c in range(total):
            self.start[c] = self.start[c + 1]
        self.start[total] = self.count

    cdef inline double reach(self, double radius, double at) noexcept nogil:
        """A little more than the radius, so that no cell is left out by rounding."""
        return radius + 1e-9 * (radius + fabs(at) + fabs(self.x0) + fabs(self.y0)) + 1e-300

    cdef inline int first(self, double low, double origin, int limit) noexcept nogil:
        cdef double cell = floor((low - origin) / self.size)
        return 0 if cell < 0.0 else (limit if cell >= limit else <int>cell)

    cdef inline int last(self, double high, double origin, int limit) noexcept nogil:
        cdef double cell = floor((high - origin) / self.size)
        return -1 if cell < 0.0 else (limit - 1 if cell >= limit else <int>cell)

    def count_within(
        self, const double[::1] x not None, const double[::1] y not None, double radius, int[::1] counts not None
    ):
        """For each centre x, y [m] write to `counts` how many points lie within `radius` [m], the bound included.

        Returns their sum.
        """
        cdef Py_ssize_t n = x.shape[0]
        if not (y.shape[0] == n <= counts.shape[0]):
            raise ValueError("columns of different lengths")
        cdef Py_ssize_t k
        cdef long long total = 0
        with nogil:
            for k in range(n):
                counts[k] = self._count(x[k], y[k], radius)
                total += counts[k]
        return total

    cdef int _count(self, double x, double y, double radius) noexcept nogil:
        cdef int row, begin, end
        cdef double wide = self.reach(radius, x), tall = self.reach(radius, y)
        cdef int low = self.first(x - wide, self.x0, self.columns), high = self.last(x + wide, self.x0, self.columns)
        cdef const double* px = self.x.data()
        cdef const double* py = self.y.data()
        cdef long long found = 0
        if self.count == 0 or high < low:
            return 0
        for row in range(
            self.first(y - tall, self.y0, self.rows), self.last(y + tall, self.y0, self.rows) + 1
        ):
            begin = self.start[row * self.columns + low]
            end = self.start[row * self.columns + high + 1]
            found += count_near(px + begin, py + begin, end - begin, x, y, radius * radius)
        return <int>found

    def pairs_within(self, const double[::1] x not None, const double[::1] y not None, double radius):
        """All pairs (centre, point) at most `radius` [m] apart: two int32 arrays, ascending by centre.

        Points come in the order of their cells, the same for the same points.
        """
        if x.shape[0] != y.shape[0]:
            raise ValueError("columns of different lengths")
        cdef Py_ssize_t k, n = x.shape[0] if self.count else 0
        cdef int found = 0
        with nogil:
            for k in range(n):
                found = self._collect(found, <int>k, x[k], y[k], radius)
        return _array(self.centres, found), _array(self.points, found)

    cdef int _collect(self, int found, int k, double x, double y, double radius) noexcept nogil:
        """Append the pairs of centre k behind the `found` ones there are; how many there are then."""
        cdef int row, i, begin, end
        cdef int low = 0, high = self.columns - 1, bottom = 0, top = self.rows - 1
        cdef double dx, dy, limit = radius * radius
        cdef const double* px = self.x.data()
        cdef const double* py = self.y.data()
        cdef double wide, tall
        if high > 0 or top > 0:
            wide, tall = self.reach(radius, x), self.reach(radius, y)
            low, high = self.first(x - wide, self.x0, self.columns), self.last(x + wide, self.x0, self.columns)
            bottom, top = self.first(y - tall, self.y0, self.rows), self.last(y + tall, self.y0, self.rows)
        if high < low:
            return found
        for row in range(bottom, top + 1):
            begin, end = self.start[row * self.columns + low], self.start[row * self.columns + high + 1]
            if <size_t>(found + end - begin) > self.centres.size():
                self.centres.resize(2 * (found + end - begin))
                self.points.resize(2 * (found + end - begin))
            for i in range(begin, end):
                # Written in any case, kept where it is near: cheaper than a branch that is guessed wrong.
                self.centres[found] = k
                self.points[found] = self.order[i]
                dx = px[i] - x
                dy = py[i] - y
                found += <int>(dx * dx + dy * dy <= limit)
        return found


cdef object _array(vector[int]& values, int count):
    found = np.empty(count, np.int32)
    cdef int[::1] view = found
    if count:
        memcpy(&view[0], values.data(), count * sizeof(int))
    return found
