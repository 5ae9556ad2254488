# distutils: language = c++
"""Sharing power on a tree of limits: by a level that rises for all alike, one after the other, or in small steps.

Each is O(n) in the sessions but for the order that it is given in, and takes them in any order.
"""

import numpy as np

from libc.math cimport fabs
from libc.stdint cimport uint64_t
from libc.string cimport memcpy
from libcpp.algorithm cimport stable_sort
from libcpp.vector cimport vector

cdef enum:
    DIGIT = 11  # bits that a pass of the sort looks at
    PASSES = 6
    FEW = 512  # below, sorting by comparisons is faster

cdef extern from *:
    """
    #include <cstdint>
    struct Keyed { uint64_t key; Py_ssize_t row; bool operator<(const Keyed& other) const { return key < other.key; } };
    """
    cdef struct Keyed:
        uint64_t key
        Py_ssize_t row


# Of a limit, by which a level may miss it: rounding of sums over many.
cdef double CLOSE = 1e-13


cdef class Tree:
    """Which node feeds which: the sites first, then what feeds them, each after all that it feeds.

    `nodes` and `sites` are how many. In the order of `place` the sites below a node stand side by side.
    """

    cdef readonly int nodes, sites
    cdef vector[int] parent, place, first, last  # of a node: its sites' places

    def __init__(self, const int[::1] parent not None, int sites):
        """parent: by node, -1 for a root. ValueError where a node does not come before what feeds it."""
        cdef int node, up
        cdef vector[int] count, ahead
        self.nodes, self.sites = parent.shape[0], sites
        if not 0 <= sites <= self.nodes:
            raise ValueError(f"{sites} sites of {self.nodes} nodes")
        for node in range(self.nodes):
            if not (parent[node] == -1 or (node < parent[node] < self.nodes and parent[node] >= sites)):
                raise ValueError(f"node {node} is fed by {parent[node]}")
            self.parent.push_back(parent[node])
        count.assign(self.nodes, 0)
        for node in range(self.nodes):
            count[node] += node < sites
            if self.parent[node] >= 0:
                count[self.parent[node]] += count[node]
        self.first.assign(self.nodes, 0)
        self.last.assign(self.nodes, 0)
        self.place.assign(sites, 0)
        ahead.assign(self.nodes, 0)
        cdef int roots = 0
        for node in range(self.nodes - 1, -1, -1):
            up = self.parent[node]
            if up < 0:
                self.first[node] = roots
                roots += count[node]
            else:
                self.first[node] = ahead[up]
                ahead[up] += count[node]
            ahead[node] = self.first[node]
            self.last[node] = self.first[node] + count[node]
            if node < sites:
                self.place[node] = self.first[node]

    def __reduce__(self):
        return Tree, (np.array(self.parent, np.int32), self.sites)


cdef int _check(Tree tree, const int[::1] site, Py_ssize_t n, const double[::1] limit) except -1:
    cdef Py_ssize_t k
    if site.shape[0] != n or limit.shape[0] != tree.nodes:
        raise ValueError("columns of different lengths")
    for k in range(n):
        if not 0 <= site[k] < tree.sites:
            raise ValueError(f"site {site[k]}: there are {tree.sites}")
    return 0


def totals(Tree tree not None, const int[::1] site not None, const double[::1] power not None):
    """What goes through each node [W], where so much is drawn at these sites. ValueError for a site there is not."""
    cdef Py_ssize_t k
    cdef int node
    found = np.zeros(tree.nodes)
    cdef double[::1] total = found
    _check(tree, site, power.shape[0], total)
    with nogil:
        for k in range(power.shape[0]):
            total[site[k]] += power[k]
        for node in range(tree.nodes):
            if tree.parent[node] >= 0:
                total[tree.parent[node]] += total[node]
    return found


cdef double _even(const double* upper, Py_ssize_t n, double limit) noexcept nogil:
    """The level at which min(upper, level) sums up to the limit, which is below the sum of `upper`.

    From below: who wants less than an equal share is served, and the rest is shared again (Michelot 1986).
    """
    cdef double level = limit / n, below, risen
    cdef Py_ssize_t k, above
    while True:
        below = 0.0
        above = 0
        for k in range(n):
            if upper[k] <= level:
                below += upper[k]
            else:
                above += 1
        if not above:
            return level
        risen = (limit - below) / above
        if not risen > level:
            return level
        level = risen


cdef double _weighted(
    const double* upper, const double* weight, const double* offset, Py_ssize_t n, double limit
) noexcept nogil:
    """The level at which weight * (level - offset), kept within 0..upper, sums up to the limit.

    By Newton's method on a function of straight pieces, which ends within the piece; halved where it would leave what
    is known to hold the level.
    """
    cdef double low = 1e308, high = -1e308, level, given, slope, one, ahead
    cdef Py_ssize_t k
    cdef int turn
    for k in range(n):
        low = min(low, offset[k])
        high = max(high, offset[k] + upper[k] / weight[k])
    level = low
    for turn in range(200):
        given = slope = 0.0
        for k in range(n):
            one = weight[k] * (level - offset[k])
            if one >= upper[k]:
                given += upper[k]
            elif one >= 0.0:
                given += one
                slope += weight[k]
        if fabs(given - limit) <= CLOSE * limit:
            return level
        if given > limit:
            high = level
        else:
            low = level
        ahead = level + (limit - given) / slope if slope > 0.0 else 0.5 * (low + high)
        if not low < ahead < high:
            ahead = 0.5 * (low + high)
        if ahead == level or ahead == low or ahead == high:
            return low
        level = ahead
    return low


