"""What units say, and what they are asked, as octets without network headers; and what such octets say.

| | ETSI | Chinese set |
|---|---|---|
| signals | SPATEM | SPAT |
| lanes of a junction | MAPEM | MAP |
| hazards | DENM | RSI, with an event (rte) |
| services | SAEM | the same |
| parking | requests and responses of our own (`edge.messages.own`) | the same |
| charging | EV-RSR's reservation | the same |

Each has a codec of its own (`sim.wire.table`). Vehicles have their own numbers in messages, units theirs from
`edge.messages.kinds.FIRST_UNIT` on, so that no two have the same.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from wayside.edge.errors import BREAKS, DecodeError, EncodeError, WaysideError, told_by
from wayside.edge.messages import Broadcast, Request, Response
from wayside.edge.messages.kinds import BroadcastCodec, Kind, Kinds, Place, UnicastCodec, Utterance
from wayside.edge.messages.octets import Octets
from wayside.edge.net import btp, dsmp
from wayside.edge.net import geonetworking as gn
from wayside.edge.platform import CityPlatform
from wayside.ext.arrays import Doubles, Ints
from wayside.sim.wire.junctions import Junction
from wayside.sim.wire.lights import MOST_DSM, MOST_SDU, Lights
from wayside.sim.world import Signals

# Octets before a message, without Ethernet's.
SHB_HEADERS: Final = gn.BASIC + gn.COMMON + gn.EXTENDED_SHB + btp.SIZE
GBC_HEADERS: Final = gn.BASIC + gn.COMMON + gn.EXTENDED_GBC + btp.SIZE


class UnitMessages:
    """Between what units and their clients say and its octets, by the kinds of a run.

    epoch: UTC of the simulation's second 0 [s since 1970]; x, y: where the units are [m]; platform: what they share;
    ground: the height [m] by x and y, where the net has heights.
    """

    def __init__(
        self,
        kinds: Kinds,
        epoch: float,
        place: Place,
        x: Doubles,
        y: Doubles,
        signals: Signals,
        junctions: Sequence[Junction],
        platform: CityPlatform | None = None,
        ground: Callable[[float, float], float] | None = None,
    ) -> None:
        self.kinds = kinds
        self.family = kinds.family
        self.epoch = epoch
        self.junctions = junctions
        latitude, longitude = place.degrees(x, y)
        positions = list(zip(latitude.tolist(), longitude.tolist(), strict=True))
        city = Lights(self.family, epoch, place, positions, platform, ground, signals, junctions)
        self._codecs = [None if kind.codec is None else _built(kind, city) for kind in kinds]
        self.unknown = 0  # messages that were passed over as they are of no kind
        self._warned: set[str] = set()

    def headers(self, kind: Kind, radius: float = np.inf) -> int:
        """Octets before a message, without Ethernet's; radius: of a broadcast [m]."""
        if self.family != "etsi":
            return dsmp.size(kind.csae.port)
        return GBC_HEADERS if has_area(self.family, kind, radius) else SHB_HEADERS

    def most(self, kind: Kind, radius: float = np.inf) -> int:
        """Octets that can be sent at most, with all headers but Ethernet's."""
        most = MOST_SDU - btp.SIZE if self.family == "etsi" else MOST_DSM
        return most + self.headers(kind, radius)

    def parts(self, message: Broadcast) -> Sequence[Broadcast]:
        """The messages in which something is said: several where it is too long for one and can be divided."""
        return self._broadcast(self.number(message)).parts(message)

    def say(self, unit: int, message: Broadcast, time: float, before: Utterance | None = None) -> Utterance:
        """A unit begins to say something at a time [s]; before: what it updates.

        What does not change from repetition to repetition is encoded here. EncodeError for what cannot be said.
        """
        number = self.number(message)
        try:
            return self._broadcast(number).say(unit, message, time, before)
        except WaysideError:
            raise
        except BREAKS as error:
            raise EncodeError(f"{self.kinds.names[number]}: {told_by(error)}") from error

    def end(self, unit: int, said: Utterance, time: float) -> Utterance | None:
        """What a unit says last as it stops saying something; None: nothing."""
        return self._broadcast(self.number(said.message)).end(unit, said, time)

    def broadcasts(self, units: Ints, said: Sequence[Utterance], time: float) -> Octets:
        """What these units say at a time [s], all of one kind."""
        if not said:
            return Octets.of([])
        ready = [utterance.octets for utterance in said if utterance.octets is not None]
        if len(ready) == len(said):
            return Octets.of(ready)
        messages = [utterance.message for utterance in said]
        return self._broadcast(self.number(messages[0])).repeat(units, messages, time)

    def unicasts(self, batch: Request | Response, unit: int, time: float) -> Octets:
        """Requests to a unit, each by its vehicle; or its responses, each to one."""
        return self._unicast(self.number(batch)).encode(batch, unit, time)

    def number(self, content: Broadcast | Request | Response) -> int:
        """The kind of some content. EncodeError where it is of none of this run."""
        if not self.kinds.has(type(content)):
            raise EncodeError(
                f"{type(content).__name__} is of no kind of this run: an application that says it must have its kind "
                "in `kinds`"
            )
        return self.kinds.number(type(content))

    def understood(self, octets: bytes, framed: bool = False) -> Any:
        """What octets of a broadcast say, by the message id in them: an object of a kind's content class.

        framed: whether they came as a MessageFrame. DecodeError where no kind has the id, or the octets are broken.
        """
        number = int(self.kinds.tell(Octets.of([octets]), framed)[0])
        if number < 0 or not isinstance(codec := self._codecs[number], BroadcastCodec):
            raise self.kinds.refused(octets, framed)
        return codec.decode(octets)

    def read(self, kind: int, octets: Octets, time: float) -> Any:
        """All that broadcasts of one kind say at a time [s] (`BroadcastCodec.read`)."""
        return self._broadcast(kind).read(octets, time)

    def received(self, octets: Octets, framed: bool, vehicle: Ints) -> list[Any]:
        """What octets of requests or responses say, by the message ids in them; vehicle: the slots of those who sent or
        are to have them.

        Mostly one batch; one for each kind among them. What is of no kind is counted, warned of once, and passed over.
        """
        told = self.kinds.tell(octets, framed)
        found = []
        for number in np.unique(told).tolist():
            rows = np.flatnonzero(told == number)
            codec = self._codecs[number] if number >= 0 else None
            if not isinstance(codec, UnicastCodec):
                self._pass_over(self.kinds.refused(octets.one(int(rows[0])), framed), len(rows))
            elif len(rows) == len(told):
                found.append(codec.decode(octets, vehicle))
            else:
                found.append(codec.decode(octets.take(rows), vehicle[rows]))
        return found

    def codec(self, content: type) -> BroadcastCodec | None:
        """The codec of the broadcasts with this content class; None where the run has no such kind."""
        return self._broadcast(self.kinds.number(content)) if self.kinds.has(content) else None

    def describe(self, content: Any, row: int) -> dict[str, Any]:
        """One message for people: of broadcasts' contents, or of a batch of requests or responses."""
        try:
            if isinstance(content, Request | Response):
                return self._unicast(self.number(content)).describe(content, row)
            said = content[row]
            return self._broadcast(self.number(said)).describe(said)
        except BREAKS as error:  # who only looks must not end a run
            return {"problem": told_by(error)}

    def _pass_over(self, why: DecodeError, count: int) -> None:
        self.unknown += count
        if str(why) not in self._warned:
            self._warned.add(str(why))
            warnings.warn(str(why), stacklevel=2)

    def _broadcast(self, number: int) -> BroadcastCodec:
        codec = self._codecs[number]
        assert isinstance(codec, BroadcastCodec)
        return codec

    def _unicast(self, number: int) -> UnicastCodec:
        codec = self._codecs[number]
        assert isinstance(codec, UnicastCodec)
        return codec


def has_area(family: str, kind: Kind, radius: float) -> bool:
    """Whether a message goes to an area (GBC): hazards, and whatever has a radius [m]; all else to who hears it (SHB).

    The Chinese set's DSMP knows no areas.
    """
    return family == "etsi" and not kind.unicast and (kind.regional or bool(np.isfinite(radius)))


def _built(kind: Kind, city: Lights) -> BroadcastCodec | UnicastCodec:
    """A kind's codec. EncodeError, one line, where it breaks off or is none."""
    assert kind.codec is not None
    try:
        codec = kind.codec(city)
    except BREAKS as error:
        raise EncodeError(f"message kind {kind.name!r}: {told_by(error)}") from error
    wanted = UnicastCodec if kind.unicast else BroadcastCodec
    if not isinstance(codec, wanted):
        raise EncodeError(f"message kind {kind.name!r}: its codec must be derived from {wanted.__name__}")
    return codec
