# distutils: language = c++
"""802.11p / ITS-G5 channel access and reception for all stations: CSMA/CA, event by event."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libcpp.vector cimport vector

from wayside.ext.links cimport Links


cdef extern from "reception.hpp" namespace "wayside" nogil:
    const double GRAIN
    int64_t grains(float mw)

    cdef cppclass ErrorTable:
        ErrorTable()
        ErrorTable(const double* sinr_db, const double* error, int knots)

    cdef cppclass Tally:
        int bins
        vector[int64_t] counts
        void shape(double width, int bins)


cdef extern from "csma.hpp" namespace "wayside" nogil:
    const int QUEUES

    cdef cppclass CsmaRules:
        int64_t slot, sifs, vulnerable, preamble, sense, energy, measure, noise
        int aifsn[4]
        int window[4]
        double capture
        int depth
        bint sensing, half_duplex, hidden

    cdef cppclass Packet:
        int64_t arrival, sent, tag
        int32_t received

    cdef cppclass CCsma "wayside::Csma":
        CsmaRules rules
        vector[ErrorTable] tables
        Tally tally
        uint64_t seed
        vector[Packet] finished
        vector[int64_t] delivered_tag
        vector[int32_t] delivered_to
        int64_t links
        void attach(int n, const int64_t* start, const int32_t* other, const float* power, const uint64_t* ids,
                    const uint8_t* here, const uint8_t* listed, const uint8_t* measured,
                    const double* x, const double* y) except +
        void submit(int station, int queue, int table, int64_t arrival, int64_t expiry, int64_t duration, int64_t tag)
        void advance(int64_t until) except +
        void drain(int64_t limit) except +
        void busy_ratio(float* ratio, int n)
        int64_t time()
        int64_t level(int i)


cdef class Csma:
    """Stations that share one channel. Powers in dBm, times in ns.

    `errors`: one (SINR in dB, packet error) pair of arrays per kind of packet. A receiver keeps to the first frame it
    senses, but for a stronger one that begins within `preamble` ns, and for one stronger by `capture` dB at any time
    (None: never). `measure`: what counts as busy in `busy_ratio`, None: what carrier sensing takes for busy. `plant` names errors to be planted: "sensing-off", "half-duplex-off",
    "hidden-off".
    """

    cdef CCsma csma
    cdef Links attached
    cdef object kept
    cdef int count

    def __init__(
        self,
        *,
        errors,
        double noise,
        double sense=-85.0,
        double energy=-65.0,
        measure=-85.0,
        capture=None,
        int64_t preamble=0,
        aifsn=(2, 3, 6, 9),
        window=(3, 7, 15, 15),
        int depth=8,
        double bin_m=25.0,
        int bins=1,
        uint64_t seed=0,
        plant=(),
    ):
        cdef const double[::1] sinr, error
        if not errors:
            raise ValueError("no error table")
        for pair in errors:
            sinr = np.ascontiguousarray(pair[0], np.float64)
            error = np.ascontiguousarray(pair[1], np.float64)
            if sinr.shape[0] != error.shape[0] or sinr.shape[0] == 0:
                raise ValueError("an error table's columns must be of one length, at least 1")
            self.csma.tables.push_back(ErrorTable(&sinr[0], &error[0], <int>sinr.shape[0]))
        self.csma.rules.noise = grains(10.0 ** (noise / 10.0))
        self.csma.rules.sense = grains(10.0 ** (sense / 10.0))
        self.csma.rules.energy = grains(10.0 ** (energy / 10.0))
        self.csma.rules.measure = 0 if measure is None else grains(10.0 ** (measure / 10.0))
        self.csma.rules.capture = 0.0 if capture is None else 10.0 ** (capture / 10.0)
        self.csma.rules.preamble = preamble
        self.csma.rules.depth = depth
        for k in range(QUEUES):
            self.csma.rules.aifsn[k] = aifsn[k]
            self.csma.rules.window[k] = window[k]
        unknown = set(plant) - {"sensing-off", "half-duplex-off", "hidden-off"}
        if unknown:
            raise ValueError(f"unknown planted errors {sorted(unknown)}")
        self.csma.rules.sensing = "sensing-off" not in plant
        self.csma.rules.half_duplex = "half-duplex-off" not in plant
        self.csma.rules.hidden = "hidden-off" not in plant
        self.csma.seed = seed
        self.csma.tally.shape(bin_m, bins)

    def attach(self, Links links not None, const unsigned char[::1] listed not None, const unsigned char[::1] measured not None):
        """Go on with these links: deliveries to `listed` stations are told one by one, packets of `measured` ones counted."""
        cdef int n = links.links.count
        if listed.shape[0] < n or measured.shape[0] < n:
            raise ValueError("columns of different lengths")
        self.attached = links
        self.kept = (listed, measured, links.x, links.y, links.id)
        self.count = n
        with nogil:
            self.csma.attach(n, links.links.start.data(), links.links.other.data(), links.links.power.data(),
                             &links.ids[0], links.links.here.data(), &listed[0], &measured[0], &links.px[0], &links.py[0])

    def submit(
        self,
        const int[::1] station not None,
        const int[::1] queue not None,
        const int[::1] table not None,
        const int64_t[::1] arrival not None,
        const int64_t[::1] expiry not None,
        const int64_t[::1] duration not None,
        const int64_t[::1] tag not None,
    ):
        """Queue packets: station, access category (0 the highest), error table, arrival, end of lifetime and duration
        on the air [ns], and a tag of the caller's.
        """
        cdef Py_ssize_t k, n = station.shape[0]
        if not queue.shape[0] == table.shape[0] == arrival.shape[0] == expiry.shape[0] == duration.shape[0] == tag.shape[0] == n:
            raise ValueError("columns of different lengths")
        for k in range(n):
            if not (0 <= station[k] < self.count and 0 <= queue[k] < QUEUES and 0 <= table[k] < <int>self.csma.tables.size()):
                raise ValueError(f"packet {k}: station {station[k]}, queue {queue[k]}, table {table[k]}")
        with nogil:
            for k in range(n):
                self.csma.submit(station[k], queue[k], table[k], arrival[k], expiry[k], duration[k], tag[k])

    def advance(self, int64_t until):
        """Let time pass up to `until` [ns]. (tags, receivers) of deliveries to listed stations; (tags, when sent [ns]
        or -1 where dropped, number of receivers) of the packets that are done."""
        with nogil:
            self.csma.advance(until)
        return self._report()

    def drain(self, int64_t limit):
        """As `advance`, until all packets are done, but no longer than to `limit` [ns]."""
        with nogil:
            self.csma.drain(limit)
        return self._report()

    @property
    def time(self):
        """Now [ns]."""
        return self.csma.time()

    cdef object _report(self):
        cdef Py_ssize_t k, n = self.csma.delivered_tag.size(), m = self.csma.finished.size()
        tags, to = np.empty(n, np.int64), np.empty(n, np.int32)
        cdef int64_t[::1] t = tags
        cdef int[::1] r = to
        for k in range(n):
            t[k] = self.csma.delivered_tag[k]
            r[k] = self.csma.delivered_to[k]
        done, sent, received = np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int32)
        cdef int64_t[::1] d = done, s = sent
        cdef int[::1] c = received
        for k in range(m):
            d[k] = self.csma.finished[k].tag
            s[k] = self.csma.finished[k].sent
            c[k] = self.csma.finished[k].received
        return (tags, to), (done, sent, received)

    def busy_ratio(self):
        """Channel busy ratio of each station since the last call."""
        ratio = np.empty(self.count, np.float32)
        cdef float[::1] view = ratio
        if self.count:
            self.csma.busy_ratio(&view[0], self.count)
        return ratio

    @property
    def links(self):
        """Packet-receiver pairs so far."""
        return self.csma.links

    def tally(self):
        """Packets of measured stations x receivers by distance (bins centred on multiples of bin_m) and fate: received,
        half duplex, below sensitivity, receiver busy, propagation, collision."""
        cdef Py_ssize_t k
        counts = np.empty(self.csma.tally.counts.size(), np.int64)
        cdef int64_t[::1] view = counts
        for k in range(view.shape[0]):
            view[k] = self.csma.tally.counts[k]
        return counts.reshape(-1, 6)

    def levels(self):
        """Power that each station receives now, in grains of 1e-18 mW."""
        return np.array([self.csma.level(k) for k in range(self.count)], np.int64)
