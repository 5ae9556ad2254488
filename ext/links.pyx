# distutils: language = c++
"""Neighbour lists with a cached power per link: path loss from tables, shadowing, vehicles and buildings in between."""

import numpy as np

from libc.string cimport memcpy


cdef class Links:
    """Every directed link within `range_m`, with its received power in mW.

    `loss`, `deviation` (classes x classes x steps, dB): mean path loss and standard deviation of its shadowing at 0,
    `step`, 2 `step` ... m; of an unordered pair of classes the entry with the lower class first counts. With `sight`
    (probability of a line of sight) and `blocked_deviation` (dB) of the same shape, `blocked` and `spread` (dB) of
    2 x that shape, for a car and for a truck in between, a pair without a line of sight loses max(0, blocked + spread
    N) more (TR 37.885, clause 6.2.1). With `heights` [m] of the classes' antennas, vehicles in between are looked for
    among those of `place_bodies` instead of drawn. Shadowing decorrelates over `decorrelation` m moved by both ends
    together. `skin` [m]: how much further pairs are listed, so that lists last; `settle` [m]: movement below which a
    link is left as it was. `floor` [dBm]: power 10 dB below which what stands in between is not told exactly (None:
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
        double settle=1.0,
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
        if not (range_m > 0.0 and step > 0.0 and decorrelation > 0.0 and skin >= 0.0 and settle >= 0.0):
            raise ValueError("range, step and decorrelation must be above 0 m, skin and settle not below")
        if step * (shape[2] - 1) < range_m:
            raise ValueError(f"loss tables end at {step * (shape[2] - 1)} m, before the range of {range_m} m")
        table = np.zeros((*shape, 8), np.float32)  # the columns of Step
        table[..., 0], table[..., 1] = loss, deviation
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
        self.links.tables.traffic = sight is not None
        if heights is not None:
            self.links.heights = heights
            self.links.bodies.looked_for = True
        self.links.range = range_m
        self.links.skin = skin
        self.links.decorrelation = decorrelation
        self.links.settle = settle
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
    ):
        """Vehicles that may stand in between, on the air or not: their fronts [m], which are there, and which are
        trucks or buses; vehicle k is station first + k. To be told before `update`."""
        if not y.shape[0] == there.shape[0] == tall.shape[0] == x.shape[0]:
            raise ValueError("columns of different lengths")
        cdef int64_t n = x.shape[0], k, all_of_them = 0, high = 0
        for k in range(n):
            all_of_them += there[k] != 0
            high += there[k] != 0 and tall[k] != 0
        self.links.tall = <float>high / <float>all_of_them if all_of_them else 0.0
        if self.links.bodies.looked_for and n:
            with nogil:
                self.links.bodies.place(n, &x[0], &y[0], &there[0], &tall[0], first)

    def blocker(
        self, int one, double x, double y, double height, int other, double to_x, double to_y, double to_height
    ):
        """What stands between two stations with antennas at these places [m]: 0 nothing, 1 a car, 2 a truck or bus."""
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
        int threads=1,
    ):
        """Move the stations: x, y [m], whether they take part, ids (stable, never 0), classes, emitted power [mW] and
        linear antenna gain at reception. Returns the number of directed links listed.
        """
        cdef int n = <int>x.shape[0]
        if not y.shape[0] == on.shape[0] == ids.shape[0] == classes.shape[0] == emitted.shape[0] == gain.shape[0] == n:
            raise ValueError("columns of different lengths")
        if n == 0:
            raise ValueError("no stations")
        self.x, self.y, self.id = x, y, ids
        self.px, self.py, self.ids = x, y, ids
        with nogil:
            self.links.update(n, &x[0], &y[0], &on[0], &ids[0], &classes[0], &emitted[0], &gain[0], threads)
        return self.links.start[n]

    @property
    def searches(self):
        """How often neighbours were searched anew."""
        return self.links.searches

    def table(self):
        """Copies of the lists: starts of rows (stations + 1), other ends and powers [mW] of all directed links."""
        cdef int64_t many = self.links.count + 1, all_of_them = self.links.power.size()
        start, other = np.empty(many, np.int64), np.empty(all_of_them, np.int32)
        power = np.empty(all_of_them, np.float32)
        cdef int64_t[::1] s = start
        cdef int[::1] o = other
        cdef float[::1] p = power
        memcpy(&s[0], self.links.start.data(), many * sizeof(int64_t))
        if all_of_them:
            memcpy(&o[0], self.links.other.data(), all_of_them * sizeof(int))
            memcpy(&p[0], self.links.power.data(), all_of_them * sizeof(float))
        return start, other, power

    def row(self, int station):
        """Copies of one station's row: other ends and powers [mW]."""
        if not 0 <= station < self.links.count:
            raise ValueError(f"station {station} of {self.links.count}")
        cdef int64_t first = self.links.start[station], last = self.links.start[station + 1], k
        other, power = np.empty(last - first, np.int32), np.empty(last - first, np.float32)
        cdef int[::1] o = other
        cdef float[::1] p = power
        for k in range(first, last):
            o[k - first] = self.links.other[k]
            p[k - first] = self.links.power[k]
        return other, power
