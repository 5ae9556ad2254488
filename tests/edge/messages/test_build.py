"""Messages built in SI units, and what received ones say in them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.edge.messages import oracles
from tests.edge.messages.values import random_value
from wayside.edge.errors import DecodeError, EncodeError
from wayside.edge.messages import build, build_csae, build_places, build_roads, j2735, si, units
from wayside.edge.messages import schema as s
from wayside.edge.messages.build import Said
from wayside.edge.messages.catalogue import MODULES, message
from wayside.edge.messages.csae import common
from wayside.edge.messages.etsi import cdd, cdd2, dsrc

HERE = (31.0000001, 121.8512345)
TIME = 1_767_225_661.25  # 2026-01-01T00:01:01.25Z


def pycrates(said: Said) -> Any:
    """What pycrate reads in a message's octets."""
    theirs = oracles.pycrate(said.message.name)
    theirs.from_uper(said.encode())
    assert theirs.to_uper() == said.encode()
    return theirs.get_val()


def test_a_cam() -> None:
    said = build.cam(
        7, HERE, TIME, heading=359.97, speed=13.89, length=4.5, width=1.8, acceleration=-1.2, direction="forward",
        lights=["lowBeamHeadlightsOn", "fogLightOn"], path=[(1e-5, -2e-5, 0.5), (1e-5, -2e-5, None)],
    )  # fmt: skip
    value = pycrates(said)["cam"]
    basic, (_, high) = (value["camParameters"][name] for name in ("basicContainer", "highFrequencyContainer"))
    assert basic["referencePosition"]["latitude"] == 310_000_001
    assert basic["referencePosition"]["altitude"]["altitudeValue"] == 800001
    assert value["generationDeltaTime"] == ((1_767_225_661_250 - 1_072_915_200_000 + 5000) % 65536)
    assert high["heading"] == {"headingValue": 0, "headingConfidence": 127}
    assert high["speed"] == {"speedValue": 1389, "speedConfidence": 127}
    assert high["yawRate"]["yawRateValue"] == 32767
    low = value["camParameters"]["lowFrequencyContainer"][1]
    assert low["exteriorLights"] == (0b10000010, 8)
    assert low["pathHistory"][0]["pathDeltaTime"] == 50
    assert low["pathHistory"][0]["pathPosition"] == {
        "deltaLatitude": 100,
        "deltaLongitude": -200,
        "deltaAltitude": 12800,
    }
    assert "lowFrequencyContainer" not in build.cam(7, HERE, TIME).value["cam"]["camParameters"]


def test_a_denm() -> None:
    said = build.denm(
        9, "accident", HERE, TIME, validity=30.0, interval=0.5, relevance="lessThan500m", traces=[[(1e-4, 0.0, None)]]
    )
    value = pycrates(said)["denm"]
    assert value["management"]["validityDuration"] == 30
    assert value["management"]["transmissionInterval"] == 500
    assert value["management"]["detectionTime"] == 1_767_225_661_250 - 1_072_915_200_000 + 5000
    assert value["situation"]["eventType"] == {"causeCode": 2, "subCauseCode": 0}
    assert value["location"]["traces"][0][0]["pathPosition"]["deltaLatitude"] == 1000
    cancelled = pycrates(build.denm(9, 2, HERE, TIME, termination="isCancellation"))["denm"]
    assert set(cancelled) == {"management"}
    with pytest.raises(ValueError, match="DENM cause 'queue': must be one of traffic-jam"):
        build.denm(9, "queue", HERE, TIME)


