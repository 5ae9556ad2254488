"""Signs, road users, charging, parking and corrections, built in SI units; what other decoders read in them."""

from __future__ import annotations

from typing import Any

import asn1tools
import pytest

from tests.edge.messages.test_build import HERE, TIME, pycrates
from wayside.edge.messages import asn1, build_csae, build_places, build_roads, build_signs
from wayside.edge.messages.build import Said, decode

NEAR = (HERE[0] + 1e-3, HERE[1])
ITS_TIME = 1_767_225_661_250 - 1_072_915_200_000 + 5000


def test_signs() -> None:
    limit = build_signs.vienna(2, 14, value=60, unit=0)
    danger = build_signs.pictogram("dangerWarning", 1, 13, country=b"\x59\x60")
    said = build_signs.ivim(
        9, 77, HERE, TIME, {1: [HERE, NEAR], 2: [NEAR, HERE]},
        [build_signs.Sign(limit, (1,), (2,)), build_signs.Sign(danger, (1, 2), type=0, lines=[("en", "Queue")])],
        provider=("AT", 1), end=TIME + 60.0, status="update", heading=90.0,
    )  # fmt: skip
    ivi = pycrates(said)["ivi"]
    assert ivi["mandatory"]["serviceProviderId"] == {"countryCode": (0b1100000001, 10), "providerIdentifier": 1}
    assert ivi["mandatory"]["timeStamp"] == ITS_TIME
    assert ivi["mandatory"]["validTo"] == ITS_TIME + 60_000
    assert ivi["mandatory"]["iviStatus"] == 1
    (_, where), (_, signs) = ivi["optional"]
    assert where["referencePositionHeading"]["headingValue"] == 900
    line = where["parts"][0]["zone"][1]["line"]
    assert line[1][1] == {"latitude": 310_010_001, "longitude": 1_218_512_345}
    assert signs[0]["roadSignCodes"][0]["code"][1] == {
        "roadSignClass": 2, "roadSignCode": 14, "vcOption": 0, "value": 60, "unit": 0,
    }  # fmt: skip
    assert (signs[0]["detectionZoneIds"], signs[0]["relevanceZoneIds"]) == ([2], [1])
    assert signs[1]["extraText"][0]["textContent"] == "Queue"
    assert pycrates(build_signs.ivim(9, 77, HERE, TIME, {}, [], status="cancellation"))["ivi"].get("optional") is None


def test_signs_that_are_none() -> None:
    with pytest.raises(ValueError, match="IVIM status 'gone': must be one of new, update"):
        build_signs.ivim(9, 1, HERE, TIME, {}, [], status="gone")
    with pytest.raises(ValueError, match="country or language 'D1': must be two letters"):
        build_signs.ivim(9, 1, HERE, TIME, {}, [], provider=("D1", 1))


def test_a_road_user() -> None:
    said = build_roads.vam(
        5, HERE, TIME, profile=("bicyclist", "e-scooter"), kind=2, heading=12.34, speed=4.2, acceleration=-0.5
    )
    vam = pycrates(said)["vam"]
    assert vam["generationDeltaTime"] == ITS_TIME % 65536
    parameters = vam["vamParameters"]
    assert parameters["basicContainer"]["referencePosition"]["latitude"] == 310_000_001
    motion = parameters["vruHighFrequencyContainer"]
    assert motion["speed"] == {"speedValue": 420, "speedConfidence": 127}
    assert motion["heading"]["headingValue"] == 123
    assert motion["longitudinalAcceleration"]["longitudinalAccelerationValue"] == -5
    assert parameters["vruLowFrequencyContainer"]["profileAndSubprofile"] == ("bicyclist", "e-scooter")


def test_charging_stations() -> None:
    spots = [build_places.Spot(energy="22 kW", places=[(30, False)]), build_places.Spot(("quickDrop",))]
    said = build_places.evcsn(9, [build_places.Station(4, HERE, spots, address="Quay 1", pricing="1 per kWh")], TIME)
    value = pycrates(said)["evcsn"]
    assert value["poiHeader"]["timeStamp"] == ITS_TIME
    (station,) = value["evcsnData"]["chargingStationsData"]
    assert (station["chargingStationID"], station["address"]) == (4, "Quay 1")
    assert station["chargingStationLocation"]["longitude"] == 1_218_512_345
    first, second = station["chargingSpotsAvailable"]
    assert (first["type"], first["energyAvailability"]) == ((0b001, 3), "22 kW")
    assert first["parkingPlacesData"] == [{"maxWaitingTimeMinutes": 30, "blocking": False}]
    assert second["type"] == (1, 9)


