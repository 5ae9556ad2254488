"""An on-board service with messages of its own, both ways: drivers ask a unit how fast to go, and obey its answer."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from wayside import App, OnboardService, Option, Table, every
from wayside.edge.messages import Request, Response
from wayside.edge.messages.batches import Batches
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.kinds import UnicastCodec, own_kind
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Integer, Sequence
from wayside.sim.sumo.commands import SpeedAdvice

CENTIMETRES = 100  # a metre

ADVICE_REQUEST = Message(
    "ADVICE_REQUEST",
    Sequence(header=cdd.ItsPduHeader, speed=Integer(0, 16383, unit="cm/s")),
    "an outsider's, no standard",
)
ADVICE_RESPONSE = Message(
    "ADVICE_RESPONSE",
    Sequence(header=cdd.ItsPduHeader, station=cdd.StationID, speed=Integer(0, 16383, unit="cm/s")),
    "an outsider's, no standard",
)


@dataclass(frozen=True)
class AdviceRequests(Request):
    """Drivers who want to know how fast to go, and how fast they are, m/s."""

    speed: np.ndarray


@dataclass(frozen=True)
class AdviceResponses(Response):
    """How fast to go, m/s."""

    speed: np.ndarray

    def check(self, unit):
        super().check(unit)
        if not (np.isfinite(self.speed) & (self.speed >= 0) & (self.speed <= 163.83)).all():
            raise ValueError("AdviceResponses speed: must be within 0..163.83 m/s")


class Asking(UnicastCodec):
    """The request."""

    def __init__(self, city):
        header = {"protocolVersion": 1, "messageID": 220}
        self.batches = Batches(
            Columns(ADVICE_REQUEST, {"header": header}, {"header.stationID": "who", "speed": "speed"})
        )

    def encode(self, batch, unit, time):
        return self.batches.encode(len(batch.vehicle), who=batch.station, speed=np.rint(batch.speed * CENTIMETRES))

    def decode(self, octets, vehicle):
        said = self.batches.decode(octets)
        return AdviceRequests(vehicle, said["who"].copy(), said["speed"] / CENTIMETRES)


class Answering(UnicastCodec):
    """The answer."""

    def __init__(self, city):
        self.city = city
        header = {"protocolVersion": 1, "messageID": 221}
        names = {"header.stationID": "unit", "station": "who", "speed": "speed"}
        self.batches = Batches(Columns(ADVICE_RESPONSE, {"header": header}, names))

    def encode(self, batch, unit, time):
        columns = {"unit": self.city.station(unit), "who": batch.station, "speed": np.rint(batch.speed * CENTIMETRES)}
        return self.batches.encode(len(batch.vehicle), **columns)

    def decode(self, octets, vehicle):
        said = self.batches.decode(octets)
        return AdviceResponses(vehicle, said["who"].copy(), said["speed"] / CENTIMETRES)


ASK = own_kind(ADVICE_REQUEST, AdviceRequests, Asking, id=220, port=5220, aid=126)
ANSWER = own_kind(ADVICE_RESPONSE, AdviceResponses, Answering, id=221, port=5221, aid=126)


class Adviser(App):
    """Tells drivers who ask how fast to go: the slower, the more vehicles are near."""

    name: ClassVar[str] = "advice"
    service: ClassVar[bool] = True
    kinds: ClassVar = (ASK, ANSWER)
    least: Annotated[float, Option("slowest that anybody is told to go", unit="m/s", gt=0, le=50)] = 5.0

    @every(0.5, waiting=AdviceRequests)
    def answer(self):
        for asked in self.take(AdviceRequests):
            speed = max(self.least, 15.0 - 0.5 * len(self.ldm))
            self.send(AdviceResponses(asked.vehicle, asked.station, np.full(len(asked.vehicle), speed)))


@dataclass
class Advised:
    """A row of advice.parquet."""

    vehicle: str
    at_s: float
    speed_m_s: float


class Advice(OnboardService):
    """Drivers near a unit that offers advice ask it once, and go as fast as it says for half a minute."""

    name: ClassVar[str] = "advice"
    asks: ClassVar = (AdviceRequests,)
    hears: ClassVar = (AdviceResponses,)
    kinds: ClassVar = (ASK, ANSWER)
    compliance: Annotated[float, Option("share of drivers who obey", ge=0, le=1)] = 1.0
    fields: ClassVar = {"asked": (np.float64, -np.inf), "obeys": (np.uint8, 0), "until": (np.float64, np.nan)}

    def __init__(self, around):
        super().__init__(around)
        self.rows, self.ignored = [], 0

    def admit(self, departed):
        super().admit(departed)
        for slot in departed.tolist():
            self.obeys[slot] = self.fleet.complies(self.name, slot, self.compliance)

    def requests(self, now):
        fleet, table = self.fleet, self.fleet.vehicles
        n = table.extent
        due = np.flatnonzero((fleet.active[:n] == 1) & (self.asked[:n] < now - 60.0))
        batches = []
        for unit, slots in fleet.ask(self.name, due):
            self.asked[slots] = now
            batches.append((unit, AdviceRequests(slots.astype(np.int32), table.station[slots], table.speed[slots])))
        return batches

    def heard(self, said, now):
        for slot, speed in zip(said.vehicle.tolist(), said.speed.tolist(), strict=True):
            if self.obeys[slot]:
                vehicle = str(self.fleet.vehicles.ids[slot])
                self.orders.append(SpeedAdvice(vehicle, speed))
                self.until[slot] = now + 30.0
                self.rows.append(Advised(vehicle, now, speed))
            else:
                self.ignored += 1

    def awaiting(self, now):
        return bool((self.asked > now - 2.0).any())

    def every_second(self, seconds, now):
        for slot in np.flatnonzero(self.until <= now).tolist():
            self.orders.append(SpeedAdvice(str(self.fleet.vehicles.ids[slot]), -1.0))
            self.until[slot] = np.nan

    def gone(self, slots, now):
        self.until[slots] = np.nan

    def kpis(self, now):
        return {"advice.obeyed": len(self.rows), "advice.ignored": self.ignored}

    def tables(self, now):
        return {"advice": Table(Advised, self.rows)}
