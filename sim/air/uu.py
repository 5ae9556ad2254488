"""Cellular (5G Uu) through the edge: as a whole radio, or for unicasts beside a sidelink."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wayside.ext.delivery import moments
from wayside.ext.grid import Grid, Posts
from wayside.sim.air import (
    FATES,
    RECEIVED,
    Bytes,
    Carried,
    Deliveries,
    Doubles,
    Ints,
    Longs,
    Outgoing,
    Radio,
    Rows,
    Site,
    Traces,
)
from wayside.sim.air.latency import PROFILES, uniform
from wayside.sim.air.mixed import Joint

_TICK = 100_000_000  # ns: the engine's V2X clock
_LOST = FATES.index("propagation")
_UPLINK, _DOWNLINK = 8, 9  # salts of losses: of the packet, and the first of its receivers


class UuRadio:
    """Everyone is attached to one network of unlimited capacity; what a packet meets on its way stands in `latency`.

    A broadcast is taken up within its radius around the place where it was sent, at most v2x.range, by whoever is there
    in the tick in which it arrives. Its downlink is one multicast: all get it at the same time, each receiver loses it
    by itself. Unicasts have no limit of range. Where the uplink fails, nobody gets the packet.
    """

    busy_ratio = None
    tally = None

    def __init__(self, site: Site) -> None:
        self.range = site.range
        self._profile = PROFILES["ideal" if site.uu == "off" else site.uu]
        self._seed = int(np.random.default_rng([site.seed, 0x55]).integers(2**62))
        self._vehicles, self._posts = Grid(site.range / 2.0), Posts()
        self._units, self._ticks = 0, -1
        nothing, nobody = np.empty(0), np.empty(0, np.uint8)
        self._unit_x, self._unit_y, self._unit_on = nothing, nothing, nobody
        self._vehicle_x, self._vehicle_y, self._vehicle_on = nothing, nothing, nobody
        # What is under way, in the order in which it was told to be.
        self._arrival: Longs = np.empty(0, np.int64)  # ns; -1: never sent
        self._delay, self._x, self._y = nothing, nothing, nothing  # s, NaN: the uplink failed; m: where it was sent
        self._tracing = False
        self._met: tuple[NDArray[np.intp], Ints, Bytes] = np.empty(0, np.intp), np.empty(0, np.int32), nobody

    def place_units(self, x: Doubles, y: Doubles, on: Bytes) -> None:
        self._units = len(x)
        self._unit_x, self._unit_y, self._unit_on = x, y, on
        self._posts.build(x, y, on)

    def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
        self._ticks += 1
        self._vehicle_x, self._vehicle_y, self._vehicle_on = x, y, on
        self._vehicles.build(x, y, on)

    def carry(self, out: Outgoing) -> Carried:
        n = len(out)
        on = np.concatenate((self._unit_on, self._vehicle_on))
        self._send(out, on)
        due = self._arrival < (self._ticks + 1) * _TICK
        row, station = self._receivers(out, np.flatnonzero(due & (self._arrival >= 0)), on)
        lost = np.isnan(self._delay[row])
        if self._profile.loss:
            down = station >= self._units
            lost[down] |= uniform(self._seed, out.id[row[down]], station[down] + _DOWNLINK) < self._profile.loss
        if self._tracing:
            self._met = row, station, np.where(lost, _LOST, RECEIVED).astype(np.uint8)
        by_vehicle, by_unit = ~lost & (station >= self._units), ~lost & (station < self._units)
        cars = Deliveries(row[by_vehicle].astype(np.int32), station[by_vehicle] - np.int32(self._units))
        units = Deliveries(row[by_unit].astype(np.int32), station[by_unit])
        told = (out.named[cars.packet] == 1) | (out.to[cars.packet] >= 0)
        delay = np.where(due, self._delay, np.nan).astype(np.float32)
        pending = np.flatnonzero(~due)
        self._arrival, self._delay = self._arrival[pending], self._delay[pending]
        self._x, self._y = self._x[pending], self._y[pending]
        return Carried(
            np.bincount(cars.packet, minlength=n).astype(np.int32),
            np.bincount(units.packet, minlength=n).astype(np.int32),
            units,
            Deliveries(cars.packet[told], cars.receiver[told]),
            delay,
            pending,
        )

    def trace(self, on: bool) -> None:
        self._tracing = on

    def recall(self, rows: Rows) -> Traces:
        row, station, fate = self._met
        place = np.full(max(int(row.max(initial=-1)), int(rows.max(initial=-1))) + 1, -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        packet = place[row]
        order = np.argsort(packet, kind="stable")
        order = order[packet[order] >= 0]
        return Traces(packet[order], station[order], fate[order])

    def _send(self, out: Outgoing, on: Bytes) -> None:
        """Draw when the new packets arrive; who is off sends nothing."""
        new = slice(out.fresh, len(out))
        id, sender, to = out.id[new], out.sender[new], out.to[new]
        up, down = sender >= self._units, (to < 0) | (to >= self._units)
        delay = self._profile.latency(self._seed, id, up.astype(np.int64) + down)
        # A station hands its packets over at moments of its own, the first one at the same in every tick.
        handed = moments(sender, np.arange(len(on), dtype=np.uint64), _TICK, self._seed)
        arrival = self._ticks * _TICK + handed + np.round(delay * 1e9).astype(np.int64)
        arrival[on[sender] == 0] = -1
        delay[(on[sender] == 0) | (up & (uniform(self._seed, id, _UPLINK) < self._profile.loss))] = np.nan
        x, y = np.concatenate((self._unit_x, self._vehicle_x)), np.concatenate((self._unit_y, self._vehicle_y))
        self._arrival = np.concatenate((self._arrival, arrival))
        self._delay = np.concatenate((self._delay, delay))
        self._x, self._y = np.concatenate((self._x, x[sender])), np.concatenate((self._y, y[sender]))

    def _receivers(self, out: Outgoing, rows: Rows, on: Bytes) -> tuple[NDArray[np.intp], Ints]:
        """Whom these packets are for: (row, station), ascending."""
        to = out.to[rows]
        alone = rows[(to >= 0) & (on[to] == 1)]
        found_rows, found = [alone], [out.to[alone]]
        everyone = rows[to < 0]
        reach = np.minimum(out.radius[everyone], self.range)
        for radius in np.unique(reach):
            which = everyone[reach == radius].astype(np.int32)
            for places, first in ((self._posts, 0), (self._vehicles, self._units)):
                packet, receiver = places.pairs_within(self._x, self._y, float(radius), which)
                row, station = which[packet].astype(np.intp), receiver + np.int32(first)
                others = station != out.sender[row]
                found_rows.append(row[others])
                found.append(station[others])
        row, station = np.concatenate(found_rows), np.concatenate(found)
        order = np.lexsort((station, row))
        return row[order], station[order]


class WithUu(Joint):
    """A sidelink for broadcasts, Uu for unicasts: requests and their answers. The channel is the sidelink's."""

    def __init__(self, sidelink: Radio, uu: UuRadio) -> None:
        super().__init__((sidelink, uu))

    @property
    def busy_ratio(self) -> NDArray[np.float32] | None:
        """The sidelink's."""
        return self.radios[0].busy_ratio

    @property
    def tally(self) -> Longs | None:
        """The sidelink's."""
        return self.radios[0].tally

    def _routes(self, out: Outgoing, new: slice) -> NDArray[np.bool_]:
        unicast = out.to[new] >= 0
        return np.stack((~unicast, unicast))


def beside(sidelink: Radio, site: Site) -> Radio:
    """The sidelink with unicasts by Uu, as `site.uu` has it."""
    return WithUu(sidelink, UuRadio(site))
