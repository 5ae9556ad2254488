"""LTE-V2X mode 4 and NR-V2X mode 2 in a run: all stations choose their resources themselves, out of one pool."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from wayside.edge.app import TICK
from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Bytes, Doubles, Indices, Ints, Longs
from wayside.ext.delivery import moments
from wayside.ext.sps import Sps
from wayside.sim.air import BIN_M, BINS, Outgoing, RadioContext, emission, errors, transport
from wayside.sim.air.medium import Finished, Medium
from wayside.sim.scenario.sections import Air

_RETRY_MS = 15  # within which HARQ sends again
_READ = 0.0  # dB: SINR from which what a packet announces is read, as WiLabV2Xsim has it (`minSCIsinr`)
SMALLEST = 44 + 40  # octets: the headers of a CAM and the least that it says
LTE_CARRIER = 50  # resource blocks in 10 MHz: TS 36.101, table 5.6-1

_T = TypeVar("_T")


def lte_subchannels(air: Air) -> tuple[int, int]:
    """How many there are, and the resource blocks of one. ScenarioError for more than 10 MHz have."""
    channels = air.channels or 4
    sizes = [size for size in transport.LTE_SUBCHANNELS if size * channels <= LTE_CARRIER]
    if not sizes:
        most = LTE_CARRIER // transport.LTE_SUBCHANNELS[0]
        raise ScenarioError(f"air.channels = {channels}: must be at most {most} in 10 MHz of LTE-V2X")
    return channels, sizes[-1]


def warn_too_long(size: int, room: int) -> None:
    """A packet of so many octets does not fit into a carrier with room for so many."""
    warnings.warn(
        f"a packet of {size} octets does not fit into the carrier, which holds {room} at the highest "
        "MCS that the error curves have: packets as long as that are not sent",
        stacklevel=3,
    )


def formats(
    air: Air, channels: int, headers: int, block: Callable[[int, int], int], table: Callable[[int, int], _T]
) -> tuple[Indices, list[_T]]:
    """What a packet can be sent in: air.mcs in 1, 2 ... sub-channels, then higher MCS in all of them.

    block: octets of a transport block by MCS and sub-channels; table: what goes with an MCS and such a block,
    ScenarioError where there are no error curves. Returns the octets that each format holds and its table.
    ScenarioError for an MCS, or an air.size, that none will do for.
    """
    planned = [(air.mcs, width) for width in range(1, channels + 1)]
    planned += [(mcs, channels) for mcs in range(air.mcs + 1, 29)]
    room, tables = [], []
    for mcs, width in planned:
        octets = block(mcs, width)
        try:
            tables.append(table(mcs, octets))
        except ScenarioError as error:
            if mcs == air.mcs:
                raise ScenarioError(f"air: {error}") from None
            break  # no curves for so high an MCS
        room.append(octets - headers)
    # A longer packet is read from a later table, even where one format holds no more than the one before it.
    holds = np.maximum.accumulate(room)
    if air.size is not None and air.size > holds[-1]:
        raise ScenarioError(
            f"air.size = {air.size}: must be at most {holds[-1]}, which the whole carrier holds at MCS "
            f"{planned[len(room) - 1][0]}, the highest that the error curves have"
        )
    if holds[-1] < SMALLEST:
        raise ScenarioError(f"air.mcs = {air.mcs}: too low for messages of {SMALLEST} octets in 10 MHz")
    return holds, tables


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
    spacing = 15  # kHz between sub-carriers
    slots = 100  # in 100 ms
    _subchannels = 1
    headers = 0  # octets of layer 2
    margins = emission.LTE

    def __init__(self, site: RadioContext) -> None:
        self._salts = site.seed, site.seed ^ 0x5EED
        self._warned = False
        super().__init__(site)

    @abstractmethod
    def _plan(self) -> tuple[int, int]:
        """Resource blocks of a sub-channel and of 10 MHz."""

    @abstractmethod
    def _block(self, mcs: int, width: int, subchannel: int) -> int:
        """Octets in a transport block of `width` sub-channels."""

    @abstractmethod
    def _bits(self, mcs: int) -> int:
        """Per symbol."""

    def _errors(self, mcs: int, block: int) -> errors.Table:
        """Of a transport block of so many octets: the whole of it must arrive, padding included."""
        return errors.table(self.technology, mcs, max(block, 1), self.settings.curves or self.curves)

    def _make(self, seed: int) -> Sps:
        settings = self.settings
        subchannel, carrier = self._plan()
        self._channels = self._subchannels
        self._room, tables = formats(
            settings,
            self._channels,
            self.headers,
            lambda mcs, width: self._block(mcs, width, subchannel),
            self._errors,
        )
        self._tables = tables
        self._part = part = transport.noise_share(subchannel, self.spacing)
        leaks = None
        if settings.emission:
            error = emission.evm(self._bits(settings.mcs))
            leaks = emission.leakage(self._channels, subchannel, carrier, error, self.margins)
        return Sps(
            errors=tables,
            noise=self.noise + part,
            channels=self._channels,
            period=self.slots,
            window=10 * self.slots,
            t2=self.slots - 1,
            keep=settings.keep,
            sensitivity=self.sensitivity + part,
            sense=self.noise + part + _READ,
            # What is compared is the power of a resource element (PSSCH-RSRP: TS 36.214, clause 5.1.29; TS 38.215).
            threshold=settings.threshold + 10.0 * np.log10(transport.SUBCARRIERS * subchannel),
            rank=self.rank,
            emission=leaks,
            retry=_RETRY_MS * self.slots // 100 if settings.retransmit else 0,
            bin_m=BIN_M,
            bins=BINS,
            seed=seed,
        )

    def _decoded(self, size: int) -> tuple[float, errors.Table] | None:
        format = int(np.searchsorted(self._room, size if self.settings.size is None else self.settings.size))
        if format == len(self._room):
            return None
        width = min(format + 1, self._channels)  # over which a packet's power is spread
        return self.noise + self._part + 10.0 * np.log10(width), self._tables[format]

    def access(self, sender: Ints, size: Ints, draw: Doubles) -> Doubles:
        """See `Overhearing`: until a resource comes that was chosen within 100 ms, each with the same chance."""
        return (np.floor(draw * self.slots) + 1.0) * (TICK / self.slots)

    def _exchange(self, out: Outgoing, told: Bytes) -> Finished:
        begin = self._ticks * self.slots
        refused = self._submit(out, slice(out.fresh, len(out)), begin, told)
        (ids, receiver), (done, sent, spent, received) = self._access.advance(begin + self.slots, self.settings.threads)
        delay = np.where(sent < 0, np.nan, spent * (TICK / self.slots))
        return Finished(
            ids,
            receiver,
            np.concatenate((done, refused)),
            np.concatenate((delay, np.full(len(refused), np.nan))).astype(np.float32),
            np.concatenate((received, np.zeros(len(refused), np.int32))),
        )

    def _submit(self, out: Outgoing, new: slice, begin: int, told: Bytes) -> Longs:
        """Hand over these rows; the ids of those that fit into no transport block."""
        size = out.size[new]
        if self.settings.size is not None:
            size = np.full(len(size), self.settings.size, np.int32)
        format = np.searchsorted(self._room, size).astype(np.int32)
        fits = format < len(self._room)
        if not fits.all():
            if not self._warned:
                warn_too_long(int(size.max()), int(self._room[-1]))
            self._warned = True
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
            self._access.submit(sender, format, arrival, arrival + self.slots, once, id, width, told[new][fits])
        return out.id[new][~fits]


class LteV2xRadio(_Sidelink):
    """PC5 mode 4: exclusion by RSRP, then ranking by averaged S-RSSI."""

    # PDCP 5, RLC 1, MAC 7 + 2 (TS 36.323 clause 6.2.10, TS 36.322 clause 6.2.1.3, TS 36.321 clause 6.1.6).
    headers = 15

    def _plan(self) -> tuple[int, int]:
        self._subchannels, subchannel = lte_subchannels(self.settings)
        return subchannel, LTE_CARRIER

    def _block(self, mcs: int, width: int, subchannel: int) -> int:
        return transport.lte_block(mcs, width, subchannel)

    def _bits(self, mcs: int) -> int:
        return transport.lte_bits(mcs)


class NrV2xRadio(_Sidelink):
    """PC5 mode 2: exclusion by RSRP alone, slots of 1 or 0.5 ms. No published curve was found to hold it against."""

    technology, curves = "NR", "G5-UrbanNLOS"
    margins = emission.NR
    rank = False
    headers = 11  # SDAP 1, PDCP 3, RLC 1, MAC 4 + 2 (TS 37.324, TS 38.323, TS 38.322, TS 38.321 clause 6.1.6)

    def _plan(self) -> tuple[int, int]:
        self.spacing = spacing = self.settings.spacing
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

    def _bits(self, mcs: int) -> int:
        return transport.nr_bits(mcs)
