"""Many UPER messages from columns of numbers and into them, without a Python object for each (see uper_columns.hpp)."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

import numpy as np

cdef extern from "uper_columns.hpp" namespace "uper" nogil:
    struct Refusal:
        int64_t row, step, value, element

    Refusal run_plan(const int64_t*, const int64_t* const*, const int64_t*, int64_t, uint8_t*, int64_t*, int64_t*)

    cdef cppclass Column "uper::ColumnSink::Column":
        vector[int64_t] numbers
        int64_t fill, list

    cdef cppclass ColumnSink:
        vector[Column] columns

    int64_t decode_rows(const int64_t*, ColumnSink&, const uint8_t*, const int64_t*, int64_t, uint8_t*) except +


def run(
    const int64_t[::1] plan not None,
    list columns not None,
    const int64_t[::1] list_of not None,
    int64_t rows,
    int64_t lists,
    int64_t room,
):
    """Encode many messages by a plan (uper_columns.hpp).

    columns: int64 arrays, of one number per message or, where list_of[column] >= 0, per element of that list; room:
    octets that suffice for all. Returns (buffer, offsets, used, refusal): messages end to end, message k at
    buffer[offsets[k]:offsets[k + 1]]; how many elements of each list were used; None or (row, step, value, element).
    """
    cdef vector[const int64_t*] pointers
    cdef const int64_t[::1] column
    cdef Refusal refusal
    for numbers in columns:
        column = numbers
        pointers.push_back(&column[0] if column.shape[0] else NULL)
    buffer = np.empty(room + 16, np.uint8)
    offsets = np.zeros(rows + 1, np.int64)
    used = np.zeros(max(lists, 1), np.int64)
    cdef uint8_t[::1] out = buffer
    cdef int64_t[::1] ends = offsets, cursor = used
    with nogil:
        refusal = run_plan(&plan[0], pointers.data(), &list_of[0], rows, &out[0], &ends[0], &cursor[0])
    if refusal.row >= 0:
        return buffer, offsets, used, (refusal.row, refusal.step, refusal.value, refusal.element)
    return buffer[: offsets[rows]], offsets, used, None


def fill(
    const int64_t[::1] code not None,
    const uint8_t[::1] buffer not None,
    const int64_t[::1] offsets not None,
    const int64_t[::1] fills not None,
    const int64_t[::1] list_of not None,
):
    """Decode many messages into columns; `code` is a program whose nodes name the columns of their values.

    Message k is buffer[offsets[k]:offsets[k + 1]]. A column has fills[column] where its node was not there. Returns
    (columns, valid): an int64 array per column, of one number per message or per element of its list, the elements
    of message k where its count says; and for each message whether it could be decoded. Those that could not have
    fills, and no elements. Raises ValueError for offsets that do not lie in the buffer.
    """
    cdef Py_ssize_t rows = offsets.shape[0] - 1, k, columns = fills.shape[0]
    cdef ColumnSink sink
    cdef Column column
    if rows < 0 or offsets[0] < 0 or offsets[rows] > buffer.shape[0]:
        raise ValueError("offsets beyond the buffer")
    for k in range(rows):
        if offsets[k + 1] < offsets[k]:
            raise ValueError("offsets descend")
    for k in range(columns):
        column.fill = fills[k]
        column.list = list_of[k]
        sink.columns.push_back(column)
        if list_of[k] < 0:
            sink.columns[k].numbers.reserve(rows)
    valid = np.zeros(rows, np.uint8)
    cdef uint8_t[::1] good = valid
    if rows:
        with nogil:
            decode_rows(&code[0], sink, &buffer[0] if buffer.shape[0] else NULL, &offsets[0], rows, &good[0])
    return [_array(&sink.columns[k].numbers) for k in range(columns)], valid.view(np.bool_)


cdef _array(vector[int64_t]* numbers):
    found = np.empty(numbers.size(), np.int64)
    cdef int64_t[::1] view = found
    if numbers.size():
        memcpy(&view[0], numbers.data(), 8 * numbers.size())
    return found
