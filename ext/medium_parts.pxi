# What the extensions of the access layers share: csma.pyx and sps.pyx include this text.

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy
from libcpp.vector cimport vector

from wayside.ext.links cimport CLinks, Links

PLANTS = ("sensing-off", "half-duplex-off", "hidden-off")


cdef extern from "reception.hpp" namespace "wayside" nogil:
    const int FATES
    int64_t grains(float mw)

    cdef cppclass ErrorTable:
        ErrorTable()
        ErrorTable(const double* sinr_db, const double* error, int knots)

    cdef cppclass Tally:
        int bins
        vector[int64_t] counts
        void shape(double width, int bins)

    cdef cppclass Done "wayside::Report::Done":
        int64_t tag, sent, spent
        int32_t received

    cdef cppclass Report:
        vector[Done] done
        vector[int64_t] tag, traced_tag
        vector[int32_t] to, traced_to
        vector[uint8_t] traced_fate
        bint tracing
        void clear()
        void forget()


cdef object copied(const void* data, size_t n, object dtype):
    """n values as an array of their own."""
    copy = np.empty(n, dtype)
    cdef uint8_t[::1] octets = copy.view(np.uint8)
    if n:
        memcpy(&octets[0], data, octets.shape[0])
    return copy


cdef tuple told(Report& report):
    """(tags, receivers) of deliveries; (tags, when sent, time spent, number of receivers) of packets done. And forget
    them."""
    cdef Py_ssize_t k, n = report.done.size()
    tag, sent, spent = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    received = np.empty(n, np.int32)
    cdef int64_t[::1] tags = tag, begun = sent, times = spent
    cdef int[::1] receivers = received
    with nogil:
        for k in range(n):
            tags[k] = report.done[k].tag
            begun[k] = report.done[k].sent
            times[k] = report.done[k].spent
            receivers[k] = report.done[k].received
    cdef size_t m = report.tag.size()
    deliveries = copied(report.tag.data(), m, np.int64), copied(report.to.data(), m, np.int32)
    report.clear()
    return deliveries, (tag, sent, spent, received)


cdef tuple fates(Report& report):
    """(tags, receivers, fates) of what was traced; and forget them."""
    cdef size_t n = report.traced_tag.size()
    found = (
        copied(report.traced_tag.data(), n, np.int64),
        copied(report.traced_to.data(), n, np.int32),
        copied(report.traced_fate.data(), n, np.uint8),
    )
    report.forget()
    return found


cdef int fill(vector[ErrorTable]& tables, object errors) except -1:
    """One table for each pair of columns (SINR in dB, packet error)."""
    cdef const double[::1] sinr, error
    if not errors:
        raise ValueError("no error table")
    for pair in errors:
        sinr = np.ascontiguousarray(pair[0], np.float64)
        error = np.ascontiguousarray(pair[1], np.float64)
        if sinr.shape[0] != error.shape[0] or sinr.shape[0] == 0:
            raise ValueError("an error table's columns must be of one length, at least 1")
        tables.push_back(ErrorTable(&sinr[0], &error[0], <int>sinr.shape[0]))
    return 0


cdef set planted(object plant):
    """Names of planted errors, all of them known."""
    unknown = set(plant) - set(PLANTS)
    if unknown:
        raise ValueError(f"unknown planted errors {sorted(unknown)}")
    return set(plant)
