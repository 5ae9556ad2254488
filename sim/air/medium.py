"""What the modelled radios share: stations on the kernels' links, and the answers that the engine asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from wayside.ext.csma import Csma
from wayside.ext.sps import Sps
from wayside.sim.air import Awareness, Deliveries, Doubles, Ints, Site
from wayside.sim.air.channel import Channel

TICK = 0.1  # s: the engine's V2X clock
BIN_M, BINS = 25.0, 41  # of the tally over distance: up to 1 km
_VEHICLE, _UNIT = 0, 1  # classes of stations


class Medium(ABC):
    """A radio over links with loss: stations 0 to U - 1 are the units, the others the vehicles by slot."""

    _x: Doubles
    _y: Doubles
    _on: NDArray[np.uint8]
    _id: NDArray[np.uint64]
    _kind: NDArray[np.uint8]
    _emitted: NDArray[np.float32]  # mW
    _gain: NDArray[np.float32]
    _busy: NDArray[np.float32]

    def __init__(self, site: Site) -> None:
        self.settings = settings = site.air
        self._random = np.random.default_rng([site.seed, 0xA12])
        channel = Channel(
            model=settings.propagation,
            frequency=settings.frequency,
            heights=(settings.height, settings.unit_height),
            range_m=settings.reach,
        )
        self._links = channel.links(site.seed)
        if settings.buildings and (buildings := site.buildings()):
            corners = np.concatenate(buildings)
            first = np.concatenate([[0], np.cumsum([len(corner) for corner in buildings])]).astype(np.int64)
            self._links.build_walls(corners[:, 0].copy(), corners[:, 1].copy(), first)
        self._access = self._make(site.seed)
        self._units = 0
        self._ticks = -1
        self._known = 1  # the next new station's id
        self._columns(0)
        self._told: Deliveries = Deliveries(np.empty(0, np.int32), np.empty(0, np.int32))

    @property
    def noise(self) -> float:
        """Of 10 MHz [dBm], at 290 K."""
        return -104.0 + self.settings.noise_figure

    @abstractmethod
    def _make(self, seed: int) -> Csma | Sps:
        """The access layer."""

    @abstractmethod
    def _carry(self, stations: Ints) -> Deliveries:
        """Carry the vehicles' CAMs of this tick: packets (by place in `stations`) and receiving stations."""

    @abstractmethod
    def _carry_others(self, stations: Ints) -> Deliveries:
        """Carry packets that come up during the tick."""

    @property
    def busy_ratio(self) -> NDArray[np.float32]:
        """Channel busy ratio since the last tick, units first, then vehicles by slot."""
        return self._busy

    @property
    def tally(self) -> NDArray[np.int64]:
        """Packets x receivers since the begin, by distance (bins of 25 m) and fate, as `Csma.tally`."""
        return self._access.tally()

    def _columns(self, n: int) -> None:
        """Room for n stations."""
        known = len(self._x) if hasattr(self, "_x") else 0
        names = ("_x", "_y", "_on", "_id", "_kind", "_emitted", "_gain", "_busy")
        types = (np.float64, np.float64, np.uint8, np.uint64, np.uint8, np.float32, np.float32, np.float32)
        for name, dtype in zip(names, types, strict=True):
            new = np.zeros(n, dtype)
            if known:
                new[:known] = getattr(self, name)
            setattr(self, name, new)
        unit = np.arange(n) < self._units
        self._kind[:] = np.where(unit, _UNIT, _VEHICLE)
        gain = 10.0 ** (self.settings.gain / 10.0)
        power = np.where(unit, self.settings.unit_power, self.settings.power)
        self._emitted[:] = gain * 10.0 ** (power / 10.0)
        self._gain[:] = gain
        self._all = np.ones(n, np.uint8)

    def place_units(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        if len(x) != self._units:
            # At the begin: the units take the first places.
            self._units = len(x)
            self._columns(len(x))
        self._x[: len(x)], self._y[: len(x)], self._on[: len(x)] = x, y, on
        self._id[: len(x)] = np.arange(1, len(x) + 1)
        self._known = max(self._known, len(x) + 1)

    def place_vehicles(self, x: Doubles, y: Doubles, on: NDArray[np.uint8]) -> None:
        units, n = self._units, len(x)
        if units + n > len(self._x):
            self._columns(units + n + n // 4)
        came = np.flatnonzero((on == 1) & (self._on[units : units + n] == 0))
        self._x[units : units + n], self._y[units : units + n] = x, y
        self._on[units : units + n] = on
        self._on[units + n :] = 0
        # Whoever comes (back) on the air is a station of its own: slots are used again.
        self._id[units + came] = np.arange(self._known, self._known + len(came))
        self._known += len(came)
        self._ticks += 1
        if not len(self._x):
            return
        self._links.update(
            self._x, self._y, self._on, self._id, self._kind, self._emitted, self._gain, self.settings.threads
        )
        self._access.attach(self._links, self._all, self._all)

    def awareness(self, senders: Ints) -> Awareness:
        told = self._tell(self._carry(senders + np.int32(self._units)))
        cars, units = self._split(told)
        at_vehicles = np.bincount(cars.packet, minlength=len(senders)).astype(np.int32)
        self._busy[:] = self._access.busy_ratio()
        return Awareness(at_vehicles, len(cars.packet), units)

    def count_vehicles(self, units: Ints, radius: float) -> tuple[Ints, int]:
        found = self.reach_vehicles(units, radius)
        return np.bincount(found.packet, minlength=len(units)).astype(np.int32), len(found.packet)

    def reach_vehicles(self, units: Ints, radius: float) -> Deliveries:
        told = self._carry_others(units)
        sender = units[told.packet]
        near = np.hypot(self._x[told.receiver] - self._x[sender], self._y[told.receiver] - self._y[sender]) <= radius
        return self._split(self._tell(Deliveries(told.packet[near], told.receiver[near])))[0]

    def recall(self, rows: NDArray[np.intp]) -> tuple[Deliveries, Deliveries]:
        place = np.full(max(int(self._told.packet.max(initial=-1)), int(rows.max(initial=-1))) + 1, -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        at = place[self._told.packet]
        return self._split(Deliveries(at[at >= 0], self._told.receiver[at >= 0]))

    def uplink(self, vehicles: Ints, unit: int) -> NDArray[np.bool_]:
        return self._unicast(vehicles + np.int32(self._units), np.full(len(vehicles), unit, np.int32))

    def downlink(self, unit: int, vehicles: Ints) -> NDArray[np.bool_]:
        return self._unicast(np.full(len(vehicles), unit, np.int32), vehicles + np.int32(self._units))

    def _unicast(self, senders: Ints, receivers: Ints) -> NDArray[np.bool_]:
        """Packets from one station to another each; who is off neither sends nor hears."""
        arrived = np.zeros(len(senders), bool)
        ready = np.flatnonzero((self._on[senders] == 1) & (self._on[receivers] == 1))
        told = self._carry_others(senders[ready])
        hit = told.receiver == receivers[ready][told.packet]
        arrived[ready[told.packet[hit]]] = True
        return arrived

    def _tell(self, found: Deliveries) -> Deliveries:
        order = np.lexsort((found.receiver, found.packet))
        self._told = Deliveries(found.packet[order], found.receiver[order])
        return self._told

    def _split(self, told: Deliveries) -> tuple[Deliveries, Deliveries]:
        """Those that vehicles got, by slot, and those that units got."""
        unit = told.receiver < self._units
        cars = Deliveries(told.packet[~unit], told.receiver[~unit] - np.int32(self._units))
        return cars, Deliveries(told.packet[unit], told.receiver[unit])
