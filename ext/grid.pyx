# distutils: language = c++
"""Who is within a radius of whom: points sorted into square cells, row by row, and searched by rows (grid.hpp)."""

from libc.string cimport memcpy
from libcpp.vector cimport vector

import numpy as np


cdef extern from "grid.hpp" namespace "wayside" nogil:
    cdef cppclass CppGrid "wayside::Grid":
        CppGrid(double cell)
        int count

    cdef cppclass Pairs:
        vector[int] centre
        vector[int] point
        size_t count

    cdef cppclass CppPosts "wayside::Posts":
        vector[int] number
        vector[double] x
        vector[double] y

    void c_build "wayside::build"(
        CppGrid& grid, const double* x, const double* y, const unsigned char* present, int n
    ) except +
    long long c_count "wayside::count_within"(
        const CppGrid& grid,
        const double* x,
        const double* y,
        const int* which,
        long long n,
        double radius,
        int* counts,
    )
    void c_pairs "wayside::pairs_within"(
        const CppGrid& grid,
        const double* x,
        const double* y,
        const int* which,
        long long n,
        double radius,
        Pairs& pairs,
    ) except +
    void c_pairs_of_posts "wayside::pairs_within"(
        CppPosts& posts,
        const double* x,
        const double* y,
        const int* which,
        long long n,
        double radius,
        Pairs& pairs,
    ) except +


cdef class Grid:
    """An index over points in the plane; rebuilt whenever they move.

    `cell` is the least edge of a cell in m; half of the usual radius is a good choice. Cells grow where the points
    are few or spread far.
    """

    cdef CppGrid* grid
    cdef Pairs pairs

    def __cinit__(self, double cell):
        if not cell > 0.0:
            raise ValueError(f"cell size {cell} m: must be above 0")
        self.grid = new CppGrid(cell)
        c_build(self.grid[0], NULL, NULL, NULL, 0)

    def __dealloc__(self):
        del self.grid

    @property
    def count(self):
        """How many points are indexed."""
        return self.grid.count

    def build(self, const double[::1] x not None, const double[::1] y not None, const unsigned char[::1] present not None):
        """Index the points that are present; x, y [m] and present have one entry per point. Must be finite."""
        cdef Py_ssize_t n = x.shape[0]
        if not y.shape[0] == present.shape[0] == n:
            raise ValueError("columns of different lengths")
        if n == 0:
            c_build(self.grid[0], NULL, NULL, NULL, 0)
            return
        with nogil:
            c_build(self.grid[0], &x[0], &y[0], &present[0], <int>n)

    def count_within(
        self,
        const double[::1] x not None,
        const double[::1] y not None,
        double radius,
        int[::1] counts not None,
        const int[::1] which=None,
    ):
        """For each centre x, y [m] write to `counts` how many points lie within `radius` [m], the bound included.

        With `which`, centre k is x[which[k]], y[which[k]]. Returns the sum of the counts.
        """
        cdef Py_ssize_t n = x.shape[0] if which is None else which.shape[0]
        if not (y.shape[0] == x.shape[0] and n <= counts.shape[0]):
            raise ValueError("columns of different lengths")
        if n == 0:
            return 0
        cdef long long total
        cdef const int* rows = NULL
        if which is not None:
            rows = &which[0]
        with nogil:
            total = c_count(self.grid[0], &x[0], &y[0], rows, n, radius, &counts[0])
        return total

    def pairs_within(
        self, const double[::1] x not None, const double[::1] y not None, double radius, const int[::1] which=None
    ):
        """All pairs (centre, point) at most `radius` [m] apart: two int32 arrays, ascending by centre.

        Centres are given as for `count_within`. Points come in the order of their cells, the same for the same
        points.
        """
        cdef Py_ssize_t n = x.shape[0] if which is None else which.shape[0]
        cdef const int* rows = NULL
        if x.shape[0] != y.shape[0]:
            raise ValueError("columns of different lengths")
        self.pairs.count = 0
        if n:
            if which is not None:
                rows = &which[0]
            with nogil:
                c_pairs(self.grid[0], &x[0], &y[0], rows, n, radius, self.pairs)
        return _arrays(self.pairs)


cdef class Posts:
    """A few points that stay where they are: looked through for each centre, without an index."""

    cdef CppPosts posts
    cdef Pairs pairs

    def build(self, const double[::1] x not None, const double[::1] y not None, const unsigned char[::1] present not None):
        """The posts that are present; x, y [m] and present have one entry per post."""
        cdef Py_ssize_t i
        if not y.shape[0] == present.shape[0] == x.shape[0]:
            raise ValueError("columns of different lengths")
        self.posts.number.clear()
        self.posts.x.clear()
        self.posts.y.clear()
        for i in range(x.shape[0]):
            if present[i]:
                self.posts.number.push_back(<int>i)
                self.posts.x.push_back(x[i])
                self.posts.y.push_back(y[i])

    def pairs_within(
        self, const double[::1] x not None, const double[::1] y not None, double radius, const int[::1] which=None
    ):
        """All pairs (centre, post) at most `radius` [m] apart: two int32 arrays, ascending by post, then by centre.

        Centres are given as for `Grid.count_within`.
        """
        cdef Py_ssize_t n = x.shape[0] if which is None else which.shape[0]
        cdef const int* rows = NULL
        if x.shape[0] != y.shape[0]:
            raise ValueError("columns of different lengths")
        self.pairs.count = 0
        if n:
            if which is not None:
                rows = &which[0]
            with nogil:
                c_pairs_of_posts(self.posts, &x[0], &y[0], rows, n, radius, self.pairs)
        return _arrays(self.pairs)


cdef tuple _arrays(Pairs& pairs):
    centre, point = np.empty(pairs.count, np.int32), np.empty(pairs.count, np.int32)
    cdef int[::1] centres = centre, points = point
    if pairs.count:
        memcpy(&centres[0], pairs.centre.data(), pairs.count * sizeof(int))
        memcpy(&points[0], pairs.point.data(), pairs.count * sizeof(int))
    return centre, point
