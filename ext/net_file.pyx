# distutils: language = c++
"""SUMO's net files as columns, read by Python's own expat without a Python object for each element."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy
from libcpp cimport bool as cbool
from libcpp.string cimport string
from libcpp.utility cimport pair
from libcpp.vector cimport vector


cdef extern from "net_file.hpp" namespace "wayside" nogil:
    cdef cppclass Names:
        vector[string] names

    cdef cppclass Parser "wayside::NetFile":
        string boundary
        cbool located
        Names edges, junctions, directions, lights
        vector[int32_t] edge_from, edge_to, edge_first_lane, lane_edge, lane_access
        vector[uint8_t] edge_internal, junction_internal, state
        vector[string] edge_name
        vector[double] lane_speed, lane_length, lane_width, points, junction_xy
        vector[int64_t] lane_end
        vector[pair[string, string]] accesses
        vector[pair[cbool, cbool]] access_written
        vector[int32_t] begin "from", to, from_lane, to_lane, via, light, link, direction, program_end
        vector[uint8_t] program_is_phase
        vector[string] program_words
        Parser() except +
        void feed(const char* text, size_t length, cbool last) except +
        vector[int32_t] after() except +


cdef array(const void* first, size_t count, dtype):
    found = np.empty(count, dtype)
    cdef uint8_t[::1] to = found.view(np.uint8)
    if count:
        memcpy(&to[0], first, to.shape[0])
    return found


cdef ints(const vector[int32_t]& column):
    return array(column.data(), column.size(), np.int32)


cdef longs(const vector[int64_t]& column):
    return array(column.data(), column.size(), np.int64)


cdef doubles(const vector[double]& column):
    return array(column.data(), column.size(), np.float64)


cdef flags(const vector[uint8_t]& column):
    return array(column.data(), column.size(), np.bool_)


cdef list texts(const vector[string]& column):
    return [column[k].decode() for k in range(<Py_ssize_t>column.size())]


cdef class NetFile:
    """A net file that is fed piece by piece, unpacked; then its columns in the file's order.

    Edges that are no roads (connectors) are left out. Raises ValueError with what is wrong: no XML, an attribute that
    is missing or no number, an edge or a lane that is not there. RuntimeError where Python has no expat.
    """

    cdef Parser* parser

    def __cinit__(self):
        self.parser = new Parser()

    def __dealloc__(self):
        del self.parser

    def feed(self, const uint8_t[::1] piece not None, bint last):
        """Read one more piece, without the GIL; the last may be empty."""
        cdef const char* text = ""
        if piece.shape[0]:
            text = <const char*>&piece[0]
        with nogil:
            self.parser.feed(text, piece.shape[0], last)

    @property
    def boundary(self):
        """The location's convBoundary as written; None without a location."""
        return self.parser.boundary.decode() if self.parser.located else None

    @property
    def edge_ids(self):
        """Of E edges."""
        return texts(self.parser.edges.names)

    @property
    def edge_names(self):
        """Empty where there is none."""
        return texts(self.parser.edge_name)

    @property
    def edges(self):
        """Junction from, junction to, number of the first lane, edge after (see `RoadNetwork`): 4 x E; internal: E."""
        cdef vector[int32_t] after = self.parser.after()
        columns = (
            ints(self.parser.edge_from),
            ints(self.parser.edge_to),
            ints(self.parser.edge_first_lane),
            ints(after),
        )
        return np.array(columns), flags(self.parser.edge_internal)

    @property
    def lanes(self):
        """Edge and access: 2 x L; speed [m/s], length and width [m]: 3 x L."""
        whole = ints(self.parser.lane_edge), ints(self.parser.lane_access)
        columns = (
            doubles(self.parser.lane_speed),
            doubles(self.parser.lane_length),
            doubles(self.parser.lane_width),
        )
        return np.array(whole), np.array(columns)

    @property
    def points(self):
        """Of all lanes, P x 3 [m], a height of 0 where none is told; and where each lane's end: L."""
        return doubles(self.parser.points).reshape(-1, 3), longs(self.parser.lane_end)

    @property
    def accesses(self):
        """What lanes have for `allow` and `disallow`, None where nothing is written."""
        found = []
        for k in range(<Py_ssize_t>self.parser.accesses.size()):
            written, said = self.parser.access_written[k], self.parser.accesses[k]
            found.append(
                (said.first.decode() if written.first else None, said.second.decode() if written.second else None)
            )
        return found

    @property
    def junction_ids(self):
        """In the order in which edges mention them, then the others; without those inside of junctions."""
        return texts(self.parser.junctions.names)

    @property
    def junctions(self):
        """Positions, J x 2 [m], NaN where only an edge mentions it; internal: J."""
        xy = doubles(self.parser.junction_xy).reshape(-1, 2)
        return xy, flags(self.parser.junction_internal)

    @property
    def connections(self):
        """Edge from, edge to, lane from, lane to, lane within the junction, light, link, direction: 8 x C; -1: none."""
        return np.array(
            (
                ints(self.parser.begin),
                ints(self.parser.to),
                ints(self.parser.from_lane),
                ints(self.parser.to_lane),
                ints(self.parser.via),
                ints(self.parser.light),
                ints(self.parser.link),
                ints(self.parser.direction),
            )
        )

    @property
    def states(self):
        """Of the connections, SUMO's letter for the right of way in ASCII; 0 where none is written: C."""
        return array(self.parser.state.data(), self.parser.state.size(), np.uint8)

    @property
    def directions(self):
        """SUMO's letters, by the numbers in `connections`."""
        return texts(self.parser.directions.names)

    @property
    def lights(self):
        """Ids, by the numbers in `connections`."""
        return texts(self.parser.lights.names)

    @property
    def programs(self):
        """The attributes of each `tlLogic`, and of each of its phases."""
        cdef list words = texts(self.parser.program_words)
        cdef int32_t first = 0, k
        found, phases = [], []
        for k in range(<int32_t>self.parser.program_end.size()):
            last = self.parser.program_end[k]
            attributes = dict(zip(words[first:last:2], words[first + 1:last:2]))
            if self.parser.program_is_phase[k]:
                phases.append(attributes)
            else:
                phases = []
                found.append((attributes, phases))
            first = last
        return found


def lane_ids(list edge_ids not None, const int32_t[::1] edge not None, const int32_t[::1] first_lane not None):
    """SUMO's ids of lanes, "edge_rank", by their edge's number; first_lane: by edge."""
    return [f"{edge_ids[edge[k]]}_{k - first_lane[edge[k]]}" for k in range(edge.shape[0])]