def test_signals_and_their_map() -> None:
    light = build_roads.Light
    red = light("stop-And-Remain", TIME + 5, TIME + 9.96, TIME + 7)
    lights = {1: red, 2: light("dark"), 3: light("dark", None, TIME)}
    spatem = build_roads.spatem(9, 1001, lights, TIME, region=3, status=["fixedTimeOperation"])
    (junction,) = pycrates(spatem)["spat"]["intersections"]
    assert (junction["moy"], junction["timeStamp"]) == (1, 1250)
    assert junction["status"][0] == 1 << 10
    stop, dark, until = (state["state-time-speed"][0] for state in junction["states"])
    assert stop["timing"] == {"minEndTime": 662, "maxEndTime": 712, "likelyTime": 682}
    assert "timing" not in dark
    assert until["timing"]["minEndTime"] == 36001
    lane = build_roads.Lane
    mapem = build_roads.mapem(
        9, 1001, HERE,
        [lane(1, [(3.0, 10.0), (3.504, 60.2)], 1, connects=[(2, 1), (3, None)], maneuvers=["maneuverStraightAllowed"]),
         lane(2, [(-3, -10), (-3, -500)], 2, ingress=False)],
    )  # fmt: skip
    (junction,) = pycrates(mapem)["map"]["intersections"]
    first, second = junction["laneSet"]
    assert first["laneAttributes"]["directionalUse"] == (2, 2)
    assert first["nodeList"][1][0]["delta"] == ("node-XY2", {"x": 300, "y": 1000})
    assert first["nodeList"][1][1]["delta"] == ("node-XY5", {"x": 50, "y": 5020})
    assert first["connectsTo"][1] == {"connectingLane": {"lane": 3}}
    assert [node["delta"] for node in second["nodeList"][1][1:]] == [("node-XY6", {"x": 0, "y": -24500})] * 2


NEW_YEAR = 1_767_225_600.0


@pytest.mark.parametrize(
    ("time", "minute", "millisecond"),
    [
        (NEW_YEAR, 0, 0),
        (NEW_YEAR - 0.001, 525_599, 59_999),
        (NEW_YEAR - 0.0004, 0, 0),  # rounded up into the next year
        (1_735_689_600.0 - 60.0, 527_039, 0),  # of a leap year, 2024
    ],
)
def test_minutes_of_the_year(time: float, minute: int, millisecond: int) -> None:
    assert build_roads.minute_and_millisecond(time) == (minute, millisecond)


def test_marks_of_the_hour() -> None:
    """DE_TimeMark of SAE J2735: 36000 is for what is more than an hour away, not for the full hour."""

    def mark(until: float) -> int:
        lights = {1: build_roads.Light("dark", until)}
        (junction,) = build_roads.spatem(9, 1, lights, NEW_YEAR).value["spat"]["intersections"]
        found: int = junction["states"][0]["state-time-speed"][0]["timing"]["minEndTime"]
        return found

    assert mark(NEW_YEAR + 3599.9) == 35999
    assert mark(NEW_YEAR + 3599.97) == 0
    assert mark(NEW_YEAR + 3600.0) == 36000
    assert mark(NEW_YEAR + 86_400.0) == 36000
    assert mark(NEW_YEAR - 0.1) == 35999


def test_timestamps() -> None:
    """The example of TS 102 894-2 V2.4.1, TimestampIts: the beginning of 2007, after one leap second."""
    assert si.timestamp_its(1_167_609_600.0) == 94_694_401_000
    assert si.timestamp_its(1_072_915_200.0) == 0


def test_priority() -> None:
    asked = pycrates(build_roads.srem(7, 1001, 1, TIME, outbound=2, arrival=TIME + 10, position=HERE, region=3))["srm"]
    assert asked["requests"][0]["minute"] == 1
    assert asked["requests"][0]["second"] == 11_250
    assert asked["requestor"]["position"]["position"]["lat"] == 310_000_001
    answered = pycrates(build_roads.ssem(9, 1001, {(7, 0): (1, "granted")}, TIME))["ssm"]
    assert answered["status"][0]["sigStatus"][0]["status"] == "granted"


# What the standards' modules say of protocolVersion and messageID; EVCSN and EV-RSR: of the header that they import.
HEADERS = {
    "CAM": (2, 2), "DENM": (2, 1), "SPATEM": (2, 4), "MAPEM": (2, 5), "SREM": (2, 9), "SSEM": (2, 10), "CPM": (2, 14),
    "POIM": (1, 3), "RTCMEM": (1, 13), "EVCSN": (1, 11), "EV_RSR": (1, 7),
}  # fmt: skip


