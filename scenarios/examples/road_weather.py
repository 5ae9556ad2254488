"""A kind of message of one's own, with its schema: roadside units tell how warm the road is. All in one file.

Try `wayside run scenarios/examples/road_weather.py --until 300 --out runs/weather --set record.pcap=true`.
"""

import math
from dataclasses import dataclass

from wayside import App, Scenario, every
from wayside.edge.messages import Broadcast
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.kinds import BroadcastCodec, CodecContext, own_kind
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Integer, Sequence

ID, PORT, AID = 200, 5100, 130  # which nobody else has

ROAD_WEATHER = Message(
    "ROAD_WEATHER",
    Sequence(header=cdd.ItsPduHeader, surface=Integer(-600, 800)),  # tenths of a degree Celsius
    "an example, no standard",
)


@dataclass(frozen=True)
class RoadWeather(Broadcast):
    """How warm the road is."""

    surface_celsius: float

    def check(self, unit: object) -> None:
        """Where it is said: between -60 and 80."""
        if not -60.0 <= self.surface_celsius <= 80.0:
            raise ValueError(f"RoadWeather surface_celsius {self.surface_celsius!r}: must be within -60..80")


class Codec(BroadcastCodec):
    """Between `RoadWeather` and octets."""

    def __init__(self, context: CodecContext) -> None:
        self.context = context

    def encode(self, unit: int, message: RoadWeather, time: float) -> bytes:
        """The octets, without headers."""
        header = {"protocolVersion": 1, "messageID": ID, "stationID": self.context.station(unit)}
        return ROAD_WEATHER.encode({"header": header, "surface": round(message.surface_celsius * 10)})

    def decode(self, octets: bytes) -> RoadWeather:
        """What octets say."""
        return RoadWeather(ROAD_WEATHER.decode(octets)["surface"] / 10)


KIND = own_kind(ROAD_WEATHER, RoadWeather, Codec, id=ID, port=PORT, aid=AID)


class Thermometer(App):
    """Tells the road's temperature every second, as it was measured in the last minute."""

    kinds = (KIND,)

    def start(self) -> None:
        """Begin to tell."""
        self.told = self.send(self.measured(), radius=500.0, repeat=1.0)

    @every(60.0)
    def look(self) -> None:
        """Tell the new temperature from now on."""
        self.told.update(self.measured())

    def measured(self) -> RoadWeather:
        """A night with frost, and a day."""
        return RoadWeather(5.0 - 8.0 * math.cos(self.time / 86_400.0 * 2.0 * math.pi))


scenario = Scenario.load("crossing").replace(
    {
        "scenario.name": "road-weather",
        "v2x.penetration": 1.0,
        "rsu.0.apps": ("signals", "parking", "charging", "road_weather:Thermometer"),
    }
)
