"""What units say, and what they are asked, as octets without network headers; and what such octets say.

| | ETSI | Chinese set |
|---|---|---|
| signals | SPATEM | SPAT |
| lanes of a junction | MAPEM | MAP |
| hazards | DENM | RSI, with an event (rte) |
| services | SAEM | the same |
| parking | requests and responses of our own (`edge.messages.own`) | the same |
| charging | EV-RSR's reservation | the same |

Vehicles have their own numbers in messages, units theirs from `FIRST_UNIT` on, so that no two have the same. What does
not depend on the moment has the same octets whenever it is said; each message has the same length at each repetition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from wayside.edge.messages import (
    Broadcast,
    ChargingRequests,
    ChargingResponses,
    Denm,
    Kind,
    ParkingRequests,
    ParkingResponses,
    Request,
    Response,
    Saem,
    Spatem,
)
from wayside.edge.net import btp, dsmp
from wayside.edge.net import geonetworking as gn
from wayside.sim.packets import Octets
from wayside.sim.wire import hazards, maps, requests, services
from wayside.sim.wire.junctions import Junction
from wayside.sim.wire.places import Place
from wayside.sim.wire.signals import Announcements, announced
from wayside.sim.world import Doubles, Ints, Signals

FIRST_UNIT: Final = 1_000_000_000  # StationID of unit 0

# Octets before a message, without Ethernet's.
SHB_HEADERS: Final = gn.BASIC + gn.COMMON + gn.EXTENDED_SHB + btp.SIZE
GBC_HEADERS: Final = gn.BASIC + gn.COMMON + gn.EXTENDED_GBC + btp.SIZE


class UnitMessages:
    """Between what units and their clients say and its octets, in one family ("etsi" or "csae").

    epoch: UTC of the simulation's second 0 [s since 1970]; x, y: where the units are [m].
    """

    def __init__(
        self,
        family: str,
        epoch: float,
        place: Place,
        x: Doubles,
        y: Doubles,
        signals: Signals,
        junctions: Sequence[Junction],
    ) -> None:
        self.family = family
        self.epoch = epoch
        self.place = place
        self.junctions = junctions
        latitude, longitude = place.degrees(x, y)
        self.positions = list(zip(latitude.tolist(), longitude.tolist(), strict=True))
        self._announcements = Announcements(family, epoch, signals, junctions)
        self._events = hazards.Events()
        self._parking = requests.Parking(place)
        self._lengths: dict[object, int] = {}
        self._maps = maps.Maps(family, epoch, junctions)

    @property
    def headers(self) -> int:
        """Octets before a request or a response, without Ethernet's."""
        return SHB_HEADERS if self.family == "etsi" else dsmp.size(dsmp.AIDS["PARKING_REQUEST"])

    def size(self, message: Broadcast, radius: float = np.inf) -> int:
        """Octets of what a unit broadcasts with all headers but Ethernet's; it depends on what is in it alone."""
        key = self._structure(message)
        if key not in self._lengths:
            if isinstance(message, Spatem):
                self._lengths[key] = self._announcements.length(message.light)
            else:
                self._lengths[key] = len(self._one(0, message, 0.0))
        length = self._lengths[key]
        if self.family != "etsi":
            return length + dsmp.size(dsmp.AIDS[self.name(message.kind)])
        return length + (GBC_HEADERS if is_regional(message, radius) else SHB_HEADERS)

    def begin(self, unit: int, message: Broadcast, time: float) -> None:
        """A unit begins to say something: an event gets its number and time, which its repetitions keep."""
        if isinstance(message, Denm):
            self._events.begin(unit, message, time)

    def broadcasts(self, units: Ints, messages: Sequence[Broadcast], time: float) -> Octets:
        """What these units say at a time [s], all of one kind."""
        if messages and isinstance(messages[0], Spatem):
            lights = np.array([message.light for message in messages], np.int32)  # type: ignore[union-attr]
            return Octets(*self._announcements.octets(FIRST_UNIT + units.astype(np.int64), lights, time))
        pairs = zip(units.tolist(), messages, strict=True)
        return Octets.of([self._one(unit, message, time) for unit, message in pairs])

    def unicasts(self, batch: Request | Response, unit: int, time: float) -> Octets:
        """Requests to a unit, each by its vehicle; or its responses, each to one."""
        match batch:
            case ParkingRequests():
                return self._parking.requests(batch)
            case ParkingResponses():
                return self._parking.responses(batch, FIRST_UNIT + unit)
            case ChargingRequests():
                return requests.charging(batch, self.epoch + time)
            case ChargingResponses():
                return requests.charging_answers(batch, FIRST_UNIT + unit, self.epoch + time)

    def name(self, kind: Kind) -> str:
        """The message that something is said in: a name of `edge.messages.catalogue`; of the Chinese set, its own."""
        if self.family == "csae":
            return _CSAE.get(kind, _ETSI.get(kind, kind.name))
        return _ETSI.get(kind, kind.name)

    def understood(self, octets: bytes, content: type) -> Any:
        """What octets of a broadcast say: an object of this class of `edge.messages`."""
        if content is Spatem:
            return Spatem(announced(octets, self.family))
        if content is Denm:
            return hazards.understood(octets, self.family, self.place)
        if content is Saem:
            return services.understood(octets)
        return maps.understood(octets, self.family)

    def understood_batch(self, octets: Octets, content: type, vehicle: Ints) -> Any:
        """What octets of requests or responses say; `vehicle`: the slots of those who sent or are to have them."""
        match content.__name__:
            case "ParkingRequests":
                return self._parking.asked(octets, vehicle)
            case "ParkingResponses":
                return self._parking.answered(octets, vehicle)
            case "ChargingRequests":
                return requests.charging_understood(octets, vehicle)
        return requests.charging_answers_understood(octets, vehicle)

    def _one(self, unit: int, message: Broadcast, time: float) -> bytes:
        if isinstance(message, Spatem):
            return self.broadcasts(np.array([unit], np.int32), [message], time).one(0)
        if isinstance(message, Saem):
            return services.saem(message, FIRST_UNIT + unit, self.positions[unit])
        if isinstance(message, Denm):
            event = self._events.of(unit, message, time)
            say = hazards.denm if self.family == "etsi" else hazards.rsi
            return say(message, FIRST_UNIT + unit, event, self.positions[unit], self.place, self.epoch)
        return self._maps.octets(FIRST_UNIT + unit, message.light, time)

    def _structure(self, message: Broadcast) -> object:
        """What a message's length depends on."""
        if isinstance(message, Spatem):
            return message.kind, self._announcements.groups(message.light)
        if isinstance(message, Denm):
            return message.kind, hazards.structure(message, self.family)
        return message.kind, message


def is_regional(message: Broadcast, radius: float) -> bool:
    """Whether a message goes to an area (GBC) and not to all who hear it (SHB): hazards, and whatever has a radius."""
    return isinstance(message, Denm) or bool(np.isfinite(radius))


_ETSI: Final = {Kind.CHARGING_REQUEST: "EV_RSR", Kind.CHARGING_RESPONSE: "EV_RSR"}
_CSAE: Final = {Kind.CAM: "BSM", Kind.DENM: "RSI", Kind.SPATEM: "SPAT", Kind.MAPEM: "MAP"}
