"""ITS-G5 (802.11p) in a run: every packet of vehicles and units contends for one channel of 10 MHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wayside.edge.errors import ScenarioError
from wayside.ext.csma import Csma
from wayside.sim.air import Deliveries, Ints, errors
from wayside.sim.air.medium import BIN_M, BINS, TICK, Medium

_TICK = round(TICK * 1e9)  # ns
_CAMS, _OTHERS = 2, 1  # access categories: CAM at AC_BE and DENM, SPATEM, requests above it (EN 302 663, table B.1)
_CAM_TIME, _BATCH_TIME = _TICK * 7 // 10, 6_000_000  # ns
_LIFE = _TICK  # of a packet in the queue: until the next one is due
CURVES = "G5-UrbanLOS"
HEADERS, PREAMBLE = 30, 40e-6  # bytes of MAC and LLC; s


class ItsG5Radio(Medium):
    """CSMA/CA with the error curves of 802.11p.

    A CAM is handed down at a moment of its station's own within the first seven tenths of the tick. What comes up
    during the tick (broadcasts of units, requests and answers) follows, each batch spread over 6 ms.
    """

    def _make(self, seed: int) -> Csma:
        settings = self.settings
        if settings.rate not in errors.RATES:
            known = ", ".join(f"{rate:g}" for rate in errors.RATES)
            raise ScenarioError(f"air.rate = {settings.rate:g}: must be one of {known} Mbit/s")
        try:
            table = errors.table("11p", errors.RATES[settings.rate], settings.size, settings.curves or CURVES)
        except ScenarioError as error:
            raise ScenarioError(f"air: {error}") from None
        self._batch = 0
        bits = 8 * (settings.size + HEADERS)
        self._duration = round((PREAMBLE + bits / (settings.rate * 1e6)) * 1e9)
        return Csma(
            errors=[table], noise=self.noise, capture=settings.capture or None, bin_m=BIN_M, bins=BINS, seed=seed
        )

    def _carry(self, stations: Ints) -> Deliveries:
        return self._send(stations, self._ticks * _TICK + self._phase(stations, 0, _CAM_TIME), _CAMS)

    def _carry_others(self, stations: Ints) -> Deliveries:
        assert isinstance(self._access, Csma)
        begin = max(self._access.time, self._ticks * _TICK + _CAM_TIME)
        self._batch += 1
        return self._send(stations, begin + self._phase(stations, self._batch, _BATCH_TIME), _OTHERS)

    def _phase(self, stations: Ints, salt: int, span: int) -> NDArray[np.int64]:
        """A moment within `span` ns for each station, by its id."""
        mixed = (self._id[stations] + np.uint64(salt << 32)) * np.uint64(0x9E3779B97F4A7C15)
        return ((mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) >> np.uint64(34)).astype(
            np.int64
        ) * span >> 30

    def _send(self, stations: Ints, arrival: NDArray[np.int64], queue: int) -> Deliveries:
        access = self._access
        assert isinstance(access, Csma)
        n = len(stations)
        if n == 0:
            return Deliveries(np.empty(0, np.int32), np.empty(0, np.int32))
        zeros = np.zeros(n, np.int32)
        access.submit(
            stations,
            zeros + np.int32(queue),
            zeros,
            arrival,
            arrival + _LIFE,
            np.full(n, self._duration, np.int64),
            np.arange(n, dtype=np.int64),
        )
        (tags, to), _ = access.drain((self._ticks + 3) * _TICK)
        return Deliveries(tags.astype(np.int32), to)
