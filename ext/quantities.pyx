# distutils: language = c++
"""Between columns in SI units and the integers that messages are made of, for the messages of a whole tick at once."""

from libc.stdint cimport INT64_MAX, INT64_MIN, int32_t, int64_t, uint8_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

cdef extern from "quantities.hpp" namespace "wayside" nogil:
    const int64_t FARTHEST_INTEGER

    cdef cppclass Rule:
        const double* source
        const double* plus
        int64_t* to
        double step
        int64_t below, above, unknown, turn
        cbool by_slot

    cdef cppclass Box:
        double middle_u, middle_v, half_u, half_v

    void to_integers(const Rule& rule, const int32_t* slots, int64_t rows)
    double quantity(int64_t number, double step, int64_t unknown)
    int64_t evaluate_all(
        const double* coefficients,
        int64_t stride,
        int64_t outputs,
        int degree,
        const Box& box,
        const double* u,
        const double* v,
        const int32_t* slots,
        int64_t rows,
        double* to,
        int64_t room,
    )


DEF OUTPUTS = 3


cdef class Polynomials:
    """Three polynomials in two variables, of one degree, over a box: what a map projection is near enough to."""

    cdef const double[:, ::1] coefficients
    cdef Box box
    cdef readonly int degree

    def __init__(self, const double[:, ::1] coefficients not None, int degree, middle, half):
        """coefficients: 3 x (degree + 1)(degree + 2)/2, of u^i v^j, by i and then by j, i + j <= degree.

        u and v are the variables less `middle`, divided by `half` (two numbers each): from -1 to 1 in the box.
        ValueError where the coefficients do not fit the degree, or a half is not above 0.
        """
        cdef Box box
        if degree < 0 or coefficients.shape[0] != OUTPUTS or coefficients.shape[1] != (degree + 1) * (degree + 2) // 2:
            raise ValueError(f"{coefficients.shape[0]} x {coefficients.shape[1]} coefficients of degree {degree}")
        box.middle_u, box.middle_v = middle
        box.half_u, box.half_v = half
        if not (box.half_u > 0.0 and box.half_v > 0.0):
            raise ValueError(f"a box with halves {half}")
        self.coefficients, self.degree, self.box = coefficients, degree, box

    def at(self, const double[::1] u not None, const double[::1] v not None, double[:, ::1] to not None,
           Py_ssize_t rows, const int32_t[::1] slots=None):
        """Their values at the first `rows` points, or at those of these slots, to the 3 rows of `to`.

        Returns how many points are outside of the box: their values mean nothing. ValueError for rows that there are
        not.
        """
        cdef Py_ssize_t known = min(u.shape[0], v.shape[0])
        cdef int64_t outside
        if to.shape[0] != OUTPUTS or to.shape[1] < rows or rows < 0 or (slots is None and known < rows):
            raise ValueError(f"{rows} points: {known} known, room for {to.shape[0]} x {to.shape[1]}")
        if slots is not None:
            _check(slots, rows, known)
        if not rows:
            return 0
        with nogil:
            outside = evaluate_all(
                &self.coefficients[0, 0], self.coefficients.shape[1], OUTPUTS, self.degree, self.box, &u[0], &v[0],
                &slots[0] if slots is not None else NULL, rows, &to[0, 0], to.shape[1],
            )
        return outside


cdef int _check(const int32_t[::1] slots, Py_ssize_t rows, Py_ssize_t known) except -1:
    """That there are so many slots, and each is known."""
    cdef Py_ssize_t i
    if slots.shape[0] < rows:
        raise ValueError(f"{rows} rows of {slots.shape[0]} slots")
    for i in range(rows):
        if not 0 <= slots[i] < known:
            raise ValueError(f"slot {slots[i]}: there are {known}")
    return 0


cdef struct Lookup:
    const uint8_t* codes
    const int64_t* table
    int64_t* to
    cbool gated


cdef struct Copy:
    const int64_t* source
    int64_t* to


cdef struct Count:
    uint8_t* counts
    int64_t* to
    int modulo