def test_reserving_a_charge() -> None:
    def body(said: Said) -> Any:
        return pycrates(said)["messageBody"]

    utc = 1_767_225_661 - 1_356_998_400
    kind, ask = body(build_places.charging_offer(5, b"CN*1", TIME, departure=TIME + 3600))
    assert (kind, ask["evse-ID"], ask["arrivalTime"]) == ("preReservationRequestMessage", b"CN*1", utc)
    assert ask["departureTime"] == utc + 3600
    kind, offer = body(build_places.charging_offered(9, "0000000a", TIME + 60, available=False))
    assert (kind, offer["availabilityStatus"]) == ("preReservationResponseMessage", "no-free-capacity")
    kind, want = body(build_places.charging_reservation(5, "0000000a", TIME, TIME + 300, 20_000, least=5_000))
    assert (kind, want["eAmount"], want["eAmountMin"]) == ("reservationRequestMessage", 20_000, 5_000)
    assert want["arrivalTime"] == utc + 300
    kind, got = body(build_places.charging_reserved(9, TIME + 900, id="0000000b", details="pile 7"))
    assert (kind, got["reservationResponseCode"], got["stationDetails"]) == (
        "reservationResponseMessage", "ok", "pile 7",
    )  # fmt: skip


def test_car_parks() -> None:
    said = build_places.poim(
        9, [build_places.CarPark(7, "North", HERE, 30, 120), build_places.CarPark(8, "South", NEAR, 0, 10)], TIME
    )
    theirs = asn1tools.compile_string(asn1.module(said.message), "uper")
    blocks = theirs.decode("POIM", said.encode())["payload"]
    north, south = (theirs.decode("ParkingAvailabilityBlock", block["poiBlock"]) for block in blocks)
    assert north["managementContainer"]["timestamp"] == ITS_TIME
    assert north["placeInfo"]["position"]["latitude"] == 310_000_001
    assert north["aggregatedStatus"]["currentFacilityStatus"] == 1
    occupancy = north["aggregatedStatus"]["currentOccupancy"]
    assert (occupancy["rate"], occupancy["freeSpaces"], occupancy["totalSpaces"]) == (75, 30, 120)
    assert south["aggregatedStatus"]["currentFacilityStatus"] == 3
    assert south["aggregatedStatus"]["currentOccupancy"]["rate"] == 100
    assert south["aggregatedStatus"]["currentOccupancy"]["freeSpaces"] == 16383  # there is no 0: it is not said


def test_corrections() -> None:
    said = build_places.rtcmem(9, [b"\xd3\0\x01\x02", b"\xd3"], TIME, count=130)
    assert pycrates(said)["rtcmc"] == {
        "msgCnt": 2,
        "rev": "rtcmRev3",
        "timeStamp": 1,
        "msgs": [b"\xd3\0\x01\x02", b"\xd3"],
    }


def test_a_chinese_map_and_its_events() -> None:
    """Read by asn1tools, from our text: what is compared is the values."""
    lane = build_csae.RoadLane(
        1, [NEAR, HERE], 3.25, [build_csae.Way((2, 3), 1, 4, ("maneuverLeftAllowed",))], limit=13.9
    )
    road = build_csae.MapRoad(12, [lane], [build_csae.Way((2, 3), phase=4)])
    said = build_csae.map_data({(0, 7): (HERE, [road]), 8: (NEAR, [])}, TIME, count=129)
    theirs = asn1tools.compile_string(asn1.module(said.message), "uper")
    kind, content = theirs.decode("MESSAGE-FRAME", said.encode())
    assert (kind, content["msgCnt"], content["timeStamp"]) == ("mapFrame", 1, 1)
    node, other = content["nodes"]
    assert node["id"] == {"region": 0, "id": 7}
    assert "inLinks" not in other
    (link,) = node["inLinks"]
    assert (link["upstreamNodeId"], link["linkWidth"]) == ({"id": 12}, 325)
    assert link["movements"] == [{"remoteIntersection": {"region": 2, "id": 3}, "phaseId": 4}]
    (read,) = link["lanes"]
    assert read["speedLimits"] == [{"type": "vehicleMaxSpeed", "speed": 695}]
    assert read["connectsTo"][0]["connectingLane"] == {"lane": 1, "maneuver": (b"\x40\x00", 12)}
    assert read["points"][0]["posOffset"]["offsetLL"] == ("position-LL3", {"lon": 0, "lat": 10_000})
    event = build_csae.TrafficEvent(3, 707, NEAR, 50.0, "queue", TIME + 90.0, absolute=True)
    kind, content = theirs.decode("MESSAGE-FRAME", build_csae.rsi(9, HERE, TIME, events=[event]).encode())
    (rte,) = content["rtes"]
    assert (rte["eventType"], rte["eventRadius"], rte["description"]) == (707, 500, ("textString", "queue"))
    assert rte["timeDetails"] == {"startTime": 1, "endTime": 3}
    assert rte["eventPos"]["offsetLL"] == ("position-LatLon", {"lon": 1_218_512_345, "lat": 310_010_001})
    assert decode("MESSAGE_FRAME", said.encode()).value == said.value
