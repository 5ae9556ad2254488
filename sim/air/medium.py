"""What the modelled radios share: stations on the kernels' links, and the tick that carries all packets at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wayside.ext.arrays import Bytes, Doubles, Floats, Hashes, Indices, Ints, Longs
from wayside.ext.csma import Csma
from wayside.ext.delivery import TickPackets
from wayside.ext.sps import Sps
from wayside.sim.air import Carried, Deliveries, Outgoing, RadioContext, Traces
from wayside.sim.air.channel import TRUCK, Channel
from wayside.sim.air.errors import Table
from wayside.sim.air.identity import Identities

# dB below the noise that a frame is still noticed: -100 dBm at a noise figure of 9 dB, as WiLabV2Xsim has it
# (`sensitivity11p_dBm`). No curve of packet error leaves more than one in fifty there.
_NOTICED = 5.0
_UNIT, _CAR, _TALL = 0, 1, 2  # classes of stations
_NOTHING = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.uint8)  # no traces: ids, receivers, fates


class Finished(NamedTuple):
    """What an access layer tells after a tick: its deliveries, and the packets that are done."""

    ids: Longs  # of the packet, one per delivery
    receiver: Ints  # station
    done: Longs  # ids of packets whose sending ended, or that were dropped
    delay: Floats  # s from being handed over until the end, one per packet done; NaN: dropped
    received: Ints  # stations, one per packet done


class Medium(ABC):
    """A radio over links with loss: stations 0 to U - 1 are the units, the others the vehicles by slot."""

    _x: Doubles
    _y: Doubles
    _z: Doubles  # m: of the ground
    _on: Bytes
    _id: Hashes
    _kind: Bytes
    _emitted: Floats  # mW
    _gain: Floats
    _busy: Floats

    def __init__(self, site: RadioContext) -> None:
        self.settings = settings = site.air
        self._power, self._ground, self._unit_ground = site.power, site.ground, site.unit_ground
        channel = Channel(
            model=settings.propagation,
            frequency=settings.frequency,
            heights=(settings.unit_height, settings.height, TRUCK),
            blockage=settings.blockage,
            range_m=settings.reach,
        )
        self._links = channel.links(site.seed, floor=self.noise - 30.0)
        if settings.buildings and (buildings := site.buildings()):
            corners = np.concatenate(buildings)
            first = np.concatenate([[0], np.cumsum([len(corner) for corner in buildings])]).astype(np.int64)
            self._links.build_walls(corners[:, 0].copy(), corners[:, 1].copy(), first)
        self._access = self._make(site.seed)
        self._units = self._stations = 0
        self._ticks = -1
        self._identities = Identities(site)
        self._columns(0)
        self._packets: TickPackets | None = None
        self._tracing = False
        self._told = self._held = _NOTHING  # fates of packets that are done, and of those that are not

    @property
    def noise(self) -> float:
        """Of 10 MHz [dBm], at 290 K."""
        return -104.0 + self.settings.noise_figure

    @property
    def sensitivity(self) -> float:
        """Of a receiver, in 10 MHz [dBm]."""
        return self.noise - _NOTICED if self.settings.sensitivity is None else self.settings.sensitivity

    @abstractmethod
    def _make(self, seed: int) -> Csma | Sps:
        """The access layer."""

    @abstractmethod
    def _decoded(self, size: int) -> tuple[float, Table] | None:
        """What a packet of so many octets is received by: the noise [dBm] and packet error over SINR; None where it
        cannot be sent.
        """

    @abstractmethod
    def access(self, sender: Ints, size: Ints, draw: Doubles) -> Doubles:
        """See `Overhearing`."""

    @abstractmethod
    def _exchange(self, out: Outgoing, told: Bytes) -> Finished:
        """Hand rows [out.fresh, n) to the access layer and let tick `self._ticks` pass.

        told, by row: 1 where the vehicles that receive it are told one by one, 0 where they are only counted.
        """

    @property
    def busy_ratio(self) -> Floats:
        """Channel busy ratio of the last tick by station."""
        return self._busy[: self._stations]

    @property
    def tally(self) -> Longs:
        """Packets x receivers since the begin, by distance (bins of 25 m) and fate, as `Csma.tally`."""
        return self._access.tally()

    def _columns(self, n: int) -> None:
        """Room for n stations."""
        known = len(self._x) if hasattr(self, "_x") else 0
        names = ("_x", "_y", "_z", "_on", "_id", "_kind", "_emitted", "_gain", "_busy")
        types = (np.float64, np.float64, np.float64, np.uint8, np.uint64, np.uint8, np.float32, np.float32, np.float32)
        for name, dtype in zip(names, types, strict=True):
            new = np.zeros(n, dtype)
            if known:
                new[:known] = getattr(self, name)
            setattr(self, name, new)
        unit = np.arange(n) < self._units
        self._kind[:] = np.where(unit, _UNIT, _CAR)
        self._emitted[:] = self._mw(np.where(unit, self.settings.unit_power, self.settings.power))
        self._gain[:] = 10.0 ** (self.settings.gain / 10.0)
        self._all = np.ones(n, np.uint8)
        self._listed = np.where(unit, 2, 1).astype(np.uint8)

    def _mw(self, power: NDArray[np.floating[Any]]) -> Doubles:
        """What stations with this power [dBm] emit, their antenna's gain included [mW]."""
        return 10.0 ** (self.settings.gain / 10.0) * 10.0 ** (power.astype(np.float64) / 10.0)

    def place_units(self, x: Doubles, y: Doubles, on: Bytes) -> None:
        if len(x) != self._units:
            # At the begin: the units take the first places.
            self._units = len(x)
            self._columns(len(x))
            if self._unit_ground is not None:
                self._z[: len(x)] = self._unit_ground()
        self._x[: len(x)], self._y[: len(x)], self._on[: len(x)] = x, y, on
        self._id[: len(x)] = self._identities.units(len(x))

    def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
        """As `Radio` has it; there: which vehicles stand on the road, on the air or not, and so in between."""
        units, n = self._units, len(x)
        self._stations = units + n
        if units + n > len(self._x):
            self._columns(units + n + n // 4)
        slots = slice(units, units + n)
        came = np.flatnonzero((on == 1) & (self._on[slots] == 0))
        self._x[slots], self._y[slots], self._on[slots] = x, y, on
        self._kind[slots] = np.where(tall == 1, _TALL, _CAR)
        self._on[units + n :] = 0
        if self._ground is not None:
            self._z[slots] = self._ground()[:n]
        if self._power is not None:
            self._emitted[slots] = self._mw(self._power()[:n])
        # Whoever comes (back) on the air is a station of its own: slots are used again.
        self._id[units + came] = self._identities.came(came)
        self._ticks += 1
        if not len(self._x):
            return
        self._links.place_bodies(x, y, on if there is None else there, tall, units, self._z[slots])
        self._links.update(self._x, self._y, self._on, self._id, self._kind, self._emitted, self._gain, self._z)
        self._access.attach(self._links, self._listed, self._all)

    def carry(self, out: Outgoing) -> Carried:
        self._packets = packets = TickPackets(
            out.id, out.sender, out.to, out.radius, out.named, self._units, self._x, self._y
        )
        finished = self._exchange(out, packets.told)
        at_vehicles, at_units, units, vehicles, delay, pending = packets.take_up(*finished)
        if len(self._x):
            self._busy[:] = self._access.busy_ratio()
        if self._tracing:
            # A loss may be known when a packet begins; it is told when the packet is done.
            held, new = self._held, self._access.traced()
            ids, receivers = np.concatenate((held[0], new[0])), np.concatenate((held[1], new[1]))
            fates = np.concatenate((held[2], new[2]))
            queued = np.isin(ids, out.id[pending])
            self._told = ids[~queued], receivers[~queued], fates[~queued]
            self._held = ids[queued], receivers[queued], fates[queued]
        return Carried(at_vehicles, at_units, Deliveries(*units), Deliveries(*vehicles), delay, pending)

    def chance(self, sender: Ints, receiver: Ints, size: Ints) -> Floats:
        """See `Overhearing`: by the link's power against the noise alone."""
        found = np.zeros(len(sender), np.float32)
        power = self._links.powers(sender, receiver)
        there = power > 0.0
        level = 10.0 * np.log10(np.where(there, power, 1.0))
        there &= level >= self.sensitivity
        for octets in np.unique(size[there]).tolist():
            mine = np.flatnonzero(there & (size == octets))
            if (decoded := self._decoded(octets)) is not None:
                noise, (sinr, error) = decoded
                found[mine] = 1.0 - np.interp(level[mine] - noise, sinr, error, left=1.0)
        return found

    def trace(self, on: bool) -> None:
        self._tracing = on
        self._access.trace(on)
        self._told = self._held = _NOTHING

    def recall(self, rows: Indices) -> Traces:
        if self._packets is None or not self._tracing:
            raise RuntimeError("recall: nothing was traced")
        return Traces(*self._packets.asked(rows, *self._told))
