"""The closed forms as radios of a run: what becomes of a packet is drawn from their probabilities over distance.

A fast mode for straight roads. What is approximated, beside what the papers themselves do (`forms`):

- The form is solved for the road as it is around the sender: stations per metre and packets per station and second,
  measured within 500 m to both sides over the last second, units and unicasts included. These figures are rounded to
  steps of 19 %, up or down by chance so that they are right on average; so a curve is worked out once and used again.
  To the form they stand at equal distances and all send alike.
- What they send is as strong as vehicles are on average, between antennas at cars' height; the packet itself has its
  sender's power, both ends' antennas and its own size.
- Each packet and receiver draws for itself. Real shadowing lasts for as long as it takes to drive 10 to 25 m, and two
  packets that collide are lost at many receivers together: gaps between receptions are shorter here.
- Nothing below the sensing threshold of the papers is received.
- Walls are not looked for: along a straight road there are none in between. Nor is a later, stronger frame taken
  instead (`air.capture`). A blocker is what TR 37.885 draws on average, by the share of trucks and buses.
- The busy ratio is that of the road around a station, at its antenna's height.
- There are no queues. The form has no time of arrival either: that is made of what it implies (each radio says what).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from wayside.edge.errors import ScenarioError
from wayside.ext.arrays import Bytes, Doubles, Floats, Hashes, Indices, Ints, Longs
from wayside.ext.delivery import TickPackets, moments
from wayside.ext.grid import Grid, Posts
from wayside.sim.air import BINS, FATES, RECEIVED, Carried, Deliveries, Outgoing, RadioContext, Traces
from wayside.sim.air.analytic import forms
from wayside.sim.air.analytic.curves import (
    CAR_CLASS,
    CELL_M,
    CELLS,
    CLASSES,
    ORDER,
    TALL_CLASS,
    UNIT_CLASS,
    Curves,
    World,
)
from wayside.sim.air.analytic.road import direction, rounded, surroundings
from wayside.sim.air.identity import Identities

TICK, SECOND = 0.1, 10  # s: the engine's V2X clock; ticks
_AT_ONCE = 32768  # pairs
_FATE = np.array([FATES.index(name) for name in ORDER], np.uint8)
_WEAK, _OWN, _ROOM = FATES.index("below-sensitivity"), len(FATES), len(FATES) + 1  # own: one's own packet
_GOLDEN, _ODD = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1342543DE82EF95)
_SALTS = np.arange(1, 4, dtype=np.uint64) * _GOLDEN  # of roundings


class ClosedForm(ABC):
    """A radio that draws from a closed form: stations 0 to U - 1 are the units, the others the vehicles by slot.

    `sensing` is the threshold of the paper in dBm. Sizes become formats: what errors a packet has and how much of the
    channel it takes.
    """

    sensing: float

    def __init__(self, site: RadioContext) -> None:
        self.settings = settings = site.air
        self._along = direction(site)
        if settings.blockage != "drawn":
            raise ScenarioError(f'air.blockage = "{settings.blockage}": must be "drawn" with {site.named}')
        self._seed, self._power = site.seed, site.power
        # Draws of its own: `moments` takes the seed as it is.
        self._salt = int(np.random.default_rng([site.seed, 0xC105ED]).integers(2**62))
        self._grid, self._posts = Grid(settings.reach / 2.0), Posts()
        self._identities = Identities(site)
        self._units, self._ticks = 0, -1
        self._shape(0)
        self._packets: TickPackets | None = None
        self._tracing = False
        self._told = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.uint8)
        self.curves = Curves(settings, self.sensing, self.errors, self.solve)
        self._counts = np.zeros((self.curves.cells, _ROOM), np.int64)  # packets x receivers by distance and fate

    @property
    def noise(self) -> float:
        """Of 10 MHz [dBm], at 290 K."""
        return -104.0 + self.settings.noise_figure

    @abstractmethod
    def formats(self, size: Ints) -> tuple[Ints, Longs]:
        """Of packets of so many octets: the format (-1: cannot be sent) and how much of the channel it takes."""

    @abstractmethod
    def errors(self, format: int) -> tuple[forms.Errors, float]:
        """Of a format: packet error over SINR, and the noise in it [dBm]. The same object for the same format."""

    @abstractmethod
    def solve(self, road: forms.Road, reception: forms.Reception, amount: float) -> forms.Delivery:
        """The form, where packets take so much of the channel."""

    @abstractmethod
    def busy(self, neighbours: Doubles, rate: Doubles, amount: Doubles) -> Doubles:
        """Channel busy ratio where so many stations are sensed that send so often and take so much."""

    @abstractmethod
    def delay(self, amount: Longs) -> Doubles:
        """From being handed over to the end of reception, of packets that take so much of the channel [s]."""

    @property
    def busy_ratio(self) -> Floats:
        """Channel busy ratio by station, of the road around it."""
        return self._busy

    @property
    def tally(self) -> Longs:
        """Packets x receivers since the begin, within air.reach of each other: bins of 25 m x fates."""
        bins = np.minimum((np.arange(len(self._counts)) + CELLS // 2) // CELLS, BINS - 1)
        tally = np.zeros((BINS, _ROOM), np.int64)
        np.add.at(tally, bins, self._counts)
        return tally[:, : len(FATES)].copy()

    def _shape(self, n: int) -> None:
        """Room for n stations."""
        self._x, self._y, self._s = np.zeros(n), np.zeros(n), np.zeros(n)
        self._on, self._class = np.zeros(n, np.uint8), np.full(n, UNIT_CLASS, np.intp)
        self._id, self._busy = np.zeros(n, np.uint64), np.zeros(n, np.float32)
        self._dbm = np.full(n, self.settings.unit_power)
        # In each of the last ten ticks: whether a station was on the air, how many packets it sent, what they took.
        self._past = np.zeros((3, SECOND, n), np.int64)

    def place_units(self, x: Doubles, y: Doubles, on: Bytes) -> None:
        if len(x) != self._units:
            self._units = len(x)
            self._shape(len(x))
        units = slice(0, len(x))
        self._x[units], self._y[units], self._on[units] = x, y, on
        self._s[units] = x * self._along[0] + y * self._along[1]
        self._id[units] = self._identities.units(len(x))
        self._posts.build(x, y, on)

    def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
        units, n = self._units, len(x)
        if units + n != len(self._x):
            self._resize(units + n)
        slots = slice(units, units + n)
        came = np.flatnonzero((on == 1) & (self._on[slots] == 0))
        self._x[slots], self._y[slots], self._on[slots] = x, y, on
        self._s[slots] = x * self._along[0] + y * self._along[1]
        self._class[slots] = np.where(tall == 1, TALL_CLASS, CAR_CLASS)
        self._dbm[slots] = self.settings.power if self._power is None else self._power()[:n]
        # Whoever comes (back) on the air is a station of its own: slots are used again.
        self._id[units + came] = self._identities.came(came)
        self._past[:, :, units + came] = 0
        self._ticks += 1
        self._grid.build(x, y, on)
        self._world = self._measure(slots, tall[(on if there is None else there) == 1])

    def _resize(self, n: int) -> None:
        """Room for n stations; those that stay are as they were."""
        names = ("_x", "_y", "_s", "_on", "_class", "_id", "_busy", "_dbm", "_past")
        old = {name: getattr(self, name) for name in names}
        kept = min(n, len(self._x))
        self._shape(n)
        for name, column in old.items():
            getattr(self, name)[..., :kept] = column[..., :kept]

    def _measure(self, slots: slice, tall: Bytes) -> World:
        """The share of trucks and buses on the road, and what vehicles send with [dBm]: rounded."""
        power = np.round(1000.0 * self._dbm[slots][self._on[slots] == 1]).astype(np.int64)  # exact sums in any order
        mean = float(power.sum()) / len(power) / 1000.0 if len(power) else self.settings.power
        return World(round(8.0 * float(tall.mean())) if len(tall) else 0, round(2.0 * mean))

    def carry(self, out: Outgoing) -> Carried:
        format, amount = self.formats(out.size)
        sent = (self._on[out.sender] == 1) & (format >= 0)
        rows = np.flatnonzero(sent)
        sender = out.sender[rows]
        around = [figure[sender] for figure in self._look_around(sender, amount[rows])]
        chance = self._chance(sender)
        keys = rounded(around, [_unit(_mix(chance + salt)) for salt in _SALTS])
        classes = tuple(np.flatnonzero(np.bincount(self._class[self._on == 1], minlength=CLASSES)).tolist())
        curve = self.curves.find(self._world, keys, self._dbm[sender], self._class[sender], format[rows], classes)
        # So many at a time that the columns of their pairs stay in the processor's cache.
        parts = 1 + int(2.0 * self.settings.reach * around[0].sum()) // _AT_ONCE
        met = [self._meet(some, sender, chance, curve) for some in np.array_split(np.arange(len(rows)), parts)]
        packet, station, fate = (np.concatenate(column) for column in zip(*met, strict=True))
        self._packets = packets = TickPackets(
            out.id, out.sender, out.to, out.radius, out.named, self._units, self._x, self._y
        )
        id = out.id[rows]
        if self._tracing:
            self._told = id[packet], station, fate
        got = slice(None) if not self._tracing else fate == RECEIVED
        delay = np.where(sent, self.delay(amount), np.nan).astype(np.float32)
        at_vehicles, at_units, units, vehicles, delay, pending = packets.take_up(
            id[packet[got]], station[got], out.id, delay
        )
        return Carried(at_vehicles, at_units, Deliveries(*units), Deliveries(*vehicles), delay, pending)

    def trace(self, on: bool) -> None:
        self._tracing = on
        self._told = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.uint8)

    def recall(self, rows: Indices) -> Traces:
        if self._packets is None or not self._tracing:
            raise RuntimeError("recall: nothing was traced")
        return Traces(*self._packets.asked(rows, *self._told))

    def _look_around(self, sender: Ints, amount: Longs) -> tuple[Doubles, Doubles, Doubles]:
        """Take the tick's packets into the last second; the road around each station, and its busy ratio."""
        n, now = len(self._x), self._ticks % SECOND
        self._past[0, now] = self._on
        self._past[1, now] = np.bincount(sender, minlength=n)
        self._past[2, now] = np.bincount(sender, amount, minlength=n)  # exact: far below 2^53
        ticks, packets, taken = self._past.sum(axis=1)
        density, rate, size = surroundings(self._s, self._on, ticks, packets, taken, TICK)
        heard = density * self.curves.spans(self._world)[self._class]
        self._busy[:] = self.busy(heard, rate, size) * self._on
        return density, rate, size

    def _chance(self, sender: Ints) -> Hashes:
        """A hash for each packet: of its sender, of how many the sender has sent before in this tick, and of the tick.
        So it does not depend on the order of stations.
        """
        moment = moments(sender, self._id, 2**53, self._seed).astype(np.uint64)
        return _mix(moment + np.uint64(self._salt + self._ticks * int(_GOLDEN) & 2**64 - 1))

    def _meet(self, some: Indices, sender: Ints, chance: Hashes, curve: Indices) -> tuple[Indices, Ints, Bytes]:
        """What becomes of some of the packets at the others within air.reach, by hashes of packet and station: each
        packet and station where it is received, or, while tracing, sensed.
        """
        sender = sender[some]
        packet, station = self._pairs(sender)
        x, y = self._x[sender][packet], self._y[sender][packet]
        x -= self._x[station]
        y -= self._y[station]
        x *= x
        y *= y
        x += y
        np.sqrt(x, out=x)
        x *= 1.0 / CELL_M
        cell = x.astype(np.intp)
        at = self._class[station]
        at += packet * CLASSES
        at = curve[some].ravel()[at]
        at += cell
        hashes = chance[some][packet]
        hashes += (self._id * _ODD)[station]
        draw = _unit(_mix(hashes))
        step = np.zeros(len(at), np.uint8)
        upper = self.curves.upper.reshape(len(ORDER) - 1, -1)
        left = np.flatnonzero(draw >= upper[0][at])
        for bound in upper[1:]:
            step[left] += 1
            left = left[draw[left] >= bound[at[left]]]
        step[left] += 1
        fate = _FATE.take(step)
        fate[station == sender.astype(np.intp)[packet]] = _OWN
        cell *= _ROOM
        cell += fate
        self._counts += np.bincount(cell, minlength=self._counts.size).reshape(self._counts.shape)
        told = np.flatnonzero((fate != _WEAK) & (fate != _OWN) if self._tracing else fate == RECEIVED)
        return some[packet[told]], station[told].astype(np.int32), fate[told]

    def _pairs(self, sender: Ints) -> tuple[Indices, Indices]:
        """Each of these senders (by its place among them) with each station on the air within air.reach of it."""
        packet, station = self._grid.pairs_within(self._x, self._y, self.settings.reach, sender)
        packets, stations = packet.astype(np.intp), station.astype(np.intp)  # as NumPy looks things up with
        stations += self._units
        if self._units:
            packet, unit = self._posts.pairs_within(self._x, self._y, self.settings.reach, sender)
            packets, stations = np.concatenate((packets, packet)), np.concatenate((stations, unit))
        return packets, stations


def _unit(hashes: Hashes) -> Floats:
    """In [0, 1)."""
    return (hashes >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


def _mix(z: Hashes) -> Hashes:
    """SplitMix64's finalizer, in place."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z ^= z >> np.uint64(shift)
        z *= np.uint64(factor)
    z ^= z >> np.uint64(31)
    return z
