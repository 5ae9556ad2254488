# distutils: language = c++
"""Sidelink with self-chosen resources for all stations, slot by slot: LTE-V2X mode 4, NR-V2X mode 2."""

include "medium_parts.pxi"


cdef extern from "sensing.hpp" namespace "wayside" nogil:
    cdef cppclass SpsRules:
        int channels, period, window, t1, t2, counter_low, counter_high, retry
        double keep, share, raise_by "raise"
        int64_t sensitivity, sense, floor, threshold, noise, busy
        bint rank, sensing, half_duplex, hidden


cdef extern from "sps.hpp" namespace "wayside" nogil:
    cdef cppclass CSps "wayside::Sps":
        SpsRules rules
        vector[double] emission
        vector[ErrorTable] tables
        Tally tally
        uint64_t seed
        Report report
        int64_t carried, selections
        void attach(CLinks& links, const uint8_t* listed, const uint8_t* measured) except +
        void submit(int station, int table, int width, int64_t arrival, int64_t expiry, int once, int64_t tag,
                    int told)
        void advance(int64_t until, int threads) except +
        void busy_ratio(float* ratio, int n)
        int64_t time()


cdef class Sps:
    """Stations that share one carrier. Powers in dBm (of one sub-channel), times in slots.

    `errors`: one (SINR in dB, packet error) pair of arrays per kind of packet, later ones for longer packets: a
    reservation's padding turns the packet into the longer kind. `period`: slots between reservations;
    `window`: slots sensed; `t1`, `t2`: selection window; `counters`: range of the reselection counter; `keep`:
    probability of keeping the resource; `share`: of the candidates that must remain; `raise_db`: threshold's step;
    `rank`: by averaged S-RSSI (mode 4) or not (mode 2); `retry`: a second sending within so many slots, 0: none.
    Packets are noticed from `sensitivity` on, what they announce is read from `sense` on. `emission` (channels x
    channels x channels): power in a sub-channel as a share of that in each one given, by width less one, first one and
    sub-channel (None: none elsewhere). `plant` names errors to be planted: "sensing-off", "half-duplex-off",
    "hidden-off".
    """

    cdef CSps sps
    cdef Links attached
    cdef object kept
    cdef int count
    cdef vector[float] ratio

    def __init__(
        self,
        *,
        errors,
        double noise,
        int channels=4,
        int period=100,
        int window=1000,
        int t1=1,
        int t2=100,
        counters=(5, 15),
        double keep=0.0,
        double share=0.2,
        double raise_db=3.0,
        double sensitivity=-106.0,
        double sense=-90.5,
        floor=None,
        double threshold=-110.0,
        double busy=-94.0,
        bint rank=True,
        int retry=0,
        emission=None,
        double bin_m=25.0,
        int bins=1,
        uint64_t seed=0,
        plant=(),
    ):
        fill(self.sps.tables, errors)
        if not (channels >= 1 and period >= 1 and window % period == 0 and 1 <= t1 <= t2 and t2 - t1 < 1024):
            raise ValueError("channels, period, window (a multiple of the period), t1 and t2 do not fit together")
        if not (1 <= counters[0] <= counters[1] and 0.0 <= keep <= 1.0 and 0.0 < share <= 1.0 and raise_db > 0.0 and retry >= 0):
            raise ValueError("counters, keep, share, raise_db or retry out of range")
        self.sps.rules.channels = channels
        self.sps.rules.period = period
        self.sps.rules.window = window
        self.sps.rules.t1 = t1
        self.sps.rules.t2 = t2
        self.sps.rules.counter_low, self.sps.rules.counter_high = counters
        self.sps.rules.keep = keep
        self.sps.rules.share = share
        self.sps.rules.raise_by = 10.0 ** (raise_db / 10.0)
        self.sps.rules.noise = grains(10.0 ** (noise / 10.0))
        self.sps.rules.sensitivity = grains(10.0 ** (sensitivity / 10.0))
        self.sps.rules.sense = grains(10.0 ** (sense / 10.0))
        self.sps.rules.floor = 0 if floor is None else grains(10.0 ** (floor / 10.0))
        # More than is ever measured excludes nothing; grains have no room for it.
        self.sps.rules.threshold = grains(10.0 ** (min(threshold, 9.0) / 10.0))
        self.sps.rules.busy = grains(10.0 ** (busy / 10.0))
        self.sps.rules.rank = rank
        self.sps.rules.retry = retry
        if emission is not None:
            if np.shape(emission) != (channels, channels, channels) or np.min(emission) < 0.0 or np.max(emission) > 1.0:
                raise ValueError(f"emission: must be shares of 0 to 1, {channels} x {channels} x {channels}")
            self.sps.emission = np.ravel(emission).tolist()
        plant = planted(plant)
        self.sps.rules.sensing = "sensing-off" not in plant
        self.sps.rules.half_duplex = "half-duplex-off" not in plant
        self.sps.rules.hidden = "hidden-off" not in plant
        self.sps.seed = seed
        self.sps.tally.shape(bin_m, bins)

    def attach(self, Links links not None, const unsigned char[::1] listed not None, const unsigned char[::1] measured not None):
        """Go on with these links. Deliveries to `listed` stations are told one by one: to 1, of packets that are told
        so, to 2, of all. Packets of `measured` ones are counted."""
        cdef int n = links.links.count
        if listed.shape[0] < n or measured.shape[0] < n:
            raise ValueError("columns of different lengths")
        self.attached = links
        self.kept = (listed, measured)
        self.count = n
        with nogil:
            self.sps.attach(links.links, &listed[0], &measured[0])

    def submit(
        self,
        const int[::1] station not None,
        const int[::1] table not None,
        const int64_t[::1] arrival not None,
        const int64_t[::1] expiry not None,
        const unsigned char[::1] once not None,
        const int64_t[::1] tag not None,
        const int[::1] width=None,
        const unsigned char[::1] told=None,
    ):
        """Queue packets: station, error table, arrival and end of lifetime [slot], whether it is aperiodic (a resource
        of its own) or goes out on the station's reserved ones, a tag of the caller's, and how many sub-channels it
        takes (None: one each). A reservation too narrow for its packet is chosen anew. told: whether who receives it is
        told one by one or only counted (None: told).
        """
        cdef Py_ssize_t k, n = station.shape[0]
        if not table.shape[0] == arrival.shape[0] == expiry.shape[0] == once.shape[0] == tag.shape[0] == n:
            raise ValueError("columns of different lengths")
        if width is not None and width.shape[0] != n or told is not None and told.shape[0] != n:
            raise ValueError("columns of different lengths")
        for k in range(n):
            if not (0 <= station[k] < self.count and 0 <= table[k] < <int>self.sps.tables.size()):
                raise ValueError(f"packet {k}: station {station[k]}, table {table[k]}")
            if width is not None and not 1 <= width[k] <= self.sps.rules.channels:
                raise ValueError(f"packet {k}: {width[k]} sub-channels of {self.sps.rules.channels}")
        cdef bint narrow = width is None, counted = told is not None
        with nogil:
            for k in range(n):
                self.sps.submit(station[k], table[k], 1 if narrow else width[k], arrival[k], expiry[k], once[k], tag[k],
                                told[k] if counted else 1)

    def advance(self, int64_t until, int threads=1):
        """Let time pass up to slot `until`. (tags, receivers) of deliveries to listed stations; (tags, slots of the last
        sending or -1 where dropped, slots from the arrival to the end, numbers of receivers) of the packets that are
        done. Deliveries are told when the packet is done."""
        with nogil:
            self.sps.advance(until, threads)
        return told(self.sps.report)

    def trace(self, bint on):
        """Whether the fate of each packet at each receiver is kept for `traced` from now on."""
        self.sps.report.tracing = on
        self.sps.report.forget()

    def traced(self):
        """(tags, receivers, fates as in `tally`) since the last call; what is below sensitivity is not told."""
        return fates(self.sps.report)

    def busy_ratio(self):
        """Channel busy ratio of each station over the last 100 ms."""
        self.ratio.resize(self.count)
        self.sps.busy_ratio(self.ratio.data(), self.count)
        return copied(self.ratio.data(), self.count, np.float32)

    @property
    def links(self):
        """Packet-receiver pairs so far."""
        return self.sps.carried

    @property
    def selections(self):
        """Resources chosen so far."""
        return self.sps.selections

    def tally(self):
        """As Csma.tally."""
        return copied(self.sps.tally.counts.data(), self.sps.tally.counts.size(), np.int64).reshape(-1, FATES)
