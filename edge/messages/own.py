"""Stand-ins of our own: what is said where no public standard has a message for it.

A driver asks a roadside unit for a bay, and is answered. Nobody else can read these. The header is ETSI's, so that the
two are told apart like all others; TS 102 894-2 gives no message the numbers 250 and above.

`WISH` is what a charging request lacks in TS 101 556-3: where the vehicle is, what it can take, of a battery that
tapers from when on how much less, and the connectors that it has, where it says, a bit each
(`edge/charging/piles.py`). It is sent behind the extension marker of EV-RSR's reservation request, as its first
addition, which other people's decoders pass over.
"""

from __future__ import annotations

from typing import Final

from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.program import Message
from wayside.edge.messages.schema import Integer, Optional, Sequence

PARKING_REQUEST_ID: Final = 250
PARKING_RESPONSE_ID: Final = 251

_SOURCE = "wayside's own, no standard"
RoadEdge = Integer(0, 16777215)  # a road of the net, by its number there
Stay = Integer(0, 16777215, unit="s")
CarPark = Integer(0, 16777215)

ParkingRequest = Sequence(
    edge=RoadEdge,
    latitude=cdd.Latitude,
    longitude=cdd.Longitude,
    duration=Stay,
).extensible()

PARKING_REQUEST = Message(
    "PARKING_REQUEST",
    Sequence(
        header=cdd.ItsPduHeader,
        request=ParkingRequest,
    ),
    f"{_SOURCE}: a driver on a road asks for a bay near a destination",
)

# To one driver, whose station number it has; without a car park there is no bay.
ParkingResponse = Sequence(
    station=cdd.StationID,
    carPark=Optional(CarPark),
).extensible()

PARKING_RESPONSE = Message(
    "PARKING_RESPONSE",
    Sequence(
        header=cdd.ItsPduHeader,
        response=ParkingResponse,
    ),
    f"{_SOURCE}: the bay reserved",
)

# From so much energy on a battery can take less, along a straight line to this power when it has what it wants.
Taper = Sequence(
    begin=Integer(0, 16777215, unit="Wh"),
    endPower=Integer(1, 16777215, unit="W"),
)

WISH = Message(
    "WISH",
    Sequence(
        edge=RoadEdge,
        maxPower=Integer(0, 16777215, unit="W"),
    ).extensible(
        taper=Taper,
        plugs=Integer(1, 255),
    ),
    f"{_SOURCE}: what a charging request says besides",
)