def test_versions_of_messages() -> None:
    said = [
        build.cam(7, HERE, TIME), build.denm(7, "accident", HERE, TIME), build_roads.spatem(7, 1, {}, TIME),
        build_roads.mapem(7, 1, HERE, []), build_roads.srem(7, 1, 1, TIME), build_roads.ssem(7, 1, {}, TIME),
        build_roads.cpm(7, HERE, TIME, []), build_places.poim(7, [], TIME), build_places.rtcmem(7, [], TIME),
        build_places.evcsn(7, [], TIME), build_places.charging_reserved(7, TIME),
    ]  # fmt: skip
    assert {one.message.name: tuple(one.value["header"].values())[:2] for one in said} == HEADERS


def test_perceived_objects() -> None:
    seen = build_roads.Seen(1, (10.0, -2000.0), (3.0, 400.0), (4.5, 99.0), age=1.0)
    back = build.decode("CPM", build_roads.cpm(9, HERE, TIME, [seen]).encode())
    objects = back.value["payload"]["cpmContainers"][1]["containerData"]["perceivedObjects"]
    # 2000 m and 400 m/s are more than the fields hold, and they have values for that.
    assert objects[0]["position"]["yCoordinate"] == {"value": -131072, "confidence": 4096}
    assert objects[0]["velocity"][1]["yVelocity"]["value"] == 16382
    assert objects[0]["objectDimensionY"]["value"] == 255
    assert objects[0]["objectAge"] == 1000
    old = build_roads.cpm(9, HERE, TIME, [build_roads.Seen(1, (0.0, 0.0), age=60.0)]).value
    (known,) = old["payload"]["cpmContainers"][1]["containerData"]["perceivedObjects"]
    assert known["objectAge"] == 1500  # "for more than 1.5 s": TS 102 894-2, PerceivedObject
    assert back.si["payload"]["cpmContainers"][1]["containerData"]["perceivedObjects"][0]["objectAge"] == 1.0
    own = build_roads.cpm(9, HERE, TIME, [], heading=359.99).value["payload"]["cpmContainers"][0]
    assert own["containerData"]["orientationAngle"] == {"value": 0, "confidence": 127}


def test_the_chinese_set() -> None:
    def back(said: Said) -> Any:
        return build.decode("MESSAGE_FRAME", said.encode()).value

    _, bsm = back(build_csae.bsm(7, HERE, TIME, speed=13.9, heading=359.999, length=4.5, width=1.8, count=130))
    assert bsm["id"] == b"\0\0\0\0\0\0\0\7"
    assert (bsm["msgCnt"], bsm["speed"], bsm["heading"], bsm["secMark"]) == (2, 695, 0, 1250)
    assert bsm["accelSet"] == {"long": 2001, "lat": 2001, "vert": -127, "yaw": 0}
    assert (bsm["size"]["length"], bsm["size"]["width"]) == (450, 180)
    # Clockwise is positive, and what is beyond the range is said as its end (T/CSAE 53, DF_AccelerationSet4Way).
    _, bsm = back(build_csae.bsm(7, HERE, TIME, yaw_rate=12.0, acceleration=-25.0))
    assert (bsm["accelSet"]["yaw"], bsm["accelSet"]["long"]) == (-1200, -2000)
    assert bsm["size"] == {"width": 0, "length": 0}
    _, spat = back(build_csae.spat(1, {4: ("red", 3.0, None)}, TIME, region=2))
    assert spat["intersections"][0]["phases"][0]["phaseStates"][0]["timing"] == (
        "counting",
        {"startTime": 0, "minEndTime": 30, "likelyEndTime": 36001},
    )
    _, spat = back(build_csae.spat(1, {4: ("red", 3600.5, None)}, TIME))
    assert spat["intersections"][0]["phases"][0]["phaseStates"][0]["timing"][1]["minEndTime"] == 36000
    near, far = (HERE[0] + 1e-4, HERE[1]), (HERE[0] + 3.0, HERE[1])
    _, rsm = back(
        build_csae.rsm(9, HERE, [build_csae.Participant(1, near, 90.0, 10.0), build_csae.Participant(2, far)], TIME)
    )
    assert rsm["participants"][0]["pos"]["offsetLL"] == ("position-LL1", {"lon": 0, "lat": 1000})
    assert rsm["participants"][1]["pos"]["offsetLL"][0] == "position-LatLon"
    assert rsm["participants"][1]["pos"]["offsetLL"][1]["lat"] == 340_000_001
    _, rsi = back(
        build_csae.rsi(
            9,
            HERE,
            TIME,
            events=[build_csae.TrafficEvent(1, 401, near, 50.0)],
            signs=[build_csae.TrafficSign(2, 10, near)],
        )
    )
    assert rsi["rtes"][0]["eventRadius"] == 500
    assert rsi["rtss"][0]["signType"] == 10