def fill(
    Tree tree not None,
    const double[::1] wanted not None,
    const int[::1] site not None,
    const double[::1] limit not None,
    const double[::1] weight=None,
    const double[::1] offset=None,
):
    """What each is granted [W] where a level rises for all alike, until a limit above it holds: at a level each gets
    weight * (level - offset), within 0..wanted.

    Without weight and offset everybody gets the level itself: the max-min fair shares (Bertsekas and Gallager, Data
    Networks, 6.5.2). From the sites up: whoever is cut at a node may be cut again above it, which on a tree gives the
    same as all limits at once. wanted [W], site: an entry by session; limit [W]: by node, infinite where there is none;
    weight: above 0. ValueError for columns of different lengths and a site there is not.
    """
    cdef Py_ssize_t n = wanted.shape[0], k, begin, end
    cdef int node, place
    cdef double level, total, one
    cdef bint even = weight is None
    _check(tree, site, n, limit)
    if even != (offset is None) or (not even and not weight.shape[0] == offset.shape[0] == n):
        raise ValueError("columns of different lengths")
    granted = np.empty(n)
    cdef double[::1] out = granted
    cdef vector[int] at
    cdef vector[Py_ssize_t] start, row
    cdef vector[double] upper, slope, shift
    with nogil:
        start.assign(tree.sites + 1, 0)
        for k in range(n):
            start[tree.place[site[k]] + 1] += 1
        for place in range(tree.sites):
            start[place + 1] += start[place]
        row.resize(n)
        upper.resize(n)
        at.assign(tree.sites, 0)
        for k in range(n):
            place = tree.place[site[k]]
            row[start[place] + at[place]] = k
            upper[start[place] + at[place]] = wanted[k]
            at[place] += 1
        if not even:
            slope.resize(n)
            shift.resize(n)
            for k in range(n):
                slope[k], shift[k] = weight[row[k]], offset[row[k]]
        for node in range(tree.nodes):
            begin, end = start[tree.first[node]], start[tree.last[node]]
            total = 0.0
            for k in range(begin, end):
                total += upper[k]
            if total <= limit[node]:
                continue
            if even:
                level = _even(&upper[begin], end - begin, limit[node])
                for k in range(begin, end):
                    upper[k] = min(upper[k], level)
            else:
                level = _weighted(&upper[begin], &slope[begin], &shift[begin], end - begin, limit[node])
                for k in range(begin, end):
                    one = slope[k] * (level - shift[k])
                    upper[k] = 0.0 if one < 0.0 else min(upper[k], one)
        for k in range(n):
            out[row[k]] = upper[k]
    return granted


def in_order(
    Tree tree not None,
    const Py_ssize_t[::1] order not None,
    const double[::1] wanted not None,
    const int[::1] site not None,
    const double[::1] limit not None,
    const double[::1] granted=None,
):
    """What each is granted [W] where one after the other takes what it wants and all limits above it leave.

    order: rows, each once; granted [W]: what each has already, on top of which it takes up to what it wants. Otherwise
    as `fill`.
    """
    cdef Py_ssize_t n = wanted.shape[0], k, r
    cdef int node
    cdef double room
    _check(tree, site, n, limit)
    if order.shape[0] != n or (granted is not None and granted.shape[0] != n):
        raise ValueError("columns of different lengths")
    _rows(order, n)
    found = np.zeros(n) if granted is None else np.array(granted)
    left = np.array(limit)
    if granted is not None:
        left -= totals(tree, site, granted)
    cdef double[::1] out = found, rest = left
    with nogil:
        for k in range(n):
            r = order[k]
            room = wanted[r] - out[r]
            node = site[r]
            while node >= 0:
                room = min(room, rest[node])
                node = tree.parent[node]
            if not room > 0.0:
                continue
            out[r] += room
            node = site[r]
            while node >= 0:
                rest[node] -= room
                node = tree.parent[node]
    return found


