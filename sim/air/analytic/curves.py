"""The closed forms' probabilities over distance, worked out once for each state of the road and kind of packet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from wayside.ext import propagation
from wayside.ext.arrays import Doubles, Indices, Ints, Longs
from wayside.sim.air import BIN_M, FATES
from wayside.sim.air.analytic import forms
from wayside.sim.air.analytic.road import figures
from wayside.sim.air.channel import CAR, DECORRELATION, TRUCK, Channel
from wayside.sim.scenario.sections import Air

UNIT_CLASS, CAR_CLASS, TALL_CLASS = 0, 1, 2  # classes of stations
CLASSES = 3
CELLS = 10  # of distance in a bin of figures; a curve has a value for the middle of each
CELL_M = BIN_M / CELLS
# The order in which a draw is held against a curve's bounds: where most of them end comes first.
ORDER = ("received", "below-sensitivity", "half-duplex", "receiver-busy", "propagation", "collision")
_COARSE = 10.0  # m: where the form is solved; straight lines between
_LOS, _NLOS = 3.0, 4.0  # dB: shadowing in a line of sight and behind a vehicle, TR 37.885 clause 6.2.1
_MOST, _RECEPTIONS = 2048, 64  # curves and receptions kept
_POWER, _FORMAT = 11, 8  # bits of a kind

Solve = Callable[[forms.Road, forms.Reception, float], forms.Delivery]


class World(NamedTuple):
    """What holds for all of the road: the share of trucks and buses in eighths, vehicles' mean power in half dBm."""

    trucks: int
    power: int


