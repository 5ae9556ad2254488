"""LTE-V2X mode 4 and NR-V2X mode 2 in a run: all stations choose their resources themselves, out of one pool."""

from __future__ import annotations

import warnings
from abc import abstractmethod

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.ext.delivery import moments
from wayside.ext.sps import Sps
from wayside.sim.air import BIN_M, BINS, Longs, Outgoing, Site, errors, transport
from wayside.sim.air.medium import TICK, Finished, Medium

_RETRY_MS = 15  # within which HARQ sends again
_THRESHOLD = -110.0  # dBm in a sub-channel: exclusion begins there and rises by 3 dB
SMALLEST = 44 + 40  # octets: the headers of a CAM and the least that it says


class _Sidelink(Medium):
    """A packet takes as many neighbouring sub-channels as the transport block needs that holds it; one too long for the
    carrier takes all of it and the least higher MCS that is enough (TS 36.321, clause 5.14.1.1: from a range).

    The station's stream of periodic packets (the first one of a tick) goes out on its reservation, which comes back
    every 100 ms; every other packet is sent once, on a resource of its own. A packet that was not sent within 100 ms
    is dropped, and so is one that fits in by no MCS for which there are error curves.
    """

    _access: Sps
    technology, curves = "LTE", "G5-UrbanLOS"
    rank = True
    slots = 100  # in 100 ms
    _subchannels = 1
    headers = 0  # octets of layer 2

    def __init__(self, site: Site) -> None:
        self._salts = site.seed, site.seed ^ 0x5EED
        self._warned = False
        super().__init__(site)

    @abstractmethod
    def _plan(self) -> tuple[int, int]:
        """Resource blocks of a sub-channel and of 10 MHz."""

    @abstractmethod
    def _block(self, mcs: int, width: int, subchannel: int) -> int:
        """Octets in a transport block of `width` sub-channels."""

    def _make(self, seed: int) -> Sps:
        settings = self.settings
        subchannel, carrier = self._plan()
        curves, channels = settings.curves or self.curves, self._subchannels
        formats = [(settings.mcs, width) for width in range(1, channels + 1)]
        formats += [(mcs, channels) for mcs in range(settings.mcs + 1, 29)]
        room, tables = [], []
        for mcs, width in formats:
            block = self._block(mcs, width, subchannel)
            try:
                # The whole transport block must arrive, padding included.
                tables.append(errors.table(self.technology, mcs, max(block, 1), curves))
            except ScenarioError as error:
                if mcs == settings.mcs:
                    raise ScenarioError(f"air: {error}") from None
                break  # no curves for so high an MCS
            room.append(block - self.headers)
        # A longer packet is read from a later table, even where one format holds no more than the one before it.
        self._room, self._channels = np.maximum.accumulate(room), channels
        if settings.size is not None and settings.size > self._room[-1]:
            raise ScenarioError(
                f"air.size = {settings.size}: must be at most {self._room[-1]}, which the whole carrier holds at MCS "
                f"{formats[len(room) - 1][0]}, the highest that the error curves have"
            )
        if self._room[-1] < SMALLEST:
            raise ScenarioError(f"air.mcs = {settings.mcs}: too low for messages of {SMALLEST} octets in 10 MHz")
        noise = self.noise + 10.0 * np.log10(subchannel / carrier)  # of a sub-channel
        return Sps(
            errors=tables,
            noise=noise,
            channels=channels,
            period=self.slots,
            window=10 * self.slots,
            t2=self.slots - 1,
            keep=settings.keep,
            sense=noise,  # a packet's announcement is read from 0 dB on
            threshold=_THRESHOLD,
            rank=self.rank,
            retry=_RETRY_MS * self.slots // 100 if settings.retransmit else 0,
            bin_m=BIN_M,
            bins=BINS,
            seed=seed,
        )

    def _exchange(self, out: Outgoing) -> Finished:
        begin = self._ticks * self.slots
        refused = self._submit(out, slice(out.fresh, len(out)), begin)
        (ids, receiver), (done, sent, spent, _) = self._access.advance(begin + self.slots)
        delay = np.where(sent < 0, np.nan, spent * (TICK / self.slots))
        return Finished(
            ids,
            receiver,
            np.concatenate((done, refused)),
            np.concatenate((delay, np.full(len(refused), np.nan))).astype(np.float32),
        )

    def _submit(self, out: Outgoing, new: slice, begin: int) -> Longs:
        """Hand over these rows; the ids of those that fit into no transport block."""
        size = out.size[new]
        if self.settings.size is not None:
            size = np.full(len(size), self.settings.size, np.int32)
        format = np.searchsorted(self._room, size).astype(np.int32)
        fits = format < len(self._room)
        if not fits.all():
            self._warn(int(size.max()))
        id, sender, format = out.id[new][fits], out.sender[new][fits], format[fits]
        width = np.minimum(format + np.int32(1), np.int32(self._channels))
        stream = np.zeros(len(id), bool)
        periodic = np.flatnonzero(out.periodic[new][fits])
        stream[periodic[np.unique(sender[periodic], return_index=True)[1]]] = True
        arrival = np.empty(len(id), np.int64)
        for rows, salt in zip((stream, ~stream), self._salts, strict=True):
            arrival[rows] = begin + moments(sender[rows], self._id, self.slots, salt)
        if len(id):
            once = (~stream).astype(np.uint8)
            self._access.submit(sender, format, arrival, arrival + self.slots, once, id, width)
        return out.id[new][~fits]

    def _warn(self, size: int) -> None:
        if not self._warned:
            warnings.warn(
                f"a packet of {size} octets does not fit into the carrier, which holds {self._room[-1]} at the highest "
                "MCS that the error curves have: packets as long as that are not sent",
                stacklevel=2,
            )
        self._warned = True


