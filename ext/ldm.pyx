"""The local dynamic maps of all units: one row of entries per unit, one entry per vehicle it hears.

`row_of[unit, vehicle]` is a vehicle's place in the unit's row, or -1; `count[unit]` places are in use, without gaps.
What an entry says lies together: most of what entering a CAM costs is memory that is not at hand.
"""

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


def hear(
    const int[::1] packet not None,
    const int[::1] unit not None,
    const int[::1] sender not None,
    const double[:, ::1] content not None,
    double now,
    int[:, ::1] row_of not None,
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
    heard[unit, place] becomes `now` [s], received[unit] grows by one. Returns the number of pairs done; fewer than
    all where a row is full: make more places and go on with the rest.
    """
    cdef Py_ssize_t pairs = packet.shape[0], values = content.shape[1], packets = sender.shape[0], k
    cdef int p, u, v, place
    cdef Py_ssize_t done = pairs
    if (
        unit.shape[0] != pairs
        or content.shape[0] < packets
        or state.shape[2] != values
        or state.shape[1] != heard.shape[1]
    ):
        raise ValueError("columns of different lengths")
    with nogil:
        for k in range(pairs):
            if k + ROW_AHEAD < pairs:
                p = packet[k + ROW_AHEAD] - first
                if 0 <= p < packets:
                    soon(&row_of[unit[k + ROW_AHEAD], sender[p] - shift])
                p = packet[k + ENTRY_AHEAD] - first
                if 0 <= p < packets:
                    u = unit[k + ENTRY_AHEAD]
                    place = row_of[u, sender[p] - shift]
                    if place >= 0:
                        soon(&heard[u, place])
                        soon(&state[u, place, 0])
            p = packet[k] - first
            if not 0 <= p < packets:
                continue
            u = unit[k]
            v = sender[p] - shift
            place = row_of[u, v]
            if place < 0:
                place = count[u]
                if place == heard.shape[1]:
                    done = k
                    break
                count[u] = place + 1
                row_of[u, v] = place
                vehicle[u, place] = v
            heard[u, place] = now
            received[u] += 1
            memcpy(&state[u, place, 0], &content[p, 0], values * sizeof(double))
    return done


def forget(
    double before,
    int[:, ::1] row_of not None,
    int[::1] count not None,
    int[:, ::1] vehicle not None,
    double[:, ::1] heard not None,
    double[:, :, ::1] state not None,
):
    """Drop what was last heard before a time [s]; the last entry of a unit's row moves into the gap."""
    cdef Py_ssize_t units = count.shape[0], values = state.shape[2], u
    cdef int place, last
    with nogil:
        for u in range(units):
            place = 0
            while place < count[u]:
                if heard[u, place] >= before:
                    place += 1
                    continue
                last = count[u] - 1
                row_of[u, vehicle[u, place]] = -1
                if place != last:
                    row_of[u, vehicle[u, last]] = place
                    vehicle[u, place] = vehicle[u, last]
                    heard[u, place] = heard[u, last]
                    memcpy(&state[u, place, 0], &state[u, last, 0], values * sizeof(double))
                count[u] = last
