# distutils: language = c++
"""The ways that a fleet's vehicles came, as few points each, for the path histories in their CAMs."""

from libc.math cimport M_PI, cos, fabs, sin, sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t
from libcpp.vector cimport vector

cdef extern from "<cstdlib>" nogil:
    int64_t llabs(int64_t)


DEF POINTS = 10           # of a path history at most
DEF CHORD = 22.5          # m: at most from point to point
DEF ERROR = 0.47          # m: at most between the way and its chord
DEF STRAIGHT = 1.0        # degrees turned below which the way is its chord
DEF FARTHEST = 131071     # 0.1 microdegree: DeltaLatitude, DeltaLongitude of TS 102 894-2
DEF LONGEST = 65535       # 10 ms: PathDeltaTime of TS 102 894-2
DEF NORTHERNMOST = 900000000
DEF EASTERNMOST = 1800000000


# A place on the way: where in the net [m] and heading there [degrees], where on earth [0.1 microdegree], when [ms].
cdef struct Place:
    double x, y, heading
    int64_t latitude, longitude, time


# The last points, in a ring that ends before `next`; the last of them once more, and the place after it that was seen
# last. station: whose way it is, -1: nobody's.
cdef struct Path:
    int64_t station
    int next, count
    Place start, before
    int64_t latitude[POINTS]
    int64_t longitude[POINTS]
    int64_t time[POINTS]


cdef inline double _strays(const Place* start, const Place* now, double chord) noexcept nogil:
    """How far the way is from its chord, m, if it is an arc: SAE J2945/1's path history, actual error."""
    cdef double turned = fabs(now.heading - start.heading) % 360.0
    if turned > 180.0:
        turned = 360.0 - turned
    if turned < STRAIGHT:
        return 0.0
    cdef double half = 0.5 * turned * M_PI / 180.0
    return chord / (2.0 * sin(half)) * (1.0 - cos(half))


cdef inline void _keep(Path* path, const Place* place) noexcept nogil:
    path.start = place[0]
    path.latitude[path.next] = place.latitude
    path.longitude[path.next] = place.longitude
    path.time[path.next] = place.time
    path.next = (path.next + 1) % POINTS
    if path.count < POINTS:
        path.count += 1


cdef void _go_on(Path* path, int64_t station, const Place* now) noexcept nogil:
    """A vehicle is at another place: the one before becomes a point where the way would stray from the chord to here,
    or the chord would be too long. The way begins anew with another vehicle, and after a jump."""
    cdef double dx = now.x - path.start.x, dy = now.y - path.start.y
    cdef double chord = sqrt(dx * dx + dy * dy)
    if (
        path.station != station
        or now.time < path.before.time
        or llabs(now.latitude - path.before.latitude) > FARTHEST
        or llabs(now.longitude - path.before.longitude) > FARTHEST
    ):
        path.station = station
        path.next = path.count = 0
        _keep(path, now)
    elif chord > CHORD or _strays(&path.start, now, chord) > ERROR:
        if path.before.time > path.start.time:
            _keep(path, &path.before)
        else:
            _keep(path, now)
    path.before = now[0]


cdef int _write(
    const Path* path, const Place* now, int64_t* latitude, int64_t* longitude, int64_t* time
) noexcept nogil:
    """The points behind a place, the newest first, each from the one before; return how many. Ends where one is too
    far from the next, or too long ago, to be told."""
    cdef int k, at, count = 0
    cdef int64_t north = now.latitude, east = now.longitude, when = now.time, since, up, right
    for k in range(1, path.count + 1):
        at = (path.next - k + POINTS) % POINTS
        since = (when - path.time[at] + 5) // 10
        if path.time[at] == now.time:
            continue
        up = path.latitude[at] - north
        right = path.longitude[at] - east
        if since > LONGEST or llabs(up) > FARTHEST or llabs(right) > FARTHEST:
            break
        latitude[count] = up
        longitude[count] = right
        time[count] = since if since > 0 else 1
        north, east, when = path.latitude[at], path.longitude[at], path.time[at]
        count += 1
    return count


cdef class Paths:
    """The way of every slot's vehicle as its CAMs tell it: at most 10 points, over the last 200 m or so.

    A point is kept where the way strays 0.47 m from a straight line since the last one, or 22.5 m from it (the concise
    path of SAE J2945/1, with the limits that the CAR 2 CAR profile has for it).
    """

    cdef vector[Path] paths

    def grow(self, Py_ssize_t slots):
        """Room for so many slots; those known keep their paths."""
        cdef Py_ssize_t known = <Py_ssize_t>self.paths.size(), i
        self.paths.resize(slots)
        for i in range(known, slots):
            self.paths[i].station = -1
            self.paths[i].next = self.paths[i].count = 0

    def tell(
        self,
        const int32_t[::1] slots not None,
        const uint8_t[::1] due not None,
        const double[::1] x not None,
        const double[::1] y not None,
        const double[::1] heading not None,
        const int64_t[::1] station not None,
        const int64_t[::1] latitude not None,
        const int64_t[::1] longitude not None,
        int64_t time,
        int64_t[::1] count not None,
        int64_t[::1] north not None,
        int64_t[::1] east not None,
        int64_t[::1] since not None,
    ):
        """Vehicles in these slots say where they are at a time [ms], and those for which it is due how they came.

        By slot: x, y [m], heading [degrees], station; by row: due, latitude, longitude [0.1 microdegree], and to
        `count` how many points a row has; they come one after the other in north, east [0.1 microdegree] and since
        [10 ms], the newest first, each from the one before. A station without a position has no path. Returns how many
        points. ValueError for slots that there are not, and where there is no room.
        """
        cdef Py_ssize_t rows = slots.shape[0], i
        cdef Py_ssize_t known = min(x.shape[0], y.shape[0], heading.shape[0], station.shape[0])
        cdef Py_ssize_t room = min(due.shape[0], latitude.shape[0], longitude.shape[0], count.shape[0])
        cdef int64_t total = 0
        cdef Place now
        cdef int32_t slot
        room = min(room, north.shape[0] // POINTS, east.shape[0] // POINTS, since.shape[0] // POINTS)
        known = min(known, <Py_ssize_t>self.paths.size())
        if rows > room:
            raise ValueError(f"{rows} rows: there is room for {room}")
        for i in range(rows):
            if not 0 <= slots[i] < known:
                raise ValueError(f"slot {slots[i]}: there are {known}")
        with nogil:
            for i in range(rows):
                slot = slots[i]
                now.x, now.y, now.heading = x[slot], y[slot], heading[slot]
                now.latitude, now.longitude, now.time = latitude[i], longitude[i], time
                count[i] = 0
                if llabs(now.latitude) > NORTHERNMOST or llabs(now.longitude) > EASTERNMOST:
                    self.paths[slot].station = -1
                    continue
                _go_on(&self.paths[slot], station[slot], &now)
                if due[i]:
                    count[i] = _write(&self.paths[slot], &now, &north[total], &east[total], &since[total])
                    total += count[i]
        return total
