"""LTE-V2X mode 4 and NR-V2X mode 2 in a run: vehicles choose their resources themselves.

The first 80 ms of each 100 ms are the vehicles' resource pool; a reservation comes back every 100 ms. What units send,
and requests to them, goes in the other 20 ms, which the roadside schedules: it does not collide, and only noise and
walls keep it from a receiver.
"""

from __future__ import annotations

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.ext.sps import Sps
from wayside.sim.air import Deliveries, Ints, errors
from wayside.sim.air.medium import BIN_M, BINS, Medium

_POOL = 0.8  # share of the slots
_RETRY_MS = 15  # within which HARQ sends again
BLOCKS = 50  # resource blocks in 10 MHz at 15 kHz
_THRESHOLD = -110.0  # dBm in a sub-channel: exclusion begins there and rises by 3 dB


class _Sidelink(Medium):
    technology, curves = "LTE", "G5-UrbanLOS"
    rank = True

    def _slots(self) -> int:
        """In 100 ms."""
        return 100

    def _blocks(self) -> int:
        """Resource blocks in 10 MHz."""
        return BLOCKS

    def _make(self, seed: int) -> Sps:
        settings = self.settings
        try:
            self._table = errors.table(self.technology, settings.mcs, settings.size, settings.curves or self.curves)
        except ScenarioError as error:
            raise ScenarioError(f"air: {error}") from None
        # A packet fills its sub-channel: noise of that many resource blocks.
        self._noise = self.noise + 10.0 * np.log10((self._blocks() // settings.channels) / self._blocks())
        slots = self._slots()
        return Sps(
            errors=[self._table],
            noise=self._noise,
            channels=settings.channels,
            period=slots,
            window=10 * slots,
            t2=round(slots * _POOL) - 1,
            keep=settings.keep,
            sense=self._noise,  # a packet's announcement is read from 0 dB on
            threshold=_THRESHOLD,
            rank=self.rank,
            retry=_RETRY_MS * slots // 100 if settings.retransmit else 0,
            bin_m=BIN_M,
            bins=BINS,
            seed=seed,
        )

    def _carry(self, stations: Ints) -> Deliveries:
        access = self._access
        assert isinstance(access, Sps)
        n, slots = len(stations), self._slots()
        arrival = np.full(n, self._ticks * slots, np.int64)
        tag = np.arange(n, dtype=np.int64)
        access.submit(stations, np.zeros(n, np.int32), arrival, arrival + slots, np.zeros(n, np.uint8), tag)
        (tags, to), _ = access.advance((self._ticks + 1) * slots)
        return Deliveries(tags.astype(np.int32), to)

    def _carry_others(self, stations: Ints) -> Deliveries:
        packets, receivers = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
        for number, station in enumerate(stations.tolist()):
            other, power = self._links.row(station)
            level = 10.0 * np.log10(np.maximum(power, 1e-30))
            error = np.interp(level - self._noise, *self._table)
            got = (level >= self._noise) & (self._random.uniform(size=len(other)) >= error)
            packets.append(np.full(int(got.sum()), number, np.int32))
            receivers.append(other[got])
        return Deliveries(np.concatenate(packets), np.concatenate(receivers))


class LteV2xRadio(_Sidelink):
    """PC5 mode 4: exclusion by RSRP, then ranking by averaged S-RSSI."""


class NrV2xRadio(_Sidelink):
    """PC5 mode 2: exclusion by RSRP alone, slots of 1 or 0.5 ms. No published curve was found to hold it against."""

    technology, curves = "NR", "G5-UrbanNLOS"
    rank = False

    def _slots(self) -> int:
        if self.settings.spacing not in (15, 30):
            raise ScenarioError(f"air.spacing = {self.settings.spacing}: must be 15 or 30 kHz")
        return 100 * self.settings.spacing // 15

    def _blocks(self) -> int:
        return BLOCKS + 2 if self.settings.spacing == 15 else 24  # TS 38.101-1, table 5.3.2-1