cdef class Integers:
    """Columns of integers for the batch encoder, made from columns by slot (or by row) that are bound once."""

    cdef list kept
    cdef vector[Rule] rules
    cdef vector[Lookup] lookups
    cdef vector[Copy] copies
    cdef vector[Count] counts
    cdef vector[int64_t*] numbers
    cdef Py_ssize_t slots, room

    def __init__(self, Py_ssize_t slots, Py_ssize_t room):
        """So many slots in every column by slot, and rows in every other one, at least."""
        self.kept = []
        self.slots, self.room = slots, room

    def quantity(
        self,
        int64_t[::1] to not None,
        const double[::1] source not None,
        double step,
        unknown,
        below=None,
        above=None,
        int64_t turn=0,
        const double[::1] plus=None,
        cbool by_slot=True,
    ):
        """A field of `step` [SI] each: rounded to the nearest, NaN becomes `unknown`.

        What is below or above those becomes them, where they are not None; a direction with so many integers in a
        `turn` goes round. plus: by row, added to the source.
        """
        cdef Rule rule
        self._fits(to, self.room)
        self._fits(source, self.slots if by_slot else self.room)
        rule.source = &source[0]
        rule.to = &to[0]
        rule.plus = NULL
        if plus is not None:
            self._fits(plus, self.room)
            rule.plus = &plus[0]
        rule.step, rule.turn, rule.by_slot = step, turn, by_slot
        rule.unknown = max(unknown, -FARTHEST_INTEGER)
        rule.below = INT64_MIN if below is None else below
        rule.above = INT64_MAX if above is None else above
        self.rules.push_back(rule)

    def lookup(
        self,
        int64_t[::1] to not None,
        const uint8_t[::1] codes not None,
        const int64_t[::1] table not None,
        cbool gated=False,
    ):
        """A field that is what a table of 256 has for a slot's code; gated: 0 where a row's gate is (see `make`)."""
        cdef Lookup lookup
        self._fits(to, self.room)
        self._fits(codes, self.slots)
        self._fits(table, 256)
        lookup.codes, lookup.table, lookup.to, lookup.gated = &codes[0], &table[0], &to[0], gated
        self.lookups.push_back(lookup)

    def copy(self, int64_t[::1] to not None, const int64_t[::1] source not None):
        """A field that is a slot's integer."""
        cdef Copy copy
        self._fits(to, self.room)
        self._fits(source, self.slots)
        copy.source, copy.to = &source[0], &to[0]
        self.copies.push_back(copy)

    def count(self, int64_t[::1] to not None, uint8_t[::1] counts not None, int modulo):
        """A field that is a slot's counter, which goes one up each time, modulo so many (at most 256)."""
        cdef Count count
        self._fits(to, self.room)
        self._fits(counts, self.slots)
        if not 1 <= modulo <= 256:
            raise ValueError(f"modulo {modulo}: must be 1 to 256")
        count.counts, count.to, count.modulo = &counts[0], &to[0], modulo
        self.counts.push_back(count)

    def number(self, int64_t[::1] to not None):
        """A field that is one number for all (see `make`)."""
        self._fits(to, self.room)
        self.numbers.push_back(&to[0])

    def _fits(self, column, Py_ssize_t wanted):
        if len(column) < wanted or not wanted:
            raise ValueError(f"a column of {len(column)}, not {wanted}")
        self.kept.append(column)

    def make(self, const int32_t[::1] slots not None, const uint8_t[::1] gate=None, int64_t number=0):
        """The integers of these slots, a row each. gate: by row, None: all are 1; number: what all have in common.

        ValueError for slots that there are not, for too many, and for a gate that is too short.
        """
        cdef Py_ssize_t rows = slots.shape[0], i, k
        cdef const int32_t* at
        cdef const uint8_t* gates = NULL
        if rows > self.room:
            raise ValueError(f"{rows} rows: there is room for {self.room}")
        _check(slots, rows, self.slots)
        if not rows:
            return
        at = &slots[0]
        if gate is not None:
            if gate.shape[0] < rows:
                raise ValueError(f"{rows} rows, a gate of {gate.shape[0]}")
            gates = &gate[0]
        with nogil:
            for i in range(<Py_ssize_t>self.rules.size()):
                to_integers(self.rules[i], at, rows)
            for i in range(<Py_ssize_t>self.lookups.size()):
                _look_up(&self.lookups[i], gates, at, rows)
            for i in range(<Py_ssize_t>self.copies.size()):
                _copy(&self.copies[i], at, rows)
            for i in range(<Py_ssize_t>self.counts.size()):
                _count(&self.counts[i], at, rows)
            for i in range(<Py_ssize_t>self.numbers.size()):
                for k in range(rows):
                    self.numbers[i][k] = number


