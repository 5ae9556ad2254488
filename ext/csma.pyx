# distutils: language = c++
"""802.11p / ITS-G5 channel access and reception for all stations: CSMA/CA, event by event."""

include "medium_parts.pxi"


cdef extern from "csma.hpp" namespace "wayside" nogil:
    const int QUEUES

    cdef cppclass CsmaRules:
        int64_t slot, sifs, notice, preamble, sensitivity, sense, energy, measure, noise
        int aifsn[4]
        int window[4]
        double capture
        int depth
        bint sensing, half_duplex, hidden

    cdef cppclass CCsma "wayside::Csma":
        CsmaRules rules
        vector[ErrorTable] tables
        Tally tally
        uint64_t seed
        Report report
        int64_t carried
        void attach(CLinks& links, const uint8_t* listed, const uint8_t* measured) except +
        void submit(int station, int queue, int table, int64_t arrival, int64_t expiry, int64_t duration, int64_t tag,
                    int told)
        void advance(int64_t until, int threads) except +
        void busy_ratio(float* ratio, int n)
        int64_t time()
        int64_t level(int i)


cdef class Csma:
    """Stations that share one channel. Powers in dBm, times in ns.

    `errors`: one (SINR in dB, packet error) pair of arrays per kind of packet. A receiver notices frames from
    `sensitivity` on and keeps to the first one, but for a stronger one that begins within `preamble` ns, and for one
    stronger by `capture` dB at any time (None: never). The channel is busy to it while it notices one of at least
    `sense`, or while all that it receives comes to `energy`. `measure`: what counts as busy in `busy_ratio`, None: what
    carrier sensing takes for busy. `plant` names errors to be planted: "sensing-off", "half-duplex-off", "hidden-off".
    """

    cdef CCsma csma
    cdef Links attached
    cdef object kept
    cdef int count
    cdef vector[float] ratio

    def __init__(
        self,
        *,
        errors,
        double noise,
        double sensitivity=-100.0,
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
        fill(self.csma.tables, errors)
        self.csma.rules.noise = grains(10.0 ** (noise / 10.0))
        self.csma.rules.sensitivity = grains(10.0 ** (sensitivity / 10.0))
        self.csma.rules.sense = grains(10.0 ** (sense / 10.0))
        self.csma.rules.energy = grains(10.0 ** (energy / 10.0))
        self.csma.rules.measure = 0 if measure is None else grains(10.0 ** (measure / 10.0))
        self.csma.rules.capture = 0.0 if capture is None else 10.0 ** (capture / 10.0)
        self.csma.rules.preamble = preamble
        self.csma.rules.depth = depth
        for k in range(QUEUES):
            self.csma.rules.aifsn[k] = aifsn[k]
            self.csma.rules.window[k] = window[k]
        plant = planted(plant)
        self.csma.rules.sensing = "sensing-off" not in plant
        self.csma.rules.half_duplex = "half-duplex-off" not in plant
        self.csma.rules.hidden = "hidden-off" not in plant
        self.csma.seed = seed
        self.csma.tally.shape(bin_m, bins)

    def attach(
        self,
        Links links not None,
        const unsigned char[::1] listed not None,
        const unsigned char[::1] measured not None,
    ):
        """Go on with these links. Deliveries to `listed` stations are told one by one: to 1, of packets that are told
        so, to 2, of all. Packets of `measured` ones are counted."""
        cdef int n = links.links.count
        if listed.shape[0] < n or measured.shape[0] < n:
            raise ValueError("columns of different lengths")
        self.attached = links
        self.kept = (listed, measured)
        self.count = n
        with nogil:
            self.csma.attach(links.links, &listed[0], &measured[0])

    def submit(
        self,
        const int[::1] station not None,
        const int[::1] queue not None,
        const int[::1] table not None,
        const int64_t[::1] arrival not None,
        const int64_t[::1] expiry not None,
        const int64_t[::1] duration not None,
        const int64_t[::1] tag not None,
        const unsigned char[::1] told=None,
    ):
        """Queue packets: station, access category (0 the highest), error table, arrival, end of lifetime and duration
        on the air [ns], a tag of the caller's, and whether who receives it is told one by one or only counted (None:
        told).
        """
        cdef Py_ssize_t k, n = station.shape[0]
        if not (queue.shape[0] == table.shape[0] == arrival.shape[0] == n
                and expiry.shape[0] == duration.shape[0] == tag.shape[0] == n
                and (told is None or told.shape[0] == n)):
            raise ValueError("columns of different lengths")
        for k in range(n):
            if not (0 <= station[k] < self.count and 0 <= queue[k] < QUEUES
                    and 0 <= table[k] < <int>self.csma.tables.size()):
                raise ValueError(f"packet {k}: station {station[k]}, queue {queue[k]}, table {table[k]}")
        cdef bint counted = told is not None
        with nogil:
            for k in range(n):
                self.csma.submit(station[k], queue[k], table[k], arrival[k], expiry[k], duration[k], tag[k],
                                 told[k] if counted else 1)

    def advance(self, int64_t until, int threads=1):
        """Let time pass up to `until` [ns]; results do not depend on the number of threads. (tags, receivers) of deliveries to listed stations; (tags, when sent or -1
        where dropped, time since they were handed over, numbers of receivers; ns) of the packets that are done."""
        with nogil:
            self.csma.advance(until, threads)
        return told(self.csma.report)

    def trace(self, bint on):
        """Whether the fate of each packet at each receiver is kept for `traced` from now on."""
        self.csma.report.tracing = on
        self.csma.report.forget()

    def traced(self):
        """(tags, receivers, fates as in `tally`) since the last call; what is below sensitivity is not told."""
        return fates(self.csma.report)

    @property
    def time(self):
        """Now [ns]."""
        return self.csma.time()

    def busy_ratio(self):
        """Channel busy ratio of each station since the last call."""
        self.ratio.resize(self.count)
        self.csma.busy_ratio(self.ratio.data(), self.count)
        return copied(self.ratio.data(), self.count, np.float32)

    @property
    def links(self):
        """Packets times the stations within range of their senders, so far."""
        return self.csma.carried

    def tally(self):
        """Packets of measured stations x receivers by distance (bins centred on multiples of bin_m) and fate: received,
        half duplex, below sensitivity, receiver busy, propagation, collision."""
        return copied(self.csma.tally.counts.data(), self.csma.tally.counts.size(), np.int64).reshape(-1, FATES)

    def levels(self):
        """Power that each station receives now, in grains of 1e-18 mW."""
        return np.array([self.csma.level(k) for k in range(self.count)], np.int64)
