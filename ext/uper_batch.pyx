"""Many UPER messages from columns of numbers and into them, without a Python object for each (see uper_plan.hpp)."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

import numpy as np

cdef extern from "uper_columns.hpp" namespace "uper" nogil:
    struct Refusal:
        int64_t row, step, value, element

    cdef cppclass Course:
        void lay(const int64_t*, int64_t, const int64_t*, const int64_t* const*, int64_t* const*, const uint8_t*) except +

    Refusal write_rows(
        const Course&,
        const int64_t*,
        int64_t,
        const int64_t*,
        uint8_t*,
        int64_t*,
        int64_t*,
    )

    cdef cppclass Column "uper::ColumnSink::Column":
        int64_t fill, list
        int64_t* rows
        vector[int64_t] numbers
        bint kept

    cdef cppclass ColumnSink:
        vector[Column] columns

    int64_t decode_rows(
        const int64_t*,
        Course*,
        ColumnSink&,
        const uint8_t*,
        int64_t,
        const int64_t*,
        const int32_t*,
        int64_t,
        uint8_t*,
    ) except +


def run(
    const int64_t[::1] plan not None,
    list columns not None,
    const int64_t[::1] list_of not None,
    int64_t rows,
    const int64_t[::1] elements not None,
    int64_t room,
):
    """Encode many messages by a plan (uper_plan.hpp).

    columns: int64 arrays, of one number per message or, where list_of[column] >= 0, per element of that list;
    elements: how many of each list there are at most; room: octets that suffice for all. Returns (buffer, offsets, used, refusal): messages end to end, message k at
    buffer[offsets[k]:offsets[k + 1]]; how many elements of each list were used; None or (row, step, value, element).
    """
    buffer = np.empty(room + 16, np.uint8)
    offsets = np.zeros(rows + 1, np.int64)
    used = np.zeros(max(elements.shape[0], 1), np.int64)
    refusal = Encoder(plan, columns, list_of, elements, buffer, offsets, used).run(rows)
    return (buffer if refusal else buffer[: offsets[rows]]), offsets, used, refusal


cdef class Encoder:
    """Encodes messages from the same columns into the same buffer, as often as it is asked to."""

    cdef const int64_t[::1] plan, list_of, elements
    cdef uint8_t[::1] buffer
    cdef int64_t[::1] offsets, used
    cdef list columns
    cdef Course course

    def __init__(
        self,
        const int64_t[::1] plan not None,
        list columns not None,
        const int64_t[::1] list_of not None,
        const int64_t[::1] elements not None,
        uint8_t[::1] buffer not None,
        int64_t[::1] offsets not None,
        int64_t[::1] used not None,
    ):
        """Arguments as of `run`, and where its results go; the buffer has 16 octets more than all messages take."""
        cdef const int64_t[::1] column
        cdef vector[const int64_t*] pointers
        self.plan, self.list_of, self.elements = plan, list_of, elements
        self.buffer, self.offsets, self.used = buffer, offsets, used
        self.columns = columns  # keeps them alive
        for numbers in columns:
            column = numbers
            pointers.push_back(&column[0] if column.shape[0] else NULL)
        cdef const int64_t* lists = &list_of[0] if list_of.shape[0] else NULL
        self.course.lay(&plan[0], <int64_t>pointers.size(), lists, pointers.data(), NULL, NULL)

    def run(self, int64_t rows):
        """Encode the first `rows` messages; columns, buffer and offsets must be long enough. Returns the refusal."""
        if rows >= self.offsets.shape[0]:
            raise ValueError(f"{rows} messages: there is room for {self.offsets.shape[0] - 1}")
        cdef Refusal refusal
        cdef const int64_t* list_of = &self.list_of[0] if self.list_of.shape[0] else NULL
        cdef const int64_t* elements = &self.elements[0] if self.elements.shape[0] else NULL
        self.used[:] = 0
        with nogil:
            refusal = write_rows(
                self.course,
                list_of,
                rows,
                elements,
                &self.buffer[0],
                &self.offsets[0],
                &self.used[0],
            )
        if refusal.row >= 0:
            return refusal.row, refusal.step, refusal.value, refusal.element
        return None


cdef class Decoder:
    """Decodes messages into the same columns, as often as it is asked to."""

    cdef const int64_t[::1] code, plan
    cdef list columns
    cdef uint8_t[::1] valid
    cdef Py_ssize_t room
    cdef ColumnSink sink
    cdef Course course

    def __init__(
        self,
        const int64_t[::1] code not None,
        const int64_t[::1] plan not None,
        const int64_t[::1] fills not None,
        const int64_t[::1] list_of not None,
        list columns not None,
        uint8_t[::1] valid not None,
        kept=None,
    ):
        """Arguments as of `fill`; columns: int64 arrays for what is once in a message, None for what is in lists.

        kept: by column, 0 for what is to be checked only; None: all are wanted.
        """
        cdef int64_t[::1] numbers
        cdef vector[uint8_t] wanted
        cdef vector[int64_t*] pointers
        cdef Column column
        cdef Py_ssize_t k
        self.code, self.plan, self.columns, self.valid = code, plan, columns, valid
        self.room = valid.shape[0]
        if not len(columns) == len(fills) == len(list_of) or (kept is not None and len(kept) != len(columns)):
            raise ValueError("columns of different lengths")
        for k in range(len(columns)):
            column.fill = fills[k]
            column.list = list_of[k]
            column.rows = NULL
            column.kept = kept is None or kept[k]
            wanted.push_back(column.kept)
            if list_of[k] < 0 and column.kept:
                numbers = columns[k]
                if numbers.shape[0] < self.room:
                    raise ValueError(f"column {k}: {numbers.shape[0]} numbers for {self.room} messages")
                column.rows = &numbers[0] if numbers.shape[0] else NULL
            self.sink.columns.push_back(column)
            pointers.push_back(column.rows)
        cdef const int64_t* lists = &list_of[0] if list_of.shape[0] else NULL
        if plan.shape[0]:
            self.course.lay(&plan[0], <int64_t>pointers.size(), lists, NULL, pointers.data(), wanted.data())

    def run(
        self,
        const uint8_t[::1] buffer not None,
        const int64_t[::1] offsets not None,
        const int32_t[::1] which=None,
    ):
        """Decode messages of the buffer, or those of these numbers: row i is message which[i]. Returns how many could.

        ValueError for offsets that do not lie in the buffer, for messages that there are not, and for more than the
        columns have room for.
        """
        cdef Py_ssize_t messages = offsets.shape[0] - 1, rows = messages if which is None else which.shape[0], k
        cdef const int32_t* picked = NULL
        cdef int64_t good = 0
        if messages < 0 or offsets[0] < 0 or offsets[messages] > buffer.shape[0]:
            raise ValueError("offsets beyond the buffer")
        if rows > self.room:
            raise ValueError(f"{rows} messages: there is room for {self.room}")
        for k in range(messages):
            if offsets[k + 1] < offsets[k]:
                raise ValueError("offsets descend")
        if which is not None and rows:
            picked = &which[0]
            for k in range(rows):
                if not 0 <= picked[k] < messages:
                    raise ValueError(f"message {picked[k]}: there are {messages}")
        for k in range(<Py_ssize_t>self.sink.columns.size()):
            self.sink.columns[k].numbers.clear()
        if rows:
            with nogil:
                good = decode_rows(
                    &self.code[0],
                    &self.course if self.plan.shape[0] else NULL,
                    self.sink,
                    &buffer[0] if buffer.shape[0] else NULL,
                    buffer.shape[0],
                    &offsets[0],
                    picked,
                    rows,
                    &self.valid[0],
                )
        return good

    def elements(self, Py_ssize_t column):
        """A copy of what is in a column of a list."""
        return _array(&self.sink.columns[column].numbers)


def fill(
    const int64_t[::1] code not None,
    const int64_t[::1] plan not None,
    const uint8_t[::1] buffer not None,
    const int64_t[::1] offsets not None,
    const int64_t[::1] fills not None,
    const int64_t[::1] list_of not None,
):
    """Decode many messages into columns; `code` is a program whose nodes name the columns of their values.

    Message k is buffer[offsets[k]:offsets[k + 1]]; the plan, empty for none, is that of the messages that most will be
    like: those are read faster, to the same columns. A column has fills[column] where its node was not there. Returns
    (columns, valid): an int64 array per column, of one number per message or per element of its list, the elements
    of message k where its count says; and for each message whether it could be decoded. Those that could not have
    fills, and no elements. Raises ValueError for offsets that do not lie in the buffer.
    """
    cdef Py_ssize_t rows = offsets.shape[0] - 1, k, columns = fills.shape[0]
    found = [np.empty(max(rows, 0), np.int64) if list_of[k] < 0 else None for k in range(columns)]
    valid = np.zeros(max(rows, 0), np.uint8)
    decoder = Decoder(code, plan, fills, list_of, found, valid)
    decoder.run(buffer, offsets)
    for k in range(columns):
        if list_of[k] >= 0:
            found[k] = decoder.elements(k)
    return found, valid.view(np.bool_)


cdef _array(vector[int64_t]* numbers):
    found = np.empty(numbers.size(), np.int64)
    cdef int64_t[::1] view = found
    if numbers.size():
        memcpy(&view[0], numbers.data(), 8 * numbers.size())
    return found
