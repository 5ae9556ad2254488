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


cdef class Discs:
    """Who is within the discs around senders: units at their posts, vehicles on a grid that is rebuilt every tick.

    Station k is unit k below U, the number of units, else vehicle k - U. `reach` is the greatest radius [m].
    """

    cdef Grid vehicles
    cdef Posts posts
    cdef readonly double reach
    cdef const double[::1] x, y, unit_x, unit_y
    cdef const unsigned char[::1] on, unit_on
    cdef vector[int] which, packet, unit, heard, slot

    def __init__(self, double reach):
        self.vehicles = Grid(reach / 2.0)
        self.posts = Posts()
        self.reach = reach
        nothing = np.empty(0)
        self.place_units(nothing, nothing, np.empty(0, np.uint8))
        self.place_vehicles(nothing, nothing, np.empty(0, np.uint8))

    def place_units(
        self, const double[::1] x not None, const double[::1] y not None, const unsigned char[::1] on not None
    ):
        """Where the units stand [m] and which are on."""
        self.posts.build(x, y, on)
        self.unit_x, self.unit_y, self.unit_on = x, y, on

    def place_vehicles(
        self, const double[::1] x not None, const double[::1] y not None, const unsigned char[::1] on not None
    ):
        """Where the vehicles are [m] and which are on; they must stay until the next call."""
        self.vehicles.build(x, y, on)
        self.x, self.y, self.on = x, y, on

    def carry(
        self,
        const int[::1] sender not None,
        const int[::1] to not None,
        const double[::1] radius not None,
        const unsigned char[::1] named not None,
        int[::1] at_vehicles not None,
        int[::1] at_units not None,
    ):
        """Packet k goes from station sender[k] to all within radius[k] [m] and the reach, or to station to[k] >= 0.
        Who is off neither sends nor receives, and nobody receives its own.

        at_vehicles, at_units: how many receive it. Returns pairs (packet, unit) and, of packets that are `named`,
        (packet, vehicle), int32 each; a receiver's packets ascend. Packets to one station are not among the pairs.
        """
        cdef Py_ssize_t n = sender.shape[0], begin = 0, end
        cdef int units = <int>self.unit_x.shape[0], stations = units + <int>self.x.shape[0]
        cdef Py_ssize_t k
        if not to.shape[0] == radius.shape[0] == named.shape[0] == at_vehicles.shape[0] == at_units.shape[0] == n:
            raise ValueError("columns of different lengths")
        with nogil:
            for k in range(n):
                if not (0 <= sender[k] < stations and to[k] < stations):
                    with gil:
                        raise ValueError(f"packet {k}: from {sender[k]} to {to[k]}: there are {stations} stations")
            self.packet.clear()
            self.unit.clear()
            self.heard.clear()
            self.slot.clear()
            while begin < n:
                end = begin + 1
                while (
                    end < n
                    and self._sends(sender[end], units) == self._sends(sender[begin], units)
                    and (sender[end] < units) == (sender[begin] < units)
                    and (to[end] < 0) == (to[begin] < 0)
                    and radius[end] == radius[begin]
                    and named[end] == named[begin]
                ):
                    end += 1
                if not self._sends(sender[begin], units):
                    for k in range(begin, end):
                        at_vehicles[k] = at_units[k] = 0
                elif to[begin] >= 0:
                    self._unicast(sender, to, units, begin, end, at_vehicles, at_units)
                else:
                    self._broadcast(sender, units, radius[begin], named[begin], begin, end, at_vehicles, at_units)
                begin = end
        return (_copied(self.packet), _copied(self.unit)), (_copied(self.heard), _copied(self.slot))

    cdef void _unicast(
        self, const int[::1] sender, const int[::1] to, int units, Py_ssize_t begin, Py_ssize_t end,
        int[::1] at_vehicles, int[::1] at_units,
    ) noexcept nogil:
        cdef Py_ssize_t k
        cdef double dx, dy
        cdef bint near
        for k in range(begin, end):
            dx = self._x(sender[k], units) - self._x(to[k], units)
            dy = self._y(sender[k], units) - self._y(to[k], units)
            near = to[k] != sender[k] and dx * dx + dy * dy <= self.reach * self.reach
            at_units[k] = near and to[k] < units and self.unit_on[to[k]]
            at_vehicles[k] = near and to[k] >= units and self.on[to[k] - units]

    cdef inline bint _sends(self, int station, int units) noexcept nogil:
        return self.unit_on[station] if station < units else self.on[station - units]

    cdef inline double _x(self, int station, int units) noexcept nogil:
        return self.unit_x[station] if station < units else self.x[station - units]

    cdef inline double _y(self, int station, int units) noexcept nogil:
        return self.unit_y[station] if station < units else self.y[station - units]

    cdef void _broadcast(
        self, const int[::1] sender, int units, double radius, bint named, Py_ssize_t begin, Py_ssize_t end,
        int[::1] at_vehicles, int[::1] at_units,
    ) noexcept nogil:
        cdef Py_ssize_t k, m = end - begin
        cdef bint unit = sender[begin] < units
        cdef const double* x = &self.unit_x[0] if unit else &self.x[0]
        cdef const double* y = &self.unit_y[0] if unit else &self.y[0]
        cdef size_t p
        cdef int own
        radius = min(radius, self.reach)
        self.which.resize(m)
        for k in range(m):
            self.which[k] = sender[begin + k] - (0 if unit else units)
            at_units[begin + k] = 0
        c_count(self.vehicles.grid[0], x, y, self.which.data(), m, radius, &at_vehicles[begin])
        c_pairs_of_posts(self.posts.posts, x, y, self.which.data(), m, radius, self.posts.pairs)
        for p in range(self.posts.pairs.count):
            k = self.posts.pairs.centre[p]
            if unit and self.posts.pairs.point[p] == self.which[k]:
                continue
            at_units[begin + k] += 1
            self.packet.push_back(<int>(begin + k))
            self.unit.push_back(self.posts.pairs.point[p])
        if not unit:
            for k in range(m):  # the grid counts the sender, too
                at_vehicles[begin + k] -= 1
        if named:
            c_pairs(self.vehicles.grid[0], x, y, self.which.data(), m, radius, self.vehicles.pairs)
            for p in range(self.vehicles.pairs.count):
                k = self.vehicles.pairs.centre[p]
                own = -1 if unit else self.which[k]
                if self.vehicles.pairs.point[p] != own:
                    self.heard.push_back(<int>(begin + k))
                    self.slot.push_back(self.vehicles.pairs.point[p])


cdef object _copied(vector[int]& values):
    copy = np.empty(values.size(), np.int32)
    cdef int[::1] view = copy
    if values.size():
        memcpy(&view[0], values.data(), values.size() * sizeof(int))
    return copy


cdef tuple _arrays(Pairs& pairs):
    centre, point = np.empty(pairs.count, np.int32), np.empty(pairs.count, np.int32)
    cdef int[::1] centres = centre, points = point
    if pairs.count:
        memcpy(&centres[0], pairs.centre.data(), pairs.count * sizeof(int))
        memcpy(&points[0], pairs.point.data(), pairs.count * sizeof(int))
    return centre, point
