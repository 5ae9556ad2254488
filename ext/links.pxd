from libcpp.vector cimport vector
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t


cdef extern from "walls.hpp" namespace "wayside" nogil:
    cdef cppclass CWalls "wayside::Walls":
        double per_wall, per_metre
        bint empty()
        void build(const double* x, const double* y, const int64_t* first, int64_t polygons, double cell)
        float loss(double px, double py, double qx, double qy)


cdef extern from "links.hpp" namespace "wayside" nogil:
    cdef cppclass LossTables:
        int classes, steps
        float step
        vector[float] loss, deviation, sight, blocked, spread, blocked_deviation

    cdef cppclass CLinks "wayside::Links":
        LossTables tables
        CWalls walls
        double range, skin, decorrelation, settle
        uint64_t seed
        vector[int64_t] start
        vector[int32_t] other
        vector[float] power
        vector[uint8_t] here
        int count
        int64_t updates, searches
        void update(int n, const double* px, const double* py, const uint8_t* on, const uint64_t* ids,
                    const uint8_t* classes, const float* emitted, const float* gain, int threads) except +


cdef class Links:
    cdef CLinks links
    cdef readonly object x, y, id  # kept alive: access kernels point into them
    cdef const double[::1] px, py
    cdef const uint64_t[::1] ids
