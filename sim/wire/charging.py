"""Requests for a charger and their answers, one EV-RSR each (TS 101 556-3), the same in both families.

A request is the reservation request: the energy it has; where the vehicle is and what it
can take it has not, and they are sent as an addition of our own (`edge.messages.own.WISH`). The steps before it are
left out: the number that a pre-reservation would have been given is the vehicle's station in hexadecimal, and the
response names it as the reservation's, so that a vehicle knows its own. The arrival is now, the payment a contract.
The response has the charger's number as the details of the station, or says that there is not enough power.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from wayside.edge.charging.messages import ChargingRequests, ChargingResponses
from wayside.edge.errors import DecodeError
from wayside.edge.messages import own
from wayside.edge.messages.catalogue import message
from wayside.edge.messages.kinds import CodecContext, Id, Kind, UnicastCodec
from wayside.edge.messages.octets import Octets
from wayside.ext.arrays import Ints
from wayside.sim.wire.forms import in_both

_EV_RSR_ID: Final = 7  # TS 102 894-2, MessageId
_UTC_2013: Final = 1_356_998_400  # TimestampUTC counts from here, s since 1970
MOST_ENERGY: Final = 500_000  # Wh, EAmount: who wants more asks for so much
_MOST: Final = 16_777_215  # W, and Wh, that a wish can say
_HOLD: Final = 900.0  # s that an answer says a reservation lasts


class PileRequestCodec(UnicastCodec):
    """Requests for a charger."""

    def __init__(self, context: CodecContext) -> None:
        self._epoch = context.epoch

    def encode(self, batch: ChargingRequests, unit: int, time: float) -> Octets:
        """The octets of each request."""
        now = int(self._epoch + time) - _UTC_2013
        rows = zip(
            batch.station.tolist(),
            np.clip(np.rint(batch.energy_wh), 1, MOST_ENERGY).astype(np.int64).tolist(),
            (_wish(batch, row) for row in range(len(batch.station))),
            strict=True,
        )
        return Octets.of([_reservation_request(*row, now) for row in rows])

    def decode(self, octets: Octets, vehicle: Ints) -> ChargingRequests:
        """What requests say."""
        stations, energies, wishes = [], [], []
        for k in range(len(octets.offsets) - 1):
            value = message("EV_RSR").decode(octets.one(k))
            kind, content = value["messageBody"]
            if kind != "reservationRequestMessage" or 0 not in content:
                raise DecodeError(f"EV_RSR: message {k} is a {kind}: must be a reservation request with its addition")
            wishes.append(own.WISH.decode(content[0]))
            stations.append(value["header"]["stationID"])
            energies.append(content["eAmount"])
        power = [wish["maxPower"] for wish in wishes]
        said = zip(wishes, energies, power, strict=True)
        tapers = [wish.get("taper", {"begin": much, "endPower": most}) for wish, much, most in said]
        return ChargingRequests(
            vehicle,
            np.array(stations, np.int64),
            np.array([wish["edge"] for wish in wishes], np.int32),
            np.array(energies, np.float64),
            np.array(power, np.float64),
            np.array([taper["begin"] for taper in tapers], np.float64),
            np.array([taper["endPower"] for taper in tapers], np.float64),
            np.array([wish.get("plugs", 0) for wish in wishes], np.int32),
        )

    def describe(self, batch: ChargingRequests, row: int) -> dict[str, Any]:
        """One of them for people."""
        return {
            "station": int(batch.station[row]),
            "energy_wh": round(float(batch.energy_wh[row]), 1),
            "max_power_w": float(batch.max_power_w[row]),
        }


class PileResponseCodec(UnicastCodec):
    """Answers to requests for a charger."""

    def __init__(self, context: CodecContext) -> None:
        self._context = context

    def encode(self, batch: ChargingResponses, unit: int, time: float) -> Octets:
        """The octets of each response."""
        until = int(self._context.epoch + time + _HOLD) - _UTC_2013
        said = []
        for station, charger in zip(batch.station.tolist(), batch.charger.tolist(), strict=True):
            answer: dict[Any, Any] = {"reservationResponseCode": "insufficient-power-availability"}
            if charger >= 0:
                answer = {"reservationResponseCode": "ok", "stationDetails": str(charger)}
            answer |= {"reservation-ID": _reservation(station), "expirationTime": until}
            said.append(_rsr(self._context.station(unit), "reservationResponseMessage", answer))
        return Octets.of(said)

    def decode(self, octets: Octets, vehicle: Ints) -> ChargingResponses:
        """What responses say."""
        stations, chargers = [], []
        for k in range(len(octets.offsets) - 1):
            kind, content = message("EV_RSR").decode(octets.one(k))["messageBody"]
            try:
                stations.append(int(content["reservation-ID"], 16))
                chargers.append(int(content.get("stationDetails", -1)))
            except (KeyError, ValueError):
                raise DecodeError(f"EV_RSR: message {k} is a {kind}: must be a response that names a vehicle") from None
        return ChargingResponses(vehicle, np.array(stations, np.int64), np.array(chargers, np.int32))

    def describe(self, batch: ChargingResponses, row: int) -> dict[str, Any]:
        """One of them for people, with the site and the group of piles."""
        group, platform = int(batch.charger[row]), self._context.platform
        chargers = platform.charging.chargers if platform is not None and group >= 0 else None
        return {
            "station": int(batch.station[row]),
            "site": None if chargers is None else f"site/{int(chargers.site[group])}",
            "group": None if chargers is None else chargers.ids[group],
        }


def _reservation(station: int) -> str:
    return f"{station:08x}"


def _rsr(station: int, kind: str, content: dict[Any, Any]) -> bytes:
    header = {"protocolVersion": 1, "messageID": _EV_RSR_ID, "stationID": station}
    return message("EV_RSR").encode({"header": header, "messageBody": (kind, content)})


def _wish(batch: ChargingRequests, row: int) -> dict[str, Any]:
    """What a request says besides."""
    power, end = (round(float(np.clip(column[row], 0, _MOST))) for column in (batch.max_power_w, batch.end_power_w))
    found: dict[str, Any] = {"edge": int(batch.edge[row]), "maxPower": power}
    if end < power:
        found["taper"] = {"begin": round(float(np.clip(batch.taper_wh[row], 0, _MOST))), "endPower": max(end, 1)}
    return found | ({"plugs": int(batch.plugs[row])} if batch.plugs[row] else {})


def _reservation_request(station: int, energy: int, wish: dict[str, Any], now: int) -> bytes:
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
            0: own.WISH.encode(wish),
        },
    )


# The alternatives of EV-RSR's body that reserve.
_REQUESTED, _ANSWERED = Id(_EV_RSR_ID, body=2), Id(_EV_RSR_ID, body=3)

CHARGING_REQUEST: Final = Kind(ChargingRequests, PileRequestCodec, *in_both("charging-request", "EV_RSR", _REQUESTED))
CHARGING_RESPONSE: Final = Kind(
    ChargingResponses, PileResponseCodec, *in_both("charging-response", "EV_RSR", _ANSWERED)
)
