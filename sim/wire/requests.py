"""Requests for a bay or a charger, and their answers, one message each.

A charging request is EV-RSR's reservation request (TS 101 556-3): the energy it has; where the vehicle is and what it
can take it has not, and they are sent as an addition of our own (`edge.messages.own.WISH`). The steps before it are
left out: the number that a pre-reservation would have been given is the vehicle's station in hexadecimal, and the
response names it as the reservation's, so that a vehicle knows its own. The arrival is now, the payment a contract.
The response has the charger's number as the details of the station, or says that there is not enough power.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wayside.edge.errors import DecodeError
from wayside.edge.messages import ChargingRequests, ChargingResponses, ParkingRequests, ParkingResponses, own
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.columns import Columns
from wayside.edge.messages.etsi import cdd
from wayside.edge.messages.si import MICRODEGREE, quantities, steps
from wayside.sim.air import Ints, Longs
from wayside.sim.packets import Octets
from wayside.sim.wire.places import Place

_EV_RSR_ID: Final = 7  # TS 102 894-2, MessageId
_UTC_2013: Final = 1_356_998_400  # TimestampUTC counts from here, s since 1970
MOST_ENERGY: Final = 500_000  # Wh, EAmount: who wants more asks for so much
_HOLD: Final = 900.0  # s that an answer says a reservation lasts
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


class _Codec:
    """Messages of one shape, from columns and into them, with room that is kept from call to call."""

    def __init__(self, shape: Columns) -> None:
        self._shape = shape
        self._room(8)

    def encode(self, rows: int, **columns: Any) -> Octets:
        """So many messages; columns are of so many numbers, or one for all."""
        if rows > self._encoder.rows:
            self._room(2 * rows)
        for name, values in columns.items():
            self._columns[name][:rows] = values
        buffer, offsets = self._encoder.encode(rows)
        return Octets(buffer.copy(), offsets.copy())

    def decode(self, octets: Octets) -> dict[str, Longs]:
        """The numbers of messages, until the next call. DecodeError where one is none."""
        if len(octets.offsets) > self._decoder.rows:
            self._room(2 * len(octets.offsets))
        rows, good = self._decoder.decode(*octets)
        if good < rows:
            number = int(np.argmin(self._decoder.valid[:rows]))
            raise DecodeError(f"{self._shape.message.name}: message {number} of {rows} is none")
        return {name: column[:rows] for name, column in self._decoder.columns.items()}

    def _room(self, rows: int) -> None:
        self._columns = {name: np.zeros(rows, np.int64) for name in self._shape.names}
        self._encoder = self._shape.encoder(self._columns)
        self._decoder = self._shape.decoder(rows)


class Parking:
    """Requests for a bay and their answers, at a place."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._requests, self._responses = _Codec(_REQUEST), _Codec(_RESPONSE)

    def requests(self, batch: ParkingRequests) -> Octets:
        """The octets of each request."""
        latitude, longitude = self._place.near_degrees(batch.x, batch.y)
        return self._requests.encode(
            len(batch.station),
            station=batch.station,
            edge=batch.edge,
            latitude=steps(cdd.Latitude, latitude, MICRODEGREE),
            longitude=steps(cdd.Longitude, longitude, MICRODEGREE),
            duration=steps(own.Stay, np.minimum(batch.duration, own.Stay.high or 0), 1.0),
        )

    def asked(self, octets: Octets, vehicle: Ints) -> ParkingRequests:
        """What requests say; `vehicle`: the slots of those who sent them. DecodeError where one is none."""
        said = self._requests.decode(octets)
        latitude = quantities(cdd.Latitude, said["latitude"], MICRODEGREE)
        longitude = quantities(cdd.Longitude, said["longitude"], MICRODEGREE)
        x, y = self._place.near_metres(latitude, longitude)
        station, edge = said["station"].copy(), said["edge"].astype(np.int32)
        return ParkingRequests(vehicle, station, edge, x, y, said["duration"].astype(np.float64))

    def responses(self, batch: ParkingResponses, unit: int) -> Octets:
        """The octets of each response."""
        car_park = batch.car_park
        return self._responses.encode(
            len(car_park),
            unit=unit,
            station=batch.station,
            car_park=np.maximum(car_park, 0),
            reserved=car_park >= 0,
        )

    def answered(self, octets: Octets, vehicle: Ints) -> ParkingResponses:
        """What responses say; `vehicle`: the slots of those whom they are for. DecodeError where one is none."""
        said = self._responses.decode(octets)
        car_park = np.where(said["reserved"] == 1, said["car_park"], -1).astype(np.int32)
        return ParkingResponses(vehicle, said["station"].copy(), car_park)


