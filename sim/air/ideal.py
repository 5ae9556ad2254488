"""The ideal radio: everyone within a fixed range receives everything, nobody else anything."""

from __future__ import annotations

import numpy as np

from wayside.ext.arrays import Bytes, Doubles, Flags, Floats, Indices, Ints
from wayside.ext.grid import Discs
from wayside.sim.air import RECEIVED, Carried, Deliveries, Outgoing, RadioContext, Traces

_Pairs = tuple[Ints, Ints]  # packets and receivers


class IdealRadio:
    """Fixed range [m], in space where the net has heights; no loss, no delay within a tick."""

    busy_ratio = None
    tally = None

    def __init__(self, site: RadioContext) -> None:
        self._discs, self._range = Discs(site.range), site.range
        self._ground, self._unit_ground = site.ground, site.unit_ground
        self._unit_place = self._place = np.empty((3, 0))  # x, y, z [m]; told apart in nets with heights alone
        self._units = 0
        self._flat = self._unit_flat = np.empty(0), np.empty(0), np.empty(0, np.uint8)  # x, y [m], who is on
        self._last: Outgoing | None = None
        self._nothing = np.empty(0, np.intp)

    def place_units(self, x: Doubles, y: Doubles, on: Bytes) -> None:
        self._units = len(x)
        self._discs.place_units(x, y, on)
        self._unit_flat = x, y, on
        if self._ground is not None:
            self._unit_place = np.stack((x, y, np.zeros(len(x)) if self._unit_ground is None else self._unit_ground()))

    def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
        self._discs.place_vehicles(x, y, on)
        self._flat = x, y, on
        if self._ground is not None:
            self._place = np.concatenate((self._unit_place, np.stack((x, y, self._ground()[: len(x)]))), axis=1)

    def carry(self, out: Outgoing) -> Carried:
        n = len(out)
        self._last = out
        units, vehicles, at_vehicles, at_units = self._reach(out.sender, out.to, out.radius, out.named)
        delay = np.zeros(n, np.float32)
        return Carried(at_vehicles, at_units, Deliveries(*units), Deliveries(*vehicles), delay, self._nothing)

    def trace(self, on: bool) -> None:
        """Nothing is lost, so nothing has to be kept."""

    def recall(self, rows: Indices) -> Traces:
        assert self._last is not None
        out, n = self._last, len(rows)
        sender, to = out.sender[rows], out.to[rows]
        units, vehicles, *counts = self._reach(sender, to, out.radius[rows], np.ones(n, np.uint8))
        alone = np.flatnonzero((counts[0] + counts[1] > 0) & (to >= 0)).astype(np.int32)  # unicasts that arrived
        packet = np.concatenate((units[0], vehicles[0], alone))
        receiver = np.concatenate((units[1], vehicles[1] + np.int32(self._units), to[alone]))
        return Traces(packet, receiver, np.full(len(packet), RECEIVED, np.uint8))

    def _reach(self, sender: Ints, to: Ints, radius: Doubles, named: Bytes) -> tuple[_Pairs, _Pairs, Ints, Ints]:
        """Pairs (packet, unit) and, of packets that are named, (packet, vehicle), without unicasts; and how many
        vehicles and units each packet reaches.
        """
        n = len(sender)
        at_vehicles, at_units = np.empty(n, np.int32), np.empty(n, np.int32)
        told = named if self._ground is None else np.ones(n, np.uint8)
        units, vehicles = self._discs.carry(sender, to, radius, told, at_vehicles, at_units)
        if self._ground is None:
            return units, vehicles, at_vehicles, at_units
        near = self._near(sender[units[0]], units[1])
        units = units[0][near], units[1][near]
        near = self._near(sender[vehicles[0]], vehicles[1] + np.int32(self._units))
        vehicles = vehicles[0][near], vehicles[1][near]
        alone = np.flatnonzero(to >= 0)
        arrives = self._near(sender[alone], to[alone])
        at_vehicles[alone] *= arrives
        at_units[alone] *= arrives
        others = to < 0
        at_units[others] = np.bincount(units[0], minlength=n)[others]
        at_vehicles[others] = np.bincount(vehicles[0], minlength=n)[others]
        shown = named[vehicles[0]] == 1
        return units, (vehicles[0][shown], vehicles[1][shown]), at_vehicles, at_units

    def chance(self, sender: Ints, receiver: Ints, size: Ints) -> Floats:
        """See `Overhearing`: all within the range, nobody else."""
        (unit_x, unit_y, unit_on), (vehicle_x, vehicle_y, vehicle_on) = self._unit_flat, self._flat
        on = np.concatenate((unit_on, vehicle_on))
        x, y = np.concatenate((unit_x, vehicle_x)), np.concatenate((unit_y, vehicle_y))
        both = (on[sender] == 1) & (on[receiver] == 1)
        if self._ground is not None:
            return (both & self._near(sender, receiver)).astype(np.float32)
        away = (x[sender] - x[receiver]) ** 2 + (y[sender] - y[receiver]) ** 2
        return (both & (away <= self._range**2)).astype(np.float32)

    def access(self, sender: Ints, size: Ints, draw: Doubles) -> Doubles:
        """See `Overhearing`: no time."""
        return np.zeros(len(size))

    def _near(self, one: Ints, other: Ints) -> Flags:
        """Whether stations are within the range of one another, in space."""
        away = self._place[:, one] - self._place[:, other]
        return np.asarray((away**2).sum(axis=0) <= self._range**2)
