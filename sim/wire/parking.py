"""Requests for a bay and their answers, messages of our own, and what is free where (POIM): the same in both families.

The Chinese set has a message of car parks, PAM (T/CSAE 157), which maps the inside of one; its text is not public.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.messages import build, build_places, own
from wayside.edge.messages.batches import Batches
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.kinds import BroadcastCodec, CodecContext, Id, Kind, UnicastCodec
from wayside.edge.messages.octets import Octets
from wayside.edge.messages.si import MICRODEGREE, quantities, steps
from wayside.edge.parking.messages import FreeBays, ParkingRequests, ParkingResponses, ParkNews
from wayside.ext.arrays import Ints
from wayside.sim.wire.forms import in_both

_BLOCKS: Final = 8  # of a POIM before its extension
_BITS: Final = 16  # Identifier2B
_NAME: Final = 31  # characters
_MOST_BAYS: Final = 16382  # NumberOfSpaces
_PARKING, _OPEN = 1, 1  # PoiType, OpeningStatus

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


class FreeBaysCodec(BroadcastCodec):
    """What is free where, as POIMs of up to 8 car parks. A block's number has 16 bits; what a car park's number has
    beyond these is in the provider's number, which begins at 1.
    """

    def __init__(self, context: CodecContext) -> None:
        self._context = context

    def parts(self, message: FreeBays) -> Sequence[FreeBays]:
        """By 8 car parks each, of one provider."""
        by_provider = groupby(message.car_parks, lambda one: one.car_park >> _BITS)
        groups = [tuple(some) for _, some in by_provider]
        return [FreeBays(some[k : k + _BLOCKS]) for some in groups for k in range(0, len(some), _BLOCKS)]

    def encode(self, unit: int, message: FreeBays, time: float) -> bytes:
        """The octets of a message."""
        provider = "CN", 1 + (message.car_parks[0].car_park >> _BITS)
        parks = [self._car_park(one) for one in message.car_parks]
        utc = self._context.epoch + time
        return build_places.poim(self._context.station(unit), parks, utc, provider=provider).encode()

    def _car_park(self, news: ParkNews) -> build_places.CarPark:
        latitude, longitude = self._context.place.degrees(*(np.array([metres]) for metres in news.position))
        where = float(latitude[0]), float(longitude[0])
        free, capacity = min(news.free, _MOST_BAYS), min(news.capacity, _MOST_BAYS)
        return build_places.CarPark(news.car_park % (1 << _BITS), news.name[:_NAME] or "-", where, free, capacity)

    def decode(self, octets: bytes) -> FreeBays:
        """What is said."""
        return FreeBays(tuple(map(self._news, build.decode("POIM", octets).si["payload"])))

    def _news(self, wrapped: dict[str, Any]) -> ParkNews:
        if wrapped["poiType"] != _PARKING:
            raise DecodeError(f"POIM: a block of type {wrapped['poiType']}: must be of parking, {_PARKING}")
        block = wrapped["poiBlock"]
        head, place, status = block["managementContainer"], block["placeInfo"], block["aggregatedStatus"]
        occupancy = status.get("currentOccupancy", {})
        number = head["blockIdentificationNumber"] + ((head["serviceProviderId"]["providerIdentifier"] - 1) << _BITS)
        where = place["position"]["latitude"], place["position"]["longitude"]
        x, y = self._context.place.metres(*(np.array([degrees]) for degrees in where))
        free = 0 if status["currentFacilityStatus"] != _OPEN else occupancy.get("freeSpaces") or 0
        position = float(x[0]), float(y[0])
        return ParkNews(number, place["name"], position, free, occupancy.get("totalSpaces") or 0)

    def describe(self, message: FreeBays) -> dict[str, Any]:
        """For people."""
        return {
            "car_parks": [
                {"park": f"park/{one.car_park}", "name": one.name, "free": one.free, "bays": one.capacity}
                for one in message.car_parks
            ]
        }


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
POIM: Final = Kind(FreeBays, FreeBaysCodec, *in_both("poim", "POIM", Id(3)), category=2)