cdef inline void _look_up(
    const Lookup* lookup, const uint8_t* gates, const int32_t* slots, Py_ssize_t rows
) noexcept nogil:
    cdef Py_ssize_t i
    if gates == NULL or not lookup.gated:
        for i in range(rows):
            lookup.to[i] = lookup.table[lookup.codes[slots[i]]]
    else:
        for i in range(rows):
            lookup.to[i] = lookup.table[lookup.codes[slots[i]]] if gates[i] else 0


cdef inline void _copy(const Copy* copy, const int32_t* slots, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(rows):
        copy.to[i] = copy.source[slots[i]]


cdef inline void _count(const Count* count, const int32_t* slots, Py_ssize_t rows) noexcept nogil:
    cdef Py_ssize_t i
    cdef uint8_t* counter
    for i in range(rows):
        counter = &count.counts[slots[i]]
        count.to[i] = counter[0]
        counter[0] = <uint8_t>((counter[0] + 1) % count.modulo)


DEF SAID = 9  # latitude, longitude, speed, heading, length, station, acceleration, type, role


cdef class Content:
    """Rows of what decoded messages say (`edge.ldm.CONTENT`), from columns that are bound once."""

    cdef list kept
    cdef const int64_t* sources[SAID]
    cdef double steps[SAID]
    cdef int64_t unknown[SAID]
    cdef Py_ssize_t room

    def __init__(self, list columns not None, list steps not None, list unknown not None):
        """Columns of latitude, longitude, speed, heading, length, station, acceleration, type and role; of what step

        [degrees, SI] each is, and which integer says that it is not known. ValueError where they are not nine of one
        length.
        """
        cdef const int64_t[::1] column
        cdef Py_ssize_t k
        if not len(columns) == len(steps) == len(unknown) == SAID or len({len(column) for column in columns}) != 1:
            raise ValueError(f"not {SAID} columns of one length")
        self.kept = columns
        self.room = len(columns[0])
        for k in range(SAID):
            column = columns[k]
            self.sources[k] = &column[0] if self.room else NULL
            self.steps[k] = steps[k]
            self.unknown[k] = unknown[k]

    def positions(self, double[:, ::1] to not None, Py_ssize_t rows):
        """Longitudes and latitudes [degrees] of the first rows, to the two rows of `to`; NaN where not known."""
        cdef Py_ssize_t i
        if not 0 <= rows <= self.room or to.shape[0] != 2 or to.shape[1] < rows:
            raise ValueError(f"{rows} rows of {self.room}, room for {to.shape[1]}")
        with nogil:
            for i in range(rows):
                to[0, i] = self._value(1, i)
                to[1, i] = self._value(0, i)

    def rows(self, const double[:, ::1] at not None, double[:, ::1] to not None, Py_ssize_t rows):
        """Rows of what is said: x, y [m] and the convergence [degrees] there are in the three rows of `at`.

        Headings are told from the direction of true north to that of the grid's. NaN where not known.
        """
        cdef Py_ssize_t i
        cdef int k
        cdef double heading
        if not 0 <= rows <= self.room or at.shape[0] != OUTPUTS or at.shape[1] < rows:
            raise ValueError(f"{rows} rows of {self.room}, and of {at.shape[1]}")
        if to.shape[0] < rows or to.shape[1] != SAID:
            raise ValueError(f"{rows} rows, room for {to.shape[0]} x {to.shape[1]}")
        with nogil:
            for i in range(rows):
                heading = self._value(3, i) - at[2, i]
                to[i, 0] = at[0, i]
                to[i, 1] = at[1, i]
                to[i, 2] = self._value(2, i)
                to[i, 3] = heading + 360.0 if heading < 0.0 else heading - 360.0 if heading >= 360.0 else heading
                for k in range(4, SAID):
                    to[i, k] = self._value(k, i)

    cdef inline double _value(self, int k, Py_ssize_t i) noexcept nogil:
        return quantity(self.sources[k][i], self.steps[k], self.unknown[k])
