"""Cellular (5G Uu) through the edge: as a whole radio, or for unicasts beside a sidelink."""

from __future__ import annotations

import numpy as np

from wayside.edge.app import TICK_MS
from wayside.ext.arrays import Bytes, Doubles, Flags, Floats, Indices, Ints, Longs
from wayside.ext.grid import Grid, Posts
from wayside.sim.air import FATES, ON, RECEIVED, Carried, Deliveries, Outgoing, Radio, RadioContext, Traces
from wayside.sim.air.identity import Identities, Identity
from wayside.sim.air.latency import PROFILES, hashed, uniform
from wayside.sim.air.mixed import Joint, overhearing

_TICK = TICK_MS * 1_000_000  # ns
_LOST = FATES.index("propagation")
_UPLINK, _DOWNLINK, _MOMENT = 8, 9, 10  # salts: of losses, of the packet and of one of its receivers; of handing over


class UuRadio:
    """Everyone is attached to one network of unlimited capacity; what a packet meets on its way stands in `latency`.

    A broadcast is taken up within its radius around the place where it was sent, at most v2x.range, by whoever is there
    in the tick in which it arrives. Its downlink is one multicast: all get it at the same time, each receiver loses it
    by itself. Unicasts have no limit of range. Where the uplink fails, nobody gets the packet.
    """

    busy_ratio = None
    tally = None

    def __init__(self, site: RadioContext) -> None:
        self.range = site.range
        self._profile = PROFILES["ideal" if site.uu == "off" else site.uu]
        self._seed = int(np.random.default_rng([site.seed, 0x55]).integers(2**62))
        self._vehicles, self._posts = Grid(site.range / 2.0), Posts()
        self._identities = Identities(site)
        self._units, self._ticks = 0, -1
        nothing, nobody = np.empty(0), np.empty(0, np.uint8)
        self._unit_x, self._unit_y, self._unit_on = nothing, nothing, nobody
        self._unit_who = self._vehicle_who = np.empty(0, np.uint64)
        self._vehicle_x, self._vehicle_y, self._vehicle_on = nothing, nothing, nobody
        # What is under way, in the order in which it was told to be.
        self._arrival: Longs = np.empty(0, np.int64)  # ns; -1: never sent
        self._key = np.empty(0, np.int64)  # of each packet's chance
        self._delay, self._x, self._y = nothing, nothing, nothing  # s, NaN: the uplink failed; m: where it was sent
        self._tracing = False
        self._met: tuple[Indices, Ints, Bytes] = np.empty(0, np.intp), np.empty(0, np.int32), nobody

    def place_units(self, x: Doubles, y: Doubles, on: Bytes) -> None:
        self._units = len(x)
        self._unit_x, self._unit_y, self._unit_on = x, y, (on != 0).view(np.uint8)
        self._unit_who = self._identities.units(len(x))
        self._posts.build(x, y, (on == ON).view(np.uint8))

    def place_vehicles(self, x: Doubles, y: Doubles, on: Bytes, tall: Bytes, there: Bytes | None = None) -> None:
        self._ticks += 1
        came = np.ones(len(x), bool)
        came[: len(self._vehicle_on)] = self._vehicle_on[: len(x)] == 0
        came &= on == 1
        who = np.zeros(len(x), np.uint64)
        who[: len(self._vehicle_who)] = self._vehicle_who[: len(x)]
        who[came] = self._identities.came(np.flatnonzero(came))
        self._vehicle_who = who
        # Kept until the next tick, where the callers' arrays are the live ones: who comes is seen by comparing.
        self._vehicle_x, self._vehicle_y, self._vehicle_on = x, y, on.copy()
        self._vehicles.build(x, y, on)

    def carry(self, out: Outgoing) -> Carried:
        n = len(out)
        on = np.concatenate((self._unit_on, self._vehicle_on))
        who = np.concatenate((self._unit_who, self._vehicle_who))
        self._send(out, on, who)
        due = self._arrival < (self._ticks + 1) * _TICK
        row, station = self._receivers(out, np.flatnonzero(due & (self._arrival >= 0)), on)
        lost = np.isnan(self._delay[row])
        if self._profile.loss:
            down = station >= self._units
            hearer = who[station[down]].view(np.int64)
            lost[down] |= uniform(self._seed, self._key[row[down]] ^ hearer, _DOWNLINK) < self._profile.loss
        if self._tracing:
            self._met = row, station, np.where(lost, _LOST, RECEIVED).astype(np.uint8)
        by_vehicle, by_unit = ~lost & (station >= self._units), ~lost & (station < self._units)
        cars = Deliveries(row[by_vehicle].astype(np.int32), station[by_vehicle] - np.int32(self._units))
        units = Deliveries(row[by_unit].astype(np.int32), station[by_unit])
        told = (out.named[cars.packet] == 1) | (out.to[cars.packet] >= 0)
        delay = np.where(due, self._delay, np.nan).astype(np.float32)
        pending = np.flatnonzero(~due)
        self._arrival, self._delay, self._key = self._arrival[pending], self._delay[pending], self._key[pending]
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

    def recall(self, rows: Indices) -> Traces:
        row, station, fate = self._met
        place = np.full(max(int(row.max(initial=-1)), int(rows.max(initial=-1))) + 1, -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        packet = place[row]
        order = np.argsort(packet, kind="stable")
        order = order[packet[order] >= 0]
        return Traces(packet[order], station[order], fate[order])

    def _send(self, out: Outgoing, on: Bytes, who: Identity) -> None:
        """Draw when the new packets arrive; who is off sends nothing."""
        new = slice(out.fresh, len(out))
        sender, to = out.sender[new], out.to[new]
        whose = self._keys(out, new, who)
        key = hashed(whose, np.full(len(whose), self._ticks, np.uint64)).view(np.int64)
        up, down = sender >= self._units, (to < 0) | (to >= self._units)
        delay = self._profile.latency(self._seed, key, up.astype(np.int64) + down)
        # A station hands its packets over at moments of its own, each kind at the same in every tick.
        handed = (uniform(self._seed, whose.view(np.int64), _MOMENT) * _TICK).astype(np.int64)
        arrival = self._ticks * _TICK + handed + np.round(delay * 1e9).astype(np.int64)
        arrival[on[sender] == 0] = -1
        delay[(on[sender] == 0) | (up & (uniform(self._seed, key, _UPLINK) < self._profile.loss))] = np.nan
        x, y = np.concatenate((self._unit_x, self._vehicle_x)), np.concatenate((self._unit_y, self._vehicle_y))
        self._arrival = np.concatenate((self._arrival, arrival))
        self._delay = np.concatenate((self._delay, delay))
        self._key = np.concatenate((self._key, key))
        self._x, self._y = np.concatenate((self._x, x[sender])), np.concatenate((self._y, y[sender]))

    def _keys(self, out: Outgoing, new: slice, who: Identity) -> Identity:
        """What the chance of new packets belongs to, but for the tick: who sends what kind of message to whom. Those
        of a tick that have all of that in common are told apart by their order.
        """
        sender, to = out.sender[new], out.to[new]
        addressee = np.where(to >= 0, who[to], np.uint64(0))
        key = hashed(who[sender], hashed(addressee, out.kind[new].astype(np.uint64)))
        order = np.argsort(key, kind="stable")
        begins = np.diff(key[order], prepend=~key[order][:1]) != 0
        if begins.all():
            return key
        place = np.arange(len(key))
        rank = np.empty(len(key), np.uint64)
        rank[order] = place - np.maximum.accumulate(np.where(begins, place, 0))
        return np.where(rank == 0, key, hashed(key, rank))

    def _receivers(self, out: Outgoing, rows: Indices, on: Bytes) -> tuple[Indices, Ints]:
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
    def busy_ratio(self) -> Floats | None:
        """The sidelink's."""
        return self.radios[0].busy_ratio

    @property
    def tally(self) -> Longs | None:
        """The sidelink's."""
        return self.radios[0].tally

    def place_units(self, x: Doubles, y: Doubles, on: Bytes) -> None:
        super().place_units(x, y, (on == ON).view(np.uint8))
        self.radios[1].place_units(x, y, on)

    def chance(self, sender: Ints, receiver: Ints, size: Ints) -> Floats:
        """See `Overhearing`: the sidelink's."""
        return overhearing(self.radios[0]).chance(sender, receiver, size)

    def access(self, sender: Ints, size: Ints, draw: Doubles) -> Doubles:
        """See `Overhearing`: the sidelink's."""
        return overhearing(self.radios[0]).access(sender, size, draw)

    def _routes(self, out: Outgoing, new: slice) -> Flags:
        unicast = out.to[new] >= 0
        return np.stack((~unicast, unicast))


def beside(sidelink: Radio, site: RadioContext) -> Radio:
    """The sidelink with unicasts by Uu, as `site.uu` has it."""
    return WithUu(sidelink, UuRadio(site))
