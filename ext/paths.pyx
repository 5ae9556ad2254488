# distutils: language = c++
"""The ways that a fleet's vehicles came, as few points each, for the path histories in their CAMs."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libcpp.vector cimport vector

cdef extern from "paths.hpp" namespace "wayside" nogil:
    cdef enum:
        POINTS

    cdef cppclass Path:
        pass

    int64_t tell_all(
        Path* paths,
        const int32_t* slots,
        int64_t rows,
        const uint8_t* due,
        const double* x,
        const double* y,
        const double* heading,
        const int64_t* station,
        const int64_t* latitude,
        const int64_t* longitude,
        int64_t time,
        int64_t* count,
        int64_t* north,
        int64_t* east,
        int64_t* since,
    )


cdef class Paths:
    """The way of every slot's vehicle as its CAMs tell it: at most 10 points, over the last 200 m or so.

    A point is kept where the way strays 0.47 m from a straight line since the last one, or 22.5 m from it (the concise
    path of SAE J2945/1, with the limits that the CAR 2 CAR profile has for it).
    """

    cdef vector[Path] paths
    cdef const double[::1] x, y, heading
    cdef const int64_t[::1] station, latitude, longitude
    cdef int64_t[::1] count, north, east, since
    cdef Py_ssize_t room  # rows

    def __init__(self):
        self.room = 0

    def grow(self, Py_ssize_t slots):
        """Room for so many slots; those known keep their paths. The columns must be bound anew."""
        self.paths.resize(slots)
        self.room = 0

    def bind(
        self,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] heading not None,
        const int64_t[::1] station not None,
        const int64_t[::1] latitude not None,
        const int64_t[::1] longitude not None,
        int64_t[::1] count not None,
        int64_t[::1] north not None,
        int64_t[::1] east not None,
        int64_t[::1] since not None,
    ):
        """Work on these columns from now on. By slot: x, y [m], heading [degrees], station, as many slots as there is
        room for at least; by row: latitude, longitude [0.1 microdegree] and, to be written, how many points a row has;
        the points one after the other in north, east [0.1 microdegree] and since [10 ms].

        ValueError for fewer slots than have paths.
        """
        known = min(x.shape[0], y.shape[0], heading.shape[0], station.shape[0])
        if known < <Py_ssize_t>self.paths.size():
            raise ValueError(f"columns of {known} slots: there are {self.paths.size()}")
        self.room = min(latitude.shape[0], longitude.shape[0], count.shape[0])
        self.room = min(self.room, north.shape[0] // POINTS, east.shape[0] // POINTS, since.shape[0] // POINTS)
        self.x, self.y, self.heading, self.station = x, y, heading, station
        self.latitude, self.longitude = latitude, longitude
        self.count, self.north, self.east, self.since = count, north, east, since

    def tell(self, const int32_t[::1] slots not None, const uint8_t[::1] due not None, int64_t time):
        """Vehicles in these slots say where they are at a time [ms], and those for which it is due how they came: the
        newest point first, each from the one before.

        A station without a position has no path. Returns how many points. ValueError for slots that there are not, and
        where there is no room.
        """
        cdef Py_ssize_t rows = slots.shape[0], known = self.paths.size(), i
        cdef int64_t total = 0
        if rows > self.room or rows > due.shape[0]:
            raise ValueError(f"{rows} rows: there is room for {min(self.room, due.shape[0])}")
        for i in range(rows):
            if not 0 <= slots[i] < known:
                raise ValueError(f"slot {slots[i]}: there are {known}")
        if not rows:
            return 0
        with nogil:
            total = tell_all(
                self.paths.data(), &slots[0], rows, &due[0], &self.x[0], &self.y[0], &self.heading[0],
                &self.station[0], &self.latitude[0], &self.longitude[0], time, &self.count[0], &self.north[0],
                &self.east[0], &self.since[0],
            )
        return total