class Curves:
    """Bounds between the fates (in `ORDER`) by row of curve and cell of distance: `upper`, bounds x rows x cells.

    `errors` tells of a format the packet error over SINR and the noise [dBm]; `solve` is the form, for a road, the
    reception of a packet, and how much of the channel packets take; `sensing` its threshold [dBm].
    """

    def __init__(
        self, air: Air, sensing: float, errors: Callable[[int], tuple[forms.Errors, float]], solve: Solve
    ) -> None:
        self.air, self.sensing, self.errors, self.solve = air, sensing, errors, solve
        self.distance = np.arange(0.0, air.reach + 2.0 * _COARSE, _COARSE)
        self.cells = int(air.reach / CELL_M) + 1
        self._far = max(forms.FAR, int(air.reach))
        self._link, self.reception = cache(self._new_link), lru_cache(_RECEPTIONS)(self._new_reception)
        self._forget()

    def _forget(self) -> None:
        self.upper = np.empty((len(FATES) - 1, 64, self.cells), np.float32)
        self._rows: dict[tuple[World, int, int], int] = {}
        self._known: defaultdict[tuple[World, tuple[int, ...]], _Known] = defaultdict(_Known)

    def __len__(self) -> int:
        return len(self._rows)

    def find(
        self, world: World, keys: Longs, power: Doubles, sender: Longs, format: Ints, classes: tuple[int, ...]
    ) -> Indices:
        """Where in a bound each packet's curve for each class of receivers begins; for none but these classes.

        Columns by packet: the key of the road, its power [dBm], its sender's class, its format.
        """
        code = np.round(power * 10.0).astype(np.int64) + 1000
        kinds = ((keys << _POWER | code) << 2 | sender) << _FORMAT | format
        if len(self._rows) > _MOST:
            self._forget()

        def rows(kind: int) -> list[int]:
            return [self._row(world, kind, receiver) if receiver in classes else 0 for receiver in range(CLASSES)]

        return self._known[world, classes].find(kinds, rows) * self.cells

    def road(self, world: World, density: float = 0.0, rate: float = 0.0) -> forms.Road:
        """Of cars at this density [1/m] that send so often [Hz]."""
        return forms.Road(density, rate, self._signal(world.power / 2.0, CAR_CLASS, CAR_CLASS, world), self.sensing)

    def spans(self, world: World) -> Doubles:
        """Over how many metres of road each class of stations hears cars."""
        signals = [self._signal(world.power / 2.0, CAR_CLASS, receiver, world) for receiver in range(CLASSES)]
        return np.array([forms.span(signal, self.sensing, self._far) for signal in signals])

    def _row(self, world: World, kind: int, receiver: int) -> int:
        name = world, kind, receiver
        if name not in self._rows:
            row = self._rows[name] = len(self._rows)
            if row == self.upper.shape[1]:
                self.upper = np.concatenate((self.upper, np.empty_like(self.upper)), axis=1)
            bits = _POWER + 2 + _FORMAT
            density, rate, amount = figures(kind >> bits)
            reception = self.reception(world, kind & (1 << bits) - 1, receiver)
            found = self.solve(self.road(world, density, rate), reception, amount)
            fates = (found.delivered, found.sensitivity, found.half_duplex, found.busy, found.propagation)
            at = (np.arange(self.cells) + 0.5) * CELL_M
            for bound, values in zip(self.upper[:, row], np.cumsum(fates, axis=0), strict=True):
                bound[:] = np.interp(at, self.distance, values)
        return self._rows[name]

    def _signal(self, power: float, one: int, other: int, world: World) -> forms.Signal:
        return forms.Signal(power + 2.0 * self.air.gain, self._link(one, other, world.trucks))

    def _new_reception(self, world: World, kind: int, receiver: int) -> forms.Reception:
        """How a packet of this kind (power, sender's class, format) is received."""
        power, sender = (kind >> 2 + _FORMAT) / 10.0 - 100.0, kind >> _FORMAT & 3
        errors, noise = self.errors(kind & (1 << _FORMAT) - 1)
        wanted = self._signal(power, sender, receiver, world)
        others = self._signal(world.power / 2.0, CAR_CLASS, receiver, world)
        among = self._signal(power, sender, CAR_CLASS, world)
        return forms.Reception(wanted, others, among, errors, noise, self.sensing, self.distance, self.air.reach)

    def _new_link(self, one: int, other: int, trucks: int) -> forms.Link:
        """Between antennas of these classes, where so many eighths of the vehicles are trucks or buses."""
        air = self.air
        heights = (air.unit_height, air.height, TRUCK)
        channel = Channel(air.propagation, air.frequency, heights, range_m=air.reach)
        high, low = heights[one], heights[other]
        if air.propagation not in DECORRELATION:
            return forms.lognormal(lambda d: channel.loss(d, high, low), _LOS)

        def link(d: Doubles) -> tuple[Doubles, Doubles, Doubles]:
            clear = propagation.sight(d, air.propagation == "urban")
            (car, car_spread), (truck, truck_spread) = (
                propagation.blockage(d, high, low, height) for height in (CAR, TRUCK)
            )
            shares = np.stack((clear, (1.0 - clear) * (1.0 - trucks / 8.0), (1.0 - clear) * (trucks / 8.0)))
            losses = channel.loss(d, high, low) + np.stack((np.zeros(len(d)), car, truck))
            spreads = (np.full(len(d), _LOS), np.hypot(_NLOS, car_spread), np.hypot(_NLOS, truck_spread))
            return shares, losses, np.stack(spreads)

        return link


class _Known:
    """Rows of curves by kind of packet, by class of receivers: found for many kinds at once."""

    def __init__(self) -> None:
        self._kinds, self._rows = np.empty(0, np.int64), np.empty((0, CLASSES), np.intp)

    def find(self, kinds: Longs, rows: Callable[[int], Sequence[int]]) -> Indices:
        """Kinds x classes; `rows` works out those of a new kind."""
        at = np.searchsorted(self._kinds, kinds)
        new = np.unique(kinds[np.append(self._kinds, -1)[at] != kinds])
        if len(new):
            found = np.array([rows(kind) for kind in new.tolist()], np.intp)
            place = np.searchsorted(self._kinds, new)
            self._kinds = np.insert(self._kinds, place, new)
            self._rows = np.insert(self._rows, place, found, axis=0)
            at = np.searchsorted(self._kinds, kinds)
        return self._rows[at]
