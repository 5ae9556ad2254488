"""What vehicles say: awareness messages by the rules of the standard, and requests to units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wayside.edge.app import TICK_MS
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.si import timestamp_its
from wayside.ext.arrays import Bytes, Ints
from wayside.sim.exchange.measure import Measures
from wayside.sim.exchange.onair import OnAir
from wayside.sim.onboard.service import Onboard
from wayside.sim.stations.fleet import Fleet
from wayside.sim.wire.awareness import Awareness
from wayside.sim.wire.units import UnitMessages


def clock_ms(family: str, epoch: float) -> int:
    """What the family's messages count from, at the simulation's second 0 [ms]; epoch: s since 1970, UTC."""
    return timestamp_its(epoch) if family == "etsi" else round(epoch * 1000.0)


class FromVehicles:
    """Vehicles, and pedestrians with devices, as senders.

    awareness: what makes their awareness messages, by kind: CAMs, and VAMs where pedestrians have devices; named:
    whether it is of interest which vehicles hear these; units: how many of them stand at the road.
    """

    def __init__(
        self,
        onair: OnAir,
        messages: UnitMessages,
        awareness: Mapping[int, Awareness],
        fleet: Fleet,
        onboard: Onboard,
        measures: Measures,
        named: bool,
        units: int,
    ) -> None:
        self._onair = onair
        self._awareness = awareness
        self._headers = {kind: messages.headers(messages.kinds[kind]) for kind in awareness}
        self._cam, *self._vams = awareness
        self._fleet = fleet
        self._onboard = onboard
        self._measures = measures
        self._named = named
        self._units = np.int32(units)
        self._clock_ms = clock_ms(messages.family, messages.epoch)
        self._bound = 0  # slots that `awareness` reads

    def bind(self) -> None:
        """Vehicles have come: awareness messages are made from the fleet's columns as they are now."""
        fleet, table = self._fleet, self._fleet.vehicles
        if fleet.capacity == self._bound:
            return
        self._bound = fleet.capacity
        for awareness in self._awareness.values():
            awareness.bind(
                x=fleet.said_x,
                y=fleet.said_y,
                z=fleet.z,
                speed=table.speed,
                heading=table.heading,
                acceleration=table.acceleration,
                yaw_rate=fleet.yaw_rate,
                curvature=fleet.curvature,
                length=table.length,
                width=table.width,
                station=table.station,
                kind=fleet.kind,
            )

    def tell(self, tick: int) -> None:
        """Awareness messages that are due in a V2X tick."""
        fleet = self._fleet
        self._say(self._cam, fleet.awareness(tick), fleet.low, tick)
        for kind in self._vams:
            self._say(kind, fleet.vams(tick), fleet.vru_low, tick)

    def _say(self, kind: int, slots: Ints, low: Bytes, tick: int) -> None:
        if len(slots):
            octets = Octets(*self._awareness[kind].encode(slots, low, self._clock_ms + tick * TICK_MS))
            self._onair.say(kind, slots, octets, self._headers[kind], self._named)

    def ask(self, now: float) -> None:
        """Requests, to one unit each; what does not arrive is asked again later."""
        for service in self._onboard.by_urgency:
            with service.running():
                requests = service.requests(now)
            for unit, request in requests:
                self._measures.asked(request, now)
                stations = request.vehicle.astype(np.int32) + self._units
                self._onair.unicast(request, unit, stations, np.full(len(stations), unit, np.int32))