@pytest.mark.parametrize("name", MODULES)
def test_si_and_back(name: str) -> None:
    """Nothing is lost: any value in SI units is sent as the same octets; and it can be read."""
    ours, random = message(name), Random(1)
    for _ in range(30):
        value = random_value(ours.type, random)
        si = units.to_si(ours.type, value)
        assert ours.encode(units.from_si(ours.type, si)) == ours.encode(value)
        assert str(Said(ours, value)).startswith(name)


def test_what_cannot_be_said() -> None:
    with pytest.raises(EncodeError, match=r"speed\.speedValue = 20000: must be 0\.\.16383"):
        build.cam(7, HERE, TIME, speed=200.0).encode()
    with pytest.raises(EncodeError, match=r"latitude = 950000000: must be"):
        build.cam(7, (95.0, 0.0), TIME).encode()
    with pytest.raises(ValueError, match="bit 'lasers': must be one of lowBeamHeadlightsOn"):
        build.cam(7, HERE, TIME, lights=["lasers"])
    with pytest.raises(EncodeError, match="driveDirection = 'sideways': must be one of forward, backward"):
        build.cam(7, HERE, TIME, direction="sideways").encode()
    with pytest.raises(ValueError, match="message 'XYZ': must be one of CAM, DENM"):
        build.decode("XYZ", b"")
    with pytest.raises(DecodeError, match=r"CAM: header\.protocolVersion: ends too early"):
        build.decode("CAM", b"")


def test_units_of_a_field() -> None:
    """Facts of TS 102 894-2 taken by hand."""
    assert units.to_si(cdd.SpeedValue, 1389) == 13.89
    assert units.to_si(cdd.SpeedValue, 16383) is None
    assert units.to_si(cdd.SpeedLimit, 72) == 20.0
    assert units.to_si(cdd.VehicleMass, 15) == 1500.0
    assert units.to_si(cdd.Latitude, 487_654_321) == 48.7654321
    assert units.from_si(cdd.VehicleLengthValue, 500.0) == 1022
    assert units.from_si(cdd.VehicleLengthValue, float("nan")) == 1023
    assert units.from_si(cdd2.VelocityComponentValue, -500.0) == -16383
    assert units.from_si(cdd2.AltitudeValue, 9000.0) == 800_000  # "postiveOutOfRange"
    assert units.from_si(cdd2.CartesianAngularVelocityComponentValue, -300.0) == -255  # "negativeOutofRange"
    assert units.to_si(dsrc.Velocity, 8191) is None
    assert units.to_si(j2735.DSecond, 65535) is None
    assert units.from_si(j2735.MinuteOfTheYear, None) == 527_040
    assert units.from_si(common.VehicleLength, None) == 0
    assert units.from_si(common.VerticalAcceleration, 30.0) == 127
    assert units.from_si(cdd.StationType, "passengerCar") == 5
    with pytest.raises(ValueError, match="'car': must be a number, or one of unknown"):
        units.from_si(cdd.StationType, "car")
    with pytest.raises(ValueError, match="'x': must be a number, or one of "):
        units.from_si(s.Integer(0, 5), "x")


def test_for_people_to_read() -> None:
    text = str(build.cam(7, HERE, TIME, speed=13.89, lights=["fogLightOn"]))
    assert "\n  messageID: 2 (cam)\n" in text.replace("    ", "  ")
    assert "speedValue: 13.89 m/s (1389)" in text
    assert "headingValue: unavailable (3601)" in text
    assert "exteriorLights: 00000010 (fogLightOn)" in text
    assert "pathHistory: (empty)" in text
