# Parts of uper.pyx: what is told of values that cannot be encoded and octets that cannot be decoded, and writing.

_SHOWN = 60  # characters of a value in an error


class _Refused(Exception):
    """A value that cannot be encoded: what is wrong, and the path to it, innermost first."""

    def __init__(self, str text):
        self.text = text
        self.path = []


cdef _shown(value):
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


cdef _refuse(value, str allowed):
    raise _Refused(f" = {_shown(value)}: must be {allowed}")


cdef _range(int64_t low, int64_t high):
    if low == INT64_MIN:
        return "at most " + str(high) if high != INT64_MAX else "an integer of at most 64 bits"
    return f"{low}..{high}" if high != INT64_MAX else f"at least {low}"


cdef _one_of(names):
    shown = ", ".join(names[:24])
    return f"one of {shown}" + (f" and {len(names) - 24} more" if len(names) > 24 else "")


cdef _joined(list path):
    """A path of names and "[3]" from steps that stand innermost first."""
    text = ""
    for step in reversed(path):
        text += step if not text or step.startswith("[") else "." + step
    return text


cdef _fault_text(Report* d):
    """What is wrong with octets."""
    if d.fault == Fault.SHORT:
        return f"ends too early: {d.a} bits wanted, {d.b} left"
    if d.fault == Fault.RANGE:
        return f"{d.a}: must be {_range(d.b, d.c)}"
    if d.fault == Fault.GAP:
        return f"{d.a}: left out of what it may be"
    if d.fault == Fault.INDEX:
        return f"item {d.a}: there are {d.b}"
    if d.fault == Fault.SIZE:
        return f"size {d.a}: must be {_range(d.b, d.c if d.c >= 0 else INT64_MAX)}"
    if d.fault == Fault.COUNT:
        return f"{d.a} elements: cannot be in {d.b} bits"
    if d.fault == Fault.WIDE:
        return f"an integer of {d.a} octets: must be of 1..8, and below 2^63"
    if d.fault == Fault.DEEP:
        return "nested too deep"
    if d.fault == Fault.CHARACTER:
        return f"character {d.a}: not in the alphabet"
    if d.fault == Fault.UTF8:
        return "not UTF-8"
    return f"{d.a} octets left over"


cdef int _raise() except -1:
    """Pass on the Python error that is set."""
    return -1


cdef int64_t _integer(value, const int64_t* p) except? -1:
    cdef int overflow = 0
    cdef int64_t number
    if not PyLong_CheckExact(value):
        try:
            value = value.__index__()
        except AttributeError:
            _refuse(value, "an integer, " + _range(p[LOW], p[HIGH]))
    number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow:
        _refuse(value, _range(p[LOW], p[HIGH]))
    return number


cdef inline int _put(Writer* w, uint64_t value, int64_t count) except -1:
    if not w.put(value, <int>count):
        raise MemoryError
    return 0


cdef inline int _room(cbool done) except -1:
    if not done:
        raise MemoryError
    return 0


cdef int _put_octets(Writer* w, value) except -1:
    """What is in an open type that is not known here."""
    if not isinstance(value, bytes):
        _refuse(value, "bytes")
    return _room(w.put_fragments(<const uint8_t*>PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), 8))