def _reservation(station: int) -> str:
    return f"{station:08x}"


def _rsr(station: int, kind: str, content: dict[Any, Any]) -> bytes:
    header = {"protocolVersion": 1, "messageID": _EV_RSR_ID, "stationID": station}
    return message("EV_RSR").encode({"header": header, "messageBody": (kind, content)})


def charging(batch: ChargingRequests, utc: float) -> Octets:
    """The octets of each request; utc: the time of asking [s since 1970]."""
    now = int(utc) - _UTC_2013
    rows = zip(
        batch.station.tolist(),
        batch.edge.tolist(),
        np.clip(np.rint(batch.energy_wh), 1, MOST_ENERGY).astype(np.int64).tolist(),
        np.clip(np.rint(batch.max_power_w), 0, 16777215).astype(np.int64).tolist(),
        strict=True,
    )
    return Octets.of([_reservation_request(*row, now) for row in rows])


def _reservation_request(station: int, edge: int, energy: int, power: int, now: int) -> bytes:
    return _rsr(
        station,
        "reservationRequestMessage",
        {
            "currentTime": now,
            "preReservation-ID": _reservation(station),
            "arrivalTime": now,
            "eAmount": energy,
            "eAmountMin": 1,
            "paymentType": "contract",
            "payment-ID": ("contractID", _reservation(station)),
            0: own.WISH.encode({"edge": edge, "maxPower": power}),
        },
    )


def charging_understood(octets: Octets, vehicle: Ints) -> ChargingRequests:
    """What requests say; `vehicle`: the slots of those who sent them. DecodeError where one is none."""
    stations, edges, energies, powers = [], [], [], []
    for k in range(len(octets.offsets) - 1):
        value = message("EV_RSR").decode(octets.one(k))
        kind, content = value["messageBody"]
        if kind != "reservationRequestMessage" or 0 not in content:
            raise DecodeError(f"EV_RSR: message {k} is a {kind}: must be a reservation request with its addition")
        wish = own.WISH.decode(content[0])
        stations.append(value["header"]["stationID"])
        edges.append(wish["edge"])
        energies.append(content["eAmount"])
        powers.append(wish["maxPower"])
    return ChargingRequests(
        vehicle,
        np.array(stations, np.int64),
        np.array(edges, np.int32),
        np.array(energies, np.float64),
        np.array(powers, np.float64),
    )


def charging_answers(batch: ChargingResponses, unit: int, utc: float) -> Octets:
    """The octets of each response."""
    until = int(utc + _HOLD) - _UTC_2013
    said = []
    for station, charger in zip(batch.station.tolist(), batch.charger.tolist(), strict=True):
        answer: dict[Any, Any] = {"reservationResponseCode": "insufficient-power-availability"}
        if charger >= 0:
            answer = {"reservationResponseCode": "ok", "stationDetails": str(charger)}
        answer |= {"reservation-ID": _reservation(station), "expirationTime": until}
        said.append(_rsr(unit, "reservationResponseMessage", answer))
    return Octets.of(said)


def charging_answers_understood(octets: Octets, vehicle: Ints) -> ChargingResponses:
    """What responses say; `vehicle`: the slots of those whom they are for."""
    stations, chargers = [], []
    for k in range(len(octets.offsets) - 1):
        kind, content = message("EV_RSR").decode(octets.one(k))["messageBody"]
        try:
            stations.append(int(content["reservation-ID"], 16))
            chargers.append(int(content.get("stationDetails", -1)))
        except (KeyError, ValueError):
            raise DecodeError(f"EV_RSR: message {k} is a {kind}: must be a response that names a vehicle") from None
    return ChargingResponses(vehicle, np.array(stations, np.int64), np.array(chargers, np.int32))