class LteV2xRadio(_Sidelink):
    """PC5 mode 4: exclusion by RSRP, then ranking by averaged S-RSSI."""

    # PDCP 5, RLC 1, MAC 7 + 2 (TS 36.323 clause 6.2.10, TS 36.322 clause 6.2.1.3, TS 36.321 clause 6.1.6).
    headers = 15

    def _plan(self) -> tuple[int, int]:
        carrier = 50  # resource blocks in 10 MHz: TS 36.101, table 5.6-1
        self._subchannels = channels = self.settings.channels or 4
        sizes = [size for size in transport.LTE_SUBCHANNELS if size * channels <= carrier]
        if not sizes:
            most = carrier // transport.LTE_SUBCHANNELS[0]
            raise ScenarioError(f"air.channels = {channels}: must be at most {most} in 10 MHz of LTE-V2X")
        return sizes[-1], carrier

    def _block(self, mcs: int, width: int, subchannel: int) -> int:
        return transport.lte_block(mcs, width, subchannel)


class NrV2xRadio(_Sidelink):
    """PC5 mode 2: exclusion by RSRP alone, slots of 1 or 0.5 ms. No published curve was found to hold it against."""

    technology, curves = "NR", "G5-UrbanNLOS"
    rank = False
    headers = 11  # SDAP 1, PDCP 3, RLC 1, MAC 4 + 2 (TS 37.324, TS 38.323, TS 38.322, TS 38.321 clause 6.1.6)

    def _plan(self) -> tuple[int, int]:
        spacing = self.settings.spacing
        if spacing not in (15, 30):
            raise ScenarioError(f"air.spacing = {spacing}: must be 15 or 30 kHz")
        self.slots = 100 * spacing // 15
        carrier = 52 if spacing == 15 else 24  # TS 38.101-1, table 5.3.2-1
        # Of 10 resource blocks at least (TS 38.331, sl-SubchannelSize).
        self._subchannels = channels = self.settings.channels or carrier // 10
        if channels > carrier // 10:
            raise ScenarioError(
                f"air.channels = {channels}: must be at most {carrier // 10} in 10 MHz of NR-V2X at {spacing} kHz"
            )
        return carrier // channels, carrier

    def _block(self, mcs: int, width: int, subchannel: int) -> int:
        return transport.nr_block(mcs, width * subchannel)
