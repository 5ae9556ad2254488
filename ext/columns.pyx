# distutils: language = c++
"""Columns of one entry per slot: some slots of all of them are made as if never used in one call; whose flags turned."""

from libc.string cimport memcpy
from libcpp.vector cimport vector

DEF LARGEST = 8  # octets of one entry


cdef struct Column:
    unsigned char* first
    Py_ssize_t rows, row, size  # how many; octets from one to the next; octets of an entry
    unsigned char blank[LARGEST]


cdef class Blanks:
    """Columns, and what stands in a slot of each that was never used."""

    cdef vector[Column] columns
    cdef list owners  # the columns, kept alive
    cdef readonly Py_ssize_t capacity

    def __init__(self, Py_ssize_t capacity, list columns not None):
        """columns: of each its octets, rows x `capacity` slots x octets of an entry, and those of a blank one.

        ValueError for columns of another length, and for entries of more than 8 octets.
        """
        cdef unsigned char[:, :, ::1] octets
        cdef Column column
        cdef bytes blank
        self.owners = []
        self.capacity = capacity
        for array, blank in columns:
            octets = array
            if octets.shape[1] != capacity:
                raise ValueError(f"a column of {octets.shape[1]} slots where there are {capacity}")
            if not len(blank) == octets.shape[2] <= LARGEST:
                raise ValueError(f"{len(blank)} octets for entries of {octets.shape[2]}, {LARGEST} at most")
            if not octets.shape[0] or not capacity:
                continue
            column.first, column.rows, column.size = &octets[0, 0, 0], octets.shape[0], octets.shape[2]
            column.row = octets.shape[1] * octets.shape[2]
            memcpy(column.blank, <const unsigned char*>blank, column.size)
            self.columns.push_back(column)
            self.owners.append(array)

    def put(self, const int[::1] slots not None):
        """Blank these slots. IndexError at the first that is not there: those before it are blank then."""
        cdef Py_ssize_t k
        for k in range(slots.shape[0]):
            self.put_one(slots[k])

    cpdef put_one(self, int slot):
        """Blank one slot. IndexError where it is not there."""
        cdef size_t c
        cdef Py_ssize_t row
        cdef Column* column
        if not 0 <= slot < self.capacity:
            raise IndexError(f"slot {slot} of {self.capacity}")
        for c in range(self.columns.size()):
            column = &self.columns[c]
            for row in range(column.rows):
                memcpy(column.first + row * column.row + slot * column.size, column.blank, column.size)


def turned(const int[::1] flags not None, int mask, unsigned char[::1] before not None, int[::1] found not None, int n):
    """How many of the first n slots have any of the bits of `mask` in `flags` where `before` says not, or the other way
    round: slots, ascending, in `found`. `before` is then as it is now.

    ValueError where a column is shorter than n.
    """
    cdef int slot, count = 0
    cdef unsigned char now
    if not 0 <= n <= min(flags.shape[0], before.shape[0], found.shape[0]):
        raise ValueError(f"{n} slots of columns that are shorter")
    for slot in range(n):
        now = (flags[slot] & mask) != 0
        if now != before[slot]:
            before[slot] = now
            found[count] = slot
            count += 1
    return count
