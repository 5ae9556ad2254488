"""Requests for a bay and their answers: messages of our own, the same in both families."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wayside.edge.messages import own
from wayside.edge.messages.batches import Batches
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.kinds import CodecContext, Id, Kind, UnicastCodec
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.si import MICRODEGREE, quantities, steps
from wayside.edge.parking.messages import ParkingRequests, ParkingResponses
from wayside.ext.arrays import Ints
from wayside.sim.wire.forms import in_both

_REQUEST: Final = Columns(
    message("PARKING_REQUEST"),
    {"header": {"protocolVersion": 1, "messageID": own.PARKING_REQUEST_ID}},
    {
        "header.stationID": "station",
        "request.edge": "edge",
        "request.latitude": "latitude",
        "request.longitude": "longitude",
        "request.duration": "duration",
    },
)
_RESPONSE: Final = Columns(
    message("PARKING_RESPONSE"),
    {"header": {"protocolVersion": 1, "messageID": own.PARKING_RESPONSE_ID}},
    {
        "header.stationID": "unit",
        "response.station": "station",
        "response.carPark": "car_park",
        "response.carPark?": "reserved",
    },
)


class BayRequestCodec(UnicastCodec):
    """Requests for a bay."""

    def __init__(self, context: CodecContext) -> None:
        self._place = context.place
        self._batches = Batches(_REQUEST)

    def encode(self, batch: ParkingRequests, unit: int, time: float) -> Octets:
        """The octets of each request."""
        latitude, longitude = self._place.near_degrees(batch.x, batch.y)
        return self._batches.encode(
            len(batch.station),
            station=batch.station,
            edge=batch.edge,
            latitude=steps(cdd.Latitude, latitude, MICRODEGREE),
            longitude=steps(cdd.Longitude, longitude, MICRODEGREE),
            duration=steps(own.Stay, np.minimum(batch.duration, own.Stay.high or 0), 1.0),
        )

    def decode(self, octets: Octets, vehicle: Ints) -> ParkingRequests:
        """What requests say."""
        said = self._batches.decode(octets)
        latitude = quantities(cdd.Latitude, said["latitude"], MICRODEGREE)
        longitude = quantities(cdd.Longitude, said["longitude"], MICRODEGREE)
        x, y = self._place.near_metres(latitude, longitude)
        station, edge = said["station"].copy(), said["edge"].astype(np.int32)
        return ParkingRequests(vehicle, station, edge, x, y, said["duration"].astype(np.float64))

    def describe(self, batch: ParkingRequests, row: int) -> dict[str, Any]:
        """One of them for people."""
        return {
            "station": int(batch.station[row]),
            "destination_x_m": round(float(batch.x[row]), 2),
            "destination_y_m": round(float(batch.y[row]), 2),
            "duration_s": float(batch.duration[row]),
        }


class BayResponseCodec(UnicastCodec):
    """Answers to requests for a bay."""

    def __init__(self, context: CodecContext) -> None:
        self._context = context
        self._batches = Batches(_RESPONSE)

    def encode(self, batch: ParkingResponses, unit: int, time: float) -> Octets:
        """The octets of each response."""
        car_park = batch.car_park
        return self._batches.encode(
            len(car_park),
            unit=self._context.station(unit),
            station=batch.station,
            car_park=np.maximum(car_park, 0),
            reserved=car_park >= 0,
        )

    def decode(self, octets: Octets, vehicle: Ints) -> ParkingResponses:
        """What responses say."""
        said = self._batches.decode(octets)
        car_park = np.where(said["reserved"] == 1, said["car_park"], -1).astype(np.int32)
        return ParkingResponses(vehicle, said["station"].copy(), car_park)

    def describe(self, batch: ParkingResponses, row: int) -> dict[str, Any]:
        """One of them for people, with the car park's name."""
        park, platform = int(batch.car_park[row]), self._context.platform
        name = platform.parking.car_parks.names[park] if platform is not None and park >= 0 else None
        return {"station": int(batch.station[row]), "park": f"park/{park}" if park >= 0 else None, "name": name}


PARKING_REQUEST: Final = Kind(
    ParkingRequests,
    BayRequestCodec,
    *in_both("parking-request", "PARKING_REQUEST", Id(own.PARKING_REQUEST_ID)),
    public=False,
)
PARKING_RESPONSE: Final = Kind(
    ParkingResponses,
    BayResponseCodec,
    *in_both("parking-response", "PARKING_RESPONSE", Id(own.PARKING_RESPONSE_ID)),
    public=False,
)
