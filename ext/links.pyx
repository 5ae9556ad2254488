# distutils: language = c++
"""Who is heard by whom, and how loud: path loss from tables, shadowing, vehicles and buildings in between."""

import numpy as np

from libc.string cimport memcpy
from libcpp.algorithm cimport sort
from libcpp.utility cimport pair


cdef class Links:
    """Every directed link within `range_m`, with its received power in mW.

    `loss`, `deviation` (classes x classes x steps, dB): mean path loss and standard deviation of its shadowing at 0,
    `step`, 2 `step` ... m; of an unordered pair of classes the entry with the lower class first counts. With `sight`
    (probability of a line of sight) and `blocked_deviation` (dB) of the same shape, `blocked` and `spread` (dB) of
    2 x that shape, for a car and for a truck in between, a pair without a line of sight loses max(0, blocked + spread
    N) more (TR 37.885, clause 6.2.1). With `heights` [m] of the classes' antennas, vehicles in between are looked for
    among those of `place_bodies` instead of drawn. Shadowing decorrelates over `decorrelation` m moved by both ends
    together. `skin` [m]: how much further stations are listed, so that lists last. `floor` [dBm]: power 10 dB below which what stands in between is not told exactly (None:
    always).
    """

    def __init__(
        self,
        *,
        double range_m,
        object loss not None,
        object deviation not None,
        double step=1.0,
        object sight=None,
        object blocked=None,
        object spread=None,
        object blocked_deviation=None,
        object heights=None,
        double decorrelation=25.0,
        double skin=60.0,
        object floor=None,
        uint64_t seed=0,
    ):
        shape = np.shape(loss)
        if len(shape) != 3 or shape[0] != shape[1] or shape[2] < 2:
            raise ValueError(f"loss tables of shape {shape}: must be classes x classes x at least 2 steps")
        wanted = {"deviation": (deviation, shape)}
        if sight is not None:
            wanted |= {"sight": (sight, shape), "blocked_deviation": (blocked_deviation, shape)}
            wanted |= {"blocked": (blocked, (2, *shape)), "spread": (spread, (2, *shape))}
        for name, (one, expected) in wanted.items():
            if np.shape(one) != expected:
                raise ValueError(f"{name} of shape {np.shape(one)}: must be {expected}")
        if heights is not None and (sight is None or len(heights) != shape[0]):
            raise ValueError("heights: one for each class, and losses of vehicles in between")
        if not (range_m > 0.0 and step > 0.0 and decorrelation > 0.0 and skin >= 0.0):
            raise ValueError("range, step and decorrelation must be above 0 m, skin not below")
        if step * (shape[2] - 1) < range_m:
            raise ValueError(f"loss tables end at {step * (shape[2] - 1)} m, before the range of {range_m} m")
        table = np.zeros((*shape, 8), np.float32)  # the columns of Step
        table[..., 0], table[..., 1] = loss, deviation
        table[..., 2] = 1.0
        if sight is not None:
            table[..., 2], table[..., 3] = sight, blocked_deviation
            table[..., 4], table[..., 5] = blocked[0], blocked[1]
            table[..., 6], table[..., 7] = spread[0], spread[1]
        cdef const float[::1] values = table.ravel()
        self.links.tables.table.resize(values.shape[0] // 8)
        memcpy(self.links.tables.table.data(), &values[0], values.shape[0] * sizeof(float))
        self.links.tables.classes = shape[0]
        self.links.tables.steps = shape[2]
        self.links.tables.step = step
        if heights is not None:
            self.links.heights = heights
            self.links.bodies.looked_for = True
        self.links.range = range_m
        self.links.skin = skin
        self.links.decorrelation = decorrelation
        if floor is not None:
            self.links.least = floor
        self.links.seed = seed

    def build_walls(self, const double[::1] x not None, const double[::1] y not None,
                    const int64_t[::1] first not None, double cell=50.0):
        """Buildings as closed polygons: corners x, y [m], polygon p's from first[p] to first[p + 1]."""
        if x.shape[0] != y.shape[0] or first.shape[0] < 1 or first[first.shape[0] - 1] != x.shape[0]:
            raise ValueError("corners and polygons do not fit together")
        if x.shape[0]:
            self.links.walls.build(&x[0], &y[0], &first[0], first.shape[0] - 1, cell)

    def wall_loss(self, const double[::1] x not None, const double[::1] y not None,
                  const double[::1] to_x not None, const double[::1] to_y not None):
        """dB lost to buildings on each of n straight lines."""
        cdef Py_ssize_t k, n = x.shape[0]
        if not y.shape[0] == to_x.shape[0] == to_y.shape[0] == n:
            raise ValueError("columns of different lengths")
        found = np.empty(n, np.float32)
        cdef float[::1] view = found
        with nogil:
            for k in range(n):
                view[k] = self.links.walls.loss(x[k], y[k], to_x[k], to_y[k], 1e300)
        return found

    def place_bodies(
        self,
        const double[::1] x not None,
        const double[::1] y not None,
        const unsigned char[::1] there not None,
        const unsigned char[::1] tall not None,
        int first,
        const double[::1] z=None,
    ):
        """Vehicles that may stand in between, on the air or not: their fronts [m], which are there, and which are
        trucks or buses; vehicle k is station first + k. z: how high the ground is under each [m] (None: 0). To be told
        before `update`."""
        z = np.zeros(x.shape[0]) if z is None else z
        if not y.shape[0] == z.shape[0] == there.shape[0] == tall.shape[0] == x.shape[0]:
            raise ValueError("columns of different lengths")
        cdef int64_t n = x.shape[0], k, all_of_them = 0, high = 0
        for k in range(n):
            all_of_them += there[k] != 0
            high += there[k] != 0 and tall[k] != 0
        self.links.tall = <float>high / <float>all_of_them if all_of_them else 0.0
        if self.links.bodies.looked_for and n:
            with nogil:
                self.links.bodies.place(n, &x[0], &y[0], &z[0], &there[0], &tall[0], first)

    def blocker(
        self, int one, double x, double y, double height, int other, double to_x, double to_y, double to_height
    ):
        """What stands between two stations with antennas at these places [m], heights above 0: 0 nothing, 1 a car, 2 a truck or bus."""
        return self.links.bodies.between(one, x, y, height, other, to_x, to_y, to_height)

    def update(
        self,
        const double[::1] x not None,
        const double[::1] y not None,
        const unsigned char[::1] on not None,
        const uint64_t[::1] ids not None,
        const unsigned char[::1] classes not None,
        const float[::1] emitted not None,
        const float[::1] gain not None,
        const double[::1] z=None,
    ):
        """Move the stations: x, y [m], whether they take part, ids (stable, never 0), classes, emitted power [mW] and
        linear antenna gain at reception; z: how high the ground is under each [m] (None: 0). Distances are those in
        space. Powers follow when somebody asks for them.
        """
        z = np.zeros(x.shape[0]) if z is None else z
        cdef int n = <int>x.shape[0]
        if not y.shape[0] == z.shape[0] == on.shape[0] == ids.shape[0] == classes.shape[0] == emitted.shape[0] == gain.shape[0] == n:
            raise ValueError("columns of different lengths")
        if n == 0:
            raise ValueError("no stations")
        with nogil:
            self.links.update(n, &x[0], &y[0], &z[0], &on[0], &ids[0], &classes[0], &emitted[0], &gain[0])

    @property
    def searches(self):
        """How often neighbours were searched anew."""
        return self.links.searches

    def renew(self, int threads=1):
        """Work out the powers of all links; how many directed ones are within the range. Results do not depend on the
        number of threads."""
        cdef int64_t many = 0
        cdef int i, k
        with nogil:
            self.links.hear_all(self.rows, threads)
            for i in range(self.links.count):
                for k in range(self.rows[i].lanes()):
                    many += self.rows[i].power[k] > 0.0
        return many

    def table(self, int threads=1):
        """All directed links within the range: starts of rows (stations + 1), other ends and powers [mW]."""
        cdef int64_t many = self.renew(threads), at = 0
        cdef int i
        start, other, power = np.zeros(self.links.count + 1, np.int64), np.empty(many, np.int32), np.empty(many, np.float32)
        cdef int64_t[::1] s = start
        cdef int[::1] o = other
        cdef float[::1] p = power
        for i in range(self.links.count):
            at += self._copy(self.rows[i], o[at:], p[at:])
            s[i + 1] = at
        return start, other, power

    def row(self, int station):
        """One station's links within the range: other ends and powers [mW]."""
        if not 0 <= station < self.links.count:
            raise ValueError(f"station {station} of {self.links.count}")
        cdef Row row
        if self.links.place[station] >= 0:
            self.links.hear(station, row)
        other, power = np.empty(row.lanes(), np.int32), np.empty(row.lanes(), np.float32)
        cdef int n = self._copy(row, other, power)
        return other[:n], power[:n]

    def powers(self, const int[::1] station not None, const int[::1] other not None):
        """What each of these stations' powers is at the other end [mW], 0 where nothing comes; quickest where those of
        one station stand together.
        """
        cdef Py_ssize_t n = station.shape[0], k
        cdef int lane, last = -1, one
        cdef Row row
        cdef vector[float] at
        if other.shape[0] != n:
            raise ValueError("columns of different lengths")
        for k in range(n):
            if not (0 <= station[k] < self.links.count and 0 <= other[k] < self.links.count):
                raise ValueError(f"from station {station[k]} to {other[k]}: there are {self.links.count}")
        found = np.zeros(n, np.float32)
        cdef float[::1] power = found
        with nogil:
            at.resize(self.links.count)
            for k in range(n):
                if station[k] != last:
                    last = station[k]
                    at.assign(self.links.count, 0.0)
                    if self.links.place[last] >= 0:
                        self.links.hear(last, row)
                        for lane in range(row.lanes()):
                            if row.power[lane] > 0.0:
                                one = self.links.station[row.place(lane)]
                                at[one] = row.power[lane]
                power[k] = at[other[k]]
        return found

    cdef int _copy(self, const Row& row, int[::1] other, float[::1] power):
        """The links of a row by the other end; how many there are."""
        cdef vector[pair[int, float]] found
        cdef int k
        for k in range(row.lanes()):
            if row.power[k] > 0.0:
                found.push_back(pair[int, float](self.links.station[row.place(k)], row.power[k]))
        sort(found.begin(), found.end())
        for k in range(<int>found.size()):
            other[k] = found[k].first
            power[k] = found[k].second
        return <int>found.size()
