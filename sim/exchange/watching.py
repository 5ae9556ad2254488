"""What listeners are told of the packets of a tick: what was sent and arrived, who received it and who lost it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wayside.ext.arrays import Doubles, Indices, Ints, Longs
from wayside.sim.air import FATES, RECEIVED, Carried, Outgoing, Radio
from wayside.sim.stations.fleet import Fleet
from wayside.sim.stations.packets import Batch, Journey, Listener, Packets, Receptions

_TOO_WEAK = FATES.index("below-sensitivity")


class Watching:
    """What is told of packets, and may be asked of those that a listener is being told of.

    unit_x, unit_y: where the units stand, m; out: the packets of the tick; journey: how those with these ids came to
    their senders, None where they are not forwarded.
    """

    def __init__(
        self,
        radio: Radio,
        fleet: Fleet,
        unit_x: Doubles,
        unit_y: Doubles,
        out: Outgoing,
        journey: Callable[[Longs], Journey | None],
    ) -> None:
        self._radio = radio
        self._fleet = fleet
        self._unit_x, self._unit_y = unit_x, unit_y
        self._out = out
        self._journey = journey

    def tell(self, listeners: Sequence[Listener], batches: Sequence[Batch], carried: Carried) -> None:
        """What has been sent in this tick, or given up; batches: of the tick, in the order of its packets."""
        done = np.ones(len(self._out), bool)
        done[carried.pending] = False
        first = 0
        for batch in batches:
            rows = np.arange(first, first + len(batch))
            first += len(batch)
            here = np.flatnonzero(done[rows])
            if not len(here):
                continue
            if len(here) < len(rows):
                batch, rows = batch.take(here), rows[here]
            packets = self._packets(batch, rows, carried)
            for listener in listeners:
                listener(packets)

    def _packets(self, batch: Batch, rows: Indices, carried: Carried) -> Packets:
        sender: Ints | Longs = batch.station
        x, y, place = self._unit_x, self._unit_y, batch.station
        if not batch.from_unit:
            x, y, place = self._fleet.x, self._fleet.y, batch.station - np.int32(len(self._unit_x))
            sender = self._fleet.vehicles.station[place]
        return Packets(
            batch.kind,
            batch.from_unit,
            batch.time,
            sender,
            place,
            x[place],
            y[place],
            batch.size.copy(),
            carried.delay[rows],
            carried.at_vehicles[rows],
            carried.at_units[rows],
            rows,
            batch.octets,
            batch.radius,
            batch.to if batch.to_station is None else batch.to_station,
            batch.content,
            None if batch.to is not None else self._journey(self._out.id[rows]),
        )

    def numbers(self, packets: Packets) -> Longs:
        """Since the begin, of the packets that a listener is being told of."""
        return self._out.id[packets.row]

    def receptions(self, packets: Packets, rows: Indices) -> Receptions:
        """Who received these rows of the packets that a listener is being told of, and who lost them; not to be asked
        later.

        Nothing is drawn anew: a radio that loses packets answers what it has decided. A unicast that did not arrive and
        of which it does not tell more was too weak to be sensed there.
        """
        if packets.to is not None:
            lost = (packets.at_vehicles[rows] + packets.at_units[rows]) == 0
            fate = np.full(len(rows), RECEIVED, np.uint8)
            if lost.any():
                traces = self._radio.recall(packets.row[rows])
                fate[lost] = _TOO_WEAK
                known = lost[traces.packet] & (traces.fate != RECEIVED)
                fate[traces.packet[known]] = traces.fate[known]
            at_unit = np.full(len(rows), not packets.from_unit)
            return Receptions(rows.astype(np.int32), packets.to[rows].astype(np.int64), at_unit, lost, fate)
        traces = self._radio.recall(packets.row[rows])
        at_unit = traces.receiver < len(self._unit_x)
        receiver = traces.receiver.astype(np.int64)
        receiver[~at_unit] = self._fleet.vehicles.station[receiver[~at_unit] - len(self._unit_x)]
        lost = traces.fate != RECEIVED
        return Receptions(rows[traces.packet].astype(np.int32), receiver, at_unit, lost, traces.fate)


def nothing(ids: Longs) -> None:
    """No packet has come from anywhere else."""