def in_rounds(
    Tree tree not None,
    const Py_ssize_t[::1] order not None,
    const double[::1] wanted not None,
    const int[::1] site not None,
    const double[::1] limit not None,
    double step,
):
    """What each is granted [W] where in turn each takes one step [W] more, until it wants none or a limit above it has
    no room for one; then it steps aside. As `in_order` otherwise.

    As many steps as its max-min fair share has, whole ones, each gets in any case: they are given at once, and turns are
    taken from there on, who has fewest steps first.
    """
    cdef Py_ssize_t n = wanted.shape[0], k, r, ahead = 0
    cdef int node
    cdef uint64_t count
    if not step > 0.0:
        raise ValueError(f"a step of {step:g} W")
    if order.shape[0] != n:
        raise ValueError("columns of different lengths")
    _rows(order, n)
    steps = np.asarray(wanted) // step
    whole = fill(tree, steps * step, site, limit) * (1.0 - 1e-12) // step
    found = whole * step
    left = np.array(limit) - totals(tree, site, found)
    cdef double[::1] out = found, rest = left, most = steps, has = whole
    cdef vector[Keyed] waiting, turn, again
    with nogil:
        waiting.resize(n)
        for k in range(n):  # by steps, then in the order given
            waiting[k].key = (<uint64_t>has[order[k]] << 32) | <uint64_t>k
            waiting[k].row = order[k]
        stable_sort(waiting.begin(), waiting.end())
        while ahead < n or again.size():
            count = (again[0].key if again.size() else waiting[ahead].key) >> 32
            turn.swap(again)
            again.clear()
            k = turn.size()
            while ahead < n and waiting[ahead].key >> 32 == count:
                turn.push_back(waiting[ahead])
                ahead += 1
            if 0 < k < <Py_ssize_t>turn.size():
                stable_sort(turn.begin(), turn.end())
            for k in range(<Py_ssize_t>turn.size()):
                r = turn[k].row
                if has[r] >= most[r]:
                    continue
                node = site[r]
                while node >= 0 and rest[node] >= step:
                    node = tree.parent[node]
                if node >= 0:
                    continue
                has[r] += 1.0
                node = site[r]
                while node >= 0:
                    rest[node] -= step
                    node = tree.parent[node]
                turn[k].key += <uint64_t>1 << 32
                again.push_back(turn[k])
        for k in range(n):
            out[k] = has[k] * step
    return found


def begun(
    Tree tree not None,
    const Py_ssize_t[::1] order not None,
    const double[::1] least not None,
    const double[::1] granted not None,
    const int[::1] site not None,
    const double[::1] limit not None,
    bint anybody,
):
    """What each is granted [W] where nobody can have less than its least, but nothing: whoever was granted less has
    nothing, and then in turn its least where all limits above it have room; with `anybody` those too who were granted
    nothing. As `in_order` otherwise.
    """
    cdef Py_ssize_t n = granted.shape[0], k, r
    cdef int node
    cdef double floor
    _check(tree, site, n, limit)
    if order.shape[0] != n or least.shape[0] != n:
        raise ValueError("columns of different lengths")
    _rows(order, n)
    found = np.array(granted)
    cdef double[::1] out = found
    with nogil:
        for k in range(n):
            if out[k] < least[k] * (1.0 - CLOSE):
                out[k] = 0.0
    left = np.array(limit) - totals(tree, site, found)
    cdef double[::1] rest = left
    with nogil:
        for k in range(n):
            r = order[k]
            floor = least[r]
            if out[r] > 0.0 or not floor > 0.0 or not (anybody or granted[r] > 0.0):
                continue
            node = site[r]
            while node >= 0 and rest[node] >= floor:
                node = tree.parent[node]
            if node >= 0:
                continue
            out[r] = floor
            node = site[r]
            while node >= 0:
                rest[node] -= floor
                node = tree.parent[node]
    return found


cdef int _rows(const Py_ssize_t[::1] order, Py_ssize_t n) except -1:
    cdef Py_ssize_t k
    for k in range(n):
        if not 0 <= order[k] < n:
            raise ValueError(f"row {order[k]}: there are {n}")
    return 0


def ascending(const double[::1] keys not None):
    """The rows in the order of their keys, equal ones in the order of the rows: what `numpy.argsort` answers with
    `stable`, but faster for many. No key may be NaN.
    """
    cdef Py_ssize_t n = keys.shape[0], k
    cdef uint64_t bits
    cdef double key
    cdef int turn, shift
    found = np.empty(n, np.intp)
    cdef Py_ssize_t[::1] out = found
    cdef vector[Keyed] rows, others
    cdef vector[Py_ssize_t] count
    with nogil:
        rows.resize(n)
        for k in range(n):
            key = keys[k] + 0.0  # -0.0 is 0.0
            memcpy(&bits, &key, 8)
            # As whole numbers that are in the order of the floats.
            rows[k].key = ~bits if bits >> 63 else bits | (<uint64_t>1 << 63)
            rows[k].row = k
        if n < FEW:
            stable_sort(rows.begin(), rows.end())
        else:
            others.resize(n)
            for turn in range(PASSES):
                shift = turn * DIGIT
                count.assign((1 << DIGIT) + 1, 0)
                for k in range(n):
                    count[(rows[k].key >> shift & ((1 << DIGIT) - 1)) + 1] += 1
                for k in range(1 << DIGIT):
                    count[k + 1] += count[k]
                for k in range(n):
                    others[count[rows[k].key >> shift & ((1 << DIGIT) - 1)]] = rows[k]
                    count[rows[k].key >> shift & ((1 << DIGIT) - 1)] += 1
                rows.swap(others)
        for k in range(n):
            out[k] = rows[k].row
    return found
