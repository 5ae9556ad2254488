"""The local dynamic maps of all units: one row of entries per unit, one entry per vehicle it hears.

`count[unit]` places of a row are in use, without gaps. `index` (units x S x 2, S a power of two and at least twice the
places) finds a vehicle's place in a unit's row by hashing: pairs of a vehicle, or -1, and its place, with linear
probing. So what a map takes depends on what a unit hears, not on how many vehicles there are. What an entry says lies
together: most of what entering a CAM costs is memory that is not at hand.
"""

from libc.stdint cimport uint32_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(__GNUC__)
    #define WAYSIDE_SOON(at) __builtin_prefetch(at, 1)
    #else
    #define WAYSIDE_SOON(at) (void)(at)
    #endif
    """
    void soon "WAYSIDE_SOON"(const void* at) noexcept nogil


DEF ROW_AHEAD = 16    # pairs: the place of an entry is at hand when it is asked
DEF ENTRY_AHEAD = 8   # and what it says, when it is written
DEF STATION = 5       # which value is the sender's number
DEF TYPE = 7          # and which what it is
DEF PEDESTRIAN = 1
DEF CYCLIST = 2


cdef inline uint32_t slot_of(int vehicle, int bits) noexcept nogil:
    """Where looking for a vehicle begins, of 2^bits: the multiplicative hash of Knuth, The Art of Computer Programming,
    volume 3, 6.4."""
    return (<uint32_t>vehicle * <uint32_t>2654435769U) >> (32 - bits)


cdef inline int find(const int[:, :, ::1] index, int bits, int unit, int vehicle, uint32_t* at) noexcept nogil:
    """A vehicle's place in a unit's row, or -1; and where it stands in the index, or would."""
    cdef uint32_t mask = (<uint32_t>1 << bits) - 1
    at[0] = slot_of(vehicle, bits)
    while index[unit, at[0], 0] >= 0:
        if index[unit, at[0], 0] == vehicle:
            return index[unit, at[0], 1]
        at[0] = (at[0] + 1) & mask
    return -1


cdef int _bits(const int[:, :, ::1] index, const double[:, ::1] heard) except -1:
    """S as a power of two. ValueError for an index that does not fit the rows."""
    cdef int bits = 0
    while 1 << bits < index.shape[1]:
        bits += 1
    if bits < 1 or 1 << bits != index.shape[1] or index.shape[1] < 2 * heard.shape[1] or index.shape[2] != 2:
        raise ValueError(f"an index of {index.shape[1]} x {index.shape[2]} for {heard.shape[1]} places")
    return bits


def hear(
    const int[::1] packet not None,
    const int[::1] unit not None,
    const int[::1] sender not None,
    const double[:, ::1] content not None,
    double now,
    int[:, :, ::1] index not None,
    int[::1] count not None,
    int[:, ::1] vehicle not None,
    double[:, ::1] heard not None,
    double[:, :, ::1] state not None,
    long long[::1] received not None,
    int first=0,
    int shift=0,
):
    """Enter delivered packets: pair k brings packet[k] - first to unit[k]; pairs of other packets are left out.

    sender: vehicle + shift by packet; content: packets x C values, copied to state[unit, place] (units x places x C);
    heard[unit, place] becomes `now` [s], received[unit] grows by one. The last value is said now and then only: where
    it is NaN, the one before stays as long as value `STATION`, the sender's number, is the same. Returns the number of
    pairs done; fewer than all where a row is full: make more places and go on with the rest.
    """
    cdef Py_ssize_t pairs = packet.shape[0], values = content.shape[1], packets = sender.shape[0], k
    cdef int p, u, v, place, bits = _bits(index, heard)
    cdef bint known
    cdef double last
    cdef uint32_t at
    cdef Py_ssize_t done = pairs
    if (
        unit.shape[0] != pairs
        or content.shape[0] < packets
        or state.shape[2] != values
        or state.shape[1] != heard.shape[1]
        or values <= STATION + 1
    ):
        raise ValueError("columns of different lengths")
    with nogil:
        for k in range(pairs):
            if k + ROW_AHEAD < pairs:
                p = packet[k + ROW_AHEAD] - first
                if 0 <= p < packets:
                    soon(&index[unit[k + ROW_AHEAD], slot_of(sender[p] - shift, bits), 0])
                p = packet[k + ENTRY_AHEAD] - first
                if 0 <= p < packets:
                    u = unit[k + ENTRY_AHEAD]
                    place = find(index, bits, u, sender[p] - shift, &at)
                    if place >= 0:
                        soon(&heard[u, place])
                        soon(&state[u, place, 0])
                        soon(&state[u, place, values - 1])  # it lies across two cache lines
            p = packet[k] - first
            if not 0 <= p < packets:
                continue
            u = unit[k]
            v = sender[p] - shift
            place = find(index, bits, u, v, &at)
            known = place >= 0
            if not known:
                place = count[u]
                if place == heard.shape[1]:
                    done = k
                    break
                count[u] = place + 1
                index[u, at, 0] = v
                index[u, at, 1] = place
                vehicle[u, place] = v
            heard[u, place] = now
            received[u] += 1
            last = content[p, values - 1]
            if known and last != last and state[u, place, STATION] == content[p, STATION]:
                last = state[u, place, values - 1]
            memcpy(&state[u, place, 0], &content[p, 0], (values - 1) * sizeof(double))
            state[u, place, values - 1] = last
    return done


def forget(
    double before,
    int[:, :, ::1] index not None,
    int[::1] count not None,
    int[:, ::1] vehicle not None,
    double[:, ::1] heard not None,
    double[:, :, ::1] state not None,
    double vru_before,
):
    """Drop what was last heard before a time [s], pedestrians and cyclists `vru_before` another; the last entry of a
    unit's row moves into the gap.
    """
    cdef Py_ssize_t units = count.shape[0], values = state.shape[2], u
    cdef int place, last, bits = _bits(index, heard)
    with nogil:
        for u in range(units):
            last = count[u]
            place = 0
            while place < count[u]:
                if heard[u, place] >= before or (
                    heard[u, place] >= vru_before
                    and (state[u, place, TYPE] == PEDESTRIAN or state[u, place, TYPE] == CYCLIST)
                ):
                    place += 1
                    continue
                count[u] -= 1
                if place != count[u]:
                    vehicle[u, place] = vehicle[u, count[u]]
                    heard[u, place] = heard[u, count[u]]
                    memcpy(&state[u, place, 0], &state[u, count[u], 0], values * sizeof(double))
            if count[u] < last:
                _enter(index, bits, <int>u, count[u], vehicle)


def enter(int[:, :, ::1] index not None, const int[::1] count not None, const int[:, ::1] vehicle not None,
          const double[:, ::1] heard not None):
    """Make the index of all units anew. ValueError for one that does not fit the rows."""
    cdef Py_ssize_t u
    cdef int bits = _bits(index, heard)
    for u in range(count.shape[0]):
        _enter(index, bits, <int>u, count[u], vehicle)


cdef void _enter(
    int[:, :, ::1] index, int bits, int unit, int count, const int[:, ::1] vehicle
) noexcept nogil:
    """Make the index of one unit anew."""
    cdef uint32_t at
    cdef Py_ssize_t k
    for k in range(index.shape[1]):
        index[unit, k, 0] = -1
    for k in range(count):
        find(index, bits, unit, vehicle[unit, k], &at)
        index[unit, at, 0] = vehicle[unit, k]
        index[unit, at, 1] = <int>k
