"""UPER, the packed encoding rules (ITU-T X.691, PER unaligned), over a flat program that a schema is compiled into.

A program says for each type how it is encoded (uper_program.hpp has its words, edge/messages/program.py writes it); its objects
are the names of members, the names of enumerations' items and choices' alternatives, and the defaults. Values are
int, bool, None, str, bytes, dict for a sequence, list for a sequence of, (name, value) for a choice, (int, length) for
a bit string. What a later edition has added is kept under its number: an int for an enumeration's item, (int, bytes)
for a choice, an int as the key of a sequence's member.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from libc.stdint cimport INT64_MAX, INT64_MIN, int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool

cimport cython
import numpy as np

cdef extern from "Python.h":
    long long PyLong_AsLongLongAndOverflow(object, int*) except? -1
    const char* PyUnicode_AsUTF8AndSize(object, Py_ssize_t*) except NULL
    PyObject* PyDict_GetItemWithError(object, PyObject*)
    PyObject* PyTuple_GET_ITEM(PyObject*, Py_ssize_t)
    PyObject* PyErr_Occurred()
    void Py_XDECREF(PyObject*)

cdef extern from "uper.hpp" namespace "uper" nogil:
    enum Op:
        BOOLEAN, NUL, INTEGER, ENUMERATED, BITS, OCTETS, TEXT, SEQUENCE_OF, SEQUENCE, CHOICE, OPEN
    const int EXTENSIBLE, LOW, HIGH, WIDTH, GAPS, ROOT, INDEX_WIDTH, ITEMS, NAMES, ALTERNATIVES, REACH, NAMED, CHARACTER_WIDTH
    const int CHARACTERS, ALPHABET, ELEMENT, MEMBERS, OPTIONALS, ADDITIONS, TABLE, ENTRY, MANDATORY, DEFAULT
    const int TYPES, PAIRS, FRAGMENT, DEPTH

    cdef enum class Fault:
        NONE, SHORT, RANGE, GAP, INDEX, SIZE, COUNT, WIDE, DEEP, CHARACTER, UTF8, LEFT, PYTHON

    cdef cppclass Writer:
        uint8_t* data
        cbool put(uint64_t, int)
        cbool put_bytes(const uint8_t*, size_t)
        cbool put_length(int64_t, int64_t&)
        cbool put_fragments(const uint8_t*, int64_t, int64_t)
        cbool put_open(const Writer&)
        cbool put_octets(uint64_t, cbool)
        cbool put_small(uint64_t)
        size_t size()
        size_t length()

    struct Step:
        int64_t name
        int64_t index

    cdef cppclass Report:
        Fault fault
        int64_t a, b, c
        int steps
        Step path[129]

cdef extern from "uper_python.hpp" namespace "uper":
    cbool decode_python(
        const int64_t*, PyObject*, const uint8_t*, int64_t, PyObject**, Report*
    ) except +

include "uper_parts.pxi"


@cython.final
cdef class TypeProgram:
    """One type and all beneath it.

    code: int64 words; objects: what they refer to; name: of the type, for errors; encode_error, decode_error: what is
    raised, with one line that names the whole path, the value and what is allowed.
    """

    cdef readonly str name
    cdef readonly tuple objects
    cdef readonly object words
    cdef object encode_error, decode_error
    cdef const int64_t[::1] view
    cdef const int64_t* code

    def __init__(self, code, tuple objects, str name, encode_error=ValueError, decode_error=ValueError):
        self.words = np.ascontiguousarray(code, np.int64)
        self.view = self.words
        self.code = &self.view[0]
        self.objects = objects
        self.name = name
        self.encode_error = encode_error
        self.decode_error = decode_error

    def encode(self, value):
        """The octets of a value; `encode_error` where it has none."""
        cdef Writer w
        self._encode(&w, value)
        if w.size() == 0:
            return b"\0"  # X.691 11.1.3
        return PyBytes_FromStringAndSize(<char*>w.data, w.size())

    def encode_bits(self, value):
        """The same before the padding: (octets, number of bits)."""
        cdef Writer w
        self._encode(&w, value)
        return PyBytes_FromStringAndSize(<char*>w.data, w.size()), w.length()

    cdef int _encode(self, Writer* w, value) except -1:
        try:
            self.put(w, 0, value, 0)
        except _Refused as refused:
            path = _joined(refused.path)
            raise self.encode_error(f"{self.name}: {path}{refused.text}" if path else self.name + refused.text) from None
        return 0

    def decode(self, data not None):
        """The value that octets stand for; `decode_error` where they stand for none, or for more than one."""
        cdef const uint8_t[::1] octets
        if type(data) is bytes:
            return self._decode(<const uint8_t*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        octets = data
        return self._decode(&octets[0] if octets.shape[0] else NULL, octets.shape[0])

    cdef _decode(self, const uint8_t* octets, int64_t size):
        cdef PyObject* found = NULL
        cdef Report report
        if decode_python(self.code, <PyObject*>self.objects, octets, size, &found, &report):
            value = <object>found
            Py_XDECREF(found)
            return value
        if PyErr_Occurred() != NULL:
            _raise()
        raise self.decode_error(self._fault(&report))

    cdef _fault(self, Report* d):
        cdef list path = []
        cdef int i
        for i in range(d.steps):
            if d.path[i].name == -1:
                path.append(f"[{d.path[i].index}]")
            elif d.path[i].name == -2:
                path.append(f"addition {d.path[i].index}")
            else:
                name = self.objects[d.path[i].name]
                path.append(name[d.path[i].index] if isinstance(name, tuple) else name)
        text = _fault_text(d)
        where = _joined(path)
        return f"{self.name}: {where}: {text}" if where else f"{self.name}: {text}"

    # Encoding. `group` is set for a group of additions, whose members stand in the dict of the sequence around it.

    cdef int put(self, Writer* w, Py_ssize_t pc, value, int depth) except -1:
        cdef const int64_t* p = self.code + pc
        cdef int64_t op = p[0]
        if op == INTEGER:
            return self.put_integer(w, p, value)
        if depth >= DEPTH:
            raise _Refused(": nested too deep")
        if op == SEQUENCE:
            return self.put_sequence(w, p, value, depth)
        if op == ENUMERATED:
            return self.put_enumerated(w, p, value)
        if op == CHOICE:
            return self.put_choice(w, p, value, depth)
        if op == SEQUENCE_OF:
            return self.put_list(w, p, value, depth)
        if op == BOOLEAN:
            if value is not True and value is not False:
                _refuse(value, "True or False")
            return _put(w, value is True, 1)
        if op == BITS:
            return self.put_bits(w, p, value)
        if op == OCTETS:
            if not isinstance(value, bytes):
                _refuse(value, "bytes")
            return self.put_items(w, p, <const uint8_t*>PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), 8, value)
        if op == TEXT:
            return self.put_text(w, p, value)
        if op == NUL:
            if value is not None:
                _refuse(value, "None")
            return 0
        raise SystemError(f"operation {op} at {pc}")  # an open type is its sequence's matter

    cdef int put_integer(self, Writer* w, const int64_t* p, value) except -1:
        cdef int64_t number = _integer(value, p)
        cdef int64_t low = p[LOW], high = p[HIGH]
        cdef cbool outside = number < low or number > high
        if outside and not p[EXTENSIBLE]:
            _refuse(value, _range(low, high))
        if p[GAPS] and not outside and number - low < 63 and p[GAPS] >> (number - low) & 1:
            _refuse(value, _range(low, high) + " without it")
        if p[EXTENSIBLE]:
            _put(w, outside, 1)
        if outside or (p[WIDTH] < 0 and low == INT64_MIN):
            return _room(w.put_octets(number, True))
        if p[WIDTH] < 0:
            return _room(w.put_octets(<uint64_t>number - <uint64_t>low, False))
        return _put(w, <uint64_t>number - <uint64_t>low, p[WIDTH])

    cdef int put_index(self, Writer* w, const int64_t* p, int64_t index) except -1:
        if p[EXTENSIBLE]:
            _put(w, index >= p[ROOT], 1)
        if index < p[ROOT]:
            return _put(w, index, p[INDEX_WIDTH])
        return _room(w.put_small(index - p[ROOT]))

    cdef int put_enumerated(self, Writer* w, const int64_t* p, value) except -1:
        return self.put_index(w, p, self.item(p, value, value))

    cdef int64_t item(self, const int64_t* p, key, value) except -1:
        """The index of an enumeration's item or a choice's alternative."""
        cdef PyObject* found = NULL
        if type(key) is str:
            found = PyDict_GetItemWithError(<object>self.object(p[NAMES] + 1), <PyObject*>key)
        elif type(key) is int and p[EXTENSIBLE] and p[ITEMS] <= key < 2**31:
            return key  # of a later edition
        if found == NULL:
            _refuse(value, _one_of(self.objects[p[NAMES]]))
        return <object>found

    cdef int put_choice(self, Writer* w, const int64_t* p, value, int depth) except -1:
        cdef Writer inner
        cdef int64_t index
        if type(value) is not tuple or len(<tuple>value) != 2:
            _refuse(value, "(name, value), its name " + _one_of(self.objects[p[NAMES]]))
        key = (<tuple>value)[0]
        index = self.item(p, key, value)
        self.put_index(w, p, index)
        content = (<tuple>value)[1]
        try:
            if index < p[ROOT]:
                self.put(w, p[ALTERNATIVES + index], content, depth + 1)
            elif index < p[ITEMS]:
                self.put(&inner, p[ALTERNATIVES + index], content, depth + 1)
                _room(w.put_open(inner))
            else:
                _put_octets(w, content)
        except _Refused as refused:
            refused.path.append(str(key))
            raise
        return 0

    cdef int put_size(self, Writer* w, const int64_t* p, int64_t count, value, str what) except -1:
        """What stands before a string's or list's items; 1 where that is not all (general length, item by item)."""
        cdef cbool outside = count < p[LOW] or (p[HIGH] >= 0 and count > p[HIGH])
        if outside and (not p[EXTENSIBLE] or (p[REACH] >= 0 and count > p[REACH])):
            high = p[REACH] if p[EXTENSIBLE] else p[HIGH]
            raise _Refused(f": {count} {what}: must be {_range(p[LOW], high if high >= 0 else INT64_MAX)}")
        if p[EXTENSIBLE]:
            _put(w, outside, 1)
        if outside or p[WIDTH] < 0:
            return 1
        _put(w, count - p[LOW], p[WIDTH])
        return 0

    cdef int put_items(
        self, Writer* w, const int64_t* p, const uint8_t* data, int64_t count, int64_t width, value
    ) except -1:
        if self.put_size(w, p, count, value, "bits" if width == 1 else "octets"):
            return _room(w.put_fragments(data, count, width))
        return _room(w.put_bytes(data, count * width))

    cdef int put_bits(self, Writer* w, const int64_t* p, value) except -1:
        cdef int64_t count
        if not (type(value) is tuple and len(<tuple>value) == 2 and type(value[0]) is int and type(value[1]) is int):
            _refuse(value, "(bits as an integer, their number)")
        bits, length = value
        if bits < 0 or length < 0 or bits.bit_length() > length:
            _refuse(value, "(bits as an integer, their number), and the integer of no more bits than that")
        if p[NAMED]:
            # X.691 16.2, 16.3: zeros at the end mean nothing, and are added or dropped to reach the smallest size.
            zeros = (bits & -bits).bit_length() - 1 if bits else length
            change = min(zeros, length - p[LOW]) if length > p[LOW] else length - p[LOW]
            bits = bits >> change if change > 0 else bits << -change
            length -= change
        count = length
        if count <= 64 and p[WIDTH] >= 0 and not p[EXTENSIBLE]:
            self.put_size(w, p, count, value, "bits")
            return _put(w, bits, count)
        octets = (bits << (-length % 8)).to_bytes((length + 7) // 8, "big")
        return self.put_items(w, p, <const uint8_t*>PyBytes_AS_STRING(octets), count, 1, value)

    cdef int put_text(self, Writer* w, const int64_t* p, value) except -1:
        cdef Py_ssize_t size, i
        cdef const uint8_t* plain = NULL
        cdef int64_t index, characters
        cdef int width = p[CHARACTER_WIDTH]
        cdef Writer packed
        cdef cbool general
        if not isinstance(value, str):
            _refuse(value, "a string")
        characters = len(<str>value)
        try:
            plain = <const uint8_t*>PyUnicode_AsUTF8AndSize(value, &size)
        except UnicodeEncodeError:
            _refuse(value, "characters that there are")
        if width == 0:
            if characters < p[LOW] or (p[REACH] >= 0 and characters > p[REACH]):
                high = p[REACH] if p[REACH] >= 0 else INT64_MAX
                raise _Refused(f" = {_shown(value)}: {characters} characters: must be {_range(p[LOW], high)}")
            return _room(w.put_fragments(plain, size, 8))
        general = self.put_size(w, p, characters, value, "characters")
        cdef const int64_t* index_of = p + ALPHABET + p[CHARACTERS]
        for i in range(size):
            index = index_of[plain[i]] if plain[i] < 128 else -1
            if index < 0:
                allowed = "".join(chr(p[ALPHABET + k]) for k in range(p[CHARACTERS]))
                _refuse(value, f"of the characters {allowed!r}" if p[CHARACTERS] < 128 else "of ASCII characters")
            _put(&packed if general else w, index, width)
        return _room(w.put_fragments(packed.data, characters, width)) if general else 0

    cdef int put_list(self, Writer* w, const int64_t* p, value, int depth) except -1:
        cdef int64_t i = 0, count, part, stop
        if type(value) is not list and type(value) is not tuple:
            _refuse(value, "a list")
        count = len(value)
        cdef cbool general = self.put_size(w, p, count, value, "elements")
        try:
            while True:
                part = stop = count - i
                if general:
                    _room(w.put_length(stop, part))
                stop = i + part
                while i < stop:
                    self.put(w, p[ELEMENT], value[i], depth + 1)
                    i += 1
                if not general or part < FRAGMENT:
                    return 0
        except _Refused as refused:
            refused.path.append(f"[{i}]")
            raise

    cdef int put_sequence(self, Writer* w, const int64_t* p, value, int depth) except -1:
        cdef cbool extended = False
        cdef Py_ssize_t known = 0
        cdef int64_t added = 0
        if not isinstance(value, dict):
            _refuse(value, "a dict of members")
        cdef dict members = <dict>value
        if p[EXTENSIBLE]:
            added = self.additions(p, members)
            _put(w, added > 0, 1)
        known = self.put_members(w, p, members, depth)
        if added:
            known += self.put_additions(w, p, members, added, depth)
        if known != len(members):
            self.unknown(p, members)
        return 0

    cdef cbool present(self, const int64_t* entry, dict members):
        """Whether an optional member is to be sent: it is there, and not what is taken for granted."""
        cdef PyObject* found = PyDict_GetItemWithError(members, self.object(entry[0]))
        if found == NULL:
            return False
        return entry[1] != DEFAULT or <object>found != <object>self.object(entry[3])

    cdef inline PyObject* object(self, int64_t index) noexcept:
        return PyTuple_GET_ITEM(<PyObject*>self.objects, index)

    cdef Py_ssize_t put_members(self, Writer* w, const int64_t* p, dict members, int depth) except -1:
        """The bits for the optional members, and the members; returns how many of the dict's there were."""
        cdef const int64_t* entry = p + TABLE
        cdef int64_t count = p[MEMBERS], i
        cdef uint64_t map = 0
        cdef Py_ssize_t known = 0
        cdef PyObject* found
        cdef PyObject* before = NULL
        cdef PyObject* name = NULL
        if p[OPTIONALS]:
            for i in range(count):
                if entry[ENTRY * i + 1] != MANDATORY:
                    map = map << 1 | self.present(entry + ENTRY * i, members)
            _put(w, map, p[OPTIONALS])
        try:
            for i in range(count):
                name = self.object(entry[0])
                found = PyDict_GetItemWithError(members, name)
                if found != NULL:
                    known += 1
                    if entry[1] != DEFAULT or <object>found != <object>self.object(entry[3]):
                        if self.code[entry[2]] == OPEN:
                            self.put_selected(w, self.code + entry[2], <object>found, <object>before, depth)
                        else:
                            self.put(w, entry[2], <object>found, depth + 1)
                    before = found
                elif entry[1] == MANDATORY:
                    raise _Refused(": missing")
                entry += ENTRY
        except _Refused as refused:
            refused.path.append(<object>name)
            raise
        return known

    cdef int put_selected(self, Writer* w, const int64_t* p, value, int64_t selector, int depth) except -1:
        cdef int64_t i
        cdef Writer inner
        for i in range(p[TYPES]):
            if p[PAIRS + 2 * i] == selector:
                self.put(&inner, p[PAIRS + 2 * i + 1], value, depth + 1)
                return _room(w.put_open(inner))
        return _put_octets(w, value)

    cdef int64_t additions(self, const int64_t* p, dict members) except -1:
        """How many bits the map of additions has: all that are known, or more for later ones; 0 where none is there."""
        cdef const int64_t* entry = p + TABLE + ENTRY * p[MEMBERS]
        cdef int64_t i, k
        cdef int64_t last = 0
        for i in range(p[ADDITIONS]):
            if self.addition(entry + ENTRY * i, members):
                last = p[ADDITIONS]
                break
        if len(members) > p[MEMBERS] or last == 0:
            for key in members:
                if type(key) is int and p[ADDITIONS] <= key < 4096 and key >= last:
                    last = key + 1
        return last

    cdef cbool addition(self, const int64_t* entry, dict members):
        if entry[0] >= 0:
            return self.present(entry, members)
        cdef const int64_t* p = self.code + entry[2]
        cdef int64_t i
        for i in range(p[MEMBERS]):
            if self.present(p + TABLE + ENTRY * i, members):
                return True
        return False

    cdef Py_ssize_t put_additions(self, Writer* w, const int64_t* p, dict members, int64_t count, int depth) except -1:
        cdef const int64_t* entry = p + TABLE + ENTRY * p[MEMBERS]
        cdef int64_t i = 0, k
        cdef Py_ssize_t known = 0
        cdef const int64_t* group
        if count <= 64:
            _put(w, 0, 1)
            _put(w, count - 1, 6)
        else:
            _put(w, 1, 1)
            _room(w.put_length(count, i))
        for i in range(count):
            _put(w, self.addition(entry + ENTRY * i, members) if i < p[ADDITIONS] else i in members, 1)
        for i in range(count):
            if i >= p[ADDITIONS]:
                if i in members:
                    known += 1
                    _put_octets(w, members[i])
            elif entry[ENTRY * i] < 0:
                group = self.code + entry[ENTRY * i + 2]
                if self.addition(entry + ENTRY * i, members):
                    known += self.put_group(w, group, members, depth)
                else:
                    for k in range(group[MEMBERS]):
                        known += self.objects[group[TABLE + ENTRY * k]] in members
            else:
                name = self.objects[entry[ENTRY * i]]
                if name in members:
                    known += 1
                    if self.addition(entry + ENTRY * i, members):
                        self.put_addition(w, entry[ENTRY * i + 2], members[name], name, depth)
        return known

    cdef Py_ssize_t put_group(self, Writer* w, const int64_t* p, dict members, int depth) except -1:
        cdef Writer inner
        cdef Py_ssize_t known = self.put_members(&inner, p, members, depth + 1)
        _room(w.put_open(inner))
        return known

    cdef int put_addition(self, Writer* w, Py_ssize_t pc, value, name, int depth) except -1:
        cdef Writer inner
        try:
            self.put(&inner, pc, value, depth + 1)
        except _Refused as refused:
            refused.path.append(name)
            raise
        return _room(w.put_open(inner))

    cdef names(self, const int64_t* p):
        """All names that a sequence's dict may have."""
        cdef int64_t i
        cdef list found = []
        for i in range(p[MEMBERS] + (p[ADDITIONS] if p[EXTENSIBLE] else 0)):
            entry = p + TABLE + ENTRY * i
            found += self.names(self.code + entry[2]) if entry[0] < 0 else [self.objects[entry[0]]]
        return found

    cdef unknown(self, const int64_t* p, dict members):
        """Raise for a key that is no member; not for additions that have their default values."""
        names = self.names(p)
        for key in members:
            if key not in names and not (type(key) is int and p[EXTENSIBLE] and p[ADDITIONS] <= key < 4096):
                refused = _Refused(f": no such member: must be {_one_of(names)}")
                refused.path.append(str(key))
                raise refused
