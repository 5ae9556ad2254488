# distutils: language = c++
"""The nearest places along the roads from many origins at once: Dijkstra's search that stops early."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t
from libcpp.vector cimport vector

cdef extern from "nearest.hpp" namespace "wayside" nogil:
    cdef cppclass Graph:
        int32_t edges, places
        vector[int32_t] first, next, first_stand, stand
        vector[double] along, beyond

    cdef cppclass Wanted:
        const double* cost
        const uint8_t* usable
        const int64_t* first_begin
        const int32_t* begin_edge
        const double* begin_along
        int64_t count
        int32_t* place
        double* far

    cdef cppclass Searcher:
        Searcher(const Graph& graph) except +

    void search_all(const Graph& graph, const Wanted& wanted, int64_t origins, vector[Searcher]& crew) except +


cdef class Nearest:
    """Places on the edges of a road graph, and the searches for them.

    A place may stand on several edges, as one that can be reached from both directions of a road.
    """

    cdef Graph graph
    cdef vector[Searcher] crew

    def __init__(
        self,
        int edges,
        const int32_t[::1] before not None,
        const int32_t[::1] after not None,
        int places,
        const int32_t[::1] place not None,
        const int32_t[::1] edge not None,
        const double[::1] along not None,
        const double[::1] beyond not None,
    ):
        """before, after: pairs of edges that follow one another. place, edge, along: where places are, as the share of
        the edge that lies before them, 0..1; an entry for each edge that one is on. beyond: what it costs to come from
        there to the place, at least 0.

        ValueError for edges and places that there are not, shares beyond their bounds, and columns that do not fit.
        """
        _check("pairs of edges", edges, before, after)
        _check("places' edges", edges, edge, edge)
        _check("places", places, place, place)
        if not place.shape[0] == edge.shape[0] == along.shape[0] == beyond.shape[0]:
            raise ValueError(
                f"places: columns of {place.shape[0]}, {edge.shape[0]}, {along.shape[0]} and {beyond.shape[0]}"
            )
        _check_shares(along)
        _check_costs("place", beyond)
        self.graph.edges, self.graph.places = edges, places
        _rows(self.graph.first, edges, before)
        order = np.lexsort((after, before))
        _fill(self.graph.next, np.asarray(after)[order])
        _rows(self.graph.first_stand, edges, edge)
        order = np.lexsort((place, along, edge))
        _fill(self.graph.stand, np.asarray(place)[order])
        _fill_doubles(self.graph.along, np.asarray(along)[order])
        _fill_doubles(self.graph.beyond, np.asarray(beyond)[order])

    def search(
        self,
        const double[::1] cost not None,
        const int64_t[::1] origin not None,
        const int32_t[::1] edge not None,
        const double[::1] along not None,
        const uint8_t[::1] usable not None,
        int count,
        int origins=-1,
        int threads=1,
    ):
        """The `count` nearest usable places of each origin, and how far they are: two arrays, origins x count. Nearest
        first, of those as far by number; -1 and infinite where there are no more.

        cost: of driving along all of each edge, at least 0; infinite where it is closed. origin, edge, along: where the
        origins' ways begin, ascending by origin: numbers below `origins`, of which each has one begin or several; left
        out, as many as there are begins. A place on the begin's own edge is near if it lies ahead, else the way leads
        around. usable: by place, 0 for those that are not wanted. threads: the answer is the same with any number.

        ValueError as the constructor, for costs below 0 or NaN, origins that do not ascend, and no count.
        """
        if usable.shape[0] != self.graph.places:
            raise ValueError(f"usable: {usable.shape[0]} entries for {self.graph.places} places")
        if count < 1:
            raise ValueError(f"count {count}: must be at least 1")
        if origins < 0:
            origins = edge.shape[0]
        places = np.full((origins, count), -1, np.int32)
        far = np.full((origins, count), np.inf)
        if self.graph.places:
            self._search(cost, origin, edge, along, &usable[0], places, far, threads)
        return places, far

    def reach(
        self,
        const double[::1] cost not None,
        const int64_t[::1] origin not None,
        const int32_t[::1] edge not None,
        const double[::1] along not None,
        places not None,
        int threads=1,
    ):
        """How far each origin's own places are: origins x places; infinite where there is no way, or no place.

        places: origins x places, -1 for none. The rest, and ValueError, as in `search`.
        """
        places = np.array(places, np.int32, order="C", ndmin=2)
        far = np.full(places.shape, np.inf)
        if places.size:
            if places.min() < -1 or places.max() >= self.graph.places:
                raise ValueError(f"places {places.min()} to {places.max()}: there are {self.graph.places}")
            self._search(cost, origin, edge, along, NULL, places, far, threads)
        return far

    cdef _search(
        self,
        const double[::1] cost,
        const int64_t[::1] origin,
        const int32_t[::1] edge,
        const double[::1] along,
        const uint8_t* usable,
        int32_t[:, ::1] places,
        double[:, ::1] far,
        int threads,
    ):
        """Fill in `far`, and where `usable` is told also `places`."""
        cdef int64_t begins = edge.shape[0], origins = places.shape[0], k
        if cost.shape[0] != self.graph.edges:
            raise ValueError(f"cost of {cost.shape[0]} edges: there are {self.graph.edges}")
        if origin.shape[0] != begins or along.shape[0] != begins:
            raise ValueError(f"begins: columns of {origin.shape[0]}, {begins} and {along.shape[0]}")
        if threads < 1:
            raise ValueError(f"threads {threads}: must be at least 1")
        _check("begins", self.graph.edges, edge, edge)
        _check_shares(along)
        _check_costs("edge", cost)
        for k in range(begins):
            if not (origin[k - 1] if k else 0) <= origin[k] < origins:
                raise ValueError(f"begin {k} is of origin {origin[k]}: must ascend, below {origins}")
        if not begins:
            return
        cdef const int64_t[::1] first_begin = np.searchsorted(origin, np.arange(origins + 1)).astype(np.int64)
        cdef Wanted wanted
        wanted.cost, wanted.usable = &cost[0], usable
        wanted.first_begin, wanted.begin_edge, wanted.begin_along = &first_begin[0], &edge[0], &along[0]
        wanted.count, wanted.place, wanted.far = places.shape[1], &places[0, 0], &far[0, 0]
        threads = min(threads, origins)
        while <int>self.crew.size() > threads:
            self.crew.pop_back()
        while <int>self.crew.size() < threads:
            self.crew.emplace_back(self.graph)
        with nogil:
            search_all(self.graph, wanted, origins, self.crew)


cdef _check(str what, int32_t bound, const int32_t[::1] one, const int32_t[::1] other):
    cdef Py_ssize_t k
    if one.shape[0] != other.shape[0]:
        raise ValueError(f"{what}: columns of {one.shape[0]} and {other.shape[0]}")
    for k in range(one.shape[0]):
        if not (0 <= one[k] < bound and 0 <= other[k] < bound):
            raise ValueError(f"{what}: {one[k]}, {other[k]} at {k}: there are {bound}")


cdef _check_shares(const double[::1] along):
    cdef Py_ssize_t k
    for k in range(along.shape[0]):
        if not 0.0 <= along[k] <= 1.0:
            raise ValueError(f"share {along[k]} at {k}: must be within 0..1")


cdef _check_costs(str what, const double[::1] cost):
    cdef Py_ssize_t k
    for k in range(cost.shape[0]):
        if not cost[k] >= 0.0:
            raise ValueError(f"{what} {k} costs {cost[k]}: must be at least 0")


cdef _rows(vector[int32_t]& out, int edges, const int32_t[::1] edge):
    """Where each edge's entries begin, once they are in order; one more for the end."""
    _fill(out, np.concatenate(([0], np.bincount(edge, minlength=edges).cumsum())).astype(np.int32))


cdef _fill(vector[int32_t]& out, const int32_t[::1] values):
    cdef Py_ssize_t k
    out.resize(values.shape[0])
    for k in range(values.shape[0]):
        out[k] = values[k]


cdef _fill_doubles(vector[double]& out, const double[::1] values):
    cdef Py_ssize_t k
    out.resize(values.shape[0])
    for k in range(values.shape[0]):
        out[k] = values[k]
