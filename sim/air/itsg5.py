"""ITS-G5 (802.11p) in a run: every packet of vehicles and units contends for one channel of 10 MHz."""

from __future__ import annotations

import numpy as np

from wayside.edge.app import TICK
from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Bytes, Doubles, Ints, Longs
from wayside.ext.csma import Csma
from wayside.ext.delivery import moments
from wayside.sim.air import BIN_M, BINS, Outgoing, errors
from wayside.sim.air.medium import Finished, Medium

_TICK = round(TICK * 1e9)  # ns
_AWARENESS_LIFE = _TICK  # of packets that come again: until the next one may be due (EN 302 637-2, T_GenCamMin)
_LIFE = 500 * 1_024_000  # of others: dot11EDCATableMSDULifetime, 500 time units (IEEE 802.11-2016, annex C)
CURVES = "G5-UrbanLOS"
STEP, LONGEST = 50, 2400  # octets: there is a table of packet error for every so many

# IEEE 802.11-2016. Around a packet: the header of a QoS data frame (26: clause 9.2.3 with addresses 1 to 3 and QoS
# control), LLC and SNAP (8), and the frame check sequence (4).
HEADERS = 26 + 8 + 4
# Preamble, SIGNAL and symbols at 10 MHz (table 17-5), service and tail bits (clause 17.3.5).
_PREAMBLE, _SIGNAL, _SYMBOL = 32_000, 8_000, 8_000  # ns
_SERVICE, _TAIL = 16, 6


def airtime(size: Ints | Longs, rate: float) -> Longs:
    """Of a packet of `size` octets [ns] at `rate` Mbit/s: TXTIME of IEEE 802.11-2016, clause 17.4.3, at 10 MHz."""
    bits_per_symbol = round(rate * _SYMBOL / 1000.0)
    bits = _SERVICE + 8 * (np.asarray(size, np.int64) + HEADERS) + _TAIL
    return _PREAMBLE + _SIGNAL + _SYMBOL * -(-bits // bits_per_symbol)


class ItsG5Radio(Medium):
    """CSMA/CA with the error curves of 802.11p.

    A packet is handed down at a moment of its sender's own within the tick, a second one of that sender at another.
    """

    _access: Csma

    def _make(self, seed: int) -> Csma:
        settings = self.settings
        if settings.rate not in errors.RATES:
            known = ", ".join(f"{rate:g}" for rate in errors.RATES)
            raise ScenarioError(f"air.rate = {settings.rate:g}: must be one of {known} Mbit/s")
        self._salt = seed
        curves, mcs = settings.curves or CURVES, errors.RATES[settings.rate]
        sizes = range(STEP, LONGEST + 1, STEP) if settings.size is None else [settings.size]
        try:
            self._tables = tables = [errors.table("11p", mcs, size, curves) for size in sizes]
        except ScenarioError as error:
            raise ScenarioError(f"air: {error}") from None
        return Csma(
            errors=tables,
            noise=self.noise,
            sensitivity=self.sensitivity,
            # The physical layer reports a busy channel while it receives (IEEE 802.11-2016, clause 17.3.12).
            sense=self.sensitivity if settings.carrier_sense is None else settings.carrier_sense,
            capture=settings.capture or None,
            bin_m=BIN_M,
            bins=BINS,
            seed=seed,
        )

    def _exchange(self, out: Outgoing, told: Bytes) -> Finished:
        access, fresh, begin = self._access, slice(out.fresh, len(out)), self._ticks * _TICK
        sender = out.sender[fresh]
        if len(sender):
            size, table = self._sizes(out.size[fresh])
            arrival = begin + moments(sender, self._id, _TICK, self._salt)
            expiry = arrival + np.where(out.periodic[fresh] == 1, _AWARENESS_LIFE, _LIFE)
            duration = airtime(size, self.settings.rate)
            queue, id = out.category[fresh].astype(np.int32), out.id[fresh]
            access.submit(sender, queue, table, arrival, expiry, duration, id, told[fresh])
        (ids, receiver), (done, sent, spent, received) = access.advance(begin + _TICK, self.settings.threads)
        delay = np.where(sent < 0, np.nan, spent * 1e-9).astype(np.float32)
        return Finished(ids, receiver, done, delay, received)

    def _decoded(self, size: int) -> tuple[float, errors.Table]:
        return self.noise, self._tables[int(self._sizes(np.array([size], np.int32))[1][0])]

    def access(self, sender: Ints, size: Ints, draw: Doubles) -> Doubles:
        """See `Overhearing`: the time on the air. On a free channel that is all but some microseconds."""
        return np.asarray(airtime(self._sizes(size)[0], self.settings.rate) * 1e-9, np.float64)

    def _sizes(self, size: Ints) -> tuple[Ints, Ints]:
        """Octets on the air, headers apart, and the table of packet error to read."""
        if self.settings.size is not None:
            return np.full(len(size), self.settings.size, np.int32), np.zeros(len(size), np.int32)
        return size, (np.clip((size + STEP // 2) // STEP, 1, LONGEST // STEP) - 1).astype(np.int32)
