"""Places to charge and to park, and satellite corrections, as `build` has them: EVCSN, EV-RSR, POIM, RTCMEM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from wayside.edge.messages.build import Position, Said, header, reference_position, said
from wayside.edge.messages.build_roads import minute_and_millisecond
from wayside.edge.messages.build_signs import two_letters
from wayside.edge.messages.si import timestamp_its

_POIM, _EV_RSR, _EVCSN, _RTCMEM = 3, 7, 11, 13  # TS 102 894-2, MessageId
# protocolVersion: by the modules of RTCMEM and POIM; those of EVCSN and EV-RSR import the header's first edition, which
# names no other.
_VERSION: Final = 1
_CHARGING: Final = 1  # POIType, TS 101 556-1
_PARKING: Final = 1  # PoiType, TS 103 916
_UTC_2013: Final = 1_356_998_400  # TimestampUTC counts from here, s since 1970


@dataclass(frozen=True)
class Spot:
    """A spot to charge at. kinds: bits of ChargingSpotType; energy: as one reads it, "22 kW"; waiting: at most, for
    each of its up to 4 places [min], and whether that is blocked.
    """

    kinds: Sequence[str] = ("standardOrFastChargeMode3",)
    energy: str = ""
    places: Sequence[tuple[int, bool]] = ()


@dataclass(frozen=True)
class Station:
    """A charging station with its spots; texts as people read them, empty where nothing is said."""

    id: int
    position: Position
    spots: Sequence[Spot]
    access: str = "public"
    opening: str = "24/7"
    pricing: str = ""
    address: str = ""


def evcsn(station: int, stations: Sequence[Station], time: float) -> Said:
    """Charging stations (TS 101 556-1)."""
    return said(
        "EVCSN",
        {
            "header": header(_EVCSN, station, _VERSION),
            "evcsn": {
                "poiHeader": {"poiType": _CHARGING, "timeStamp": timestamp_its(time) / 1000, "relayCapable": False},
                "evcsnData": {
                    "totalNumberOfStations": len(stations),
                    "chargingStationsData": [_station(one) for one in stations],
                },
            },
        },
    )


def _station(one: Station) -> dict[str, Any]:
    found: dict[str, Any] = {
        "chargingStationID": one.id,
        "chargingStationLocation": reference_position(one.position),
    }
    if one.address:
        found["address"] = one.address
    return found | {
        "accessibility": one.access,
        "openingDaysHours": one.opening,
        "pricing": one.pricing,
        "chargingSpotsAvailable": [_spot(spot) for spot in one.spots],
    }


def _spot(spot: Spot) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": tuple(spot.kinds),
        "typeOfReceptacle": (0, 0),
        "energyAvailability": spot.energy,
    }
    if spot.places:
        found["parkingPlacesData"] = [
            {"maxWaitingTimeMinutes": minutes, "blocking": blocking} for minutes, blocking in spot.places
        ]
    return found


def _utc(time: float) -> int:
    return round(time) - _UTC_2013


def _reservation(station: int, kind: str, content: dict[str, Any]) -> Said:
    return said("EV_RSR", {"header": header(_EV_RSR, station, _VERSION), "messageBody": (kind, content)})


def charging_offer(
    station: int, evse: bytes, arrival: float, *, departure: float | None = None, mode: int = 2, source: int = 3
) -> Said:
    """A vehicle asks whether a spot (by its EVSE ID) is free at a time (TS 101 556-3, pre-reservation request).

    arrival, departure [s since 1970, UTC]; mode: RechargingMode, source: PowerSource.
    """
    content: dict[str, Any] = {"evse-ID": evse, "arrivalTime": _utc(arrival)}
    content |= {} if departure is None else {"departureTime": _utc(departure)}
    content["rechargingType"] = {"rechargingMode": mode, "powerSource": source}
    return _reservation(station, "preReservationRequestMessage", content)


def charging_offered(station: int, id: str, until: float, *, available: bool = True) -> Said:
    """The answer: an id of 8 characters that holds until a time [s since 1970, UTC]."""
    content = {
        "preReservation-ID": id,
        "availabilityStatus": "available" if available else "no-free-capacity",
        "preReservationExpirationTime": _utc(until),
        "supportedPaymentTypes": ("contract",),
    }
    return _reservation(station, "preReservationResponseMessage", content)


def charging_reservation(
    station: int, id: str, time: float, arrival: float, energy: int, *, least: int = 1, contract: str = "-"
) -> Said:
    """A vehicle reserves what was offered: energy, at least so much of it [Wh]; times [s since 1970, UTC]."""
    content = {
        "currentTime": _utc(time),
        "preReservation-ID": id,
        "arrivalTime": _utc(arrival),
        "eAmount": energy,
        "eAmountMin": least,
        "paymentType": "contract",
        "payment-ID": ("contractID", contract),
    }
    return _reservation(station, "reservationRequestMessage", content)


def charging_reserved(station: int, until: float, *, id: str = "", details: str = "", code: str = "ok") -> Said:
    """The answer: a ReservationResponseCode, the reservation's id (8 characters), and which station it is."""
    content: dict[str, Any] = {"reservationResponseCode": code}
    content |= {"reservation-ID": id} if id else {}
    content |= {"stationDetails": details} if details else {}
    return _reservation(station, "reservationResponseMessage", content | {"expirationTime": _utc(until)})


@dataclass(frozen=True)
class CarPark:
    """A car park, and how much of it is free. opening: OpeningStatus; trend: OccupancyTrend (6 stable)."""

    id: int
    name: str
    position: Position
    free: int
    total: int
    opening: int = 1
    trend: int = 6


def poim(station: int, car_parks: Sequence[CarPark], time: float, *, provider: tuple[str, int] = ("CN", 1)) -> Said:
    """Car parks (TS 103 916), up to 8; provider: its country, and its number there."""
    blocks = [{"poiType": _PARKING, "poiBlock": _car_park(one, time, provider)} for one in car_parks]
    own = {"protocolVersion": _VERSION, "messageId": _POIM, "stationId": station}
    return said("POIM", {"header": own, "payload": blocks})


def _car_park(one: CarPark, time: float, provider: tuple[str, int]) -> dict[str, Any]:
    taken = max(1, round(100 * (one.total - one.free) / one.total)) if one.total else None
    occupancy = {
        "rate": taken,
        "trend": one.trend,
        "freeSpaces": one.free or None,  # NumberOfSpaces has no 0; the opening status says that it is full
        "totalSpaces": one.total or None,
        "confidence": None,
    }
    return {
        "managementContainer": {
            "serviceProviderId": {"countryCode": two_letters(provider[0]), "providerIdentifier": provider[1]},
            "blockIdentificationNumber": one.id,
            "timestamp": timestamp_its(time) / 1000,
        },
        "placeInfo": {
            "position": {"latitude": one.position[0], "longitude": one.position[1]},
            "name": one.name,
        },
        "aggregatedStatus": {
            "currentFacilityStatus": one.opening if one.free else 3,
            "currentOccupancy": occupancy,
        },
    }


def rtcmem(
    station: int, corrections: Sequence[bytes], time: float, *, revision: str = "rtcmRev3", count: int = 0
) -> Said:
    """RTCM messages, up to 5, as they are (TS 103 301, RTCMEM); count: of the station's."""
    content = {
        "msgCnt": count % 128,
        "rev": revision,
        "timeStamp": minute_and_millisecond(time)[0],
        "msgs": list(corrections),
    }
    return said("RTCMEM", {"header": header(_RTCMEM, station, _VERSION), "rtcmc": content})
