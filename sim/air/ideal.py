"""The ideal radio: everyone within a fixed range receives everything, nobody else anything."""

from __future__ import annotations

import numpy as np

from wayside.ext.grid import Discs
from wayside.sim.air import RECEIVED, Bytes, Carried, Deliveries, Doubles, Outgoing, Rows, Site, Traces


class IdealRadio:
    """Fixed range [m], no loss, no delay within a tick."""

    busy_ratio = None
    tally = None

    def __init__(self, site: Site) -> None:
        self._discs = Discs(site.range)
        self._units = 0
        self._last: Outgoing | None = None
        self._nothing = np.empty(0, np.intp)

    def place_units(self, x: Doubles, y: Doubles, on: Bytes) -> None:
        self._units = len(x)
        self._discs.place_units(x, y, on)

    def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
        self._discs.place_vehicles(x, y, on)

    def carry(self, out: Outgoing) -> Carried:
        n = len(out)
        self._last = out
        at_vehicles, at_units = np.empty(n, np.int32), np.empty(n, np.int32)
        units, vehicles = self._discs.carry(out.sender, out.to, out.radius, out.named, at_vehicles, at_units)
        delay = np.zeros(n, np.float32)
        return Carried(at_vehicles, at_units, Deliveries(*units), Deliveries(*vehicles), delay, self._nothing)

    def trace(self, on: bool) -> None:
        """Nothing is lost, so nothing has to be kept."""

    def recall(self, rows: Rows) -> Traces:
        assert self._last is not None
        out, n = self._last, len(rows)
        counts = np.empty(n, np.int32), np.empty(n, np.int32)
        sender, to = out.sender[rows], out.to[rows]
        named = np.ones(n, np.uint8)
        units, vehicles = self._discs.carry(sender, to, out.radius[rows], named, *counts)
        alone = np.flatnonzero((counts[0] + counts[1] > 0) & (to >= 0)).astype(np.int32)  # unicasts that arrived
        packet = np.concatenate((units[0], vehicles[0], alone))
        receiver = np.concatenate((units[1], vehicles[1] + np.int32(self._units), to[alone]))
        return Traces(packet, receiver, np.full(len(packet), RECEIVED, np.uint8))
