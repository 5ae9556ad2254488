from libcpp.vector cimport vector
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t


cdef extern from "walls.hpp" namespace "wayside" nogil:
    cdef cppclass CWalls "wayside::Walls":
        double per_wall, per_metre
        bint empty()
        void build(const double* x, const double* y, const int64_t* first, int64_t polygons, double cell)
        float loss(double px, double py, double qx, double qy, double enough)


cdef extern from "bodies.hpp" namespace "wayside" nogil:
    cdef cppclass Bodies:
        bint looked_for
        void place(int64_t n, const double* x, const double* y, const double* z, const uint8_t* there, const uint8_t* tall, int first)
        int between(int i, double px, double py, double h, int j, double qx, double qy, double g)


cdef extern from "loss.hpp" namespace "wayside" nogil:
    cdef cppclass Step "wayside::LossTables::Step":
        float loss, deviation, sight, behind
        float blocked[2]
        float spread[2]

    cdef cppclass LossTables:
        int classes, steps
        float step
        vector[Step] table


cdef extern from "links.hpp" namespace "wayside" nogil:
    cdef cppclass Row:
        vector[float] power
        int lanes()
        int place(int lane)

    cdef cppclass CLinks "wayside::Links":
        LossTables tables
        CWalls walls
        Bodies bodies
        vector[double] heights
        float tall
        float least "floor"
        double range, skin, decorrelation
        uint64_t seed
        int count
        vector[int32_t] place, station
        int64_t searches
        void update(int n, const double* px, const double* py, const double* pz, const uint8_t* on, const uint64_t* ids,
                    const uint8_t* classes, const float* emitted, const float* gain) except +
        void hear(int station, Row& row) except +
        void hear_all(vector[Row]& rows, int threads) except +


cdef class Links:
    cdef CLinks links
    cdef vector[Row] rows
    cdef int _copy(self, const Row& row, int[::1] other, float[::1] power)
