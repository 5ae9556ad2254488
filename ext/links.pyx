# distutils: language = c++
"""Neighbour lists with a cached power per link: path loss from tables, shadowing, vehicles and buildings in between."""

import numpy as np


cdef vector[float] _floats(object values):
    cdef const float[::1] view = np.ascontiguousarray(values, np.float32).ravel()
    cdef vector[float] found
    cdef Py_ssize_t k
    found.resize(view.shape[0])
    for k in range(view.shape[0]):
        found[k] = view[k]
    return found


cdef class Links:
    """Every directed link within `range_m`, with its received power in mW.

    `loss`, `deviation` (classes x classes x steps, dB): mean path loss and standard deviation of its shadowing at 0,
    `step`, 2 `step` ... m; of an unordered pair of classes the entry with the lower class first counts. With `sight`
    (probability of a line of sight), `blocked`, `spread` and `blocked_deviation` (dB) of the same shape, a pair without
    a line of sight loses max(0, blocked + spread N) more (TR 37.885, clause 6.2.1). Shadowing decorrelates over
    `decorrelation` m moved by both ends together. `skin` [m]: how much further pairs are listed, so that lists last;
    `settle` [m]: movement below which a link is left as it was.
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
        double decorrelation=25.0,
        double skin=60.0,
        double settle=1.0,
        uint64_t seed=0,
    ):
        table = np.asarray(loss, np.float32)
        if table.ndim != 3 or table.shape[0] != table.shape[1] or table.shape[2] < 2:
            raise ValueError(f"loss tables of shape {table.shape}: must be classes x classes x at least 2 steps")
        for name, one in (("deviation", deviation), ("sight", sight), ("blocked", blocked), ("spread", spread),
                          ("blocked_deviation", blocked_deviation)):
            if one is None and (name == "sight" or sight is None):
                continue
            if np.shape(one) != table.shape:
                raise ValueError(f"{name} of shape {np.shape(one)}: must be as loss, {table.shape}")
        if not (range_m > 0.0 and step > 0.0 and decorrelation > 0.0 and skin >= 0.0 and settle >= 0.0):
            raise ValueError("range, step and decorrelation must be above 0 m, skin and settle not below")
        if step * (table.shape[2] - 1) < range_m:
            raise ValueError(f"loss tables end at {step * (table.shape[2] - 1)} m, before the range of {range_m} m")
        self.links.tables.classes = table.shape[0]
        self.links.tables.steps = table.shape[2]
        self.links.tables.step = step
        self.links.tables.loss = _floats(table)
        self.links.tables.deviation = _floats(deviation)
        if sight is not None:
            self.links.tables.sight = _floats(sight)
            self.links.tables.blocked = _floats(blocked)
            self.links.tables.spread = _floats(spread)
            self.links.tables.blocked_deviation = _floats(blocked_deviation)
        self.links.range = range_m
        self.links.skin = skin
        self.links.decorrelation = decorrelation
        self.links.settle = settle
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
                view[k] = self.links.walls.loss(x[k], y[k], to_x[k], to_y[k])
        return found

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
        n = self.links.count
        start = np.empty(n + 1, np.int64)
        cdef int64_t[::1] s = start
        cdef Py_ssize_t k
        for k in range(n + 1):
            s[k] = self.links.start[k]
        cdef int64_t many = self.links.start[n]
        other = np.empty(many, np.int32)
        power = np.empty(many, np.float32)
        cdef int[::1] o = other
        cdef float[::1] p = power
        for k in range(many):
            o[k] = self.links.other[k]
            p[k] = self.links.power[k]
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
